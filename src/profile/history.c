/* Histories of all people of an arm: fixed rows, appended once a round. */
#include "profile/history.h"

#include "core/fields.h"
#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

static bool overflows(size_t n, size_t length)
{
    return length != 0 && n > SIZE_MAX / 16 / length;
}

pal_status pal_history_new(pal_history **out, size_t n_users, size_t n_items, size_t capacity, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_history *history = NULL;
    const size_t words = n_items / 64 + (n_items % 64 != 0);

    if (overflows(n_users, capacity) || overflows(n_users, words)) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the history of %zu people, %zu events each, %zu items", n_users,
                 capacity, n_items);
    }
    PAL_NEW(history, 1);
    history->n_users = n_users;
    history->n_items = n_items;
    history->capacity = capacity;
    history->seen_words = words;
    PAL_NEW(history->n, n_users);
    PAL_NEW(history->item, n_users * capacity);
    PAL_NEW(history->round, n_users * capacity);
    PAL_NEW(history->flags, n_users * capacity);
    PAL_NEW(history->taste, n_users * capacity);
    PAL_NEW(history->seen, n_users * words);
    *out = history;
    history = NULL;

done:
    pal_history_free(history);
    return rc;
}

void pal_history_free(pal_history *history)
{
    if (history == NULL) {
        return;
    }
    pal_free(history->n);
    pal_free(history->item);
    pal_free(history->round);
    pal_free(history->flags);
    pal_free(history->taste);
    pal_free(history->seen);
    pal_free(history);
}

void pal_history_add(pal_history *history, uint32_t user, const pal_event *events, const uint8_t *taste, size_t n)
{
    const size_t row = (size_t)user * history->capacity;
    uint64_t *seen = history->seen + (size_t)user * history->seen_words;
    size_t at;

    PAL_ASSERT(user < history->n_users);
    at = history->n[user];
    PAL_ASSERT(n <= history->capacity - at);
    for (size_t e = 0; e < n; e++, at++) {
        const uint32_t item = events[e].item;

        PAL_DCHECK(item < history->n_items && events[e].user == user);
        history->item[row + at] = item;
        history->round[row + at] = events[e].round;
        history->flags[row + at] = events[e].flags;
        history->taste[row + at] = taste[e];
        seen[item >> 6] |= UINT64_C(1) << (item & 63);
    }
    history->n[user] = (uint32_t)at;
}

/* Rows are digested up to their length: what lies beyond was never written. */
uint64_t pal_history_digest(const pal_history *history)
{
    uint64_t digest = pal_hash(history->n, history->n_users * sizeof *history->n);

    for (size_t u = 0; u < history->n_users; u++) {
        const size_t row = u * history->capacity, n = history->n[u];

        digest = pal_hash_mix(digest, pal_hash(history->item + row, n * sizeof *history->item));
        digest = pal_hash_mix(digest, pal_hash(history->round + row, n * sizeof *history->round));
        digest = pal_hash_mix(digest, pal_hash(history->flags + row, n));
        digest = pal_hash_mix(digest, pal_hash(history->taste + row, n));
    }
    return pal_hash_mix(digest, pal_hash(history->seen, history->n_users * history->seen_words
                                                            * sizeof *history->seen));
}

enum { N_COLUMNS = 4 };

static void list_columns(pal_field list[N_COLUMNS], pal_rows *rows, const pal_history *history)
{
    const pal_field columns[N_COLUMNS] = {
        PAL_FIELD("item", history->item, 0), PAL_FIELD("round", history->round, 0),
        PAL_FIELD("flags", history->flags, 0), PAL_FIELD("taste", history->taste, 0),
    };

    memcpy(list, columns, sizeof columns);
    *rows = (pal_rows){ .n_rows = history->n_users, .n = history->n, .stride = history->capacity };
}

pal_status pal_history_save(const pal_history *history, pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field n = PAL_FIELD("n", history->n, history->n_users);
    pal_field column[N_COLUMNS];
    pal_rows rows;

    list_columns(column, &rows, history);
    PAL_TRY(pal_fields_save(file, part, &n, 1, err));
    PAL_TRY(pal_rows_save(file, part, column, N_COLUMNS, &rows, err));

done:
    return rc;
}

static pal_status mark_seen(pal_history *history, const pal_tensors *file, const char *part, pal_error *err)
{
    for (size_t u = 0; u < history->n_users; u++) {
        uint64_t *seen = history->seen + u * history->seen_words;

        for (size_t i = 0; i < history->n[u]; i++) {
            const uint32_t item = history->item[u * history->capacity + i];

            if (item >= history->n_items) {
                return pal_error_set(err, PAL_ERR_DATA, "%s: array \"%s.item\": person %zu has item %u of %zu",
                                     pal_tensors_file(file), part, u, item, history->n_items);
            }
            seen[item >> 6] |= UINT64_C(1) << (item & 63);
        }
    }
    return PAL_OK;
}

pal_status pal_history_restore(pal_history *history, const pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field n = PAL_FIELD("n", history->n, history->n_users);
    pal_field column[N_COLUMNS];
    pal_rows rows;

    list_columns(column, &rows, history);
    PAL_TRY(pal_fields_restore(&n, 1, file, part, err));
    PAL_TRY(pal_rows_restore(column, N_COLUMNS, &rows, file, part, err));
    PAL_TRY(mark_seen(history, file, part, err));

done:
    return rc;
}
