/* long_run.csv: every long-run measure by arm and window, with its interval and paired difference. */
#include "lab/long_run.h"

#include "core/mem.h"
#include "metrics/homogeneity.h"

#include <math.h>
#include <string.h>

void pal_long_put(pal_outfile *f, const pal_interval *v)
{
    const double x[] = { v->value, v->lo, v->hi };

    for (size_t i = 0; i < 3; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x[i]);
    }
}

/* ---- measures ---- */

typedef struct person_measure {
    const char *name;
    int num, den; /* fields; den -1: a mean over people */
    bool drift;   /* set against the random arm, where there is one: what is beyond it the recommender did */
} person_measure;

static const person_measure person_measures[] = {
    { "shown_clusters", PAL_LONG_SHOWN, -1, false }, { "liked_clusters", PAL_LONG_LIKED, -1, false },
    { "true_clusters", PAL_LONG_TRUE, -1, false },   { "breadth", PAL_LONG_BREADTH, -1, false },
    { "taste_kl", PAL_LONG_KL, -1, false },          { "taste_tv", PAL_LONG_TV, -1, false },
    { "starved_now", PAL_LONG_STARVED, PAL_LONG_TASTES, false },
    { "weight_drift", PAL_LONG_WEIGHTS, -1, true },  { "center_drift", PAL_LONG_CENTERS, -1, true },
    { "sessions", PAL_LONG_SESSIONS, -1, false },
};

static const char *const item_measures[PAL_LONG_ITEMS] = { "gini", "top_share", "feedback", "popular_half" };

enum { PAIR_MEASURES = 2 * PAL_PAIR_GROUPS };
static const char *const pair_measures[PAIR_MEASURES] = {
    "shown_jaccard", "shown_jaccard_alike", "shown_jaccard_unlike",
    "liked_jaccard", "liked_jaccard_alike", "liked_jaccard_unlike",
};

static size_t random_arm(const pal_experiment *e)
{
    for (size_t a = 0; a < e->n_arms; a++) {
        if (strcmp(pal_stage_at(e->arm[a].stage)->name, "random") == 0) return a;
    }
    return e->baseline;
}

/* One row; against PAL_NO_ARM: no difference. */
typedef struct row {
    const char *measure, *unit;
    size_t arm, window, against;
    pal_interval value, diff;
} row;

static void put_row(pal_outfile *f, const pal_long_run *l, const row *r)
{
    const pal_experiment *e = l->experiment;

    pal_outfile_csv_text(f, e->arm[r->arm].name);
    pal_outfile_printf(f, ",%s,%zu,%zu,%zu,%s,%zu", r->measure, r->window, pal_long_from(l, r->window),
                       pal_long_to(l, r->window) - 1, r->unit, r->value.n);
    pal_long_put(f, &r->value);
    if (r->against == PAL_NO_ARM) {
        pal_outfile_text(f, ",,,,\n");
        return;
    }
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, e->arm[r->against].name);
    pal_long_put(f, &r->diff);
    pal_outfile_text(f, "\n");
}

/* ---- people ---- */

typedef struct ratio {
    double *num, *den; /* n_people x n_windows */
} ratio;

static void fill(ratio *to, const pal_long_run *l, size_t arm, const person_measure *m)
{
    for (size_t w = 0; w < l->n_windows; w++) {
        const float *num = pal_long_field(l, arm, w, (size_t)m->num);
        const float *den = m->den < 0 ? NULL : pal_long_field(l, arm, w, (size_t)m->den);

        for (size_t p = 0; p < l->n_people; p++) {
            const bool is = !isnan(num[p]);

            to->num[p * l->n_windows + w] = is ? (double)num[p] : 0;
            to->den[p * l->n_windows + w] = is ? (den == NULL ? 1 : (double)den[p]) : 0;
        }
    }
}

static pal_status put_people(pal_outfile *f, const pal_results *results, const pal_long_run *l, size_t arm,
                             const person_measure *m, ratio *own, ratio *other, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t against = m->drift ? random_arm(l->experiment) : l->experiment->baseline;
    pal_interval *value = NULL, *diff = NULL;

    PAL_NEW(value, l->n_windows);
    PAL_NEW(diff, l->n_windows);
    fill(own, l, arm, m);
    fill(other, l, against, m);
    PAL_TRY(pal_boot_ratio_many(value, results->boot, own->num, own->den, l->n_windows, results->n_threads, err));
    PAL_TRY(pal_boot_ratio_diff_many(diff, results->boot, own->num, own->den, other->num, other->den, l->n_windows,
                                     results->n_threads, err));
    for (size_t w = 0; w < l->n_windows; w++) {
        put_row(f, l, &(row){ m->name, "people", arm, w, arm == against ? PAL_NO_ARM : against, value[w], diff[w] });
    }
done:
    pal_free(value);
    pal_free(diff);
    return rc;
}

/* ---- values with draws: pairs, items ---- */

/* The draws of an arm, a row of n a cell; the value and how many count of each. */
typedef struct drawn {
    double *draws, *value;
    size_t *count;
} drawn;

/* The interval of a, and of a less b (may be NULL); work has room for n. */
static void intervals(row *r, const double *a, double value_a, size_t count, const double *b, double value_b, size_t n,
                      double level, double *work)
{
    memcpy(work, a, n * sizeof *work);
    r->value = pal_boot_interval(work, n, level, value_a, count);
    if (b == NULL) return;
    for (size_t i = 0; i < n; i++) work[i] = a[i] - b[i];
    r->diff = pal_boot_interval(work, n, level, value_a - value_b, count);
}

