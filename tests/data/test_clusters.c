#include "data/clusters.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/clusters_make.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENRES_114 "tests/fixtures/catalog/genres_114.txt" /* cut -d, -f20 of the 114k file, sort -u */

Suite *suite_data_clusters(void);

static pal_status load_text(pal_clusters **out, const char *text, pal_error *err)
{
    char path[64];
    pal_status rc;

    data_write_file(path, text, strlen(text));
    rc = pal_clusters_load(out, path, err);
    remove(path);
    return rc;
}

static int cluster_of(const pal_clusters *clusters, const char *genre)
{
    size_t g = pal_clusters_find(clusters, genre);

    ck_assert_msg(g != PAL_NO_GENRE, "'%s' is in no cluster", genre);
    return clusters->cluster_of[g];
}

START_TEST(built_in_clusters_partition_all_114_genres)
{
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };
    char *text = NULL;
    size_t n, n_lines = 0, held[PAL_MAX_CLUSTERS] = { 0 };

    CK_OK(pal_clusters_default(&clusters, &err));
    ck_assert_uint_eq(clusters->n, 24);
    CK_OK(pal_file_read(&text, &n, GENRES_114, &err));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        cluster_of(clusters, line);
        n_lines++;
    }
    ck_assert_uint_eq(n_lines, 114);
    for (size_t g = 0; g < clusters->n_genres; g++) {
        ck_assert(g == 0 || strcmp(clusters->genre[g - 1], clusters->genre[g]) < 0);
        if (clusters->cluster_of[g] != PAL_EXCLUDED) {
            held[clusters->cluster_of[g]]++;
        }
    }
    for (size_t c = 0; c < clusters->n; c++) {
        ck_assert_uint_gt(held[c], 0);
    }
    pal_free(text);
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(built_in_clusters_exclude_what_is_not_listened_to_as_music)
{
    static const char *const excluded[] = { "sleep", "white-noise", "ambient", "lullaby", "nature", "background", "comedy" };
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };
    size_t n = 0;

    CK_OK(pal_clusters_default(&clusters, &err));
    for (size_t i = 0; i < sizeof excluded / sizeof *excluded; i++) {
        ck_assert_int_eq(cluster_of(clusters, excluded[i]), PAL_EXCLUDED);
    }
    for (size_t g = 0; g < clusters->n_genres; g++) {
        n += clusters->cluster_of[g] == PAL_EXCLUDED;
    }
    ck_assert_uint_eq(n, sizeof excluded / sizeof *excluded);
    ck_assert_str_eq(clusters->label[cluster_of(clusters, "j-pop")], "Asian pop");
    ck_assert_int_eq(cluster_of(clusters, "k-pop"), cluster_of(clusters, "anime"));
    ck_assert_int_ne(cluster_of(clusters, "metal"), cluster_of(clusters, "black-metal"));
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(a_file_loads_and_what_it_writes_loads_as_the_same)
{
    pal_clusters *first = NULL, *second = NULL;
    pal_error err = { .status = PAL_OK };
    pal_json_writer w = { 0 };

    CK_OK(pal_clusters_load(&first, "tests/fixtures/catalog/clusters_small.json", &err));
    ck_assert_uint_eq(first->n, 2);
    ck_assert_str_eq(first->label[0], "Loud");
    ck_assert_str_eq(first->label[1], "rest"); /* no label: the name */
    ck_assert_int_eq(cluster_of(first, "death-metal"), 0);
    ck_assert_int_eq(cluster_of(first, "sleep"), PAL_EXCLUDED);
    ck_assert_uint_eq(pal_clusters_find(first, "jazz"), PAL_NO_GENRE);

    pal_json_begin_object(&w, NULL);
    pal_clusters_write(first, &w);
    pal_json_end_object(&w);
    CK_OK(pal_text_check(&w.text, &err));
    CK_OK(load_text(&second, w.text.bytes, &err));
    ck_assert_uint_eq(second->n, first->n);
    ck_assert_uint_eq(second->n_genres, first->n_genres);
    for (size_t g = 0; g < first->n_genres; g++) {
        ck_assert_str_eq(second->genre[g], first->genre[g]);
        ck_assert_int_eq(second->cluster_of[g], first->cluster_of[g]);
    }
    for (size_t c = 0; c < first->n; c++) {
        ck_assert_str_eq(second->name[c], first->name[c]);
        ck_assert_str_eq(second->label[c], first->label[c]);
    }
    pal_text_clear(&w.text);
    pal_clusters_free(first);
    pal_clusters_free(second);
}
END_TEST

