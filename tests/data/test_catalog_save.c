#include "data/catalog.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_catalog_save(void);

static void new_path(char path[64])
{
    data_write_file(path, "", 0);
}

/* Save, load, save again: the same digest of the contents and the same bytes. */
static void check_round_trip(const pal_catalog *first, const char *config, const char *clusters)
{
    char path[2][64], hex[2][PAL_HASH_HEX], of_file[PAL_HASH_HEX];
    pal_catalog *second = NULL;
    pal_error err = { .status = PAL_OK };

    new_path(path[0]);
    new_path(path[1]);
    CK_OK(pal_catalog_save(first, path[0], hex[0], &err));
    CK_OK(pal_hash_file(of_file, path[0], &err));
    ck_assert_str_eq(of_file, hex[0]);
    CK_OK(data_import(&second, NULL, path[0], config, clusters, &err));
    CK_OK(pal_catalog_save(second, path[1], hex[1], &err));
    ck_assert_str_eq(hex[0], hex[1]);
    ck_assert_uint_eq(first->digest, second->digest);
    pal_catalog_free(second);
    remove(path[0]);
    remove(path[1]);
}

START_TEST(an_imported_catalog_comes_back_whole)
{
    static const char *const clusters[] = { "default", "per-genre", "auto" };
    pal_catalog *first = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&first, NULL, "tests/fixtures/catalog/spotify_small.csv", "", clusters[_i], &err));
    check_round_trip(first, "{\"layout\": \"palate\"}", clusters[_i]);
    pal_catalog_free(first);
}
END_TEST

/* Features of random catalogs have unit "u" and weights of their own, which the CSV does not hold: name them. */
START_TEST(a_random_catalog_comes_back_whole)
{
    const data_shape shape = { .n_rows = 100 + (size_t)_i * 400, .d = 2, .n_genres = 3, .n_artists = 20, .groups = 5 };
    static const char config[] =
        "{\"layout\": \"palate\", \"content_type\": \"noise\", \"columns\": {\"features\": {"
        "\"f00\": {\"unit\": \"u\"}, \"f01\": {\"unit\": \"u\", \"weight\": 0.95}}}}";
    pal_catalog *first = data_random_catalog((uint64_t)_i, shape, PAL_SCALE_ZSCORE);

    check_round_trip(first, config, "per-genre");
    pal_catalog_free(first);
}
END_TEST

START_TEST(the_header_names_columns_and_features)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    char path[64], *text = NULL;
    size_t n;

    CK_OK(data_import(&c, NULL, "tests/fixtures/catalog/palate_small.csv", "{\"layout\": \"palate\"}", "default", &err));
    new_path(path);
    CK_OK(pal_catalog_save(c, path, NULL, &err));
    CK_OK(pal_file_read(&text, &n, path, &err));
    ck_assert_int_eq(strncmp(text, "item,id,title,artist,cluster,genres,popularity,energy,tempo,grain\n0,", 68), 0);
    ck_assert_ptr_nonnull(strstr(text, ",m3,\"Three; or \"\"3\"\"\",Ben,house-melodic,house,99,0.5,124,1000\n"));
    ck_assert_ptr_nonnull(strstr(text, ",pop;indie,10.5,0.25,100,-3.5\n"));
    pal_free(text);
    pal_catalog_free(c);
    remove(path);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&c, NULL, "tests/fixtures/catalog/palate_small.csv", "{\"layout\": \"palate\"}", "default", &err));
    data_check_error(pal_catalog_save(c, "no/such/folder/c.csv", NULL, &err), &err, PAL_ERR_IO, "no/such/folder");
    pal_catalog_free(c);
}
END_TEST

Suite *suite_data_catalog_save(void)
{
    Suite *suite = suite_create("data/catalog_save");
    TCase *cases = tcase_create("save");

    tcase_add_loop_test(cases, an_imported_catalog_comes_back_whole, 0, 3);
    tcase_add_loop_test(cases, a_random_catalog_comes_back_whole, 0, 6);
    tcase_add_test(cases, the_header_names_columns_and_features);
    tcase_add_test(cases, a_folder_that_is_not_there_is_named);
    suite_add_tcase(suite, cases);
    return suite;
}
