/* palate data: read, look into, imitate and generate catalogs. */
#include "cli/catalog_from.h"
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "data/describe.h"
#include "plots/report.h"
#include "sim/catalog_gen.h"

#include <inttypes.h>
#include <stdio.h>

#define MAX_ITEMS 10000000

/* One line, or one JSON line, on a catalog that was written to `path`. */
static pal_status print_written(const pal_args *args, const pal_catalog *catalog, const pal_import_report *report,
                                const char *path, const char *digest, double seconds, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", args->command);
        pal_json_put_string(&w, "file", path);
        pal_json_put_i64(&w, "items", (int64_t)catalog->n_items);
        if (report != NULL) {
            pal_json_put_i64(&w, "rows", (int64_t)report->rows);
            pal_json_put_i64(&w, "merged_rows", (int64_t)report->merged_rows);
            pal_json_put_i64(&w, "skipped_rows", (int64_t)report->skipped_rows);
            pal_json_put_i64(&w, "excluded_items", (int64_t)report->excluded_items);
        }
        pal_json_put_string(&w, "digest", digest);
        pal_json_put_number(&w, "seconds", seconds);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (pal_args_has(args, "quiet")) {
        return PAL_OK;
    }
    if (report != NULL) {
        printf("%s rows: %s items, %s rows merged into an item of the same id, %s rows skipped, %s items excluded by "
               "genre\n", pal_print_count(report->rows), pal_print_count(catalog->n_items),
               pal_print_count(report->merged_rows), pal_print_count(report->skipped_rows),
               pal_print_count(report->excluded_items));
        for (size_t f = 0; f < report->n_faults; f++) {
            const pal_import_fault *fault = &report->fault[f];

            printf("  %s: %s in %s rows, first in row %s (line %s): '%s'\n", fault->column, fault->what,
                   pal_print_count(fault->count), pal_print_count(fault->first_row),
                   pal_print_count(fault->first_line), fault->found);
        }
    } else {
        printf("%s items\n", pal_print_count(catalog->n_items));
    }
    printf("file     %s\ndigest   %s (%.2f s)\n", path, digest, seconds);
    return PAL_OK;
}

/* ---- import ---- */

