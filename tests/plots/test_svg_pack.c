/* Packed drawings: smaller, theme-aware, safe beside each other. */
#include "plots/svg_pack.h"

#include "plots/canvas.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_plots_svg_pack(void);

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20pt\" height=\"10pt\" viewBox=\"0 0 20 10\">\n"
#define LETTERS "<defs>\n<g>\n<symbol overflow=\"visible\" id=\"glyph0-0\">\n<path style=\"stroke:none;\" d=\"M 1 2 " \
                "L 3 4 Z M 1 2 \"/>\n</symbol>\n<symbol overflow=\"visible\" id=\"glyph0-1\">\n<path " \
                "style=\"stroke:none;\" d=\"\"/>\n</symbol>\n</g>\n</defs>\n"

static pal_text pack(const char *svg, const char *prefix, pal_glyphs *glyphs)
{
    pal_text out = { 0 };
    pal_error err = { 0 };

    ck_assert_msg(pal_svg_pack(&out, svg, strlen(svg), prefix, "a & b", glyphs, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(plots_is_balanced(out.bytes), "%s", out.bytes);
    return out;
}

START_TEST(coordinates_are_rounded_and_defaults_dropped)
{
    pal_text out = pack(HEAD "<path style=\"fill:none;stroke-width:1.25;stroke-linecap:butt;stroke-opacity:1;\" "
                        "d=\"M 1.239999 -0.004 L 20 9.876543 L 21.5 9 C 1 2 3 4 5 6 \"/></svg>", "", NULL);

    ck_assert_has(out.bytes, "<path style=\"fill:none;stroke-width:1.25\" d=\"M1.24 0L20 9.88 21.5 9C1 2 3 4 5 6\"/>");
    pal_text_clear(&out);
}
END_TEST

START_TEST(codes_become_variables_and_colours_stay)
{
    pal_rgb code = pal_role_rgb(PAL_THEME_CODED, PAL_GOOD);
    char svg[400], want[40];
    pal_text out;

    snprintf(svg, sizeof svg, HEAD "<rect style=\"fill:rgb(%f%%,%f%%,%f%%);stroke:rgb(0%%,44.705882%%,69.803922%%)\"/>"
             "</svg>", code.r / 2.55, code.g / 2.55, code.b / 2.55);
    snprintf(want, sizeof want, "fill:var(--p%d);stroke:#0072b2", PAL_GOOD);
    out = pack(svg, "", NULL);
    ck_assert_has(out.bytes, want);
    pal_text_clear(&out);
}
END_TEST

START_TEST(every_id_and_reference_gets_the_prefix)
{
    pal_text out = pack(HEAD "<defs><clipPath id=\"clip1\"><path d=\"M 0 0 \"/></clipPath></defs>"
                        "<g clip-path=\"url(#clip1)\"></g></svg>", "f7-", NULL);

    ck_assert_has(out.bytes, "id=\"f7-clip1\"");
    ck_assert_has(out.bytes, "url(#f7-clip1)");
    pal_text_clear(&out);
}
END_TEST

START_TEST(a_label_is_escaped_into_title_and_aria)
{
    pal_text out = pack(HEAD "</svg>", "", NULL);

    ck_assert_has(out.bytes, "<title>a &amp; b</title>");
    ck_assert_has(out.bytes, "aria-label=\"a &amp; b\"");
    ck_assert_has(out.bytes, "role=\"img\"");
    pal_text_clear(&out);
}
END_TEST

START_TEST(letters_of_a_file_of_its_own_stand_inside_it)
{
    pal_text out = pack(HEAD LETTERS "<g style=\"fill:rgb(0%,0%,0%)\"><use xlink:href=\"#glyph0-0\" x=\"5.126\" "
                        "y=\"6\"/><use xlink:href=\"#glyph0-1\" x=\"7\" y=\"6\"/></g></svg>", "", NULL);

    ck_assert_has(out.bytes, "<path id=\"glyph0\" d=\"M1 2L3 4Z\"/>");
    ck_assert_has(out.bytes, "<use xlink:href=\"#glyph0\" x=\"5.13\" y=\"6\"/></g>"); /* the blank draws nothing */
    pal_text_clear(&out);
}
END_TEST

START_TEST(a_word_used_twice_is_kept_once)
{
    static const char word[] = HEAD LETTERS "<g><use xlink:href=\"#glyph0-0\" x=\"5\" y=\"6\"/><use "
                               "xlink:href=\"#glyph0-0\" x=\"9\" y=\"6\"/><use xlink:href=\"#glyph0-0\" x=\"13\" "
                               "y=\"6\"/></g></svg>";
    static const char moved[] = HEAD LETTERS "<g><use xlink:href=\"#glyph0-0\" x=\"105\" y=\"8\"/><use "
                                "xlink:href=\"#glyph0-0\" x=\"109\" y=\"8\"/><use xlink:href=\"#glyph0-0\" x=\"113\" "
                                "y=\"8\"/></g></svg>";
    pal_glyphs glyphs = { 0 };
    pal_text a = pack(word, "a-", &glyphs), b = pack(moved, "b-", &glyphs), defs = { 0 };

    ck_assert_uint_eq(glyphs.outlines.n, 1);
    ck_assert_uint_eq(glyphs.words.n, 1);
    ck_assert_has(a.bytes, "<use href=\"#w0\" x=\"5\" y=\"6\"/>");
    ck_assert_has(b.bytes, "<use href=\"#w0\" x=\"105\" y=\"8\"/>");
    pal_glyphs_write(&glyphs, "g", &defs);
    ck_assert_str_eq(defs.bytes, "<path id=\"g0\" d=\"M1 2L3 4Z\"/><g id=\"w0\"><use href=\"#g0\"/><use href=\"#g0\" "
                                 "x=\"4\"/><use href=\"#g0\" x=\"8\"/></g>");
    pal_text_clear(&a);
    pal_text_clear(&b);
    pal_text_clear(&defs);
    pal_glyphs_clear(&glyphs);
}
END_TEST

START_TEST(what_is_no_drawing_is_an_error_that_names_it)
{
    static const char *const bad[] = { "<svg width=10></svg>", "<svg width=\"10", "<svg a=\"1\"", "<g" };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pal_text out = { 0 };
        pal_error err = { 0 };

        ck_assert_int_eq(pal_svg_pack(&out, bad[i], strlen(bad[i]), "", "the figure", NULL, &err), PAL_ERR_INTERNAL);
        ck_assert_has(err.text, "the figure");
        pal_text_clear(&out);
    }
}
END_TEST

Suite *suite_plots_svg_pack(void)
{
    Suite *suite = suite_create("plots/svg_pack");
    TCase *tc = tcase_create("svg_pack");

    tcase_add_test(tc, coordinates_are_rounded_and_defaults_dropped);
    tcase_add_test(tc, codes_become_variables_and_colours_stay);
    tcase_add_test(tc, every_id_and_reference_gets_the_prefix);
    tcase_add_test(tc, a_label_is_escaped_into_title_and_aria);
    tcase_add_test(tc, letters_of_a_file_of_its_own_stand_inside_it);
    tcase_add_test(tc, a_word_used_twice_is_kept_once);
    tcase_add_test(tc, what_is_no_drawing_is_an_error_that_names_it);
    suite_add_tcase(suite, tc);
    return suite;
}
