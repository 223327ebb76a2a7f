/* JSON read strictly (over cJSON) and written deterministically. The only caller of cJSON. */
#ifndef PAL_CORE_JSON_H
#define PAL_CORE_JSON_H

#include "core/error.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

/* A parsed document, or a value inside one (borrowed from its document). */
typedef struct pal_json_doc pal_json_doc;
typedef struct cJSON pal_json; /* opaque to callers */

typedef enum pal_json_kind {
    PAL_JSON_NULL, PAL_JSON_BOOL, PAL_JSON_NUMBER, PAL_JSON_STRING, PAL_JSON_ARRAY, PAL_JSON_OBJECT
} pal_json_kind;

/*
 * Parse text; `name` stands for it in messages (a file name). Strict: no trailing text, no duplicate keys in
 * an object, no NaN or infinity, valid UTF-8, at most 64 levels, no comments.
 *   PAL_ERR_PARSE  with name, line and column, or the JSON path of a duplicate key
 */
PAL_MUST_USE pal_status pal_json_parse(pal_json_doc **out, const char *text, size_t n, const char *name,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_json_load(pal_json_doc **out, const char *path, pal_error *err);
void pal_json_free(pal_json_doc *doc); /* accepts NULL */
const pal_json *pal_json_root(const pal_json_doc *doc);
const char *pal_json_name(const pal_json_doc *doc);

pal_json_kind pal_json_kind_of(const pal_json *value);
const char *pal_json_kind_name(pal_json_kind kind); /* "an object", "a number" … for messages */
double pal_json_number(const pal_json *value);      /* of a number */
bool pal_json_bool(const pal_json *value);          /* of a bool   */
const char *pal_json_string(const pal_json *value); /* of a string; borrowed */
size_t pal_json_size(const pal_json *value);        /* of an array or object */
const pal_json *pal_json_at(const pal_json *array, size_t i);          /* also the i-th member of an object */
const char *pal_json_key(const pal_json *member);                       /* key of an object's member */
const pal_json *pal_json_get(const pal_json *object, const char *key);  /* case-sensitive; NULL if absent */

/* Set a value by a dotted path ("people.n", "arms.0.name") to a JSON text, or to that text as a string if it is
 * not JSON; makes missing objects. For --set. PAL_ERR_USAGE names the path. */
PAL_MUST_USE pal_status pal_json_set(pal_json_doc *doc, const char *path, const char *text, pal_error *err);

/* Writer: two-space indent, keys in call order, numbers by pal_format_double, NaN and infinity as null. */
typedef struct pal_json_writer {
    pal_text text;
    int depth;
    bool first, compact; /* compact: everything on one line (JSON lines) */
} pal_json_writer;      /* start from {0} */

void pal_json_begin_object(pal_json_writer *w, const char *key); /* key NULL at the root or inside an array */
void pal_json_end_object(pal_json_writer *w);
void pal_json_begin_array(pal_json_writer *w, const char *key);
void pal_json_end_array(pal_json_writer *w);
void pal_json_put_string(pal_json_writer *w, const char *key, const char *value); /* NULL as null */
void pal_json_put_number(pal_json_writer *w, const char *key, double value);
void pal_json_put_i64(pal_json_writer *w, const char *key, int64_t value);
void pal_json_put_bool(pal_json_writer *w, const char *key, bool value);
void pal_json_put_null(pal_json_writer *w, const char *key);
void pal_json_put_numbers(pal_json_writer *w, const char *key, const double *x, size_t n); /* one line */
void pal_json_put_value(pal_json_writer *w, const char *key, const pal_json *value);       /* deep copy */
/* Write the text to `path` whole or not at all, with a newline at the end; hex may be NULL. Frees the text. */
PAL_MUST_USE pal_status pal_json_save(pal_json_writer *w, const char *path, char hex[33], pal_error *err);

#endif
