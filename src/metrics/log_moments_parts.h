/* Inside of the log's statistics: what is worked out once per person, and what each resample works out again. */
#ifndef PAL_METRICS_LOG_MOMENTS_PARTS_H
#define PAL_METRICS_LOG_MOMENTS_PARTS_H

#include "metrics/log_moments.h"

/* Of one person; NaN where it does not apply. */
typedef struct pal_moment_person {
    double log_n;               /* ln of the rows                                            */
    double effective, top1, top3; /* of rows drawn                                           */
    double own, own_base;       /* share in the genres of the other half; everybody's in them */
    double pairs;               /* mean inner product of the genres of two rows              */
    double self;                /* mean squared length of a row's genres                     */
    double mix_square;          /* squared length of the person's mix                        */
    double like, like_pairs;    /* share of likes; share of pairs that are both liked        */
    double drift;
    double sessions, session_items; /* ln of how many, ln of rows in one                     */
    double return_squares, n_return; /* sum of squares of ln gaps around their mean; gaps - 1 */
    double repeats, had;            /* interactions with items had before; all of them       */
} pal_moment_person;

typedef struct pal_moment_tables {
    const pal_moment_log *log;
    const pal_moments_config *config;
    pal_moment_person *person;  /* n_users                                                   */
    float *mix;                 /* n_users x n_genres: share of the person's rows; NULL without genres */
    double *everybody;          /* n_genres: share of all rows                               */
    double null_effective;      /* effective number among rows drawn from everybody's        */
    uint32_t *by_activity;      /* n_users: people by rows, ascending; then by number        */
    double repeat_gap;          /* median                                                    */
    size_t xmin;
} pal_moment_tables;

/* Fill person, mix, everybody and null_effective; sample (PAL_SAMPLE_SESSION) is filled too. */
PAL_MUST_USE pal_status pal_moment_people(pal_moment_tables *t, pal_log_moments *out, pal_error *err);

/* Scratch of one evaluation. */
typedef struct pal_moment_scratch {
    uint32_t *count, *likes;    /* n_items, 0 between evaluations     */
    uint32_t *histogram;        /* n_bins: how many items a count has */
    size_t n_bins;              /* one more than the largest count    */
    double *mix;                /* n_genres                           */
} pal_moment_scratch;

/* Every statistic with person u counted weight[u] times (NULL: once). count (may be NULL) gets how many count. */
void pal_moment_values(double out[PAL_MOMENTS], size_t *count, const pal_moment_tables *t, const uint8_t *weight,
                       pal_moment_scratch *scratch);

/* People per item, and likes, with weights; then what follows from them. */
void pal_moment_count_items(const pal_moment_tables *t, const uint8_t *weight, pal_moment_scratch *s);
void pal_moment_items(double out[PAL_MOMENTS], size_t *count, const pal_moment_tables *t, const pal_moment_scratch *s);

/* A key for one kind of draw of the statistics. */
pal_key pal_moment_key(const pal_moments_config *config, const char *what);

#endif
