/* People taught by rules of our own, for the tests of the stages that fit models. */
#include "tests/support/rung_people.h"

#include <check.h>
#include <string.h>

static double toss(uint32_t user, uint32_t item, uint64_t seed)
{
    return pal_u01(pal_key_for(seed, 7, PAL_FOR_TEST), (pal_at){ user, 0, item }, 0);
}

static uint8_t yes_or_no(bool yes)
{
    return (uint8_t)(PAL_EXAMINED | PAL_CLICKED | (yes ? PAL_LIKED : PAL_DISLIKED));
}

uint8_t rung_likes_feature(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed)
{
    const bool likes = catalog->scaled[(size_t)item * catalog->stride] > 0;

    return yes_or_no(toss(user, item, seed) < 0.1 ? !likes : likes);
}

uint8_t rung_tosses_coins(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed)
{
    (void)catalog;
    return yes_or_no(toss(user, item, seed) < 0.5);
}

uint8_t rung_likes_all(const pal_catalog *catalog, uint32_t user, uint32_t item, uint64_t seed)
{
    (void)catalog;
    (void)user;
    (void)item;
    (void)seed;
    return yes_or_no(true);
}

pal_catalog *rung_catalog(uint64_t seed, size_t n_items, size_t n_genres)
{
    mini_spec spec = mini_defaults(seed);

    spec.n_items = n_items;
    spec.n_genres = n_genres;
    spec.n_artists = 20 * n_items;
    spec.d = 3;
    spec.second_genre = n_genres > 1 ? 0.2 : 0;
    spec.spread = 2;
    return mini_catalog(spec);
}

void rung_show(mini_people *people, uint32_t user, uint64_t seed, size_t n, rung_answer_fn answer)
{
    const uint32_t n_items = (uint32_t)people->catalog->n_items;
    uint32_t item = (uint32_t)(seed * 7919 % n_items);

    for (size_t tried = 0; n > 0 && tried < n_items; tried++, item = (item + 37) % n_items) {
        if (!pal_seen(pal_history_seen(people->history, user), item)) {
            const pal_slate one = { .n = 1, .item = { item }, .taste = { PAL_NO_TASTE } };
            const uint8_t flags = answer(people->catalog, user, item, seed);

            mini_learn(people, user, 0, &one, &flags);
            n--;
        }
    }
    ck_assert_uint_eq(n, 0);
}

pal_status rung_fit(const mini_stage *stage, const mini_people *people, uint32_t n_users, uint32_t round,
                    pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(people->scratch);
    pal_event event[64] = { { 0 } };
    const pal_feedback feedback = { .round = round, .n = n_users, .events = event, .profiles = people->profiles,
                                    .history = people->history };
    pal_status rc;

    ck_assert_uint_le(n_users, 64);
    for (uint32_t u = 0; u < n_users; u++) {
        event[u] = (pal_event){ .user = u, .round = round };
    }
    rc = stage->type->fit(stage->self, &feedback, people->scratch, err);
    pal_arena_rewind(people->scratch, mark);
    return rc;
}

mini_stage rung_stage(const char *name, const char *json, const pal_catalog *catalog, pal_training_log *log,
                      size_t n_threads)
{
    const pal_key key = pal_key_for(20260801, 0, PAL_FOR_TRAIN);
    const pal_stage_env env = { .catalog = catalog, .n_users = 16, .n_slots = 10, .n_rounds = 10, .explore = key,
                                .train = key, .training = log, .n_threads = n_threads, .file = "test.json",
                                .json_path = "arms[0].params" };
    const pal_json *object = NULL;
    mini_stage out = { 0 };
    pal_error err = { 0 };

    ck_assert_int_eq(pal_stage_find(&out.index, name, "test.json", "arms[0].stage", &err), PAL_OK);
    out.type = pal_stage_at(out.index);
    if (json[0] != '\0') {
        ck_assert_int_eq(pal_json_parse(&out.doc, json, strlen(json), "test.json", &err), PAL_OK);
        object = pal_json_root(out.doc);
    }
    ck_assert_msg(pal_values_read(&out.values, out.type->params, object, env.file, env.json_path, out.type->also,
                                  &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(out.type->init(&out.self, &env, out.values, object, &err) == PAL_OK, "%s", err.text);
    return out;
}
