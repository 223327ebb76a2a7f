/* Reading an audit's directory. */
#include "plots/audit_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "plots/axis.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- manifest.json ---- */

/* An array of names, or of objects with "name" and perhaps "label". */
static pal_status read_names(pal_audit_names *out, const pal_audit_data *d, const char *key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, d->run.manifest, key, "manifest.json", err));
    if (pal_json_size(array) == 0 || pal_json_size(array) > PAL_AUDIT_MOST_NAMES) {
        PAL_FAIL(PAL_ERR_DATA, "manifest.json: %s: must hold 1 to %d names", key, PAL_AUDIT_MOST_NAMES);
    }
    for (; out->n < pal_json_size(array); out->n++) {
        const pal_json *one = pal_json_at(array, out->n);

        if (pal_json_kind_of(one) == PAL_JSON_STRING) {
            out->name[out->n] = out->label[out->n] = pal_json_string(one);
            continue;
        }
        PAL_TRY(pal_read_text(&out->name[out->n], one, "name", key, err));
        out->label[out->n] = pal_look_text(one, "label", out->name[out->n]);
    }
done:
    return rc;
}

static pal_status read_head(pal_audit_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root, *settings;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-audit/", strlen("palate-audit/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no audit: format in manifest.json must be \"palate-audit/1\"", dir);
    }
    settings = pal_look_object(root, "settings");
    if (settings == NULL) PAL_FAIL(PAL_ERR_DATA, "manifest.json: settings: must be an object");
    PAL_TRY(pal_read_number(&d->people, root, "people", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->items, root, "items", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->level, settings, "level", "manifest.json: settings", err));
    PAL_TRY(pal_read_number(&d->worlds, settings, "seeds", "manifest.json: settings", err));
    PAL_TRY(pal_read_number(&d->k, settings, "k", "manifest.json: settings", err));
    d->run.manifest = root;
    d->run.name = pal_look_text(root, "name", "audit");
    d->run.purpose = pal_look_text(root, "purpose", "");
    d->run.level = d->level;
    PAL_TRY(read_names(&d->models, d, "models", err));
    PAL_TRY(read_names(&d->logs, d, "logging", err));
    PAL_TRY(read_names(&d->splits, d, "splits", err));
    PAL_TRY(read_names(&d->views, d, "views", err));
    PAL_TRY(read_names(&d->metrics, d, "metrics", err));
done:
    return rc;
}

/* ---- tables ---- */

typedef struct reader {
    const pal_table *table;
    const char *file;
    size_t row;
} reader;

static pal_status text_at(const char **out, const reader *r, const char *column, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t at;

    PAL_TRY(pal_table_find(&at, r->table, column, err));
    *out = pal_table_text(r->table, r->row, at);
done:
    return rc;
}

static pal_status number_at(double *out, const reader *r, const char *column, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t at;

    PAL_TRY(pal_table_find(&at, r->table, column, err));
    PAL_TRY(pal_read_cell(out, r->table, r->file, r->row, at, err));
done:
    return rc;
}

/* The place of a cell's name in a list; `more` (may be NULL) stands behind it. */
static pal_status name_at(size_t *out, const reader *r, const char *column, const pal_audit_names *names, const char *more,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text;

    PAL_TRY(text_at(&text, r, column, err));
    for (*out = 0; *out < names->n; (*out)++) {
        if (strcmp(names->name[*out], text) == 0) goto done;
    }
    if (more == NULL || strcmp(more, text) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: manifest.json has no %s \"%s\"", r->file, r->row + 1, column, text);
    }
done:
    return rc;
}

static pal_status estimate_at(pal_estimate *out, const reader *r, const char *value, const char *lo, const char *hi, double n,
                              pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(number_at(&out->value, r, value, err));
    PAL_TRY(number_at(&out->lo, r, lo, err));
    PAL_TRY(number_at(&out->hi, r, hi, err));
    out->n = n;
done:
    return rc;
}

