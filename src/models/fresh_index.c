/* Rows beside a graph of where they stood. */
#include "models/fresh_index.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/sum.h"
#include "core/text.h"
#include "core/threads.h"
#include "models/rec_arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 1024 /* a block of parallel work */
#define QUERIES 8

struct pal_fresh_index {
    pal_fresh_config config;
    size_t d, n;
    float *now;      /* n x d: as last given                              */
    float *then;     /* n x d: as put into the graph; 0 where never put   */
    pal_hnsw *graph;
};

pal_fresh_config pal_fresh_defaults(void)
{
    return (pal_fresh_config){ .graph = pal_hnsw_defaults(), .moved = 0.1, .rebuild = 0.5 };
}

pal_status pal_fresh_index_new(pal_fresh_index **out, size_t d, const pal_fresh_config *config,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fresh_index *index = NULL;

    if (!(config->moved >= 0) || !isfinite(config->moved) ||
        !(config->rebuild >= 0 && config->rebuild <= 1)) {
        PAL_FAIL(PAL_ERR_SHAPE, "index: moved %g (0 or more), rebuild %g (0..1)", config->moved,
                 config->rebuild);
    }
    PAL_NEW(index, 1);
    index->config = *config;
    index->d = d;
    PAL_TRY(pal_hnsw_new(&index->graph, d, &config->graph, err));
    *out = index;
    index = NULL;

done:
    pal_fresh_index_free(index);
    return rc;
}

void pal_fresh_index_free(pal_fresh_index *index)
{
    if (index != NULL) {
        pal_free(index->now);
        pal_free(index->then);
        pal_hnsw_free(index->graph);
        pal_free(index);
    }
}

size_t pal_fresh_index_rows(const pal_fresh_index *index)
{
    return index->n;
}

/* ---- updates --------------------------------------------------------------------------------- */

static pal_status check_rows(const pal_fresh_index *index, const float *x, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n < index->n) {
        PAL_FAIL(PAL_ERR_SHAPE, "index: %zu rows, but it has %zu: rows are never taken out", n,
                 index->n);
    }
    for (size_t i = 0; i < n * index->d; i++) {
        if (!isfinite(x[i])) {
            PAL_FAIL(PAL_ERR_DATA, "index: row %zu, dimension %zu: %g is not finite", i / index->d,
                     i % index->d, (double)x[i]);
        }
    }

done:
    return rc;
}

/* Room for n rows; what is new holds 0. */
static pal_status reserve(pal_fresh_index *index, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *grown;

    if (n == index->n) goto done;
    grown = pal_resize(index->now, index->n * index->d, n * index->d, sizeof *grown);
    if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: an index of %zu rows", n);
    index->now = grown;
    grown = pal_resize(index->then, index->n * index->d, n * index->d, sizeof *grown);
    if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: an index of %zu rows", n);
    index->then = grown;
    index->n = n;

done:
    return rc;
}

typedef struct census {
    const pal_fresh_index *index;
    uint8_t *move; /* n: is the row to be put in? */
} census;

static bool has_moved(const pal_fresh_index *index, size_t row)
{
    const float *now = index->now + row * index->d, *then = index->then + row * index->d;
    double apart = 0, length = 0;

    for (size_t k = 0; k < index->d; k++) {
        const double step = (double)now[k] - (double)then[k];

        apart += step * step;
        length += (double)then[k] * (double)then[k];
    }
    return apart > index->config.moved * index->config.moved * length;
}

static pal_status census_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                               pal_error *err)
{
    const census *c = ctx;
    const pal_fresh_index *index = c->index;
    const bool cosine = index->config.graph.nearness == PAL_NEAR_COSINE;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t row = begin; row < end; row++) {
        const float *now = index->now + row * index->d;
        const bool lies = !cosine || pal_dot_f32(now, now, index->d) > 0;

        c->move[row] =
            lies && (!pal_hnsw_has(index->graph, (uint32_t)row) || has_moved(index, row));
    }
    return PAL_OK;
}

/* Put rows into the graph, and note where they stood. */
static pal_status put_rows(pal_fresh_index *index, const uint32_t *row, size_t n, size_t n_threads,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = index->d;
    float *x = NULL;

    PAL_NEW(x, n * d);
    for (size_t i = 0; i < n; i++) memcpy(x + i * d, index->now + row[i] * d, d * sizeof *x);
    PAL_TRY(pal_hnsw_insert(index->graph, row, x, n, n_threads, err));
    for (size_t i = 0; i < n; i++) memcpy(index->then + row[i] * d, x + i * d, d * sizeof *x);

done:
    pal_free(x);
    return rc;
}

