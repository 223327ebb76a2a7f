/* Running a trial: the truth, the allocations, the interleaved runs. */
#include "lab/trial.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/sum.h"
#include "lab/trial_play.h"
#include "lab/trial_result.h"

#include <math.h>
#include <string.h>

/* A trial under way. */
typedef struct work {
    const pal_trial *t;
    size_t n, n_threads;
    pal_catalog *catalog;
    pal_lab_people *people;
    pal_trial_stage stage;
    pal_trial_outcome full[2];  /* everybody in the control, everybody in the treatment */
    pal_trial_split split;
    double *y;                  /* n */
    pal_trial_result r;
    pal_progress progress;
    size_t n_plays;
} work;

static size_t plays_of(const pal_trial *t)
{
    const size_t kinds = (size_t)t->feedback[PAL_TRIAL_OWN] + (size_t)t->feedback[PAL_TRIAL_SHARED];

    return 2 + t->runs * kinds * (t->follow_all ? 2 : 1) + t->interleavings;
}

static size_t rows_of(const pal_trial *t)
{
    size_t allocations = t->runs * ((size_t)t->feedback[PAL_TRIAL_OWN] + (size_t)t->feedback[PAL_TRIAL_SHARED]) +
                         t->repeats * (size_t)t->feedback[PAL_TRIAL_ISOLATED];

    return t->n_metrics * (1 + allocations * PAL_TRIAL_METHODS + t->interleavings);
}

static pal_status make_world(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool synthetic;

    PAL_TRY(pal_lab_catalog(&w->catalog, NULL, &synthetic, w->t->experiment, err));
    PAL_TRY(pal_lab_people_new(&w->people, w->t->experiment, w->catalog, 0, w->n_threads, err));
    if (w->t->follow_all && !w->people->people->follows) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: popularity: \"shared\" needs listeners who follow plays, which those of %s do not: \"set\": "
                 "{\"response.herding\": true} makes the response model multi-taste do so", w->t->file, w->t->base_name);
    }
    w->n = w->people->people->n;
    w->stage = (pal_trial_stage){ w->t, w->catalog, w->people, w->n_threads };
    w->r = (pal_trial_result){ .trial = w->t, .n_people = w->n };
    PAL_TRY(pal_trial_split_new(&w->split, w->n, err));
    PAL_NEW(w->y, w->n);
    PAL_NEW(w->r.row, rows_of(w->t));
done:
    return rc;
}

static pal_status play(pal_trial_outcome *out, work *w, const pal_trial_plan *plan, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_trial_play(out, &w->stage, plan, err));
    w->n_plays++;
    pal_progress_step(&w->progress, 1);
done:
    return rc;
}

/* ---- the truth ---- */

static double correlation(const double *a, const double *b, size_t n)
{
    double mean_a = pal_mean(a, n), mean_b = pal_mean(b, n);
    pal_acc aa = { 0 }, ab = { 0 }, bb = { 0 };

    for (size_t u = 0; u < n; u++) {
        pal_acc_add(&aa, (a[u] - mean_a) * (a[u] - mean_a));
        pal_acc_add(&ab, (a[u] - mean_a) * (b[u] - mean_b));
        pal_acc_add(&bb, (b[u] - mean_b) * (b[u] - mean_b));
    }
    return pal_acc_value(&ab) / sqrt(pal_acc_value(&aa) * pal_acc_value(&bb));
}

static void add_row(work *w, size_t repeat, pal_trial_method method, pal_trial_feedback feedback, size_t metric,
                    const pal_trial_estimate *e, double own)
{
    bool all = method == PAL_TRIAL_PAIRED || method == PAL_TRIAL_INTERLEAVED;

    w->r.row[w->r.n_rows++] = (pal_trial_row){
        .repeat = repeat, .metric = metric, .method = method, .feedback = feedback, .e = *e, .own = own,
        .n_control = all ? w->n : w->split.n_control, .n_treatment = all ? w->n : w->split.n_treatment,
        .srm_p = all ? (double)NAN : w->split.srm_p, .srm = !all && w->split.srm,
    };
}

static pal_status find_truth(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (uint8_t side = 0; side < 2; side++) {
        const pal_trial_plan plan = { .in = w->split.in };

        memset(w->split.in, side, w->n);
        PAL_TRY(play(&w->full[side], w, &plan, err));
    }
    for (size_t m = 0; m < w->t->n_metrics; m++) {
        const double *a = w->full[0].after + m * w->n, *b = w->full[1].after + m * w->n;
        pal_trial_truth *truth = &w->r.truth[m];

        for (size_t u = 0; u < w->n; u++) w->y[u] = b[u] - a[u];
        pal_trial_estimate_mean(&truth->effect, w->y, w->n, w->t->level);
        truth->control = pal_mean(a, w->n);
        truth->treatment = pal_mean(b, w->n);
        truth->correlation = correlation(a, b, w->n);
        add_row(w, 0, PAL_TRIAL_PAIRED, PAL_TRIAL_ISOLATED, m, &truth->effect, NAN);
    }
done:
    return rc;
}

/* ---- allocations ---- */

static bool is_asked(const pal_trial *t, int method)
{
    if (method == PAL_TRIAL_PAIRED || method == PAL_TRIAL_INTERLEAVED) return false;
    if (method == PAL_TRIAL_CUPED) return t->pre_rounds > 0;
    return method != PAL_TRIAL_STRATIFIED || t->stratified;
}

