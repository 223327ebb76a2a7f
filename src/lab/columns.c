/* The ratio measures of the laboratory. */
#include "lab/columns.h"

#include "core/mem.h"
#include "metrics/auc.h"
#include "metrics/diversity.h"
#include "metrics/logloss.h"
#include "metrics/taste.h"

#include <math.h>
#include <string.h>

size_t pal_set_tastes(const pal_people_set *set, size_t person)
{
    return set->world[person / set->n_users]->people->n_tastes[person % set->n_users];
}

double pal_set_weight(const pal_people_set *set, size_t person, size_t taste)
{
    const pal_population *people = set->world[person / set->n_users]->people;

    return (double)people->taste_weight[person % set->n_users * PAL_MAX_TASTES + taste];
}

/* Counts: the numerator's sum over the denominator's. */
static void count_rounds(double *num, double *den, size_t step, const pal_record *r, size_t t, int a, int b)
{
    for (size_t p = 0; p < r->n_people; p++) {
        num[p * step] = r->count[a][p * r->n_rounds + t];
        den[p * step] = r->count[b][p * r->n_rounds + t];
    }
}

static pal_status count_run(double *num, double *den, const pal_record *r, int a, int b)
{
    for (size_t p = 0; p < r->n_people; p++) {
        num[p] = den[p] = 0;
        for (size_t t = 0; t < r->n_rounds; t++) {
            num[p] += r->count[a][p * r->n_rounds + t];
            den[p] += r->count[b][p * r->n_rounds + t];
        }
    }
    return PAL_OK;
}

#define COUNT_COLUMN(name, a, b)                                                                                 \
    static pal_status name##_run(double *num, double *den, const pal_record *r, const pal_people_set *set,       \
                                 pal_error *err)                                                                 \
    {                                                                                                            \
        (void)set, (void)err;                                                                                    \
        return count_run(num, den, r, a, b);                                                                     \
    }                                                                                                            \
    static void name##_round(double *num, double *den, size_t step, const pal_record *r, size_t t)               \
    {                                                                                                            \
        count_rounds(num, den, step, r, t, a, b);                                                                \
    }
COUNT_COLUMN(ctr, PAL_COUNT_CLICKS, PAL_COUNT_IMPRESSIONS)
COUNT_COLUMN(like_rate, PAL_COUNT_LIKES, PAL_COUNT_IMPRESSIONS)
COUNT_COLUMN(dislike_rate, PAL_COUNT_DISLIKES, PAL_COUNT_IMPRESSIONS)
COUNT_COLUMN(skip_rate, PAL_COUNT_SKIPS, PAL_COUNT_IMPRESSIONS)

/* Per-round values with a weight per cell; NaN cells do not count. */
static void cell_round(double *num, double *den, size_t step, const float *value, size_t n_people, size_t width, size_t t)
{
    for (size_t p = 0; p < n_people; p++) {
        float v = value[p * width + t];
        bool defined = !isnan(v);

        num[p * step] = defined ? (double)v : 0;
        den[p * step] = defined ? 1 : 0;
    }
}

static pal_status cell_run(double *num, double *den, const float *value, size_t n_people, size_t width)
{
    for (size_t p = 0; p < n_people; p++) {
        num[p] = den[p] = 0;
        for (size_t t = 0; t < width; t++) {
            float v = value[p * width + t];

            if (isnan(v)) continue;
            num[p] += (double)v;
            den[p] += 1;
        }
    }
    return PAL_OK;
}

#define CELL_COLUMN(name, field, width)                                                                          \
    static pal_status name##_run(double *num, double *den, const pal_record *r, const pal_people_set *set,       \
                                 pal_error *err)                                                                 \
    {                                                                                                            \
        (void)set, (void)err;                                                                                    \
        return cell_run(num, den, r->field, r->n_people, r->width);                                              \
    }                                                                                                            \
    static void name##_round(double *num, double *den, size_t step, const pal_record *r, size_t t)               \
    {                                                                                                            \
        cell_round(num, den, step, r->field, r->n_people, r->width, t);                                          \
    }
