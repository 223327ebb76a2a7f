#include "sim/catalog_model.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <stdio.h>
#include <string.h>

Suite *suite_sim_catalog_model(void);

/* A whole small model: two features, two genres, popularity with a spike at 0. */
static const char small[] =
    "{\"purpose\": \"a test\", \"origin\": \"by hand\", \"content_type\": \"movie\", \"features\": ["
    "{\"name\": \"pace\", \"unit\": \"\", \"weight\": 1, \"low\": 0, \"high\": 1, \"artist_share\": 0.385},"
    "{\"name\": \"loudness\", \"unit\": \"dB\", \"weight\": 0.9, \"low\": -60, \"high\": 0, \"artist_share\": 0}],"
    "\"popularity\": {\"name\": \"popularity\", \"unit\": \"\", \"weight\": 1, \"low\": 0, \"high\": 100, \"spike\": 0,"
    " \"artist_share\": 0.2}, \"grid\": [0, 0.5, 1],"
    "\"artist_sizes\": {\"items\": [1, 2, 9], \"artists\": [50, 20, 3]}, \"genres\": ["
    "{\"name\": \"drama\", \"spike_shares\": [0, 0, 0.1173], \"quantiles\": [[0, 0.2385, 1], [-60, -11, -3], [1, 30, 90]],"
    " \"correlations\": [0.6, -0.1, 0.05]},"
    "{\"name\": \"war\", \"spike_shares\": [0, 0, 0.5], \"quantiles\": [[0.5, 0.8, 1], [-20, -8, 0], [1, 20, 100]],"
    " \"correlations\": [0.99, 0.99, -0.99]}],"
    "\"labels\": {\"drama\": 70, \"drama;war\": 12, \"war\": 18}}";

static pal_status read_text(pal_catalog_model **out, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_parse(&doc, text, strlen(text), "model.json", err));
    PAL_TRY(pal_catalog_model_read(out, doc, err));

done:
    pal_json_free(doc);
    return rc;
}

START_TEST(a_small_model_is_read_field_by_field)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL;

    CK_OK(read_text(&m, small, &err));
    ck_assert_str_eq(m->content_type, "movie");
    ck_assert_uint_eq(m->d, 2);
    ck_assert_str_eq(m->column[1].unit, "dB");
    ck_assert(m->column[0].artist_share == 0.385 && m->column[1].weight == 0.9 && m->column[1].low == -60.0);
    ck_assert(!m->column[0].has_spike && m->column[2].has_spike && m->column[2].spike == 0.0);
    ck_assert(m->genre[1].quantile[2 * 3 + 1] == 20.0 && m->genre[0].spike_share[2] == 0.1173);
    ck_assert(m->genre[0].correlation[1] == 0.6 && m->genre[0].correlation[3] == 0.6);
    ck_assert(m->genre[0].correlation[2 * 3 + 1] == 0.05 && m->genre[0].correlation[8] == 1.0);
    ck_assert_uint_eq(m->n_labels, 3);
    ck_assert_uint_eq(m->label[1].first, 0);
    ck_assert_uint_eq(m->label[2].first, 1);
    ck_assert(m->size[2] == 9.0 && m->size_share[0] == 50.0);
    pal_catalog_model_free(m);
}
END_TEST

/* `war` has correlations no distribution has: they are drawn toward none until they fit. */
START_TEST(a_small_model_generates_its_two_genres)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL;
    pal_catalog *c = NULL;
    pal_values *values = sim_values(pal_catalog_gen_params, "{\"items\": 4000}");
    const pal_cluster_choice clusters = { "per-genre", 0, 0 };
    double war = 0.0, both = 0.0, zero = 0.0;

    CK_OK(read_text(&m, small, &err));
    CK_OK(pal_catalog_generate(&c, m, values, &clusters, 3, &err));
    ck_assert_str_eq(c->content_type, "movie");
    for (size_t i = 0; i < c->n_items; i++) {
        const bool is_war = strcmp(c->clusters->genre[c->genre_of[c->genre_begin[i]]], "war") == 0;

        war += is_war;
        zero += is_war && c->popularity[i] == 0.0f;
        both += c->genre_begin[i + 1] - c->genre_begin[i] == 2;
        ck_assert(!is_war || c->raw[2 * i] >= 0.5f);
    }
    ck_assert_double_eq_tol(war / 4000.0, 0.18, 0.005); /* shares are kept in balance */
    ck_assert_double_eq_tol(both / 4000.0, 0.12, 0.02);
    ck_assert_double_eq_tol(zero / war, 0.5, 0.08);
    pal_values_free(values);
    pal_catalog_free(c);
    pal_catalog_model_free(m);
}
END_TEST

