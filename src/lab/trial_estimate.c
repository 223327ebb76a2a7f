/* The estimators of a trial. */
#include "lab/trial_estimate.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "lab/trial_play.h"
#include "metrics/cuped.h"
#include "metrics/srm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws of a person in a repeat. */
enum { DRAW_ENROL, DRAW_ARM, DRAW_LOSE, DRAW_ORDER };

pal_status pal_trial_split_new(pal_trial_split *split, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    *split = (pal_trial_split){ .n = n };
    PAL_NEW(split->in, n);
    PAL_NEW(split->kept, n);
    PAL_NEW(split->stratum, n);
done:
    return rc;
}

void pal_trial_split_clear(pal_trial_split *split)
{
    pal_free(split->in);
    pal_free(split->kept);
    pal_free(split->stratum);
    *split = (pal_trial_split){ 0 };
}

/* ---- who goes where ---- */

static pal_key key_of(const pal_trial *t)
{
    return pal_key_named(pal_key_for(t->seed, 0, PAL_FOR_PERMUTE), "trial allocation");
}

static bool coin(const pal_trial *t, size_t repeat, size_t u, uint64_t draw, double chance)
{
    return pal_u01(key_of(t), (pal_at){ u, repeat, 0 }, draw) < chance;
}

typedef struct place {
    double at;
    uint64_t tie;
    uint32_t person;
} place;

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    if (x->tie != y->tie) return x->tie < y->tie ? -1 : 1;
    return x->person < y->person ? -1 : x->person > y->person;
}

/* People [begin, end) of one stratum: a share of them, in a random order, to the treatment. */
static void share_out(pal_trial_split *split, const pal_trial *t, size_t repeat, place *at, size_t n, size_t stratum)
{
    double wanted = t->share * (double)n;
    size_t take = (size_t)wanted;

    take += pal_u01(key_of(t), (pal_at){ stratum, repeat, 1 }, 0) < wanted - (double)take;
    for (size_t i = 0; i < n; i++) {
        at[i].at = 0;
        at[i].tie = pal_u64(key_of(t), (pal_at){ at[i].person, repeat, 0 }, DRAW_ORDER);
    }
    qsort(at, n, sizeof *at, by_place);
    for (size_t i = 0; i < n; i++) {
        split->in[at[i].person] = i < take ? PAL_TRIAL_TREATMENT : PAL_TRIAL_CONTROL;
        split->stratum[at[i].person] = (uint16_t)stratum;
    }
}

static pal_status stratify(pal_trial_split *split, const pal_trial *t, size_t repeat, const double *before, pal_error *err)
{
    pal_status rc = PAL_OK;
    place *at = NULL;
    size_t n = 0;

    PAL_NEW(at, split->n);
    for (size_t u = 0; u < split->n; u++) {
        if (split->in[u] != PAL_TRIAL_OUTSIDE) at[n++] = (place){ before[u], 0, (uint32_t)u };
    }
    qsort(at, n, sizeof *at, by_place);
    for (size_t s = 0; s < t->strata; s++) {
        size_t begin = n * s / t->strata, end = n * (s + 1) / t->strata;

        share_out(split, t, repeat, at + begin, end - begin, s);
    }
done:
    pal_free(at);
    return rc;
}

static pal_status check_ratio(pal_trial_split *split, const pal_trial *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const double count[2] = { (double)split->n_control, (double)split->n_treatment }, share[2] = { 1 - t->share, t->share };
    pal_sample_ratio ratio = { .p = NAN };

    if (count[0] + count[1] > 0) PAL_TRY(pal_sample_ratio_check(&ratio, count, share, 2, err));
    split->srm_p = ratio.p;
    split->srm = ratio.mismatch;
done:
    return rc;
}

pal_status pal_trial_allocate(pal_trial_split *split, const pal_trial *t, size_t repeat, const double *before, pal_error *err)
{
    pal_status rc = PAL_OK;

    split->n_control = split->n_treatment = 0;
    for (size_t u = 0; u < split->n; u++) {
        split->stratum[u] = 0;
        split->in[u] = !coin(t, repeat, u, DRAW_ENROL, t->enrol) ? PAL_TRIAL_OUTSIDE
                       : coin(t, repeat, u, DRAW_ARM, t->share)  ? PAL_TRIAL_TREATMENT
                                                                 : PAL_TRIAL_CONTROL;
    }
    if (t->stratified) PAL_TRY(stratify(split, t, repeat, before, err));
    for (size_t u = 0; u < split->n; u++) {
        bool treated = split->in[u] == PAL_TRIAL_TREATMENT;

        split->kept[u] = split->in[u] != PAL_TRIAL_OUTSIDE && !(treated && coin(t, repeat, u, DRAW_LOSE, t->lose));
        if (!split->kept[u]) continue;
        *(treated ? &split->n_treatment : &split->n_control) += 1;
    }
    PAL_TRY(check_ratio(split, t, err));
done:
    return rc;
}