CELL_COLUMN(diversity, diversity, n_rounds)
CELL_COLUMN(novelty, novelty, n_rounds)
CELL_COLUMN(ndcg, ndcg, n_probe_rounds)
CELL_COLUMN(hit_rate, hit, n_probe_rounds)
CELL_COLUMN(regret, regret, n_probe_rounds)

static void expected_like_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    for (size_t p = 0; p < r->n_people; p++) {
        num[p * step] = (double)r->expected[p * r->n_rounds + t];
        den[p * step] = r->count[PAL_COUNT_IMPRESSIONS][p * r->n_rounds + t];
    }
}

static pal_status expected_like_run(double *num, double *den, const pal_record *r, const pal_people_set *set,
                                    pal_error *err)
{
    (void)set, (void)err;
    for (size_t p = 0; p < r->n_people; p++) {
        num[p] = den[p] = 0;
        for (size_t t = 0; t < r->n_rounds; t++) {
            num[p] += (double)r->expected[p * r->n_rounds + t];
            den[p] += r->count[PAL_COUNT_IMPRESSIONS][p * r->n_rounds + t];
        }
    }
    return PAL_OK;
}

static void presence_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    for (size_t p = 0; p < r->n_people; p++) {
        num[p * step] = r->present[p * r->n_rounds + t];
        den[p * step] = 1;
    }
}

static pal_status presence_run(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    (void)set, (void)err;
    for (size_t p = 0; p < r->n_people; p++) {
        num[p] = 0;
        for (size_t t = 0; t < r->n_rounds; t++) num[p] += r->present[p * r->n_rounds + t];
        den[p] = (double)r->n_rounds;
    }
    return PAL_OK;
}

static pal_status slate_logloss_run(double *num, double *den, const pal_record *r, const pal_people_set *set,
                                    pal_error *err)
{
    (void)set, (void)err;
    pal_log_loss_people(num, den, r->n_people, r->preq.person, r->preq.p, r->preq.label, r->preq.n);
    return PAL_OK;
}

static void slate_logloss_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    for (size_t p = 0; p < r->n_people; p++) num[p * step] = den[p * step] = 0;
    for (size_t rep = 0; rep * r->n_users < r->n_people; rep++) {
        size_t at = rep * r->n_rounds + t;

        for (size_t i = r->preq_begin[at]; i < r->preq_begin[at + 1]; i++) {
            num[r->preq.person[i] * step] += pal_log_loss_row((double)r->preq.p[i], r->preq.label[i]);
            den[r->preq.person[i] * step] += 1;
        }
    }
}

/* The probe: over the run means the last probe round, when the arm knows most. */
static void probe_logloss_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    const pal_predictions *q = &r->probe[t];

    for (size_t p = 0; p < r->n_people; p++) num[p * step] = den[p * step] = 0;
    for (size_t i = 0; i < q->n; i++) {
        num[q->person[i] * step] += pal_log_loss_row((double)q->p[i], q->label[i]);
        den[q->person[i] * step] += 1;
    }
}

static void ceiling_logloss_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    const pal_predictions *q = &r->probe[t];

    for (size_t p = 0; p < r->n_people; p++) num[p * step] = den[p * step] = 0;
    for (size_t i = 0; i < q->n; i++) {
        num[q->person[i] * step] += pal_log_loss_row((double)q->truth[i], q->label[i]);
        den[q->person[i] * step] += 1;
    }
}

static void excess_kl_round(double *num, double *den, size_t step, const pal_record *r, size_t t)
{
    const pal_predictions *q = &r->probe[t];

    for (size_t p = 0; p < r->n_people; p++) num[p * step] = den[p * step] = 0;
    for (size_t i = 0; i < q->n; i++) {
        num[q->person[i] * step] += pal_bernoulli_kl((double)q->truth[i], (double)q->p[i]);
        den[q->person[i] * step] += 1;
    }
}

#define LAST_PROBE_RUN(name, round_fn)                                                                           \
    static pal_status name(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err) \
    {                                                                                                            \
        (void)set, (void)err;                                                                                    \
        if (r->n_probe_rounds == 0) {                                                                            \
            memset(num, 0, r->n_people * sizeof *num);                                                           \
            memset(den, 0, r->n_people * sizeof *den);                                                           \
        } else {                                                                                                 \
            round_fn(num, den, 1, r, r->n_probe_rounds - 1);                                                     \
        }                                                                                                        \
        return PAL_OK;                                                                                           \
    }
