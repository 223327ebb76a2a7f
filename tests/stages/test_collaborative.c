/* Collaborative stages: the matrix they fit by hand, who serves whom, exact propensities, the judge by brute force. */
#include "stages/collaborative.h"

#include "core/mem.h"
#include "models/rec_builtin.h"
#include "stages/builtin.h"
#include "tests/support/rung_people.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_USERS 16
#define TAUGHT 12 /* people 0..11 were shown something; the rest are new */

static const char *const model_names[] = { "item_knn", "user_knn", "warp", "bpr",       "als",
                                           "ease",     "slim",     "two_tower", "hybrid" };
/* Hybrid, a network, comes last: twelve people are too few for it to tell who is like whom. */
enum { N_MODELS = sizeof model_names / sizeof *model_names };

/* People 0..5 like genres 0 to 3, people 6..11 genres 4 to 7. */
static mini_people taught_people(const pal_catalog *catalog, uint64_t seed, size_t n)
{
    mini_people people = mini_people_of(catalog, N_USERS, 600, mini_r1_config());

    for (uint32_t u = 0; u < TAUGHT; u++) mini_teach(&people, u, seed, u < TAUGHT / 2 ? 0x0f : 0xf0, n);
    return people;
}

/* Tell a stage all that is in the history, as one round. */
static void tell_all(const mini_stage *stage, const mini_people *people, uint32_t round)
{
    const pal_history *h = people->history;
    pal_event *event = pal_calloc(N_USERS * h->capacity, sizeof *event);
    pal_feedback feedback = { .round = round, .events = event, .profiles = people->profiles, .history = h };
    pal_error err = { 0 };

    ck_assert_ptr_nonnull(event);
    for (uint32_t u = 0; u < N_USERS; u++) {
        for (size_t e = u * h->capacity; e < u * h->capacity + h->n[u]; e++) {
            event[feedback.n++] = (pal_event){ .user = u, .item = h->item[e], .round = round, .flags = h->flags[e] };
        }
    }
    ck_assert_msg(stage->type->fit(stage->self, &feedback, people->scratch, &err) == PAL_OK, "%s", err.text);
    pal_free(event);
}

static pal_slate serve_ten(const mini_stage *stage, const mini_people *people, uint32_t user)
{
    const pal_request request = mini_request(people, user, 1, 10);
    pal_slate slate = { 0 };

    mini_serve(&slate, stage, people, &request);
    mini_check_slate(people, &request, &slate, 10);
    return slate;
}

/* Every like of the history as a matrix of those who liked something and all items, in their own order. */
static void like_matrix(pal_csr **rows, pal_csr **cols, const mini_people *people)
{
    const pal_history *h = people->history;
    pal_csr_cell *cell = pal_calloc(N_USERS * h->capacity, sizeof *cell);
    size_t n = 0;

    for (uint32_t u = 0; u < N_USERS; u++) {
        for (size_t e = u * h->capacity; e < u * h->capacity + h->n[u]; e++) {
            if ((h->flags[e] & PAL_LIKED) != 0) cell[n++] = (pal_csr_cell){ u, h->item[e], 1 };
        }
    }
    ck_assert_int_eq(pal_csr_new(rows, TAUGHT, h->n_items, cell, n, PAL_TWICE_SUM, NULL), PAL_OK);
    ck_assert_int_eq(pal_csr_transpose(cols, *rows, NULL), PAL_OK);
    pal_free(cell);
}

/* Items nobody liked are served last: the least score of the others. */
static void least_for_unliked(float *score, const pal_csr *cols)
{
    float least = HUGE_VALF;

    for (size_t i = 0; i < cols->n_rows; i++) {
        if (pal_csr_count(cols, i) > 0 && score[i] < least) least = score[i];
    }
    for (size_t i = 0; i < cols->n_rows; i++) {
        if (pal_csr_count(cols, i) == 0) score[i] = least;
    }
}

static size_t best_unseen(const float *score, const pal_csr *cols, const uint64_t *seen, size_t n)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        if (pal_csr_count(cols, i) > 0 && !pal_seen(seen, (uint32_t)i) && (best == SIZE_MAX || score[i] > score[best])) {
            best = i;
        }
    }
    return best;
}

/* The models without a draw do not care in which order rows and columns come, nor for columns without a like (but for
 * the neighbours' tf-idf, left out here): fitted to the whole matrix by hand, they must give each item the score the stage
 * gives it, and the stage's first slot the best of them. */
