/* Playlists in the laboratory: libraries that all arms know, communities.csv and playlists.csv, what is refused. */
#include "core/csv.h"
#include "core/file.h"
#include "lab/arm.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <stdio.h>
#include <stdlib.h>

#define ARMS                                                                                                       \
    "[{\"name\": \"pop\", \"stage\": \"popularity\"},"                                                             \
    " {\"name\": \"com, R2\", \"stage\": \"community\", \"params\": {\"steps\": 3, \"members\": 6}},"              \
    " {\"name\": \"near\", \"stage\": \"neighbours\"}, {\"name\": \"prog\", \"stage\": \"progressive\"}]"

static const pal_override with_lists[] = {
    { "playlists", "{\"library_mean\": 15, \"delay_mean\": 0.5}" }, { "arms", ARMS }, { "focus", "near" },
    { "baseline", "pop" }, { "replicates", "2" }, { "rounds", "8" },
};
enum { N_WITH = sizeof with_lists / sizeof *with_lists, USERS = 40, ROUNDS = 8, REPLICATES = 2 };

static pal_table *load(const char *dir, const char *name)
{
    pal_table *t = NULL;
    pal_error err = { PAL_OK, "" };
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
}

static double at(const pal_table *t, size_t row, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return pal_table_number(t, row, c, NULL);
}

static const char *text_at(const pal_table *t, size_t row, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return pal_table_text(t, row, c);
}

START_TEST(communities_csv_counts_what_happened)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "lists", 2);
    pal_table *t = load(dir, "communities.csv");
    double clusterings = 0, kept = 0;

    ck_assert_uint_eq(pal_table_rows(t), 2 * REPLICATES * ROUNDS); /* only arms that serve from other people's songs */
    for (size_t r = 0; r < pal_table_rows(t); r++) {
        const bool first = at(t, r, "round") == 0;

        ck_assert_str_eq(text_at(t, r, "arm"), r < REPLICATES * ROUNDS ? "com, R2" : "near");
        ck_assert_double_eq(at(t, r, "replicate"), (double)(r / ROUNDS % REPLICATES));
        ck_assert_double_eq(at(t, r, "round"), (double)(r % ROUNDS));
        ck_assert_double_eq(at(t, r, "members_before"), first ? 0 : at(t, r - 1, "members"));
        ck_assert_double_le(at(t, r, "kept"), at(t, r, "members_before"));
        ck_assert_double_le(at(t, r, "kept"), at(t, r, "members"));
        ck_assert_double_le(at(t, r, "people"), USERS);
        ck_assert_double_ge(at(t, r, "members"), at(t, r, "people"));
        ck_assert(first || at(t, r, "songs") >= at(t, r - 1, "songs"));
        ck_assert(first || at(t, r, "trials") >= at(t, r - 1, "trials"));
        ck_assert(first || at(t, r, "clusterings") >= at(t, r - 1, "clusterings"));
        clusterings += at(t, r, "clusterings");
        kept += at(t, r, "kept");
        if (r < REPLICATES * ROUNDS) {
            ck_assert_double_le(at(t, r, "members"), 6 * USERS);
            ck_assert_double_le(at(t, r, "trials"), 3 * USERS * (at(t, r, "round") + 1));
            ck_assert_double_le(at(t, r, "suggestions"), at(t, r, "members"));
        } else {
            ck_assert_double_eq(at(t, r, "clusterings"), 0);
        }
    }
    ck_assert_double_gt(clusterings, 0);
    ck_assert_double_gt(kept, 0);
    pal_table_free(t);
    pal_experiment_free(e);
}
END_TEST

START_TEST(what_people_brought_is_never_shown_to_them)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "known", 1);
    pal_table *lists = load(dir, "playlists.csv"), *events = load(dir, "events.csv");
    size_t brought = 0, filed = 0;

    ck_assert_uint_gt(pal_table_rows(lists), 20);
    for (size_t r = 0; r < pal_table_rows(lists); r++) {
        const bool own = text_at(lists, r, "round")[0] == '\0';
        size_t shown = 0, liked = 0;

        for (size_t k = 0; k < pal_table_rows(events); k++) {
            if (at(events, k, "user") == at(lists, r, "user") && at(events, k, "item") == at(lists, r, "item") &&
                at(events, k, "replicate") == at(lists, r, "replicate")) {
                shown++;
                liked += strcmp(text_at(events, k, "arm"), "near") == 0 && at(events, k, "liked") == 1 &&
                         at(events, k, "round") <= at(lists, r, "round");
            }
        }
        ck_assert_msg(own ? shown == 0 : liked == 1, "row %zu: shown %zu times, liked %zu", r, shown, liked);
        brought += own;
        filed += !own;
        ck_assert_ptr_nonnull(strchr(text_at(lists, r, "name"), ' '));
    }
    ck_assert(brought > 0 && filed > 0);
    pal_table_free(lists);
    pal_table_free(events);
    pal_experiment_free(e);
}
END_TEST

START_TEST(the_same_bytes_at_any_thread_count)
{
    static const size_t threads[] = { 1, 2, 7 };
    pal_run_summary summary[3];

    for (size_t k = 0; k < 3; k++) {
        pal_experiment *e = tiny_parse(with_lists, N_WITH);
        char name[16];

        snprintf(name, sizeof name, "t%zu", threads[k]);
        tiny_run(&summary[k], e, name, threads[k]);
        ck_assert_str_eq(summary[k].digest, summary[0].digest);
        pal_experiment_free(e);
    }
}
END_TEST

