/* A growing byte buffer, and numbers as text. Locale plays no part. */
#ifndef PAL_CORE_TEXT_H
#define PAL_CORE_TEXT_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_text { /* start from {0}; always NUL-terminated once something was added */
    char *bytes;
    size_t n, capacity;
    bool failed; /* an allocation failed: sticky; checked once at the end by pal_text_check */
} pal_text;

void pal_text_clear(pal_text *text);                       /* frees; accepts an empty one */
void pal_text_add(pal_text *text, const char *string);
void pal_text_add_bytes(pal_text *text, const char *bytes, size_t n);
void pal_text_addf(pal_text *text, const char *format, ...) PAL_PRINTF(2, 3);
PAL_MUST_USE pal_status pal_text_check(const pal_text *text, pal_error *err); /* PAL_ERR_MEMORY if failed */

#define PAL_NUMBER_MAX 32
/* The shortest decimal that reads back as the same double ("nan", "inf", "-inf" otherwise); never "-0".
 * Returns its length. Deterministic everywhere. Must be fast (tens of ns): result files hold millions. */
size_t pal_format_double(char out[PAL_NUMBER_MAX], double value);
size_t pal_format_float(char out[PAL_NUMBER_MAX], float value); /* shortest that reads back as the same float */
size_t pal_format_u64(char out[PAL_NUMBER_MAX], uint64_t value);
size_t pal_format_i64(char out[PAL_NUMBER_MAX], int64_t value);

/* Strict number readers over exactly n bytes: no blanks, no hex, no trailing text, finite. false if not a number. */
bool pal_parse_double(double *out, const char *bytes, size_t n);
bool pal_parse_u64(uint64_t *out, const char *bytes, size_t n);
bool pal_parse_i64(int64_t *out, const char *bytes, size_t n);

/* Levenshtein distance, for "did you mean". */
size_t pal_edit_distance(const char *a, const char *b);
/* The nearest of n names within a third of its length, or NULL. */
const char *pal_nearest_name(const char *name, const char *const *names, size_t n);
/* true when the bytes are valid UTF-8 (no surrogates, no overlong forms, no NUL). */
bool pal_is_utf8(const char *bytes, size_t n);

#endif
