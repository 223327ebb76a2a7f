/* rounds.csv: every measure round by round, with its paired difference to the baseline. */
#include "lab/results.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

typedef struct columns_data {
    double *num, *den; /* n_people x width */
} columns_data;

static void put_interval(pal_outfile *f, const pal_interval *v, const pal_interval *diff)
{
    const double x[] = { v->value, v->lo, v->hi };

    for (size_t i = 0; i < 3; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x[i]);
    }
    pal_outfile_printf(f, ",%zu", v->n);
    if (diff == NULL) {
        pal_outfile_text(f, ",,,\n");
        return;
    }
    pal_outfile_text(f, ",");
    pal_outfile_double(f, diff->value);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, diff->lo);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, diff->hi);
    pal_outfile_text(f, "\n");
}

static void fill(columns_data *x, const pal_column *column, const pal_record *r, size_t width)
{
    for (size_t t = 0; t < width; t++) column->round(x->num + t, x->den + t, width, r, t);
}

/* One measure of one arm, all rounds. base is NULL for the baseline itself. */
static pal_status write_column(pal_outfile *f, const pal_results *results, size_t arm, const pal_column *column,
                               columns_data *x, const columns_data *base, size_t width, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[arm];
    pal_interval *v = NULL, *diff = NULL;

    PAL_NEW(v, width);
    PAL_NEW(diff, width);
    fill(x, column, r, width);
    PAL_TRY(pal_boot_ratio_many(v, results->boot, x->num, x->den, width, results->n_threads, err));
    if (base != NULL) {
        PAL_TRY(pal_boot_ratio_diff_many(diff, results->boot, x->num, x->den, base->num, base->den, width,
                                         results->n_threads, err));
    }
    for (size_t t = 0; t < width; t++) {
        pal_outfile_csv_text(f, results->experiment->arm[arm].name);
        pal_outfile_printf(f, ",%zu,%s", column->probe_only ? r->probe_round[t] : t, column->name);
        put_interval(f, &v[t], base == NULL ? NULL : &diff[t]);
    }
done:
    pal_free(v);
    pal_free(diff);
    return rc;
}

static pal_status write_ratios(pal_outfile *f, const pal_results *results, const pal_column *column, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    const pal_record *base = results->record[e->baseline];
    size_t width = column->probe_only ? base->n_probe_rounds : base->n_rounds, cells = base->n_people * width;
    columns_data x = { 0 }, b = { 0 };

    if (width == 0) return PAL_OK;
    PAL_NEW(x.num, cells);
    PAL_NEW(x.den, cells);
    PAL_NEW(b.num, cells);
    PAL_NEW(b.den, cells);
    fill(&b, column, base, width);
    for (size_t a = 0; a < e->n_arms; a++) {
        PAL_TRY(write_column(f, results, a, column, &x, a == e->baseline ? NULL : &b, width, err));
    }
done:
    pal_free(x.num);
    pal_free(x.den);
    pal_free(b.num);
    pal_free(b.den);
    return rc;
}

/* AUC of an arm at a probe round, with its draws. */
static pal_status probe_auc(pal_interval *v, double *draws, double *copy, const pal_results *results,
                            const pal_record *r, size_t t, bool truth, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_predictions *q = &r->probe[t];
    size_t n = pal_boot_resamples(results->boot);
    double value;

    PAL_TRY(pal_boot_auc_draws(draws, &value, results->boot, q->person, truth ? q->truth : q->p, q->label, q->n,
                               results->n_threads, err));
    memcpy(copy, draws, n * sizeof *copy);
    *v = pal_boot_interval(copy, n, pal_boot_level(results->boot), value, r->n_people);
done:
    return rc;
}

static pal_status write_aucs(pal_outfile *f, const pal_results *results, bool truth, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    const pal_record *base = results->record[e->baseline];
    size_t n = pal_boot_resamples(results->boot), width = base->n_probe_rounds;
    double *draws = NULL, *copy = NULL, *base_draws = NULL;
    pal_interval v, *base_v = NULL, diff;

    PAL_NEW(draws, n);
    PAL_NEW(copy, n);
    PAL_NEW(base_draws, n * width);
    PAL_NEW(base_v, width);
    for (size_t t = 0; t < width; t++) {
        PAL_TRY(probe_auc(&base_v[t], base_draws + t * n, copy, results, base, t, truth, err));
    }
    for (size_t a = 0; a < e->n_arms; a++) {
        for (size_t t = 0; t < width; t++) {
            bool same = a == e->baseline;

            if (same) {
                v = base_v[t];
            } else {
                PAL_TRY(probe_auc(&v, draws, copy, results, results->record[a], t, truth, err));
                for (size_t b = 0; b < n; b++) draws[b] -= base_draws[t * n + b];
                diff = pal_boot_interval(draws, n, pal_boot_level(results->boot), v.value - base_v[t].value, v.n);
            }
            pal_outfile_csv_text(f, e->arm[a].name);
            pal_outfile_printf(f, ",%u,%s", base->probe_round[t], truth ? "auc_ceiling" : "auc");
            put_interval(f, &v, same ? NULL : &diff);
        }
    }
done:
    pal_free(draws);
    pal_free(copy);
    pal_free(base_draws);
    pal_free(base_v);
    return rc;
}

pal_status pal_write_rounds(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "rounds.csv", err));
    pal_outfile_text(f, "arm,round,metric,value,lo,hi,n,diff,diff_lo,diff_hi\n");
    for (size_t i = 0; i < pal_column_count(); i++) {
        if (pal_column_at(i)->by_round) PAL_TRY(write_ratios(f, results, pal_column_at(i), err));
    }
    PAL_TRY(write_aucs(f, results, false, err));
    PAL_TRY(write_aucs(f, results, true, err));
    PAL_TRY(pal_results_commit(results, &f, "rounds.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}
