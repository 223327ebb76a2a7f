/* Pages: valid files of the right size, free of dates, the same every time. */
#include "plots/canvas.h"
#include "plots/svg_pack.h"

#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_plots_canvas(void);

static const pal_font plain = { 9, PAL_INK, PAL_LEFT, false, 0 };

static void draw_all(pal_canvas *c)
{
    const double x[] = { 10, 20, NAN, 40, 50, NAN, 70 }, y[] = { 10, 20, 30, 40, 10, 5, 20 };
    const double rects[][4] = { { 1, 1, 5, 5 }, { 6, 1, 5, 5 } };
    const pal_pen pen = { PAL_SERIES_0, 1.5, PAL_DASHED, 0 };

    pal_canvas_polyline(c, x, y, 7, pen);
    pal_canvas_polyline(c, x, y, 0, pen);
    pal_canvas_polygon(c, x, y, 2, PAL_GOOD, 0.2, &pen);
    pal_canvas_polygon(c, x, y, 0, PAL_GOOD, 0.2, NULL);
    pal_canvas_rects(c, rects, 2, PAL_BAD, 0.5);
    pal_canvas_round_rect(c, 5, 40, 30, 10, 90, PAL_CARD, 1);
    for (int m = 0; m < PAL_MARKERS; m++) {
        pal_canvas_marker(c, 10 + 12 * m, 60, 6, (pal_marker)m, PAL_TOP, 1);
    }
    pal_canvas_clip(c, 0, 0, 50, 50);
    pal_canvas_disc(c, 50, 50, 8, PAL_GOOD, 1);
    pal_canvas_unclip(c);
    pal_canvas_text(c, 10, 80, "caf\xc3\xa9 \xe5\xa4\x9c\xe3\x81\xab", plain);
}

static pal_text page(pal_format format, pal_theme theme)
{
    pal_canvas *c = NULL;
    pal_text bytes = { 0 };
    pal_error err = { 0 };

    ck_assert_msg(pal_canvas_new(&c, format, theme, 120, 90, &err) == PAL_OK, "%s", err.text);
    draw_all(c);
    ck_assert_msg(pal_canvas_finish(c, "a page", &bytes, &err) == PAL_OK, "%s", err.text);
    pal_canvas_free(c);
    return bytes;
}

static pal_text packed(pal_text svg)
{
    pal_text out = { 0 };

    ck_assert_int_eq(pal_svg_pack(&out, svg.bytes, svg.n, "", "a page", NULL, NULL), PAL_OK);
    pal_text_clear(&svg);
    return out;
}

