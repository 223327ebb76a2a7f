/* Our own pages read back: tags, attributes, and inline HTML as Pango's markup. */
#include "plots/html_read.h"

#include <check.h>
#include <string.h>

Suite *suite_plots_html_read(void);

START_TEST(tags_and_text_come_in_order)
{
    const char *at = "<p class=\"a bold\" id=\"x\">one &amp; two</p><br";
    pal_html t = pal_html_next(&at);
    char value[20];

    ck_assert(pal_html_opens(&t, "p") && !pal_html_closes(&t, "p"));
    ck_assert(pal_html_has_class(&t, "bold") && pal_html_has_class(&t, "a") && !pal_html_has_class(&t, "bol"));
    ck_assert_str_eq(pal_html_attribute(value, sizeof value, &t, "id"), "x");
    ck_assert_str_eq(pal_html_attribute(value, sizeof value, &t, "title"), "");
    ck_assert_str_eq(pal_html_attribute(value, 4, &t, "class"), "a b"); /* cut to its room */
    t = pal_html_next(&at);
    ck_assert(t.kind == PAL_HTML_TEXT && t.n == 13 && strncmp(t.text, "one &amp; two", 13) == 0);
    t = pal_html_next(&at);
    ck_assert(pal_html_closes(&t, "p"));
    t = pal_html_next(&at); /* a tag without an end */
    ck_assert(pal_html_opens(&t, "br"));
    t = pal_html_next(&at);
    ck_assert_int_eq(t.kind, PAL_HTML_END);
    t = pal_html_next(&at);
    ck_assert_int_eq(t.kind, PAL_HTML_END);
}
END_TEST

START_TEST(an_element_is_skipped_with_those_of_its_name_inside)
{
    const char *at = "a<div>b<div>c</div></div>d</div>rest", *open = "never closed";

    pal_html_skip(&at, "div");
    ck_assert_str_eq(at, "rest");
    pal_html_skip(&open, "div");
    ck_assert_str_eq(open, "");
}
END_TEST

static void check_inline(const char *html, bool cell, const char *markup, const char *rest)
{
    pal_text out = { 0 };

    pal_html_inline(&out, &html, "td", cell);
    ck_assert_str_eq(out.bytes != NULL ? out.bytes : "", markup);
    ck_assert_str_eq(html, rest);
    pal_text_clear(&out);
}

START_TEST(inline_html_becomes_markup)
{
    check_inline("a <b>c</b>\n  &lt;<i>d</i> <code>e</code></td>x", false, "a <b><span>c</span></b> &lt;<i>d</i> <tt>e</tt>", "x");
    check_inline("<a href=\"#x\">link</a> <span class=\"screen\">not <b>here</b></span>end</td>", false, "link end", "");
    check_inline("</td>", false, "", "");
    check_inline("cut off", false, "cut off", "");
}
END_TEST

START_TEST(an_interval_stands_below_its_value_in_a_cell_only)
{
    pal_text out = { 0 };
    const char *in_cell = "0.31<small>[0.2, 0.4]</small></td>", *in_text = "name <small>baseline</small></td>";

    pal_html_inline(&out, &in_cell, "td", true);
    ck_assert_ptr_nonnull(strstr(out.bytes, "0.31\n<span foreground="));
    pal_text_clear(&out);
    pal_html_inline(&out, &in_text, "td", false);
    ck_assert_ptr_null(strchr(out.bytes, '\n'));
    pal_text_clear(&out);
}
END_TEST

START_TEST(the_colour_of_an_arm_is_kept)
{
    pal_text out = { 0 };
    const char *html = "<span class=\"dot\" style=\"background:var(--p8)\"></span>Arm <span class=\"good\">up</span></td>";

    pal_html_inline(&out, &html, "td", false);
    ck_assert_ptr_nonnull(strstr(out.bytes, "\xe2\x97\x8f </span>Arm <span foreground=\"#"));
    pal_text_clear(&out);
}
END_TEST

Suite *suite_plots_html_read(void)
{
    Suite *suite = suite_create("plots/html_read");
    TCase *tc = tcase_create("html_read");

    tcase_add_test(tc, tags_and_text_come_in_order);
    tcase_add_test(tc, an_element_is_skipped_with_those_of_its_name_inside);
    tcase_add_test(tc, inline_html_becomes_markup);
    tcase_add_test(tc, an_interval_stands_below_its_value_in_a_cell_only);
    tcase_add_test(tc, the_colour_of_an_arm_is_kept);
    suite_add_tcase(suite, tc);
    return suite;
}
