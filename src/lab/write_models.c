/* What the models of single tastes were worth and rest on: training_curves.csv, importance.csv, model_quality.csv. */
#include "lab/results.h"

#include "core/mem.h"
#include "lab/sample.h"
#include "stages/taste_evidence.h"

#include <math.h>
#include <string.h>

#define MOST_KINDS 8 /* models an arm may hold side by side; there are two */

/* ---- training_curves.csv ---- */

static void put_curve(pal_outfile *f, const pal_results *results, size_t arm, size_t replicate,
                      const pal_training_row *row)
{
    for (size_t i = 0; i < row->shape->n_curve; i++) {
        pal_outfile_csv_text(f, results->experiment->arm[arm].name);
        pal_outfile_printf(f, ",%zu,%u,%u,%s,%s,%zu,", replicate, row->round, row->user,
                           results->catalog->clusters->name[row->taste], row->model, i + 1);
        pal_outfile_float(f, row->shape->train[i]);
        pal_outfile_text(f, ",");
        pal_outfile_float(f, row->shape->valid[i]);
        pal_outfile_printf(f, ",%d\n", i + 1 == row->iterations);
    }
}

static bool is_chosen(const pal_sampled_person *chosen, size_t n, size_t person)
{
    for (size_t i = 0; i < n; i++) {
        if (chosen[i].person == person) return true;
    }
    return false;
}

static pal_status write_curves(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_outfile *f = NULL;
    pal_sampled_person *chosen = NULL;
    size_t n = (size_t)pal_values_int(e->output, "sheets");

    PAL_NEW(chosen, n);
    PAL_TRY(pal_sample_people(chosen, &n, results->record[e->focus], &results->set, e->seed, err));
    PAL_TRY(pal_results_open(&f, results, "training_curves.csv", err));
    pal_outfile_text(f, "arm,replicate,round,user,taste,model,iteration,train_logloss,valid_logloss,kept\n");
    for (size_t a = 0; a < e->n_arms; a++) {
        const pal_record *r = results->record[a];

        for (size_t i = 0; i < r->n_replicates; i++) {
            for (size_t k = 0; k < r->training[i].n; k++) {
                const pal_training_row *row = &r->training[i].row[k];

                if (row->shape == NULL || !is_chosen(chosen, n, i * r->n_users + row->user)) continue;
                put_curve(f, results, a, i, row);
            }
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "training_curves.csv", err));
done:
    pal_free(chosen);
    pal_outfile_abort(&f);
    return rc;
}

/* ---- sums over people ---- */

typedef struct sums { double *num, *den; } sums; /* n_people x width, a row a person */

static pal_status sums_new(sums *s, size_t cells, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(s->num, cells);
    PAL_NEW(s->den, cells);
done:
    return rc;
}

static void sums_clear(sums *s)
{
    pal_free(s->num);
    pal_free(s->den);
    *s = (sums){ 0 };
}

/* Which rows count for a file. */
typedef bool (*counts_fn)(const pal_training_row *row);
static bool is_judged(const pal_training_row *row) { return row->quality != NULL; }
static bool is_standing(const pal_training_row *row) { return row->stands && row->shape != NULL; }

/* Models of an arm, in the order they first appear. */
static size_t find_kinds(const char *kind[MOST_KINDS], const pal_record *r, counts_fn counts)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_replicates; i++) {
        for (size_t k = 0; k < r->training[i].n; k++) {
            const pal_training_row *row = &r->training[i].row[k];
            size_t j = 0;

            if (!counts(row)) continue;
            while (j < n && strcmp(kind[j], row->model) != 0) j++;
            if (j == n && n < MOST_KINDS) kind[n++] = row->model;
        }
    }
    return n;
}

/* The next row of the kind behind *at (replicate, index), or NULL; *person is whose it is. */
typedef struct place { size_t replicate, index; } place;
static const pal_training_row *next_row(place *at, size_t *person, const pal_record *r, const char *kind,
                                        counts_fn counts)
{
    for (; at->replicate < r->n_replicates; at->replicate++, at->index = 0) {
        const pal_training_log *log = &r->training[at->replicate];

        while (at->index < log->n) {
            const pal_training_row *row = &log->row[at->index++];

            if (!counts(row) || strcmp(row->model, kind) != 0) continue;
            *person = at->replicate * r->n_users + row->user;
            return row;
        }
    }
    return NULL;
}

