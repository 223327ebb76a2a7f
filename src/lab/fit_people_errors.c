/* How sure the fitted parameters are, and which combinations of them the moments do not tell. */
#include "lab/fit_people_parts.h"

#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>

#define N_MOST PAL_FIT_MOST_PARAMS
#define FINAL_STEP 0.05
#define FLAT_SE 0.25     /* of a range: twice that on both sides is all of it      */
#define FLAT_PART 0.3    /* of a flat direction: a parameter that belongs to it    */
#define EDGE 0.002       /* of a range                                             */
#define LEAST_INFORMATION 1e-10 /* of the largest eigenvalue: what divisions are kept from */

/*
 * Eigenvalues and unit eigenvectors (columns of v) of a symmetric n x n matrix, which is lost. Cyclic Jacobi rotations:
 * Golub and Van Loan, Matrix Computations, 4th ed., 8.5.
 */
static void eigen(double *a, double *v, size_t n)
{
    for (size_t i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0 ? 1 : 0;
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, all = 0;

        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                all += a[i * n + j] * a[i * n + j];
                off += i != j ? a[i * n + j] * a[i * n + j] : 0;
            }
        }
        if (!(off > 1e-30 * all)) return;
        for (size_t p = 0; p < n; p++) {
            for (size_t q = p + 1; q < n; q++) {
                if (!(fabs(a[p * n + q]) > 0)) continue;
                const double tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
                const double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
                const double c = 1 / sqrt(1 + t * t), s = t * c;

                for (size_t k = 0; k < n; k++) {
                    const double x = a[k * n + p], y = a[k * n + q];

                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (size_t k = 0; k < n; k++) {
                    const double x = a[p * n + k], y = a[q * n + k];

                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                }
                for (size_t k = 0; k < n; k++) {
                    const double x = v[k * n + p], y = v[k * n + q];

                    v[k * n + p] = c * x - s * y;
                    v[k * n + q] = s * x + c * y;
                }
            }
        }
    }
}

/* J'WJ, and J' W Omega W J: Omega is the covariance of one world's moments over the fresh worlds, for the log itself
 * and the mean over the worlds of the search; targets of another kind bring their own variances for the first. */
static void information(double *a, double *b, const pal_fit_problem *p, const double *jacobian, const double *fresh, size_t n_fresh)
{
    const pal_fit_request *r = p->request;
    const size_t n = p->n_params, m = r->targets->n;
    const double worlds = (r->is_log ? 1 : 0) + 1 / (double)r->worlds;
    double mean[PAL_MOMENTS] = { 0 };

    for (size_t w = 0; w < n_fresh; w++) {
        for (size_t k = 0; k < m; k++) mean[k] += fresh[w * m + k] / (double)n_fresh;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = b[i * n + j] = 0;
            for (size_t k = 0; k < m; k++) {
                const double both = jacobian[k * n + i] * p->weight[k] * jacobian[k * n + j], se = r->targets->at[k].se;

                a[i * n + j] += both;
                if (!r->is_log) b[i * n + j] += both * p->weight[k] * se * se;
            }
        }
    }
    for (size_t w = 0; w < n_fresh; w++) {
        double g[N_MOST] = { 0 };

        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < m; k++) g[i] += jacobian[k * n + i] * p->weight[k] * (fresh[w * m + k] - mean[k]);
        }
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) b[i * n + j] += worlds * g[i] * g[j] / (double)(n_fresh - 1);
        }
    }
}

/* x' M y */
static double form(const double *x, size_t stride_x, const double *matrix, const double *y, size_t stride_y, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) sum += x[i * stride_x] * matrix[i * n + j] * y[j * stride_y];
    }
    return sum;
}

/* How far a parameter moves for a step of 1 in the unit cube. */
static double reach(const pal_fit_param *q, double value)
{
    return q->log ? value * pal_log(q->hi / q->lo) : q->hi - q->lo;
}

static void take_errors(pal_fit_result *out, double *a, const double *b, size_t n)
{
    double v[N_MOST * N_MOST], covariance[N_MOST * N_MOST], largest = 0;

    eigen(a, v, n);
    for (size_t i = 0; i < n; i++) largest = a[i * n + i] > largest ? a[i * n + i] : largest;
    for (size_t i = 0; i < n; i++) {
        const double floor = LEAST_INFORMATION * largest;

        if (a[i * n + i] < floor || largest == 0) a[i * n + i] = largest > 0 ? floor : 1;
    }
    for (size_t i = 0; i < n; i++) { /* in the directions of the eigenvectors */
        for (size_t j = 0; j < n; j++) covariance[i * n + j] = form(v + i, n, b, v + j, n, n) / (a[i * n + i] * a[j * n + j]);
    }
    for (size_t k = 0; k < n; k++) {
        const bool blind = a[k * n + k] <= 2 * LEAST_INFORMATION * largest || largest == 0;
        const double se = sqrt(covariance[k * n + k]);

        if (!blind && se <= FLAT_SE) continue;
        for (size_t i = 0; i < n; i++) {
            out->flat[out->n_flat].part[i] = v[i * n + k];
            if (fabs(v[i * n + k]) > FLAT_PART) out->param[i].flat = true;
        }
        out->flat[out->n_flat++].se = blind ? INFINITY : se;
    }
    for (size_t i = 0; i < n; i++) {
        out->param[i].se = sqrt(form(v + i * n, 1, covariance, v + i * n, 1, n)) * reach(&out->param[i], out->param[i].value);
    }
}

pal_status pal_fit_errors(pal_fit_result *out, pal_fit_problem *p, const double *x, const double *fresh, size_t n_fresh,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = p->n_params;
    double *jacobian = NULL, value[PAL_MOMENTS], misfit, a[N_MOST * N_MOST], b[N_MOST * N_MOST];

    PAL_NEW(jacobian, p->request->targets->n * n);
    PAL_TRY(pal_fit_evaluate(&misfit, value, p, x, err));
    PAL_TRY(pal_fit_secants(jacobian, p, x, value, FINAL_STEP, true, err));
    information(a, b, p, jacobian, fresh, n_fresh);
    out->n_flat = 0;
    for (size_t i = 0; i < n; i++) out->param[i].edge = x[i] < EDGE || x[i] > 1 - EDGE;
    take_errors(out, a, b, n);
done:
    pal_free(jacobian);
    return rc;
}
