/* Models with their log: strings as one array of bytes with a NUL after each, cells as the three arrays of a CSR. */
#include "cli/saved_recommender.h"

#include "cli/options.h"
#include "core/mem.h"
#include "data/interactions_build.h"

#include <math.h>
#include <string.h>

#define USER_IDS "data.user_ids"
#define ITEM_IDS "data.item_ids"
#define ITEM_TITLES "data.item_titles"
#define ROWS_BEGIN "data.begin"
#define ROWS_ITEM "data.item"
#define ROWS_VALUE "data.value"
#define ROWS_TIME "data.time"

/* ---- writing ---------------------------------------------------------------------------------------------- */

static pal_status put_strings(pal_tensors *file, const char *name, char *const *strings, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t bytes = 0, used = 0;
    char *all = NULL;

    for (size_t i = 0; i < n; i++) {
        bytes += strlen(strings[i]) + 1;
    }
    PAL_NEW(all, bytes);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(strings[i]) + 1;

        memcpy(all + used, strings[i], length);
        used += length;
    }
    PAL_TRY(pal_tensors_put(file, name, PAL_U8, 1, &bytes, all, err));

done:
    pal_free(all);
    return rc;
}

static pal_status put_rows(pal_tensors *file, const pal_interactions *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t *begin = NULL, n = log->n, n_begin = log->n_users + 1;

    PAL_NEW(begin, n_begin);
    for (size_t i = 0; i < log->n; i++) {
        begin[log->user[i] + 1]++;
    }
    for (size_t u = 0; u < log->n_users; u++) {
        begin[u + 1] += begin[u];
    }
    PAL_TRY(pal_tensors_put(file, ROWS_BEGIN, PAL_U64, 1, &n_begin, begin, err));
    PAL_TRY(pal_tensors_put(file, ROWS_ITEM, PAL_U32, 1, &n, log->item, err));
    PAL_TRY(pal_tensors_put(file, ROWS_VALUE, PAL_F32, 1, &n, log->value, err));
    if (log->time != NULL) {
        PAL_TRY(pal_tensors_put(file, ROWS_TIME, PAL_I64, 1, &n, log->time, err));
    }

done:
    pal_free(begin);
    return rc;
}

pal_status pal_saved_write(const pal_rec_type *type, const void *self, const pal_values *params,
                           const pal_interactions *log, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;

    PAL_TRY(pal_tensors_new(&file, err));
    PAL_TRY(pal_tensors_put_text(file, "data", log->name, err));
    PAL_TRY(put_strings(file, USER_IDS, log->user_id, log->n_users, err));
    PAL_TRY(put_strings(file, ITEM_IDS, log->item_id, log->n_items, err));
    if (log->item_title != NULL) {
        PAL_TRY(put_strings(file, ITEM_TITLES, log->item_title, log->n_items, err));
    }
    PAL_TRY(put_rows(file, log, err));
    PAL_TRY(pal_rec_save(file, type, self, params, path, err));

done:
    pal_tensors_free(file);
    return rc;
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static pal_status damaged(const pal_saved *saved, const char *name, const char *what, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_DATA, "%s: %s: %s", pal_tensors_file(saved->file), name, what);
}

/* n strings into pointers; ids must stand in the order of their numbering, which a look-up relies on. */
static pal_status get_strings(const char ***out, const pal_saved *saved, const char *name, size_t n, bool ordered,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    const char *bytes;
    const char **strings = NULL;
    uint64_t size = 0, used = 0;

    PAL_TRY(pal_tensors_get(&data, &size, saved->file, name, PAL_U8, 1, err));
    PAL_NEW(strings, n);
    bytes = data;
    for (size_t i = 0; i < n; i++) {
        const char *end = used < size ? memchr(bytes + used, '\0', (size_t)(size - used)) : NULL;

        if (end == NULL) {
            PAL_TRY(damaged(saved, name, "holds fewer strings than the model has people or items", err));
        }
        strings[i] = bytes + used;
        used = (uint64_t)(end - bytes) + 1;
        if (ordered && i > 0 && pal_id_compare(strings[i - 1], strings[i]) >= 0) {
            PAL_TRY(damaged(saved, name, "the ids are not in order, or one stands twice", err));
        }
    }
    if (used != size) {
        PAL_TRY(damaged(saved, name, "holds more strings than the model has people or items", err));
    }
    *out = strings;
    strings = NULL;

done:
    pal_free(strings);
    return rc;
}

static bool rows_hold(const uint64_t *begin, const uint32_t *item, const float *value, size_t n, size_t n_users,
                      size_t n_items)
{
    if (begin[0] != 0 || begin[n_users] != n) {
        return false;
    }
    for (size_t u = 0; u < n_users; u++) {
        if (begin[u] > begin[u + 1] || begin[u + 1] > n) {
            return false;
        }
        for (uint64_t i = begin[u]; i < begin[u + 1]; i++) {
            if (item[i] >= n_items || (i > begin[u] && item[i] <= item[i - 1]) || !isfinite(value[i])) {
                return false;
            }
        }
    }
    return true;
}

