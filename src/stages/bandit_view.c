/*
 * A person's posteriors as the songs of each taste see them.
 *
 * With C_t x = (x, e_t) for posteriors that know the taste as a feature, and the inverse factors R = L^-1:
 *
 *   an arm a taste   mean_t = m_a,            spread_t = R_a
 *   shared arm       mean_t = C_t' m,         spread_t = R C_t
 *   hybrid           mean_t = C_t' beta + theta_a,   spread_t = R_0 (C_t - B_a' R_a' R_a) over R_a
 *
 * (bandit_hybrid.h). Scans use the smaller square root_t with root_t' root_t = spread_t' spread_t.
 */
#include "stages/bandit_arms.h"

#include "core/linalg.h"
#include "core/pmath.h"
#include "core/vector.h"
#include "models/bandit_packed.h"

#include <math.h>
#include <string.h>

enum { TILE = 256 }; /* items a pass: the sums stay in the first cache */

/* Row-major inverse of a packed lower triangle. */
static void invert(double *inverse, const double *l, size_t d)
{
    memset(inverse, 0, d * d * sizeof *inverse);
    for (size_t i = 0; i < d; i++, l += i) {
        double *row = inverse + i * d;

        for (size_t j = 0; j < i; j++) {
            const double *above = inverse + j * d;

            for (size_t c = 0; c <= j; c++) {
                row[c] -= l[j] * above[c];
            }
        }
        for (size_t c = 0; c < i; c++) {
            row[c] /= l[i];
        }
        row[i] = 1 / l[i];
    }
}

/* Mean and inverse factor (d x d) of a ridge or logistic arm. */
static const double *look_at(double *inverse, const pal_arms *arms, size_t arm)
{
    const pal_bandit_logistic *logistic = arms->logistic;
    const size_t d = arms->d;

    if (logistic == NULL) {
        invert(inverse, arms->ridge->factor + arm * arms->ridge->packed, d);
        return arms->ridge->mean + arm * d;
    }
    if (logistic->diagonal) {
        memset(inverse, 0, d * d * sizeof *inverse);
        for (size_t i = 0; i < d; i++) {
            inverse[i * d + i] = 1 / logistic->factor[arm * d + i];
        }
    } else {
        invert(inverse, logistic->factor + arm * logistic->packed, d);
    }
    return logistic->mean + arm * d;
}

/* out (base) = C_t' v for v of base + n_tastes: the taste's own number joins the intercept. */
static void fold(double *out, const double *v, size_t base, size_t t)
{
    memcpy(out, v, base * sizeof *out);
    out[0] += v[base + t];
}

static pal_status view_alone(pal_arms_view *view, uint32_t user, pal_arena *scratch, pal_error *err)
{
    const pal_arms *arms = view->arms;
    const size_t d = arms->d, base = arms->base, person = arms->config.by_person ? user : 0;
    const double *mean = NULL;
    double *inverse;
    pal_status rc = PAL_OK;

    PAL_TAKE(inverse, d * d, scratch);
    for (size_t t = 0; t < arms->n_tastes; t++) {
        double *spread = view->spread + t * view->rows * base;

        if (arms->config.by_taste) {
            mean = look_at(spread, arms, person * arms->n_tastes + t);
            memcpy(view->mean + t * base, mean, base * sizeof *mean);
            continue;
        }
        if (t == 0) {
            mean = look_at(inverse, arms, person);
        }
        fold(view->mean + t * base, mean, base, t);
        for (size_t r = 0; r < d; r++) {
            fold(spread + r * base, inverse + r * d, base, t);
        }
    }

done:
    return rc;
}

/* spread (k x base) = R_0 u, R_0 lower triangular. */
PAL_VECTOR static void share_out(double *restrict spread, const double *restrict shared, const double *restrict u,
                                 size_t k, size_t base)
{
    for (size_t r = 0; r < k; r++) {
        double *restrict row = spread + r * base;

        for (size_t j = 0; j < base; j++) {
            row[j] = 0;
        }
        for (size_t c = 0; c <= r; c++) {
            for (size_t j = 0; j < base; j++) {
                row[j] += shared[r * k + c] * u[c * base + j];
            }
        }
    }
}

