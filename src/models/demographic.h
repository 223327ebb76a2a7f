/* What similar people have: smoothed rates of items by demographic cell. */
#ifndef PAL_MODELS_DEMOGRAPHIC_H
#define PAL_MODELS_DEMOGRAPHIC_H

#include "core/csr.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A side feature that only takes the value 1 has one level; any other is a number from 0 to 1 and is cut into `bins`
 * levels of equal width. A person's cell is the set of their levels. With prior s,
 *
 *   p(i)      share of item i in all interactions
 *   p(i | l)  (count of i among people of level l + s p(i)) / (their interactions + s)
 *   p(i | c)  (count of i in the cell + s mean over its levels of p(i | l)) / (interactions of the cell + s)
 *
 * so that a cell without people falls back to its levels, and those to popularity. Exact grade.
 * Source: additive smoothing towards a parent, as in MacKay, Bauman Peto, Natural Language Engineering 1 (1995).
 */
typedef struct pal_demographic {
    size_t n_features, bins;
    double prior;
    uint8_t *is_number;   /* n_features                                       */
    size_t n_cells;
    uint64_t *cell;       /* n_cells, ascending: digests of sets of levels     */
    pal_csr *of_level;    /* (n_features x bins) x items: counts               */
    pal_csr *of_cell;     /* n_cells x items                                   */
    uint32_t *people;     /* n_features x bins: how many have the level        */
} pal_demographic;

/* Counts of all people; the caller clears *out also after an error. features: people x n_features. */
PAL_MUST_USE pal_status pal_demographic_fit(pal_demographic *out, const pal_csr *rows, const pal_csr *features,
                                            size_t bins, double prior, pal_error *err);
void pal_demographic_clear(pal_demographic *model);

/* People on whom an answer for these features rests: the mean over the levels of how many have each; 0 without any. */
double pal_demographic_people(const pal_demographic *model, const uint32_t *feature, const float *value, size_t n);
/*
 * p(i | c) of every item; popular is p(i), n_items. Sums to 1 when popular does. Features that the model does not know
 * are passed over; without any known one the answer is p(i).
 */
PAL_MUST_USE pal_status pal_demographic_shares(double *share, const pal_demographic *model, const double *popular,
    size_t n_items, const uint32_t *feature, const float *value, size_t n, pal_error *err);

/* Arrays "demographic.…" of a file, and back. */
PAL_MUST_USE pal_status pal_demographic_save(const pal_demographic *model, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_demographic_load(pal_demographic *out, const pal_tensors *file, size_t n_features,
                                             size_t bins, double prior, size_t n_items, pal_error *err);
uint64_t pal_demographic_digest(const pal_demographic *model);

#endif
