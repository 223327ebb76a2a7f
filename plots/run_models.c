/* What single tastes' models were worth, and likes by feedback: files that an older run does not have. */
#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- a file as it is read ---- */

enum { MOST_COLUMNS = 12 };

typedef struct reading {
    const pal_rundata *run;
    pal_arena *arena;
    pal_table *table; /* NULL: there is no such file */
    const char *file;
    size_t column[MOST_COLUMNS], rows;
} reading;

/* names[0] is "arm"; ends with NULL. */
static pal_status start(reading *r, const pal_rundata *run, const char *file, const char *const *names,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(run->dir, file);

    *r = (reading){ .run = run, .arena = run->hidden->arena, .file = file };
    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", file);
    }
    if (!pal_file_exists(path)) {
        goto done;
    }
    PAL_TRY(pal_rundata_table(&r->table, run->dir, file, err));
    for (size_t c = 0; names[c] != NULL; c++) {
        PAL_TRY(pal_table_find(&r->column[c], r->table, names[c], err));
    }
    r->rows = pal_table_rows(r->table);

done:
    pal_free(path);
    return rc;
}

static const char *text_at(const reading *r, size_t row, size_t column)
{
    return pal_table_text(r->table, row, r->column[column]);
}

static pal_status number_at(double *out, const reading *r, size_t row, size_t column, pal_error *err)
{
    return pal_read_cell(out, r->table, r->file, row, r->column[column], err);
}

static pal_status arm_at(size_t *arm, const reading *r, size_t row, pal_error *err)
{
    return pal_rundata_cell_arm(arm, r->run, r->table, r->file, row, r->column[0], err);
}

/* value, lo, hi in neighbouring columns. */
static pal_status estimate_at(pal_estimate *out, const reading *r, size_t row, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(number_at(&out->value, r, row, column, err));
    PAL_TRY(number_at(&out->lo, r, row, column + 1, err));
    PAL_TRY(number_at(&out->hi, r, row, column + 2, err));

done:
    return rc;
}

/* ---- model_quality.csv, importance.csv ---- */

const pal_kind *pal_arm_kind(const pal_plot_arm *arm, const char *model)
{
    for (size_t k = 0; k < arm->n_kinds; k++) {
        if (strcmp(arm->kinds[k].model, model) == 0) {
            return &arm->kinds[k];
        }
    }
    return NULL;
}

size_t pal_rundata_kinds(const char *model[PAL_MAX_KINDS], const pal_rundata *run)
{
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        for (size_t k = 0; k < run->arms[a].n_kinds; k++) {
            const char *name = run->arms[a].kinds[k].model;
            size_t i = 0, at = n;

            while (i < n && strcmp(model[i], name) != 0) {
                i++;
            }
            if (i < n || n == PAL_MAX_KINDS) {
                continue;
            }
            for (; at > 0 && pal_stage_order(model[at - 1]) > pal_stage_order(name); at--) {
                model[at] = model[at - 1];
            }
            model[at] = name;
            n++;
        }
    }
    return n;
}

const char *pal_kind_label(const char *model)
{
    return strcmp(model, "logistic") == 0 ? "Logistic" : strcmp(model, "boosted") == 0 ? "Boosted trees"
           : strcmp(model, "neural") == 0 ? "Neural" : model;
}

size_t pal_rundata_lead(const pal_rundata *run, const char *model)
{
    size_t best = SIZE_MAX;

    for (size_t a = 0; a < run->n_arms; a++) {
        const pal_kind *kind = pal_arm_kind(&run->arms[a], model);

        if (kind == NULL || !(kind->models > 0)) {
            continue;
        }
        if (a == run->focus) {
            return a;
        }
        if (best == SIZE_MAX || kind->models > pal_arm_kind(&run->arms[best], model)->models) {
            best = a;
        }
    }
    return best;
}

