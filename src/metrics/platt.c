/* Platt scaling: a two-parameter logistic regression with smoothed targets. */
#include "metrics/calibration.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

#define MOST_HALVINGS 60

/* The problem on standardised scores z = (score - mean) / sd; z = 0 everywhere when sd is 0. */
typedef struct platt {
    const float *score;
    const uint8_t *label;
    const double *weight;
    size_t n;
    double total;         /* weight of all rows     */
    double mean, inv_sd;
    double target[2];     /* smoothed, by label     */
    double centre;        /* logit of the base rate */
    double ridge;
} platt;

/* Gradient and Hessian at (a, b). */
typedef struct step {
    double ga, gb, haa, hab, hbb;
} step;

pal_platt_config pal_platt_defaults(void)
{
    return (pal_platt_config){ .base_rate = NAN, .ridge = 1e-3, .tol = 1e-10, .max_iter = 100 };
}

static pal_status check_config(const pal_platt_config *c, pal_error *err)
{
    if (!isnan(c->base_rate) && !(c->base_rate > 0 && c->base_rate < 1)) {
        return pal_error_set(err, PAL_ERR_CONFIG, "platt: base_rate %g, wanted inside (0, 1) or NaN", c->base_rate);
    }
    if (!(c->ridge > 0 && isfinite(c->ridge))) {
        return pal_error_set(err, PAL_ERR_CONFIG, "platt: ridge %g, wanted above 0", c->ridge);
    }
    if (!(c->tol > 0)) {
        return pal_error_set(err, PAL_ERR_CONFIG, "platt: tol %g, wanted above 0", c->tol);
    }
    if (c->max_iter < 1) {
        return pal_error_set(err, PAL_ERR_CONFIG, "platt: max_iter %d, wanted 1 or more", c->max_iter);
    }
    return PAL_OK;
}

static pal_status check_rows(const float *score, const uint8_t *label, const double *weight, size_t n,
                             pal_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(score[i])) {
            return pal_error_set(err, PAL_ERR_DATA, "platt: score of row %zu is not finite", i);
        }
        if (label[i] > 1) {
            return pal_error_set(err, PAL_ERR_DATA, "platt: label of row %zu is %u, wanted 0 or 1", i,
                                 (unsigned)label[i]);
        }
        if (weight != NULL && !(weight[i] >= 0 && isfinite(weight[i]))) {
            return pal_error_set(err, PAL_ERR_DATA, "platt: weight of row %zu is %g, wanted finite and >= 0", i,
                                 weight[i]);
        }
    }
    return PAL_OK;
}

static double weight_of(const platt *p, size_t i)
{
    return p->weight == NULL ? 1 : p->weight[i];
}

static double z_of(const platt *p, size_t i)
{
    return ((double)p->score[i] - p->mean) * p->inv_sd;
}

static void standardise(platt *p)
{
    pal_acc sum = { 0 }, square = { 0 };
    double sd;

    if (!(p->total > 0)) {
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        pal_acc_add(&sum, weight_of(p, i) * (double)p->score[i]);
    }
    p->mean = pal_acc_value(&sum) / p->total;
    for (size_t i = 0; i < p->n; i++) {
        double d = (double)p->score[i] - p->mean;

        pal_acc_add(&square, weight_of(p, i) * d * d);
    }
    sd = sqrt(pal_acc_value(&square) / p->total);
    /* A spread that is rounding only (one score in every row) is none. */
    p->inv_sd = sd > 1e-12 * fabs(p->mean) ? 1 / sd : 0;
}

static void set_targets(platt *p, double base_rate)
{
    pal_acc by_label[2] = { { 0 } };
    double negatives, positives;

    for (size_t i = 0; i < p->n; i++) {
        pal_acc_add(&by_label[p->label[i]], weight_of(p, i));
    }
    negatives = pal_acc_value(&by_label[0]);
    positives = pal_acc_value(&by_label[1]);
    p->total = negatives + positives;
    p->target[1] = (positives + 1) / (positives + 2);
    p->target[0] = 1 / (negatives + 2);
    p->centre = pal_logit(isnan(base_rate) ? (positives + 1) / (p->total + 2) : base_rate);
}

/* -[t log p + (1 - t) log(1 - p)] = softplus(f) - t f */
static double loss_at(const platt *p, double a, double b)
{
    pal_acc loss = { 0 };

    for (size_t i = 0; i < p->n; i++) {
        double f = a + b * z_of(p, i);

        pal_acc_add(&loss, weight_of(p, i) * (pal_softplus(f) - p->target[p->label[i]] * f));
    }
    return pal_acc_value(&loss) + p->ridge / 2 * ((a - p->centre) * (a - p->centre) + b * b);
}

static step derivatives(const platt *p, double a, double b)
{
    step s = { .ga = p->ridge * (a - p->centre), .gb = p->ridge * b, .haa = p->ridge, .hbb = p->ridge };

    for (size_t i = 0; i < p->n; i++) {
        double z = z_of(p, i), w = weight_of(p, i), q = pal_sigmoid(a + b * z);
        double residual = w * (q - p->target[p->label[i]]), h = w * q * (1 - q);

        s.ga += residual;
        s.gb += residual * z;
        s.haa += h;
        s.hab += h * z;
        s.hbb += h * z * z;
    }
    return s;
}

/* What the loss of thousands of rows cannot tell apart: near the minimum a step gains less than its rounding. */
#define LOSS_SLACK 1e-14

/* One Newton step from (a, b), halved until *loss does not grow; false when nothing can be gained. */
static bool newton(const platt *p, const step *s, double *loss, double *a, double *b)
{
    double det = s->haa * s->hbb - s->hab * s->hab;
    double da = (s->hab * s->gb - s->hbb * s->ga) / det, db = (s->hab * s->ga - s->haa * s->gb) / det;

    for (int i = 0; i < MOST_HALVINGS; i++) {
        double there = loss_at(p, *a + da, *b + db);

        if (there <= *loss + LOSS_SLACK * fabs(*loss)) {
            bool moved = *a + da != *a || *b + db != *b;

            *loss = there;
            *a += da;
            *b += db;
            return moved;
        }
        da /= 2;
        db /= 2;
    }
    return false;
}

/* Minimise; false when max_iter steps did not do. */
static bool minimise(const platt *p, const pal_platt_config *c, double *a, double *b)
{
    double scale = p->total > 1 ? p->total : 1, loss = loss_at(p, *a, *b);

    for (int i = 0; i < c->max_iter; i++) {
        step s = derivatives(p, *a, *b);

        if (fmax(fabs(s.ga), fabs(s.gb)) <= c->tol * scale || !newton(p, &s, &loss, a, b)) {
            return true;
        }
    }
    return false;
}

pal_status pal_platt_fit(double *a, double *b, const float *score, const uint8_t *label, const double *weight,
                         size_t n, const pal_platt_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_platt_config c = config == NULL ? pal_platt_defaults() : *config;
    platt p = { .score = score, .label = label, .weight = weight, .n = n, .ridge = c.ridge };
    double at = 0, slope = 0;
    bool settled;

    PAL_TRY(check_config(&c, err));
    PAL_TRY(check_rows(score, label, weight, n, err));
    set_targets(&p, c.base_rate);
    standardise(&p);
    at = p.centre;
    settled = minimise(&p, &c, &at, &slope);
    *b = slope * p.inv_sd;
    *a = at - *b * p.mean;
    if (!settled) {
        PAL_FAIL(PAL_ERR_CONVERGE, "platt: not settled after %d steps on %zu rows", c.max_iter, n);
    }

done:
    return rc;
}
