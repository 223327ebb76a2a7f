/* palate verify: run or evaluate again from a manifest and compare digests. */
#include "cli/command.h"
#include "cli/print.h"
#include "lab/eval_run.h"
#include "lab/run.h"
#include "plots/eval_report.h"

#include <stdio.h>

static const pal_option options[] = {
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    char message[512] = "";
    size_t n_threads = 1;

    PAL_TRY(pal_args_threads(&n_threads, args, err));
    if (pal_is_evaluation(args->operand[0])) {
        PAL_TRY(pal_eval_verify(args->operand[0], n_threads, message, err));
    } else {
        PAL_TRY(pal_verify(args->operand[0], n_threads, message, err));
    }
    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "verify");
        pal_json_put_string(&w, "run", args->operand[0]);
        pal_json_put_bool(&w, "same", true);
        pal_json_put_string(&w, "message", message);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    } else if (!pal_args_has(args, "quiet")) {
        printf("%s\n", message);
    }

done:
    return rc;
}

const pal_command pal_command_verify = {
    .name = "verify",
    .operands = "DIR",
    .n_min = 1,
    .n_max = 1,
    .summary = "do a run or an evaluation again from its directory and compare the digests",
    .usage = "Checks that the files in DIR still have the digests of their manifest, runs the "
             "experiment (or the\n"
             "evaluation) of the manifest again beside it, and compares. Exit code 1 when results "
             "differ: the\n"
             "message names the first arm, round and state field that does, of an evaluation the "
             "first file. The\n"
             "second run is removed afterwards. An evaluation reads its log again, so it wants the "
             "same working\n"
             "directory.",
    .options = options,
    .run = run,
};
