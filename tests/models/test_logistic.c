/* Logistic regression: scikit-learn's coefficients, the zero gradient, closed forms, and what must be refused. */
#include "models/logistic.h"

#include "core/hash.h"
#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/logit_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_logistic(void);

#define D LOGIT_D

static pal_arena *arena;

static void setup(void)
{
    ck_assert_int_eq(pal_arena_new(&arena, 1 << 12, NULL), PAL_OK);
}

static void teardown(void)
{
    pal_arena_free(arena);
}

static void *room(size_t n)
{
    void *out = calloc(n, sizeof(double));

    ck_assert_ptr_nonnull(out);
    return out;
}

/* ---- against scikit-learn --------------------------------------------------------------------------------- */

/*
 * scikit-learn 1.2.1, numpy 1.24.2; X, y as tests/support/logit_rows.c makes them with seed 20240603:
 *   K = dict(solver='newton-cholesky', tol=1e-12, max_iter=1000)
 *   plain        LogisticRegression(**K).fit(X, y)
 *   weighted     LogisticRegression(C=0.4, **K).fit(X, y, 1 + 0.75 * (numpy.arange(200) % 4))
 *   balanced     LogisticRegression(class_weight='balanced', **K).fit(X, y)
 *   free         LogisticRegression(penalty='none', **K).fit(X, y)
 *   standardised Z = (X - X.mean(0)) / X.std(0); m = LogisticRegression(C=0.1, **K).fit(Z, y);
 *                w = m.coef_ / X.std(0); b = m.intercept_ - w @ X.mean(0)
 */
typedef struct fixture {
    size_t n;
    double l2;
    bool weighted, balanced, standardise;
    double w[D], b;
} fixture;

static const fixture fixtures[] = {
    { 200, 1, false, false, false,
      { 1.451812554316685, -0.5719231301352142, 0.759566147388085, 0.2500428907661998, -0.01379789039289906,
        0.04551071029096141, 0.4338955434030982, -0.9078329823918599, 0.7475049665605999 }, -0.5416509974478454 },
    { 2000, 1, false, false, false,
      { 1.076690558396162, -0.6782102737641738, 0.5497434780135536, 0.2335397393499001, -0.1750243361740298,
        0.07508099992172698, 0.9840225223036638, -1.208172814738551, 0.6618597176816192 }, -0.6474495720549839 },
    { 20000, 1, false, false, false,
      { 1.011132094009646, -0.6938724549232538, 0.5008436057052865, 0.2857552051291774, -0.1890946289688133,
        0.0782840421420779, 0.77071023226591, -1.268265163894161, 0.5834534176528302 }, -0.4352999244586218 },
    { 200, 1 / 0.4, true, false, false,
      { 1.487655871598483, -0.7442201251778432, 0.8078924961193265, 0.3645235324891914, 0.03436383690496089,
        0.05939446790300314, 0.1357704819033653, -1.175707593663683, 0.7003025086674471 }, -0.2497305872753292 },
    { 200, 1, false, true, false,
      { 1.408509711972074, -0.5510099901538867, 0.7355852521435814, 0.2441369487222266, -0.00680879603285997,
        0.050837212504706, 0.3866691853573894, -0.9023752399293232, 0.7479815552035413 }, -0.1681648465120419 },
    { 200, 0, false, false, false,
      { 1.60193517410431, -0.6509880163104014, 0.8465292737128977, 0.2731078295741821, -0.02717420709002901,
        0.05346860018175091, 0.6844848355018319, -1.397832781169436, 0.9003610985485068 }, -0.539717503323708 },
    { 200, 10, false, false, true,
      { 0.9921045319609828, -0.3585871954557326, 0.5208770150351667, 0.1710672907455063, 0.009922620115869168,
        0.0110454492567497, 0.4082435788682334, -0.7925294564978914, 0.6345547043768182 }, -0.4746619971610514 },
};