static unsigned big_endian(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;

    return (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
}

START_TEST(png_has_two_pixels_a_point)
{
    pal_text png = page(PAL_FORMAT_PNG, PAL_THEME_LIGHT);

    ck_assert_uint_gt(png.n, 100);
    ck_assert_mem_eq(png.bytes, "\x89PNG\r\n\x1a\n", 8);
    ck_assert_uint_eq(big_endian(png.bytes + 16), 240);
    ck_assert_uint_eq(big_endian(png.bytes + 20), 180);
    ck_assert_mem_eq(png.bytes + png.n - 8, "IEND", 4);
    pal_text_clear(&png);
}
END_TEST

START_TEST(svg_is_balanced_and_pdf_whole)
{
    pal_text svg = page(PAL_FORMAT_SVG, PAL_THEME_LIGHT), pdf = page(PAL_FORMAT_PDF, PAL_THEME_LIGHT);

    ck_assert(plots_is_balanced(svg.bytes));
    ck_assert_has(svg.bytes, "viewBox=\"0 0 120 90\"");
    ck_assert_mem_eq(pdf.bytes, "%PDF-1.", 7);
    ck_assert_mem_eq(pdf.bytes + pdf.n - 6, "%%EOF\n", 6);
    pal_text_clear(&svg);
    pal_text_clear(&pdf);
}
END_TEST

START_TEST(the_same_page_has_the_same_bytes)
{
    static const pal_format formats[] = { PAL_FORMAT_SVG, PAL_FORMAT_PNG, PAL_FORMAT_PDF };
    pal_text a = page(formats[_i], PAL_THEME_LIGHT), b = page(formats[_i], PAL_THEME_LIGHT);

    /* Cairo numbers its surfaces over the life of the process; the packer drops those ids. */
    if (formats[_i] == PAL_FORMAT_SVG) {
        a = packed(a);
        b = packed(b);
    }
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_mem_eq(a.bytes, b.bytes, a.n);
    pal_text_clear(&a);
    pal_text_clear(&b);
}
END_TEST

START_TEST(a_dark_page_differs_from_a_light_one_in_colour_only)
{
    pal_text light = page(PAL_FORMAT_SVG, PAL_THEME_LIGHT), dark = page(PAL_FORMAT_SVG, PAL_THEME_DARK);
    size_t paths[2] = { 0, 0 };

    for (const char *at = light.bytes; (at = strstr(at, "<path")) != NULL; at++) paths[0]++;
    for (const char *at = dark.bytes; (at = strstr(at, "<path")) != NULL; at++) paths[1]++;
    ck_assert_uint_gt(paths[0], 10);
    ck_assert_uint_eq(paths[0], paths[1]);
    ck_assert_str_ne(light.bytes, dark.bytes);
    pal_text_clear(&light);
    pal_text_clear(&dark);
}
END_TEST

START_TEST(anchors_put_a_text_where_they_say)
{
    pal_canvas *c = NULL;
    pal_font right = plain, middle = plain;
    const pal_text_box *box;
    size_t n;
    double w;

    right.anchor = PAL_RIGHT;
    middle.anchor = PAL_MIDDLE;
    ck_assert_int_eq(pal_canvas_new(&c, PAL_FORMAT_SVG, PAL_THEME_LIGHT, 120, 90, NULL), PAL_OK);
    w = pal_canvas_text(c, 60, 20, "0.312", plain);
    pal_canvas_text(c, 60, 40, "0.312", right);
    pal_canvas_text(c, 60, 60, "0.312", middle);
    pal_canvas_text(c, 60, 80, "", plain);
    pal_canvas_text(c, 60, 80, NULL, plain);
    box = pal_canvas_texts(c, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_double_gt(w, 10);
    ck_assert_double_eq_tol(box[0].x0, 60, 1e-9);
    ck_assert_double_eq_tol(box[1].x1, 60, 1e-9);
    ck_assert_double_eq_tol((box[2].x0 + box[2].x1) / 2, 60, 1e-9);
    ck_assert_double_eq_tol(pal_canvas_text_width(c, "0.312", plain), w, 1e-9);
    ck_assert_str_eq(box[0].text, "0.312");
    pal_canvas_free(c);
}
END_TEST

START_TEST(digits_are_all_equally_wide)
{
    pal_canvas *c = NULL;

    ck_assert_int_eq(pal_canvas_new(&c, PAL_FORMAT_SVG, PAL_THEME_LIGHT, 120, 90, NULL), PAL_OK);
    ck_assert_double_eq_tol(pal_canvas_text_width(c, "0.1117", plain), pal_canvas_text_width(c, "0.8888", plain), 1e-6);
    pal_canvas_free(c);
}
END_TEST

START_TEST(long_and_broken_texts_are_held_in)
{
    pal_canvas *c = NULL;
    pal_font narrow = plain;

    narrow.max_width = 40;
    ck_assert_int_eq(pal_canvas_new(&c, PAL_FORMAT_SVG, PAL_THEME_LIGHT, 120, 90, NULL), PAL_OK);
    ck_assert_double_le(pal_canvas_text(c, 0, 20, "a title that goes on and on and on", narrow), 40.5);
    ck_assert_double_gt(pal_canvas_text(c, 0, 30, "cut inside: \xe5\xa4", plain), 10);
    ck_assert_int_le(pal_canvas_paragraph(c, 0, 40, 60, 10, 2, "many words that need far more than two lines of "
                                          "sixty points each to be set", plain), 2);
    pal_canvas_free(c);
}
END_TEST

START_TEST(a_page_too_large_for_cairo_is_an_error)
{
    pal_canvas *c = NULL;
    pal_error err = { 0 };

    ck_assert_int_ne(pal_canvas_new(&c, PAL_FORMAT_PNG, PAL_THEME_LIGHT, 1e6, 1e6, &err), PAL_OK);
    ck_assert_ptr_null(c);
    ck_assert_has(err.text, "cannot make a page");
}
END_TEST

Suite *suite_plots_canvas(void)
{
    Suite *suite = suite_create("plots/canvas");
    TCase *tc = tcase_create("canvas");

    tcase_add_test(tc, png_has_two_pixels_a_point);
    tcase_add_test(tc, svg_is_balanced_and_pdf_whole);
    tcase_add_loop_test(tc, the_same_page_has_the_same_bytes, 0, 3);
    tcase_add_test(tc, a_dark_page_differs_from_a_light_one_in_colour_only);
    tcase_add_test(tc, anchors_put_a_text_where_they_say);
    tcase_add_test(tc, digits_are_all_equally_wide);
    tcase_add_test(tc, long_and_broken_texts_are_held_in);
    tcase_add_test(tc, a_page_too_large_for_cairo_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}