LAST_PROBE_RUN(probe_logloss_run, probe_logloss_round)
LAST_PROBE_RUN(ceiling_logloss_run, ceiling_logloss_round)
LAST_PROBE_RUN(excess_kl_run, excess_kl_round)

static pal_status gauc_run(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    const pal_predictions *q = r->n_probe_rounds == 0 ? NULL : &r->probe[r->n_probe_rounds - 1];

    (void)set;
    memset(num, 0, r->n_people * sizeof *num);
    memset(den, 0, r->n_people * sizeof *den);
    return q == NULL ? PAL_OK : pal_gauc_terms(num, den, q->p, q->label, q->person, q->n, r->n_people, err);
}

static pal_status coverage_run(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    (void)err;
    for (size_t p = 0; p < r->n_people; p++) {
        uint32_t liked[PAL_MAX_TASTES];
        size_t n = pal_set_tastes(set, p);

        for (size_t k = 0; k < n; k++) liked[k] = r->first_like[p * PAL_MAX_TASTES + k] != UINT32_MAX;
        num[p] = pal_taste_coverage(liked, n);
        den[p] = 1;
    }
    return PAL_OK;
}

static pal_status balance_run(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    (void)err;
    for (size_t p = 0; p < r->n_people; p++) {
        double weight[PAL_MAX_TASTES], served[PAL_MAX_TASTES], value;
        size_t n = pal_set_tastes(set, p);

        for (size_t k = 0; k < n; k++) {
            weight[k] = pal_set_weight(set, p, k);
            served[k] = r->served[p * PAL_MAX_TASTES + k];
        }
        value = pal_taste_balance(weight, served, n, PAL_TASTE_SMOOTHING);
        num[p] = isnan(value) ? 0 : value;
        den[p] = isnan(value) ? 0 : 1;
    }
    return PAL_OK;
}

static pal_status popularity_run(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err)
{
    (void)err;
    for (size_t p = 0; p < r->n_people; p++) {
        num[p] = 0;
        for (size_t i = r->shown_begin[p]; i < r->shown_begin[p + 1]; i++) {
            num[p] += (double)set->catalog->popularity[r->shown[i]];
        }
        den[p] = (double)(r->shown_begin[p + 1] - r->shown_begin[p]);
    }
    return PAL_OK;
}

static const pal_column columns[] = {
    { "like_rate", true, true, false, like_rate_run, like_rate_round },
    { "ctr", true, true, false, ctr_run, ctr_round },
    { "dislike_rate", true, true, false, dislike_rate_run, dislike_rate_round },
    { "skip_rate", true, false, false, skip_rate_run, skip_rate_round },
    { "expected_like", true, false, false, expected_like_run, expected_like_round },
    { "ndcg", true, true, true, ndcg_run, ndcg_round },
    { "hit_rate", true, true, true, hit_rate_run, hit_rate_round },
    { "regret", true, true, true, regret_run, regret_round },
    { "gauc", false, true, true, gauc_run, NULL },
    { "logloss", true, true, true, probe_logloss_run, probe_logloss_round },
    { "logloss_ceiling", true, false, true, ceiling_logloss_run, ceiling_logloss_round },
    { "excess_kl", true, true, true, excess_kl_run, excess_kl_round },
    { "slate_logloss", true, false, false, slate_logloss_run, slate_logloss_round },
    { "taste_coverage", false, true, false, coverage_run, NULL },
    { "taste_balance", false, true, false, balance_run, NULL },
    { "diversity", true, true, false, diversity_run, diversity_round },
    { "novelty", true, true, false, novelty_run, novelty_round },
    { "mean_popularity", false, false, false, popularity_run, NULL },
    { "presence", true, false, false, presence_run, presence_round },
};

size_t pal_column_count(void)
{
    return sizeof columns / sizeof *columns;
}

const pal_column *pal_column_at(size_t i)
{
    return &columns[i];
}
