/* Off-policy evaluation of a log: target, people, model, estimators. */
#include "lab/ope_judge.h"

#include "core/mem.h"
#include "core/rng.h"
#include "metrics/ope_cells.h"

#include <math.h>

typedef struct work { /* arrays of n, but for the chances */
    double *chance;   /* positions x items; NULL for a column */
    double *target, *q, *v;
    uint32_t *person, *fold;
    size_t n_people, without; /* the person's column, SIZE_MAX: none */
} work;

static void work_clear(work *w)
{
    pal_free(w->chance);
    pal_free(w->target);
    pal_free(w->q);
    pal_free(w->v);
    pal_free(w->person);
    pal_free(w->fold);
}

/* The column is read as words (layout.words), so its numbers are 0 ... words - 1 in order of appearance. */
static pal_status take_people(work *w, const pal_ope_log *log, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(w->person, log->n);
    w->n_people = log->n;
    w->without = SIZE_MAX;
    if (question->person != NULL) {
        PAL_TRY(pal_ope_log_feature(&w->without, log, question->person, err));
        if (log->feature[w->without].numeric) {
            PAL_FAIL(PAL_ERR_INTERNAL, "%s: people of column %s were read as numbers", log->path, question->person);
        }
        w->n_people = log->feature[w->without].words.n;
    }
    for (size_t i = 0; i < log->n; i++) {
        w->person[i] = w->without == SIZE_MAX ? (uint32_t)i : (uint32_t)log->x[i * log->n_features + w->without];
    }
done:
    return rc;
}

static pal_status take_column(work *w, const pal_ope_log *log, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t f;

    PAL_TRY(pal_ope_log_feature(&f, log, name, err));
    for (size_t i = 0; i < log->n; i++) {
        double p = log->x[i * log->n_features + f];

        if (!log->feature[f].numeric || !(p >= 0 && p <= 1)) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: column %s holds no probability from 0 to 1", log->path, i + 1, name);
        }
        w->target[i] = p;
    }
done:
    return rc;
}

/* Share of the target, over the log's rows, on pairs of position and item that no row shows. */
static pal_status find_uncovered(double *share, const work *w, const pal_ope_log *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_items = log->items.n, n_cells = log->positions.n * n_items;
    uint8_t *shown = NULL;
    double *rows = NULL;

    PAL_NEW(shown, n_cells);
    PAL_NEW(rows, log->positions.n);
    for (size_t i = 0; i < log->n; i++) {
        shown[log->position[i] * n_items + log->item[i]] = 1;
        rows[log->position[i]] += 1;
    }
    *share = 0;
    for (size_t c = 0; c < n_cells; c++) {
        if (shown[c] == 0) *share += w->chance[c] * rows[c / n_items] / (double)log->n;
    }
done:
    pal_free(shown);
    pal_free(rows);
    return rc;
}

static pal_status take_target(work *w, pal_ope_answer *out, pal_ope_log *log, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(w->target, log->n);
    out->uncovered = NAN;
    out->on_policy = (pal_interval){ NAN, NAN, NAN, NAN, 0 };
    if (question->source == PAL_OPE_COLUMN) {
        if (question->model != PAL_OPE_NO_MODEL) {
            PAL_FAIL(PAL_ERR_DATA, "a target given by column %s says nothing of items that were not shown: no model can be used",
                     question->name);
        }
        PAL_TRY(take_column(w, log, question->name, err));
    } else {
        PAL_TRY(pal_ope_target_chances(&w->chance, &out->on_policy, log, question, err));
        for (size_t i = 0; i < log->n; i++) {
            w->target[i] = w->chance[log->position[i] * log->items.n + log->item[i]];
        }
        PAL_TRY(find_uncovered(&out->uncovered, w, log, err));
    }
done:
    return rc;
}

static pal_status fit_model(work *w, const pal_ope_log *log, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_cells_config cells = pal_ope_cells_defaults();
    pal_key key = pal_key_named(pal_key_for(question->seed, 0, PAL_FOR_TRAIN), "ope folds");

    if (question->model == PAL_OPE_NO_MODEL) {
        return PAL_OK;
    }
    PAL_NEW(w->fold, log->n);
    PAL_NEW(w->q, log->n);
    PAL_NEW(w->v, log->n);
    for (size_t i = 0; i < log->n; i++) {
        w->fold[i] = (uint32_t)(pal_u01(key, (pal_at){ w->person[i], 0, 0 }, 0) * (double)cells.n_folds);
    }
    if (question->model == PAL_OPE_CELLS) {
        PAL_TRY(pal_ope_cells_fit(w->q, w->v, log->click, log->position, log->item, w->fold, w->chance, log->n,
                                  log->positions.n, log->items.n, &cells, err));
    } else {
        PAL_TRY(pal_ope_boosted(w->q, w->v, log, w->chance, w->fold, cells.n_folds, w->without, question->seed,
                                question->n_threads, err));
    }
done:
    return rc;
}

static pal_status estimate_all(pal_ope_answer *out, const pal_ope_rows *rows, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boot *boot = NULL;
    pal_ope_rows own = *rows;
    pal_ope_estimate logged;

    if (question->resamples > 0) {
        PAL_TRY(pal_boot_new(&boot, rows->n_people, NULL, question->resamples, out->config.level,
                             pal_key_for(question->seed, 0, PAL_FOR_BOOTSTRAP), question->n_threads, err));
    }
    if (question->tune) PAL_TRY(pal_ope_tune(&out->config, rows, err));
    for (pal_ope_kind k = 0; k < PAL_OPE_KINDS; k++) {
        out->made[k] = !pal_ope_needs_model(k) || rows->q != NULL;
        if (out->made[k]) PAL_TRY(pal_ope_estimate_value(&out->estimate[k], k, rows, &out->config, boot, err));
    }
    out->overlap = pal_ope_overlap_of(rows, &out->config);
    own.target = rows->logged;
    PAL_TRY(pal_ope_estimate_value(&logged, PAL_OPE_IPS, &own, &out->config, NULL, err));
    out->logged = logged.normal;
done:
    pal_boot_free(boot);
    return rc;
}

pal_status pal_ope_judge(pal_ope_answer *out, pal_ope_log *log, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_answer made = { .n = log->n, .config = question->config };
    work w = { 0 };
    pal_ope_rows rows;

    PAL_TRY(take_people(&w, log, question, err));
    made.n_people = w.n_people;
    PAL_TRY(take_target(&w, &made, log, question, err));
    PAL_TRY(fit_model(&w, log, question, err));
    rows = (pal_ope_rows){ .reward = log->click, .logged = log->propensity, .target = w.target, .q = w.q, .v = w.v,
                           .person = w.person, .n = log->n, .n_people = w.n_people };
    PAL_TRY(estimate_all(&made, &rows, question, err));
    if (question->slate != NULL) {
        PAL_TRY(pal_ope_judge_slates(&made, log, w.target, w.person, w.n_people, question, err));
    }
    *out = made;
done:
    work_clear(&w);
    return rc;
}
