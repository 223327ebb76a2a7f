/* Writing drawings and pages as whole files, and remembering which. */
#ifndef PAL_PLOTS_REPORT_FILES_H
#define PAL_PLOTS_REPORT_FILES_H

#include "core/text.h"
#include "plots/report.h"

/* bytes to dir/name, whole or not at all; the path is added to list (may be NULL). */
PAL_MUST_USE pal_status pal_write_file(const char *dir, const char *name, const pal_text *bytes, pal_file_list *list,
                                       pal_error *err);

#endif
