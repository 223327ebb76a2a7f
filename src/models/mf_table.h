/* Rows of a factor model's parameters: values beside the sums that scale their steps. */
#ifndef PAL_MODELS_MF_TABLE_H
#define PAL_MODELS_MF_TABLE_H

#include "core/error.h"
#include "core/rng.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MF_LANES 4 /* a row's width is a multiple of it */

/*
 * A row is `parts` stretches of `width` floats: the values; the sums of squared gradients; with AdaDelta also the means
 * of squared steps. With one part a last vector follows it, whose first lane is the sum of a row as a whole. Lanes
 * 0..d-1 of the values are factors. Lane d is the bias of an item (1 for a person), lane d + 1 the bias of a person (1
 * for an item): the dot product of two rows is the score, biases and all. The rest stays 0.
 */
typedef struct pal_mf_table {
    size_t n, width, parts;
    float *x; /* n x pal_mf_floats; NULL while n is 0 */
} pal_mf_table;

/* Lanes for d factors and two biases, rounded up to whole vectors. */
static inline size_t pal_mf_width(size_t d)
{
    return (d + 2 + PAL_MF_LANES - 1) / PAL_MF_LANES * PAL_MF_LANES;
}

/* Floats of a row, its sums among them. */
static inline size_t pal_mf_floats(const pal_mf_table *table)
{
    return table->parts > 1 ? table->parts * table->width : table->width + PAL_MF_LANES;
}

static inline float *pal_mf_row(const pal_mf_table *table, size_t row)
{
    return table->x + row * pal_mf_floats(table);
}

/* Which of the four tables: part of the key of its first values. */
typedef enum pal_mf_which { PAL_MF_PEOPLE, PAL_MF_ITEMS, PAL_MF_PEOPLE_FEATURES, PAL_MF_ITEM_FEATURES } pal_mf_which;

/*
 * Rows up to n (never fewer than there are). New factors are (U - 0.5) / d with U in [0, 1) keyed by table, row and
 * factor; biases 0; `squares` in the sums of squares (1 for AdaGrad, 0 for AdaDelta). Source: LightFM's start.
 */
PAL_MUST_USE pal_status pal_mf_table_grow(pal_mf_table *table, size_t n, size_t d, float squares, pal_key key,
                                          pal_mf_which which, pal_error *err);
/* The sums of one row, all it has after its values, as of a new one. */
void pal_mf_fill_sums(float *row, size_t width, size_t parts, float squares);
void pal_mf_table_clear(pal_mf_table *table);

bool pal_mf_table_is_finite(const pal_mf_table *table);
uint64_t pal_mf_table_digest(const pal_mf_table *table);
/* As one F32 array n x parts x width (with one part n x 1 x pal_mf_floats). load takes width and parts from *table and
 * checks them; n is what is there. */
PAL_MUST_USE pal_status pal_mf_table_save(const pal_mf_table *table, pal_tensors *file, const char *name,
                                          pal_error *err);
PAL_MUST_USE pal_status pal_mf_table_load(pal_mf_table *table, const pal_tensors *file, const char *name,
                                          pal_error *err);

#endif
