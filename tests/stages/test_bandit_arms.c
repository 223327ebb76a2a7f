/* How posteriors look from the songs of each taste, against one big ridge regression of everything. */
#include "stages/bandit_arms.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "tests/support/bandit_rig.h"
#include "tests/support/mini_world.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_stages_bandit_arms(void);

enum { USERS = 2 };

static const char *const kinds[] = { "person-taste", "person", "taste", "global" };

typedef struct rig {
    pal_catalog *catalog;
    pal_arms *arms;
    rig_joint joint;
    pal_arena *scratch;
    double *inverse, *mean;
} rig;

static pal_arms_config config_of(const char *arms, pal_arms_model model)
{
    return (pal_arms_config){ .model = model, .by_person = strncmp(arms, "person", 6) == 0,
                              .by_taste = strstr(arms, "taste") != NULL, .l2 = 0.8, .prior = 0.2, .refactor = 10 };
}

static pal_arms *arms_of(const pal_catalog *catalog, pal_arms_config config)
{
    const pal_stage_env env = { .catalog = catalog, .n_users = USERS };
    pal_arms *arms = NULL;

    ck_assert_int_eq(pal_arms_new(&arms, &env, &config, NULL), PAL_OK);
    return arms;
}

/* Twelve random slates of ten, answered and taken in by both. */
static rig rig_of(size_t i)
{
    mini_spec spec = mini_defaults(i);
    const char *arms = kinds[i % 4];
    const bool hybrid = i / 4 % 2 == 1;
    rig r;

    spec.n_items = 60;
    spec.n_genres = 3;
    spec.d = 2;
    r.catalog = mini_catalog(spec);
    r.arms = arms_of(r.catalog, config_of(arms, hybrid ? PAL_ARMS_HYBRID : PAL_ARMS_RIDGE));
    r.joint = rig_joint_new(r.catalog, USERS, arms, hybrid, 0.8, 0.2);
    ck_assert_int_eq(pal_arena_new(&r.scratch, 1 << 16, NULL), PAL_OK);
    for (uint32_t round = 0; round < 12; round++) {
        pal_event event[10];
        pal_slate slate = { .n = 10 };
        pal_feedback feedback = { .round = round, .n = 10, .events = event };

        for (size_t s = 0; s < 10; s++) {
            slate.item[s] = (uint32_t)(rig_unit(i, round * 10 + s) * 60);
        }
        rig_answer(event, r.catalog, round % USERS, round, &slate, i);
        rig_joint_learn(&r.joint, event, 10);
        ck_assert_int_eq(pal_arms_learn(r.arms, &feedback, r.scratch, NULL), PAL_OK);
    }
    r.inverse = pal_calloc(r.joint.n * r.joint.n, sizeof *r.inverse);
    r.mean = pal_calloc(r.joint.n, sizeof *r.mean);
    ck_assert(r.inverse != NULL && r.mean != NULL);
    rig_joint_solve(r.inverse, r.mean, &r.joint);
    return r;
}

static void rig_free(rig *r)
{
    pal_free(r->inverse);
    pal_free(r->mean);
    rig_joint_free(&r->joint);
    pal_arms_free(r->arms);
    pal_arena_free(r->scratch);
    pal_catalog_free(r->catalog);
}

/* Mean of one item and covariance of two by the joint regression. */
static double joint_value(double *mean, const rig *r, uint32_t user, uint32_t a, uint32_t b)
{
    const size_t n = r->joint.n;
    double *x = pal_calloc(2 * n, sizeof *x), sum = 0;

    ck_assert(x != NULL);
    rig_joint_x(x, &r->joint, user, a);
    rig_joint_x(x + n, &r->joint, user, b);
    *mean = 0.2;
    for (size_t i = 0; i < n; i++) {
        *mean += x[i] * r->mean[i];
        for (size_t j = 0; j < n; j++) {
            sum += x[i] * r->inverse[i * n + j] * x[n + j];
        }
    }
    pal_free(x);
    return sum;
}

