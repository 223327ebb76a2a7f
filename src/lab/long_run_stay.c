/* retention.csv and lifetime.csv: who is still here, for how long, and what starvation has to do with leaving. */
#include "lab/long_run.h"

#include "core/mem.h"
#include "metrics/survival.h"

#include <math.h>

/* Starved tastes among those that matter, in the window before: what a person's hazard is told by. */
enum { ALL, NONE, SOME, MOST, LEVELS };
static const char *const level_name[LEVELS] = { "", "none", "some", "most" };
#define MOST_FROM 0.5 /* "most": at least half of them */

typedef struct ratio {
    double *num, *den; /* n_people */
} ratio;

/* ---- retention.csv ---- */

static pal_status put_curve(pal_outfile *f, const pal_results *results, const pal_long_run *l, size_t arm, double *own,
                            double *base, const double *one, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t baseline = l->experiment->baseline;
    pal_interval *value = NULL, *diff = NULL;

    PAL_NEW(value, l->n_rounds);
    PAL_NEW(diff, l->n_rounds);
    pal_survival_table(own, results->record[arm]->left_round, l->n_people, l->n_rounds);
    PAL_TRY(pal_boot_ratio_many(value, results->boot, own, one, l->n_rounds, results->n_threads, err));
    if (arm != baseline) {
        PAL_TRY(pal_boot_ratio_diff_many(diff, results->boot, own, one, base, one, l->n_rounds, results->n_threads, err));
    }
    for (size_t t = 0; t < l->n_rounds; t++) {
        pal_outfile_csv_text(f, l->experiment->arm[arm].name);
        pal_outfile_printf(f, ",%zu,%zu", t, l->n_people);
        pal_long_put(f, &value[t]);
        if (arm != baseline) {
            pal_long_put(f, &diff[t]);
            pal_outfile_text(f, "\n");
        } else {
            pal_outfile_text(f, ",,,\n");
        }
    }
done:
    pal_free(value);
    pal_free(diff);
    return rc;
}

static pal_status write_curves(pal_results *results, const pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = l->n_people * l->n_rounds;
    double *own = NULL, *base = NULL, *one = NULL;
    pal_outfile *f = NULL;

    PAL_NEW(own, n);
    PAL_NEW(base, n);
    PAL_NEW(one, n);
    for (size_t i = 0; i < n; i++) one[i] = 1;
    pal_survival_table(base, results->record[l->experiment->baseline]->left_round, l->n_people, l->n_rounds);
    PAL_TRY(pal_results_open(&f, results, "retention.csv", err));
    pal_outfile_text(f, "arm,round,n,here,lo,hi,diff,diff_lo,diff_hi\n");
    for (size_t a = 0; a < l->n_arms; a++) PAL_TRY(put_curve(f, results, l, a, own, base, one, err));
    PAL_TRY(pal_results_commit(results, &f, "retention.csv", err));
done:
    pal_outfile_abort(&f);
    pal_free(own);
    pal_free(base);
    pal_free(one);
    return rc;
}

/* ---- lifetime.csv ---- */

typedef void (*fill_fn)(ratio *to, const pal_results *results, const pal_long_run *l, size_t arm);

static void fill_lifetime(ratio *to, const pal_results *results, const pal_long_run *l, size_t arm)
{
    for (size_t p = 0; p < l->n_people; p++) {
        to->num[p] = pal_rounds_lived(results->record[arm]->left_round[p], l->n_rounds);
        to->den[p] = 1;
    }
}

static void fill_sessions(ratio *to, const pal_results *results, const pal_long_run *l, size_t arm)
{
    for (size_t p = 0; p < l->n_people; p++) {
        to->num[p] = 0;
        to->den[p] = 1;
        for (size_t t = 0; t < l->n_rounds; t++) to->num[p] += results->record[arm]->present[p * l->n_rounds + t];
    }
}

/* How a person's tastes fared in a window; ALL: nothing was shown. */
static int level_of(const pal_long_run *l, size_t arm, size_t window, size_t person)
{
    const float starved = pal_long_field(l, arm, window, PAL_LONG_STARVED)[person];
    const float tastes = pal_long_field(l, arm, window, PAL_LONG_TASTES)[person];

    if (isnan(starved)) return ALL;
    return starved <= 0 ? NONE : (double)starved < MOST_FROM * (double)tastes ? SOME : MOST;
}

