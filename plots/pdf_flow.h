/* A document of A4 pages filled from top to bottom: paragraphs, headings with links, blocks kept whole. Lengths are points. */
#ifndef PAL_PLOTS_PDF_FLOW_H
#define PAL_PLOTS_PDF_FLOW_H

#include "core/error.h"
#include "core/text.h"
#include "plots/axis.h"
#include "plots/canvas.h"

#include <stdbool.h>
#include <stddef.h>

#define PAL_A4_WIDTH 595.276
#define PAL_A4_HEIGHT 841.89
#define PAL_A4_LEFT ((PAL_A4_WIDTH - PAL_PAGE_WIDTH) / 2) /* a figure is as wide as the text */
#define PAL_A4_TOP 50.0
#define PAL_A4_FOOT 788.0                                 /* where text ends; below stands the page number */

enum { PAL_FLOW_LAST = 2 };

typedef struct pal_pdf_heading { char id[100], words[160]; int level, page; } pal_pdf_heading;

/*
 * A document is set three times: the first time headings are collected, the second time, the contents having found their
 * room, they note their pages, and the last time all is drawn.
 */
typedef struct pal_flow {
    pal_canvas *canvas;
    const char *title;          /* in the footer */
    int pass;                   /* 0, 1, PAL_FLOW_LAST */
    int page, n_pages, n_figures, chapter; /* n_pages: of the pass before; chapter: entry of the outline */
    double y;                   /* where the next block begins */
    pal_pdf_heading *headings;
    size_t n_headings, capacity, next, placed; /* next: the heading to come; those from `placed` on wait for a block */
} pal_flow;

/* Begin at the top of the first page of a canvas of that size. */
void pal_flow_begin(pal_flow *flow, pal_canvas *canvas);
/* End the last page. */
void pal_flow_end(pal_flow *flow);
void pal_flow_clear(pal_flow *flow);
/* Room for `height` points in one piece: goes to the next page where this one has too little left. Headings that wait come
 * first, on the same page. */
void pal_flow_room(pal_flow *flow, double height);

/* A style of running text. */
typedef struct pal_flow_style { pal_font font; double line, before, after, indent; } pal_flow_style;
extern const pal_flow_style pal_flow_title, pal_flow_lead, pal_flow_body, pal_flow_note, pal_flow_caption, pal_flow_code;

/* Markup wrapped at the width left beside the indent; breaks between lines where the page ends. */
void pal_flow_paragraph(pal_flow *flow, const char *markup, const pal_flow_style *style);
/* How high it will be, without the space around it. */
double pal_flow_height(pal_flow *flow, const char *markup, const pal_flow_style *style);
/* A heading of level 2 or 3: waits for the next block, is put into the outline, and links lead to it. */
PAL_MUST_USE pal_status pal_flow_heading(pal_flow *flow, int level, const char *id, const char *markup, pal_error *err);
/* The headings with their pages, as links. */
void pal_flow_contents(pal_flow *flow);

#endif
