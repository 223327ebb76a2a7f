/* People with playlists planted by groups of songs, and stages that live on them. */
#include "tests/support/playlist_people.h"

#include "core/mem.h"
#include "core/rng.h"

#include <check.h>
#include <string.h>

static void must(pal_status rc, const pal_error *err)
{
    ck_assert_msg(rc == PAL_OK, "%s: %s", pal_status_name(rc), err->text);
}

pal_playlists *shelf_new(size_t n_users, size_t n_items, size_t room)
{
    size_t *capacity = pal_calloc(n_users, sizeof *capacity);
    pal_playlists *p = NULL;
    pal_error err;

    ck_assert_ptr_nonnull(capacity);
    for (size_t u = 0; u < n_users; u++) {
        capacity[u] = room;
    }
    must(pal_playlists_new(&p, n_users, n_items, capacity, &err), &err);
    pal_free(capacity);
    return p;
}

void shelf_add(pal_playlists *p, uint32_t user, uint8_t list, const uint32_t *item)
{
    while (p->n_lists[user] <= list) {
        pal_playlists_open(p, user, (uint8_t)(p->n_lists[user] % PAL_MAX_CLUSTERS));
    }
    for (; *item != SHELF_END; item++) {
        pal_playlists_add(p, user, list, *item, PAL_BROUGHT);
    }
}

static bool has(const pal_playlists *p, uint32_t user, uint32_t item)
{
    for (size_t k = 0; k < p->n[user]; k++) {
        if (pal_playlists_items(p, user)[k] == item) {
            return true;
        }
    }
    return false;
}

pal_playlists *shelf_planted(uint64_t seed, size_t n_users, size_t n_items, size_t n_groups, size_t per_list,
                             size_t room)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    const size_t size = n_items / n_groups;
    pal_playlists *p = shelf_new(n_users, n_items, room);

    for (uint32_t u = 0; u < n_users; u++) {
        const pal_at at = { u, 0, 0 };
        uint64_t draw = 0;
        size_t group[3];

        for (size_t g = 0; g < 3;) {
            group[g] = (size_t)pal_below(key, at, &draw, n_groups);
            g += (g < 1 || group[g] != group[0]) && (g < 2 || group[g] != group[1]);
        }
        for (uint8_t l = 0; l < 3; l++) {
            pal_playlists_open(p, u, (uint8_t)group[l]);
        }
        for (size_t k = 0; k < 3 * per_list;) {
            const size_t g = k % 3;
            const uint32_t item = (uint32_t)(group[g] * size + pal_below(key, at, &draw, size));
            const bool wrong = pal_u01(key, at, draw++) < 0.1;

            if (!has(p, u, item)) {
                pal_playlists_add(p, u, (uint8_t)(wrong ? (g + 1) % 3 : g), item, PAL_BROUGHT);
                k++;
            }
        }
    }
    return p;
}

pal_circle shelf_circle(const pal_playlists *p, uint32_t client)
{
    pal_circle c = { .playlists = p, .client = client, .clusters = pal_circle_clusters(3),
                     .key = pal_key_for(77, 0, PAL_FOR_TRAIN) };
    pal_error err;

    must(pal_arena_new(&c.scratch, 1 << 16, &err), &err);
    c.mark = pal_calloc(p->n_items, sizeof *c.mark);
    c.row = pal_calloc(p->n_items, sizeof *c.row);
    ck_assert(c.mark != NULL && c.row != NULL);
    return c;
}

void shelf_circle_free(pal_circle *c)
{
    for (size_t i = 0; i < c->playlists->n_items; i++) {
        if (c->mark[i] != 0 || c->row[i] != 0) { /* every call leaves its tools as it found them */
            ck_abort_msg("item %zu: mark %u, row %u", i, c->mark[i], c->row[i]);
        }
    }
    pal_arena_free(c->scratch);
    pal_free(c->mark);
    pal_free(c->row);
}

