/* Named arrays in memory: kept in the order of their names. The file format is in tensors_file.c. */
#include "core/tensors_parts.h"

#include "core/mem.h"

#include <string.h>

pal_status pal_tensors_new(pal_tensors **out, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*out, 1);

done:
    return rc;
}

void pal_tensors_free(pal_tensors *tensors)
{
    if (tensors != NULL) {
        for (size_t i = 0; i < tensors->n; i++) {
            pal_free(tensors->array[i].name);
            pal_free(tensors->array[i].data);
        }
        for (size_t i = 0; i < tensors->n_texts; i++) {
            pal_free(tensors->text[i].key);
            pal_free(tensors->text[i].value);
        }
        pal_free(tensors->array);
        pal_free(tensors->text);
        pal_free(tensors->file);
        pal_free(tensors);
    }
}

bool pal_tensor_bytes(size_t *bytes, pal_dtype type, size_t n_dims, const uint64_t *shape)
{
    *bytes = pal_dtype_size(type);
    for (size_t i = 0; i < n_dims; i++) {
        if (shape[i] != 0 && *bytes > (SIZE_MAX >> 1) / shape[i]) {
            return false;
        }
        *bytes *= (size_t)shape[i];
    }
    return true;
}

/* Place of a name among the arrays: where it is, or where it belongs. */
static size_t array_place(const pal_tensors *tensors, const char *name, bool *found)
{
    size_t at = 0;
    int order = 1;

    while (at < tensors->n && (order = strcmp(tensors->array[at].name, name)) < 0) {
        at++;
    }
    *found = at < tensors->n && order == 0;
    return at;
}

pal_status pal_tensors_put(pal_tensors *tensors, const char *name, pal_dtype type, size_t n_dims,
                           const uint64_t *shape, const void *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensor made = { .type = type, .n_dims = n_dims };
    pal_tensor *grown;
    bool found;
    size_t at = array_place(tensors, name, &found);

    PAL_ASSERT(n_dims <= PAL_TENSOR_DIMS);
    if (found) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" stands twice", pal_tensors_file(tensors), name);
    }
    if (!pal_tensor_bytes(&made.bytes, type, n_dims, shape)) {
        PAL_FAIL(PAL_ERR_SHAPE, "%s: array \"%s\" is too large", pal_tensors_file(tensors), name);
    }
    for (size_t i = 0; i < n_dims; i++) {
        made.shape[i] = shape[i];
    }
    made.name = pal_strdup(name);
    made.data = pal_calloc(made.bytes, 1);
    grown = pal_resize(tensors->array, tensors->n, tensors->n + 1, sizeof *grown);
    if (grown != NULL) {
        tensors->array = grown;
    }
    if (grown == NULL || made.name == NULL || made.data == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: array \"%s\" of %zu bytes", name, made.bytes);
    }
    if (made.bytes > 0) {
        memcpy(made.data, data, made.bytes);
    }
    memmove(grown + at + 1, grown + at, (tensors->n - at) * sizeof *grown);
    grown[at] = made;
    tensors->n++;
    made = (pal_tensor){ 0 };

done:
    pal_free(made.name);
    pal_free(made.data);
    return rc;
}

pal_status pal_tensors_put_text(pal_tensors *tensors, const char *key, const char *value, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensor_text made = { 0 };
    pal_tensor_text *grown;
    size_t at = 0;

    while (at < tensors->n_texts && strcmp(tensors->text[at].key, key) < 0) {
        at++;
    }
    if (at < tensors->n_texts && strcmp(tensors->text[at].key, key) == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: text \"%s\" stands twice", pal_tensors_file(tensors), key);
    }
    made.key = pal_strdup(key);
    made.value = pal_strdup(value);
    grown = pal_resize(tensors->text, tensors->n_texts, tensors->n_texts + 1, sizeof *grown);
    if (grown != NULL) {
        tensors->text = grown;
    }
    if (grown == NULL || made.key == NULL || made.value == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: text \"%s\"", key);
    }
    memmove(grown + at + 1, grown + at, (tensors->n_texts - at) * sizeof *grown);
    grown[at] = made;
    tensors->n_texts++;
    made = (pal_tensor_text){ 0 };

done:
    pal_free(made.key);
    pal_free(made.value);
    return rc;
}

pal_status pal_tensors_get(const void **data, uint64_t *shape, const pal_tensors *tensors, const char *name,
                           pal_dtype type, size_t n_dims, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool found;
    size_t at = array_place(tensors, name, &found);
    const pal_tensor *array;

    if (!found) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" is missing", pal_tensors_file(tensors), name);
    }
    array = &tensors->array[at];
    if (array->type != type || array->n_dims != n_dims) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" is %s with %zu dimensions; wanted: %s with %zu",
                 pal_tensors_file(tensors), name, pal_tensor_type_name(array->type), array->n_dims,
                 pal_tensor_type_name(type), n_dims);
    }
    for (size_t i = 0; i < n_dims && shape != NULL; i++) {
        shape[i] = array->shape[i];
    }
    *data = array->data;

done:
    return rc;
}

bool pal_tensors_has(const pal_tensors *tensors, const char *name)
{
    bool found;

    array_place(tensors, name, &found);
    return found;
}

const char *pal_tensors_text(const pal_tensors *tensors, const char *key)
{
    for (size_t i = 0; i < tensors->n_texts; i++) {
        if (strcmp(tensors->text[i].key, key) == 0) {
            return tensors->text[i].value;
        }
    }
    return NULL;
}

const char *pal_tensors_file(const pal_tensors *tensors)
{
    return tensors->file == NULL ? "" : tensors->file;
}
