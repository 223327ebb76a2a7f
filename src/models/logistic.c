/* Newton's method on standardised columns. The rows and the pass over them: logistic_rows.c. */
#include "models/logistic.h"

#include "core/linalg.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "models/logistic_rows.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LONGEST_MOVE 1.5  /* of a score, below which a full Newton step descends: (e^M - M - 1) / M^2 < 1  */
#define KEEP_MOVE 0.05    /* below it the Hessian changes by less than this share: the old factor will do  */
#define SETTLED_MOVE 0.1  /* l2 = 0: with larger moves the scores still run away, however small the slope  */
#define LARGEST_RIDGE 1e290 /* a column of a spread near 0: its products must fit                            */
#define SATURATED 100.0   /* a warm start with such scores has no curvature left to go by                  */
#define PIVOT_SHARE 1e-8  /* l2 = 0: a column of which less is its own depends on the others               */

const pal_param pal_logistic_params[] = {
    { "l2", PAL_PARAM_REAL, "1", 0, DBL_MAX, NULL, "penalty on the squared coefficients; the intercept is free",
      "scikit-learn: 1 / C with C = 1" },
    { "penalty", PAL_PARAM_CHOICE, "\"total\"", 0, 0, "total|mean",
      "l2 is measured against the sum of the losses (as scikit-learn's 1 / C) or their mean", "scikit-learn" },
    { "standardise", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "penalise a coefficient per standard deviation of its column instead of per unit", "scikit-learn" },
    { "balanced", PAL_PARAM_BOOL, "false", 0, 0, NULL, "weigh both classes the same", "scikit-learn: class_weight" },
    { "tol", PAL_PARAM_REAL, "1e-8", 1e-14, 1, NULL, "stop when the largest gradient entry is at or below it", NULL },
    { "max_iter", PAL_PARAM_INT, "100", 1, INT_MAX, NULL, "passes over the rows allowed", "scikit-learn" },
    { 0 }
};

pal_logistic_config pal_logistic_defaults(void)
{
    return (pal_logistic_config){ .l2 = 1, .penalty = PAL_L2_TOTAL, .tol = 1e-8, .max_iter = 100 };
}

pal_logistic_config pal_logistic_config_from(const pal_values *values)
{
    return (pal_logistic_config){
        .l2 = pal_values_real(values, "l2"),
        .penalty = pal_values_choice(values, "penalty") == 0 ? PAL_L2_TOTAL : PAL_L2_MEAN,
        .standardise = pal_values_bool(values, "standardise"),
        .balanced = pal_values_bool(values, "balanced"),
        .tol = pal_values_real(values, "tol"),
        .max_iter = (int)pal_values_int(values, "max_iter"),
    };
}

static pal_status check_config(const pal_logistic_config *c, pal_error *err)
{
    if (!(c->l2 >= 0 && isfinite(c->l2))) {
        return pal_error_set(err, PAL_ERR_CONFIG, "logistic: l2 %g, wanted finite and >= 0", c->l2);
    }
    if (c->penalty != PAL_L2_TOTAL && c->penalty != PAL_L2_MEAN) {
        return pal_error_set(err, PAL_ERR_CONFIG, "logistic: penalty %d is neither total nor mean", (int)c->penalty);
    }
    if (!(c->tol > 0)) {
        return pal_error_set(err, PAL_ERR_CONFIG, "logistic: tol %g, wanted above 0", c->tol);
    }
    if (c->max_iter < 1) {
        return pal_error_set(err, PAL_ERR_CONFIG, "logistic: max_iter %d, wanted 1 or more", c->max_iter);
    }
    return PAL_OK;
}

/* The state of the search, in the coordinates u of the standardised columns; u[0] is the intercept. */
typedef struct search {
    pal_logistic_rows rows;
    const pal_logistic_config *config;
    double *u;           /* m: the point                          */
    double *from, *step; /* m: where it was reached from, and how */
    double *g, *h;       /* gradient with the penalty, m; Hessian without, m x m, then its factor */
    double *ridge;       /* m: penalty on u_j^2 / 2               */
    double gradient;     /* largest |g| over the total weight     */
    double move;         /* largest of a score in the last step   */
    bool factored;       /* h holds the factor                    */
    pal_logistic_report report;
} search;

