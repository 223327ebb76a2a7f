/* Reports in a real browser, used as a reader would; passed over where there is none. */
#include "plots/eval_report.h"
#include "plots/report.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite_plots_browser(void);

static const char *browser(void)
{
    static const char *const names[] = { "chromium", "chromium-browser", "google-chrome" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char command[120];

        snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", names[i]);
        if (system(command) == 0) {
            return names[i];
        }
    }
    return NULL;
}

/* The page with the driver in its head, as dir/driven.html; and dir/frame.html around it, as no window is as narrow as a
 * phone. */
static void drive(const char *dir, int width)
{
    char path[600], *page, *driver, *body;
    size_t n, m;
    FILE *file;

    snprintf(path, sizeof path, "%s/report.html", dir);
    page = plots_read(path, &n);
    driver = plots_read("tests/support/browser_driver.js", &m);
    body = strstr(page, "<style>");
    ck_assert_ptr_nonnull(body);
    snprintf(path, sizeof path, "%s/driven.html", dir);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fwrite(page, 1, (size_t)(body - page), file);
    fprintf(file, "<script>var WIDTH = %d;\n%s</script>", width, driver);
    fputs(body, file);
    ck_assert_int_eq(fclose(file), 0);
    snprintf(path, sizeof path, "%s/frame.html", dir);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "<body style=\"margin:0\"><p></p><script>onmessage=function(e){document.querySelector('p').textContent="
                  "'verdict: '+e.data;document.querySelector('iframe').remove()}</script>"
                  "<iframe src=\"driven.html\" style=\"border:0\" width=\"%d\" height=\"900\"></iframe></body>", width);
    ck_assert_int_eq(fclose(file), 0);
    free(page);
    free(driver);
}

static void use_in_browser(const char *dir, int width)
{
    char command[2400], here[1000], line[2000], verdict[2000] = "the browser said nothing";
    FILE *out;

    drive(dir, width);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(command, sizeof command,
             "timeout 60 %s --headless --no-sandbox --disable-gpu --user-data-dir='%s/%s/profile' --window-size=1400,1000 "
             "--virtual-time-budget=4000 --dump-dom 'file://%s/%s/frame.html' 2>/dev/null", browser(), here, dir, here, dir);
    out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    while (fgets(line, sizeof line, out) != NULL) {
        const char *at = strstr(line, "<p>verdict: ");

        if (at != NULL) {
            snprintf(verdict, sizeof verdict, "%s", at + 3);
        }
    }
    pclose(out);
    ck_assert_msg(strncmp(verdict, "verdict: good", 13) == 0, "%s at %d: %s", dir, width, verdict);
    snprintf(command, sizeof command, "rm -rf '%s/profile'", dir);
    ck_assert_int_eq(system(command), 0);
}

static const int widths[] = { 390, 1280 };

START_TEST(a_runs_report_works_on_phone_and_desktop)
{
    const char *dir;
    pal_report_options how = pal_report_defaults();

    if (browser() == NULL) {
        printf("skipped: no Chromium here\n");
        return;
    }
    dir = plots_copy_run("page");
    how.formats = 0;
    ck_assert_int_eq(pal_report_draw(dir, &how, NULL), PAL_OK);
    use_in_browser(dir, widths[_i]);
}
END_TEST

START_TEST(an_evaluations_report_works_on_a_phone)
{
    static const char *const files[] = { "manifest.json", "summary.json", "search.csv", "recommendations.csv" };
    const char *dir = scratch_path("eval");
    pal_report_options how = pal_report_defaults();

    if (browser() == NULL) {
        printf("skipped: no Chromium here\n");
        return;
    }
    ck_assert_int_eq(mkdir(dir, 0777), 0);
    for (size_t i = 0; i < 4; i++) {
        char from[200], name[200], *bytes;
        size_t n;

        snprintf(from, sizeof from, "tests/fixtures/eval_small/%s", files[i]);
        snprintf(name, sizeof name, "eval/%s", files[i]);
        bytes = plots_read(from, &n);
        scratch_write(name, bytes, n);
        free(bytes);
    }
    how.formats = 0;
    ck_assert_int_eq(pal_eval_report_draw(dir, &how, NULL), PAL_OK);
    use_in_browser(dir, widths[0]);
}
END_TEST

Suite *suite_plots_browser(void)
{
    Suite *suite = suite_create("plots/browser");
    TCase *tc = tcase_create("browser");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_runs_report_works_on_phone_and_desktop, 0, 2);
    tcase_add_test(tc, an_evaluations_report_works_on_a_phone);
    suite_add_tcase(suite, tc);
    return suite;
}
