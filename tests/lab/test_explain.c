/* Explanations: they are of the run's own slots, their parts add up, and what they name is in the run's files. */
#include "lab/explain.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

static const char *const experiment_text =
    "{\"purpose\": \"a test\", \"name\": \"why\", \"seed\": \"2385\", \"rounds\": 22, \"slots\": 6, \"replicates\": 2,"
    " \"baseline\": \"ours\", \"focus\": \"ours\", \"catalog\": {\"items\": 1500}, \"people\": {\"n\": 24},"
    " \"playlists\": {\"library_mean\": 5},"
    " \"arms\": [{\"name\": \"ours\", \"stage\": \"ranking\", \"params\": {\"score\": \"palate\"}},"
    "            {\"name\": \"linear\", \"stage\": \"rerank\", \"params\": {\"stage\": \"logistic\", \"lambda\": 0.2,"
    "              \"params\": {\"negatives\": \"unliked\", \"min_auc\": 0, \"min_samples\": 8, \"retrain_every\": 12}}},"
    "            {\"name\": \"trees\", \"stage\": \"boosted\", \"params\": {\"negatives\": \"unliked\", \"min_auc\": 0,"
    "              \"min_samples\": 12, \"retrain_every\": 40}},"
    "            {\"name\": \"crowd\", \"stage\": \"neighbours\"}],"
    " \"probe\": {\"items\": 4, \"every\": 11},"
    " \"statistics\": {\"resamples\": 60, \"permutations\": 99, \"spread_resamples\": 20},"
    " \"output\": {\"events\": \"csv\", \"sheets\": 1, \"reasons\": true}}";

enum { ROUNDS = 22, PEOPLE = 24 };

/* One run for all tests, made before the first; who changes a file puts it back. */
static char run_dir[512];

static void make_run(void)
{
    pal_run_options options = { .n_threads = 2 };
    pal_experiment *e = NULL;
    pal_run_summary summary;
    pal_error err = { 0 };

    scratch_begin();
    options.out_dir = scratch_path("run");
    ck_assert_msg(pal_experiment_parse(&e, experiment_text, strlen(experiment_text), "why.json", NULL, 0, &err) == PAL_OK,
                  "%s", err.text);
    ck_assert_msg(pal_run(&summary, e, &options, &err) == PAL_OK, "%s", err.text);
    pal_experiment_free(e);
    snprintf(run_dir, sizeof run_dir, "%s", options.out_dir);
}

/* The event of a slot in events.csv: its row, or SIZE_MAX. */
static size_t event_row(const pal_table *events, const char *arm, const double key[4])
{
    for (size_t row = 0; row < pal_table_rows(events); row++) {
        bool same = strcmp(pal_table_text(events, row, 0), arm) == 0;

        for (size_t c = 0; c < 4 && same; c++) same = pal_table_number(events, row, c + 1, NULL) == key[c];
        if (same) return row;
    }
    return SIZE_MAX;
}

static double field(const pal_table *events, size_t row, const char *name)
{
    size_t column;

    ck_assert_int_eq(pal_table_find(&column, events, name, NULL), PAL_OK);
    return pal_table_number(events, row, column, NULL);
}

static bool names(const pal_explanation *x, double item, double round)
{
    for (size_t i = 0; i < x->n_songs; i++) {
        if (x->songs[i].item == item && x->songs[i].round == round) return true;
    }
    return false;
}

