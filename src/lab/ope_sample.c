/* Logs of a study: drawn, and judged by every estimator. */
#include "lab/ope_scene.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

void pal_ope_sample_free(pal_ope_sample *sample)
{
    if (sample == NULL) return;
    pal_free(sample->context);
    pal_free(sample->slate);
    pal_free(sample->logged);
    pal_free(sample->reward);
    pal_free(sample);
}

/* The slate at u of the logging policy's running sum; rounding at the end leaves the last one that can be shown. */
static size_t pick_slate(const double *chance, size_t n, double u)
{
    double sum = 0;
    size_t last = 0;

    for (size_t s = 0; s < n; s++) {
        if (!(chance[s] > 0)) continue;
        sum += chance[s];
        last = s;
        if (u < sum) break;
    }
    return last;
}

/* A number of its own for every decision of every log, whatever their counts: Cantor's pairing. Below 2^32 - 10^5 within the
 * bounds of a study. */
static uint32_t decision_of(size_t log, size_t row)
{
    const uint64_t diagonal = (uint64_t)log + row;

    return (uint32_t)(diagonal * (diagonal + 1) / 2 + row);
}

/* Answers are drawn as in any round; a decision has a round of its own, so that it has luck of its own. */
static void draw_rewards(double *reward, const pal_ope_scene *s, uint32_t context, const uint8_t *slate, uint32_t decision)
{
    const uint32_t round = s->arm->round + 1 + decision;
    const uint8_t wanted = s->study->reward == PAL_OPE_CLICKS ? PAL_CLICKED : PAL_LIKED;
    uint32_t item[PAL_OPE_MOST_SLOTS];
    pal_answer answer[PAL_OPE_MOST_SLOTS];

    for (size_t l = 0; l < s->k; l++) item[l] = s->item[context * s->m + slate[l]];
    s->world->type->answer(s->world->response, s->arm->state, s->person[context], round, item, s->k, answer);
    for (size_t l = 0; l < s->k; l++) reward[l] = (answer[l].flags & wanted) != 0 ? 1 : 0;
}

/* ---- the logging policy ---- */

static void mark(uint64_t *seen, const uint32_t *item, size_t n, bool is)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t bit = UINT64_C(1) << (item[i] & 63);

        seen[item[i] >> 6] = is ? seen[item[i] >> 6] | bit : seen[item[i] >> 6] & ~bit;
    }
}

/* Every item of the catalog; bits beyond are never set. */
static pal_status all_seen(uint64_t **seen, const pal_ope_scene *s, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(*seen, s->arm->history->seen_words, arena);
    memset(*seen, 0, s->arm->history->seen_words * sizeof **seen);
    for (uint32_t i = 0; i < s->catalog->n_items; i++) mark(*seen, &i, 1, true);
done:
    return rc;
}

/* The stage's own slate of the candidates, and the propensities it states. */
static pal_status draw_own(uint8_t *slate, double *logged, const pal_ope_scene *s, uint32_t c, uint32_t decision, uint64_t *seen,
                           pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint32_t *item = s->item + c * s->m;
    pal_request request = pal_arm_request(s->arm, s->person[c]);
    pal_arena_mark mark_at = pal_arena_here(scratch);
    pal_slate shown = { .n = 0 };

    mark(seen, item, s->m, false);
    request.seen = seen;
    request.n_slots = s->k;
    request.round = s->arm->round + 1 + decision;
    rc = s->arm->stage->serve(s->arm->self, &request, &shown, scratch, err);
    mark(seen, item, s->m, true);
    PAL_TRY(rc);
    for (size_t l = 0; l < s->k; l++) {
        size_t i = 0;

        while (i < s->m && (l >= shown.n || item[i] != shown.item[l])) i++;
        if (i == s->m) {
            PAL_FAIL(PAL_ERR_INTERNAL, "stage %s: slot %zu of %zu holds no candidate", s->arm->stage->name, l, s->k);
        }
        slate[l] = (uint8_t)i;
        logged[l] = (double)shown.propensity[l];
    }
done:
    pal_arena_rewind(scratch, mark_at);
    return rc;
}

static void draw_by_rule(uint8_t *slate, double *logged, const pal_ope_scene *s, uint32_t c, double u)
{
    memcpy(slate, s->slate + pick_slate(pal_ope_chance(s, 0, c), s->n_slates, u) * s->k, s->k);
    pal_ope_slate_steps(logged, slate, pal_ope_strength(s, 0, c), pal_ope_gap(s, 0, c), s->m, s->k, &s->study->policy[0].rule);
}

