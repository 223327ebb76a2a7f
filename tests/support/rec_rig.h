/* What the tests of collaborative models share: small data, MovieLens, fitting, judging. Failures abort the test. */
#ifndef PAL_TESTS_SUPPORT_REC_RIG_H
#define PAL_TESTS_SUPPORT_REC_RIG_H

#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

/* A people x items matrix with its transpose. */
typedef struct rec_rig {
    pal_csr *rows, *cols;
    int64_t *time;   /* rows->n, or NULL */
    pal_rec_data data;
} rec_rig;

/* Ratings of 8 people for 6 items: what the oracles of Python were computed on. */
enum { REC_SMALL_PEOPLE = 8, REC_SMALL_ITEMS = 6 };
extern const float rec_small[REC_SMALL_PEOPLE * REC_SMALL_ITEMS];

/* From a dense matrix, row-major; 0 is no interaction. */
rec_rig rec_rig_dense(const float *x, size_t n_rows, size_t n_cols);
/* Random: people like items of their own group more; values 1 (or 1..5 when rated); every person and item has some. */
rec_rig rec_rig_random(uint64_t seed, size_t n_rows, size_t n_cols, double density, bool rated);
rec_rig rec_rig_of(pal_csr *rows); /* takes the matrix */
void rec_rig_clear(rec_rig *rig);

/* A checked table of parameters from JSON text (NULL: defaults), and a model fitted with them. */
pal_values *rec_values(const pal_rec_type *type, const char *json);
void *rec_new(const pal_rec_type *type, const char *json);
void *rec_fit(const pal_rec_type *type, const char *json, const rec_rig *rig, size_t n_threads, pal_backend backend);

/* Row u of the rig as the query of that person (or of a new one with the same history). */
pal_rec_query rec_query(const rec_rig *rig, size_t u, bool as_new);
/* Similarity of every item (or person) to one; the caller pal_frees. */
float *rec_similar(const pal_rec_type *type, const void *self, bool people, uint32_t id);
/* Scores of one query: n_cols floats, the caller pal_frees. */
float *rec_scores(const pal_rec_type *type, const void *self, const pal_rec_query *query);

/* MovieLens 100k, "ua" split, every rating as 1; false (and a printed line) when the data is not there. */
bool rec_movielens(rec_rig *train, pal_csr **test);
/* Mean over people with test items of hits / k among the k best, and of the AUC; training items left out. */
double rec_precision(const pal_rec_type *type, const void *self, const rec_rig *train, const pal_csr *test, size_t k);
double rec_auc(const pal_rec_type *type, const void *self, const rec_rig *train, const pal_csr *test);

#endif
