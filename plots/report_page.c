/* The report as one HTML page: drawings inline, letters shared, colours as variables that follow the reader. */
#include "plots/report_page.h"

#include "core/embed.h"
#include "plots/axis.h"
#include "plots/figure.h"
#include "plots/report_parts.h"
#include "plots/run_people.h"
#include "plots/svg_pack.h"

#include <stdio.h>

PAL_EMBED(pal_report_css, "plots/report.css");
PAL_EMBED(pal_report_js, "plots/report.js");

pal_status pal_report_drawing(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who,
                              pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;
    pal_text svg = { 0 };
    char name[96], prefix[100], label[160];

    pal_figure_file_name(name, figure, run, who);
    snprintf(prefix, sizeof prefix, "%s-", name);
    snprintf(label, sizeof label, "%s", figure->heading);
    if (figure->per_person) {
        snprintf(label, sizeof label, "%s of person %.0f", figure->heading, run->profiles->people[who].user);
    }
    PAL_TRY(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_CODED, PAL_PAGE_WIDTH, figure->height(run, who), err));
    PAL_TRY(figure->draw(canvas, run, who, err));
    PAL_TRY(pal_canvas_finish(canvas, label, &svg, err));
    pal_text_add(html, "<div class=\"draw\">");
    PAL_TRY(pal_svg_pack(html, svg.bytes, svg.n, prefix, label, glyphs, err));
    pal_text_add(html, "</div>");

done:
    pal_text_clear(&svg);
    pal_canvas_free(canvas);
    return rc;
}

static pal_status add_figures(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_text_add(html, "<h2 id=\"figures\">Figures</h2>");
    for (size_t i = 0; pal_figure_at(i) != NULL; i++) {
        const pal_figure *figure = pal_figure_at(i);

        if (figure->per_person || !pal_figure_has_data(figure, run)) {
            continue;
        }
        pal_text_addf(html, "<h3 id=\"%s\">%s</h3><figure>", figure->name, figure->heading);
        PAL_TRY(pal_report_drawing(html, figure, run, 0, glyphs, err));
        pal_text_addf(html, "<figcaption>%s</figcaption></figure>", figure->caption);
    }

done:
    return rc;
}

/* Each person's figures together, in the table's order. */
static pal_status add_people(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (run->profiles->n_people == 0) {
        return PAL_OK;
    }
    pal_text_add(html, "<h2 id=\"people\">People</h2>");
    pal_report_people_rule(html, run);
    for (size_t who = 0; who < run->profiles->n_people; who++) {
        for (size_t i = 0; pal_figure_at(i) != NULL; i++) {
            const pal_figure *figure = pal_figure_at(i);

            if (figure->per_person && pal_figure_has_data(figure, run)) {
                pal_text_add(html, "<figure>");
                PAL_TRY(pal_report_drawing(html, figure, run, who, glyphs, err));
                pal_text_addf(html, "<figcaption>%s</figcaption></figure>", who == 0 ? figure->caption : "");
            }
        }
    }

done:
    return rc;
}

void pal_report_head(pal_text *html, const char *name)
{
    pal_text_add(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                       "<meta name=\"color-scheme\" content=\"light dark\"><title>");
    pal_text_add_escaped(html, name);
    pal_text_add(html, " \xe2\x80\x93 Palate report</title><style>:root{color-scheme:light dark;");
    pal_palette_css(html, PAL_THEME_LIGHT);
    pal_text_add(html, "}@media screen and (prefers-color-scheme:dark){:root{");
    pal_palette_css(html, PAL_THEME_DARK);
    pal_text_add(html, "}}\n");
    pal_text_add_bytes(html, pal_report_css, (size_t)(pal_report_css_end - pal_report_css));
    pal_text_add(html, "</style></head>\n<body>");
}

void pal_report_tail(pal_text *html)
{
    pal_text_add(html, "</main><script>");
    pal_text_add_bytes(html, pal_report_js, (size_t)(pal_report_js_end - pal_report_js));
    pal_text_add(html, "</script></body></html>\n");
}

static void add_opening(pal_text *html, const pal_rundata *run)
{
    pal_text answer = { 0 };

    pal_text_add(html, "<main><h1>");
    pal_text_add_escaped(html, run->name);
    pal_text_add(html, "</h1><p class=\"purpose\">");
    pal_text_add_escaped(html, run->purpose);
    pal_text_add(html, "</p><p class=\"answer\">");
    pal_report_answer(&answer, run);
    html->failed = html->failed || answer.failed;
    if (answer.bytes != NULL) {
        pal_text_add_escaped(html, answer.bytes);
    }
    pal_text_clear(&answer);
    pal_text_add(html, "</p><nav><a href=\"#run\">What was run</a><a href=\"#table\">All arms</a>"
                       "<a href=\"#figures\">Figures</a>");
    pal_text_add(html, run->profiles->n_people > 0 ? "<a href=\"#people\">People</a>" : "");
    pal_text_add(html, "<a href=\"#method\">Method</a><a href=\"#again\">Run it again</a></nav>");
}

pal_status pal_report_page(pal_text *html, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs glyphs = { 0 };
    pal_text body = { 0 };

    add_opening(&body, run);
    pal_report_what_ran(&body, run);
    pal_report_main_table(&body, run);
    PAL_TRY(add_figures(&body, run, &glyphs, err));
    PAL_TRY(add_people(&body, run, &glyphs, err));
    pal_report_method(&body, run);
    pal_report_again(&body, run);
    PAL_TRY(pal_text_check(&body, err));
    pal_report_head(html, run->name);
    pal_text_add(html, "<svg class=\"glyphs\" aria-hidden=\"true\"><defs>");
    pal_glyphs_write(&glyphs, "g", html);
    pal_text_add(html, "</defs></svg>\n");
    pal_text_add_bytes(html, body.bytes, body.n);
    pal_report_tail(html);
    PAL_TRY(pal_text_check(html, err));

done:
    pal_glyphs_clear(&glyphs);
    pal_text_clear(&body);
    return rc;
}
