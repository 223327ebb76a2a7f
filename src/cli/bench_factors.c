/* palate bench factors: how long an epoch of the factor models takes. */
#include "cli/bench.h"
#include "cli/bench_libmf.h"
#include "cli/command.h"
#include "cli/log_from.h"
#include "cli/print.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/bench_data.h"
#include "models/rec_builtin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 3 /* fits of each size; the median counts */
#define EPOCHS 5 /* of a fit; its time is divided by them */
#define SEED UINT64_C(20240611)
#define TASTES 20
#define LARGE 500000 /* interactions asked for from which on people and items are many, too */

static const pal_option options[] = {
    { "data", "FILE", false, "interactions from this file instead of generated ones (formats: palate eval)" },
    { "interactions", "N", false, "this many generated ones only (default: 100,000 and 1,000,000)" },
    { "factors", "N", false, "this many factors only (default: 10, 30 and 64)" },
    { "libmf", "PATH", false, "LIBMF's mf-train, to time its BPR on the same interactions" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct contender {
    const char *label;
    const pal_rec_type *type;
    const char *params; /* more of them, as JSON members */
} contender;

static const contender contenders[] = {
    { "warp", &pal_rec_warp, "" },
    { "warp, rows", &pal_rec_warp, ", \"schedule\": \"adagrad_rows\"" },
    { "bpr", &pal_rec_bpr, "" },
    { "bpr, lightfm", &pal_rec_bpr, ", \"schedule\": \"adagrad\", \"pairs\": \"items\", \"negatives\": \"popular\"" },
    { "logistic_mf", &pal_rec_logistic_mf, "" },
    { "als, exact", &pal_rec_als, ", \"solver\": \"cholesky\"" },
    { "als, cg", &pal_rec_als, ", \"solver\": \"cg\"" },
};
enum { N_CONTENDERS = sizeof contenders / sizeof *contenders };

typedef struct bench {
    pal_csr *rows, *cols;
    const char *source; /* "generated", or the file's path */
    size_t factors[3], n_factors, threads[2], n_threads;
    const char *libmf;  /* its mf-train, or NULL */
    bool json;
    char cpu[256];
} bench;

/*
 * n draws of a person and an item (a pair drawn again stays one interaction). Person p's share falls with p, and so
 * does an item's; seven draws of ten stay inside the person's taste, which is p mod 20 and holds every twentieth item.
 */
static pal_status generate(bench *b, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_people = n < LARGE ? 1000 : 6000, n_items = n < LARGE ? 1700 : 4000;
    pal_csr_cell *cell = NULL;

    PAL_NEW(cell, n);
    for (size_t k = 0; k < n; k++) {
        double u = pal_bench_u01(SEED, 3 * k), v = pal_bench_u01(SEED, 3 * k + 1), w = pal_bench_u01(SEED, 3 * k + 2);
        size_t person = (size_t)(u * sqrt(u) * (double)n_people), item;

        if (w < 0.7) {
            item = TASTES * (size_t)(v * v * sqrt(v) * (double)(n_items / TASTES)) + person % TASTES;
        } else {
            item = (size_t)(v * v * sqrt(v) * (double)n_items);
        }
        cell[k] = (pal_csr_cell){ (uint32_t)person, (uint32_t)item, 1 };
    }
    PAL_TRY(pal_csr_new(&b->rows, n_people, n_items, cell, n, PAL_TWICE_MAX, err));
    PAL_TRY(pal_csr_transpose(&b->cols, b->rows, err));
    b->source = "generated";

done:
    pal_free(cell);
    return rc;
}

static pal_status load(bench *b, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions *log = NULL;

    PAL_TRY(pal_log_from(&log, NULL, path, NULL, "data", err));
    PAL_TRY(pal_interactions_matrix(&b->rows, NULL, log, NULL, PAL_PART_TRAIN, err));
    PAL_TRY(pal_csr_transpose(&b->cols, b->rows, err));
    b->source = path;

done:
    pal_interactions_free(log);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static pal_status fit_once(double *epoch_ms, const bench *b, const contender *c, const pal_values *values,
                           size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_rec_data data = { .rows = b->rows, .cols = b->cols };
    const pal_rec_env env = { .key = pal_key_for(1, 0, PAL_FOR_TEST), .n_threads = n_threads,
                              .backend = PAL_OPENBLAS };
    void *model = NULL;
    double from;

    PAL_TRY(c->type->init(&model, values, err));
    from = pal_clock_s();
    PAL_TRY(c->type->fit(model, &data, &env, err));
    *epoch_ms = (pal_clock_s() - from) * 1e3 / EPOCHS;

done:
    c->type->free(model);
    return rc;
}

static pal_status time_fit(double *epoch_ms, const bench *b, const contender *c, size_t factors, size_t n_threads,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    double ms[PASSES];
    char text[192];

    snprintf(text, sizeof text, "{\"factors\": %zu, \"epochs\": %d%s}", factors, EPOCHS, c->params);
    PAL_TRY(pal_json_parse(&doc, text, strlen(text), "bench", err));
    PAL_TRY(pal_values_read(&values, c->type->params, pal_json_root(doc), "bench", "params", NULL, err));
    for (size_t i = 0; i < PASSES; i++) PAL_TRY(fit_once(&ms[i], b, c, values, n_threads, err));
    qsort(ms, PASSES, sizeof *ms, by_value);
    *epoch_ms = ms[PASSES / 2];

done:
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

static pal_status print_times(const bench *b, const char *label, size_t factors, const double *ms, pal_error *err)
{
    pal_json_writer w;

    if (!b->json) {
        printf("%-12s %8zu", label, factors);
        for (size_t t = 0; t < b->n_threads; t++) printf(" %12.2f", ms[t]);
        printf("\n");
        return PAL_OK;
    }
    for (size_t t = 0; t < b->n_threads; t++) {
        pal_status rc;

        pal_bench_line(&w, "factors", b->cpu);
        pal_json_put_string(&w, "data", b->source);
        pal_json_put_i64(&w, "people", (int64_t)b->rows->n_rows);
        pal_json_put_i64(&w, "items", (int64_t)b->rows->n_cols);
        pal_json_put_i64(&w, "interactions", (int64_t)b->rows->n);
        pal_json_put_string(&w, "model", label);
        pal_json_put_i64(&w, "factors", (int64_t)factors);
        pal_json_put_i64(&w, "threads", (int64_t)b->threads[t]);
        pal_json_put_number(&w, "epoch_ms", ms[t]);
        pal_json_end_object(&w);
        rc = pal_print_line(&w, err);
        if (rc != PAL_OK) return rc;
    }
    return PAL_OK;
}

static void print_head(const bench *b)
{
    if (b->json) return;
    printf("%s interactions of %s people with %s items, %s\n%-12s %8s", pal_print_count(b->rows->n),
           pal_print_count(b->rows->n_rows), pal_print_count(b->rows->n_cols), b->source, "ms an epoch", "factors");
    for (size_t t = 0; t < b->n_threads; t++) {
        printf(" %3zu thread%c   ", b->threads[t], b->threads[t] == 1 ? ' ' : 's');
    }
    printf("\n");
}

/* All models on the data at hand, which is freed. */
static pal_status time_all(bench *b, pal_error *err)
{
    pal_status rc = PAL_OK;
    double ms[2] = { 0, 0 };

    print_head(b);
    for (size_t c = 0; c < N_CONTENDERS; c++) {
        for (size_t f = 0; f < b->n_factors; f++) {
            for (size_t t = 0; t < b->n_threads; t++) {
                PAL_TRY(time_fit(&ms[t], b, &contenders[c], b->factors[f], b->threads[t], err));
            }
            PAL_TRY(print_times(b, contenders[c].label, b->factors[f], ms, err));
        }
    }
    for (size_t f = 0; b->libmf != NULL && f < b->n_factors; f++) {
        for (size_t t = 0; t < b->n_threads; t++) {
            PAL_TRY(pal_bench_libmf(&ms[t], b->libmf, b->rows, b->factors[f], b->threads[t], err));
        }
        PAL_TRY(print_times(b, "LIBMF bpr", b->factors[f], ms, err));
    }
    if (!b->json) printf("\n");

done:
    pal_csr_free(b->rows);
    pal_csr_free(b->cols);
    b->rows = b->cols = NULL;
    return rc;
}

static pal_status read_options(bench *b, uint64_t interactions[2], size_t *n_sizes, const pal_args *args,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t factors = 0;

    PAL_TRY(pal_args_threads(&b->threads[1], args, err));
    b->n_threads = b->threads[1] > 1 ? 2 : 1;
    if (pal_args_has(args, "libmf")) b->libmf = pal_args_text(args, "libmf");
    if (pal_args_has(args, "factors")) {
        PAL_TRY(pal_args_whole(&factors, args, "factors", 0, 1, 1000, err));
        b->factors[0] = (size_t)factors;
        b->n_factors = 1;
    }
    if (pal_args_has(args, "interactions")) {
        if (pal_args_has(args, "data")) {
            PAL_FAIL(PAL_ERR_USAGE, "bench factors: --data and --interactions exclude each other");
        }
        PAL_TRY(pal_args_whole(&interactions[0], args, "interactions", 0, 1000, 100000000, err));
        *n_sizes = 1;
    }

done:
    return rc;
}

static pal_status run_factors(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    bench b = { .factors = { 10, 30, 64 }, .n_factors = 3, .threads = { 1, 1 }, .json = pal_args_has(args, "json") };
    uint64_t interactions[2] = { 100000, 1000000 };
    size_t n_sizes = 2;

    PAL_TRY(read_options(&b, interactions, &n_sizes, args, err));
    PAL_TRY(pal_bench_processor(b.cpu, sizeof b.cpu, err));
    if (!b.json) printf("factor models, medians of %d fits of %d epochs, %s\n\n", PASSES, EPOCHS, b.cpu);
    if (pal_args_has(args, "data")) {
        PAL_TRY(load(&b, pal_args_text(args, "data"), err));
        PAL_TRY(time_all(&b, err));
        goto done;
    }
    for (size_t s = 0; s < n_sizes; s++) {
        PAL_TRY(generate(&b, (size_t)interactions[s], err));
        PAL_TRY(time_all(&b, err));
    }

done:
    pal_csr_free(b.rows);
    pal_csr_free(b.cols);
    return rc;
}

const pal_command pal_command_bench_factors = {
    .name = "bench factors", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time an epoch of WARP, BPR, logistic factors and ALS",
    .usage = "The factor models with their own defaults, on generated interactions or those of --data: milliseconds of\n"
             "an epoch, with one thread and with all. Setting up a fit counts; reading does not.\n"
             "With --libmf, LIBMF's program (-f 10) runs beside them.",
    .options = options, .run = run_factors,
};
