/* The option reader, word by word. */
#include "cli/command.h"
#include "cli/options.h"

#include <check.h>
#include <string.h>

Suite *suite_cli_options(void);

static const pal_option table[] = {
    { "seed", "N", false, "the seed" },
    { "set", "PATH=VALUE", true, "change a key" },
    { "quiet", NULL, false, "say nothing" },
    PAL_OPTION_THREADS,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* Parse up to eight words (NULL-ended) of a command that takes one operand. */
static pal_status parse(pal_args *args, char **word, pal_error *err)
{
    int n = 0;

    while (word[n] != NULL) {
        n++;
    }
    return pal_args_parse(args, "test", table, "FILE", 1, 1, n, word, err);
}

START_TEST(both_forms_of_a_value_are_read)
{
    pal_args args;
    char *apart[] = { "--seed", "2385", "f.json", NULL };
    char *joined[] = { "f.json", "--seed=2385", NULL };
    uint64_t seed = 0;

    ck_assert_int_eq(parse(&args, apart, NULL), PAL_OK);
    ck_assert_str_eq(pal_args_text(&args, "seed"), "2385");
    ck_assert_str_eq(args.operand[0], "f.json");
    ck_assert_int_eq(parse(&args, joined, NULL), PAL_OK);
    ck_assert_int_eq(pal_args_whole(&seed, &args, "seed", 1, 0, 9999, NULL), PAL_OK);
    ck_assert_uint_eq(seed, 2385);
}
END_TEST

START_TEST(repeated_options_keep_their_order)
{
    pal_args args;
    char *word[] = { "--set", "a=1", "f", "--set=b=2", NULL };

    ck_assert_int_eq(parse(&args, word, NULL), PAL_OK);
    ck_assert_str_eq(pal_args_nth(&args, "set", 0), "a=1");
    ck_assert_str_eq(pal_args_nth(&args, "set", 1), "b=2");
    ck_assert_ptr_null(pal_args_nth(&args, "set", 2));
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
    pal_args args;
    char *word[] = { "--quiet", "--", "--seed", NULL };

    ck_assert_int_eq(parse(&args, word, NULL), PAL_OK);
    ck_assert(pal_args_has(&args, "quiet"));
    ck_assert(!pal_args_has(&args, "seed"));
    ck_assert_str_eq(args.operand[0], "--seed");
}
END_TEST

START_TEST(a_lone_dash_is_an_operand)
{
    pal_args args;
    char *word[] = { "-", NULL };

    ck_assert_int_eq(parse(&args, word, NULL), PAL_OK);
    ck_assert_str_eq(args.operand[0], "-");
}
END_TEST

START_TEST(help_needs_no_operand)
{
    pal_args args;
    char *dashes[] = { "--help", NULL };
    char *dash[] = { "--quiet", "-h", NULL };

    ck_assert_int_eq(parse(&args, dashes, NULL), PAL_OK);
    ck_assert(pal_args_has(&args, "help"));
    ck_assert_int_eq(parse(&args, dash, NULL), PAL_OK);
    ck_assert(pal_args_has(&args, "help"));
}
END_TEST

START_TEST(a_prefix_is_not_an_option)
{
    pal_args args;
    pal_error err = { .status = PAL_OK };
    char *word[] = { "f", "--see", "3", NULL };

    ck_assert_int_eq(parse(&args, word, &err), PAL_ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "did you mean --seed?"));
}
END_TEST

START_TEST(numbers_outside_the_range_are_refused)
{
    static const char *const bad[] = { "9", "21", "1e1", " 12", "12 ", "0x10", "-12", "+12", "12.0", "" };
    char text[32];
    char *word[] = { "f", text, NULL };
    pal_args args;
    pal_error err = { .status = PAL_OK };
    uint64_t value = 77;

    strcpy(text, "--seed=");
    strcat(text, bad[_i]);
    ck_assert_int_eq(parse(&args, word, NULL), PAL_OK);
    ck_assert_int_eq(pal_args_whole(&value, &args, "seed", 1, 10, 20, &err), PAL_ERR_USAGE);
    ck_assert_uint_eq(value, 77);
    ck_assert_ptr_nonnull(strstr(err.text, "--seed must be a whole number from 10 to 20"));
}
END_TEST

