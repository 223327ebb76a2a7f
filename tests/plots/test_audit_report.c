/* Figures of an audit and their page, from files written by hand. */
#include "plots/audit_data.h"
#include "plots/audit_report.h"
#include "plots/axis.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_plots_audit_report(void);

static const char manifest[] =
    "{\"format\": \"palate-audit/1\", \"palate\": \"x\", \"name\": \"s & t\", \"purpose\": \"why <it>\", \"experiment\": "
    "\"e.json\",\n"
    " \"digest\": \"00\", \"people\": 50, \"items\": 70, \"log_rounds\": 8, \"slots\": 5, \"fits\": 12,\n"
    " \"logging\": [{\"name\": \"rand\", \"impressions\": 900, \"likes\": 31.5}, {\"name\": \"pop\", \"impressions\": 800, "
    "\"likes\": 60}],\n"
    " \"models\": [{\"name\": \"a\", \"label\": \"Model A\"}, {\"name\": \"b\", \"label\": \"Model B\"}],\n"
    " \"splits\": [\"time\"], \"views\": [\"full\", \"100 uniform\"], \"metrics\": [{\"name\": \"ndcg@10\", \"meaning\": \"m\", "
    "\"truth\": \"t\"}, {\"name\": \"auc\", \"meaning\": \"m2\", \"truth\": \"t2\"}],\n"
    " \"files\": [], \"settings\": {\"level\": 0.95, \"seeds\": 2, \"k\": 10, \"serve_rounds\": 3}, \"config\": {}}";

/* Full: a before b in every world and log but (2, pop), where they are equal; 100 uniform: b before a. */
static const char audit[] = "seed,logging,split,view,metric,model,estimate,lo,hi,n\n"
                            "1,rand,time,full,ndcg@10,a,0.5,0.4,0.6,40\n1,rand,time,full,ndcg@10,b,0.3,0.2,0.4,40\n"
                            "1,pop,time,full,ndcg@10,a,0.5,0.4,0.6,40\n1,pop,time,full,ndcg@10,b,0.3,0.2,0.4,40\n"
                            "2,rand,time,full,ndcg@10,a,0.5,0.4,0.6,40\n2,rand,time,full,ndcg@10,b,0.3,0.2,0.4,40\n"
                            "2,pop,time,full,ndcg@10,a,0.3,0.4,0.6,40\n2,pop,time,full,ndcg@10,b,0.3,0.2,0.4,40\n"
                            "1,rand,time,full,auc,a,0.1,0,1,40\n"
                            "1,rand,time,100 uniform,ndcg@10,a,0.8,0.7,0.9,40\n1,rand,time,100 uniform,ndcg@10,b,0.9,0.8,1,40\n";

static const char truth[] = "seed,logging,fit,kind,metric,model,value,lo,hi,n\n"
                            "1,rand,all,online,expected_likes,a,0.9,0.8,1,50\n1,rand,all,online,expected_likes,b,0.5,0.4,0.6,50\n"
                            "2,rand,all,online,expected_likes,a,0.7,0.6,0.8,50\n2,rand,all,online,expected_likes,b,0.3,0.2,0.4,50\n"
                            "1,rand,all,known,likes@10,a,0.09,0.08,0.1,50\n1,rand,all,known,likes@10,b,0.1,0.09,0.11,50\n"
                            "1,rand,time,known,likes@10,a,9,9,9,50\n"
                            "1,rand,all,known,list_popularity,a,3,2,4,50\n1,rand,all,known,list_popularity,b,1.5,1,2,50\n";

