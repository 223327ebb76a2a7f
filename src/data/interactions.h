/* A log of who had to do with what: people, items, strength, time; with the ids and side features of its source. */
#ifndef PAL_DATA_INTERACTIONS_H
#define PAL_DATA_INTERACTIONS_H

#include "core/csr.h"
#include "core/error.h"
#include "core/hash.h"

#include <stddef.h>
#include <stdint.h>

/* Side features of people or items, one row each: one-hot words ("genre=Drama") and numbers scaled to 0..1 ("age"). */
typedef struct pal_side {
    size_t n_features;
    char **name;       /* n_features, unique                       */
    pal_csr *cell;     /* people or items x n_features             */
} pal_side;

/*
 * Sorted by (user, item), no pair twice: row r of the people x items matrix is a range, and value and time stand
 * in the matrix's own order. People and items are numbered by their ids (whole numbers by size, then other text by
 * bytes), whatever the order of the rows. Made by data/interactions_build.h or data/interactions_load.h; const then.
 */
typedef struct pal_interactions {
    char *name;             /* of the data set, for reports                                         */
    size_t n, n_users, n_items;
    uint32_t *user, *item;  /* n                                                                    */
    float *value;           /* n: rating, count or 1                                                */
    int64_t *time;          /* n: seconds (or what the source has), or NULL when the source has none */
    size_t *order;          /* n: place among the source's rows, from 0 (the last one of duplicates) */
    uint32_t *nth;          /* n: place among the source's rows of the same person, from 0, left-out rows counted too */
    char **user_id;         /* n_users, unique: the source's own ids                                */
    char **item_id;         /* n_items                                                              */
    char **item_title;      /* n_items, or NULL                                                     */
    pal_side *user_side;    /* or NULL                                                              */
    pal_side *item_side;    /* or NULL                                                              */
    void *pool;             /* owns the strings                                                     */
} pal_interactions;

void pal_interactions_free(pal_interactions *log); /* accepts NULL */

/* Index of a user or item by its source id; SIZE_MAX when there is none. */
size_t pal_interactions_user(const pal_interactions *log, const char *id);
size_t pal_interactions_item(const pal_interactions *log, const char *id);

/* Digest of all that can change a result. */
uint64_t pal_interactions_digest(const pal_interactions *log);

/* Where an interaction goes. */
typedef enum pal_part {
    PAL_PART_TRAIN,
    PAL_PART_VALID,
    PAL_PART_TEST,
    PAL_PART_KNOWN, /* of a held-out person: never trained on, but told when the person asks (fold-in) */
    PAL_PART_NONE   /* left out                                                                        */
} pal_part;

/* The cells of one part as a people x items matrix (every row and column kept). time (may be NULL) gets the matching
 * times, one a cell, or NULL when the log has none. The caller owns both. part may be NULL: all cells. */
PAL_MUST_USE pal_status pal_interactions_matrix(pal_csr **out, int64_t **time, const pal_interactions *log,
                                                const uint8_t *part, pal_part want, pal_error *err);

#endif
