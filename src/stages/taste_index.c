/* Building the scan layout from the catalog. */
#include "stages/taste_index.h"

#include "core/mem.h"
#include "stages/order.h"
#include "stages/scan.h"

#include <math.h>

static size_t round_up(size_t n)
{
    return (n + PAL_SCAN_LANE - 1) / PAL_SCAN_LANE * PAL_SCAN_LANE;
}

static pal_status count_members(pal_taste_index *index, pal_error *err)
{
    const pal_catalog *catalog = index->catalog;
    pal_status rc = PAL_OK;

    PAL_NEW(index->n, index->n_tastes);
    PAL_NEW(index->begin, index->n_tastes + 1);
    for (size_t i = 0; i < catalog->n_items; i++) {
        for (size_t t = 0; t < index->n_tastes; t++) {
            index->n[t] += (catalog->cluster_mask[i] >> t) & 1;
        }
    }
    for (size_t t = 0; t < index->n_tastes; t++) {
        index->begin[t + 1] = index->begin[t] + round_up(index->n[t]);
    }
    index->row = index->begin[index->n_tastes];

done:
    return rc;
}

static void place(pal_taste_index *index, size_t at, size_t item)
{
    const pal_catalog *catalog = index->catalog;

    index->member[at] = (uint32_t)item;
    index->popularity[at] = catalog->popularity[item];
    for (size_t f = 0; f < catalog->d; f++) {
        index->direction_t[f * index->row + at] = catalog->direction[item * catalog->stride + f];
    }
}

static pal_status fill_members(pal_taste_index *index, pal_error *err)
{
    const pal_catalog *catalog = index->catalog;
    size_t filled[PAL_MAX_CLUSTERS] = { 0 };
    pal_status rc = PAL_OK;

    PAL_NEW(index->member, index->row);
    PAL_NEW(index->popularity, index->row);
    PAL_NEW(index->direction_t, index->row * catalog->d);
    for (size_t i = 0; i < catalog->n_items; i++) {
        for (size_t t = 0; t < index->n_tastes; t++) {
            if ((catalog->cluster_mask[i] >> t) & 1) {
                place(index, index->begin[t] + filled[t]++, i);
            }
        }
    }

done:
    return rc;
}

/* The mean direction of a cluster's members, on the unit sphere; zero if it has none or they cancel. */
static void find_center(pal_taste_index *index, size_t t)
{
    const size_t d = index->catalog->d;
    double sum[PAL_MAX_FEATURES], norm = 0;

    for (size_t f = 0; f < d; f++) {
        const float *x = index->direction_t + f * index->row + index->begin[t];

        sum[f] = 0;
        for (size_t i = 0; i < index->n[t]; i++) {
            sum[f] += (double)x[i];
        }
        norm += sum[f] * sum[f];
    }
    norm = sqrt(norm);
    for (size_t f = 0; f < d && norm > 0; f++) {
        index->center[t * index->catalog->stride + f] = (float)(sum[f] / norm);
    }
}

pal_status pal_taste_index_new(pal_taste_index **out, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_taste_index *index = NULL;
    uint32_t *work = NULL;

    PAL_NEW(index, 1);
    index->catalog = catalog;
    index->n_tastes = catalog->clusters->n;
    PAL_TRY(count_members(index, err));
    PAL_TRY(fill_members(index, err));
    PAL_NEW(index->center, index->n_tastes * catalog->stride);
    for (size_t t = 0; t < index->n_tastes; t++) {
        find_center(index, t);
    }
    PAL_NEW(index->by_popularity, catalog->n_items);
    PAL_NEW(work, 3 * catalog->n_items);
    pal_order_falling(index->by_popularity, catalog->popularity, catalog->n_items, work);
    *out = index;
    index = NULL;

done:
    pal_free(work);
    pal_taste_index_free(index);
    return rc;
}

void pal_taste_index_free(pal_taste_index *index)
{
    if (index == NULL) {
        return;
    }
    pal_free(index->center);
    pal_free(index->begin);
    pal_free(index->n);
    pal_free(index->member);
    pal_free(index->direction_t);
    pal_free(index->popularity);
    pal_free(index->by_popularity);
    pal_free(index);
}