START_TEST(coefficients_are_those_of_scikit_learn)
{
    const fixture *f = &fixtures[_i];
    double *x = room(f->n * D), *y = room(f->n), *weight = room(f->n), w[D], b;
    pal_logistic_config config = pal_logistic_defaults();
    pal_logistic_report report;

    logit_rows(x, y, 20240603, f->n);
    for (size_t i = 0; i < f->n; i++) weight[i] = 1 + 0.75 * (double)(i % 4);
    config.l2 = f->l2;
    config.balanced = f->balanced;
    config.standardise = f->standardise;
    ck_assert_int_eq(pal_logistic_fit(w, &b, &report, x, y, f->weighted ? weight : NULL, f->n, D, &config, arena, NULL),
                     PAL_OK);
    ck_assert_double_eq_tol(b, f->b, 1e-8);
    for (size_t j = 0; j < D; j++) ck_assert_double_eq_tol(w[j], f->w[j], 1e-8);
    ck_assert_double_le(report.gradient, config.tol);
    ck_assert_int_le(report.passes, 9);
    free(x);
    free(y);
    free(weight);
}
END_TEST

/* ---- the minimum ------------------------------------------------------------------------------------------ */

enum { MOST = 400, WIDE = 7 };

typedef struct problem {
    double x[MOST * WIDE], y[MOST], weight[MOST];
    size_t n, d;
    pal_logistic_config config;
    double ridge; /* the penalty as the sum of the losses sees it */
} problem;

/* Sizes around the blocks and the lanes, columns of very different units, labels that depend on them, odd weights. */
static void draw(problem *p, uint64_t seed)
{
    static const size_t sizes[] = { 5, 8, 9, 31, 255, 256, 257, 263, 400 };
    double total = 0;

    p->n = sizes[seed % 9];
    p->d = 1 + seed / 9 % WIDE;
    for (size_t i = 0; i < p->n; i++) {
        double f = 0.2;

        for (size_t j = 0; j < p->d; j++) {
            double v = logit_bell(seed, i * WIDE + j);

            f += v * (j % 2 == 0 ? 1.3 : -0.7);
            p->x[i * p->d + j] = v * (j == 2 ? 117.3 : 1) + (j == 3 ? 2.385 : 0);
        }
        p->y[i] = logit_uniform(seed + 1000, i) < 0.5 + f / (2 + 2 * fabs(f));
        p->weight[i] = 0.1173 + 2 * logit_uniform(seed + 2000, i);
        total += p->weight[i];
    }
    p->y[0] = 0;
    p->y[1] = 1;
    p->config = pal_logistic_defaults();
    p->config.l2 = 0.01 + 3 * logit_uniform(seed + 3000, 0);
    p->config.penalty = seed % 2 == 0 ? PAL_L2_TOTAL : PAL_L2_MEAN;
    p->ridge = p->config.penalty == PAL_L2_TOTAL ? p->config.l2 : p->config.l2 * total;
}

static void fit(double *w, double *b, const problem *p)
{
    ck_assert_int_eq(pal_logistic_fit(w, b, NULL, p->x, p->y, p->weight, p->n, p->d, &p->config, arena, NULL), PAL_OK);
}

/* The objective is strictly convex, so a zero gradient is the minimum. */
START_TEST(gradient_is_zero_at_the_answer)
{
    static problem p;
    double w[WIDE], b;

    draw(&p, (uint64_t)_i);
    fit(w, &b, &p);
    ck_assert_double_lt(logit_gradient(w, b, p.x, p.y, p.weight, p.n, p.d, p.ridge), 1e-9);
}
END_TEST

/* Two groups and nothing else: the log-odds are those of the shares. */
START_TEST(one_flag_gives_the_log_odds_of_its_groups)
{
    double x[60], y[60], w, b;
    pal_logistic_config config = pal_logistic_defaults();

    config.l2 = 0;
    for (size_t i = 0; i < 60; i++) { /* of 20 with the flag 13 are positive, of 40 without 11 */
        x[i] = i < 20;
        y[i] = i < 20 ? i < 13 : i < 31;
    }
    ck_assert_int_eq(pal_logistic_fit(&w, &b, NULL, x, y, NULL, 60, 1, &config, arena, NULL), PAL_OK);
    ck_assert_double_eq_tol(b, log(11.0 / 29), 1e-10);
    ck_assert_double_eq_tol(w, log(13.0 / 7) - log(11.0 / 29), 1e-10);
}
END_TEST