pal_status pal_ope_sample_new(pal_ope_sample **out, const pal_ope_scene *s, size_t log, size_t n, pal_arena *scratch,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_key key = pal_key_named(pal_key_for(s->study->seed, 0, PAL_FOR_EXPLORE), "ope logs");
    pal_arena_mark mark_at = pal_arena_here(scratch);
    pal_ope_sample *sample = NULL;
    uint64_t *seen = NULL;

    PAL_NEW(sample, 1);
    sample->n = n;
    PAL_NEW(sample->context, n);
    PAL_NEW(sample->slate, n * s->k);
    PAL_NEW(sample->logged, n * s->k);
    PAL_NEW(sample->reward, n * s->k);
    if (s->study->own) PAL_TRY(all_seen(&seen, s, scratch, err));
    for (size_t i = 0; i < n; i++) {
        uint64_t draw = 0;
        const uint32_t c = (uint32_t)pal_below(key, (pal_at){ log, i, 0 }, &draw, s->n_contexts);
        uint8_t *slate = sample->slate + i * s->k;
        double *logged = sample->logged + i * s->k;

        sample->context[i] = c;
        if (s->study->own) {
            PAL_TRY(draw_own(slate, logged, s, c, decision_of(log, i), seen, scratch, err));
        } else {
            draw_by_rule(slate, logged, s, c, pal_u01(key, (pal_at){ log, i, 1 }, 0));
        }
        draw_rewards(sample->reward + i * s->k, s, c, slate, decision_of(log, i));
    }
    *out = sample;
    sample = NULL;
done:
    pal_arena_rewind(scratch, mark_at);
    pal_ope_sample_free(sample);
    return rc;
}

/* ---- judging ---- */

typedef struct table { /* the first n rows, as estimators want them; arrays of the arena */
    const pal_ope_scene *s;
    const pal_ope_sample *sample;
    size_t n;
    double *reward, *logged;          /* n: of the whole decision                                    */
    double *logged_slot;              /* n x k: chance in the slot over all slates                   */
    double *target;                   /* n                                                           */
    double *target_step, *target_slot; /* n x k                                                      */
    double *weight;                   /* n: pseudo-inverse, times the reward                         */
    double *q[PAL_OPE_GUESSES];       /* n_contexts x m; NULL: no estimator asks for it               */
    double *mean;                     /* n_contexts: of q under the target                           */
    double *row_q, *row_v;            /* n                                                           */
    double *one;                      /* n: 1                                                        */
} table;

static pal_status table_begin(table *t, size_t log, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_scene *s = t->s;
    const pal_ope_study *study = s->study;
    const size_t n = t->n, k = s->k;

    PAL_TAKE(t->reward, n, arena);
    PAL_TAKE(t->logged, n, arena);
    PAL_TAKE(t->logged_slot, n * k, arena);
    PAL_TAKE(t->target, n, arena);
    PAL_TAKE(t->target_step, n * k, arena);
    PAL_TAKE(t->target_slot, n * k, arena);
    PAL_TAKE(t->weight, n, arena);
    PAL_TAKE(t->mean, s->n_contexts, arena);
    PAL_TAKE(t->row_q, n, arena);
    PAL_TAKE(t->row_v, n, arena);
    PAL_TAKE(t->one, n, arena);
    for (size_t e = 0; e < study->n_estimators; e++) {
        const pal_ope_guess guess = study->estimator[e].guess;

        if (!pal_ope_any_needs_model(study->estimator[e].kind) || t->q[guess] != NULL) continue;
        PAL_TAKE(t->q[guess], s->n_contexts * s->m, arena);
        PAL_TRY(pal_ope_guess_all(t->q[guess], s, t->sample, log, n, guess, arena, err));
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t c = t->sample->context[i];
        const uint8_t *slate = t->sample->slate + i * k;

        t->one[i] = t->logged[i] = 1;
        t->reward[i] = 0;
        for (size_t l = 0; l < k; l++) {
            t->reward[i] += t->sample->reward[i * k + l];
            t->logged[i] *= t->sample->logged[i * k + l];
            t->logged_slot[i * k + l] = pal_ope_slot(s, 0, c)[l * s->m + slate[l]];
        }
    }
done:
    return rc;
}

