/* Paired comparison of two arms. */
#include "metrics/compare.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "metrics/wilcoxon.h"

#include <math.h>

/* Per-person values of both arms, linearised, for the people that count in one of them. */
typedef struct paired {
    double *a, *b, *d;
    size_t n;
} paired;

static double ratio_over(const double *num, const double *den, size_t n)
{
    double all = pal_sum(den, n);

    return all > 0 ? pal_sum(num, n) / all : NAN;
}

/* Influence of each person on a ratio; sums to 0 over the people that count. */
static double influence(double num, double den, double ratio, double mean_den)
{
    return (num - ratio * den) / mean_den;
}

static void linearise(paired *p, const pal_comparison *c, size_t n_people, const double *num_a, const double *den_a,
                      const double *num_b, const double *den_b)
{
    double mean_a, mean_b;

    p->n = 0;
    for (size_t u = 0; u < n_people; u++) {
        p->n += den_a[u] > 0 || den_b[u] > 0;
    }
    mean_a = pal_sum(den_a, n_people) / (double)p->n;
    mean_b = pal_sum(den_b, n_people) / (double)p->n;
    p->n = 0;
    for (size_t u = 0; u < n_people; u++) {
        if (den_a[u] > 0 || den_b[u] > 0) {
            p->a[p->n] = c->value_a + influence(num_a[u], den_a[u], c->value_a, mean_a);
            p->b[p->n] = c->value_b + influence(num_b[u], den_b[u], c->value_b, mean_b);
            p->d[p->n] = p->a[p->n] - p->b[p->n];
            p->n++;
        }
    }
}

static double covariance(const double *x, const double *y, size_t n)
{
    double mean_x = pal_mean(x, n), mean_y = pal_mean(y, n);
    pal_acc sum = { 0 };

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&sum, (x[i] - mean_x) * (y[i] - mean_y));
    }
    return pal_acc_value(&sum) / ((double)n - 1);
}

static void describe_pairs(pal_comparison *c, const paired *p)
{
    double var_a = pal_variance(p->a, p->n), var_b = pal_variance(p->b, p->n), var_d = pal_variance(p->d, p->n);
    double mean = pal_mean(p->d, p->n);

    c->sd = sqrt(var_d);
    c->effect = var_d > 0 ? mean / c->sd : mean == 0 ? 0 : NAN;
    c->correlation = var_a > 0 && var_b > 0 ? covariance(p->a, p->b, p->n) / sqrt(var_a * var_b) : NAN;
    c->variance_reduction = var_a + var_b > 0 ? 1 - var_d / (var_a + var_b) : NAN;
}

pal_status pal_compare(pal_comparison *out, const pal_boot *boot, const double *num_a, const double *den_a,
                       const double *num_b, const double *den_b, const pal_compare_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_people = pal_boot_people(boot);
    paired p = { NULL, NULL, NULL, 0 };
    pal_wilcoxon ranks;
    pal_comparison c = { .effect = NAN, .p_permutation = NAN, .p_t = NAN, .p_wilcoxon = NAN, .correlation = NAN,
                         .variance_reduction = NAN, .sd = NAN };

    PAL_TRY(pal_boot_ratio_diff_many(&c.difference, boot, num_a, den_a, num_b, den_b, 1, 1, err));
    c.value_a = ratio_over(num_a, den_a, n_people);
    c.value_b = ratio_over(num_b, den_b, n_people);
    PAL_NEW(p.a, n_people);
    PAL_NEW(p.b, n_people);
    PAL_NEW(p.d, n_people);
    if (!isnan(c.value_a) && !isnan(c.value_b)) {
        linearise(&p, &c, n_people, num_a, den_a, num_b, den_b);
        if (p.n >= 2) {
            describe_pairs(&c, &p);
            PAL_TRY(pal_sign_flip_p(&c.p_permutation, p.d, p.n, config, err));
            c.p_t = pal_paired_t_p(p.d, p.n);
            PAL_TRY(pal_wilcoxon_paired(&ranks, p.d, p.n, err));
            c.p_wilcoxon = ranks.p;
        }
    }
    *out = c;

done:
    pal_free(p.a);
    pal_free(p.b);
    pal_free(p.d);
    return rc;
}

double pal_paired_t_p(const double *d, size_t n)
{
    double mean, se;

    if (n < 2) {
        return NAN;
    }
    mean = pal_mean(d, n);
    se = sqrt(pal_variance(d, n) / (double)n);
    if (!(se > 0)) {
        return mean == 0 ? 1 : 0;
    }
    return 2 * pal_student_cdf(-fabs(mean / se), (double)n - 1);
}

double pal_sample_size(double diff, double sd, double alpha, double power)
{
    double z = pal_normal_quantile(1 - alpha / 2) + pal_normal_quantile(power), root = z * sd / diff, n;

    if (diff == 0) {
        return INFINITY;
    }
    n = ceil(root * root);
    return n < 2 ? 2 : n;
}

double pal_detectable_difference(size_t n, double sd, double alpha, double power)
{
    double z = pal_normal_quantile(1 - alpha / 2) + pal_normal_quantile(power);

    return n > 0 ? z * sd / sqrt((double)n) : NAN;
}