START_TEST(constant_column_gets_no_coefficient)
{
    double x[40], y[20], w[2] = { 7, 7 }, b;
    pal_logistic_config config = pal_logistic_defaults();

    config.l2 = _i == 0 ? 0 : 2.385;
    for (size_t i = 0; i < 20; i++) {
        x[2 * i] = 0.1;
        x[2 * i + 1] = -3e5;
        y[i] = i < 6;
    }
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, x, y, NULL, 20, 2, &config, arena, NULL), PAL_OK);
    ck_assert(w[0] == 0 && w[1] == 0);
    ck_assert_double_eq_tol(b, log(6.0 / 14), 1e-13);
}
END_TEST

/* The edges of a double: one value of 1e300, both ends, hardly above 0, an offset of 1e12; and a plain column. */
START_TEST(columns_at_the_edge_of_doubles_are_fitted)
{
    double x[60 * 5], y[60], plain[60], w[5], b, b1;
    pal_logistic_config config = pal_logistic_defaults();

    config.l2 = _i == 0 ? 0 : 0.5;
    config.standardise = true;
    for (size_t i = 0; i < 60; i++) {
        x[5 * i] = 1e300;
        x[5 * i + 1] = i % 2 == 0 ? 1.7e308 : -1.7e308;
        x[5 * i + 2] = (double)(i % 5) * 1e-315;
        x[5 * i + 3] = 1e12 + (double)(i / 2 % 2);
        plain[i] = x[5 * i + 4] = logit_bell(31, i);
        y[i] = logit_uniform(32, i) < 0.5 + 0.1 * plain[i];
    }
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, x, y, NULL, 60, 5, &config, arena, NULL), PAL_OK);
    ck_assert(w[0] == 0 && w[2] == 0);
    ck_assert(fabs(w[1]) > 0 && fabs(w[1]) < 1e-307 && fabs(w[3]) > 1e-6 && fabs(w[3]) < 10);
    for (size_t i = 0; i < 60; i++) { /* the same in handy units */
        x[3 * i] = i % 2 == 0 ? 1 : -1;
        x[3 * i + 1] = (double)(i / 2 % 2);
        x[3 * i + 2] = plain[i];
    }
    memcpy(plain, w, sizeof w);
    ck_assert_int_eq(pal_logistic_fit(w, &b1, NULL, x, y, NULL, 60, 3, &config, arena, NULL), PAL_OK);
    ck_assert_double_eq_tol(plain[4], w[2], 1e-9);
    ck_assert_double_eq_tol(plain[3], w[1], 1e-9);
    ck_assert_double_eq_tol(plain[1] * 1.7e308, w[0], 1e-9);
}
END_TEST

START_TEST(units_of_the_columns_do_not_matter_without_a_penalty_on_them)
{
    static problem p;
    double w[WIDE], b, w2[WIDE], b2, moved = 0;
    static const double scale[WIDE] = { 1e9, 1e-9, 3, 1e150, 1e-150, 117, 1e-3 };
    static const double shift[WIDE] = { 1e12, 1, -5e4, 0, 0, 1e6, 4 };

    draw(&p, (uint64_t)_i * 9 + 8); /* 400 rows */
    p.config.standardise = true;
    fit(w, &b, &p);
    for (size_t i = 0; i < p.n; i++) {
        for (size_t j = 0; j < p.d; j++) p.x[i * p.d + j] = p.x[i * p.d + j] * scale[j] + shift[j];
    }
    fit(w2, &b2, &p);
    for (size_t j = 0; j < p.d; j++) {
        ck_assert_double_eq_tol(w2[j] * scale[j], w[j], 1e-6 * (1 + fabs(w[j])));
        moved += w2[j] * shift[j];
    }
    ck_assert_double_eq_tol(b2 + moved, b, 1e-6 * (1 + fabs(moved)));
}
END_TEST

START_TEST(quadrupling_all_weights_changes_nothing_beside_a_mean_penalty)
{
    static problem p;
    double w[WIDE], b, w2[WIDE], b2;

    draw(&p, (uint64_t)_i);
    p.config.penalty = PAL_L2_MEAN;
    fit(w, &b, &p);
    for (size_t i = 0; i < p.n; i++) p.weight[i] *= 4;
    fit(w2, &b2, &p);
    ck_assert_mem_eq(w, w2, p.d * sizeof *w); /* also the roots are exact: to the bit */
    ck_assert(b == b2);
}
END_TEST

