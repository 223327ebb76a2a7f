/* The search: points spread over the ranges, Gauss-Newton steps from the best of them, then a simplex. */
#include "lab/fit_people_parts.h"

#include "core/mem.h"
#include "core/rng.h"
#include "lab/fit_people_simplex.h"

#include <math.h>
#include <string.h>

/* Secants this wide see the moments' trend, not the jumps of single choices. */
#define SEARCH_STEP 0.04
#define SIMPLEX_EDGE 0.04
#define SIMPLEX_SMALL 0.002
#define LEAST_GAIN 1e-3 /* of the misfit, for another step */
enum { MOST_STEPS = 8 };

typedef struct point {
    double x[PAL_FIT_MOST_PARAMS], misfit;
} point;

pal_status pal_fit_secants(double *jacobian, pal_fit_problem *p, const double *x, const double *value, double step, bool both,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = p->n_params, m = p->request->targets->n;
    double at[PAL_FIT_MOST_PARAMS], up[PAL_MOMENTS], down[PAL_MOMENTS], misfit;

    memcpy(at, x, n * sizeof *at);
    for (size_t j = 0; j < n; j++) {
        double hi = x[j] + step <= 1 ? x[j] + step : x[j], lo = both || hi == x[j] ? x[j] - step : x[j];

        lo = lo < 0 ? x[j] : lo;
        memcpy(up, value, m * sizeof *up);
        memcpy(down, value, m * sizeof *down);
        at[j] = hi;
        if (hi > x[j]) PAL_TRY(pal_fit_evaluate(&misfit, up, p, at, err));
        at[j] = lo;
        if (lo < x[j]) PAL_TRY(pal_fit_evaluate(&misfit, down, p, at, err));
        at[j] = x[j];
        for (size_t k = 0; k < m; k++) {
            const double slope = (up[k] - down[k]) / (hi - lo);

            jacobian[k * n + j] = isfinite(slope) ? slope : 0;
        }
    }
done:
    return rc;
}

/* Solve the n x n system by elimination with the largest pivot; false when it is singular. */
static bool solve(double *a, double *b, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        size_t best = c;

        for (size_t r = c + 1; r < n; r++) best = fabs(a[r * n + c]) > fabs(a[best * n + c]) ? r : best;
        if (!(fabs(a[best * n + c]) > 0)) return false;
        for (size_t k = 0; k < n; k++) {
            const double kept = a[c * n + k];

            a[c * n + k] = a[best * n + k];
            a[best * n + k] = kept;
        }
        const double kept = b[c];

        b[c] = b[best];
        b[best] = kept;
        for (size_t r = c + 1; r < n; r++) {
            const double f = a[r * n + c] / a[c * n + c];

            for (size_t k = c; k < n; k++) a[r * n + k] -= f * a[c * n + k];
            b[r] -= f * b[c];
        }
    }
    for (size_t c = n; c-- > 0;) {
        for (size_t k = c + 1; k < n; k++) b[c] -= a[c * n + k] * b[k];
        b[c] /= a[c * n + c];
    }
    return true;
}

/* The step of least squares, damped: (J'WJ + damp * diag) d = -J'W r. */
static bool damped_step(double *d, const pal_fit_problem *p, const double *jacobian, const double *value, double damp)
{
    const size_t n = p->n_params, m = p->request->targets->n;
    double a[PAL_FIT_MOST_PARAMS * PAL_FIT_MOST_PARAMS];

    for (size_t i = 0; i < n; i++) {
        d[i] = 0;
        for (size_t k = 0; k < m; k++) {
            d[i] -= jacobian[k * n + i] * p->weight[k] * (value[k] - p->request->targets->at[k].value);
        }
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = 0;
            for (size_t k = 0; k < m; k++) a[i * n + j] += jacobian[k * n + i] * p->weight[k] * jacobian[k * n + j];
        }
    }
    for (size_t i = 0; i < n; i++) a[i * n + i] = a[i * n + i] * (1 + damp) + 1e-9;
    return solve(a, d, n);
}

static bool may_go_on(const pal_fit_problem *p, size_t most, size_t needed)
{
    return p->evaluations + needed <= most;
}