START_TEST(scores_are_those_of_the_model_fitted_by_hand)
{
    static const char *const exact[] = { "item_knn", "user_knn", "ease", "slim" };
    static const char *const own[] = { "{\"k\": 0, \"weighting\": \"none\"}", "{\"weighting\": \"none\"}", "{\"lambda\": 2.385}", "{\"tolerance\": 1e-7, \"max_iter\": 10000}" };
    const char *name = exact[_i % 4];
    char json[200];
    pal_catalog *catalog = mini_catalog(mini_defaults((uint64_t)_i + 1));
    mini_people people = taught_people(catalog, (uint64_t)_i, 60);
    pal_csr *rows, *cols;
    pal_values *values = NULL;
    pal_json_doc *doc = NULL;
    const pal_rec_env env = { .n_threads = 1, .backend = PAL_PORTABLE };
    size_t at;
    void *model;
    float *want = pal_calloc(catalog->n_items, sizeof *want);

    snprintf(json, sizeof json, "{\"after\": 1, \"held_out\": 0, \"model\": %s}", own[_i % 4]);
    mini_stage stage = mini_stage_of(name, json, catalog);

    tell_all(&stage, &people, 0);
    like_matrix(&rows, &cols, &people);
    ck_assert_int_eq(pal_rec_find(&at, name, "f", "p", NULL), PAL_OK);
    ck_assert_int_eq(pal_json_parse(&doc, own[_i % 4], strlen(own[_i % 4]), "own", NULL), PAL_OK);
    ck_assert_int_eq(pal_values_read(&values, pal_rec_at(at)->params, pal_json_root(doc), "f", "p", NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_at(at)->init(&model, values, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_at(at)->fit(model, &(pal_rec_data){ .rows = rows, .cols = cols }, &env, NULL), PAL_OK);
    for (uint32_t u = 0; u < TAUGHT; u += 5) {
        const pal_request request = mini_request(&people, u, 1, 10);
        const pal_rec_query query = { .row = u, .n = pal_csr_count(rows, u), .item = rows->col + rows->begin[u],
                                      .value = rows->value + rows->begin[u] };
        const pal_slate slate = serve_ten(&stage, &people, u);

        ck_assert_int_eq(pal_rec_at(at)->score(model, &query, 1, want, people.scratch, NULL), PAL_OK);
        least_for_unliked(want, cols);
        for (uint32_t i = 0; i < catalog->n_items; i++) {
            float got;
            uint8_t made_by;

            ck_assert_int_eq(stage.type->score(stage.self, &request, &i, 1, &got, &made_by, people.scratch, NULL), PAL_OK);
            ck_assert_uint_eq(made_by, stage.index);
            ck_assert_msg(fabsf(got - want[i]) <= 2e-4f * (1 + fabsf(want[i])), "%s: item %u: %g, by hand %g", name, i,
                          (double)got, (double)want[i]);
        }
        ck_assert(fabsf(want[slate.item[0]]
                        - want[best_unseen(want, cols, request.seen, catalog->n_items)]) <= 2e-4f * (1 + fabsf(slate.score[0])));
        ck_assert_uint_eq(slate.stage[0], stage.index);
    }
    pal_rec_at(at)->free(model);
    pal_values_free(values);
    pal_json_free(doc);
    pal_csr_free(rows);
    pal_csr_free(cols);
    pal_free(want);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(every_model_serves_people_what_their_like_like)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(3));
    mini_people people = taught_people(catalog, 3, 150);
    mini_stage stage = mini_stage_of(model_names[_i], "{\"after\": 1}", catalog);
    size_t own = 0, all = 0;

    tell_all(&stage, &people, 0);
    for (uint32_t u = 0; u < TAUGHT; u++) {
        const pal_slate slate = serve_ten(&stage, &people, u);

        for (size_t s = 0; s < slate.n; s++, all++) {
            own += (catalog->cluster_mask[slate.item[s]] & (u < TAUGHT / 2 ? 0x0fu : 0xf0u)) != 0;
            ck_assert_uint_eq(slate.stage[s], stage.index);
            ck_assert(slate.propensity[s] == 1);
            ck_assert(s == 0 || slate.score[s] <= slate.score[s - 1]);
        }
    }
    ck_assert_msg(own * 10 >= all * 7, "%s: %zu of %zu slots are of a liked genre", model_names[_i], own, all);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* Before the first fit, and for people without a like afterwards, slates are the popularity stage's to the byte. */
START_TEST(popularity_serves_those_of_whom_nothing_is_known)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(4));
    mini_people people = taught_people(catalog, 4, 40);
    mini_stage early = mini_stage_of(model_names[_i], "{\"after\": 1000000}", catalog);
    mini_stage fitted = mini_stage_of(model_names[_i], "{\"after\": 1}", catalog);
    mini_stage popular = mini_stage_of("popularity", "", catalog);

    tell_all(&early, &people, 0);
    tell_all(&fitted, &people, 0);
    tell_all(&popular, &people, 0);
    for (uint32_t u = 0; u < N_USERS; u++) {
        const pal_slate want = serve_ten(&popular, &people, u), a = serve_ten(&early, &people, u),
                        b = serve_ten(&fitted, &people, u);

        ck_assert_mem_eq(&want, &a, sizeof want);
        ck_assert_int_eq(memcmp(&want, &b, sizeof want) == 0, u >= TAUGHT);
    }
    mini_stage_free(&early);
    mini_stage_free(&fitted);
    mini_stage_free(&popular);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(a_person_waits_for_so_many_likes_of_their_own)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(5));
    mini_people people = taught_people(catalog, 5, 40);
    mini_stage stage = mini_stage_of("item_knn", "{\"after\": 1, \"own\": 3}", catalog);
    const uint8_t like[1] = { PAL_LIKED };

    tell_all(&stage, &people, 0);
    for (size_t likes = 0; likes < 5; likes++) {
        pal_slate slate = serve_ten(&stage, &people, TAUGHT);

        ck_assert_uint_eq(slate.stage[0], likes < 3 ? (size_t)PAL_AT_POPULARITY : stage.index);
        slate = (pal_slate){ .n = 1, .item = { people.history->item[likes * people.history->capacity] },
                             .taste = { PAL_NO_TASTE } };
        while (pal_seen(pal_history_seen(people.history, TAUGHT), slate.item[0])
               || pal_collab_book_of(stage.self, slate.item[0])->col[slate.item[0]] == PAL_NOT_LISTED) {
            slate.item[0] = (slate.item[0] + 1) % (uint32_t)catalog->n_items;
        }
        mini_learn(&people, TAUGHT, 1, &slate, like);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(slates_are_filled_until_the_catalog_is_empty)
{
    mini_spec spec = mini_defaults((uint64_t)_i + 10);

    spec.n_items = 131;
    pal_catalog *catalog = mini_catalog(spec);
    mini_people people = taught_people(catalog, (uint64_t)_i, 100);
    mini_stage stage = mini_stage_of(model_names[_i], "{\"after\": 1, \"explore\": 0.3}", catalog);
    const uint8_t nothing[PAL_MAX_SLOTS] = { 0 };

    tell_all(&stage, &people, 0);
    for (uint32_t round = 1; mini_unseen(&people, 2) > 0; round++) {
        const pal_request request = mini_request(&people, 2, round, 10);
        const size_t left = mini_unseen(&people, 2);
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        mini_check_slate(&people, &request, &slate, left < 10 ? left : 10);
        mini_learn(&people, 2, round, &slate, nothing);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(propensities_of_the_exploring_share_are_exact)
{
    mini_spec spec = mini_defaults(6);

    spec.n_items = 70;
    pal_catalog *catalog = mini_catalog(spec);
    mini_people people = taught_people(catalog, 6, 60);
    mini_stage stage = mini_stage_of("item_knn", "{\"after\": 1, \"explore\": 0.4}", catalog);
    const uint32_t user = _i == 0 ? 1 : TAUGHT; /* the model's, and popularity's */

    for (size_t left = mini_unseen(&people, user), i = 0; left > 8 && i < 70; i++) {
        if (!pal_seen(pal_history_seen(people.history, user), (uint32_t)i)) {
            mini_mark_seen(&people, user, (uint32_t)i);
            left--;
        }
    }
    tell_all(&stage, &people, 0);
    mini_check_propensities(&stage, &people, user, 3, 20000);
    for (uint32_t round = 0; round < 200; round++) {
        const pal_request request = mini_request(&people, user, round, 4);
        pal_slate slate = { 0 };

        mini_serve(&slate, &stage, &people, &request);
        for (size_t s = 0; s < slate.n; s++) { /* 8 - s items are left */
            const double other = 0.4 / (double)(8 - s);
            const bool explored = slate.stage[s] == PAL_AT_RANDOM;

            ck_assert(fabs((double)slate.propensity[s] - (explored ? other : 0.6 + other)) < 1e-6);
        }
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* Held-out likes are never learned from; AUC and precision by comparing every pair. */
START_TEST(a_fit_is_judged_as_brute_force_judges_it)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(7));
    mini_people people = taught_people(catalog, 7, 120);
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage("als", "{\"after\": 1, \"held_out\": 0.25, \"model\": {\"factors\": 4}}", catalog, &log, 2);
    const pal_collab *c = stage.self;
    const pal_collab_book *book = c->book;
    const pal_history *h = people.history;
    size_t likes = 0, held_all = 0, judged = 0;
    double auc = 0, precision = 0;

    tell_all(&stage, &people, 3);
    float *score = pal_calloc(book->n_cols, sizeof *score);
    for (uint32_t u = 0; u < TAUGHT; u++) {
        bool trained[600] = { false }, held[600] = { false };
        size_t pairs = 0, n_held = 0, hits = 0, n_trained = 0;
        double won = 0;
        const pal_rec_query query = { .row = book->row[u] };

        for (size_t e = u * h->capacity; e < u * h->capacity + h->n[u]; e++) {
            if ((h->flags[e] & PAL_LIKED) == 0) continue;
            likes++;
            if (pal_u01(c->train, (pal_at){ u, 1, h->item[e] }, 0) < 0.25) {
                held[book->col[h->item[e]]] = true;
                n_held++;
            } else {
                trained[book->col[h->item[e]]] = true;
                n_trained++;
            }
        }
        held_all += n_held;
        if (n_held == 0 || n_trained == 0) continue;
        ck_assert_int_eq(c->type->score(book->model, &query, 1, score, people.scratch, NULL), PAL_OK);
        for (size_t i = 0; i < book->n_cols; i++) {
            size_t before = 0;

            if (!held[i]) continue;
            for (size_t j = 0; j < book->n_cols; j++) {
                if (trained[j]) continue;
                before += score[j] > score[i] || (score[j] == score[i] && j < i);
                if (held[j]) continue;
                won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
                pairs++;
            }
            hits += before < 10;
        }
        auc += won / (double)pairs;
        precision += (double)hits / 10;
        judged++;
    }
    ck_assert_uint_eq(log.n, 1);
    ck_assert_uint_eq(log.row[0].round, 3);
    ck_assert_str_eq(log.row[0].model, "als");
    ck_assert_uint_eq(log.row[0].iterations, 15);
    ck_assert_uint_eq(log.row[0].held_out, held_all);
    ck_assert_uint_eq(log.row[0].positives, likes - held_all);
    ck_assert(fabs(log.row[0].auc - auc / (double)judged) < 1e-12);
    ck_assert(fabs(log.row[0].precision - precision / (double)judged) < 1e-12);
    pal_free(score);
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(fits_come_when_they_are_due)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(8));
    mini_people people = taught_people(catalog, 8, 60);
    pal_training_log log = { 0 };
    mini_stage stage = rung_stage("warp", "{\"after\": 1, \"every\": 3}", catalog, &log, 1);
    const pal_collab_book *book = ((const pal_collab *)stage.self)->book;
    uint64_t before;

    tell_all(&stage, &people, 0);
    before = book->digest;
    for (uint32_t round = 1; round < 8; round++) {
        ck_assert_int_eq(rung_fit(&stage, &people, 0, round, NULL), PAL_OK);
        ck_assert_uint_eq(log.n, 1 + round / 3);
        ck_assert_uint_eq(log.row[log.n - 1].round, round / 3 * 3);
        ck_assert_int_eq(book->digest != before, round % 3 == 0);
        before = book->digest;
    }
    mini_stage_free(&stage);
    pal_training_log_clear(&log);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_same_bytes_at_any_thread_count)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(9));
    mini_people people = taught_people(catalog, 9, 80);
    uint64_t digest[2];
    pal_slate slate[2];

    for (size_t t = 0; t < 2; t++) {
        mini_stage stage = rung_stage(model_names[_i], "{\"after\": 1}", catalog, NULL, t == 0 ? 1 : 5);

        tell_all(&stage, &people, 0);
        digest[t] = stage.type->digest(stage.self);
        slate[t] = serve_ten(&stage, &people, 4);
        mini_stage_free(&stage);
    }
    ck_assert_uint_eq(digest[0], digest[1]);
    ck_assert_mem_eq(&slate[0], &slate[1], sizeof slate[0]);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* What a person dislikes takes the scores of its neighbours away, by the weight: linear in it. */
START_TEST(dislikes_are_subtracted_by_their_weight)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(11));
    mini_people people = taught_people(catalog, 11, 90);
    const pal_request request = mini_request(&people, 1, 1, 10);
    float *score[3];
    size_t moved = 0;
    pal_csr *rows, *cols;

    like_matrix(&rows, &cols, &people);
    for (size_t w = 0; w < 3; w++) {
        char json[120];
        mini_stage stage;

        snprintf(json, sizeof json, "{\"after\": 1, \"held_out\": 0, \"dislike_weight\": %g}", 0.75 * (double)w);
        stage = mini_stage_of("item_knn", json, catalog);
        tell_all(&stage, &people, 0);
        score[w] = pal_calloc(catalog->n_items, sizeof **score);
        for (uint32_t i = 0; i < catalog->n_items; i++) {
            uint8_t at;

            ck_assert_int_eq(stage.type->score(stage.self, &request, &i, 1, &score[w][i], &at, people.scratch, NULL), PAL_OK);
        }
        mini_stage_free(&stage);
    }
    for (size_t i = 0; i < catalog->n_items; i++) {
        if (pal_csr_count(cols, i) == 0) continue;
        ck_assert(fabsf((score[0][i] - score[1][i]) - (score[1][i] - score[2][i])) < 1e-4f * (1 + fabsf(score[0][i])));
        ck_assert(score[1][i] <= score[0][i]);
        moved += score[1][i] < score[0][i];
    }
    ck_assert_uint_gt(moved, 100);
    for (size_t w = 0; w < 3; w++) pal_free(score[w]);
    pal_csr_free(rows);
    pal_csr_free(cols);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* An item nobody has liked yet is known by its genre: with side features only may WARP serve it. */
