/* Rows for tests of logistic regression: the measured peers' generator, and random problems without libm. */
#ifndef PAL_TESTS_LOGIT_ROWS_H
#define PAL_TESTS_LOGIT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#define LOGIT_D 9

/* n rows of 9 features from counter-based splitmix64: six normals, a uniform, one of ten steps, a rare flag; labels from
 * f = -0.5 + x.(1, -.7, .5, .3, -.2, .1, .8, -1.2, .6). Features are rounded to float. */
void logit_rows(double *x, double *y, uint64_t seed, size_t n);

/* Uniform in [0, 1) from splitmix64, and a bell of four such in [-2, 2]: + - * / only. */
double logit_uniform(uint64_t seed, uint64_t k);
double logit_bell(uint64_t seed, uint64_t k);

/* Largest |entry| of the gradient of sum_i weight_i log(1 + exp(-s_i (b + w.x_i))) + ridge / 2 |w|^2 over the sum of the
 * weights, in long double: 0 at the minimum and nowhere else. weight may be NULL. */
double logit_gradient(const double *w, double b, const double *x, const double *y, const double *weight, size_t n,
                      size_t d, double ridge);

#endif