static const struct fault {
    const char *text;
    pal_status status;
    const char *parts;
} faults[] = {
    { "[]", PAL_ERR_DATA, "the document is an array|an object is wanted" },
    { "{}", PAL_ERR_DATA, "clusters is missing" },
    { "{\"clusters\": []}", PAL_ERR_DATA, "0 clusters|between 1 and 64" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\"]}], \"exclude\": []}",
      PAL_ERR_CONFIG, "exclude|excluded" },
    { "{\"clusters\": [{\"name\": \"a\", \"genre\": [\"x\"]}]}", PAL_ERR_CONFIG, "clusters[0]|genre" },
    { "{\"clusters\": [{\"genres\": [\"x\"]}]}", PAL_ERR_DATA, "clusters[0].name is missing" },
    { "{\"clusters\": [{\"name\": 3, \"genres\": [\"x\"]}]}", PAL_ERR_DATA, "clusters[0].name is a number" },
    { "{\"clusters\": [{\"name\": \"a\", \"label\": [], \"genres\": [\"x\"]}]}",
      PAL_ERR_DATA, "clusters[0].label is an array" },
    { "{\"clusters\": [{\"name\": \"a\"}]}", PAL_ERR_DATA, "clusters[0].genres is missing" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\", 7]}]}",
      PAL_ERR_DATA, "clusters[0].genres[1] is a number" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": []}]}", PAL_ERR_DATA, "cluster 'a' holds no genre" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"\"]}]}", PAL_ERR_DATA, "an empty genre name in 'a'" },
    { "{\"clusters\": [{\"name\": \"\", \"genres\": [\"x\"]}]}", PAL_ERR_DATA, "cluster 0 has an empty name" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\"]}, {\"name\": \"b\", \"genres\": [\"y\", \"x\"]}]}",
      PAL_ERR_DATA,
      "genre 'x' stands twice: in 'a' and in 'b'" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\"]}], \"excluded\": [\"x\"]}", PAL_ERR_DATA,
      "genre 'x' stands twice: in 'excluded' and in 'a'" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\"]}, {\"name\": \"a\", \"genres\": [\"y\"]}]}",
      PAL_ERR_DATA,
      "clusters 0 and 1 are both named 'a'" },
    { "{\"clusters\": [7]}", PAL_ERR_DATA, "clusters[0] is a number" },
    { "{\"clusters\": 7, \"excluded\": \"x\"}", PAL_ERR_DATA, "clusters is a number" },
    { "{\"clusters\": [{\"name\": \"a\", \"genres\": [\"x\"]}], \"excluded\": \"x\"}",
      PAL_ERR_DATA, "excluded is a string" },
    { "{\"clusters\": [", PAL_ERR_PARSE, "line" },
};

START_TEST(each_fault_of_a_file_is_named)
{
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc = load_text(&clusters, faults[_i].text, &err);

    data_check_error(rc, &err, faults[_i].status, faults[_i].parts);
    ck_assert_ptr_nonnull(strstr(err.text, "build/test-data/")); /* the file */
    ck_assert_ptr_null(clusters);
}
END_TEST

START_TEST(more_than_64_clusters_are_refused)
{
    pal_text text = { 0 };
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };

    pal_text_add(&text, "{\"clusters\": [");
    for (int c = 0; c < 65; c++) {
        pal_text_addf(&text, "%s{\"name\": \"c%d\", \"genres\": [\"g%d\"]}", c > 0 ? ", " : "", c, c);
    }
    pal_text_add(&text, "]}");
    data_check_error(load_text(&clusters, text.bytes, &err), &err, PAL_ERR_DATA, "65 clusters|64");
    pal_text_clear(&text);
}
END_TEST

START_TEST(one_cluster_a_genre_does_not_depend_on_the_order_of_genres)
{
    const char *const genres[] = { "rock", "art", "pop" };
    const char *many[65];
    char names[65][8];
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_clusters_per_genre(&clusters, genres, 3, &err));
    ck_assert_uint_eq(clusters->n, 3);
    ck_assert_str_eq(clusters->name[0], "art");
    ck_assert_str_eq(clusters->name[2], "rock");
    ck_assert_int_eq(cluster_of(clusters, "pop"), 1);
    pal_clusters_free(clusters);
    clusters = NULL;

    for (size_t g = 0; g < 65; g++) {
        snprintf(names[g], sizeof names[g], "g%zu", g);
        many[g] = names[g];
    }
    data_check_error(pal_clusters_per_genre(&clusters, many, 65, &err), &err, PAL_ERR_DATA, "65 genres|64|auto");
    data_check_error(pal_clusters_per_genre(&clusters, many, 0, &err), &err, PAL_ERR_DATA, "0 genres");
    many[1] = many[0];
    data_check_error(pal_clusters_per_genre(&clusters, many, 2, &err), &err, PAL_ERR_DATA, "g0");
}
END_TEST

START_TEST(excluding_keeps_what_is_there)
{
    static const char *const more[] = { "pop", "noise" };
    pal_clusters *small = NULL, *wider = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_clusters_load(&small, "tests/fixtures/catalog/clusters_small.json", &err));
    CK_OK(pal_clusters_exclude(&wider, small, more, 2, &err));
    ck_assert_uint_eq(wider->n_genres, small->n_genres + 1);
    ck_assert_int_eq(cluster_of(wider, "pop"), 1);
    ck_assert_int_eq(cluster_of(wider, "noise"), PAL_EXCLUDED);
    pal_clusters_free(small);
    pal_clusters_free(wider);
}
END_TEST

START_TEST(every_allocation_of_the_built_in_clusters_may_fail)
{
    size_t fail = 1;

    for (;; fail++) {
        pal_clusters *clusters = NULL;
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_clusters_default(&clusters, &err);
        pal_mem_fail_at(0);
        pal_clusters_free(clusters);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 100);
}
END_TEST

Suite *suite_data_clusters(void)
{
    Suite *suite = suite_create("data/clusters");
    TCase *cases = tcase_create("clusters");

    tcase_add_test(cases, built_in_clusters_partition_all_114_genres);
    tcase_add_test(cases, built_in_clusters_exclude_what_is_not_listened_to_as_music);
    tcase_add_test(cases, a_file_loads_and_what_it_writes_loads_as_the_same);
    tcase_add_loop_test(cases, each_fault_of_a_file_is_named, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(cases, more_than_64_clusters_are_refused);
    tcase_add_test(cases, one_cluster_a_genre_does_not_depend_on_the_order_of_genres);
    tcase_add_test(cases, excluding_keeps_what_is_there);
    tcase_add_test(cases, every_allocation_of_the_built_in_clusters_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
