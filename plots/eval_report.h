/* Figures and report of the result directory of an evaluation. Reads result files, nothing else. */
#ifndef PAL_PLOTS_EVAL_REPORT_H
#define PAL_PLOTS_EVAL_REPORT_H

#include "core/text.h"
#include "plots/report.h"
#include "plots/run_data.h"

/*
 * Draw every figure into dir/figures and write dir/report.html, as pal_report_draw does for a run. Same files in,
 * same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that holds no evaluation.
 */
PAL_MUST_USE pal_status pal_eval_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* Does the directory's manifest.json say that it holds an evaluation? false when it cannot be read. */
bool pal_is_evaluation(const char *dir);

/* The whole page, added to html. */
PAL_MUST_USE pal_status pal_eval_report_page(pal_text *html, const pal_rundata *run, pal_error *err);
/* The answer in plain words, made from the numbers. */
void pal_eval_report_answer(pal_text *text, const pal_rundata *run);
/* Tables: what was run, models with all metrics, lists of a few people, definitions, how to run it again. */
void pal_eval_report_what_ran(pal_text *html, const pal_rundata *run);
void pal_eval_report_table(pal_text *html, const pal_rundata *run);
PAL_MUST_USE pal_status pal_eval_report_lists(pal_text *html, const pal_rundata *run, pal_error *err);
void pal_eval_report_method(pal_text *html, const pal_rundata *run);
void pal_eval_report_again(pal_text *html, const pal_rundata *run);

#endif
