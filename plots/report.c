/* Figures and report of a run directory: what is drawn and where it goes. */
#include "plots/report.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "plots/axis.h"
#include "plots/fig_catalog.h"
#include "plots/figure.h"
#include "plots/report_files.h"
#include "plots/report_page.h"
#include "plots/report_parts.h"
#include "plots/run_people.h"
#include "plots/svg_pack.h"

#include <stdio.h>

static const struct { pal_format format; const char *ending; } formats[] = {
    { PAL_FORMAT_SVG, "svg" }, { PAL_FORMAT_PNG, "png" }, { PAL_FORMAT_PDF, "pdf" },
};
static const struct { unsigned flag; pal_theme theme; const char *suffix; } themes[] = {
    { PAL_THEMES_LIGHT, PAL_THEME_LIGHT, "" }, { PAL_THEMES_DARK, PAL_THEME_DARK, ".dark" },
};
enum { N_FORMATS = 3, N_THEMES = 2, NAME_MAX_BYTES = 128 };

pal_report_options pal_report_defaults(void)
{
    return (pal_report_options){ .formats = PAL_FORMAT_SVG | PAL_FORMAT_PNG | PAL_FORMAT_PDF,
                                 .themes = PAL_THEMES_LIGHT, .threads = 1 };
}

/* The numbers of a figure, when it tells them. */
static pal_status write_numbers(const pal_rundata *run, const pal_figure *figure, size_t who, const char *dir,
                                const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text csv = { 0 };
    char base[96], name[NAME_MAX_BYTES];

    if (figure->data == NULL) {
        return PAL_OK;
    }
    pal_figure_file_name(base, figure, run, who);
    snprintf(name, sizeof name, "%s.csv", base);
    PAL_TRY(figure->data(&csv, run, who, err));
    PAL_TRY(pal_write_file(dir, name, &csv, options->written, err));

done:
    pal_text_clear(&csv);
    return rc;
}

pal_status pal_report_draw_files(const pal_rundata *run, const pal_figure *figure, size_t who, const char *dir,
                                 const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text bytes = { 0 };
    char base[96], name[NAME_MAX_BYTES];

    pal_figure_file_name(base, figure, run, who);
    for (int f = 0; f < N_FORMATS; f++) {
        for (int t = 0; t < N_THEMES; t++) {
            if ((options->formats & formats[f].format) == 0 || (options->themes & themes[t].flag) == 0) {
                continue;
            }
            snprintf(name, sizeof name, "%s%s.%s", base, themes[t].suffix, formats[f].ending);
            pal_text_clear(&bytes);
            PAL_TRY(pal_figure_render(&bytes, figure, run, who, formats[f].format, themes[t].theme, err));
            PAL_TRY(pal_write_file(dir, name, &bytes, options->written, err));
        }
    }
    PAL_TRY(write_numbers(run, figure, who, dir, options, err));

done:
    pal_text_clear(&bytes);
    return rc;
}

static pal_status draw_figures(const pal_report *report, const char *dir, const pal_report_options *options,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_rundata *run = report->run;
    char *folder = pal_path_join(dir, "figures");

    if (folder == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of the figures");
    }
    PAL_TRY(pal_dir_make(folder, err));
    for (size_t i = 0; report->figure_at(i) != NULL; i++) {
        const pal_figure *figure = report->figure_at(i);
        size_t n = !pal_figure_has_data(figure, run) ? 0 : figure->per_person ? run->profiles->n_people : 1;

        for (size_t who = 0; who < n; who++) {
            if (pal_stop_requested()) {
                PAL_FAIL(PAL_ERR_STOPPED, "%s: interrupted while drawing; 'palate report' draws it again", dir);
            }
            PAL_TRY(pal_report_draw_files(run, figure, who, folder, options, err));
        }
    }

done:
    pal_free(folder);
    return rc;
}

pal_status pal_report_publish(const pal_report *report, const char *dir, const pal_report_options *options,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text page = { 0 }, pdf = { 0 };

    if (options->formats != 0) {
        PAL_TRY(draw_figures(report, dir, options, err));
        PAL_TRY(pal_report_pdf(&pdf, report, err));
        PAL_TRY(pal_write_file(dir, "report.pdf", &pdf, options->written, err));
    }
    PAL_TRY(pal_report_html(&page, report, err));
    PAL_TRY(pal_write_file(dir, "report.html", &page, options->written, err));

done:
    pal_text_clear(&page);
    pal_text_clear(&pdf);
    return rc;
}

pal_status pal_report_draw(const char *run_dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rundata *run = NULL;
    pal_report report;

    PAL_TRY(pal_rundata_load(&run, run_dir, err));
    report = pal_report_of_run(run);
    PAL_TRY(pal_report_publish(&report, run_dir, options, err));

done:
    pal_rundata_free(run);
    return rc;
}

static pal_status draw_catalog_file(const pal_catalog_figure *figure, const pal_json *catalog, int f,
                                    const char *out_dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 }, packed = { 0 };
    char name[NAME_MAX_BYTES];

    PAL_TRY(pal_canvas_new(&canvas, formats[f].format, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, figure->height(catalog), err));
    PAL_TRY(figure->draw(canvas, catalog, err));
    PAL_TRY(pal_canvas_finish(canvas, figure->heading, &bytes, err));
    if (formats[f].format == PAL_FORMAT_SVG) {
        PAL_TRY(pal_svg_pack(&packed, bytes.bytes, bytes.n, "", figure->heading, NULL, err));
    }
    snprintf(name, sizeof name, "%s.%s", figure->name, formats[f].ending);
    PAL_TRY(pal_write_file(out_dir, name, formats[f].format == PAL_FORMAT_SVG ? &packed : &bytes, NULL, err));

done:
    pal_text_clear(&bytes);
    pal_text_clear(&packed);
    pal_canvas_free(canvas);
    return rc;
}

static pal_status write_catalog_numbers(const pal_catalog_figure *figure, const pal_json *catalog, const char *out_dir,
                                        pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text csv = { 0 };
    char name[NAME_MAX_BYTES];

    figure->data(&csv, catalog);
    PAL_TRY(pal_text_check(&csv, err));
    snprintf(name, sizeof name, "%s.csv", figure->name);
    PAL_TRY(pal_write_file(out_dir, name, &csv, NULL, err));

done:
    pal_text_clear(&csv);
    return rc;
}

pal_status pal_figure_catalog(const char *catalog_json_path, const char *out_dir, unsigned wanted, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_load(&doc, catalog_json_path, err));
    PAL_TRY(pal_dir_make(out_dir, err));
    for (size_t i = 0; pal_catalog_figure_at(i) != NULL; i++) {
        for (int f = 0; f < N_FORMATS; f++) {
            if ((wanted & formats[f].format) != 0) {
                PAL_TRY(draw_catalog_file(pal_catalog_figure_at(i), pal_json_root(doc), f, out_dir, err));
            }
        }
        PAL_TRY(write_catalog_numbers(pal_catalog_figure_at(i), pal_json_root(doc), out_dir, err));
    }

done:
    pal_json_free(doc);
    return rc;
}
