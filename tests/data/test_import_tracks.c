#include "data/import_tracks.h"

#include "core/json.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "tests/support/data_catalogs.h"

#include <string.h>

#define FIXTURES "tests/fixtures/catalog/" /* invented rows */

Suite *suite_data_import_tracks(void);

START_TEST(a_track_under_several_genres_becomes_one_item)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    size_t i;

    CK_OK(data_import(&c, &r, FIXTURES "spotify_small.csv", "", "default", &err));
    ck_assert_uint_eq(r.rows, 14);
    ck_assert_uint_eq(r.kept_rows, 14);
    ck_assert_uint_eq(r.skipped_rows, 0);
    ck_assert_uint_eq(r.merged_rows, 4);
    ck_assert_uint_eq(r.exact_duplicates, 1);
    ck_assert_uint_eq(r.excluded_items, 1);
    ck_assert_uint_eq(r.items, 9);
    ck_assert_uint_eq(r.n_faults, 0);
    ck_assert_uint_eq(c->n_items, 9);
    ck_assert_uint_eq(c->d, 9);
    ck_assert_str_eq(c->content_type, "music");

    i = data_item(c, "t01");
    ck_assert_str_eq(data_genres(c, i), "pop;indie");
    ck_assert_str_eq(c->title[i], "First, light");
    ck_assert_str_eq(c->artist_name[c->artist[i]], "Ana Lund"); /* the first named */
    ck_assert_uint_eq(c->artist[i], c->artist[data_item(c, "t10")]);
    ck_assert_uint_eq(c->source_row[i], 1);
    ck_assert_float_eq(c->popularity[i], 61);
    ck_assert_float_eq(c->raw[i * 9 + 0], 0.512f);
    ck_assert_float_eq(c->raw[i * 9 + 3], 121.5f);
    ck_assert_float_eq(c->raw[i * 9 + 4], -6.21f);
    ck_assert_float_eq(c->raw[i * 9 + 6], 1.2e-05f);
    i = data_item(c, "t02");
    ck_assert_str_eq(c->title[i], "Say \"when\"");
    ck_assert_str_eq(data_genres(c, i), "soul");
    i = data_item(c, "t08");
    ck_assert_str_eq(data_genres(c, i), "death-metal;metal");
    ck_assert_float_eq(c->popularity[i], 42); /* the largest of its rows */
    ck_assert_str_eq(c->clusters->name[c->cluster[i]], "extreme-metal");
    ck_assert_str_eq(data_genres(c, data_item(c, "t05")), "piano"); /* sleep is never served */
    ck_assert_str_eq(c->title[data_item(c, "t06")], "雨の歌");
    ck_assert_str_eq(c->artist_name[c->artist[data_item(c, "t09")]], "0123"); /* a name, not a number */
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(gzip_and_plain_give_the_same_catalog)
{
    pal_catalog *plain = NULL, *packed = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&plain, NULL, FIXTURES "spotify_small.csv", "", "default", &err));
    CK_OK(data_import(&packed, NULL, FIXTURES "spotify_small.csv.gz", "", "default", &err));
    ck_assert_uint_eq(plain->digest, packed->digest);
    pal_catalog_free(plain);
    pal_catalog_free(packed);
}
END_TEST

START_TEST(the_default_features_carry_the_weights_of_r1)
{
    static const struct {
        const char *name;
        double weight;
    } wanted[] = { { "danceability", 1 }, { "energy", 1 }, { "valence", 0.9 }, { "tempo", 1.1 }, { "loudness", 1 },
                   { "acousticness", 0.8 }, { "instrumentalness", 1 }, { "liveness", 0.9 }, { "speechiness", 1 } };
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&c, NULL, FIXTURES "spotify_small.csv", "", "default", &err));
    for (size_t f = 0; f < 9; f++) {
        ck_assert_str_eq(c->feature[f].name, wanted[f].name);
        ck_assert_double_eq(c->feature[f].weight, wanted[f].weight);
    }
    ck_assert_str_eq(c->feature[3].unit, "BPM");
    ck_assert_str_eq(c->feature[4].unit, "dB");
    pal_catalog_free(c);
}
END_TEST

