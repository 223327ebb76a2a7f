/* Intervals over people: one set of bootstrap resamples, shared by all metrics, rounds and arms. */
#ifndef PAL_METRICS_INTERVAL_H
#define PAL_METRICS_INTERVAL_H

#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

/* Percentile intervals want 1000 resamples or more (Efron and Tibshirani 1993, 13.3); the main table takes 2000. */
#define PAL_BOOT_RESAMPLES 2000
#define PAL_BOOT_LEVEL 0.95
/* Largest multiplicity kept; a person drawn more often counts 255 times (chance below 1e-500). */
#define PAL_BOOT_MOST 255

/* A metric with its uncertainty. A field that is undefined is NaN. */
typedef struct pal_interval {
    double value;  /* on all people                                                              */
    double lo, hi; /* ends of the two-sided interval at the level of the pal_boot; NaN if n < 2  */
    double se;     /* standard deviation over the resamples; NaN if n < 2                        */
    size_t n;      /* people that count                                                          */
} pal_interval;

/*
 * B multinomial resamples of n_people, drawn once. Resample b is one byte a person: how often that person is in
 * it. All metrics that use the same object see the same people drawn, so differences are paired. Const once made:
 * any number of threads may read it.
 */
typedef struct pal_boot pal_boot;

/*
 * Draw the resamples. A person is the unit: all rows of a person go in or out together.
 *
 *   out          out          the caller frees it with pal_boot_free; n_resamples * n_people bytes
 *   stratum      in n_people  the replicate of each person, or NULL for one stratum; people are drawn inside
 *                             their stratum, so each keeps its size. With n_s people in a stratum the
 *                             variance is short by a share 1 / n_s, as in every bootstrap.
 *   n_resamples  in           B, >= 2
 *   level        in           in (0, 1), for instance PAL_BOOT_LEVEL
 *   key          in           pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP); the draws of resample b and stratum s are
 *                             a function of (key, b, s) only: more resamples leave the first ones as they are
 *   n_threads    in           >= 1; same bytes for any number
 *
 *   PAL_ERR_SHAPE   n_people is 0 or above 2^31, or n_resamples is below 2
 *   PAL_ERR_DATA    level is not inside (0, 1)
 *   PAL_ERR_MEMORY  out of memory
 */
PAL_MUST_USE pal_status pal_boot_new(pal_boot **out, size_t n_people, const uint32_t *stratum, size_t n_resamples,
                                     double level, pal_key key, size_t n_threads, pal_error *err);
void pal_boot_free(pal_boot *boot); /* accepts NULL */

size_t pal_boot_people(const pal_boot *boot);
size_t pal_boot_resamples(const pal_boot *boot);
double pal_boot_level(const pal_boot *boot);
/* How often each person is in resample b: n_people bytes. Borrowed, valid as long as boot. */
const uint8_t *pal_boot_row(const pal_boot *boot, size_t b);

/*
 * Interval of a ratio metric: value = sum num / sum den over people.
 *
 *   num, den  in n_people   finite, den >= 0. A mean over people has den 1. A person for whom the metric is
 *                           undefined has num 0 and den 0, and does not count in n.
 *
 * Percentile interval: the (B + 1) p -th order statistics of the resampled ratios, between two of them linearly
 * (Hyndman and Fan 1996, type 6). Resamples with den 0 are left out; if more than half are, lo, hi and se are NaN.
 *   PAL_ERR_DATA    a value is not finite or a den is negative; the text names person and column
 *   PAL_ERR_MEMORY  out of memory
 * Oracles: tests/metrics/test_interval.c (brute force over the rows; coverage over 300 seeds).
 */
PAL_MUST_USE pal_status pal_boot_ratio(pal_interval *out, const pal_boot *boot, const double *num,
                                       const double *den, pal_error *err);

