/* palate bench: how fast this machine serves slates, simulates people and loads catalogs. */
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/bench.h"
#include "lab/run.h"
#include "sim/response.h"
#include "stages/stage.h"

#include <stdio.h>
#include <string.h>

#define MATURING_ROUNDS 30
#define SLATE_PASSES 5
#define LOAD_PASSES 5
#define SIM_ROUNDS 100
#define MAX_PEOPLE 1000000
#define SYNTHETIC_ITEMS 20000

#define OPTION_CATALOG \
    { "catalog", "FILE", false, "catalog CSV to use (default: 20,000 synthetic items)" }
#define OPTION_LAYOUT { "layout", "L", false, "column layout of that CSV ('palate data import --help' names them)" }

pal_status pal_bench_processor(char *name, size_t size, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_json_doc *doc = NULL;
    const pal_json *cpu;

    pal_json_begin_object(&w, NULL);
    pal_run_machine(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, "machine", err));
    cpu = pal_json_get(pal_json_root(doc), "cpu");
    snprintf(name, size, "%s", cpu != NULL && pal_json_kind_of(cpu) == PAL_JSON_STRING ? pal_json_string(cpu)
                                                                                      : "unknown processor");

done:
    pal_text_clear(&w.text);
    pal_json_free(doc);
    return rc;
}

void pal_bench_line(pal_json_writer *w, const char *what, const char *cpu)
{
    *w = (pal_json_writer){ .compact = true };
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "bench", what);
    pal_json_put_string(w, "cpu", cpu);
}

/* ---- slate ---- */