/* Taking out and putting in costs more than putting in alone: past some share everything is put
 * into a new graph. */
static pal_status start_anew(pal_fresh_index *index, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hnsw *graph = NULL;

    PAL_TRY(pal_hnsw_new(&graph, index->d, &index->config.graph, err));
    pal_hnsw_free(index->graph);
    index->graph = graph;

done:
    return rc;
}

pal_status pal_fresh_index_update(pal_fresh_index *index, pal_fresh_report *report, const float *x,
                                  size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fresh_report done_here = { 0 };
    census c = { .index = index };
    uint32_t *row = NULL;
    size_t n_put = 0;

    PAL_TRY(check_rows(index, x, n, err));
    PAL_TRY(reserve(index, n, err));
    if (n > 0) memcpy(index->now, x, n * index->d * sizeof *x);
    PAL_NEW(c.move, n);
    PAL_NEW(row, n);
    PAL_TRY(pal_parallel_for(n, ROWS, n_threads, census_block, &c, err));
    for (size_t i = 0; i < n; i++) {
        const bool there = pal_hnsw_has(index->graph, (uint32_t)i);

        done_here.added += c.move[i] && !there;
        done_here.moved += c.move[i] && there;
        done_here.stayed += !c.move[i] && there;
    }
    done_here.rebuilt = (double)done_here.moved >
                        index->config.rebuild * (double)(done_here.moved + done_here.stayed);
    if (done_here.rebuilt) {
        for (size_t i = 0; i < n; i++)
            c.move[i] = c.move[i] || pal_hnsw_has(index->graph, (uint32_t)i);
        PAL_TRY(start_anew(index, err));
    }
    for (size_t i = 0; i < n; i++) {
        if (c.move[i]) row[n_put++] = (uint32_t)i;
    }
    PAL_TRY(put_rows(index, row, n_put, n_threads, err));
    if (report != NULL) *report = done_here;

done:
    pal_free(c.move);
    pal_free(row);
    return rc;
}

/* ---- search ---------------------------------------------------------------------------------- */

float pal_fresh_score(const pal_fresh_index *index, const float *query, uint32_t row)
{
    const float *x = index->now + row * index->d;
    const double dot = pal_dot_f32(query, x, index->d);
    double both, far = 0;

    switch (index->config.graph.nearness) {
    case PAL_NEAR_COSINE:
        both = sqrt(pal_dot_f32(query, query, index->d)) * sqrt(pal_dot_f32(x, x, index->d));
        return both > 0 ? (float)(dot / both) : 0;
    case PAL_NEAR_L2:
        for (size_t k = 0; k < index->d; k++) {
            far += ((double)query[k] - (double)x[k]) * ((double)query[k] - (double)x[k]);
        }
        return far > 0 ? (float)-far : 0;
    case PAL_NEAR_DOT:
        break;
    }
    return (float)dot;
}

typedef struct found {
    float score;
    uint32_t row;
} found;

/* Best first, ties by lower row. */
static int by_score(const void *a, const void *b)
{
    const found *x = a, *y = b;

    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

typedef struct judging {
    const pal_fresh_index *index;
    const float *query;
    const uint32_t *candidate; /* n_queries x ef */
    found *room;               /* n_queries x ef */
    uint32_t *id;
    float *score;
    size_t k, ef;
} judging;

static pal_status judge_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                              pal_error *err)
{
    const judging *j = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t q = begin; q < end; q++) {
        const uint32_t *candidate = j->candidate + q * j->ef;
        found *room = j->room + q * j->ef;
        size_t n = 0;

        for (size_t i = 0; i < j->ef && candidate[i] != UINT32_MAX; i++) {
            room[n++] =
                (found){ pal_fresh_score(j->index, j->query + q * j->index->d, candidate[i]),
                         candidate[i] };
        }
        qsort(room, n, sizeof *room, by_score);
        for (size_t i = 0; i < j->k; i++) {
            j->id[q * j->k + i] = i < n ? room[i].row : UINT32_MAX;
            j->score[q * j->k + i] = i < n ? room[i].score : -INFINITY;
        }
    }
    return PAL_OK;
}