/* The songs named are what the person liked in earlier rounds, or brought along, and none that is nearer is missing. */
static void check_songs(const pal_explanation *x, const pal_table *events, const char *arm)
{
    const double least = x->n_songs < PAL_EXPLAIN_LIKED ? -2 : x->songs[x->n_songs - 1].similarity;
    size_t named = 0;

    for (size_t row = 0; row < pal_table_rows(events); row++) {
        if (strcmp(pal_table_text(events, row, 0), arm) == 0 && field(events, row, "user") == x->person
            && field(events, row, "replicate") == x->replicate && field(events, row, "liked") == 1) {
            const double item = field(events, row, "item"), round = field(events, row, "round");

            named += names(x, item, round);
            ck_assert(round < x->round || !names(x, item, round));
            ck_assert(round >= x->round || names(x, item, round)
                      || pal_catalog_cosine(x->catalog, x->item, (size_t)item) <= least);
        }
    }
    for (size_t i = 0; i < x->n_songs; i++) {
        named += x->songs[i].round == PAL_EXPLAIN_BROUGHT;
        ck_assert(i == 0 || x->songs[i].similarity <= x->songs[i - 1].similarity);
        ck_assert_double_eq(x->songs[i].similarity, pal_catalog_cosine(x->catalog, x->item, x->songs[i].item));
    }
    ck_assert_uint_eq(named, x->n_songs);
}

static double sum_of_effects(const pal_explanation *x)
{
    double sum = 0;

    for (size_t i = 0; i < x->n_features; i++) sum += x->features[i].effect;
    return sum;
}

/* What must hold whatever the stage. */
static void check_explanation(const pal_explanation *x, const pal_table *events, const char *arm)
{
    const double key[] = { x->replicate, x->person, x->round, (double)x->slot };
    const size_t row = event_row(events, arm, key);

    ck_assert_uint_ne(row, SIZE_MAX);
    ck_assert_double_eq(field(events, row, "item"), x->item);
    ck_assert(field(events, row, "score") == (double)x->score || fabs(field(events, row, "score") - (double)x->score) < 1e-6);
    ck_assert_double_eq_tol(field(events, row, "propensity"), (double)x->propensity, 1e-6);
    ck_assert_double_eq(field(events, row, "examined"), (x->flags & PAL_EXAMINED) != 0);
    ck_assert_double_eq(field(events, row, "liked"), (x->flags & PAL_LIKED) != 0);
    check_songs(x, events, arm);
    for (size_t i = 1; i < x->n_features; i++) {
        ck_assert_double_ge(fabs(x->features[i - 1].effect), fabs(x->features[i].effect));
    }
    if (x->kind == PAL_EXPLAIN_COSINE) { /* of unit vectors */
        ck_assert_double_eq_tol(sum_of_effects(x), x->tastes[0].similarity, 1e-12);
        ck_assert_double_le(fabs(x->total), 1 + 1e-6);
    } else if (x->kind == PAL_EXPLAIN_LINEAR) { /* the slot's score is the probability of these log-odds */
        ck_assert_double_eq_tol(sum_of_effects(x) + x->intercept, x->total, 1e-12);
        ck_assert_double_eq_tol(1 / (1 + exp(-x->total)), (double)x->score, 1e-5);
    } else if (x->kind == PAL_EXPLAIN_ODDS) {
        ck_assert_double_eq_tol(1 / (1 + exp(-x->total)), (double)x->score, 1e-5);
    }
}

/* Explain slots all over an arm; returns how many had the effects of this kind. */
static size_t explain_many(const char *dir, const char *arm, pal_explain_kind kind)
{
    pal_table *events = NULL;
    char *path = pal_path_join(dir, "events.csv");
    size_t hits = 0, members = 0;

    ck_assert_int_eq(pal_table_load(&events, path, NULL), PAL_OK);
    for (uint32_t i = 0; i < 11; i++) {
        const pal_explain_query q = { .run_dir = dir, .arm = arm, .replicate = i % 2, .person = i * 7 % PEOPLE,
                                      .round = ROUNDS - 1 - i % 3 * 4, .slot = i % 3, .n_threads = 1 };
        pal_explanation x;
        pal_error err = { 0 };
        const pal_status rc = pal_explain(&x, &q, &err);

        ck_assert_msg(rc == PAL_OK || (rc == PAL_ERR_DATA && strstr(err.text, "did not come") != NULL), "%s", err.text);
        if (rc == PAL_OK) {
            check_explanation(&x, events, arm);
            hits += x.kind == kind;
            members += x.n_members;
        }
        pal_explanation_clear(&x);
    }
    ck_assert((members > 0) == (strcmp(arm, "crowd") == 0));
    pal_table_free(events);
    pal_free(path);
    return hits;
}

