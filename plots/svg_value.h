/* Values of SVG attributes, written short: what svg_pack.c makes of numbers, paths, colours and styles. */
#ifndef PAL_PLOTS_SVG_VALUE_H
#define PAL_PLOTS_SVG_VALUE_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

#define PAL_SVG_NUMBER_MAX 40

/* A piece of a text, borrowed. */
typedef struct pal_span { const char *at; size_t n; } pal_span;
bool pal_span_is(pal_span s, const char *text);
bool pal_span_begins(pal_span s, const char *text);

/* A number rounded to 0.01, without trailing zeros or a leading one: "-.5", "12.25". Returns its length. */
size_t pal_svg_number(char out[PAL_SVG_NUMBER_MAX], double value);
/* Path data: rounded, commands not repeated, blanks only where two numbers would run together. */
void pal_svg_add_path(pal_text *out, pal_span d);
/* Any other value: its numbers are rounded, all else stays. */
void pal_svg_add_rounded(pal_text *out, pal_span value);
/* "rgb(…%)" as var(--pN) when it is a role's code, else as #rrggbb; anything else as it is. */
void pal_svg_add_colour(pal_text *out, pal_span value);
/* A style attribute without the declarations that only repeat SVG's defaults. */
void pal_svg_add_style(pal_text *out, pal_span style);

#endif