/* Each person's outcome in the arm that is theirs: of the play, or of the arm's full run. */
static const double *observed(work *w, const pal_trial_outcome *out, size_t metric)
{
    if (out != NULL) return out->after + metric * w->n;
    for (size_t u = 0; u < w->n; u++) {
        w->y[u] = w->full[w->split.in[u] == PAL_TRIAL_TREATMENT].after[metric * w->n + u];
    }
    return w->y;
}

/* own: the same allocation where listeners followed their own arm's people; NULL: it is `out`, or nobody follows. */
static pal_status estimate(work *w, size_t repeat, pal_trial_feedback feedback, const pal_trial_outcome *out,
                           const pal_trial_outcome *own, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_trial_estimate e[PAL_TRIAL_METHODS], e_own[PAL_TRIAL_METHODS];

    for (size_t m = 0; m < w->t->n_metrics; m++) {
        const double *y = observed(w, out, m);

        for (int k = 0; k < PAL_TRIAL_METHODS; k++) e_own[k].value = NAN;
        if (own != NULL) {
            PAL_TRY(pal_trial_estimate_all(e_own, w->t, &w->split, own->after + m * w->n, w->full[0].before + m * w->n,
                                           w->full[0].best, err));
        }
        PAL_TRY(pal_trial_estimate_all(e, w->t, &w->split, y, w->full[0].before + m * w->n, w->full[0].best, err));
        for (int k = 0; k < PAL_TRIAL_METHODS; k++) {
            if (is_asked(w->t, k)) add_row(w, repeat, (pal_trial_method)k, feedback, m, &e[k], e_own[k].value);
        }
        if (repeat == 0 && m == 0) {
            PAL_TRY(pal_trial_looks(&w->r.look[feedback], &w->r.n_looks[feedback], w->t, &w->split, y, err));
        }
    }
done:
    return rc;
}

static pal_status allocate(work *w, pal_trial_feedback feedback, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial *t = w->t;
    size_t n = feedback == PAL_TRIAL_ISOLATED ? t->repeats : t->runs;
    const bool twice = t->follow_all && feedback != PAL_TRIAL_ISOLATED;
    pal_trial_outcome out = { 0 }, own = { 0 };

    for (size_t r = 0; r < n; r++) {
        pal_trial_plan plan = { .in = w->split.in, .shared = feedback == PAL_TRIAL_SHARED };

        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted after %zu of %zu allocations", r, n);
        PAL_TRY(pal_trial_allocate(&w->split, t, r, w->full[0].before, err));
        if (twice) PAL_TRY(play(&own, w, &plan, err));
        plan.follow_all = t->follow_all;
        if (feedback != PAL_TRIAL_ISOLATED) PAL_TRY(play(&out, w, &plan, err));
        PAL_TRY(estimate(w, r, feedback, feedback == PAL_TRIAL_ISOLATED ? NULL : &out, twice ? &own : NULL, err));
        pal_trial_outcome_clear(&out);
        pal_trial_outcome_clear(&own);
    }
done:
    pal_trial_outcome_clear(&out);
    pal_trial_outcome_clear(&own);
    return rc;
}

/* ---- interleaving ---- */

static pal_status interleave(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial *t = w->t;
    pal_trial_outcome out = { 0 };
    pal_trial_estimate e;

    for (uint32_t r = 0; r < t->interleavings; r++) {
        const pal_trial_plan plan = { .draft = true,
                                      .coin = pal_key_named(pal_key_for(t->seed, r, PAL_FOR_PERMUTE), "trial draft") };

        PAL_TRY(play(&out, w, &plan, err));
        for (size_t m = 0; m < t->n_metrics; m++) {
            if (t->metric[m] == PAL_TRIAL_PRESENCE) continue; /* who comes is nobody's slot */
            pal_trial_estimate_mean(&e, out.credit + m * w->n, w->n, t->level);
            add_row(w, r, PAL_TRIAL_INTERLEAVED, PAL_TRIAL_SHARED, m, &e, NAN);
        }
        for (size_t s = 0; s < 2; s++) w->r.owned[s] += out.owned[s];
        pal_trial_outcome_clear(&out);
    }
done:
    pal_trial_outcome_clear(&out);
    return rc;
}

static void work_clear(work *w)
{
    for (size_t s = 0; s < 2; s++) pal_trial_outcome_clear(&w->full[s]);
    for (size_t f = 0; f < PAL_TRIAL_FEEDBACKS; f++) pal_free(w->r.look[f]);
    pal_trial_split_clear(&w->split);
    pal_free(w->r.row);
    pal_free(w->r.verdict);
    pal_free(w->y);
    pal_lab_people_free(w->people);
    pal_catalog_free(w->catalog);
}

pal_status pal_trial_run(pal_trial_summary *summary, const pal_trial *t, const char *out_dir, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    double started = pal_clock_s();
    work w = { .t = t, .n_threads = n_threads };

    pal_progress_begin(&w.progress, t->name, plays_of(t));
    PAL_TRY(make_world(&w, err));
    PAL_TRY(find_truth(&w, err));
    for (int f = 0; f < PAL_TRIAL_FEEDBACKS; f++) {
        if (t->feedback[f]) PAL_TRY(allocate(&w, (pal_trial_feedback)f, err));
    }
    PAL_TRY(interleave(&w, err));
    PAL_TRY(pal_trial_judge(&w.r, err));
    *summary = (pal_trial_summary){ .n_people = w.n, .n_plays = w.n_plays };
    PAL_TRY(pal_trial_write(summary->digest, &w.r, out_dir, err));
    summary->wall_s = pal_clock_s() - started;
done:
    pal_progress_end(&w.progress);
    work_clear(&w);
    return rc;
}
