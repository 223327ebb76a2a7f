/* palate report: draw the figures and the report of a run directory again. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/print.h"
#include "core/progress.h"
#include "plots/report.h"

#include <stdio.h>
#include <string.h>

static const pal_option options[] = {
    PAL_OPTION_FORMATS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_report_options how = pal_report_defaults();
    const char *directory = args->operand[0];
    double started = pal_clock_s();

    PAL_TRY(pal_figures_formats(&how.formats, args, err));
    PAL_TRY(pal_report_draw(directory, &how, err));
    if (pal_args_has(args, "json")) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "report");
        pal_json_put_string(&w, "run", directory);
        pal_json_put_number(&w, "seconds", pal_clock_s() - started);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    } else if (!pal_args_has(args, "quiet")) {
        printf("report   %s/report.html\nfigures  %s/figures (%.1f s)\n", directory, directory,
               pal_clock_s() - started);
    }

done:
    return rc;
}

const pal_command pal_command_report = {
    .name = "report", .operands = "DIR", .n_min = 1, .n_max = 1,
    .summary = "draw the figures and the report of a run directory again",
    .usage = "Reads the result files in DIR and writes DIR/figures and DIR/report.html. The results themselves\n"
             "and their digest stay as they are.",
    .options = options, .run = run,
};
