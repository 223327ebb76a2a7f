/* Layout, standardising and the pass. The pass is the whole cost of a fit. */
#include "models/logistic_rows.h"

#include "core/sum.h"
#include "core/vector.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK PAL_LOGISTIC_BLOCK
#define LANES PAL_LOGISTIC_LANES

typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), may_alias));

/* Rows of the block that starts at row `begin`, padding included: a multiple of LANES. */
static size_t rows_of(const pal_logistic_rows *rows, size_t begin)
{
    return rows->n_padded - begin < BLOCK ? rows->n_padded - begin : BLOCK;
}

/* ---- layout -------------------------------------------------------------------------------------------------- */

/* Name the value that is not finite: there is one among the rows of weight > 0. */
static pal_status blame_value(const double *x, const double *weight, size_t n, size_t d, pal_error *err)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++) {
            if (!isfinite(x[i * d + j]) && (weight == NULL || weight[i] > 0)) {
                return pal_error_set(err, PAL_ERR_DATA, "logistic: x of row %zu, column %zu is %g, wanted finite", i, j,
                                     x[i * d + j]);
            }
        }
    }
    return pal_error_set(err, PAL_ERR_INTERNAL, "logistic: a value that is not finite is nowhere to be found");
}

/* Signs and weights of the rows of weight > 0, closed up, and the weight of each class. */
static pal_status read_labels(pal_logistic_rows *rows, double sum[2], const double *y, const double *weight, size_t n,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_acc by_class[2] = { { 0 } };
    size_t positives = 0, to = 0;

    for (size_t i = 0; i < n; i++) {
        double wi = weight == NULL ? 1 : weight[i];

        if (y[i] != 0 && y[i] != 1) {
            PAL_FAIL(PAL_ERR_DATA, "logistic: y of row %zu is %g, wanted 0 or 1", i, y[i]);
        }
        if (!(wi >= 0 && isfinite(wi))) {
            PAL_FAIL(PAL_ERR_DATA, "logistic: weight of row %zu is %g, wanted finite and >= 0", i, wi);
        }
        rows->sign[to] = 2 * y[i] - 1;
        rows->weight[to] = wi;
        to += wi > 0;
        positives += y[i] > 0;
        if (weight != NULL) pal_acc_add(&by_class[y[i] > 0], wi);
    }
    rows->n = to;
    sum[0] = weight == NULL ? (double)(n - positives) : pal_acc_value(&by_class[0]);
    sum[1] = weight == NULL ? (double)positives : pal_acc_value(&by_class[1]);

done:
    return rc;
}

static pal_status lay_labels(pal_logistic_rows *rows, const double *y, const double *weight, size_t n, bool balanced,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    double sum[2] = { 0 }, scale[2];

    PAL_TRY(read_labels(rows, sum, y, weight, n, err));
    rows->total = sum[0] + sum[1];
    if (!(sum[0] > 0 && sum[1] > 0)) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: one class only: %zu rows of weight above 0, all of y = %d", rows->n,
                 sum[1] > 0);
    }
    if (!isfinite(rows->total)) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: the sum of the weights is not finite");
    }
    rows->positives = balanced ? 0.5 * rows->total : sum[1];
    scale[0] = 0.5 * (rows->total / sum[0]);
    scale[1] = 0.5 * (rows->total / sum[1]);
    for (size_t i = 0; balanced && i < rows->n; i++) rows->weight[i] *= scale[rows->sign[i] > 0];
    rows->n_padded = (rows->n + LANES - 1) / LANES * LANES;
    for (size_t i = rows->n; i < rows->n_padded; i++) {
        rows->sign[i] = 1;
        rows->weight[i] = 0;
    }

done:
    return rc;
}

/*
 * Turn the rows of weight > 0 into columns inside blocks, LANES rows at a time. The padding repeats the last of them,
 * so that its scores move as those of a true row.
 */
static void turn_rows(pal_logistic_rows *rows, const double *x, const double *weight)
{
    size_t m = rows->m, d = m - 1, from = 0;

    for (size_t t = 0; t < rows->n_padded; t += LANES) {
        size_t begin = t - t % BLOCK, stride = rows_of(rows, begin);
        double *to = rows->x + begin * m + (t - begin);
        const double *row[LANES];

        for (size_t l = 0; l < LANES; l++) {
            while (weight != NULL && !(weight[from] > 0)) from++;
            row[l] = x + from * d;
            to[l] = 1;
            from += t + l + 1 < rows->n;
        }
        for (size_t j = 0; j < d; j++) {
            to += stride;
            for (size_t l = 0; l < LANES; l++) to[l] = row[l][j];
        }
    }
}

