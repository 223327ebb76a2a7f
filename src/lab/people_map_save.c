/* Snapshots of everyone into a checkpoint and back. */
#include "core/fields.h"
#include "core/mem.h"
#include "lab/people_map.h"
#include "models/rec_arrays.h"

#include <stdio.h>
#include <string.h>

#define PART "people_map"
#define END "people_map_end"

/* Sizes and numbers of a snapshot. */
enum { ARM, REPLICATE, ROUND, PLACED, K, LABELS, VALUES, CELLS, SIZES };
enum { AGREEMENT = sizeof(pal_agreement) / sizeof(double), NUMBERS = 3 * AGREEMENT + 1 };

static void part_of(char out[PAL_FIELD_NAME], size_t i)
{
    snprintf(out, PAL_FIELD_NAME, PART "_%zu", i);
}

/* Likes by label and genre, as count_genres makes room for them. */
static size_t cells_of(const pal_people_map *map, const pal_people_snapshot *s)
{
    return s->communities.n_labels * map->catalog->clusters->n_genres + 1;
}

enum { ARRAYS = 6 };

static void list_arrays(pal_field list[ARRAYS], const pal_people_snapshot *s, size_t n_users, size_t cells)
{
    const pal_communities *c = &s->communities;
    const pal_field all[ARRAYS] = {
        PAL_FIELD("label", c->label, n_users), PAL_FIELD("x", c->x, n_users), PAL_FIELD("y", c->y, n_users),
        PAL_FIELD("value", c->value, c->n_values), PAL_FIELD("n_likes", s->n_likes, n_users),
        PAL_FIELD("genre_likes", s->genre_likes, cells),
    };

    memcpy(list, all, sizeof all);
}

static pal_status save_snapshot(const pal_people_map *map, size_t i, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_people_snapshot *s = &map->snapshot[i];
    const pal_communities *c = &s->communities;
    uint64_t size[SIZES] = { [ARM] = s->arm, [REPLICATE] = s->replicate, [ROUND] = s->round, [PLACED] = c->placed, [K] = c->k,
                             [LABELS] = c->n_labels, [VALUES] = c->n_values, [CELLS] = cells_of(map, s) };
    double number[NUMBERS] = { [3 * AGREEMENT] = c->gap };
    const pal_field head[] = { PAL_FIELD("size", size, SIZES), PAL_FIELD("number", number, NUMBERS) };
    pal_field list[ARRAYS];
    char part[PAL_FIELD_NAME];

    part_of(part, i);
    memcpy(number, &s->found, sizeof s->found);
    memcpy(number + AGREEMENT, &s->chance, sizeof s->chance);
    memcpy(number + 2 * AGREEMENT, &s->best, sizeof s->best);
    list_arrays(list, s, map->n_users, cells_of(map, s));
    PAL_TRY(pal_fields_save(file, part, head, PAL_COUNT_OF(head), err));
    PAL_TRY(pal_fields_save(file, part, list, ARRAYS, err));
done:
    return rc;
}

pal_status pal_people_map_save(const pal_people_map *map, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t count[2];
    const pal_field field = PAL_FIELD("count", count, 2);

    if (map == NULL) return PAL_OK;
    count[0] = map->n_snapshots;
    count[1] = map->n_used;
    PAL_TRY(pal_fields_save(file, PART, &field, 1, err));
    for (size_t i = 0; i < map->n_snapshots; i++) PAL_TRY(save_snapshot(map, i, file, err));
done:
    return rc;
}

static pal_status take_arrays(pal_people_snapshot *s, size_t n_users, size_t cells, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_communities *c = &s->communities;

    PAL_NEW(c->label, n_users);
    PAL_NEW(c->x, n_users);
    PAL_NEW(c->y, n_users);
    PAL_NEW(c->value, c->n_values);
    PAL_NEW(s->n_likes, n_users);
    PAL_NEW(s->genre_likes, cells);
done:
    return rc;
}

/* Labels are used as places; sizes are bounded by the number of people. */
static pal_status check_snapshot(const pal_people_map *map, const uint64_t size[SIZES], const pal_tensors *file,
                                 const char *part, pal_error *err)
{
    const pal_experiment *e = map->experiment;

    if (size[ARM] < e->n_arms && size[REPLICATE] < e->n_replicates && size[ROUND] < e->n_rounds &&
        size[PLACED] <= map->n_users && size[K] <= map->n_users && size[VALUES] <= map->n_users + 1 &&
        size[LABELS] <= map->n_users * map->n_times &&
        size[CELLS] == size[LABELS] * map->catalog->clusters->n_genres + 1) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_DATA, "%s: array \"%s.size\" is of another run", pal_tensors_file(file), part);
}

static pal_status check_labels(const pal_people_map *map, const pal_people_snapshot *s, const pal_tensors *file,
                               const char *part, pal_error *err)
{
    for (size_t u = 0; u < map->n_users; u++) {
        const uint32_t label = s->communities.label[u];

        if (label != PAL_NO_COMMUNITY && label >= s->communities.n_labels) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: array \"%s.label\": person %zu is in community %u of %zu",
                                 pal_tensors_file(file), part, u, label, s->communities.n_labels);
        }
    }
    return PAL_OK;
}

