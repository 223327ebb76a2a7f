#include "tests/support/data_catalogs.h"

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void data_check_error(pal_status rc, const pal_error *err, pal_status wanted, const char *parts)
{
    char part[256];

    ck_assert_msg(rc == wanted, "%s, not %s: %s", pal_status_name(rc), pal_status_name(wanted), err->text);
    for (const char *at = parts; *at != '\0';) {
        size_t n = strcspn(at, "|");

        snprintf(part, sizeof part, "%.*s", (int)n, at);
        ck_assert_msg(strstr(err->text, part) != NULL, "'%s' is not in: %s", part, err->text);
        at += n + (at[n] == '|');
    }
    ck_assert_ptr_null(strchr(err->text, '\n'));
}

static void draw_row(pal_catalog_builder *builder, pal_key key, size_t row, data_shape shape)
{
    pal_at at = { row, 0, 0 };
    char id[32], title[32], artist[32], genre[32];
    double feature[PAL_MAX_FEATURES];
    pal_error err = { .status = PAL_OK };
    bool repeats = row > 0 && pal_u01(key, at, 0) < 0.2;
    size_t item = repeats ? (size_t)(pal_u01(key, at, 1) * (double)row) : row;
    pal_at of_item = { item, 0, 1 };
    size_t group = shape.groups == 0 ? 0 : (size_t)(pal_u01(key, of_item, 3) * (double)shape.groups);

    snprintf(id, sizeof id, "i%zu", item * 7919 % 100003); /* ids whose order is not that of the rows */
    snprintf(title, sizeof title, "Title %zu", item);
    snprintf(artist, sizeof artist, "a%zu", (size_t)(pal_u01(key, of_item, 0) * (double)shape.n_artists));
    snprintf(genre, sizeof genre, "g%02zu", (size_t)(pal_u01(key, at, 2) * (double)shape.n_genres));
    for (size_t f = 0; f < shape.d; f++) {
        pal_at of_group = { group, f, 2 };
        double center = shape.groups == 0 ? 0 : 4 * pal_u01(key, of_group, 0);

        feature[f] = center + pal_u01(key, of_item, 8 + f) + pal_u01(key, of_item, 108 + f);
    }
    CK_OK(pal_catalog_builder_add(builder, id, title, artist, genre, 100 * pal_u01(key, of_item, 1), feature, &err));
}

pal_catalog_builder *data_random_builder(uint64_t seed, data_shape shape)
{
    pal_catalog_builder *builder = NULL;
    pal_feature_spec spec[PAL_MAX_FEATURES];
    char name[PAL_MAX_FEATURES][32];
    pal_error err = { .status = PAL_OK };

    for (size_t f = 0; f < shape.d; f++) {
        snprintf(name[f], sizeof name[f], "f%02zu", f);
        spec[f] = (pal_feature_spec){ .name = name[f], .unit = "u", .weight = 1 - 0.05 * (double)(f % 5), .high = 10 };
    }
    CK_OK(pal_catalog_builder_new(&builder, "noise", spec, shape.d, &err));
    for (size_t row = 0; row < shape.n_rows; row++) {
        draw_row(builder, pal_key_for(seed, 0, PAL_FOR_TEST), row, shape);
    }
    return builder;
}

pal_catalog *data_random_catalog(uint64_t seed, data_shape shape, pal_scaling scaling)
{
    static const pal_cluster_choice choice = { .source = "per-genre" };
    pal_catalog_builder *builder = data_random_builder(seed, shape);
    pal_catalog *catalog = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_finish(&catalog, builder, &choice, scaling, &err));
    pal_catalog_builder_free(builder);
    return catalog;
}

void data_write_file(char *path, const void *bytes, size_t n)
{
    pal_error err = { .status = PAL_OK };
    FILE *file;
    int descriptor;

    CK_OK(pal_dir_make("build/test-data", &err));
    strcpy(path, "build/test-data/XXXXXX");
    descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    file = fdopen(descriptor, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

pal_status data_import(pal_catalog **out, pal_import_report *report, const char *path, const char *config,
                       const char *clusters, pal_error *err)
{
    const pal_cluster_choice choice = { .source = clusters, .n = 3, .seed = 11 };
    pal_json_doc *doc = NULL;
    pal_status rc = PAL_OK;

    if (*config != '\0') {
        rc = pal_json_parse(&doc, config, strlen(config), "test.json", err);
    }
    if (rc == PAL_OK) {
        rc = pal_import_tracks(out, report, path, doc == NULL ? NULL : pal_json_root(doc), "test.json", "catalog",
                               &choice, err);
    }
    pal_json_free(doc);
    return rc;
}

pal_status data_import_text(pal_catalog **out, pal_import_report *report, const char *csv, const char *config,
                            const char *clusters, pal_error *err)
{
    char path[64];
    pal_status rc;

    data_write_file(path, csv, strlen(csv));
    rc = data_import(out, report, path, config, clusters, err);
    remove(path);
    return rc;
}

size_t data_item(const pal_catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->n_items; i++) {
        if (strcmp(catalog->id[i], id) == 0) {
            return i;
        }
    }
    ck_abort_msg("no item '%s'", id);
    return 0;
}

const char *data_genres(const pal_catalog *catalog, size_t item)
{
    static char text[512];

    text[0] = '\0';
    for (size_t g = catalog->genre_begin[item]; g < catalog->genre_begin[item + 1]; g++) {
        size_t n = strlen(text);

        snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? ";" : "", catalog->clusters->genre[catalog->genre_of[g]]);
    }
    return text;
}