static const char protocols[] =
    "logging,split,view,metric,truth,worlds,tau,tau_lo,tau_hi,reversed,reversed_lo,reversed_hi,picked,picked_lo,picked_hi,regret,"
    "regret_lo,regret_hi,spread,tilt,tilt_lo,tilt_hi,bias,bias_lo,bias_hi\n"
    "rand,time,full,ndcg@10,online,2,0.9,0.8,1,0,0,0.1,1,0.3,1,0,0,0.1,0.4,0.3,0.2,0.5,,,\n"
    "all,time,full,ndcg@10,online,2,0.8,0.7,0.9,0.1,0,0.2,0.9,0.3,1,0.01,0,0.1,0.4,0.25,0.1,0.4,,,\n"
    "all,time,full,ndcg@10,known,2,0.6,0.5,0.9,0.1,0,0.2,0.9,0.3,1,0.01,0,0.1,0.4,0.25,0.1,0.4,,,\n"
    "all,time,full,auc,online,2,0.1,0,0.2,0.4,0,1,0.5,0.1,0.9,0.2,0,0.4,0.4,0,-1,1,0.05,0.01,0.09\n"
    "all,time,100 uniform,ndcg@10,online,2,-1,-1,-0.9,1,1,1,0,0,0.6,0.4,0.3,0.5,0.4,-0.6,-0.9,-0.3,,,\n";

static const char sampled[] = "seed,logging,negatives,model,recall,lo,hi,n\n"
                              "1,rand,10,a,0.9,0.8,1,40\n1,rand,10,b,0.95,0.9,1,40\n1,rand,all,a,0.4,0.3,0.5,40\n"
                              "1,rand,all,b,0.02,0,0.04,40\n2,rand,10,a,0.8,0.7,0.9,40\n2,rand,10,b,0.85,0.8,0.9,40\n"
                              "2,rand,all,a,0.3,0.3,0.5,40\n2,rand,all,b,0.04,0,0.04,40\n";

static const char *directory(const char *head, const char *table)
{
    ck_assert_int_eq(pal_dir_make(scratch_path("audit"), NULL), PAL_OK);
    scratch_text("audit/manifest.json", head);
    scratch_text("audit/audit.csv", audit);
    scratch_text("audit/truth.csv", truth);
    scratch_text("audit/protocols.csv", table);
    scratch_text("audit/sampled.csv", sampled);
    return scratch_path("audit");
}

static pal_audit_data *load(void)
{
    pal_audit_data *d = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_audit_data_load(&d, directory(manifest, protocols), &err) == PAL_OK, "%s", err.text);
    return d;
}

START_TEST(tables_become_places_and_means_over_worlds)
{
    pal_audit_data *d = load();

    ck_assert(d->models.n == 2 && d->logs.n == 2 && d->n_rows == 5 && d->n_curve == 2);
    ck_assert_double_eq_tol(pal_audit_rank_of(d, 0, 0, 0)->value, 1.125, 1e-12); /* worlds: 1, and (1 + 1.5) / 2 */
    ck_assert_double_eq_tol(pal_audit_rank_of(d, 0, 0, 1)->value, 1.875, 1e-12);
    ck_assert(pal_audit_rank_of(d, 0, 1, 1)->value == 1 && isnan(pal_audit_rank_of(d, 0, 1, 1)->lo)); /* one world */
    ck_assert_double_eq_tol(d->online[0].value, 0.8, 1e-12);
    ck_assert_double_eq_tol(d->online[0].hi, 0.8 + 12.706204736432095 * 0.1, 1e-9); /* t of one degree of freedom */
    ck_assert(d->known_rank[0].value == 2 && d->known[0].value == 0.09); /* fits of a split do not count */
    ck_assert(d->curve_at[0] == 10 && isnan(d->curve_at[1]));
    ck_assert_double_eq_tol(d->curve[2].value, 0.35, 1e-12);
    ck_assert(pal_audit_find(d, SIZE_MAX, 0, 1, true)->tau.value == -1 && pal_audit_find(d, SIZE_MAX, 0, 1, false) == NULL);
    ck_assert(pal_audit_find(d, 0, 0, 0, true)->tau.value == 0.9);
    pal_audit_data_free(d);
}
END_TEST

