/* palate sweep: one experiment at many settings, through a cache of runs. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/keeping.h"
#include "cli/overrides.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "lab/sweep.h"
#include "plots/sweep_report.h"

#include <stdio.h>

static const pal_option options[] = {
    { "set", "PATH=VALUE", true, "change a key of the sweep: replications=5, points=40, set={\"people.n\": 100}" },
    PAL_OPTION_PRESET,
    { "out", "DIR", false, "directory of the results (default: results/NAME)" },
    { "cache", "DIR", false, "where finished runs are kept (default: results/cache)" },
    { "fresh", NULL, false, "run everything again, whatever the cache holds" },
    PAL_OPTION_CHECKPOINT,
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

    pal_text_add(&text, "A sweep\n");
    pal_params_describe(pal_sweep_params, &text);
    pal_text_add(&text, "  experiment  path of an experiment file (from the working directory), or an experiment\n"
                        "  set         object: paths and values for the experiment at every point, {\"people.n\": 200}\n"
                        "  seeds       array of seeds as strings, instead of \"replications\"\n"
                        "  metrics     array of metrics; the first one leads the report\n"
                        "  vary        array of what is varied:\n\nAn entry of vary\n");
    pal_params_describe(pal_sweep_vary_params, &text);
    pal_text_add(&text, "  values      array of values, instead of a range\n\nMetrics\n");
    for (size_t m = 0; m < PAL_PEOPLE_METRICS; m++) {
        pal_text_addf(&text, "  %-15s %s\n", pal_people_metrics[m].name, pal_people_metrics[m].meaning);
    }
    return pal_print_text(&text, err);
}

/* --out, or results/NAME. What is there and no sweep is not replaced. */
static pal_status out_directory(char **out, const pal_args *args, const pal_sweep *sweep, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given = pal_args_text(args, "out");
    char *manifest = NULL;

    *out = given != NULL ? pal_strdup(given) : pal_path_join("results", sweep->name);
    manifest = *out == NULL ? NULL : pal_path_join(*out, "manifest.json");
    if (manifest == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (pal_file_exists(manifest) && !pal_is_sweep(*out)) {
        PAL_FAIL(PAL_ERR_USAGE, "--out: %s holds other results; choose another directory", *out);
    }
done:
    pal_free(manifest);
    return rc;
}

static pal_status print_outcome(const pal_args *args, const pal_sweep *s, const pal_sweep_summary *summary, const char *dir,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_text answer = { 0 };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "sweep");
        pal_json_put_string(&w, "name", s->name);
        pal_json_put_string(&w, "dir", dir);
        pal_json_put_i64(&w, "points", (int64_t)s->n_points);
        pal_json_put_i64(&w, "seeds", (int64_t)s->n_seeds);
        pal_json_put_i64(&w, "arms", (int64_t)s->n_arms);
        pal_json_put_i64(&w, "cells", (int64_t)summary->n_cells);
        pal_json_put_i64(&w, "computed", (int64_t)summary->n_computed);
        pal_json_put_string(&w, "digest", summary->digest);
        pal_json_put_number(&w, "seconds", summary->wall_s);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (!pal_args_has(args, "quiet")) {
        PAL_TRY(pal_sweep_report_answer(&answer, dir, err));
        printf("%zu point%s x %zu seed%s x %zu arm%s: %zu cells, %zu from the cache, %zu run now (%.1f s)\n%s\n", s->n_points,
               s->n_points == 1 ? "" : "s", s->n_seeds, s->n_seeds == 1 ? "" : "s", s->n_arms, s->n_arms == 1 ? "" : "s", summary->n_cells,
               summary->n_cells - summary->n_computed, summary->n_computed, summary->wall_s, answer.bytes);
        printf("surface %s/surface.csv\nreport  %s/report.html\ndigest  %s\n", dir, dir, summary->digest);
    }
done:
    pal_text_clear(&answer);
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_overrides changed = { .n = 0 };
    pal_sweep *sweep = NULL;
    pal_sweep_summary summary = { .n_cells = 0 };
    pal_sweep_options how = { .cache_dir = pal_args_text(args, "cache"), .fresh = pal_args_has(args, "fresh") };
    pal_report_options drawing = pal_report_defaults();
    pal_run_keeping storage;
    char *out = NULL;

    if (pal_args_has(args, "keys")) {
        PAL_TRY(print_keys(err));
        goto done;
    }
    if (args->n_operands == 0) PAL_FAIL(PAL_ERR_USAGE, "sweep: needs FILE, or --keys; 'palate sweep --help' tells more");
    if (how.cache_dir == NULL) how.cache_dir = "results/cache";
    PAL_TRY(pal_overrides_read_sweep(&changed, args, args->operand[0], err));
    PAL_TRY(pal_args_threads(&how.n_threads, args, err));
    PAL_TRY(pal_keeping_read(&how.keeping, &storage, args, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(pal_sweep_load(&sweep, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(out_directory(&out, args, sweep, err));
    how.out_dir = out;
    PAL_TRY(pal_sweep_run(&summary, sweep, &how, err));
    PAL_TRY(pal_sweep_report_draw(out, &drawing, err));
    PAL_TRY(print_outcome(args, sweep, &summary, out, err));
done:
    pal_overrides_clear(&changed);
    pal_sweep_free(sweep);
    pal_free(out);
    return rc;
}

const pal_command pal_command_sweep = {
    .name = "sweep", .operands = "FILE", .n_min = 0, .n_max = 1,
    .summary = "run an experiment over many settings and seeds, and draw the response surface",
    .usage = "Reads FILE (JSON; 'palate sweep --keys' lists its keys): an experiment, what to vary (a grid, random points or\n"
             "a Latin hypercube over any of its keys) and seeds. Each arm at each point and seed is a run of its own, kept\n"
             "in the cache by its resolved config, the program and the catalog: another arm, value or seed runs only what\n"
             "is new. Interrupted, the same command goes on behind the finished runs and inside the one under way, to\n"
             "the same bytes.",
    .options = options, .run = run,
};
