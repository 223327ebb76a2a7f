/* Policies judged from written logs: where the chances come from, what the models give, refusals. */
#include "lab/ope_judge.h"

#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_lab_ope_judge(void);

#define HEAD "timestamp,item_id,position,click,propensity_score"
enum { ITEMS = 3 };
static const double logger[ITEMS] = { 0.6, 0.3, 0.1 };
static const double click[2][ITEMS] = { { 0.2, 0.5, 0.3 }, { 0.6, 0.1, 0.4 } }; /* by the person's group */

/* n rows at one position, item drawn by the logger, the click by item and group; 2 rows a person; the chance under a
 * target that takes the second item 0.5, the others 0.25 each. */
static const char *write_log(const char *name, size_t n, uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_text text = { 0 };
    const char *path;

    pal_text_add(&text, HEAD ",group,who,chance\n");
    for (size_t i = 0; i < n; i++) {
        double u = pal_u01(key, (pal_at){ i, 0, 0 }, 0);
        int a = u < 0.6 ? 0 : u < 0.9 ? 1 : 2, g = pal_u01(key, (pal_at){ i / 2, 1, 0 }, 0) < 0.5 ? 0 : 1;

        pal_text_addf(&text, "%zu,%c,1,%d,%g,%d,%zu,%g\n", i, 'a' + a, pal_u01(key, (pal_at){ i, 2, 0 }, 0) < click[g][a],
                      logger[a], g, i / 2, a == 1 ? 0.5 : 0.25);
    }
    ck_assert_int_eq(pal_text_check(&text, NULL), PAL_OK);
    path = scratch_write(name, text.bytes, text.n);
    pal_text_clear(&text);
    return path;
}

static pal_ope_log *load(const char *path)
{
    pal_ope_layout layout = pal_ope_open_bandit;
    pal_ope_log *log = NULL;
    pal_error err;

    layout.words = "who";
    if (pal_ope_log_load(&log, path, &layout, &err) != PAL_OK) ck_abort_msg("%s", err.text);
    return log;
}

static pal_ope_question question(pal_ope_source source, const char *name, pal_ope_model model)
{
    return (pal_ope_question){ .source = source, .name = name, .model = model, .config = pal_ope_defaults(), .seed = 1,
                               .n_threads = 1 };
}

static pal_ope_answer judge(const char *path, const pal_ope_question *q)
{
    pal_ope_log *log = load(path);
    pal_ope_answer a;
    pal_error err;

    if (pal_ope_judge(&a, log, q, &err) != PAL_OK) ck_abort_msg("%s", err.text);
    pal_ope_log_free(log);
    return a;
}

static const char policy[] = "item_id,probability\na,0.25\nb,0.5\nc,0.25\n";

START_TEST(a_table_and_a_column_of_the_same_policy_agree)
{
    const char *path = write_log("log.csv", 600, 3);
    pal_ope_question table = question(PAL_OPE_POLICY, scratch_text("policy.csv", policy), PAL_OPE_CELLS);
    pal_ope_question column = question(PAL_OPE_COLUMN, "chance", PAL_OPE_NO_MODEL);
    pal_ope_answer a = judge(path, &table), b = judge(path, &column);

    ck_assert_double_eq(a.estimate[PAL_OPE_IPS].normal.value, b.estimate[PAL_OPE_IPS].normal.value);
    ck_assert_double_eq(a.overlap.ess, b.overlap.ess);
    ck_assert(a.made[PAL_OPE_DR] && !b.made[PAL_OPE_DR] && b.made[PAL_OPE_SNIPS]);
    ck_assert_double_eq(a.uncovered, 0);
    ck_assert(isnan(b.uncovered) && isnan(b.on_policy.value));
}
END_TEST