static pal_status read_protocol(pal_audit_row_data *p, const pal_audit_data *d, const reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *truth;

    PAL_TRY(name_at(&p->log, r, "logging", &d->logs, "all", err));
    PAL_TRY(name_at(&p->split, r, "split", &d->splits, NULL, err));
    PAL_TRY(name_at(&p->view, r, "view", &d->views, NULL, err));
    PAL_TRY(name_at(&p->metric, r, "metric", &d->metrics, NULL, err));
    PAL_TRY(text_at(&truth, r, "truth", err));
    p->online = strcmp(truth, "online") == 0;
    PAL_TRY(number_at(&p->worlds, r, "worlds", err));
    PAL_TRY(number_at(&p->spread, r, "spread", err));
    PAL_TRY(estimate_at(&p->tau, r, "tau", "tau_lo", "tau_hi", p->worlds, err));
    PAL_TRY(estimate_at(&p->reversed, r, "reversed", "reversed_lo", "reversed_hi", p->worlds, err));
    PAL_TRY(estimate_at(&p->picked, r, "picked", "picked_lo", "picked_hi", p->worlds, err));
    PAL_TRY(estimate_at(&p->regret, r, "regret", "regret_lo", "regret_hi", p->worlds, err));
    PAL_TRY(estimate_at(&p->tilt, r, "tilt", "tilt_lo", "tilt_hi", p->worlds, err));
    PAL_TRY(estimate_at(&p->bias, r, "bias", "bias_lo", "bias_hi", p->worlds, err));
done:
    return rc;
}

static pal_status read_protocols(pal_audit_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .file = "protocols.csv" };

    PAL_TRY(pal_rundata_table(&d->protocols, dir, r.file, err));
    r.table = d->protocols;
    PAL_TAKE(d->row, pal_table_rows(r.table) + 1, d->arena);
    for (; r.row < pal_table_rows(r.table); r.row++) PAL_TRY(read_protocol(&d->row[d->n_rows++], d, &r, err));
done:
    return rc;
}

/* ---- means over worlds ---- */

/* Values of one thing and all models in each world and log: [world][log][model]. */
typedef struct worlds {
    size_t n, logs, models;
    char seed[PAL_AUDIT_MOST_NAMES][24];
    double *value; /* PAL_AUDIT_MOST_NAMES x logs x models, NaN where there is none */
} worlds;

static double *cell_of(const worlds *w, size_t world, size_t log, size_t model)
{
    return &w->value[(world * w->logs + log) * w->models + model];
}

static void worlds_reset(worlds *w)
{
    w->n = 0;
    for (size_t i = 0; i < PAL_AUDIT_MOST_NAMES * w->logs * w->models; i++) w->value[i] = NAN;
}

static pal_status worlds_add(worlds *w, const pal_audit_data *d, const reader *r, const char *column, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *seed;
    size_t world, log, model;

    PAL_TRY(text_at(&seed, r, "seed", err));
    PAL_TRY(name_at(&log, r, "logging", &d->logs, NULL, err));
    PAL_TRY(name_at(&model, r, "model", &d->models, NULL, err));
    for (world = 0; world < w->n && strcmp(w->seed[world], seed) != 0;) world++;
    if (world == w->n) {
        if (w->n == PAL_AUDIT_MOST_NAMES || strlen(seed) >= sizeof w->seed[0]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: seed \"%s\": too many worlds, or no seed", r->file, r->row + 1, seed);
        }
        strcpy(w->seed[w->n++], seed);
    }
    PAL_TRY(number_at(cell_of(w, world, log, model), r, column, err));
done:
    return rc;
}