static const pal_option import_options[] = {
    PAL_OPTION_LAYOUT,
    PAL_OPTION_BAD_ROW,
    PAL_OPTION_SET_CATALOG,
    { "out", "FILE", false, "where to write the catalog (default: catalog.csv)" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run_import(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_import_report report = { 0 };
    const char *path = NULL;
    char digest[PAL_HASH_HEX];
    double started = pal_clock_s();

    PAL_TRY(pal_args_output(&path, args, "catalog.csv", err));
    PAL_TRY(pal_catalog_from(&catalog, &report, args, args->operand[0], 0, 1, err));
    PAL_TRY(pal_catalog_save(catalog, path, digest, err));
    PAL_TRY(print_written(args, catalog, &report, path, digest, pal_clock_s() - started, err));

done:
    pal_import_report_clear(&report);
    pal_catalog_free(catalog);
    return rc;
}

const pal_command pal_command_data_import = {
    .name = "data import", .operands = "CSV", .n_min = 1, .n_max = 1,
    .summary = "read a catalog CSV and write it in Palate's own layout",
    .usage = "Reads CSV (plain or .gz), checks every value, merges rows of one id into one item with several\n"
             "genres, leaves out items of excluded genres, and writes a CSV of the layout 'palate'.",
    .options = import_options, .run = run_import,
};

/* ---- describe ---- */

static const pal_option describe_options[] = {
    { "synthetic", "N", false, "describe a generated catalog of N items instead of a CSV" },
    { "seed", "N", false, "seed of the generated catalog (default: 1)" },
    PAL_OPTION_LAYOUT,
    PAL_OPTION_BAD_ROW,
    PAL_OPTION_SET_CATALOG,
    { "out", "DIR", false, "also write DIR/catalog.json and draw it" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* Write DIR/catalog.json and the figures beside it. */
static pal_status draw(const pal_args *args, const pal_catalog *catalog, const pal_import_report *report,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *directory = pal_args_text(args, "out");
    pal_json_writer w = { .compact = false };
    char *path = pal_path_join(directory, "catalog.json");
    unsigned formats = 0;

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    }
    PAL_TRY(pal_figures_formats(&formats, args, err));
    PAL_TRY(pal_dir_make(directory, err));
    pal_json_begin_object(&w, NULL);
    PAL_TRY(pal_catalog_describe_json(catalog, report, &w, err));
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
    PAL_TRY(pal_figure_catalog(path, directory, formats, err));

done:
    pal_text_clear(&w.text);
    pal_free(path);
    return rc;
}

static pal_status run_describe(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_import_report report = { 0 };
    pal_text text = { 0 };
    pal_json_writer w = { .compact = true };
    bool synthetic = pal_args_has(args, "synthetic");
    uint64_t items = 0, seed = 1;
    const pal_import_report *read = synthetic ? NULL : &report;

    if (synthetic == (args->n_operands == 1)) {
        PAL_FAIL(PAL_ERR_USAGE, "data describe: give either a CSV or --synthetic N");
    }
    PAL_TRY(pal_args_whole(&items, args, "synthetic", 0, 1, MAX_ITEMS, err));
    PAL_TRY(pal_args_whole(&seed, args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_catalog_from(&catalog, &report, args, synthetic ? NULL : args->operand[0], items, seed, err));
    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        PAL_TRY(pal_catalog_describe_json(catalog, read, &w, err));
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    } else {
        PAL_TRY(pal_catalog_describe_text(catalog, read, &text, err));
        PAL_TRY(pal_print_text(&text, err));
    }
    if (pal_args_has(args, "out")) {
        PAL_TRY(draw(args, catalog, read, err));
        if (!pal_args_has(args, "json")) {
            printf("\nfigures  %s\n", pal_args_text(args, "out"));
        }
    }

done:
    pal_text_clear(&text);
    pal_text_clear(&w.text);
    pal_import_report_clear(&report);
    pal_catalog_free(catalog);
    return rc;
}

const pal_command pal_command_data_describe = {
    .name = "data describe", .operands = "[CSV]", .n_min = 0, .n_max = 1,
    .summary = "print and draw what is in a catalog",
    .usage = "Counts, ranges, quantiles, genres, clusters and correlations of a CSV catalog or of a synthetic one.\n"
             "With --out also catalog.json and the figures.",
    .options = describe_options, .run = run_describe,
};

/* ---- fit ---- */

static const pal_option fit_options[] = {
    PAL_OPTION_LAYOUT,
    PAL_OPTION_BAD_ROW,
    PAL_OPTION_SET_CATALOG,
    { "origin", "TEXT", false, "where the data come from, written into the file (default: the CSV's path)" },
    { "out", "FILE", false, "where to write the fitted figures (default: music_model.json)" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run_fit(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_import_report report = { 0 };
    const char *path = NULL, *origin = pal_args_text(args, "origin");
    char digest[PAL_HASH_HEX];
    double started = pal_clock_s();

    PAL_TRY(pal_args_output(&path, args, "music_model.json", err));
    PAL_TRY(pal_catalog_from(&catalog, &report, args, args->operand[0], 0, 1, err));
    PAL_TRY(pal_catalog_model_fit(catalog, origin != NULL ? origin : args->operand[0], path, err));
    PAL_TRY(pal_hash_file(digest, path, err));
    PAL_TRY(print_written(args, catalog, &report, path, digest, pal_clock_s() - started, err));

done:
    pal_import_report_clear(&report);
    pal_catalog_free(catalog);
    return rc;
}

const pal_command pal_command_data_fit = {
    .name = "data fit", .operands = "CSV", .n_min = 1, .n_max = 1,
    .summary = "fit the figures from which synthetic catalogs are drawn",
    .usage = "Reads a catalog and writes its per-genre means, covariances, popularity and artist sizes as JSON.\n"
             "An experiment uses such a file with \"catalog\": {\"source\": \"synthetic\", \"model\": FILE}.",
    .options = fit_options, .run = run_fit,
};

/* ---- generate ---- */

static const pal_option generate_options[] = {
    { "items", "N", false, "items to draw (default: 20000)" },
    { "seed", "N", false, "seed (default: 1)" },
    PAL_OPTION_SET_CATALOG,
    { "out", "FILE", false, "where to write the catalog (default: catalog.csv)" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status run_generate(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    const char *path = NULL;
    uint64_t items = 0, seed = 1;
    char digest[PAL_HASH_HEX];
    double started = pal_clock_s();

    PAL_TRY(pal_args_output(&path, args, "catalog.csv", err));
    PAL_TRY(pal_args_whole(&items, args, "items", 20000, 1, MAX_ITEMS, err));
    PAL_TRY(pal_args_whole(&seed, args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_catalog_from(&catalog, NULL, args, NULL, items, seed, err));
    PAL_TRY(pal_catalog_save(catalog, path, digest, err));
    PAL_TRY(print_written(args, catalog, NULL, path, digest, pal_clock_s() - started, err));

done:
    pal_catalog_free(catalog);
    return rc;
}

const pal_command pal_command_data_generate = {
    .name = "data generate", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "draw a synthetic catalog and write it as CSV",
    .usage = "Same items and seed, same file, on every machine. The CSV has the layout 'palate'.",
    .options = generate_options, .run = run_generate,
};
