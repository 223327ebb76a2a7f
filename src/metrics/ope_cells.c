/* Cross-fitted cell means. */
#include "metrics/ope_cells.h"

#include "core/mem.h"

#include <math.h>

pal_ope_cells_config pal_ope_cells_defaults(void)
{
    return (pal_ope_cells_config){ .prior = 10, .n_folds = 5 };
}

static pal_status check(const double *reward, const uint32_t *context, const uint32_t *action, const uint32_t *fold,
                        size_t n, size_t n_contexts, size_t n_actions, const pal_ope_cells_config *config, pal_error *err)
{
    if (n == 0 || n_contexts == 0 || n_actions == 0 || config->n_folds < 2) {
        return pal_error_set(err, PAL_ERR_SHAPE, "cell means: %zu rows, %zu contexts, %zu actions, %zu folds", n, n_contexts,
                             n_actions, config->n_folds);
    }
    if (!(config->prior > 0 && isfinite(config->prior))) {
        return pal_error_set(err, PAL_ERR_DATA, "cell means: prior %g, wanted above 0", config->prior);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(reward[i]) || context[i] >= n_contexts || action[i] >= n_actions || fold[i] >= config->n_folds) {
            return pal_error_set(err, PAL_ERR_DATA, "row %zu: reward %g, context %lu, action %lu, fold %lu do not fit", i,
                                 reward[i], (unsigned long)context[i], (unsigned long)action[i], (unsigned long)fold[i]);
        }
    }
    return PAL_OK;
}

/* Turn what is in fold f into means of all rows outside it. */
static void means_outside(double *mean, const double *sum, const double *count, const double *own_sum,
                          const double *own_count, size_t n_cells, double prior)
{
    double all = 0, rows = 0, start;

    for (size_t c = 0; c < n_cells; c++) {
        all += sum[c] - own_sum[c];
        rows += count[c] - own_count[c];
    }
    start = rows > 0 ? all / rows : 0;
    for (size_t c = 0; c < n_cells; c++) {
        mean[c] = (sum[c] - own_sum[c] + prior * start) / (count[c] - own_count[c] + prior);
    }
}

pal_status pal_ope_cells_fit(double *q, double *v, const double *reward, const uint32_t *context, const uint32_t *action,
                             const uint32_t *fold, const double *chance, size_t n, size_t n_contexts, size_t n_actions,
                             const pal_ope_cells_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *sum = NULL, *count = NULL, *own_sum = NULL, *own_count = NULL, *mean = NULL, *under = NULL;
    size_t n_cells = n_contexts * n_actions;

    PAL_TRY(check(reward, context, action, fold, n, n_contexts, n_actions, config, err));
    PAL_NEW(sum, n_cells);
    PAL_NEW(count, n_cells);
    PAL_NEW(own_sum, n_cells * config->n_folds);
    PAL_NEW(own_count, n_cells * config->n_folds);
    PAL_NEW(mean, n_cells);
    PAL_NEW(under, n_contexts);
    for (size_t i = 0; i < n; i++) {
        size_t c = context[i] * n_actions + action[i];

        sum[c] += reward[i];
        count[c] += 1;
        own_sum[fold[i] * n_cells + c] += reward[i];
        own_count[fold[i] * n_cells + c] += 1;
    }
    for (size_t f = 0; f < config->n_folds; f++) {
        means_outside(mean, sum, count, own_sum + f * n_cells, own_count + f * n_cells, n_cells, config->prior);
        for (size_t x = 0; v != NULL && x < n_contexts; x++) {
            under[x] = 0;
            for (size_t a = 0; a < n_actions; a++) {
                under[x] += chance[x * n_actions + a] * mean[x * n_actions + a];
            }
        }
        for (size_t i = 0; i < n; i++) {
            if (fold[i] != f) {
                continue;
            }
            q[i] = mean[context[i] * n_actions + action[i]];
            if (v != NULL) {
                v[i] = under[context[i]];
            }
        }
    }
done:
    pal_free(sum);
    pal_free(count);
    pal_free(own_sum);
    pal_free(own_count);
    pal_free(mean);
    pal_free(under);
    return rc;
}
