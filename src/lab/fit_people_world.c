/* The parameters of a fit, and the statistics of a simulated world at a point. */
#include "lab/fit_people_parts.h"

#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the usual parameters are searched: wide, but where simulated people still act. */
typedef struct known {
    const char *path;
    double lo, hi;
    bool log, usual; /* usual: fitted when nothing is said */
} known;
static const known ranges[] = {
    { "people.activity_median", 0.01, 1, true, true },
    { "people.activity_spread", 0.05, 2.5, false, true },
    { "response.click_base", -4, 8, false, true },
    { "response.outside_penalty", 0, 8, false, true },
    { "response.popularity_gain", 0, 8, false, true },
    { "response.like_base", -2, 8, false, true },
    { "people.like_bias_spread", 0, 3, false, true },
    { "response.quality_gain", 0, 3, false, true },
    { "response.quality_popularity", -1, 1, false, true },
    { "people.weight_concentration", 0.1, 20, true, false },
    { "people.tastes_mean", 1, 8, false, false },
    { "people.tastes_shape", 0.2, 20, true, false },
    { "people.popularity_love_mean", 0, 1, false, false },
    { "people.novelty_love_mean", 0, 1, false, false },
    { "people.contradiction", 0, 1, false, false },
    { "people.taste_width", 0.05, 5, true, false },
    { "people.patience_mean", 0, 1, false, false },
    { "response.click_gain", 0, 5, false, false },
    { "response.like_gain", 0, 4, false, false },
    { "response.match_gain", 0, 5, false, false },
    { "response.weight_gain", 0, 3, false, false },
    { "response.flip", 0, 0.5, false, false },
    { "response.satiation_gain", 0, 4, false, false },
    { "response.drift_pull", 0, 0.5, false, false },
    { "response.drift_noise", 0, 1, false, false },
    { "response.drift_weight", 0, 0.5, false, false },
};
enum { N_RANGES = sizeof ranges / sizeof ranges[0] };

static const known *find_range(const char *path)
{
    for (size_t k = 0; k < N_RANGES; k++) {
        if (strcmp(ranges[k].path, path) == 0) return &ranges[k];
    }
    return NULL;
}

