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

static pal_status check_row(const double *x, double y, size_t i, size_t d, pal_error *err)
{
    for (size_t j = 0; j < d; j++) {
        if (!isfinite(x[j])) {
            return pal_error_set(err, PAL_ERR_DATA, "logistic: x of row %zu, column %zu is %g, wanted finite", i, j, x[j]);
        }
    }
    if (y != 0 && y != 1) {
        return pal_error_set(err, PAL_ERR_DATA, "logistic: y of row %zu is %g, wanted 0 or 1", i, y);
    }
    return PAL_OK;
}

/* Signs and weights of the rows of weight > 0, closed up, and their totals. */
static pal_status lay_labels(pal_logistic_rows *rows, const double *y, const double *weight, size_t n, bool balanced,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_acc by_class[2] = { { 0 } };
    double sum[2], scale[2];

    rows->n = 0;
    for (size_t i = 0; i < n; i++) {
        double wi = weight == NULL ? 1 : weight[i];

        if (!(wi >= 0 && isfinite(wi))) {
            PAL_FAIL(PAL_ERR_DATA, "logistic: weight of row %zu is %g, wanted finite and >= 0", i, wi);
        }
        if (wi > 0) {
            rows->sign[rows->n] = 2 * y[i] - 1;
            rows->weight[rows->n++] = wi;
            pal_acc_add(&by_class[y[i] > 0], wi);
        }
    }
    for (size_t c = 0; c < 2; c++) {
        sum[c] = pal_acc_value(&by_class[c]);
        scale[c] = 0.5 * ((pal_acc_value(&by_class[0]) + pal_acc_value(&by_class[1])) / sum[c]);
    }
    rows->total = sum[0] + sum[1];
    if (!(sum[0] > 0 && sum[1] > 0)) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: one class only: %zu rows of weight above 0, all of y = %d", rows->n, sum[1] > 0);
    }
    if (!isfinite(rows->total)) {
        PAL_FAIL(PAL_ERR_DATA, "logistic: the sum of the weights is not finite");
    }
    rows->positives = balanced ? 0.5 * rows->total : sum[1];
    for (size_t i = 0; balanced && i < rows->n; i++) {
        rows->weight[i] *= scale[rows->sign[i] > 0];
    }
    rows->n_padded = (rows->n + LANES - 1) / LANES * LANES;
    for (size_t i = rows->n; i < rows->n_padded; i++) {
        rows->sign[i] = 1;
        rows->weight[i] = 0;
    }

done:
    return rc;
}

/* Row t becomes an entry of each column of its block; column 0 is 1. */
static inline void turn_row(pal_logistic_rows *rows, size_t t, const double *x)
{
    size_t begin = t - t % BLOCK, stride = rows_of(rows, begin);
    double *to = rows->x + begin * rows->m + t % BLOCK;

    to[0] = 1;
    for (size_t j = 1; j < rows->m; j++) to[j * stride] = x[j - 1];
}

static void turn_rows(pal_logistic_rows *rows, const double *x, const double *weight, size_t n)
{
    size_t d = rows->m - 1, t = 0, last = 0;

    for (size_t i = 0; i < n; i++) {
        if (weight == NULL || weight[i] > 0) {
            turn_row(rows, t++, x + i * d);
            last = i;
        }
    }
    while (t < rows->n_padded) turn_row(rows, t++, x + last * d); /* its scores move as those of a true row */
}

/* Sum of weight * x, or of weight * x^2. */
PAL_VECTOR static double weighted_sum(const double *x, const double *weight, size_t n, bool square)
{
    lanes sum = { 0 };
    double out = 0;

    for (size_t i = 0; i < n; i += LANES) {
        lanes v = *(const lanes *)(x + i), w = *(const lanes *)(weight + i);

        sum += square ? w * v * v : w * v;
    }
    for (size_t l = 0; l < LANES; l++) out += sum[l];
    return out;
}

static double column_sum(const pal_logistic_rows *rows, size_t j, bool square)
{
    pal_acc sum = { 0 };

    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t stride = rows_of(rows, i);

        pal_acc_add(&sum, weighted_sum(rows->x + i * rows->m + j * stride, rows->weight + i, stride, square));
    }
    return pal_acc_value(&sum);
}