/* u (k x base) = C_t - B' R' R of one arm. half is room for d x k. */
static void unexplained(double *u, double *half, const double *inverse, const pal_bandit_hybrid *hybrid, size_t arm,
                        size_t t)
{
    const size_t base = hybrid->own->d, k = hybrid->k;
    const double *cross = hybrid->cross + arm * base * k;

    memset(u, 0, k * base * sizeof *u);
    for (size_t c = 0; c < base; c++) {
        u[c * base + c] = 1;
    }
    u[(base + t) * base] = 1;
    if (hybrid->own->count[arm] == 0) {
        return;
    }
    memset(half, 0, base * k * sizeof *half);
    for (size_t i = 0; i < base; i++) {
        for (size_t j = 0; j <= i; j++) {
            for (size_t c = 0; c < k; c++) {
                half[i * k + c] += inverse[i * base + j] * cross[j * k + c];
            }
        }
    }
    for (size_t i = 0; i < base; i++) {
        for (size_t c = 0; c < k; c++) {
            for (size_t j = 0; j <= i; j++) {
                u[c * base + j] -= half[i * k + c] * inverse[i * base + j];
            }
        }
    }
}

static pal_status view_hybrid(pal_arms_view *view, uint32_t user, pal_arena *scratch, pal_error *err)
{
    const pal_arms *arms = view->arms;
    const pal_bandit_hybrid *hybrid = arms->hybrid;
    const size_t base = arms->base, k = hybrid->k, person = arms->config.by_person ? user : 0;
    double *shared, *u, *half, folded[PAL_MAX_FEATURES + 2];
    pal_status rc = PAL_OK;

    PAL_TAKE(shared, k * k, scratch);
    PAL_TAKE(u, k * base, scratch);
    PAL_TAKE(half, k * base, scratch);
    invert(shared, hybrid->factor, k);
    for (size_t t = 0; t < arms->n_tastes; t++) {
        const size_t arm = arms->config.by_taste ? person * arms->n_tastes + t : person;
        double *spread = view->spread + t * view->rows * base, *own = spread + k * base;

        invert(own, hybrid->own->factor + arm * hybrid->own->packed, base);
        unexplained(u, half, own, hybrid, arm, t);
        share_out(spread, shared, u, k, base);
        pal_bandit_hybrid_theta(view->mean + t * base, hybrid, arm, hybrid->beta);
        fold(folded, hybrid->beta, base, t);
        for (size_t j = 0; j < base; j++) {
            view->mean[t * base + j] += folded[j];
        }
    }

done:
    return rc;
}

/* square = spread' spread, its lower triangle. */
PAL_VECTOR static void square_of(double *restrict square, const double *restrict spread, size_t rows, size_t base)
{
    for (size_t i = 0; i < base * base; i++) {
        square[i] = 0;
    }
    for (size_t r = 0; r < rows; r++, spread += base) {
        for (size_t i = 0; i < base; i++) {
            for (size_t j = 0; j <= i; j++) {
                square[i * base + j] += spread[i] * spread[j];
            }
        }
    }
}

/* root' root = spread' spread. A square spread is its own root. */
static pal_status find_root(pal_arms_view *view, size_t t, double *square, pal_error *err)
{
    const size_t base = view->arms->base;
    const double *spread = view->spread + t * view->rows * base;
    float *root = view->root + t * base * base;
    pal_status rc = PAL_OK;

    if (view->rows == base) {
        for (size_t i = 0; i < base * base; i++) {
            root[i] = (float)spread[i];
        }
        return PAL_OK;
    }
    square_of(square, spread, view->rows, base);
    PAL_TRY(pal_cholesky(square, base, err));
    for (size_t i = 0; i < base; i++) {
        for (size_t j = 0; j < base; j++) {
            root[j * base + i] = (float)square[i * base + j];
        }
    }

done:
    return rc;
}

pal_status pal_arms_view_of(pal_arms_view *view, const pal_arms *arms, uint32_t user, pal_arena *scratch,
                            pal_error *err)
{
    const size_t base = arms->base;
    double *square;
    pal_status rc = PAL_OK;

    view->arms = arms;
    view->rows = arms->hybrid != NULL ? arms->hybrid->k + base : arms->d;
    view->n_shared = arms->hybrid != NULL ? arms->hybrid->k : arms->config.by_taste ? 0 : arms->d;
    PAL_TAKE(view->mean, arms->n_tastes * base, scratch);
    PAL_TAKE(view->spread, arms->n_tastes * view->rows * base, scratch);
    PAL_TAKE(view->root, arms->n_tastes * base * base, scratch);
    PAL_TAKE(square, base * base, scratch);
    PAL_TRY(arms->hybrid != NULL ? view_hybrid(view, user, scratch, err) : view_alone(view, user, scratch, err));
    for (size_t t = 0; t < arms->n_tastes; t++) {
        if (arms->logistic == NULL) {
            view->mean[t * base] += arms->config.prior;
        }
        PAL_TRY(find_root(view, t, square, err));
    }

done:
    return rc;
}