START_TEST(whole_weights_are_rows_repeated)
{
    static problem p, q;
    double w[WIDE], b, w2[WIDE], b2;

    draw(&p, (uint64_t)_i);
    p.n = p.n < 130 ? p.n : 130;
    q = p;
    q.n = 0;
    for (size_t i = 0; i < p.n; i++) {
        size_t times = i < 2 ? 1 : i % 4;

        p.weight[i] = (double)times;
        for (; times > 0; times--) {
            memcpy(q.x + q.n * q.d, p.x + i * p.d, p.d * sizeof *p.x);
            q.weight[q.n] = 1;
            q.y[q.n++] = p.y[i];
        }
        if (i >= 2 && i % 4 == 0) p.x[i * p.d] = i % 8 == 0 ? (double)NAN : 1e300; /* weight 0: plays no part */
    }
    fit(w, &b, &p);
    fit(w2, &b2, &q);
    for (size_t j = 0; j < p.d; j++) ck_assert_double_eq_tol(w[j], w2[j], 1e-9);
    ck_assert_double_eq_tol(b, b2, 1e-9);
}
END_TEST

START_TEST(order_of_the_rows_does_not_matter)
{
    static problem p, q;
    double w[WIDE], b, w2[WIDE], b2;

    draw(&p, (uint64_t)_i);
    q = p;
    for (size_t i = 0; i < p.n; i++) {
        size_t to = p.n - 1 - i;

        memcpy(q.x + to * q.d, p.x + i * p.d, p.d * sizeof *p.x);
        q.y[to] = p.y[i];
        q.weight[to] = p.weight[i];
    }
    fit(w, &b, &p);
    fit(w2, &b2, &q);
    for (size_t j = 0; j < p.d; j++) ck_assert_double_eq_tol(w[j], w2[j], 1e-9);
    ck_assert_double_eq_tol(b, b2, 1e-9);
}
END_TEST

/* Turning the labels round turns the signs. */
START_TEST(swapping_the_classes_negates_the_answer)
{
    static problem p;
    double w[WIDE], b, w2[WIDE], b2;

    draw(&p, (uint64_t)_i);
    fit(w, &b, &p);
    for (size_t i = 0; i < p.n; i++) p.y[i] = 1 - p.y[i];
    fit(w2, &b2, &p);
    for (size_t j = 0; j < p.d; j++) ck_assert_double_eq_tol(w[j], -w2[j], 1e-9);
    ck_assert_double_eq_tol(b, -b2, 1e-9);
}
END_TEST

/* ---- the search ------------------------------------------------------------------------------------------- */

START_TEST(warm_start_ends_at_the_same_minimum_in_fewer_passes)
{
    static double x[2000 * D], y[2000];
    double w[D], b, w2[D], b2;
    pal_logistic_config config = pal_logistic_defaults();
    pal_logistic_report cold, warm;

    logit_rows(x, y, (uint64_t)_i, 2000);
    ck_assert_int_eq(pal_logistic_fit(w, &b, &cold, x, y, NULL, 1900, D, &config, arena, NULL), PAL_OK);
    memcpy(w2, w, sizeof w);
    b2 = b;
    config.warm_start = true;
    ck_assert_int_eq(pal_logistic_fit(w2, &b2, &warm, x, y, NULL, 2000, D, &config, arena, NULL), PAL_OK);
    config.warm_start = false;
    ck_assert_int_eq(pal_logistic_fit(w, &b, &cold, x, y, NULL, 2000, D, &config, arena, NULL), PAL_OK);
    for (size_t j = 0; j < D; j++) ck_assert_double_eq_tol(w[j], w2[j], 1e-9);
    ck_assert_double_eq_tol(b, b2, 1e-9);
    ck_assert_int_lt(warm.passes, cold.passes);
}
END_TEST

START_TEST(senseless_warm_start_is_the_cold_one)
{
    static problem p;
    static const double bad[] = { NAN, INFINITY, -INFINITY, 1e308, -4e4 };
    double w[WIDE], b, w2[WIDE], b2;

    draw(&p, 31);
    fit(w, &b, &p);
    p.config.warm_start = true;
    for (size_t j = 0; j < WIDE; j++) w2[j] = bad[_i];
    b2 = bad[_i];
    fit(w2, &b2, &p);
    ck_assert_mem_eq(w, w2, p.d * sizeof *w);
    ck_assert(b == b2);
}
END_TEST

