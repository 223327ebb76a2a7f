/* Off-policy estimators of single decisions: terms, sums over people, intervals. */
#include "metrics/ope.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

#define MOST_WEIGHT 1e100 /* squares of weights, times rewards, stay finite */

static const struct {
    const char *name, *meaning;
    bool model;
} kinds[PAL_OPE_KINDS] = {
    [PAL_OPE_IPS] = { "ips", "rewards weighted by target over logged chance", false },
    [PAL_OPE_CLIPPED] = { "clipped_ips", "IPS with weights held at a ceiling", false },
    [PAL_OPE_SNIPS] = { "snips", "IPS over the sum of the weights", false },
    [PAL_OPE_DM] = { "dm", "a model of the reward alone; its interval leaves the model's own error out", true },
    [PAL_OPE_DR] = { "dr", "the model, corrected by weighted residuals", true },
    [PAL_OPE_SWITCH] = { "switch_dr", "DR without the rows of large weight", true },
    [PAL_OPE_SHRUNK] = { "dr_os", "DR with weights shrunk to least error", true },
};

const char *pal_ope_name(pal_ope_kind kind)
{
    return kinds[kind].name;
}

const char *pal_ope_meaning(pal_ope_kind kind)
{
    return kinds[kind].meaning;
}

bool pal_ope_needs_model(pal_ope_kind kind)
{
    return kinds[kind].model;
}

pal_ope_config pal_ope_defaults(void)
{
    return (pal_ope_config){ .clip = 10, .switch_at = 10, .shrink = 100, .level = PAL_BOOT_LEVEL };
}

static pal_status check_row(const pal_ope_rows *rows, size_t i, pal_error *err)
{
    if (!isfinite(rows->reward[i])) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: reward %g is not finite", i, rows->reward[i]);
    }
    if (!(rows->logged[i] > 0 && rows->logged[i] <= 1)) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: propensity %g, wanted above 0 and at most 1", i, rows->logged[i]);
    }
    if (!(rows->target[i] >= 0 && rows->target[i] <= 1)) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: target probability %g, wanted 0 to 1", i, rows->target[i]);
    }
    if (rows->target[i] / rows->logged[i] > MOST_WEIGHT) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: weight %g (%g over %g), wanted at most %g", i,
                             rows->target[i] / rows->logged[i], rows->target[i], rows->logged[i], MOST_WEIGHT);
    }
    if ((rows->q != NULL && !isfinite(rows->q[i])) || (rows->v != NULL && !isfinite(rows->v[i]))) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: the model's reward is not finite", i);
    }
    if (rows->person != NULL && rows->person[i] >= rows->n_people) {
        return pal_error_set(err, PAL_ERR_DATA, "row %zu: person %lu of %zu", i, (unsigned long)rows->person[i],
                             rows->n_people);
    }
    return PAL_OK;
}

pal_status pal_ope_check(const pal_ope_rows *rows, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (rows->n == 0 || rows->n_people == 0 || (rows->person == NULL && rows->n_people != rows->n)) {
        PAL_FAIL(PAL_ERR_SHAPE, "off-policy evaluation: %zu rows of %zu people", rows->n, rows->n_people);
    }
    for (size_t i = 0; i < rows->n; i++) {
        PAL_TRY(check_row(rows, i, err));
    }
done:
    return rc;
}

static pal_status check_config(const pal_ope_config *c, pal_error *err)
{
    if (!(c->clip > 0) || !(c->switch_at >= 0) || !(c->shrink >= 0) || !(c->level > 0 && c->level < 1)) {
        return pal_error_set(err, PAL_ERR_DATA,
                             "off-policy evaluation: clip %g (above 0), switch_at %g and shrink %g (0 or more), level %g (inside 0 and 1)",
                             c->clip, c->switch_at, c->shrink, c->level);
    }
    return PAL_OK;
}

/* The weight that a kind takes for w. */
static double weight_used(pal_ope_kind kind, double w, const pal_ope_config *c)
{
    switch (kind) {
    case PAL_OPE_CLIPPED:
        return w < c->clip ? w : c->clip;
    case PAL_OPE_SWITCH:
        return w <= c->switch_at ? w : 0;
    case PAL_OPE_SHRUNK:
        if (isinf(c->shrink)) {
            return w;
        }
        return w > 0 ? c->shrink * w / (w * w + c->shrink) : 0;
    case PAL_OPE_DM:
        return 0;
    default:
        return w;
    }
}

void pal_ope_term(double *num, double *den, pal_ope_kind kind, const pal_ope_rows *rows, size_t row,
                  const pal_ope_config *config)
{
    double w = rows->target[row] / rows->logged[row];
    double used = weight_used(kind, w, config);

    *den = kind == PAL_OPE_SNIPS ? w : 1;
    *num = kinds[kind].model ? rows->v[row] + used * (rows->reward[row] - rows->q[row]) : used * rows->reward[row];
}

/* Delta method: the ratio R = A / B moves with person u by (num_u - R den_u) / B (Cochran 1977, 6.5). */
static void normal_interval(pal_interval *out, const double *num, const double *den, size_t n, double level)
{
    pal_acc a = { 0 }, b = { 0 }, squares = { 0 };
    double count = 0, total, z = pal_normal_quantile(0.5 + level / 2);

    for (size_t u = 0; u < n; u++) {
        pal_acc_add(&a, num[u]);
        pal_acc_add(&b, den[u]);
        count += den[u] > 0 ? 1 : 0;
    }
    total = pal_acc_value(&b);
    *out = (pal_interval){ NAN, NAN, NAN, NAN, (size_t)count };
    if (!(total > 0)) {
        return;
    }
    out->value = pal_acc_value(&a) / total;
    if (count < 2) {
        return;
    }
    for (size_t u = 0; u < n; u++) {
        double e = num[u] - out->value * den[u];

        pal_acc_add(&squares, e * e);
    }
    out->se = sqrt(pal_acc_value(&squares) * (count / (count - 1))) / total;
    out->lo = out->value - z * out->se;
    out->hi = out->value + z * out->se;
}