typedef struct fault {
    const char *from, *to; /* the first `from` becomes `to` */
    const char *parts;     /* of the message                */
} fault;

static const fault faults[] = {
    { "\"origin\": \"by hand\"", "\"orgin\": \"by hand\"", "model.json|orgin|origin" },
    { "\"origin\": \"by hand\", ", "", "origin: missing|a string" },
    { "\"content_type\": \"movie\"", "\"content_type\": 3", "content_type: must be a string, found a number" },
    { "\"weight\": 0.9", "\"weight\": 0", "features[1].weight: must lie in|found 0" },
    { "\"weight\": 0.9", "\"wieght\": 0.9", "features[1]|wieght|weight" },
    { "\"low\": -60, \"high\": 0", "\"low\": 5, \"high\": 0", "features[1].high: must lie in 5|found 0" },
    { "\"artist_share\": 0.385", "\"artist_share\": 1", "features[0].artist_share|found 1" },
    { "\"spike\": 0", "\"spike\": -1", "popularity.spike: must lie in 0..100, found -1" },
    { "\"high\": 100", "\"high\": 101", "popularity: low and high must lie in 0..100" },
    { "[0, 0.5, 1]", "[0, 0.5, 0.9]", "grid: must run from 0 to 1" },
    { "[0, 0.5, 1]", "[0, 1.5, 1]", "grid[1]: must lie in 0..1, found 1.5" },
    { "[0, 0.5, 1]", "[0]", "grid: must hold 2 to 201 numbers, found 1" },
    { "[1, 2, 9]", "[1, 9, 2]", "artist_sizes.items[2]: must not be below the number before, found 2 after 9" },
    { "[50, 20, 3]", "[50, 20]", "artist_sizes.artists: must be an array of 3 numbers" },
    { "[50, 20, 3]", "[50, 0, 3]", "artist_sizes.artists[1]" },
    { "\"name\": \"war\"", "\"name\": \"drama\"", "genres[1].name: \"drama\" is already the name of genres[0]" },
    { "\"name\": \"war\"", "\"name\": \"a;b\"", "genres[1].name: must be a word without ';'" },
    { "[0, 0, 0.5]", "[0, 0, 1.1]", "genres[1].spike_shares[2]: must lie in 0..1, found 1.1" },
    { "[0, 0.2385, 1]", "[0, 0.2385, \"x\"]", "genres[0].quantiles[0][2]: must be a number" },
    { "[0, 0.2385, 1]", "[0, 0.2385, 1.5]", "genres[0].quantiles[0][2]: must lie in 0..1, found 1.5" },
    { "[-60, -11, -3]", "[-60, -11, -30]", "genres[0].quantiles[1][2]: must not be below|-30 after -11" },
    { "[[0, 0.2385, 1], ", "[", "genres[0].quantiles: must hold 3 rows|found 2" },
    { "[0.6, -0.1, 0.05]", "[0.6, -0.1]", "genres[0].correlations: must be an array of 3 numbers" },
    { "[0.6, -0.1, 0.05]", "[0.6, -0.1, 1.05]", "genres[0].correlations[2]|found 1.05" },
    { "\"drama;war\": 12", "\"drama;war\": 0", "labels.drama;war: must be a number of items above 0" },
    { "\"drama;war\": 12", "\"opera;war\": 12", "labels.opera;war: the first genre stands not in \"genres\"" },
    { "{\"drama\": 70, \"drama;war\": 12, \"war\": 18}", "{}", "must not be empty" },
    { "{\"drama\": 70, \"drama;war\": 12, \"war\": 18}", "[1]", "labels: must be an object, found an array" },
};

