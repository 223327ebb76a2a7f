/* Bags that grow row by row. */
#include "models/neural_feed.h"

#include "core/mem.h"
#include "core/rng.h"

#include <stdlib.h>
#include <string.h>

typedef struct bag {
    size_t *begin; /* capacity of rows + 1 */
    uint32_t *id;
    float *weight;
    size_t n, capacity;
} bag;

struct pal_feed {
    unsigned used;
    const pal_csr *content;
    const uint8_t *known;
    size_t n, capacity; /* rows */
    bag bag[PAL_FEED_BAGS];
    pal_net_ids view[PAL_FEED_BAGS];
    float *sum;         /* features: of a past's content */
    uint32_t *met;      /* features, in the order met    */
};

bool pal_feed_uses(const pal_feed *feed, pal_feed_bag which)
{
    return (feed->used >> which & 1) != 0;
}

pal_status pal_feed_new(pal_feed **out, unsigned used, const pal_csr *content, const uint8_t *known, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_feed *feed = NULL;

    PAL_NEW(feed, 1);
    feed->used = used;
    feed->content = content;
    feed->known = known;
    PAL_ASSERT(content != NULL || (!pal_feed_uses(feed, PAL_FEED_CONTENT) &&
                                   !pal_feed_uses(feed, PAL_FEED_PAST_CONTENT)));
    if (content != NULL) {
        PAL_NEW(feed->sum, content->n_cols);
        PAL_NEW(feed->met, content->n_cols);
    }
    *out = feed;
    feed = NULL;

done:
    pal_feed_free(feed);
    return rc;
}

void pal_feed_free(pal_feed *feed)
{
    if (feed == NULL) return;
    for (size_t b = 0; b < PAL_FEED_BAGS; b++) {
        pal_free(feed->bag[b].begin);
        pal_free(feed->bag[b].id);
        pal_free(feed->bag[b].weight);
    }
    pal_free(feed->sum);
    pal_free(feed->met);
    pal_free(feed);
}

void pal_feed_clear(pal_feed *feed)
{
    feed->n = 0;
    for (size_t b = 0; b < PAL_FEED_BAGS; b++) feed->bag[b].n = 0;
}

/* ---- putting ---------------------------------------------------------------------------------------------- */

static pal_status room_for_row(pal_feed *feed, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = feed->capacity == 0 ? 256 : 2 * feed->capacity;

    if (feed->n < feed->capacity) return PAL_OK;
    for (size_t b = 0; b < PAL_FEED_BAGS; b++) {
        size_t *grown;

        if (!pal_feed_uses(feed, (pal_feed_bag)b)) continue;
        grown = pal_resize(feed->bag[b].begin, feed->capacity == 0 ? 0 : feed->capacity + 1, n + 1, sizeof *grown);
        if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu rows of a batch", n);
        feed->bag[b].begin = grown;
    }
    feed->capacity = n;

done:
    return rc;
}

static pal_status room_for_ids(bag *b, size_t more, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = b->capacity == 0 ? 1024 : b->capacity;
    uint32_t *id;
    float *weight;

    if (b->n + more <= b->capacity) return PAL_OK;
    while (n < b->n + more) n *= 2;
    id = pal_resize(b->id, b->capacity, n, sizeof *id);
    if (id == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu ids of a batch", n);
    b->id = id;
    weight = pal_resize(b->weight, b->capacity, n, sizeof *weight);
    if (weight == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu ids of a batch", n);
    b->weight = weight;
    b->capacity = n;

done:
    return rc;
}

static pal_status put_ids(bag *b, const uint32_t *id, const float *weight, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(room_for_ids(b, n, err));
    for (size_t i = 0; i < n; i++) {
        b->id[b->n + i] = id[i];
        b->weight[b->n + i] = weight != NULL ? weight[i] : 1.0f;
    }
    b->n += n;

done:
    return rc;
}

/* Features of the past items that are told, each with the sum of its values. */
static pal_status put_past_content(pal_feed *feed, const uint32_t *item, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *content = feed->content;
    bag *b = &feed->bag[PAL_FEED_PAST_CONTENT];
    size_t n_met = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t c = content->begin[item[i]]; c < content->begin[item[i] + 1]; c++) {
            if (!(content->value[c] > 0)) continue;
            if (feed->sum[content->col[c]] <= 0) feed->met[n_met++] = content->col[c];
            feed->sum[content->col[c]] += content->value[c];
        }
    }
    PAL_TRY(room_for_ids(b, n_met, err));
    for (size_t i = 0; i < n_met; i++) {
        b->id[b->n] = feed->met[i];
        b->weight[b->n++] = feed->sum[feed->met[i]];
    }

done:
    for (size_t i = 0; i < n_met; i++) feed->sum[feed->met[i]] = 0;
    return rc;
}

static bool is_known(const pal_feed *feed, uint32_t item)
{
    return feed->known == NULL || feed->known[item] != 0;
}

/* Of a bag's ids from `first` on. */
static void drop_unknown(const pal_feed *feed, bag *b, size_t first)
{
    size_t n = first;

    for (size_t i = first; i < b->n; i++) {
        if (is_known(feed, b->id[i])) b->id[n++] = b->id[i];
    }
    b->n = n; /* weights are all 1 */
}

