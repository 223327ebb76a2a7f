/* Running an audit: worlds, logs, fits, views, serving. */
#include "lab/audit.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "lab/audit_log.h"
#include "lab/audit_result.h"
#include "lab/audit_score.h"
#include "lab/audit_truth.h"

#include <math.h>
#include <string.h>

/* One world and one log under way. */
typedef struct work {
    const pal_audit *a;
    size_t n_threads, seed, log_index;
    const pal_experiment *experiment;
    pal_catalog *catalog;
    pal_lab_people *people;
    pal_audit_log *log;
    pal_boot *boot;          /* of this world's people                  */
    double *value;           /* n_people x columns                      */
    double *num, *den;
    pal_interval *interval;  /* columns                                 */
    double *likes, *expected;
    uint32_t *top;           /* n_people x slots * serve_rounds         */
    pal_audit_result r;
    pal_progress progress;
} work;

static pal_status begin_world(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit *a = w->a;
    const size_t columns = (a->n_views + 1) * PAL_AUDIT_METRICS + a->n_curve + 2;
    bool synthetic;
    size_t n;

    w->experiment = a->experiment[w->seed];
    PAL_TRY(pal_lab_catalog(&w->catalog, NULL, &synthetic, w->experiment, err));
    PAL_TRY(pal_lab_people_new(&w->people, w->experiment, w->catalog, 0, w->n_threads, err));
    n = w->people->people->n;
    w->r.n_people = n;
    w->r.n_items = w->catalog->n_items;
    PAL_TRY(pal_boot_new(&w->boot, n, NULL, a->resamples, a->level, pal_key_for(w->experiment->seed, 0, PAL_FOR_BOOTSTRAP),
                         w->n_threads, err));
    PAL_NEW(w->value, n * columns);
    PAL_NEW(w->num, n * columns);
    PAL_NEW(w->den, n * columns);
    PAL_NEW(w->interval, columns);
    PAL_NEW(w->likes, n);
    PAL_NEW(w->expected, n);
    PAL_NEW(w->top, n * w->experiment->n_slots * a->serve_rounds);
done:
    return rc;
}

static void end_world(work *w)
{
    pal_free(w->value);
    pal_free(w->num);
    pal_free(w->den);
    pal_free(w->interval);
    pal_free(w->likes);
    pal_free(w->expected);
    pal_free(w->top);
    pal_boot_free(w->boot);
    pal_lab_people_free(w->people);
    pal_catalog_free(w->catalog);
    w->value = w->num = w->den = w->likes = w->expected = NULL;
    w->interval = NULL;
    w->top = NULL;
    w->boot = NULL;
    w->people = NULL;
    w->catalog = NULL;
}

static pal_status fit(void **self, const work *w, const pal_audit_part *part, const pal_audit_model *m, pal_error *err)
{
    const pal_rec_data data = { .rows = part->likes, .cols = part->cols };
    const pal_rec_env env = {
        .key = pal_key_named(pal_key_for(w->experiment->seed, 0, PAL_FOR_TRAIN), m->name), .n_threads = w->n_threads,
        .backend = w->a->exact ? PAL_PORTABLE : PAL_OPENBLAS,
    };
    pal_error said = { .text = "" };
    void *made = NULL;
    pal_status rc = m->type->init(&made, m->params, &said);

    if (rc == PAL_OK) rc = m->type->fit(made, &data, &env, &said);
    if (rc != PAL_OK) {
        if (made != NULL) m->type->free(made);
        return pal_error_set(err, rc, "model %s: %.900s", m->name, said.text);
    }
    *self = made;
    return PAL_OK;
}

/* Means over people with their intervals, one a column; a person without a value does not count. */
static pal_status sum_up(work *w, const double *value, size_t columns, pal_error *err)
{
    for (size_t i = 0; i < w->r.n_people * columns; i++) {
        w->num[i] = isnan(value[i]) ? 0 : value[i];
        w->den[i] = isnan(value[i]) ? 0 : 1;
    }
    return pal_boot_ratio_many(w->interval, w->boot, w->num, w->den, columns, w->n_threads, err);
}

static void keep(work *w, const pal_audit_scene *s, size_t split, size_t model)
{
    const pal_audit *a = w->a;
    const size_t world = pal_audit_world(a, w->seed, w->log_index), truth = pal_audit_truth_at(s);
    const size_t fit_index = split == SIZE_MAX ? a->n_splits : split;

    for (size_t v = 0; v < s->n_views; v++) {
        for (size_t m = 0; m < PAL_AUDIT_METRICS; m++) {
            w->r.estimate[pal_audit_estimate_index(a, world, split * a->n_views + v, m, model)] =
                w->interval[v * PAL_AUDIT_METRICS + m];
        }
    }
    for (size_t m = 0; m < PAL_AUDIT_METRICS; m++) {
        w->r.truth[pal_audit_truth_index(a, world, fit_index, m, model)] = w->interval[truth + m];
    }
    w->r.popularity[pal_audit_fit_at(a, world, fit_index, model)] = w->interval[truth + PAL_AUDIT_METRICS];
    for (size_t c = 0; split == 0 && c <= a->n_curve; c++) {
        w->r.curve[pal_audit_curve_index(a, world, c, model)] = w->interval[truth + PAL_AUDIT_METRICS + 1 + c];
    }
}

