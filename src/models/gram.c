/* X'X without a dense X: the people of an item add their rows, up to the diagonal; the other half is a copy. */
#include "models/gram.h"

#include "core/threads.h"

#include <string.h>

#define BLOCK 16
#define GIB 1073741824.0

pal_status pal_gram_fits(const char *model, size_t n_items, size_t bytes, double limit_gib, pal_error *err)
{
    double need = (double)n_items * (double)n_items * (double)bytes / GIB;

    if (need > limit_gib) {
        return pal_error_set(err, PAL_ERR_DATA,
                             "%s: %zu items need %.2f GiB (%zu bytes a pair), memory_gib allows %g: drop rare items or "
                             "raise it", model, n_items, need, bytes, limit_gib);
    }
    return PAL_OK;
}

typedef struct gram_job {
    double *g;
    const pal_csr *rows, *cols;
} gram_job;

static pal_status fill_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const gram_job *job = ctx;
    const pal_csr *rows = job->rows, *cols = job->cols;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t j = begin; j < end; j++) {
        double *line = job->g + j * rows->n_cols;

        memset(line, 0, (j + 1) * sizeof *line);
        for (size_t p = cols->begin[j]; p < cols->begin[j + 1]; p++) {
            const double value = (double)cols->value[p];
            const size_t u = cols->col[p], last = rows->begin[u + 1];

            for (size_t c = rows->begin[u]; c < last && rows->col[c] <= j; c++) {
                line[rows->col[c]] += value * (double)rows->value[c];
            }
        }
    }
    return PAL_OK;
}

/* The upper triangle, in tiles. A block of rows of the copy reads what other blocks wrote: a second pass. */
static pal_status mirror_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const gram_job *job = ctx;
    size_t n = job->rows->n_cols;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t i0 = begin; i0 < n; i0 += BLOCK) {
        for (size_t j = begin; j < end; j++) {
            for (size_t i = i0 > j ? i0 : j + 1; i < n && i < i0 + BLOCK; i++) job->g[j * n + i] = job->g[i * n + j];
        }
    }
    return PAL_OK;
}

pal_status pal_gram(double *g, const pal_csr *rows, const pal_csr *cols, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    gram_job job = { g, rows, cols };

    PAL_TRY(pal_parallel_for(rows->n_cols, BLOCK, n_threads, fill_rows, &job, err));
    PAL_TRY(pal_parallel_for(rows->n_cols, BLOCK, n_threads, mirror_rows, &job, err));

done:
    return rc;
}
