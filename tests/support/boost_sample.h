/* Samples of the measured generator (boost_data.h), models fitted to them, and how good these are. */
#ifndef PAL_TESTS_SUPPORT_BOOST_SAMPLE_H
#define PAL_TESTS_SUPPORT_BOOST_SAMPLE_H

#include "models/boost.h"

#include <stddef.h>
#include <stdint.h>

typedef struct boost_sample {
    float *x;  /* n x BOOST_D */
    double *y; /* n           */
    size_t n;
} boost_sample;

/* The first n rows of a seed; the caller drops it. */
boost_sample boost_sample_make(uint64_t seed, size_t n);
void boost_sample_drop(boost_sample *s);

/* Fit with a fixed key, or abort the test; valid may be NULL. */
pal_boost *boost_sample_fit(const boost_sample *train, const boost_sample *valid, const pal_boost_config *config);

/* AUC and LogLoss of the model's probabilities. */
void boost_sample_judge(double *auc, double *log_loss, const pal_boost *model, const boost_sample *test);

#endif
