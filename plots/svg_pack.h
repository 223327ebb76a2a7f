/* Cairo's SVG made small, theme-aware and safe to stand beside others in one HTML page. */
#ifndef PAL_PLOTS_SVG_PACK_H
#define PAL_PLOTS_SVG_PACK_H

#include "core/error.h"
#include "core/text.h"

#include <stddef.h>

/* Texts that are kept once, however often they are used. */
typedef struct pal_once { char **text; size_t n, capacity; } pal_once;

/* Outlines of letters and the words set from them, shared by the drawings of a page. Start from {0}. */
typedef struct pal_glyphs {
    pal_once outlines; /* path data                        */
    pal_once words;    /* <use> elements relative to the first letter */
} pal_glyphs;
void pal_glyphs_clear(pal_glyphs *glyphs);
/* `<path id="PREFIXk" d="…"/>` for every outline and `<g id="wk">…</g>` for every word. */
void pal_glyphs_write(const pal_glyphs *glyphs, const char *prefix, pal_text *out);

/*
 * Rewrite one of Cairo's drawings and add it to out.
 *   coordinates are rounded to 0.01 pt, defaults and blanks dropped, every id gets `prefix`
 *   coded colours (PAL_THEME_CODED) become var(--pN), others #rrggbb
 *   `label` becomes <title> and aria-label
 *   glyphs  NULL: a file of its own, outlines inside; else: an inline element whose words and letters point to ids
 *           "wK" and "gK" of these lists, which the page must hold once (pal_glyphs_write with prefix "g")
 *   PAL_ERR_INTERNAL  not the SVG that Cairo writes
 */
PAL_MUST_USE pal_status pal_svg_pack(pal_text *out, const char *svg, size_t n, const char *prefix, const char *label,
                                     pal_glyphs *glyphs, pal_error *err);

/* Text with & < > " ' escaped, for XML and HTML. */
void pal_text_add_escaped(pal_text *out, const char *text);

#endif
