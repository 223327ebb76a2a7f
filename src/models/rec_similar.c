/*
 * Likeness from scores. People are scored a block at a time, each in a row of its own, so that
 * threads share nothing; sums over people are made afterwards, in the order of the people, by
 * items.
 */
#include "models/rec_similar.h"

#include "core/mem.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

#define BLOCK 16                         /* people a block of parallel work                        */
#define WAVE_SCORES ((size_t)1 << 22)    /* 16 MiB of scores at once, whatever the thread count    */

typedef struct profiles {
    const pal_rec_type *type;
    const void *self;
    const pal_csr *rows;
    size_t n_items, wave, first; /* people a wave; the first person of the present one */
    float *score;                /* wave x n_items                                     */
    pal_arena **scratch;         /* workers                                            */
} profiles;

static pal_rec_query history(const pal_csr *rows, size_t u)
{
    const size_t at = rows->begin[u];

    return (pal_rec_query){ .row = (uint32_t)u, .n = pal_csr_count(rows, u), .item = rows->col + at,
                            .value = rows->value + at };
}

static pal_status score_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const profiles *p = ctx;
    pal_arena *scratch = p->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_rec_query query[BLOCK];

    (void)block;
    for (size_t u = begin; u < end; u++) query[u - begin] = history(p->rows, p->first + u);
    PAL_TRY(
        p->type->score(p->self, query, end - begin, p->score + begin * p->n_items, scratch, err));
    for (size_t i = begin * p->n_items; i < end * p->n_items; i++) {
        if (!isfinite(p->score[i])) {
            PAL_FAIL(PAL_ERR_CONVERGE,
                     "%s: a score of person %zu is not finite: the model has diverged",
                     p->type->name, p->first + i / p->n_items);
        }
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* Scores of the people [first, first + *n) into p->score. */
static pal_status next_wave(profiles *p, size_t *n, size_t first, size_t n_threads, pal_error *err)
{
    const size_t left = p->rows->n_rows - first;

    p->first = first;
    *n = left < p->wave ? left : p->wave;
    return pal_parallel_for(*n, BLOCK, n_threads, score_block, p, err);
}

/* Each person's sum in its order: no order of threads can change it. */
PAL_VECTOR static void add_row(double *sum, const float *row, size_t n)
{
    for (size_t i = 0; i < n; i++) sum[i] += (double)row[i];
}

PAL_VECTOR static void add_column_products(double *dot, double *square, const float *row, size_t n,
                                           double one)
{
    for (size_t i = 0; i < n; i++) {
        dot[i] += one * (double)row[i];
        square[i] += (double)row[i] * (double)row[i];
    }
}

static float cosine(double dot, double square, double square_one)
{
    const double both = sqrt(square) * sqrt(square_one);

    return both > 0 ? (float)(dot / both) : 0;
}

static pal_status similar_items(float *out, profiles *p, uint32_t id, size_t n_threads,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_people = p->rows->n_rows, n_items = p->n_items;
    double *dot = NULL, *square = NULL;
    size_t n = 0;

    PAL_NEW(dot, n_items);
    PAL_NEW(square, n_items);
    for (size_t first = 0; first < n_people; first += n) {
        PAL_TRY(next_wave(p, &n, first, n_threads, err));
        for (size_t u = 0; u < n; u++) {
            const float *row = p->score + u * n_items;

            add_column_products(dot, square, row, n_items, (double)row[id]);
        }
    }
    for (size_t i = 0; i < n_items; i++) out[i] = cosine(dot[i], square[i], square[id]);

done:
    pal_free(dot);
    pal_free(square);
    return rc;
}

/* mean_i over people, and the profile of one person without it. */
static pal_status find_means(float *mean, float *one, profiles *p, uint32_t id, size_t n_threads,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_people = p->rows->n_rows, n_items = p->n_items;
    double *sum = NULL;
    size_t n = 0;

    PAL_NEW(sum, n_items);
    for (size_t first = 0; first < n_people; first += n) {
        PAL_TRY(next_wave(p, &n, first, n_threads, err));
        for (size_t u = 0; u < n; u++) {
            if (first + u == id) memcpy(one, p->score + u * n_items, n_items * sizeof *one);
            add_row(sum, p->score + u * n_items, n_items);
        }
    }
    for (size_t i = 0; i < n_items; i++) {
        mean[i] = (float)(sum[i] / (double)n_people);
        one[i] -= mean[i];
    }

done:
    pal_free(sum);
    return rc;
}

typedef struct comparison {
    const profiles *profiles;
    const float *mean, *one;
    double square_one;
    float *out; /* of the wave's first person */
} comparison;

/* A history without anything in it has no profile: taking the mean out must not give it one. */
static pal_status compare_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                                pal_error *err)
{
    const comparison *c = ctx;
    const profiles *p = c->profiles;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        float *row = p->score + u * p->n_items;

        c->out[u] = 0;
        if (pal_csr_count(p->rows, p->first + u) == 0) continue;
        for (size_t i = 0; i < p->n_items; i++) row[i] -= c->mean[i];
        c->out[u] = cosine(pal_dot_f32(row, c->one, p->n_items), pal_dot_f32(row, row, p->n_items),
                           c->square_one);
    }
    return PAL_OK;
}

