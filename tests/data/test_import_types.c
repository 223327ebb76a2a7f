/* Catalogs of several content types from CSV: types, their genres and clusters, features that do
 * not apply. */
#include "data/import_tracks.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

#define MIXED "tests/fixtures/catalog/mixed_small.csv" /* invented rows */
#define COLUMNS \
    "\"columns\": {\"id\": \"key\", \"title\": \"name\", \"artist\": \"maker\", \"type\": " \
    "\"kind\", " \
    "\"genre\": \"genre\", \"popularity\": \"liked\", " \
    "\"features\": {\"energy\": \"energy\", \"darkness\": \"darkness\", \"tempo\": \"tempo\", " \
    "\"minutes\": \"minutes\"}}"

Suite *suite_data_import_types(void);

static pal_catalog *mixed(const char *more, const char *clusters)
{
    char config[1024];
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    snprintf(config, sizeof config, "{" COLUMNS "%s}", more);
    CK_OK(data_import(&c, NULL, MIXED, config, clusters, &err));
    return c;
}

static const char *type_of(const pal_catalog *c, const char *id)
{
    return pal_catalog_type_name(c, pal_catalog_type(c, data_item(c, id)));
}

static const char *cluster_of(const pal_catalog *c, const char *id)
{
    return c->clusters->name[c->cluster[data_item(c, id)]];
}

START_TEST(items_know_their_type)
{
    pal_catalog *c = mixed("", "per-genre");

    ck_assert_uint_eq(pal_catalog_types(c), 2);
    ck_assert_str_eq(c->content_type, "movie,music"); /* by bytes: the rows' order plays no part */
    ck_assert_str_eq(type_of(c, "s1"), "music");
    ck_assert_str_eq(type_of(c, "f1"), "movie");
    ck_assert_str_eq(type_of(c, "f3"), "movie");
    ck_assert_str_eq(type_of(c, "s4"), "music");
    pal_catalog_free(c);
    c = mixed(", \"types\": \"music,movie\"", "per-genre");
    ck_assert_str_eq(c->content_type, "music,movie");
    ck_assert_str_eq(pal_catalog_type_name(c, 0), "music");
    ck_assert_str_eq(type_of(c, "f2"), "movie");
    pal_catalog_free(c);
}
END_TEST

START_TEST(a_genre_of_two_types_is_two_genres)
{
    pal_catalog *c = mixed("", "per-genre");

    ck_assert_str_eq(data_genres(c, data_item(c, "s1")), "music-pop;music-folk");
    ck_assert_str_eq(data_genres(c, data_item(c, "f1")), "movie-horror;movie-comedy;movie-drama");
    ck_assert_str_eq(cluster_of(c, "s3"), "music-folk");
    ck_assert_str_eq(cluster_of(c, "f3"), "movie-folk");
    pal_catalog_free(c);
}
END_TEST

/* Every item of a cluster is of the cluster's type, whichever way clusters are made. */
START_TEST(clusters_hold_one_type_each)
{
    static const char *const sources[] = { "per-genre", "auto" };
    pal_catalog *c = mixed("", sources[_i]);

    for (size_t i = 0; i < c->n_items; i++) {
        const char *type = pal_catalog_type_name(c, pal_catalog_type(c, i));

        ck_assert_str_eq(type, c->id[i][0] == 's' ? "music" : "movie");
        for (size_t g = c->genre_begin[i]; g < c->genre_begin[i + 1]; g++) {
            const int cluster = c->clusters->cluster_of[c->genre_of[g]];

            ck_assert_int_ge(cluster, 0);
            ck_assert_str_eq(pal_catalog_type_name(c, c->cluster_type[cluster]), type);
            ck_assert((c->cluster_mask[i] >> cluster & 1) == 1);
        }
    }
    pal_catalog_free(c);
}
END_TEST

