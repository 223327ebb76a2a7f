/* The people nearest to one: how near, and what they share. Drawn from what the caller tells, for `palate match`. */
#ifndef PAL_PLOTS_FIG_MATCH_H
#define PAL_PLOTS_FIG_MATCH_H

#include "core/text.h"
#include "plots/canvas.h"

#include <stddef.h>

typedef struct pal_match_row {
    const char *person; /* id                                          */
    double cosine;      /* -1..1                                       */
    size_t shared;      /* songs both have                             */
    const char *genres; /* what they overlap in, a few words; or ""     */
} pal_match_row;

/* One page's bytes, added to out. `person` is the one who asks; row is n >= 1, nearest first. */
PAL_MUST_USE pal_status pal_match_render(pal_text *out, const char *person, const pal_match_row *row, size_t n,
                                         pal_format format, pal_theme theme, pal_error *err);
/* The numbers of that page as CSV, `person,near,cosine,shared,genres`. Failures of memory stay in the text. */
void pal_match_numbers(pal_text *csv, const char *person, const pal_match_row *row, size_t n);

#endif
