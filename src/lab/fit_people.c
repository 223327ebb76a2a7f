/* The method of simulated moments, from the base experiment to errors of the parameters. */
#include "lab/fit_people_parts.h"

#include "core/mem.h"
#include "stages/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Fresh worlds are this far from those of the search: no seed is met twice. */
#define FRESH 1000

/* Activity, the shape of popularity, narrowness of tastes, and likes. Left out: what depends on how many genres there are
 * and how they overlap (effective number, largest shares, own lift), and what the defaults switch off (drift). */
const pal_moment pal_fit_default_moments[] = {
    PAL_MOMENT_ACTIVITY_LOG_MEAN, PAL_MOMENT_ACTIVITY_LOG_SD, PAL_MOMENT_ITEM_GINI, PAL_MOMENT_ITEM_TOP1, PAL_MOMENT_ITEM_TOP10,
    PAL_MOMENT_ITEM_LOG_SD, PAL_MOMENT_GENRES_RELATIVE, PAL_MOMENT_GENRE_COHESION, PAL_MOMENT_LIKE_MEAN, PAL_MOMENT_LIKE_SPREAD,
    PAL_MOMENT_ITEM_LIKE_SPREAD, PAL_MOMENT_POPULARITY_LIKE,
};
const size_t pal_fit_n_default_moments = sizeof pal_fit_default_moments / sizeof pal_fit_default_moments[0];

pal_fit_request pal_fit_defaults(void)
{
    return (pal_fit_request){ .as = PAL_AS_CLICKED, .least = 1, .moments = pal_moments_defaults(), .is_log = true, .people = 1000,
                              .check_people = 1000, .worlds = 2, .checks = 16, .starts = 3, .evaluations = 300,
                              .tolerance = 0.02, .n_threads = 1 };
}

void pal_fit_targets_from(pal_fit_targets *out, const pal_log_moments *moments, const pal_moment *wanted, size_t n_wanted)
{
    if (wanted == NULL) {
        wanted = pal_fit_default_moments;
        n_wanted = pal_fit_n_default_moments;
    }
    out->n = 0;
    for (size_t k = 0; k < n_wanted; k++) {
        const pal_interval *at = &moments->at[wanted[k]];

        if (!isfinite(at->value)) continue;
        out->at[out->n++] = (pal_fit_target){ .moment = wanted[k], .value = at->value, .se = isfinite(at->se) ? at->se : 0,
                                              .lo = at->lo, .hi = at->hi };
    }
}

double pal_fit_distance(const pal_fit_target *target, const pal_fit_seen *seen, size_t checks)
{
    const double variance = target->se * target->se + seen->sd * seen->sd / (double)checks;

    return variance > 0 ? (seen->mean - target->value) / sqrt(variance) : NAN;
}

/* ---- the problem ---- */

