/* A recursive-descent check of the JSON grammar that tells line and column. */
#include "core/json_scan.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

typedef struct scanner {
    const char *begin, *at, *end;
    const char *name;
    int depth;
    pal_error *err;
} scanner;

static pal_status scan_value(scanner *s);

/* ---- messages ------------------------------------------------------------------------------ */

static size_t character_bytes(const scanner *s)
{
    unsigned char c = (unsigned char)*s->at;
    size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    size_t left = (size_t)(s->end - s->at);

    return n < left ? n : left;
}

/* What stands at s->at, for people. */
static void describe_found(const scanner *s, char out[32])
{
    size_t n;

    if (s->at >= s->end) {
        snprintf(out, 32, "the end of the text");
        return;
    }
    n = character_bytes(s);
    if (*s->at == '\n' || *s->at == '\r') {
        snprintf(out, 32, "the end of the line");
    } else if ((unsigned char)*s->at < 0x20 || *s->at == 0x7f) {
        snprintf(out, 32, "byte 0x%02x", (unsigned)(unsigned char)*s->at);
    } else if (!pal_is_utf8(s->at, n)) {
        snprintf(out, 32, "a byte that is not UTF-8");
    } else if (*s->at == '"') {
        snprintf(out, 32, "a quote");
    } else {
        snprintf(out, 32, "\"%.*s\"", (int)n, s->at);
    }
}

static pal_status refuse(const scanner *s, const char *expected)
{
    char found[32];
    size_t line = 1, column = 1;

    for (const char *c = s->begin; c < s->at; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*c & 0xc0) != 0x80) {
            column++; /* a character counts once, at its first byte */
        }
    }
    describe_found(s, found);
    return pal_error_set(s->err, PAL_ERR_PARSE, "%s: line %zu, column %zu: expected %s, found %s",
                         s->name, line, column, expected, found);
}

/* ---- the grammar --------------------------------------------------------------------------- */

static void skip_blanks(scanner *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
        s->at++;
    }
}

static bool is_at(const scanner *s, char c)
{
    return s->at < s->end && *s->at == c;
}

static bool accept(scanner *s, char c)
{
    bool there = is_at(s, c);

    s->at += there;
    return there;
}

static size_t skip_digits(scanner *s)
{
    const char *from = s->at;

    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        s->at++;
    }
    return (size_t)(s->at - from);
}

static pal_status scan_number(scanner *s)
{
    const char *from = s->at;
    double value;

    (void)accept(s, '-');
    if (accept(s, '0')) {
        if (skip_digits(s) > 0) {
            s->at = from;
            return refuse(s, "a number without leading zeros");
        }
    } else if (skip_digits(s) == 0) {
        return refuse(s, "a digit");
    }
    if (accept(s, '.') && skip_digits(s) == 0) {
        return refuse(s, "a digit after the decimal point");
    }
    if (accept(s, 'e') || accept(s, 'E')) {
        if (!accept(s, '+')) {
            (void)accept(s, '-');
        }
        if (skip_digits(s) == 0) {
            return refuse(s, "a digit in the exponent");
        }
    }
    if (s->at - from > PAL_JSON_MAX_NUMBER) {
        s->at = from;
        return refuse(s, "a number of at most 63 characters");
    }
    if (!pal_parse_double(&value, from, (size_t)(s->at - from))) {
        s->at = from;
        return refuse(s, "a number that fits a double (below 1.8e308)");
    }
    return PAL_OK;
}

/* Four hexadecimal digits; -1 if there are not. */
static int scan_hex4(scanner *s)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *digit = s->at < s->end && *s->at != '\0' ? strchr(digits, *s->at) : NULL;
        int d;

        if (digit == NULL) {
            return -1;
        }
        d = (int)(digit - digits);
        value = value * 16 + (d < 16 ? d : d - 6);
        s->at++;
    }
    return value;
}

/* Behind "\u". U+0000 would end a C string early; half a surrogate pair is no character. */
static pal_status scan_unicode_escape(scanner *s)
{
    const char *from = s->at;
    int first = scan_hex4(s), second;

    if (first < 0) {
        return refuse(s, "four hexadecimal digits after \\u");
    }
    if (first >= 0xd800 && first <= 0xdbff) {
        second = accept(s, '\\') && accept(s, 'u') ? scan_hex4(s) : -1;
        if (second < 0xdc00 || second > 0xdfff) {
            s->at = from;
            return refuse(s, "a surrogate pair (\\ud800-\\udbff, then \\udc00-\\udfff)");
        }
    } else if ((first >= 0xdc00 && first <= 0xdfff) || first == 0) {
        s->at = from;
        return refuse(s, first == 0 ? "a character other than \\u0000"
                                    : "the first half of a surrogate pair");
    }
    return PAL_OK;
}

