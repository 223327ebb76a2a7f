/* Losses of predicted probabilities: log loss, normalised entropy, Brier score, divergence from the truth. */
#ifndef PAL_METRICS_LOGLOSS_H
#define PAL_METRICS_LOGLOSS_H

#include <stddef.h>
#include <stdint.h>

/* Probabilities are clipped to [eps, 1 - eps] in double before a logarithm is taken, as scikit-learn did. */
#define PAL_LOG_LOSS_EPS 1e-15

/* All logarithms are natural: the unit is nat. p in [0, 1]; label 0 or 1; arrays have n entries. With the true
 * probability as p, log loss is the ceiling (the least a scorer can reach in the mean). NaN when n is 0.
 * Sums are compensated and run in row order (core/sum.h). Oracles: tests/metrics/test_logloss.c. */

double pal_log_loss_row(double p, uint8_t label);   /* -log p or -log(1 - p) */
double pal_brier_row(double p, uint8_t label);      /* (p - label)^2         */
/* KL(Bernoulli p || Bernoulli q) = p log(p/q) + (1-p) log((1-p)/(1-q)) >= 0; q clipped, 0 log 0 = 0. */
double pal_bernoulli_kl(double p, double q);

double pal_log_loss(const float *p, const uint8_t *label, const double *weight /* or NULL */, size_t n);
double pal_brier(const float *p, const uint8_t *label, const double *weight /* or NULL */, size_t n);

/*
 * Log loss over the entropy of the base rate: 1 = no better than always saying the base rate, lower is better.
 * NaN when a class is missing. Source: He et al., ADKDD 2014, eq. 1.
 */
double pal_normalised_entropy(const float *p, const uint8_t *label, size_t n);

/* Mean KL(truth || p): what the log loss of p exceeds its ceiling by, free of the luck of the labels. */
double pal_excess_kl(const float *truth, const float *p, size_t n);

/* Row losses summed by person for pal_boot_ratio: num[u] = sum of losses, den[u] = rows. num and den have
 * n_people entries and are zeroed first; person[r] < n_people is the caller's promise. */
void pal_log_loss_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *p,
                         const uint8_t *label, size_t n);
void pal_brier_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *p,
                      const uint8_t *label, size_t n);
void pal_excess_kl_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *truth,
                          const float *p, size_t n);

#endif
