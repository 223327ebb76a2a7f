/* Catalogs by way of a one-line experiment: the same checks and the same loader as a run. */
#include "cli/catalog_from.h"

#include "core/json.h"
#include "core/mem.h"
#include "lab/experiment.h"
#include "lab/world.h"

#include <stdio.h>
#include <string.h>

/* {"catalog": {…}, "probe": {"items": 0}, "slots": 1, "arms": [{"name": "random", "stage": "random"}]} */
static void write_experiment(pal_json_writer *w, const pal_args *args, const char *csv, uint64_t items,
                             uint64_t seed)
{
    const char *layout = pal_args_text(args, "layout");
    const char *bad_row = pal_args_text(args, "on-bad-row");
    char digits[PAL_NUMBER_MAX];

    pal_format_u64(digits, seed);
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "seed", digits);
    pal_json_put_i64(w, "slots", 1);
    pal_json_begin_object(w, "catalog");
    pal_json_put_string(w, "source", csv != NULL ? "csv" : "synthetic");
    if (csv != NULL) {
        pal_json_put_string(w, "file", csv);
        if (layout != NULL) {
            pal_json_put_string(w, "layout", layout);
        }
        if (bad_row != NULL) {
            pal_json_put_string(w, "on_bad_row", bad_row);
        }
    } else {
        pal_json_put_i64(w, "items", (int64_t)items);
    }
    pal_json_end_object(w);
    pal_json_begin_object(w, "probe");
    pal_json_put_i64(w, "items", 0);
    pal_json_end_object(w);
    pal_json_begin_array(w, "arms");
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", "random");
    pal_json_put_string(w, "stage", "random");
    pal_json_end_object(w);
    pal_json_end_array(w);
    pal_json_end_object(w);
}

/* --set key=value as overrides of "catalog.key"; `paths` owns the copies. */
static pal_status read_sets(pal_override *overrides, char **paths, size_t *n, const pal_args *args, pal_error *err)
{
    const char *given;

    for (size_t i = 0; (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        const char *equals = strchr(given, '=');
        pal_text path = { 0 };

        if (equals == NULL || equals == given) {
            return pal_error_set(err, PAL_ERR_USAGE, "%s: --set needs KEY=VALUE, found '%s'", args->command, given);
        }
        pal_text_add(&path, "catalog.");
        pal_text_add_bytes(&path, given, (size_t)(equals - given));
        paths[*n] = path.bytes; /* also when cut: freed by the caller */
        overrides[(*n)++] = (pal_override){ .path = path.bytes, .text = equals + 1 };
        if (path.failed) {
            return pal_text_check(&path, err);
        }
    }
    return PAL_OK;
}

pal_status pal_catalog_from(pal_catalog **out, pal_import_report *report, const pal_args *args, const char *csv,
                            uint64_t items, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *experiment = NULL;
    pal_json_writer w = { .compact = true };
    pal_override overrides[PAL_MAX_GIVEN];
    char *paths[PAL_MAX_GIVEN];
    size_t n = 0;
    bool synthetic;

    write_experiment(&w, args, csv, items, seed);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(read_sets(overrides, paths, &n, args, err));
    PAL_TRY(pal_experiment_parse(&experiment, w.text.bytes, w.text.n, "command line", overrides, n, err));
    PAL_TRY(pal_lab_catalog(out, report, &synthetic, experiment, err));

done:
    for (size_t i = 0; i < n; i++) {
        pal_free(paths[i]);
    }
    pal_text_clear(&w.text);
    pal_experiment_free(experiment);
    return rc;
}
