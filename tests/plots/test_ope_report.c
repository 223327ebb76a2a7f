/* Studies of estimators and their page, from files written by hand. */
#include "plots/ope_data.h"
#include "plots/ope_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/plots_page.h"
#include "tests/support/scratch.h"

#include <stdio.h>

Suite *suite_plots_ope_report(void);

static const char manifest[] =
    "{\"format\": \"palate-ope/1\", \"palate\": \"x\", \"name\": \"o & p\", \"purpose\": \"why <it>\", \"experiment\": \"e.json\",\n"
    " \"digest\": \"00\", \"logging\": \"soft\", \"gaps\": 0, \"reward\": \"click\", \"slots\": 1, \"candidates\": 10, \"people\": 50,\n"
    " \"warm_up\": 3, \"logs\": 100, \"level\": 0.95, \"sizes\": [100, 400], \"targets\": [\"sharp\", \"even\"],\n"
    " \"estimators\": [{\"name\": \"ips\", \"kind\": \"ips\", \"meaning\": \"weighted rewards\", \"model\": null},\n"
    "  {\"name\": \"dm\", \"kind\": \"dm\", \"meaning\": \"a model alone\", \"model\": \"logistic\"},\n"
    "  {\"name\": \"a_name_that_is_long\", \"kind\": \"dr\", \"meaning\": \"both\", \"model\": \"wrong\"},\n"
    "  {\"name\": \"pseudo\", \"kind\": \"pseudo_inverse\", \"meaning\": \"sums\", \"model\": null}], \"config\": {}, \"files\": []}";

static const char truth[] =
    "role,policy,arm,softness,epsilon,value,unsupported,mean_square_weight,most_weight\n"
    "logging,soft,soft,1,0.1,0.21,0,1,1\ntarget,sharp,soft,0.5,0,0.3,0.25,2,7\ntarget,even,rand,1,0,0.1,0,3,9\n";

static const char overlap[] =
    "size,target,ess,ess_se,mean_weight,mean_weight_se,most_weight,most_weight_se,zero_share,zero_share_se\n"
    "100,sharp,50,1,1,0.1,6,0.1,0,0\n100,even,30,1,1,0.1,8,0.1,0,0\n400,sharp,200,1,1,0.1,7,0.1,0,0\n400,even,120,1,1,0.1,9,0.1,0,0\n";

#define HEAD "size,target,estimator,truth,logs,mean,bias,bias_se,sd,sd_se,rmse,rmse_se,coverage,coverage_se,width,width_se," \
             "boot_coverage,boot_coverage_se,boot_width,boot_width_se\n"

/* ips is honest; dm lies about sharp and is too sure of even; the long one is biased, covered; pseudo says nothing. */
static const char *estimators(void)
{
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, HEAD);

    for (int z = 0; z < 2; z++) {
        for (int t = 0; t < 2; t++) {
            const double size = z == 0 ? 100 : 400, of = t == 0 ? 0.3 : 0.1, e = z == 0 ? 0.04 : 0.02;
            const char *name = t == 0 ? "sharp" : "even";

            n += (size_t)snprintf(text + n, sizeof text - n,
                                  "%g,%s,ips,%g,100,%g,0.001,0.002,%g,0.001,%g,0.001,0.94,0.02,0.08,0.001,,,,\n"
                                  "%g,%s,dm,%g,100,%g,%g,0.001,0.01,0.001,%g,0.001,%g,0.02,0.01,0.001,,,,\n"
                                  "%g,%s,a_name_that_is_long,%g,100,%g,0.008,0.0015,%g,0.001,%g,0.001,0.93,0.02,0.08,0.001,,,,\n"
                                  "%g,%s,pseudo,%g,0,,,,,,,,,,,,,,,\n",
                                  size, name, of, of + 0.001, e, e, size, name, of, of - (t == 0 ? 0.05 : 0.001),
                                  t == 0 ? -0.05 : -0.001, t == 0 ? 0.051 : 0.0101, t == 0 ? 0.02 : 0.6, size, name, of, of + 0.008,
                                  e, e, size, name, of);
        }
    }
    return text;
}

static const char *directory(const char *head, const char *values, const char *table)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("ope"), NULL), PAL_OK);
    scratch_text("ope/manifest.json", head);
    scratch_text("ope/truth.csv", values);
    scratch_text("ope/estimators.csv", table);
    scratch_text("ope/overlap.csv", overlap);
    return scratch_path("ope");
}

static pal_ope_data *load(void)
{
    pal_ope_data *d = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_ope_data_load(&d, directory(manifest, truth, estimators()), &err) == PAL_OK, "%s", err.text);
    return d;
}