START_TEST(means_and_widths_are_those_of_the_joint_regression)
{
    rig r = rig_of((size_t)_i);

    for (uint32_t user = 0; user < USERS; user++) {
        pal_arms_view view;

        ck_assert_int_eq(pal_arms_view_of(&view, r.arms, user, r.scratch, NULL), PAL_OK);
        for (size_t t = 0; t < 3; t++) {
            const size_t begin = r.catalog->cluster_begin[t], n = r.catalog->cluster_begin[t + 1] - begin;
            float greedy[60], bound[60];

            pal_arms_scan(greedy, &view, t, begin, n, 0);
            pal_arms_scan(bound, &view, t, begin, n, 0.7f);
            for (size_t i = 0; i < n; i++) {
                const uint32_t item = (uint32_t)(begin + i);
                double mean, x[PAL_MAX_FEATURES + 2], width = sqrt(joint_value(&mean, &r, user, item, item));

                pal_arms_x(x, r.arms, item);
                ck_assert_double_eq_tol(pal_arms_mean(&view, t, x), mean, 1e-11);
                ck_assert_double_eq_tol((double)pal_arms_score(&view, item), mean, 1e-6);
                ck_assert_double_eq_tol((double)greedy[i], mean, 1e-5);
                ck_assert_double_eq_tol((double)bound[i], mean + 0.7 * width, 1e-5);
            }
        }
    }
    rig_free(&r);
}
END_TEST

/* q = spread x: inner products of two songs' q, over what their tastes share, are the posterior's covariances. */
START_TEST(spreads_hold_the_covariances_across_tastes)
{
    rig r = rig_of((size_t)_i);
    pal_arms_view view;

    ck_assert_int_eq(pal_arms_view_of(&view, r.arms, 1, r.scratch, NULL), PAL_OK);
    for (uint32_t a = 0; a < 60; a += 7) {
        for (uint32_t b = 0; b < 60; b += 11) {
            const size_t ta = r.catalog->cluster[a], tb = r.catalog->cluster[b], base = r.arms->base;
            double xa[PAL_MAX_FEATURES + 2], xb[PAL_MAX_FEATURES + 2], sum = 0, mean;

            pal_arms_x(xa, r.arms, a);
            pal_arms_x(xb, r.arms, b);
            for (size_t row = 0; row < view.rows; row++) {
                double qa = 0, qb = 0;

                for (size_t j = 0; j < base; j++) {
                    qa += view.spread[(ta * view.rows + row) * base + j] * xa[j];
                    qb += view.spread[(tb * view.rows + row) * base + j] * xb[j];
                }
                sum += row < view.n_shared || pal_arms_own(&view, ta) == pal_arms_own(&view, tb) ? qa * qb : 0;
            }
            ck_assert_double_eq_tol(sum, joint_value(&mean, &r, 1, a, b), 1e-11);
        }
    }
    rig_free(&r);
}
END_TEST

/* Over 20,000 draws: means, variances and the covariance of two songs of different tastes. */
START_TEST(samples_have_the_joint_posteriors_moments)
{
    enum { N = 20000 };
    rig r = rig_of((size_t)_i);
    const uint32_t a = 0, b = 59;
    const size_t base = r.arms->base, ta = r.catalog->cluster[a], tb = r.catalog->cluster[b];
    const pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);
    double xa[PAL_MAX_FEATURES + 2], xb[PAL_MAX_FEATURES + 2], mean_a, mean_b, sum = 0, squares = 0, products = 0;
    const double var_a = joint_value(&mean_a, &r, 0, a, a), var_b = joint_value(&mean_b, &r, 0, b, b);
    const double both = joint_value(&mean_a, &r, 0, a, b);
    pal_arms_view view;

    ck_assert_uint_ne(ta, tb);
    pal_arms_x(xa, r.arms, a);
    pal_arms_x(xb, r.arms, b);
    ck_assert_int_eq(pal_arms_view_of(&view, r.arms, 0, r.scratch, NULL), PAL_OK);
    for (uint64_t s = 0; s < N; s++) {
        double theta[3 * (PAL_MAX_FEATURES + 2)], va = -mean_a, vb = -mean_b;

        ck_assert_int_eq(pal_arms_sample(theta, &view, 2, key, (pal_at){ 1, 2, s }, r.scratch, NULL), PAL_OK);
        for (size_t j = 0; j < base; j++) {
            va += theta[ta * base + j] * xa[j];
            vb += theta[tb * base + j] * xb[j];
        }
        sum += va;
        squares += va * va;
        products += va * vb;
    }
    ck_assert_double_eq_tol(sum / N, 0, 5 * 2 * sqrt(var_a / N));
    ck_assert_double_eq_tol(squares / N, 4 * var_a, 5 * 4 * var_a * sqrt(2.0 / N));
    ck_assert_double_eq_tol(products / N, 4 * both, 5 * 4 * sqrt((both * both + var_a * var_b) / N));
    rig_free(&r);
}
END_TEST

