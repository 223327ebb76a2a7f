/* Statistics of an interaction log that simulated people can be held against, each with an interval over people. */
#ifndef PAL_METRICS_LOG_MOMENTS_H
#define PAL_METRICS_LOG_MOMENTS_H

#include "core/error.h"
#include "metrics/interval.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What people had to do with, a row a person and item, no pair twice. Rows stand by person, and a person's in the order
 * of time. Borrowed.
 */
typedef struct pal_moment_log {
    size_t n, n_users, n_items, n_genres;
    const size_t *begin;         /* n_users + 1: the rows of a person                                        */
    const uint32_t *item;        /* n                                                                        */
    const uint8_t *like;         /* n: 1 liked, 0 not; NULL: the log does not say                            */
    const int64_t *time;         /* n, any unit; NULL: the log has none                                      */
    const uint32_t *times;       /* n, >= 1: how often the person had to do with the item; NULL: not told    */
    const double *gap;           /* n: mean time between those, NaN where it was once; NULL: not told        */
    const size_t *genre_begin;   /* n_items + 1, into genre; NULL: the log has no genres                     */
    const uint32_t *genre;       /* below n_genres; an item's genres share one interaction evenly            */
} pal_moment_log;

/*
 * The statistics. n_u: items of person u. "mean" is over people, and only people count who have what it takes.
 * Sizes are taken out wherever a statistic would grow with n_u: short histories look narrow, and noisy rates look spread.
 */
typedef enum pal_moment {
    PAL_MOMENT_ACTIVITY_LOG_MEAN, /* mean of ln n_u                                                              */
    PAL_MOMENT_ACTIVITY_LOG_SD,   /* standard deviation of ln n_u                                                */
    PAL_MOMENT_ACTIVITY_GINI,     /* Gini index of n_u                                                           */
    PAL_MOMENT_ITEM_GINI,         /* Gini index of people per item, of items that somebody had                   */
    PAL_MOMENT_ITEM_TOP1,         /* share of all rows on the top 1 % of those items (Lorenz curve, interpolated) */
    PAL_MOMENT_ITEM_TOP10,        /* the same of 10 %                                                            */
    PAL_MOMENT_ITEM_TOP20,        /* the same of 20 %                                                            */
    PAL_MOMENT_ITEM_LOG_SD,       /* standard deviation of ln(people per item): the log-normal's sigma           */
    PAL_MOMENT_ITEM_EXPONENT,     /* a of p(k) ~ k^-a, k >= xmin, by discrete maximum likelihood                 */
    PAL_MOMENT_GENRES_EFFECTIVE,  /* mean of exp(entropy) of the genres of `sample` rows drawn of each person    */
    PAL_MOMENT_GENRES_RELATIVE,   /* that over the same of rows drawn from everybody's: 1 = people without taste */
    PAL_MOMENT_GENRE_COHESION,    /* how much likelier two rows of a person share a genre than two of strangers: the
                                     intraclass correlation rho; a Dirichlet precision is 1/rho - 1              */
    PAL_MOMENT_GENRE_TOP1,        /* mean share of the largest genre among `sample` rows                         */
    PAL_MOMENT_GENRE_TOP3,        /* the same of the three largest                                               */
    PAL_MOMENT_OWN_LIFT,          /* share of half a person's rows in the three genres that the other half has
                                     most of, over everybody's share in them: concentration on own tastes        */
    PAL_MOMENT_LIKE_MEAN,         /* mean of the share of likes                                                  */
    PAL_MOMENT_LIKE_SPREAD,       /* sd between people of the true share, luck taken out (beta-binomial)         */
    PAL_MOMENT_ITEM_LIKE_SPREAD,  /* the same between items of `item_least` rows or more                         */
    PAL_MOMENT_POPULARITY_LIKE,   /* correlation of ln(people per item) and its share of likes, the same items   */
    PAL_MOMENT_REPEAT_RATE,       /* share of all interactions that are with an item had before                  */
    PAL_MOMENT_REPEAT_GAP,        /* median time between two with the same item, over pairs that repeat; the log's unit;
                                     no interval                                                                 */
    PAL_MOMENT_DRIFT,             /* total variation of genres between a person's first and last third, less what it
                                     is when the person's rows are shuffled                                      */
    PAL_MOMENT_SESSIONS_LOG_MEAN, /* mean of ln(sessions)                                                        */
    PAL_MOMENT_SESSION_LOG_ITEMS, /* mean of ln(rows per session)                                                */
    PAL_MOMENT_RETURN_LOG_SD,     /* sd within people of ln(time between beginnings of sessions), pooled         */
    PAL_MOMENTS
} pal_moment;