static pal_status serve(work *w, size_t model, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit *a = w->a;
    const size_t at = pal_audit_online_index(a, pal_audit_world(a, w->seed, w->log_index), model);

    PAL_TRY(pal_audit_serve(w->likes, w->expected, w->log, w->top, w->experiment->n_slots, a->log_rounds, a->serve_rounds,
                            w->n_threads, err));
    PAL_TRY(sum_up(w, w->likes, 1, err));
    w->r.likes[at] = w->interval[0];
    PAL_TRY(sum_up(w, w->expected, 1, err));
    w->r.expected[at] = w->interval[0];
done:
    return rc;
}

static pal_status judge_model(work *w, const pal_audit_scene *s, size_t split, size_t model, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit_model *m = &w->a->model[model];
    void *self = NULL;

    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted before the fit of model %s", m->name);
    PAL_TRY(fit(&self, w, s->part, m, err));
    w->r.n_fits++;
    PAL_TRY(pal_audit_score(w->value, split == SIZE_MAX ? w->top : NULL, w->experiment->n_slots * w->a->serve_rounds, s, m, self,
                            err));
    PAL_TRY(sum_up(w, w->value, pal_audit_columns(s), err));
    keep(w, s, split, model);
    if (split == SIZE_MAX) PAL_TRY(serve(w, model, err));
    pal_progress_step(&w->progress, 1);
done:
    if (self != NULL) m->type->free(self);
    return rc;
}

/* split SIZE_MAX: the whole log, as a model is launched. */
static pal_status judge_split(work *w, size_t split, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit_part part = { 0 };
    pal_audit_scene scene = { 0 };

    PAL_TRY(pal_audit_part_make(&part, w->log, w->a, split == SIZE_MAX ? NULL : &w->a->split[split], w->experiment->seed, err));
    PAL_TRY(pal_audit_scene_make(&scene, w->a, w->log, &part, w->log_index, split, w->experiment->seed, w->n_threads, err));
    for (size_t m = 0; m < w->a->n_models; m++) PAL_TRY(judge_model(w, &scene, split, m, err));
done:
    pal_audit_scene_clear(&scene);
    pal_audit_part_clear(&part);
    return rc;
}

static void size_up(work *w)
{
    const size_t world = pal_audit_world(w->a, w->seed, w->log_index);

    w->r.impressions[world] = (double)w->log->n;
    for (size_t i = 0; i < w->log->n; i++) w->r.liked[world] += (w->log->event[i].flags & PAL_LIKED) != 0;
}

static pal_status judge_log(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_audit_log_play(&w->log, w->a, w->experiment, w->catalog, w->people, w->a->log[w->log_index], w->n_threads, err));
    size_up(w);
    for (size_t s = 0; s < w->a->n_splits; s++) PAL_TRY(judge_split(w, s, err));
    PAL_TRY(judge_split(w, SIZE_MAX, err));
done:
    pal_audit_log_free(w->log);
    w->log = NULL;
    return rc;
}

pal_status pal_audit_run(pal_audit_summary *summary, const pal_audit *a, const char *out_dir, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const double started = pal_clock_s();
    work w = { .a = a, .n_threads = n_threads };

    pal_progress_begin(&w.progress, a->name, a->n_seeds * a->n_logs * (a->n_splits + 1) * a->n_models);
    PAL_TRY(pal_audit_result_new(&w.r, a, err));
    for (w.seed = 0; w.seed < a->n_seeds; w.seed++) {
        PAL_TRY(begin_world(&w, err));
        for (w.log_index = 0; w.log_index < a->n_logs; w.log_index++) PAL_TRY(judge_log(&w, err));
        end_world(&w);
    }
    PAL_TRY(pal_audit_conclude(&w.r, err));
    *summary = (pal_audit_summary){ .n_people = w.r.n_people, .n_items = w.r.n_items, .n_protocols = pal_audit_protocols(a),
                                    .n_fits = w.r.n_fits };
    PAL_TRY(pal_audit_write(summary->digest, &w.r, out_dir, err));
    summary->wall_s = pal_clock_s() - started;
done:
    pal_progress_end(&w.progress);
    end_world(&w);
    pal_audit_result_clear(&w.r);
    return rc;
}
