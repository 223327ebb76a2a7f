/* Losses of predicted probabilities. */
#include "metrics/logloss.h"

#include "core/error.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

static double clipped(double p)
{
    return p < PAL_LOG_LOSS_EPS ? PAL_LOG_LOSS_EPS : p > 1 - PAL_LOG_LOSS_EPS ? 1 - PAL_LOG_LOSS_EPS : p;
}

double pal_log_loss_row(double p, uint8_t label)
{
    double q = clipped(p);

    return label != 0 ? -pal_log(q) : -pal_log1p(-q);
}

double pal_brier_row(double p, uint8_t label)
{
    double d = p - (label != 0 ? 1 : 0);

    return d * d;
}

/* p log(p / q), with 0 log 0 = 0. */
static double divergence_term(double p, double q)
{
    return p > 0 ? p * pal_log(p / q) : 0;
}

double pal_bernoulli_kl(double p, double q)
{
    double c = clipped(q), kl = divergence_term(p, c) + divergence_term(1 - p, 1 - c);

    return kl < 0 ? 0 : kl; /* rounding, and a clipped q beside p = 0 or 1 */
}

double pal_log_loss(const float *p, const uint8_t *label, const double *weight, size_t n)
{
    pal_acc sum = { 0 }, all = { 0 };

    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        pal_acc_add(&sum, w * pal_log_loss_row((double)p[i], label[i]));
        pal_acc_add(&all, w);
    }
    return pal_acc_value(&all) > 0 ? pal_acc_value(&sum) / pal_acc_value(&all) : NAN;
}

double pal_brier(const float *p, const uint8_t *label, const double *weight, size_t n)
{
    pal_acc sum = { 0 }, all = { 0 };

    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        pal_acc_add(&sum, w * pal_brier_row((double)p[i], label[i]));
        pal_acc_add(&all, w);
    }
    return pal_acc_value(&all) > 0 ? pal_acc_value(&sum) / pal_acc_value(&all) : NAN;
}

double pal_normalised_entropy(const float *p, const uint8_t *label, size_t n)
{
    size_t positives = 0;
    double rate, entropy;

    for (size_t i = 0; i < n; i++) {
        positives += label[i];
    }
    if (positives == 0 || positives == n) {
        return NAN;
    }
    rate = (double)positives / (double)n;
    entropy = -(rate * pal_log(rate) + (1 - rate) * pal_log1p(-rate));
    return pal_log_loss(p, label, NULL, n) / entropy;
}

double pal_excess_kl(const float *truth, const float *p, size_t n)
{
    pal_acc sum = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&sum, pal_bernoulli_kl((double)truth[i], (double)p[i]));
    }
    return n > 0 ? pal_acc_value(&sum) / (double)n : NAN;
}

static void zero_people(double *num, double *den, size_t n_people)
{
    for (size_t u = 0; u < n_people; u++) {
        num[u] = 0;
        den[u] = 0;
    }
}

static void add_row(double *num, double *den, size_t n_people, uint32_t person, double loss)
{
    (void)n_people; /* read by the check of debug builds only */
    PAL_DCHECK(person < n_people);
    num[person] += loss;
    den[person] += 1;
}

void pal_log_loss_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *p,
                         const uint8_t *label, size_t n)
{
    zero_people(num, den, n_people);
    for (size_t i = 0; i < n; i++) {
        add_row(num, den, n_people, person[i], pal_log_loss_row((double)p[i], label[i]));
    }
}

void pal_brier_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *p,
                      const uint8_t *label, size_t n)
{
    zero_people(num, den, n_people);
    for (size_t i = 0; i < n; i++) {
        add_row(num, den, n_people, person[i], pal_brier_row((double)p[i], label[i]));
    }
}

void pal_excess_kl_people(double *num, double *den, size_t n_people, const uint32_t *person, const float *truth,
                          const float *p, size_t n)
{
    zero_people(num, den, n_people);
    for (size_t i = 0; i < n; i++) {
        add_row(num, den, n_people, person[i], pal_bernoulli_kl((double)truth[i], (double)p[i]));
    }
}
