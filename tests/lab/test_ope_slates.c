/* Slates put together from rows: order, estimates, refusals. */
#include "lab/ope_judge.h"

#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_lab_ope_slates(void);

#define HEAD "timestamp,item_id,position,click,propensity_score,slate,chance,who\n"

static pal_status judge(pal_ope_answer *out, const char *text, bool independent, const char *person, pal_error *err)
{
    pal_ope_question q = { .source = PAL_OPE_COLUMN, .name = "chance", .slate = "slate", .independent = independent,
                           .person = person, .config = pal_ope_defaults(), .seed = 1, .n_threads = 1 };
    pal_ope_layout layout = pal_ope_open_bandit;
    pal_ope_log *log = NULL;
    pal_status rc;

    layout.words = "who";
    ck_assert_int_eq(pal_ope_log_load(&log, scratch_text("log.csv", text), &layout, NULL), PAL_OK);
    rc = pal_ope_judge(out, log, &q, err);
    pal_ope_log_free(log);
    return rc;
}

/* Rows shuffled, positions 10 and 9: by number 9 is the top. Slate 1: w = 2, 0.5, r = 1, 3; slate 2: w = 0.5, 0.8, r = 0, 1. */
static const char two[] = HEAD "0,a,10,3,0.5,1,0.25,x\n0,b,9,0,0.5,2,0.25,x\n0,a,9,1,0.25,1,0.5,x\n0,c,10,1,0.5,2,0.4,x\n";

START_TEST(slots_stand_in_order_and_weights_are_those_by_hand)
{
    pal_ope_answer a;

    ck_assert_int_eq(judge(&a, two, true, NULL, NULL), PAL_OK);
    ck_assert_uint_eq(a.n_slates, 2);
    ck_assert_uint_eq(a.n_slots, 2);
    ck_assert_double_eq_tol(a.slate_estimate[PAL_OPE_WHOLE].normal.value, (1.0 * 4 + 0.4 * 1) / 2, 1e-14);
    ck_assert_double_eq_tol(a.slate_estimate[PAL_OPE_INDEPENDENT].normal.value, (2.0 + 1.5 + 0.8) / 2, 1e-14);
    ck_assert_double_eq_tol(a.slate_estimate[PAL_OPE_CASCADE].normal.value, (2.0 + 3.0 + 0.4) / 2, 1e-14);
    ck_assert_double_eq_tol(a.slate_estimate[PAL_OPE_PSEUDO].normal.value, (1.5 * 4 + 0.3 * 1) / 2, 1e-14);
    ck_assert_uint_eq(a.slate_estimate[PAL_OPE_WHOLE].normal.n, 2);
}
END_TEST

START_TEST(chances_given_the_slots_above_serve_two_estimators)
{
    pal_ope_answer a;

    ck_assert_int_eq(judge(&a, two, false, "who", NULL), PAL_OK);
    ck_assert(a.slate_made[PAL_OPE_WHOLE] && a.slate_made[PAL_OPE_CASCADE]);
    ck_assert(!a.slate_made[PAL_OPE_INDEPENDENT] && !a.slate_made[PAL_OPE_PSEUDO]);
    ck_assert_uint_eq(a.slate_estimate[PAL_OPE_WHOLE].normal.n, 1); /* both slates are x's */
    ck_assert(isnan(a.slate_estimate[PAL_OPE_WHOLE].normal.se));
}
END_TEST

typedef struct fault {
    const char *text, *part;
} fault;

static const fault faults[] = {
    { HEAD "0,a,1,1,0.5,1,0.5,x\n0,a,2,1,0.5,1,0.5,x\n0,a,1,1,0.5,2,0.5,x\n", "row 3: its slate does not hold each of the 2" },
    { HEAD "0,a,1,1,0.5,1,0.5,x\n0,a,1,1,0.5,1,0.5,x\n", "row 2: its slate does not hold each of the 1" },
    { HEAD "0,a,1,1,0.5,1,0.5,x\n0,a,2,1,0.5,2,0.5,x\n", "does not hold each of the 2 positions once" },
    { HEAD "0,a,1,1,0.5,,0.5,x\n", "row 1: column slate, which names the slate, is empty" },
    { HEAD "0,a,1,1,0.5,1,0.5,x\n0,a,2,1,0.5,1,0.5,y\n", "row 2: its slate was shown to two people" },
};

START_TEST(broken_slates_are_named)
{
    pal_ope_answer a;
    pal_error err;

    ck_assert_int_eq(judge(&a, faults[_i].text, false, "who", &err), PAL_ERR_DATA);
    ck_assert_has(err.text, faults[_i].part);
}
END_TEST

Suite *suite_lab_ope_slates(void)
{
    Suite *s = suite_create("lab/ope_slates");
    TCase *t = tcase_create("ope_slates");

    tcase_add_checked_fixture(t, scratch_begin, scratch_end);
    tcase_add_test(t, slots_stand_in_order_and_weights_are_those_by_hand);
    tcase_add_test(t, chances_given_the_slots_above_serve_two_estimators);
    tcase_add_loop_test(t, broken_slates_are_named, 0, (int)(sizeof faults / sizeof faults[0]));
    suite_add_tcase(s, t);
    return s;
}
