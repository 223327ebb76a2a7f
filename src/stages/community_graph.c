/* Counting pairs list by list, and handing the graph to the clustering. */
#include "stages/community_graph.h"

#include <stdlib.h>
#include <string.h>

#define DENSE_SHARE 16 /* rows with more neighbours than n / this are read off by a scan, others sorted */

/* Lists by row: the transpose of `lists`. */
typedef struct membership {
    size_t *begin;  /* n_rows + 1 */
    uint32_t *list;
} membership;

static pal_status turn(membership *out, const pal_lists *lists, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = lists->begin[lists->n];
    size_t *next;

    PAL_TAKE(out->begin, lists->n_rows + 1, scratch);
    PAL_TAKE(out->list, n, scratch);
    PAL_TAKE(next, lists->n_rows, scratch);
    memset(out->begin, 0, (lists->n_rows + 1) * sizeof *out->begin);
    for (size_t k = 0; k < n; k++) {
        out->begin[lists->row[k] + 1]++;
    }
    for (size_t r = 0; r < lists->n_rows; r++) {
        out->begin[r + 1] += out->begin[r];
        next[r] = out->begin[r];
    }
    for (size_t l = 0; l < lists->n; l++) {
        for (size_t k = lists->begin[l]; k < lists->begin[l + 1]; k++) {
            out->list[next[lists->row[k]]++] = (uint32_t)l;
        }
    }

done:
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Cells of row r behind those already there; count[] is all zero before and after. */
static void fill_row(pal_csr *graph, size_t r, const pal_lists *lists, const membership *of, uint32_t *count,
                     uint32_t *touched)
{
    size_t n = 0, at = graph->begin[r];

    for (size_t m = of->begin[r]; m < of->begin[r + 1]; m++) {
        const size_t l = of->list[m];

        for (size_t k = lists->begin[l]; k < lists->begin[l + 1]; k++) {
            const uint32_t other = lists->row[k];

            if (count[other]++ == 0) {
                touched[n++] = other;
            }
        }
    }
    if (n > lists->n_rows / DENSE_SHARE) {
        n = 0;
        for (uint32_t c = 0; c < lists->n_rows; c++) {
            if (count[c] != 0) {
                touched[n++] = c;
            }
        }
    } else {
        qsort(touched, n, sizeof *touched, by_number);
    }
    for (size_t k = 0; k < n; k++) {
        if (touched[k] != r) {
            graph->col[at] = touched[k];
            graph->value[at++] = (float)count[touched[k]];
        }
        count[touched[k]] = 0;
    }
    graph->begin[r + 1] = at;
}

/* Cells at most: every list gives a row its other members, but no row has more than all others. */
static size_t most_cells(const pal_lists *lists)
{
    size_t most = 0, all = lists->n_rows * (lists->n_rows - (lists->n_rows > 0));

    for (size_t l = 0; l < lists->n; l++) {
        const size_t n = lists->begin[l + 1] - lists->begin[l];

        most += n > 0 ? n * (n - 1) : 0;
    }
    return most < all ? most : all;
}

pal_status pal_together(pal_csr *graph, const pal_lists *lists, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t most = most_cells(lists);
    membership of = { 0 };
    uint32_t *count, *touched;

    PAL_TRY(turn(&of, lists, scratch, err));
    graph->n_rows = graph->n_cols = lists->n_rows;
    PAL_TAKE(graph->begin, lists->n_rows + 1, scratch);
    PAL_TAKE(graph->col, most, scratch);
    PAL_TAKE(graph->value, most, scratch);
    PAL_TAKE(count, lists->n_rows, scratch);
    PAL_TAKE(touched, lists->n_rows, scratch);
    memset(count, 0, lists->n_rows * sizeof *count);
    graph->begin[0] = 0;
    for (size_t r = 0; r < lists->n_rows; r++) {
        fill_row(graph, r, lists, &of, count, touched);
    }
    graph->n = graph->begin[lists->n_rows];

done:
    return rc;
}

pal_status pal_together_cluster(uint32_t *label, size_t *n_clusters, const pal_lists *lists, size_t k,
                                const pal_spectral_config *config, pal_key key, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_spectral_config own = *config;
    pal_spectral_result result = { 0 };
    pal_csr graph;

    if (lists->n_rows <= k) {
        for (size_t r = 0; r < lists->n_rows; r++) {
            label[r] = (uint32_t)r;
        }
        *n_clusters = lists->n_rows;
        return PAL_OK;
    }
    if (k <= 1) {
        memset(label, 0, lists->n_rows * sizeof *label);
        *n_clusters = 1;
        return PAL_OK;
    }
    own.k = k;
    PAL_TRY(pal_together(&graph, lists, scratch, err));
    rc = pal_spectral_graph(&result, &graph, PAL_TOGETHER_FLOOR, &own, key, err);
    if (rc == PAL_ERR_CONVERGE) {
        rc = PAL_OK;
        *n_clusters = 0;
        goto done;
    }
    PAL_TRY(rc);
    memcpy(label, result.label, lists->n_rows * sizeof *label);
    *n_clusters = result.k;

done:
    pal_spectral_clear(&result);
    pal_arena_rewind(scratch, mark);
    return rc;
}
