/* The caller's error record, and the end of the road for broken promises. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages are one line for terminals and logs, whatever bytes a file name or a field carried. */
static void blank_control_bytes(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20 || c == 0x7f) {
            *text = ' ';
        }
    }
}

/* A text cut at the buffer's end may have lost the last bytes of a character: drop its first ones too. */
static void drop_half_character(char *text, size_t n)
{
    size_t start = n;

    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
        text[start - 1] = '\0';
    }
}

pal_status pal_error_set(pal_error *err, pal_status status, const char *format, ...)
{
    char text[sizeof err->text]; /* apart from err, because an argument may be err->text itself */
    va_list args;
    int n;

    if (err == NULL) {
        return status;
    }
    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) {
        text[0] = '\0';
    } else if ((size_t)n >= sizeof text) {
        drop_half_character(text, sizeof text - 1);
    }
    blank_control_bytes(text);
    err->status = status;
    memcpy(err->text, text, sizeof text);
    return status;
}

int pal_status_exit_code(pal_status status)
{
    switch (status) {
    case PAL_OK:
        return 0;
    case PAL_ERR_USAGE:
    case PAL_ERR_CONFIG:
    case PAL_ERR_PARSE:
    case PAL_ERR_DATA:
    case PAL_ERR_IO:
        return 2;
    case PAL_ERR_SHAPE:
    case PAL_ERR_CONVERGE:
    case PAL_ERR_MEMORY:
    case PAL_ERR_MISMATCH:
    case PAL_ERR_INTERNAL:
    case PAL_ERR_STOPPED:
        return 1;
    }
    return 1;
}

const char *pal_status_name(pal_status status)
{
    switch (status) {
    case PAL_OK:
        return "PAL_OK";
    case PAL_ERR_USAGE:
        return "PAL_ERR_USAGE";
    case PAL_ERR_CONFIG:
        return "PAL_ERR_CONFIG";
    case PAL_ERR_PARSE:
        return "PAL_ERR_PARSE";
    case PAL_ERR_DATA:
        return "PAL_ERR_DATA";
    case PAL_ERR_IO:
        return "PAL_ERR_IO";
    case PAL_ERR_SHAPE:
        return "PAL_ERR_SHAPE";
    case PAL_ERR_CONVERGE:
        return "PAL_ERR_CONVERGE";
    case PAL_ERR_MEMORY:
        return "PAL_ERR_MEMORY";
    case PAL_ERR_MISMATCH:
        return "PAL_ERR_MISMATCH";
    case PAL_ERR_INTERNAL:
        return "PAL_ERR_INTERNAL";
    case PAL_ERR_STOPPED:
        return "PAL_ERR_STOPPED";
    }
    return "PAL_ERR_UNKNOWN";
}

_Noreturn void pal_assert_fail(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, expression);
    abort();
}
