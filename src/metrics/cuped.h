/* Less variance for the same people: covariates known before the experiment (CUPED), and pairing itself. */
#ifndef PAL_METRICS_CUPED_H
#define PAL_METRICS_CUPED_H

#include "metrics/interval.h"

#include <stddef.h>

typedef struct pal_cuped {
    double theta;              /* slope that was taken out                                     */
    pal_interval plain;        /* difference without the covariate, t interval                 */
    pal_interval adjusted;     /* … with it                                                    */
    double variance_reduction; /* 1 - (adjusted.se / plain.se)^2; rho^2 when one slope fits all */
} pal_cuped;

/*
 * y' = y - theta (x - mean x), theta = cov(x, y) / var(x): an average of y' is unbiased for that of y and has 1 - rho^2
 * of its variance. x must be known before the arms part (an earlier period, a trait), never be changed by them.
 *
 * Paired: the mean of n differences y, x their covariate, whose mean over the population is mean_x (NaN: it is not
 * known, then x cannot sharpen a mean and adjusted = plain). Unpaired: mean of y_a minus mean of y_b, theta pooled
 * within the arms. Intervals are Student t at `level`; one degree of freedom is paid for theta. All NaN with fewer than
 * three pairs (or values in an arm); theta 0 when x is constant.
 * Source: Deng, Xu, Kohavi, Walker, WSDM 2013. Oracles: tests/metrics/test_cuped.c.
 */
void pal_cuped_paired(pal_cuped *out, const double *y, const double *x, size_t n, double mean_x, double level);
void pal_cuped_unpaired(pal_cuped *out, const double *y_a, const double *x_a, size_t n_a, const double *y_b,
                        const double *x_b, size_t n_b, double level);

/* What common random numbers bought: the variance of a difference between arms that meet the same people with the same
 * luck, against arms that share nothing. */
typedef struct pal_pairing {
    double paired;    /* variance of a_u - b_u                                                        */
    double unpaired;  /* var a + var b: what a_u - b_w of strangers has                               */
    double reduction; /* 1 - paired / unpaired; below 0 the pairing hurt                              */
    double lo, hi;    /* jackknife interval of the reduction at the level (Fisher's z of 2 cov / sum) */
    double saved;     /* unpaired / paired: people an unpaired design would need, for each one here   */
} pal_pairing;

/* a and b: n paired values (a unit is a person, or a seed). NaN when n < 3 or nothing varies. */
pal_pairing pal_pairing_gain(const double *a, const double *b, size_t n, double level);

#endif