/* Gauss-Newton steps from a point while they help and evaluations last. */
static pal_status descend(point *best, pal_fit_problem *p, size_t most, pal_error *err)
{
    static const double damping[] = { 0.01, 0.3, 10 };
    pal_status rc = PAL_OK;
    const size_t n = p->n_params;
    double jacobian[PAL_MOMENTS * PAL_FIT_MOST_PARAMS], value[PAL_MOMENTS], misfit, d[PAL_FIT_MOST_PARAMS];

    if (!isfinite(best->misfit)) goto done;
    for (int s = 0; s < MOST_STEPS && may_go_on(p, most, n + 4); s++) {
        const double before = best->misfit;
        point origin = *best;

        PAL_TRY(pal_fit_evaluate(&misfit, value, p, origin.x, err));
        PAL_TRY(pal_fit_secants(jacobian, p, origin.x, value, SEARCH_STEP, false, err));
        for (size_t k = 0; k < sizeof damping / sizeof *damping && best->misfit >= before; k++) {
            point tried = origin;
            double there[PAL_MOMENTS];

            if (!damped_step(d, p, jacobian, value, damping[k])) continue;
            for (size_t i = 0; i < n; i++) {
                tried.x[i] += d[i] > 0.25 ? 0.25 : d[i] < -0.25 ? -0.25 : d[i]; /* secants reach no farther */
                tried.x[i] = tried.x[i] < 0 ? 0 : tried.x[i] > 1 ? 1 : tried.x[i];
            }
            PAL_TRY(pal_fit_evaluate(&tried.misfit, there, p, tried.x, err));
            if (tried.misfit < best->misfit) *best = tried;
        }
        if (before - best->misfit < LEAST_GAIN * before) break;
    }
done:
    return rc;
}

/* The start, and points of a Latin hypercube (every parameter's range cut into equal parts, each hit once). */
static pal_status spread(point *at, size_t n, pal_fit_problem *p, const double *start, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_key key = pal_key_named(pal_key_for(p->seed, 0, PAL_FOR_BOOTSTRAP), "fit-people");
    double value[PAL_MOMENTS];

    memcpy(at[0].x, start, p->n_params * sizeof *start);
    for (size_t j = 0; j < p->n_params; j++) {
        uint64_t draw = 0;
        size_t order[256];

        for (size_t i = 1; i < n; i++) order[i] = i - 1;
        for (size_t i = n - 1; i > 1; i--) {
            const size_t k = 1 + (size_t)pal_below(key, (pal_at){ j, 0, 0 }, &draw, i);
            const size_t kept = order[i];

            order[i] = order[k];
            order[k] = kept;
        }
        for (size_t i = 1; i < n; i++) {
            at[i].x[j] = ((double)order[i] + pal_u01(key, (pal_at){ j, 1, i }, 0)) / (double)(n - 1);
        }
    }
    for (size_t i = 0; i < n; i++) PAL_TRY(pal_fit_evaluate(&at[i].misfit, value, p, at[i].x, err));
done:
    return rc;
}

static pal_status misfit_at(void *ctx, const double *x, double *misfit, pal_error *err)
{
    double value[PAL_MOMENTS];

    return pal_fit_evaluate(misfit, value, ctx, x, err);
}

/* The start has no value of some target: say of which. */
static pal_status name_missing(pal_fit_problem *p, const double *x, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_targets *t = p->request->targets;
    double value[PAL_MOMENTS], misfit;
    size_t k = 0;

    PAL_TRY(pal_fit_evaluate(&misfit, value, p, x, err));
    while (k + 1 < t->n && isfinite(value[k])) k++;
    PAL_FAIL(PAL_ERR_DATA, "%s: at its own parameters the simulated people do not tell %s; more rounds or slots (--set rounds=400), "
             "or --moments without it, may help", p->request->base_name, pal_moment_table[t->at[k].moment].name);
done:
    return rc;
}

pal_status pal_fit_search(double *x, pal_fit_problem *p, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    const size_t budget = r->evaluations, wanted = budget / 5;
    const size_t n = wanted < 2 ? 2 : wanted > 256 ? 256 : wanted;
    point *at = NULL, best;

    PAL_NEW(at, n);
    PAL_TRY(spread(at, n, p, x, err));
    if (!isfinite(at[0].misfit)) PAL_TRY(name_missing(p, at[0].x, err));
    for (size_t i = 1; i < n; i++) { /* ascending; the start first among equals */
        const point moved = at[i];
        size_t k = i;

        for (; k > 0 && moved.misfit < at[k - 1].misfit; k--) at[k] = at[k - 1];
        at[k] = moved;
    }
    best = at[0];
    for (size_t s = 0; s < r->starts && s < n; s++) {
        /* Three quarters of the budget at most, an equal part a start; the rest is the simplex's. */
        PAL_TRY(descend(&at[s], p, n + (budget * 3 / 4 - n) * (s + 1) / r->starts, err));
        if (at[s].misfit < best.misfit) best = at[s];
    }
    if (p->evaluations < budget) {
        PAL_TRY(pal_simplex_min(best.x, &best.misfit, p->n_params, SIMPLEX_EDGE, SIMPLEX_SMALL, budget - p->evaluations, misfit_at, p,
                                err));
    }
    memcpy(x, best.x, p->n_params * sizeof *x);
done:
    pal_free(at);
    return rc;
}