static pal_status choose_arm(size_t *arm, const pal_experiment *e, const char *name, pal_error *err)
{
    const char *names[64];
    size_t n = e->n_arms < 64 ? e->n_arms : 64;

    *arm = 0;
    if (name == NULL) return PAL_OK;
    for (size_t a = 0; a < e->n_arms; a++) {
        if (strcmp(e->arm[a].name, name) == 0) {
            *arm = a;
            return PAL_OK;
        }
        if (a < n) names[a] = e->arm[a].name;
    }
    const char *near = pal_nearest_name(name, names, n);

    return pal_error_set(err, PAL_ERR_CONFIG, "%s: has no arm '%.60s'%s%s%s", e->file, name, near != NULL ? "; did you mean '" : "",
                         near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* Catalogs of the search's worlds: the fitted parameters do not change them. */
static pal_status make_catalogs(pal_fit_problem *p, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    pal_experiment *e = NULL;
    pal_override *all = NULL;
    char text[PAL_NUMBER_MAX + 2];
    bool synthetic;

    PAL_NEW(p->catalog, r->worlds);
    PAL_NEW(all, r->n_set + 1);
    for (size_t k = 0; k < r->n_set; k++) all[k] = r->set[k];
    for (size_t w = 0; w < r->worlds; w++) {
        snprintf(text, sizeof text, "\"%llu\"", (unsigned long long)(p->seed + w));
        all[r->n_set] = (pal_override){ .path = "seed", .text = text };
        PAL_TRY(pal_experiment_parse(&e, r->base, strlen(r->base), r->base_name, all, r->n_set + 1, err));
        PAL_TRY(pal_lab_catalog(&p->catalog[w], NULL, &synthetic, e, err));
        p->n_catalogs++;
        pal_experiment_free(e);
        e = NULL;
    }
done:
    pal_experiment_free(e);
    pal_free(all);
    return rc;
}

static pal_status set_up(pal_fit_problem *p, pal_fit_result *out, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    pal_experiment *base = NULL;

    if (r->targets->n == 0) PAL_FAIL(PAL_ERR_CONFIG, "there is no moment to fit: the log tells none of those asked for");
    PAL_TRY(pal_experiment_parse(&base, r->base, strlen(r->base), r->base_name, r->set, r->n_set, err));
    PAL_TRY(choose_arm(&p->arm, base, r->arm, err));
    PAL_TRY(pal_fit_read_params(p, base, err));
    p->seed = base->seed;
    PAL_TRY(make_catalogs(p, err));
    for (size_t k = 0; k < r->targets->n; k++) {
        const pal_fit_target *t = &r->targets->at[k];
        const double slack = r->tolerance * t->value, variance = t->se * t->se + slack * slack;

        p->weight[k] = 1 / (variance > 1e-12 ? variance : 1e-12);
    }
    out->seed = base->seed;
    out->n_rounds = base->n_rounds;
    out->n_slots = base->n_slots;
    out->n_items = p->catalog[0]->n_items;
    snprintf(out->stage, sizeof out->stage, "%s", pal_stage_at(base->arm[p->arm].stage)->name);
    memcpy(out->base_digest, base->digest, sizeof out->base_digest);
done:
    pal_experiment_free(base);
    return rc;
}

/* ---- fresh worlds ---- */

/* The targets' statistics over fresh worlds at a point; value (may be NULL) keeps every world's. */
static pal_status look(pal_fit_seen *seen, double *misfit, double *value, pal_fit_problem *p, const double *x, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    const size_t m = r->targets->n;
    double *own = NULL, mean[PAL_MOMENTS] = { 0 };

    PAL_NEW(own, r->checks * m);
    for (size_t w = 0; w < r->checks; w++) {
        PAL_TRY(pal_fit_world(own + w * m, p, x, p->seed + FRESH + w, NULL, r->check_people, err));
        for (size_t k = 0; k < m; k++) mean[k] += own[w * m + k] / (double)r->checks;
    }
    for (size_t k = 0; k < m; k++) {
        double squares = 0;

        for (size_t w = 0; w < r->checks; w++) squares += (own[w * m + k] - mean[k]) * (own[w * m + k] - mean[k]);
        seen[r->targets->at[k].moment] = (pal_fit_seen){ mean[k], sqrt(squares / (double)(r->checks - 1)) };
    }
    *misfit = pal_fit_misfit(p, mean);
    if (value != NULL) memcpy(value, own, r->checks * m * sizeof *value);
done:
    pal_free(own);
    return rc;
}

pal_status pal_fit_people(pal_fit_result *out, const pal_fit_request *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fit_problem p = { .request = r };
    double x[PAL_FIT_MOST_PARAMS] = { 0 }, *fresh = NULL;

    PAL_ASSERT(r->worlds >= 1 && r->checks >= 2 && r->starts >= 1 && r->people > 0 && r->check_people > 0);
    *out = (pal_fit_result){ .n_params = 0 };
    pal_progress_begin(&p.progress, "fit-people", r->worlds * (r->evaluations + 2 * PAL_FIT_MOST_PARAMS) + 2 * r->checks);
    for (size_t m = 0; m < PAL_MOMENTS; m++) out->before[m] = out->after[m] = (pal_fit_seen){ NAN, NAN };
    PAL_TRY(set_up(&p, out, err));
    PAL_NEW(fresh, r->checks * r->targets->n);
    for (size_t k = 0; k < p.n_params; k++) x[k] = pal_fit_to_unit(&p.param[k], p.param[k].start);
    PAL_TRY(look(out->before, &out->misfit_before, NULL, &p, x, err));
    PAL_TRY(pal_fit_search(x, &p, err));
    PAL_TRY(look(out->after, &out->misfit_after, fresh, &p, x, err));
    out->n_params = p.n_params;
    for (size_t k = 0; k < p.n_params; k++) {
        out->param[k] = p.param[k];
        out->param[k].value = pal_fit_from_unit(&p.param[k], x[k]);
    }
    PAL_TRY(pal_fit_errors(out, &p, x, fresh, r->checks, err));
    out->evaluations = p.evaluations;
done:
    pal_progress_end(&p.progress);
    for (size_t w = 0; p.catalog != NULL && w < p.n_catalogs; w++) pal_catalog_free(p.catalog[w]);
    pal_free(p.catalog);
    pal_free(fresh);
    return rc;
}