START_TEST(side_features_reach_items_that_nobody_liked)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(12));
    mini_people people = taught_people(catalog, 12, 60);
    mini_stage stage = mini_stage_of("warp", "{\"after\": 1, \"side_features\": true, \"held_out\": 0}", catalog);
    const pal_request request = mini_request(&people, 0, 1, 10);
    double sum[2] = { 0 };
    size_t n[2] = { 0 };

    tell_all(&stage, &people, 0);
    for (uint32_t i = 0; i < catalog->n_items; i++) {
        bool liked = false;
        float score;
        uint8_t at;

        for (uint32_t u = 0; u < TAUGHT; u++) {
            const size_t from = u * people.history->capacity;

            for (size_t e = from; e < from + people.history->n[u]; e++) {
                liked = liked || (people.history->item[e] == i && (people.history->flags[e] & PAL_LIKED) != 0);
            }
        }
        if (liked) continue;
        ck_assert_int_eq(stage.type->score(stage.self, &request, &i, 1, &score, &at, people.scratch, NULL), PAL_OK);
        sum[catalog->cluster[i] < 4] += (double)score;
        n[catalog->cluster[i] < 4]++;
    }
    ck_assert(n[0] > 10 && n[1] > 10);
    ck_assert(sum[1] / (double)n[1] > sum[0] / (double)n[0]);
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

