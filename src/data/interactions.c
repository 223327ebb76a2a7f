/* Interaction logs: ids found by hash, cells of a part as a matrix, digest, end. */
#include "data/interactions.h"

#include "core/mem.h"
#include "data/interactions_pool.h"

#include <string.h>

/* ---- ids -------------------------------------------------------------------------------------------------- */

static void place_ids(pal_id_table *table, char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)pal_hash_text(ids[i]) & (table->n_slots - 1);

        while (table->slot[at] != 0) {
            at = (at + 1) & (table->n_slots - 1);
        }
        table->slot[at] = (uint32_t)(i + 1);
    }
}

pal_status pal_id_table_fill(pal_id_table *table, char ***ids, const pal_intern *from, const uint32_t *numbers,
                             size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t bytes = 0, used = 0;

    for (size_t i = 0; i < n; i++) {
        bytes += strlen(pal_intern_text(from, numbers[i])) + 1;
    }
    table->n_slots = 4;
    while (table->n_slots < 2 * n + 2) {
        table->n_slots *= 2;
    }
    PAL_NEW(*ids, n);
    PAL_NEW(table->bytes, bytes);
    PAL_NEW(table->slot, table->n_slots);
    for (size_t i = 0; i < n; i++) {
        const char *text = pal_intern_text(from, numbers[i]);
        size_t length = strlen(text) + 1;

        memcpy(table->bytes + used, text, length);
        (*ids)[i] = table->bytes + used;
        used += length;
    }
    place_ids(table, *ids, n);

done:
    return rc;
}

size_t pal_id_table_find(const pal_id_table *table, char *const *ids, const char *id)
{
    size_t at = (size_t)pal_hash_text(id) & (table->n_slots - 1);

    for (; table->slot[at] != 0; at = (at + 1) & (table->n_slots - 1)) {
        if (strcmp(ids[table->slot[at] - 1], id) == 0) {
            return table->slot[at] - 1;
        }
    }
    return SIZE_MAX;
}

void pal_id_table_clear(pal_id_table *table)
{
    pal_free(table->bytes);
    pal_free(table->slot);
    *table = (pal_id_table){ 0 };
}

size_t pal_interactions_user(const pal_interactions *log, const char *id)
{
    return pal_id_table_find(&((const pal_log_pool *)log->pool)->user, log->user_id, id);
}

size_t pal_interactions_item(const pal_interactions *log, const char *id)
{
    return pal_id_table_find(&((const pal_log_pool *)log->pool)->item, log->item_id, id);
}

/* ---- digest ----------------------------------------------------------------------------------------------- */

static uint64_t side_digest(uint64_t digest, const pal_side *side)
{
    if (side == NULL) {
        return pal_hash_mix(digest, 0);
    }
    digest = pal_hash_mix(digest, (uint64_t)side->n_features + 1);
    for (size_t f = 0; f < side->n_features; f++) {
        digest = pal_hash_mix(digest, pal_hash_text(side->name[f]));
    }
    return pal_hash_mix(digest, pal_csr_digest(side->cell));
}

static uint64_t ids_digest(uint64_t digest, char *const *ids, size_t n)
{
    digest = pal_hash_mix(digest, (uint64_t)n);
    for (size_t i = 0; i < n; i++) {
        digest = pal_hash_mix(digest, pal_hash_text(ids[i]));
    }
    return digest;
}

uint64_t pal_interactions_digest(const pal_interactions *log)
{
    uint64_t digest = pal_hash_mix((uint64_t)log->n, log->time != NULL);

    digest = ids_digest(digest, log->user_id, log->n_users);
    digest = ids_digest(digest, log->item_id, log->n_items);
    digest = pal_hash_mix(digest, pal_hash(log->user, log->n * sizeof *log->user));
    digest = pal_hash_mix(digest, pal_hash(log->item, log->n * sizeof *log->item));
    digest = pal_hash_mix(digest, pal_hash_floats(log->value, log->n));
    if (log->time != NULL) {
        digest = pal_hash_mix(digest, pal_hash(log->time, log->n * sizeof *log->time));
    }
    digest = pal_hash_mix(digest, pal_hash(log->order, log->n * sizeof *log->order));
    digest = pal_hash_mix(digest, pal_hash(log->nth, log->n * sizeof *log->nth));
    digest = side_digest(digest, log->user_side);
    return side_digest(digest, log->item_side);
}

/* ---- matrix ----------------------------------------------------------------------------------------------- */

static bool is_wanted(const uint8_t *part, pal_part want, size_t i)
{
    return part == NULL || part[i] == (uint8_t)want;
}

/* The log stands in the matrix's order already: one pass, no sort. */
pal_status pal_interactions_matrix(pal_csr **out, int64_t **time, const pal_interactions *log, const uint8_t *part,
                                   pal_part want, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *matrix = NULL;
    int64_t *times = NULL;
    size_t n = 0, to = 0;

    for (size_t i = 0; i < log->n; i++) {
        n += is_wanted(part, want, i);
    }
    PAL_NEW(matrix, 1);
    matrix->n_rows = log->n_users;
    matrix->n_cols = log->n_items;
    matrix->n = n;
    PAL_NEW(matrix->begin, log->n_users + 1);
    PAL_NEW(matrix->col, n);
    PAL_NEW(matrix->value, n);
    if (time != NULL && log->time != NULL) {
        PAL_NEW(times, n);
    }
    for (size_t i = 0; i < log->n; i++) {
        if (is_wanted(part, want, i)) {
            matrix->begin[log->user[i] + 1]++;
            matrix->col[to] = log->item[i];
            matrix->value[to] = log->value[i];
            if (times != NULL) {
                times[to] = log->time[i];
            }
            to++;
        }
    }
    for (size_t u = 0; u < log->n_users; u++) {
        matrix->begin[u + 1] += matrix->begin[u];
    }
    *out = matrix; /* the caller owns both from here */
    matrix = NULL;
    if (time != NULL) {
        *time = times;
        times = NULL;
    }

done:
    pal_csr_free(matrix);
    pal_free(times);
    return rc;
}

/* ---- end -------------------------------------------------------------------------------------------------- */

void pal_side_free(pal_side *side)
{
    if (side != NULL) {
        for (size_t f = 0; side->name != NULL && f < side->n_features; f++) {
            pal_free(side->name[f]);
        }
        pal_free(side->name);
        pal_csr_free(side->cell);
        pal_free(side);
    }
}

void pal_interactions_free(pal_interactions *log)
{
    if (log != NULL) {
        pal_log_pool *pool = log->pool;

        if (pool != NULL) {
            pal_id_table_clear(&pool->user);
            pal_id_table_clear(&pool->item);
            pal_free(pool->titles);
            pal_free(pool);
        }
        pal_side_free(log->user_side);
        pal_side_free(log->item_side);
        pal_free(log->name);
        pal_free(log->user);
        pal_free(log->item);
        pal_free(log->value);
        pal_free(log->time);
        pal_free(log->order);
        pal_free(log->nth);
        pal_free(log->user_id);
        pal_free(log->item_id);
        pal_free(log->item_title);
        pal_free(log);
    }
}