static const pal_option slate_options[] = {
    OPTION_CATALOG,
    OPTION_LAYOUT,
    { "stage", "NAME", false, "time this stage only" },
    { "people", "N", false, "people with matured profiles (default: 200)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status print_slate(const pal_bench_slate *row, const char *cpu, bool json, pal_error *err)
{
    pal_json_writer w;

    if (!json) {
        printf("%-14s %12s %12.1f %12.1f\n", row->stage, pal_print_count((unsigned long long)(row->per_s + 0.5)),
               row->median_us, row->p95_us);
        return PAL_OK;
    }
    pal_bench_line(&w, "slate", cpu);
    pal_json_put_string(&w, "stage", row->stage);
    pal_json_put_i64(&w, "items", (int64_t)row->items);
    pal_json_put_i64(&w, "people", (int64_t)row->people);
    pal_json_put_number(&w, "tastes", row->tastes);
    pal_json_put_i64(&w, "slates", (int64_t)row->slates);
    pal_json_put_number(&w, "slates_per_s", row->per_s);
    pal_json_put_number(&w, "median_us", row->median_us);
    pal_json_put_number(&w, "p95_us", row->p95_us);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run_slate(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;
    pal_bench_slate *row = NULL;
    pal_bench_setup setup = { .csv = pal_args_text(args, "catalog"), .layout = pal_args_text(args, "layout"),
                              .items = SYNTHETIC_ITEMS, .rounds = MATURING_ROUNDS };
    bool json = pal_args_has(args, "json");
    uint64_t people = 0;
    char cpu[256];
    size_t n = 0;

    PAL_TRY(pal_args_whole(&people, args, "people", 200, 1, MAX_PEOPLE, err));
    setup.people = (size_t)people;
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    PAL_TRY(pal_bench_experiment(&experiment, &setup, err));
    PAL_NEW(row, pal_stage_count());
    PAL_TRY(pal_bench_slates(row, &n, experiment, pal_args_text(args, "stage"), SLATE_PASSES, err));
    if (!json) {
        printf("slates of 10 from %s items, one thread, %s\n"
               "%s people after %d rounds of the progressive policy, %.1f learned tastes each\n\n"
               "%-14s %12s %12s %12s\n", pal_print_count(row[0].items), cpu, pal_print_count(people),
               MATURING_ROUNDS, row[0].tastes, "stage", "slates/s", "median us", "p95 us");
    }
    for (size_t i = 0; i < n; i++) {
        PAL_TRY(print_slate(&row[i], cpu, json, err));
    }

done:
    pal_free(row);
    pal_experiment_free(experiment);
    return rc;
}

const pal_command pal_command_bench_slate = {
    .name = "bench slate", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time one slate of each stage",
    .usage = "People first get slates from the progressive policy until their profiles are matured; then each\n"
             "stage serves all of them five times on one thread. Prints slates a second and microseconds a slate.",
    .options = slate_options, .run = run_slate,
};

/* ---- sim ---- */

static const pal_option sim_options[] = {
    OPTION_CATALOG,
    OPTION_LAYOUT,
    { "people", "N", false, "simulated people (default: 2000)" },
    { "threads", "N", false, "measure at N threads only (default: at 1 and at 2)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status print_sim(const pal_bench_sim *row, const char *cpu, bool json, pal_error *err)
{
    pal_json_writer w;

    if (!json) {
        printf("%7zu %16s %16s %9.2f\n", row->threads, pal_print_count((unsigned long long)(row->per_s + 0.5)),
               pal_print_count(row->impressions), row->seconds);
        return PAL_OK;
    }
    pal_bench_line(&w, "sim", cpu);
    pal_json_put_i64(&w, "threads", (int64_t)row->threads);
    pal_json_put_i64(&w, "impressions", (int64_t)row->impressions);
    pal_json_put_number(&w, "seconds", row->seconds);
    pal_json_put_number(&w, "impressions_per_s", row->per_s);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run_sim(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;
    pal_bench_setup setup = { .csv = pal_args_text(args, "catalog"), .layout = pal_args_text(args, "layout"),
                              .items = SYNTHETIC_ITEMS, .rounds = SIM_ROUNDS };
    bool json = pal_args_has(args, "json"), one = pal_args_has(args, "threads");
    uint64_t people = 0;
    size_t threads = 1;
    char cpu[256];

    PAL_TRY(pal_args_whole(&people, args, "people", 2000, 1, MAX_PEOPLE, err));
    setup.people = (size_t)people;
    if (one) {
        PAL_TRY(pal_args_threads(&threads, args, err));
    }
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    PAL_TRY(pal_bench_experiment(&experiment, &setup, err));
    for (size_t n = one ? threads : 1; n <= (one ? threads : 2); n++) {
        pal_bench_sim row;

        PAL_TRY(pal_bench_simulate(&row, experiment, n, err));
        if (!json && (one || n == 1)) {
            printf("the simulator alone: random stage, response model %s, %s people, %s\n\n%7s %16s %16s %9s\n",
                   pal_response_at(experiment->response)->name, pal_print_count(people), cpu, "threads",
                   "impressions/s", "impressions", "seconds");
        }
        PAL_TRY(print_sim(&row, cpu, json, err));
    }

done:
    pal_experiment_free(experiment);
    return rc;
}

const pal_command pal_command_bench_sim = {
    .name = "bench sim", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time the simulator: impressions a second",
    .usage = "The random stage serves, the default response model answers, profiles and people move on: the whole\n"
             "round but for measuring and writing. The first tenth of 100 rounds is not timed.",
    .options = sim_options, .run = run_sim,
};

/* ---- catalog ---- */

static const pal_option catalog_options[] = {
    { "catalog", "FILE", false, "catalog CSV to load (default: only generate)" },
    OPTION_LAYOUT,
    { "items", "N", false, "items to generate (default: 20000)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status measure_load(pal_bench_catalog *row, const pal_bench_setup *setup, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;

    PAL_TRY(pal_bench_experiment(&experiment, setup, err));
    PAL_TRY(pal_bench_load(row, experiment, LOAD_PASSES, err));

done:
    pal_experiment_free(experiment);
    return rc;
}

static pal_status print_load(const pal_bench_catalog *row, const char *cpu, bool json, pal_error *err)
{
    pal_json_writer w;

    if (!json) {
        printf("%-9s %12s %12s %9.3f %14s\n", row->synthetic ? "generate" : "load", pal_print_count(row->rows),
               pal_print_count(row->items), row->seconds,
               pal_print_count((unsigned long long)(row->per_s + 0.5)));
        return PAL_OK;
    }
    pal_bench_line(&w, "catalog", cpu);
    pal_json_put_string(&w, "what", row->synthetic ? "generate" : "load");
    pal_json_put_i64(&w, "rows", (int64_t)row->rows);
    pal_json_put_i64(&w, "items", (int64_t)row->items);
    pal_json_put_number(&w, "seconds", row->seconds);
    pal_json_put_number(&w, "rows_per_s", row->per_s);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run_catalog(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_bench_setup setup = { .layout = pal_args_text(args, "layout"), .people = 1, .rounds = 1 };
    pal_bench_catalog row[2] = { { .rows = 0 }, { .rows = 0 } };
    bool json = pal_args_has(args, "json");
    uint64_t items = 0;
    size_t n = 0;
    char cpu[256];

    PAL_TRY(pal_args_whole(&items, args, "items", SYNTHETIC_ITEMS, 100, 10000000, err));
    setup.items = (size_t)items;
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    PAL_TRY(measure_load(&row[n++], &setup, err));
    if (pal_args_has(args, "catalog")) {
        setup.csv = pal_args_text(args, "catalog");
        PAL_TRY(measure_load(&row[n++], &setup, err));
    }
    if (!json) {
        printf("whole catalogs, one thread, median of %d, %s\n\n%-9s %12s %12s %9s %14s\n", LOAD_PASSES, cpu,
               "", "rows", "items", "seconds", "rows/s");
    }
    for (size_t i = 0; i < n; i++) {
        PAL_TRY(print_load(&row[i], cpu, json, err));
    }

done:
    return rc;
}

const pal_command pal_command_bench_catalog = {
    .name = "bench catalog", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time generating a catalog and loading one from CSV",
    .usage = "Everything from the file (or the seed) to the layout that stages scan, five times each.",
    .options = catalog_options, .run = run_catalog,
};
