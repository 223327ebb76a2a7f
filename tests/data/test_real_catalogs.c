/* The three public catalogs, where they are present; expected figures come from the script at the end of this file. */
#include "data/import_tracks.h"

#include "core/file.h"
#include "core/progress.h"
#include "data/summary.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>

#define TRACKS "../shared/data/spotify_tracks_114k.csv.gz"
#define SONGS "../shared/data/spotify_songs_tidytuesday.csv"
#define FMA "../shared/data/fma_echonest_genre.csv"

Suite *suite_data_real_catalogs(void);

static bool is_absent(const char *path)
{
    if (!pal_file_exists(path)) {
        printf("skipped: %s is absent\n", path);
        return true;
    }
    return false;
}

START_TEST(the_114k_tracks_load_with_the_known_counts)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    size_t k;

    if (is_absent(TRACKS)) {
        return;
    }
    CK_OK(data_import(&c, &r, TRACKS, "{\"on_bad_row\": \"skip\"}", "default", &err));
    ck_assert_uint_eq(r.rows, 114000);
    ck_assert_uint_eq(r.skipped_rows, 158); /* tempo 0 in 157, names missing in one */
    ck_assert_uint_eq(r.exact_duplicates, 450);
    ck_assert_uint_eq(r.items, 87025);
    ck_assert_uint_eq(r.items + r.excluded_items, 89583);
    ck_assert_uint_eq(r.kept_rows, r.merged_rows + r.items + r.excluded_items);
    ck_assert_uint_eq(c->n_artists, 17039);
    ck_assert_uint_eq(c->genre_begin[c->n_items], 110538);
    for (k = 0; k < c->clusters->n; k++) {
        ck_assert_uint_gt(c->cluster_begin[k + 1], c->cluster_begin[k]); /* no cluster is empty */
    }
    ck_assert_uint_eq(c->cluster_begin[23] - c->cluster_begin[22], 6733); /* asian-pop */
    ck_assert_uint_eq(c->cluster_begin[9] - c->cluster_begin[8], 2583);   /* metal */
    ck_assert_double_eq_tol(c->feature[3].mean, 122.85123782821027, 1e-5);
    ck_assert_double_eq_tol(c->feature[3].sd, 29.47364533520047, 1e-5);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(every_id_of_the_114k_tracks_is_an_item_or_excluded)
{
    static const char config[] = "{\"columns\": {\"title\": \"\", \"artist\": \"\", \"features\": {\"energy\": \"energy\"}}}";
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    if (is_absent(TRACKS)) {
        return;
    }
    CK_OK(data_import(&c, &r, TRACKS, config, "default", &err));
    ck_assert_uint_eq(r.items + r.excluded_items, 89741); /* the data set's own README */
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(the_114k_tracks_have_the_known_statistics)
{
    pal_catalog *c = NULL;
    pal_catalog_summary *s = NULL;
    pal_error err = { .status = PAL_OK };

    if (is_absent(TRACKS)) {
        return;
    }
    CK_OK(data_import(&c, NULL, TRACKS, "{\"on_bad_row\": \"skip\"}", "default", &err));
    CK_OK(pal_catalog_summary_new(&s, c, &err));
    ck_assert_double_eq_tol(s->popularity.mean, 33.187428899741455, 1e-9);
    ck_assert_double_eq_tol(s->feature[1].genre_share, 0.4470091263871209, 1e-6);
    ck_assert_double_eq_tol(s->artist_gini, 0.6212872936833035, 1e-12);
    ck_assert_double_eq_tol(s->correlation[1 * 9 + 4], 0.7771408191757933, 1e-6);
    ck_assert_double_eq_tol(s->feature[8].skew, 3.23416832268688, 1e-5);
    ck_assert_double_eq_tol(s->feature[6].zero_share, 0.3329388106865843, 1e-12);
    ck_assert_uint_eq(s->n_genres, 111);
    pal_catalog_summary_free(s);
    pal_catalog_free(c);
}
END_TEST

START_TEST(the_114k_tracks_say_what_is_wrong_unless_told_to_skip)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    if (is_absent(TRACKS)) {
        return;
    }
    data_check_error(data_import(&c, NULL, TRACKS, "", "default", &err), &err, PAL_ERR_DATA,
                     "158 of 114000 rows are bad|track_name: 1 missing (first: row 65901, line 65902, '')|"
                     "artists: 1 missing|tempo: 157 missing (first: row 4132, line 4133, '0.0')|\"on_bad_row\": \"skip\"");
}
END_TEST

