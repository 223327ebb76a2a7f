/* Real and simulated statistics side by side. */
#include "lab/realism.h"

#include "metrics/log_moments_distance.h"
#include "core/sum.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const pal_realism_verdict_names[4] = { "alike", "close", "apart", "not told" };

static pal_realism_moment compare_moment(const pal_interval *real, const pal_interval *simulated)
{
    pal_realism_moment m = { .real = *real, .simulated = *simulated, .distance = NAN, .verdict = PAL_UNTOLD };
    const double gap = simulated->value - real->value, error = sqrt(real->se * real->se + simulated->se * simulated->se);

    if (!isfinite(gap)) return m;
    if (error > 0) m.distance = gap / error;
    m.verdict = gap == 0 || fabs(m.distance) <= PAL_REALISM_ALIKE_SE               ? PAL_ALIKE
                : fabs(gap) <= PAL_REALISM_CLOSE_SHARE * fabs(real->value) ? PAL_CLOSE
                                                                           : PAL_APART;
    return m;
}

static pal_realism_spread compare_spread(const double *real, size_t n_real, const double *simulated, size_t n_simulated)
{
    pal_realism_spread s = { .n_real = n_real, .n_simulated = n_simulated, .verdict = PAL_UNTOLD };

    s.ks = pal_ks_distance(real, n_real, simulated, n_simulated);
    s.wasserstein = pal_wasserstein(real, n_real, simulated, n_simulated);
    s.wasserstein_sd = s.wasserstein / sqrt(pal_variance(real, n_real));
    for (size_t q = 0; q < PAL_REALISM_QUANTILES; q++) {
        const double p = (double)(q + 1) / (PAL_REALISM_QUANTILES + 1);

        s.real[q] = pal_quantile_of(real, n_real, p);
        s.simulated[q] = pal_quantile_of(simulated, n_simulated, p);
    }
    if (isfinite(s.ks)) s.verdict = s.ks <= PAL_REALISM_ALIKE_KS ? PAL_ALIKE : s.ks <= PAL_REALISM_CLOSE_KS ? PAL_CLOSE : PAL_APART;
    return s;
}

static void take_names(pal_realism *out, const pal_people_log *real, const pal_people_log *simulated)
{
    memcpy(out->real_name, real->name, sizeof out->real_name);
    memcpy(out->simulated_name, simulated->name, sizeof out->simulated_name);
    memcpy(out->real_digest, real->digest, sizeof out->real_digest);
    memcpy(out->simulated_digest, simulated->digest, sizeof out->simulated_digest);
    out->real_users = real->log.n_users;
    out->real_rows = real->log.n;
    out->simulated_users = simulated->log.n_users;
    out->simulated_rows = simulated->log.n;
}

pal_status pal_realism_of(pal_realism *out, const pal_people_log *real, const pal_people_log *simulated,
                          const pal_moments_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_log_moments *r = NULL, *s = NULL;
    pal_moments_config c = *config;

    *out = (pal_realism){ .xmin = 0 };
    take_names(out, real, simulated);
    c.session_gap = real->session_gap;
    PAL_TRY(pal_log_moments_new(&r, &real->log, &c, err));
    c.session_gap = simulated->session_gap;
    c.xmin = r->xmin;
    PAL_TRY(pal_log_moments_new(&s, &simulated->log, &c, err));
    out->xmin = r->xmin;
    out->real_items = r->n_sample[PAL_SAMPLE_ITEM];
    out->simulated_items = s->n_sample[PAL_SAMPLE_ITEM];
    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        out->moment[m] = compare_moment(&r->at[m], &s->at[m]);
        out->verdicts[out->moment[m].verdict]++;
    }
    for (size_t k = 0; k < PAL_SAMPLES; k++) {
        out->spread[k] = compare_spread(r->sample[k], r->n_sample[k], s->sample[k], s->n_sample[k]);
        out->verdicts[out->spread[k].verdict]++;
    }
done:
    pal_log_moments_free(r);
    pal_log_moments_free(s);
    return rc;
}
