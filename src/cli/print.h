/* Printing to stdout: whole texts and JSON lines. */
#ifndef PAL_CLI_PRINT_H
#define PAL_CLI_PRINT_H

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"

/* Print a finished compact object and a newline, and free the writer's text. PAL_ERR_MEMORY if it was cut. */
PAL_MUST_USE pal_status pal_print_line(pal_json_writer *w, pal_error *err);

/* Print a text as it is and free it. PAL_ERR_MEMORY if it was cut. */
PAL_MUST_USE pal_status pal_print_text(pal_text *text, pal_error *err);

/* A whole number with a comma every three digits, in one of eight static buffers: use at once. */
const char *pal_print_count(unsigned long long value);

/* "person" for 1, else "people". */
const char *pal_print_noun(unsigned long long n, const char *one, const char *many);

#endif
