/* How the methods of a trial did against the truth. */
#include "lab/trial_result.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* Wilson 1927: where |value - p| = z sqrt(p (1 - p) / n). */
static pal_trial_share share_of(size_t hits, size_t n, double z)
{
    double p, middle, reach, scale;

    if (n == 0) return (pal_trial_share){ NAN, NAN, NAN };
    p = (double)hits / (double)n;
    scale = 1 + z * z / (double)n;
    middle = (p + z * z / (2 * (double)n)) / scale;
    reach = z * sqrt(p * (1 - p) / (double)n + z * z / (4 * (double)n * (double)n)) / scale;
    return (pal_trial_share){ p, fmax(0, middle - reach), fmin(1, middle + reach) };
}

/* What is added up over the rows of one verdict. */
typedef struct tally {
    double *value;
    size_t n, covered, claimed, agreed, broken, bounded, decided;
    pal_acc error, variance, width, people, decided_at;
} tally;

static void add_row(tally *y, const pal_trial_row *r, double truth, double alpha)
{
    bool same = r->method == PAL_TRIAL_PAIRED || r->method == PAL_TRIAL_INTERLEAVED; /* people on both sides */

    y->value[y->n++] = r->e.value;
    y->broken += r->srm;
    y->claimed += r->e.p <= alpha;
    y->agreed += truth == 0 ? r->e.value == 0 : (truth > 0) == (r->e.value > 0);
    pal_acc_add(&y->error, (r->e.value - truth) * (r->e.value - truth));
    pal_acc_add(&y->people, (double)(r->n_control + (same ? 0 : r->n_treatment)));
    if (!isnan(r->e.se)) pal_acc_add(&y->variance, r->e.se * r->e.se);
    if (isfinite(r->e.hi - r->e.lo)) {
        y->bounded++;
        y->covered += r->e.lo <= truth && truth <= r->e.hi;
        pal_acc_add(&y->width, r->e.hi - r->e.lo);
    }
    if (!isnan(r->e.decided)) {
        y->decided++;
        pal_acc_add(&y->decided_at, r->e.decided);
    }
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : (double)NAN;
}

/* People in the whole test, by the normal approximation: the standard error falls with the square root of their number. */
static double people_for(const pal_trial_verdict *v, double effect, double reach)
{
    double each = reach * v->se / effect;

    return effect > 0 ? finite_or_nan(ceil(v->people * each * each)) : (double)NAN;
}

static void set_needed(pal_trial_verdict *v, const pal_trial *t, double z)
{
    double reach = z + pal_normal_quantile(t->power), effect = fabs(v->mean), miss = z * v->bias_se;

    v->needed = people_for(v, effect, reach);
    v->needed_lo = people_for(v, effect + miss, reach);
    v->needed_hi = people_for(v, effect - miss, reach);
}

static void conclude(pal_trial_verdict *v, const tally *y, const pal_trial *t, double truth)
{
    double n = (double)y->n, z = pal_normal_quantile(1 - (1 - t->level) / 2);

    v->repeats = y->n;
    v->people = n > 0 ? pal_acc_value(&y->people) / n : (double)NAN;
    v->mean = pal_mean(y->value, y->n);
    v->bias = v->mean - truth;
    v->sd = y->n > 1 ? sqrt(pal_variance(y->value, y->n)) : (double)NAN;
    v->bias_se = v->sd / sqrt(n);
    v->rmse = n > 0 ? sqrt(pal_acc_value(&y->error) / n) : (double)NAN;
    v->se = v->method == PAL_TRIAL_SEQUENTIAL ? (double)NAN : sqrt(pal_acc_value(&y->variance) / n);
    v->width = y->bounded > 0 ? pal_acc_value(&y->width) / (double)y->bounded : (double)NAN;
    v->coverage = share_of(y->covered, y->bounded, z);
    v->power = share_of(y->claimed, y->n, z);
    v->sign = n > 0 ? (double)y->agreed / n : (double)NAN;
    v->srm = n > 0 ? (double)y->broken / n : (double)NAN;
    v->decided = y->decided > 0 ? pal_acc_value(&y->decided_at) / (double)y->decided : (double)NAN;
    set_needed(v, t, z);
    v->relative = v->interference = v->interference_se = NAN;
}

/* An interleaved run asks whose songs please more, no effect of launching; the paired run is the truth itself. */
static void blank(pal_trial_verdict *v)
{
    const pal_trial_share none = { NAN, NAN, NAN };

    v->bias = v->rmse = NAN;
    v->coverage = none;
    if (v->method == PAL_TRIAL_PAIRED) v->bias_se = v->power.value = v->power.lo = v->power.hi = v->sign = NAN;
    v->srm = NAN;
}

