#include "data/interactions_load.h"

#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_read_side(void);

/* The value of a feature by name; 0 when the cell is empty. Fails the test when there is no such feature. */
static float feature(const pal_side *side, size_t row, const char *name)
{
    ck_assert_ptr_nonnull(side);
    for (size_t f = 0; f < side->n_features; f++) {
        if (strcmp(side->name[f], name) == 0) {
            size_t at = pal_csr_find(side->cell, row, (uint32_t)f);

            return at == SIZE_MAX ? 0 : side->cell->value[at];
        }
    }
    ck_abort_msg("no feature '%s'", name);
    return 0;
}

START_TEST(movielens_100k_sides_are_flags_words_and_scaled_ages)
{
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };

    scratch_text("u.item", "1|Caf\xe9 au lait (1995)|01-Jan-1995||url|0|1|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
                           "3|Other|01-Jan-1995||url|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n"
                           "99|Nobody saw it|01-Jan-1995||url|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
    scratch_text("u.user", "5|24|M|technician|85711\n6|34|F|other|94043\n7|64|F|writer|32067\n");
    CK_OK(log_load_text(&log, &report, "u.data", "5\t1\t3\t1\n6\t3\t4\t2\n7\t4\t4\t2\n", "", &err));
    ck_assert_str_eq(log->item_title[0], "Café au lait (1995)");
    ck_assert_str_eq(log->item_title[2], ""); /* item 4 stands in no side file */
    ck_assert_uint_eq(log->item_side->n_features, 19);
    ck_assert_float_eq(feature(log->item_side, 0, "genre=Action"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "genre=Comedy"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "genre=Drama"), 0);
    ck_assert_float_eq(feature(log->item_side, 1, "genre=Drama"), 1);
    ck_assert_uint_eq(log->item_side->cell->n, 3);
    ck_assert_uint_eq(report.item_rows, 3);
    ck_assert_uint_eq(report.item_unmet, 1);
    ck_assert_float_eq(feature(log->user_side, 0, "age"), 0);
    ck_assert_float_eq(feature(log->user_side, 1, "age"), 0.25f);
    ck_assert_float_eq(feature(log->user_side, 2, "age"), 1);
    ck_assert_float_eq(feature(log->user_side, 1, "gender=F"), 1);
    ck_assert_float_eq(feature(log->user_side, 0, "occupation=technician"), 1);
    ck_assert_uint_eq(log->user_side->n_features, 6); /* no zip codes */
    pal_interactions_free(log);
}
END_TEST

START_TEST(movielens_1m_and_20m_genres_are_words)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    scratch_text("movies.dat", "1::Toys: a story (1995)::Animation|Children's\n2::Low::Drama\n");
    scratch_text("users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n");
    CK_OK(log_load_text(&log, NULL, "ratings.dat", "1::1::5::9\n2::2::4::8\n", "", &err));
    ck_assert_str_eq(log->item_title[0], "Toys: a story (1995)");
    ck_assert_float_eq(feature(log->item_side, 0, "genre=Children's"), 1);
    ck_assert_float_eq(feature(log->user_side, 1, "age"), 1);
    ck_assert_float_eq(feature(log->user_side, 0, "occupation=10"), 1);
    pal_interactions_free(log);
    scratch_text("movies.csv", "movieId,title,genres\n1,\"President, The \"\"A\"\" (1995)\",Comedy|Drama\n2,B,(no genres listed)\n");
    CK_OK(log_load_text(&log, NULL, "ratings.csv", "userId,movieId,rating,timestamp\n1,1,5,9\n2,2,4,8\n", "", &err));
    ck_assert_str_eq(log->item_title[0], "President, The \"A\" (1995)");
    ck_assert_uint_eq(log->item_side->n_features, 2);
    ck_assert_uint_eq(log->item_side->cell->n, 2);
    pal_interactions_free(log);
}
END_TEST

START_TEST(atomic_files_say_what_their_columns_are)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    scratch_text("x.item", "item_id:token\tmovie_title:token_seq\tyear:float\tclass:token_seq\tstudio:token\n"
                           "a\tThe long one\t1990\tDrama War\tMGM and Sons\nb\tB\t\tWar\t\nc\tC\t2000\t\tUFA\n");
    CK_OK(log_load_text(&log, NULL, "x.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\nu\tc\n", "", &err));
    ck_assert_str_eq(log->item_title[0], "The long one");
    ck_assert_uint_eq(log->item_side->n_features, 5);
    ck_assert_float_eq(feature(log->item_side, 2, "year"), 1);
    ck_assert_float_eq(feature(log->item_side, 1, "year"), 0);
    ck_assert_float_eq(feature(log->item_side, 0, "class=Drama"), 1);
    ck_assert_float_eq(feature(log->item_side, 1, "class=War"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "studio=MGM and Sons"), 1);
    pal_interactions_free(log);
}
END_TEST