/* Sessions of a person's windows whose window before had that level. The same window would not do: who leaves early in it has
 * been shown less, and starves the more for it. */
static void fill_hazard(ratio *to, const pal_results *results, const pal_long_run *l, size_t arm, int level)
{
    const pal_record *record = results->record[arm];

    for (size_t p = 0; p < l->n_people; p++) to->num[p] = to->den[p] = 0;
    for (size_t w = level == ALL ? 0 : 1; w < l->n_windows; w++) {
        for (size_t p = 0; p < l->n_people; p++) {
            if (level == ALL || level_of(l, arm, w - 1, p) == level) {
                pal_hazard_add(&to->num[p], &to->den[p], record->left_round[p], record->present + p * l->n_rounds,
                               pal_long_from(l, w), pal_long_to(l, w));
            }
        }
    }
}

static void fill_all_hazard(ratio *to, const pal_results *results, const pal_long_run *l, size_t arm)
{
    fill_hazard(to, results, l, arm, ALL);
}

/* ---- starving and leaving, all else equal ---- */

/*
 * Who comes seldom is shown little, starves easily, and has had few bad sessions yet; who has one taste starves wholly or not
 * at all. So people are compared with those who came as often, in the window before and in all windows before it, and who
 * have as many tastes that matter.
 */
enum { BUCKETS = 4, STRATA = BUCKETS * BUCKETS * BUCKETS };

typedef struct exposed {
    uint32_t person;
    uint8_t level, stratum;
    float lost, risk;
} exposed;

static size_t bucket(double x, const double below[BUCKETS - 1])
{
    size_t b = 0;

    while (b < BUCKETS - 1 && x >= below[b]) b++;
    return b;
}

/* Windows of people at risk, each with what it was before. Returns how many. */
static size_t list_exposed(exposed *out, const pal_results *results, const pal_long_run *l, size_t arm)
{
    static const double lately[] = { 3, 5, 8 }, before[] = { 6, 12, 24 }, tastes[] = { 2, 3, 4 };
    const pal_record *record = results->record[arm];
    size_t n = 0;

    for (size_t p = 0; p < l->n_people; p++) {
        double sessions = 0;

        for (size_t w = 1; w < l->n_windows; w++) {
            const int level = level_of(l, arm, w - 1, p);
            const double last = (double)pal_long_field(l, arm, w - 1, PAL_LONG_SESSIONS)[p];
            double lost = 0, risk = 0;

            sessions += last;
            if (level == ALL) continue;
            pal_hazard_add(&lost, &risk, record->left_round[p], record->present + p * l->n_rounds, pal_long_from(l, w),
                           pal_long_to(l, w));
            if (risk <= 0) continue;
            out[n++] = (exposed){
                .person = (uint32_t)p, .level = (uint8_t)level, .lost = (float)lost, .risk = (float)risk,
                .stratum = (uint8_t)((bucket(last, lately) * BUCKETS + bucket(sessions, before)) * BUCKETS
                                     + bucket((double)pal_long_field(l, arm, w - 1, PAL_LONG_TASTES)[p], tastes)),
            };
        }
    }
    return n;
}

/* times: how often each person counts; NULL: once. */
static double ratio_of(const exposed *e, size_t n, int level, const uint8_t *times)
{
    double lost[2][STRATA] = { { 0 } }, risk[2][STRATA] = { { 0 } };

    for (size_t i = 0; i < n; i++) {
        const double w = times == NULL ? 1 : times[e[i].person];
        const size_t side = e[i].level == level ? 1 : 0;

        if (e[i].level != level && e[i].level != NONE) continue;
        lost[side][e[i].stratum] += w * (double)e[i].lost;
        risk[side][e[i].stratum] += w * (double)e[i].risk;
    }
    return pal_rate_ratio(lost[1], risk[1], lost[0], risk[0], STRATA);
}

