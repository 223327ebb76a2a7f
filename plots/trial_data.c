/* Reading a trial's directory. */
#include "plots/trial_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct kind {
    const char *name, *label;
    pal_role role;
    pal_marker marker;
} kinds[] = {
    { "isolated", "isolated: as in the full run of the arm", PAL_SERIES_0, PAL_DOT },
    { "own", "own: each arm learns from its own people", PAL_SERIES_0 + 1, PAL_SQUARE },
    { "shared", "shared: both arms learn from everybody", PAL_SERIES_0 + 2, PAL_TRIANGLE },
};

static const struct kind *kind_of(const char *feedback)
{
    for (size_t i = 0; i + 1 < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, feedback) == 0) return &kinds[i];
    }
    return &kinds[sizeof kinds / sizeof kinds[0] - 1];
}

pal_role pal_trial_role(const char *feedback)
{
    return kind_of(feedback)->role;
}

pal_marker pal_trial_marker(const char *feedback)
{
    return kind_of(feedback)->marker;
}

const char *pal_trial_feedback_label(const char *feedback)
{
    return kind_of(feedback)->label;
}

const pal_trial_method_data *pal_trial_find(const pal_trial_data *d, size_t metric, const char *method, const char *feedback)
{
    for (size_t i = 0; i < d->n_methods; i++) {
        const pal_trial_method_data *m = &d->method[i];

        if (m->metric == metric && strcmp(m->method, method) == 0 && strcmp(m->feedback, feedback) == 0) return m;
    }
    return NULL;
}

/* ---- manifest.json ---- */

static pal_status read_head(pal_trial_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root, *settings;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-trial/", strlen("palate-trial/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no trial: format in manifest.json must be \"palate-trial/1\"", dir);
    }
    settings = pal_look_object(root, "settings");
    if (settings == NULL) PAL_FAIL(PAL_ERR_DATA, "manifest.json: settings: must be an object");
    PAL_TRY(pal_read_text(&d->control, root, "control", "manifest.json", err));
    PAL_TRY(pal_read_text(&d->treatment, root, "treatment", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->people, root, "people", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->rounds, root, "rounds", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->level, settings, "level", "manifest.json: settings", err));
    PAL_TRY(pal_read_number(&d->power, settings, "power", "manifest.json: settings", err));
    PAL_TRY(pal_read_number(&d->pre_rounds, settings, "pre_rounds", "manifest.json: settings", err));
    d->run.manifest = root;
    d->run.name = pal_look_text(root, "name", "trial");
    d->run.purpose = pal_look_text(root, "purpose", "");
    d->run.level = d->level;
done:
    return rc;
}

static pal_status read_metrics(pal_trial_data *d, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, d->run.manifest, "metrics", "manifest.json", err));
    d->n_metrics = pal_json_size(array);
    if (d->n_metrics == 0) PAL_FAIL(PAL_ERR_DATA, "manifest.json: metrics: there is none");
    PAL_TAKE(d->metric, d->n_metrics, d->arena);
    for (size_t m = 0; m < d->n_metrics; m++) {
        const pal_json *one = pal_json_at(array, m);

        d->metric[m] = (pal_trial_metric_data){ .truth = { NAN, NAN, NAN, NAN } };
        PAL_TRY(pal_read_text(&d->metric[m].name, one, "name", "manifest.json: metrics", err));
        PAL_TRY(pal_read_text(&d->metric[m].meaning, one, "meaning", "manifest.json: metrics", err));
        PAL_TRY(pal_read_number(&d->metric[m].better, one, "better", "manifest.json: metrics", err));
    }
done:
    return rc;
}

/* A method's name for people, from the manifest. */
static const char *label_of(const pal_trial_data *d, const char *method)
{
    const pal_json *array = pal_look_array(d->run.manifest, "methods");

    for (size_t i = 0; i < pal_look_size(array); i++) {
        const pal_json *one = pal_json_at(array, i);

        if (strcmp(pal_look_text(one, "name", ""), method) == 0) return pal_look_text(one, "label", method);
    }
    return method;
}

/* ---- tables ---- */

static pal_status text_at(const char **out, const pal_table *t, size_t row, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    PAL_TRY(pal_table_find(&column, t, name, err));
    *out = pal_table_text(t, row, column);
done:
    return rc;
}