static const struct {
    const char *arm;
    pal_explain_kind kind;
} ways[] = { { "ours", PAL_EXPLAIN_COSINE }, { "linear", PAL_EXPLAIN_LINEAR }, { "trees", PAL_EXPLAIN_ODDS },
             { "crowd", PAL_EXPLAIN_COSINE } };

START_TEST(slots_are_those_of_the_run_and_effects_add_up)
{
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        const size_t hits = explain_many(run_dir, ways[w].arm, ways[w].kind);

        ck_assert_msg(hits >= 2, "%s: %zu", ways[w].arm, hits);
    }
}
END_TEST

/* A row of reasons.csv against what the replay says of the same slot. */
static void check_reason(const pal_table *reasons, size_t row, const pal_explanation *x)
{
    size_t likers = 0, taste, why;

    ck_assert_int_eq(pal_table_find(&taste, reasons, "nearest_taste", NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&why, reasons, "effects_of", NULL), PAL_OK);
    ck_assert_double_eq(field(reasons, row, "item"), x->item);
    if (x->n_tastes > 0) {
        ck_assert_str_eq(pal_table_text(reasons, row, taste), x->catalog->clusters->name[x->tastes[0].taste]);
        ck_assert_double_eq(field(reasons, row, "similarity"), x->tastes[0].similarity);
        ck_assert_double_eq(field(reasons, row, "confidence"), x->tastes[0].confidence);
    } else {
        ck_assert_str_eq(pal_table_text(reasons, row, taste), "");
    }
    ck_assert_str_eq(pal_table_text(reasons, row, why),
                     x->kind == PAL_EXPLAIN_NOTHING ? "" : pal_explain_kind_name(x->kind));
    for (size_t i = 0; i < 3 && i < x->n_features; i++) {
        char name[16];
        size_t column;

        snprintf(name, sizeof name, "feature_%zu", i + 1);
        ck_assert_int_eq(pal_table_find(&column, reasons, name, NULL), PAL_OK);
        ck_assert_str_eq(pal_table_text(reasons, row, column), x->catalog->feature[x->features[i].feature].name);
        snprintf(name, sizeof name, "effect_%zu", i + 1);
        ck_assert_double_eq(field(reasons, row, name), x->features[i].effect);
    }
    if (x->n_songs > 0) {
        ck_assert_double_eq(field(reasons, row, "liked_item"), x->songs[0].item);
        ck_assert_double_eq(field(reasons, row, "liked_similarity"), x->songs[0].similarity);
    }
    for (size_t i = 0; i < x->n_members; i++) likers += x->members[i].likes;
    if (x->n_company > 0) {
        ck_assert_double_eq(field(reasons, row, "members"), (double)x->n_company);
        ck_assert_double_eq(field(reasons, row, "members_who_like"), (double)likers);
    }
}

