#include "tests/support/boost_data.h"

#include "core/csv.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "models/bench_data.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double boost_u01(uint64_t seed, uint64_t k)
{
    return pal_bench_u01(seed, k);
}

void boost_generate(float *x, double *y, uint64_t seed, size_t n)
{
    pal_bench_rows(x, y, seed, n);
}

typedef struct scored {
    double score, y;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *p = a, *q = b;

    return p->score != q->score ? (p->score > q->score) - (p->score < q->score) : (p->y > q->y) - (p->y < q->y);
}

double boost_auc(const double *score, const double *y, size_t n)
{
    scored *s = pal_calloc(n, sizeof *s);
    double ranks = 0, positives = 0;

    ck_assert_ptr_nonnull(s);
    for (size_t i = 0; i < n; i++) {
        s[i] = (scored){ score[i], y[i] };
    }
    qsort(s, n, sizeof *s, by_score);
    for (size_t i = 0, j; i < n; i = j) {
        double here = 0;

        for (j = i; j < n && s[j].score == s[i].score; j++) {
            here += s[j].y;
        }
        ranks += here * (double)(i + j + 1) / 2;
        positives += here;
    }
    pal_free(s);
    return (ranks - positives * (positives + 1) / 2) / (positives * ((double)n - positives));
}

double boost_log_loss(const double *probability, const double *y, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum -= pal_log(y[i] > 0 ? probability[i] : 1 - probability[i]);
    }
    return sum / (double)n;
}

double *boost_fixture(const char *name, size_t *rows, size_t *columns)
{
    char path[200];
    pal_table *table = NULL;
    pal_error err;
    double *x;

    snprintf(path, sizeof path, "tests/fixtures/lightgbm/%s", name);
    if (pal_table_load(&table, path, &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    *rows = pal_table_rows(table);
    *columns = pal_table_columns(table);
    x = pal_calloc(*rows * *columns, sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < *rows; i++) {
        for (size_t j = 0; j < *columns; j++) {
            x[i * *columns + j] = pal_table_number(table, i, j, NULL);
        }
    }
    pal_table_free(table);
    return x;
}

void boost_fixture_rows(double **x, double **y, size_t *rows, const char *name)
{
    size_t columns;
    double *all = boost_fixture(name, rows, &columns);
    size_t d = columns - 1;

    *x = pal_calloc(*rows * d, sizeof **x);
    *y = pal_calloc(*rows, sizeof **y);
    ck_assert(*x != NULL && *y != NULL);
    for (size_t i = 0; i < *rows; i++) {
        for (size_t j = 0; j < d; j++) {
            (*x)[i * d + j] = (double)(float)all[i * columns + j];
        }
        (*y)[i] = all[i * columns + d];
    }
    pal_free(all);
}

pal_boost *boost_fixture_model(const char *name)
{
    char path[200];
    pal_boost *model = NULL;
    pal_error err;

    snprintf(path, sizeof path, "tests/fixtures/lightgbm/%s_model.txt", name);
    if (pal_boost_load(&model, path, &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return model;
}

pal_boost *boost_fit(const double *x, const double *y, size_t n, size_t d, const pal_boost_config *config)
{
    const pal_boost_rows rows = { .x = x, .y = y, .n = n };
    pal_boost *model = NULL;
    pal_error err;

    if (pal_boost_fit(&model, &rows, NULL, d, config, pal_key_for(7, 0, PAL_FOR_TRAIN), &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return model;
}
