/* Figures of a trial and their page, from files written by hand. */
#include "plots/axis.h"
#include "plots/trial_data.h"
#include "plots/trial_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_plots_trial_report(void);

static const char manifest[] =
    "{\"format\": \"palate-trial/1\", \"palate\": \"x\", \"name\": \"s & t\", \"purpose\": \"why <it>\", \"experiment\": "
    "\"e.json\",\n"
    " \"digest\": \"00\", \"control\": \"pop\", \"treatment\": \"new\", \"rounds\": 30, \"people\": 500, \"slots_control\": "
    "700,\n"
    " \"slots_treatment\": 701, \"metrics\": [{\"name\": \"likes\", \"meaning\": \"likes a round\", \"better\": 1}],\n"
    " \"methods\": [{\"name\": \"paired\", \"label\": \"Paired, same luck\"}, {\"name\": \"ab\", \"label\": \"A/B\"}, {\"name\": "
    "\"interleaved\", \"label\": \"Interleaving\"}],\n"
    " \"settings\": {\"level\": 0.9, \"power\": 0.8, \"pre_rounds\": 10}, \"config\": {}}";

static const char truth[] = "metric,n,control,treatment,difference,lo,hi,se,p,correlation\n"
                            "likes,500,0.4,0.6,0.2,0.15,0.25,0.02,0.001,0.7\n";

static const char methods[] =
    "metric,feedback,method,repeats,people,mean,bias,bias_se,sd,rmse,se,width,coverage,coverage_lo,coverage_hi,power,power_lo,"
    "power_hi,sign,needed,needed_lo,needed_hi,relative,interference,interference_se,srm_alarms,decided\n"
    "likes,isolated,paired,1,500,0.2,,,,,0.02,0.1,,,,,,,,30,,,0.1,,,,\n"
    "likes,isolated,ab,11,500,0.25,0.05,0.1,0.3,0.3,0.3,0.9,0.8,0.6,0.9,1,0.8,1,1,300,250,,1,,,0,\n"
    "likes,shared,ab,2,500,0.1,-0.1,0.004,0.05,0.1,0.05,0.2,0,0,0.6,0.5,0.1,0.9,1,900,500,3000,3,-0.09,0.01,0,\n"
    "likes,shared,interleaved,3,500,0.3,,0.001,0.01,,0.01,0.04,,,,1,0.4,1,1,20,18,22,0.07,,,,\n";

/* Isolated: 0, 0.05, … 0.5. */
static const char *estimates(void)
{
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "repeat,method,feedback,metric,estimate\n0,paired,isolated,likes,0.2\n");

    for (int r = 10; r >= 0; r--) n += (size_t)snprintf(text + n, sizeof text - n, "%d,ab,isolated,likes,%g\n", r, 0.05 * r);
    snprintf(text + n, sizeof text - n, "0,ab,shared,likes,0.08\n1,ab,shared,likes,0.12\n2,ab,shared,likes,\n");
    return text;
}

static const char sequence[] = "feedback,metric,pairs,estimate,lo,hi,fixed_lo,fixed_hi,p\nisolated,likes,1,0.2,,,,,1\n"
                               "isolated,likes,2,0.3,-0.4,1,-0.1,0.7,1\nisolated,likes,3,0.25,-0.1,0.6,0,0.5,0.2\n"
                               "shared,likes,2,0.1,-0.6,0.8,-0.3,0.5,1\nshared,likes,3,0.12,-0.2,0.44,0,0.24,1\n";

static const char *directory(const char *head, const char *table)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("trial"), NULL), PAL_OK);
    scratch_text("trial/manifest.json", head);
    scratch_text("trial/truth.csv", truth);
    scratch_text("trial/methods.csv", table);
    scratch_text("trial/estimates.csv", estimates());
    scratch_text("trial/sequence.csv", sequence);
    return scratch_path("trial");
}

static pal_trial_data *load(void)
{
    pal_trial_data *d = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_trial_data_load(&d, directory(manifest, methods), &err) == PAL_OK, "%s", err.text);
    return d;
}

START_TEST(tables_become_methods_with_their_spread)
{
    pal_trial_data *d = load();
    const pal_trial_method_data *ab = pal_trial_find(d, 0, "ab", "isolated"), *shared = pal_trial_find(d, 0, "ab", "shared");

    ck_assert(d->n_metrics == 1 && d->n_methods == 4 && d->n_sequences == 2);
    ck_assert_str_eq(ab->label, "A/B");
    ck_assert_double_eq_tol(ab->spread.value, 0.25, 1e-12);
    ck_assert_double_eq_tol(ab->spread.lo, 0.025, 1e-12); /* the middle 90 % of 0, 0.05 … 0.5 */
    ck_assert_double_eq_tol(ab->spread.hi, 0.475, 1e-12);
    ck_assert(isnan(ab->needed.hi) && ab->needed.lo == 250);
    ck_assert_double_eq_tol(shared->spread.lo, 0.082, 1e-12); /* an empty estimate does not count */
    ck_assert(shared->interference == -0.09 && isnan(ab->interference));
    ck_assert_double_eq_tol(d->metric[0].truth.lo, 0.15, 1e-12);
    ck_assert_ptr_null(pal_trial_find(d, 0, "cuped", "isolated"));
    pal_trial_data_free(d);
}
END_TEST