/* The declaration of a path, and its value in the base experiment. */
static pal_status find_param(double *value, const pal_param **found, const pal_experiment *base, const char *path,
                             pal_error *err)
{
    static const char people[] = "people.", response[] = "response.";
    const bool of_people = strncmp(path, people, strlen(people)) == 0;
    const pal_param *table = of_people ? pal_population_params : pal_response_at(base->response)->params;
    const char *name = path + strlen(of_people ? people : response), *near, *names[128];
    size_t n = 0;

    if (!of_people && strncmp(path, response, strlen(response)) != 0) {
        return pal_error_set(err, PAL_ERR_CONFIG, "--fit: '%.60s': wanted a parameter of people or response, like people.activity_median",
                             path);
    }
    for (; table->name != NULL; table++) {
        if (n < sizeof names / sizeof *names) names[n++] = table->name;
        if (strcmp(table->name, name) != 0) continue;
        if (table->kind != PAL_PARAM_REAL) {
            return pal_error_set(err, PAL_ERR_CONFIG, "--fit: '%.60s' is no real number, and cannot be fitted", path);
        }
        *found = table;
        *value = pal_values_real(of_people ? base->people : base->response_params, name);
        return PAL_OK;
    }
    near = pal_nearest_name(name, names, n);
    return pal_error_set(err, PAL_ERR_CONFIG, "--fit: '%.60s': no such parameter%s%s%s", path, near != NULL ? "; did you mean '" : "",
                         near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* "PATH" or "PATH:LO:HI". */
static pal_status read_spec(pal_fit_param *q, const pal_experiment *base, const char *spec, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = strcspn(spec, ":");
    const pal_param *info;
    const known *k;

    if (n == 0 || n >= sizeof q->path) PAL_FAIL(PAL_ERR_CONFIG, "--fit: wanted PATH or PATH:LO:HI, found '%.80s'", spec);
    snprintf(q->path, sizeof q->path, "%.*s", (int)n, spec);
    PAL_TRY(find_param(&q->start, &info, base, q->path, err));
    k = find_range(q->path);
    q->log = k != NULL && k->log;
    q->lo = k != NULL ? k->lo : NAN;
    q->hi = k != NULL ? k->hi : NAN;
    if (spec[n] == ':') {
        const char *lo = spec + n + 1;
        const size_t m = strcspn(lo, ":");

        if (lo[m] != ':' || !pal_parse_double(&q->lo, lo, m) || !pal_parse_double(&q->hi, lo + m + 1, strlen(lo + m + 1))) {
            PAL_FAIL(PAL_ERR_CONFIG, "--fit: wanted PATH:LO:HI, found '%.80s'", spec);
        }
    }
    if (!(q->lo < q->hi)) {
        PAL_FAIL(PAL_ERR_CONFIG, "--fit: %s needs a range to search, PATH:LO:HI with LO below HI", q->path);
    }
    if (q->lo < info->min || q->hi > info->max) {
        PAL_FAIL(PAL_ERR_CONFIG, "--fit: %s: the range must lie within %g and %g, found %g to %g", q->path, info->min, info->max,
                 q->lo, q->hi);
    }
    q->log = q->log && q->lo > 0;
done:
    return rc;
}

pal_status pal_fit_read_params(pal_fit_problem *p, const pal_experiment *base, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;

    if (r->n_params > PAL_FIT_MOST_PARAMS) PAL_FAIL(PAL_ERR_CONFIG, "--fit: at most %d parameters", PAL_FIT_MOST_PARAMS);
    for (size_t k = 0; k < r->n_params; k++) {
        PAL_TRY(read_spec(&p->param[p->n_params], base, r->param[k], err));
        for (size_t j = 0; j < p->n_params; j++) {
            if (strcmp(p->param[j].path, p->param[p->n_params].path) == 0) {
                PAL_FAIL(PAL_ERR_CONFIG, "--fit: %s stands twice", p->param[j].path);
            }
        }
        p->n_params++;
    }
    for (size_t k = 0; k < N_RANGES && r->n_params == 0; k++) {
        if (ranges[k].usual) PAL_TRY(read_spec(&p->param[p->n_params++], base, ranges[k].path, err));
    }
done:
    return rc;
}

double pal_fit_to_unit(const pal_fit_param *q, double value)
{
    const double v = value < q->lo ? q->lo : value > q->hi ? q->hi : value;

    return q->log ? pal_log(v / q->lo) / pal_log(q->hi / q->lo) : (v - q->lo) / (q->hi - q->lo);
}

double pal_fit_from_unit(const pal_fit_param *q, double x)
{
    const double exact = q->log ? q->lo * pal_exp(x * pal_log(q->hi / q->lo)) : q->lo + x * (q->hi - q->lo);
    char text[40];
    double value = exact;

    snprintf(text, sizeof text, "%.4g", exact);
    if (!pal_parse_double(&value, text, strlen(text))) return exact;
    return value < q->lo ? q->lo : value > q->hi ? q->hi : value;
}

/* ---- one world ---- */

typedef struct settings {
    pal_override item[PAL_FIT_MOST_PARAMS + 3];
    char text[PAL_FIT_MOST_PARAMS + 3][PAL_NUMBER_MAX + 2];
    size_t n;
} settings;

/* The command line's settings, then the point, the size and the seed. */
static pal_status load_at(pal_experiment **out, const pal_fit_problem *p, const double *x, uint64_t seed, size_t people,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    pal_override *all = NULL;
    settings s = { .n = 0 };

    PAL_NEW(all, r->n_set + PAL_FIT_MOST_PARAMS + 3);
    for (size_t k = 0; k < r->n_set; k++) all[k] = r->set[k];
    for (size_t k = 0; k < p->n_params; k++, s.n++) {
        pal_format_double(s.text[s.n], pal_fit_from_unit(&p->param[k], x[k]));
        s.item[s.n] = (pal_override){ .path = p->param[k].path, .text = s.text[s.n] };
    }
    snprintf(s.text[s.n], sizeof s.text[s.n], "\"%llu\"", (unsigned long long)seed);
    s.item[s.n] = (pal_override){ .path = "seed", .text = s.text[s.n] };
    s.n++;
    pal_format_u64(s.text[s.n], people);
    s.item[s.n] = (pal_override){ .path = "people.n", .text = s.text[s.n] };
    s.n++;
    memcpy(all + r->n_set, s.item, s.n * sizeof *all);
    PAL_TRY(pal_experiment_parse(out, r->base, strlen(r->base), r->base_name, all, r->n_set + s.n, err));
done:
    pal_free(all);
    return rc;
}

pal_status pal_fit_world(double *value, pal_fit_problem *p, const double *x, uint64_t seed, const pal_catalog *given,
                         size_t people, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_request *r = p->request;
    pal_experiment *e = NULL;
    pal_catalog *own = NULL;
    pal_lab_people *world = NULL;
    pal_people_log *log = NULL;
    pal_log_moments *moments = NULL;
    pal_moments_config config = r->moments;
    bool synthetic;

    pal_progress_step(&p->progress, 1);
    PAL_TRY(load_at(&e, p, x, seed, people, err));
    if (given == NULL) PAL_TRY(pal_lab_catalog(&own, NULL, &synthetic, e, err));
    PAL_TRY(pal_lab_people_new(&world, e, given != NULL ? given : own, 0, r->n_threads, err));
    rc = pal_people_log_play(&log, e, given != NULL ? given : own, world, p->arm, r->as, r->least, r->n_threads, err);
    for (size_t k = 0; k < r->targets->n; k++) value[k] = NAN;
    if (rc == PAL_ERR_DATA) rc = PAL_OK; /* nobody did enough: a point like any other, only a bad one */
    if (rc != PAL_OK || log == NULL) goto done;
    config.resamples = 0;
    config.session_gap = log->session_gap;
    config.n_threads = r->n_threads;
    PAL_TRY(pal_log_moments_new(&moments, &log->log, &config, err));
    for (size_t k = 0; k < r->targets->n; k++) value[k] = moments->at[r->targets->at[k].moment].value;
done:
    pal_log_moments_free(moments);
    pal_people_log_free(log);
    pal_lab_people_free(world);
    pal_catalog_free(own);
    pal_experiment_free(e);
    return rc;
}

double pal_fit_misfit(const pal_fit_problem *p, const double *value)
{
    const pal_fit_targets *t = p->request->targets;
    double sum = 0;

    for (size_t k = 0; k < t->n; k++) {
        const double off = value[k] - t->at[k].value;

        if (!isfinite(off)) return INFINITY;
        sum += p->weight[k] * (off * off);
    }
    return sum;
}

pal_status pal_fit_evaluate(double *misfit, double *value, pal_fit_problem *p, const double *x, pal_error *err)
{
    pal_status rc = PAL_OK;
    double one[PAL_MOMENTS];
    const size_t worlds = p->request->worlds;

    for (size_t k = 0; k < p->request->targets->n; k++) value[k] = 0;
    for (size_t w = 0; w < worlds; w++) {
        PAL_TRY(pal_fit_world(one, p, x, p->seed + w, p->catalog[w], p->request->people, err));
        for (size_t k = 0; k < p->request->targets->n; k++) value[k] += one[k] / (double)worlds;
    }
    p->evaluations++;
    *misfit = pal_fit_misfit(p, value);
done:
    return rc;
}
