/* Laplace's approximation, one batch after another. */
#include "models/bandit_logistic.h"

#include "core/hash.h"
#include "core/linalg.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "models/bandit_file.h"
#include "models/bandit_packed.h"

#include <math.h>
#include <string.h>

enum { MAX_STEPS = 50, MAX_HALVINGS = 40 };
#define TOLERANCE 1e-10 /* of the largest entry of the gradient: a like more or less changes it by about 1 */
#define CLOSE 1e-9      /* relative gain of a step that the objective's rounding may hide: it is taken unseen */

pal_status pal_bandit_logistic_new(pal_bandit_logistic **out, size_t n, size_t d, const double *prior, double l2,
                                   bool diagonal, pal_error *err)
{
    const size_t packed = diagonal ? d : pal_packed_size(d);
    pal_bandit_logistic *bandit = NULL;
    pal_status rc = PAL_OK;

    PAL_ASSERT(n > 0 && d > 0 && l2 > 0);
    PAL_NEW(bandit, 1);
    bandit->n = n;
    bandit->d = d;
    bandit->packed = packed;
    bandit->diagonal = diagonal;
#define X(type, tensor, field, length) PAL_NEW(bandit->field, n * (length));
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X
    for (size_t a = 0; a < n; a++) {
        memcpy(bandit->mean + a * d, prior, d * sizeof *prior);
        for (size_t i = 0; i < d; i++) {
            const size_t at = a * packed + (diagonal ? i : pal_packed_size(i) + i);

            bandit->precision[at] = l2;
            bandit->factor[at] = sqrt(l2);
        }
    }
    *out = bandit;
    bandit = NULL;

done:
    pal_bandit_logistic_free(bandit);
    return rc;
}

void pal_bandit_logistic_free(pal_bandit_logistic *bandit)
{
    if (bandit == NULL) {
        return;
    }
#define X(type, tensor, field, length) pal_free(bandit->field);
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X
    pal_free(bandit);
}

typedef struct batch {
    const double *x, *y, *from, *precision; /* the prior's mean and precision */
    size_t m, d;
    bool diagonal;
    double *pull;                           /* d: P (w - from)                */
} batch;

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* The prior's share: pull = P (w - from), and half of (w - from)' pull. `step` is room for w - from. */
static double find_pull(const batch *b, const double *w, double *step)
{
    for (size_t i = 0; i < b->d; i++) {
        step[i] = w[i] - b->from[i];
    }
    if (b->diagonal) {
        for (size_t i = 0; i < b->d; i++) {
            b->pull[i] = b->precision[i] * step[i];
        }
    } else {
        pal_packed_times(b->pull, b->precision, step, b->d);
    }
    return dot(step, b->pull, b->d) / 2;
}

static double objective(const batch *b, const double *w, double *step)
{
    double sum = find_pull(b, w, step);

    for (size_t s = 0; s < b->m; s++) {
        const double odds = dot(b->x + s * b->d, w, b->d);

        sum += pal_softplus(odds) - b->y[s] * odds;
    }
    return sum;
}

/* gradient (d), and the Hessian's lower triangle (packed, may be NULL). Returns the largest |entry| of the gradient. */
static double derive(const batch *b, const double *w, double *gradient, double *hessian, double *step)
{
    double largest = 0;

    find_pull(b, w, step);
    memcpy(gradient, b->pull, b->d * sizeof *gradient);
    if (b->diagonal) {
        memset(hessian, 0, pal_packed_size(b->d) * sizeof *hessian);
        for (size_t i = 0; i < b->d; i++) {
            hessian[pal_packed_size(i) + i] = b->precision[i];
        }
    } else {
        memcpy(hessian, b->precision, pal_packed_size(b->d) * sizeof *hessian);
    }
    for (size_t s = 0; s < b->m; s++) {
        const double *x = b->x + s * b->d, p = pal_sigmoid(dot(x, w, b->d));

        for (size_t i = 0; i < b->d; i++) {
            gradient[i] += (p - b->y[s]) * x[i];
        }
        pal_packed_add(hessian, x, p * (1 - p), b->d);
    }
    for (size_t i = 0; i < b->d; i++) {
        largest = fabs(gradient[i]) > largest ? fabs(gradient[i]) : largest;
    }
    return largest;
}

/* w -= t H^-1 gradient with the largest t of 1, 1/2, … that lowers the objective; false when none does. Next to the mode
 * the whole step is right, and too small to show. */
