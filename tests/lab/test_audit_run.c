/* Audits as a whole. */
#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "lab/audit_log.h"
#include "tests/support/audit_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_audit_run(void);

#define ONE_SPLIT "\"splits\": [{\"kind\": \"time\", \"test\": 0.3}]"

START_TEST(threads_change_no_byte)
{
    const pal_audit_summary one = audit_run("", "", "one", 1), three = audit_run("", "", "three", 3);

    ck_assert_str_eq(one.digest, three.digest);
    ck_assert(one.n_people == 120 && one.n_items == 150 && one.n_protocols == 36 && one.n_fits == 2 * 2 * 5 * 3);
}
END_TEST

START_TEST(a_model_more_changes_no_other)
{
    const char where[] = "seed=12;logging=pop;split=random_user;view=100 uniform;metric=ndcg@10;model=als";
    const char served[] = "seed=12;logging=pop;fit=all;kind=online;metric=likes;model=als";

    audit_run("", "", "few", 1);
    audit_run("\"models\": [{\"model\": \"random\"}, {\"model\": \"als\", \"params\": {\"factors\": 4}}]", "M", "other", 1);
    ck_assert_double_eq(audit_number("few", "audit.csv", where, "estimate"), audit_number("other", "audit.csv", where, "estimate"));
    ck_assert_double_eq(audit_number("few", "truth.csv", served, "value"), audit_number("other", "truth.csv", served, "value"));
}
END_TEST

/* Without satiation and drift the chances at the end of the log are those in it. */
START_TEST(a_random_log_with_propensities_tells_the_truth_and_likes_as_found_do_not)
{
    const char all[] = "logging=rand;split=time;metric=likes@10;truth=online;view=";
    const char members[] = "\"seeds\": 16, \"logging\": [\"rand\"], \"metrics\": [\"likes\"], \"views\": [{}, {\"label\": \"ips\"}], "
                           "\"models\": [{\"model\": \"popularity\"}, {\"model\": \"random\"}], " ONE_SPLIT;
    char found[128], ips[128];
    double bias, half;

    audit_run(members, "SM", "ips", 1);
    snprintf(ips, sizeof ips, "%sfull, ips", all);
    snprintf(found, sizeof found, "%sfull", all);
    bias = audit_number("ips", "protocols.csv", ips, "bias");
    half = audit_number("ips", "protocols.csv", ips, "bias_hi") - bias; /* t at 95 %, 15 degrees of freedom: 2.13 errors */
    ck_assert_msg(fabs(bias) < 4 * half / 2.13, "bias %g, half an interval %g", bias, half);
    ck_assert_double_lt(half, 0.05);
    ck_assert_double_lt(audit_number("ips", "protocols.csv", found, "bias_hi"), 0.0);
}
END_TEST

/* A list as long as the catalog holds everything unseen: its value is the sum of all those chances. */
START_TEST(the_known_value_of_a_long_list_is_the_sum_over_every_pair)
{
    pal_audit *a = audit_of("", "");
    pal_catalog *catalog = NULL;
    pal_lab_people *people = NULL;
    pal_audit_log *log = NULL;
    double sum = 0, known;
    bool synthetic;

    audit_run("\"models\": [{\"model\": \"popularity\"}, {\"model\": \"random\"}], \"seeds\": 1, \"k\": 1000", "SM", "known", 1);
    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, a->experiment[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&people, a->experiment[0], catalog, 0, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_audit_log_play(&log, a, a->experiment[0], catalog, people, 0, 1, NULL), PAL_OK);
    for (size_t u = 0; u < log->n_people; u++) {
        for (size_t i = 0; i < log->n_items; i++) {
            pal_answer answer;
            const uint32_t item = (uint32_t)i;

            people->type->truth(people->response, log->state, (uint32_t)u, (uint32_t)a->log_rounds, &item, 1, &answer);
            ck_assert(answer.p_like == log->p[u * log->n_items + i]);
            if ((log->seen[u * log->words + i / 64] >> (i % 64) & 1) != 0) continue;
            sum += (double)answer.p_like / 1000 / (double)log->n_people;
        }
    }
    known = audit_number("known", "truth.csv", "seed=11;logging=rand;fit=all;kind=known;metric=likes@1000;model=random", "value");
    ck_assert_double_eq_tol(known, sum, 1e-12);
    pal_audit_log_free(log);
    pal_lab_people_free(people);
    pal_catalog_free(catalog);
    pal_audit_free(a);
}
END_TEST

