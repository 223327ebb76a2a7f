/* The shared block of a joint ridge regression by Schur complements, arm by arm. */
#include "models/bandit_hybrid.h"

#include "core/hash.h"
#include "core/linalg.h"
#include "core/mem.h"
#include "models/bandit_file.h"
#include "models/bandit_packed.h"

#include <string.h>

pal_status pal_bandit_hybrid_new(pal_bandit_hybrid **out, size_t n, size_t d, size_t k, double l2, size_t refactor,
                                 pal_error *err)
{
    const size_t packed = pal_packed_size(k);
    pal_bandit_hybrid *bandit = NULL;
    pal_status rc = PAL_OK;

    PAL_ASSERT(k > 0);
    PAL_NEW(bandit, 1);
    bandit->k = k;
    bandit->packed = packed;
    PAL_TRY(pal_bandit_linear_new(&bandit->own, n, d, l2, refactor, err));
#define X(type, tensor, field, rows, length) PAL_NEW(bandit->field, (rows) * (length));
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
    PAL_NEW(bandit->factor, packed);
    PAL_NEW(bandit->beta, k);
    PAL_NEW(bandit->touched, n);
    PAL_NEW(bandit->full, k * k);
    PAL_NEW(bandit->half, d * k);
    PAL_NEW(bandit->side, d);
    for (size_t i = 0; i < k; i++) {
        bandit->outer[pal_packed_size(i) + i] = l2;
    }
    bandit->solves[0] = 0;
    PAL_TRY(pal_bandit_hybrid_solve(bandit, err));
    *out = bandit;
    bandit = NULL;

done:
    pal_bandit_hybrid_free(bandit);
    return rc;
}

void pal_bandit_hybrid_free(pal_bandit_hybrid *bandit)
{
    if (bandit == NULL) {
        return;
    }
    pal_bandit_linear_free(bandit->own);
#define X(type, tensor, field, rows, length) pal_free(bandit->field);
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
    pal_free(bandit->factor);
    pal_free(bandit->beta);
    pal_free(bandit->touched);
    pal_free(bandit->full);
    pal_free(bandit->half);
    pal_free(bandit->side);
    pal_free(bandit);
}

/* half = L_a^-1 B_a and side = L_a^-1 b_a; then taken += sign half' half, taken_target += sign half' side. */
static void take(pal_bandit_hybrid *bandit, size_t arm, double sign)
{
    const size_t d = bandit->own->d, k = bandit->k;
    const double *l = bandit->own->factor + arm * bandit->own->packed;

    memcpy(bandit->half, bandit->cross + arm * d * k, d * k * sizeof *bandit->half);
    memcpy(bandit->side, bandit->own->moment + arm * d, d * sizeof *bandit->side);
    for (size_t i = 0; i < d; i++) {
        double *row = bandit->half + i * k;

        for (size_t j = 0; j <= i; j++, l++) {
            const double *above = bandit->half + j * k;

            for (size_t c = 0; c < k; c++) {
                row[c] = j < i ? row[c] - *l * above[c] : row[c] / *l;
            }
            bandit->side[i] = j < i ? bandit->side[i] - *l * bandit->side[j] : bandit->side[i] / *l;
        }
        pal_packed_add(bandit->taken, row, sign, k);
        for (size_t c = 0; c < k; c++) {
            bandit->taken_target[c] += sign * row[c] * bandit->side[i];
        }
    }
}

void pal_bandit_hybrid_add(pal_bandit_hybrid *bandit, size_t arm, const double *x, const double *z, double y)
{
    const size_t d = bandit->own->d, k = bandit->k;
    double *cross = bandit->cross + arm * d * k;

    if (!bandit->touched[arm]) {
        if (bandit->own->count[arm] > 0) {
            take(bandit, arm, -1);
        }
        bandit->touched[arm] = 1;
    }
    pal_bandit_linear_add(bandit->own, arm, x, y);
    for (size_t i = 0; i < d; i++) {
        for (size_t c = 0; c < k; c++) {
            cross[i * k + c] += x[i] * z[c];
        }
    }
    pal_packed_add(bandit->outer, z, 1, k);
    for (size_t c = 0; c < k; c++) {
        bandit->target[c] += y * z[c];
    }
}

static void take_all_anew(pal_bandit_hybrid *bandit)
{
    memset(bandit->taken, 0, bandit->packed * sizeof *bandit->taken);
    memset(bandit->taken_target, 0, bandit->k * sizeof *bandit->taken_target);
    for (size_t a = 0; a < bandit->own->n; a++) {
        if (bandit->own->count[a] > 0) {
            take(bandit, a, 1);
        }
    }
}

