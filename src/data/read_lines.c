/* Rows and fields cut in place: separators become NUL bytes, quoted fields move together. */
#include "data/read_lines.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"

#include <string.h>

static pal_status refuse(const pal_lines *lines, uint64_t line, const char *what, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_PARSE, "%s: line %llu: %s", lines->path, (unsigned long long)line, what);
}

/* ISO-8859-1: each byte is the code point of its number. */
static pal_status from_latin1(char **bytes, size_t *n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const unsigned char *from = (const unsigned char *)*bytes;
    size_t wide = 0, to = 0;
    char *turned = NULL;

    for (size_t i = 0; i < *n; i++) {
        wide += from[i] >= 0x80;
    }
    PAL_NEW(turned, *n + wide + 1);
    for (size_t i = 0; i < *n; i++) {
        if (from[i] >= 0x80) {
            turned[to++] = (char)(0xC0 | from[i] >> 6);
            turned[to++] = (char)(0x80 | (from[i] & 0x3F));
        } else {
            turned[to++] = (char)from[i];
        }
    }
    pal_free(*bytes);
    *bytes = turned;
    *n = to;

done:
    return rc;
}

static pal_status not_utf8(const pal_lines *lines, size_t n, pal_error *err)
{
    const char *at = lines->bytes, *end = at + n, *newline;
    uint64_t line = 1;

    while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL && pal_is_utf8(at, (size_t)(newline - at))) {
        at = newline + 1;
        line++;
    }
    newline = newline != NULL ? newline : end;
    return refuse(lines, line, memchr(at, 0, (size_t)(newline - at)) != NULL ? "holds a NUL byte"
                                                                             : "holds bytes that are not UTF-8", err);
}

pal_status pal_lines_open(pal_lines *lines, const char *path, bool latin1, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;

    *lines = (pal_lines){ .path = path, .next_line = 1 };
    PAL_TRY(pal_file_read(&lines->bytes, &n, path, err));
    if (!pal_is_utf8(lines->bytes, n)) {
        if (!latin1 || memchr(lines->bytes, 0, n) != NULL) {
            PAL_TRY(not_utf8(lines, n, err));
        }
        PAL_TRY(from_latin1(&lines->bytes, &n, err));
    }
    lines->next = lines->bytes;
    lines->end = lines->bytes + n;
    if (n >= 3 && memcmp(lines->bytes, "\xef\xbb\xbf", 3) == 0) {
        lines->next += 3;
    }

done:
    return rc;
}

void pal_lines_clear(pal_lines *lines)
{
    pal_free(lines->bytes);
    lines->bytes = lines->next = lines->end = NULL;
}

const char *pal_lines_first(const pal_lines *lines, size_t *n)
{
    const char *newline = memchr(lines->next, '\n', (size_t)(lines->end - lines->next));
    const char *end = newline != NULL ? newline : lines->end;

    *n = (size_t)(end - lines->next);
    *n -= *n > 0 && lines->next[*n - 1] == '\r';
    return lines->next;
}

/* Put a field; at is its first byte, length without what follows. */
static bool put_field(pal_lines *lines, char *at, size_t length)
{
    if (lines->n == PAL_MOST_FIELDS) {
        return false;
    }
    lines->field[lines->n] = at;
    lines->length[lines->n++] = length;
    return true;
}

/* A quoted field: moved together over its doubled quotes. Returns the byte behind the closing quote, NULL when open. */
static char *unquote(char *at, const char *end, size_t *length, uint64_t *newlines)
{
    char *to = at++;

    *length = 0;
    for (;; at++) {
        if (at == end) {
            return NULL;
        }
        if (*at == '"') {
            if (at + 1 == end || at[1] != '"') {
                return at + 1;
            }
            at++;
        }
        *newlines += *at == '\n';
        to[(*length)++] = *at;
    }
}

static const char *const too_many = "more than 512 fields";

/* The row that starts at lines->next, with quotes: byte by byte, for it may go over several lines. */
static pal_status cut_quoted(pal_lines *lines, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *at = lines->next, *end = lines->end, separator = lines->separator[0];
    bool last = false;

    while (!last) {
        char *start = at;
        size_t length;

        if (at < end && *at == '"') {
            at = unquote(at, end, &length, &lines->next_line);
            if (at == NULL) {
                PAL_TRY(refuse(lines, lines->line, "a quote that is opened in this row is never closed", err));
            }
            at += at < end && *at == '\r' && (at + 1 == end || at[1] == '\n');
            if (at < end && *at != separator && *at != '\n') {
                PAL_TRY(refuse(lines, lines->line, "text behind the closing quote of a field", err));
            }
        } else {
            while (at < end && *at != separator && *at != '\n') {
                at++;
            }
            length = (size_t)(at - start);
            length -= (at == end || *at == '\n') && length > 0 && start[length - 1] == '\r';
        }
        last = at == end || *at == '\n';
        at += at < end;
        if (!put_field(lines, start, length)) {
            PAL_TRY(refuse(lines, lines->line, too_many, err));
        }
        start[length] = '\0'; /* what stood behind the field, or inside its quotes, is done with */
    }
    lines->next = at;
    lines->next_line++;

done:
    return rc;
}

/* The same without quotes; the line's end is known. */
static pal_status cut_plain(pal_lines *lines, char *stop, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *at = lines->next, *start = at, first = lines->separator[0], second = lines->separator[1];

    lines->next = stop < lines->end ? stop + 1 : stop;
    lines->next_line++;
    stop -= stop > start && stop[-1] == '\r';
    *stop = '\0';
    for (; at < stop; at++) {
        if (*at == first && (second == '\0' || at[1] == second)) {
            *at = '\0';
            if (!put_field(lines, start, (size_t)(at - start))) {
                PAL_TRY(refuse(lines, lines->line, too_many, err));
            }
            at += second != '\0';
            start = at + 1;
        }
    }
    if (!put_field(lines, start, (size_t)(stop - start))) {
        PAL_TRY(refuse(lines, lines->line, too_many, err));
    }

done:
    return rc;
}

pal_status pal_lines_next(bool *found, pal_lines *lines, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *newline = NULL;
    size_t blank = 1;

    *found = false;
    lines->n = 0;
    while (lines->next < lines->end) {
        newline = memchr(lines->next, '\n', (size_t)(lines->end - lines->next));
        newline = newline != NULL ? newline : lines->end;
        blank = (size_t)(newline - lines->next);
        if (blank > 0 && !(blank == 1 && lines->next[0] == '\r')) {
            break;
        }
        lines->next = newline < lines->end ? newline + 1 : newline;
        lines->next_line++;
    }
    if (lines->next == lines->end) {
        goto done;
    }
    lines->line = lines->next_line;
    lines->row++;
    PAL_TRY(lines->quotes ? cut_quoted(lines, err) : cut_plain(lines, newline, err));
    *found = true;

done:
    return rc;
}