/* ---- estimates ---- */

static pal_trial_estimate nothing(void)
{
    return (pal_trial_estimate){ NAN, NAN, NAN, NAN, NAN, NAN };
}

/* Two-sided p-value of a t statistic; no spread at all: 1 for a value of 0, else 0. */
static double p_of(double value, double se, double df)
{
    if (se > 0) return 2 * pal_student_cdf(-fabs(value) / se, df);
    return se == 0 ? (double)(value == 0) : (double)NAN;
}

void pal_trial_estimate_mean(pal_trial_estimate *out, const double *d, size_t n, double level)
{
    double df = (double)n - 1;

    *out = nothing();
    if (n < 2) return;
    out->value = pal_mean(d, n);
    out->se = sqrt(pal_variance(d, n) / (double)n);
    out->lo = out->value - pal_student_quantile(1 - (1 - level) / 2, df) * out->se;
    out->hi = out->value + pal_student_quantile(1 - (1 - level) / 2, df) * out->se;
    out->p = p_of(out->value, out->se, df);
}

/* Values of the kept people of one arm. y2 gets those of x. */
typedef struct sample {
    double *y, *x;
    size_t n;
} sample;

static void gather(sample *s, const pal_trial_split *split, uint8_t side, const double *y, const double *x)
{
    s->n = 0;
    for (size_t u = 0; u < split->n; u++) {
        if (!split->kept[u] || split->in[u] != side) continue;
        s->y[s->n] = y[u];
        s->x[s->n++] = x == NULL ? 0 : x[u];
    }
}

/* Welch's degrees of freedom of the interval that metrics/cuped.c gives: of y less theta x, `paid` of them for theta. */
static double df_of(sample *a, sample *b, double theta, double paid)
{
    double va, vb;

    for (size_t i = 0; i < a->n; i++) a->y[i] -= theta * a->x[i];
    for (size_t i = 0; i < b->n; i++) b->y[i] -= theta * b->x[i];
    va = pal_variance(a->y, a->n) / (double)a->n;
    vb = pal_variance(b->y, b->n) / (double)b->n;
    if (!(va + vb > 0)) return (double)(a->n + b->n - 2);
    return (va + vb) * (va + vb) / (va * va / (double)(a->n - 1) + vb * vb / (double)(b->n - 1)) - paid;
}

static void compare(pal_trial_estimate *out, sample side[2], const pal_trial_split *split, const double *y, const double *x,
                    double level)
{
    pal_cuped c;
    const pal_interval *v;

    *out = nothing();
    for (uint8_t s = 0; s < 2; s++) gather(&side[s], split, s, y, x);
    if (side[0].n < 3 || side[1].n < 3) return;
    pal_cuped_unpaired(&c, side[1].y, side[1].x, side[1].n, side[0].y, side[0].x, side[0].n, level);
    v = x == NULL ? &c.plain : &c.adjusted;
    out->value = v->value;
    out->lo = v->lo;
    out->hi = v->hi;
    out->se = v->se;
    out->p = p_of(v->value, v->se, df_of(&side[1], &side[0], x == NULL ? 0 : c.theta, x == NULL ? 0 : 1));
}

/* Values of one stratum and arm in front of `room`. */
static size_t gather_stratum(double *room, const pal_trial_split *split, uint8_t side, size_t stratum, const double *y)
{
    size_t n = 0;

    for (size_t u = 0; u < split->n; u++) {
        if (split->kept[u] && split->in[u] == side && split->stratum[u] == stratum) room[n++] = y[u];
    }
    return n;
}

/* Satterthwaite: variances of a sum of independent means add, their squares over their freedoms too. */
static void compare_strata(pal_trial_estimate *out, double *room, const pal_trial *t, const pal_trial_split *split,
                           const double *y)
{
    double value = 0, variance = 0, spread = 0, all = (double)(split->n_control + split->n_treatment), df;

    *out = nothing();
    for (size_t s = 0; s < t->strata; s++) {
        size_t n_control = gather_stratum(room, split, PAL_TRIAL_CONTROL, s, y), n_treatment;
        double weight, a = pal_mean(room, n_control), va = pal_variance(room, n_control) / (double)n_control, vb;

        n_treatment = gather_stratum(room, split, PAL_TRIAL_TREATMENT, s, y);
        if (n_control < 2 || n_treatment < 2) return;
        weight = (double)(n_control + n_treatment) / all;
        vb = pal_variance(room, n_treatment) / (double)n_treatment;
        value += weight * (pal_mean(room, n_treatment) - a);
        va *= weight * weight;
        vb *= weight * weight;
        variance += va + vb;
        spread += va * va / (double)(n_control - 1) + vb * vb / (double)(n_treatment - 1);
    }
    df = spread > 0 ? variance * variance / spread : 1;
    out->value = value;
    out->se = sqrt(variance);
    out->lo = value - pal_student_quantile(1 - (1 - t->level) / 2, df) * out->se;
    out->hi = value + pal_student_quantile(1 - (1 - t->level) / 2, df) * out->se;
    out->p = p_of(value, out->se, df);
}

