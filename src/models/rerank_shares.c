/* Re-ranking by what kinds of things a person wants: xQuAD, calibrated and balanced lists. */
#include "models/rerank_parts.h"

#include "core/pmath.h"

#include <string.h>

pal_status pal_rerank_xquad(uint32_t *order, size_t k, const double *relevance, const double *member,
                            const double *wanted, size_t n, size_t m, double lambda, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    bool *taken = NULL;
    double *gain = NULL, *open = NULL; /* open: m, what is left to be wanted of each category */
    pal_status rc = PAL_OK;

    PAL_ASSERT(k <= n);
    PAL_TAKE(taken, n, scratch);
    PAL_TAKE(gain, n, scratch);
    PAL_TAKE(open, m, scratch);
    memset(taken, 0, n * sizeof *taken);
    for (size_t c = 0; c < m; c++) {
        open[c] = wanted[c];
    }
    for (size_t s = 0; s < k; s++) {
        size_t last;

        for (size_t i = 0; i < n; i++) {
            double news = 0;

            for (size_t c = 0; c < m; c++) {
                news += open[c] * member[i * m + c];
            }
            gain[i] = (1 - lambda) * relevance[i] + lambda * news;
        }
        last = pal_rerank_take(taken, gain, n);
        order[s] = (uint32_t)last;
        for (size_t c = 0; c < m; c++) {
            open[c] *= 1 - member[last * m + c];
        }
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* KL(wanted || mix) where the list's sums, with those of `more` (NULL: nothing), are of n_list candidates. */
static double divergence(const double *sum, const double *more, size_t n_list, const double *wanted, size_t m,
                         double alpha)
{
    double total = 0;

    for (size_t c = 0; c < m; c++) {
        if (wanted[c] > 0) {
            const double held = n_list == 0 ? 0 : (sum[c] + (more == NULL ? 0 : more[c])) / (double)n_list;

            total += wanted[c] * pal_log(wanted[c] / ((1 - alpha) * held + alpha * wanted[c]));
        }
    }
    return total;
}

double pal_rerank_divergence(const uint32_t *list, size_t k, const double *member, const double *wanted, size_t m,
                             double alpha)
{
    double total = 0;

    for (size_t c = 0; c < m; c++) {
        double sum = 0;

        for (size_t s = 0; s < k; s++) {
            sum += member[list[s] * m + c];
        }
        total += divergence(&sum, NULL, k, wanted + c, 1, alpha);
    }
    return total;
}

pal_status pal_rerank_calibrated(uint32_t *order, size_t k, const double *relevance, const double *member,
                                 const double *wanted, size_t n, size_t m, double alpha, double lambda,
                                 pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    bool *taken = NULL;
    double *gain = NULL, *sum = NULL; /* sum: m, of member over the list */
    pal_status rc = PAL_OK;

    PAL_ASSERT(k <= n && alpha > 0 && alpha < 1);
    PAL_TAKE(taken, n, scratch);
    PAL_TAKE(gain, n, scratch);
    PAL_TAKE(sum, m, scratch);
    memset(taken, 0, n * sizeof *taken);
    for (size_t c = 0; c < m; c++) {
        sum[c] = 0;
    }
    for (size_t s = 0; s < k; s++) {
        size_t last;

        for (size_t i = 0; i < n; i++) { /* what the list has already is the same for all */
            const double off = lambda > 0 && !taken[i] ? divergence(sum, member + i * m, s + 1, wanted, m, alpha) : 0;

            gain[i] = (1 - lambda) * relevance[i] - lambda * off;
        }
        last = pal_rerank_take(taken, gain, n);
        order[s] = (uint32_t)last;
        for (size_t c = 0; c < m; c++) {
            sum[c] += member[last * m + c];
        }
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_rerank_balanced(uint32_t *order, size_t k, const double *relevance, const uint8_t *group,
                               const double *wanted, size_t n, size_t m, double lambda, pal_arena *scratch,
                               pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    bool *taken = NULL;
    double *gain = NULL, *held = NULL; /* held: m, slots of each group */
    pal_status rc = PAL_OK;

    PAL_ASSERT(k <= n);
    PAL_TAKE(taken, n, scratch);
    PAL_TAKE(gain, n, scratch);
    PAL_TAKE(held, m, scratch);
    memset(taken, 0, n * sizeof *taken);
    for (size_t g = 0; g < m; g++) {
        held[g] = 0;
    }
    for (size_t s = 0; s < k; s++) {
        size_t last;

        for (size_t i = 0; i < n; i++) {
            const double behind = wanted[group[i]] * (double)(s + 1) - held[group[i]];

            gain[i] = (1 - lambda) * relevance[i] + lambda * behind;
        }
        last = pal_rerank_take(taken, gain, n);
        order[s] = (uint32_t)last;
        held[group[last]] += 1;
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