/* A warm start with confident scores on the wrong side: full steps would jump from wall to wall. */
START_TEST(steps_that_go_too_far_are_shortened)
{
    double x[64], y[64], w = 20, b = -30;
    pal_logistic_config config = pal_logistic_defaults();
    pal_logistic_report report;

    for (size_t i = 0; i < 64; i++) {
        x[i] = (double)i / 32 - 1;
        y[i] = i * 7 % 64 < i;
    }
    config.l2 = 1e-3;
    config.warm_start = true;
    ck_assert_int_eq(pal_logistic_fit(&w, &b, &report, x, y, NULL, 64, 1, &config, arena, NULL), PAL_OK);
    ck_assert_int_gt(report.shortened, 0);
    ck_assert_double_lt(logit_gradient(&w, b, x, y, NULL, 64, 1, 1e-3), 1e-10);
}
END_TEST

START_TEST(separable_classes_are_fitted_with_a_penalty)
{
    double x[20], y[20], w, b;
    pal_logistic_config config = pal_logistic_defaults();
    pal_logistic_report report;

    config.l2 = _i == 0 ? 1 : 1e-6;
    for (size_t i = 0; i < 20; i++) {
        x[i] = (double)i - 11.73;
        y[i] = i > 12;
    }
    ck_assert_int_eq(pal_logistic_fit(&w, &b, &report, x, y, NULL, 20, 1, &config, arena, NULL), PAL_OK);
    ck_assert_double_lt(logit_gradient(&w, b, x, y, NULL, 20, 1, config.l2), 1e-9);
    ck_assert_double_gt(w, _i == 0 ? 1 : 10);
}
END_TEST

START_TEST(twin_columns_share_their_coefficient)
{
    double x[400 * 3], y[400], single[400], w[3], b, w1, b1;
    pal_logistic_config config = pal_logistic_defaults();

    for (size_t i = 0; i < 400; i++) {
        single[i] = x[3 * i] = x[3 * i + 1] = x[3 * i + 2] = logit_bell(5, i);
        y[i] = logit_uniform(6, i) < 0.5 + 0.3 * x[3 * i];
    }
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, x, y, NULL, 400, 3, &config, arena, NULL), PAL_OK);
    ck_assert_double_eq_tol(w[0], w[1], 1e-9);
    ck_assert_double_eq_tol(w[0], w[2], 1e-9);
    /* l2 (w/3)^2 three times is l2 / 3 w^2 */
    config.l2 = 1.0 / 3;
    ck_assert_int_eq(pal_logistic_fit(&w1, &b1, NULL, single, y, NULL, 400, 1, &config, arena, NULL), PAL_OK);
    ck_assert_double_eq_tol(w[0] + w[1] + w[2], w1, 1e-9);
}
END_TEST

/* ---- what is refused -------------------------------------------------------------------------------------- */

typedef struct fault {
    void (*make)(problem *p);
    pal_status status;
    const char *part;
} fault;

static void no_rows(problem *p) { p->n = 0; }
static void no_columns(problem *p) { p->d = 0; }
static void negative_l2(problem *p) { p->config.l2 = -1; }
static void nan_l2(problem *p) { p->config.l2 = NAN; }
static void no_tol(problem *p) { p->config.tol = 0; }
static void no_passes(problem *p) { p->config.max_iter = 0; }
static void nan_x(problem *p) { p->x[17 * p->d + 2] = NAN; }
static void inf_x(problem *p) { p->x[399 * p->d] = -INFINITY; }
static void odd_y(problem *p) { p->y[23] = 0.5; }
static void nan_y(problem *p) { p->y[24] = NAN; }
static void odd_weight(problem *p) { p->weight[25] = -1; }
static void inf_weight(problem *p) { p->weight[26] = INFINITY; }
static void few_passes(problem *p) { p->config.max_iter = 2; }

static void all_negative(problem *p)
{
    for (size_t i = 0; i < p->n; i++) p->y[i] = 0;
}

static void positives_without_weight(problem *p)
{
    for (size_t i = 0; i < p->n; i++) p->weight[i] *= 1 - p->y[i];
}

static void separable(problem *p)
{
    p->config.l2 = 0;
    for (size_t i = 0; i < p->n; i++) p->y[i] = p->x[i * p->d + 1] > 0.1173;
}