/* ---- the sequential test ---- */

static pal_status begin_test(pal_sequential *test, const pal_trial *t, size_t n, pal_error *err)
{
    double smaller = t->share < 0.5 ? t->share : 1 - t->share, planned = (double)n * t->enrol * smaller;
    const pal_sequential_config config = { .alpha = 1 - t->level, .expected = planned > 1 ? planned : 1, .start = t->start };

    return pal_sequential_init(test, &config, err);
}

static void run_test(pal_trial_estimate *out, pal_sequential *test, const pal_trial *t, const sample side[2])
{
    size_t pairs = side[0].n < side[1].n ? side[0].n : side[1].n;

    *out = nothing();
    for (size_t i = 0; i < pairs; i++) pal_sequential_add(test, side[1].y[i] - side[0].y[i]);
    if (pairs < t->start) return;
    out->value = test->mean;
    out->lo = test->lo;
    out->hi = test->hi;
    out->p = test->p;
    if (test->stopped > 0) out->decided = 2 * (double)test->stopped;
}

pal_status pal_trial_looks(pal_trial_look **looks, size_t *n_looks, const pal_trial *t, const pal_trial_split *split,
                           const double *y, pal_error *err)
{
    pal_status rc = PAL_OK;
    sample side[2] = { { 0 } };
    pal_sequential test;
    pal_trial_look *look = NULL;
    double error, reach;

    for (size_t s = 0; s < 2; s++) {
        PAL_NEW(side[s].y, split->n);
        PAL_NEW(side[s].x, split->n);
        gather(&side[s], split, (uint8_t)s, y, NULL);
    }
    *n_looks = side[0].n < side[1].n ? side[0].n : side[1].n;
    PAL_NEW(look, *n_looks);
    PAL_TRY(begin_test(&test, t, split->n, err));
    for (size_t i = 0; i < *n_looks; i++) {
        pal_sequential_add(&test, side[1].y[i] - side[0].y[i]);
        error = sqrt(test.squares / (double)i / (double)(i + 1));
        reach = i == 0 ? (double)NAN : pal_student_quantile(1 - (1 - t->level) / 2, (double)i) * error;
        look[i] = (pal_trial_look){ i + 1, test.mean, test.lo, test.hi, test.p, test.mean - reach, test.mean + reach };
    }
    *looks = look;
    look = NULL;
done:
    for (size_t s = 0; s < 2; s++) pal_free(side[s].y), pal_free(side[s].x);
    pal_free(look);
    return rc;
}

/* ---- all of them ---- */

pal_status pal_trial_estimate_all(pal_trial_estimate *out, const pal_trial *t, const pal_trial_split *split, const double *y,
                                  const double *before, const double *best, pal_error *err)
{
    pal_status rc = PAL_OK;
    sample side[2] = { { 0 } };
    pal_sequential test;

    for (size_t s = 0; s < 2; s++) {
        PAL_NEW(side[s].y, split->n);
        PAL_NEW(side[s].x, split->n);
    }
    compare(&out[PAL_TRIAL_AB], side, split, y, NULL, t->level);
    out[PAL_TRIAL_CUPED] = out[PAL_TRIAL_STRATIFIED] = nothing();
    if (t->pre_rounds > 0) compare(&out[PAL_TRIAL_CUPED], side, split, y, before, t->level);
    compare(&out[PAL_TRIAL_CUPED_ORACLE], side, split, y, best, t->level);
    if (t->stratified) compare_strata(&out[PAL_TRIAL_STRATIFIED], side[0].y, t, split, y);
    for (size_t s = 0; s < 2; s++) gather(&side[s], split, (uint8_t)s, y, NULL);
    PAL_TRY(begin_test(&test, t, split->n, err));
    run_test(&out[PAL_TRIAL_SEQUENTIAL], &test, t, side);
done:
    for (size_t s = 0; s < 2; s++) pal_free(side[s].y), pal_free(side[s].x);
    return rc;
}