START_TEST(impressions_of_a_log_are_those_of_the_run)
{
    pal_audit *a = audit_of("", "");
    pal_catalog *catalog = NULL;
    pal_lab_people *people = NULL;
    pal_audit_log *log = NULL;
    pal_audit_part part = { 0 };
    bool synthetic;
    size_t held = 0, likes = 0;

    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, a->experiment[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&people, a->experiment[0], catalog, 0, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_audit_log_play(&log, a, a->experiment[0], catalog, people, 1, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_audit_part_make(&part, log, a, &a->split[2], 11, NULL), PAL_OK); /* time */
    for (size_t i = 0; i < log->n; i++) {
        const pal_event *e = &log->event[i];

        ck_assert(e->user < log->n_people && log->begin[e->user] <= i && i < log->begin[e->user + 1]);
        ck_assert(i == log->begin[e->user] || log->event[i - 1].round < e->round ||
                  (log->event[i - 1].round == e->round && log->event[i - 1].slot < e->slot));
        ck_assert((log->seen[e->user * log->words + e->item / 64] >> (e->item % 64) & 1) == 1);
        held += part.test[i];
        likes += part.test[i] == 0 && (e->flags & PAL_LIKED) != 0;
        if (part.test[i] != 0) ck_assert_uint_ge(e->round, 5); /* a fifth of 7 rounds */
    }
    ck_assert(held > 0 && held * 5 <= log->n + log->n / 5);
    ck_assert_uint_eq(part.likes->n, likes);
    pal_audit_part_clear(&part);
    pal_audit_log_free(log);
    pal_lab_people_free(people);
    pal_catalog_free(catalog);
    pal_audit_free(a);
}
END_TEST

START_TEST(what_cannot_be_fitted_is_named_and_nothing_is_left)
{
    pal_audit *a = audit_of("\"set\": {\"people.n\": 1, \"response\": {\"like_base\": -50}}", "");
    pal_audit_summary summary;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_audit_run(&summary, a, scratch_path("none"), 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a.json");
    ck_assert(!pal_file_exists(scratch_path("none")));
    pal_audit_free(a);
}
END_TEST

START_TEST(no_allocation_that_fails_does_harm)
{
    pal_audit *a = audit_of("\"models\": [{\"model\": \"popularity\"}, {\"model\": \"item_knn\"}], \"seeds\": 1, \"logging\": "
                            "[\"pop\"], \"views\": [{}, {\"candidates\": \"uniform\", \"negatives\": 5, \"corrected\": true}], "
                            "\"set\": {\"people.n\": 40, \"catalog.items\": 100}, " ONE_SPLIT, "SM");
    pal_audit_summary summary;
    size_t n;

    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_audit_run(&summary, a, scratch_path("whole"), 1, NULL), PAL_OK);
    n = pal_mem_count();
    for (size_t i = 1; i <= n; i += 1 + n / 60) {
        pal_status rc;

        pal_mem_fail_at(i);
        rc = pal_audit_run(&summary, a, scratch_path("part"), 1, NULL);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu of %zu: status %d", i, n, (int)rc);
        ck_assert(!pal_file_exists(scratch_path("part")));
    }
    pal_audit_free(a);
}
END_TEST

START_TEST(it_can_be_interrupted)
{
    pal_audit *a = audit_of("", "");
    pal_audit_summary summary;

    pal_stop_request();
    ck_assert_int_eq(pal_audit_run(&summary, a, scratch_path("stopped"), 1, NULL), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert(!pal_file_exists(scratch_path("stopped")));
    pal_audit_free(a);
}
END_TEST

Suite *suite_lab_audit_run(void)
{
    Suite *s = suite_create("lab/audit_run");
    TCase *tc = tcase_create("audit_run");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_test(tc, a_model_more_changes_no_other);
    tcase_add_test(tc, a_random_log_with_propensities_tells_the_truth_and_likes_as_found_do_not);
    tcase_add_test(tc, the_known_value_of_a_long_list_is_the_sum_over_every_pair);
    tcase_add_test(tc, impressions_of_a_log_are_those_of_the_run);
    tcase_add_test(tc, what_cannot_be_fitted_is_named_and_nothing_is_left);
    tcase_add_test(tc, no_allocation_that_fails_does_harm);
    tcase_add_test(tc, it_can_be_interrupted);
    suite_add_tcase(s, tc);
    return s;
}