static pal_status drawn_new(drawn *d, size_t cells, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(d->draws, cells * n);
    PAL_NEW(d->value, cells);
    PAL_NEW(d->count, cells);
done:
    return rc;
}

static void drawn_clear(drawn *d)
{
    pal_free(d->draws);
    pal_free(d->value);
    pal_free(d->count);
}

static pal_status draw_pairs(drawn *d, const pal_results *results, const pal_long_run *l, size_t arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_pair_set pairs = { l->n_pairs, l->pair, l->pair_group };
    const size_t n = pal_boot_resamples(results->boot);

    for (size_t w = 0; w < l->n_windows; w++) {
        for (size_t k = 0; k < 2; k++) {
            const size_t cell = w * PAIR_MEASURES + k * PAL_PAIR_GROUPS;

            PAL_TRY(pal_pair_means(d->draws + cell * n, d->value + cell, d->count + cell, results->boot, &pairs,
                                   pal_long_pairs(l, arm, w, k == 1), results->n_threads, err));
        }
    }
done:
    return rc;
}

/* Every replicate is a world of its own: the measure is the mean over worlds, each resampled by itself. */
static void draw_items(drawn *d, const pal_long_run *l, size_t arm)
{
    const size_t n = pal_boot_resamples(l->boot), cells = l->n_windows * PAL_LONG_ITEMS;

    for (size_t cell = 0; cell < cells; cell++) {
        double *draws = d->draws + cell * n;

        memset(draws, 0, n * sizeof *draws);
        d->value[cell] = 0;
        d->count[cell] = l->n_people;
        for (size_t r = 0; r < l->n_replicates; r++) {
            const double *from = pal_long_items(l, arm, r, cell / PAL_LONG_ITEMS, cell % PAL_LONG_ITEMS);

            d->value[cell] += from[0] / (double)l->n_replicates;
            for (size_t b = 0; b < n; b++) draws[b] += from[1 + b] / (double)l->n_replicates;
        }
    }
}

static pal_status put_drawn(pal_outfile *f, const pal_long_run *l, size_t arm, const drawn *own, const drawn *base,
                            size_t n_measures, const char *const *names, const char *unit, size_t n, double level,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t against = arm == l->experiment->baseline ? PAL_NO_ARM : l->experiment->baseline;
    double *work = NULL;

    PAL_NEW(work, n);
    for (size_t m = 0; m < n_measures; m++) {
        for (size_t w = 0; w < l->n_windows; w++) {
            const size_t cell = w * n_measures + m;
            row r = { .measure = names[m], .unit = unit, .arm = arm, .window = w, .against = against };

            intervals(&r, own->draws + cell * n, own->value[cell], own->count[cell],
                      against == PAL_NO_ARM ? NULL : base->draws + cell * n, base->value[cell], n, level, work);
            put_row(f, l, &r);
        }
    }
done:
    pal_free(work);
    return rc;
}

static pal_status put_all(pal_outfile *f, const pal_results *results, const pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_pair = pal_boot_resamples(results->boot), n_item = pal_boot_resamples(l->boot), W = l->n_windows;
    const size_t base = l->experiment->baseline;
    const double level = pal_boot_level(results->boot);
    drawn pairs[2] = { { 0 } }, items[2] = { { 0 } };
    ratio own = { NULL, NULL }, other = { NULL, NULL };

    for (size_t i = 0; i < 2; i++) {
        PAL_TRY(drawn_new(&pairs[i], W * PAIR_MEASURES, n_pair, err));
        PAL_TRY(drawn_new(&items[i], W * PAL_LONG_ITEMS, n_item, err));
    }
    PAL_NEW(own.num, l->n_people * W);
    PAL_NEW(own.den, l->n_people * W);
    PAL_NEW(other.num, l->n_people * W);
    PAL_NEW(other.den, l->n_people * W);
    PAL_TRY(draw_pairs(&pairs[1], results, l, base, err));
    draw_items(&items[1], l, base);
    for (size_t a = 0; a < l->n_arms; a++) {
        PAL_TRY(draw_pairs(&pairs[0], results, l, a, err));
        draw_items(&items[0], l, a);
        PAL_TRY(put_drawn(f, l, a, &pairs[0], &pairs[1], PAIR_MEASURES, pair_measures, "pairs", n_pair, level, err));
        for (size_t m = 0; m < sizeof person_measures / sizeof *person_measures; m++) {
            PAL_TRY(put_people(f, results, l, a, &person_measures[m], &own, &other, err));
        }
        PAL_TRY(put_drawn(f, l, a, &items[0], &items[1], PAL_LONG_ITEMS, item_measures, "people", n_item, level, err));
    }
done:
    for (size_t i = 0; i < 2; i++) {
        drawn_clear(&pairs[i]);
        drawn_clear(&items[i]);
    }
    pal_free(own.num);
    pal_free(own.den);
    pal_free(other.num);
    pal_free(other.den);
    return rc;
}

pal_status pal_write_long_run(pal_results *results, const pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    if (l == NULL) return PAL_OK;
    PAL_TRY(pal_results_open(&f, results, "long_run.csv", err));
    pal_outfile_text(f, "arm,measure,window,from_round,to_round,unit,n,value,lo,hi,against,diff,diff_lo,diff_hi\n");
    PAL_TRY(put_all(f, results, l, err));
    PAL_TRY(pal_results_commit(results, &f, "long_run.csv", err));
    PAL_TRY(pal_write_retention(results, l, err));
done:
    pal_outfile_abort(&f);
    return rc;
}