START_TEST(a_cluster_file_may_name_genres_without_their_type)
{
    char path[64];
    static const char table[] =
        "{\"clusters\": [{\"name\": \"light\", \"label\": \"Light\", \"genres\": [\"comedy\", "
        "\"pop\", \"jazz\"]},"
        " {\"name\": \"deep\", \"label\": \"Deep\", \"genres\": [\"movie-folk\", \"folk\", "
        "\"drama\", \"horror\"]},"
        " {\"name\": \"loud\", \"label\": \"Loud\", \"genres\": [\"rock\"]}], \"excluded\": []}";
    pal_catalog *c;

    data_write_file(path, table, sizeof table - 1);
    c = mixed("", path);
    ck_assert_str_eq(cluster_of(c, "f2"), "movie-light");
    ck_assert_str_eq(cluster_of(c, "s4"), "music-light");
    ck_assert_str_eq(cluster_of(c, "f3"), "movie-deep");
    ck_assert_str_eq(cluster_of(c, "s3"), "music-deep");
    ck_assert_str_eq(cluster_of(c, "s2"), "loud"); /* one type only: it keeps its name */
    ck_assert_uint_eq(c->clusters->n, 5);
    remove(path);
    pal_catalog_free(c);
}
END_TEST

/* tempo of songs: 120.5, 151, 80, 100; minutes of films: 97, 101, 126. */
START_TEST(a_feature_that_does_not_apply_says_nothing)
{
    pal_catalog *c = mixed("", "per-genre");
    const size_t film = data_item(c, "f2"), song = data_item(c, "s2");

    ck_assert_float_eq(c->raw[film * 4 + 2], 112.875f);
    ck_assert_float_eq(c->raw[song * 4 + 3], 108.0f);
    ck_assert_float_eq_tol(c->scaled[film * c->stride + 2], 0, 1e-6f);
    ck_assert_float_eq_tol(c->scaled[song * c->stride + 3], 0, 1e-6f);
    ck_assert_float_eq(c->raw[song * 4 + 2], 151.0f);
    pal_catalog_free(c);
}
END_TEST

START_TEST(the_order_of_rows_changes_nothing)
{
    static const char head[] = "id,title,artist,genres,type,popularity,energy,tempo\n";
    static const char *const rows[] = { "a,A,B,pop,music,5,0.5,120.25\n",
                                        "b,B,B,rock,music,6,0.1,99.1\n",
                                        "c,C,C,drama,movie,7,0.3,\n", "d,D,C,drama,movie,9,0.7,\n",
                                        "e,E,B,pop,music,1,0.9,143.7\n" };
    char forth[512], back[512];
    pal_catalog *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };
    size_t n = (size_t)snprintf(forth, sizeof forth, "%s", head),
           m = (size_t)snprintf(back, sizeof back, "%s", head);

    for (size_t i = 0; i < 5; i++) {
        n += (size_t)snprintf(forth + n, sizeof forth - n, "%s", rows[i]);
        m += (size_t)snprintf(back + m, sizeof back - m, "%s", rows[4 - i]);
    }
    CK_OK(data_import_text(&a, NULL, forth, "{\"layout\": \"palate\"}", "per-genre", &err));
    CK_OK(data_import_text(&b, NULL, back, "{\"layout\": \"palate\"}", "per-genre", &err));
    ck_assert_uint_eq(pal_catalog_types(a), 2); /* the layout's own column, before the popularity */
    ck_assert_float_eq(a->raw[data_item(a, "c") * 2 + 1], b->raw[data_item(b, "c") * 2 + 1]);
    ck_assert_str_eq(type_of(b, "d"), "movie");
    pal_catalog_free(a);
    pal_catalog_free(b);
}
END_TEST