static pal_estimate mean_of(const double *x, size_t n, double level)
{
    pal_estimate e = { NAN, NAN, NAN, (double)n };
    double sum = 0, square = 0, reach;

    if (n == 0) return e;
    for (size_t i = 0; i < n; i++) sum += x[i];
    e.value = sum / (double)n;
    if (n < 2) return e;
    for (size_t i = 0; i < n; i++) square += (x[i] - e.value) * (x[i] - e.value);
    reach = pal_student_quantile(1 - (1 - level) / 2, (double)n - 1) * sqrt(square / (double)(n - 1) / (double)n);
    e.lo = e.value - reach;
    e.hi = e.value + reach;
    return e;
}

/* Place of a model in a world and log: 1 the best, equal ones share. */
static double place_of(const worlds *w, size_t world, size_t log, size_t model)
{
    const double own = *cell_of(w, world, log, model);
    double place = 1;

    if (isnan(own)) return NAN;
    for (size_t m = 0; m < w->models; m++) {
        const double other = *cell_of(w, world, log, m);

        if (m == model || isnan(other)) continue;
        place += other > own ? 1 : other < own ? 0 : 0.5;
    }
    return place;
}

/* Over worlds, each the mean of its logs. */
static void worlds_mean(pal_estimate *out, const worlds *w, bool places, double level)
{
    double x[PAL_AUDIT_MOST_NAMES];

    for (size_t m = 0; m < w->models; m++) {
        size_t n = 0;

        for (size_t i = 0; i < w->n; i++) {
            double sum = 0, count = 0;

            for (size_t l = 0; l < w->logs; l++) {
                const double one = places ? place_of(w, i, l, m) : *cell_of(w, i, l, m);

                if (isnan(one)) continue;
                sum += one;
                count += 1;
            }
            if (count > 0) x[n++] = sum / count;
        }
        out[m] = mean_of(x, n, level);
    }
}

static bool is(const reader *r, const char *column, const char *wanted)
{
    const char *text = NULL;

    return text_at(&text, r, column, NULL) == PAL_OK && strcmp(text, wanted) == 0;
}

static pal_status read_ranks(pal_audit_data *d, worlds *w, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .file = "audit.csv" };

    PAL_TRY(pal_rundata_table(&d->audit, dir, r.file, err));
    r.table = d->audit;
    PAL_TAKE(d->rank, d->splits.n * d->views.n * d->models.n, d->arena);
    for (size_t s = 0; s < d->splits.n; s++) {
        for (size_t v = 0; v < d->views.n; v++) {
            worlds_reset(w);
            for (r.row = 0; r.row < pal_table_rows(r.table); r.row++) {
                if (!is(&r, "metric", d->metrics.name[0]) || !is(&r, "view", d->views.name[v]) ||
                    !is(&r, "split", d->splits.name[s])) {
                    continue;
                }
                PAL_TRY(worlds_add(w, d, &r, "estimate", err));
            }
            worlds_mean(d->rank + (s * d->views.n + v) * d->models.n, w, true, d->level);
        }
    }
done:
    return rc;
}

static pal_status gather_truth(worlds *w, const pal_audit_data *d, const char *kind, const char *metric, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .file = "truth.csv", .table = d->truth };

    worlds_reset(w);
    for (; r.row < pal_table_rows(r.table); r.row++) {
        if (is(&r, "metric", metric) && is(&r, "fit", "all") && is(&r, "kind", kind)) PAL_TRY(worlds_add(w, d, &r, "value", err));
    }
done:
    return rc;
}

static pal_status read_truth(pal_audit_data *d, worlds *w, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text likes = { 0 };
    pal_estimate *e;

    PAL_TRY(pal_rundata_table(&d->truth, dir, "truth.csv", err));
    PAL_TAKE(e, 5 * d->models.n, d->arena);
    d->online = e;
    d->known = e + d->models.n;
    d->online_rank = e + 2 * d->models.n;
    d->known_rank = e + 3 * d->models.n;
    d->popularity = e + 4 * d->models.n;
    pal_text_addf(&likes, "likes@%.0f", d->k);
    PAL_TRY(pal_text_check(&likes, err));
    PAL_TRY(gather_truth(w, d, "online", "expected_likes", err));
    worlds_mean(d->online, w, false, d->level);
    worlds_mean(d->online_rank, w, true, d->level);
    PAL_TRY(gather_truth(w, d, "known", likes.bytes, err));
    worlds_mean(d->known, w, false, d->level);
    worlds_mean(d->known_rank, w, true, d->level);
    PAL_TRY(gather_truth(w, d, "known", "list_popularity", err));
    worlds_mean(d->popularity, w, false, d->level);
done:
    pal_text_clear(&likes);
    return rc;
}