/* A table's side file: numbers are numbers, all else words; too many words make no features. */
START_TEST(a_plain_side_table_is_guessed)
{
    pal_interactions *log = NULL;
    pal_interactions_report report;
    pal_error err = { .status = PAL_OK };
    char json[700];

    snprintf(json, sizeof json, "{\"item_file\": \"%s\", \"user_file\": \"-\", \"side_words\": 2}",
             scratch_text("songs.csv", "song_id,title,bpm,tags,label\na,\"One, two\",120.5,rock|pop,X\nb,Two,80.5,rock,Y\n"
                                       "c,Three,,pop,Z\n"));
    CK_OK(log_load_text(&log, &report, "plays.csv", "user,song,plays\nu,a,1\nu,b,2\nv,c,1\n", json, &err));
    ck_assert_str_eq(log->item_title[0], "One, two");
    ck_assert_uint_eq(log->item_side->n_features, 3); /* bpm, tags=pop, tags=rock; three labels are too many */
    ck_assert_float_eq(feature(log->item_side, 0, "bpm"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "tags=rock"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "tags=pop"), 1);
    ck_assert_float_eq(feature(log->item_side, 2, "tags=rock"), 0);
    ck_assert_uint_eq(report.wide_columns, 1);
    pal_interactions_free(log);
}
END_TEST

/* items.csv of a run: its genres stand between semicolons. A bar in the column keeps semicolons inside words. */
START_TEST(lists_between_semicolons_are_words_too)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    char json[700];

    snprintf(json, sizeof json, "{\"item_file\": \"%s\", \"user_file\": \"-\"}",
             scratch_text("items.csv", "item,genres,tags\na,house;techno,x|y;z\nb,techno,x\nc,,y;z\n"));
    CK_OK(log_load_text(&log, NULL, "plays.csv", "user,item,plays\nu,a,1\nu,b,2\nv,c,1\n", json, &err));
    ck_assert_uint_eq(log->item_side->n_features, 4);
    ck_assert_float_eq(feature(log->item_side, 0, "genres=house"), 1);
    ck_assert_float_eq(feature(log->item_side, 0, "genres=techno"), 1);
    ck_assert_float_eq(feature(log->item_side, 1, "genres=techno"), 1);
    ck_assert_float_eq(feature(log->item_side, 2, "tags=y;z"), 1);
    pal_interactions_free(log);
}
END_TEST

START_TEST(numbers_at_the_ends_of_doubles_still_scale)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    scratch_text("x.item", "item_id:token\tsize:float\na\t-1.7e308\nb\t1.7e308\nc\t0\n");
    CK_OK(log_load_text(&log, NULL, "x.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\nu\tc\n", "", &err));
    ck_assert_float_eq(feature(log->item_side, 1, "size"), 1);
    ck_assert_float_eq(feature(log->item_side, 2, "size"), 0.5f);
    pal_interactions_free(log);
}
END_TEST

static const struct {
    const char *side;
    pal_status status;
    const char *parts;
} faults[] = {
    { "item_id:token\tyear:float\na\tsoon\n", PAL_ERR_DATA, "x.item: row 1 (line 2), column 'year': found 'soon', wanted a number" },
    { "item_id:token\tyear:float\na\t1\nb\t2\na\t3\n", PAL_ERR_DATA, "x.item: row 3 (line 4): the id 'a' stands in row 1 too" },
    { "item_id:token\tyear:float\na\n", PAL_ERR_PARSE, "x.item: row 1 (line 2): 1 fields, wanted 2" },
    { "item_id:token\tyear\na\t1\n", PAL_ERR_DATA, "x.item: column 'year': wanted a name and its type" },
    { "year:float\n1\n", PAL_ERR_DATA, "x.item: no column of ids: wanted one named \"id\", \"item_id\"" },
    { "item_id:token\ty:float\ty:float\na\t1\t2\n", PAL_ERR_DATA, "two columns make the feature 'y'" },
    { "", PAL_ERR_DATA, "x.item: is empty; a header line is wanted" },
    { "item_id:token\ty:token\na\t\xff\n", PAL_ERR_PARSE, "x.item: line 2: holds bytes that are not UTF-8" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(side_faults_name_file_and_row)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc;

    scratch_text("x.item", faults[_i].side);
    rc = log_load_text(&log, NULL, "x.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\n", "", &err);
    data_check_error(rc, &err, faults[_i].status, faults[_i].parts);
    ck_assert_ptr_null(log);
    CK_OK(log_load_text(&log, NULL, "x.inter", "user_id:token\titem_id:token\nu\ta\n", "{\"item_file\": \"-\"}", &err));
    pal_interactions_free(log);
}
END_TEST

START_TEST(flags_are_0_or_1)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };

    scratch_text("u.item", "1|T|||url|0|yes|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n");
    data_check_error(log_load_text(&log, NULL, "u.data", "5\t1\t3\t1\n", "", &err), &err, PAL_ERR_DATA,
                     "u.item: row 1 (line 1), column 'genre=Action': found 'yes', wanted 0 or 1");
}
END_TEST

Suite *suite_data_read_side(void)
{
    Suite *suite = suite_create("data/read_side");
    TCase *tc = tcase_create("side");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, movielens_100k_sides_are_flags_words_and_scaled_ages);
    tcase_add_test(tc, movielens_1m_and_20m_genres_are_words);
    tcase_add_test(tc, atomic_files_say_what_their_columns_are);
    tcase_add_test(tc, a_plain_side_table_is_guessed);
    tcase_add_test(tc, lists_between_semicolons_are_words_too);
    tcase_add_test(tc, numbers_at_the_ends_of_doubles_still_scale);
    tcase_add_loop_test(tc, side_faults_name_file_and_row, 0, N_FAULTS);
    tcase_add_test(tc, flags_are_0_or_1);
    suite_add_tcase(suite, tc);
    return suite;
}
