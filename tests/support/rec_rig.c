/* Small data, fitting, judging. */
#include "tests/support/rec_rig.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/holds.h"
#include "tests/support/movielens.h"

#include <string.h>

const float rec_small[REC_SMALL_PEOPLE * REC_SMALL_ITEMS] = {
    5, 3, 0, 1, 0, 0, /* */ 4, 0, 0, 1, 2, 0, /* */ 1, 1, 0, 5, 0, 3, /* */ 1, 0, 0, 4, 0, 0,
    0, 1, 5, 4, 0, 0, /* */ 0, 2, 0, 0, 3, 1, /* */ 3, 0, 4, 0, 0, 2, /* */ 2, 2, 0, 0, 0, 5,
};

rec_rig rec_rig_of(pal_csr *rows)
{
    rec_rig rig = { .rows = rows };

    HOLD(pal_csr_transpose(&rig.cols, rows, NULL) == PAL_OK);
    rig.data.rows = rig.rows;
    rig.data.cols = rig.cols;
    return rig;
}

static pal_csr *matrix(size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n)
{
    pal_csr *rows = NULL;

    HOLD(pal_csr_new(&rows, n_rows, n_cols, cell, n, PAL_TWICE_LAST, NULL) == PAL_OK);
    return rows;
}

rec_rig rec_rig_dense(const float *x, size_t n_rows, size_t n_cols)
{
    pal_csr_cell *cell = pal_calloc(n_rows * n_cols, sizeof *cell);
    rec_rig rig;
    size_t n = 0;

    HOLD(cell != NULL);
    for (size_t i = 0; i < n_rows * n_cols; i++) {
        if (x[i] != 0) cell[n++] = (pal_csr_cell){ (uint32_t)(i / n_cols), (uint32_t)(i % n_cols), x[i] };
    }
    rig = rec_rig_of(matrix(n_rows, n_cols, cell, n));
    pal_free(cell);
    return rig;
}

rec_rig rec_rig_random(uint64_t seed, size_t n_rows, size_t n_cols, double density, bool rated)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    float *x = pal_calloc(n_rows * n_cols, sizeof *x);
    rec_rig rig;

    HOLD(x != NULL);
    for (size_t u = 0; u < n_rows; u++) {
        for (size_t i = 0; i < n_cols; i++) {
            const pal_at at = { u, 0, i };
            double p = density * (u % 3 == i % 3 ? 2 : 0.5);

            if (pal_u01(key, at, 0) < p || u % n_cols == i || i % n_rows == u) {
                x[u * n_cols + i] = rated ? 1 + (float)(pal_u64(key, at, 1) % 5) : 1;
            }
        }
    }
    rig = rec_rig_dense(x, n_rows, n_cols);
    pal_free(x);
    return rig;
}

void rec_rig_clear(rec_rig *rig)
{
    pal_csr_free(rig->rows);
    pal_csr_free(rig->cols);
    pal_free(rig->time);
    memset(rig, 0, sizeof *rig);
}

/* ---- models ----------------------------------------------------------------------------------------------- */

pal_values *rec_values(const pal_rec_type *type, const char *json)
{
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    pal_error err = { 0 };

    HOLD(json == NULL || pal_json_parse(&doc, json, strlen(json), "test", NULL) == PAL_OK);
    HOLDS(pal_values_read(&values, type->params, json == NULL ? NULL : pal_json_root(doc), "test", type->name, NULL,
                          &err) == PAL_OK, "%s", err.text);
    pal_json_free(doc);
    return values;
}

void *rec_new(const pal_rec_type *type, const char *json)
{
    pal_values *values = rec_values(type, json);
    void *self = NULL;

    HOLD(type->init(&self, values, NULL) == PAL_OK);
    pal_values_free(values);
    return self;
}

void *rec_fit(const pal_rec_type *type, const char *json, const rec_rig *rig, size_t n_threads, pal_backend backend)
{
    const pal_rec_env env = { .key = pal_key_for(7, 0, PAL_FOR_TRAIN), .n_threads = n_threads, .backend = backend };
    pal_error err = { 0 };
    void *self = rec_new(type, json);

    HOLDS(type->fit(self, &rig->data, &env, &err) == PAL_OK, "%s: %s", type->name, err.text);
    return self;
}