/* L_0 and beta from the sums. */
static pal_status find_shared(pal_bandit_hybrid *bandit, pal_error *err)
{
    const size_t k = bandit->k;
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < bandit->packed; i++) {
        bandit->factor[i] = bandit->outer[i] - bandit->taken[i];
    }
    pal_packed_to_full(bandit->full, bandit->factor, k);
    PAL_TRY(pal_cholesky(bandit->full, k, err));
    pal_packed_from_full(bandit->factor, bandit->full, k);
    for (size_t c = 0; c < k; c++) {
        bandit->beta[c] = bandit->target[c] - bandit->taken_target[c];
    }
    pal_packed_forward(bandit->factor, k, bandit->beta);
    pal_packed_backward(bandit->factor, k, bandit->beta);

done:
    return rc;
}

pal_status pal_bandit_hybrid_solve(pal_bandit_hybrid *bandit, pal_error *err)
{
    const bool anew = ++bandit->solves[0] % bandit->own->refactor == 0;

    for (size_t a = 0; a < bandit->own->n; a++) {
        if (bandit->touched[a] && !anew) {
            take(bandit, a, 1);
        }
        bandit->touched[a] = 0;
    }
    if (anew) {
        take_all_anew(bandit);
    } else if (find_shared(bandit, NULL) == PAL_OK) {
        return PAL_OK;
    } else {
        take_all_anew(bandit); /* rounding has eaten A_0: the sums without it */
    }
    return find_shared(bandit, err);
}

void pal_bandit_hybrid_theta(double *theta, const pal_bandit_hybrid *bandit, size_t arm, const double *beta)
{
    const size_t d = bandit->own->d, k = bandit->k;
    const double *cross = bandit->cross + arm * d * k, *l = bandit->own->factor + arm * bandit->own->packed;

    for (size_t i = 0; i < d; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++) {
            sum += cross[i * k + c] * beta[c];
        }
        theta[i] = bandit->own->moment[arm * d + i] - sum;
    }
    pal_packed_forward(l, d, theta);
    pal_packed_backward(l, d, theta);
}

uint64_t pal_bandit_hybrid_digest(const pal_bandit_hybrid *bandit)
{
    const size_t n = bandit->own->n, d = bandit->own->d, k = bandit->k, packed = bandit->packed;
    uint64_t digest = pal_bandit_linear_digest(bandit->own);

    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->cross, n * d * k));
    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->outer, packed));
    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->target, k));
    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->taken, packed));
    digest = pal_hash_mix(digest, pal_hash_doubles(bandit->taken_target, k));
    return pal_hash_mix(digest, bandit->solves[0]);
}

pal_status pal_bandit_hybrid_save(const pal_bandit_hybrid *bandit, const char *prefix, pal_tensors *file,
                                  pal_error *err)
{
    const size_t n = bandit->own->n, d = bandit->own->d, k = bandit->k, packed = bandit->packed;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_bandit_linear_save(bandit->own, prefix, file, err));
#define X(type, tensor, field, rows, length) \
    PAL_TRY(pal_bandit_put(file, prefix, #field, tensor, (rows), (length), bandit->field, err));
    PAL_BANDIT_HYBRID_STATE(X)
#undef X

done:
    return rc;
}

pal_status pal_bandit_hybrid_restore(pal_bandit_hybrid *bandit, const char *prefix, const pal_tensors *file,
                                     pal_error *err)
{
    const size_t n = bandit->own->n, d = bandit->own->d, k = bandit->k, packed = bandit->packed;
    pal_status rc = PAL_OK;

#define X(type, tensor, field, rows, length) const void *field;
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
#define X(type, tensor, field, rows, length) \
    PAL_TRY(pal_bandit_get(&field, file, prefix, #field, tensor, (rows), (length), err));
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
    PAL_TRY(pal_bandit_linear_restore(bandit->own, prefix, file, err));
#define X(type, tensor, field, rows, length) memcpy(bandit->field, field, (rows) * (length) * sizeof(type));
    PAL_BANDIT_HYBRID_STATE(X)
#undef X
    if (find_shared(bandit, NULL) != PAL_OK) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/outer without %s/taken is not positive definite", pal_tensors_file(file), prefix,
                 prefix);
    }

done:
    return rc;
}
