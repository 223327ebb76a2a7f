/* palate trial: an A/B test and interleaving inside the simulator, against the truth. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/overrides.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/trial.h"
#include "plots/trial_report.h"

#include <stdio.h>

static const pal_option options[] = {
    { "set", "PATH=VALUE", true, "change a key of the trial: runs=5, share=0.3, set={\"people.n\": 100}" },
    { "out", "DIR", false, "directory of the results (default: results/NAME)" },
    { "keys", NULL, false, "list every key and metric, and do nothing else" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status print_keys(pal_error *err)
{
    pal_text text = { 0 };

    pal_text_add(&text, "A trial\n");
    pal_params_describe(pal_trial_params, &text);
    pal_text_add(&text, "  experiment  path of an experiment file (from the working directory), or an experiment\n"
                        "  set         object: paths and values for the experiment, {\"people.n\": 200}\n"
                        "  metrics     array of metrics; the first one leads the report and makes the strata\n"
                        "  feedback    array: isolated (each person as in their arm's full run), own (each arm learns from\n"
                        "              its own people), shared (both learn from everybody); default: all three\n\nMetrics\n");
    for (size_t m = 0; m < PAL_TRIAL_METRICS; m++) {
        pal_text_addf(&text, "  %-15s %s\n", pal_trial_measures[m].name, pal_trial_measures[m].meaning);
    }
    return pal_print_text(&text, err);
}

/* --out, or results/NAME. What is there and no trial is not replaced. */
static pal_status out_directory(char **out, const pal_args *args, const pal_trial *trial, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given = pal_args_text(args, "out");
    char *manifest = NULL;

    *out = given != NULL ? pal_strdup(given) : pal_path_join("results", trial->name);
    manifest = *out == NULL ? NULL : pal_path_join(*out, "manifest.json");
    if (manifest == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (pal_file_exists(manifest) && !pal_is_trial(*out)) {
        PAL_FAIL(PAL_ERR_USAGE, "--out: %s holds other results; choose another directory", *out);
    }
done:
    pal_free(manifest);
    return rc;
}

static pal_status print_outcome(const pal_args *args, const pal_trial *t, const pal_trial_summary *summary, const char *dir,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_text answer = { 0 };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "trial");
        pal_json_put_string(&w, "name", t->name);
        pal_json_put_string(&w, "dir", dir);
        pal_json_put_i64(&w, "people", (int64_t)summary->n_people);
        pal_json_put_i64(&w, "plays", (int64_t)summary->n_plays);
        pal_json_put_string(&w, "digest", summary->digest);
        pal_json_put_number(&w, "seconds", summary->wall_s);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (!pal_args_has(args, "quiet")) {
        PAL_TRY(pal_trial_report_answer(&answer, dir, err));
        printf("%s against %s: %zu people, %zu rounds, %zu plays (%.1f s)\n%s\n", t->experiment->arm[t->treatment].name,
               t->experiment->arm[t->control].name, summary->n_people, t->experiment->n_rounds, summary->n_plays,
               summary->wall_s, answer.bytes);
        printf("methods %s/methods.csv\nreport  %s/report.html\ndigest  %s\n", dir, dir, summary->digest);
    }
done:
    pal_text_clear(&answer);
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_overrides changed = { .n = 0 };
    pal_trial *trial = NULL;
    pal_trial_summary summary = { .n_people = 0 };
    pal_report_options drawing = pal_report_defaults();
    size_t n_threads;
    char *out = NULL;

    if (pal_args_has(args, "keys")) {
        PAL_TRY(print_keys(err));
        goto done;
    }
    if (args->n_operands == 0) PAL_FAIL(PAL_ERR_USAGE, "trial: needs FILE, or --keys; 'palate trial --help' tells more");
    PAL_TRY(pal_overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&n_threads, args, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(pal_trial_load(&trial, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(out_directory(&out, args, trial, err));
    PAL_TRY(pal_trial_run(&summary, trial, out, n_threads, err));
    PAL_TRY(pal_trial_report_draw(out, &drawing, err));
    PAL_TRY(print_outcome(args, trial, &summary, out, err));
done:
    pal_overrides_clear(&changed);
    pal_trial_free(trial);
    pal_free(out);
    return rc;
}

const pal_command pal_command_trial = {
    .name = "trial", .operands = "FILE", .n_min = 0, .n_max = 1,
    .summary = "try an arm against another as a platform would, and see how far from the truth that comes",
    .usage = "Reads FILE (JSON; 'palate trial --keys' lists its keys): an experiment, a control and a treatment. The truth is\n"
             "everybody in both arms with the same luck. Against it stand many A/B tests (people allocated at random, with\n"
             "and without CUPED, sequential, with isolated, own or shared feedback) and team-draft interleaving: bias,\n"
             "spread, coverage of their intervals, power, and the people each would need.",
    .options = options, .run = run,
};