/* The arm's entry for a model, made where it is new: room for as many rows as the file has. */
static pal_status kind_at(pal_kind **out, const reading *r, pal_plot_arm *arm, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *model = text_at(r, row, 1);
    const pal_estimate none = { NAN, NAN, NAN, NAN };
    pal_kind *kind;
    size_t k = 0;

    while (k < arm->n_kinds && strcmp(arm->kinds[k].model, model) != 0) {
        k++;
    }
    if (arm->kinds == NULL) {
        PAL_TAKE(arm->kinds, PAL_MAX_KINDS, r->arena);
    }
    if (k == PAL_MAX_KINDS) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: arm '%.60s' has more than %d kinds of models", r->file, row + 1, arm->name,
                 PAL_MAX_KINDS);
    }
    kind = &arm->kinds[k];
    if (k == arm->n_kinds) {
        *kind = (pal_kind){ .auc = none, .logloss = none, .auc_ceiling = NAN };
        PAL_TRY(pal_rundata_keep(&kind->model, r->arena, model, err));
        arm->n_kinds++;
    }
    *out = kind;

done:
    return rc;
}

static pal_status take_roc(pal_roc *roc, size_t room, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(roc->fpr, room, arena);
    PAL_TAKE(roc->tpr, room, arena);
    PAL_TAKE(roc->lo, room, arena);
    PAL_TAKE(roc->hi, room, arena);

done:
    return rc;
}

enum { Q_MEASURE = 2, Q_AT, Q_VALUE, Q_LO, Q_HI, Q_N, Q_PEOPLE };

static pal_status add_roc(pal_roc *roc, const reading *r, size_t row, double at, pal_estimate e, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (roc->n == 0) {
        PAL_TRY(take_roc(roc, r->rows - row, r->arena, err));
    }
    roc->fpr[roc->n] = at;
    roc->tpr[roc->n] = e.value;
    roc->lo[roc->n] = e.lo;
    roc->hi[roc->n] = e.hi;
    roc->n++;

done:
    return rc;
}

static pal_status read_quality_row(const reading *r, pal_plot_arm *arm, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *measure = text_at(r, row, Q_MEASURE);
    pal_kind *kind;
    pal_estimate e;
    double at, n;

    PAL_TRY(kind_at(&kind, r, arm, row, err));
    PAL_TRY(number_at(&at, r, row, Q_AT, err));
    PAL_TRY(estimate_at(&e, r, row, Q_VALUE, err));
    PAL_TRY(number_at(&n, r, row, Q_N, err));
    PAL_TRY(number_at(&e.n, r, row, Q_PEOPLE, err));
    if (strcmp(measure, "auc") == 0) {
        kind->auc = e;
        kind->models = n;
    } else if (strcmp(measure, "logloss") == 0) {
        kind->logloss = e;
    } else if (strcmp(measure, "auc_ceiling") == 0) {
        kind->auc_ceiling = e.value;
    } else if (strcmp(measure, "roc") == 0) {
        PAL_TRY(add_roc(&kind->roc, r, row, at, e, err));
    } else if (strcmp(measure, "reliability") == 0) {
        if (kind->n_bins == 0) {
            PAL_TAKE(kind->bins, r->rows - row, r->arena);
        }
        kind->bins[kind->n_bins++] = (pal_bin){ at, e.value, e.lo, e.hi, n };
    }

done:
    return rc;
}

static pal_status read_quality(pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "model", "measure", "at", "value", "lo", "hi", "n", "people", NULL };
    pal_status rc = PAL_OK;
    reading r;
    size_t arm = SIZE_MAX;

    PAL_TRY(start(&r, run, "model_quality.csv", names, err));
    for (size_t row = 0; row < r.rows; row++) {
        PAL_TRY(arm_at(&arm, &r, row, err));
        PAL_TRY(read_quality_row(&r, &run->arms[arm], row, err));
    }

done:
    pal_table_free(r.table);
    return rc;
}

