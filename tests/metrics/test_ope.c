/* Off-policy estimators: all logs of a small problem, identities between estimators, coverage, refusals. */
#include "metrics/ope.h"

#include "core/mem.h"
#include "core/rng.h"
#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_ope(void);

/* Two contexts, three actions: chances of context, logger, target, click, and a wrong model of the click. */
enum { X = 2, A = 3 };
static const double share[X] = { 0.617, 0.383 };
static const double logger[X][A] = { { 0.5, 0.3, 0.2 }, { 0.1173, 0.25, 0.6327 } };
static const double judged[X][A] = { { 0.05, 0.15, 0.8 }, { 0.7, 0.3, 0 } };
static const double click[X][A] = { { 0.11, 0.42, 0.25 }, { 0.53, 0.07, 0.31 } };
static const double model[X][A] = { { 0.2, 0.3, 0.3 }, { 0.4, 0.1, 0.05 } };

static double mean_under(const double policy[A], const double reward[A])
{
    double sum = 0;

    for (int a = 0; a < A; a++) sum += policy[a] * reward[a];
    return sum;
}

static double truth(void)
{
    return share[0] * mean_under(judged[0], click[0]) + share[1] * mean_under(judged[1], click[1]);
}

typedef struct log_rows { /* room for the longest log of this file */
    double reward[1200], logged[1200], target[1200], q[1200], v[1200];
    uint32_t person[1200];
} log_rows;

static void set_row(log_rows *l, size_t i, int x, int a, int r)
{
    l->reward[i] = r;
    l->logged[i] = logger[x][a];
    l->target[i] = judged[x][a];
    l->q[i] = model[x][a];
    l->v[i] = mean_under(judged[x], model[x]);
    l->person[i] = (uint32_t)i;
}

static pal_ope_rows view(const log_rows *l, size_t n)
{
    return (pal_ope_rows){ .reward = l->reward, .logged = l->logged, .target = l->target, .q = l->q, .v = l->v, .n = n,
                           .n_people = n };
}

static double value_of(pal_ope_kind kind, const pal_ope_rows *rows, const pal_ope_config *config)
{
    pal_ope_estimate e;
    pal_error err;

    if (pal_ope_estimate_value(&e, kind, rows, config, NULL, &err) != PAL_OK) ck_abort_msg("%s", err.text);
    return e.normal.value;
}

/* Chance of the outcome number `o` of one decision, written into row i. */
static double outcome(log_rows *l, size_t i, int o)
{
    int x = o % X, a = o / X % A, r = o / (X * A);

    set_row(l, i, x, a, r);
    return share[x] * logger[x][a] * (r == 1 ? click[x][a] : 1 - click[x][a]);
}

/* Expected value of an estimator over all logs of two decisions. */
static double expected(pal_ope_kind kind, const pal_ope_config *config)
{
    log_rows l;
    double sum = 0;

    for (int i = 0; i < 2 * X * A; i++) {
        for (int j = 0; j < 2 * X * A; j++) {
            double chance = outcome(&l, 0, i) * outcome(&l, 1, j);
            pal_ope_rows rows = view(&l, 2);
            double w = rows.target[0] + rows.target[1];

            if (kind != PAL_OPE_SNIPS || w > 0) sum += chance * value_of(kind, &rows, config);
        }
    }
    return sum;
}

START_TEST(ips_and_dr_are_unbiased_over_all_logs)
{
    pal_ope_config config = pal_ope_defaults();

    ck_assert_double_eq_tol(expected(PAL_OPE_IPS, &config), truth(), 1e-14);
    ck_assert_double_eq_tol(expected(PAL_OPE_DR, &config), truth(), 1e-14); /* with a wrong model */
}
END_TEST

START_TEST(the_others_are_biased_by_what_theory_says)
{
    pal_ope_config config = { .clip = 2, .switch_at = 2, .shrink = 3, .level = 0.95 };
    double clipped = 0, switched = 0, shrunk = 0, direct = 0;

    for (int x = 0; x < X; x++) {
        double v = mean_under(judged[x], model[x]);

        direct += share[x] * v;
        for (int a = 0; a < A; a++) {
            double w = judged[x][a] / logger[x][a], gap = click[x][a] - model[x][a], p = share[x] * logger[x][a];

            clipped += p * fmin(w, 2) * click[x][a];
            switched += p * (v + (w <= 2 ? w : 0) * gap);
            shrunk += p * (v + 3 * w / (w * w + 3) * gap);
        }
    }
    ck_assert_double_eq_tol(expected(PAL_OPE_CLIPPED, &config), clipped, 1e-14);
    ck_assert_double_eq_tol(expected(PAL_OPE_SWITCH, &config), switched, 1e-14);
    ck_assert_double_eq_tol(expected(PAL_OPE_SHRUNK, &config), shrunk, 1e-14);
    ck_assert_double_eq_tol(expected(PAL_OPE_DM, &config), direct, 1e-14);
    ck_assert(fabs(clipped - truth()) > 0.01 && fabs(direct - truth()) > 0.01); /* the problem can tell them apart */
}
END_TEST