/*
 * The same for many metrics (or rounds) at once: num and den are n_people x n_columns row-major, a row a person;
 * out has n_columns entries. A column gives the same bytes here as alone in pal_boot_ratio. Cost: 2 * B *
 * n_people * n_columns multiplications and additions in a blocked matrix product, people always in order.
 */
PAL_MUST_USE pal_status pal_boot_ratio_many(pal_interval *out, const pal_boot *boot, const double *num,
                                            const double *den, size_t n_columns, size_t n_threads, pal_error *err);

/*
 * Paired difference a - b of two ratio metrics on the same resamples, column by column; shapes as above. n counts
 * the people that count in a or in b. Undefined (NaN) when either ratio is.
 */
PAL_MUST_USE pal_status pal_boot_ratio_diff_many(pal_interval *out, const pal_boot *boot, const double *num_a,
                                                 const double *den_a, const double *num_b, const double *den_b,
                                                 size_t n_columns, size_t n_threads, pal_error *err);

/*
 * As pal_boot_ratio with the bias-corrected and accelerated interval (BCa, Efron 1987): second-order accurate for
 * skewed ratios, so for the main table. Acceleration from the jackknife over people. Falls back to the percentile
 * interval when all resamples lie on one side of the value. B >= 2000 is advised.
 */
PAL_MUST_USE pal_status pal_boot_bca_ratio(pal_interval *out, const pal_boot *boot, const double *num,
                                           const double *den, pal_error *err);

/*
 * Interval of the pooled AUC: rows are drawn with their person (the user-cluster bootstrap).
 *
 *   person  in n   row's person, < n_people, any order
 *   score   in n   not NaN
 *   label   in n   0 or 1
 *
 * Rows are sorted once; each resample is one weighted pass, ties counted half. Counts are whole numbers, so the
 * result is exact while rows^2 stays below 2^53. n of the interval = people with at least one row. value is NaN
 * when a class is missing; resamples without a class are left out.
 *   PAL_ERR_DATA    a NaN score, a label above 1, or a person out of range; the text names the row
 *   PAL_ERR_SHAPE   n does not fit 32 bits
 *   PAL_ERR_MEMORY  out of memory
 */
PAL_MUST_USE pal_status pal_boot_auc(pal_interval *out, const pal_boot *boot, const uint32_t *person,
                                     const float *score, const uint8_t *label, size_t n, size_t n_threads,
                                     pal_error *err);

/* Paired difference AUC(score_a) - AUC(score_b) of two scorers of the same rows. */
PAL_MUST_USE pal_status pal_boot_auc_diff(pal_interval *out, const pal_boot *boot, const uint32_t *person,
                                          const float *score_a, const float *score_b, const uint8_t *label,
                                          size_t n, size_t n_threads, pal_error *err);

/*
 * The resampled AUCs themselves: draws[b] for b < B (NaN without a class), and the value on all rows. For the
 * difference of two arms whose rows are not the same, take the draws of each, subtract, and call pal_boot_interval.
 */
PAL_MUST_USE pal_status pal_boot_auc_draws(double *draws, double *value, const pal_boot *boot,
                                           const uint32_t *person, const float *score, const uint8_t *label,
                                           size_t n, size_t n_threads, pal_error *err);

/*
 * Percentile interval from resampled values of any statistic. draws (n_draws, reordered in place) may hold NaN
 * for "undefined"; `people` becomes out->n.
 */
pal_interval pal_boot_interval(double *draws, size_t n_draws, double level, double value, size_t people);

/* The p-quantile of n > 0 values without NaN, reordered in place: order statistic (n + 1) p, type 6 as above. */
double pal_boot_quantile(double *draws, size_t n, double p);

/* Sum row values into people, for the ratio metrics: num[person] += value, den[person] += 1, both zeroed first.
 * person[r] < n_people is the caller's promise. A NaN value is passed over (undefined row). */
void pal_people_sums(double *num, double *den, size_t n_people, const uint32_t *person, const double *value,
                     size_t n);

#endif