static pal_status make_search(search *s, const double *x, const double *y, const double *weight, size_t n, size_t d,
                              const pal_logistic_config *config, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t m = d + 1;
    double l2;

    s->config = config;
    PAL_TRY(pal_logistic_rows_make(&s->rows, x, y, weight, n, d, config->balanced, arena, err));
    PAL_TAKE(s->u, m, arena);
    PAL_TAKE(s->from, m, arena);
    PAL_TAKE(s->step, m, arena);
    PAL_TAKE(s->g, m, arena);
    PAL_TAKE(s->ridge, m, arena);
    PAL_TAKE(s->h, m * m, arena);
    l2 = config->penalty == PAL_L2_TOTAL ? config->l2 : config->l2 * s->rows.total;
    s->ridge[0] = 0;
    for (size_t j = 1; j < m; j++) {
        double spread = config->standardise ? 1 : s->rows.spread[j];

        s->ridge[j] = l2 / spread / spread; /* |w_j|^2 = (u_j / spread_j)^2 */
        if (s->ridge[j] > LARGEST_RIDGE) {
            s->ridge[j] = LARGEST_RIDGE;
        }
        if (s->rows.spread[j] == 0) {
            s->ridge[j] = s->rows.total; /* one value: the column is 0 now, and u_j with any ridge */
        }
    }

done:
    return rc;
}

/* No coefficient, and the intercept of the base rate: the minimum over the intercept alone. */
static void start_cold(search *s)
{
    double positives = s->rows.positives;

    memset(s->u, 0, s->rows.m * sizeof *s->u);
    s->u[0] = pal_log(positives / (s->rows.total - positives));
}

/* w.x + b in the coordinates of u. */
static void start_warm(search *s, const double *w, double b)
{
    s->u[0] = b;
    for (size_t j = 1; j < s->rows.m; j++) {
        s->u[j] = w[j - 1] * s->rows.spread[j];
        s->u[0] += w[j - 1] * s->rows.mean[j];
    }
}

static void give(double *w, double *b, const search *s)
{
    *b = s->u[0];
    for (size_t j = 1; j < s->rows.m; j++) {
        w[j - 1] = s->rows.spread[j] > 0 ? s->u[j] / s->rows.spread[j] : 0;
        *b -= w[j - 1] * s->rows.mean[j];
    }
}

/* Gradient at u, and the Hessian unless its factor is kept; the move since the last look. */
static void look(search *s, bool keep)
{
    double broken = 0;

    s->move = pal_logistic_pass(s->g, keep ? NULL : s->h, &s->rows, s->u);
    s->factored = keep;
    s->report.passes++;
    s->gradient = 0;
    for (size_t j = 0; j < s->rows.m; j++) {
        s->g[j] += s->ridge[j] * s->u[j];
        s->gradient = fabs(s->g[j]) > s->gradient ? fabs(s->g[j]) : s->gradient;
        broken += s->g[j] * 0; /* NaN from here on when one is not finite */
    }
    s->gradient = s->gradient / s->rows.total + broken;
}

/* The first look, from the warm start if it leads anywhere. No step led here: its move counts as endless. */
static void look_first(search *s, const double *w, double b)
{
    bool warm = s->config->warm_start;

    if (warm) {
        start_warm(s, w, b);
        look(s, false);
        warm = s->move < SATURATED && isfinite(s->gradient);
    }
    if (!warm) {
        start_cold(s);
        look(s, false);
    }
    s->move = HUGE_VAL;
}

/*
 * Factor h in place, lower triangle, as pal_cholesky does; but stop at, and tell, the first column of which no more
 * than `share` is left beside those before it. m when there is none.
 */
static size_t factor_until(double *h, size_t m, double share)
{
    for (size_t i = 0; i < m; i++) {
        double *row = h + i * m, own;

        for (size_t j = 0; j < i; j++) row[j] = (row[j] - pal_dot(row, h + j * m, j)) / h[j * m + j];
        own = row[i] - pal_dot(row, row, i);
        if (!(own > share * row[i])) return i;
        row[i] = sqrt(own);
    }
    return m;
}

