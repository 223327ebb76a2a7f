#include "tests/support/boost_data.h"

#include "core/csv.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double boost_u01(uint64_t seed, uint64_t k)
{
    uint64_t z = seed + (k + 1) * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static void box_muller(double pair[2], double u, double v)
{
    double r = sqrt(-2 * pal_log(1 - u));

    pair[0] = r * pal_cos(6.283185307179586 * v);
    pair[1] = r * pal_sin(6.283185307179586 * v);
}

void boost_generate(float *x, double *y, uint64_t seed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double u[10], v[BOOST_D], f;

        for (size_t j = 0; j < 10; j++) {
            u[j] = boost_u01(seed, 16 * i + j);
        }
        box_muller(v, u[0], u[1]);
        box_muller(v + 2, u[2], u[3]);
        box_muller(v + 4, u[4], u[5]);
        v[6] = u[6];
        v[7] = floor(10 * u[7]);
        v[8] = u[8] < 0.3;
        f = -0.4 + v[0] - 0.7 * v[1] + 0.8 * (v[2] + 0.7) * (v[3] + 0.7) + 0.6 * pal_sin(3 * v[4]) - 0.4 * v[5] * v[5]
            + 0.9 * (v[6] > 0.5) * v[0] + 0.3 * (v[7] >= 6) - 0.8 * v[8] * v[1];
        y[i] = u[9] < pal_sigmoid(f);
        for (size_t j = 0; j < BOOST_D; j++) {
            x[i * BOOST_D + j] = (float)v[j];
        }
    }
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