static pal_status put_past(pal_feed *feed, const pal_feed_person *person, pal_error *err)
{
    pal_status rc = PAL_OK;
    bag *b = &feed->bag[PAL_FEED_PAST];
    size_t first = b->n;

    PAL_TRY(room_for_ids(b, person->n, err));
    for (size_t i = 0; i < person->n && b->n - first < person->last; i++) {
        if (person->item[i] == person->skip) continue;
        b->id[b->n] = person->item[i];
        b->weight[b->n++] = 1.0f;
    }
    if (pal_feed_uses(feed, PAL_FEED_PAST_CONTENT)) PAL_TRY(put_past_content(feed, b->id + first, b->n - first, err));
    drop_unknown(feed, b, first);
    if (!pal_feed_uses(feed, PAL_FEED_PAST)) b->n = 0; /* it was but a place to gather them */

done:
    return rc;
}

static pal_status put_person(pal_feed *feed, const pal_feed_person *person, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_feed_uses(feed, PAL_FEED_ID) && person->id != PAL_FEED_NONE) {
        PAL_TRY(put_ids(&feed->bag[PAL_FEED_ID], &person->id, NULL, 1, err));
    }
    if (pal_feed_uses(feed, PAL_FEED_TRAITS)) {
        PAL_TRY(put_ids(&feed->bag[PAL_FEED_TRAITS], person->trait, person->trait_value, person->n_traits, err));
    }
    if (pal_feed_uses(feed, PAL_FEED_PAST) || pal_feed_uses(feed, PAL_FEED_PAST_CONTENT)) {
        PAL_TRY(put_past(feed, person, err));
    }

done:
    return rc;
}

static pal_status put_item(pal_feed *feed, uint32_t item, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *content = feed->content;
    size_t told = is_known(feed, item) ? 1 : 0;

    if (pal_feed_uses(feed, PAL_FEED_ITEM)) PAL_TRY(put_ids(&feed->bag[PAL_FEED_ITEM], &item, NULL, told, err));
    if (pal_feed_uses(feed, PAL_FEED_BIAS)) PAL_TRY(put_ids(&feed->bag[PAL_FEED_BIAS], &item, NULL, told, err));
    if (pal_feed_uses(feed, PAL_FEED_CONTENT)) {
        PAL_TRY(put_ids(&feed->bag[PAL_FEED_CONTENT], content->col + content->begin[item],
                        content->value + content->begin[item], pal_csr_count(content, item), err));
    }

done:
    return rc;
}

pal_status pal_feed_put(pal_feed *feed, const pal_feed_person *person, uint32_t item, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(room_for_row(feed, err));
    for (size_t b = 0; b < PAL_FEED_BAGS; b++) {
        if (pal_feed_uses(feed, (pal_feed_bag)b)) feed->bag[b].begin[feed->n] = feed->bag[b].n;
    }
    if (person != NULL) PAL_TRY(put_person(feed, person, err));
    if (item != PAL_FEED_NONE) PAL_TRY(put_item(feed, item, err));
    feed->n++;
    for (size_t b = 0; b < PAL_FEED_BAGS; b++) {
        if (pal_feed_uses(feed, (pal_feed_bag)b)) feed->bag[b].begin[feed->n] = feed->bag[b].n;
    }

done:
    return rc;
}

static size_t view_bags(pal_net_ids *view, const pal_feed *feed)
{
    size_t n = 0;

    for (size_t b = 0; b < PAL_FEED_BAGS; b++) {
        const bag *from = &feed->bag[b];

        if (pal_feed_uses(feed, (pal_feed_bag)b)) view[n++] = (pal_net_ids){ from->begin, from->id, from->weight };
    }
    return n;
}

pal_net_batch pal_feed_batch(pal_feed *feed, const float *const *input)
{
    view_bags(feed->view, feed);
    return (pal_net_batch){ .n = feed->n, .input = input, .bag = feed->view };
}

pal_net_batch pal_feed_join(pal_net_ids view[PAL_FEED_BAGS], pal_feed *people, pal_feed *items)
{
    size_t n = view_bags(view, people);

    PAL_ASSERT((people->used & ~PAL_FEED_PEOPLE) == 0 && (items->used & PAL_FEED_PEOPLE) == 0);
    view_bags(view + n, items);
    return (pal_net_batch){ .n = items->n, .bag = view };
}

/* ---- what is recent --------------------------------------------------------------------------------------- */

typedef struct event {
    int64_t time;
    uint64_t mixed;
    uint32_t item;
} event;

static int latest_first(const void *a, const void *b)
{
    const event *x = a, *y = b;

    if (x->time != y->time) return x->time > y->time ? -1 : 1;
    if (x->mixed != y->mixed) return x->mixed < y->mixed ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

pal_status pal_feed_recent(uint32_t *out, const uint32_t *item, const int64_t *time, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_key key = pal_key_for(0, 0, PAL_FOR_TRAIN);
    event *events = NULL;

    PAL_NEW(events, n);
    for (size_t i = 0; i < n; i++) {
        events[i] = (event){ time != NULL ? time[i] : 0, pal_u64(key, (pal_at){ 0, 0, item[i] }, 0), item[i] };
    }
    qsort(events, n, sizeof *events, latest_first);
    for (size_t i = 0; i < n; i++) out[i] = events[i].item;

done:
    pal_free(events);
    return rc;
}
