/* Playing a study: logs in parallel, each judged by itself, then summed up in the order of their numbers. */
#include "lab/ope_scene.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/sum.h"
#include "core/threads.h"

#include <math.h>

#define LOGS_A_BATCH 32 /* between two looks at the clock and at ^C; no result depends on it */

/* ---- over logs ---- */

static pal_ope_mean mean_of(const double *x, size_t n)
{
    return n == 0 ? (pal_ope_mean){ NAN, NAN } : (pal_ope_mean){ pal_mean(x, n), sqrt(pal_variance(x, n) / (double)n) };
}

typedef struct spans { /* intervals over logs */
    pal_acc width, square;
    double n, hits;
} spans;

static void span_add(spans *s, double lo, double hi, double truth)
{
    if (isnan(lo) || isnan(hi)) return;
    pal_acc_add(&s->width, hi - lo);
    pal_acc_add(&s->square, (hi - lo) * (hi - lo));
    s->n += 1;
    s->hits += lo <= truth && truth <= hi ? 1 : 0;
}

/* Errors of a share from (hits + 1) / (n + 2), so that 0 and n of n hits have one too. */
static void span_sum(pal_ope_mean *coverage, pal_ope_mean *width, const spans *s)
{
    const double mean = pal_acc_value(&s->width) / s->n, near = (s->hits + 1) / (s->n + 2);
    double spread;

    *coverage = *width = (pal_ope_mean){ NAN, NAN };
    if (!(s->n > 0)) return;
    spread = pal_acc_value(&s->square) / s->n - mean * mean;
    *coverage = (pal_ope_mean){ s->hits / s->n, sqrt(near * (1 - near) / (s->n + 2)) };
    *width = (pal_ope_mean){ mean, sqrt((spread > 0 ? spread : 0) / s->n) };
}

/* Second and fourth moments around the mean, and of the squared errors around the truth. */
static void spread_of(pal_ope_record *out, const pal_ope_said *said, size_t n, size_t stride, double truth)
{
    pal_acc second = { 0 }, fourth = { 0 }, errors = { 0 }, error_squares = { 0 };
    const double count = (double)out->n;
    double variance, square, spread;

    for (size_t i = 0; i < n; i++) {
        const double x = said[i * stride].value, off = x - out->mean, miss = x - truth;

        if (isnan(x)) continue;
        pal_acc_add(&second, off * off);
        pal_acc_add(&fourth, off * off * off * off);
        pal_acc_add(&errors, miss * miss);
        pal_acc_add(&error_squares, miss * miss * miss * miss);
    }
    variance = pal_acc_value(&second) / count;
    square = pal_acc_value(&errors) / count;
    out->sd.value = sqrt(pal_acc_value(&second) / (count - 1));
    spread = pal_acc_value(&fourth) / count - variance * variance;
    out->sd.se = out->sd.value > 0 ? sqrt((spread > 0 ? spread : 0) / count) / (2 * out->sd.value) : 0;
    out->rmse.value = sqrt(square);
    spread = pal_acc_value(&error_squares) / count - square * square;
    out->rmse.se = square > 0 ? sqrt((spread > 0 ? spread : 0) / count) / (2 * out->rmse.value) : 0;
}

void pal_ope_summarise(pal_ope_record *out, const pal_ope_said *said, size_t n, size_t stride, double truth)
{
    const pal_ope_mean none = { NAN, NAN };
    spans normal = { .n = 0 }, boot = { .n = 0 };
    pal_acc sum = { 0 };

    *out = (pal_ope_record){ .mean = NAN, .bias = none, .sd = none, .rmse = none };
    for (size_t i = 0; i < n; i++) {
        const pal_ope_said *one = &said[i * stride];

        if (isnan(one->value)) continue;
        pal_acc_add(&sum, one->value);
        out->n++;
        span_add(&normal, one->lo, one->hi, truth);
        span_add(&boot, one->boot_lo, one->boot_hi, truth);
    }
    span_sum(&out->coverage, &out->width, &normal);
    span_sum(&out->boot_coverage, &out->boot_width, &boot);
    if (out->n == 0) return;
    out->mean = pal_acc_value(&sum) / (double)out->n;
    out->bias.value = out->mean - truth;
    if (out->n < 2) return;
    spread_of(out, said, n, stride, truth);
    out->bias.se = out->sd.value / sqrt((double)out->n);
}

/* ---- the logs ---- */

typedef struct work {
    const pal_ope_study *study;
    const pal_ope_scene *scene;
    pal_boot **boot;          /* one a size; NULL: none                */
    pal_ope_overlap *overlap; /* n_logs x n_sizes x n_targets          */
    pal_ope_findings *out;
    size_t first;             /* log of the batch                      */
} work;

static pal_status log_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    work *w = ctx;
    const pal_ope_study *study = w->study;
    pal_ope_sample *sample = NULL;

    (void)block;
    for (size_t i = begin; i < end; i++) {
        const size_t log = w->first + i;

        PAL_TRY(pal_ope_sample_new(&sample, w->scene, log, study->size[study->n_sizes - 1], w->scene->arm->scratch[worker], err));
        for (size_t z = 0; z < study->n_sizes; z++) {
            const size_t at = (log * study->n_sizes + z) * study->n_targets;

            PAL_TRY(pal_ope_sample_judge(w->out->said + at * study->n_estimators, w->overlap + at, w->scene, sample, log,
                                         study->size[z], w->boot == NULL ? NULL : w->boot[z], w->scene->arm->scratch[worker],
                                         err));
        }
        pal_ope_sample_free(sample);
        sample = NULL;
    }
