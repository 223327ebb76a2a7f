/* Allocations and estimators on numbers whose answers are known. */
#include "lab/trial_estimate.h"

#include "core/mem.h"
#include "core/rng.h"
#include "lab/trial_play.h"
#include "tests/support/scratch.h"
#include "tests/support/trial_rig.h"

#include <math.h>

Suite *suite_lab_trial_estimate(void);

enum { MOST = 4000 };

static pal_trial_split split_of(size_t n)
{
    pal_trial_split split;

    ck_assert_int_eq(pal_trial_split_new(&split, n, NULL), PAL_OK);
    return split;
}

/* Values of n people: before, and after that hangs on it by rho; both normal-like (sums of uniforms), variance 1. */
static void draw_people(double *before, double *after, size_t n, double rho, uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);

    for (size_t u = 0; u < n; u++) {
        double x = -6, e = -6;

        for (uint64_t k = 0; k < 12; k++) {
            x += pal_u01(key, (pal_at){ u, 0, 0 }, k);
            e += pal_u01(key, (pal_at){ u, 1, 0 }, k);
        }
        before[u] = x;
        after[u] = rho * x + sqrt(1 - rho * rho) * e;
    }
}

/* ---- allocations ---- */

START_TEST(the_share_and_the_enrolled_are_met)
{
    pal_trial *t = trial_of("\"share\": 0.3, \"enrol\": 0.6");
    pal_trial_split split = split_of(MOST);
    double enrolled, treated;

    ck_assert_int_eq(pal_trial_allocate(&split, t, 17, NULL, NULL), PAL_OK);
    enrolled = (double)(split.n_control + split.n_treatment) / MOST;
    treated = (double)split.n_treatment / (double)(split.n_control + split.n_treatment);
    ck_assert_double_eq_tol(enrolled, 0.6, 4 * sqrt(0.24 / MOST));
    ck_assert_double_eq_tol(treated, 0.3, 4 * sqrt(0.21 / (0.6 * MOST)));
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(more_people_move_nobody_and_repeats_differ)
{
    pal_trial *t = trial_of("");
    pal_trial_split few = split_of(50), many = split_of(500);
    size_t same = 0;

    ck_assert_int_eq(pal_trial_allocate(&few, t, 3, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_trial_allocate(&many, t, 3, NULL, NULL), PAL_OK);
    ck_assert_mem_eq(few.in, many.in, 50);
    ck_assert_int_eq(pal_trial_allocate(&few, t, 4, NULL, NULL), PAL_OK);
    for (size_t u = 0; u < 50; u++) same += few.in[u] == many.in[u];
    ck_assert(same > 8 && same < 42);
    pal_trial_split_clear(&few);
    pal_trial_split_clear(&many);
    pal_trial_free(t);
}
END_TEST

START_TEST(strata_are_cut_by_value_and_shared_out_evenly)
{
    pal_trial *t = trial_of("\"allocation\": \"stratified\", \"strata\": 7, \"share\": 0.4");
    pal_trial_split split = split_of(103);
    double before[103], after[103], highest[7], lowest[7];
    size_t n[7] = { 0 }, treated[7] = { 0 };

    draw_people(before, after, 103, 0.5, 3);
    ck_assert_int_eq(pal_trial_allocate(&split, t, 5, before, NULL), PAL_OK);
    for (size_t s = 0; s < 7; s++) highest[s] = -INFINITY, lowest[s] = INFINITY;
    for (size_t u = 0; u < 103; u++) {
        size_t s = split.stratum[u];

        ck_assert_uint_lt(s, 7);
        n[s]++;
        treated[s] += split.in[u] == PAL_TRIAL_TREATMENT;
        highest[s] = fmax(highest[s], before[u]);
        lowest[s] = fmin(lowest[s], before[u]);
    }
    for (size_t s = 0; s < 7; s++) {
        ck_assert(n[s] == 14 || n[s] == 15);
        ck_assert(fabs((double)treated[s] - 0.4 * (double)n[s]) < 1);
        if (s > 0) ck_assert(highest[s - 1] <= lowest[s]);
    }
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(every_person_of_a_stratum_has_the_chance_that_was_meant)
{
    pal_trial *t = trial_of("\"allocation\": \"stratified\", \"strata\": 3, \"share\": 0.35");
    pal_trial_split split = split_of(20); /* strata of 6 or 7: 2.1 and 2.45 go to the treatment */
    double before[20], treated[20] = { 0 };
    const size_t repeats = 3000;

    for (size_t u = 0; u < 20; u++) before[u] = (double)((u * 7) % 20) / 3;
    for (size_t r = 0; r < repeats; r++) {
        ck_assert_int_eq(pal_trial_allocate(&split, t, r, before, NULL), PAL_OK);
        for (size_t u = 0; u < 20; u++) treated[u] += split.in[u] == PAL_TRIAL_TREATMENT;
    }
    for (size_t u = 0; u < 20; u++) {
        ck_assert_double_eq_tol(treated[u] / (double)repeats, 0.35, 4.2 * sqrt(0.35 * 0.65 / (double)repeats));
    }
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(the_ratio_check_has_its_level_and_fires_on_lost_rows)
{
    pal_trial *whole = trial_of("\"share\": 0.4"), *losing = trial_of("\"share\": 0.4, \"lose\": 0.25");
    pal_trial_split split = split_of(1500);
    size_t below = 0, alarms = 0, fired = 0;
    const size_t repeats = 1000;

    for (size_t r = 0; r < repeats; r++) {
        ck_assert_int_eq(pal_trial_allocate(&split, whole, r, NULL, NULL), PAL_OK);
        below += split.srm_p <= 0.05;
        alarms += split.srm;
    }
    for (size_t r = 0; r < 100; r++) {
        ck_assert_int_eq(pal_trial_allocate(&split, losing, r, NULL, NULL), PAL_OK);
        fired += split.srm;
    }
    ck_assert_double_eq_tol((double)below / (double)repeats, 0.05, 4 * sqrt(0.05 * 0.95 / (double)repeats));
    ck_assert_uint_le(alarms, 6); /* one in a thousand was meant: above six has chance 1e-4 */
    ck_assert_uint_ge(fired, 95); /* 140 of 600 rows are missing: five standard deviations */
    pal_trial_split_clear(&split);
    pal_trial_free(whole);
    pal_trial_free(losing);
}
END_TEST

/* ---- estimators ---- */

/* Control, then treatment; the strata of the oracle. */
static const double twelve[] = { 0.31, 1.2385, 2.11, 0.1173, 1.75, 0.92, 2.385, 1.4173, 2.62, 0.7385, 3.17, 2.05 };
static const uint16_t two_strata[] = { 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1 };

static pal_trial_split split_twelve(void)
{
    pal_trial_split split = split_of(12);

    split.n_control = 7;
    split.n_treatment = 5;
    for (size_t u = 0; u < 12; u++) {
        split.in[u] = u >= 7;
        split.kept[u] = 1;
        split.stratum[u] = two_strata[u];
    }
    return split;
}

/* scipy.stats.ttest_ind(t, c, equal_var=False) and its 90 % interval; weights n_s / 12 and var / n within strata by numpy. */
START_TEST(the_plain_test_is_welch_and_strata_are_weighted)
{
    pal_trial *t = trial_of("\"level\": 0.9, \"allocation\": \"stratified\", \"strata\": 2");
    pal_trial_split split = split_twelve();
    pal_trial_estimate e[PAL_TRIAL_METHODS];

    ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, twelve, twelve, twelve, NULL), PAL_OK);
    ck_assert_double_eq_tol(e[PAL_TRIAL_AB].value, 0.7376171428571427, 1e-12);
    ck_assert_double_eq_tol(e[PAL_TRIAL_AB].se, 0.5410448820028673, 1e-12);
    ck_assert_double_eq_tol(e[PAL_TRIAL_AB].p, 0.20904435993052942, 1e-10);
    ck_assert_double_eq_tol(e[PAL_TRIAL_AB].lo, -0.2653467901773907, 1e-10);
    ck_assert_double_eq_tol(e[PAL_TRIAL_AB].hi, 1.7405810758916762, 1e-10);
    ck_assert_double_eq_tol(e[PAL_TRIAL_STRATIFIED].value, 0.7372826388888889, 1e-12);
    ck_assert_double_eq_tol(e[PAL_TRIAL_STRATIFIED].se, 0.600454560157669, 1e-12);
    ck_assert(isnan(e[PAL_TRIAL_SEQUENTIAL].value)); /* fewer pairs than the first look wants */
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

/* An interval at level 1 - p ends at zero: p-value and interval are of one test. */
START_TEST(p_values_belong_to_their_intervals)
{
    pal_trial *t = trial_of("\"allocation\": \"stratified\", \"strata\": 4");
    pal_trial_split split = split_of(300);
    pal_trial_estimate e[PAL_TRIAL_METHODS], again[PAL_TRIAL_METHODS];
    double before[300], after[300];

    draw_people(before, after, 300, 0.6, 8);
    ck_assert_int_eq(pal_trial_allocate(&split, t, 2, before, NULL), PAL_OK);
    ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, after, before, before, NULL), PAL_OK);
    for (int k = PAL_TRIAL_AB; k <= PAL_TRIAL_STRATIFIED; k++) {
        ck_assert(e[k].p > 0.001 && e[k].p < 1);
        t->level = 1 - e[k].p;
        ck_assert_int_eq(pal_trial_estimate_all(again, t, &split, after, before, before, NULL), PAL_OK);
        ck_assert_double_eq_tol(fmin(fabs(again[k].lo), fabs(again[k].hi)), 0, 1e-9);
    }
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(lost_people_do_not_count)
{
    pal_trial *t = trial_of("");
    pal_trial_split split = split_twelve();
    pal_trial_estimate e[PAL_TRIAL_METHODS], again[PAL_TRIAL_METHODS];
    double y[12];

    memcpy(y, twelve, sizeof y);
    split.kept[3] = split.kept[9] = 0;
    ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, y, y, y, NULL), PAL_OK);
    y[3] = 1e6;
    y[9] = -1e6;
    ck_assert_int_eq(pal_trial_estimate_all(again, t, &split, y, y, y, NULL), PAL_OK);
    ck_assert(e[PAL_TRIAL_AB].value == again[PAL_TRIAL_AB].value && e[PAL_TRIAL_AB].p == again[PAL_TRIAL_AB].p);
    split.kept[7] = split.kept[8] = split.kept[10] = 0; /* one left in the treatment */
    ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, y, y, y, NULL), PAL_OK);
    ck_assert(isnan(e[PAL_TRIAL_AB].value) && isnan(e[PAL_TRIAL_CUPED].p));
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

