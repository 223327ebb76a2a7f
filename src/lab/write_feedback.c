/* feedback.csv: likes an impression by the number of songs a person was shown before, arm by arm. */
#include "lab/results.h"

#include "core/mem.h"

#include <math.h>

/* Songs shown before a round: bins begin here, the last one is open. Finer where the rungs' thresholds lie. */
static const uint32_t edge[] = { 0, 20, 50, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 5000, 10000 };
enum { BINS = sizeof edge / sizeof edge[0] };

typedef struct tally { double *likes, *shown; } tally; /* n_people x BINS */

static size_t bin_of(uint32_t heard)
{
    size_t b = BINS - 1;

    while (edge[b] > heard) b--;
    return b;
}

static pal_status tally_new(tally *out, const pal_record *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(out->likes, r->n_people * BINS);
    PAL_NEW(out->shown, r->n_people * BINS);
    for (size_t p = 0; p < r->n_people; p++) {
        uint32_t heard = 0;

        for (size_t t = 0; t < r->n_rounds; t++) {
            size_t cell = p * r->n_rounds + t, at = p * BINS + bin_of(heard);

            out->likes[at] += r->count[PAL_COUNT_LIKES][cell];
            out->shown[at] += r->count[PAL_COUNT_IMPRESSIONS][cell];
            heard += r->count[PAL_COUNT_IMPRESSIONS][cell];
        }
    }
done:
    return rc;
}

/* The best of the other arms that do not know the truth, by like rate in a bin; SIZE_MAX when there is none. */
static size_t best_other(const pal_experiment *e, const pal_interval *rate, size_t b, size_t arm)
{
    size_t best = SIZE_MAX;

    for (size_t a = 0; a < e->n_arms; a++) {
        bool knows = (pal_stage_at(e->arm[a].stage)->flags & PAL_STAGE_NEEDS_TRUTH) != 0;
        double value = rate[a * BINS + b].value;

        if (a == arm || knows || isnan(value)) continue;
        if (best == SIZE_MAX || value > rate[best * BINS + b].value) best = a;
    }
    return best;
}

static void put_interval(pal_outfile *f, const pal_interval *v)
{
    pal_outfile_double(f, v->value);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->lo);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->hi);
}

/* One arm in one bin, with the paired difference to the best of the others. */
static pal_status put_bin(pal_outfile *f, const pal_results *results, const tally *t, const pal_interval *rate,
                          size_t a, size_t b, double *column[4], pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    const pal_interval *v = &rate[a * BINS + b];
    pal_interval diff = { NAN, NAN, NAN, NAN, 0 };
    size_t n = results->record[a]->n_people, other = best_other(e, rate, b, a);
    double likes = 0, shown = 0;

    for (size_t p = 0; p < n; p++) {
        likes += column[0][p] = t[a].likes[p * BINS + b];
        shown += column[1][p] = t[a].shown[p * BINS + b];
        column[2][p] = other == SIZE_MAX ? 0 : t[other].likes[p * BINS + b];
        column[3][p] = other == SIZE_MAX ? 0 : t[other].shown[p * BINS + b];
    }
    if (shown == 0) goto done;
    if (other != SIZE_MAX) {
        PAL_TRY(pal_boot_ratio_diff_many(&diff, results->boot, column[0], column[1], column[2], column[3], 1,
                                         results->n_threads, err));
    }
    pal_outfile_csv_text(f, e->arm[a].name);
    pal_outfile_printf(f, ",%u,", edge[b]);
    if (b + 1 < BINS) pal_outfile_u64(f, edge[b + 1]);
    pal_outfile_printf(f, ",%.0f,%.0f,", shown, likes);
    put_interval(f, v);
    pal_outfile_printf(f, ",%zu,", v->n);
    if (other != SIZE_MAX) pal_outfile_csv_text(f, e->arm[other].name);
    pal_outfile_text(f, ",");
    put_interval(f, &diff);
    pal_outfile_text(f, "\n");
done:
    return rc;
}

static pal_status put_bins(pal_outfile *f, const pal_results *results, const tally *t, const pal_interval *rate,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    double *column[4] = { NULL, NULL, NULL, NULL };

    for (size_t i = 0; i < 4; i++) PAL_NEW(column[i], results->record[0]->n_people);
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        for (size_t b = 0; b < BINS; b++) PAL_TRY(put_bin(f, results, t, rate, a, b, column, err));
    }
done:
    for (size_t i = 0; i < 4; i++) pal_free(column[i]);
    return rc;
}

pal_status pal_write_feedback(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = results->experiment->n_arms;
    pal_outfile *f = NULL;
    tally *t = NULL;
    pal_interval *rate = NULL;

    PAL_NEW(t, n);
    PAL_NEW(rate, n * BINS);
    for (size_t a = 0; a < n; a++) {
        PAL_TRY(tally_new(&t[a], results->record[a], err));
        PAL_TRY(pal_boot_ratio_many(rate + a * BINS, results->boot, t[a].likes, t[a].shown, BINS, results->n_threads,
                                    err));
    }
    PAL_TRY(pal_results_open(&f, results, "feedback.csv", err));
    pal_outfile_text(f, "arm,heard_from,heard_to,impressions,likes,value,lo,hi,n,against,diff,diff_lo,diff_hi\n");
    PAL_TRY(put_bins(f, results, t, rate, err));
    PAL_TRY(pal_results_commit(results, &f, "feedback.csv", err));
done:
    for (size_t a = 0; t != NULL && a < n; a++) {
        pal_free(t[a].likes);
        pal_free(t[a].shown);
    }
    pal_free(t);
    pal_free(rate);
    pal_outfile_abort(&f);
    return rc;
}
