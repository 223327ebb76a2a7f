/* palate train MODEL: a collaborative model from an interaction log. */
#include "cli/cmd_train_recommender.h"

#include "cli/log_from.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "cli/saved_recommender.h"
#include "cli/settings.h"
#include "core/mem.h"
#include "core/npy.h"
#include "core/progress.h"

#include <stdio.h>
#include <string.h>

#define DATA_GROUP "data"

typedef struct rec_training {
    const pal_args *args;
    const pal_rec_type *type;
    pal_rec_env env;
    pal_json_doc *settings;
    pal_values *params;
    pal_interactions *log;
    pal_interactions_report report;
    pal_csr *rows, *cols;
    int64_t *time;
    void *model;
    pal_progress bar;
    double fit_s;
} rec_training;

bool pal_train_is_recommender(const char *name)
{
    for (size_t m = 0; m < pal_rec_count(); m++) {
        if (strcmp(pal_rec_at(m)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Options that only the learners of a 0/1 column know. */
static pal_status check_options(const pal_args *args, pal_error *err)
{
    static const char *const others[] = { "label", "feature", "drop", "preset", "hold-out", "cv", "test" };

    for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
        if (pal_args_has(args, others[o])) {
            return pal_error_set(err, PAL_ERR_USAGE, "train: --%s goes with logistic, boosted and neural, not with %s", others[o],
                                 args->operand[0]);
        }
    }
    return PAL_OK;
}

static void show_epoch(void *ctx, size_t epoch, size_t n_epochs, double loss)
{
    rec_training *t = ctx;

    (void)loss;
    if (t->bar.label == NULL) {
        pal_progress_begin(&t->bar, t->type->name, n_epochs);
    }
    (void)epoch;
    pal_progress_step(&t->bar, 1);
}

static pal_status read_arguments(rec_training *t, pal_error *err)
{
    static const char *const also[] = { DATA_GROUP, NULL };
    pal_status rc = PAL_OK;
    uint64_t seed = 1;
    size_t index = 0;

    PAL_TRY(check_options(t->args, err));
    PAL_TRY(pal_rec_find(&index, t->args->operand[0], "train", "MODEL", err));
    t->type = pal_rec_at(index);
    if (pal_args_has(t->args, "factors") && t->type->factors == NULL) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --factors: %s has no factors", t->type->name);
    }
    PAL_TRY(pal_args_whole(&seed, t->args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_args_threads(&t->env.n_threads, t->args, err));
    t->env.key = pal_key_for(seed, 0, PAL_FOR_TRAIN);
    t->env.backend = pal_args_has(t->args, "exact") ? PAL_PORTABLE : PAL_OPENBLAS;
    t->env.progress = show_epoch;
    t->env.ctx = t;
    PAL_TRY(pal_settings_read(&t->settings, t->args, "{}", DATA_GROUP, err));
    PAL_TRY(pal_values_read(&t->params, t->type->params, pal_json_root(t->settings), "--set", "", also, err));

done:
    return rc;
}

static pal_status print_params(const rec_training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };

    if (pal_args_has(t->args, "json")) {
        PAL_TRY(pal_params_print_lines("train", t->type->name, t->type->params, err));
        PAL_TRY(pal_params_print_lines("train", "data", pal_interactions_params, err));
        goto done;
    }
    pal_text_addf(&text, "%s: %s\n%s\n\n", t->type->name, t->type->summary, t->type->source);
    pal_params_describe(t->type->params, &text);
    pal_text_add(&text, "\nhow --data is read (--set data.KEY=VALUE):\n");
    pal_params_describe(pal_interactions_params, &text);
    PAL_TRY(pal_print_text(&text, err));

done:
    return rc;
}

static pal_status read_data(rec_training *t, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (!pal_args_has(t->args, "data")) {
        PAL_FAIL(PAL_ERR_USAGE, "train: --data is needed; 'palate train --help' tells more");
    }
    PAL_TRY(pal_log_from(&t->log, &t->report, pal_args_text(t->args, "data"),
                         pal_json_get(pal_json_root(t->settings), DATA_GROUP), DATA_GROUP, err));
    PAL_TRY(pal_log_check_values(t->log, pal_args_text(t->args, "data"), err));
    PAL_TRY(pal_interactions_matrix(&t->rows, &t->time, t->log, NULL, PAL_PART_TRAIN, err));
    PAL_TRY(pal_csr_transpose(&t->cols, t->rows, err));

done:
    return rc;
}

static pal_status fit(rec_training *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions *log = t->log;
    pal_rec_data data = { .rows = t->rows, .cols = t->cols, .time = t->time };
    double started = pal_clock_s();

    if ((t->type->flags & PAL_REC_FEATURES) != 0) {
        data.row_features = log->user_side != NULL ? log->user_side->cell : NULL;
        data.col_features = log->item_side != NULL ? log->item_side->cell : NULL;
    }
    PAL_TRY(t->type->init(&t->model, t->params, err));
    rc = t->type->fit(t->model, &data, &t->env, err);
    pal_progress_end(&t->bar);
    t->fit_s = pal_clock_s() - started;

done:
    return rc;
}

/* PREFIX-people.npy and PREFIX-items.npy, rows in the order of the model's ids. */
static pal_status write_factors(const rec_training *t, const char *prefix, pal_error *err)
{
    static const char *const whose[2] = { "items", "people" };
    pal_status rc = PAL_OK;
    pal_npy_writer *w = NULL;
    pal_text path = { 0 };

    for (int people = 0; people < 2; people++) {
        size_t n = 0, d = 0;
        const float *factor = t->type->factors(t->model, people == 1, &n, &d);

        if (factor == NULL || d == 0) {
            continue;
        }
        pal_text_addf(&path, "%s-%s.npy", prefix, whose[people]);
        PAL_TRY(pal_text_check(&path, err));
        PAL_TRY(pal_npy_open(&w, path.bytes, PAL_F32, d, n, err));
        pal_npy_add(w, factor, n);
        PAL_TRY(pal_npy_commit(&w, NULL, err));
        pal_text_clear(&path);
    }

done:
    pal_npy_abort(&w);
    pal_text_clear(&path);
    return rc;
}

static pal_status print_done(const rec_training *t, const char *path, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    pal_text text = { 0 };

    if (pal_args_has(t->args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "train");
        pal_json_put_string(&w, "model", t->type->name);
        pal_json_put_string(&w, "file", path);
        pal_log_members(&w, t->log, &t->report);
        pal_json_put_number(&w, "fit_seconds", t->fit_s);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (pal_args_has(t->args, "quiet")) {
        return PAL_OK;
    }
    pal_log_tell(&text, t->log, &t->report);
    pal_text_addf(&text, "model    %s (%s, fitted in %.3f s)\n", path, t->type->name, t->fit_s);
    return pal_print_text(&text, err);
}

pal_status pal_train_recommender(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    rec_training t = { .args = args };
    const char *path = NULL;

    PAL_TRY(read_arguments(&t, err));
    if (pal_args_has(args, "params")) {
        PAL_TRY(print_params(&t, err));
        goto done;
    }
    PAL_TRY(pal_args_output(&path, args, "model.safetensors", err));
    PAL_TRY(read_data(&t, err));
    PAL_TRY(fit(&t, err));
    PAL_TRY(pal_saved_write(t.type, t.model, t.params, t.log, path, err));
    if (pal_args_has(args, "factors")) {
        PAL_TRY(write_factors(&t, pal_args_text(args, "factors"), err));
    }
    PAL_TRY(print_done(&t, path, err));

done:
    if (t.type != NULL) {
        t.type->free(t.model);
    }
    pal_csr_free(t.rows);
    pal_csr_free(t.cols);
    pal_free(t.time);
    pal_interactions_free(t.log);
    pal_values_free(t.params);
    pal_json_free(t.settings);
    return rc;
}
