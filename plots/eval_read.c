/* The result directory of an evaluation read for drawing. */
#include "plots/eval_read.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 18 };

#define SUMMARY "summary.json"

const char *pal_eval_metric_at(char out[PAL_EVAL_NAME], const char *family, double k)
{
    snprintf(out, PAL_EVAL_NAME, "%.30s@%.0f", family, k);
    return out;
}

const char *pal_eval_metric(char out[PAL_EVAL_NAME], const pal_rundata *run, const char *family)
{
    return pal_eval_metric_at(out, family, run->eval->main_k);
}

bool pal_eval_measured(const pal_rundata *run, const char *metric)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (isfinite(pal_arm_metric(&run->arms[a], metric).value)) {
            return true;
        }
    }
    return false;
}

static pal_status load_table(pal_table **out, const char *dir, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(dir, name);

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", name);
    }
    PAL_TRY(pal_table_load(out, path, err));

done:
    pal_free(path);
    return rc;
}

static pal_status read_tries(pal_evaldata *eval, const pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "model", "replicate", "value", "kept" };
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    size_t column[4];

    PAL_TRY(load_table(&table, run->dir, "search.csv", err));
    for (size_t c = 0; c < 4; c++) {
        PAL_TRY(pal_table_find(&column[c], table, names[c], err));
    }
    PAL_TAKE(eval->tries, pal_table_rows(table) + 1, run->hidden->arena);
    for (size_t r = 0; r < pal_table_rows(table); r++) {
        pal_eval_tried *t = &eval->tries[eval->n_tries++];
        double kept;

        t->arm = pal_rundata_arm(run, pal_table_text(table, r, column[0]));
        if (t->arm == SIZE_MAX) {
            PAL_FAIL(PAL_ERR_DATA, "search.csv: row %zu: '%s' is no model of " SUMMARY, r + 1,
                     pal_table_text(table, r, column[0]));
        }
        PAL_TRY(pal_read_cell(&t->replicate, table, "search.csv", r, column[1], err));
        PAL_TRY(pal_read_cell(&t->value, table, "search.csv", r, column[2], err));
        PAL_TRY(pal_read_cell(&kept, table, "search.csv", r, column[3], err));
        t->kept = kept == 1;
    }

done:
    pal_table_free(table);
    return rc;
}

static pal_status read_activity(pal_evaldata *eval, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;
    char where[80];

    PAL_TRY(pal_read_array(&array, eval->summary, "activity", SUMMARY, err));
    eval->n_activity = pal_json_size(array);
    PAL_TAKE(eval->activity, eval->n_activity + 1, run->hidden->arena);
    for (size_t i = 0; i < eval->n_activity; i++) {
        const pal_json *row = pal_json_at(array, i), *models;
        pal_eval_activity *group = &eval->activity[i];

        snprintf(where, sizeof where, SUMMARY ": activity[%zu]", i);
        PAL_TRY(pal_read_number(&group->least, row, "least", where, err));
        PAL_TRY(pal_read_number(&group->most, row, "most", where, err));
        PAL_TRY(pal_read_number(&group->people, row, "people", where, err));
        PAL_TRY(pal_read_array(&models, row, "models", where, err));
        if (pal_json_size(models) != run->n_arms) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %zu models, wanted %zu", where, pal_json_size(models), run->n_arms);
        }
        PAL_TAKE(group->value, run->n_arms, run->hidden->arena);
        for (size_t a = 0; a < run->n_arms; a++) {
            const pal_json *at = pal_json_at(models, a);

            group->value[a] = (pal_estimate){ pal_look_number(at, "value"), pal_look_number(at, "lo"),
                                              pal_look_number(at, "hi"), pal_look_number(at, "n") };
        }
    }

done:
    return rc;
}

static pal_status read_eval(pal_evaldata *eval, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *at;

    eval->summary = pal_json_root(run->hidden->summary);
    PAL_TRY(pal_read_text(&eval->main, eval->summary, "main", SUMMARY, err));
    PAL_TRY(pal_read_numbers(&eval->k, &eval->n_k, eval->summary, "k", SUMMARY, run->hidden->arena, err));
    if (eval->n_k == 0) {
        PAL_FAIL(PAL_ERR_DATA, SUMMARY ": 'k' is empty");
    }
    eval->main_k = run->slots;
    at = strchr(eval->main, '@');
    if (at != NULL) {
        double k;

        eval->main_k = pal_parse_double(&k, at + 1, strlen(at + 1)) ? k : eval->main_k;
    }
    PAL_TRY(read_tries(eval, run, err));
    PAL_TRY(read_activity(eval, run, err));
    PAL_TRY(load_table(&eval->lists, run->dir, "recommendations.csv", err));

done:
    return rc;
}

pal_status pal_eval_rundata_load(pal_rundata **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rundata *run = NULL;
    pal_evaldata *eval = NULL;
    const char *format = NULL;

    PAL_NEW(run, 1);
    PAL_NEW(run->hidden, 1);
    PAL_NEW(eval, 1);
    run->eval = eval;
    PAL_TRY(pal_arena_new(&run->hidden->arena, ARENA_BYTES, err));
    PAL_TRY(pal_rundata_keep(&run->dir, run->hidden->arena, dir, err));
    PAL_TRY(pal_rundata_load_json(&run->hidden->manifest, dir, "manifest.json", err));
    run->manifest = pal_json_root(run->hidden->manifest);
    PAL_TRY(pal_read_text(&format, run->manifest, "format", "manifest.json", err));
    if (strcmp(format, "palate-eval/1") != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s/manifest.json: format must be \"palate-eval/1\", found \"%s\"", dir, format);
    }
    PAL_TRY(pal_rundata_load_json(&run->hidden->summary, dir, SUMMARY, err));
    PAL_TRY(pal_rundata_read_summary(run, err));
    pal_rundata_dress(run);
    PAL_TRY(read_eval(eval, run, err));
    *out = run;
    run = NULL;

done:
    pal_eval_rundata_free(run);
    return rc;
}

void pal_eval_rundata_free(pal_rundata *run)
{
    if (run != NULL && run->eval != NULL) {
        pal_table_free(run->eval->lists);
        pal_free((void *)(uintptr_t)run->eval); /* made here; const for everyone else */
    }
    pal_rundata_free(run);
}

const pal_figure *pal_eval_figure_at(size_t i)
{
    static const pal_figure *const figures[] = {
        &pal_fig_eval_scores, &pal_fig_eval_forest, &pal_fig_eval_lengths, &pal_fig_eval_tradeoff,
        &pal_fig_eval_spread, &pal_fig_eval_activity, &pal_fig_eval_search,
    };

    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}