/* n decisions of the problem, of people with `each` decisions in the same context. */
static pal_ope_rows draw_log(log_rows *l, size_t n, size_t each, uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_ope_rows rows;

    for (size_t i = 0; i < n; i++) {
        int x = pal_u01(key, (pal_at){ i / each, 0, 0 }, 0) < share[0] ? 0 : 1, a = 0;
        double u = pal_u01(key, (pal_at){ i, 1, 0 }, 0);

        while (a < A - 1 && u >= logger[x][a]) u -= logger[x][a++];
        set_row(l, i, x, a, pal_u01(key, (pal_at){ i, 2, 0 }, 0) < click[x][a]);
        l->person[i] = (uint32_t)(i / each);
    }
    rows = view(l, n);
    rows.person = l->person;
    rows.n_people = (n + each - 1) / each;
    return rows;
}

START_TEST(limits_of_the_settings_are_the_simpler_estimators)
{
    static log_rows l;
    pal_ope_rows rows = draw_log(&l, 300, 1, (uint64_t)_i);
    pal_ope_config far = { .clip = INFINITY, .switch_at = INFINITY, .shrink = INFINITY, .level = 0.95 };
    pal_ope_config near = { .clip = 1, .switch_at = 0, .shrink = 0, .level = 0.95 };
    pal_ope_config def = pal_ope_defaults();

    ck_assert_double_eq(value_of(PAL_OPE_CLIPPED, &rows, &far), value_of(PAL_OPE_IPS, &rows, &def));
    ck_assert_double_eq(value_of(PAL_OPE_SWITCH, &rows, &far), value_of(PAL_OPE_DR, &rows, &def));
    ck_assert_double_eq(value_of(PAL_OPE_SHRUNK, &rows, &far), value_of(PAL_OPE_DR, &rows, &def));
    ck_assert_double_eq(value_of(PAL_OPE_SWITCH, &rows, &near), value_of(PAL_OPE_DM, &rows, &def));
    ck_assert_double_eq(value_of(PAL_OPE_SHRUNK, &rows, &near), value_of(PAL_OPE_DM, &rows, &def));
    memset(l.q, 0, sizeof l.q);
    memset(l.v, 0, sizeof l.v);
    ck_assert_double_eq(value_of(PAL_OPE_DR, &rows, &def), value_of(PAL_OPE_IPS, &rows, &def));
}
END_TEST

START_TEST(snips_moves_with_the_rewards_and_stays_among_them)
{
    static log_rows l;
    pal_ope_rows rows = draw_log(&l, 50, 1, (uint64_t)_i + 100);
    pal_ope_config config = pal_ope_defaults();
    double before = value_of(PAL_OPE_SNIPS, &rows, &config);

    ck_assert(before >= 0 && before <= 1);
    for (size_t i = 0; i < 50; i++) l.reward[i] += 2.385;
    ck_assert_double_eq_tol(value_of(PAL_OPE_SNIPS, &rows, &config), before + 2.385, 1e-13);
}
END_TEST

START_TEST(the_logger_judged_by_its_own_log_earns_the_mean)
{
    static log_rows l;
    pal_ope_rows rows = draw_log(&l, 200, 1, 5);
    pal_ope_config config = pal_ope_defaults();
    pal_ope_overlap o;
    double mean = 0;

    rows.target = l.logged;
    for (size_t i = 0; i < 200; i++) mean += l.reward[i] / 200;
    ck_assert_double_eq_tol(value_of(PAL_OPE_IPS, &rows, &config), mean, 1e-14);
    ck_assert_double_eq_tol(value_of(PAL_OPE_SNIPS, &rows, &config), mean, 1e-14);
    o = pal_ope_overlap_of(&rows, &config);
    ck_assert_double_eq_tol(o.ess, 200, 1e-10);
    ck_assert_double_eq_tol(o.mean_weight, 1, 1e-14);
    ck_assert_double_eq(o.zero_share + o.clipped_share, 0);
}
END_TEST

