/* The report as pages: headings with what stands under them, tables in parts, and one PDF that says what the page says. */
#include "plots/pdf_flow.h"
#include "plots/pdf_table.h"

#include "core/mem.h"
#include "plots/report.h"
#include "plots/report_page.h"
#include "plots/report_parts.h"
#include "plots/run_people.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *suite_plots_report_pdf(void);

static pal_canvas *new_canvas(void)
{
    pal_canvas *canvas = NULL;

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_PDF, PAL_THEME_LIGHT, PAL_A4_WIDTH, PAL_A4_HEIGHT, NULL), PAL_OK);
    return canvas;
}

/* Nothing drawn so far stands outside the margins. */
static void check_inside(const pal_canvas *canvas)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= PAL_A4_LEFT - 0.5 && box[i].x1 <= PAL_A4_LEFT + PAL_PAGE_WIDTH + 0.5 && box[i].y0 >= 30 &&
                      box[i].y1 <= PAL_A4_HEIGHT - 20, "'%s' leaves the page", box[i].text);
    }
}

START_TEST(a_heading_goes_where_its_block_goes)
{
    pal_flow flow = { .title = "t" };
    pal_canvas *canvas = new_canvas();

    pal_flow_begin(&flow, canvas);
    pal_flow_room(&flow, 10);
    flow.y = PAL_A4_FOOT - 150; /* room for the headings, not for what comes */
    ck_assert_int_eq(pal_flow_heading(&flow, 2, "chapter", "Chapter &amp; <i>verse</i>", NULL), PAL_OK);
    ck_assert_int_eq(pal_flow_heading(&flow, 3, "section", "Section", NULL), PAL_OK);
    ck_assert_int_eq(flow.page, 1);
    pal_flow_room(&flow, 200);
    ck_assert_int_eq(flow.page, 2);
    ck_assert_int_eq(flow.headings[0].page, 2);
    ck_assert_int_eq(flow.headings[1].page, 2);
    ck_assert_str_eq(flow.headings[0].words, "Chapter & verse");
    ck_assert_double_gt(flow.y, PAL_A4_TOP + 30);
    check_inside(canvas);
    pal_flow_clear(&flow);
    pal_canvas_free(canvas);
}
END_TEST

START_TEST(a_long_paragraph_goes_on_on_the_next_page)
{
    pal_flow flow = { .title = "t" };
    pal_canvas *canvas = new_canvas();
    pal_text words = { 0 };

    for (int i = 0; i < 4000; i++) pal_text_addf(&words, "word%d ", i);
    pal_flow_begin(&flow, canvas);
    pal_flow_paragraph(&flow, words.bytes, &pal_flow_body);
    ck_assert_int_ge(flow.page, 3);
    check_inside(canvas);
    pal_text_clear(&words);
    pal_flow_clear(&flow);
    pal_canvas_free(canvas);
}
END_TEST

START_TEST(what_is_no_markup_is_set_as_it_stands)
{
    pal_canvas *canvas = new_canvas();
    size_t n;

    pal_canvas_markup(canvas, 60, 60, 300, 12, 0, 4, "a < b", pal_flow_body.font);
    ck_assert_str_eq(pal_canvas_texts(canvas, &n)[0].text, "a < b");
    ck_assert_double_gt(pal_canvas_markup_width(canvas, "<b>wide</b>", pal_flow_body.font),
                        pal_canvas_markup_width(canvas, "wide", pal_flow_body.font));
    pal_canvas_free(canvas);
}
END_TEST

/* 14 columns of numbers and 90 rows; the last rows lack cells. */
static void fill(pal_pdf_table *table)
{
    char text[60];

    table->has_head = true;
    for (int r = 0; r < 90; r++) {
        for (int c = 0; c < (r < 80 ? 14 : 5); c++) {
            snprintf(text, sizeof text, r == 0 ? "Heading no %d" : "%d.%03d\n[0.123, 0.456]", r == 0 ? c : r, c);
            ck_assert_int_eq(pal_pdf_table_cell(table, text, c > 0, NULL), PAL_OK);
        }
        ck_assert_int_eq(pal_pdf_table_row(table, NULL), PAL_OK);
    }
}

START_TEST(a_table_that_is_too_wide_comes_in_parts)
{
    pal_flow flow = { .title = "t" };
    pal_canvas *canvas = new_canvas();
    pal_pdf_table table = { 0 };
    const pal_text_box *box;
    size_t n, heads = 0, cells = 0;

    fill(&table);
    ck_assert_uint_eq(table.n_cells, 90 * 14);
    pal_flow_begin(&flow, canvas);
    ck_assert_int_eq(pal_pdf_table_set(&flow, &table, NULL), PAL_OK);
    ck_assert_int_ge(flow.page, 4);
    check_inside(canvas);
    box = pal_canvas_texts(canvas, &n);
    for (size_t i = 0; i < n; i++) {
        heads += strncmp(box[i].text, "no 0", 4) == 0 || strncmp(box[i].text, "Heading no 0", 12) == 0;
        cells += strncmp(box[i].text, "7.013", 5) == 0;
    }
    ck_assert_uint_ge(heads, 4);  /* the first column's, on every page */
    ck_assert_uint_eq(cells, 1);  /* every cell once                   */
    pal_pdf_table_clear(&table);
    pal_flow_clear(&flow);
    pal_canvas_free(canvas);
}
END_TEST