START_TEST(models_and_weights_find_the_value_of_the_policy)
{
    const char *path = write_log("log.csv", 8000, 11);
    pal_ope_question q = question(PAL_OPE_POLICY, scratch_text("policy.csv", policy), _i == 0 ? PAL_OPE_CELLS : PAL_OPE_BOOST);
    double truth = 0.25 * (0.2 + 0.6) / 2 + 0.5 * (0.5 + 0.1) / 2 + 0.25 * (0.3 + 0.4) / 2;
    pal_ope_answer a = judge(path, &q);

    for (pal_ope_kind k = 0; k < PAL_OPE_KINDS; k++) {
        ck_assert_msg(fabs(a.estimate[k].normal.value - truth) < 0.035, "%s: %g, truth %g", pal_ope_name(k),
                      a.estimate[k].normal.value, truth);
    }
    /* Only the boosted model sees the groups, in which clicks differ: the corrections that are left vary less. */
    if (_i == 1) {
        q.model = PAL_OPE_CELLS;
        ck_assert_double_lt(a.estimate[PAL_OPE_DR].normal.se, judge(path, &q).estimate[PAL_OPE_DR].normal.se);
    }
}
END_TEST

START_TEST(another_log_gives_its_shares_and_its_own_mean)
{
    const char *path = write_log("log.csv", 300, 4);
    pal_ope_question q = question(PAL_OPE_OTHER, scratch_text("other.csv", HEAD "\n0,b,1,1,1\n0,d,1,0,1\n0,b,1,1,1\n0,b,1,0,1\n"),
                                  PAL_OPE_CELLS);
    pal_ope_log *log = load(path);
    double *chance = NULL;
    pal_interval own;
    pal_ope_answer a = judge(path, &q);

    ck_assert_double_eq(a.on_policy.value, 0.5);
    ck_assert_double_eq(a.uncovered, 0.25); /* item d */
    ck_assert_int_eq(pal_ope_target_chances(&chance, &own, log, &q, NULL), PAL_OK);
    ck_assert_uint_eq(log->items.n, 4);
    for (size_t i = 0; i < 4; i++) {
        const char *name = pal_intern_text(&log->items, i);

        ck_assert_double_eq(chance[i], name[0] == 'b' ? 0.75 : name[0] == 'd' ? 0.25 : 0);
    }
    pal_free(chance);
    pal_ope_log_free(log);
}
END_TEST

START_TEST(people_are_counted_once_and_widen_intervals_that_share_them)
{
    pal_text text = { 0 };
    pal_ope_question q = question(PAL_OPE_UNIFORM, NULL, PAL_OPE_NO_MODEL);
    pal_ope_answer rows, people;
    const char *path;

    pal_text_add(&text, HEAD ",who\n");
    for (int i = 0; i < 400; i++) pal_text_addf(&text, "0,%c,1,%d,0.5,%d\n", 'a' + i % 2, i / 4 % 2, 900000000 + i / 4);
    path = scratch_write("four.csv", text.bytes, text.n);
    pal_text_clear(&text);
    q.resamples = 200;
    rows = judge(path, &q);
    q.person = "who";
    people = judge(path, &q);
    ck_assert_uint_eq(people.n_people, 100);
    ck_assert_uint_eq(rows.n_people, 400);
    /* all four rows of a person are alike: twice the error, with n - 1 in both */
    ck_assert_double_eq_tol(people.estimate[PAL_OPE_IPS].normal.se / rows.estimate[PAL_OPE_IPS].normal.se, 2 * sqrt(399.0 / 396), 1e-9);
    ck_assert_double_gt(people.estimate[PAL_OPE_IPS].boot.se, 1.6 * rows.estimate[PAL_OPE_IPS].boot.se);
}
END_TEST