START_TEST(looks_begin_where_there_is_an_interval)
{
    pal_trial_data *d = load();

    ck_assert(d->looks[0].n == 2 && d->looks[1].n == 2);
    ck_assert_str_eq(d->looks[1].feedback, "shared");
    ck_assert(d->looks[0].people[0] == 4 && d->looks[0].hi[1] == 0.6);
    pal_trial_data_free(d);
}
END_TEST

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    const pal_figure *const figures[] = { &pal_fig_trial_methods, &pal_fig_trial_needed, &pal_fig_trial_sequence };
    const pal_figure *figure = figures[_i];
    pal_trial_data *d = load();
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 }, csv = { 0 };
    const pal_text_box *box;
    size_t n;

    ck_assert(pal_figure_has_data(figure, &d->run));
    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, figure->height(&d->run, 0), NULL),
                     PAL_OK);
    ck_assert_int_eq(figure->draw(canvas, &d->run, 0, NULL), PAL_OK);
    box = pal_canvas_texts(canvas, &n);
    ck_assert_uint_gt(n, 8);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= PAL_PAGE_WIDTH && box[i].y1 <= pal_canvas_height(canvas),
                      "'%s' leaves the page",
                      box[i].text);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(fmin(box[i].x1, box[j].x1) - fmax(box[i].x0, box[j].x0) <= 0.3 ||
                          fmin(box[i].y1, box[j].y1) - fmax(box[i].y0, box[j].y0) <= 0.3, "'%s' lies upon '%s'", box[i].text,
                          box[j].text);
        }
    }
    ck_assert_int_eq(figure->data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_int_eq(pal_canvas_finish(canvas, "x", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_text_clear(&csv);
    pal_canvas_free(canvas);
    pal_trial_data_free(d);
}
END_TEST

START_TEST(figures_tell_the_numbers_they_draw)
{
    pal_trial_data *d = load();
    pal_text csv = { 0 };

    ck_assert_int_eq(pal_fig_trial_methods.data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, "likes,ab,shared,0.1,0.082,0.118,0.2,-0.1,0.004,0\n");
    ck_assert_ptr_null(strstr(csv.bytes, "interleaved")); /* another scale */
    pal_text_clear(&csv);
    csv = (pal_text){ 0 };
    ck_assert_int_eq(pal_fig_trial_needed.data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, "likes,interleaved,shared,20,18,22\n");
    ck_assert_has(csv.bytes, "likes,ab,isolated,300,250,\n");
    pal_text_clear(&csv);
    pal_trial_data_free(d);
}
END_TEST

START_TEST(the_page_says_what_a_test_would_have_found)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, methods));
    ck_assert_int_eq(pal_trial_report_draw(scratch_path("trial"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "Launching new to everybody instead of pop changes likes a round from 0.400 to 0.600: by 0.200");
    ck_assert_has(html, "no bias can be told from chance (+0.050 \xc2\xb1 0.100)");
    ck_assert_has(html, "\xe2\x88\x92" "0.090 \xc2\xb1 0.010 off by being a test, too little");
    ck_assert_has(html, "takes 30 people paired with themselves under the same luck, 300 in a plain A/B test, 20 by "
                        "interleaving.");
    ck_assert_has(html, "s &amp; t");
    ck_assert_has(html, "why &lt;it&gt;");
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_trial_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_trial_data_load(&d, directory("{\"format\": \"palate-run/1\"}", methods), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no trial");
    ck_assert_int_eq(pal_trial_data_load(&d, directory("{\"format\": \"palate-trial/1\"}", methods), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "settings");
    ck_assert_int_eq(pal_trial_data_load(&d, directory(manifest, "metric,method\nlikes,ab\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "methods.csv");
    ck_assert_has(err.text, "feedback");
    ck_assert_int_eq(pal_trial_data_load(&d, directory(manifest, "metric,feedback,method\nsmiles,own,ab\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "methods.csv: row 1: manifest.json has no metric \"smiles\"");
    ck_assert_int_eq(pal_trial_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
    ck_assert(!pal_is_trial(scratch_path("nowhere")) && pal_is_trial(directory(manifest, methods)));
}
END_TEST

Suite *suite_plots_trial_report(void)
{
    Suite *s = suite_create("plots/trial_report");
    TCase *tc = tcase_create("trial_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, tables_become_methods_with_their_spread);
    tcase_add_test(tc, looks_begin_where_there_is_an_interval);
    tcase_add_loop_test(tc, nothing_leaves_the_page_or_lies_upon_another, 0, 3);
    tcase_add_test(tc, figures_tell_the_numbers_they_draw);
    tcase_add_test(tc, the_page_says_what_a_test_would_have_found);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}
