/* A whole evaluation: data, splits, searches, fits, rankings, measures, files. */
#include "lab/eval_run.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "lab/eval_search.h"
#include "lab/eval_write.h"

#include <math.h>

/* One fit and its measures: of a try, or of the setting that is kept. */
typedef struct fitted {
    pal_eval_scores scores;
    double fit_s, score_s;
} fitted;

static pal_status fit_and_score(fitted *out, const pal_eval *e, const pal_eval_model *m, const pal_values *params,
                                const pal_eval_view *view, uint32_t replicate, bool brief, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *self = NULL;
    double from = pal_clock_s(), then;

    *out = (fitted){ .fit_s = 0 };
    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted at model %s", m->name);
    PAL_TRY(pal_eval_fit(&self, m, params, view, e->log, e->config, replicate, e->n_threads, err));
    then = pal_clock_s();
    PAL_TRY(pal_eval_score(&out->scores, m, self, view, e->log, e->config, brief, e->n_threads, err));
    out->fit_s = then - from;
    out->score_s = pal_clock_s() - then;

done:
    if (self != NULL) m->type->free(self);
    return rc;
}

/* Draws of a search have a key of their own, so that the models' draws stay what they are without one. */
static pal_key search_key(const pal_eval_config *c, const pal_eval_model *m, uint32_t replicate)
{
    return pal_key_named(pal_eval_key(c, m, replicate), "search");
}