/* Rows by hand; errors by Python: w = t / l, R = sum(w r) / sum(w), sqrt(sum((w (r - R))**2) * 4 / 3) / sum(w). */
static const double five_r[4] = { 1, 0, 2.385, 1 }, five_l[4] = { 0.5, 0.25, 0.2, 0.8 }, five_t[4] = { 0.25, 0.5, 0.1, 0.8 };

START_TEST(errors_and_sample_sizes_are_those_of_a_worked_example)
{
    pal_ope_rows rows = { .reward = five_r, .logged = five_l, .target = five_t, .n = 4, .n_people = 4 };
    pal_ope_config config = pal_ope_defaults();
    pal_ope_estimate e;
    pal_ope_overlap o = pal_ope_overlap_of(&rows, &config);

    ck_assert_double_eq_tol(o.ess, 16 / 5.5, 1e-14); /* w = 1/2, 2, 1/2, 1: 4^2 over 0.25 + 4 + 0.25 + 1 */
    ck_assert_double_eq(o.most_weight, 2);
    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(e.normal.value, (0.5 + 0.5 * 2.385 + 1) / 4, 1e-14);
    ck_assert_double_eq_tol(e.normal.se, 0.267655, 5e-7); /* statistics.stdev(w r) / 2 */
    ck_assert_double_eq_tol(e.normal.hi - e.normal.value, 1.959963984540054 * e.normal.se, 1e-14);
    ck_assert(isnan(e.boot.lo) && isnan(e.boot.se));
    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_SNIPS, &rows, &config, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(e.normal.value, 2.6925 / 4, 1e-14);
    ck_assert_double_eq_tol(e.normal.se, 0.472456, 5e-7);
}
END_TEST

/* Three decisions a person, in one context: intervals must count people, not rows. */
START_TEST(intervals_cover_the_truth)
{
    static log_rows l;
    enum { SEEDS = 300 };
    static const pal_ope_kind kind[] = { PAL_OPE_IPS, PAL_OPE_SNIPS, PAL_OPE_DR };
    double right = truth();

    for (size_t k = 0; k < 3; k++) {
        pal_ope_config config = pal_ope_defaults();
        int normal = 0, boot = 0;

        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            pal_ope_rows rows = draw_log(&l, 1200, 3, seed);
            pal_ope_estimate e;
            pal_boot *draws = NULL;

            HOLD(pal_boot_new(&draws, rows.n_people, NULL, 200, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), 1, NULL) ==
                 PAL_OK);
            HOLD(pal_ope_estimate_value(&e, kind[k], &rows, &config, draws, NULL) == PAL_OK);
            normal += e.normal.lo <= right && right <= e.normal.hi;
            boot += e.boot.lo <= right && right <= e.boot.hi;
            pal_boot_free(draws);
        }
        /* 285 expected; four standard deviations are 15 */
        ck_assert_msg(normal >= 270 && normal <= 299, "%s: normal covers %d of 300", pal_ope_name(kind[k]), normal);
        ck_assert_msg(boot >= 267 && boot <= 299, "%s: bootstrap covers %d of 300", pal_ope_name(kind[k]), boot);
    }
}
END_TEST

START_TEST(tuning_finds_the_least_error_of_its_grid)
{
    static log_rows l;
    pal_ope_rows rows = draw_log(&l, 400, 1, (uint64_t)_i + 7);
    pal_ope_config config = pal_ope_defaults(), again = { 3, 3, 3, 0.95 };

    ck_assert_int_eq(pal_ope_tune(&config, &rows, NULL), PAL_OK);
    ck_assert_int_eq(pal_ope_tune(&again, &rows, NULL), PAL_OK); /* does not depend on where it began */
    ck_assert_double_eq(config.clip, again.clip);
    ck_assert_double_eq(config.shrink, again.shrink);
    for (size_t i = 0; i < 400; i++) l.q[i] = l.reward[i]; /* a perfect model: nothing to correct, no bias at any setting */
    ck_assert_int_eq(pal_ope_tune(&config, &rows, NULL), PAL_OK);
    ck_assert_double_eq(config.switch_at, 8); /* the largest of equals: 4 < 5.97 = largest weight <= 8 */
}
END_TEST