pal_status pal_fresh_index_search(uint32_t *id, float *score, const pal_fresh_index *index,
                                  const float *query, size_t n_queries, size_t k, size_t ef,
                                  size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    judging j = {
        .index = index, .query = query, .id = id, .score = score, .k = k, .ef = ef > k ? ef : k
    };
    uint32_t *candidate = NULL;
    float *far = NULL;

    if (k == 0) PAL_FAIL(PAL_ERR_SHAPE, "index: no neighbour is asked for");
    PAL_NEW(candidate, n_queries * j.ef);
    PAL_NEW(far, n_queries * j.ef);
    PAL_NEW(j.room, n_queries * j.ef);
    PAL_TRY(pal_hnsw_search(candidate, far, index->graph, query, n_queries, j.ef, j.ef, n_threads,
                            err));
    j.candidate = candidate;
    PAL_TRY(pal_parallel_for(n_queries, QUERIES, n_threads, judge_block, &j, err));

done:
    pal_free(candidate);
    pal_free(far);
    pal_free(j.room);
    return rc;
}

/* ---- files ----------------------------------------------------------------------------------- */

uint64_t pal_fresh_index_digest(const pal_fresh_index *index)
{
    const uint64_t size[] = { index->n, index->d };
    uint64_t digest = pal_hash_mix(pal_hash(size, sizeof size), pal_hnsw_digest(index->graph));

    digest = pal_hash_mix(digest, pal_hash_floats(index->now, index->n * index->d));
    return pal_hash_mix(digest, pal_hash_floats(index->then, index->n * index->d));
}

static pal_status name_array(pal_text *out, const char *prefix, const char *name, pal_error *err)
{
    out->n = 0;
    pal_text_addf(out, "%s%s", prefix, name);
    return pal_text_check(out, err);
}

pal_status pal_fresh_index_save(const pal_fresh_index *index, pal_tensors *file, const char *prefix,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text name = { 0 };

    PAL_TRY(name_array(&name, prefix, "size", err));
    PAL_TRY(pal_rec_put_sizes(file, name.bytes, index->n, index->d, err));
    PAL_TRY(name_array(&name, prefix, "now", err));
    PAL_TRY(pal_rec_put_floats(file, name.bytes, index->now, index->n, index->d, err));
    PAL_TRY(name_array(&name, prefix, "then", err));
    PAL_TRY(pal_rec_put_floats(file, name.bytes, index->then, index->n, index->d, err));
    PAL_TRY(name_array(&name, prefix, "graph.", err));
    PAL_TRY(pal_hnsw_save(index->graph, file, name.bytes, err));

done:
    pal_text_clear(&name);
    return rc;
}

/* The graph holds rows of ours only. */
static pal_status check_graph(const pal_fresh_index *index, const pal_tensors *file,
                              const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t there = 0;

    for (size_t row = 0; row < index->n; row++) there += pal_hnsw_has(index->graph, (uint32_t)row);
    if (there != pal_hnsw_count(index->graph)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%sgraph.ids\" holds rows above %zu",
                 pal_tensors_file(file), prefix, index->n);
    }

done:
    return rc;
}

pal_status pal_fresh_index_load(pal_fresh_index **out, const pal_tensors *file, const char *prefix,
                                const pal_fresh_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fresh_index *index = NULL;
    pal_hnsw *graph = NULL;
    pal_text name = { 0 };
    size_t n = 0, d = 0;

    PAL_TRY(name_array(&name, prefix, "size", err));
    PAL_TRY(pal_rec_get_sizes(&n, &d, file, name.bytes, err));
    if (d == 0)
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\": no dimensions", pal_tensors_file(file),
                 name.bytes);
    PAL_TRY(pal_fresh_index_new(&index, d, config, err));
    PAL_TRY(name_array(&name, prefix, "now", err));
    PAL_TRY(pal_rec_get_floats(&index->now, file, name.bytes, n, d, err));
    PAL_TRY(name_array(&name, prefix, "then", err));
    PAL_TRY(pal_rec_get_floats(&index->then, file, name.bytes, n, d, err));
    index->n = n;
    PAL_TRY(name_array(&name, prefix, "graph.", err));
    PAL_TRY(pal_hnsw_load(&graph, file, name.bytes, err));
    pal_hnsw_free(index->graph);
    index->graph = graph;
    PAL_TRY(check_graph(index, file, prefix, err));
    *out = index;
    index = NULL;

done:
    pal_fresh_index_free(index);
    pal_text_clear(&name);
    return rc;
}
