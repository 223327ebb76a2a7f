/* Names, lengths and origins: what no stage should have to say twice. */
#include "stages/stage_state.h"

#include "core/mem.h"
#include "core/tensors_nest.h"

#include <stdio.h>
#include <string.h>

pal_status pal_nothing_save(const void *self, pal_tensors *file, pal_error *err)
{
    (void)self;
    (void)file;
    (void)err;
    return PAL_OK;
}

pal_status pal_nothing_restore(void *self, const pal_tensors *file, pal_error *err)
{
    (void)self;
    (void)file;
    (void)err;
    return PAL_OK;
}

/* ---- whose state it is ---- */

pal_status pal_origin_of(pal_origin *out, size_t n_users, size_t n_items, const pal_values *values, const char *key,
                         const pal_values *part, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    pal_status rc = PAL_OK;

    pal_json_begin_object(&w, NULL);
    pal_values_write(values, &w);
    if (part != NULL) {
        pal_json_begin_object(&w, key);
        pal_values_write(part, &w);
        pal_json_end_object(&w);
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    *out = (pal_origin){ pal_strdup(w.text.bytes), n_users, n_items };
    if (out->params == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the parameters of a stage");
    }

done:
    pal_text_clear(&w.text);
    return rc;
}

void pal_origin_clear(pal_origin *origin)
{
    pal_free(origin->params);
    *origin = (pal_origin){ 0 };
}

static pal_status path_of(pal_text *path, const char *stage, const char *name, pal_error *err)
{
    pal_text_addf(path, "%s/%s", stage, name);
    return pal_text_check(path, err);
}

pal_status pal_origin_save(const pal_origin *origin, const char *stage, pal_tensors *file, pal_error *err)
{
    const uint64_t sizes[2] = { origin->n_users, origin->n_items };
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(path_of(&path, stage, "params", err));
    PAL_TRY(pal_tensors_put_text(file, path.bytes, origin->params, err));
    PAL_TRY(pal_state_put(file, stage, "made_for", PAL_U64, 2, sizes, err));

done:
    pal_text_clear(&path);
    return rc;
}

/* A value as it stands in JSON, on one line. */
static pal_status line_of(pal_json_writer *w, const pal_json *value, pal_error *err)
{
    *w = (pal_json_writer){ .compact = true };
    if (value == NULL) {
        pal_json_put_null(w, NULL);
    } else {
        pal_json_put_value(w, NULL, value);
    }
    return pal_text_check(&w->text, err);
}

/* PAL_ERR_DATA with the first parameter of ours that is another in the file; objects are looked into. */
static pal_status find_difference(const pal_json *ours, const pal_json *theirs, const char *path,
                                  const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer now = { 0 }, then = { 0 };
    pal_text inner = { 0 };

    for (size_t i = 0; i < pal_json_size(ours); i++) {
        const pal_json *mine = pal_json_at(ours, i), *other = pal_json_get(theirs, pal_json_key(mine));

        pal_text_clear(&now.text);
        pal_text_clear(&then.text);
        pal_text_clear(&inner);
        pal_text_addf(&inner, "%s.%s", path, pal_json_key(mine));
        PAL_TRY(pal_text_check(&inner, err));
        PAL_TRY(line_of(&now, mine, err));
        PAL_TRY(line_of(&then, other, err));
        if (strcmp(now.text.bytes, then.text.bytes) == 0) {
            continue;
        }
        if (other != NULL && pal_json_kind_of(mine) == PAL_JSON_OBJECT && pal_json_kind_of(other) == PAL_JSON_OBJECT) {
            PAL_TRY(find_difference(mine, other, inner.bytes, file, err));
        }
        PAL_FAIL(PAL_ERR_DATA, "%s: %s: the state was made with %.200s, here it is %.200s", pal_tensors_file(file),
                 inner.bytes, then.text.bytes, now.text.bytes);
    }

done:
    pal_text_clear(&now.text);
    pal_text_clear(&then.text);
    pal_text_clear(&inner);
    return rc;
}

static pal_status check_params(const pal_origin *origin, const char *stage, const char *found, const pal_tensors *file,
                               pal_error *err)
{
    pal_json_doc *ours = NULL, *theirs = NULL;
    pal_error inner = { 0 };
    pal_status rc = PAL_OK;

    if (strcmp(found, origin->params) == 0) {
        return PAL_OK;
    }
    PAL_TRY(pal_json_parse(&ours, origin->params, strlen(origin->params), stage, err));
    rc = pal_json_parse(&theirs, found, strlen(found), stage, &inner);
    if (rc != PAL_OK || pal_json_kind_of(pal_json_root(theirs)) != PAL_JSON_OBJECT) {
        PAL_FAIL(rc == PAL_ERR_MEMORY ? rc : PAL_ERR_DATA, "%s: text %s/params is no object of parameters: %s",
                 pal_tensors_file(file), stage, inner.text);
    }
    PAL_TRY(find_difference(pal_json_root(ours), pal_json_root(theirs), stage, file, err));
    PAL_FAIL(PAL_ERR_DATA, "%s: %s: the state was made with the parameters %.200s, here they are %.200s",
             pal_tensors_file(file), stage, found, origin->params);

done:
    pal_json_free(ours);
    pal_json_free(theirs);
    return rc;
}

pal_status pal_origin_check(const pal_origin *origin, const char *stage, const pal_tensors *file, pal_error *err)
{
    pal_text path = { 0 };
    const char *found;
    const void *data;
    uint64_t sizes[2];
    pal_status rc = PAL_OK;

    PAL_TRY(path_of(&path, stage, "params", err));
    found = pal_tensors_text(file, path.bytes);
    if (found == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no state of the stage \"%s\": text %s is missing", pal_tensors_file(file),
                 stage, path.bytes);
    }
    PAL_TRY(check_params(origin, stage, found, file, err));
    PAL_TRY(pal_state_get_n(&data, file, stage, "made_for", PAL_U64, 2, err));
    memcpy(sizes, data, sizeof sizes);
    if (sizes[0] != origin->n_users || sizes[1] != origin->n_items) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s: the state is that of %llu people and %llu items, here are %llu and %llu",
                 pal_tensors_file(file), stage, (unsigned long long)sizes[0], (unsigned long long)sizes[1],
                 (unsigned long long)origin->n_users, (unsigned long long)origin->n_items);
    }