/* A model per type knows the items of its type only, and a person without likes in one is served by popularity there. */
START_TEST(a_model_per_type_keeps_to_its_type)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(13));
    mini_people people;
    mini_stage stage;
    const pal_collab *c;

    catalog->n_types = 2; /* genres 0 to 3 are of one type, 4 to 7 of the other */
    for (size_t k = 4; k < 8; k++) catalog->cluster_type[k] = 1;
    people = mini_people_of(catalog, N_USERS, 600, mini_r1_config());
    for (uint32_t u = 0; u < TAUGHT; u++) mini_teach(&people, u, 13, 0xff, 60);
    for (uint32_t i = 0; i < catalog->n_items; i++) { /* one more person, with likes of type 0 alone */
        const uint8_t like[1] = { PAL_LIKED };
        pal_slate one = { .n = 1, .item = { i }, .taste = { PAL_NO_TASTE } };

        if (pal_catalog_type(catalog, i) == 0 && i % 5 == 0) mini_learn(&people, TAUGHT, 0, &one, like);
    }
    stage = mini_stage_of("item_knn", "{\"after\": 1, \"per_type\": true}", catalog);
    c = stage.self;
    tell_all(&stage, &people, 0);
    ck_assert_uint_eq(c->n_books, 2);
    for (size_t b = 0; b < 2; b++) {
        ck_assert_uint_gt(c->book[b].n_cols, 50);
        for (size_t i = 0; i < c->book[b].n_cols; i++) {
            ck_assert_uint_eq(pal_catalog_type(catalog, c->book[b].item[i]), b);
        }
    }
    for (uint8_t type = 0; type < 2; type++) {
        pal_request request = mini_request(&people, TAUGHT, 1, 6);
        pal_slate slate = { 0 };

        request.type = type;
        mini_serve(&slate, &stage, &people, &request);
        ck_assert_uint_eq(slate.stage[0], type == 0 ? stage.index : (size_t)PAL_AT_POPULARITY);
        ck_assert(type == 1 || pal_catalog_type(catalog, slate.item[0]) == 0);
    }
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

