/* Data for the tests of boosted trees: the measured generator "A, v2", LightGBM's files, and judges of a score. */
#ifndef PAL_TESTS_SUPPORT_BOOST_DATA_H
#define PAL_TESTS_SUPPORT_BOOST_DATA_H

#include "models/boost.h"

#include <stddef.h>
#include <stdint.h>

#define BOOST_D 9
#define BOOST_TRAIN UINT64_C(20240601) /* seeds of the two samples LightGBM was measured on */
#define BOOST_TEST UINT64_C(20240602)

/* The first n rows: x n x 9, y n. Counter-based splitmix64 and Box-Muller; nonlinear, with interactions. */
void boost_generate(float *x, double *y, uint64_t seed, size_t n);
/* Uniform numbers of the same generator, for tests of their own. */
double boost_u01(uint64_t seed, uint64_t k);

double boost_auc(const double *score, const double *y, size_t n);
double boost_log_loss(const double *probability, const double *y, size_t n);

/* tests/fixtures/lightgbm/NAME as a matrix, "nan" as NaN; the caller pal_frees. Aborts the test on failure. */
double *boost_fixture(const char *name, size_t *rows, size_t *columns);
/* The same for a table of features and a last column of labels, features rounded to floats. */
void boost_fixture_rows(double **x, double **y, size_t *rows, const char *name);
/* "tests/fixtures/lightgbm/NAME_model.txt" loaded. */
pal_boost *boost_fixture_model(const char *name);

/* Fit or abort the test. */
pal_boost *boost_fit(const double *x, const double *y, size_t n, size_t d, const pal_boost_config *config);

#endif
