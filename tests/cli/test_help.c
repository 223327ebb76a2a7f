/* Help, version and describe: what people read before they run anything. */
#include "tests/support/cli_shell.h"

#include "cli/command.h"
#include "core/json.h"
#include "metrics/metric.h"
#include "metrics/topn.h"
#include "sim/response.h"
#include "stages/stage.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_help(void);

START_TEST(help_of_every_command_names_every_option)
{
    const pal_command *c = pal_command_at((size_t)_i);
    char command[128], option[64];
    const cli_result *r;

    snprintf(command, sizeof command, "$P %s --help", c->name);
    r = cli_run(command);
    ck_assert_int_eq(r->code, 0);
    ck_assert_str_eq(r->err, "");
    ck_assert_ptr_nonnull(strstr(r->out, c->summary));
    for (const pal_option *o = c->options; o->name != NULL; o++) {
        snprintf(option, sizeof option, "\n  --%s", o->name);
        ck_assert_msg(strstr(r->out, option) != NULL, "%s: no --%s in its help", c->name, o->name);
    }
}
END_TEST

START_TEST(all_ways_to_ask_for_help_agree)
{
    static char first[CLI_TEXT];

    snprintf(first, sizeof first, "%s", cli_run("$P run --help")->out);
    ck_assert_str_eq(cli_run("$P run -h")->out, first);
    ck_assert_str_eq(cli_run("$P help run")->out, first);
    ck_assert_str_eq(cli_run("$P run nothing.json also.json --quiet --help")->out, first);
}
END_TEST

START_TEST(the_list_names_every_command)
{
    const cli_result *r = cli_run("$P --help");

    ck_assert_int_eq(r->code, 0);
    for (size_t c = 0; c < pal_command_count(); c++) {
        ck_assert_ptr_nonnull(strstr(r->out, pal_command_at(c)->name));
    }
    r = cli_run("$P data --help");
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, "data fit"));
    ck_assert_ptr_null(strstr(r->out, "bench slate"));
}
END_TEST

START_TEST(version_is_one_line)
{
    const cli_result *r = cli_run("$P --version");

    ck_assert_int_eq(r->code, 0);
    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_ptr_eq(strstr(r->out, "palate "), r->out);
}
END_TEST

START_TEST(describe_tells_everything_there_is)
{
    const cli_result *r = cli_run("$P describe");

    ck_assert_int_eq(r->code, 0);
    for (size_t i = 0; i < pal_stage_count(); i++) {
        ck_assert_ptr_nonnull(strstr(r->out, pal_stage_at(i)->summary));
    }
    for (size_t i = 0; i < pal_response_count(); i++) {
        ck_assert_ptr_nonnull(strstr(r->out, pal_response_at(i)->summary));
    }
    for (size_t i = 0; i < pal_metric_count(); i++) {
        ck_assert_ptr_nonnull(strstr(r->out, pal_metric_at(i)->name));
    }
    ck_assert_ptr_nonnull(strstr(r->out, "replicates"));
}
END_TEST

START_TEST(describe_stage_tells_its_parameters)
{
    const pal_stage_type *stage = pal_stage_at((size_t)_i);
    char command[128];
    const cli_result *r;

    snprintf(command, sizeof command, "$P describe stage %s", stage->name);
    r = cli_run(command);
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, stage->source));
    for (const pal_param *p = stage->params; p->name != NULL; p++) {
        ck_assert_ptr_nonnull(strstr(r->out, p->name));
        ck_assert_ptr_nonnull(strstr(r->out, p->meaning));
    }
}
END_TEST

START_TEST(describe_calls_the_model_object_the_learners_and_not_a_stages)
{
    const cli_result *r = cli_run("$P describe stage boosted");

    ck_assert_ptr_nonnull(strstr(r->out, "object of its learner's own parameters: model"));
    ck_assert_ptr_nonnull(strstr(r->out, "palate train boosted --params"));
    ck_assert_ptr_null(strstr(r->out, "its own stages"));
    r = cli_run("$P describe stage progressive");
    ck_assert_ptr_nonnull(strstr(r->out, "objects of parameters for its own stages: cold_start"));
    ck_assert_ptr_null(strstr(r->out, "learner's own"));
}
END_TEST

