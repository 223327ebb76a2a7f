/* Daily aggregates, fits of models for everyone, and what caches did: days.csv, types.csv, fits.csv, cache.csv. A round is a day. */
#ifndef PAL_LAB_DAYS_H
#define PAL_LAB_DAYS_H

#include "lab/results.h"

/* Counts of a day of one arm, summed over replicates and people. */
enum { PAL_DAY_VIEWS, PAL_DAY_EXAMINED, PAL_DAY_CLICKS, PAL_DAY_LIKES, PAL_DAY_DISLIKES, PAL_DAY_SKIPS, PAL_DAY_ENGAGED,
       PAL_DAY_COUNTS };

typedef struct pal_days {
    size_t n_arms, n_rounds, n_types, n_users, n_people; /* people = replicates x users */
    bool wanted;               /* "output": {"days": true}                                              */
    uint64_t *by_slot;         /* n_arms x n_rounds x PAL_MAX_SLOTS x PAL_DAY_COUNTS; NULL unless wanted */
    uint64_t *by_type;         /* n_arms x n_rounds x n_types x PAL_DAY_COUNTS; NULL unless wanted       */
    uint32_t *by_person;       /* n_arms x n_types x n_people x 3: views, clicks, likes; NULL with one type */
    pal_cache_count *cache;    /* n_arms, over replicates                                               */
    double *cache_s;           /* n_arms x 2: seconds of misses and hits; for timing.csv alone          */
} pal_days;

PAL_MUST_USE pal_status pal_days_new(pal_days **out, const pal_experiment *experiment, const pal_catalog *catalog,
                                     size_t n_users, pal_error *err);
void pal_days_free(pal_days *days); /* accepts NULL */

/* After the answers of a round. */
void pal_days_round(pal_days *days, const pal_arm *arm);
/* After the last round of a replicate: what its cache did. */
void pal_days_keep(pal_days *days, const pal_arm *arm);

/* Everything counted so far into *file, under names that begin with "days."; and back, for the same experiment:
 * PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_days_save(const pal_days *days, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_days_restore(pal_days *days, const pal_tensors *file, pal_error *err);

/* days.csv where it is wanted; types.csv where there are several; cache.csv where an arm has a cache; fits.csv where a model was fitted for everyone. */
PAL_MUST_USE pal_status pal_write_days(pal_results *results, const pal_days *days, pal_error *err);
PAL_MUST_USE pal_status pal_write_types(pal_results *results, const pal_days *days, pal_error *err);

/* Rows "arm,phase,seconds" of timing.csv: model fits, and what a cache saved. */
void pal_days_timing(const pal_days *days, const pal_results *results, pal_outfile *file);

#endif