static void table_aim(table *t, size_t target)
{
    const pal_ope_scene *s = t->s;
    const size_t k = s->k, p = target + 1;

    for (size_t i = 0; i < t->n; i++) {
        const uint32_t c = t->sample->context[i];
        const uint8_t *slate = t->sample->slate + i * k;

        t->target[i] = 1;
        pal_ope_slate_steps(t->target_step + i * k, slate, pal_ope_strength(s, p, c), NULL, s->m, k, &s->study->policy[p].rule);
        for (size_t l = 0; l < k; l++) {
            t->target[i] *= t->target_step[i * k + l];
            t->target_slot[i * k + l] = pal_ope_slot(s, p, c)[l * s->m + slate[l]];
        }
        if (s->pseudo != NULL) t->weight[i] = pal_ope_pseudo(s, target, c)[pal_ope_slate_at(s, slate)] * t->reward[i];
    }
}

/* q of the action taken and its mean under the target; k is 1: slates are single candidates, in their order. */
static void table_ask(table *t, size_t target, pal_ope_guess guess)
{
    const pal_ope_scene *s = t->s;
    const double *q = t->q[guess];

    for (size_t c = 0; c < s->n_contexts; c++) {
        const double *chance = pal_ope_chance(s, target + 1, c);

        t->mean[c] = 0;
        for (size_t i = 0; i < s->m; i++) t->mean[c] += chance[i] * q[c * s->m + i];
    }
    for (size_t i = 0; i < t->n; i++) {
        const uint32_t c = t->sample->context[i];

        t->row_q[i] = q[c * s->m + t->sample->slate[i]];
        t->row_v[i] = t->mean[c];
    }
}

static pal_ope_rows rows_of(const table *t, bool model)
{
    return (pal_ope_rows){ .reward = t->reward, .logged = t->logged, .target = t->target, .q = model ? t->row_q : NULL,
                           .v = model ? t->row_v : NULL, .n = t->n, .n_people = t->n };
}

static pal_status estimate(pal_ope_estimate *out, table *t, size_t target, const pal_ope_estimator *e, const pal_boot *boot,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const bool model = pal_ope_any_needs_model(e->kind);
    const pal_ope_slates slates = { .reward = t->sample->reward, .logged = t->sample->logged, .target = t->target_step,
                                    .logged_slot = t->logged_slot, .target_slot = t->target_slot, .n = t->n, .k = t->s->k,
                                    .n_people = t->n };
    const pal_interval none = { NAN, NAN, NAN, NAN, 0 };
    pal_ope_config config = e->config;
    pal_ope_rows rows;

    if (e->kind == PAL_OPE_KINDS + PAL_OPE_PSEUDO) {
        *out = (pal_ope_estimate){ none, none };
        if (!t->s->pseudo_made[target]) return PAL_OK;
        return pal_ope_from_sums(out, t->weight, t->one, t->n, config.level, boot, err);
    }
    if (e->kind > PAL_OPE_KINDS - 1) {
        return pal_ope_slate_estimate(out, (pal_ope_slate_kind)(e->kind - PAL_OPE_KINDS), &slates, config.level, boot, err);
    }
    if (model) table_ask(t, target, e->guess);
    rows = rows_of(t, model);
    if (e->tune) PAL_TRY(pal_ope_tune(&config, &rows, err));
    PAL_TRY(pal_ope_estimate_value(out, (pal_ope_kind)e->kind, &rows, &config, boot, err));
done:
    return rc;
}

pal_status pal_ope_sample_judge(pal_ope_said *said, pal_ope_overlap *reach, const pal_ope_scene *s, const pal_ope_sample *sample,
                                size_t log, size_t n, const pal_boot *boot, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_study *study = s->study;
    const pal_ope_config usual = pal_ope_defaults();
    pal_arena_mark mark = pal_arena_here(scratch);
    table t = { .s = s, .sample = sample, .n = n };

    PAL_TRY(table_begin(&t, log, scratch, err));
    for (size_t target = 0; target < study->n_targets; target++) {
        pal_ope_rows rows;

        table_aim(&t, target);
        rows = rows_of(&t, false);
        reach[target] = pal_ope_overlap_of(&rows, &usual);
        for (size_t e = 0; e < study->n_estimators; e++) {
            pal_ope_estimate made;

            PAL_TRY(estimate(&made, &t, target, &study->estimator[e], boot, err));
            said[target * study->n_estimators + e] =
                (pal_ope_said){ made.normal.value, made.normal.se, made.normal.lo, made.normal.hi, made.boot.lo, made.boot.hi };
        }
    }
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
