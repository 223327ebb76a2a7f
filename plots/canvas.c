/* A page to draw on, over Cairo and Pango. */
#include "plots/canvas.h"

#include "core/mem.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#define FAMILIES "Inter, Noto Sans, DejaVu Sans, sans"
#define PNG_SCALE 2.0
/* Nothing in a page may depend on the day it was drawn. */
#define FIXED_DATE "2020-01-01T00:00:00Z"
#define TAU 6.283185307179586

struct pal_canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    pal_format format;
    pal_theme theme;
    double width, height;
    double page_width, page_height; /* while a frame stands for the page */
    bool framed;
    pal_text bytes; /* what Cairo has written */
    pal_text_box *texts;
    size_t n_texts, cap_texts;
    bool out_of_memory;
};

static cairo_status_t collect(void *ctx, const unsigned char *data, unsigned n)
{
    pal_text *bytes = ctx;

    pal_text_add_bytes(bytes, (const char *)data, n);
    return bytes->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *new_surface(pal_canvas *canvas)
{
    switch (canvas->format) {
    case PAL_FORMAT_SVG:
        return cairo_svg_surface_create_for_stream(collect, &canvas->bytes, canvas->width, canvas->height);
    case PAL_FORMAT_PDF:
        return cairo_pdf_surface_create_for_stream(collect, &canvas->bytes, canvas->width, canvas->height);
    default:
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(canvas->width * PNG_SCALE),
                                          (int)ceil(canvas->height * PNG_SCALE));
    }
}

/* Figures of equal width, and nothing that a markup has left behind. */
static void set_plain(pal_canvas *canvas)
{
    PangoAttrList *attributes = pango_attr_list_new();

    pango_attr_list_insert(attributes, pango_attr_font_features_new("tnum=1"));
    pango_layout_set_attributes(canvas->layout, attributes);
    pango_attr_list_unref(attributes);
}

/* Hinting moves glyphs to a pixel grid, which would set PNG and PDF differently. */
static void set_up_text(pal_canvas *canvas)
{
    cairo_font_options_t *options = cairo_font_options_create();
    PangoContext *context;

    canvas->layout = pango_cairo_create_layout(canvas->cr);
    context = pango_layout_get_context(canvas->layout);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 72.0); /* a font's point is our point */
    pango_context_set_round_glyph_positions(context, FALSE);
    set_plain(canvas);
    cairo_font_options_destroy(options);
}

pal_status pal_canvas_new(pal_canvas **out, pal_format format, pal_theme theme, double width, double height,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;

    PAL_ASSERT(width > 0 && height > 0);
    PAL_NEW(canvas, 1);
    canvas->format = format;
    canvas->theme = theme;
    canvas->width = width;
    canvas->height = height;
    canvas->surface = new_surface(canvas);
    canvas->cr = cairo_create(canvas->surface);
    if (cairo_status(canvas->cr) != CAIRO_STATUS_SUCCESS) {
        PAL_FAIL(PAL_ERR_INTERNAL, "cannot make a page of %g x %g pt: %s", width, height,
                 cairo_status_to_string(cairo_status(canvas->cr)));
    }
    if (format == PAL_FORMAT_PNG) {
        cairo_scale(canvas->cr, PNG_SCALE, PNG_SCALE);
    }
    cairo_set_tolerance(canvas->cr, 0.02); /* round circles, also when the reader zooms in */
    set_up_text(canvas);
    pal_canvas_rect(canvas, 0, 0, width, height, PAL_PAPER, 1);
    *out = canvas;
    canvas = NULL;

done:
    pal_canvas_free(canvas);
    return rc;
}

void pal_canvas_free(pal_canvas *canvas)
{
    if (canvas == NULL) {
        return;
    }
    if (canvas->layout != NULL) {
        g_object_unref(canvas->layout);
    }
    if (canvas->cr != NULL) {
        cairo_destroy(canvas->cr);
    }
    if (canvas->surface != NULL) {
        cairo_surface_destroy(canvas->surface);
    }
    pal_text_clear(&canvas->bytes);
    pal_free(canvas->texts);
    pal_free(canvas);
}