START_TEST(slots_that_nobody_looked_at_teach_nothing)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));

    for (int model = 0; model < 3; model++) {
        pal_arms *arms = arms_of(catalog, config_of("person-taste", (pal_arms_model)model));
        pal_event event = { .user = 1, .item = 5, .flags = PAL_LIKED };
        const pal_feedback round = { .n = 1, .events = &event };
        const uint64_t before = pal_arms_digest(arms);
        pal_arena *scratch = NULL;

        ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
        ck_assert_int_eq(pal_arms_learn(arms, &round, scratch, NULL), PAL_OK);
        if (model == PAL_ARMS_HYBRID) {
            ck_assert_uint_eq(arms->hybrid->own->count[catalog->clusters->n + catalog->cluster[5]], 0);
        } else {
            ck_assert_uint_eq(pal_arms_digest(arms), before);
        }
        event.flags = PAL_EXAMINED;
        ck_assert_int_eq(pal_arms_learn(arms, &round, scratch, NULL), PAL_OK);
        ck_assert_uint_ne(pal_arms_digest(arms), before);
        pal_arena_free(scratch);
        pal_arms_free(arms);
    }
    pal_catalog_free(catalog);
}
END_TEST

/* The logistic arm's view is its own posterior: log-odds that begin at the prior, and a width that shrinks. */
START_TEST(logistic_views_are_the_log_odds_of_their_arm)
{
    const bool diagonal = _i % 2 == 1;
    pal_catalog *catalog = mini_catalog(mini_defaults(3));
    pal_arms_config config = config_of(kinds[_i / 2], PAL_ARMS_LOGISTIC);
    pal_arms *arms;
    pal_arena *scratch = NULL;
    pal_arms_view before, after;
    pal_event event[40];
    const pal_feedback round = { .n = 40, .events = event };
    const size_t t = catalog->cluster[0];
    float first[600], later[600];

    config.diagonal = diagonal;
    arms = arms_of(catalog, config);
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    ck_assert_int_eq(pal_arms_view_of(&before, arms, 0, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol((double)pal_arms_score(&before, 0), pal_logit(0.2), 1e-6);
    for (size_t e = 0; e < 40; e++) {
        event[e] = (pal_event){ .user = 0, .item = (uint32_t)catalog->cluster_begin[t] + (uint32_t)(e % 20),
                                .flags = PAL_EXAMINED | (e % 4 != 0 ? PAL_LIKED : 0) };
    }
    ck_assert_int_eq(pal_arms_learn(arms, &round, scratch, NULL), PAL_OK);
    ck_assert_int_eq(pal_arms_view_of(&after, arms, 0, scratch, NULL), PAL_OK);
    ck_assert_double_gt((double)pal_arms_score(&after, 0), 0); /* three of four were liked */
    pal_arms_scan(first, &before, t, catalog->cluster_begin[t], 20, 1);
    pal_arms_scan(later, &after, t, catalog->cluster_begin[t], 20, 1);
    for (size_t i = 0; i < 20; i++) {
        const uint32_t item = (uint32_t)(catalog->cluster_begin[t] + i);

        ck_assert_double_lt((double)later[i] - (double)pal_arms_score(&after, item),
                            (double)first[i] - (double)pal_arms_score(&before, item));
    }
    pal_arena_free(scratch);
    pal_arms_free(arms);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_bandit_arms(void)
{
    Suite *suite = suite_create("stages/bandit_arms");
    TCase *tc = tcase_create("bandit_arms");

    tcase_add_loop_test(tc, means_and_widths_are_those_of_the_joint_regression, 0, 16);
    tcase_add_loop_test(tc, spreads_hold_the_covariances_across_tastes, 0, 8);
    tcase_add_loop_test(tc, samples_have_the_joint_posteriors_moments, 0, 8);
    tcase_add_test(tc, slots_that_nobody_looked_at_teach_nothing);
    tcase_add_loop_test(tc, logistic_views_are_the_log_odds_of_their_arm, 0, 8);
    suite_add_tcase(suite, tc);
    return suite;
}