START_TEST(a_saved_catalog_is_read_back_with_its_types)
{
    pal_catalog *c = mixed("", "per-genre"), *again = NULL;
    pal_error err = { .status = PAL_OK };
    char path[64];

    data_write_file(path, "", 0);
    CK_OK(pal_catalog_save(c, path, NULL, &err));
    CK_OK(data_import(&again, NULL, path, "{\"layout\": \"palate\"}", "per-genre", &err));
    ck_assert_uint_eq(pal_catalog_types(again), 2);
    ck_assert_uint_eq(again->n_items, c->n_items);
    for (size_t i = 0; i < c->n_items; i++) {
        const size_t j = data_item(again, c->id[i]);

        ck_assert_str_eq(type_of(again, c->id[i]), type_of(c, c->id[i]));
        ck_assert_str_eq(again->clusters->name[again->cluster[j]],
                         c->clusters->name[c->cluster[i]]);
        ck_assert_int_eq(memcmp(again->raw + j * c->d, c->raw + i * c->d, c->d * sizeof *c->raw),
                         0);
    }
    remove(path);
    pal_catalog_free(c);
    pal_catalog_free(again);
}
END_TEST

/* "music" alone is a catalog of music, told by its column. */
START_TEST(one_type_is_no_mixture)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(
        data_import_text(&c, NULL,
                         "id,title,artist,genres,type,popularity,energy\na,A,B,drama,movie,5,0.5\n"
                         "b,B,B,crime,movie,5,0.25\n",
                         "{\"layout\": \"palate\"}", "per-genre", &err));
    ck_assert_uint_eq(pal_catalog_types(c), 1);
    ck_assert_str_eq(c->content_type, "movie");
    ck_assert_str_eq(data_genres(c, data_item(c, "a")), "movie-drama");
    pal_catalog_free(c);
}
END_TEST

/* The built-in table knows genres of music, and which of them are never served. */
START_TEST(the_built_in_clusters_speak_of_music_only)
{
    static const char rows[] =
        "id,title,artist,genres,type,popularity,energy\na,A,B,sleep;pop,music,5,0.5\n"
        "b,B,B,sleep,music,5,0.5\nc,C,C,sleep,movie,5,0.25\n";
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import_text(&c, NULL, rows, "{\"layout\": \"palate\"}", "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_str_eq(data_genres(c, data_item(c, "a")), "music-pop");
    ck_assert_str_eq(data_genres(c, data_item(c, "c")), "movie-sleep");
    pal_catalog_free(c);
    c = NULL;
    data_check_error(data_import_text(&c, NULL, rows, "{\"layout\": \"palate\"}", "default", &err),
                     &err, PAL_ERR_DATA, "genre 'movie-sleep' (item 'c') is in no cluster");
}
END_TEST

#define HEAD "id,title,artist,genres,type,popularity,energy,tempo\n"
#define PALATE "\"layout\": \"palate\""
#define GOOD "a,A,B,pop,music,5,0.5,120\nc,C,C,drama,movie,7,0.3,\n"

static const struct {
    const char *csv, *config;
    pal_status status;
    const char *parts;
} faults[] = {
    { HEAD GOOD "d,D,D,drama,book,7,0.3,\n", "{" PALATE ", \"types\": \"music,movie\"}",
      PAL_ERR_DATA, "type: 1 not in catalog.types (first: row 3, line 4, 'book')" },
    { HEAD GOOD "d,D,D,drama,,7,0.3,\n", "{" PALATE "}", PAL_ERR_DATA,
      "type: 1 missing (first: row 3, line 4, '')" },
    { HEAD GOOD "a,A,B,pop,movie,5,0.5,\n", "{" PALATE "}", PAL_ERR_DATA,
      "type: 1 another than an earlier row of the id has (first: row 3, line 4, 'movie')" },
    { HEAD GOOD "d,D,D,pop,music,7,0.3,\n", "{" PALATE "}", PAL_ERR_DATA,
      "tempo: 1 missing (first: row 3, line 4, '')" },
    { HEAD "a,A,B,pop,music,5,0.5,\nc,C,C,drama,movie,7,0.3,\n", "{" PALATE "}", PAL_ERR_DATA,
      "tempo: 2 missing" },
    { HEAD GOOD, "{" PALATE ", \"types\": \"music,movie,book\"}", PAL_ERR_DATA,
      "no row is of type 'book' (column 'type'), which catalog.types names" },
    { HEAD GOOD, "{" PALATE ", \"types\": \"music,music\"}", PAL_ERR_CONFIG,
      "catalog.types: \"music\" stands twice" },
    { HEAD GOOD, "{" PALATE ", \"types\": \"music,,movie\"}", PAL_ERR_CONFIG,
      "a type's name is empty" },
    { HEAD GOOD "d,D,D,drama,movie-short,7,0.3,\n", "{" PALATE "}", PAL_ERR_CONFIG,
      "\"movie\" and \"movie-short\" cannot be told apart" },
    { HEAD GOOD "d,D,D,drama,a;b,7,0.3,\n", "{" PALATE "}", PAL_ERR_DATA,
      "row 3 (line 4), column 'type': a content type cannot hold ',' or ';', found 'a;b'" },
    { HEAD GOOD, "{" PALATE ", \"columns\": {\"type\": \"kind\"}}", PAL_ERR_DATA,
      "no column 'kind' (the content type)|there are: id, title" },
    { "track_id,track_name,artists,track_genre,popularity\na,A,B,pop,5\n", "{\"types\": \"music\"}",
      PAL_ERR_CONFIG, "catalog.types is given, but no column holds the type of an item" },
    { "id,title,artist,genres,popularity,energy\na,A,B,pop,5,1\n",
      "{" PALATE ", \"types\": \"music\"}", PAL_ERR_DATA, "no column 'type' (the content type)" },
};

START_TEST(each_fault_is_named)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc =
        data_import_text(&c, NULL, faults[_i].csv, faults[_i].config, "per-genre", &err);

    data_check_error(rc, &err, faults[_i].status, faults[_i].parts);
    ck_assert_ptr_null(c);
}
END_TEST