pal_status pal_ope_from_sums(pal_ope_estimate *out, const double *num, const double *den, size_t n_people, double level,
                             const pal_boot *boot, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_estimate made;

    if (boot != NULL && pal_boot_people(boot) != n_people) {
        PAL_FAIL(PAL_ERR_SHAPE, "off-policy evaluation: resamples of %zu people for %zu", pal_boot_people(boot), n_people);
    }
    normal_interval(&made.normal, num, den, n_people, level);
    made.boot = (pal_interval){ made.normal.value, NAN, NAN, NAN, made.normal.n };
    if (boot != NULL) {
        PAL_TRY(pal_boot_ratio(&made.boot, boot, num, den, err));
    }
    *out = made;
done:
    return rc;
}

pal_status pal_ope_estimate_value(pal_ope_estimate *out, pal_ope_kind kind, const pal_ope_rows *rows,
                                  const pal_ope_config *config, const pal_boot *boot, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *num = NULL, *den = NULL;

    PAL_TRY(pal_ope_check(rows, err));
    PAL_TRY(check_config(config, err));
    if (kinds[kind].model && (rows->q == NULL || rows->v == NULL)) {
        PAL_FAIL(PAL_ERR_SHAPE, "off-policy evaluation: %s needs a model of the reward", kinds[kind].name);
    }
    PAL_NEW(num, rows->n_people);
    PAL_NEW(den, rows->n_people);
    for (size_t i = 0; i < rows->n; i++) {
        size_t u = rows->person == NULL ? i : rows->person[i];
        double a, b;

        pal_ope_term(&a, &b, kind, rows, i, config);
        num[u] += a;
        den[u] += b;
    }
    PAL_TRY(pal_ope_from_sums(out, num, den, rows->n_people, config->level, boot, err));
done:
    pal_free(num);
    pal_free(den);
    return rc;
}

pal_ope_overlap pal_ope_overlap_of(const pal_ope_rows *rows, const pal_ope_config *config)
{
    pal_ope_overlap out = { 0 };
    pal_acc sum = { 0 }, squares = { 0 };
    double n = (double)rows->n;

    for (size_t i = 0; i < rows->n; i++) {
        double w = rows->target[i] / rows->logged[i];

        pal_acc_add(&sum, w);
        pal_acc_add(&squares, w * w);
        out.most_weight = w > out.most_weight ? w : out.most_weight;
        out.zero_share += w > 0 ? 0 : 1 / n;
        out.clipped_share += w > config->clip ? 1 / n : 0;
    }
    out.mean_weight = pal_acc_value(&sum) / n;
    if (pal_acc_value(&squares) > 0) {
        out.ess = pal_acc_value(&sum) * pal_acc_value(&sum) / pal_acc_value(&squares);
    }
    return out;
}

/* Estimated squared error of one kind: variance of the mean of terms, and the bias its weights bring. */
static double squared_error(pal_ope_kind kind, const pal_ope_rows *rows, const pal_ope_config *config)
{
    pal_acc sum = { 0 }, squares = { 0 }, bias = { 0 };
    double n = (double)rows->n, mean, miss;

    for (size_t i = 0; i < rows->n; i++) {
        double w = rows->target[i] / rows->logged[i], num, den;
        double left = kinds[kind].model ? rows->reward[i] - rows->q[i] : rows->reward[i];

        pal_ope_term(&num, &den, kind, rows, i, config);
        pal_acc_add(&sum, num);
        pal_acc_add(&bias, (w - weight_used(kind, w, config)) * left);
    }
    mean = pal_acc_value(&sum) / n;
    miss = pal_acc_value(&bias) / n;
    for (size_t i = 0; i < rows->n; i++) {
        double num, den;

        pal_ope_term(&num, &den, kind, rows, i, config);
        pal_acc_add(&squares, (num - mean) * (num - mean));
    }
    return pal_acc_value(&squares) / (n * n) + miss * miss;
}

/* Powers of two from 1/4 up to past the largest weight (its square for the shrinkage), where nothing changes any more. */
static void tune_one(double *setting, pal_ope_kind kind, const pal_ope_rows *rows, pal_ope_config *config, double most)
{
    double best = INFINITY, chosen = *setting;

    for (double at = 0.25; at < 2 * most && at < 1e12; at *= 2) {
        double error;

        *setting = at;
        error = squared_error(kind, rows, config);
        if (error <= best) {
            best = error;
            chosen = at;
        }
    }
    *setting = chosen;
}

pal_status pal_ope_tune(pal_ope_config *config, const pal_ope_rows *rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    double most;

    PAL_TRY(pal_ope_check(rows, err));
    most = pal_ope_overlap_of(rows, config).most_weight;
    most = most > 1 ? most : 1;
    tune_one(&config->clip, PAL_OPE_CLIPPED, rows, config, most);
    if (rows->q != NULL && rows->v != NULL) {
        tune_one(&config->switch_at, PAL_OPE_SWITCH, rows, config, most);
        tune_one(&config->shrink, PAL_OPE_SHRUNK, rows, config, 64 * most * most);
    }
done:
    return rc;
}