static pal_status similar_people(float *out, profiles *p, uint32_t id, size_t n_threads,
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    comparison c = { .profiles = p };
    float *mean = NULL, *one = NULL;
    size_t n = 0;

    PAL_NEW(mean, p->n_items);
    PAL_NEW(one, p->n_items);
    PAL_TRY(find_means(mean, one, p, id, n_threads, err));
    c.mean = mean;
    c.one = one;
    c.square_one = pal_csr_count(p->rows, id) > 0 ? pal_dot_f32(one, one, p->n_items) : 0;
    for (size_t first = 0; first < p->rows->n_rows; first += n) {
        PAL_TRY(next_wave(p, &n, first, n_threads, err));
        c.out = out + first;
        PAL_TRY(pal_parallel_for(n, BLOCK, n_threads, compare_block, &c, err));
    }

done:
    pal_free(mean);
    pal_free(one);
    return rc;
}

static pal_status by_profiles(float *out, const pal_rec_type *type, const void *self, bool people,
                              uint32_t id, const pal_csr *rows, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    profiles p = { .type = type, .self = self, .rows = rows };
    size_t n_rows = 0;

    type->shape(self, &n_rows, &p.n_items);
    PAL_ASSERT(rows->n_rows == n_rows && rows->n_cols == p.n_items);
    p.wave = WAVE_SCORES / p.n_items;
    p.wave = p.wave < BLOCK ? BLOCK : p.wave;
    PAL_NEW(p.score, (rows->n_rows < p.wave ? rows->n_rows : p.wave) * p.n_items);
    PAL_NEW(p.scratch, n_threads);
    for (size_t w = 0; w < n_threads; w++)
        PAL_TRY(pal_arena_new(&p.scratch[w], (size_t)1 << 16, err));
    if (people) {
        PAL_TRY(similar_people(out, &p, id, n_threads, err));
    } else {
        PAL_TRY(similar_items(out, &p, id, n_threads, err));
    }

done:
    for (size_t w = 0; p.scratch != NULL && w < n_threads; w++) pal_arena_free(p.scratch[w]);
    pal_free(p.scratch);
    pal_free(p.score);
    return rc;
}

pal_status pal_rec_similar(float *score, const pal_rec_type *type, const void *self, bool people,
                           uint32_t id, const pal_csr *rows, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const unsigned other_side = people ? PAL_REC_ITEMS_ONLY : PAL_REC_PEOPLE_ONLY;
    const char *what = people ? "person" : "item";
    pal_arena *scratch = NULL;
    size_t n_rows = 0, n_cols = 0;

    if (type->similar == NULL) {
        PAL_FAIL(PAL_ERR_DATA,
                 "%s looks at nobody's taste: to it no %s is nearer to one than any other",
                 type->name, what);
    }
    type->shape(self, &n_rows, &n_cols);
    if (id >= (people ? n_rows : n_cols)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s %u, but the model knows %zu", type->name, what, id,
                 people ? n_rows : n_cols);
    }
    if ((type->flags & other_side) != 0 && rows != NULL) {
        PAL_TRY(by_profiles(score, type, self, people, id, rows, n_threads, err));
    } else {
        PAL_TRY(pal_arena_new(&scratch, (size_t)1 << 16, err));
        PAL_TRY(type->similar(self, people, id, score, scratch, err));
    }

done:
    pal_arena_free(scratch);
    return rc;
}