START_TEST(tables_of_one_column_or_of_nothing_are_set)
{
    pal_flow flow = { .title = "t" };
    pal_canvas *canvas = new_canvas();
    pal_pdf_table table = { 0 };
    double y;

    pal_flow_begin(&flow, canvas);
    y = flow.y;
    ck_assert_int_eq(pal_pdf_table_set(&flow, &table, NULL), PAL_OK);
    ck_assert_double_eq(flow.y, y);
    ck_assert_int_eq(pal_pdf_table_cell(&table, "only", false, NULL), PAL_OK);
    ck_assert_int_eq(pal_pdf_table_row(&table, NULL), PAL_OK);
    ck_assert_int_eq(pal_pdf_table_set(&flow, &table, NULL), PAL_OK);
    ck_assert_double_gt(flow.y, y);
    pal_pdf_table_clear(&table);
    pal_flow_clear(&flow);
    pal_canvas_free(canvas);
}
END_TEST

static pal_rundata *load_small(void)
{
    pal_rundata *run = NULL;

    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    return run;
}

START_TEST(the_same_run_gives_the_same_pages)
{
    pal_rundata *run = load_small();
    pal_report report = pal_report_of_run(run);
    pal_text a = { 0 }, b = { 0 };

    ck_assert_int_eq(pal_report_pdf(&a, &report, NULL), PAL_OK);
    ck_assert_int_eq(pal_report_pdf(&b, &report, NULL), PAL_OK);
    ck_assert_uint_gt(a.n, 20000);
    ck_assert_uint_eq(a.n, b.n);
    ck_assert_mem_eq(a.bytes, b.bytes, a.n);
    ck_assert_mem_eq(a.bytes, "%PDF-", 5);
    pal_text_clear(&a);
    pal_text_clear(&b);
    pal_rundata_free(run);
}
END_TEST

/* What pdftotext reads; NULL where it is not installed. */
static char *words_of(const char *pdf)
{
    char command[2000], *words;
    size_t n;

    if (system("command -v pdftotext >/dev/null 2>&1") != 0) {
        return NULL;
    }
    snprintf(command, sizeof command, "pdftotext -raw '%s' '%s.txt'", pdf, pdf);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, "%s.txt", pdf);
    words = plots_read(command, &n);
    for (char *c = words; *c != '\0'; c++) *c = *c == '\n' ? ' ' : *c;
    return words;
}

START_TEST(its_words_can_be_selected)
{
    static const char *const parts[] = { "Progressive earned 0.335", "What was run", "Learning curves", "Figure 1. ",
                                         "Person sheet of person", "Cross-validation judges by few", "Run it again",
                                         "palate verify DIR", "1 of " };
    const char *dir = plots_copy_run("pdf");
    pal_report_options how = pal_report_defaults();
    char path[600], *words;

    how.formats = PAL_FORMAT_PDF;
    ck_assert_int_eq(pal_report_draw(dir, &how, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/report.pdf", dir);
    words = words_of(path);
    if (words == NULL) {
        printf("skipped: pdftotext is not installed\n");
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ck_assert_msg(strstr(words, parts[i]) != NULL, "the pages do not hold '%s'", parts[i]);
    }
    free(words);
}
END_TEST

START_TEST(no_pdf_is_written_where_nothing_but_the_page_is_wanted)
{
    const char *dir = plots_copy_run("svg");
    pal_report_options how = pal_report_defaults();
    char path[600];

    how.formats = 0;
    ck_assert_int_eq(pal_report_draw(dir, &how, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/report.pdf", dir);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(memory_that_runs_out_while_setting_is_an_error)
{
    pal_rundata *run = load_small();
    pal_report report = pal_report_of_run(run);
    pal_text pdf = { 0 };
    size_t total;

    run->profiles->n_people = 0; /* quicker */
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_report_pdf(&pdf, &report, NULL), PAL_OK);
    total = pal_mem_count();
    pal_text_clear(&pdf);
    for (size_t n = 1; n <= total; n += total / 12) {
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_report_pdf(&pdf, &report, NULL);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu of %zu: %s", n, total, pal_status_name(rc));
        pal_text_clear(&pdf);
    }
    pal_rundata_free(run);
}
END_TEST

Suite *suite_plots_report_pdf(void)
{
    Suite *suite = suite_create("plots/report_pdf");
    TCase *tc = tcase_create("report_pdf");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_heading_goes_where_its_block_goes);
    tcase_add_test(tc, a_long_paragraph_goes_on_on_the_next_page);
    tcase_add_test(tc, what_is_no_markup_is_set_as_it_stands);
    tcase_add_test(tc, a_table_that_is_too_wide_comes_in_parts);
    tcase_add_test(tc, tables_of_one_column_or_of_nothing_are_set);
    tcase_add_test(tc, the_same_run_gives_the_same_pages);
    tcase_add_test(tc, its_words_can_be_selected);
    tcase_add_test(tc, no_pdf_is_written_where_nothing_but_the_page_is_wanted);
    tcase_add_test(tc, memory_that_runs_out_while_setting_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}
