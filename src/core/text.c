/* A growing byte buffer, nearness of names, and what counts as UTF-8. Numbers: number.c. */
#include "core/text.h"

#include "core/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pal_text_clear(pal_text *text)
{
    pal_free(text->bytes);
    *text = (pal_text){ 0 };
}

/* Room for `more` bytes and the NUL. */
static bool make_room(pal_text *text, size_t more)
{
    size_t wanted, capacity;
    char *grown;

    if (text->failed) {
        return false;
    }
    if (more < text->capacity - text->n) {
        return true;
    }
    if (more > SIZE_MAX / 4 || text->n > SIZE_MAX / 4) {
        text->failed = true;
        return false;
    }
    wanted = text->n + more + 1;
    capacity = text->capacity < 64 ? 128 : 2 * text->capacity;
    capacity = capacity < wanted ? wanted : capacity;
    grown = pal_resize(text->bytes, text->bytes == NULL ? 0 : text->n, capacity, 1);
    if (grown == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = grown;
    text->capacity = capacity;
    return true;
}

void pal_text_add_bytes(pal_text *text, const char *bytes, size_t n)
{
    if (!make_room(text, n)) {
        return;
    }
    if (n != 0) {
        memcpy(text->bytes + text->n, bytes, n);
    }
    text->n += n;
    text->bytes[text->n] = '\0';
}

void pal_text_add(pal_text *text, const char *string)
{
    pal_text_add_bytes(text, string, strlen(string));
}

void pal_text_addf(pal_text *text, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        text->failed = true;
        return;
    }
    if (!make_room(text, (size_t)n)) {
        return;
    }
    va_start(args, format);
    vsnprintf(text->bytes + text->n, (size_t)n + 1, format, args);
    va_end(args);
    text->n += (size_t)n;
}

pal_status pal_text_check(const pal_text *text, pal_error *err)
{
    if (text->failed) {
        return pal_error_set(err, PAL_ERR_MEMORY, "out of memory: a text of more than %zu bytes",
                             text->n);
    }
    return PAL_OK;
}

/* Wagner and Fischer 1974, one row kept; names are short, so the row nearly always fits the stack. */
size_t pal_edit_distance(const char *a, const char *b)
{
    size_t n_a = strlen(a), n_b = strlen(b), distance;
    size_t near_row[128];
    size_t *row = n_b < 128 ? near_row : pal_calloc(n_b + 1, sizeof *row);

    if (row == NULL) {
        return n_a > n_b ? n_a : n_b; /* out of memory: the largest it can be */
    }
    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t other = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    distance = row[n_b];
    if (row != near_row) {
        pal_free(row);
    }
    return distance;
}

const char *pal_nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t best = strlen(name) / 3 + 1;

    for (size_t i = 0; i < n; i++) {
        size_t distance = pal_edit_distance(name, names[i]);

        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* Eight bytes at a time while all of them are ASCII and none is NUL. */
static size_t skip_ascii(const unsigned char *s, size_t n)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    uint64_t w;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        memcpy(&w, s + i, 8);
        if (((w | (w - ones)) & high) != 0) {
            break; /* a high bit, or a borrow out of a zero byte */
        }
    }
    while (i < n && s[i] < 0x80 && s[i] != 0) {
        i++;
    }
    return i;
}

/* Length of the well-formed character at s, 0 if there is none: Unicode 15, table 3-7. */
static size_t character_length(const unsigned char *s, size_t n)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length;

    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        length = 2;
    } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
        length = 3;
        low = s[0] == 0xe0 ? 0xa0 : 0x80;  /* overlong  */
        high = s[0] == 0xed ? 0x9f : 0xbf; /* surrogate */
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        length = 4;
        low = s[0] == 0xf0 ? 0x90 : 0x80;  /* overlong        */
        high = s[0] == 0xf4 ? 0x8f : 0xbf; /* beyond U+10FFFF */
    } else {
        return 0;
    }
    if (n < length || s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool pal_is_utf8(const char *bytes, size_t n)
{
    const unsigned char *s = (const unsigned char *)bytes;
    size_t i = 0, length;

    for (;;) {
        i += skip_ascii(s + i, n - i);
        if (i == n) {
            return true;
        }
        length = s[i] == 0 ? 0 : character_length(s + i, n - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
}