pal_status pal_canvas_finish(pal_canvas *canvas, const char *title, pal_text *bytes, pal_error *err)
{
    pal_status rc = PAL_OK;
    cairo_status_t status = cairo_status(canvas->cr);

    if (canvas->format == PAL_FORMAT_PDF) {
        cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_TITLE, title);
        cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATE_DATE, FIXED_DATE);
    }
    if (status == CAIRO_STATUS_SUCCESS && canvas->format == PAL_FORMAT_PNG) {
        cairo_surface_flush(canvas->surface);
        status = cairo_surface_write_to_png_stream(canvas->surface, collect, &canvas->bytes);
    }
    cairo_surface_finish(canvas->surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(canvas->surface);
    }
    if (canvas->out_of_memory || canvas->bytes.failed || status == CAIRO_STATUS_NO_MEMORY) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory while drawing '%s'", title);
    }
    if (status != CAIRO_STATUS_SUCCESS) {
        PAL_FAIL(PAL_ERR_INTERNAL, "cannot draw '%s': %s", title, cairo_status_to_string(status));
    }
    pal_text_add_bytes(bytes, canvas->bytes.bytes, canvas->bytes.n);
    PAL_TRY(pal_text_check(bytes, err));

done:
    return rc;
}

double pal_canvas_width(const pal_canvas *canvas)
{
    return canvas->width;
}

double pal_canvas_height(const pal_canvas *canvas)
{
    return canvas->height;
}

const pal_text_box *pal_canvas_texts(const pal_canvas *canvas, size_t *n)
{
    *n = canvas->n_texts;
    return canvas->texts;
}

static void set_colour(pal_canvas *canvas, pal_role role, double alpha)
{
    pal_rgb c = pal_role_rgb(canvas->theme, role);

    cairo_set_source_rgba(canvas->cr, c.r / 255.0, c.g / 255.0, c.b / 255.0, alpha);
}