/* Factor the Hessian with the penalty, or name what keeps the minimum from being one. */
static pal_status factor(search *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool is_free = s->config->l2 == 0;
    size_t m = s->rows.m, which;

    if (is_free && pal_logistic_separated(&s->rows)) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: the classes can be told apart without error, so that no finite coefficients "
                 "are the best; set l2 above 0");
    }
    for (size_t j = 0; j < m; j++) s->h[j * m + j] += s->ridge[j];
    which = factor_until(s->h, m, is_free ? PIVOT_SHARE : 0);
    if (which < m) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: no unique coefficients: column %zu depends on those before it, or tells the "
                 "class of some rows without error; leave it out or %s l2", which > 0 ? which - 1 : 0,
                 is_free ? "set" : "raise");
    }

done:
    return rc;
}

/* u = from + share * step */
static void take_step(search *s, double share)
{
    for (size_t j = 0; j < s->rows.m; j++) s->u[j] = s->from[j] + share * s->step[j];
}

/* The Newton step at u, taken in full. */
static pal_status full_step(search *s, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (!s->factored) {
        PAL_TRY(factor(s, err));
    }
    for (size_t j = 0; j < s->rows.m; j++) {
        s->from[j] = s->u[j];
        s->step[j] = -s->g[j];
    }
    pal_cholesky_solve(s->h, s->rows.m, s->step);
    take_step(s, 1);

done:
    return rc;
}

/* Did the last step go too far? The slope along it tells: below 0, the minimum lies further on. */
static bool overshot(const search *s)
{
    double slope = 0;

    for (size_t j = 0; j < s->rows.m; j++) slope += s->g[j] * s->step[j];
    return slope > 0 && s->move > LONGEST_MOVE;
}

static bool arrived(const search *s)
{
    return s->gradient <= s->config->tol && (s->config->l2 > 0 || s->move < SETTLED_MOVE);
}

static pal_status newton(search *s, pal_error *err)
{
    pal_status rc = PAL_OK;

    while (!arrived(s)) {
        if (s->report.passes >= s->config->max_iter || !isfinite(s->gradient)) {
            PAL_FAIL(PAL_ERR_CONVERGE, "logistic: largest gradient entry %g after %d passes, wanted %g", s->gradient,
                     s->report.passes, s->config->tol);
        }
        PAL_TRY(full_step(s, err));
        look(s, s->move < KEEP_MOVE);
        if (overshot(s)) {
            take_step(s, pal_log1p(s->move) / s->move);
            look(s, false);
            s->report.shortened++;
        }
    }
    PAL_TRY(full_step(s, err)); /* the factor is there: squares the error for nothing */

done:
    return rc;
}

pal_status pal_logistic_fit(double *w, double *b, pal_logistic_report *report, const double *x, const double *y,
                            const double *weight, size_t n, size_t d, const pal_logistic_config *config,
                            pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_logistic_config defaults = pal_logistic_defaults();
    search s = { 0 };

    config = config != NULL ? config : &defaults;
    if (n == 0 || d == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "logistic: %zu rows of %zu columns, wanted at least 1 of both", n, d);
    }
    if (d > SIZE_MAX / 16 / sizeof(double) / (d + 1) || n > SIZE_MAX / 16 / sizeof(double) / (d + 1)) {
        PAL_FAIL(PAL_ERR_SHAPE, "logistic: %zu rows of %zu columns do not fit", n, d);
    }
    PAL_TRY(check_config(config, err));
    PAL_TRY(make_search(&s, x, y, weight, n, d, config, scratch, err));
    look_first(&s, w, *b);
    rc = newton(&s, err);
    if (rc == PAL_OK || rc == PAL_ERR_CONVERGE) {
        give(w, b, &s);
    }
    if (report != NULL) {
        s.report.gradient = s.gradient;
        *report = s.report;
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

void pal_logistic_predict(double *p, const double *x, size_t n, size_t d, const double *w, double b)
{
    for (size_t i = 0; i < n; i++) {
        double z = b;

        for (size_t j = 0; j < d; j++) z += w[j] * x[i * d + j];
        p[i] = pal_sigmoid(z);
    }
}
