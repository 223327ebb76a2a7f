/* Do predicted probabilities mean what they say: reliability, calibration error, and Platt scaling. */
#ifndef PAL_METRICS_CALIBRATION_H
#define PAL_METRICS_CALIBRATION_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_ECE_BINS 15 /* Guo et al., ICML 2017 */

typedef struct pal_reliability_bin {
    double lower, upper; /* smallest and largest prediction in the bin */
    double mean_p;       /* mean prediction                            */
    double mean_y;       /* share of positives                         */
    size_t n;            /* rows                                       */
} pal_reliability_bin;

/*
 * Reliability table with bins of equal mass, by ascending prediction.
 *
 *   bin     out n_bins   the first *n_used are filled
 *   n_used  out          <= n_bins; 0 when n is 0
 *   p       in  n        predictions, not NaN
 *   label   in  n        0 or 1
 *
 * Bin j ends with row ceil(n (j + 1) / n_bins) of the sorted rows. Rows with the same prediction are never parted
 * (the bin is extended to the last of them), so the table does not depend on the order of the rows; bins that are
 * left empty by this vanish. With distinct predictions and n a multiple of n_bins all bins have the same n.
 *   PAL_ERR_DATA    a NaN prediction or a label above 1; the text names the row
 *   PAL_ERR_SHAPE   n_bins is 0, or n does not fit 32 bits
 *   PAL_ERR_MEMORY  out of memory
 */
PAL_MUST_USE pal_status pal_reliability(pal_reliability_bin *bin, size_t *n_used, const float *p,
                                        const uint8_t *label, size_t n, size_t n_bins, pal_error *err);

/*
 * Expected calibration error: sum over bins of n_bin / n * |mean_y - mean_p|, bins as above. NaN when n is 0. Even a
 * perfect scorer has an ECE of order sqrt(bins / n): compare with the one of the true probabilities.
 */
PAL_MUST_USE pal_status pal_ece(double *out, const float *p, const uint8_t *label, size_t n, size_t n_bins,
                                pal_error *err);

/* Predicted over observed positives, sum p / sum label; 1 is right. NaN when there is no positive. */
double pal_calibration_ratio(const float *p, const uint8_t *label, size_t n);

typedef struct pal_platt_config {
    double base_rate; /* prior rate of positives in (0, 1), or NaN: (positives + 1) / (rows + 2)   */
    double ridge;     /* penalty on the squared distance from (logit(base_rate), 0), in rows; > 0  */
    double tol;       /* stop when the largest |gradient| entry per unit of weight is below; > 0   */
    int max_iter;     /* Newton steps allowed; > 0                                                 */
} pal_platt_config;

/* NaN base rate, ridge 0.001, tol 1e-10, 100 steps. */
pal_platt_config pal_platt_defaults(void);

/*
 * Fit P(y = 1 | score) = sigmoid(a + b score) by Newton's method with step halving.
 *
 *   a, b    out          b may be negative: a score that ranks the wrong way round is turned
 *   score   in n         finite
 *   label   in n         0 or 1
 *   weight  in n         >= 0 and finite, or NULL for all 1
 *   config  in           NULL for the defaults
 *
 * Targets are smoothed as Platt does, (P + 1) / (P + 2) and 1 / (N + 2) with the weights of the classes as P and N, and
 * a ridge pulls towards (logit of the base rate, 0); so the answer exists for n = 0, one class, one score or perfect
 * separation, and moves smoothly as a log grows. The ridge acts on standardised scores: a linear change of the scores
 * (b apart) does not change the probabilities.
 *   PAL_ERR_DATA      a value is not finite, a label above 1, a weight below 0; the text names the row
 *   PAL_ERR_CONFIG    a config value is out of its range
 *   PAL_ERR_CONVERGE  max_iter reached; a and b hold the last step
 * Source: Platt 1999; Lin, Lin, Weng, Machine Learning 68 (2007). Ours adds weights, ridge and standardising.
 * Oracles: tests/metrics/test_calibration.c.
 */
PAL_MUST_USE pal_status pal_platt_fit(double *a, double *b, const float *score, const uint8_t *label,
                                      const double *weight, size_t n, const pal_platt_config *config,
                                      pal_error *err);

#endif
