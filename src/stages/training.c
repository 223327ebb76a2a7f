/* The training log. */
#include "stages/training.h"

#include "core/mem.h"

#define FIRST_ROWS 256

pal_status pal_training_log_add(pal_training_log *log, const pal_training_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (log->n == log->capacity) {
        size_t capacity = log->capacity == 0 ? FIRST_ROWS : 2 * log->capacity;
        pal_training_row *grown = pal_resize(log->row, log->capacity, capacity, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu rows of training", capacity);
        }
        log->row = grown;
        log->capacity = capacity;
    }
    log->row[log->n++] = *row;

done:
    return rc;
}

void pal_training_log_clear(pal_training_log *log)
{
    for (size_t i = 0; i < log->n; i++) {
        pal_training_row_clear(&log->row[i]);
    }
    pal_free(log->row);
    *log = (pal_training_log){ 0 };
}

pal_status pal_training_shape_new(pal_training_shape **out, size_t d, size_t n_curve, bool trees, pal_error *err)
{
    const size_t n = (trees ? 2 * d : d) + 2 * n_curve;
    pal_training_shape *shape = pal_calloc(1, sizeof *shape + n * sizeof(float));
    pal_status rc = PAL_OK;

    if (shape == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the shape of a model of %zu features", d);
    }
    shape->d = d;
    shape->n_curve = n_curve;
    shape->share = (float *)(shape + 1);
    shape->splits = trees ? shape->share + d : NULL;
    shape->train = shape->share + (trees ? 2 * d : d);
    shape->valid = shape->train + n_curve;
    *out = shape;

done:
    return rc;
}

void pal_training_row_clear(pal_training_row *row)
{
    pal_free(row->quality);
    pal_free(row->shape);
    row->quality = NULL;
    row->shape = NULL;
}