/* The numbers of negatives in the order of the file. */
static pal_status read_sizes(pal_audit_data *d, const char **size, const reader *at, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = *at;

    for (; r.row < pal_table_rows(r.table) && d->n_curve < PAL_AUDIT_MOST_NAMES; r.row++) {
        const char *text;
        bool known = false;

        PAL_TRY(text_at(&text, &r, "negatives", err));
        for (size_t c = 0; c < d->n_curve; c++) known = known || strcmp(size[c], text) == 0;
        if (known) continue;
        d->curve_at[d->n_curve] = NAN;
        if (strcmp(text, "all") != 0) PAL_TRY(number_at(&d->curve_at[d->n_curve], &r, "negatives", err));
        size[d->n_curve++] = text;
    }
done:
    return rc;
}

static pal_status read_curve(pal_audit_data *d, worlds *w, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .file = "sampled.csv" };
    const char *size[PAL_AUDIT_MOST_NAMES];

    PAL_TRY(pal_rundata_table(&d->sampled, dir, r.file, err));
    r.table = d->sampled;
    PAL_TAKE(d->curve_at, PAL_AUDIT_MOST_NAMES, d->arena);
    PAL_TAKE(d->curve, PAL_AUDIT_MOST_NAMES * d->models.n, d->arena);
    PAL_TRY(read_sizes(d, size, &r, err));
    for (size_t c = 0; c < d->n_curve; c++) {
        worlds_reset(w);
        for (r.row = 0; r.row < pal_table_rows(r.table); r.row++) {
            if (is(&r, "negatives", size[c])) PAL_TRY(worlds_add(w, d, &r, "recall", err));
        }
        worlds_mean(d->curve + c * d->models.n, w, false, d->level);
    }
done:
    return rc;
}

pal_status pal_audit_data_load(pal_audit_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit_data *d = NULL;
    worlds *w = NULL;

    PAL_NEW(d, 1);
    PAL_NEW(w, 1);
    PAL_TRY(pal_arena_new(&d->arena, 1 << 16, err));
    PAL_TRY(read_head(d, dir, err));
    w->logs = d->logs.n;
    w->models = d->models.n;
    PAL_TAKE(w->value, PAL_AUDIT_MOST_NAMES * w->logs * w->models, d->arena);
    PAL_TRY(read_protocols(d, dir, err));
    PAL_TRY(read_ranks(d, w, dir, err));
    PAL_TRY(read_truth(d, w, dir, err));
    PAL_TRY(read_curve(d, w, dir, err));
    *out = d;
    d = NULL;
done:
    pal_free(w);
    pal_audit_data_free(d);
    return rc;
}

void pal_audit_data_free(pal_audit_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->audit);
    pal_table_free(d->truth);
    pal_table_free(d->protocols);
    pal_table_free(d->sampled);
    pal_json_free(d->doc);
    pal_arena_free(d->arena);
    pal_free(d);
}

const char *pal_audit_over(char out[PAL_SHOWN_MAX], const pal_audit_data *d)
{
    char level[PAL_SHOWN_MAX], count[PAL_SHOWN_MAX];

    if (d->worlds < 2) return "one world, so no intervals";
    snprintf(out, PAL_SHOWN_MAX, "%.10s intervals over %.20s worlds", pal_show_percent(level, d->level, 0),
             pal_show_count(count, d->worlds));
    return out;
}
