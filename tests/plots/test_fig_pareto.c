/* What variety costs: who stands in the figure, who is joined to whom, and what is said without data. */
#include "plots/figure.h"

#include "plots/axis.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static pal_rundata *load(const char *dir)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    return run;
}

/* The fixture with its second arm re-ranked; the measures of an arm are put where `coverage` stood. */
static const char *make_run(const char *params, bool measured)
{
    static unsigned n;
    char name[16], config[512];
    const char *dir;

    snprintf(name, sizeof name, "pareto-%u", n++);
    dir = plots_copy_run(name);

    plots_replace(dir, "summary.json", "\"name\":\"progressive\",\"stage\":\"progressive\"",
                  "\"name\":\"progressive\",\"stage\":\"rerank\"");
    snprintf(config, sizeof config, "\"config\":{\"arms\":[{\"name\":\"popularity\",\"params\":{}},{\"name\":\"progressive\","
             "\"params\":%s}],", params);
    plots_replace(dir, "manifest.json", "\"config\":{", config);
    if (measured) {
        plots_replace(dir, "summary.json", "{\"name\":\"taste_coverage\"", "{\"name\":\"expected_like\",\"value\":0.21,"
                      "\"lo\":0.2,\"hi\":0.22,\"n\":9},{\"name\":\"diversity\",\"value\":0.7,\"lo\":0.6,\"hi\":0.8,\"n\":9},"
                      "{\"name\":\"taste_coverage\"");
    }
    return dir;
}

static pal_canvas *drawn(const pal_rundata *run)
{
    pal_canvas *canvas = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH,
                                    pal_fig_pareto.height(run, 0), &err), PAL_OK);
    ck_assert_msg(pal_fig_pareto.draw(canvas, run, 0, &err) == PAL_OK, "%s", err.text);
    return canvas;
}

static size_t times_said(const pal_canvas *canvas, const char *part)
{
    size_t n, times = 0;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    for (size_t i = 0; i < n; i++) {
        times += strstr(box[i].text, part) != NULL;
    }
    return times;
}

START_TEST(a_run_without_re_ranked_arms_has_no_such_figure)
{
    pal_rundata *run = load(PLOTS_RUN);

    ck_assert(!pal_figure_has_data(&pal_fig_pareto, run));
    pal_rundata_free(run);
    run = load(make_run("{}", false));
    ck_assert(pal_figure_has_data(&pal_fig_pareto, run));
    pal_rundata_free(run);
}
END_TEST

START_TEST(methods_and_the_baseline_are_named_and_the_oracle_is_not)
{
    pal_rundata *run = load(make_run("{\"stage\":\"ranking\",\"method\":\"dpp\",\"lambda\":0.4}", true));
    pal_canvas *canvas = drawn(run);

    ck_assert_uint_eq(times_said(canvas, "dpp"), 1);
    ck_assert_uint_eq(times_said(canvas, run->arms[0].label), 1);
    ck_assert_uint_eq(times_said(canvas, run->arms[2].label), 0);
    ck_assert_uint_eq(times_said(canvas, "no data"), 0);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

/* A manifest of another hand: the arm stands alone under its own name. */
START_TEST(an_arm_whose_method_is_unknown_stands_alone)
{
    static const char *const params[] = { "{}", "7", "null", "{\"stage\":3,\"method\":\"mmr\"}", "{\"method\":\"mmr\"}" };

    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        pal_rundata *run = load(make_run(params[i], true));
        pal_canvas *canvas = drawn(run);

        ck_assert_uint_eq(times_said(canvas, run->arms[1].label), 1);
        ck_assert_uint_eq(times_said(canvas, "mmr"), 0);
        pal_canvas_free(canvas);
        pal_rundata_free(run);
    }
}
END_TEST

START_TEST(what_was_not_measured_is_said)
{
    pal_rundata *run = load(make_run("{\"stage\":\"ranking\",\"method\":\"dpp\",\"lambda\":0.4}", false));
    pal_canvas *canvas = drawn(run);

    ck_assert_uint_eq(times_said(canvas, "not measured"), 2);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

Suite *suite_plots_fig_pareto(void);
Suite *suite_plots_fig_pareto(void)
{
    Suite *suite = suite_create("plots/fig_pareto");
    TCase *tc = tcase_create("fig_pareto");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_run_without_re_ranked_arms_has_no_such_figure);
    tcase_add_test(tc, methods_and_the_baseline_are_named_and_the_oracle_is_not);
    tcase_add_test(tc, an_arm_whose_method_is_unknown_stands_alone);
    tcase_add_test(tc, what_was_not_measured_is_said);
    suite_add_tcase(suite, tc);
    return suite;
}