/* From the opening quote. */
static pal_status scan_string(scanner *s)
{
    pal_status rc = PAL_OK;

    s->at++;
    while (rc == PAL_OK) {
        if (s->at == s->end) {
            return refuse(s, "a closing quote");
        }
        if (accept(s, '"')) {
            return PAL_OK;
        }
        if ((unsigned char)*s->at < 0x20) {
            return refuse(s, "a closing quote (control characters are written \\n, \\t, \\u0001 …)");
        }
        if (!accept(s, '\\')) {
            s->at++;
        } else if (accept(s, 'u')) {
            rc = scan_unicode_escape(s);
        } else if (s->at < s->end && *s->at != '\0' && strchr("\"\\/bfnrt", *s->at) != NULL) {
            s->at++;
        } else {
            rc = refuse(s, "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u after a backslash");
        }
    }
    return rc;
}

static pal_status enter(scanner *s)
{
    if (++s->depth > PAL_JSON_MAX_DEPTH) {
        return refuse(s, "at most 64 levels of nesting");
    }
    s->at++;
    skip_blanks(s);
    return PAL_OK;
}

static pal_status scan_member(scanner *s)
{
    pal_status rc = PAL_OK;

    if (!is_at(s, '"')) {
        return refuse(s, "a key in quotes");
    }
    PAL_TRY(scan_string(s));
    skip_blanks(s);
    if (!accept(s, ':')) {
        return refuse(s, "\":\" after the key");
    }
    PAL_TRY(scan_value(s));

done:
    return rc;
}

static pal_status scan_object(scanner *s)
{
    pal_status rc = PAL_OK;

    PAL_TRY(enter(s));
    if (!is_at(s, '}')) {
        do {
            skip_blanks(s);
            PAL_TRY(scan_member(s));
            skip_blanks(s);
        } while (accept(s, ','));
    }
    s->depth--;
    if (!accept(s, '}')) {
        return refuse(s, "\",\" or \"}\"");
    }

done:
    return rc;
}

static pal_status scan_array(scanner *s)
{
    pal_status rc = PAL_OK;

    PAL_TRY(enter(s));
    if (!is_at(s, ']')) {
        do {
            PAL_TRY(scan_value(s));
            skip_blanks(s);
        } while (accept(s, ','));
    }
    s->depth--;
    if (!accept(s, ']')) {
        return refuse(s, "\",\" or \"]\"");
    }

done:
    return rc;
}

static bool accept_word(scanner *s, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) {
        return false;
    }
    s->at += n;
    return true;
}

static pal_status scan_value(scanner *s)
{
    skip_blanks(s);
    if (is_at(s, '{')) {
        return scan_object(s);
    }
    if (is_at(s, '[')) {
        return scan_array(s);
    }
    if (is_at(s, '"')) {
        return scan_string(s);
    }
    if (s->at < s->end && (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))) {
        return scan_number(s);
    }
    if (accept_word(s, "true") || accept_word(s, "false") || accept_word(s, "null")) {
        return PAL_OK;
    }
    return refuse(s, "a value (an object, an array, a string in quotes, a number, true, false or null)");
}

/* Called when the text is not UTF-8 (or holds a NUL): walk to the first byte that is wrong. */
static pal_status refuse_bytes(scanner *s)
{
    for (;;) {
        size_t n = character_bytes(s);

        if (!pal_is_utf8(s->at, n)) {
            return refuse(s, "text in UTF-8");
        }
        s->at += n;
    }
}

pal_status pal_json_scan(const char *text, size_t n, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    scanner s = { .begin = text, .at = text, .end = text + n, .name = name, .err = err };

    if (!pal_is_utf8(text, n)) {
        return refuse_bytes(&s);
    }
    PAL_TRY(scan_value(&s));
    skip_blanks(&s);
    if (s.at != s.end) {
        rc = refuse(&s, "the end of the text");
    }

done:
    return rc;
}
