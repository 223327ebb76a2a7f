/* JSON written in call order: the same calls give the same bytes. */
#include "core/json.h"

#include "core/file.h"

#include <string.h>

static void start_line(pal_json_writer *w)
{
    pal_text_add_bytes(&w->text, "\n", 1);
    for (int i = 0; i < w->depth; i++) {
        pal_text_add_bytes(&w->text, "  ", 2);
    }
}

/* A multi-byte character at s, which has `left` bytes before its NUL; 0 if it is broken. */
static size_t valid_length(const char *s, size_t left)
{
    for (size_t n = 1; n <= 4 && n <= left; n++) {
        if (pal_is_utf8(s, n)) {
            return n;
        }
    }
    return 0;
}

static void add_escaped(pal_text *text, unsigned char c)
{
    static const char *const escape = "\"\\\b\f\n\r\t", *const letter = "\"\\bfnrt";
    const char *at = strchr(escape, c);

    if (at != NULL) {
        char pair[2] = { '\\', letter[at - escape] };

        pal_text_add_bytes(text, pair, 2);
    } else {
        pal_text_addf(text, "\\u%04x", (unsigned)c);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* A quoted string. UTF-8 passes; what is not UTF-8 becomes U+FFFD byte by byte, so the file stays JSON. */
static void add_string(pal_text *text, const char *s)
{
    size_t left = strlen(s), n;

    pal_text_add_bytes(text, "\"", 1);
    while (left > 0) {
        for (n = 0; n < left && is_plain((unsigned char)s[n]); n++) {
        }
        if (n == 0 && (unsigned char)*s < 0x80) {
            add_escaped(text, (unsigned char)*s);
            n = 1;
        } else if (n == 0) {
            n = valid_length(s, left);
            pal_text_add_bytes(text, n == 0 ? "\xef\xbf\xbd" : s, n == 0 ? 3 : n);
            n = n == 0 ? 1 : n;
        } else {
            pal_text_add_bytes(text, s, n);
        }
        s += n;
        left -= n;
    }
    pal_text_add_bytes(text, "\"", 1);
}

/* All that stands before a value: the comma, the line, the key. */
static void begin_value(pal_json_writer *w, const char *key)
{
    if (w->depth > 0) {
        if (!w->first) {
            pal_text_add(&w->text, w->compact ? ", " : ",");
        }
        if (!w->compact) {
            start_line(w);
        }
    }
    if (key != NULL) {
        add_string(&w->text, key);
        pal_text_add_bytes(&w->text, ": ", 2);
    }
    w->first = false;
}

static void open_level(pal_json_writer *w, const char *key, const char *bracket)
{
    begin_value(w, key);
    pal_text_add(&w->text, bracket);
    w->depth++;
    w->first = true;
}

static void close_level(pal_json_writer *w, const char *bracket)
{
    PAL_ASSERT(w->depth > 0);
    w->depth--;
    if (!w->first && !w->compact) {
        start_line(w);
    }
    pal_text_add(&w->text, bracket);
    w->first = false;
}

void pal_json_begin_object(pal_json_writer *w, const char *key)
{
    open_level(w, key, "{");
}

void pal_json_end_object(pal_json_writer *w)
{
    close_level(w, "}");
}

void pal_json_begin_array(pal_json_writer *w, const char *key)
{
    open_level(w, key, "[");
}

void pal_json_end_array(pal_json_writer *w)
{
    close_level(w, "]");
}

void pal_json_put_string(pal_json_writer *w, const char *key, const char *value)
{
    if (value == NULL) {
        pal_json_put_null(w, key);
        return;
    }
    begin_value(w, key);
    add_string(&w->text, value);
}

static void add_number(pal_text *text, double value)
{
    char number[PAL_NUMBER_MAX];

    if (value - value != 0.0) { /* NaN, infinity */
        pal_text_add_bytes(text, "null", 4);
    } else {
        pal_text_add_bytes(text, number, pal_format_double(number, value));
    }
}

void pal_json_put_number(pal_json_writer *w, const char *key, double value)
{
    begin_value(w, key);
    add_number(&w->text, value);
}

void pal_json_put_i64(pal_json_writer *w, const char *key, int64_t value)
{
    char number[PAL_NUMBER_MAX];

    begin_value(w, key);
    pal_text_add_bytes(&w->text, number, pal_format_i64(number, value));
}

void pal_json_put_bool(pal_json_writer *w, const char *key, bool value)
{
    begin_value(w, key);
    pal_text_add(&w->text, value ? "true" : "false");
}

void pal_json_put_null(pal_json_writer *w, const char *key)
{
    begin_value(w, key);
    pal_text_add(&w->text, "null");
}

void pal_json_put_numbers(pal_json_writer *w, const char *key, const double *x, size_t n)
{
    begin_value(w, key);
    pal_text_add_bytes(&w->text, "[", 1);
    for (size_t i = 0; i < n; i++) {
        pal_text_add(&w->text, i == 0 ? "" : ", ");
        add_number(&w->text, x[i]);
    }
    pal_text_add_bytes(&w->text, "]", 1);
}

/* Numbers share a line, as pal_json_put_numbers writes them. */
static bool put_number_array(pal_json_writer *w, const char *key, const pal_json *array)
{
    size_t n = pal_json_size(array);

    for (size_t i = 0; i < n; i++) {
        if (pal_json_kind_of(pal_json_at(array, i)) != PAL_JSON_NUMBER) {
            return false;
        }
    }
    begin_value(w, key);
    pal_text_add_bytes(&w->text, "[", 1);
    for (size_t i = 0; i < n; i++) {
        pal_text_add(&w->text, i == 0 ? "" : ", ");
        add_number(&w->text, pal_json_number(pal_json_at(array, i)));
    }
    pal_text_add_bytes(&w->text, "]", 1);
    return true;
}

static void put_children(pal_json_writer *w, const pal_json *parent, bool keys)
{
    for (size_t i = 0; i < pal_json_size(parent); i++) {
        const pal_json *child = pal_json_at(parent, i);

        pal_json_put_value(w, keys ? pal_json_key(child) : NULL, child);
    }
}

void pal_json_put_value(pal_json_writer *w, const char *key, const pal_json *value)
{
    switch (pal_json_kind_of(value)) {
    case PAL_JSON_NULL:
        pal_json_put_null(w, key);
        break;
    case PAL_JSON_BOOL:
        pal_json_put_bool(w, key, pal_json_bool(value));
        break;
    case PAL_JSON_NUMBER:
        pal_json_put_number(w, key, pal_json_number(value));
        break;
    case PAL_JSON_STRING:
        pal_json_put_string(w, key, pal_json_string(value));
        break;
    case PAL_JSON_ARRAY:
        if (!put_number_array(w, key, value)) {
            pal_json_begin_array(w, key);
            put_children(w, value, false);
            pal_json_end_array(w);
        }
        break;
    case PAL_JSON_OBJECT:
        pal_json_begin_object(w, key);
        put_children(w, value, true);
        pal_json_end_object(w);
        break;
    }
}

pal_status pal_json_save(pal_json_writer *w, const char *path, char hex[33], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_ASSERT(w->depth == 0);
    PAL_TRY(pal_text_check(&w->text, err));
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, w->text.bytes, w->text.n);
    pal_outfile_bytes(file, "\n", 1);
    PAL_TRY(pal_outfile_commit(&file, hex, err));

done:
    pal_outfile_abort(&file);
    pal_text_clear(&w->text);
    return rc;
}
