/* Inside the data room: the ids of an interaction log, held in one block and found by hash. */
#ifndef PAL_DATA_INTERACTIONS_POOL_H
#define PAL_DATA_INTERACTIONS_POOL_H

#include "data/interactions.h"
#include "data/intern.h"

typedef struct pal_id_table {
    char *bytes;      /* every id with its NUL                   */
    uint32_t *slot;   /* open addressing: place + 1, 0 = free    */
    size_t n_slots;   /* a power of two, more than half free     */
} pal_id_table;

/* What pal_interactions.pool points to. */
typedef struct pal_log_pool {
    pal_id_table user, item;
    char *titles;     /* every item's title with its NUL; or NULL */
} pal_log_pool;

/* Copy n strings, numbers[0..n) of `from`, in that order; *ids gets n pointers into the table. */
PAL_MUST_USE pal_status pal_id_table_fill(pal_id_table *table, char ***ids, const pal_intern *from,
                                          const uint32_t *numbers, size_t n, pal_error *err);
/* Place of an id, SIZE_MAX when it is not there. */
size_t pal_id_table_find(const pal_id_table *table, char *const *ids, const char *id);
void pal_id_table_clear(pal_id_table *table);

void pal_side_free(pal_side *side); /* accepts NULL */

#endif
