/* Printing to stdout. Failures to write come out once, when main flushes. */
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

pal_status pal_print_text(pal_text *text, pal_error *err)
{
    pal_status rc = pal_text_check(text, err);

    if (rc == PAL_OK && text->bytes != NULL) {
        fwrite(text->bytes, 1, text->n, stdout);
    }
    pal_text_clear(text);
    return rc;
}

pal_status pal_print_line(pal_json_writer *w, pal_error *err)
{
    if (w->text.n == 0 || w->text.bytes[w->text.n - 1] != '\n') {
        pal_text_add(&w->text, "\n");
    }
    return pal_print_text(&w->text, err);
}

const char *pal_print_count(unsigned long long value)
{
    static char buffers[8][32]; /* eight counts may stand in one printf; the command line has one thread */
    static size_t next;
    char digits[24];
    char *out = buffers[next++ % 8];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%llu", value), to = 0;

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            out[to++] = ',';
        }
        out[to++] = digits[i];
    }
    out[to] = '\0';
    return out;
}

const char *pal_print_noun(unsigned long long n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}