START_TEST(more_options_than_fit_are_refused)
{
    static char *word[2 * PAL_MAX_GIVEN + 8];
    pal_args args;
    pal_error err = { .status = PAL_OK };
    int n = 0;

    for (int i = 0; i <= PAL_MAX_GIVEN; i++) {
        word[n++] = "--set";
        word[n++] = "a=1";
    }
    ck_assert_int_eq(pal_args_parse(&args, "test", table, "", 0, 0, n - 2, word, &err), PAL_OK);
    ck_assert_int_eq(pal_args_parse(&args, "test", table, "", 0, 0, n, word, &err), PAL_ERR_USAGE);
}
END_TEST

START_TEST(threads_default_to_all_processors)
{
    pal_args args;
    char *none[] = { "f", NULL };
    char *three[] = { "f", "--threads=3", NULL };
    size_t n = 0;

    ck_assert_int_eq(parse(&args, none, NULL), PAL_OK);
    ck_assert_int_eq(pal_args_threads(&n, &args, NULL), PAL_OK);
    ck_assert_uint_ge(n, 1);
    ck_assert_int_eq(parse(&args, three, NULL), PAL_OK);
    ck_assert_int_eq(pal_args_threads(&n, &args, NULL), PAL_OK);
    ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(every_command_has_help_and_unique_options)
{
    const pal_command *c = pal_command_at((size_t)_i);
    bool help = false;

    ck_assert_uint_gt(strlen(c->summary), 0);
    ck_assert_uint_gt(strlen(c->usage), 0);
    ck_assert_ptr_null(strchr(c->summary, '\n'));
    ck_assert_uint_le(c->n_min, c->n_max);
    ck_assert_uint_le(c->n_max, PAL_MAX_OPERANDS);
    for (const pal_option *o = c->options; o->name != NULL; o++) {
        help = help || strcmp(o->name, "help") == 0;
        for (const pal_option *p = o + 1; p->name != NULL; p++) {
            ck_assert_str_ne(o->name, p->name);
        }
    }
    ck_assert(help);
}
END_TEST

START_TEST(each_command_is_found_by_its_name)
{
    const pal_command *c = pal_command_at((size_t)_i);
    char name[64];
    char *word[2] = { name, NULL };
    char *space;
    int used = 0;

    strcpy(name, c->name);
    space = strchr(name, ' ');
    if (space != NULL) {
        *space = '\0';
        word[1] = space + 1;
    }
    ck_assert_ptr_eq(pal_command_find(space != NULL ? 2 : 1, word, &used), c);
    ck_assert_int_eq(used, space != NULL ? 2 : 1);
    ck_assert_ptr_null(pal_command_find(0, word, &used));
}
END_TEST

Suite *suite_cli_options(void)
{
    Suite *suite = suite_create("cli/options");
    TCase *tcase = tcase_create("options");

    tcase_add_test(tcase, both_forms_of_a_value_are_read);
    tcase_add_test(tcase, repeated_options_keep_their_order);
    tcase_add_test(tcase, two_dashes_end_the_options);
    tcase_add_test(tcase, a_lone_dash_is_an_operand);
    tcase_add_test(tcase, help_needs_no_operand);
    tcase_add_test(tcase, a_prefix_is_not_an_option);
    tcase_add_loop_test(tcase, numbers_outside_the_range_are_refused, 0, 10);
    tcase_add_test(tcase, more_options_than_fit_are_refused);
    tcase_add_test(tcase, threads_default_to_all_processors);
    tcase_add_loop_test(tcase, every_command_has_help_and_unique_options, 0, (int)pal_command_count());
    tcase_add_loop_test(tcase, each_command_is_found_by_its_name, 0, (int)pal_command_count());
    suite_add_tcase(suite, tcase);
    return suite;
}
