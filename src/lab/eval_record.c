/* What an evaluation keeps. */
#include "lab/eval_record.h"

#include "core/mem.h"
#include "core/sum.h"
#include "lab/eval_data.h"

#include <math.h>
#include <string.h>

static pal_status make_splits(pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(e->split, e->config->n_replicates);
    for (uint32_t r = 0; r < e->config->n_replicates; r++) {
        PAL_TRY(pal_eval_split(&e->split[r], e->log, e->config, r, err));
    }

done:
    return rc;
}

/* The people that are asked for in any replicate, and what they have in the first. */
static pal_status find_people(pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions *log = e->log;
    uint8_t *asked = NULL;

    PAL_NEW(asked, log->n_users);
    PAL_NEW(e->place, log->n_users);
    for (uint32_t r = 0; r < e->config->n_replicates; r++) {
        for (size_t i = 0; i < log->n; i++) {
            if (e->split[r]->part[i] == PAL_PART_TEST) asked[log->user[i]] = 1;
        }
    }
    PAL_NEW(e->person, log->n_users);
    for (size_t u = 0; u < log->n_users; u++) {
        e->place[u] = asked[u] ? (uint32_t)e->n_people : UINT32_MAX;
        if (asked[u]) e->person[e->n_people++] = (uint32_t)u;
    }
    if (e->n_people == 0) PAL_FAIL(PAL_ERR_DATA, "%s: split: nobody has an item in the test part", e->config->file);
    PAL_NEW(e->own, e->n_people);
    PAL_NEW(e->wanted, e->n_people);
    for (size_t i = 0; i < log->n; i++) {
        uint32_t p = e->place[log->user[i]];
        uint8_t part = e->split[0]->part[i];

        if (p == UINT32_MAX) continue;
        e->wanted[p] += part == PAL_PART_TEST;
        e->own[p] += part == PAL_PART_TRAIN || part == PAL_PART_VALID || part == PAL_PART_KNOWN;
    }

done:
    pal_free(asked);
    return rc;
}

static pal_status make_room(pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_config *c = e->config;
    size_t n_tries = 0, lists;

    e->n_columns = pal_topn_columns(c->n_k);
    e->k_max = c->k[c->n_k - 1];
    lists = (size_t)c->n_replicates * e->n_people * e->k_max;
    PAL_NEW(e->record, c->n_models);
    PAL_NEW(e->time, c->n_models * c->n_replicates);
    PAL_NEW(e->kept_params, c->n_models * c->n_replicates);
    for (size_t m = 0; m < c->n_models; m++) {
        pal_eval_record *r = &e->record[m];

        PAL_NEW(r->sum, e->n_people * e->n_columns);
        PAL_NEW(r->count, e->n_people * e->n_columns);
        PAL_NEW(r->mean, c->n_replicates * e->n_columns);
        PAL_NEW(r->list, lists);
        PAL_NEW(r->score, e->n_people * e->k_max);
        memset(r->list, 0xff, lists * sizeof *r->list); /* UINT32_MAX: no item */
        n_tries += c->model[m].n_tries * c->n_replicates;
    }
    PAL_NEW(e->tries, n_tries);

done:
    return rc;
}

/* A model that is to get features needs a log that has them. */
static pal_status check_features(const pal_eval *e, pal_error *err)
{
    for (size_t m = 0; m < e->config->n_models; m++) {
        const pal_eval_model *model = &e->config->model[m];
        bool lack_people = model->people_features && e->log->user_side == NULL;

        if (lack_people || (model->item_features && e->log->item_side == NULL)) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: %s.features: the data has no side features of %s", e->config->file,
                                 model->path, lack_people ? "people" : "items");
        }
    }
    return PAL_OK;
}

pal_status pal_eval_open(pal_eval *e, const pal_eval_config *c, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;

    *e = (pal_eval){ .config = c, .n_threads = n_threads };
    PAL_TRY(pal_eval_data(&e->log, &e->report, c, err));
    PAL_TRY(check_features(e, err));
    PAL_TRY(pal_eval_genres(&e->genres, e->log, pal_values_text(c->metrics, "genres"), err));
    PAL_TRY(make_splits(e, err));
    PAL_TRY(find_people(e, err));
    PAL_TRY(make_room(e, err));

done:
    return rc;
}

void pal_eval_clear(pal_eval *e)
{
    size_t n_fits = e->config->n_models * e->config->n_replicates;

    for (size_t m = 0; e->record != NULL && m < e->config->n_models; m++) {
        pal_free(e->record[m].sum);
        pal_free(e->record[m].count);
        pal_free(e->record[m].mean);
        pal_free(e->record[m].list);
        pal_free(e->record[m].score);
    }
    for (size_t i = 0; e->kept_params != NULL && i < n_fits; i++) pal_free(e->kept_params[i]);
    for (size_t t = 0; t < e->n_tries; t++) pal_free(e->tries[t].params);
    for (size_t r = 0; e->split != NULL && r < e->config->n_replicates; r++) pal_split_free(e->split[r]);
    pal_free(e->record);
    pal_free(e->time);
    pal_free(e->kept_params);
    pal_free(e->tries);
    pal_free(e->split);
    pal_free(e->person);
    pal_free(e->place);
    pal_free(e->own);
    pal_free(e->wanted);
    pal_csr_free(e->genres);
    pal_interactions_free(e->log);
}

double pal_eval_mean(const pal_eval_scores *s, size_t column)
{
    pal_acc sum = { 0 };
    size_t n = 0;

    for (size_t p = 0; p < s->n_people; p++) {
        double value = s->value[p * s->n_columns + column];

        if (isnan(value)) continue;
        pal_acc_add(&sum, value);
        n++;
    }
    return n > 0 ? pal_acc_value(&sum) / (double)n : NAN;
}

void pal_eval_record_add(pal_eval *e, size_t model, uint32_t replicate, const pal_eval_view *view,
                         const pal_eval_scores *s)
{
    pal_eval_record *r = &e->record[model];

    for (size_t p = 0; p < s->n_people; p++) {
        size_t at = e->place[view->person[p]];

        for (size_t c = 0; c < s->n_columns; c++) {
            double value = s->value[p * s->n_columns + c];

            if (isnan(value)) continue;
            r->sum[at * s->n_columns + c] += value;
            r->count[at * s->n_columns + c]++;
        }
        memcpy(r->list + (replicate * e->n_people + at) * s->k_max, s->item + p * s->k_max, s->k_max * sizeof *s->item);
        if (replicate == 0) memcpy(r->score + at * s->k_max, s->score + p * s->k_max, s->k_max * sizeof *s->score);
    }
    for (size_t c = 0; c < s->n_columns; c++) r->mean[replicate * s->n_columns + c] = pal_eval_mean(s, c);
}
