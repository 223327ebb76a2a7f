/* Options of commands that draw. */
#ifndef PAL_CLI_FIGURES_H
#define PAL_CLI_FIGURES_H

#include "cli/options.h"

#define PAL_OPTION_FORMATS \
    { "formats", "LIST", false, "figure files to write, of svg,png,pdf (default: all three)" }

/* --formats as the flags of plots/report.h. PAL_ERR_USAGE names the word that is no format. */
PAL_MUST_USE pal_status pal_figures_formats(unsigned *formats, const pal_args *args, pal_error *err);

#endif
