/* Implicit alternating least squares: every person-item cell counts, the stored ones more. */
#ifndef PAL_MODELS_ALS_H
#define PAL_MODELS_ALS_H

#include "core/csr.h"
#include "core/linalg.h"
#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_ALS_MOST_D 1024

typedef enum pal_als_confidence { PAL_ALS_LINEAR, PAL_ALS_LOG, PAL_ALS_CONSTANT } pal_als_confidence;
typedef enum pal_als_solver { PAL_ALS_CHOLESKY, PAL_ALS_CG } pal_als_solver;

/*
 * With scores s = x . y, people x and items y, the objective is
 *
 *   sum over stored cells of their loss + w0 sum over cells of s^2 + sum over rows of l |row|^2
 *
 * where a liked cell of value r has extra weight e = alpha r, alpha log(1 + r / epsilon) or alpha, and
 *   base on the unobserved  loss (w0 + e) (1 - s)^2, and the cell is left out of the second sum: Hu, Koren, Volinsky,
 *                           ICDM 2008, where w0 = 1 and c = 1 + e
 *   base on all             loss e (1 - s)^2: Rendle, Krichene, Zhang, Koren, RecSys 2022, where e = 1 and w0 = alpha0
 * A disliked cell has loss e s^2. A row with n stored cells, facing m others, has l = reg (n + w0 m)^reg_power.
 */
typedef struct pal_als_config {
    size_t d, epochs;
    pal_als_confidence confidence;
    bool base_on_all;
    double alpha, epsilon, unobserved; /* unobserved: w0 */
    double reg, reg_power;
    double init_sd;                    /* of a starting row's length */
    pal_als_solver solver;
    size_t cg_steps;
} pal_als_config;

/* Everything a row's system needs of the other side. All borrowed. */
typedef struct pal_als_side {
    const pal_als_config *config;
    pal_backend backend;
    const float *y;     /* n x d                     */
    size_t n;
    const double *gram; /* d x d: sum of y y'        */
} pal_als_side;

/* Stored cells of a row. */
typedef struct pal_als_cells {
    size_t n;
    const uint32_t *col;
    const float *value;
} pal_als_cells;

static inline pal_als_cells pal_als_row(const pal_csr *matrix, size_t row)
{
    if (matrix == NULL) return (pal_als_cells){ 0, NULL, NULL };
    return (pal_als_cells){ pal_csr_count(matrix, row), matrix->col + matrix->begin[row],
                            matrix->value + matrix->begin[row] };
}

/* Doubles of scratch for the three functions below. */
size_t pal_als_room(size_t d);

/* Extra weight of a stored cell. */
double pal_als_extra(const pal_als_config *config, float value);
/* Weight of a liked cell's 1 in the right-hand side: e, or w0 + e. */
double pal_als_target(const pal_als_config *config, float value);
/* l of a row with n stored cells facing m others. */
double pal_als_penalty(const pal_als_config *config, size_t n, size_t m);

/* The lower Cholesky factor of a row's system, at the start of room: w0 gram + sum of e y y' + l I. */
PAL_MUST_USE pal_status pal_als_factorise(double *room, const pal_als_side *side, pal_als_cells liked,
                                          pal_als_cells disliked, pal_error *err);
/*
 * The best row (d) for its cells: exactly, or by cg_steps of conjugate gradients that start from *x. 0 without liked
 * cells. Source of the latter: Takacs, Pilaszy, Tikk, RecSys 2011.
 *   PAL_ERR_CONVERGE  the system is not positive definite: reg is 0 or far too small
 */
PAL_MUST_USE pal_status pal_als_solve(float *x, const pal_als_side *side, pal_als_cells liked, pal_als_cells disliked,
                                      double *room, pal_error *err);
/* gram = sum of rows' outer products, in blocks of fixed size merged in order. */
PAL_MUST_USE pal_status pal_als_gram(double *gram, const float *y, size_t n, size_t d, pal_backend backend,
                                     size_t n_threads, pal_error *err);

typedef struct pal_als {
    pal_als_config config;
    pal_backend backend;
    size_t n_rows, n_cols;   /* 0 before the first fit                       */
    float *factor[2];        /* n x d: people, items                         */
    double *gram;            /* d x d, of the items: for new people          */
    pal_csr *disliked;       /* as given to the fit, for `explain`; or NULL  */
} pal_als;

/* The objective of a fitted model on data it was fitted to. */
PAL_MUST_USE pal_status pal_als_objective(double *out, const pal_als *model, const pal_rec_data *data,
                                          size_t n_threads, pal_error *err);
/* New people and items need nothing of a fit but the items' side. */
pal_als_side pal_als_items(const pal_als *model);

/* The members of pal_rec_type (models/recommender.h); self is a pal_als. */
pal_status pal_als_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err);
pal_status pal_als_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                         pal_error *err);
pal_status pal_als_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                           pal_error *err);
pal_status pal_als_explain(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                           pal_arena *scratch, pal_error *err);
const float *pal_als_factors(const void *self, bool people, size_t *n, size_t *d);
pal_status pal_als_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_als_load(void **self, const pal_tensors *file, pal_error *err);
void pal_als_shape(const void *self, size_t *n_rows, size_t *n_cols);
uint64_t pal_als_digest(const void *self);
void pal_als_free(void *self);

#endif
