/* The figure of quantiles and its page, from files written by hand. */
#include "plots/realism_data.h"
#include "plots/realism_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/plots_page.h"
#include "tests/support/scratch.h"

#include <stdio.h>

Suite *suite_plots_realism_report(void);

static const char manifest[] =
    "{\"format\": \"palate-realism/1\", \"palate\": \"x\", \"as\": \"clicked\", \"least\": 20, \"sample\": 20, \"xmin\": 3,\n"
    " \"real\": {\"name\": \"films & <co>\", \"digest\": \"00\", \"people\": 943, \"items\": 1682, \"rows\": 100000},\n"
    " \"simulated\": {\"name\": \"run / random\", \"digest\": \"01\", \"people\": 900, \"items\": 1600, \"rows\": 90000},\n"
    " \"level\": 0.95, \"alike_se\": 2, \"close_share\": 0.1, \"alike_ks\": 0.1, \"close_ks\": 0.2, \"files\": []}";

#define HEAD "kind,name,meaning,real,real_lo,real_hi,real_se,simulated,simulated_lo,simulated_hi,simulated_se,distance_se,ks," \
             "wasserstein,wasserstein_sd,n_real,n_simulated,verdict\n"
#define SPREAD(name, meaning, verdict) "distribution," name "," meaning ",5,,,,6,,,,,0.2385,1.5,0.1173,943,900," verdict "\n"
static const char rows[] = HEAD "moment,like_mean,mean share of likes,0.58,0.57,0.59,0.005,0.57,0.56,0.58,0.005,-1.4,,,,943,900,alike\n"
    "moment,drift,\"drift, of <genres>\",0.071,0.06,0.08,0.004,0.003,0,0.01,0.005,-9,,,,744,700,apart\n"
    "moment,repeat_gap,median,,,,,,,,,,,,,0,0,not told\n"
    SPREAD("activity", "Items per person with a rather long name of its own", "close") SPREAD("item", "People per item", "apart")
    SPREAD("effective", "Effective genres", "alike") SPREAD("top1", "Largest genre", "alike") SPREAD("like", "Likes", "alike");

static const char *directory(const char *head, const char *table, const char *quantiles)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("real"), NULL), PAL_OK);
    scratch_text("real/manifest.json", head);
    scratch_text("real/realism.csv", table);
    scratch_text("real/quantiles.csv", quantiles);
    return scratch_path("real");
}

static const char *quantiles(void)
{
    static const char *const names[] = { "activity", "item", "effective", "top1", "like", "unknown" };
    static char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "name,p,real,simulated\n");

    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        for (int i = 0; i < 9; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%s,0.%d,%g,%g\n", names[k], i + 1, k < 2 ? i * 12345.5 : 0.1 * i, k < 2 ? 1.0 : 0.05 * i);
        }
    }
    return text;
}

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    pal_realism_data *d = NULL;

    ck_assert_int_eq(pal_realism_data_load(&d, directory(manifest, rows, quantiles()), NULL), PAL_OK);
    ck_assert_uint_eq(d->n_qq, 5);
    ck_assert_uint_eq(d->qq[0].n, 9);
    ck_assert(d->qq[0].log && !d->qq[4].log);
    plots_check_figure(&pal_fig_realism, &d->run, 21);
    pal_realism_data_free(d);
}
END_TEST

START_TEST(colours_follow_the_verdict)
{
    const pal_realism_line alike = { .verdict = "alike" }, apart = { .verdict = "apart" }, other = { .verdict = "close" };

    ck_assert_int_eq(pal_realism_role(&alike), PAL_GOOD);
    ck_assert_int_eq(pal_realism_role(&apart), PAL_BAD);
    ck_assert_int_eq(pal_realism_role(&other), PAL_SUBTLE);
}
END_TEST

START_TEST(the_page_tells_all_and_escapes_names)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = PAL_FORMAT_SVG;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, rows, quantiles()));
    ck_assert_int_eq(pal_realism_report_draw(scratch_path("real"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "Of 7 statistics that both sides tell, 4 are alike, 1 close and 2 apart");
    ck_assert_has(html, "the farthest: drift, of &lt;genres&gt;, 0.003 instead of 0.071");
    ck_assert_has(html, "films &amp; &lt;co&gt;");
    ck_assert_ptr_null(strstr(html, "<co>"));
    ck_assert(pal_is_realism(scratch_path("real")));
    ck_assert(pal_file_exists(scratch_path("real/report.pdf")));
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_realism_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_realism_data_load(&d, directory("{\"format\": \"palate-run/1\"}", rows, quantiles()), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no realism report");
    ck_assert(!pal_is_realism(scratch_path("real")));
    ck_assert_int_eq(pal_realism_data_load(&d, directory(manifest, "kind,name\nmoment,x\n", quantiles()), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "realism.csv");
    ck_assert_int_eq(pal_realism_data_load(&d, directory(manifest, rows, "name,p,real,simulated\nactivity,0.5,much,1\n"), &err),
                     PAL_ERR_DATA);
    ck_assert_has(err.text, "real");
    ck_assert_int_eq(pal_realism_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
}
END_TEST

Suite *suite_plots_realism_report(void)
{
    Suite *s = suite_create("plots/realism_report");
    TCase *tc = tcase_create("realism_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, nothing_leaves_the_page_or_lies_upon_another);
    tcase_add_test(tc, colours_follow_the_verdict);
    tcase_add_test(tc, the_page_tells_all_and_escapes_names);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}
