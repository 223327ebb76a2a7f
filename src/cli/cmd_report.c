/* palate report: draw the figures and the report of a run directory again. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "plots/audit_report.h"
#include "plots/compare_report.h"
#include "plots/eval_report.h"
#include "plots/fit_report.h"
#include "plots/ope_report.h"
#include "plots/realism_report.h"
#include "plots/report.h"
#include "plots/sweep_report.h"
#include "plots/trial_report.h"

#include <stdio.h>
#include <string.h>

static const pal_option options[] = {
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* Drawings, without the tables of their numbers. */
static size_t count_figures(const pal_file_list *written)
{
    size_t n = 0;

    for (size_t i = 0; i < written->n; i++) {
        const char *ending = strrchr(written->path[i], '.');

        n += strstr(written->path[i], "/figures/") != NULL && (ending == NULL || strcmp(ending, ".csv") != 0);
    }
    return n;
}

static pal_status print_written(const pal_args *args, const pal_file_list *written, double seconds, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "report");
        pal_json_put_string(&w, "run", args->operand[0]);
        pal_json_begin_array(&w, "files");
        for (size_t i = 0; i < written->n; i++) {
            pal_json_put_string(&w, NULL, written->path[i]);
        }
        pal_json_end_array(&w);
        pal_json_put_number(&w, "seconds", seconds);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (!pal_args_has(args, "quiet")) {
        printf("report   %s/report.html\nfigures  %zu in %s/figures (%.1f s)\n", args->operand[0],
               count_figures(written), args->operand[0], seconds);
    }
    return PAL_OK;
}

/* Every command's results say what they are; what says nothing is a run. */
static pal_status draw(const char *dir, const pal_report_options *how, pal_error *err)
{
    return pal_is_evaluation(dir)   ? pal_eval_report_draw(dir, how, err)
           : pal_is_sweep(dir)      ? pal_sweep_report_draw(dir, how, err)
           : pal_is_trial(dir)      ? pal_trial_report_draw(dir, how, err)
           : pal_is_audit(dir)      ? pal_audit_report_draw(dir, how, err)
           : pal_is_ope(dir)        ? pal_ope_report_draw(dir, how, err)
           : pal_is_realism(dir)    ? pal_realism_report_draw(dir, how, err)
           : pal_is_fit(dir)        ? pal_fit_report_draw(dir, how, err)
           : pal_is_comparison(dir) ? pal_compare_report_draw(dir, how, err)
                                    : pal_report_draw(dir, how, err);
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_file_list written = { 0 };
    pal_report_options how = pal_report_defaults();
    double started = pal_clock_s();
    char *manifest;

    manifest = pal_path_join(args->operand[0], "manifest.json");
    if (manifest == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (!pal_file_exists(manifest)) {
        PAL_FAIL(PAL_ERR_IO, "%s: holds no results: there is no manifest.json in it", args->operand[0]);
    }
    how.written = &written;
    PAL_TRY(pal_figures_formats(&how.formats, args, err));
    PAL_TRY(pal_figures_themes(&how.themes, args, err));
    PAL_TRY(draw(args->operand[0], &how, err));
    PAL_TRY(print_written(args, &written, pal_clock_s() - started, err));

done:
    pal_free(manifest);
    pal_file_list_clear(&written);
    return rc;
}

const pal_command pal_command_report = {
    .name = "report", .operands = "DIR", .n_min = 1, .n_max = 1,
    .summary = "draw the figures and the report of a run directory again",
    .usage = "Reads the result files in DIR (of 'palate run', 'eval', 'sweep', 'trial', 'audit', 'compare' or 'ope FILE') and writes\n"
             "DIR/figures (drawings, and their numbers as CSV), DIR/report.html and DIR/report.pdf; with\n"
             "--formats none the page alone. The results themselves and their digest stay as they are.",
    .options = options, .run = run,
};
