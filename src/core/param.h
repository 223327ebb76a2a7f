/* Parameters are data: one table declares, checks, prints and documents them. */
#ifndef PAL_CORE_PARAM_H
#define PAL_CORE_PARAM_H

#include "core/error.h"
#include "core/json.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_param_kind {
    PAL_PARAM_REAL,   /* a number                                    */
    PAL_PARAM_INT,    /* a whole number                              */
    PAL_PARAM_BOOL,   /* true or false                               */
    PAL_PARAM_CHOICE, /* one of the words in `choices`, split by '|' */
    PAL_PARAM_TEXT,   /* any string (may be empty)                   */
    PAL_PARAM_REALS   /* an array of numbers, each in range          */
} pal_param_kind;

typedef struct pal_param {
    const char *name;    /* the JSON key; NULL ends the table                       */
    pal_param_kind kind;
    const char *def;     /* the default as JSON text ("0.92", "true", "[1, 2]", "\"word\"") */
    double min, max;     /* allowed range, both ends included (REAL, INT, REALS)    */
    const char *choices; /* CHOICE: "a|b|c"; else NULL                              */
    const char *meaning; /* one line with the unit                                  */
    const char *source;  /* where the default comes from; NULL when a matter of taste */
} pal_param;

/* Checked values of a table, in table order. The caller owns what pal_values_read gives. */
typedef struct pal_values pal_values;

/*
 * Check `object` (NULL = all defaults) against `table`. `path` is the JSON path of the object for messages
 * ("arms[1].params"), `file` the name of its document. Keys listed in `also` (NULL-ended, may be NULL) belong to
 * the caller and are passed over. Unknown key: error with the path, the nearest known key and the allowed ones.
 *   PAL_ERR_CONFIG  unknown key, wrong type, out of range, not a choice; the text says what is allowed
 */
PAL_MUST_USE pal_status pal_values_read(pal_values **out, const pal_param *table, const pal_json *object,
    const char *file, const char *path, const char *const *also, pal_error *err);
void pal_values_free(pal_values *values); /* accepts NULL */

/* Look-ups by name; a name that is not in the table, or of another kind, is a PAL_ASSERT. Use at init only. */
double pal_values_real(const pal_values *values, const char *name);
int64_t pal_values_int(const pal_values *values, const char *name);
bool pal_values_bool(const pal_values *values, const char *name);
const char *pal_values_text(const pal_values *values, const char *name);   /* CHOICE or TEXT; borrowed */
size_t pal_values_choice(const pal_values *values, const char *name);      /* index into choices */
const double *pal_values_reals(const pal_values *values, const char *name, size_t *n); /* borrowed */

/* Write every value (defaults filled in) as members of the writer's open object, in table order. */
void pal_values_write(const pal_values *values, pal_json_writer *w);
/* The same but for names that stand in another table too (NULL: none): two tables may share an object and a key. */
void pal_values_write_unless(const pal_values *values, const pal_param *written, pal_json_writer *w);
/* Print a table for people: name, type, default, range, meaning, source. Appends to text, as aligned columns. */
void pal_params_describe(const pal_param *table, pal_text *text);

/* Shared by all config readers: fail unless every key of object is in `known` (NULL-ended). */
PAL_MUST_USE pal_status pal_json_only_keys(const pal_json *object, const char *const *known, const char *file,
                                           const char *path, pal_error *err);

#endif
