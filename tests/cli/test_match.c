/* palate match by its outputs, figures and exit codes. */
#include "tests/support/cli_shell.h"

#include "core/file.h"
#include "core/mem.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_match(void);

/* Two camps of six people: a0 … a5 have rock, items 1 to 8 but one each; b0 … b5 jazz, items 11 to 18 but one each. */
static void setup(void)
{
    char text[4096] = "user,item,rating\n", side[1024] = "id,title,genre\n";
    size_t n = strlen(text), m = strlen(side);

    for (int camp = 0; camp < 2; camp++) {
        for (int person = 0; person < 6; person++) {
            for (int item = 0; item < 8; item++) {
                if (item != person) {
                    n += (size_t)snprintf(text + n, sizeof text - n, "%c%d,%d,1\n", "ab"[camp], person,
                                          10 * camp + item + 1);
                }
            }
        }
        for (int item = 0; item < 8; item++) {
            m += (size_t)snprintf(side + m, sizeof side - m, "%d,Song %d,%s\n", 10 * camp + item + 1,
                                  10 * camp + item + 1,
                                  camp == 0 ? "rock" : "jazz");
        }
    }
    cli_setup();
    cli_write("log.csv", text);
    cli_write("songs.csv", side);
}

#define MATCH "$P match $S/log.csv --set data.item_file=$S/songs.csv --quiet --set factors=8 --set batch=16 --seed 3 "

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit %d, %s", command, r->code, r->err);
    return r;
}

START_TEST(the_nearest_are_of_the_same_camp_and_say_why)
{
    const cli_result *r = run_well(MATCH "--person a2 --n 5 --json");

    ck_assert_uint_eq(cli_lines(r->out), 5);
    ck_assert_ptr_null(strstr(r->out, "\"match\": \"b"));
    ck_assert_ptr_null(strstr(r->out, "\"match\": \"a2\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"rank\": 1, \"match\": \"a"));
    ck_assert_ptr_nonnull(strstr(r->out,
                                 "\"genre_overlap\": 1, \"genres\": [\"rock\"], \"shared\": 6, \"items\": [\"Song "));
    r = run_well(MATCH "--person b1 --n 2");
    ck_assert_ptr_nonnull(strstr(r->out, "nearest to b1, who has 7 items\n"));
    ck_assert_ptr_nonnull(strstr(r->out, "       6  jazz 100 %; Song 1"));
}
END_TEST

/* The items that fewest people have come first; a stronger rating comes before that. */
START_TEST(shared_items_are_told_strongest_then_rarest_first)
{
    const cli_result *r;

    cli_write("few.csv",
              "user,item,rating\nx,1,1\ny,1,1\nx,2,1\ny,2,1\nz,2,1\n"
              "x,3,1\ny,3,1\nz,3,1\nw,3,1\nx,4,5\ny,4,1\nz,4,1\nw,4,1\n");
    r = run_well("$P match $S/few.csv --quiet --person x --n 3 --json");
    ck_assert_ptr_nonnull(strstr(r->out, "\"match\": \"y\""));
    ck_assert_ptr_nonnull(strstr(r->out,
                                 "\"genre_overlap\": 0, \"genres\": [], "
                                 "\"shared\": 4, \"items\": [\"4\", \"1\", \"2\"]"));
}
END_TEST

START_TEST(more_are_asked_for_than_there_are)
{
    ck_assert_uint_eq(cli_lines(run_well(MATCH "--person a0 --n 500 --json")->out), 11);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bytes)
{
    const cli_result *one = run_well(MATCH "--person a0 --threads 1 --json");
    const cli_result *two = run_well(MATCH "--person a0 --threads 2 --json");

    ck_assert_str_eq(one->out, two->out);
}
END_TEST

START_TEST(an_index_finds_the_same_few)
{
    static char exact[CLI_TEXT];

    memcpy(exact, run_well(MATCH "--person a1 --n 4")->out, sizeof exact);
    ck_assert_str_eq(run_well(MATCH "--person a1 --n 4 --index hnsw")->out, exact);
}
END_TEST

START_TEST(figures_are_files_of_their_kind)
{
    static const char *const magic[][2] = { { "svg", "<svg" }, { "png", "\x89PNG" }, { "pdf", "%PDF" } };
    char command[512], path[256], *bytes = NULL;
    size_t n = 0;

    snprintf(command, sizeof command, MATCH "--person a0 --n 7 --figure $S/near.%s", magic[_i][0]);
    run_well(command);
    snprintf(path, sizeof path, "%s/near.%s", cli_scratch(), magic[_i][0]);
    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    ck_assert_uint_gt(n, 1000);
    ck_assert_int_eq(strncmp(bytes, magic[_i][1], strlen(magic[_i][1])), 0);
    pal_free(bytes);
    bytes = NULL;
    snprintf(path, sizeof path, "%s/near.csv", cli_scratch());
    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    ck_assert_int_eq(strncmp(bytes, "person,near,cosine,shared,genres\na0,", 36), 0);
    pal_free(bytes);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *command, *part;
    } wrong[] = {
        { "$P match $S/log.csv", "--person is needed" },
        { "$P match $S/log.csv --person a9", "nobody is called 'a9' in it" },
        { "$P match $S/names.csv --person alicja", "nobody is called 'alicja' in it; did you mean 'alicia'?" },
        { "$P match $S/alone.csv --person bob", "there is nobody but 'bob' in it" },
        { "$P match $S/log.csv --person a1 --n 0", "--n" },
        { "$P match $S/log.csv --person a1 --index tree", "match: --index must be exact or hnsw, found 'tree'" },
        { "$P match $S/log.csv --person a1 --set factor=3", "factors" },
        { "$P match $S/log.csv --person a1 --figure $S/x.gif", "must end in .svg, .png or .pdf" },
        { "$P match $S/none.csv --person a1", "none.csv" },
        { "$P match", "RUN" },
    };

    cli_write("names.csv", "user,item\nalicia,1\nbob,1\nbob,2\n");
    cli_write("alone.csv", "user,item\nbob,1\nbob,2\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert(cli_failed_well(cli_run(wrong[i].command), wrong[i].command, 2, wrong[i].part));
    }
}
END_TEST

Suite *suite_cli_match(void)
{
    Suite *suite = suite_create("cli/match");
    TCase *tc = tcase_create("match");

    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_nearest_are_of_the_same_camp_and_say_why);
    tcase_add_test(tc, shared_items_are_told_strongest_then_rarest_first);
    tcase_add_test(tc, more_are_asked_for_than_there_are);
    tcase_add_test(tc, the_same_seed_gives_the_same_bytes);
    tcase_add_test(tc, an_index_finds_the_same_few);
    tcase_add_loop_test(tc, figures_are_files_of_their_kind, 0, 3);
    tcase_add_test(tc, what_is_wrong_is_said);
    suite_add_tcase(suite, tc);
    return suite;
}
