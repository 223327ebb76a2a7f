/* Figures and report of a run directory: the door to this room. Reads result files, nothing else. */
#ifndef PAL_PLOTS_REPORT_H
#define PAL_PLOTS_REPORT_H

#include "core/error.h"

#include <stddef.h>

enum { PAL_THEMES_LIGHT = 1, PAL_THEMES_DARK = 2, PAL_THEMES_BOTH = 3 };

/* Paths written, in the order of writing. Start from {0}; the caller clears it. */
typedef struct pal_file_list { char **path; size_t n, capacity; } pal_file_list;
void pal_file_list_clear(pal_file_list *list);

typedef struct pal_report_options {
    unsigned formats;       /* PAL_FORMAT_SVG | PAL_FORMAT_PNG | PAL_FORMAT_PDF (plots/canvas.h); 0 = report only */
    unsigned themes;        /* PAL_THEMES_…: dark figures are named "….dark.svg"; the report follows its reader   */
    size_t threads;         /* not used: drawing is quick; kept so that options read alike everywhere             */
    pal_file_list *written; /* gets every path written; NULL = not wanted                                         */
} pal_report_options;
pal_report_options pal_report_defaults(void); /* SVG, PNG and PDF, light */

/*
 * Draw every figure into run_dir/figures, its numbers beside it as CSV, and write run_dir/report.html and
 * run_dir/report.pdf; with formats 0 the page alone. Each file is written under a temporary name and renamed. Same files
 * in, same bytes out.
 *   PAL_ERR_IO     a result file is missing, or a write failed (disk full): the text names the path
 *   PAL_ERR_PARSE  a result file is not JSON or CSV
 *   PAL_ERR_DATA   a key or column is missing, or a field is not a number: file, row and column are named
 *   PAL_ERR_MEMORY, PAL_ERR_INTERNAL (Cairo failed)
 */
PAL_MUST_USE pal_status pal_report_draw(const char *run_dir, const pal_report_options *options, pal_error *err);

/* Figures of a catalog.json (see results/README.md) into out_dir, made where missing: features, clusters on the taste
 * map, correlations, popularity; with the numbers of each as CSV. Errors as above. */
PAL_MUST_USE pal_status pal_figure_catalog(const char *catalog_json_path, const char *out_dir, unsigned formats,
                                           pal_error *err);

#endif