static pal_status restore_snapshot(pal_people_map *map, size_t i, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_snapshot *s = &map->snapshot[i];
    uint64_t size[SIZES] = { 0 };
    double number[NUMBERS];
    const pal_field head[] = { PAL_FIELD("size", size, SIZES), PAL_FIELD("number", number, NUMBERS) };
    pal_field list[ARRAYS];
    char part[PAL_FIELD_NAME];

    part_of(part, i);
    PAL_TRY(pal_fields_restore(head, PAL_COUNT_OF(head), file, part, err));
    PAL_TRY(check_snapshot(map, size, file, part, err));
    s->arm = (size_t)size[ARM];
    s->replicate = (uint32_t)size[REPLICATE];
    s->round = (uint32_t)size[ROUND];
    s->communities = (pal_communities){ .n = map->n_users, .placed = (size_t)size[PLACED], .k = (size_t)size[K],
                                        .n_labels = (size_t)size[LABELS], .n_values = (size_t)size[VALUES],
                                        .gap = number[3 * AGREEMENT] };
    memcpy(&s->found, number, sizeof s->found);
    memcpy(&s->chance, number + AGREEMENT, sizeof s->chance);
    memcpy(&s->best, number + 2 * AGREEMENT, sizeof s->best);
    map->n_snapshots = i + 1; /* from here on the map frees it */
    PAL_TRY(take_arrays(s, map->n_users, (size_t)size[CELLS], err));
    list_arrays(list, s, map->n_users, (size_t)size[CELLS]);
    PAL_TRY(pal_fields_restore(list, ARRAYS, file, part, err));
    PAL_TRY(check_labels(map, s, file, part, err));
done:
    return rc;
}

pal_status pal_people_map_restore(pal_people_map *map, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t count[2] = { 0 };
    const pal_field field = PAL_FIELD("count", count, 2);

    if (map == NULL) return PAL_OK;
    PAL_TRY(pal_fields_restore(&field, 1, file, PART, err));
    if (count[0] > map->experiment->n_arms * map->experiment->n_replicates * map->n_times) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".count\": %ju snapshots are more than the run takes",
                 pal_tensors_file(file), (uintmax_t)count[0]);
    }
    map->n_used = (size_t)count[1];
    for (size_t i = 0; i < count[0]; i++) PAL_TRY(restore_snapshot(map, i, file, err));
done:
    return rc;
}

/* ---- the end of a replicate of the focus arm ---- */

bool pal_people_map_has_end(const pal_people_map *map, size_t replicate)
{
    return map != NULL && map->end[replicate].graph.likes != NULL;
}

pal_status pal_people_map_save_end(const pal_people_map *map, size_t replicate, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_people_end *end = &map->end[replicate];

    PAL_TRY(pal_rec_put_csr(file, END "_likes", end->graph.likes, err));
    PAL_TRY(pal_rec_put_csr(file, END "_tastes", end->graph.tastes, err));
    if (end->company_begin == NULL) goto done;
    const pal_field list[] = { PAL_FIELD("company_begin", end->company_begin, map->n_users + 1),
                               PAL_FIELD("company", end->company, end->company_begin[map->n_users]) };

    PAL_TRY(pal_fields_save(file, END, list, PAL_COUNT_OF(list), err));
done:
    return rc;
}

static pal_status restore_company(pal_people_end *end, size_t n_users, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    size_t n = 0;

    PAL_NEW(end->company_begin, n_users + 1);
    const pal_field begin = PAL_FIELD("company_begin", end->company_begin, n_users + 1);

    PAL_TRY(pal_fields_restore(&begin, 1, file, END, err));
    PAL_TRY(pal_field_find(&data, &n, file, END, "company", PAL_U32, err));
    PAL_NEW(end->company, n);
    if (n > 0) memcpy(end->company, data, n * sizeof *end->company);
    for (size_t u = 0; u < n_users; u++) {
        if (end->company_begin[u] > end->company_begin[u + 1] || end->company_begin[u + 1] > n) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" END ".company_begin\", entry %zu: %zu; entries ascend up to %zu",
                     pal_tensors_file(file), u + 1, end->company_begin[u + 1], n);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (end->company[i] >= n_users) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" END ".company\", entry %zu: person %u of %zu", pal_tensors_file(file), i,
                     end->company[i], n_users);
        }
    }
done:
    return rc;
}

/* Nearest people are found again: the search gives the same bytes, and its result is larger than what it starts from. */
pal_status pal_people_map_restore_end(pal_people_map *map, size_t replicate, size_t n_threads, const pal_tensors *file,
                                      pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_end *end = &map->end[replicate];
    const pal_people_graph_config config = pal_people_map_graph(map->experiment, n_threads);
    pal_csr *likes = NULL, *tastes = NULL;

    PAL_TRY(pal_rec_get_csr(&likes, file, END "_likes", map->n_users, map->catalog->n_items, err));
    PAL_TRY(pal_rec_get_csr(&tastes, file, END "_tastes", map->n_users, map->catalog->clusters->n_genres, err));
    rc = pal_people_graph_fit(&end->graph, likes, tastes, &config, err);
    likes = tastes = NULL;
    PAL_TRY(rc);
    if (pal_tensors_has(file, END ".company_begin")) PAL_TRY(restore_company(end, map->n_users, file, err));
done:
    pal_csr_free(likes);
    pal_csr_free(tastes);
    return rc;
}