static pal_status numbers_at(double *out, const pal_table *t, const char *file, size_t row, const char *const *names, size_t n,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    for (size_t i = 0; i < n; i++) {
        PAL_TRY(pal_table_find(&column, t, names[i], err));
        PAL_TRY(pal_read_cell(&out[i], t, file, row, column, err));
    }
done:
    return rc;
}

static pal_status metric_at(size_t *out, const pal_trial_data *d, const pal_table *t, const char *file, size_t row,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name;

    PAL_TRY(text_at(&name, t, row, "metric", err));
    for (*out = 0; *out < d->n_metrics; (*out)++) {
        if (strcmp(d->metric[*out].name, name) == 0) goto done;
    }
    PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: manifest.json has no metric \"%s\"", file, row + 1, name);
done:
    return rc;
}

static pal_status read_truth(pal_trial_data *d, const char *dir, pal_error *err)
{
    static const char *const names[] = { "n", "control", "treatment", "difference", "lo", "hi", "correlation", "p" };
    pal_status rc = PAL_OK;
    double v[8];
    size_t m;

    PAL_TRY(pal_rundata_table(&d->truth, dir, "truth.csv", err));
    for (size_t row = 0; row < pal_table_rows(d->truth); row++) {
        PAL_TRY(metric_at(&m, d, d->truth, "truth.csv", row, err));
        PAL_TRY(numbers_at(v, d->truth, "truth.csv", row, names, 8, err));
        d->metric[m].control = v[1];
        d->metric[m].treatment = v[2];
        d->metric[m].truth = (pal_estimate){ v[3], v[4], v[5], v[0] };
        d->metric[m].correlation = v[6];
        d->metric[m].p = v[7];
    }
done:
    return rc;
}

static pal_status read_method(pal_trial_method_data *m, const pal_trial_data *d, size_t row, pal_error *err)
{
    static const char *const names[] = {
        "repeats", "people", "mean", "bias", "bias_se", "sd", "rmse", "se", "width", "sign", "relative", "interference",
        "interference_se", "srm_alarms", "decided", "coverage", "coverage_lo", "coverage_hi", "power", "power_lo", "power_hi",
        "needed", "needed_lo", "needed_hi",
    };
    pal_status rc = PAL_OK;
    double v[24];
    double *const to[15] = { &m->repeats, &m->people, &m->mean, &m->bias, &m->bias_se, &m->sd, &m->rmse, &m->se, &m->width,
                             &m->sign, &m->relative, &m->interference, &m->interference_se, &m->srm_alarms, &m->decided };

    *m = (pal_trial_method_data){ .metric = 0 };
    PAL_TRY(metric_at(&m->metric, d, d->methods, "methods.csv", row, err));
    PAL_TRY(text_at(&m->method, d->methods, row, "method", err));
    PAL_TRY(text_at(&m->feedback, d->methods, row, "feedback", err));
    PAL_TRY(numbers_at(v, d->methods, "methods.csv", row, names, 24, err));
    for (size_t i = 0; i < 15; i++) *to[i] = v[i];
    m->label = label_of(d, m->method);
    m->coverage = (pal_estimate){ v[15], v[16], v[17], v[0] };
    m->power = (pal_estimate){ v[18], v[19], v[20], v[0] };
    m->needed = (pal_estimate){ v[21], v[22], v[23], v[0] };
done:
    return rc;
}

static pal_status read_methods(pal_trial_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_rundata_table(&d->methods, dir, "methods.csv", err));
    PAL_TAKE(d->method, pal_table_rows(d->methods) + 1, d->arena);
    for (; d->n_methods < pal_table_rows(d->methods); d->n_methods++) {
        PAL_TRY(read_method(&d->method[d->n_methods], d, d->n_methods, err));
    }
done:
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The p-quantile of n > 0 sorted values, linear between neighbours. */
static double quantile(const double *x, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t below = (size_t)at;

    return below + 1 < n ? x[below] + (at - (double)below) * (x[below + 1] - x[below]) : x[n - 1];
}

