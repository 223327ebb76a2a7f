/* catalog.json and items.csv. */
#include "lab/results.h"

#include "core/mem.h"
#include "data/describe.h"

pal_status pal_write_catalog(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    char *path = NULL, hex[PAL_HASH_HEX];

    pal_json_begin_object(&w, NULL);
    PAL_TRY(pal_catalog_describe_json(results->catalog, results->synthetic ? NULL : results->import, &w, err));
    pal_json_end_object(&w);
    PAL_TRY(pal_results_json(results, &w, "catalog.json", err));
    if (pal_values_bool(results->experiment->output, "items")) {
        path = pal_path_join(results->dir, "items.csv");
        if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
        PAL_TRY(pal_catalog_save(results->catalog, path, hex, err));
        pal_results_add(results, "items.csv", hex, 0);
    }
done:
    pal_text_clear(&w.text);
    pal_free(path);
    return rc;
}
