/* palate bench models: how long the learners take at the size of a taste and far above it. */
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/print.h"
#include "core/arena.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/bench_data.h"
#include "models/boost.h"
#include "models/logistic.h"

#include <stdio.h>
#include <stdlib.h>

#define PASSES 9     /* fits of each size; fewer above LARGE rows */
#define LARGE 100000
#define LARGE_PASSES 3
#define SCRATCH_BYTES ((size_t)1 << 20)

static const pal_option options[] = {
    { "rows", "N", false, "this many rows only (default: 200, 2,000, 20,000 and 200,000)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct timing {
    const char *model;
    size_t rows, passes;
    double fit_ms, predict_ns; /* medians: one fit; one row of a batch */
} timing;

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

static pal_status time_boosted(timing *t, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_config config = pal_boost_lightgbm(); /* 100 trees of 31 leaves, learning rate 0.1 */
    pal_boost *model = NULL;
    float *x = NULL;
    double *y = NULL, *p = NULL, fit[PASSES], predict[PASSES];

    PAL_NEW(x, n * PAL_BENCH_D);
    PAL_NEW(y, n);
    PAL_NEW(p, n);
    pal_bench_rows(x, y, PAL_BENCH_TRAIN, n);
    for (size_t i = 0; i < t->passes; i++) {
        const pal_boost_rows rows = { .x32 = x, .y = y, .n = n };
        double from = pal_clock_s(), fitted;

        pal_boost_free(model);
        model = NULL;
        PAL_TRY(pal_boost_fit(&model, &rows, NULL, PAL_BENCH_D, &config, pal_key_for(1, 0, PAL_FOR_TEST), err));
        fitted = pal_clock_s();
        PAL_TRY(pal_boost_predict_f32(NULL, p, model, x, n, 1, err));
        fit[i] = (fitted - from) * 1e3;
        predict[i] = (pal_clock_s() - fitted) * 1e9 / (double)n;
    }
    t->fit_ms = median(fit, t->passes);
    t->predict_ns = median(predict, t->passes);

done:
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
    pal_free(p);
    return rc;
}

static pal_status time_logistic(timing *t, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena *scratch = NULL;
    double *x = NULL, *y = NULL, *p = NULL, w[PAL_BENCH_D], b, fit[PASSES], predict[PASSES];

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

static pal_status print_timing(const timing *t, const char *cpu, bool json, pal_error *err)
{
    pal_json_writer w;

    if (!json) {
        printf("%-10s %12s %12.3f %16.1f\n", t->model, pal_print_count(t->rows), t->fit_ms, t->predict_ns);
        return PAL_OK;
    }
    pal_bench_line(&w, "models", cpu);
    pal_json_put_string(&w, "model", t->model);
    pal_json_put_i64(&w, "rows", (int64_t)t->rows);
    pal_json_put_i64(&w, "passes", (int64_t)t->passes);
    pal_json_put_number(&w, "fit_ms", t->fit_ms);
    pal_json_put_number(&w, "predict_ns", t->predict_ns);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run_models(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t rows[4] = { 200, 2000, 20000, 200000 };
    size_t n_rows = 4;
    bool json = pal_args_has(args, "json");
    char cpu[256];

    if (pal_args_has(args, "rows")) {
        PAL_TRY(pal_args_whole(&rows[0], args, "rows", 0, 50, 10000000, err));
        n_rows = 1;
    }
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    if (!json) {
        printf("learners on %d features, one thread, medians, %s\nboosted: 100 trees of 31 leaves; logistic: to a gradient of 1e-8\n\n"
               "%-10s %12s %12s %16s\n", PAL_BENCH_D, cpu, "model", "rows", "fit ms", "predict ns/row");
    }
    for (size_t i = 0; i < 2 * n_rows; i++) {
        size_t n = (size_t)rows[i % n_rows];
        timing t = { i < n_rows ? "boosted" : "logistic", n, n > LARGE ? LARGE_PASSES : PASSES, 0, 0 };

        PAL_TRY(i < n_rows ? time_boosted(&t, n, err) : time_logistic(&t, n, err));
        PAL_TRY(print_timing(&t, cpu, json, err));
    }

done:
    return rc;
}

const pal_command pal_command_bench_models = {
    .name = "bench models", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time fitting and predicting of the learners",
    .usage = "Boosted trees with LightGBM's own defaults and logistic regression, on generated rows with nine features: binning\n"
             "and training, no loading; prediction in one batch.",
    .options = options, .run = run_models,
};
