/* A page to draw on: one set of calls for SVG, PNG and PDF. The only caller of Cairo and Pango. */
#ifndef PAL_PLOTS_CANVAS_H
#define PAL_PLOTS_CANVAS_H

#include "core/error.h"
#include "core/text.h"
#include "plots/palette.h"

#include <stdbool.h>
#include <stddef.h>

/* Lengths are points (1/72 inch), the origin is the upper left corner, y grows downwards. */
typedef enum pal_format { PAL_FORMAT_SVG = 1, PAL_FORMAT_PNG = 2, PAL_FORMAT_PDF = 4 } pal_format;

typedef enum pal_dash { PAL_SOLID, PAL_DASHED, PAL_DOTTED, PAL_DASH_DOT, PAL_LONG_DASH } pal_dash;
typedef enum pal_marker {
    PAL_DOT, PAL_SQUARE, PAL_TRIANGLE, PAL_DIAMOND, PAL_CROSS, PAL_PLUS, PAL_RING, PAL_STAR, PAL_MARKERS
} pal_marker;
typedef enum pal_anchor { PAL_LEFT, PAL_MIDDLE, PAL_RIGHT } pal_anchor;

typedef struct pal_pen {
    pal_role role;
    double width;  /* points; > 0                                   */
    pal_dash dash;
    double alpha;  /* 0 stands for opaque, so that it may be left out */
} pal_pen;

typedef struct pal_font {
    double size;       /* points                                                                    */
    pal_role role;
    pal_anchor anchor; /* which end of the text stands at x                                         */
    bool bold;         /* semibold (600)                                                            */
    double max_width;  /* longer text ends with an ellipsis; 0 = no limit                           */
} pal_font;

/* Where a text stands on the page, for tests: nothing may overlap or leave the page. */
typedef struct pal_text_box {
    double x0, y0, x1, y1;
    char text[64]; /* its beginning */
} pal_text_box;

typedef struct pal_canvas pal_canvas;

/*
 * A page of width x height points. PNG is drawn at two pixels a point. Failures of drawing calls (memory, Cairo)
 * are kept and come out at finish.
 *   PAL_ERR_MEMORY    memory is out
 *   PAL_ERR_INTERNAL  Cairo refuses the page; its own words are in the text
 */
PAL_MUST_USE pal_status pal_canvas_new(pal_canvas **out, pal_format format, pal_theme theme, double width,
                                       double height, pal_error *err);
void pal_canvas_free(pal_canvas *canvas); /* accepts NULL */
/* End the page; its bytes are added to `bytes`. PDF carries `title` and a fixed date, the others no date. SVG holds
 * Cairo's running numbers in ids that nothing refers to; pal_svg_pack drops them. */
PAL_MUST_USE pal_status pal_canvas_finish(pal_canvas *canvas, const char *title, pal_text *bytes, pal_error *err);
double pal_canvas_width(const pal_canvas *canvas);
double pal_canvas_height(const pal_canvas *canvas);
/* Texts drawn so far; borrowed. */
const pal_text_box *pal_canvas_texts(const pal_canvas *canvas, size_t *n);

void pal_canvas_line(pal_canvas *canvas, double x0, double y0, double x1, double y1, pal_pen pen);
/* A line through n points; a NaN ends a piece, and a piece of one point becomes a dot. */
void pal_canvas_polyline(pal_canvas *canvas, const double *x, const double *y, size_t n, pal_pen pen);
/* A closed shape; alpha 0..1; pen NULL = no outline. */
void pal_canvas_polygon(pal_canvas *canvas, const double *x, const double *y, size_t n, pal_role fill, double alpha,
                        const pal_pen *pen);
void pal_canvas_rect(pal_canvas *canvas, double x, double y, double w, double h, pal_role fill, double alpha);
/* Many rectangles {x, y, w, h} filled in one go: no seams where they touch, and a small file. */
void pal_canvas_rects(pal_canvas *canvas, const double (*rects)[4], size_t n, pal_role fill, double alpha);
void pal_canvas_frame(pal_canvas *canvas, double x, double y, double w, double h, pal_pen pen);
void pal_canvas_round_rect(pal_canvas *canvas, double x, double y, double w, double h, double radius, pal_role fill,
                           double alpha);
void pal_canvas_disc(pal_canvas *canvas, double x, double y, double radius, pal_role fill, double alpha);
void pal_canvas_circle(pal_canvas *canvas, double x, double y, double radius, pal_pen pen);
/* A mark of about `size` points across. */
void pal_canvas_marker(pal_canvas *canvas, double x, double y, double size, pal_marker kind, pal_role role,
                       double alpha);
/* Nothing is drawn outside the rectangle until unclip; texts are not meant to be clipped. */
void pal_canvas_clip(pal_canvas *canvas, double x, double y, double w, double h);
void pal_canvas_unclip(pal_canvas *canvas);

/* One line of UTF-8 text, y its baseline; returns the width drawn. NULL or "" draws nothing. */
double pal_canvas_text(pal_canvas *canvas, double x, double y, const char *text, pal_font font);
double pal_canvas_text_width(pal_canvas *canvas, const char *text, pal_font font);
/* Text wrapped at `width`, at most max_lines lines (the last one elided), first baseline at y; returns the lines. */
int pal_canvas_paragraph(pal_canvas *canvas, double x, double y, double width, double line_height, int max_lines,
                         const char *text, pal_font font);

/* ---- documents: several pages, drawings inside a page, places that links lead to (PDF; elsewhere links do nothing) ---- */

/* End this page and go on with an empty one of the same size. */
void pal_canvas_next_page(pal_canvas *canvas);
/* Until pal_canvas_frame_end the page is the rectangle of width x height points whose corner is at x, y, shrunk by scale. */
void pal_canvas_frame_begin(pal_canvas *canvas, double x, double y, double width, double height, double scale);
void pal_canvas_frame_end(pal_canvas *canvas);

/*
 * Text in Pango's markup (&amp; and <b>, <i>, <tt>, <span foreground="…">), wrapped at `width`; what is no markup is set as
 * it stands. Lines are counted, and some of them drawn: from line `first` on at most n, the first baseline at y, the lines
 * `line_height` apart, against x by the font's anchor. max_width of the font is not used.
 */
size_t pal_canvas_markup_lines(pal_canvas *canvas, const char *markup, double width, pal_font font);
double pal_canvas_markup_width(pal_canvas *canvas, const char *markup, pal_font font);
void pal_canvas_markup(pal_canvas *canvas, double x, double y, double width, double line_height, size_t first, size_t n,
                       const char *markup, pal_font font);

/* A place that links lead to; a rectangle that is a link to it; an entry of the outline beside the pages under the entry
 * `parent` (0: at the top): returns the entry. Names hold letters, digits, '-' and '_' only. */
void pal_canvas_place(pal_canvas *canvas, const char *name, double x, double y);
void pal_canvas_link(pal_canvas *canvas, const char *name, double x, double y, double w, double h);
int pal_canvas_outline(pal_canvas *canvas, int parent, const char *title, const char *name);

/* Give back what Pango and Cairo keep between pages (for leak checks; later pages just start cold). */
void pal_canvas_shutdown(void);

#endif