pal_rec_query rec_query(const rec_rig *rig, size_t u, bool as_new)
{
    size_t at = rig->rows->begin[u];

    return (pal_rec_query){ .row = as_new ? PAL_REC_NEW : (uint32_t)u, .n = pal_csr_count(rig->rows, u),
                            .item = rig->rows->col + at, .value = rig->rows->value + at };
}

float *rec_scores(const pal_rec_type *type, const void *self, const pal_rec_query *query)
{
    size_t n_rows, n_cols;
    pal_arena *arena = NULL;
    pal_error err = { 0 };
    float *score;

    type->shape(self, &n_rows, &n_cols);
    score = pal_calloc(n_cols, sizeof *score);
    HOLD(score != NULL && pal_arena_new(&arena, 1 << 12, NULL) == PAL_OK);
    HOLDS(type->score(self, query, 1, score, arena, &err) == PAL_OK, "%s: %s", type->name, err.text);
    pal_arena_free(arena);
    return score;
}

float *rec_similar(const pal_rec_type *type, const void *self, bool people, uint32_t id)
{
    size_t n_rows, n_cols;
    pal_arena *arena = NULL;
    pal_error err = { 0 };
    float *score;

    type->shape(self, &n_rows, &n_cols);
    score = pal_calloc(people ? n_rows : n_cols, sizeof *score);
    HOLD(score != NULL && pal_arena_new(&arena, 1 << 12, NULL) == PAL_OK);
    HOLDS(type->similar(self, people, id, score, arena, &err) == PAL_OK, "%s: %s", type->name, err.text);
    pal_arena_free(arena);
    return score;
}

/* ---- MovieLens 100k --------------------------------------------------------------------------------------- */

bool rec_movielens(rec_rig *train, pal_csr **test)
{
    movielens data;

    if (!movielens_load(&data, MOVIELENS_UA)) return false;
    for (size_t i = 0; i < data.train->n; i++) data.train->value[i] = 1;
    *train = rec_rig_of(data.train);
    *test = data.test;
    data.train = data.test = NULL;
    movielens_free(&data);
    return true;
}

double rec_precision(const pal_rec_type *type, const void *self, const rec_rig *train, const pal_csr *test, size_t k)
{
    size_t n = train->rows->n_rows, hits = 0, people = 0;
    pal_rec_query *query = pal_calloc(n, sizeof *query);
    uint32_t *item = pal_calloc(n * k, sizeof *item);
    float *score = pal_calloc(n * k, sizeof *score);
    pal_error err = { 0 };

    HOLD(query != NULL && item != NULL && score != NULL);
    for (size_t u = 0; u < n; u++) query[u] = rec_query(train, u, false);
    HOLDS(pal_rec_top(item, score, type, self, query, n, k, train->rows, NULL, 2, &err) == PAL_OK, "%s", err.text);
    for (size_t u = 0; u < n; u++) {
        people += pal_csr_count(test, u) > 0;
        for (size_t s = 0; s < k; s++) {
            hits += item[u * k + s] != UINT32_MAX && pal_csr_find(test, u, item[u * k + s]) != SIZE_MAX;
        }
    }
    pal_free(query);
    pal_free(item);
    pal_free(score);
    return (double)hits / (double)(k * people);
}

/* Of one person: chance that a test item is scored above one that is neither in test nor in training. */
static double auc_of(const float *score, const rec_rig *train, const pal_csr *test, size_t u)
{
    double won = 0;
    size_t pairs = 0;

    for (size_t i = 0; i < train->rows->n_cols; i++) {
        if (pal_csr_find(train->rows, u, (uint32_t)i) != SIZE_MAX || pal_csr_find(test, u, (uint32_t)i) != SIZE_MAX) {
            continue;
        }
        for (size_t t = test->begin[u]; t < test->begin[u + 1]; t++, pairs++) {
            float positive = score[test->col[t]];

            won += positive > score[i] ? 1 : positive == score[i] ? 0.5 : 0;
        }
    }
    return won / (double)pairs;
}

double rec_auc(const pal_rec_type *type, const void *self, const rec_rig *train, const pal_csr *test)
{
    double sum = 0;
    size_t people = 0;

    for (size_t u = 0; u < train->rows->n_rows; u++) {
        pal_rec_query query = rec_query(train, u, false);
        float *score;

        if (pal_csr_count(test, u) == 0) continue;
        score = rec_scores(type, self, &query);
        sum += auc_of(score, train, test, u);
        people++;
        pal_free(score);
    }
    return sum / (double)people;
}
