/* The tables of an evaluation: models, people, tries, lists, times. */
#include "lab/eval_write.h"

#include "core/mem.h"
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void put_numbers(pal_outfile *f, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x[i]);
    }
}

pal_status pal_eval_write_models(pal_results *results, const pal_eval *e, const pal_eval_result *measured, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "models.csv", err));
    pal_outfile_text(f, "model,metric,k,value,lo,hi,n,replicate_sd,diff,diff_lo,diff_hi,effect,p,p_adjusted,significant\n");
    for (size_t m = 0; m < e->config->n_models; m++) {
        for (size_t i = 0; i < measured[m].n; i++) {
            const pal_eval_estimate *x = &measured[m].at[i];
            const double value[] = { x->v.value, x->v.lo, x->v.hi };
            const double rest[] = { x->replicate_sd, x->diff.value, x->diff.lo, x->diff.hi, x->effect, x->p, x->p_adjusted };

            pal_outfile_csv_text(f, e->config->model[m].name);
            pal_outfile_printf(f, ",%s,", x->name);
            if (x->k > 0) pal_outfile_u64(f, x->k);
            put_numbers(f, value, 3);
            pal_outfile_printf(f, ",%zu", x->v.n);
            put_numbers(f, rest, 7);
            pal_outfile_text(f, isnan(x->p) ? ",\n" : x->significant ? ",1\n" : ",0\n");
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "models.csv", err));

