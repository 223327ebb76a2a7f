/* How far simulated people are from real ones, statistic by statistic. */
#ifndef PAL_LAB_REALISM_H
#define PAL_LAB_REALISM_H

#include "lab/realism_log.h"

#define PAL_REALISM_NAME_MAX 128

/* In plain words: nothing tells them apart; apart, but by little; apart. */
typedef enum pal_realism_verdict { PAL_ALIKE, PAL_CLOSE, PAL_APART, PAL_UNTOLD } pal_realism_verdict;
extern const char *const pal_realism_verdict_names[4]; /* "alike", "close", "apart", "not told" */

/* Moments: alike within two standard errors of the difference, close within a tenth of the real value. */
#define PAL_REALISM_ALIKE_SE 2.0
#define PAL_REALISM_CLOSE_SHARE 0.1
/* Distributions, by Kolmogorov-Smirnov distance: the largest gap between shares below a value. */
#define PAL_REALISM_ALIKE_KS 0.1
#define PAL_REALISM_CLOSE_KS 0.2

typedef struct pal_realism_moment {
    pal_interval real, simulated;
    double distance;              /* (simulated - real) / sqrt(sum of squared standard errors); NaN without one */
    pal_realism_verdict verdict;
} pal_realism_moment;

#define PAL_REALISM_QUANTILES 99 /* at 1 %, 2 % … 99 % */
typedef struct pal_realism_spread {
    size_t n_real, n_simulated;
    double ks;                    /* Kolmogorov-Smirnov distance, 0..1                                      */
    double wasserstein;           /* Wasserstein-1, unit of the values                                      */
    double wasserstein_sd;        /* the same over the real standard deviation                              */
    double real[PAL_REALISM_QUANTILES], simulated[PAL_REALISM_QUANTILES];
    pal_realism_verdict verdict;
} pal_realism_spread;

typedef struct pal_realism {
    char real_name[PAL_REALISM_NAME_MAX], simulated_name[PAL_REALISM_NAME_MAX];
    char real_digest[PAL_HASH_HEX], simulated_digest[PAL_HASH_HEX];
    size_t real_users, real_items, real_rows, simulated_users, simulated_items, simulated_rows;
    pal_realism_moment moment[PAL_MOMENTS];
    pal_realism_spread spread[PAL_SAMPLES];
    size_t xmin;
    size_t verdicts[4];           /* of moments and distributions together */
} pal_realism;

/*
 * Take the same statistics of both logs and set them against each other. The tail of the power law begins at the same
 * count on both sides (the real log's, when config->xmin is 0); sessions end by each log's own gap.
 *   errors as pal_log_moments_new
 */
PAL_MUST_USE pal_status pal_realism_of(pal_realism *out, const pal_people_log *real, const pal_people_log *simulated,
                                       const pal_moments_config *config, pal_error *err);

/* Write `dir` whole or not at all: manifest.json ("palate-realism/1"), realism.csv, quantiles.csv (results/README.md). */
PAL_MUST_USE pal_status pal_realism_write(const pal_realism *realism, const pal_moments_config *config, pal_taken_as as,
                                          size_t least, const char *dir, pal_error *err);

#endif
