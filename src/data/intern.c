/* A hash table over a string pool: open addressing, linear probing, doubled when half full. */
#include "data/intern.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

#define FIRST_STRINGS 64
#define FIRST_BYTES 1024

const char *pal_intern_text(const pal_intern *table, size_t number)
{
    PAL_DCHECK(number < table->n);
    return table->bytes + table->offset[number];
}

void pal_intern_clear(pal_intern *table)
{
    pal_free(table->bytes);
    pal_free(table->offset);
    pal_free(table->hash);
    pal_free(table->slot);
    *table = (pal_intern){ 0 };
}

static pal_status grow_bytes(pal_intern *table, size_t more, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = table->bytes_capacity == 0 ? FIRST_BYTES : table->bytes_capacity;
    char *bytes;

    while (wanted - table->n_bytes < more) {
        wanted *= 2;
    }
    if (wanted != table->bytes_capacity) {
        bytes = pal_resize(table->bytes, table->n_bytes, wanted, 1);
        if (bytes == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu bytes of strings", wanted);
        }
        table->bytes = bytes;
        table->bytes_capacity = wanted;
    }
done:
    return rc;
}

static void place(uint32_t *slot, size_t n_slots, uint64_t hash, uint32_t number)
{
    size_t at = (size_t)hash & (n_slots - 1);

    while (slot[at] != 0) {
        at = (at + 1) & (n_slots - 1);
    }
    slot[at] = number + 1;
}

/* The three arrays grow one by one: a failure in between leaves a larger, still valid table. */
static pal_status grow_strings(pal_intern *table, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = table->capacity == 0 ? FIRST_STRINGS : 2 * table->capacity;
    size_t *offset;
    uint64_t *hash;
    uint32_t *slot = NULL;

    if (wanted > UINT32_MAX / 4) {
        PAL_FAIL(PAL_ERR_DATA, "more than %zu distinct strings", table->n);
    }
    offset = pal_resize(table->offset, table->n, wanted, sizeof *offset);
    if (offset != NULL) {
        table->offset = offset;
    }
    hash = pal_resize(table->hash, table->n, wanted, sizeof *hash);
    if (hash != NULL) {
        table->hash = hash;
    }
    slot = pal_calloc(2 * wanted, sizeof *slot);
    if (offset == NULL || hash == NULL || slot == NULL) {
        pal_free(slot);
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a table of %zu strings", wanted);
    }
    for (size_t i = 0; i < table->n; i++) {
        place(slot, 2 * wanted, table->hash[i], (uint32_t)i);
    }
    pal_free(table->slot);
    table->slot = slot;
    table->n_slots = 2 * wanted;
    table->capacity = wanted;

done:
    return rc;
}

pal_status pal_intern_add(pal_intern *table, const char *text, size_t length, uint32_t *number, bool *is_new,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t hash = pal_hash(text, length);
    bool found = false;

    for (size_t at = (size_t)hash; table->n_slots != 0; at++) {
        uint32_t held = table->slot[at & (table->n_slots - 1)];

        if (held == 0) {
            break;
        }
        if (table->hash[held - 1] == hash &&
            strncmp(pal_intern_text(table, held - 1), text, length) == 0 &&
            pal_intern_text(table, held - 1)[length] == '\0') {
            *number = held - 1;
            found = true;
            break;
        }
    }
    if (!found) {
        if (table->n == table->capacity) {
            PAL_TRY(grow_strings(table, err));
        }
        PAL_TRY(grow_bytes(table, length + 1, err));
        memcpy(table->bytes + table->n_bytes, text, length);
        table->bytes[table->n_bytes + length] = '\0';
        table->offset[table->n] = table->n_bytes;
        table->hash[table->n] = hash;
        table->n_bytes += length + 1;
        place(table->slot, table->n_slots, hash, (uint32_t)table->n);
        *number = (uint32_t)table->n++;
    }
    if (is_new != NULL) {
        *is_new = !found;
    }
done:
    return rc;
}