typedef struct pal_moment_info {
    const char *name;    /* in files and options                                     */
    const char *meaning; /* in a few words                                           */
    int decimals;        /* that are worth reading                                   */
} pal_moment_info;
extern const pal_moment_info pal_moment_table[PAL_MOMENTS];

/* Whole distributions, for pictures and distances. */
typedef enum pal_sample {
    PAL_SAMPLE_ACTIVITY,      /* items per person                                       */
    PAL_SAMPLE_ITEM,          /* people per item                                        */
    PAL_SAMPLE_EFFECTIVE,     /* effective number of genres among `sample` rows         */
    PAL_SAMPLE_TOP1,          /* share of the largest genre among `sample` rows         */
    PAL_SAMPLE_LIKE,          /* share of likes per person, of `like_least` rows or more */
    PAL_SAMPLE_ITEM_LIKE,     /* share of likes per item, of `item_least` rows or more  */
    PAL_SAMPLE_DRIFT,         /* drift per person                                       */
    PAL_SAMPLE_SESSION,       /* rows per session                                       */
    PAL_SAMPLES
} pal_sample;
extern const pal_moment_info pal_sample_table[PAL_SAMPLES];

typedef struct pal_moments_config {
    size_t sample;       /* rows drawn of each person; people with fewer have no effective number; >= 2 */
    size_t draws;        /* such samples, and shuffles, a person; >= 1                             */
    size_t like_least;   /* rows of a person whose share of likes counts; >= 2                     */
    size_t item_least;   /* rows of an item whose share of likes counts; >= 2                      */
    size_t xmin;         /* where the tail begins; 0: where the fitted law lies nearest (Kolmogorov-Smirnov), with
                            at least a twentieth of the items in the tail                           */
    double session_gap;  /* a longer time between two rows begins a new session, the log's unit    */
    size_t resamples;    /* of people; 0: no intervals; else >= 2                                  */
    double level;        /* of intervals                                                           */
    uint64_t seed;
    size_t n_threads;
} pal_moments_config;

/* 20 rows, 8 draws, 5 and 20 rows for likes, xmin by distance, 1800 (half an hour in seconds), 200 resamples, 95 %. */
pal_moments_config pal_moments_defaults(void);

typedef struct pal_log_moments {
    pal_interval at[PAL_MOMENTS];   /* value NaN where the log cannot tell; n: people or items that count        */
    double *draw;                   /* resamples x PAL_MOMENTS, moved to have the value as their mean; or NULL   */
    size_t resamples;
    size_t xmin;                    /* as given, or found; 0 without a tail                                      */
    double *sample[PAL_SAMPLES];    /* ascending                                                                 */
    size_t n_sample[PAL_SAMPLES];
} pal_log_moments;

/*
 * Work out everything the log can tell; the caller owns *out. Resampled values are moved to have the value as their
 * mean before percentiles are taken, since Gini and top shares are biased in a resample. What is drawn (rows of a
 * person, halves, shuffles) is keyed by the person's number: the same for the same seed, at any number of threads.
 *   PAL_ERR_SHAPE   nobody, no row, or a size in config below what it must be
 *   PAL_ERR_DATA    an item or genre out of range: the text names the row
 *   PAL_ERR_MEMORY
 *
 * Sources: rarefaction Hurlbert 1971; discrete power laws Clauset, Shalizi, Newman 2009 (3.3 and 3.5); Dirichlet and
 * beta-binomial moments Skellam 1948, Weir and Hill 2002; sessions and drift as in Anderson et al. 2020.
 * Oracles: tests/metrics/test_log_moments.c.
 */
PAL_MUST_USE pal_status pal_log_moments_new(pal_log_moments **out, const pal_moment_log *log,
                                            const pal_moments_config *config, pal_error *err);
void pal_log_moments_free(pal_log_moments *moments); /* accepts NULL */

/* Index of a moment by name; PAL_ERR_USAGE names the nearest. */
PAL_MUST_USE pal_status pal_moment_find(size_t *out, const char *name, pal_error *err);

/* Parameters a and b of the beta distribution of this mean and standard deviation; NaN when there is none. */
void pal_beta_of(double *a, double *b, double mean, double sd);

#endif