/* Try every setting on the validation part; *best = the first of the best. */
static pal_status search(size_t *best, pal_eval *e, size_t model, const pal_eval_view *view, uint32_t replicate,
                         pal_progress *progress, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_model *m = &e->config->model[model];
    size_t first = e->n_tries;
    pal_values *params = NULL;
    pal_text shown = { 0 };
    fitted f = { .fit_s = 0 };

    *best = 0;
    for (size_t t = 0; t < m->n_tries; t++) {
        pal_eval_try *try = &e->tries[e->n_tries];

        PAL_TRY(pal_eval_search_setting(&params, &shown, m, t, search_key(e->config, m, replicate), e->config->file, err));
        PAL_TRY(fit_and_score(&f, e, m, params, view, replicate, true, err));
        *try = (pal_eval_try){ .model = model, .replicate = replicate, .setting = t, .fit_s = f.fit_s,
                               .score_s = f.score_s, .value = pal_eval_mean(&f.scores, m->by), .params = pal_strdup(shown.bytes) };
        if (try->params == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a setting");
        e->n_tries++;
        if (try->value > e->tries[first + *best].value) *best = t;
        e->time[model * e->config->n_replicates + replicate].search_s += f.fit_s + f.score_s;
        pal_eval_scores_clear(&f.scores);
        pal_values_free(params);
        params = NULL;
        pal_text_clear(&shown);
        pal_progress_step(progress, 1);
    }
    e->tries[first + *best].kept = true;

done:
    pal_eval_scores_clear(&f.scores);
    pal_values_free(params);
    pal_text_clear(&shown);
    return rc;
}

/* Parameters as one line of JSON. */
static pal_status keep_params(char **out, const pal_values *params, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_values_write(params, &w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    *out = pal_strdup(w.text.bytes);
    if (*out == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for parameters");

done:
    pal_text_clear(&w.text);
    return rc;
}

static pal_status run_model(pal_eval *e, size_t model, const pal_eval_view *searched, const pal_eval_view *view,
                            uint32_t replicate, pal_progress *progress, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_model *m = &e->config->model[model];
    size_t at = model * e->config->n_replicates + replicate, best = 0;
    pal_values *params = NULL;
    fitted f = { .fit_s = 0 };

    if (m->search != NULL) {
        PAL_TRY(search(&best, e, model, searched, replicate, progress, err));
        PAL_TRY(pal_eval_search_setting(&params, NULL, m, best, search_key(e->config, m, replicate), e->config->file, err));
    }
    PAL_TRY(keep_params(&e->kept_params[at], params != NULL ? params : m->params, err));
    PAL_TRY(fit_and_score(&f, e, m, params != NULL ? params : m->params, view, replicate, false, err));
    pal_eval_record_add(e, model, replicate, view, &f.scores);
    e->time[at].fit_s = f.fit_s;
    e->time[at].score_s = f.score_s;
    pal_progress_step(progress, 1);

done:
    pal_eval_scores_clear(&f.scores);
    pal_values_free(params);
    return rc;
}

static pal_status run_replicate(pal_eval *e, uint32_t replicate, pal_progress *progress, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_eval_view searched = { 0 }, view = { 0 };
    bool any = false;

    for (size_t m = 0; m < e->config->n_models; m++) any = any || e->config->model[m].search != NULL;
    if (any) PAL_TRY(pal_eval_view_make(&searched, e->log, e->split[replicate], true, e->config, e->genres, err));
    PAL_TRY(pal_eval_view_make(&view, e->log, e->split[replicate], false, e->config, e->genres, err));
    for (size_t m = 0; m < e->config->n_models; m++) {
        PAL_TRY(run_model(e, m, &searched, &view, replicate, progress, err));
    }

done:
    pal_eval_view_clear(&searched);
    pal_eval_view_clear(&view);
    return rc;
}

static pal_status write_all(pal_results *out, const pal_eval *e, const pal_eval_result *measured,
                            const pal_eval_groups *groups, char digest[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_eval_write_models(out, e, measured, err));
    if (pal_values_bool(e->config->output, "people")) PAL_TRY(pal_eval_write_people(out, e, err));
    PAL_TRY(pal_eval_write_search(out, e, err));
    PAL_TRY(pal_eval_write_splits(out, e, err));
    PAL_TRY(pal_eval_write_lists(out, e, err));
    PAL_TRY(pal_eval_write_summary(out, e, measured, groups, err));
    PAL_TRY(pal_eval_write_timing(out, e, err));
    PAL_TRY(pal_results_digest(out, digest, err));
    PAL_TRY(pal_eval_write_manifest(out, e, digest, err));

done:
    return rc;
}

static void summarise(pal_eval_summary *s, const pal_eval *e, double started)
{
    s->n_people = e->n_people;
    s->n_users = e->log->n_users;
    s->n_items = e->log->n_items;
    s->n_interactions = e->log->n;
    s->n_fits = e->n_tries + e->config->n_models * e->config->n_replicates;
    for (size_t i = 0; i < e->config->n_models * e->config->n_replicates; i++) {
        s->fit_s += e->time[i].fit_s;
        s->score_s += e->time[i].score_s;
    }
    s->wall_s = pal_clock_s() - started;
}

pal_status pal_eval_run(pal_eval_summary *summary, const pal_eval_config *c, const pal_run_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_eval e = { .config = c };
    pal_eval_result *measured = NULL;
    pal_eval_groups groups = { 0 };
    pal_outdir *dir = NULL;
    pal_results out = { .n_threads = options->n_threads };
    pal_progress progress;
    double started = pal_clock_s();
    uint64_t steps = 0;

    *summary = (pal_eval_summary){ .n_fits = 0 };
    for (size_t m = 0; m < c->n_models; m++) steps += (c->model[m].n_tries + 1) * c->n_replicates;
    pal_progress_begin(&progress, c->name, steps);
    PAL_NEW(measured, c->n_models);
    PAL_TRY(pal_eval_open(&e, c, options->n_threads, err));
    PAL_TRY(pal_outdir_open(&dir, options->out_dir, err));
    out.dir = pal_outdir_path(dir);
    for (uint32_t r = 0; r < c->n_replicates; r++) PAL_TRY(run_replicate(&e, r, &progress, err));
    PAL_TRY(pal_eval_measure(measured, &groups, &e, err));
    PAL_TRY(write_all(&out, &e, measured, &groups, summary->digest, err));
    PAL_TRY(pal_outdir_commit(&dir, err));
    summarise(summary, &e, started);

done:
    pal_progress_end(&progress);
    for (size_t m = 0; measured != NULL && m < c->n_models; m++) pal_eval_result_clear(&measured[m]);
    pal_free(measured);
    pal_free(groups.of);
    pal_outdir_abort(&dir);
    pal_eval_clear(&e);
    return rc;
}