done:
    pal_ope_sample_free(sample);
    return rc;
}

static pal_status make_boots(work *w, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_study *s = w->study;

    if (s->resamples == 0) return PAL_OK;
    PAL_NEW(w->boot, s->n_sizes);
    for (size_t z = 0; z < s->n_sizes; z++) {
        PAL_TRY(pal_boot_new(&w->boot[z], s->size[z], NULL, s->resamples, s->level, pal_key_for(s->seed, 0, PAL_FOR_BOOTSTRAP),
                             n_threads, err));
    }
done:
    return rc;
}

static pal_status play_logs(work *w, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = w->study->n_logs;
    pal_progress progress;

    pal_progress_begin(&progress, w->study->name, n);
    for (w->first = 0; w->first < n; w->first += LOGS_A_BATCH) {
        const size_t some = n - w->first < LOGS_A_BATCH ? n - w->first : LOGS_A_BATCH;

        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted after %zu of %zu logs", w->first, n);
        PAL_TRY(pal_parallel_for(some, 1, n_threads, log_block, w, err));
        pal_progress_step(&progress, some);
    }
done:
    pal_progress_end(&progress);
    return rc;
}

static pal_status sum_reach(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_study *s = w->study;
    const size_t cells = s->n_sizes * s->n_targets;
    double *x = NULL;

    PAL_NEW(x, 4 * s->n_logs);
    for (size_t cell = 0; cell < cells; cell++) {
        pal_ope_mean mean[4];

        for (size_t log = 0; log < s->n_logs; log++) {
            const pal_ope_overlap *o = &w->overlap[log * cells + cell];

            x[log] = o->ess;
            x[s->n_logs + log] = o->mean_weight;
            x[2 * s->n_logs + log] = o->most_weight;
            x[3 * s->n_logs + log] = o->zero_share;
        }
        for (size_t i = 0; i < 4; i++) mean[i] = mean_of(x + i * s->n_logs, s->n_logs);
        w->out->reach[cell] = (pal_ope_reach){ mean[0], mean[1], mean[2], mean[3] };
    }
done:
    pal_free(x);
    return rc;
}

static pal_status play(pal_ope_findings *out, const pal_ope_study *s, const pal_ope_scene *scene, size_t n_threads,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t cells = s->n_sizes * s->n_targets * s->n_estimators;
    pal_ope_findings made = { .n_contexts = scene->n_contexts };
    work w = { .study = s, .scene = scene, .out = &made };

    PAL_NEW(made.known, s->n_targets + 1);
    PAL_NEW(made.said, s->n_logs * cells);
    PAL_NEW(made.record, cells);
    PAL_NEW(made.reach, s->n_sizes * s->n_targets);
    PAL_NEW(w.overlap, s->n_logs * s->n_sizes * s->n_targets);
    for (size_t p = 0; p <= s->n_targets; p++) made.known[p] = scene->known[p];
    PAL_TRY(make_boots(&w, n_threads, err));
    PAL_TRY(play_logs(&w, n_threads, err));
    PAL_TRY(sum_reach(&w, err));
    for (size_t c = 0; c < cells; c++) {
        pal_ope_summarise(&made.record[c], made.said + c, s->n_logs, cells, made.known[c / s->n_estimators % s->n_targets + 1].value);
    }
    *out = made;
    made = (pal_ope_findings){ 0 };
done:
    for (size_t z = 0; w.boot != NULL && z < s->n_sizes; z++) pal_boot_free(w.boot[z]);
    pal_free(w.boot);
    pal_free(w.overlap);
    pal_ope_findings_clear(&made);
    return rc;
}

pal_status pal_ope_study_play(pal_ope_findings *out, const pal_ope_study *study, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_scene *scene = NULL;

    PAL_TRY(pal_ope_scene_new(&scene, study, n_threads, err));
    PAL_TRY(play(out, study, scene, n_threads, err));
done:
    pal_ope_scene_free(scene);
    return rc;
}

void pal_ope_findings_clear(pal_ope_findings *f)
{
    pal_free(f->known);
    pal_free(f->said);
    pal_free(f->record);
    pal_free(f->reach);
    *f = (pal_ope_findings){ 0 };
}

pal_status pal_ope_study_run(pal_ope_study_summary *summary, const pal_ope_study *study, const char *dir, size_t n_threads,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const double started = pal_clock_s();
    pal_ope_scene *scene = NULL;
    pal_ope_sample *example = NULL;
    pal_ope_findings findings = { 0 };

    PAL_TRY(pal_ope_scene_new(&scene, study, n_threads, err));
    PAL_TRY(play(&findings, study, scene, n_threads, err));
    PAL_TRY(pal_ope_sample_new(&example, scene, 0, study->size[study->n_sizes - 1], scene->arm->scratch[0], err));
    PAL_TRY(pal_ope_study_write(summary->digest, study, &findings, scene, example, dir, err));
    summary->n_estimates = study->n_logs * study->n_sizes * study->n_targets * study->n_estimators;
    summary->wall_s = pal_clock_s() - started;
done:
    pal_ope_sample_free(example);
    pal_ope_findings_clear(&findings);
    pal_ope_scene_free(scene);
    return rc;
}
