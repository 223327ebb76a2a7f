/* palate run: an experiment file becomes a run directory and its report. */
#include "cli/command.h"
#include "cli/outcome.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "lab/run.h"
#include "plots/report.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_OVERRIDES PAL_MAX_GIVEN

static const pal_option options[] = {
    { "seed", "N", false, "seed instead of the file's: a whole number below 2^64" },
    { "set", "PATH=VALUE", true, "change a key of the experiment: people.n=100, arms.0.params.step=0.1" },
    PAL_OPTION_THREADS,
    { "out", "DIR", false, "run directory (default: results/NAME-SEED)" },
    { "no-report", NULL, false, "do not draw figures and report.html" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* --set path=value and --seed as overrides; `words` holds the split copies. */
typedef struct overrides {
    pal_override item[MAX_OVERRIDES];
    size_t n;
    char *words[MAX_OVERRIDES];
    size_t n_words;
    char seed[PAL_NUMBER_MAX + 2];
} overrides;

static void overrides_clear(overrides *o)
{
    for (size_t i = 0; i < o->n_words; i++) {
        pal_free(o->words[i]);
    }
}

static pal_status overrides_read(overrides *o, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given;

    *o = (overrides){ .n = 0 };
    for (size_t i = 0; (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        const char *equals = strchr(given, '=');
        char *word;

        if (equals == NULL || equals == given) {
            PAL_FAIL(PAL_ERR_USAGE, "run: --set needs PATH=VALUE, found '%s'", given);
        }
        word = pal_strdup(given);
        if (word == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for --set");
        }
        o->words[o->n_words++] = word;
        word[equals - given] = '\0';
        o->item[o->n++] = (pal_override){ .path = word, .text = word + (equals - given) + 1 };
    }
    if (pal_args_has(args, "seed")) {
        uint64_t seed = 0;

        PAL_TRY(pal_args_whole(&seed, args, "seed", 0, 0, UINT64_MAX, err));
        snprintf(o->seed, sizeof o->seed, "\"%llu\"", (unsigned long long)seed);
        o->item[o->n++] = (pal_override){ .path = "seed", .text = o->seed };
    }

done:
    return rc;
}

/* results/NAME-SEED, the name cut down to letters that every shell takes as they are. */
static pal_status default_directory(char **out, const pal_experiment *experiment, pal_error *err)
{
    pal_text path = { 0 };
    pal_status rc;

    pal_text_addf(&path, "results/%s-%llu", experiment->name, (unsigned long long)experiment->seed);
    rc = pal_text_check(&path, err);
    if (rc != PAL_OK) {
        pal_text_clear(&path);
        return rc;
    }
    for (char *c = path.bytes + strlen("results/"); *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL) {
            *c = '-';
        }
    }
    *out = path.bytes;
    return PAL_OK;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;
    char *directory = NULL;
    overrides changed = { .n = 0 };
    pal_run_options how = { .n_threads = 1 };
    pal_run_summary summary = { .impressions = 0 };
    pal_outcome outcome = { .json = pal_args_has(args, "json"), .quiet = pal_args_has(args, "quiet") };
    double started = pal_clock_s();

    PAL_TRY(overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&how.n_threads, args, err));
    PAL_TRY(pal_experiment_load(&experiment, args->operand[0], changed.item, changed.n, err));
    if (pal_args_has(args, "out")) {
        directory = pal_strdup(pal_args_text(args, "out"));
        if (directory == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for --out");
        }
    } else {
        PAL_TRY(default_directory(&directory, experiment, err));
    }
    how.out_dir = directory;

    PAL_TRY(pal_run(&summary, experiment, &how, err));
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
    overrides_clear(&changed);
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
             "overridden, the last line says whether that digest was reproduced bit for bit.",
    .options = options, .run = run,
};
