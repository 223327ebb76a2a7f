/* Pieces of a report page that the reports of runs and of evaluations share. Failures of memory are kept in the text. */
#ifndef PAL_PLOTS_REPORT_PARTS_H
#define PAL_PLOTS_REPORT_PARTS_H

#include "core/text.h"
#include "plots/figure.h"
#include "plots/report.h"
#include "plots/run_data.h"
#include "plots/svg_pack.h"

/* From the doctype to <body>: title, colours of both themes, style sheet. */
void pal_report_head(pal_text *html, const char *name);
/* From </main> to the end: the script that sorts tables. */
void pal_report_tail(pal_text *html);

/* A figure of a person (0 when not per person) in all formats and themes asked for, into dir. */
PAL_MUST_USE pal_status pal_report_draw_files(const pal_rundata *run, const pal_figure *figure, size_t who,
                                              const char *dir, const pal_report_options *options, pal_error *err);
/* A drawing with coded colours inside the page, packed so that it can stand beside the others. */
PAL_MUST_USE pal_status pal_report_drawing(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who,
                                           pal_glyphs *glyphs, pal_error *err);

/* An entry of a <dl>; nothing for a value that is NULL, empty or not finite. */
void pal_report_fact(pal_text *html, const char *name, const char *value);
void pal_report_count(pal_text *html, const char *name, double value);
/* The arm's colour before its name. */
void pal_report_dot(pal_text *html, const pal_arm *arm);
/* A cell of the main table: value, mark of a significant difference to the baseline, interval. */
void pal_report_cell(pal_text *html, const pal_rundata *run, const pal_arm *arm, const char *metric);
/* A row of the table of measures: label, meaning with source, unit, which way is better. */
void pal_report_definition(pal_text *html, const pal_definition *definition);
/* Folded away: digests of the manifest's files; the whole configuration. Nothing for NULL. */
void pal_report_files(pal_text *html, const pal_json *files);
void pal_report_config(pal_text *html, const pal_json *config);

#endif
