/* palate explain, from the outside. */
#include "tests/support/cli_shell.h"

#include "core/json.h"

#include <check.h>
#include <string.h>

static const char *const experiment =
    "{\"purpose\": \"a test\", \"name\": \"why\", \"seed\": \"7\", \"rounds\": 8, \"slots\": 5, \"catalog\": {\"items\": 400},"
    " \"people\": {\"n\": 12}, \"arms\": [{\"name\": \"one\", \"stage\": \"ranking\"},"
    " {\"name\": \"two\", \"stage\": \"rerank\", \"params\": {\"method\": \"dpp\"}}], \"baseline\": \"one\", \"focus\": \"two\","
    " \"output\": {\"sheets\": 1}}";

static void make_run(void)
{
    cli_write("why.json", experiment);
    ck_assert_int_eq(cli_run("$P run $S/why.json --quiet --out $S/run")->code, 0);
}

START_TEST(a_slot_is_explained_in_words_and_as_json)
{
    pal_json_doc *doc = NULL;
    const pal_json *root;
    const cli_result *r;

    make_run();
    r = cli_run("for p in 0 1 2 3 4 5 6 7 8 9 10 11; do $P explain $S/run --person $p --round 6 --json 2> $S/err && break; done");
    ck_assert_int_eq(r->code, 0);
    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_int_eq(pal_json_parse(&doc, r->out, strlen(r->out), "out", NULL), PAL_OK);
    root = pal_json_root(doc);
    ck_assert_str_eq(pal_json_string(pal_json_get(root, "command")), "explain");
    ck_assert_str_eq(pal_json_string(pal_json_get(root, "arm")), "two");
    ck_assert_str_eq(pal_json_string(pal_json_get(root, "stage")), "ranking");
    ck_assert_double_eq(pal_json_number(pal_json_get(root, "round")), 6);
    r = cli_run("for p in 0 1 2 3 4 5 6 7 8 9 10 11; do $P explain $S/run --person $p --round 6 2> $S/err && break; done");
    ck_assert_ptr_nonnull(strstr(r->out, "round 6, slot 0 of 5, arm two"));
    ck_assert_ptr_nonnull(strstr(r->out, pal_json_string(pal_json_get(root, "title"))));
    pal_json_free(doc);
}
END_TEST

START_TEST(bad_usage_says_what_is_wanted)
{
    static const struct {
        const char *command, *part;
    } fault[] = {
        { "$P explain $S/run", "--person N and --round N" },
        { "$P explain $S/run --person 1", "--person N and --round N" },
        { "$P explain $S/run --person 12 --round 1", "--person: must be below 12, found 12" },
        { "$P explain $S/run --person 1 --round 8", "--round: must be below 8, found 8" },
        { "$P explain $S/run --person -1 --round 0", "--person" },
        { "$P explain $S/run --person 1 --round 0 --slot 50", "--slot" },
        { "$P explain $S/run --person 1 --round 0 --arm three", "it has one, two" },
        { "$P explain --person 1 --round 0", "DIR" },
        { "$P explain $S/nothing --person 1 --round 0", "nothing" },
    };

    make_run();
    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        ck_assert(cli_failed_well(cli_run(fault[i].command), fault[i].command, 2, fault[i].part));
    }
}
END_TEST

Suite *suite_cli_cmd_explain(void);
Suite *suite_cli_cmd_explain(void)
{
    Suite *suite = suite_create("cli/cmd_explain");
    TCase *tc = tcase_create("cmd_explain");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, cli_setup, cli_teardown);
    tcase_add_test(tc, a_slot_is_explained_in_words_and_as_json);
    tcase_add_test(tc, bad_usage_says_what_is_wanted);
    suite_add_tcase(suite, tc);
    return suite;
}
