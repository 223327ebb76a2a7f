/* The tastes in a person's past: a few directions that its items gather around. */
#ifndef PAL_MODELS_INTERESTS_H
#define PAL_MODELS_INTERESTS_H

#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_INTERESTS_MOST 16

/*
 * Spherical k-means: labels that make the sum of cosines between items and the mean direction of their group large.
 *
 *   label    out  n      0..k-1; groups may be empty
 *   row      in   n      rows of x that are meant
 *   x        in   . x d  vectors of any length; one of zeros goes to group 0
 *   centre   tmp  k x d  doubles
 *
 * The first centre is a keyed draw among the items, each next one the item whose best cosine so far is lowest; then at
 * most 20 turns. Ties go to the lower group and the earlier item. Exact grade.
 * Source: Dhillon, Modha, Machine Learning 42 (2001).
 */
void pal_interests_split(uint8_t *label, const uint32_t *row, size_t n, const float *x, size_t d, size_t k,
                         double *centre, pal_key key, pal_at at);

#endif
