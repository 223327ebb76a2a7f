/* Fits beside their ceilings. */
#include "lab/fits.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

pal_status pal_truth_index_take(pal_truth_index *out, const pal_record *r, size_t replicate, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_truth_index index = { .record = r, .replicate = replicate };
    size_t begin = r->preq_begin[replicate * r->n_rounds], end = r->preq_begin[(replicate + 1) * r->n_rounds];
    size_t base = replicate * r->n_users, *next = NULL;

    PAL_NEW(index.begin, r->n_users + 1);
    PAL_NEW(index.p_like, end - begin);
    PAL_NEW(next, r->n_users + 1);
    for (size_t i = begin; i < end; i++) index.begin[r->preq.person[i] - base + 1]++;
    for (size_t u = 0; u < r->n_users; u++) index.begin[u + 1] += index.begin[u];
    memcpy(next, index.begin, (r->n_users + 1) * sizeof *next);
    for (size_t i = begin; i < end; i++) index.p_like[next[r->preq.person[i] - base]++] = r->preq.truth[i];
    *out = index;
    index = (pal_truth_index){ 0 };
done:
    pal_free(next);
    pal_truth_index_clear(&index);
    return rc;
}

void pal_truth_index_clear(pal_truth_index *index)
{
    pal_free(index->begin);
    pal_free(index->p_like);
    *index = (pal_truth_index){ 0 };
}

/* From the end backwards: what a person knew before the first round stands in front and has no prediction. */
static void match(pal_truths *t, const pal_truth_index *index)
{
    const pal_history *h = t->history;
    size_t begin = index->begin[t->user], end = index->begin[t->user + 1], from = t->user * h->capacity;

    t->always_answered = true;
    for (size_t i = h->n[t->user]; i-- > 0;) {
        unsigned flags = h->flags[from + i];

        t->p_like[i] = NAN;
        if ((flags & PAL_EXAMINED) == 0 || end == begin) continue;
        t->p_like[i] = (double)index->p_like[--end];
        t->always_answered = t->always_answered && (flags & (PAL_LIKED | PAL_DISLIKED)) != 0;
    }
}

pal_status pal_truths_take(pal_truths *t, const pal_truth_index *index, const pal_catalog *catalog,
                           const pal_history *history, size_t user, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (t->capacity < history->capacity) {
        pal_truths_clear(t);
        PAL_NEW(t->p_like, history->capacity);
        PAL_NEW(t->rows, history->capacity);
        t->capacity = history->capacity;
    }
    t->record = index->record;
    t->catalog = catalog;
    t->history = history;
    t->person = index->replicate * index->record->n_users + user;
    t->user = user;
    match(t, index);
done:
    return rc;
}

void pal_truths_clear(pal_truths *truths)
{
    pal_free(truths->p_like);
    pal_free(truths->rows);
    *truths = (pal_truths){ 0 };
}

pal_ceiling pal_fit_ceiling(const pal_truths *t, const pal_training_row *fit)
{
    const pal_history *h = t->history;
    size_t from = t->user * h->capacity, n = 0;

    if (fit->no_weight <= 0 || (!fit->passed_is_no && !t->always_answered)) return (pal_ceiling){ NAN, NAN };
    for (size_t i = 0; i < h->n[t->user] && h->round[from + i] <= fit->round; i++) {
        bool inside = (t->catalog->cluster_mask[h->item[from + i]] >> fit->taste & 1) != 0;

        if (inside && !isnan(t->p_like[i])) t->rows[n++] = t->p_like[i];
    }
    return pal_ceiling_of(t->rows, n, fit->no_weight);
}

void pal_put_fits(pal_json_writer *w, const pal_truths *t, size_t taste)
{
    const pal_training_log *log = &t->record->training[t->person / t->record->n_users];

    pal_json_begin_array(w, "fits");
    for (size_t i = 0; i < log->n; i++) {
        const pal_training_row *row = &log->row[i];
        pal_ceiling ceiling;

        if (row->user != t->user || row->taste != taste || row->folds == 0) continue;
        ceiling = pal_fit_ceiling(t, row);
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "round", row->round);
        pal_json_put_string(w, "model", row->model);
        pal_json_put_i64(w, "samples", row->samples);
        pal_json_put_number(w, "auc", row->auc);
        pal_json_put_number(w, "logloss", row->logloss);
        pal_json_put_number(w, "auc_ceiling", ceiling.auc);
        pal_json_put_number(w, "logloss_ceiling", ceiling.logloss);
        pal_json_put_bool(w, "kept", row->kept);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

pal_status pal_judge_fits(const pal_record *r, pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_truth_index index = { 0 };
    pal_truths truths = { 0 };

    for (size_t i = 0; i < arm->training.n; i++) {
        pal_training_row *row = &arm->training.row[i];
        pal_ceiling ceiling;

        if (row->quality == NULL) continue;
        if (index.begin == NULL) PAL_TRY(pal_truth_index_take(&index, r, arm->world->replicate, err));
        if (truths.record == NULL || truths.user != row->user) {
            PAL_TRY(pal_truths_take(&truths, &index, arm->catalog, arm->history, row->user, err));
        }
        ceiling = pal_fit_ceiling(&truths, row);
        row->auc_ceiling = ceiling.auc;
        row->logloss_ceiling = ceiling.logloss;
    }
done:
    pal_truths_clear(&truths);
    pal_truth_index_clear(&index);
    return rc;
}