done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_eval_write_people(pal_results *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    char name[PAL_TOPN_NAME];

    PAL_TRY(pal_results_open(&f, results, "people.csv", err));
    pal_outfile_text(f, "model,user,own,wanted");
    for (size_t c = 0; c < e->n_columns; c++) pal_outfile_printf(f, ",%s", pal_topn_column_name(name, c, e->config->k));
    pal_outfile_text(f, "\n");
    for (size_t m = 0; m < e->config->n_models; m++) {
        const pal_eval_record *r = &e->record[m];

        for (size_t p = 0; p < e->n_people; p++) {
            pal_outfile_csv_text(f, e->config->model[m].name);
            pal_outfile_text(f, ",");
            pal_outfile_csv_text(f, e->log->user_id[e->person[p]]);
            pal_outfile_printf(f, ",%u,%u", e->own[p], e->wanted[p]);
            for (size_t c = 0; c < e->n_columns; c++) {
                size_t at = p * e->n_columns + c;

                pal_outfile_text(f, ",");
                pal_outfile_double(f, r->count[at] > 0 ? r->sum[at] / r->count[at] : NAN);
            }
            pal_outfile_text(f, "\n");
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "people.csv", err));

done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_eval_write_search(pal_results *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    char name[PAL_TOPN_NAME];

    PAL_TRY(pal_results_open(&f, results, "search.csv", err));
    pal_outfile_text(f, "model,replicate,try,metric,value,kept,params\n");
    for (size_t t = 0; t < e->n_tries; t++) {
        const pal_eval_try *x = &e->tries[t];
        const pal_eval_model *m = &e->config->model[x->model];

        pal_outfile_csv_text(f, m->name);
        pal_outfile_printf(f, ",%u,%zu,%s,", x->replicate, x->setting, pal_topn_column_name(name, m->by, e->config->k));
        pal_outfile_double(f, x->value);
        pal_outfile_printf(f, ",%d,", x->kept);
        pal_outfile_csv_text(f, x->params);
        pal_outfile_text(f, "\n");
    }
    PAL_TRY(pal_results_commit(results, &f, "search.csv", err));

done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_eval_write_splits(pal_results *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = NULL, name[32], hex[PAL_HASH_HEX];

    for (uint32_t r = 0; r < e->config->n_replicates; r++) {
        if (r > 0 && !e->config->vary_split) break;
        snprintf(name, sizeof name, r == 0 ? "split.csv" : "split-%u.csv", r);
        path = pal_path_join(results->dir, name);
        if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the path of %s", name);
        PAL_TRY(pal_split_save(e->split[r], e->log, path, err));
        PAL_TRY(pal_hash_file(hex, path, err));
        pal_results_add(results, name, hex, 0);
        pal_free(path);
        path = NULL;
    }

done:
    pal_free(path);
    return rc;
}

typedef struct drawn { uint64_t by; size_t person; } drawn;

static int by_draw(const void *x, const void *y)
{
    const drawn *a = x, *b = y;

    return a->by != b->by ? (a->by > b->by) - (a->by < b->by) : (a->person > b->person) - (a->person < b->person);
}

static int by_person(const void *x, const void *y)
{
    const drawn *a = x, *b = y;

    return (a->person > b->person) - (a->person < b->person);
}

static bool is_wanted(const pal_eval *e, uint32_t user, uint32_t item)
{
    const pal_interactions *log = e->log;
    size_t lo = 0, hi = log->n;

    while (lo < hi) { /* the log is sorted by person and item */
        size_t middle = lo + (hi - lo) / 2;

        if (log->user[middle] < user || (log->user[middle] == user && log->item[middle] < item)) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo < log->n && log->user[lo] == user && log->item[lo] == item && e->split[0]->part[lo] == PAL_PART_TEST;
}

static void put_list(pal_outfile *f, const pal_eval *e, size_t model, size_t p)
{
    const pal_eval_record *r = &e->record[model];
    uint32_t user = e->person[p];

    for (size_t i = 0; i < e->config->k[e->config->main_k]; i++) {
        uint32_t item = r->list[p * e->k_max + i];

        if (item == UINT32_MAX) break;
        pal_outfile_csv_text(f, e->log->user_id[user]);
        pal_outfile_text(f, ",");
        pal_outfile_csv_text(f, e->config->model[model].name);
        pal_outfile_printf(f, ",%zu,", i + 1);
        pal_outfile_csv_text(f, e->log->item_id[item]);
        pal_outfile_text(f, ",");
        if (e->log->item_title != NULL && e->log->item_title[item] != NULL) pal_outfile_csv_text(f, e->log->item_title[item]);
        pal_outfile_text(f, ",");
        pal_outfile_float(f, r->score[p * e->k_max + i]);
        pal_outfile_printf(f, ",%d\n", is_wanted(e, user, item));
    }
}

pal_status pal_eval_write_lists(pal_results *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = (size_t)pal_values_int(e->config->output, "recommendations");
    pal_key key = pal_key_named(pal_key_for(e->config->seed, 0, PAL_FOR_PERSON), "recommendations");
    pal_outfile *f = NULL;
    drawn *order = NULL;

    n = n < e->n_people ? n : e->n_people;
    PAL_NEW(order, e->n_people);
    for (size_t p = 0; p < e->n_people; p++) order[p] = (drawn){ pal_u64(key, (pal_at){ e->person[p], 0, 0 }, 0), p };
    qsort(order, e->n_people, sizeof *order, by_draw);
    qsort(order, n, sizeof *order, by_person);
    PAL_TRY(pal_results_open(&f, results, "recommendations.csv", err));
    pal_outfile_text(f, "user,model,place,item,title,score,wanted\n");
    for (size_t i = 0; i < n; i++) {
        for (size_t m = 0; m < e->config->n_models; m++) put_list(f, e, m, order[i].person);
    }
    PAL_TRY(pal_results_commit(results, &f, "recommendations.csv", err));

done:
    pal_free(order);
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_eval_write_timing(const pal_results *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    size_t n = e->config->n_replicates;

    PAL_TRY(pal_results_open(&f, results, "timing.csv", err));
    pal_outfile_text(f, "model,replicate,phase,seconds\n");
    for (size_t m = 0; m < e->config->n_models; m++) {
        for (size_t r = 0; r < n; r++) {
            const pal_eval_time *t = &e->time[m * n + r];
            const double seconds[] = { t->search_s, t->fit_s, t->score_s };
            static const char *const phase[] = { "search", "fit", "score" };

            for (size_t i = 0; i < 3; i++) {
                pal_outfile_csv_text(f, e->config->model[m].name);
                pal_outfile_printf(f, ",%zu,%s,%.4f\n", r, phase[i], seconds[i]);
            }
        }
    }
    PAL_TRY(pal_outfile_commit(&f, NULL, err));

done:
    pal_outfile_abort(&f);
    return rc;
}
