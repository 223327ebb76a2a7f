/* Off-policy estimators of slates. */
#include "metrics/ope_slate.h"

#include "core/linalg.h"
#include "core/mem.h"

#include <math.h>

/* Eigenvalues below this share of the largest count as zero: Jacobi leaves about 1e-15 of it. */
#define RANK_TOLERANCE 1e-10
#define SUM_TOLERANCE 1e-9

static const struct {
    const char *name, *meaning;
    bool marginals;
} kinds[PAL_OPE_SLATE_KINDS] = {
    [PAL_OPE_WHOLE] = { "slate_ips", "the whole slate weighted", false },
    [PAL_OPE_INDEPENDENT] = { "independent_ips", "each slot weighted by itself", true },
    [PAL_OPE_CASCADE] = { "cascade_ips", "each slot weighted with those above", false },
    [PAL_OPE_PSEUDO] = { "pseudo_inverse", "value is a sum over slots", true },
};

const char *pal_ope_slate_name(pal_ope_slate_kind kind)
{
    return kinds[kind].name;
}

const char *pal_ope_slate_meaning(pal_ope_slate_kind kind)
{
    return kinds[kind].meaning;
}

bool pal_ope_slate_needs_marginals(pal_ope_slate_kind kind)
{
    return kinds[kind].marginals;
}

static bool is_chance(double p, bool zero_too)
{
    return (zero_too ? p >= 0 : p > 0) && p <= 1;
}

static pal_status check(const pal_ope_slates *s, pal_ope_slate_kind kind, pal_error *err)
{
    bool marginals = kinds[kind].marginals;
    const double *logged = marginals ? s->logged_slot : s->logged, *target = marginals ? s->target_slot : s->target;

    if (s->n == 0 || s->k == 0 || s->n_people == 0 || (s->person == NULL && s->n_people != s->n)) {
        return pal_error_set(err, PAL_ERR_SHAPE, "off-policy evaluation: %zu slates of %zu slots, %zu people", s->n, s->k,
                             s->n_people);
    }
    if (logged == NULL || target == NULL) {
        return pal_error_set(err, PAL_ERR_SHAPE, "off-policy evaluation: %s needs the chances %s", kinds[kind].name,
                             marginals ? "of each slot by itself" : "given the slots above");
    }
    for (size_t i = 0; i < s->n * s->k; i++) {
        if (!isfinite(s->reward[i]) || !is_chance(logged[i], false) || !is_chance(target[i], true)) {
            return pal_error_set(err, PAL_ERR_DATA,
                                 "slate %zu, slot %zu: reward %g, logged chance %g (above 0), target chance %g (0 to 1)",
                                 i / s->k, i % s->k, s->reward[i], logged[i], target[i]);
        }
    }
    for (size_t i = 0; s->person != NULL && i < s->n; i++) {
        if (s->person[i] >= s->n_people) {
            return pal_error_set(err, PAL_ERR_DATA, "slate %zu: person %lu of %zu", i, (unsigned long)s->person[i],
                                 s->n_people);
        }
    }
    return PAL_OK;
}

static double term(const pal_ope_slates *s, pal_ope_slate_kind kind, size_t row)
{
    const double *r = s->reward + row * s->k;
    const double *logged = (kinds[kind].marginals ? s->logged_slot : s->logged) + row * s->k;
    const double *target = (kinds[kind].marginals ? s->target_slot : s->target) + row * s->k;
    double product = 1, excess = 1, reward = 0, weighted = 0, cascade = 0;

    for (size_t l = 0; l < s->k; l++) {
        double w = target[l] / logged[l];

        product *= w;
        excess += w - 1;
        reward += r[l];
        weighted += w * r[l];
        cascade += product * r[l];
    }
    switch (kind) {
    case PAL_OPE_WHOLE:
        return product * reward;
    case PAL_OPE_INDEPENDENT:
        return weighted;
    case PAL_OPE_CASCADE:
        return cascade;
    default:
        return excess * reward;
    }
}

pal_status pal_ope_slate_estimate(pal_ope_estimate *out, pal_ope_slate_kind kind, const pal_ope_slates *slates, double level,
                                  const pal_boot *boot, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *num = NULL, *den = NULL;

    PAL_TRY(check(slates, kind, err));
    if (!(level > 0 && level < 1)) {
        PAL_FAIL(PAL_ERR_DATA, "off-policy evaluation: level %g, wanted inside (0, 1)", level);
    }
    PAL_NEW(num, slates->n_people);
    PAL_NEW(den, slates->n_people);
    for (size_t i = 0; i < slates->n; i++) {
        size_t u = slates->person == NULL ? i : slates->person[i];

        num[u] += term(slates, kind, i);
        den[u] += 1;
    }
    PAL_TRY(pal_ope_from_sums(out, num, den, slates->n_people, level, boot, err));
done:
    pal_free(num);
    pal_free(den);
    return rc;
}