static void set_pen(pal_canvas *canvas, pal_pen pen)
{
    static const double patterns[][4] = {
        [PAL_SOLID] = { 0 }, [PAL_DASHED] = { 5, 3 }, [PAL_DOTTED] = { 1.2, 2.4 },
        [PAL_DASH_DOT] = { 6, 2.5, 1.2, 2.5 }, [PAL_LONG_DASH] = { 9, 3 },
    };
    static const int lengths[] = { 0, 2, 2, 4, 2 };

    set_colour(canvas, pen.role, pen.alpha > 0 ? pen.alpha : 1);
    cairo_set_line_width(canvas->cr, pen.width);
    cairo_set_line_join(canvas->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(canvas->cr, patterns[pen.dash], lengths[pen.dash], 0);
}

void pal_canvas_line(pal_canvas *canvas, double x0, double y0, double x1, double y1, pal_pen pen)
{
    set_pen(canvas, pen);
    cairo_move_to(canvas->cr, x0, y0);
    cairo_line_to(canvas->cr, x1, y1);
    cairo_stroke(canvas->cr);
}

static bool is_point(double x, double y)
{
    return isfinite(x) && isfinite(y);
}

void pal_canvas_polyline(pal_canvas *canvas, const double *x, const double *y, size_t n, pal_pen pen)
{
    size_t begin = 0;

    while (begin < n) {
        size_t end = begin;

        while (end < n && is_point(x[end], y[end])) {
            end++;
        }
        if (end == begin + 1) {
            pal_canvas_disc(canvas, x[begin], y[begin], pen.width, pen.role, pen.alpha > 0 ? pen.alpha : 1);
        } else if (end > begin) {
            set_pen(canvas, pen);
            cairo_move_to(canvas->cr, x[begin], y[begin]);
            for (size_t i = begin + 1; i < end; i++) {
                cairo_line_to(canvas->cr, x[i], y[i]);
            }
            cairo_stroke(canvas->cr);
        }
        begin = end + 1;
    }
}

void pal_canvas_polygon(pal_canvas *canvas, const double *x, const double *y, size_t n, pal_role fill, double alpha,
                        const pal_pen *pen)
{
    if (n == 0) {
        return;
    }
    cairo_move_to(canvas->cr, x[0], y[0]);
    for (size_t i = 1; i < n; i++) {
        cairo_line_to(canvas->cr, x[i], y[i]);
    }
    cairo_close_path(canvas->cr);
    set_colour(canvas, fill, alpha);
    if (pen == NULL) {
        cairo_fill(canvas->cr);
        return;
    }
    cairo_fill_preserve(canvas->cr);
    set_pen(canvas, *pen);
    cairo_stroke(canvas->cr);
}

void pal_canvas_rect(pal_canvas *canvas, double x, double y, double w, double h, pal_role fill, double alpha)
{
    set_colour(canvas, fill, alpha);
    cairo_rectangle(canvas->cr, x, y, w, h);
    cairo_fill(canvas->cr);
}

void pal_canvas_rects(pal_canvas *canvas, const double (*rects)[4], size_t n, pal_role fill, double alpha)
{
    set_colour(canvas, fill, alpha);
    for (size_t i = 0; i < n; i++) {
        cairo_rectangle(canvas->cr, rects[i][0], rects[i][1], rects[i][2], rects[i][3]);
    }
    cairo_fill(canvas->cr);
}

void pal_canvas_frame(pal_canvas *canvas, double x, double y, double w, double h, pal_pen pen)
{
    set_pen(canvas, pen);
    cairo_rectangle(canvas->cr, x, y, w, h);
    cairo_stroke(canvas->cr);
}

void pal_canvas_round_rect(pal_canvas *canvas, double x, double y, double w, double h, double radius, pal_role fill,
                           double alpha)
{
    double r = fmin(radius, fmin(w, h) / 2);

    set_colour(canvas, fill, alpha);
    cairo_new_sub_path(canvas->cr);
    cairo_arc(canvas->cr, x + w - r, y + r, r, -TAU / 4, 0);
    cairo_arc(canvas->cr, x + w - r, y + h - r, r, 0, TAU / 4);
    cairo_arc(canvas->cr, x + r, y + h - r, r, TAU / 4, TAU / 2);
    cairo_arc(canvas->cr, x + r, y + r, r, TAU / 2, TAU * 3 / 4);
    cairo_close_path(canvas->cr);
    cairo_fill(canvas->cr);
}

void pal_canvas_disc(pal_canvas *canvas, double x, double y, double radius, pal_role fill, double alpha)
{
    set_colour(canvas, fill, alpha);
    cairo_new_sub_path(canvas->cr);
    cairo_arc(canvas->cr, x, y, radius, 0, TAU);
    cairo_fill(canvas->cr);
}

void pal_canvas_circle(pal_canvas *canvas, double x, double y, double radius, pal_pen pen)
{
    set_pen(canvas, pen);
    cairo_new_sub_path(canvas->cr);
    cairo_arc(canvas->cr, x, y, radius, 0, TAU);
    cairo_stroke(canvas->cr);
}

void pal_canvas_clip(pal_canvas *canvas, double x, double y, double w, double h)
{
    cairo_save(canvas->cr);
    cairo_rectangle(canvas->cr, x, y, w, h);
    cairo_clip(canvas->cr);
}

void pal_canvas_unclip(pal_canvas *canvas)
{
    cairo_restore(canvas->cr);
}

static void lay_out(pal_canvas *canvas, const char *text, pal_font font)
{
    PangoFontDescription *description = pango_font_description_new();
    const char *end;

    pango_font_description_set_family_static(description, FAMILIES);
    pango_font_description_set_absolute_size(description, font.size * PANGO_SCALE);
    pango_font_description_set_weight(description, font.bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(canvas->layout, description);
    pango_font_description_free(description);
    pango_layout_set_single_paragraph_mode(canvas->layout, TRUE);
    pango_layout_set_height(canvas->layout, -1);
    pango_layout_set_width(canvas->layout, -1);
    pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_NONE);
    /* A text cut in the middle of a character ends before it. */
    g_utf8_validate(text, -1, &end);
    pango_layout_set_text(canvas->layout, text, (int)(end - text));
    if (font.max_width > 0) {
        pango_layout_set_ellipsize(canvas->layout, PANGO_ELLIPSIZE_END);
        pango_layout_set_width(canvas->layout, (int)(font.max_width * PANGO_SCALE));
    }
}

static void remember_text(pal_canvas *canvas, double x, double y, double w, double size, const char *text)
{
    pal_text_box *box;

    if (canvas->n_texts == canvas->cap_texts) {
        size_t grown = canvas->cap_texts == 0 ? 64 : canvas->cap_texts * 2;
        pal_text_box *bigger = pal_resize(canvas->texts, canvas->cap_texts, grown, sizeof *bigger);

        if (bigger == NULL) {
            canvas->out_of_memory = true;
            return;
        }
        canvas->texts = bigger;
        canvas->cap_texts = grown;
    }
    box = &canvas->texts[canvas->n_texts++];
    /* From the top of a capital to the baseline: the ink that may not be touched. */
    *box = (pal_text_box){ .x0 = x, .y0 = y - 0.72 * size, .x1 = x + w, .y1 = y };
    for (size_t i = 0; i + 1 < sizeof box->text && text[i] != '\0'; i++) {
        box->text[i] = text[i];
    }
}

double pal_canvas_text(pal_canvas *canvas, double x, double y, const char *text, pal_font font)
{
    PangoRectangle logical;
    double width;

    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    lay_out(canvas, text, font);
    pango_layout_line_get_extents(pango_layout_get_line_readonly(canvas->layout, 0), NULL, &logical);
    width = (double)logical.width / PANGO_SCALE;
    x -= font.anchor == PAL_RIGHT ? width : font.anchor == PAL_MIDDLE ? width / 2 : 0;
    set_colour(canvas, font.role, 1);
    cairo_move_to(canvas->cr, x, y);
    pango_cairo_show_layout_line(canvas->cr, pango_layout_get_line_readonly(canvas->layout, 0));
    cairo_new_path(canvas->cr);
    remember_text(canvas, x, y, width, font.size, text);
    return width;
}

double pal_canvas_text_width(pal_canvas *canvas, const char *text, pal_font font)
{
    PangoRectangle logical;

    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    lay_out(canvas, text, font);
    pango_layout_line_get_extents(pango_layout_get_line_readonly(canvas->layout, 0), NULL, &logical);
    return (double)logical.width / PANGO_SCALE;
}

int pal_canvas_paragraph(pal_canvas *canvas, double x, double y, double width, double line_height, int max_lines,
                         const char *text, pal_font font)
{
    int n;

    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    font.max_width = width;
    lay_out(canvas, text, font);
    pango_layout_set_height(canvas->layout, -max_lines);
    pango_layout_set_wrap(canvas->layout, PANGO_WRAP_WORD_CHAR);
    n = pango_layout_get_line_count(canvas->layout);
    set_colour(canvas, font.role, 1);
    for (int i = 0; i < n; i++) {
        PangoLayoutLine *line = pango_layout_get_line_readonly(canvas->layout, i);
        PangoRectangle logical;
        double w, shift;

        pango_layout_line_get_extents(line, NULL, &logical);
        w = (double)logical.width / PANGO_SCALE;
        shift = font.anchor == PAL_RIGHT ? w : font.anchor == PAL_MIDDLE ? w / 2 : 0;
        cairo_move_to(canvas->cr, x - shift, y + i * line_height);
        pango_cairo_show_layout_line(canvas->cr, line);
        remember_text(canvas, x - shift, y + i * line_height, w, font.size, text);
    }
    cairo_new_path(canvas->cr);
    return n;
}

/* ---- documents ---- */

void pal_canvas_next_page(pal_canvas *canvas)
{
    cairo_show_page(canvas->cr);
    pal_canvas_rect(canvas, 0, 0, canvas->width, canvas->height, PAL_PAPER, 1);
}

void pal_canvas_frame_begin(pal_canvas *canvas, double x, double y, double width, double height, double scale)
{
    PAL_ASSERT(!canvas->framed && scale > 0);
    canvas->framed = true;
    canvas->page_width = canvas->width;
    canvas->page_height = canvas->height;
    canvas->width = width;
    canvas->height = height;
    cairo_save(canvas->cr);
    cairo_translate(canvas->cr, x, y);
    cairo_scale(canvas->cr, scale, scale);
}

void pal_canvas_frame_end(pal_canvas *canvas)
{
    PAL_ASSERT(canvas->framed);
    canvas->framed = false;
    canvas->width = canvas->page_width;
    canvas->height = canvas->page_height;
    cairo_restore(canvas->cr);
}

static void lay_out_markup(pal_canvas *canvas, const char *markup, double width, pal_font font)
{
    PangoAttrList *attributes = NULL;
    char *text = NULL;

    font.max_width = 0;
    lay_out(canvas, "", font);
    pango_layout_set_single_paragraph_mode(canvas->layout, FALSE);
    pango_layout_set_wrap(canvas->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(canvas->layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
    if (g_utf8_validate(markup, -1, NULL) && pango_parse_markup(markup, -1, 0, &attributes, &text, NULL, NULL)) {
        pango_attr_list_insert_before(attributes, pango_attr_font_features_new("tnum=1"));
        pango_layout_set_text(canvas->layout, text, -1);
        pango_layout_set_attributes(canvas->layout, attributes);
        pango_attr_list_unref(attributes);
        g_free(text);
    } else {
        lay_out(canvas, markup, font);
    }
}

size_t pal_canvas_markup_lines(pal_canvas *canvas, const char *markup, double width, pal_font font)
{
    int n;

    lay_out_markup(canvas, markup, width, font);
    n = pango_layout_get_line_count(canvas->layout);
    set_plain(canvas);
    return n > 0 ? (size_t)n : 0;
}

double pal_canvas_markup_width(pal_canvas *canvas, const char *markup, pal_font font)
{
    PangoRectangle logical;

    lay_out_markup(canvas, markup, 0, font);
    pango_layout_get_extents(canvas->layout, NULL, &logical);
    set_plain(canvas);
    return (double)logical.width / PANGO_SCALE;
}

void pal_canvas_markup(pal_canvas *canvas, double x, double y, double width, double line_height, size_t first, size_t n,
                       const char *markup, pal_font font)
{
    size_t all;

    lay_out_markup(canvas, markup, width, font);
    all = (size_t)pango_layout_get_line_count(canvas->layout);
    set_colour(canvas, font.role, 1);
    for (size_t i = first; i < all && i < first + n; i++) {
        PangoLayoutLine *line = pango_layout_get_line_readonly(canvas->layout, (int)i);
        PangoRectangle logical;
        double w, shift;

        pango_layout_line_get_extents(line, NULL, &logical);
        w = (double)logical.width / PANGO_SCALE;
        shift = font.anchor == PAL_RIGHT ? w : font.anchor == PAL_MIDDLE ? w / 2 : 0;
        cairo_move_to(canvas->cr, x - shift, y + (double)(i - first) * line_height);
        pango_cairo_show_layout_line(canvas->cr, line);
        remember_text(canvas, x - shift, y + (double)(i - first) * line_height, w, font.size,
                      pango_layout_get_text(canvas->layout) + line->start_index);
    }
    cairo_new_path(canvas->cr);
    set_plain(canvas);
}

void pal_canvas_place(pal_canvas *canvas, const char *name, double x, double y)
{
    char attributes[200];

    snprintf(attributes, sizeof attributes, "name='%.100s' x=%.2f y=%.2f internal", name, x, y);
    cairo_tag_begin(canvas->cr, CAIRO_TAG_DEST, attributes);
    cairo_tag_end(canvas->cr, CAIRO_TAG_DEST);
}

void pal_canvas_link(pal_canvas *canvas, const char *name, double x, double y, double w, double h)
{
    char attributes[240];

    snprintf(attributes, sizeof attributes, "dest='%.100s' rect=[%.2f %.2f %.2f %.2f]", name, x, y, w, h);
    cairo_tag_begin(canvas->cr, CAIRO_TAG_LINK, attributes);
    cairo_tag_end(canvas->cr, CAIRO_TAG_LINK);
}

int pal_canvas_outline(pal_canvas *canvas, int parent, const char *title, const char *name)
{
    char attributes[140];

    if (canvas->format != PAL_FORMAT_PDF) {
        return 0;
    }
    snprintf(attributes, sizeof attributes, "dest='%.100s'", name);
    return cairo_pdf_surface_add_outline(canvas->surface, parent, title, attributes,
                                         parent == 0 ? CAIRO_PDF_OUTLINE_FLAG_OPEN : (cairo_pdf_outline_flags_t)0);
}

void pal_canvas_shutdown(void)
{
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
}