START_TEST(threads_change_nothing)
{
    const char *path = write_log("log.csv", 1000, 8);
    pal_ope_question q = question(PAL_OPE_POLICY, scratch_text("policy.csv", policy), PAL_OPE_BOOST);
    pal_ope_answer one, three;

    q.resamples = 100;
    q.tune = true;
    one = judge(path, &q);
    q.n_threads = 3;
    three = judge(path, &q);
    for (pal_ope_kind k = 0; k < PAL_OPE_KINDS; k++) {
        ck_assert_double_eq(one.estimate[k].boot.lo, three.estimate[k].boot.lo);
        ck_assert_double_eq(one.estimate[k].normal.se, three.estimate[k].normal.se);
    }
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    const char *path = write_log("log.csv", 40, 2), *table = scratch_text("policy.csv", policy);
    pal_ope_question q = question(PAL_OPE_POLICY, table, PAL_OPE_CELLS);
    pal_status rc = PAL_ERR_MEMORY;
    pal_ope_layout layout = pal_ope_open_bandit;
    size_t at;

    q.resamples = 10;
    q.person = layout.words = "who";
    for (at = 1; rc != PAL_OK && at < 1000; at++) {
        pal_ope_log *log = NULL;
        pal_ope_answer a;

        pal_mem_fail_at(at);
        rc = pal_ope_log_load(&log, path, &layout, NULL);
        if (rc == PAL_OK) rc = pal_ope_judge(&a, log, &q, NULL);
        HOLD(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        pal_ope_log_free(log);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 30); /* it did fail on the way */
}
END_TEST

typedef struct fault {
    const char *table, *part;
} fault;

static const fault faults[] = {
    { "item_id,chance\na,1\n", "has no column \"probability\"" },
    { "item,probability\na,1\n", "has no column \"item_id\"" },
    { "item_id,probability\na,0.5\nb,0.4\n", "position '1' of" },
    { "item_id,probability\na,1.5\n", "row 1: probability '1.5', wanted 0 to 1" },
    { "item_id,probability\na,\n", "row 1: probability ''" },
    { "item_id,probability\na,0.5\na,0.5\n", "row 2: item 'a' stands there twice" },
    { "item_id,position,probability\na,9,1\n", "position '9' is in no row of" },
};

START_TEST(bad_policies_are_named)
{
    pal_ope_log *log = load(write_log("log.csv", 40, 1));
    pal_ope_question q = question(PAL_OPE_POLICY, scratch_text("bad.csv", faults[_i].table), PAL_OPE_CELLS);
    pal_ope_answer a;
    pal_error err;

    ck_assert_int_eq(pal_ope_judge(&a, log, &q, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, faults[_i].part);
    ck_assert_has(err.text, "bad.csv");
    pal_ope_log_free(log);
}
END_TEST

START_TEST(questions_that_cannot_be_answered_are_refused)
{
    pal_ope_log *log = load(scratch_text("log.csv", HEAD ",who,p\n0,a,1,2.5,0.5,x,7\n0,b,1,0,0.5,y,0.5\n"));
    pal_ope_question column = question(PAL_OPE_COLUMN, "p", PAL_OPE_NO_MODEL), boost = question(PAL_OPE_UNIFORM, NULL, PAL_OPE_BOOST);
    pal_ope_answer a;
    pal_error err;

    ck_assert_int_eq(pal_ope_judge(&a, log, &column, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 1: column p holds no probability");
    column.name = "who";
    ck_assert_int_eq(pal_ope_judge(&a, log, &column, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "column who holds no probability");
    column.model = PAL_OPE_CELLS;
    ck_assert_int_eq(pal_ope_judge(&a, log, &column, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "no model can be used");
    ck_assert_int_eq(pal_ope_judge(&a, log, &boost, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 1: reward 2.5; a boosted model needs 0 or 1");
    log->click[0] = 1;
    boost.person = "who"; /* two people: a fold without one of them has one row */
    ck_assert_int_eq(pal_ope_judge(&a, log, &boost, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "too few of a kind for a boosted model");
    boost.model = PAL_OPE_CELLS;
    boost.person = "nobody";
    ck_assert_int_eq(pal_ope_judge(&a, log, &boost, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "no feature column \"nobody\"");
    pal_ope_log_free(log);
}
END_TEST

Suite *suite_lab_ope_judge(void)
{
    Suite *s = suite_create("lab/ope_judge");
    TCase *t = tcase_create("ope_judge");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, scratch_begin, scratch_end);
    tcase_add_test(t, a_table_and_a_column_of_the_same_policy_agree);
    tcase_add_loop_test(t, models_and_weights_find_the_value_of_the_policy, 0, 2);
    tcase_add_test(t, another_log_gives_its_shares_and_its_own_mean);
    tcase_add_test(t, people_are_counted_once_and_widen_intervals_that_share_them);
    tcase_add_test(t, threads_change_nothing);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    tcase_add_loop_test(t, bad_policies_are_named, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, questions_that_cannot_be_answered_are_refused);
    suite_add_tcase(s, t);
    return s;
}
