/* Seeded splits of an interaction log into training, validation and test; written to disk and read back. */
#ifndef PAL_DATA_SPLIT_H
#define PAL_DATA_SPLIT_H

#include "core/error.h"
#include "core/hash.h"
#include "core/param.h"
#include "data/interactions.h"

/*
 * Parameters of a "split" object. What a kind puts into the test part (validation likewise, from what is left):
 *   random       a share of all interactions, drawn at random
 *   random_user  a share of each person's, drawn at random, rounded; a person keeps at least one to train on
 *   leave_last   each person's last interactions ("test_rows"); people with too few are trained on only
 *   user_time    the latest share of each person's, rounded down
 *   time         the latest share of all; interactions of one instant stay together, so that it may be a little less
 *   k_fold       fold "fold" of "folds" equal random ones
 *   user_cold    interactions of a share of people; a share "known" of them is told when the person asks
 *   item_cold    every interaction with a share of items
 *   ua           rows "skip" .. "skip" + "first" - 1 of each person in the source's order, before any row was left out
 *                (MovieLens 100k: ua is skip 0, ub is skip 10)
 *   file         what pal_split_save wrote
 * Kinds by time settle equal times by the items' ids.
 */
extern const pal_param pal_split_params[];

typedef struct pal_split {
    size_t n;         /* interactions of the log                          */
    uint8_t *part;    /* n: pal_part                                      */
    size_t count[5];  /* by pal_part                                      */
    char digest[PAL_HASH_HEX]; /* of part, user ids and item ids in order */
} pal_split;

/* "train", "valid", "test", "known", "none". */
extern const char *const pal_part_names[5];

/*
 * Split a log. Every draw is keyed by the ids' places, so that a split depends on (log, parameters, seed) only.
 *   PAL_ERR_DATA    nothing would be left to train on or to test; the kind needs times and the log has none
 *   PAL_ERR_CONFIG  shares that add up to 1 or more; fold outside; the text names the JSON path
 */
PAL_MUST_USE pal_status pal_split_make(pal_split **out, const pal_interactions *log, const pal_values *values,
                                       const char *file, const char *json_path, pal_error *err);
/* The same with another seed than the parameters': replicates. */
PAL_MUST_USE pal_status pal_split_make_seeded(pal_split **out, const pal_interactions *log, const pal_values *values,
                                              uint64_t seed, const char *file, const char *json_path, pal_error *err);
void pal_split_free(pal_split *split); /* accepts NULL */

/* CSV user,item,part (train, valid, test, known, none) in the log's order; and back, rows in any order: every interaction
 * of the log must stand in the file exactly once (PAL_ERR_DATA names file and row). */
PAL_MUST_USE pal_status pal_split_save(const pal_split *split, const pal_interactions *log, const char *path,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_split_load(pal_split **out, const pal_interactions *log, const char *path,
                                       pal_error *err);

#endif
