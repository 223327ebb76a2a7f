/* Result files read by key or column. */
#include "plots/read.h"

#include <math.h>

static const pal_json *member(const pal_json *object, const char *key)
{
    if (object == NULL || pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        return NULL;
    }
    return pal_json_get(object, key);
}

static bool is_kind(const pal_json *value, pal_json_kind kind)
{
    return value != NULL && pal_json_kind_of(value) == kind;
}

/* The member if it is of the kind (or null where that is allowed). */
static pal_status need(const pal_json **out, const pal_json *object, const char *key, pal_json_kind kind,
                       bool or_null, const char *where, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = member(object, key);

    if (value == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no key '%s'", where, key);
    }
    if (!is_kind(value, kind) && !(or_null && is_kind(value, PAL_JSON_NULL))) {
        PAL_FAIL(PAL_ERR_DATA, "%s: '%s' is %s, %s is wanted", where, key,
                 pal_json_kind_name(pal_json_kind_of(value)), pal_json_kind_name(kind));
    }
    *out = value;

done:
    return rc;
}

pal_status pal_read_text(const char **out, const pal_json *object, const char *key, const char *where, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = NULL;

    PAL_TRY(need(&value, object, key, PAL_JSON_STRING, false, where, err));
    *out = pal_json_string(value);

done:
    return rc;
}

pal_status pal_read_number(double *out, const pal_json *object, const char *key, const char *where, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = NULL;

    PAL_TRY(need(&value, object, key, PAL_JSON_NUMBER, true, where, err));
    *out = is_kind(value, PAL_JSON_NULL) ? NAN : pal_json_number(value);

done:
    return rc;
}

pal_status pal_read_array(const pal_json **out, const pal_json *object, const char *key, const char *where,
                          pal_error *err)
{
    return need(out, object, key, PAL_JSON_ARRAY, false, where, err);
}

pal_status pal_read_numbers(double **out, size_t *n, const pal_json *object, const char *key, const char *where,
                            pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = NULL;
    double *numbers;

    PAL_TRY(pal_read_array(&array, object, key, where, err));
    PAL_TAKE(numbers, pal_json_size(array) + 1, arena);
    for (size_t i = 0; i < pal_json_size(array); i++) {
        numbers[i] = pal_look_at(array, i);
    }
    *out = numbers;
    *n = pal_json_size(array);

done:
    return rc;
}

double pal_look_number(const pal_json *object, const char *key)
{
    const pal_json *value = member(object, key);

    return is_kind(value, PAL_JSON_NUMBER) ? pal_json_number(value) : NAN;
}

const char *pal_look_text(const pal_json *object, const char *key, const char *missing)
{
    const pal_json *value = member(object, key);

    return is_kind(value, PAL_JSON_STRING) ? pal_json_string(value) : missing;
}

bool pal_look_bool(const pal_json *object, const char *key)
{
    const pal_json *value = member(object, key);

    return is_kind(value, PAL_JSON_BOOL) && pal_json_bool(value);
}

const pal_json *pal_look_array(const pal_json *object, const char *key)
{
    const pal_json *value = member(object, key);

    return is_kind(value, PAL_JSON_ARRAY) ? value : NULL;
}

const pal_json *pal_look_object(const pal_json *object, const char *key)
{
    const pal_json *value = member(object, key);

    return is_kind(value, PAL_JSON_OBJECT) ? value : NULL;
}

double pal_look_at(const pal_json *array, size_t i)
{
    const pal_json *value = NULL;

    if (array == NULL || i >= pal_json_size(array)) {
        return NAN;
    }
    value = pal_json_at(array, i);
    return is_kind(value, PAL_JSON_NUMBER) ? pal_json_number(value) : NAN;
}

size_t pal_look_size(const pal_json *array)
{
    return array == NULL ? 0 : pal_json_size(array);
}

pal_status pal_read_cell(double *out, const pal_table *table, const char *file, size_t row, size_t column,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    bool ok = true;

    *out = pal_table_number(table, row, column, &ok);
    if (!ok) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu, column '%s': '%.60s' is not a number", file, row + 1,
                 pal_table_name(table, column), pal_table_text(table, row, column));
    }

done:
    return rc;
}
