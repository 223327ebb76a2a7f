/* The report as one HTML page, part by part. */
#ifndef PAL_PLOTS_REPORT_PAGE_H
#define PAL_PLOTS_REPORT_PAGE_H

#include "core/text.h"
#include "plots/report_parts.h"
#include "plots/run_data.h"

/* The whole page, added to html. No network, no dates. */
PAL_MUST_USE pal_status pal_report_page(pal_text *html, const pal_rundata *run, pal_error *err);

/* What it is made of; borrows run. */
pal_report pal_report_of_run(const pal_rundata *run);

/* The answer in plain words, made from the numbers: plain text of a few sentences. */
void pal_report_answer(pal_text *text, const pal_rundata *run);
/* Tables and chapters; failures of memory are kept in the text. */
void pal_report_what_ran(pal_text *html, const pal_rundata *run);
void pal_report_main_table(pal_text *html, const pal_rundata *run);
void pal_report_method(pal_text *html, const pal_rundata *run);
void pal_report_again(pal_text *html, const pal_rundata *run);
/* Which people's sheets are shown, and by what rule, as a sentence. */
void pal_report_people_rule(pal_text *html, const pal_rundata *run);

#endif