/* ---- the pseudo-inverse ---- */

static pal_status check_listed(const uint32_t *slate, const double *logged, const double *target, size_t m, size_t k,
                               size_t n_items, pal_error *err)
{
    double all_logged = 0, all_target = 0;

    if (m == 0 || k == 0 || n_items == 0) {
        return pal_error_set(err, PAL_ERR_SHAPE, "pseudo-inverse: %zu slates of %zu slots, %zu items", m, k, n_items);
    }
    for (size_t s = 0; s < m; s++) {
        for (size_t l = 0; l < k; l++) {
            if (slate[s * k + l] >= n_items) {
                return pal_error_set(err, PAL_ERR_DATA, "slate %zu, slot %zu: item %lu of %zu", s, l,
                                     (unsigned long)slate[s * k + l], n_items);
            }
        }
        if (!is_chance(logged[s], true) || !is_chance(target[s], true)) {
            return pal_error_set(err, PAL_ERR_DATA, "slate %zu: chances %g and %g, wanted 0 to 1", s, logged[s], target[s]);
        }
        all_logged += logged[s];
        all_target += target[s];
    }
    if (fabs(all_logged - 1) > SUM_TOLERANCE || fabs(all_target - 1) > SUM_TOLERANCE) {
        return pal_error_set(err, PAL_ERR_DATA, "pseudo-inverse: chances add up to %.12g (logged) and %.12g (target), wanted 1",
                             all_logged, all_target);
    }
    return PAL_OK;
}

/* G and q of the header. */
static void moments(double *g, double *q, const uint32_t *slate, const double *logged, const double *target, size_t m,
                    size_t k, size_t n_items)
{
    size_t d = k * n_items;

    for (size_t s = 0; s < m; s++) {
        const uint32_t *item = slate + s * k;

        for (size_t l = 0; l < k; l++) {
            size_t row = l * n_items + item[l];

            q[row] += target[s];
            for (size_t j = 0; j < k; j++) {
                g[row * d + j * n_items + item[j]] += logged[s];
            }
        }
    }
}

/* z = G+ q from the eigenvectors; *miss = largest |q - G z|, 0 when q lies in what the log spans. */
static void apply_inverse(double *z, double *miss, double *left, const double *value, const double *vector, const double *q,
                          size_t d)
{
    for (size_t i = 0; i < d; i++) {
        left[i] = q[i];
    }
    for (size_t e = 0; e < d && value[e] > RANK_TOLERANCE * value[0]; e++) {
        const double *unit = vector + e * d;
        double along = 0;

        for (size_t i = 0; i < d; i++) {
            along += unit[i] * q[i];
        }
        for (size_t i = 0; i < d; i++) {
            z[i] += unit[i] * (along / value[e]);
            left[i] -= unit[i] * along;
        }
    }
    *miss = 0;
    for (size_t i = 0; i < d; i++) {
        *miss = fabs(left[i]) > *miss ? fabs(left[i]) : *miss;
    }
}

pal_status pal_ope_pseudo_weights(double *weight, const uint32_t *slate, const double *logged, const double *target, size_t m,
                                  size_t k, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *g = NULL, *q = NULL, *value = NULL, *vector = NULL, *z = NULL, *left = NULL, miss;
    size_t d = k * n_items;

    PAL_TRY(check_listed(slate, logged, target, m, k, n_items, err));
    PAL_NEW(g, d * d);
    PAL_NEW(vector, d * d);
    PAL_NEW(q, d);
    PAL_NEW(value, d);
    PAL_NEW(z, d);
    PAL_NEW(left, d);
    moments(g, q, slate, logged, target, m, k, n_items);
    PAL_TRY(pal_eigen_symmetric(value, vector, g, d, err));
    apply_inverse(z, &miss, left, value, vector, q, d);
    if (miss > 1e-8) {
        PAL_FAIL(PAL_ERR_DATA, "pseudo-inverse: the target shows items in slots that the logging policy cannot speak for");
    }
    for (size_t s = 0; s < m; s++) {
        weight[s] = 0;
        for (size_t l = 0; l < k; l++) {
            weight[s] += z[l * n_items + slate[s * k + l]];
        }
    }
done:
    pal_free(g);
    pal_free(q);
    pal_free(value);
    pal_free(vector);
    pal_free(z);
    pal_free(left);
    return rc;
}
