/* Chi-square test of a split. */
#include "metrics/srm.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* Q(a, h) grows by h^a e^-h / Gamma(a + 1) from a to a + 1; it starts at erfc(sqrt h) or e^-h. */
double pal_chi_square_tail(double x, size_t df)
{
    double h = x / 2, a = df % 2 == 1 ? 0.5 : 1, tail;

    if (isnan(x) || df == 0) {
        return NAN;
    }
    if (x <= 0) {
        return 1;
    }
    tail = df % 2 == 1 ? 2 * pal_normal_cdf(-sqrt(x)) : pal_exp(-h);
    for (; 2 * a < (double)df; a++) {
        tail += pal_exp(a * pal_log(h) - h - pal_lgamma(a + 1));
    }
    return tail < 1 ? tail : 1;
}

pal_status pal_sample_ratio_check(pal_sample_ratio *out, const double *count, const double *share, size_t n_arms,
                                  pal_error *err)
{
    double people = 0, shares = 0;
    pal_acc chi2 = { 0 };

    if (n_arms < 2) {
        return pal_error_set(err, PAL_ERR_DATA, "sample ratio: %zu arms, wanted two or more", n_arms);
    }
    for (size_t a = 0; a < n_arms; a++) {
        double s = share == NULL ? 1 : share[a];

        if (!(count[a] >= 0 && isfinite(count[a]))) {
            return pal_error_set(err, PAL_ERR_DATA, "sample ratio: arm %zu has a count of %g", a, count[a]);
        }
        if (!(s > 0 && isfinite(s))) {
            return pal_error_set(err, PAL_ERR_DATA, "sample ratio: arm %zu has a share of %g, wanted above 0", a, s);
        }
        people += count[a];
        shares += s;
    }
    if (!(people > 0)) {
        return pal_error_set(err, PAL_ERR_DATA, "sample ratio: no people in any of %zu arms", n_arms);
    }
    for (size_t a = 0; a < n_arms; a++) {
        double wanted = people * (share == NULL ? 1 : share[a]) / shares;

        pal_acc_add(&chi2, (count[a] - wanted) * (count[a] - wanted) / wanted);
    }
    out->chi2 = pal_acc_value(&chi2);
    out->p = pal_chi_square_tail(out->chi2, n_arms - 1);
    out->mismatch = out->p < PAL_SRM_LEVEL;
    return PAL_OK;
}