START_TEST(all_arms_start_from_the_same_library)
{
    pal_experiment *e = tiny_parse(with_lists, N_WITH);
    pal_catalog *catalog = NULL;
    pal_lab_people *people = NULL;
    pal_error err = { PAL_OK, "" };
    bool synthetic;
    uint64_t profiles = 0, history = 0;

    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, e, &err), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&people, e, catalog, 1, 1, &err), PAL_OK);
    for (size_t a = 0; a < e->n_arms; a++) {
        pal_arm *arm = NULL;
        size_t brought = 0;

        ck_assert_int_eq(pal_arm_new(&arm, e, catalog, people, a, 1, &err), PAL_OK);
        if (a == 0) {
            profiles = pal_profiles_digest(arm->profiles);
            history = pal_history_digest(arm->history);
        }
        ck_assert_uint_eq(pal_profiles_digest(arm->profiles), profiles);
        ck_assert_uint_eq(pal_history_digest(arm->history), history);
        for (uint32_t u = 0; u < USERS; u++) {
            const size_t own = people->habits->library_begin[u + 1] - people->habits->library_begin[u];

            ck_assert_uint_eq(arm->profiles->n_liked[u], own);
            ck_assert_uint_eq(arm->filing->playlists->n[u], own);
            ck_assert_uint_eq(arm->history->n[u], 0);
            for (size_t k = 0; k < own; k++) {
                ck_assert(pal_seen(pal_history_seen(arm->history, u), pal_playlists_items(arm->filing->playlists, u)[k]));
            }
            for (size_t k = 0; k < people->n_probe; k++) { /* what is held out is not known either */
                for (size_t j = 0; j < own; j++) {
                    ck_assert_uint_ne(pal_playlists_items(arm->filing->playlists, u)[j],
                                      people->probe_item[u * people->n_probe + k]);
                }
            }
            brought += own;
        }
        ck_assert_uint_gt(brought, 5 * USERS);
        pal_arm_free(arm);
    }
    pal_lab_people_free(people);
    pal_catalog_free(catalog);
    pal_experiment_free(e);
}
END_TEST

START_TEST(without_the_object_there_are_no_playlists_and_no_files)
{
    pal_experiment *e = tiny_parse(NULL, 0);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "none", 1);
    char path[512];

    ck_assert_ptr_null(e->playlists);
    ck_assert_ptr_null(strstr(e->resolved.bytes, "playlists"));
    snprintf(path, sizeof path, "%s/communities.csv", dir);
    ck_assert(!pal_file_exists(path));
    snprintf(path, sizeof path, "%s/playlists.csv", dir);
    ck_assert(!pal_file_exists(path));
    pal_experiment_free(e);
}
END_TEST

START_TEST(an_empty_object_has_all_defaults_and_reads_back)
{
    const pal_override empty[] = { { "playlists", "{}" } };
    pal_experiment *e = tiny_parse(empty, 1), *again = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_has(e->resolved.bytes, "\"file_rate\": 0.8");
    ck_assert_has(e->resolved.bytes, "\"library_mean\": 0");
    ck_assert_int_eq(pal_experiment_parse(&again, e->resolved.bytes, e->resolved.n, "again.json", NULL, 0, &err), PAL_OK);
    ck_assert_str_eq(e->digest, again->digest);
    pal_experiment_free(e);
    pal_experiment_free(again);
}
END_TEST

static const struct { const char *key, *text, *has[3]; } bad[] = {
    { "playlists", "[]", { "x.json: playlists", "an object" } },
    { "playlists.library", "3", { "playlists.library", "library_mean" } },
    { "playlists.file_rate", "1.01", { "playlists.file_rate", "1.01" } },
    { "playlists.error", "-0.1", { "playlists.error" } },
    { "playlists.split", "0", { "playlists.split" } },
    { "playlists.delay_mean", "\"long\"", { "playlists.delay_mean", "number" } },
};

START_TEST(bad_playlists_are_refused_with_their_place)
{
    const pal_override one[] = { { bad[_i].key, bad[_i].text } };
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_experiment_parse(&e, tiny_experiment, strlen(tiny_experiment), "x.json", one, 1, &err), PAL_ERR_CONFIG);
    for (size_t i = 0; i < 3 && bad[_i].has[i] != NULL; i++) ck_assert_has(err.text, bad[_i].has[i]);
}
END_TEST

START_TEST(an_arm_on_playlists_needs_them)
{
    const pal_override one[] = { { "arms", "[{\"name\": \"a\", \"stage\": \"random\"}, {\"name\": \"b\", \"stage\": \"community\"}]" },
                                 { "focus", "" }, { "baseline", "" } };
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_experiment_parse(&e, tiny_experiment, strlen(tiny_experiment), "x.json", one, 3, &err),
                     PAL_ERR_CONFIG);
    ck_assert_has(err.text, "x.json: arms[1].stage: \"community\"");
    ck_assert_has(err.text, "\"playlists\"");
}
END_TEST

Suite *suite_lab_community_log(void);
Suite *suite_lab_community_log(void)
{
    Suite *suite = suite_create("lab/community_log");
    TCase *tc = tcase_create("community_log");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, communities_csv_counts_what_happened);
    tcase_add_test(tc, what_people_brought_is_never_shown_to_them);
    tcase_add_test(tc, the_same_bytes_at_any_thread_count);
    tcase_add_test(tc, all_arms_start_from_the_same_library);
    tcase_add_test(tc, without_the_object_there_are_no_playlists_and_no_files);
    tcase_add_test(tc, an_empty_object_has_all_defaults_and_reads_back);
    tcase_add_loop_test(tc, bad_playlists_are_refused_with_their_place, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tc, an_arm_on_playlists_needs_them);
    suite_add_tcase(suite, tc);
    return suite;
}