static pal_status get_rows(pal_saved *saved, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *begin = NULL, *item = NULL, *value = NULL, *time = NULL;
    uint64_t n_begin = 0, n = 0, n_value = 0, n_time = 0;

    PAL_TRY(pal_tensors_get(&begin, &n_begin, saved->file, ROWS_BEGIN, PAL_U64, 1, err));
    PAL_TRY(pal_tensors_get(&item, &n, saved->file, ROWS_ITEM, PAL_U32, 1, err));
    PAL_TRY(pal_tensors_get(&value, &n_value, saved->file, ROWS_VALUE, PAL_F32, 1, err));
    if (n_begin != saved->n_users + 1 || n_value != n ||
        !rows_hold(begin, item, value, (size_t)n, saved->n_users, saved->n_items)) {
        PAL_TRY(damaged(saved, ROWS_BEGIN, "the interactions do not fit the model's people and items", err));
    }
    if (pal_tensors_has(saved->file, ROWS_TIME)) {
        PAL_TRY(pal_tensors_get(&time, &n_time, saved->file, ROWS_TIME, PAL_I64, 1, err));
        if (n_time != n) {
            PAL_TRY(damaged(saved, ROWS_TIME, "wanted one time an interaction", err));
        }
        saved->time = time;
    }
    PAL_NEW(saved->rows, 1);
    saved->rows->n_rows = saved->n_users;
    saved->rows->n_cols = saved->n_items;
    saved->rows->n = (size_t)n;
    PAL_NEW(saved->rows->begin, n_begin);
    PAL_NEW(saved->rows->col, n);
    PAL_NEW(saved->rows->value, n);
    for (uint64_t u = 0; u < n_begin; u++) {
        saved->rows->begin[u] = (size_t)((const uint64_t *)begin)[u];
    }
    memcpy(saved->rows->col, item, (size_t)n * sizeof(uint32_t));
    memcpy(saved->rows->value, value, (size_t)n * sizeof(float));

done:
    return rc;
}

pal_status pal_saved_load(pal_saved *out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_saved *s = out;

    *s = (pal_saved){ 0 };
    PAL_TRY(pal_tensors_load(&s->file, path, err));
    PAL_TRY(pal_rec_load(&s->type, &s->self, s->file, err));
    s->type->shape(s->self, &s->n_users, &s->n_items);
    PAL_TRY(get_strings(&s->user_id, s, USER_IDS, s->n_users, true, err));
    PAL_TRY(get_strings(&s->item_id, s, ITEM_IDS, s->n_items, true, err));
    if (pal_tensors_has(s->file, ITEM_TITLES)) {
        PAL_TRY(get_strings(&s->item_title, s, ITEM_TITLES, s->n_items, false, err));
    }
    PAL_TRY(get_rows(s, err));

done:
    return rc;
}

void pal_saved_clear(pal_saved *saved)
{
    if (saved->type != NULL) {
        saved->type->free(saved->self);
    }
    pal_free(saved->user_id);
    pal_free(saved->item_id);
    pal_free(saved->item_title);
    pal_csr_free(saved->rows);
    pal_tensors_free(saved->file);
    *saved = (pal_saved){ 0 };
}

/* ---- ids -------------------------------------------------------------------------------------------------- */

static size_t find_id(const char *const *ids, size_t n, const char *id)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pal_id_compare(ids[middle], id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && strcmp(ids[low], id) == 0 ? low : SIZE_MAX;
}

size_t pal_saved_user(const pal_saved *saved, const char *id)
{
    return find_id(saved->user_id, saved->n_users, id);
}

size_t pal_saved_item(const pal_saved *saved, const char *id)
{
    return find_id(saved->item_id, saved->n_items, id);
}

pal_status pal_saved_unknown(const pal_saved *saved, bool people, const char *id, const char *option, pal_error *err)
{
    const char *const *ids = people ? saved->user_id : saved->item_id;
    size_t n = people ? saved->n_users : saved->n_items;
    const char *near = pal_args_nearest(id, ids, n);

    return pal_error_set(err, PAL_ERR_DATA, "--%s: %s knows no %s '%.60s'%s%s%s; it knows %zu, '%s' to '%s'", option,
                         pal_tensors_file(saved->file), people ? "person" : "item", id,
                         near != NULL ? " (did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?)" : "", n,
                         n > 0 ? ids[0] : "", n > 0 ? ids[n - 1] : "");
}

const char *pal_saved_title(const pal_saved *saved, size_t item)
{
    return saved->item_title != NULL ? saved->item_title[item] : "";
}
