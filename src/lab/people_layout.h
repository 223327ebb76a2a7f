/* A place on the page for everyone in a community. */
#ifndef PAL_LAB_PEOPLE_LAYOUT_H
#define PAL_LAB_PEOPLE_LAYOUT_H

#include "core/csr.h"
#include "core/error.h"
#include "models/spectral.h"

#include <stdint.h>

/*
 * The first two eigenvectors show two communities and heap the others up at the origin. So the spectral map is made flat in
 * two steps: communities are laid out so that their distances on the page are near those of their mean rows in the diffusion
 * map (eigenvectors times (1 - eigenvalue)^4, rows of length 1), and each person stands at the mean of their neighbours'
 * communities, weighted by the edges.
 *
 *   x, y   out  n  coordinates, largest distance of a community from the middle 1; NaN for people without a label
 *   label  in   n  below k, or UINT32_MAX
 *
 * Sources: Coifman and Lafon, ACHA 21 (2006); SMACOF: de Leeuw and Heiser (1980), from classical scaling. Exact grade.
 */
PAL_MUST_USE pal_status pal_people_layout(double *x, double *y, const pal_spectral_result *map, const uint32_t *label,
                                          size_t k, const pal_csr *edges, pal_error *err);

#endif