/* The isolated estimate of the same allocation, from place *at on: both come in order of repeats. NULL: there is none. */
static const pal_trial_row *twin_of(const pal_trial_result *r, const pal_trial_row *row, size_t *at)
{
    for (; *at < r->n_rows; (*at)++) {
        const pal_trial_row *x = &r->row[*at];

        if (x->feedback != PAL_TRIAL_ISOLATED || x->method != row->method || x->metric != row->metric) continue;
        if (x->repeat >= row->repeat) return x->repeat == row->repeat ? x : NULL;
    }
    return NULL;
}

/* The same people stood in the same arms: what differs is what the arms heard. */
static void set_interference(pal_trial_verdict *v, const pal_trial_result *r, double *room)
{
    size_t n = 0, at = 0;

    if (v->feedback == PAL_TRIAL_ISOLATED || v->method == PAL_TRIAL_INTERLEAVED) return;
    for (size_t i = 0; i < r->n_rows; i++) {
        const pal_trial_row *row = &r->row[i], *twin;

        if (row->method != v->method || row->feedback != v->feedback || row->metric != v->metric) continue;
        twin = twin_of(r, row, &at);
        if (twin != NULL && !isnan(twin->e.value) && !isnan(row->e.value)) room[n++] = row->e.value - twin->e.value;
    }
    v->interference = pal_mean(room, n);
    v->interference_se = n > 1 ? sqrt(pal_variance(room, n) / (double)n) : (double)NAN;
}

/* The same people in the same arms, which heard the same: what differs is whom the listeners followed. */
static void set_herding(pal_trial_verdict *v, const pal_trial_result *r, double *room)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_rows; i++) {
        const pal_trial_row *row = &r->row[i];

        if (row->method != v->method || row->feedback != v->feedback || row->metric != v->metric) continue;
        if (!isnan(row->e.value) && !isnan(row->own)) room[n++] = row->e.value - row->own;
    }
    v->herding = pal_mean(room, n);
    v->herding_se = n > 1 ? sqrt(pal_variance(room, n) / (double)n) : (double)NAN;
}

static void judge_one(pal_trial_result *r, pal_trial_method method, pal_trial_feedback feedback, size_t metric, double *room)
{
    const pal_trial *t = r->trial;
    pal_trial_verdict v = { .method = method, .feedback = feedback, .metric = metric };
    double truth = r->truth[metric].effect.value;
    tally y = { .value = room };
    bool any = false;

    for (size_t i = 0; i < r->n_rows; i++) {
        const pal_trial_row *row = &r->row[i];

        if (row->method != method || row->feedback != feedback || row->metric != metric) continue;
        any = true;
        if (!isnan(row->e.value)) add_row(&y, row, truth, 1 - t->level);
    }
    if (!any) return;
    conclude(&v, &y, t, truth);
    if (method == PAL_TRIAL_PAIRED || method == PAL_TRIAL_INTERLEAVED) blank(&v);
    set_interference(&v, r, room);
    set_herding(&v, r, room);
    r->verdict[r->n_verdicts++] = v;
}

static void set_relative(pal_trial_result *r)
{
    for (size_t i = 0; i < r->n_verdicts; i++) {
        pal_trial_verdict *v = &r->verdict[i];

        for (size_t j = 0; j < r->n_verdicts; j++) {
            const pal_trial_verdict *ab = &r->verdict[j];

            if (ab->method != PAL_TRIAL_AB || ab->metric != v->metric) continue;
            v->relative = v->needed / ab->needed;
            break;
        }
    }
}

pal_status pal_trial_judge(pal_trial_result *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *room = NULL;

    PAL_NEW(room, r->n_rows);
    PAL_NEW(r->verdict, (size_t)PAL_TRIAL_METHODS * PAL_TRIAL_FEEDBACKS * r->trial->n_metrics);
    r->n_verdicts = 0;
    for (size_t m = 0; m < r->trial->n_metrics; m++) {
        for (int f = 0; f < PAL_TRIAL_FEEDBACKS; f++) {
            for (int k = 0; k < PAL_TRIAL_METHODS; k++) {
                judge_one(r, (pal_trial_method)k, (pal_trial_feedback)f, m, room);
            }
        }
    }
    set_relative(r);
done:
    pal_free(room);
    return rc;
}
