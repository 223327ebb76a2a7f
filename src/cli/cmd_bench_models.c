/* palate bench models: how long the learners take at the size of a taste and far above it, and peers beside them. */
#include "cli/bench.h"
#include "cli/bench_learners.h"
#include "cli/command.h"
#include "cli/print.h"
#include "core/arena.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/bench_data.h"
#include "models/boost.h"
#include "models/logistic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 9     /* fits of each size; fewer above LARGE rows */
#define SMALL_PASSES 101 /* ... and more where a fit takes a millisecond */
#define SMALL 2000
#define LARGE 100000
#define LARGE_PASSES 3
#define ONE_BY_ONE 10000 /* rows predicted by themselves, at most */
#define SCRATCH_BYTES ((size_t)1 << 20)
#define MOST_SIZES 5

static const pal_option options[] = {
    { "rows", "N", false, "this many rows only (default: 200, 2,000 and 20,000)" },
    { "large", NULL, false, "200,000 and 1,000,000 rows as well" },
    { "alone", NULL, false, "do not run XGBoost and scikit-learn" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return x[n / 2];
}

static pal_status time_boosted(pal_bench_learner *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_config config = pal_boost_lightgbm(); /* 100 trees of 31 leaves, learning rate 0.1 */
    pal_boost *model = NULL;
    const size_t n = t->rows, n_one = n < ONE_BY_ONE ? n : ONE_BY_ONE;
    float *x = NULL;
    double *wide = NULL, *y = NULL, *p = NULL, fit[SMALL_PASSES], predict[SMALL_PASSES], one[SMALL_PASSES];

    PAL_NEW(x, n * PAL_BENCH_D);
    PAL_NEW(wide, n_one * PAL_BENCH_D);
    PAL_NEW(y, n);
    PAL_NEW(p, n);
    pal_bench_rows(x, y, PAL_BENCH_TRAIN, n);
    for (size_t i = 0; i < n_one * PAL_BENCH_D; i++) {
        wide[i] = (double)x[i];
    }
    for (size_t i = 0; i < t->passes; i++) {
        const pal_boost_rows rows = { .x32 = x, .y = y, .n = n };
        double from = pal_clock_s(), fitted, predicted;

        pal_boost_free(model);
        model = NULL;
        PAL_TRY(pal_boost_fit(&model, &rows, NULL, PAL_BENCH_D, &config, pal_key_for(1, 0, PAL_FOR_TEST), err));
        fitted = pal_clock_s();
        PAL_TRY(pal_boost_predict_f32(NULL, p, model, x, n, 1, err));
        predicted = pal_clock_s();
        for (size_t k = 0; k < n_one; k++) {
            p[k] = pal_boost_raw(model, wide + k * PAL_BENCH_D);
        }
        fit[i] = (fitted - from) * 1e3;
        predict[i] = (predicted - fitted) * 1e9 / (double)n;
        one[i] = (pal_clock_s() - predicted) * 1e6 / (double)n_one;
    }
    t->fit_ms = median(fit, t->passes);
    t->predict_ns = median(predict, t->passes);
    t->one_us = median(one, t->passes);

done:
    pal_boost_free(model);
    pal_free(x);
    pal_free(wide);
    pal_free(y);
    pal_free(p);
    return rc;
}

static pal_status time_logistic(pal_bench_learner *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena *scratch = NULL;
    const size_t n = t->rows;
    double *x = NULL, *y = NULL, *p = NULL, w[PAL_BENCH_D], b, fit[SMALL_PASSES], predict[SMALL_PASSES];

    PAL_NEW(x, n * PAL_BENCH_D);
    PAL_NEW(y, n);
    PAL_NEW(p, n);
    PAL_TRY(pal_arena_new(&scratch, SCRATCH_BYTES, err));
    pal_bench_linear_rows(x, y, PAL_BENCH_LINEAR, n);
    for (size_t i = 0; i < t->passes; i++) {
        double from = pal_clock_s(), fitted;

        PAL_TRY(pal_logistic_fit(w, &b, NULL, x, y, NULL, n, PAL_BENCH_D, NULL, scratch, err));
        fitted = pal_clock_s();
        pal_logistic_predict(p, x, n, PAL_BENCH_D, w, b);
        fit[i] = (fitted - from) * 1e3;
        predict[i] = (pal_clock_s() - fitted) * 1e9 / (double)n;
    }
    t->fit_ms = median(fit, t->passes);
    t->predict_ns = median(predict, t->passes);

done:
    pal_arena_free(scratch);
    pal_free(x);
    pal_free(y);
    pal_free(p);
    return rc;
}

/* ---- lines --------------------------------------------------------------------------------- */

static pal_status print_json(const pal_bench_learner *t, const pal_bench_learner *ours, const char *cpu, pal_error *err)
{
    pal_json_writer w;

    pal_bench_line(&w, "models", cpu);
    pal_json_put_string(&w, "model", t->model);
    pal_json_put_i64(&w, "rows", (int64_t)t->rows);
    pal_json_put_string(&w, "who", t->who);
    if (t == ours) {
        pal_json_put_i64(&w, "passes", (int64_t)t->passes);
    }
    pal_json_put_number(&w, "fit_ms", t->fit_ms);
    pal_json_put_number(&w, "predict_ns", t->predict_ns);
    if (t != ours) {
        pal_json_put_number(&w, "fit_ratio", t->fit_ms / ours->fit_ms);
        pal_json_put_number(&w, "predict_ratio", t->predict_ns / ours->predict_ns);
    } else if (t->one_us == t->one_us) {
        pal_json_put_number(&w, "one_row_us", t->one_us);
    }
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

/* Ratios say how many times as long as ours. */
static pal_status print_timing(const pal_bench_learner *t, const pal_bench_learner *ours, const char *cpu, bool json,
                               pal_error *err)
{
    char one[32] = "";

    if (json) {
        return print_json(t, ours, cpu, err);
    }
    if (t->one_us == t->one_us) {
        snprintf(one, sizeof one, "%.3f", t->one_us);
    }
    printf("%-9s %10s  %-36s %11.3f %12.1f %10s", t->model, pal_print_count(t->rows), t->who, t->fit_ms,
           t->predict_ns, one);
    if (t != ours) {
        printf(" %8.1fx %8.1fx", t->fit_ms / ours->fit_ms, t->predict_ns / ours->predict_ns);
    }
    putchar('\n');
    return PAL_OK;
}

static pal_status print_missing(const bool there[2], const char *cpu, bool json, pal_error *err)
{
    static const char *const name[2] = { "xgboost", "scikit-learn" };
    pal_status rc = PAL_OK;
    pal_json_writer w;

    for (size_t p = 0; p < 2; p++) {
        if (!there[p] && json) {
            pal_bench_line(&w, "models", cpu);
            pal_json_put_string(&w, "who", name[p]);
            pal_json_put_bool(&w, "installed", false);
            pal_json_end_object(&w);
            PAL_TRY(pal_print_line(&w, err));
        } else if (!there[p]) {
            printf("%s: not installed\n", name[p]);
        }
    }

done:
    return rc;
}

static size_t choose_rows(size_t rows[MOST_SIZES], uint64_t only, bool large)
{
    static const size_t usual[MOST_SIZES] = { 200, 2000, 20000, 200000, 1000000 };

    memcpy(rows, usual, sizeof usual);
    if (only != 0) {
        rows[0] = (size_t)only;
        return 1;
    }
    return large ? 5 : 3;
}

static pal_status run_models(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t rows[MOST_SIZES], n_rows, n_peers = 0;
    pal_bench_learner ours[2 * MOST_SIZES], peer[PAL_BENCH_PEERS(MOST_SIZES)];
    bool json = pal_args_has(args, "json"), there[2] = { true, true };
    uint64_t only = 0;
    char cpu[256];

    if (pal_args_has(args, "rows")) {
        PAL_TRY(pal_args_whole(&only, args, "rows", 0, 50, 10000000, err));
    }
    n_rows = choose_rows(rows, only, pal_args_has(args, "large"));
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    for (size_t i = 0; i < 2 * n_rows; i++) {
        size_t n = rows[i % n_rows];
        pal_bench_learner *t = &ours[i];

        *t = (pal_bench_learner){ i < n_rows ? "boosted" : "logistic", "palate", n,
                                  n > LARGE ? LARGE_PASSES : n > SMALL ? PASSES : SMALL_PASSES, 0, 0, NAN };
        PAL_TRY(i < n_rows ? time_boosted(t, err) : time_logistic(t, err));
    }
    if (!pal_args_has(args, "alone")) {
        PAL_TRY(pal_bench_learner_peers(peer, &n_peers, there, rows, n_rows, err));
    }
    if (!json) {
        printf("learners on %d features, one thread, medians, %s\nboosted: 100 trees of 31 leaves; logistic: ours to a "
               "gradient of 1e-8, others with their defaults\n\n%-9s %10s  %-36s %11s %12s %10s %9s %9s\n", PAL_BENCH_D,
               cpu, "model", "rows", "", "fit ms", "predict ns", "one row us", "fit", "predict");
    }
    for (size_t i = 0; i < 2 * n_rows; i++) {
        PAL_TRY(print_timing(&ours[i], &ours[i], cpu, json, err));
        for (size_t p = 0; p < n_peers; p++) {
            if (peer[p].rows == ours[i].rows && strcmp(peer[p].model, ours[i].model) == 0) {
                PAL_TRY(print_timing(&peer[p], &ours[i], cpu, json, err));
            }
        }
    }
    PAL_TRY(print_missing(there, cpu, json, err));

done:
    return rc;
}

const pal_command pal_command_bench_models = {
    .name = "bench models", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time fitting and predicting of the learners",
    .usage = "Boosted trees with LightGBM's own defaults and logistic regression, on generated rows with nine\n"
             "features: binning and training, no loading; prediction in one batch, and row by row. Where a Python\n"
             "has them, XGBoost and scikit-learn fit the very same rows; how many times as long as ours they take\n"
             "stands beside them.",
    .options = options, .run = run_models,
};