enum { I_KIND = 2, I_FEATURE, I_SHARE, I_LO, I_HI, I_MODELS, I_PEOPLE };

static pal_status read_share(const reading *r, pal_plot_arm *arm, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *feature = text_at(r, row, I_FEATURE);
    bool splits = strcmp(text_at(r, row, I_KIND), "splits") == 0;
    pal_kind *kind;
    pal_estimate e;
    size_t f = 0;

    PAL_TRY(kind_at(&kind, r, arm, row, err));
    PAL_TRY(estimate_at(&e, r, row, I_SHARE, err));
    PAL_TRY(number_at(&kind->standing, r, row, I_MODELS, err));
    PAL_TRY(number_at(&kind->people, r, row, I_PEOPLE, err));
    while (f < kind->n_shares && strcmp(kind->shares[f].feature, feature) != 0) {
        f++;
    }
    if (kind->shares == NULL) {
        PAL_TAKE(kind->shares, PAL_MAX_SHARES, r->arena);
    }
    if (f == PAL_MAX_SHARES) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: more than %d features", r->file, row + 1, PAL_MAX_SHARES);
    }
    if (f == kind->n_shares) {
        kind->shares[f] = (pal_share){ .at = { NAN, NAN, NAN, NAN }, .splits = NAN };
        PAL_TRY(pal_rundata_keep(&kind->shares[f].feature, r->arena, feature, err));
        kind->n_shares++;
    }
    if (splits) {
        kind->shares[f].splits = e.value;
    } else {
        kind->shares[f].at = e;
    }

done:
    return rc;
}

static pal_status read_importance(pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "model", "kind", "feature", "share", "lo", "hi", "models", "people",
                                         NULL };
    pal_status rc = PAL_OK;
    reading r;
    size_t arm = SIZE_MAX;

    PAL_TRY(start(&r, run, "importance.csv", names, err));
    for (size_t row = 0; row < r.rows; row++) {
        PAL_TRY(arm_at(&arm, &r, row, err));
        PAL_TRY(read_share(&r, &run->arms[arm], row, err));
    }

done:
    pal_table_free(r.table);
    return rc;
}

/* ---- training_curves.csv ---- */

enum { C_REPLICATE = 1, C_ROUND, C_USER, C_TASTE, C_MODEL, C_ITERATION, C_TRAIN, C_VALID, C_KEPT };

/* A cluster's label from the catalog, or its name. */
static const char *label_of(const pal_rundata *run, const char *cluster)
{
    const pal_json *clusters = pal_look_array(run->catalog, "clusters");

    for (size_t i = 0; i < pal_look_size(clusters); i++) {
        const pal_json *one = pal_json_at(clusters, i);

        if (strcmp(pal_look_text(one, "name", ""), cluster) == 0) {
            return pal_look_text(one, "label", cluster);
        }
    }
    return cluster;
}

/* Does the row begin another curve than the one above it? */
static bool begins(const reading *r, size_t row)
{
    for (size_t c = 0; row > 0 && c <= C_MODEL; c++) {
        if (strcmp(text_at(r, row, c), text_at(r, row - 1, c)) != 0) {
            return true;
        }
    }
    return row == 0;
}

static pal_status begin_curve(pal_curve *curve, const reading *r, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 1;

    while (row + n < r->rows && !begins(r, row + n)) {
        n++;
    }
    *curve = (pal_curve){ .arm = SIZE_MAX, .kept = NAN };
    PAL_TRY(arm_at(&curve->arm, r, row, err));
    PAL_TRY(number_at(&curve->replicate, r, row, C_REPLICATE, err));
    PAL_TRY(number_at(&curve->round, r, row, C_ROUND, err));
    PAL_TRY(number_at(&curve->user, r, row, C_USER, err));
    PAL_TRY(pal_rundata_keep(&curve->model, r->arena, text_at(r, row, C_MODEL), err));
    PAL_TRY(pal_rundata_keep(&curve->taste, r->arena, label_of(r->run, text_at(r, row, C_TASTE)), err));
    PAL_TAKE(curve->iteration, n, r->arena);
    PAL_TAKE(curve->train, n, r->arena);
    PAL_TAKE(curve->valid, n, r->arena);

done:
    return rc;
}

