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
    pal_free(log->row);
    *log = (pal_training_log){ 0 };
}