/* A change of one column: x becomes ((scale x - origin) - mean) / spread. */
typedef struct change {
    double scale, origin, mean, over_spread;
} change;

/* Each lane of sum += weight * v or weight * v^2, with v = (scale x - origin) - mean. */
PAL_VECTOR static void moment(double *restrict sum, const double *restrict x, const double *restrict weight, size_t n,
                              const change *c, bool square)
{
    lanes total;

    memcpy(&total, sum, sizeof total);
    for (size_t i = 0; i < n; i += LANES) {
        lanes v = *(const lanes *)(x + i) * c->scale - c->origin - c->mean;

        if (square) v *= v;
        total += *(const lanes *)(weight + i) * v;
    }
    memcpy(sum, &total, sizeof total);
}

PAL_VECTOR static void apply(double *x, size_t n, const change *c)
{
    for (size_t i = 0; i < n; i++) x[i] = (x[i] * c->scale - c->origin - c->mean) * c->over_spread;
}

/* Weighted mean of v or of v^2 in column j. */
static double column_moment(const pal_logistic_rows *rows, size_t j, const change *c, bool square)
{
    double sum[LANES] = { 0 }, total = 0;

    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t n = rows_of(rows, i);

        moment(sum, rows->x + i * rows->m + j * n, rows->weight + i, n, c, square);
    }
    for (size_t l = 0; l < LANES; l++) total += sum[l];
    return total / rows->total;
}

/* Mean of column j as a change at this scale, from its first value: a large common offset costs nothing. Gives the
 * variance: 0 for one value in all rows; not finite when a square does not fit, or a value is not finite. */
static double measure(change *c, const pal_logistic_rows *rows, size_t j, double scale)
{
    *c = (change){ .scale = scale, .origin = scale * rows->x[j * rows_of(rows, 0)] };
    c->mean = column_moment(rows, j, c, false);
    return column_moment(rows, j, c, true);
}

#define LARGE 0x1p600 /* times or over it, the square of any double but 0 fits */
#define LEAST_VARIANCE 1e-280
#define LEAST_SPREAD 1e-300 /* below it the column counts as one value: its coefficient would not fit */

/* Bring column j to weighted mean 0 and variance 1; all 0 when it has one value. false when a value is not finite. */
static bool standardise(pal_logistic_rows *rows, size_t j)
{
    change c, finer;
    double variance = measure(&c, rows, j, 1);

    if (!isfinite(variance)) {
        variance = measure(&c, rows, j, 1 / LARGE);
    } else if (variance < LEAST_VARIANCE) {
        variance = measure(&finer, rows, j, LARGE);
        if (isfinite(variance)) c = finer;
        else variance = 0; /* a large value in all rows */
    }
    if (!isfinite(variance)) {
        return false;
    }
    rows->mean[j] = (c.origin + c.mean) / c.scale;
    rows->spread[j] = sqrt(variance) / c.scale;
    if (rows->spread[j] >= LEAST_SPREAD) {
        c.over_spread = 1 / sqrt(variance);
    } else {
        rows->spread[j] = 0;
    }
    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t n = rows_of(rows, i);

        apply(rows->x + i * rows->m + j * n, n, &c);
    }
    return true;
}

pal_status pal_logistic_rows_make(pal_logistic_rows *rows, const double *x, const double *y, const double *weight,
                                  size_t n, size_t d, bool balanced, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t padded = (n + LANES - 1) / LANES * LANES;

    *rows = (pal_logistic_rows){ .m = d + 1 };
    PAL_TAKE(rows->sign, padded, arena);
    PAL_TAKE(rows->weight, padded, arena);
    PAL_TAKE(rows->score, padded, arena);
    PAL_TAKE(rows->mean, d + 1, arena);
    PAL_TAKE(rows->spread, d + 1, arena);
    PAL_TRY(lay_labels(rows, y, weight, n, balanced, err));
    PAL_TAKE(rows->x, rows->n_padded * (d + 1), arena);
    memset(rows->score, 0, rows->n_padded * sizeof *rows->score);
    turn_rows(rows, x, weight);
    rows->mean[0] = 0;
    rows->spread[0] = 1;
    for (size_t j = 1; j <= d; j++) {
        if (!standardise(rows, j)) {
            PAL_TRY(blame_value(x, weight, n, d, err));
        }
    }

done:
    return rc;
}

