/* From estimates and truth to one verdict a protocol. */
#include "lab/audit_result.h"

#include "core/mem.h"
#include "core/sum.h"
#include "lab/audit_judge.h"

#include <math.h>

const char *const pal_audit_target_names[PAL_AUDIT_TARGETS] = { "online", "known" };

pal_status pal_audit_result_new(pal_audit_result *r, const pal_audit *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t worlds = a->n_seeds * a->n_logs, fits = worlds * (a->n_splits + 1) * a->n_models;

    *r = (pal_audit_result){ .audit = a };
    PAL_NEW(r->estimate, worlds * pal_audit_protocols(a) * PAL_AUDIT_METRICS * a->n_models);
    PAL_NEW(r->truth, fits * PAL_AUDIT_METRICS);
    PAL_NEW(r->popularity, fits);
    PAL_NEW(r->likes, worlds * a->n_models);
    PAL_NEW(r->expected, worlds * a->n_models);
    PAL_NEW(r->curve, worlds * (a->n_curve + 1) * a->n_models);
    PAL_NEW(r->impressions, worlds);
    PAL_NEW(r->liked, worlds);
    PAL_NEW(r->verdict, (a->n_logs + 1) * pal_audit_protocols(a) * a->n_metrics * PAL_AUDIT_TARGETS);
done:
    return rc;
}

void pal_audit_result_clear(pal_audit_result *r)
{
    pal_free(r->estimate);
    pal_free(r->truth);
    pal_free(r->popularity);
    pal_free(r->likes);
    pal_free(r->expected);
    pal_free(r->curve);
    pal_free(r->impressions);
    pal_free(r->liked);
    pal_free(r->verdict);
    *r = (pal_audit_result){ 0 };
}

/* One world and log, what is asked of it. */
typedef struct cell {
    pal_audit_order order;
    double bias, spread;
} cell;

/* Recall, AUC and likes are the same quantity with every label known; the others depend on how many labels there are. */
static bool is_comparable(pal_audit_metric m)
{
    return m == PAL_AUDIT_RECALL || m == PAL_AUDIT_AUC || m == PAL_AUDIT_LIKES;
}

static double target_of(const pal_audit_result *r, size_t world, pal_audit_target target, size_t model)
{
    const pal_audit *a = r->audit;

    return target == PAL_AUDIT_ONLINE ? r->expected[pal_audit_online_index(a, world, model)].value
                                      : r->truth[pal_audit_truth_index(a, world, a->n_splits, PAL_AUDIT_LIKES, model)].value;
}

static cell look_at(const pal_audit_result *r, size_t world, size_t protocol, pal_audit_metric m, pal_audit_target target)
{
    const pal_audit *a = r->audit;
    double estimate[PAL_AUDIT_MOST], truth[PAL_AUDIT_MOST], popularity[PAL_AUDIT_MOST], least = INFINITY, most = -INFINITY;
    const size_t split = protocol / a->n_views;
    cell c = { .bias = 0 };

    for (size_t i = 0; i < a->n_models; i++) {
        estimate[i] = r->estimate[pal_audit_estimate_index(a, world, protocol, m, i)].value;
        truth[i] = target_of(r, world, target, i);
        popularity[i] = r->popularity[pal_audit_fit_at(a, world, split, i)].value;
        c.bias += (estimate[i] - r->truth[pal_audit_truth_index(a, world, split, m, i)].value) / (double)a->n_models;
        least = fmin(least, truth[i]);
        most = fmax(most, truth[i]);
    }
    if (!is_comparable(m)) c.bias = NAN;
    c.order = pal_audit_compare(estimate, truth, popularity, a->n_models);
    c.spread = most - least;
    return c;
}

/* A world's numbers for one log, or the mean over logs that have them. */
static cell look_at_world(const pal_audit_result *r, size_t seed, size_t log, size_t protocol, pal_audit_metric m,
                          pal_audit_target target)
{
    const pal_audit *a = r->audit;
    double x[7][PAL_AUDIT_MOST], mean[7];
    size_t n[7] = { 0 };

    if (log < a->n_logs) return look_at(r, pal_audit_world(a, seed, log), protocol, m, target);
    for (size_t l = 0; l < a->n_logs; l++) {
        const cell c = look_at(r, pal_audit_world(a, seed, l), protocol, m, target);
        const double y[7] = { c.order.tau, c.order.reversed, c.order.picked, c.order.regret, c.order.tilt, c.bias, c.spread };

        for (size_t i = 0; i < 7; i++) {
            if (!isnan(y[i])) x[i][n[i]++] = y[i];
        }
    }
    for (size_t i = 0; i < 7; i++) mean[i] = pal_mean(x[i], n[i]);
    return (cell){ { mean[0], mean[1], mean[2], mean[3], mean[4] }, mean[5], mean[6] };
}

static void judge(pal_audit_verdict *v, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;
    double tau[PAL_AUDIT_MOST], reversed[PAL_AUDIT_MOST], picked[PAL_AUDIT_MOST], regret[PAL_AUDIT_MOST], tilt[PAL_AUDIT_MOST],
        bias[PAL_AUDIT_MOST], spread[PAL_AUDIT_MOST];

    for (size_t s = 0; s < a->n_seeds; s++) {
        const cell c = look_at_world(r, s, v->log, v->protocol, a->metric[v->metric], v->target);

        tau[s] = c.order.tau;
        reversed[s] = c.order.reversed;
        picked[s] = c.order.picked;
        regret[s] = c.order.regret;
        tilt[s] = c.order.tilt;
        bias[s] = c.bias;
        spread[s] = c.spread;
    }
    v->tau = pal_audit_mean(tau, a->n_seeds, a->level, -1, 1);
    v->reversed = pal_audit_mean(reversed, a->n_seeds, a->level, 0, 1);
    v->picked = pal_audit_share(picked, a->n_seeds, a->level);
    v->regret = pal_audit_mean(regret, a->n_seeds, a->level, 0, INFINITY);
    v->tilt = pal_audit_mean(tilt, a->n_seeds, a->level, -2, 2);
    v->bias = pal_audit_mean(bias, a->n_seeds, a->level, -INFINITY, INFINITY);
    v->spread = pal_mean(spread, a->n_seeds);
}

pal_status pal_audit_conclude(pal_audit_result *r, pal_error *err)
{
    const pal_audit *a = r->audit;

    (void)err;
    r->n_verdicts = 0;
    for (size_t log = 0; log <= a->n_logs; log++) {
        for (size_t p = 0; p < pal_audit_protocols(a); p++) {
            for (size_t m = 0; m < a->n_metrics; m++) {
                for (int t = 0; t < PAL_AUDIT_TARGETS; t++) {
                    pal_audit_verdict *v = &r->verdict[r->n_verdicts];

                    *v = (pal_audit_verdict){ .log = log, .protocol = p, .metric = m, .target = (pal_audit_target)t };
                    judge(v, r);
                    r->n_verdicts += v->reversed.n > 0;
                }
            }
        }
    }
    return PAL_OK;
}
