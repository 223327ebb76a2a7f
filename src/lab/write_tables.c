/* stages.csv, slots.csv, coverage.csv, training.csv. */
#include "lab/results.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHTY 0.1 /* a taste of less weight is too small to call starved; data_facts.md counts clusters >= 10 % */

static pal_status write_stages(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "stages.csv", err));
    pal_outfile_text(f, "arm,round,stage,impressions,examined,clicks,likes,dislikes,skips,expected_likes,people\n");
    for (size_t a = 0; a < e->n_arms; a++) {
        const pal_record *r = results->record[a];

        for (size_t i = 0; i < r->n_rounds * r->n_stages; i++) {
            if (r->stage_count[PAL_COUNT_IMPRESSIONS][i] == 0) continue;
            pal_outfile_csv_text(f, e->arm[a].name);
            pal_outfile_printf(f, ",%zu,%s", i / r->n_stages, pal_stage_at(i % r->n_stages)->name);
            for (size_t c = 0; c < PAL_COUNTS; c++) {
                pal_outfile_text(f, ",");
                pal_outfile_u64(f, r->stage_count[c][i]);
            }
            pal_outfile_text(f, ",");
            pal_outfile_double(f, r->stage_expected[i]);
            pal_outfile_printf(f, ",%u\n", r->stage_people[i]);
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "stages.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static void put_slot(pal_outfile *f, const char *arm, size_t slot, const char *metric, const pal_interval *v)
{
    pal_outfile_csv_text(f, arm);
    pal_outfile_printf(f, ",%zu,%s,", slot, metric);
    pal_outfile_double(f, v->value);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->lo);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->hi);
    pal_outfile_printf(f, ",%zu\n", v->n);
}

static pal_status write_arm_slots(pal_outfile *f, const pal_results *results, size_t a, pal_error *err)
{
    static const char *const metric[] = { NULL, "examination", "ctr", "like_rate" };
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[a];
    const char *name = results->experiment->arm[a].name;
    double *num = NULL, *den = NULL, all;
    pal_interval v;

    PAL_NEW(num, r->n_people);
    PAL_NEW(den, r->n_people);
    for (size_t s = 0; s < r->n_slots; s++) {
        all = 0;
        for (size_t p = 0; p < r->n_people; p++) all += den[p] = r->slot_count[0][p * r->n_slots + s];
        if (all == 0) continue;
        v = (pal_interval){ all, NAN, NAN, NAN, r->n_people };
        put_slot(f, name, s, "impressions", &v);
        for (size_t c = 1; c < 4; c++) {
            for (size_t p = 0; p < r->n_people; p++) num[p] = r->slot_count[c][p * r->n_slots + s];
            PAL_TRY(pal_boot_ratio(&v, results->boot, num, den, err));
            put_slot(f, name, s, metric[c], &v);
        }
    }
done:
    pal_free(num);
    pal_free(den);
    return rc;
}

static pal_status write_slots(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "slots.csv", err));
    pal_outfile_text(f, "arm,slot,metric,value,lo,hi,n\n");
    for (size_t a = 0; a < results->experiment->n_arms; a++) PAL_TRY(write_arm_slots(f, results, a, err));
    PAL_TRY(pal_results_commit(results, &f, "slots.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Quantile by linear interpolation (type 7) of sorted values. */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;

    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* Coverage of every person after round t; returns the share of weighty tastes still starved. */
static double coverage_at(double *coverage, const pal_record *r, const pal_people_set *set, size_t t)
{
    double starved = 0, weighty = 0;

    for (size_t p = 0; p < r->n_people; p++) {
        size_t n = pal_set_tastes(set, p), liked = 0;

        for (size_t k = 0; k < n; k++) {
            bool reached = r->first_like[p * PAL_MAX_TASTES + k] <= t;

            liked += reached;
            if (pal_set_weight(set, p, k) < WEIGHTY) continue;
            weighty += 1;
            starved += !reached;
        }
        coverage[p] = (double)liked / (double)n;
    }
    return weighty > 0 ? starved / weighty : NAN;
}

static pal_status write_coverage(pal_results *results, pal_error *err)
{
    static const double q[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    size_t n = results->record[0]->n_people;
    pal_outfile *f = NULL;
    double *coverage = NULL;

    PAL_NEW(coverage, n);
    PAL_TRY(pal_results_open(&f, results, "coverage.csv", err));
    pal_outfile_text(f, "arm,round,q05,q25,q50,q75,q95,mean,starved\n");
    for (size_t a = 0; a < e->n_arms; a++) {
        for (size_t t = 0; t < e->n_rounds; t++) {
            double starved = coverage_at(coverage, results->record[a], &results->set, t), sum = 0;

            for (size_t p = 0; p < n; p++) sum += coverage[p];
            qsort(coverage, n, sizeof *coverage, by_value);
            pal_outfile_csv_text(f, e->arm[a].name);
            pal_outfile_printf(f, ",%zu", t);
            for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
                pal_outfile_text(f, ",");
                pal_outfile_double(f, quantile(coverage, n, q[i]));
            }
            pal_outfile_text(f, ",");
            pal_outfile_double(f, sum / (double)n);
            pal_outfile_text(f, ",");
            pal_outfile_double(f, starved);
            pal_outfile_text(f, "\n");
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "coverage.csv", err));
done:
    pal_free(coverage);
    pal_outfile_abort(&f);
    return rc;
}

static void put_training(pal_outfile *f, const pal_results *results, size_t arm, size_t replicate,
                         const pal_training_row *row)
{
    const double score[] = { row->auc, row->auc_sd, row->logloss, row->logloss_sd };

    pal_outfile_csv_text(f, results->experiment->arm[arm].name);
    pal_outfile_printf(f, ",%zu,%u,", replicate, row->round);
    if (row->user != UINT32_MAX) pal_outfile_u64(f, row->user);
    pal_outfile_printf(f, ",%s,%s,%u,%u,%u",
                       row->taste == PAL_NO_TASTE ? "" : results->catalog->clusters->name[row->taste], row->model,
                       row->samples, row->positives, row->folds);
    for (size_t i = 0; i < sizeof score / sizeof *score; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, score[i]);
    }
    pal_outfile_printf(f, ",%u,%d,", row->iterations, row->kept);
    pal_outfile_csv_text(f, row->why);
    pal_outfile_text(f, "\n");
}

static pal_status write_training(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "training.csv", err));
    pal_outfile_text(f, "arm,replicate,round,user,taste,model,samples,positives,folds,auc,auc_sd,logloss,logloss_sd,"
                        "iterations,kept,why\n");
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        for (size_t i = 0; i < results->record[a]->n_replicates; i++) {
            const pal_training_log *log = &results->record[a]->training[i];

            for (size_t k = 0; k < log->n; k++) put_training(f, results, a, i, &log->row[k]);
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "training.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_write_tables(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(write_stages(results, err));
    PAL_TRY(write_slots(results, err));
    PAL_TRY(write_coverage(results, err));
    PAL_TRY(write_training(results, err));
    PAL_TRY(pal_write_models(results, err));
    PAL_TRY(pal_write_feedback(results, err));
done:
    return rc;
}
