/* Peers of `palate bench models`: XGBoost and scikit-learn on the very same rows, where a Python has them. */
#ifndef PAL_CLI_BENCH_LEARNERS_H
#define PAL_CLI_BENCH_LEARNERS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

#define PAL_BENCH_WHO 64

typedef struct pal_bench_learner { /* one learner at one size; medians */
    const char *model;         /* "boosted" or "logistic"                                     */
    char who[PAL_BENCH_WHO];   /* "palate", "xgboost-1.7.4", "scikit-learn-1.2.1:lbfgs"       */
    size_t rows, passes;       /* passes: 0 where not known                                   */
    double fit_ms, predict_ns; /* one fit; one row of a batch                                 */
    double one_us;             /* one row by itself; NaN where it is not measured             */
} pal_bench_learner;

/* Peers at most in a run of n_rows sizes: XGBoost, and scikit-learn with four learners. */
#define PAL_BENCH_PEERS(n_rows) (5 * (n_rows))

/*
 * Run the peers on the rows that `palate bench models` uses, in a folder of their own that is removed afterwards.
 *   out      PAL_BENCH_PEERS(n_rows), *n of them filled in
 *   there    out  [0] XGBoost, [1] scikit-learn: was there a Python that has it?
 *   PAL_ERR_IO, PAL_ERR_MEMORY, PAL_ERR_INTERNAL (a script failed)
 */
PAL_MUST_USE pal_status pal_bench_learner_peers(pal_bench_learner *out, size_t *n, bool there[2], const size_t *rows,
                                                size_t n_rows, pal_error *err);

#endif
