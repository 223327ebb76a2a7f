/* Worlds from counter-based uniforms. */
#include "tests/support/factor_world.h"

#include "core/json.h"
#include "tests/support/holds.h"

#include <stdlib.h>
#include <string.h>

static size_t below(uint64_t seed, uint64_t k, size_t n)
{
    return (size_t)(pal_u01(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ k, 0, 0 }, 0) * (double)n);
}

static pal_csr *matrix(size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n)
{
    pal_csr *out = NULL;

    HOLD(pal_csr_new(&out, n_rows, n_cols, cell, n, PAL_TWICE_LAST, NULL) == PAL_OK);
    return out;
}

static pal_csr *taste_features(size_t n, size_t n_tastes)
{
    pal_csr_cell *cell = calloc(2 * n, sizeof *cell);
    pal_csr *out;

    HOLD(cell != NULL);
    for (size_t i = 0; i < n; i++) {
        cell[2 * i] = (pal_csr_cell){ (uint32_t)i, (uint32_t)(i % n_tastes), 1 };
        cell[2 * i + 1] = (pal_csr_cell){ (uint32_t)i, (uint32_t)(n_tastes + i % 2), 0.5f };
    }
    out = matrix(n, n_tastes + 2, cell, 2 * n);
    free(cell);
    return out;
}

static void add_sides(factor_world *world, size_t n_people, size_t n_items)
{
    HOLD(pal_csr_transpose(&world->cols, world->rows, NULL) == PAL_OK);
    world->person_features = taste_features(n_people, world->n_tastes);
    world->item_features = taste_features(n_items, world->n_tastes);
}

void factor_world_new(factor_world *out, size_t n_people, size_t n_items, size_t n_tastes, size_t per_person,
                      uint64_t seed)
{
    pal_csr_cell *liked = calloc(n_people * per_person, sizeof *liked);
    pal_csr_cell *disliked = calloc(n_people, sizeof *disliked);
    size_t n = 0, n_disliked = 0;

    HOLD(liked != NULL && disliked != NULL && n_items % n_tastes == 0);
    *out = (factor_world){ .n_tastes = n_tastes };
    for (size_t u = 0; u < n_people; u++) {
        for (size_t i = 0; i < per_person; i++, n++) {
            size_t item = below(seed, 3 * n, n_items);

            if (below(seed, 3 * n + 1, 10) < 9) item = item / n_tastes * n_tastes + u % n_tastes;
            liked[n] = (pal_csr_cell){ (uint32_t)u, (uint32_t)item, (float)(1 + below(seed, 3 * n + 2, 5)) };
        }
    }
    out->rows = matrix(n_people, n_items, liked, n);
    for (size_t u = 0; u < n_people; u++) {
        size_t item = below(seed + 1000003, u, n_items);

        if (pal_csr_find(out->rows, u, (uint32_t)item) == SIZE_MAX) {
            disliked[n_disliked++] = (pal_csr_cell){ (uint32_t)u, (uint32_t)item, 1.5f };
        }
    }
    out->disliked = matrix(n_people, n_items, disliked, n_disliked);
    add_sides(out, n_people, n_items);
    free(liked);
    free(disliked);
}

static pal_csr *cut(const pal_csr *from, size_t n_rows, size_t n_cols)
{
    pal_csr_cell *cell = calloc(from->n + 1, sizeof *cell);
    pal_csr *out;
    size_t n = 0;

    HOLD(cell != NULL);
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t c = from->begin[r]; c < from->begin[r + 1]; c++) {
            if (from->col[c] < n_cols) cell[n++] = (pal_csr_cell){ (uint32_t)r, from->col[c], from->value[c] };
        }
    }
    out = matrix(n_rows, n_cols, cell, n);
    free(cell);
    return out;
}

void factor_world_cut(factor_world *out, const factor_world *world, size_t n_people, size_t n_items)
{
    *out = (factor_world){ .n_tastes = world->n_tastes };
    out->rows = cut(world->rows, n_people, n_items);
    out->disliked = cut(world->disliked, n_people, n_items);
    add_sides(out, n_people, n_items);
}

void factor_world_free(factor_world *world)
{
    pal_csr_free(world->rows);
    pal_csr_free(world->cols);
    pal_csr_free(world->disliked);
    pal_csr_free(world->person_features);
    pal_csr_free(world->item_features);
}

void *factor_model(const pal_rec_type *type, const char *json)
{
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    pal_error err;
    void *self = NULL;

    HOLDS(pal_json_parse(&doc, json, strlen(json), "test", &err) == PAL_OK, "%s", err.text);
    HOLDS(pal_values_read(&values, type->params, pal_json_root(doc), "test", "params", NULL, &err) == PAL_OK, "%s",
          err.text);
    HOLDS(type->init(&self, values, &err) == PAL_OK, "%s", err.text);
    pal_values_free(values);
    pal_json_free(doc);
    return self;
}

pal_rec_env factor_env(uint64_t seed, size_t n_threads)
{
    return (pal_rec_env){ .key = pal_key_for(seed, 0, PAL_FOR_TEST), .n_threads = n_threads, .backend = PAL_PORTABLE };
}

void factor_fit(const pal_rec_type *type, void *self, const factor_world *world, bool features, bool disliked,
                uint64_t seed, size_t n_threads)
{
    const pal_rec_data data = {
        .rows = world->rows, .cols = world->cols, .disliked = disliked ? world->disliked : NULL,
        .row_features = features ? world->person_features : NULL,
        .col_features = features ? world->item_features : NULL,
    };
    const pal_rec_env env = factor_env(seed, n_threads);
    pal_error err;

    HOLDS(type->fit(self, &data, &env, &err) == PAL_OK, "%s", err.text);
}

void factor_score(float *score, const pal_rec_type *type, const void *self, const factor_world *world, uint32_t person)
{
    const pal_csr *rows = world->rows;
    const pal_rec_query query = { .row = person, .n = pal_csr_count(rows, person),
                                  .item = rows->col + rows->begin[person], .value = rows->value + rows->begin[person] };
    pal_arena *arena = NULL;

    HOLD(pal_arena_new(&arena, 1 << 16, NULL) == PAL_OK);
    HOLD(type->score(self, &query, 1, score, arena, NULL) == PAL_OK);
    pal_arena_free(arena);
}
