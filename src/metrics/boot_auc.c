/* User-cluster bootstrap of the pooled AUC: one sort, then one weighted pass for eight resamples at a time. */
#include "metrics/interval.h"

#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"
#include "metrics/rank_order.h"

#include <math.h>
#include <string.h>

#define LANES 8 /* resamples in one pass */

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* Rows by ascending score: person << 2 | last of a run of equal scores << 1 | label. */
typedef struct sorted_rows {
    uint64_t *row;
    size_t n;
    size_t n_people; /* people with a row */
} sorted_rows;

typedef struct auc_job {
    const pal_boot *boot;
    const sorted_rows *rows;
    double *draws;
} auc_job;

static pal_status check_people(const uint32_t *person, size_t n, size_t n_people, pal_error *err)
{
    for (size_t r = 0; r < n; r++) {
        if (person[r] >= n_people) {
            return pal_error_set(err, PAL_ERR_DATA, "person of row %zu is %u, wanted below %zu", r,
                                 (unsigned)person[r], n_people);
        }
    }
    return PAL_OK;
}

static pal_status sort_rows(sorted_rows *s, const pal_boot *boot, const uint32_t *person, const float *score,
                            const uint8_t *label, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *order = NULL;
    uint8_t *seen = NULL;

    PAL_TRY(pal_labels_check(label, n, err));
    PAL_TRY(check_people(person, n, pal_boot_people(boot), err));
    PAL_NEW(order, n);
    PAL_NEW(seen, pal_boot_people(boot));
    PAL_NEW(s->row, n);
    PAL_TRY(pal_order_scores(order, score, n, err));
    s->n = n;
    s->n_people = 0;
    for (size_t i = 0; i < n; i++) {
        size_t r = order[i];
        bool ends = i + 1 == n || score[order[i + 1]] != score[r];

        s->row[i] = (uint64_t)person[r] << 2 | (uint64_t)ends << 1 | label[r];
        s->n_people += !seen[person[r]];
        seen[person[r]] = 1;
    }

done:
    pal_free(order);
    pal_free(seen);
    return rc;
}

/*
 * AUC of LANES resamples; times is people x LANES. All sums are whole numbers below 2^53, hence exact. The doubled
 * count of pairs keeps ties whole. Labels select by multiplication: a branch on them is guessed wrong half of the time.
 */
PAL_VECTOR static void weighted_pass(double *auc, const sorted_rows *s, const double *times)
{
    lanes below = { 0 }, positive = { 0 }, won2 = { 0 };
    double all_positive[LANES], all_negative[LANES], won[LANES];
    size_t i = 0;

    while (i < s->n) {
        lanes run_positive = { 0 }, run = { 0 };
        uint64_t row;

        do { /* a run of equal scores, nearly always of one row */
            lanes w;

            row = s->row[i++];
            memcpy(&w, times + (row >> 2) * LANES, sizeof w);
            run += w;
            run_positive += w * (double)(row & 1);
        } while ((row & 2) == 0);
        run -= run_positive;
        won2 += run_positive * (below + below + run);
        positive += run_positive;
        below += run;
    }
    memcpy(all_positive, &positive, sizeof positive);
    memcpy(all_negative, &below, sizeof below);
    memcpy(won, &won2, sizeof won2);
    for (size_t lane = 0; lane < LANES; lane++) {
        double pairs2 = 2 * all_positive[lane] * all_negative[lane];

        auc[lane] = pairs2 > 0 ? won[lane] / pairs2 : NAN;
    }
}

static pal_status auc_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const auc_job *job = ctx;
    size_t n = pal_boot_people(job->boot);
    double *times = NULL, auc[LANES];

    (void)block, (void)worker;
    PAL_NEW(times, n * LANES);
    for (size_t b = begin; b < end; b++) {
        const uint8_t *row = pal_boot_row(job->boot, b);

        for (size_t u = 0; u < n; u++) {
            times[u * LANES + (b - begin)] = row[u];
        }
    }
    weighted_pass(auc, job->rows, times);
    memcpy(job->draws + begin, auc, (end - begin) * sizeof *auc);

done:
    pal_free(times);
    return rc;
}

static pal_status value_on_all(double *value, const pal_boot *boot, const sorted_rows *rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = pal_boot_people(boot) * LANES;
    double *times = NULL, auc[LANES];

    PAL_NEW(times, n);
    for (size_t i = 0; i < n; i++) {
        times[i] = 1;
    }
    weighted_pass(auc, rows, times);
    *value = auc[0];

done:
    pal_free(times);
    return rc;
}

static pal_status draws_and_people(double *draws, double *value, size_t *n_people, const pal_boot *boot,
                                   const uint32_t *person, const float *score, const uint8_t *label, size_t n,
                                   size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    sorted_rows rows = { 0 };
    auc_job job = { boot, &rows, draws };

    PAL_TRY(sort_rows(&rows, boot, person, score, label, n, err));
    PAL_TRY(value_on_all(value, boot, &rows, err));
    PAL_TRY(pal_parallel_for(pal_boot_resamples(boot), LANES, n_threads, auc_block, &job, err));
    *n_people = rows.n_people;

done:
    pal_free(rows.row);
    return rc;
}

pal_status pal_boot_auc_draws(double *draws, double *value, const pal_boot *boot, const uint32_t *person,
                              const float *score, const uint8_t *label, size_t n, size_t n_threads, pal_error *err)
{
    size_t n_people;

    return draws_and_people(draws, value, &n_people, boot, person, score, label, n, n_threads, err);
}

pal_status pal_boot_auc(pal_interval *out, const pal_boot *boot, const uint32_t *person, const float *score,
                        const uint8_t *label, size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_resamples = pal_boot_resamples(boot), n_people;
    double *draws = NULL, value;

    PAL_NEW(draws, n_resamples);
    PAL_TRY(draws_and_people(draws, &value, &n_people, boot, person, score, label, n, n_threads, err));
    *out = pal_boot_interval(draws, n_resamples, pal_boot_level(boot), value, n_people);

done:
    pal_free(draws);
    return rc;
}

pal_status pal_boot_auc_diff(pal_interval *out, const pal_boot *boot, const uint32_t *person, const float *score_a,
                             const float *score_b, const uint8_t *label, size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_resamples = pal_boot_resamples(boot), n_people;
    double *draws = NULL, a, b;

    PAL_NEW(draws, 2 * n_resamples);
    PAL_TRY(draws_and_people(draws, &a, &n_people, boot, person, score_a, label, n, n_threads, err));
    PAL_TRY(draws_and_people(draws + n_resamples, &b, &n_people, boot, person, score_b, label, n, n_threads, err));
    for (size_t i = 0; i < n_resamples; i++) {
        draws[i] -= draws[n_resamples + i];
    }
    *out = pal_boot_interval(draws, n_resamples, pal_boot_level(boot), a - b, n_people);

done:
    pal_free(draws);
    return rc;
}