static bool descend(const batch *b, double *w, const double *full, double *gradient, double *next, double *step)
{
    const double before = objective(b, w, step);
    bool is_close;

    memcpy(next, gradient, b->d * sizeof *next);
    pal_cholesky_solve(full, b->d, gradient);
    is_close = dot(next, gradient, b->d) / 2 < CLOSE * (1 + fabs(before));
    for (int h = 0; h < MAX_HALVINGS; h++) {
        for (size_t i = 0; i < b->d; i++) {
            next[i] = w[i] - gradient[i];
        }
        if (is_close || objective(b, next, step) < before) {
            memcpy(w, next, b->d * sizeof *w);
            return true;
        }
        for (size_t i = 0; i < b->d; i++) {
            gradient[i] /= 2;
        }
    }
    return false;
}

/* The new mean, precision and factor of an arm. */
static void keep(pal_bandit_logistic *bandit, size_t arm, const double *w, const double *hessian, const double *full,
                 const batch *b)
{
    const size_t d = bandit->d;
    double *precision = bandit->precision + arm * bandit->packed, *factor = bandit->factor + arm * bandit->packed;

    memcpy(bandit->mean + arm * d, w, d * sizeof *w);
    if (bandit->diagonal) {
        for (size_t i = 0; i < d; i++) {
            precision[i] = hessian[pal_packed_size(i) + i];
            factor[i] = sqrt(precision[i]);
        }
    } else {
        memcpy(precision, hessian, bandit->packed * sizeof *precision);
        pal_packed_from_full(factor, full, d);
    }
    bandit->count[arm] += (uint32_t)b->m;
}

pal_status pal_bandit_logistic_learn(pal_bandit_logistic *bandit, size_t arm, const double *x, const double *y,
                                     size_t m, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    const size_t d = bandit->d;
    double *w, *next, *step, *gradient, *hessian, *full;
    batch b = { .x = x, .y = y, .from = bandit->mean + arm * d, .precision = bandit->precision + arm * bandit->packed,
                .m = m, .d = d, .diagonal = bandit->diagonal };
    pal_status rc = PAL_OK;

    PAL_TAKE(w, d, scratch);
    PAL_TAKE(next, d, scratch);
    PAL_TAKE(step, d, scratch);
    PAL_TAKE(gradient, d, scratch);
    PAL_TAKE(b.pull, d, scratch);
    PAL_TAKE(hessian, pal_packed_size(d), scratch);
    PAL_TAKE(full, d * d, scratch);
    memcpy(w, b.from, d * sizeof *w);
    for (int i = 0;; i++) {
        const double largest = derive(&b, w, gradient, hessian, step);

        pal_packed_to_full(full, hessian, d);
        PAL_TRY(pal_cholesky(full, d, err));
        if (largest <= TOLERANCE || i == MAX_STEPS || !descend(&b, w, full, gradient, next, step)) {
            break;
        }
    }
    keep(bandit, arm, w, hessian, full, &b);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

uint64_t pal_bandit_logistic_digest(const pal_bandit_logistic *bandit)
{
    const uint64_t digest = pal_hash_mix(pal_hash_doubles(bandit->mean, bandit->n * bandit->d),
                                         pal_hash_doubles(bandit->precision, bandit->n * bandit->packed));

    return pal_hash_mix(digest, pal_hash(bandit->count, bandit->n * sizeof *bandit->count));
}

pal_status pal_bandit_logistic_save(const pal_bandit_logistic *bandit, const char *prefix, pal_tensors *file,
                                    pal_error *err)
{
    const size_t d = bandit->d, packed = bandit->packed;
    pal_status rc = PAL_OK;

#define X(type, tensor, field, length) \
    PAL_TRY(pal_bandit_put(file, prefix, #field, tensor, bandit->n, (length), bandit->field, err));
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X

done:
    return rc;
}

pal_status pal_bandit_logistic_restore(pal_bandit_logistic *bandit, const char *prefix, const pal_tensors *file,
                                       pal_error *err)
{
    const size_t n = bandit->n, d = bandit->d, packed = bandit->packed;
    pal_status rc = PAL_OK;

#define X(type, tensor, field, length) const void *field;
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X
#define X(type, tensor, field, length) \
    PAL_TRY(pal_bandit_get(&field, file, prefix, #field, tensor, n, (length), err));
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X
    PAL_TRY(pal_bandit_check_diagonals(factor, n, d, packed, file, prefix, "factor", err));
#define X(type, tensor, field, length) memcpy(bandit->field, field, n * (length) * sizeof(type));
    PAL_BANDIT_LOGISTIC_STATE(X)
#undef X

done:
    return rc;
}