/* A clock in a test: the bound is generous, because sanitizers and busy machines share it. */
START_TEST(the_114k_tracks_load_fast)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    double seconds;

    if (is_absent(TRACKS)) {
        return;
    }
    seconds = pal_clock_s();
    CK_OK(data_import(&c, NULL, TRACKS, "{\"on_bad_row\": \"skip\"}", "default", &err));
    seconds = pal_clock_s() - seconds;
    printf("114,000 rows: %.2f s\n", seconds);
    ck_assert_double_lt(seconds, 20);
    pal_catalog_free(c);
}
END_TEST

START_TEST(automatic_clusters_of_the_114k_tracks_cover_every_genre)
{
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    if (is_absent(TRACKS)) {
        return;
    }
    CK_OK(data_import(&c, NULL, TRACKS, "{\"on_bad_row\": \"skip\"}", "auto", &err));
    ck_assert_uint_eq(c->clusters->n, 3);
    ck_assert_uint_eq(c->n_items, 87025);
    /* acoustic music and extreme metal are never one group */
    ck_assert_int_ne(c->clusters->cluster_of[pal_clusters_find(c->clusters, "classical")],
                     c->clusters->cluster_of[pal_clusters_find(c->clusters, "grindcore")]);
    pal_catalog_free(c);
}
END_TEST

START_TEST(the_tidytuesday_songs_load_with_the_known_counts)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    if (is_absent(SONGS)) {
        return;
    }
    CK_OK(data_import(&c, &r, SONGS, "{\"layout\": \"spotify-tidytuesday\", \"on_bad_row\": \"skip\"}", "per-genre", &err));
    ck_assert_uint_eq(r.rows, 32833);
    ck_assert_uint_eq(r.skipped_rows, 6); /* five named NA, one of tempo 0 */
    ck_assert_uint_eq(c->n_items, 28351);
    ck_assert_uint_eq(c->clusters->n, 24);
    ck_assert_uint_eq(r.exact_duplicates, 0);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(the_fma_tracks_load_with_the_known_counts)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };

    if (is_absent(FMA)) {
        return;
    }
    CK_OK(data_import(&c, &r, FMA, "{\"layout\": \"fma-echonest\"}", "per-genre", &err));
    ck_assert_uint_eq(c->n_items, 13129);
    ck_assert_uint_eq(c->d, 8);
    ck_assert_uint_eq(c->clusters->n, 3);
    ck_assert_uint_eq(c->cluster_begin[1], 910);         /* Hip-Hop */
    ck_assert_uint_eq(c->cluster_begin[2] - 910, 3892);  /* Rock    */
    ck_assert_uint_eq(c->n_items - c->cluster_begin[2], 8327); /* unknown */
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

Suite *suite_data_real_catalogs(void)
{
    Suite *suite = suite_create("data/real_catalogs");
    TCase *cases = tcase_create("real");

    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, the_114k_tracks_load_with_the_known_counts);
    tcase_add_test(cases, every_id_of_the_114k_tracks_is_an_item_or_excluded);
    tcase_add_test(cases, the_114k_tracks_have_the_known_statistics);
    tcase_add_test(cases, the_114k_tracks_say_what_is_wrong_unless_told_to_skip);
    tcase_add_test(cases, the_114k_tracks_load_fast);
    tcase_add_test(cases, automatic_clusters_of_the_114k_tracks_cover_every_genre);
    tcase_add_test(cases, the_tidytuesday_songs_load_with_the_known_counts);
    tcase_add_test(cases, the_fma_tracks_load_with_the_known_counts);
    suite_add_tcase(suite, cases);
    return suite;
}

/*
 * python3, standard library only; rows of tempo 0 or without a name left out, ids merged, genres of "excluded" dropped:
 *   m = fsum(x) / len(x); sd = statistics.pstdev(x); skew = fsum((a - m) ** 3 for a in x) / len(x) / sd ** 3
 *   eta2 = sum(len(v) * (fsum(v) / len(v) - m) ** 2 for v in by_genre) / fsum((a - m) ** 2 for a in pairs)
 *   gini = sum((2 * (i + 1) - n - 1) * v for i, v in enumerate(sorted(sizes))) / (n * sum(sizes))
 */
