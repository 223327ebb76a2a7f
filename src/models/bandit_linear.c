/* Rank-one updates of many small Cholesky factors, and what is asked of them. */
#include "models/bandit_linear.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/linalg.h"
#include "core/mem.h"
#include "models/bandit_file.h"
#include "models/bandit_packed.h"

#include <math.h>
#include <string.h>

pal_status pal_bandit_linear_new(pal_bandit_linear **out, size_t n, size_t d, double l2, size_t refactor,
                                 pal_error *err)
{
    const size_t packed = pal_packed_size(d);
    pal_bandit_linear *bandit = NULL;
    pal_status rc = PAL_OK;

    PAL_ASSERT(n > 0 && d > 0 && l2 > 0 && refactor > 0);
    PAL_NEW(bandit, 1);
    bandit->n = n;
    bandit->d = d;
    bandit->packed = packed;
    bandit->l2 = l2;
    bandit->refactor = refactor;
#define X(type, tensor, field, length) PAL_NEW(bandit->field, n * (length));
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
    PAL_NEW(bandit->mean, n * d);
    PAL_NEW(bandit->work, d * d);
    for (size_t a = 0; a < n; a++) {
        for (size_t i = 0; i < d; i++) {
            bandit->precision[a * packed + pal_packed_size(i) + i] = l2;
            bandit->factor[a * packed + pal_packed_size(i) + i] = sqrt(l2);
        }
    }
    *out = bandit;
    bandit = NULL;

done:
    pal_bandit_linear_free(bandit);
    return rc;
}

void pal_bandit_linear_free(pal_bandit_linear *bandit)
{
    if (bandit == NULL) {
        return;
    }
#define X(type, tensor, field, length) pal_free(bandit->field);
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
    pal_free(bandit->mean);
    pal_free(bandit->work);
    pal_free(bandit);
}

/* The factor from the sum itself. A sum that has lost its definiteness to rounding leaves the updated factor in place. */
static void refactor(pal_bandit_linear *bandit, size_t arm)
{
    pal_packed_to_full(bandit->work, bandit->precision + arm * bandit->packed, bandit->d);
    if (pal_cholesky(bandit->work, bandit->d, NULL) == PAL_OK) {
        pal_packed_from_full(bandit->factor + arm * bandit->packed, bandit->work, bandit->d);
    }
}

void pal_bandit_linear_add(pal_bandit_linear *bandit, size_t arm, const double *x, double y)
{
    double *moment = bandit->moment + arm * bandit->d;

    PAL_DCHECK(arm < bandit->n);
    pal_packed_add(bandit->precision + arm * bandit->packed, x, 1, bandit->d);
    for (size_t i = 0; i < bandit->d; i++) {
        moment[i] += y * x[i];
    }
    bandit->count[arm]++;
    if (bandit->count[arm] % bandit->refactor == 0) {
        refactor(bandit, arm);
    } else {
        memcpy(bandit->work, x, bandit->d * sizeof *x);
        pal_packed_rank_one(bandit->factor + arm * bandit->packed, bandit->d, bandit->work);
    }
}

void pal_bandit_linear_solve(pal_bandit_linear *bandit, size_t arm)
{
    const double *factor = bandit->factor + arm * bandit->packed;
    double *mean = bandit->mean + arm * bandit->d;

    memcpy(mean, bandit->moment + arm * bandit->d, bandit->d * sizeof *mean);
    pal_packed_forward(factor, bandit->d, mean);
    pal_packed_backward(factor, bandit->d, mean);
}

double pal_bandit_linear_mean(const pal_bandit_linear *bandit, size_t arm, const double *x)
{
    const double *mean = bandit->mean + arm * bandit->d;
    double sum = 0;

    for (size_t i = 0; i < bandit->d; i++) {
        sum += mean[i] * x[i];
    }
    return sum;
}

pal_status pal_bandit_linear_width(double *width, const pal_bandit_linear *bandit, size_t arm, const double *x,
                                   pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    double *y, sum = 0;
    pal_status rc = PAL_OK;

    PAL_TAKE(y, bandit->d, scratch);
    memcpy(y, x, bandit->d * sizeof *y);
    pal_packed_forward(bandit->factor + arm * bandit->packed, bandit->d, y);
    for (size_t i = 0; i < bandit->d; i++) {
        sum += y[i] * y[i];
    }
    *width = sqrt(sum);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

void pal_bandit_linear_sample(double *out, const pal_bandit_linear *bandit, size_t arm, double scale, pal_key key,
                              pal_at at, uint64_t *draw)
{
    for (size_t i = 0; i < bandit->d; i++) {
        out[i] = scale * pal_draw_normal(key, at, draw);
    }
    pal_packed_backward(bandit->factor + arm * bandit->packed, bandit->d, out);
    for (size_t i = 0; i < bandit->d; i++) {
        out[i] += bandit->mean[arm * bandit->d + i];
    }
}

uint64_t pal_bandit_linear_digest(const pal_bandit_linear *bandit)
{
    const size_t n = bandit->n;
    uint64_t digest = pal_hash_doubles(bandit->precision, n * bandit->packed);

    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->factor, n * bandit->packed));
    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->moment, n * bandit->d));
    return pal_hash_mix(digest, pal_hash(bandit->count, n * sizeof *bandit->count));
}

pal_status pal_bandit_linear_save(const pal_bandit_linear *bandit, const char *prefix, pal_tensors *file,
                                  pal_error *err)
{
    const size_t packed = bandit->packed, d = bandit->d;
    pal_status rc = PAL_OK;

#define X(type, tensor, field, length) \
    PAL_TRY(pal_bandit_put(file, prefix, #field, tensor, bandit->n, (length), bandit->field, err));
    PAL_BANDIT_LINEAR_STATE(X)
#undef X

done:
    return rc;
}

pal_status pal_bandit_linear_restore(pal_bandit_linear *bandit, const char *prefix, const pal_tensors *file,
                                     pal_error *err)
{
    const size_t packed = bandit->packed, d = bandit->d, n = bandit->n;
    pal_status rc = PAL_OK;

#define X(type, tensor, field, length) const void *field;
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
#define X(type, tensor, field, length) \
    PAL_TRY(pal_bandit_get(&field, file, prefix, #field, tensor, n, (length), err));
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
    PAL_TRY(pal_bandit_check_diagonals(factor, n, d, packed, file, prefix, "factor", err));
#define X(type, tensor, field, length) memcpy(bandit->field, field, n * (length) * sizeof(type));
    PAL_BANDIT_LINEAR_STATE(X)
#undef X
    for (size_t a = 0; a < n; a++) {
        pal_bandit_linear_solve(bandit, a);
    }

done:
    return rc;
}
