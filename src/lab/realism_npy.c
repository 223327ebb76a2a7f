/* Rows for statistics from events/<column>.npy, as long runs keep their events. */
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/npy.h"
#include "lab/realism_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARM, REPLICATE, USER, ROUND, SLOT, ITEM, FLAGS, N_COLUMNS };

static const struct {
    const char *name;
    pal_dtype type;
} column[N_COLUMNS] = { { "arm", PAL_U8 },   { "replicate", PAL_U32 }, { "user", PAL_U32 }, { "round", PAL_U32 },
                        { "slot", PAL_U8 },  { "item", PAL_U32 },      { "flags", PAL_U8 } };

typedef struct events {
    void *at[N_COLUMNS];
    uint64_t n;
} events;

/* One column; all have as many rows as the first. Its digest is added to that of the log. */
static pal_status load_column(events *e, size_t c, pal_hasher *hasher, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    char name[32], hex[PAL_HASH_HEX], *path = NULL;
    pal_dtype type;
    uint64_t n;
    size_t width;

    snprintf(name, sizeof name, "%s.npy", column[c].name);
    path = pal_path_join(dir, name);
    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_npy_load(&e->at[c], &type, &n, &width, path, err));
    if (type != column[c].type || width != 1) {
        PAL_FAIL(PAL_ERR_DATA, "%s: found %zu columns of %zu bytes a number, wanted 1 of %zu, unsigned", path, width,
                 pal_dtype_size(type), pal_dtype_size(column[c].type));
    }
    if (c > 0 && n != e->n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: found %llu rows, wanted %llu as in %s.npy", path, (unsigned long long)n,
                 (unsigned long long)e->n, column[0].name);
    }
    e->n = n;
    PAL_TRY(pal_hash_file(hex, path, err));
    pal_hasher_add(hasher, hex, strlen(hex));
done:
    pal_free(path);
    return rc;
}

/* The index of the arm among those of columns.json. */
static pal_status find_arm(size_t *out, char found[PAL_LOG_ARM], const char *dir, const char *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const pal_json *arms;
    char *path = pal_path_join(dir, "columns.json");
    size_t n;

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_json_load(&doc, path, err));
    arms = pal_json_get(pal_json_root(doc), "arms");
    n = arms != NULL && pal_json_kind_of(arms) == PAL_JSON_ARRAY ? pal_json_size(arms) : 0;
    for (size_t a = 0; a < n; a++) {
        if (pal_json_kind_of(pal_json_at(arms, a)) != PAL_JSON_STRING) n = 0;
    }
    if (n == 0) PAL_FAIL(PAL_ERR_DATA, "%s: arms: must be a list of names that is not empty", path);
    if (arm == NULL && n > 1) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds several arms ('%s', '%.60s' ...); --arm says which", path,
                 pal_json_string(pal_json_at(arms, 0)), pal_json_string(pal_json_at(arms, 1)));
    }
    for (*out = 0; arm != NULL && *out < n && strcmp(pal_json_string(pal_json_at(arms, *out)), arm) != 0;) (*out)++;
    if (*out == n) PAL_FAIL(PAL_ERR_DATA, "%s: has no arm '%s'", path, arm);
    snprintf(found, PAL_LOG_ARM, "%.120s", pal_json_string(pal_json_at(arms, *out)));
done:
    pal_json_free(doc);
    pal_free(path);
    return rc;
}

static pal_status take_rows(pal_log_rows *rows, const events *e, size_t arm, uint32_t replicate, pal_taken_as as, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint8_t *arms = e->at[ARM], *slot = e->at[SLOT], *flags = e->at[FLAGS];
    const uint32_t *replicates = e->at[REPLICATE], *user = e->at[USER], *round = e->at[ROUND], *item = e->at[ITEM];

    for (size_t i = 0; i < (size_t)e->n; i++) {
        if (arms[i] != arm || replicates[i] != replicate || !pal_log_is_taken(flags[i], as)) continue;
        if (user[i] == UINT32_MAX || item[i] == UINT32_MAX) {
            PAL_FAIL(PAL_ERR_DATA, "events: row %zu: found user %u and item %u, wanted both below %u", i + 1, user[i], item[i],
                     UINT32_MAX);
        }
        PAL_TRY(pal_log_rows_add(rows, (pal_log_row){ .user = user[i], .item = item[i], .time = (int64_t)round[i],
                                     .place = slot[i], .times = 1, .gap = NAN, .like = (flags[i] & PAL_LIKED) != 0 }, err));
    }
done:
    return rc;
}

pal_status pal_log_rows_npy(pal_log_rows *rows, char found[PAL_LOG_ARM], char digest[PAL_HASH_HEX], const char *dir,
                            const char *arm, uint32_t replicate, pal_taken_as as, pal_error *err)
{
    pal_status rc = PAL_OK;
    events e = { .n = 0 };
    pal_hasher *hasher = NULL;
    size_t index = 0;

    PAL_TRY(pal_hasher_new(&hasher, err));
    PAL_TRY(find_arm(&index, found, dir, arm, err));
    for (size_t c = 0; c < N_COLUMNS; c++) PAL_TRY(load_column(&e, c, hasher, dir, err));
    PAL_TRY(take_rows(rows, &e, index, replicate, as, err));
    pal_hasher_hex(hasher, digest);
done:
    for (size_t c = 0; c < N_COLUMNS; c++) pal_free(e.at[c]);
    pal_hasher_free(hasher);
    return rc;
}
