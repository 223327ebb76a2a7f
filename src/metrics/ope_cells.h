/* A model of the reward by means of cells, cross-fitted: the q and v of the direct and the doubly robust methods. */
#ifndef PAL_METRICS_OPE_CELLS_H
#define PAL_METRICS_OPE_CELLS_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_ope_cells_config {
    double prior;   /* rows' worth of the mean over all rows that every cell starts from; > 0 */
    size_t n_folds; /* >= 2: a row's own fold is left out of its cell means                   */
} pal_ope_cells_config;

pal_ope_cells_config pal_ope_cells_defaults(void); /* 10 rows, 5 folds */

/*
 * q of every row and context by shrunken means: (sum of rewards in the cell + prior mean) / (rows in it + prior).
 *
 *   q        out  n             the logged action's
 *   v        out  n             sum over actions of chance x mean; NULL: not wanted
 *   reward   in   n             finite
 *   context  in   n             < n_contexts: rows that share it share their cells
 *   action   in   n             < n_actions
 *   fold     in   n             < n_folds; rows of a person belong into one fold
 *   chance   in   n_contexts x n_actions   the target's policy; read when v is wanted
 *
 *   PAL_ERR_SHAPE   n, n_contexts or n_actions is 0, or fewer than 2 folds
 *   PAL_ERR_DATA    an id out of range, a reward that is not finite, prior not above 0; names the row
 *   PAL_ERR_MEMORY  takes 16 bytes a cell and fold
 * Cross-fitting: Chernozhukov et al., Econometrics Journal 2018. Oracle: tests/metrics/test_ope_cells.c.
 */
PAL_MUST_USE pal_status pal_ope_cells_fit(double *q, double *v, const double *reward, const uint32_t *context,
                                          const uint32_t *action, const uint32_t *fold, const double *chance, size_t n,
                                          size_t n_contexts, size_t n_actions, const pal_ope_cells_config *config,
                                          pal_error *err);

#endif