/* ---- the pass ------------------------------------------------------------------------------------------------ */

#define EXP_FIRST (-708.0) /* exp is still a normal number; the weight of such a row is nothing */

/*
 * exp(x) for x <= 0, about 1 ulp. x = k ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of exp(r) to r^13 (the rest is
 * below 5e-18); no table and no branch, so that a loop over it becomes vector code.
 */
static inline double exp_lane(double x)
{
    const double shift = 0x1.8p52;
    double c = x < EXP_FIRST ? EXP_FIRST : x;
    double shifted = c * 0x1.71547652b82fep+0 + shift; /* 1 / ln 2; rounds to the nearest integer */
    double k = shifted - shift;
    double r = (c - k * 0x1.62e42fefcp-1) - k * -0x1.c610ca86c3899p-37; /* ln 2: the first part has 34 bits */
    double r2 = r * r, r4 = r2 * r2;
    double a = (0.5 + r * 0x1.5555555555555p-3) + r2 * (0x1.5555555555555p-5 + r * 0x1.1111111111111p-7);
    double b = (0x1.6c16c16c16c17p-10 + r * 0x1.a01a01a01a01ap-13)
             + r2 * (0x1.a01a01a01a01ap-16 + r * 0x1.71de3a556c734p-19);
    double e = (0x1.27e4fb7789f5cp-22 + r * 0x1.ae64567f544e4p-26)
             + r2 * (0x1.1eed8eff8d898p-29 + r * 0x1.6124613a86d09p-33);
    double y = 1 + (r + r2 * (a + r4 * (b + r4 * e)));
    uint64_t bits, power;

    memcpy(&power, &shifted, sizeof power); /* its low bits hold k */
    memcpy(&bits, &y, sizeof bits);
    bits += power << 52;
    memcpy(&y, &bits, sizeof y);
    return y;
}

/*
 * With m = sign z and e = exp(-|m|): the loss's slope is -sign / (1 + exp(m)), its curvature e / (1 + e)^2; times the
 * row's weight. `slope` and `curve` do not overlap the inputs.
 */
PAL_VECTOR static void slope_and_curve(double *restrict slope, double *restrict curve, const double *restrict z,
                                       const double *restrict sign, const double *restrict weight, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double m = sign[i] * z[i];
        double e = exp_lane(-fabs(m));
        double inverse = 1 / (1 + e);
        double top = m >= 0 ? e : 1; /* 1 / (1 + exp(m)) = top / (1 + e) */

        slope[i] = -(sign[i] * weight[i]) * (top * inverse);
        curve[i] = weight[i] * (e * inverse * inverse);
    }
}

static inline double fold(const lanes *a)
{
    const lanes v = *a;

    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* u.x of n rows of a block, columns in order; four vectors of rows at a time, so that additions need not wait. */
PAL_VECTOR static void score_rows(double *restrict score, const double *restrict x, const double *restrict u, size_t m,
                                  size_t n)
{
    size_t i = 0;

    for (; n - i >= 4 * LANES; i += 4 * LANES) {
        lanes z[4] = { { 0 } };

        for (size_t j = 0; j < m; j++) {
            for (size_t q = 0; q < 4; q++) z[q] += u[j] * *(const lanes *)(x + j * n + i + q * LANES);
        }
        for (size_t q = 0; q < 4; q++) *(lanes *)(score + i + q * LANES) = z[q];
    }
    for (; i < n; i += LANES) {
        lanes z = { 0 };

        for (size_t j = 0; j < m; j++) z += u[j] * *(const lanes *)(x + j * n + i);
        *(lanes *)(score + i) = z;
    }
}

/* score = now; the largest |move| of each lane goes into `most`. */
PAL_VECTOR static void move_scores(double *restrict score, double *restrict most, const double *restrict now, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            double move = fabs(now[i + l] - score[i + l]);

            most[l] = move > most[l] ? move : most[l];
            score[i + l] = now[i + l];
        }
    }
}

