/* Response surfaces and their page, from files written by hand. */
#include "plots/sweep_data.h"
#include "plots/sweep_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/plots_page.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_plots_sweep_report(void);

static const char manifest[] =
    "{\"format\": \"palate-sweep/1\", \"palate\": \"x\", \"name\": \"s & t\", \"purpose\": \"why <it>\", \"experiment\": \"e.json\",\n"
    " \"digest\": \"00\", \"baseline\": \"base\", \"design\": \"grid\", \"points\": 6, \"level\": 0.95, \"arms\": [\"best\", \"base\"],\n"
    " \"seeds\": [\"1\", \"2\"], \"metrics\": [{\"name\": \"like_rate\", \"meaning\": \"likes per impression\", \"better\": 1}],\n"
    " \"config\": {}}";

static const char points[] = "point,people.contradiction,response.model\n0,0,multi-taste\n1,0,other\n2,0.5,multi-taste\n3,0.5,other\n"
                             "4,1,multi-taste\n5,1,other\n";

#define HEAD "point,arm,metric,value,lo,hi,n,diff,diff_lo,diff_hi,cohen,cliff,p,p_adjusted,needed,variance_reduction,worlds," \
             "worlds_lo,worlds_hi,significant\n"

/* Six points; `best` leads by a tenth of the point's number, significantly from 3 on. */
static const char *surface(void)
{
    static char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, HEAD);

    for (int p = 0; p < 6; p++) {
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "%d,best,like_rate,%g,%g,%g,100,%g,%g,%g,0.5,0.3,0.01,0.02,20,0.5,2,0,1,%d\n"
                              "%d,base,like_rate,0.2,0.1,0.3,100,,,,,,,,,,,,,\n",
                              p, 0.2 + 0.1 * p, 0.1 + 0.1 * p, 0.3 + 0.1 * p, 0.1 * p, 0.1 * p - 0.1, 0.1 * p + 0.1, p >= 3, p);
    }
    return text;
}

static const char *directory(const char *head, const char *where, const char *table)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("sweep"), NULL), PAL_OK);
    scratch_text("sweep/manifest.json", head);
    scratch_text("sweep/points.csv", where);
    scratch_text("sweep/surface.csv", table);
    return scratch_path("sweep");
}

static pal_sweep_data *load(void)
{
    pal_sweep_data *d = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_sweep_data_load(&d, directory(manifest, points, surface()), &err) == PAL_OK, "%s", err.text);
    return d;
}

START_TEST(numbers_and_words_become_axes)
{
    pal_sweep_data *d = load();

    ck_assert(d->n_points == 6 && d->n_axes == 2 && d->n_arms == 2 && d->baseline == 1);
    ck_assert(d->axis[0].numeric && d->axis[0].n_levels == 3 && d->axis[0].level[1] == 0.5);
    ck_assert(!d->axis[1].numeric && d->axis[1].n_levels == 2);
    ck_assert_str_eq(d->axis[1].name[1], "other");
    ck_assert_double_eq_tol(d->value[pal_sweep_at(d, 4, 0, 0)].value, 0.6, 1e-12);
    ck_assert(isnan(d->diff[pal_sweep_at(d, 4, 1, 0)].value));
    ck_assert(d->significant[pal_sweep_at(d, 3, 0, 0)] && !d->significant[pal_sweep_at(d, 2, 0, 0)]);
    pal_sweep_data_free(d);
}
END_TEST

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    const pal_figure *figure = _i == 0 ? &pal_fig_sweep : &pal_fig_sweep_map;
    pal_sweep_data *d = load();

    plots_check_figure(figure, &d->run, 9);
    pal_sweep_data_free(d);
}
END_TEST

START_TEST(the_page_says_where_who_leads)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, points, surface()));
    ck_assert_int_eq(pal_sweep_report_draw(scratch_path("sweep"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "best beats base at 3 of 6 points; at 3 the two cannot be told apart");
    ck_assert_has(html, "of best at people.contradiction = 1, response.model = other");
    ck_assert_has(html, "s &amp; t");
    ck_assert_has(html, "why &lt;it&gt;");
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_sweep_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_sweep_data_load(&d, directory("{\"format\": \"palate-run/1\"}", points, surface()), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no sweep");
    ck_assert_int_eq(pal_sweep_data_load(&d, directory(manifest, "point\n0\n", surface()), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "points.csv");
    ck_assert_int_eq(pal_sweep_data_load(&d, directory(manifest, points, HEAD "9,best,like_rate,1,1,1,1,,,,,,,,,,,,,\n"), &err),
                     PAL_ERR_DATA);
    ck_assert_has(err.text, "surface.csv: row 1");
    ck_assert_int_eq(pal_sweep_data_load(&d, directory(manifest, points, "point,arm\n0,best\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "surface.csv");
    ck_assert_int_eq(pal_sweep_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
    ck_assert(!pal_is_sweep(scratch_path("nowhere")) && pal_is_sweep(directory(manifest, points, surface())));
}
END_TEST

Suite *suite_plots_sweep_report(void)
{
    Suite *s = suite_create("plots/sweep_report");
    TCase *tc = tcase_create("sweep_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, numbers_and_words_become_axes);
    tcase_add_loop_test(tc, nothing_leaves_the_page_or_lies_upon_another, 0, 2);
    tcase_add_test(tc, the_page_says_where_who_leads);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}