pal_status shelf_stage_try(mini_stage *out, const char *name, const char *json, const pal_catalog *catalog,
                           const pal_playlists *p, size_t n_threads, pal_error *err)
{
    const pal_key key = pal_key_for(20260801, 0, PAL_FOR_EXPLORE);
    const pal_stage_env env = { .catalog = catalog, .n_users = p == NULL ? 16 : p->n_users, .n_slots = 10,
                                .n_rounds = 10, .explore = key, .train = key, .n_threads = n_threads,
                                .file = "test.json", .json_path = "arms[0].params", .playlists = p };
    const pal_json *object = NULL;
    pal_status rc = PAL_OK;

    memset(out, 0, sizeof *out);
    PAL_TRY(pal_stage_find(&out->index, name, "test.json", "arms[0].stage", err));
    out->type = pal_stage_at(out->index);
    if (json[0] != '\0') {
        PAL_TRY(pal_json_parse(&out->doc, json, strlen(json), "test.json", err));
        object = pal_json_root(out->doc);
    }
    PAL_TRY(pal_values_read(&out->values, out->type->params, object, env.file, env.json_path, out->type->also, err));
    PAL_TRY(out->type->init(&out->self, &env, out->values, object, err));

done:
    if (rc != PAL_OK) {
        mini_stage_free(out);
    }
    return rc;
}

mini_stage shelf_stage(const char *name, const char *json, const pal_catalog *catalog, const pal_playlists *p,
                       size_t n_threads)
{
    mini_stage stage;
    pal_error err;

    must(shelf_stage_try(&stage, name, json, catalog, p, n_threads, &err), &err);
    return stage;
}

/* The person's list named after the group, or PAL_MAX_PLAYLISTS. */
static uint8_t list_of_group(const pal_playlists *p, uint32_t user, size_t group)
{
    uint8_t l = 0;

    while (l < p->n_lists[user] && p->list_cluster[user * PAL_MAX_PLAYLISTS + l] != group) {
        l++;
    }
    return l < p->n_lists[user] ? l : PAL_MAX_PLAYLISTS;
}

void shelf_round(mini_stage *stage, mini_people *people, pal_playlists *p, uint32_t n_users, size_t n_groups,
                 uint32_t round, pal_slate *slate)
{
    const pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);
    pal_event *event = pal_calloc(n_users * PAL_MAX_SLOTS, sizeof *event);
    pal_feedback feedback = { .round = round, .profiles = people->profiles, .history = people->history,
                              .playlists = p, .events = event };
    pal_error err;

    ck_assert_ptr_nonnull(event);
    for (uint32_t u = 0; u < n_users; u++) {
        pal_request request = mini_request(people, u, round, 10);

        request.playlists = p;
        slate[u].n = 0;
        mini_serve(&slate[u], stage, people, &request);
        mini_check_slate(people, &request, &slate[u], 10);
    }
    for (uint32_t u = 0; u < n_users; u++) {
        uint8_t flags[PAL_MAX_SLOTS];

        for (size_t s = 0; s < slate[u].n; s++) {
            const uint32_t item = slate[u].item[s];
            const uint8_t list = list_of_group(p, u, item / (p->n_items / n_groups));
            const bool liked = list < PAL_MAX_PLAYLISTS && pal_u01(key, (pal_at){ u, 0, item }, 0) < 0.5;

            flags[s] = PAL_EXAMINED | PAL_CLICKED | (liked ? PAL_LIKED : PAL_DISLIKED);
            if (liked && p->begin[u] + p->n[u] < p->begin[u + 1]) {
                pal_playlists_add(p, u, list, item, round);
            }
            event[feedback.n++] = (pal_event){ .user = u, .item = item, .round = round, .slot = (uint8_t)s,
                                               .stage = slate[u].stage[s], .flags = flags[s] };
        }
        mini_learn(people, u, round, &slate[u], flags);
    }
    must(stage->type->fit(stage->self, &feedback, people->scratch, &err), &err);
    pal_free(event);
}
