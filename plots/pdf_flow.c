/* A document of A4 pages filled from top to bottom. */
#include "plots/pdf_flow.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CONTENTS_LINE 14.0
#define NUMBER_Y 812.0
#define COVER 0.45 /* contents that reach further down have their page to themselves */

const pal_flow_style pal_flow_title = { { .size = 22, .role = PAL_INK, .bold = true }, 26, 0, 4, 0 };
const pal_flow_style pal_flow_lead = { { .size = 11.5, .role = PAL_INK }, 16.5, 10, 10, 14 };
const pal_flow_style pal_flow_body = { { .size = 9.5, .role = PAL_INK }, 13.6, 4, 5, 0 };
const pal_flow_style pal_flow_note = { { .size = 8.5, .role = PAL_SUBTLE }, 11.8, 4, 6, 0 };
const pal_flow_style pal_flow_caption = { { .size = 8.5, .role = PAL_SUBTLE }, 11.8, 3, 14, 0 };
const pal_flow_style pal_flow_code = { { .size = 8.5, .role = PAL_INK }, 12, 4, 6, 10 };

static const pal_flow_style heading_styles[] = {
    [2] = { { .size = 15, .role = PAL_INK, .bold = true }, 19, 24, 6, 0 },
    [3] = { { .size = 11, .role = PAL_INK, .bold = true }, 14, 12, 3, 0 },
};

/* ---- pages ---- */

static void add_footer(pal_flow *flow)
{
    char text[60];
    pal_font font = pal_font_tick(PAL_LEFT);

    font.max_width = PAL_PAGE_WIDTH - 80;
    pal_canvas_text(flow->canvas, PAL_A4_LEFT, NUMBER_Y, flow->title, font);
    snprintf(text, sizeof text, "%d of %d", flow->page, flow->n_pages);
    pal_canvas_text(flow->canvas, PAL_A4_LEFT + PAL_PAGE_WIDTH, NUMBER_Y, text, pal_font_tick(PAL_RIGHT));
}

static void next_page(pal_flow *flow)
{
    add_footer(flow);
    pal_canvas_next_page(flow->canvas);
    flow->page++;
    flow->y = PAL_A4_TOP;
}

void pal_flow_begin(pal_flow *flow, pal_canvas *canvas)
{
    flow->canvas = canvas;
    flow->page = 1;
    flow->n_figures = flow->chapter = 0;
    flow->y = PAL_A4_TOP;
    flow->next = flow->placed = 0;
}

static void put_heading(pal_flow *flow, pal_pdf_heading *h)
{
    const pal_flow_style *style = &heading_styles[h->level];
    int entry;

    h->page = flow->page;
    flow->y += flow->y > PAL_A4_TOP ? style->before : 0;
    if (flow->pass == PAL_FLOW_LAST) {
        pal_canvas_place(flow->canvas, h->id, PAL_A4_LEFT, flow->y);
        entry = pal_canvas_outline(flow->canvas, h->level == 2 ? 0 : flow->chapter, h->words, h->id);
        flow->chapter = h->level == 2 ? entry : flow->chapter;
    }
    if (h->level == 2 && flow->y > PAL_A4_TOP) {
        pal_canvas_line(flow->canvas, PAL_A4_LEFT, flow->y - 8, PAL_A4_LEFT + PAL_PAGE_WIDTH, flow->y - 8,
                        (pal_pen){ PAL_GRID, 0.8, PAL_SOLID, 0 });
    }
    flow->y += style->line * pal_canvas_paragraph(flow->canvas, PAL_A4_LEFT, flow->y + style->font.size, PAL_PAGE_WIDTH,
                                                  style->line, 2, h->words, style->font) + style->after;
}

/* All headings that wait, here. */
static void put_headings(pal_flow *flow)
{
    while (flow->placed < flow->next) {
        put_heading(flow, &flow->headings[flow->placed++]);
    }
}

/* What they take, when each has one line. */
static double headings_height(const pal_flow *flow)
{
    double height = 0;

    for (size_t i = flow->placed; i < flow->next; i++) {
        const pal_flow_style *style = &heading_styles[flow->headings[i].level];

        height += style->before + style->line + style->after;
    }
    return height;
}

void pal_flow_end(pal_flow *flow)
{
    put_headings(flow);
    add_footer(flow);
    flow->n_pages = flow->page;
}

void pal_flow_clear(pal_flow *flow)
{
    pal_free(flow->headings);
    *flow = (pal_flow){ 0 };
}

void pal_flow_room(pal_flow *flow, double height)
{
    if (flow->y > PAL_A4_TOP && flow->y + headings_height(flow) + height > PAL_A4_FOOT) {
        next_page(flow);
    }
    put_headings(flow);
}

/* ---- text ---- */

double pal_flow_height(pal_flow *flow, const char *markup, const pal_flow_style *style)
{
    return style->line * (double)pal_canvas_markup_lines(flow->canvas, markup, PAL_PAGE_WIDTH - style->indent, style->font);
}

