/* Any bytes as a catalog CSV, in every layout: one line that says what is wrong, or a catalog that keeps its promises
 * and comes back whole from its own file. */
#include "core/file.h"
#include "core/json.h"
#include "data/import_tracks.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A new file under build/ with these bytes. */
static void write_input(char path[64], const uint8_t *data, size_t n)
{
    FILE *file;
    int descriptor;

    PAL_ASSERT(pal_dir_make("build/fuzz", NULL) == PAL_OK);
    strcpy(path, "build/fuzz/catalog-XXXXXX");
    descriptor = mkstemp(path);
    PAL_ASSERT(descriptor >= 0);
    file = fdopen(descriptor, "wb");
    PAL_ASSERT(file != NULL);
    PAL_ASSERT(fwrite(data, 1, n, file) == n);
    PAL_ASSERT(fclose(file) == 0);
}

static pal_catalog *import(const char *path, const char *config, const char *clusters)
{
    const pal_cluster_choice choice = { .source = clusters, .n = 2, .seed = 3 };
    pal_import_report report = { 0 };
    pal_catalog *catalog = NULL;
    pal_json_doc *doc = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    PAL_ASSERT(pal_json_parse(&doc, config, strlen(config), "fuzz", &err) == PAL_OK);
    rc = pal_import_tracks(&catalog, &report, path, pal_json_root(doc), "fuzz", "catalog", &choice, &err);
    PAL_ASSERT((rc == PAL_OK) == (catalog != NULL));
    PAL_ASSERT(rc == PAL_OK || (err.text[0] != '\0' && strchr(err.text, '\n') == NULL));
    PAL_ASSERT(rc != PAL_OK || (report.rows == report.kept_rows + report.skipped_rows &&
                                report.kept_rows == report.merged_rows + report.items + report.excluded_items));
    pal_import_report_clear(&report);
    pal_json_free(doc);
    return catalog;
}

static void check_promises(const pal_catalog *c)
{
    PAL_ASSERT(c->n_items > 0 && c->cluster_begin[c->clusters->n] == c->n_items);
    PAL_ASSERT(c->block_begin[c->n_blocks] == c->n_items);
    for (size_t i = 0; i < c->n_items; i++) {
        PAL_ASSERT(c->cluster[i] < c->clusters->n && c->artist[i] < c->n_artists);
        PAL_ASSERT((c->cluster_mask[i] >> c->cluster[i] & 1) == 1);
        PAL_ASSERT(c->genre_begin[i] < c->genre_begin[i + 1]);
    }
}

/* In the layout "palate" what is written can be read again, to the same catalog. */
static void check_round_trip(const pal_catalog *first, const char *config, const char *clusters)
{
    char path[64];
    pal_catalog *second;
    pal_error err = { .status = PAL_OK };

    write_input(path, (const uint8_t *)"", 0);
    PAL_ASSERT(pal_catalog_save(first, path, NULL, &err) == PAL_OK);
    second = import(path, config, clusters);
    PAL_ASSERT(second != NULL && second->digest == first->digest);
    pal_catalog_free(second);
    remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const clusters[] = { "default", "per-genre", "auto" };
    char path[64], config[128];

    write_input(path, data, n);
    for (size_t layout = 0; pal_import_layouts[layout] != NULL; layout++) {
        for (size_t k = 0; k < sizeof clusters / sizeof *clusters; k++) {
            pal_catalog *catalog;

            snprintf(config, sizeof config, "{\"layout\": \"%s\", \"on_bad_row\": \"%s\"}", pal_import_layouts[layout],
                     k == 0 ? "error" : "skip");
            catalog = import(path, config, clusters[k]);
            if (catalog != NULL) {
                check_promises(catalog);
                check_round_trip(catalog, "{\"layout\": \"palate\"}", clusters[k]);
                pal_catalog_free(catalog);
            }
        }
    }
    remove(path);
    return 0;
}