START_TEST(each_fault_of_a_model_is_named)
{
    const fault *f = &faults[_i];
    const char *at = strstr(small, f->from);
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL;
    char text[sizeof small + 128];

    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small), small, f->to, at + strlen(f->from));
    data_check_error(read_text(&m, text, &err), &err, PAL_ERR_CONFIG, f->parts);
    ck_assert_ptr_null(m);
}
END_TEST

/* Bytes changed at random: the reader refuses, or the model it gives can be drawn from. */
START_TEST(a_damaged_model_is_refused_or_sound)
{
    static const char bytes[] = "0123456789-.e,:;\"[]{}ax ";
    const pal_key key = pal_key_for(17, (uint32_t)_i, PAL_FOR_TEST);
    pal_values *values = sim_values(pal_catalog_gen_params, "{\"items\": 12}");
    const pal_cluster_choice clusters = { "per-genre", 0, 0 };
    size_t sound = 0, refused = 0;

    for (uint64_t round = 0; round < 300; round++) {
        pal_error err = { .status = PAL_OK };
        pal_catalog_model *m = NULL;
        pal_catalog *c = NULL;
        char text[sizeof small];
        uint64_t draw = 0;
        const size_t changes = 1 + (size_t)pal_below(key, (pal_at){ round, 0, 0 }, &draw, 3);

        memcpy(text, small, sizeof small);
        for (size_t k = 0; k < changes; k++) {
            const size_t at = (size_t)pal_below(key, (pal_at){ round, 0, 0 }, &draw, sizeof small - 1);

            const bool digit = text[at] >= '0' && text[at] <= '9';

            if (digit || round % 2 == 0) { /* every other round changes numbers only */
                text[at] = bytes[pal_below(key, (pal_at){ round, 0, 0 }, &draw, digit ? 10 : sizeof bytes - 1)];
            }
        }
        const pal_status rc = read_text(&m, text, &err);

        if (rc != PAL_OK) {
            ck_assert(rc == PAL_ERR_CONFIG || rc == PAL_ERR_PARSE);
            ck_assert_uint_gt(strlen(err.text), 10);
            refused++;
        } else if (pal_catalog_generate(&c, m, values, &clusters, round, &err) == PAL_OK) {
            ck_assert_uint_eq(c->n_items, 12);
            sound++;
        } else {
            ck_assert_int_eq(err.status, PAL_ERR_DATA);
        }
        pal_catalog_free(c);
        pal_catalog_model_free(m);
    }
    ck_assert_msg(sound > 20 && refused > 100, "%zu sound, %zu refused", sound, refused);
    pal_values_free(values);
}
END_TEST

START_TEST(a_missing_file_and_text_that_is_no_json_are_named)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL;
    char path[64];

    data_check_error(pal_catalog_model_load(&m, "build/no-such-model.json", &err), &err, PAL_ERR_IO, "no-such-model.json");
    data_write_file(path, "{\"purpose\": ", 12);
    data_check_error(pal_catalog_model_load(&m, path, &err), &err, PAL_ERR_PARSE, "line 1");
    remove(path);
}
END_TEST

/* Read, write, read, write: the same bytes; and the committed file is what the writer makes of it. */
START_TEST(a_model_written_and_read_again_is_the_same)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL, *again = NULL;
    pal_json_writer one = { 0 }, two = { 0 };
    char *file = NULL;
    size_t n = 0;

    CK_OK(pal_catalog_model_default(&m, &err));
    pal_catalog_model_write(m, &one);
    CK_OK(pal_text_check(&one.text, &err));
    CK_OK(read_text(&again, one.text.bytes, &err));
    pal_catalog_model_write(again, &two);
    ck_assert_uint_eq(one.text.n, two.text.n);
    ck_assert_mem_eq(one.text.bytes, two.text.bytes, one.text.n);
    CK_OK(pal_file_read(&file, &n, "sim/music_model.json", &err));
    ck_assert_uint_eq(n, one.text.n + 1);
    ck_assert_mem_eq(file, one.text.bytes, one.text.n);
    ck_assert_uint_lt(n, 400000);
    pal_free(file);
    pal_text_clear(&one.text);
    pal_text_clear(&two.text);
    pal_catalog_model_free(m);
    pal_catalog_model_free(again);
}
END_TEST