static void dependent(problem *p)
{
    p->config.l2 = 0;
    for (size_t i = 0; i < p->n; i++) p->x[i * p->d + 3] = 2.385 * p->x[i * p->d] - p->x[i * p->d + 1] + 4;
}

/* All rows with the flag are positive, the others are mixed. */
static void half_separable(problem *p)
{
    p->config.l2 = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->x[i * p->d + 2] = i % 5 == 0;
        if (i % 5 == 0) p->y[i] = 1;
    }
}

static const fault faults[] = {
    { no_rows, PAL_ERR_SHAPE, "0 rows" },
    { no_columns, PAL_ERR_SHAPE, "0 columns" },
    { negative_l2, PAL_ERR_CONFIG, "l2 -1" },
    { nan_l2, PAL_ERR_CONFIG, "l2" },
    { no_tol, PAL_ERR_CONFIG, "tol 0" },
    { no_passes, PAL_ERR_CONFIG, "max_iter 0" },
    { nan_x, PAL_ERR_DATA, "row 17, column 2" },
    { inf_x, PAL_ERR_DATA, "row 399, column 0" },
    { odd_y, PAL_ERR_DATA, "y of row 23 is 0.5" },
    { nan_y, PAL_ERR_DATA, "y of row 24" },
    { odd_weight, PAL_ERR_DATA, "weight of row 25 is -1" },
    { inf_weight, PAL_ERR_DATA, "weight of row 26" },
    { all_negative, PAL_ERR_DATA, "one class only: 400 rows of weight above 0, all of y = 0" },
    { positives_without_weight, PAL_ERR_DATA, "one class only" },
    { separable, PAL_ERR_DATA, "told apart without error" },
    { dependent, PAL_ERR_DATA, "column 3 depends" },
    { half_separable, PAL_ERR_DATA, "column 2" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_are_named_and_leave_the_answer_alone)
{
    static problem p;
    pal_error err = { 0 };
    double w[WIDE] = { 1, 2, 3, 4, 5, 6, 7 }, b = 8;

    draw(&p, 8 + 9 * 4); /* 400 rows, 5 columns */
    faults[_i].make(&p);
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, p.x, p.y, p.weight, p.n, p.d, &p.config, arena, &err),
                     faults[_i].status);
    ck_assert_msg(strstr(err.text, faults[_i].part) != NULL, "\"%s\" does not hold \"%s\"", err.text, faults[_i].part);
    for (size_t j = 0; j < WIDE; j++) ck_assert(w[j] == (double)(j + 1));
    ck_assert(b == 8);
}
END_TEST

START_TEST(too_few_passes_give_the_last_step_and_say_so)
{
    static problem p;
    pal_error err = { 0 };
    pal_logistic_report report;
    double w[WIDE] = { 0 }, b = 0;

    draw(&p, 8 + 9 * 4);
    few_passes(&p);
    ck_assert_int_eq(pal_logistic_fit(w, &b, &report, p.x, p.y, p.weight, p.n, p.d, &p.config, arena, &err),
                     PAL_ERR_CONVERGE);
    ck_assert_ptr_nonnull(strstr(err.text, "after 2 passes"));
    ck_assert(w[0] != 0);
    ck_assert_int_eq(report.passes, 2);
    ck_assert_double_gt(report.gradient, p.config.tol);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_none_is_made_twice)
{
    static problem p;
    pal_arena *small = NULL;
    double w[WIDE], b;
    size_t failures = 0;

    draw(&p, 8 + 9 * 4);
    for (size_t k = 1; k < 20; k++) { /* an arena that cannot double takes less: not all show */
        pal_status rc;

        pal_arena_free(small); /* from the beginning: chunks are kept */
        ck_assert_int_eq(pal_arena_new(&small, 64, NULL), PAL_OK);
        pal_mem_fail_at(k);
        rc = pal_logistic_fit(w, &b, NULL, p.x, p.y, p.weight, p.n, p.d, &p.config, small, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        failures += rc == PAL_ERR_MEMORY;
    }
    ck_assert_uint_gt(failures, 0);
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_logistic_fit(w, &b, NULL, p.x, p.y, p.weight, p.n, p.d, &p.config, small, NULL), PAL_OK);
    ck_assert_uint_eq(pal_mem_count(), 0);
    pal_arena_free(small);
}
END_TEST

/* ---- bytes ------------------------------------------------------------------------------------------------ */

