/* Options of commands that draw. */
#ifndef PAL_CLI_FIGURES_H
#define PAL_CLI_FIGURES_H

#include "cli/options.h"

#define PAL_OPTION_FORMATS \
    { "formats", "LIST", false, "figure files to write, of svg,png,pdf, or none (default: all three)" }
#define PAL_OPTION_THEME \
    { "theme", "THEME", false, "colours of the figure files: light, dark or both (default: light)" }

/* --formats as the PAL_FORMAT_ flags of plots/canvas.h. PAL_ERR_USAGE names the word that is no format. */
PAL_MUST_USE pal_status pal_figures_formats(unsigned *formats, const pal_args *args, pal_error *err);

/* --theme as the PAL_THEMES_ flags of plots/report.h. PAL_ERR_USAGE for another word. */
PAL_MUST_USE pal_status pal_figures_themes(unsigned *themes, const pal_args *args, pal_error *err);

#endif