START_TEST(the_built_in_model_holds_the_figures_of_its_data)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *m = NULL;
    double items = 0.0, several = 0.0, artists = 0.0;

    CK_OK(pal_catalog_model_default(&m, &err));
    ck_assert_uint_eq(m->d, 9);
    ck_assert_uint_eq(m->n_genres, 113); /* "songwriter" never comes first: its tracks are singer-songwriter's */
    for (size_t k = 0; k < m->n_labels; k++) {
        items += m->label[k].weight;
        several += strchr(m->label[k].genres, ';') != NULL ? m->label[k].weight : 0.0;
    }
    ck_assert_double_eq_tol(items, 89583.0, 1.0); /* 89,741 ids less 157 tempo-0 rows' ids and one nameless */
    ck_assert_double_eq_tol(several / items, 0.182, 0.001);
    for (size_t k = 0; k < m->n_sizes; k++) {
        artists += m->size_share[k];
    }
    ck_assert_double_eq_tol(artists, 17648.0, 20.0);
    ck_assert_double_eq_tol(m->size_share[0] / artists, 0.405, 0.002);
    ck_assert_double_eq_tol(m->size[m->n_sizes - 1], 332.0, 0.1);
    for (size_t f = 0; f < m->d; f++) {
        const bool instrumental = strcmp(m->column[f].name, "instrumentalness") == 0;

        ck_assert_int_eq(m->column[f].has_spike, instrumental); /* exactly 0 in 33 % */
        ck_assert(m->column[f].artist_share > 0.08 && m->column[f].artist_share < 0.5); /* ICC within genre 0.10-0.49 */
    }
    pal_catalog_model_free(m);
}
END_TEST

START_TEST(every_allocation_of_reading_and_generating_may_fail)
{
    pal_values *values = sim_values(pal_catalog_gen_params, "{\"items\": 30}");
    const pal_cluster_choice clusters = { "per-genre", 0, 0 };
    size_t fail = 1;

    for (;; fail++) {
        pal_error err = { .status = PAL_OK };
        pal_catalog_model *m = NULL;
        pal_catalog *c = NULL;

        pal_mem_fail_at(fail);
        pal_status rc = read_text(&m, small, &err);

        if (rc == PAL_OK) {
            rc = pal_catalog_generate(&c, m, values, &clusters, 1, &err);
        }
        pal_mem_fail_at(0);
        pal_catalog_free(c);
        pal_catalog_model_free(m);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 60);
    pal_values_free(values);
}
END_TEST

START_TEST(every_allocation_of_a_fit_may_fail)
{
    pal_catalog *c = data_random_catalog(3, (data_shape){ 40, 3, 4, 6, 2 }, PAL_SCALE_ZSCORE);
    char path[64];
    size_t fail = 1;

    data_write_file(path, "", 0);
    for (;; fail++) {
        pal_error err = { .status = PAL_OK };

        pal_mem_fail_at(fail);
        const pal_status rc = pal_catalog_model_fit(c, "a test", path, &err);

        pal_mem_fail_at(0);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 30);
    remove(path);
    pal_catalog_free(c);
}
END_TEST

Suite *suite_sim_catalog_model(void)
{
    Suite *suite = suite_create("sim/catalog_model");
    TCase *cases = tcase_create("catalog_model");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_small_model_is_read_field_by_field);
    tcase_add_test(cases, a_small_model_generates_its_two_genres);
    tcase_add_loop_test(cases, each_fault_of_a_model_is_named, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_loop_test(cases, a_damaged_model_is_refused_or_sound, 0, 4);
    tcase_add_test(cases, a_missing_file_and_text_that_is_no_json_are_named);
    tcase_add_test(cases, a_model_written_and_read_again_is_the_same);
    tcase_add_test(cases, the_built_in_model_holds_the_figures_of_its_data);
    tcase_add_test(cases, every_allocation_of_reading_and_generating_may_fail);
    tcase_add_test(cases, every_allocation_of_a_fit_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