/* ---- importance.csv ---- */

static const float *shares_of(const pal_training_shape *shape, bool splits)
{
    return splits ? shape->splits : shape->share;
}

/* A model of one leaf rests on nothing: it says nothing about features. */
static bool rests_on_something(const float *share, size_t d)
{
    for (size_t f = 0; f < d; f++) {
        if (share[f] > 0) return true;
    }
    return false;
}

typedef struct spread { double n, sum, squares; } spread;

static double sd_of(const spread *s)
{
    double mean = s->sum / s->n, square = (s->squares - s->sum * mean) / (s->n - 1);

    return s->n < 2 ? NAN : square > 0 ? sqrt(square) : 0;
}

static pal_status write_shares(pal_outfile *f, const pal_results *results, size_t a, const char *kind, bool splits,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[a];
    spread all[PAL_MAX_FEATURES * 2] = { { 0, 0, 0 } };
    pal_interval v[PAL_MAX_FEATURES * 2];
    sums s = { 0 };
    place at = { 0, 0 };
    size_t person = 0, d = 0;
    bool trees = false;

    for (const pal_training_row *row = next_row(&at, &person, r, kind, is_standing); row != NULL;
         row = next_row(&at, &person, r, kind, is_standing)) {
        const float *share = shares_of(row->shape, splits);

        if (share == NULL || !rests_on_something(share, row->shape->d)) continue;
        if (d == 0) {
            d = row->shape->d;
            trees = row->shape->splits != NULL;
            PAL_TRY(sums_new(&s, r->n_people * d, err));
        }
        PAL_ASSERT(row->shape->d == d && d <= sizeof v / sizeof *v);
        for (size_t k = 0; k < d; k++) {
            s.num[person * d + k] += (double)share[k];
            s.den[person * d + k] += 1;
            all[k].n += 1;
            all[k].sum += (double)share[k];
            all[k].squares += (double)share[k] * (double)share[k];
        }
    }
    if (d == 0) goto done;
    PAL_TRY(pal_boot_ratio_many(v, results->boot, s.num, s.den, d, results->n_threads, err));
    for (size_t k = 0; k < d; k++) {
        const double value[] = { v[k].value, v[k].lo, v[k].hi, sd_of(&all[k]), all[k].n };

        pal_outfile_csv_text(f, results->experiment->arm[a].name);
        pal_outfile_printf(f, ",%s,%s,", kind, splits ? "splits" : trees ? "gain" : "coefficient");
        pal_outfile_csv_text(f, pal_sample_feature_name(results->catalog, k));
        for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
            pal_outfile_text(f, ",");
            pal_outfile_double(f, value[i]);
        }
        pal_outfile_printf(f, ",%zu\n", v[k].n);
    }
done:
    sums_clear(&s);
    return rc;
}