void pal_flow_paragraph(pal_flow *flow, const char *markup, const pal_flow_style *style)
{
    enum { TOGETHER = 2 }; /* no line stands alone at the foot of a page */
    const double width = PAL_PAGE_WIDTH - style->indent;
    const size_t n = pal_canvas_markup_lines(flow->canvas, markup, width, style->font);

    pal_flow_room(flow, style->before + style->line * (double)(n < TOGETHER ? n : TOGETHER));
    flow->y += flow->y > PAL_A4_TOP ? style->before : 0;
    for (size_t first = 0; first < n;) {
        size_t fit = (size_t)fmax(0, floor((PAL_A4_FOOT - flow->y) / style->line));

        if (fit == 0) {
            next_page(flow);
            continue;
        }
        fit = fit < n - first ? fit : n - first;
        pal_canvas_markup(flow->canvas, PAL_A4_LEFT + style->indent, flow->y + style->font.size, width, style->line, first,
                          fit, markup, style->font);
        if (style == &pal_flow_lead) { /* the answer, as on the page: a bar beside it */
            pal_canvas_rect(flow->canvas, PAL_A4_LEFT, flow->y - 2, 3, style->line * (double)fit + 2, PAL_SERIES_0, 1);
        }
        flow->y += style->line * (double)fit;
        first += fit;
    }
    flow->y += style->after;
}

/* ---- headings ---- */

/* Markup without tags and with its five entities as characters, for the outline. */
static void plain(char *out, size_t room, const char *markup)
{
    static const struct { const char *name, *c; } entities[] = {
        { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&#39;", "'" },
    };
    size_t n = 0;

    while (*markup != '\0' && n + 1 < room) {
        size_t step = *markup == '<' ? strcspn(markup, ">") + 1 : 1;
        char c = *markup == '<' ? '\0' : *markup;

        for (size_t e = 0; e < sizeof entities / sizeof entities[0]; e++) {
            if (strncmp(markup, entities[e].name, strlen(entities[e].name)) == 0) {
                step = strlen(entities[e].name);
                c = entities[e].c[0];
            }
        }
        if (c != '\0') {
            out[n++] = c;
        }
        markup += step;
    }
    while (n > 0 && n + 1 == room && ((unsigned char)out[n - 1] & 0x80) != 0) {
        n--; /* no half a character */
    }
    out[n] = '\0';
}

pal_status pal_flow_heading(pal_flow *flow, int level, const char *id, const char *markup, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT(level == 2 || level == 3);
    if (flow->pass == 0) {
        pal_pdf_heading *h;

        if (flow->n_headings == flow->capacity) {
            size_t grown = flow->capacity == 0 ? 32 : flow->capacity * 2;
            pal_pdf_heading *bigger = pal_resize(flow->headings, flow->capacity, grown, sizeof *bigger);

            if (bigger == NULL) {
                PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu headings of a report", grown);
            }
            flow->headings = bigger;
            flow->capacity = grown;
        }
        h = &flow->headings[flow->n_headings++];
        *h = (pal_pdf_heading){ .level = level };
        snprintf(h->id, sizeof h->id, "%s", id);
        plain(h->words, sizeof h->words, markup);
    }
    flow->next++;

done:
    return rc;
}

void pal_flow_contents(pal_flow *flow)
{
    const pal_font page = pal_font_label(PAL_INK, PAL_RIGHT);
    const double right = PAL_A4_LEFT + PAL_PAGE_WIDTH;

    flow->y += 6;
    for (size_t i = 0; flow->pass > 0 && i < flow->n_headings; i++) {
        const pal_pdf_heading *h = &flow->headings[i];
        pal_font font = pal_font_label(h->level == 2 ? PAL_INK : PAL_SUBTLE, PAL_LEFT);
        double x = PAL_A4_LEFT + (h->level == 2 ? 0 : 14), end;
        char number[20];

        if (flow->y + CONTENTS_LINE > PAL_A4_FOOT) {
            next_page(flow);
        }
        font.bold = h->level == 2;
        font.max_width = PAL_PAGE_WIDTH - 60;
        end = x + fmin(pal_canvas_text_width(flow->canvas, h->words, font), font.max_width);
        pal_canvas_text(flow->canvas, x, flow->y + 10, h->words, font);
        snprintf(number, sizeof number, "%d", h->page);
        pal_canvas_text(flow->canvas, right, flow->y + 10, number, page);
        pal_canvas_line(flow->canvas, end + 6, flow->y + 9, right - 22, flow->y + 9, (pal_pen){ PAL_GRID, 0.7, PAL_DOTTED, 0 });
        pal_canvas_link(flow->canvas, h->id, PAL_A4_LEFT, flow->y, PAL_PAGE_WIDTH, CONTENTS_LINE);
        flow->y += CONTENTS_LINE;
    }
    if (flow->y > PAL_A4_HEIGHT * COVER) {
        next_page(flow);
    }
}
