/* Collaborative stages that find items by an index: the same slates as by all scores, fit after
 * fit. */
#include "stages/collaborative.h"

#include "core/mem.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_stages_collaborative_index(void);

#define N_USERS 16 /* as many as a mini_stage serves */
#define SERVED 14  /* the rest are new */
#define MORE 40    /* items a round */

static const struct {
    const char *stage, *params;
} indexed[] = {
    { "als", "\"model\": {\"factors\": 6}" },
    { "warp", "\"model\": {\"factors\": 6, \"epochs\": 4}" },
    { "bpr", "\"model\": {\"factors\": 6, \"epochs\": 4}" },
    { "warp", "\"side_features\": true, \"model\": {\"factors\": 6, \"epochs\": 4}" },
    { "two_tower", "\"model\": {\"factors\": 6, \"epochs\": 3, \"interests\": 1, \"hidden\": 0}" },
};
enum { N_INDEXED = sizeof indexed / sizeof *indexed };

static mini_stage stage_of(size_t i, const char *how, size_t n_threads, const pal_catalog *catalog)
{
    char json[256];
    mini_stage stage;

    snprintf(json, sizeof json, "{\"after\": 1, \"every\": 1, \"index\": \"%s\", %s}", how,
             indexed[i].params);
    stage = mini_stage_of(indexed[i].stage, json, catalog);
    ((pal_collab *)stage.self)->n_threads = n_threads;
    return stage;
}

/* Show everybody some more. */
static void teach(mini_people *people, uint32_t round)
{
    for (uint32_t u = 0; u < SERVED; u++)
        mini_teach(people, u, 100 + round, u % 2 == 0 ? 0x0f : 0xf0, MORE);
}

/* Tell a stage what was new. */
static void tell(const mini_stage *stage, const mini_people *people, uint32_t round)
{
    const pal_history *h = people->history;
    pal_event *event = pal_calloc(N_USERS * h->capacity, sizeof *event);
    pal_feedback feedback = {
        .round = round, .events = event, .profiles = people->profiles, .history = h
    };
    pal_error err = { 0 };

    for (uint32_t u = 0; u < SERVED; u++) {
        const size_t end = u * h->capacity + h->n[u];

        for (size_t e = end - MORE; e < end; e++) {
            event[feedback.n++] =
                (pal_event){ .user = u, .item = h->item[e], .round = round, .flags = h->flags[e] };
        }
    }
    ck_assert_msg(stage->type->fit(stage->self, &feedback, people->scratch, &err) == PAL_OK, "%s",
                  err.text);
    pal_free(event);
}

/* Slots in which two stages agree: items that score alike may stand for one another. */
static size_t agreeing(const mini_stage *a, const mini_stage *b, const mini_people *people,
                       size_t *all)
{
    size_t same = 0;

    for (uint32_t u = 0; u < N_USERS; u++) {
        const pal_request request = mini_request(people, u, 1, 8);
        pal_slate x = { 0 }, y = { 0 };

        mini_serve(&x, a, people, &request);
        mini_serve(&y, b, people, &request);
        mini_check_slate(people, &request, &y, 8);
        for (size_t s = 0; s < x.n; s++, (*all)++) {
            const bool alike = fabsf(x.score[s] - y.score[s]) <= 1e-4f * (1 + fabsf(x.score[s]));

            same += (x.item[s] == y.item[s] || alike) && x.stage[s] == y.stage[s];
        }
    }
    return same;
}

START_TEST(slates_are_those_of_all_scores)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(7));
    mini_people people = mini_people_of(catalog, N_USERS, 600, mini_r1_config());
    mini_stage exact = stage_of((size_t)_i, "exact", 1, catalog),
               index = stage_of((size_t)_i, "hnsw", 2, catalog);
    size_t all = 0, same = 0;

    for (uint32_t round = 0; round < 3; round++) {
        teach(&people, round);
        tell(&exact, &people, round);
        tell(&index, &people, round);
        same += agreeing(&exact, &index, &people, &all);
        ck_assert_ptr_nonnull(((pal_collab *)index.self)->book[0].index);
        ck_assert_uint_eq(pal_fresh_index_rows(((pal_collab *)index.self)->book[0].index),
                          ((pal_collab *)index.self)->book[0].n_cols);
    }
    ck_assert_msg(same * 100 >= all * 97, "%s: %zu of %zu slots are the same", indexed[_i].stage,
                  same, all);
    mini_stage_free(&exact);
    mini_stage_free(&index);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(threads_and_a_stop_change_nothing)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(8));
    mini_people people = mini_people_of(catalog, N_USERS, 600, mini_r1_config());
    mini_stage one = stage_of((size_t)_i, "hnsw", 1, catalog),
               five = stage_of((size_t)_i, "hnsw", 5, catalog);
    mini_stage again = stage_of((size_t)_i, "hnsw", 2, catalog);
    pal_tensors *file = NULL;
    pal_error err = { 0 };
    size_t all = 0;

    for (uint32_t round = 0; round < 2; round++) {
        teach(&people, round);
        tell(&one, &people, round);
        tell(&five, &people, round);
    }
    ck_assert_uint_eq(one.type->digest(one.self), five.type->digest(five.self));
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_msg(one.type->save(one.self, file, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(again.type->restore(again.self, file, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(again.type->digest(again.self), one.type->digest(one.self));
    teach(&people, 2);
    tell(&one, &people, 2);
    tell(&again, &people, 2);
    ck_assert_uint_eq(again.type->digest(again.self), one.type->digest(one.self));
    ck_assert_uint_eq(agreeing(&one, &again, &people, &all), all);
    pal_tensors_free(file);
    mini_stage_free(&one);
    mini_stage_free(&five);
    mini_stage_free(&again);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

static const struct {
    const char *stage, *json, *said;
} refused[] = {
    { "item_knn", "{\"index\": \"hnsw\"}",
      ".index: item_knn has no vectors to put into an index: must be exact" },
    { "ease", "{\"index\": \"hnsw\"}", ".index: ease has no vectors" },
    { "hybrid", "{\"index\": \"hnsw\"}", ".index: hybrid has no vectors" },
    { "two_tower", "{\"index\": \"hnsw\", \"model\": {\"interests\": 3}}",
      "model.interests must be 1, found 3" },
    { "als", "{\"index\": \"tree\"}", "exact" },
};

START_TEST(models_without_vectors_are_refused)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(
        mini_stage_try(&stage, refused[_i].stage, refused[_i].json, catalog, NULL, &err),
        PAL_ERR_CONFIG);
    ck_assert_msg(strstr(err.text, refused[_i].said) != NULL, "%s", err.text);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_collaborative_index(void)
{
    Suite *s = suite_create("stages/collaborative_index");
    TCase *c = tcase_create("index");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, slates_are_those_of_all_scores, 0, N_INDEXED);
    tcase_add_loop_test(c, threads_and_a_stop_change_nothing, 0, N_INDEXED);
    tcase_add_loop_test(c, models_without_vectors_are_refused, 0,
                        (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(s, c);
    return s;
}
