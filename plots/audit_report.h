/* Figures and page of an audit's directory (`palate audit`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_AUDIT_REPORT_H
#define PAL_PLOTS_AUDIT_REPORT_H

#include "core/text.h"
#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/order.*, agreement.*, sampled.* and popularity.* and write dir/report.html from manifest.json, audit.csv,
 * truth.csv, protocols.csv and sampled.csv. Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a
 * directory that holds no audit.
 */
PAL_MUST_USE pal_status pal_audit_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* The answer in words: what earns most, the best and the worst protocol, whom they favour. Appended to text. Errors as above. */
PAL_MUST_USE pal_status pal_audit_report_answer(pal_text *text, const char *dir, pal_error *err);

/* Does the directory's manifest.json say that it holds an audit? false when it cannot be read. */
bool pal_is_audit(const char *dir);

#endif