typedef struct bad {
    const char *stage, *json, *place, *said;
} bad;

START_TEST(bad_parameters_are_named)
{
    static const bad all[] = {
        { "als", "{\"side_features\": true}", "arms[0].params.side_features", "als has no use" },
        { "warp", "{\"dislike_weight\": 0.5}", "arms[0].params.dislike_weight", "found 0.5" },
        { "ease", "{\"model\": {\"lambada\": 1}}", "arms[0].params.model", "lambda" },
        { "slim", "{\"model\": 3}", "arms[0].params.model", "a number" },
        { "bpr", "{\"popularity\": {\"prior_low\": 0.3}}", "arms[0].params.popularity.prior_low", "found 0.3" },
        { "item_knn", "{\"every\": 0}", "arms[0].params.every", "" },
    };
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        mini_stage stage;
        pal_error err = { 0 };

        ck_assert_int_eq(mini_stage_try(&stage, all[i].stage, all[i].json, catalog, NULL, &err), PAL_ERR_CONFIG);
        ck_assert_msg(strstr(err.text, all[i].place) != NULL && strstr(err.text, all[i].said) != NULL, "%s", err.text);
    }
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(no_allocation_that_fails_leaks)
{
    mini_spec spec = mini_defaults(1);

    spec.n_items = 80;
    pal_catalog *catalog = mini_catalog(spec);
    mini_people people = taught_people(catalog, 2, 20);

    mini_check_init_without_memory("warp", "{\"side_features\": true}", catalog);
    for (size_t n = 1; n < 400; n++) { /* a fit has fewer */
        mini_stage stage = mini_stage_of("item_knn", "{\"after\": 1}", catalog);
        pal_event event[4] = { { .user = 0, .item = people.history->item[0], .flags = PAL_LIKED } };
        const pal_feedback feedback = { .n = 1, .events = event, .profiles = people.profiles, .history = people.history };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = stage.type->fit(stage.self, &feedback, people.scratch, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        mini_stage_free(&stage);
        if (rc == PAL_OK) break;
        ck_assert_uint_lt(n, 399);
    }
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_collaborative(void);
Suite *suite_stages_collaborative(void)
{
    Suite *suite = suite_create("stages/collaborative");
    TCase *tc = tcase_create("collaborative");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, scores_are_those_of_the_model_fitted_by_hand, 0, 8);
    tcase_add_loop_test(tc, every_model_serves_people_what_their_like_like, 0, N_MODELS - 1);
    tcase_add_loop_test(tc, popularity_serves_those_of_whom_nothing_is_known, 0, N_MODELS);
    tcase_add_test(tc, a_person_waits_for_so_many_likes_of_their_own);
    tcase_add_loop_test(tc, slates_are_filled_until_the_catalog_is_empty, 0, N_MODELS);
    tcase_add_loop_test(tc, propensities_of_the_exploring_share_are_exact, 0, 2);
    tcase_add_test(tc, a_fit_is_judged_as_brute_force_judges_it);
    tcase_add_test(tc, fits_come_when_they_are_due);
    tcase_add_loop_test(tc, the_same_bytes_at_any_thread_count, 0, N_MODELS);
    tcase_add_test(tc, dislikes_are_subtracted_by_their_weight);
    tcase_add_test(tc, side_features_reach_items_that_nobody_liked);
    tcase_add_test(tc, a_model_per_type_keeps_to_its_type);
    tcase_add_test(tc, bad_parameters_are_named);
    tcase_add_test(tc, no_allocation_that_fails_leaks);
    suite_add_tcase(suite, tc);
    return suite;
}