START_TEST(reasons_written_with_the_log_are_those_of_the_replay)
{
    char path[600];
    pal_table *reasons = NULL, *events = NULL;
    size_t checked = 0, with_members = 0;

    snprintf(path, sizeof path, "%s/reasons.csv", run_dir);
    ck_assert_int_eq(pal_table_load(&reasons, path, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/events.csv", run_dir);
    ck_assert_int_eq(pal_table_load(&events, path, NULL), PAL_OK);
    ck_assert_uint_eq(pal_table_rows(reasons), pal_table_rows(events));
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        for (uint32_t person = 0; person < PEOPLE; person += 3) {
            pal_explain_query q = { .run_dir = run_dir, .arm = ways[w].arm, .person = person, .round = 15 + person % 6,
                                    .slot = person % 3, .replicate = person % 2, .n_threads = 1 };
            const double key[] = { q.replicate, q.person, q.round, (double)q.slot };
            pal_explanation x;

            if (pal_explain(&x, &q, NULL) == PAL_OK) {
                const size_t row = event_row(reasons, ways[w].arm, key);

                ck_assert_uint_ne(row, SIZE_MAX);
                check_reason(reasons, row, &x);
                checked++;
                with_members += x.n_company > 0;
            }
            pal_explanation_clear(&x);
        }
    }
    ck_assert_uint_ge(checked, 8);
    ck_assert_uint_ge(with_members, 1);
    pal_table_free(reasons);
    pal_table_free(events);
}
END_TEST

static char *text_of(const pal_explain_query *q, bool json)
{
    pal_explanation x;
    pal_text text = { 0 };
    pal_json_writer w = { .compact = true };
    pal_error err = { 0 };

    ck_assert_msg(pal_explain(&x, q, &err) == PAL_OK, "%s", err.text);
    if (json) {
        pal_json_begin_object(&w, NULL);
        pal_explanation_write(&w, &x);
        pal_json_end_object(&w);
        text = w.text;
    } else {
        pal_explanation_text(&text, &x);
    }
    ck_assert_int_eq(pal_text_check(&text, NULL), PAL_OK);
    pal_explanation_clear(&x);
    return text.bytes;
}

/* Somebody who came to that round. */
static uint32_t somebody(pal_explain_query q)
{
    for (q.person = 0; q.person < PEOPLE; q.person++) {
        pal_explanation x;
        const pal_status rc = pal_explain(&x, &q, NULL);

        pal_explanation_clear(&x);
        if (rc == PAL_OK) break;
    }
    return q.person;
}

START_TEST(words_and_json_say_the_same_at_any_thread_count)
{
    pal_explain_query q = { .run_dir = run_dir, .arm = "linear", .round = 21, .slot = 2, .n_threads = 1 };
    pal_json_doc *doc = NULL;
    const pal_json *root;
    char *text, *again, *json;

    q.person = somebody(q);
    text = text_of(&q, false);
    json = text_of(&q, true);
    q.n_threads = 3;
    again = text_of(&q, false);
    ck_assert_str_eq(text, again);
    ck_assert_int_eq(pal_json_parse(&doc, json, strlen(json), "json", NULL), PAL_OK);
    root = pal_json_root(doc);
    ck_assert_has(text, pal_json_string(pal_json_get(root, "title")));
    ck_assert_has(text, "arm linear");
    ck_assert_has(text, "Logistic");
    ck_assert_has(text, "What came of it");
    ck_assert_uint_gt(pal_json_size(pal_json_get(root, "liked_songs")), 0);
    ck_assert_double_eq(pal_json_number(pal_json_get(root, "slot")), 2);
    for (size_t i = 0; i < pal_json_size(pal_json_get(root, "liked_songs")); i++) {
        ck_assert_has(text, pal_json_string(pal_json_get(pal_json_at(pal_json_get(root, "liked_songs"), i), "title")));
    }
    pal_json_free(doc);
    pal_free(text);
    pal_free(again);
    pal_free(json);
}
END_TEST

/* The slow version: for each feature the songs between the two places of the sorted taste, and all that tie with them. */
static double slow_effect(const pal_catalog *c, const uint32_t *item, const double *log_odds, size_t n, uint32_t own,
                          size_t f, double mean)
{
    const float value = c->raw[(size_t)own * c->d + f];
    size_t below = 0, half = n / 20 > 10 ? n / 20 : 10, many = 0;
    float low = value, high = value;
    double sum = 0;

    for (size_t i = 0; i < n; i++) below += c->raw[(size_t)item[i] * c->d + f] < value;
    for (size_t i = 0; i < n; i++) { /* the value at place p has at most p below it, and more than p at most as large */
        const float v = c->raw[(size_t)item[i] * c->d + f];
        const size_t from = below > half ? below - half : 0, to = below + half < n ? below + half : n - 1;
        size_t less = 0, upto = 0;

        for (size_t j = 0; j < n; j++) {
            less += c->raw[(size_t)item[j] * c->d + f] < v;
            upto += c->raw[(size_t)item[j] * c->d + f] <= v;
        }
        if (less <= from && from < upto) low = v;
        if (less <= to && to < upto) high = v;
    }
    for (size_t i = 0; i < n; i++) {
        const float v = c->raw[(size_t)item[i] * c->d + f];

        if (v >= low && v <= high) sum += log_odds[i], many++;
    }
    return sum / (double)many - mean;
}

/* Explain a slot of the arm of trees from an arm of the test's own. */
static void check_odds(const pal_explanation *x, const pal_explain_query *q, pal_arm *arm)
{
    const pal_request request = pal_arm_request(arm, q->person);
    uint32_t item[1500];
    float score[1500];
    uint8_t stage[1500];
    double log_odds[1500], sum = 0;
    size_t n = 0;

    for (uint32_t i = 0; i < arm->catalog->n_items; i++) {
        if ((arm->catalog->cluster_mask[i] >> x->model_taste) & 1) item[n++] = i;
    }
    ck_assert_int_eq(arm->stage->score(arm->self, &request, item, n, score, stage, arm->scratch[0], NULL), PAL_OK);
    for (size_t i = 0; i < n; i++) {
        log_odds[i] = log((double)score[i] / (1 - (double)score[i]));
        sum += log_odds[i];
    }
    ck_assert_double_eq_tol(x->intercept, sum / (double)n, 1e-9);
    for (size_t i = 0; i < x->n_features; i++) {
        ck_assert_double_eq_tol(x->features[i].effect, slow_effect(arm->catalog, item, log_odds, n, x->item,
                                                                   x->features[i].feature, sum / (double)n), 1e-9);
    }
}

START_TEST(odds_by_feature_agree_with_the_slow_version)
{
    pal_explain_query q = { .run_dir = run_dir, .arm = "trees", .round = 20, .slot = 1, .n_threads = 1 };
    pal_lab_people *world = NULL;
    pal_arm *arm = NULL;
    pal_explanation x;
    size_t checked = 0;

    for (q.person = 0; q.person < PEOPLE; q.person += 5) {
        if (pal_explain(&x, &q, NULL) == PAL_OK && x.kind == PAL_EXPLAIN_ODDS) {
            ck_assert_int_eq(pal_lab_people_new(&world, x.experiment, x.catalog, 0, 1, NULL), PAL_OK);
            ck_assert_int_eq(pal_arm_new(&arm, x.experiment, x.catalog, world, 2, 1, NULL), PAL_OK);
            while (arm->round < q.round) {
                ck_assert_int_eq(pal_arm_serve(arm, NULL), PAL_OK);
                ck_assert_int_eq(pal_arm_answer(arm, NULL), PAL_OK);
                ck_assert_int_eq(pal_arm_learn(arm, NULL), PAL_OK);
            }
            check_odds(&x, &q, arm);
            checked++;
            pal_arm_free(arm);
            pal_lab_people_free(world);
        }
        pal_explanation_clear(&x);
    }
    ck_assert_uint_gt(checked, 0);
}
END_TEST

static pal_status explain_fails(const pal_explain_query *q, const char *part)
{
    pal_explanation x;
    pal_error err = { 0 };
    const pal_status rc = pal_explain(&x, q, &err);

    pal_explanation_clear(&x);
    ck_assert_has(err.text, part);
    return rc;
}

START_TEST(what_the_run_has_not_is_said)
{
    const pal_explain_query good = { .run_dir = run_dir, .person = 3, .round = 2, .n_threads = 1 };
    pal_explain_query q = good;
    bool absent = false;

    q.arm = "lineaR";
    ck_assert_int_eq(explain_fails(&q, "ours, linear, trees, crowd"), PAL_ERR_USAGE);
    q = good, q.person = PEOPLE;
    ck_assert_int_eq(explain_fails(&q, "--person: must be below 24, found 24"), PAL_ERR_USAGE);
    q = good, q.round = ROUNDS;
    ck_assert_int_eq(explain_fails(&q, "--round: must be below 22, found 22"), PAL_ERR_USAGE);
    q = good, q.replicate = 2;
    ck_assert_int_eq(explain_fails(&q, "--replicate: must be below 2, found 2"), PAL_ERR_USAGE);
    q = good, q.slot = 6, q.person = somebody(good);
    ck_assert_int_eq(explain_fails(&q, "--slot: must be below 6, found 6"), PAL_ERR_USAGE);
    for (q = good, q.round = 15, q.person = 0; q.person < PEOPLE && !absent; q.person++) {
        pal_explanation x;
        pal_error err = { 0 };

        absent = pal_explain(&x, &q, &err) == PAL_ERR_DATA && strstr(err.text, "did not come in round 15 of arm ours") != NULL;
        pal_explanation_clear(&x);
    }
    ck_assert(absent);
    q.run_dir = "build/no-such-run";
    ck_assert_int_eq(explain_fails(&q, "build/no-such-run"), PAL_ERR_IO);
}
END_TEST

/* Put `to` in the place of the first `from` in dir/states.csv. */
static void change_states(const char *dir, const char *from, const char *to)
{
    char *path = pal_path_join(dir, "states.csv"), *bytes = NULL, *at;
    size_t n;
    FILE *file;

    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    at = strstr(bytes, from);
    ck_assert_ptr_nonnull(at);
    memcpy(at, to, strlen(to));
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
    pal_free(bytes);
    pal_free(path);
}

START_TEST(a_replay_that_is_not_the_run_explains_nothing)
{
    pal_explain_query q = { .run_dir = run_dir, .round = 0, .n_threads = 1 };

    q.person = somebody(q);
    change_states(q.run_dir, "\nours,0,0,", "\nours,0,7,");
    ck_assert_int_eq(explain_fails(&q, "no row for arm ours, replicate 0, round 0"), PAL_ERR_DATA);
    change_states(q.run_dir, "\nours,0,7,", "\nours,0,0,");
    change_states(q.run_dir, "profiles_digest", "profiles_digesT");
    ck_assert_int_eq(explain_fails(&q, "profiles_digest"), PAL_ERR_DATA);
    change_states(q.run_dir, "profiles_digesT", "profiles_digest");
    change_states(q.run_dir, "\nours,0,0,", "\nours,0,9,");
    change_states(q.run_dir, "\nours,0,1,", "\nours,0,0,"); /* another round's */
    ck_assert_int_eq(explain_fails(&q, "round 0 has another profiles_digest"), PAL_ERR_MISMATCH);
    change_states(q.run_dir, "\nours,0,0,", "\nours,0,1,");
    change_states(q.run_dir, "\nours,0,9,", "\nours,0,0,");
}
END_TEST

/* Who did not come to another run says nothing of this one: that it is another is said first. */
START_TEST(a_replay_is_checked_before_absence_is_told)
{
    pal_explain_query q = { .run_dir = run_dir, .round = 15, .n_threads = 1 };
    pal_explanation x;
    pal_error err = { 0 };

    for (; pal_explain(&x, &q, &err) == PAL_OK; q.person++) pal_explanation_clear(&x);
    pal_explanation_clear(&x);
    ck_assert_ptr_nonnull(strstr(err.text, "did not come"));
    change_states(q.run_dir, "\nours,0,15,", "\nours,0,75,");
    ck_assert_int_eq(explain_fails(&q, "no row for arm ours, replicate 0, round 15"), PAL_ERR_DATA);
    change_states(q.run_dir, "\nours,0,75,", "\nours,0,15,");
}
END_TEST

Suite *suite_lab_explain(void);
Suite *suite_lab_explain(void)
{
    Suite *suite = suite_create("lab/explain");
    TCase *tc = tcase_create("explain");

    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, make_run, scratch_end);
    tcase_add_test(tc, slots_are_those_of_the_run_and_effects_add_up);
    tcase_add_test(tc, reasons_written_with_the_log_are_those_of_the_replay);
    tcase_add_test(tc, words_and_json_say_the_same_at_any_thread_count);
    tcase_add_test(tc, odds_by_feature_agree_with_the_slow_version);
    tcase_add_test(tc, what_the_run_has_not_is_said);
    tcase_add_test(tc, a_replay_that_is_not_the_run_explains_nothing);
    tcase_add_test(tc, a_replay_is_checked_before_absence_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
