/* palate run: an experiment file becomes a run directory and its report. */
#include "cli/command.h"
#include "cli/keeping.h"
#include "cli/outcome.h"
#include "cli/overrides.h"
#include "core/mem.h"
#include "core/progress.h"
#include "lab/result_kind.h"
#include "lab/run.h"
#include "plots/report.h"

static const pal_option options[] = {
    { "seed", "N", false, "seed instead of the file's: a whole number below 2^64" },
    { "set", "PATH=VALUE", true, "change a key of the experiment: people.n=100, arms.0.params.step=0.1" },
    PAL_OPTION_PRESET,
    PAL_OPTION_THREADS,
    { "out", "DIR", false, "run directory (default: results/NAME-SEED)" },
    { "no-report", NULL, false, "do not draw figures and report.html" },
    PAL_OPTION_CHECKPOINT,
    { "fresh", NULL, false, "begin anew, whatever an interrupted run left" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;
    char *directory = NULL;
    pal_overrides changed = { .n = 0 };
    pal_run_options how = { .n_threads = 1 };
    pal_run_keeping storage;
    const pal_run_keeping *keeping = NULL;
    pal_run_summary summary = { .impressions = 0 };
    pal_outcome outcome = { .json = pal_args_has(args, "json"), .quiet = pal_args_has(args, "quiet") };
    double started = pal_clock_s();

    PAL_TRY(pal_overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&how.n_threads, args, err));
    PAL_TRY(pal_keeping_read(&keeping, &storage, args, err));
    PAL_TRY(pal_experiment_load(&experiment, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(pal_result_directory(&directory, args, experiment->name, experiment->seed, err));
    PAL_TRY(pal_results_may_replace(directory, PAL_RUN_FORMAT, err));
    how.out_dir = directory;

    PAL_TRY(pal_run_resumable(&summary, experiment, &how, keeping, err));
    if (!pal_args_has(args, "no-report")) {
        pal_report_options drawing = pal_report_defaults();

        PAL_TRY(pal_report_draw(directory, &drawing, err));
        outcome.has_report = true;
    }
    outcome.directory = directory;
    outcome.seconds = pal_clock_s() - started;
    PAL_TRY(pal_outcome_compare(&outcome, args->operand[0], changed.n == 0, summary.digest, err));
    PAL_TRY(pal_outcome_print(&outcome, experiment, &summary, err));

done:
    pal_overrides_clear(&changed);
    pal_free(directory);
    pal_experiment_free(experiment);
    return rc;
}

const pal_command pal_command_run = {
    .name = "run", .operands = "FILE", .n_min = 1, .n_max = 1,
    .summary = "run an experiment file and draw its report",
    .usage = "Reads FILE (JSON; 'palate describe experiment' lists its keys), writes a run directory and its\n"
             "report.html, and prints the digest of the results. The same file and seed give the same digest\n"
             "at any thread count. When FILE minus '.json' plus '.digest' stands beside it and nothing is\n"
             "overridden, the last line says whether that digest was reproduced bit for bit.\n"
             "Interrupted or killed, the run is kept beside its directory (DIR.part), and the same command goes on\n"
             "from the last checkpoint, to the same bytes.",
    .options = options, .run = run,
};
