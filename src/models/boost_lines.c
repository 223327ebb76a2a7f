/* Lines, fields and numbers of LightGBM's text, with the place named when one is wrong. */
#include "models/boost_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

pal_status pal_boost_bad(const char *name, size_t line, pal_error *err, const char *format, ...)
{
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return pal_error_set(err, PAL_ERR_PARSE, "%s:%zu: %s", name, line, what);
}

bool pal_boost_next_line(pal_boost_lines *r)
{
    const char *end;

    if (r->at == r->end) {
        r->number++;
        return false;
    }
    end = memchr(r->at, '\n', (size_t)(r->end - r->at));
    end = end == NULL ? r->end : end;
    r->line = r->at;
    r->n = (size_t)(end - r->at);
    r->at = end == r->end ? end : end + 1;
    r->number++;
    while (r->n > 0 && r->line[r->n - 1] == '\r') { /* all of them: a line kept as it is must be read again the same */
        r->n--;
    }
    return true;
}

bool pal_boost_line_is(const pal_boost_lines *r, const char *text)
{
    return r->n == strlen(text) && memcmp(r->line, text, r->n) == 0;
}

bool pal_boost_line_starts(const pal_boost_lines *r, const char *text)
{
    size_t n = strlen(text);

    return r->n >= n && memcmp(r->line, text, n) == 0;
}

/* Put the line's value where its key belongs. */
pal_status pal_boost_take_field(pal_boost_span *value, const char *const *keys, const pal_boost_lines *r,
                                pal_error *err)
{
    const char *equals = memchr(r->line, '=', r->n);
    size_t n = equals == NULL ? 0 : (size_t)(equals - r->line);

    for (size_t k = 0; equals != NULL && keys[k] != NULL; k++) {
        if (strlen(keys[k]) == n && memcmp(keys[k], r->line, n) == 0) {
            if (value[k].bytes != NULL) {
                return PAL_BOOST_BAD(r, "'%s' stands here a second time, first in line %zu", keys[k], value[k].line);
            }
            value[k] = (pal_boost_span){ equals + 1, r->n - n - 1, r->number };
            return PAL_OK;
        }
    }
    return PAL_BOOST_BAD(r, "'%.*s' is no known field", (int)(r->n < 40 ? r->n : 40), r->line);
}

/* ---- values -------------------------------------------------------------------------------- */

/* The next word of a value; false at its end. */
bool pal_boost_next_word(pal_boost_span *rest, pal_boost_span *word)
{
    size_t n = 0;

    while (rest->n > 0 && rest->bytes[0] == ' ') {
        rest->bytes++;
        rest->n--;
    }
    if (rest->n == 0) {
        return false;
    }
    while (n < rest->n && rest->bytes[n] != ' ') {
        n++;
    }
    *word = (pal_boost_span){ rest->bytes, n, rest->line };
    rest->bytes += n;
    rest->n -= n;
    return true;
}

size_t pal_boost_count_words(pal_boost_span value)
{
    pal_boost_span word;
    size_t n = 0;

    while (pal_boost_next_word(&value, &word)) {
        n++;
    }
    return n;
}

pal_status pal_boost_read_int(int64_t *out, pal_boost_span value, int64_t low, int64_t high, const char *key,
                              const char *name, pal_error *err)
{
    if (!pal_parse_i64(out, value.bytes, value.n) || *out < low || *out > high) {
        return pal_boost_bad(name, value.line, err, "%s: '%.*s' is not a whole number from %lld to %lld", key,
                             (int)(value.n < 40 ? value.n : 40), value.bytes, (long long)low, (long long)high);
    }
    return PAL_OK;
}

pal_status pal_boost_read_real(double *out, pal_boost_span value, const char *key, const char *name, pal_error *err)
{
    if (!pal_parse_double(out, value.bytes, value.n)) {
        return pal_boost_bad(name, value.line, err, "%s: '%.*s' is not a number", key,
                             (int)(value.n < 40 ? value.n : 40), value.bytes);
    }
    return PAL_OK;
}

bool pal_boost_span_is(pal_boost_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.bytes, text, s.n) == 0;
}