static pal_status read_curves(pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "replicate", "round", "user", "taste", "model", "iteration",
                                         "train_logloss", "valid_logloss", "kept", NULL };
    pal_status rc = PAL_OK;
    reading r;
    pal_curve *curve = NULL;
    size_t n = 0;

    PAL_TRY(start(&r, run, "training_curves.csv", names, err));
    for (size_t row = 0; row < r.rows; row++) {
        n += begins(&r, row);
    }
    PAL_TAKE(run->curves, n + 1, r.arena);
    for (size_t row = 0; row < r.rows; row++) {
        double kept;

        if (begins(&r, row)) {
            curve = &run->curves[run->n_curves++];
            PAL_TRY(begin_curve(curve, &r, row, err));
        }
        PAL_TRY(number_at(&curve->iteration[curve->n], &r, row, C_ITERATION, err));
        PAL_TRY(number_at(&curve->train[curve->n], &r, row, C_TRAIN, err));
        PAL_TRY(number_at(&curve->valid[curve->n], &r, row, C_VALID, err));
        PAL_TRY(number_at(&kept, &r, row, C_KEPT, err));
        curve->kept = kept > 0 ? curve->iteration[curve->n] : curve->kept;
        curve->n++;
    }

done:
    pal_table_free(r.table);
    return rc;
}

/* ---- feedback.csv ---- */

enum { H_FROM = 1, H_TO, H_IMPRESSIONS, H_VALUE, H_LO, H_HI, H_N, H_AGAINST, H_DIFF, H_DIFF_LO, H_DIFF_HI };

static pal_status read_heard(pal_heard *bin, const reading *r, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *against = text_at(r, row, H_AGAINST);

    PAL_TRY(number_at(&bin->from, r, row, H_FROM, err));
    PAL_TRY(number_at(&bin->to, r, row, H_TO, err));
    PAL_TRY(number_at(&bin->impressions, r, row, H_IMPRESSIONS, err));
    PAL_TRY(estimate_at(&bin->likes, r, row, H_VALUE, err));
    PAL_TRY(number_at(&bin->likes.n, r, row, H_N, err));
    PAL_TRY(estimate_at(&bin->ahead, r, row, H_DIFF, err));
    bin->to = isnan(bin->to) ? INFINITY : bin->to;
    bin->ahead.n = NAN;
    bin->against = pal_rundata_arm(r->run, against);
    if (against[0] != '\0' && bin->against == SIZE_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: '%.60s' is no arm of summary.json", r->file, row + 1, against);
    }

done:
    return rc;
}

static pal_status read_feedback(pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "heard_from", "heard_to", "impressions", "value", "lo", "hi", "n",
                                         "against", "diff", "diff_lo", "diff_hi", NULL };
    pal_status rc = PAL_OK;
    reading r;
    size_t a = SIZE_MAX;

    PAL_TRY(start(&r, run, "feedback.csv", names, err));
    for (size_t row = 0; row < r.rows; row++) {
        pal_plot_arm *arm;

        PAL_TRY(arm_at(&a, &r, row, err));
        arm = &run->arms[a];
        if (arm->heard == NULL) {
            PAL_TAKE(arm->heard, r.rows, r.arena);
        }
        PAL_TRY(read_heard(&arm->heard[arm->n_heard], &r, row, err));
        arm->n_heard++;
    }

done:
    pal_table_free(r.table);
    return rc;
}

pal_status pal_rundata_read_models(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(read_quality(run, err));
    PAL_TRY(read_importance(run, err));
    PAL_TRY(read_curves(run, err));
    PAL_TRY(read_feedback(run, err));

done:
    return rc;
}
