/* Stages built and held to the rules of every slate, for the tests of stages. */
#include "tests/support/mini_stages.h"

#include "core/mem.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void must(pal_status rc, const pal_error *err)
{
    if (rc != PAL_OK) {
        fprintf(stderr, "%s: %s\n", pal_status_name(rc), err->text); /* for use outside Check, too */
        ck_abort_msg("%s", err->text);
    }
}

pal_status mini_stage_try(mini_stage *out, const char *name, const char *json, const pal_catalog *catalog,
                          const pal_truth_door *truth, pal_error *err)
{
    const pal_key key = pal_key_for(20260801, 0, PAL_FOR_EXPLORE);
    const pal_stage_env env = { .catalog = catalog, .n_users = 16, .n_slots = 10, .n_rounds = 10, .explore = key,
                                .train = key, .truth = truth, .n_threads = 1, .file = "test.json",
                                .json_path = "arms[0].params" };
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

mini_stage mini_stage_of(const char *name, const char *json, const pal_catalog *catalog)
{
    mini_stage stage;
    pal_error err;

    must(mini_stage_try(&stage, name, json, catalog, NULL, &err), &err);
    return stage;
}

void mini_stage_free(mini_stage *stage)
{
    if (stage->type != NULL) {
        stage->type->free(stage->self);
    }
    pal_values_free(stage->values);
    pal_json_free(stage->doc);
    memset(stage, 0, sizeof *stage);
}

pal_request mini_request(const mini_people *people, uint32_t user, uint32_t round, size_t n_slots)
{
    return (pal_request){ .user = user, .round = round, .n_slots = n_slots,
                          .profile = pal_profiles_view(people->profiles, user), .history = people->history,
                          .seen = pal_history_seen(people->history, user) };
}

void mini_serve(pal_slate *slate, const mini_stage *stage, const mini_people *people, const pal_request *request)
{
    const pal_arena_mark mark = pal_arena_here(people->scratch);
    pal_error err;

    must(stage->type->serve(stage->self, request, slate, people->scratch, &err), &err);
    pal_arena_rewind(people->scratch, mark);
}

void mini_check_slate(const mini_people *people, const pal_request *request, const pal_slate *slate, size_t want)
{
    const size_t unseen = mini_unseen(people, request->user);

    ck_assert_uint_eq(slate->n, want < unseen ? want : unseen);
    for (size_t s = 0; s < slate->n; s++) {
        ck_assert_uint_lt(slate->item[s], people->catalog->n_items);
        ck_assert_msg(!pal_seen(request->seen, slate->item[s]), "slot %zu was seen before", s);
        for (size_t r = 0; r < s; r++) {
            ck_assert_msg(slate->item[r] != slate->item[s], "slots %zu and %zu are the same item", r, s);
        }
        ck_assert(slate->propensity[s] > 0 && slate->propensity[s] <= 1.0001f);
        ck_assert(slate->score[s] == slate->score[s]);
        ck_assert(slate->taste[s] < people->catalog->clusters->n || slate->taste[s] == PAL_NO_TASTE);
        ck_assert_uint_lt(slate->stage[s], pal_stage_count());
    }
}

size_t mini_repeated_artists(const pal_catalog *catalog, const pal_slate *slate)
{
    size_t n = 0;

    for (size_t s = 0; s < slate->n; s++) {
        bool again = false;

        for (size_t r = 0; r < s; r++) {
            again = again || catalog->artist[slate->item[r]] == catalog->artist[slate->item[s]];
        }
        n += again;
    }
    return n;
}

/* Outcomes of one slot under one condition. */
typedef struct tally {
    size_t n, *count;
    double *stated;
} tally;

static void count_outcome(tally *t, size_t n_items, uint32_t item, double stated)
{
    if (t->count == NULL) {
        t->count = pal_calloc(n_items, sizeof *t->count);
        t->stated = pal_calloc(n_items, sizeof *t->stated);
        ck_assert(t->count != NULL && t->stated != NULL);
    }
    t->n++;
    if (t->count[item]++ == 0) {
        t->stated[item] = stated;
    }
    ck_assert_msg(t->stated[item] == stated, "item %u: propensity %.9g, before %.9g", item, stated, t->stated[item]);
}

/* Five standard deviations for each item, and the stated probabilities of all that came add up to one. */
static void check_tally(const tally *t, size_t n_items)
{
    double sum = 0;

    for (size_t i = 0; i < n_items && t->n >= 1000; i++) {
        const double p = t->stated[i], n = (double)t->n, off = (double)t->count[i] - n * p;

        sum += p;
        ck_assert_msg(off * off <= 25 * (n * p * (1 - p) + 1), "item %zu: came %zu of %zu times, stated %.6f", i,
                      t->count[i], t->n, p);
    }
    ck_assert_msg(t->n < 1000 || (sum > 0.98 && sum < 1.00001), "stated probabilities add up to %.6f", sum);
}

void mini_check_propensities(const mini_stage *stage, const mini_people *people, uint32_t user, size_t n_slots,
                             size_t n_keys)
{
    const size_t n_items = people->catalog->n_items, n_cases = n_items * 256;
    tally first = { 0 }, *second = pal_calloc(n_cases, sizeof *second);

    ck_assert(second != NULL);
    for (uint32_t round = 0; round < n_keys; round++) {
        const pal_request request = mini_request(people, user, round, n_slots);
        pal_slate slate = { 0 };

        mini_serve(&slate, stage, people, &request);
        count_outcome(&first, n_items, slate.item[0], (double)slate.propensity[0]);
        if (slate.n > 1) {
            count_outcome(&second[slate.item[0] * 256 + slate.taste[0]], n_items, slate.item[1],
                          (double)slate.propensity[1]);
        }
    }
    check_tally(&first, n_items);
    for (size_t c = 0; c < n_cases; c++) {
        if (second[c].n > 0) {
            check_tally(&second[c], n_items);
        }
        pal_free(second[c].count);
        pal_free(second[c].stated);
    }
    pal_free(first.count);
    pal_free(first.stated);
    pal_free(second);
}

void mini_check_init_without_memory(const char *name, const char *json, const pal_catalog *catalog)
{
    bool failed = true;
    size_t n = 0;

    while (failed) {
        mini_stage stage;
        pal_error err = { 0 };
        pal_status rc;

        pal_mem_fail_at(++n);
        rc = mini_stage_try(&stage, name, json, catalog, NULL, &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        if (failed) {
            ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu: %s: %s", n, pal_status_name(rc), err.text);
        } else {
            ck_assert_int_eq(rc, PAL_OK);
            mini_stage_free(&stage);
        }
        ck_assert_uint_lt(n, 1000);
    }
    ck_assert_uint_gt(n, 1);
}