START_TEST(tables_become_cells_and_verdicts)
{
    pal_ope_data *d = load();

    ck_assert(d->n_sizes == 2 && d->n_targets == 2 && d->n_estimators == 4 && d->logging_value == 0.21);
    ck_assert(d->truth[0] == 0.3 && d->unsupported[0] == 0.25 && d->ess[3] == 120 && d->most_weight[1] == 8);
    ck_assert_double_eq_tol(pal_ope_at(d, 1, 0, 1)->bias.lo, -0.05 - 1.959963984540054 * 0.001, 1e-12);
    ck_assert_int_eq(pal_ope_verdict_of(d, 0, 0), PAL_OPE_HONEST);
    ck_assert_int_eq(pal_ope_verdict_of(d, 0, 1), PAL_OPE_LIES);
    ck_assert_int_eq(pal_ope_verdict_of(d, 1, 1), PAL_OPE_NARROW);
    ck_assert_int_eq(pal_ope_verdict_of(d, 0, 2), PAL_OPE_BIASED);
    ck_assert_int_eq(pal_ope_verdict_of(d, 0, 3), PAL_OPE_UNDEFINED);
    pal_ope_data_free(d);
}
END_TEST

static const pal_figure *const figures[] = { &pal_fig_ope_size, &pal_fig_ope_bias, &pal_fig_ope_coverage };

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    const pal_figure *figure = figures[_i];
    pal_ope_data *d = load();

    plots_check_figure(figure, &d->run, 13);
    pal_ope_data_free(d);
}
END_TEST

START_TEST(figures_tell_their_numbers)
{
    static const char *const parts[] = { "sharp,ips,400,0.02,", "sharp,dm,0.3,0.25,", "even,dm,400,0.6," };
    pal_ope_data *d = load();
    pal_text csv = { 0 };

    ck_assert_int_eq(figures[_i]->data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, parts[_i]);
    pal_text_clear(&csv);
    pal_ope_data_free(d);
}
END_TEST

START_TEST(the_page_says_who_is_close_and_who_lies)
{
    pal_report_options how = pal_report_defaults();
    pal_text answer = { 0 };
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, truth, estimators()));
    ck_assert_int_eq(pal_ope_report_draw(scratch_path("ope"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_ope_report_answer(&answer, scratch_path("ope"), NULL), PAL_OK);
    ck_assert_has(answer.bytes, "With 400 decisions in a log, ips comes closest to sharp (worth 0.3000, off by 0.0200)");
    ck_assert_has(answer.bytes, "dm to even (worth 0.1000, off by 0.0101)");
    ck_assert_has(answer.bytes, "is seen on any target in ips.");
    ck_assert_has(answer.bytes, "dm lies about sharp: 0.0500 too low");
    ck_assert_has(answer.bytes, "of sharp goes to what soft never shows");
    ck_assert_has(html, "dm lies about sharp");
    ck_assert_has(html, "o &amp; p");
    ck_assert_has(html, "why &lt;it&gt;");
    ck_assert_has(html, "a model alone; model: logistic");
    pal_text_clear(&answer);
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_ope_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_ope_data_load(&d, directory("{\"format\": \"palate-run/1\"}", truth, HEAD), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no study");
    ck_assert_int_eq(pal_ope_data_load(&d, directory(manifest, "role,policy,value,unsupported\ntarget,odd,1,0\n", HEAD), &err),
                     PAL_ERR_DATA);
    ck_assert_has(err.text, "truth.csv: row 1: policy \"odd\"");
    ck_assert_int_eq(pal_ope_data_load(&d, directory(manifest, truth, HEAD "77,sharp,ips,,,,,,,,,,,,,,,,,\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "estimators.csv: row 1: size 77");
    ck_assert_int_eq(pal_ope_data_load(&d, directory(manifest, truth, HEAD "400,sharp,ips,x,1,y,,,,,,,,,,,,,,\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "estimators.csv");
    ck_assert_int_eq(pal_ope_data_load(&d, directory(manifest, truth, "size,target\n400,sharp\n"), &err), PAL_ERR_DATA);
    ck_assert_int_eq(pal_ope_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
    ck_assert(!pal_is_ope(scratch_path("nowhere")) && pal_is_ope(directory(manifest, truth, estimators())));
}
END_TEST

Suite *suite_plots_ope_report(void)
{
    Suite *s = suite_create("plots/ope_report");
    TCase *tc = tcase_create("ope_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, tables_become_cells_and_verdicts);
    tcase_add_loop_test(tc, nothing_leaves_the_page_or_lies_upon_another, 0, 3);
    tcase_add_loop_test(tc, figures_tell_their_numbers, 0, 3);
    tcase_add_test(tc, the_page_says_who_is_close_and_who_lies);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}
