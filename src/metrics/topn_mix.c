/* The mix of a list against the mix of a profile: calibration by genre and by popularity. */
#include "metrics/topn.h"

#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_SHARE 0.2 /* of all interactions, made by the head; and as much by the tail (Abdollahpouri et al. 2021) */

void pal_topn_lengths(double *length, const pal_csr *rows)
{
    for (size_t r = 0; r < rows->n_rows; r++) {
        double sum = 0;

        for (size_t i = rows->begin[r]; i < rows->begin[r + 1]; i++) {
            sum += (double)rows->value[i] * (double)rows->value[i];
        }
        length[r] = sqrt(sum);
    }
}

/* Shares of the groups among items; false when none of them has a group. */
static bool mix_of(double *mix, const pal_csr *groups, const uint32_t *item, size_t n)
{
    size_t counted = 0;

    memset(mix, 0, groups->n_cols * sizeof *mix);
    for (size_t i = 0; i < n; i++) {
        size_t cells = pal_csr_count(groups, item[i]);

        for (size_t c = 0; c < cells; c++) {
            mix[groups->col[groups->begin[item[i]] + c]] += 1 / (double)cells;
        }
        counted += cells > 0;
    }
    for (size_t g = 0; g < groups->n_cols && counted > 0; g++) {
        mix[g] /= (double)counted;
    }
    return counted > 0;
}

pal_status pal_topn_calibration(double *out, const pal_csr *groups, const uint32_t *profile, size_t n_profile,
                                const uint32_t *list, size_t n_list, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena_mark mark = pal_arena_here(scratch);
    double *p, *q, sum = 0;

    *out = NAN;
    PAL_TAKE(p, groups->n_cols, scratch);
    PAL_TAKE(q, groups->n_cols, scratch);
    if (!mix_of(p, groups, profile, n_profile)) {
        goto done;
    }
    (void)mix_of(q, groups, list, n_list); /* a list without any group is as far away as can be */
    for (size_t g = 0; g < groups->n_cols; g++) {
        if (p[g] > 0) {
            sum += p[g] * pal_log(p[g] / ((1 - PAL_TOPN_SMOOTHING) * q[g] + PAL_TOPN_SMOOTHING * p[g]));
        }
    }
    *out = sum;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

typedef struct counted { uint32_t item, count; } counted;

static int most_first(const void *x, const void *y)
{
    const counted *a = x, *b = y;

    return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : (a->item > b->item) - (a->item < b->item);
}

pal_status pal_topn_popularity_groups(pal_csr **out, const uint32_t *count, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    counted *order = NULL;
    pal_csr_cell *cell = NULL;
    uint64_t all = 0, so_far = 0;

    PAL_NEW(order, n_items);
    PAL_NEW(cell, n_items);
    for (size_t i = 0; i < n_items; i++) {
        order[i] = (counted){ (uint32_t)i, count[i] };
        all += count[i];
    }
    qsort(order, n_items, sizeof *order, most_first);
    for (size_t i = 0; i < n_items; i++) {
        /* Where an item begins decides: the one that crosses a fifth still belongs to the head. */
        double before = all > 0 ? (double)so_far / (double)all : 1;
        bool tail = order[i].count == 0 || before >= 1 - HEAD_SHARE;

        cell[i] = (pal_csr_cell){ order[i].item, tail ? 2 : before < HEAD_SHARE ? 0 : 1, 1 };
        so_far += order[i].count;
    }
    PAL_TRY(pal_csr_new(out, n_items, 3, cell, n_items, PAL_TWICE_LAST, err));

done:
    pal_free(order);
    pal_free(cell);
    return rc;
}