done:
    pal_text_clear(&path);
    return rc;
}

/* ---- arrays ---- */

pal_status pal_state_put(pal_tensors *file, const char *stage, const char *name, pal_dtype type, size_t n,
                         const void *data, pal_error *err)
{
    const uint64_t shape = n;
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(path_of(&path, stage, name, err));
    PAL_TRY(pal_tensors_put(file, path.bytes, type, 1, &shape, data, err));

done:
    pal_text_clear(&path);
    return rc;
}

pal_status pal_state_get(const void **data, size_t *n, const pal_tensors *file, const char *stage, const char *name,
                         pal_dtype type, pal_error *err)
{
    uint64_t shape = 0;
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(path_of(&path, stage, name, err));
    PAL_TRY(pal_tensors_get(data, &shape, file, path.bytes, type, 1, err));
    *n = (size_t)shape;

done:
    pal_text_clear(&path);
    return rc;
}

pal_status pal_state_get_n(const void **data, const pal_tensors *file, const char *stage, const char *name,
                           pal_dtype type, size_t n, pal_error *err)
{
    size_t found = 0;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get(data, &found, file, stage, name, type, err));
    if (found != n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/%s has %zu entries, for these people and parameters it must have %zu",
                 pal_tensors_file(file), stage, name, found, n);
    }

done:
    return rc;
}

bool pal_state_has(const pal_tensors *file, const char *stage, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", stage, name);
    return pal_tensors_has(file, path);
}

pal_status pal_state_bad(const pal_tensors *file, const char *stage, const char *name, size_t entry, uint64_t value,
                         uint64_t below, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_DATA, "%s: %s/%s: entry %zu is %llu, must be below %llu", pal_tensors_file(file),
                         stage, name, entry, (unsigned long long)value, (unsigned long long)below);
}

/* ---- a stage inside a stage ---- */

pal_status pal_part_save(const pal_stage_type *part, const void *self, const char *stage, pal_tensors *file,
                         pal_error *err)
{
    pal_tensors *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_new(&own, err));
    PAL_TRY(part->save(self, own, err));
    PAL_TRY(pal_tensors_nest(file, stage, own, err));

done:
    pal_tensors_free(own);
    return rc;
}

pal_status pal_part_restore(const pal_stage_type *part, void *self, const char *stage, const pal_tensors *file,
                            pal_error *err)
{
    pal_tensors *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_enter(&own, file, stage, err));
    PAL_TRY(part->restore(self, own, err));

done:
    pal_tensors_leave(own);
    return rc;
}