START_TEST(nothing_leaves_the_page_or_lies_upon_another)
{
    const pal_figure *const figures[] = { &pal_fig_audit_order, &pal_fig_audit_agreement, &pal_fig_audit_sampled,
                                          &pal_fig_audit_popularity };
    const pal_figure *figure = figures[_i];
    pal_audit_data *d = load();
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };
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
                      "'%s' leaves the page", box[i].text);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(fmin(box[i].x1, box[j].x1) - fmax(box[i].x0, box[j].x0) <= 0.3 ||
                          fmin(box[i].y1, box[j].y1) - fmax(box[i].y0, box[j].y0) <= 0.3, "'%s' lies upon '%s'", box[i].text,
                          box[j].text);
        }
    }
    ck_assert_int_eq(pal_canvas_finish(canvas, "x", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    pal_audit_data_free(d);
}
END_TEST

START_TEST(figures_tell_the_numbers_they_draw)
{
    static const struct { const pal_figure *figure; const char *part; } rows[] = {
        { &pal_fig_audit_order, "truth,known,a,2,,\n" },
        { &pal_fig_audit_agreement, "time,100 uniform,online,-1,-1,-0.9,0.4,0.3,0.5,0,0,0.6\n" },
        { &pal_fig_audit_sampled, "10,a," },
        { &pal_fig_audit_popularity, "rand,time,full,0.3,0.2,0.5\n" },
    };
    pal_audit_data *d = load();
    pal_text csv = { 0 };

    ck_assert_int_eq(rows[_i].figure->data(&csv, &d->run, 0, NULL), PAL_OK);
    ck_assert_has(csv.bytes, rows[_i].part);
    ck_assert_ptr_null(strstr(csv.bytes, "auc"));
    pal_text_clear(&csv);
    pal_audit_data_free(d);
}
END_TEST

START_TEST(the_page_says_which_protocol_can_be_believed)
{
    pal_report_options how = pal_report_defaults();
    char *html = NULL, path[512];
    size_t n;

    how.formats = 0;
    snprintf(path, sizeof path, "%s/report.html", directory(manifest, protocols));
    ck_assert_int_eq(pal_audit_report_draw(scratch_path("audit"), &how, NULL), PAL_OK);
    ck_assert_int_eq(pal_file_read(&html, &n, path, NULL), PAL_OK);
    ck_assert_has(html, "Served to the same people with the same luck, Model A earns the most: 0.800");
    ck_assert_has(html, "By ndcg@10 the order closest to the truth comes from \xe2\x80\x9ctime, full\xe2\x80\x9d (\xcf\x84 0.800 "
                        "[0.700, 0.900]");
    ck_assert_has(html, "the furthest from \xe2\x80\x9ctime, 100 uniform\xe2\x80\x9d");
    ck_assert_has(html, "Of 1 protocols on a log 1 favour models of popular lists and 0 disfavour them.");
    ck_assert_has(html, "s &amp; t");
    ck_assert_has(html, "why &lt;it&gt;");
    pal_free(html);
}
END_TEST

START_TEST(bad_files_are_named)
{
    pal_audit_data *d = NULL;
    pal_error err;

    ck_assert_int_eq(pal_audit_data_load(&d, directory("{\"format\": \"palate-run/1\"}", protocols), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "holds no audit");
    ck_assert_int_eq(pal_audit_data_load(&d, directory("{\"format\": \"palate-audit/1\"}", protocols), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "settings");
    ck_assert_int_eq(pal_audit_data_load(&d, directory(manifest, "logging,split\nrand,time\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "protocols.csv");
    ck_assert_int_eq(pal_audit_data_load(&d, directory(manifest, "logging,split,view\nrand,cold,full\n"), &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "protocols.csv: row 1: manifest.json has no split \"cold\"");
    ck_assert_int_eq(pal_audit_data_load(&d, scratch_path("nowhere"), &err), PAL_ERR_IO);
    ck_assert(!pal_is_audit(scratch_path("nowhere")) && pal_is_audit(directory(manifest, protocols)));
}
END_TEST

Suite *suite_plots_audit_report(void)
{
    Suite *s = suite_create("plots/audit_report");
    TCase *tc = tcase_create("audit_report");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, tables_become_places_and_means_over_worlds);
    tcase_add_loop_test(tc, nothing_leaves_the_page_or_lies_upon_another, 0, 4);
    tcase_add_loop_test(tc, figures_tell_the_numbers_they_draw, 0, 4);
    tcase_add_test(tc, the_page_says_which_protocol_can_be_believed);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(s, tc);
    return s;
}