double pal_arms_mean(const pal_arms_view *view, size_t t, const double *x)
{
    const size_t base = view->arms->base;
    double sum = 0;

    for (size_t j = 0; j < base; j++) {
        sum += view->mean[t * base + j] * x[j];
    }
    return sum;
}

float pal_arms_score(const void *ctx, uint32_t item)
{
    const pal_arms_view *view = ctx;
    double x[PAL_MAX_FEATURES + 2];

    pal_arms_x(x, view->arms, item);
    return (float)pal_arms_mean(view, view->arms->catalog->cluster[item], x);
}

/* out = weight . x of n items: intercept, directions, popularity, in that order. */
PAL_VECTOR static void weigh(float *restrict out, const float *weight, const pal_catalog *c, size_t begin, size_t n)
{
    const float last = weight[1 + c->d] / 100;

    for (size_t i = 0; i < n; i++) {
        out[i] = weight[0];
    }
    for (size_t f = 0; f < c->d; f++) {
        const float *restrict x = c->direction_t + f * c->n_pad + begin;
        const float w = weight[1 + f];

        for (size_t i = 0; w != 0 && i < n; i++) { /* half of a triangular root is zero */
            out[i] += w * x[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        out[i] += last * c->popularity[begin + i];
    }
}

PAL_VECTOR static void add_squares(float *restrict sum, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum[i] += x[i] * x[i];
    }
}

PAL_VECTOR static void add_bonus(float *restrict bound, const float *restrict squares, float bonus, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bound[i] += bonus * sqrtf(squares[i]);
    }
}

void pal_arms_scan(float *bound, const pal_arms_view *view, size_t t, size_t begin, size_t n, float bonus)
{
    const pal_catalog *catalog = view->arms->catalog;
    const size_t base = view->arms->base;
    const float *root = view->root + t * base * base;
    float mean[PAL_MAX_FEATURES + 2], squares[TILE], one[TILE];

    for (size_t j = 0; j < base; j++) {
        mean[j] = (float)view->mean[t * base + j];
    }
    for (size_t done = 0; done < n; done += TILE) {
        const size_t m = n - done < TILE ? n - done : TILE;

        weigh(bound + done, mean, catalog, begin + done, m);
        if (bonus > 0) {
            memset(squares, 0, sizeof squares);
            for (size_t r = 0; r < base; r++) {
                weigh(one, root + r * base, catalog, begin + done, m);
                add_squares(squares, one, m);
            }
            add_bonus(bound + done, squares, bonus, m);
        }
    }
}

/* n normals from *draw on: those of pal_draw_normal, four a block of Philox. */
static void fill_normals(double *z, size_t n, double scale, pal_key key, pal_at at, uint64_t *draw)
{
    uint64_t word[4];

    for (size_t i = 0; i < n; i++, (*draw)++) {
        if (i == 0 || *draw % 4 == 0) {
            pal_block(key, at, *draw / 4, word);
        }
        z[i] = scale * pal_normal_quantile(pal_unit_open(word[*draw % 4]));
    }
}

/* theta += spread' z. */
PAL_VECTOR static void add_spread(double *restrict theta, const double *restrict spread, const double *restrict z,
                                  size_t rows, size_t base)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < base; j++) {
            theta[j] += z[r] * spread[r * base + j];
        }
    }
}

pal_status pal_arms_sample(double *theta, const pal_arms_view *view, double scale, pal_key key, pal_at at,
                           pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    const size_t base = view->arms->base, n_tastes = view->arms->n_tastes, n_shared = view->n_shared;
    double *z;
    uint64_t draw = 0;
    pal_status rc = PAL_OK;

    PAL_TAKE(z, view->rows, scratch);
    fill_normals(z, n_shared, scale, key, at, &draw);
    memcpy(theta, view->mean, n_tastes * base * sizeof *theta);
    for (size_t t = 0; t < n_tastes; t++) {
        if (t == 0 || view->arms->config.by_taste) { /* an own part of its own */
            fill_normals(z + n_shared, view->rows - n_shared, scale, key, at, &draw);
        }
        add_spread(theta + t * base, view->spread + t * view->rows * base, z, view->rows, base);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