/* Nothing differs between the arms: claims at the level, and a share 1 - rho^2 of the variance left by the covariate. */
START_TEST(without_an_effect_claims_have_their_level_and_cuped_saves_rho_squared)
{
    pal_trial *t = trial_of("\"allocation\": \"stratified\"");
    pal_trial_split split = split_of(400);
    pal_trial_estimate e[PAL_TRIAL_METHODS];
    double before[400], after[400], squares[PAL_TRIAL_METHODS] = { 0 }, rho = 0.7;
    size_t claims[PAL_TRIAL_METHODS] = { 0 };
    const size_t repeats = 1200;

    for (size_t r = 0; r < repeats; r++) {
        draw_people(before, after, 400, rho, r); /* other people every time: what an interval is made for */
        t->stratified = false;
        ck_assert_int_eq(pal_trial_allocate(&split, t, r, before, NULL), PAL_OK);
        ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, after, before, before, NULL), PAL_OK);
        t->stratified = true;
        ck_assert_int_eq(pal_trial_allocate(&split, t, r, before, NULL), PAL_OK);
        {
            pal_trial_estimate s[PAL_TRIAL_METHODS];

            ck_assert_int_eq(pal_trial_estimate_all(s, t, &split, after, before, before, NULL), PAL_OK);
            e[PAL_TRIAL_STRATIFIED] = s[PAL_TRIAL_STRATIFIED];
        }
        for (int k = PAL_TRIAL_AB; k <= PAL_TRIAL_SEQUENTIAL; k++) {
            claims[k] += e[k].p <= 0.05;
            squares[k] += e[k].value * e[k].value;
        }
    }
    for (int k = PAL_TRIAL_AB; k <= PAL_TRIAL_STRATIFIED; k++) {
        ck_assert_msg(fabs((double)claims[k] / (double)repeats - 0.05) < 4 * sqrt(0.05 * 0.95 / (double)repeats),
                      "method %d: %zu of %zu",
                      k, claims[k], repeats);
    }
    ck_assert_uint_le(claims[PAL_TRIAL_SEQUENTIAL], (size_t)(0.05 * (double)repeats)); /* looks after every pair, and still */
    ck_assert_double_eq_tol(squares[PAL_TRIAL_CUPED] / squares[PAL_TRIAL_AB], 1 - rho * rho, 0.08);
    ck_assert_double_eq_tol(squares[PAL_TRIAL_STRATIFIED] / squares[PAL_TRIAL_AB], 1 - rho * rho,
                            0.12); /* ten strata keep most of it */
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(the_last_look_is_the_estimate)
{
    pal_trial *t = trial_of("\"start\": 20");
    pal_trial_split split = split_of(300);
    pal_trial_estimate e[PAL_TRIAL_METHODS];
    pal_trial_look *look = NULL;
    double before[300], after[300];
    size_t n, stopped = 0;

    draw_people(before, after, 300, 0, 4);
    ck_assert_int_eq(pal_trial_allocate(&split, t, 0, before, NULL), PAL_OK);
    for (size_t u = 0; u < 300; u++) after[u] += split.in[u] == PAL_TRIAL_TREATMENT ? 1.5 : 0;
    ck_assert_int_eq(pal_trial_estimate_all(e, t, &split, after, before, before, NULL), PAL_OK);
    ck_assert_int_eq(pal_trial_looks(&look, &n, t, &split, after, NULL), PAL_OK);
    ck_assert_uint_eq(n, split.n_control < split.n_treatment ? split.n_control : split.n_treatment);
    ck_assert(look[n - 1].value == e[PAL_TRIAL_SEQUENTIAL].value && look[n - 1].lo == e[PAL_TRIAL_SEQUENTIAL].lo &&
              look[n - 1].p == e[PAL_TRIAL_SEQUENTIAL].p);
    for (size_t i = n; i > 0; i--) {
        const pal_trial_look *l = &look[i - 1];

        if (l->p <= 0.05) stopped = l->pairs;
        if (isfinite(l->lo)) ck_assert(l->lo < l->fixed_lo && l->hi > l->fixed_hi); /* all looks cost more than one */
        ck_assert(isfinite(l->lo) == (l->pairs >= 20));
    }
    ck_assert_double_eq(e[PAL_TRIAL_SEQUENTIAL].decided, 2 * (double)stopped);
    pal_free(look);
    pal_trial_split_clear(&split);
    pal_trial_free(t);
}
END_TEST