/* Rows without libm, so the number moves only when the fit does. First seen with gcc 12 -O3 and 512-bit vectors; gcc -O0,
 * clang 14 -O0 and -O3, and builds without clones gave the same. */
#define EXPECTED UINT64_C(0x371B42C1312EFF8F)

START_TEST(bytes_do_not_depend_on_compiler_or_vectors)
{
    static problem p;
    uint64_t digest = 0;

    for (uint64_t seed = 0; seed < 63; seed++) {
        double out[WIDE + 1];

        draw(&p, seed);
        fit(out, out + p.d, &p);
        digest = pal_hash_mix(digest, pal_hash_doubles(out, p.d + 1));
    }
    ck_assert_msg(digest == EXPECTED, "digest is 0x%016llX", (unsigned long long)digest);
}
END_TEST

START_TEST(predictions_are_the_logistic_of_the_score)
{
    const double x[6] = { 1, 2, 0, 0, -3, 2800 }, w[2] = { 0.5, -0.25 };
    double p[3];

    pal_logistic_predict(p, x, 3, 2, w, 0.1173);
    ck_assert_double_eq_tol(p[0], 1 / (1 + exp(-0.1173)), 1e-15);
    ck_assert_double_eq_tol(p[1], 1 / (1 + exp(-0.1173)), 1e-15);
    ck_assert(p[2] > 0 && p[2] < 1e-300);
}
END_TEST

START_TEST(table_of_parameters_gives_the_defaults)
{
    pal_values *values = NULL;
    pal_logistic_config a = pal_logistic_defaults(), b;

    ck_assert_int_eq(pal_values_read(&values, pal_logistic_params, NULL, "f", "", NULL, NULL), PAL_OK);
    b = pal_logistic_config_from(values);
    ck_assert(a.l2 == b.l2 && a.penalty == b.penalty && a.standardise == b.standardise && a.balanced == b.balanced);
    ck_assert(a.warm_start == b.warm_start && a.tol == b.tol && a.max_iter == b.max_iter);
    pal_values_free(values);
}
END_TEST

Suite *suite_models_logistic(void)
{
    Suite *suite = suite_create("models/logistic");
    TCase *tc = tcase_create("logistic");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, coefficients_are_those_of_scikit_learn, 0, sizeof fixtures / sizeof fixtures[0]);
    tcase_add_loop_test(tc, gradient_is_zero_at_the_answer, 0, 126);
    tcase_add_test(tc, one_flag_gives_the_log_odds_of_its_groups);
    tcase_add_loop_test(tc, constant_column_gets_no_coefficient, 0, 2);
    tcase_add_loop_test(tc, columns_at_the_edge_of_doubles_are_fitted, 0, 2);
    tcase_add_loop_test(tc, units_of_the_columns_do_not_matter_without_a_penalty_on_them, 0, 14);
    tcase_add_loop_test(tc, quadrupling_all_weights_changes_nothing_beside_a_mean_penalty, 0, 18);
    tcase_add_loop_test(tc, whole_weights_are_rows_repeated, 0, 27);
    tcase_add_loop_test(tc, order_of_the_rows_does_not_matter, 0, 18);
    tcase_add_loop_test(tc, swapping_the_classes_negates_the_answer, 0, 18);
    tcase_add_loop_test(tc, warm_start_ends_at_the_same_minimum_in_fewer_passes, 0, 5);
    tcase_add_loop_test(tc, senseless_warm_start_is_the_cold_one, 0, 5);
    tcase_add_test(tc, steps_that_go_too_far_are_shortened);
    tcase_add_loop_test(tc, separable_classes_are_fitted_with_a_penalty, 0, 2);
    tcase_add_test(tc, twin_columns_share_their_coefficient);
    tcase_add_loop_test(tc, faults_are_named_and_leave_the_answer_alone, 0, N_FAULTS);
    tcase_add_test(tc, too_few_passes_give_the_last_step_and_say_so);
    tcase_add_test(tc, every_failing_allocation_is_reported_and_none_is_made_twice);
    tcase_add_test(tc, bytes_do_not_depend_on_compiler_or_vectors);
    tcase_add_test(tc, predictions_are_the_logistic_of_the_score);
    tcase_add_test(tc, table_of_parameters_gives_the_defaults);
    suite_add_tcase(suite, tc);
    return suite;
}
