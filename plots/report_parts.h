/* Pieces that all reports share: the page around them, figures with captions and data, tables. Failures of memory are kept
 * in the text. */
#ifndef PAL_PLOTS_REPORT_PARTS_H
#define PAL_PLOTS_REPORT_PARTS_H

#include "core/text.h"
#include "plots/figure.h"
#include "plots/report.h"
#include "plots/run_data.h"
#include "plots/svg_pack.h"

#include <stdbool.h>

/* ---- a whole report ---- */

/* What one kind of report is made of. */
typedef struct pal_report {
    const char *title;
    const pal_rundata *run;
    const pal_figure *(*figure_at)(size_t i); /* in order; NULL at the end                              */
    /* Everything from <main> to before </main>. */
    pal_status (*body)(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err);
} pal_report;

/* Figures with their numbers as CSV into dir/figures, then dir/report.html and dir/report.pdf; with formats 0 the page
 * alone. Same files in, same bytes out. Errors as pal_report_draw. */
PAL_MUST_USE pal_status pal_report_publish(const pal_report *report, const char *dir,
                                           const pal_report_options *options, pal_error *err);
/* The page, added to html. */
PAL_MUST_USE pal_status pal_report_html(pal_text *html, const pal_report *report, pal_error *err);
/* The same as A4 pages (plots/report_pdf.c), added to pdf: set from the body, so that both always say the same. */
PAL_MUST_USE pal_status pal_report_pdf(pal_text *pdf, const pal_report *report, pal_error *err);

/* ---- the page around a body ---- */

/* From the doctype to <body>: title, colours of both themes, style sheet. */
void pal_report_head(pal_text *html, const char *name);
/* From </main> to the end: script; and, before <main>, a bar with the contents, made from the headings (<h2 id>, <h3 id>). */
void pal_report_tail(pal_text *html);
/* <main>, title, purpose and the answer (plain text; "" or NULL: none). */
void pal_report_opening(pal_text *html, const char *title, const char *purpose, const char *answer);

/* ---- figures ---- */

/* A figure of a person (0 when not per person) in all formats and themes asked for, and as CSV, into dir. */
PAL_MUST_USE pal_status pal_report_draw_files(const pal_rundata *run, const pal_figure *figure, size_t who,
                                              const char *dir, const pal_report_options *options, pal_error *err);
/* A drawing with coded colours inside the page, packed so that it can stand beside the others; behind it its numbers. */
PAL_MUST_USE pal_status pal_report_drawing(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who,
                                           pal_glyphs *glyphs, pal_error *err);
/* Drawing and caption; the page numbers figures by itself. */
PAL_MUST_USE pal_status pal_report_figure(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who,
                                          pal_glyphs *glyphs, pal_error *err);
/* The chapter "Figures": all that have something to show and are not of single people, each under a heading. */
PAL_MUST_USE pal_status pal_report_figures(pal_text *html, const pal_rundata *run,
                                           const pal_figure *(*figure_at)(size_t i), pal_glyphs *glyphs,
                                           pal_error *err);

/* ---- lists and tables ---- */

/* An entry of a <dl>; nothing for a value that is NULL, empty or not finite. */
void pal_report_fact(pal_text *html, const char *name, const char *value);
void pal_report_count(pal_text *html, const char *name, double value);
/* The arm's colour before its name. */
void pal_report_dot(pal_text *html, const pal_plot_arm *arm);
/* A table that the page lets its reader sort and filter: up to the first heading, and after the last one; its end. */
void pal_report_table_begin(pal_text *html);
void pal_report_column(pal_text *html, const char *label, bool is_number);
void pal_report_table_rows(pal_text *html);
void pal_report_table_end(pal_text *html);
void pal_report_word(pal_text *html, const char *word); /* a cell of words */
/* A cell: value (with its sign), what stands behind it (HTML; ""), below it the interval. */
void pal_report_value(pal_text *html, pal_estimate e, int decimals, bool sign, const char *mark);
/* A cell of the main table: value, mark of a significant difference to the baseline, interval. */
void pal_report_cell(pal_text *html, const pal_rundata *run, const pal_plot_arm *arm, const char *metric);
/* The mark of a difference that holds after correction: a triangle upwards or downwards, green when better. */
const char *pal_report_mark(double diff, int better);
/* A row of the table of measures: label, meaning with source, unit, which way is better; and the table's head. */
void pal_report_definitions(pal_text *html);
void pal_report_definition(pal_text *html, const pal_definition *definition);
/* Folded away: digests of the manifest's files; the whole configuration. Nothing for NULL. */
void pal_report_files(pal_text *html, const pal_json *files);
void pal_report_config(pal_text *html, const pal_json *config);

#endif