/* out[k] += a.x_k for columns k < m of a block of n rows: four columns at a time share the loads of a. */
PAL_VECTOR static void dots(double *restrict out, const double *restrict a, const double *restrict x, size_t m,
                            size_t n)
{
    size_t k = 0;

    for (; m - k >= 4; k += 4) {
        lanes s[4] = { { 0 } };

        for (size_t i = 0; i < n; i += LANES) {
            lanes v = *(const lanes *)(a + i);

            for (size_t q = 0; q < 4; q++) s[q] += v * *(const lanes *)(x + (k + q) * n + i);
        }
        for (size_t q = 0; q < 4; q++) out[k + q] += fold(&s[q]);
    }
    for (; k < m; k++) {
        lanes s = { 0 };

        for (size_t i = 0; i < n; i += LANES) s += *(const lanes *)(a + i) * *(const lanes *)(x + k * n + i);
        out[k] += fold(&s);
    }
}

/* a and b: the columns at x and x + n times `curve`. */
PAL_VECTOR static void curve_two(double *restrict a, double *restrict b, const double *restrict curve,
                                 const double *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        a[i] = curve[i] * x[i];
        b[i] = curve[i] * x[n + i];
    }
}

/* Two rows of the Hessian at once, to[k] += a.x_k and to[row + k] += b.x_k for k < m, m even: half the loads. */
PAL_VECTOR static void dots_of_two(double *restrict to, size_t row, const double *restrict a,
                                   const double *restrict b, const double *restrict x, size_t m, size_t n)
{
    size_t k = 0;

    for (; m - k >= 4; k += 4) {
        lanes s[4] = { { 0 } }, t[4] = { { 0 } };

        for (size_t i = 0; i < n; i += LANES) {
            lanes v = *(const lanes *)(a + i), w = *(const lanes *)(b + i);

            for (size_t q = 0; q < 4; q++) {
                lanes c = *(const lanes *)(x + (k + q) * n + i);

                s[q] += v * c;
                t[q] += w * c;
            }
        }
        for (size_t q = 0; q < 4; q++) {
            to[k + q] += fold(&s[q]);
            to[row + k + q] += fold(&t[q]);
        }
    }
    for (; k < m; k += 2) {
        lanes s[2] = { { 0 } }, t[2] = { { 0 } };

        for (size_t i = 0; i < n; i += LANES) {
            lanes v = *(const lanes *)(a + i), w = *(const lanes *)(b + i);

            for (size_t q = 0; q < 2; q++) {
                lanes c = *(const lanes *)(x + (k + q) * n + i);

                s[q] += v * c;
                t[q] += w * c;
            }
        }
        for (size_t q = 0; q < 2; q++) {
            to[k + q] += fold(&s[q]);
            to[row + k + q] += fold(&t[q]);
        }
    }
}

double pal_logistic_pass(double *g, double *h, pal_logistic_rows *rows, const double *u)
{
    _Alignas(64) double slope[BLOCK], curve[BLOCK], a[BLOCK], b[BLOCK], most[LANES] = { 0 };
    size_t m = rows->m;
    double move = 0;

    memset(g, 0, m * sizeof *g);
    if (h != NULL) memset(h, 0, m * m * sizeof *h);
    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t n = rows_of(rows, i), j = 0;
        const double *x = rows->x + i * m;

        score_rows(a, x, u, m, n);
        move_scores(rows->score + i, most, a, n);
        slope_and_curve(slope, curve, rows->score + i, rows->sign + i, rows->weight + i, n);
        dots(g, slope, x, m, n);
        for (; h != NULL && j + 1 < m; j += 2) {
            curve_two(a, b, curve, x + j * n, n);
            dots_of_two(h + j * m, m, a, b, x, j + 2, n);
        }
        if (h != NULL && j < m) {
            for (size_t r = 0; r < n; r++) a[r] = curve[r] * x[j * n + r];
            dots(h + j * m, a, x, m, n);
        }
    }
    for (size_t l = 0; l < LANES; l++) move = most[l] > move ? most[l] : move;
    return move;
}

bool pal_logistic_separated(const pal_logistic_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        if (!(rows->sign[i] * rows->score[i] > 0)) return false;
    }
    return true;
}