static pal_status put_ratios(pal_outfile *f, const pal_results *results, const pal_long_run *l, size_t arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_draws = pal_boot_resamples(results->boot);
    exposed *e = NULL;
    double *draws = NULL;
    size_t n;

    PAL_NEW(e, l->n_people * l->n_windows);
    PAL_NEW(draws, n_draws);
    n = list_exposed(e, results, l, arm);
    for (int level = SOME; level < LEVELS; level++) {
        pal_interval v;
        size_t people = 0;

        for (size_t b = 0; b < n_draws; b++) draws[b] = ratio_of(e, n, level, pal_boot_row(results->boot, b));
        for (size_t i = 0, last = SIZE_MAX; i < n; i++) {
            if (e[i].level != level) continue;
            people += e[i].person != last;
            last = e[i].person;
        }
        v = pal_boot_interval(draws, n_draws, pal_boot_level(results->boot), ratio_of(e, n, level, NULL), people);
        pal_outfile_csv_text(f, l->experiment->arm[arm].name);
        pal_outfile_printf(f, ",hazard_ratio,%s,%zu", level_name[level], people);
        pal_long_put(f, &v);
        pal_outfile_text(f, ",,,,\n");
    }
done:
    pal_free(e);
    pal_free(draws);
    return rc;
}

/* ---- lifetime.csv, row by row ---- */

/* One row; `against` NULL: no difference. */
static pal_status put_life(pal_outfile *f, const pal_results *results, const char *arm, const char *measure,
                           const char *starved, const ratio *own, const char *against, const ratio *other, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interval v, diff;

    PAL_TRY(pal_boot_ratio(&v, results->boot, own->num, own->den, err));
    pal_outfile_csv_text(f, arm);
    pal_outfile_printf(f, ",%s,%s,%zu", measure, starved, v.n);
    pal_long_put(f, &v);
    if (against == NULL) {
        pal_outfile_text(f, ",,,,\n");
        return PAL_OK;
    }
    PAL_TRY(pal_boot_ratio_diff_many(&diff, results->boot, own->num, own->den, other->num, other->den, 1,
                                     results->n_threads, err));
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, against);
    pal_long_put(f, &diff);
    pal_outfile_text(f, "\n");
done:
    return rc;
}

static pal_status put_arm(pal_outfile *f, const pal_results *results, const pal_long_run *l, size_t arm, ratio *own,
                          ratio *other, pal_error *err)
{
    static const struct { const char *name; fill_fn fill; } whole[] = {
        { "lifetime", fill_lifetime }, { "sessions", fill_sessions }, { "hazard", fill_all_hazard },
    };
    pal_status rc = PAL_OK;
    const pal_experiment *e = l->experiment;
    const char *name = e->arm[arm].name, *against = arm == e->baseline ? NULL : e->arm[e->baseline].name;

    for (size_t m = 0; m < sizeof whole / sizeof *whole; m++) {
        whole[m].fill(own, results, l, arm);
        whole[m].fill(other, results, l, e->baseline);
        PAL_TRY(put_life(f, results, name, whole[m].name, "", own, against, other, err));
    }
    fill_hazard(other, results, l, arm, NONE);
    for (int level = NONE; level < LEVELS; level++) { /* each against the same arm's people who starve for nothing */
        fill_hazard(own, results, l, arm, level);
        PAL_TRY(put_life(f, results, name, "hazard", level_name[level], own, level == NONE ? NULL : name, other, err));
    }
    PAL_TRY(put_ratios(f, results, l, arm, err));
done:
    return rc;
}

static pal_status write_lifetimes(pal_results *results, const pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    ratio own = { NULL, NULL }, other = { NULL, NULL };
    pal_outfile *f = NULL;

    PAL_NEW(own.num, l->n_people);
    PAL_NEW(own.den, l->n_people);
    PAL_NEW(other.num, l->n_people);
    PAL_NEW(other.den, l->n_people);
    PAL_TRY(pal_results_open(&f, results, "lifetime.csv", err));
    pal_outfile_text(f, "arm,measure,starved,n,value,lo,hi,against,diff,diff_lo,diff_hi\n");
    for (size_t a = 0; a < l->n_arms; a++) PAL_TRY(put_arm(f, results, l, a, &own, &other, err));
    PAL_TRY(pal_results_commit(results, &f, "lifetime.csv", err));
done:
    pal_outfile_abort(&f);
    pal_free(own.num);
    pal_free(own.den);
    pal_free(other.num);
    pal_free(other.den);
    return rc;
}

pal_status pal_write_retention(pal_results *results, const pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(write_curves(results, l, err));
    PAL_TRY(write_lifetimes(results, l, err));
done:
    return rc;
}