static pal_status write_importance(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "importance.csv", err));
    pal_outfile_text(f, "arm,model,kind,feature,share,lo,hi,sd,models,people\n");
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        const char *kind[MOST_KINDS];
        size_t n = find_kinds(kind, results->record[a], is_standing);

        for (size_t k = 0; k < n; k++) {
            PAL_TRY(write_shares(f, results, a, kind[k], false, err));
            PAL_TRY(write_shares(f, results, a, kind[k], true, err));
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "importance.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* ---- model_quality.csv ---- */

enum { AT_AUC, AT_LOGLOSS, AT_AUC_CEILING, AT_LOGLOSS_CEILING, AT_ROC, AT_BINS = AT_ROC + PAL_TRAINING_POINTS, WIDTH = AT_BINS + PAL_TRAINING_BINS };

static void add_cell(sums *s, size_t person, size_t column, double num, double den)
{
    s->num[person * WIDTH + column] += num;
    s->den[person * WIDTH + column] += den;
}

static void add_quality(sums *s, size_t person, const pal_training_row *row)
{
    const pal_training_quality *q = row->quality;

    add_cell(s, person, AT_AUC, row->auc, 1);
    add_cell(s, person, AT_LOGLOSS, row->logloss, 1);
    if (!isnan(row->auc_ceiling)) add_cell(s, person, AT_AUC_CEILING, row->auc_ceiling, 1);
    if (!isnan(row->logloss_ceiling)) add_cell(s, person, AT_LOGLOSS_CEILING, row->logloss_ceiling, 1);
    for (size_t k = 0; k < PAL_TRAINING_POINTS; k++) add_cell(s, person, AT_ROC + k, (double)q->tpr[k], 1);
    for (size_t b = 0; b < PAL_TRAINING_BINS; b++) {
        add_cell(s, person, AT_BINS + b, (double)q->positives[b], (double)q->n[b]);
    }
}

static void put_measure(pal_outfile *f, const pal_results *results, size_t arm, const char *kind, const char *measure,
                        double at, const pal_interval *v, uint64_t n)
{
    pal_outfile_csv_text(f, results->experiment->arm[arm].name);
    pal_outfile_printf(f, ",%s,%s,", kind, measure);
    pal_outfile_double(f, at);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->value);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->lo);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, v->hi);
    pal_outfile_text(f, ",");
    pal_outfile_u64(f, n);
    pal_outfile_printf(f, ",%zu\n", v->n);
}

static pal_status write_kind(pal_outfile *f, const pal_results *results, size_t a, const char *kind, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[a];
    uint64_t models = 0, ceilings[2] = { 0, 0 }, sum_p[PAL_TRAINING_BINS] = { 0 }, rows[PAL_TRAINING_BINS] = { 0 };
    pal_interval v[WIDTH];
    sums s = { 0 };
    place at = { 0, 0 };
    size_t person = 0;

    PAL_TRY(sums_new(&s, r->n_people * WIDTH, err));
    for (const pal_training_row *row = next_row(&at, &person, r, kind, is_judged); row != NULL;
         row = next_row(&at, &person, r, kind, is_judged)) {
        add_quality(&s, person, row);
        models++;
        ceilings[0] += isnan(row->auc_ceiling) ? 0 : 1;
        ceilings[1] += isnan(row->logloss_ceiling) ? 0 : 1;
        for (size_t b = 0; b < PAL_TRAINING_BINS; b++) {
            sum_p[b] += row->quality->sum_p[b];
            rows[b] += row->quality->n[b];
        }
    }
    PAL_TRY(pal_boot_ratio_many(v, results->boot, s.num, s.den, WIDTH, results->n_threads, err));
    put_measure(f, results, a, kind, "auc", NAN, &v[AT_AUC], models);
    put_measure(f, results, a, kind, "logloss", NAN, &v[AT_LOGLOSS], models);
    put_measure(f, results, a, kind, "auc_ceiling", NAN, &v[AT_AUC_CEILING], ceilings[0]);
    put_measure(f, results, a, kind, "logloss_ceiling", NAN, &v[AT_LOGLOSS_CEILING], ceilings[1]);
    for (size_t k = 0; k < PAL_TRAINING_POINTS; k++) {
        put_measure(f, results, a, kind, "roc", (double)k / (PAL_TRAINING_POINTS - 1), &v[AT_ROC + k], models);
    }
    for (size_t b = 0; b < PAL_TRAINING_BINS; b++) {
        if (rows[b] == 0) continue;
        put_measure(f, results, a, kind, "reliability", (double)sum_p[b] / PAL_TRAINING_P / (double)rows[b],
                    &v[AT_BINS + b], rows[b]);
    }
done:
    sums_clear(&s);
    return rc;
}

static pal_status write_quality(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "model_quality.csv", err));
    pal_outfile_text(f, "arm,model,measure,at,value,lo,hi,n,people\n");
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        const char *kind[MOST_KINDS];
        size_t n = find_kinds(kind, results->record[a], is_judged);

        for (size_t k = 0; k < n; k++) PAL_TRY(write_kind(f, results, a, kind[k], err));
    }
    PAL_TRY(pal_results_commit(results, &f, "model_quality.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_write_models(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(write_curves(results, err));
    PAL_TRY(write_importance(results, err));
    PAL_TRY(write_quality(results, err));
done:
    return rc;
}