START_TEST(a_mean_of_differences_has_its_t_interval)
{
    /* scipy.stats.ttest_1samp([0.2, -0.1, 0.4, 0.1173, 0.05], 0) */
    const double d[] = { 0.2, -0.1, 0.4, 0.1173, 0.05 }, zero[] = { 0, 0, 0 };
    pal_trial_estimate e;

    pal_trial_estimate_mean(&e, d, 5, 0.95);
    ck_assert_double_eq_tol(e.value, 0.13346, 1e-12);
    ck_assert_double_eq_tol(e.value / e.se, 1.6113385457966805, 1e-12);
    ck_assert_double_eq_tol(e.p, 0.18239721382814525, 1e-10);
    ck_assert_double_eq_tol(e.hi - e.value, 2.7764451051977987 * e.se, 1e-9); /* t quantile, 4 degrees of freedom */
    pal_trial_estimate_mean(&e, zero, 3, 0.95);
    ck_assert(e.value == 0 && e.p == 1 && e.lo == 0 && e.hi == 0);
    pal_trial_estimate_mean(&e, d, 1, 0.95);
    ck_assert(isnan(e.value) && isnan(e.p));
}
END_TEST

Suite *suite_lab_trial_estimate(void)
{
    Suite *s = suite_create("lab/trial_estimate");
    TCase *tc = tcase_create("trial_estimate");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_share_and_the_enrolled_are_met);
    tcase_add_test(tc, more_people_move_nobody_and_repeats_differ);
    tcase_add_test(tc, strata_are_cut_by_value_and_shared_out_evenly);
    tcase_add_test(tc, every_person_of_a_stratum_has_the_chance_that_was_meant);
    tcase_add_test(tc, the_ratio_check_has_its_level_and_fires_on_lost_rows);
    tcase_add_test(tc, the_plain_test_is_welch_and_strata_are_weighted);
    tcase_add_test(tc, p_values_belong_to_their_intervals);
    tcase_add_test(tc, lost_people_do_not_count);
    tcase_add_test(tc, without_an_effect_claims_have_their_level_and_cuped_saves_rho_squared);
    tcase_add_test(tc, the_last_look_is_the_estimate);
    tcase_add_test(tc, a_mean_of_differences_has_its_t_interval);
    suite_add_tcase(s, tc);
    return s;
}