/* Where the middle of a method's estimates lies. */
static pal_status read_spread(pal_trial_method_data *m, const pal_trial_data *d, double *room, pal_error *err)
{
    static const char *const names[] = { "estimate" };
    pal_status rc = PAL_OK;
    const char *method, *feedback, *metric;
    size_t n = 0;

    for (size_t row = 0; row < pal_table_rows(d->estimates); row++) {
        PAL_TRY(text_at(&method, d->estimates, row, "method", err));
        PAL_TRY(text_at(&feedback, d->estimates, row, "feedback", err));
        PAL_TRY(text_at(&metric, d->estimates, row, "metric", err));
        if (strcmp(method, m->method) != 0 || strcmp(feedback, m->feedback) != 0 ||
            strcmp(metric, d->metric[m->metric].name) != 0) {
            continue;
        }
        PAL_TRY(numbers_at(&room[n], d->estimates, "estimates.csv", row, names, 1, err));
        if (!isnan(room[n])) n++;
    }
    m->spread = (pal_estimate){ m->mean, NAN, NAN, (double)n };
    if (n < 2) goto done;
    qsort(room, n, sizeof *room, by_value);
    m->spread.lo = quantile(room, n, (1 - d->level) / 2);
    m->spread.hi = quantile(room, n, (1 + d->level) / 2);
done:
    return rc;
}

static pal_status read_spreads(pal_trial_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *room;

    PAL_TRY(pal_rundata_table(&d->estimates, dir, "estimates.csv", err));
    PAL_TAKE(room, pal_table_rows(d->estimates) + 1, d->arena);
    for (size_t i = 0; i < d->n_methods; i++) PAL_TRY(read_spread(&d->method[i], d, room, err));
done:
    return rc;
}

static pal_status new_sequence(pal_trial_sequence_data *s, const pal_trial_data *d, const char *feedback, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t rows = pal_table_rows(d->sequence);

    *s = (pal_trial_sequence_data){ .feedback = feedback };
    PAL_TAKE(s->people, rows, d->arena);
    PAL_TAKE(s->value, rows, d->arena);
    PAL_TAKE(s->lo, rows, d->arena);
    PAL_TAKE(s->hi, rows, d->arena);
    PAL_TAKE(s->fixed_lo, rows, d->arena);
    PAL_TAKE(s->fixed_hi, rows, d->arena);
done:
    return rc;
}

/* Looks before the first one that says something are left out. */
static pal_status read_sequence(pal_trial_data *d, const char *dir, pal_error *err)
{
    static const char *const names[] = { "pairs", "estimate", "lo", "hi", "fixed_lo", "fixed_hi" };
    pal_status rc = PAL_OK;
    pal_trial_sequence_data *s = NULL;
    const char *feedback;
    double v[6];

    PAL_TRY(pal_rundata_table(&d->sequence, dir, "sequence.csv", err));
    PAL_TAKE(d->looks, sizeof kinds / sizeof kinds[0], d->arena);
    for (size_t row = 0; row < pal_table_rows(d->sequence); row++) {
        PAL_TRY(text_at(&feedback, d->sequence, row, "feedback", err));
        if (s == NULL || strcmp(s->feedback, feedback) != 0) {
            if (d->n_sequences == sizeof kinds / sizeof kinds[0]) {
                PAL_FAIL(PAL_ERR_DATA, "sequence.csv: row %zu: more kinds of feedback than there are", row + 1);
            }
            s = &d->looks[d->n_sequences++];
            PAL_TRY(new_sequence(s, d, feedback, err));
        }
        PAL_TRY(numbers_at(v, d->sequence, "sequence.csv", row, names, 6, err));
        if (isnan(v[2])) continue;
        s->people[s->n] = 2 * v[0];
        s->value[s->n] = v[1];
        s->lo[s->n] = v[2];
        s->hi[s->n] = v[3];
        s->fixed_lo[s->n] = v[4];
        s->fixed_hi[s->n++] = v[5];
    }
done:
    return rc;
}

pal_status pal_trial_data_load(pal_trial_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_trial_data *d = NULL;

    PAL_NEW(d, 1);
    PAL_TRY(pal_arena_new(&d->arena, 1 << 16, err));
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(read_metrics(d, err));
    PAL_TRY(read_truth(d, dir, err));
    PAL_TRY(read_methods(d, dir, err));
    PAL_TRY(read_spreads(d, dir, err));
    PAL_TRY(read_sequence(d, dir, err));
    *out = d;
    d = NULL;
done:
    pal_trial_data_free(d);
    return rc;
}

void pal_trial_data_free(pal_trial_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->truth);
    pal_table_free(d->methods);
    pal_table_free(d->estimates);
    pal_table_free(d->sequence);
    pal_json_free(d->doc);
    pal_arena_free(d->arena);
    pal_free(d);
}