typedef struct fault {
    const char *part;
    double reward, logged, target;
    uint32_t person;
} fault;

static const fault faults[] = {
    { "row 1: reward", NAN, 0.5, 0.5, 0 },
    { "row 1: propensity 0, wanted above 0", 1, 0, 0.5, 0 },
    { "row 1: propensity 1.5", 1, 1.5, 0.5, 0 },
    { "row 1: target probability -0.1", 1, 0.5, -0.1, 0 },
    { "row 1: target probability nan", 1, 0.5, NAN, 0 },
    { "row 1: weight 5e+110", 1, 1e-111, 0.5, 0 },
    { "row 1: person 2 of 2", 1, 0.5, 0.5, 2 },
};

START_TEST(bad_rows_are_named)
{
    const fault *f = &faults[_i];
    double reward[2] = { 1, f->reward }, logged[2] = { 0.5, f->logged }, target[2] = { 0.5, f->target };
    uint32_t person[2] = { 0, f->person };
    pal_ope_rows rows = { .reward = reward, .logged = logged, .target = target, .person = person, .n = 2, .n_people = 2 };
    pal_ope_config config = pal_ope_defaults();
    pal_ope_estimate e;
    pal_error err;

    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, NULL, &err), PAL_ERR_DATA);
    ck_assert_msg(strstr(err.text, f->part) != NULL, "%s", err.text);
    ck_assert_int_eq(pal_ope_tune(&config, &rows, NULL), PAL_ERR_DATA);
}
END_TEST

START_TEST(misfits_are_refused)
{
    pal_ope_rows rows = { .reward = five_r, .logged = five_l, .target = five_t, .n = 4, .n_people = 4 };
    pal_ope_config config = pal_ope_defaults();
    pal_ope_estimate e;
    pal_boot *boot = NULL;
    pal_error err;

    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_DR, &rows, &config, NULL, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "dr needs a model"));
    config.clip = 0;
    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, NULL, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "clip 0"));
    config = pal_ope_defaults();
    ck_assert_int_eq(pal_boot_new(&boot, 3, NULL, 8, 0.9, pal_key_for(1, 0, PAL_FOR_BOOTSTRAP), 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, boot, &err), PAL_ERR_SHAPE);
    pal_boot_free(boot);
    rows.n_people = 3;
    ck_assert_int_eq(pal_ope_estimate_value(&e, PAL_OPE_IPS, &rows, &config, NULL, NULL), PAL_ERR_SHAPE);
    rows.n = 0;
    ck_assert_int_eq(pal_ope_tune(&config, &rows, NULL), PAL_ERR_SHAPE);
}
END_TEST

START_TEST(a_target_that_was_never_shown_has_no_snips)
{
    double zero[4] = { 0 };
    pal_ope_rows rows = { .reward = five_r, .logged = five_l, .target = zero, .n = 4, .n_people = 4 };
    pal_ope_config config = pal_ope_defaults();

    ck_assert(isnan(value_of(PAL_OPE_SNIPS, &rows, &config)));
    ck_assert_double_eq(value_of(PAL_OPE_IPS, &rows, &config), 0);
    ck_assert_double_eq(pal_ope_overlap_of(&rows, &config).ess, 0);
    ck_assert_double_eq(pal_ope_overlap_of(&rows, &config).zero_share, 1);
}
END_TEST

Suite *suite_metrics_ope(void)
{
    Suite *s = suite_create("metrics/ope");
    TCase *t = tcase_create("ope");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, ips_and_dr_are_unbiased_over_all_logs);
    tcase_add_test(t, the_others_are_biased_by_what_theory_says);
    tcase_add_loop_test(t, limits_of_the_settings_are_the_simpler_estimators, 0, 5);
    tcase_add_loop_test(t, snips_moves_with_the_rewards_and_stays_among_them, 0, 20);
    tcase_add_test(t, the_logger_judged_by_its_own_log_earns_the_mean);
    tcase_add_test(t, errors_and_sample_sizes_are_those_of_a_worked_example);
    tcase_add_test(t, intervals_cover_the_truth);
    tcase_add_loop_test(t, tuning_finds_the_least_error_of_its_grid, 0, 5);
    tcase_add_loop_test(t, bad_rows_are_named, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, misfits_are_refused);
    tcase_add_test(t, a_target_that_was_never_shown_has_no_snips);
    suite_add_tcase(s, t);
    return s;
}
