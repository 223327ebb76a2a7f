/* Drawing the people, and counting what is found again. */
#include "tests/support/planted_tastes.h"

#include "core/dist.h"
#include "core/mem.h"
#include "tests/support/holds.h"

#define K 10

typedef struct cells {
    pal_csr_cell *cell;
    size_t n;
} cells;

static cells room_for(size_t n)
{
    cells out = { pal_calloc(n, sizeof *out.cell), 0 };

    HOLD(out.cell != NULL);
    return out;
}

static pal_csr *matrix_of(cells *from, size_t n_rows, size_t n_cols)
{
    pal_csr *out = NULL;

    HOLD(pal_csr_new(&out, n_rows, n_cols, from->cell, from->n, PAL_TWICE_LAST, NULL) == PAL_OK);
    pal_free(from->cell);
    return out;
}

static void put(cells *to, size_t row, size_t col)
{
    to->cell[to->n++] = (pal_csr_cell){ (uint32_t)row, (uint32_t)col, 1 };
}

/* The first places of a keyed shuffle of 0..n-1. */
static void shuffled(uint32_t *value, size_t n, pal_key key, size_t who, size_t what)
{
    uint64_t draw = 0;

    for (size_t i = 0; i < n; i++) value[i] = (uint32_t)i;
    pal_draw_shuffle(value, n, key, (pal_at){ who, what, 0 }, &draw);
}

planted planted_tastes(uint64_t seed, size_t n_people, size_t n_items, size_t n_groups, size_t n_tastes,
                       size_t per_taste)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    size_t size = n_items / n_groups, most = n_people * (n_tastes * (per_taste + 2) + 1);
    cells train = room_for(most), test = room_for(most), traits = room_for(most), content = room_for(n_items);
    uint32_t *group = pal_calloc(n_groups, sizeof *group), *item = pal_calloc(size, sizeof *item);
    planted world;

    HOLD(group != NULL && item != NULL && per_taste + 2 <= size && n_tastes <= n_groups);
    for (size_t i = 0; i < n_items; i++) put(&content, i, i % n_groups);
    for (size_t u = 0; u < n_people; u++) {
        shuffled(group, n_groups, key, u, 0);
        for (size_t t = 0; t < n_tastes; t++) {
            shuffled(item, size, key, u, 1 + t);
            put(&traits, u, group[t]);
            for (size_t i = 0; i < per_taste + 2; i++) put(i < 2 ? &test : &train, u, item[i] * n_groups + group[t]);
        }
        put(&train, u, pal_u64(key, (pal_at){ u, 99, 0 }, 0) % n_groups + n_groups * (size - 1));
    }
    world.train = rec_rig_of(matrix_of(&train, n_people, n_items));
    world.test = matrix_of(&test, n_people, n_items);
    world.traits = matrix_of(&traits, n_people, n_groups);
    world.content = matrix_of(&content, n_items, n_groups);
    pal_free(group);
    pal_free(item);
    return world;
}

void planted_clear(planted *world)
{
    rec_rig_clear(&world->train);
    pal_csr_free(world->test);
    pal_csr_free(world->traits);
    pal_csr_free(world->content);
}

double planted_recall(const pal_rec_type *type, const void *self, const planted *world, bool as_new, bool traits)
{
    size_t n = world->train.rows->n_rows;
    pal_rec_query *query = pal_calloc(n, sizeof *query);
    uint32_t *item = pal_calloc(n * K, sizeof *item);
    float *score = pal_calloc(n * K, sizeof *score);
    pal_error err = { 0 };
    double sum = 0;

    HOLD(query != NULL && item != NULL && score != NULL);
    for (size_t u = 0; u < n; u++) {
        query[u] = rec_query(&world->train, u, as_new);
        if (!traits) continue;
        query[u].n_features = pal_csr_count(world->traits, u);
        query[u].feature = world->traits->col + world->traits->begin[u];
        query[u].feature_value = world->traits->value + world->traits->begin[u];
    }
    HOLDS(pal_rec_top(item, score, type, self, query, n, K, world->train.rows, NULL, 2, &err) == PAL_OK, "%s",
          err.text);
    for (size_t u = 0; u < n; u++) {
        size_t hits = 0;

        for (size_t s = 0; s < K; s++) {
            hits += item[u * K + s] != UINT32_MAX && pal_csr_find(world->test, u, item[u * K + s]) != SIZE_MAX;
        }
        sum += (double)hits / (double)pal_csr_count(world->test, u);
    }
    pal_free(query);
    pal_free(item);
    pal_free(score);
    return sum / (double)n;
}