START_TEST(bad_rows_can_be_left_out)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import_text(&c, &r, HEAD GOOD "d,D,D,drama,book,7,0.3,\na,A,B,pop,movie,5,0.5,\n",
                           "{" PALATE ", \"types\": \"music,movie\", \"on_bad_row\": \"skip\"}",
                           "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_uint_eq(r.skipped_rows, 2);
    ck_assert_uint_eq(r.n_faults, 2);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    static const char *const clusters[] = { "per-genre", "auto" };

    for (size_t fail = 1;; fail++) {
        pal_catalog *c = NULL;
        pal_error err = { .status = PAL_OK };
        pal_json_doc *doc = NULL;
        const pal_cluster_choice choice = { .source = clusters[_i], .n = 3, .seed = 1 };
        pal_status rc;

        CK_OK(pal_json_parse(&doc, "{" COLUMNS "}", strlen("{" COLUMNS "}"), "test.json", &err));
        pal_mem_fail_at(fail);
        rc = pal_import_tracks(&c, NULL, MIXED, pal_json_root(doc), "test.json", "catalog", &choice,
                               &err);
        pal_mem_fail_at(0);
        pal_json_free(doc);
        pal_catalog_free(c);
        if (rc == PAL_OK) {
            ck_assert_uint_gt(fail, 50);
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
}
END_TEST

Suite *suite_data_import_types(void)
{
    Suite *s = suite_create("data/import_types");
    TCase *c = tcase_create("types");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, items_know_their_type);
    tcase_add_test(c, a_genre_of_two_types_is_two_genres);
    tcase_add_loop_test(c, clusters_hold_one_type_each, 0, 2);
    tcase_add_test(c, a_cluster_file_may_name_genres_without_their_type);
    tcase_add_test(c, a_feature_that_does_not_apply_says_nothing);
    tcase_add_test(c, the_order_of_rows_changes_nothing);
    tcase_add_test(c, a_saved_catalog_is_read_back_with_its_types);
    tcase_add_test(c, one_type_is_no_mixture);
    tcase_add_test(c, the_built_in_clusters_speak_of_music_only);
    tcase_add_loop_test(c, each_fault_is_named, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(c, bad_rows_can_be_left_out);
    tcase_add_loop_test(c, every_allocation_may_fail, 0, 2);
    suite_add_tcase(s, c);
    return s;
}