START_TEST(describe_response_tells_formulas_and_sources)
{
    const pal_response_type *response = pal_response_at((size_t)_i);
    char command[128];
    const cli_result *r;

    snprintf(command, sizeof command, "$P describe response %s", response->name);
    r = cli_run(command);
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, response->formulas));
    ck_assert_ptr_nonnull(strstr(r->out, response->source));
}
END_TEST

START_TEST(describe_metric_tells_its_definition)
{
    const pal_metric_info *metric = pal_metric_at((size_t)_i);
    char command[128];
    const cli_result *r;

    snprintf(command, sizeof command, "$P describe metric %s", metric->name);
    r = cli_run(command);
    ck_assert_int_eq(r->code, 0);
    ck_assert_ptr_nonnull(strstr(r->out, metric->definition));
}
END_TEST

START_TEST(describe_metric_knows_those_of_evaluations)
{
    const cli_result *r = cli_run("$P describe metric");

    ck_assert_ptr_nonnull(strstr(r->out, "ndcg@k"));
    ck_assert_ptr_nonnull(strstr(r->out, "auc_pessimistic"));
    for (size_t i = 0; i < PAL_TOPN_ATS; i++) {
        char command[128];

        snprintf(command, sizeof command, "$P describe metric %s", pal_topn_at_info((pal_topn_at)i)->name);
        ck_assert_ptr_nonnull(strstr(cli_run(command)->out, pal_topn_at_info((pal_topn_at)i)->definition));
    }
    r = cli_run("$P describe metric auc --json"); /* one of runs, one of evaluations */
    ck_assert_uint_eq(cli_lines(r->out), 2);
    ck_assert_ptr_nonnull(strstr(r->out, "\"of\": \"eval\""));
}
END_TEST

/* Every line of a text is JSON by itself; returns how many there are. */
static size_t json_lines(const char *text)
{
    size_t n = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        pal_json_doc *doc = NULL;
        pal_error err = { .status = PAL_OK };

        ck_assert_msg(pal_json_parse(&doc, text, length, "line", &err) == PAL_OK, "%s", err.text);
        ck_assert_int_eq(pal_json_kind_of(pal_json_root(doc)), PAL_JSON_OBJECT);
        pal_json_free(doc);
        text += length + (text[length] == '\n');
        n++;
    }
    return n;
}

START_TEST(describe_as_json_is_one_object_a_line)
{
    ck_assert_uint_eq(json_lines(cli_run("$P describe stage --json")->out), pal_stage_count());
    ck_assert_uint_eq(json_lines(cli_run("$P describe metric --json")->out),
                      pal_metric_count() + PAL_TOPN_WHOLES + PAL_TOPN_ATS + PAL_TOPN_CROWDS);
    ck_assert_uint_eq(json_lines(cli_run("$P describe response multi-taste --json")->out), 1);
    ck_assert_uint_eq(json_lines(cli_run("$P describe experiment --json")->out), 1);
}
END_TEST

Suite *suite_cli_help(void)
{
    Suite *suite = suite_create("cli/help");
    TCase *tcase = tcase_create("help");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, cli_setup, cli_teardown);
    tcase_add_loop_test(tcase, help_of_every_command_names_every_option, 0, (int)pal_command_count());
    tcase_add_test(tcase, all_ways_to_ask_for_help_agree);
    tcase_add_test(tcase, the_list_names_every_command);
    tcase_add_test(tcase, version_is_one_line);
    tcase_add_test(tcase, describe_tells_everything_there_is);
    tcase_add_loop_test(tcase, describe_stage_tells_its_parameters, 0, (int)pal_stage_count());
    tcase_add_test(tcase, describe_calls_the_model_object_the_learners_and_not_a_stages);
    tcase_add_loop_test(tcase, describe_response_tells_formulas_and_sources, 0, (int)pal_response_count());
    tcase_add_test(tcase, describe_metric_knows_those_of_evaluations);
    tcase_add_loop_test(tcase, describe_metric_tells_its_definition, 0, (int)pal_metric_count());
    tcase_add_test(tcase, describe_as_json_is_one_object_a_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
