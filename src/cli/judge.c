/* Scores of doubles through metrics of floats, without losing their order. */
#include "cli/judge.h"

#include "cli/print.h"
#include "core/mem.h"
#include "core/sum.h"
#include "metrics/auc.h"
#include "metrics/calibration.h"
#include "metrics/logloss.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct entry {
    double p;
    size_t row;
} entry;

static int by_p(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rank of each p among the distinct ones: what the AUC depends on, exact in a float up to 2^24 of them. */
static pal_status rank(float *out, const double *p, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    entry *sorted = NULL;
    size_t distinct = 0;

    PAL_NEW(sorted, n);
    for (size_t i = 0; i < n; i++) {
        if (isnan(p[i])) {
            PAL_FAIL(PAL_ERR_DATA, "prediction of row %zu is not a number", i);
        }
        sorted[i] = (entry){ p[i], i };
    }
    qsort(sorted, n, sizeof *sorted, by_p);
    for (size_t i = 0; i < n; i++) {
        distinct += i > 0 && sorted[i].p > sorted[i - 1].p;
        out[sorted[i].row] = (float)distinct;
    }

done:
    pal_free(sorted);
    return rc;
}

static pal_status auc_of(double *out, const double *p, const double *y, const double *weight, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *score = NULL;
    uint8_t *label = NULL;

    PAL_NEW(score, n);
    PAL_NEW(label, n);
    PAL_TRY(rank(score, p, n, err));
    for (size_t i = 0; i < n; i++) label[i] = y[i] > 0;
    PAL_TRY(pal_auc(out, score, label, weight, n, err));

done:
    pal_free(score);
    pal_free(label);
    return rc;
}

static pal_status log_loss_of(double *out, const double *p, const double *y, const double *weight, size_t n,
                              pal_error *err)
{
    pal_acc loss = { 0 }, total = { 0 };

    (void)err;
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        pal_acc_add(&loss, w * pal_log_loss_row(p[i], y[i] > 0));
        pal_acc_add(&total, w);
    }
    *out = pal_acc_value(&loss) / pal_acc_value(&total); /* NaN when n is 0 */
    return PAL_OK;
}

const pal_score pal_judge_scores[PAL_JUDGE_SCORES] = { { "auc", auc_of }, { "log_loss", log_loss_of } };

pal_status pal_judge(pal_judgement *out, const char *set, const double *p, const double *y, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *single = NULL;
    uint8_t *label = NULL;

    *out = (pal_judgement){ .set = set, .rows = n, .auc_sd = NAN, .loss_sd = NAN };
    PAL_NEW(single, n);
    PAL_NEW(label, n);
    for (size_t i = 0; i < n; i++) {
        single[i] = (float)p[i];
        label[i] = y[i] > 0;
        out->positives += label[i];
    }
    PAL_TRY(auc_of(&out->auc, p, y, NULL, n, err));
    PAL_TRY(log_loss_of(&out->log_loss, p, y, NULL, n, err));
    PAL_TRY(pal_ece(&out->ece, single, label, n, PAL_ECE_BINS, err));

done:
    pal_free(single);
    pal_free(label);
    return rc;
}

/* ---- printing --------------------------------------------------------------------------------------------- */

/* "0.80750 ±0.01120", "0.80750" or "-". */
static void print_value(double value, double sd)
{
    if (isnan(value)) {
        printf("  %7s         ", "-");
    } else if (isnan(sd)) {
        printf("  %.5f         ", value);
    } else {
        printf("  %.5f \302\261%.5f", value, sd);
    }
}

void pal_judge_print_head(void)
{
    printf("%-12s %10s %10s  %-16s  %-16s  %-7s\n", "set", "rows", "positives", "AUC", "LogLoss", "ECE");
}

static pal_status print_json(const pal_judgement *j, const char *command, const char *model, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", command);
    pal_json_put_string(&w, "model", model);
    pal_json_put_string(&w, "set", j->set);
    pal_json_put_i64(&w, "rows", (int64_t)j->rows);
    pal_json_put_i64(&w, "positives", (int64_t)j->positives);
    pal_json_put_number(&w, "auc", j->auc);
    pal_json_put_number(&w, "log_loss", j->log_loss);
    pal_json_put_number(&w, "ece", j->ece);
    if (j->folds > 0) {
        pal_json_put_i64(&w, "folds", (int64_t)j->folds);
        pal_json_put_number(&w, "auc_sd", j->auc_sd);
        pal_json_put_number(&w, "log_loss_sd", j->loss_sd);
    }
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

pal_status pal_judge_print(const pal_judgement *j, const char *command, const char *model, bool json, pal_error *err)
{
    char name[48];

    if (json) {
        return print_json(j, command, model, err);
    }
    snprintf(name, sizeof name, j->folds > 0 ? "%s, %zu folds" : "%s", j->set, j->folds);
    printf("%-12s %10s %10s", name, pal_print_count(j->rows), pal_print_count(j->positives));
    print_value(j->auc, j->auc_sd);
    print_value(j->log_loss, j->loss_sd);
    printf("  %.5f\n", j->ece);
    return PAL_OK;
}