static void column_range(double *low, double *high, const pal_logistic_rows *rows, size_t j)
{
    double a = rows->x[j * rows_of(rows, 0)], z = a;

    for (size_t i = 0; i < rows->n; i += BLOCK) {
        size_t stride = rows_of(rows, i);
        const double *x = rows->x + i * rows->m + j * stride;

        for (size_t r = 0; r < stride; r++) {
            a = x[r] < a ? x[r] : a;
            z = x[r] > z ? x[r] : z;
        }
    }
    *low = a;
    *high = z;
}

/* x = (x - move) * scale in column j. */
static void change_column(pal_logistic_rows *rows, size_t j, double move, double scale)
{
    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t stride = rows_of(rows, i);
        double *x = rows->x + i * rows->m + j * stride;

        for (size_t r = 0; r < stride; r++) x[r] = (x[r] - move) * scale;
    }
}

/*
 * Bring column j to weighted mean 0 and variance 1. First to [-1, 1] by its range, so that no sum overflows and a large
 * common offset costs nothing; then the mean and the spread of that.
 */
static void standardise(pal_logistic_rows *rows, size_t j)
{
    double low, high, middle, half, mean, spread;

    column_range(&low, &high, rows, j);
    middle = 0.5 * low + 0.5 * high;
    half = 0.5 * high - 0.5 * low;
    if (!(half > 0) || !isfinite(1 / half)) { /* one value, or a spread below what can be divided by */
        rows->mean[j] = low;
        rows->spread[j] = 0;
        change_column(rows, j, low, 0);
        return;
    }
    change_column(rows, j, middle, 1 / half);
    mean = column_sum(rows, j, false) / rows->total;
    change_column(rows, j, mean, 1);
    spread = sqrt(column_sum(rows, j, true) / rows->total);
    rows->mean[j] = middle + half * mean;
    rows->spread[j] = half * spread;
    change_column(rows, j, 0, 1 / spread); /* >= half / sqrt(n) before scaling: a row stands at either end */
}

pal_status pal_logistic_rows_make(pal_logistic_rows *rows, const double *x, const double *y, const double *weight,
                                  size_t n, size_t d, bool balanced, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t padded = (n + LANES - 1) / LANES * LANES;

    *rows = (pal_logistic_rows){ .m = d + 1 };
    for (size_t i = 0; i < n; i++) {
        PAL_TRY(check_row(x + i * d, y[i], i, d, err));
    }
    PAL_TAKE(rows->x, padded * (d + 1), arena);
    PAL_TAKE(rows->sign, padded, arena);
    PAL_TAKE(rows->weight, padded, arena);
    PAL_TAKE(rows->score, padded, arena);
    PAL_TAKE(rows->mean, d + 1, arena);
    PAL_TAKE(rows->spread, d + 1, arena);
    PAL_TRY(lay_labels(rows, y, weight, n, balanced, err));
    memset(rows->score, 0, padded * sizeof *rows->score);
    turn_rows(rows, x, weight, n);
    rows->mean[0] = 0;
    rows->spread[0] = 1;
    for (size_t j = 1; j <= d; j++) {
        standardise(rows, j);
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

/* New scores u.x of a block, columns in order; the largest |move| of each lane goes into `most`. */
PAL_VECTOR static void score_block(double *restrict score, double *restrict most, const double *restrict x,
                                   const double *restrict u, size_t m, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        lanes z = { 0 };
        double now[LANES];

        for (size_t j = 0; j < m; j++) z += u[j] * *(const lanes *)(x + j * n + i);
        memcpy(now, &z, sizeof now);
        for (size_t l = 0; l < LANES; l++) {
            double move = fabs(now[l] - score[i + l]);

            most[l] = move > most[l] ? move : most[l];
            score[i + l] = now[l];
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
    memset(h, 0, m * m * sizeof *h);
    for (size_t i = 0; i < rows->n_padded; i += BLOCK) {
        size_t n = rows_of(rows, i), j = 0;
        const double *x = rows->x + i * m;

        score_block(rows->score + i, most, x, u, m, n);
        slope_and_curve(slope, curve, rows->score + i, rows->sign + i, rows->weight + i, n);
        dots(g, slope, x, m, n);
        for (; j + 1 < m; j += 2) {
            curve_two(a, b, curve, x + j * n, n);
            dots_of_two(h + j * m, m, a, b, x, j + 2, n);
        }
        if (j < m) {
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