START_TEST(bad_rows_are_counted_by_column_in_one_line)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    pal_status rc = data_import(&c, &r, FIXTURES "spotify_faults.csv", "", "default", &err);

    data_check_error(rc, &err, PAL_ERR_DATA,
        "spotify_faults.csv: 10 of 12 rows are bad: |track_id: 1 missing (first: row 8, line 9, '')|"
        "track_name: 1 missing|artists: 1 missing|track_genre: 1 missing (first: row 7, line 8|"
        "tempo: 2 missing (first: row 2, line 3, '0')|loudness: 1 out of range (first: row 4, line 5, '12.5')|"
        "energy: 1 missing|energy: 1 not a number (first: row 5, line 6, 'high')|"
        "popularity: 1 not a number (first: row 11, line 12, 'many')|popularity: 1 out of range (first: row 6, line 7, '120')|"
        "\"on_bad_row\": \"skip\"");
    ck_assert_ptr_null(c);
    ck_assert_uint_eq(r.rows, 0);
}
END_TEST

START_TEST(skipping_leaves_bad_rows_out_and_reports_them)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    size_t i;

    CK_OK(data_import(&c, &r, FIXTURES "spotify_faults.csv", "{\"on_bad_row\": \"skip\"}", "default", &err));
    ck_assert_uint_eq(r.rows, 12);
    ck_assert_uint_eq(r.kept_rows, 2);
    ck_assert_uint_eq(r.skipped_rows, 10);
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_uint_eq(r.n_faults, 11);
    for (i = 0; i < r.n_faults && strcmp(r.fault[i].column, "speechiness") != 0; i++) {
    }
    ck_assert_uint_lt(i, r.n_faults);
    ck_assert_str_eq(r.fault[i].what, "out of range");
    ck_assert_str_eq(r.fault[i].found, "-0.2");
    ck_assert_uint_eq(r.fault[i].first_row, 11);
    ck_assert_uint_eq(r.fault[i].count, 1);
    ck_assert_uint_eq(c->source_row[data_item(c, "t02")], 12); /* rows keep their numbers */
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(tidytuesday_names_of_na_are_missing)
{
    static const char config[] = "{\"layout\": \"spotify-tidytuesday\", \"on_bad_row\": \"skip\"}";
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&c, &r, FIXTURES "tidytuesday_small.csv", config, "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_uint_eq(r.skipped_rows, 1);
    ck_assert_uint_eq(r.n_faults, 2); /* name and artist */
    ck_assert_str_eq(data_genres(c, data_item(c, "p1")), "dance pop;pop edm");
    ck_assert_str_eq(c->title[data_item(c, "p3")], "Na");
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(fma_has_no_loudness_unknown_genres_and_logarithmic_popularity)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    size_t i;

    CK_OK(data_import(&c, NULL, FIXTURES "fma_small.csv", "{\"layout\": \"fma-echonest\"}", "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 4);
    ck_assert_uint_eq(c->d, 8);
    ck_assert_uint_eq(c->n_artists, 4); /* no artist column: nobody shares an artist */
    i = data_item(c, "10");
    ck_assert_str_eq(data_genres(c, i), "unknown");
    ck_assert_float_eq(c->popularity[i], 0);
    ck_assert_str_eq(c->title[i], "10");
    ck_assert_float_eq(c->popularity[data_item(c, "2")], 100);
    ck_assert_float_eq_tol(c->popularity[data_item(c, "134")], (float)(100 * pal_log1p(99) / pal_log1p(1293)), 1e-5f);
    pal_catalog_free(c);
    c = NULL;
    CK_OK(data_import(&c, NULL, FIXTURES "fma_small.csv",
        "{\"layout\": \"fma-echonest\", \"missing_genre\": \"other\", \"missing_popularity\": 12.5}", "per-genre", &err));
    ck_assert_str_eq(data_genres(c, data_item(c, "10")), "other");
    ck_assert_float_eq(c->popularity[data_item(c, "10")], 12.5f);
    pal_catalog_free(c);
    c = NULL;
    data_check_error(data_import(&c, NULL, FIXTURES "fma_small.csv",
        "{\"layout\": \"fma-echonest\", \"popularity_transform\": \"none\"}", "per-genre", &err), &err, PAL_ERR_DATA,
        "listens: 1 out of range (first: row 1, line 2, '1293')"); /* 99 and 9 are possible as they are */
}
END_TEST

START_TEST(palate_layout_takes_every_column_after_the_popularity_as_a_feature)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    size_t i;

    CK_OK(data_import(&c, NULL, FIXTURES "palate_small.csv", "{\"layout\": \"palate\"}", "default", &err));
    ck_assert_uint_eq(c->n_items, 3);
    ck_assert_uint_eq(c->d, 3);
    ck_assert_str_eq(c->feature[1].name, "tempo");
    ck_assert_double_eq(c->feature[1].weight, 1.1); /* a known name brings its unit, weight and range */
    ck_assert_str_eq(c->feature[1].unit, "BPM");
    ck_assert_str_eq(c->feature[2].name, "grain");
    ck_assert_double_eq(c->feature[2].weight, 1);
    i = data_item(c, "m3");
    ck_assert_str_eq(c->title[i], "Three; or \"3\"");
    ck_assert_float_eq(c->raw[i * 3 + 2], 1000);
    ck_assert_str_eq(c->title[data_item(c, "m2")], ""); /* names may be empty here */
    ck_assert_str_eq(data_genres(c, data_item(c, "m1")), "pop;indie");
    pal_catalog_free(c);
}
END_TEST

START_TEST(any_content_any_columns_any_features)
{
    static const char csv[] = "key|film|studio|kinds|stars|length|year\n"
                              "1|Stalker|Mosfilm|drama/sci-fi|88|162|1979\n"
                              "2|Playtime|Specta|comedy film|85|124|1967\n"
                              "3|Short|?|drama|?|?|1990\n"
                              "4|Ran|Toho|drama/war|90|0|1985\n";
    static const char config[] =
        "{\"content_type\": \"movie\", \"delimiter\": \"|\", \"genre_separator\": \"/\", \"missing_text\": \"?\","
        " \"on_bad_row\": \"skip\", \"scaling\": \"minmax\","
        " \"columns\": {\"id\": \"key\", \"title\": \"film\", \"artist\": \"studio\", \"genre\": \"kinds\", \"popularity\": \"stars\","
        " \"features\": {\"year\": \"year\", \"minutes\": {\"column\": \"length\", \"unit\": \"min\", \"weight\": 0.5,"
        " \"low\": 1, \"high\": 600, \"zero_missing\": true}}}}";
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import_text(&c, &r, csv, config, "per-genre", &err));
    ck_assert_str_eq(c->content_type, "movie");
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_uint_eq(r.skipped_rows, 2);
    ck_assert_str_eq(data_genres(c, data_item(c, "1")), "drama;sci-fi");
    ck_assert_str_eq(data_genres(c, data_item(c, "2")), "comedy film");
    ck_assert_str_eq(c->feature[0].name, "year");
    ck_assert_str_eq(c->feature[1].name, "minutes");
    ck_assert_str_eq(c->feature[1].unit, "min");
    ck_assert_double_eq(c->feature[1].weight, 0.5);
    ck_assert_int_eq(c->scaling, PAL_SCALE_MINMAX);
    ck_assert_float_eq(c->raw[data_item(c, "1") * 2 + 1], 162);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(columns_that_do_not_exist_can_be_left_out)
{
    static const char csv[] = "track_id,energy\na,0.25\nb,0.75\n";
    static const char config[] =
        "{\"missing_genre\": \"all\", \"missing_popularity\": 50, \"columns\": {\"title\": \"\", \"artist\": \"\","
        " \"genre\": \"\", \"popularity\": \"\", \"features\": {\"energy\": \"energy\"}}}";
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import_text(&c, NULL, csv, config, "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 2);
    ck_assert_uint_eq(c->n_artists, 2);
    ck_assert_float_eq(c->popularity[0], 50);
    ck_assert_str_eq(data_genres(c, 0), "all");
    pal_catalog_free(c);
}
END_TEST

START_TEST(keys_of_other_owners_are_passed_over)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(data_import(&c, NULL, FIXTURES "spotify_small.csv", "{\"source\": \"csv\", \"file\": \"x\", \"items\": 3}",
                      "default", &err));
    pal_catalog_free(c);
}
END_TEST

#define HEAD "track_id,track_name,artists,track_genre,popularity,energy\n"
#define ONE "\"columns\": {\"features\": {\"energy\": \"energy\"}}"

static const struct fault {
    const char *csv, *config;
    pal_status status;
    const char *parts;
} faults[] = {
    { HEAD "a,A,B,pop,5,0.5\n", "{\"layout\": \"spotify-115k\"}",
      PAL_ERR_CONFIG, "test.json|catalog.layout|spotify-115k" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"on_bad_row\": 3}", PAL_ERR_CONFIG, "test.json|catalog.on_bad_row" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"delimiter\": \"ab\", " ONE "}",
      PAL_ERR_CONFIG, "catalog.delimiter|'ab'|one character" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"delimiter\": \"\", " ONE "}", PAL_ERR_CONFIG, "catalog.delimiter" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": []}", PAL_ERR_CONFIG, "catalog.columns is an array|an object" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"titel\": \"x\"}}", PAL_ERR_CONFIG, "catalog.columns|titel|title" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"title\": 4}}",
      PAL_ERR_CONFIG, "catalog.columns.title is a number" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"id\": \"\"}}", PAL_ERR_CONFIG, "catalog.columns.id is empty" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"genre\": \"\"}}",
      PAL_ERR_CONFIG, "catalog.columns.genre|missing_genre" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"popularity\": \"\"}}",
      PAL_ERR_CONFIG, "catalog.columns.popularity|missing_popularity" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"layout\": \"palate\", \"missing_popularity\": 1, \"columns\": {\"popularity\": \"\"}}",
      PAL_ERR_CONFIG, "catalog.columns.popularity|palate" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": \"energy\"}}",
      PAL_ERR_CONFIG, "catalog.columns.features is a string" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {}}}",
      PAL_ERR_CONFIG, "catalog.columns.features names 0|64" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {\"energy\": 3}}}",
      PAL_ERR_CONFIG, "catalog.columns.features.energy is a number" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {\"energy\": {\"wieght\": 3}}}}", PAL_ERR_CONFIG,
      "catalog.columns.features.energy|wieght|weight" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {\"energy\": {\"unit\": 3}}}}", PAL_ERR_CONFIG,
      "catalog.columns.features.energy.unit is a number" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {\"energy\": {\"weight\": 0}}}}", PAL_ERR_CONFIG,
      "catalog.columns.features.energy.weight is 0" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"features\": {\"energy\": {\"low\": 2, \"high\": 1}}}}",
      PAL_ERR_CONFIG,
      "catalog.columns.features.energy: low 2 and high 1" },
    { HEAD "a,A,B,pop,5,0.5\n", "",
      PAL_ERR_DATA, "no column 'danceability' (a feature)|there are: track_id, track_name, artists" },
    { HEAD "a,A,B,pop,5,0.5\n", "{\"columns\": {\"artist\": \"artist\"}}",
      PAL_ERR_DATA, "no column 'artist' (artist)|did you mean 'artists'" },
    { "id,title,artist,genres,popularity,energy\na,A,B,pop,5,0.5\n", "",
      PAL_ERR_DATA, "no column 'track_id' (id); the columns are those of the layout 'palate'; there are: id, title" },
    { "track_id,track_name,artists,track_genre,popularity,energy,energy\n", "{" ONE "}", PAL_ERR_DATA, "two columns are named 'energy'" },
    { HEAD, "{" ONE "}", PAL_ERR_DATA, "the catalog is empty|no row after the header" },
    { "", "{" ONE "}", PAL_ERR_PARSE, "build/test-data/" },
    { HEAD "a,A,B,pop,5,\n", "{\"on_bad_row\": \"skip\", " ONE "}",
      PAL_ERR_DATA, "1 of 1 rows are bad|energy: 1 missing|none is left" },
    { HEAD "a,A,B,pop,5,nan\n", "{" ONE "}", PAL_ERR_DATA, "energy: 1 not a number|'nan'" },
    { HEAD "a,A,B,pop,5,1e999\n", "{" ONE "}", PAL_ERR_DATA, "energy: 1 not a number" },
    { HEAD "a,A,B,pop,5, 0.5\n", "{" ONE "}", PAL_ERR_DATA, "energy: 1 not a number" },
    { HEAD "a,A,B,;,5,0.5\n", "{" ONE "}", PAL_ERR_DATA, "track_genre: 1 missing|';'" },
    { HEAD "a,A,B,pop,,0.5\n", "{" ONE "}", PAL_ERR_DATA, "popularity: 1 missing" },
    { HEAD "a,A,B,pop,5,0.5\nb,A,B,pop,5\n", "{" ONE "}", PAL_ERR_PARSE, "line 3" },
    { HEAD "a,A,B,sleep,5,0.5\n", "{" ONE "}",
      PAL_ERR_DATA, "build/test-data/|the catalog is empty|genre that is served" },
    { HEAD "a,A,B,zydeco,5,0.5\n", "{" ONE "}", PAL_ERR_DATA, "build/test-data/|'zydeco' (item 'a')" },
    { "id,title,artist,genres,popularity\na,,,pop,5\n", "{\"layout\": \"palate\"}", PAL_ERR_DATA, "0 feature columns after 'popularity'" },
    { HEAD "a,A,B,pop,5,0.5\n", "[]", PAL_ERR_CONFIG, "catalog is an array" },
};

START_TEST(each_fault_is_named)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc = data_import_text(&c, NULL, faults[_i].csv, faults[_i].config, "default", &err);

    data_check_error(rc, &err, faults[_i].status, faults[_i].parts);
    ck_assert_ptr_null(c);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    data_check_error(data_import(&c, NULL, "no/such.csv", "", "default", &err), &err, PAL_ERR_IO, "no/such.csv");
}
END_TEST

START_TEST(long_faults_are_cut_between_characters)
{
    pal_text csv = { 0 };
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    pal_text_add(&csv, HEAD "a,A,B,pop,5,x"); /* an odd start, so that byte 63 falls inside a character */
    for (int i = 0; i < 100; i++) {
        pal_text_add(&csv, "é");
    }
    pal_text_add(&csv, "\n");
    rc = data_import_text(&c, NULL, csv.bytes, "{" ONE "}", "default", &err);
    data_check_error(rc, &err, PAL_ERR_DATA, "not a number|éé')");
    ck_assert(pal_is_utf8(err.text, strlen(err.text)));
    pal_text_clear(&csv);
}
END_TEST

START_TEST(many_faults_fit_one_message)
{
    pal_text csv = { 0 }, config = { 0 };
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    pal_text_add(&csv, "track_id,track_name,artists,track_genre,popularity");
    pal_text_add(&config, "{\"columns\": {\"features\": {");
    for (int f = 0; f < 60; f++) {
        pal_text_addf(&csv, ",a_rather_long_column_name_%d", f);
        pal_text_addf(&config, "%s\"f%d\": \"a_rather_long_column_name_%d\"", f > 0 ? ", " : "", f, f);
    }
    pal_text_add(&config, "}}}");
    pal_text_add(&csv, "\na,A,B,pop,5");
    for (int f = 0; f < 60; f++) {
        pal_text_add(&csv, ",bad");
    }
    pal_text_add(&csv, "\n");
    rc = data_import_text(&c, NULL, csv.bytes, config.bytes, "default", &err);
    data_check_error(rc, &err, PAL_ERR_DATA, "a_rather_long_column_name_0: 1 not a number|and faults of|more kinds|none is left");
    pal_text_clear(&csv);
    pal_text_clear(&config);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    static const char *const clusters[] = { "default", "per-genre", "auto" };
    size_t fail = 1;

    for (;; fail++) {
        pal_catalog *c = NULL;
        pal_import_report r = { 0 };
        pal_error err = { .status = PAL_OK };
        pal_json_doc *doc = NULL;
        const pal_cluster_choice choice = { .source = clusters[_i], .n = 3, .seed = 1 };
        pal_status rc;

        CK_OK(pal_json_parse(&doc, "{\"scaling\": \"rank\"}", 19, "test.json", &err));
        pal_mem_fail_at(fail);
        rc = pal_import_tracks(&c, &r, FIXTURES "spotify_small.csv", pal_json_root(doc), "test.json", "catalog", &choice, &err);
        pal_mem_fail_at(0);
        pal_json_free(doc);
        pal_catalog_free(c);
        pal_import_report_clear(&r);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_msg(rc == PAL_ERR_MEMORY, "allocation %zu: %s", fail, err.text);
    }
    ck_assert_uint_gt(fail, 100);
}
END_TEST

START_TEST(every_layout_has_a_name_and_a_preset)
{
    size_t n = 0;

    for (; pal_import_layouts[n] != NULL; n++) {
        ck_assert_ptr_nonnull(strstr(pal_import_params[0].choices, pal_import_layouts[n]));
    }
    ck_assert_uint_eq(n, 4);
}
END_TEST

Suite *suite_data_import_tracks(void)
{
    Suite *suite = suite_create("data/import_tracks");
    TCase *cases = tcase_create("import");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_track_under_several_genres_becomes_one_item);
    tcase_add_test(cases, gzip_and_plain_give_the_same_catalog);
    tcase_add_test(cases, the_default_features_carry_the_weights_of_r1);
    tcase_add_test(cases, bad_rows_are_counted_by_column_in_one_line);
    tcase_add_test(cases, skipping_leaves_bad_rows_out_and_reports_them);
    tcase_add_test(cases, tidytuesday_names_of_na_are_missing);
    tcase_add_test(cases, fma_has_no_loudness_unknown_genres_and_logarithmic_popularity);
    tcase_add_test(cases, palate_layout_takes_every_column_after_the_popularity_as_a_feature);
    tcase_add_test(cases, any_content_any_columns_any_features);
    tcase_add_test(cases, columns_that_do_not_exist_can_be_left_out);
    tcase_add_test(cases, keys_of_other_owners_are_passed_over);
    tcase_add_loop_test(cases, each_fault_is_named, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(cases, a_file_that_is_not_there_is_named);
    tcase_add_test(cases, long_faults_are_cut_between_characters);
    tcase_add_test(cases, many_faults_fit_one_message);
    tcase_add_loop_test(cases, every_allocation_may_fail, 0, 3);
    tcase_add_test(cases, every_layout_has_a_name_and_a_preset);
    suite_add_tcase(suite, cases);
    return suite;
}
