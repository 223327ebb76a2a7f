/* People and items as bags of ids: what the neural recommenders are fed with. */
#ifndef PAL_MODELS_NEURAL_FEED_H
#define PAL_MODELS_NEURAL_FEED_H

#include "core/csr.h"
#include "models/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bags a net may have, in the order in which its bag nodes must have been added. */
typedef enum pal_feed_bag {
    PAL_FEED_ID,           /* the person's own number                                    */
    PAL_FEED_TRAITS,       /* side features of the person: age, gender, country …         */
    PAL_FEED_PAST,         /* items of the person's past                                  */
    PAL_FEED_PAST_CONTENT, /* side features of those items: weight = sum of their values  */
    PAL_FEED_ITEM,         /* the item's own number                                       */
    PAL_FEED_CONTENT,      /* side features of the item                                   */
    PAL_FEED_BIAS,         /* the item's own number once more: its bias                   */
    PAL_FEED_BAGS
} pal_feed_bag;

#define PAL_FEED_NONE UINT32_MAX /* no person, no item */

/* The person's side of a row. Arrays are borrowed for the call. */
typedef struct pal_feed_person {
    uint32_t id;              /* PAL_FEED_NONE: no number of their own, or one that is not to be told */
    size_t n_traits;
    const uint32_t *trait;
    const float *trait_value;
    size_t n;                 /* past items, latest first */
    const uint32_t *item;
    size_t last;              /* how many of them count   */
    uint32_t skip;            /* one that is not told, because it is to be predicted; or PAL_FEED_NONE */
} pal_feed_person;

/* Rows that are collected one by one into a batch. */
typedef struct pal_feed pal_feed;

/*
 * Bags of `used` (bits 1 << pal_feed_bag); content (items x features, borrowed) may be NULL when no content is used.
 * known (items, borrowed; NULL: all are): where it is 0, nothing was learned of the item's number, and the item is told
 * by its content only.
 */
PAL_MUST_USE pal_status pal_feed_new(pal_feed **out, unsigned used, const pal_csr *content, const uint8_t *known,
                                     pal_error *err);
void pal_feed_free(pal_feed *feed); /* accepts NULL */

/* Forget all rows; memory is kept. */
void pal_feed_clear(pal_feed *feed);
/* One more row: a person (NULL: nobody) and an item (or PAL_FEED_NONE). */
PAL_MUST_USE pal_status pal_feed_put(pal_feed *feed, const pal_feed_person *person, uint32_t item, pal_error *err);
/* The rows so far. Borrowed; good until the next put or clear. Inputs are the caller's (may be NULL). */
pal_net_batch pal_feed_batch(pal_feed *feed, const float *const *input);
/* Bags of people from one feed and of items from another, of more rows: people come in groups (pal_net_group). Borrowed
 * from both; view is room for the bags. */
#define PAL_FEED_PEOPLE ((1u << PAL_FEED_ITEM) - 1u) /* bits of the bags of people */
pal_net_batch pal_feed_join(pal_net_ids view[PAL_FEED_BAGS], pal_feed *people, pal_feed *items);
/* Was this bag asked for? */
bool pal_feed_uses(const pal_feed *feed, pal_feed_bag which);

/*
 * A person's items, latest first; those of one time (all, when time is NULL) in an order that depends on the item's
 * number only, so that a cut takes no early or late numbers.
 */
PAL_MUST_USE pal_status pal_feed_recent(uint32_t *out, const uint32_t *item, const int64_t *time, size_t n,
                                        pal_error *err);

#endif
