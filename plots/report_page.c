/* The page around every report: head and style, bar and contents made from its headings, figures with their numbers. */
#include "core/embed.h"
#include "plots/axis.h"
#include "plots/figure.h"
#include "plots/palette.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_people.h"
#include "plots/svg_pack.h"

#include <stdio.h>
#include <string.h>

PAL_EMBED(pal_report_css, "plots/report.css");
PAL_EMBED(pal_report_js, "plots/report.js");

/* ---- head and tail ---- */

/* The colours of a theme, and names for those that the style sheet uses. */
static void add_colours(pal_text *html, const char *selector, pal_theme theme)
{
    pal_text_addf(html, "%s{color-scheme:%s;", selector, theme == PAL_THEME_DARK ? "dark" : "light");
    pal_palette_css(html, theme);
    pal_text_add(html, "}");
}

static void add_names(pal_text *html)
{
    static const struct { const char *name; pal_role role; } names[] = {
        { "paper", PAL_PAPER }, { "ink", PAL_INK }, { "subtle", PAL_SUBTLE }, { "grid", PAL_GRID }, { "axis", PAL_AXIS },
        { "card", PAL_CARD }, { "link", PAL_SERIES_TEXT_0 }, { "good", PAL_GOOD }, { "bad", PAL_BAD },
    };

    pal_text_add(html, "body{");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pal_text_addf(html, "--%s:var(--p%d);", names[i].name, (int)names[i].role);
    }
    pal_text_add(html, "}\n");
}

void pal_report_head(pal_text *html, const char *name)
{
    pal_text_add(html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                       "<meta name=\"color-scheme\" content=\"light dark\"><title>");
    pal_text_add_escaped(html, name);
    pal_text_add(html, " \xe2\x80\x93 Palate report</title><style>");
    add_colours(html, ":root", PAL_THEME_LIGHT);
    /* Follows the reader, unless they choose; paper is always light. */
    pal_text_add(html, "\n@media screen and (prefers-color-scheme:dark){");
    add_colours(html, ":root:not([data-theme=light])", PAL_THEME_DARK);
    pal_text_add(html, "}\n@media screen{");
    add_colours(html, ":root[data-theme=dark]", PAL_THEME_DARK);
    pal_text_add(html, "}\n");
    add_names(html);
    pal_text_add_bytes(html, pal_report_css, (size_t)(pal_report_css_end - pal_report_css));
    pal_text_add(html, "</style></head>\n<body>");
}

/* The next heading of this level or the one below it that has an id: where its id and its words stand. */
typedef struct heading { const char *id, *words; size_t n_id, n_words; char level; } heading;

static const char *next_heading(heading *out, const char *at)
{
    static const char mark[] = "<h? id=\"";

    while ((at = strstr(at, "<h")) != NULL) {
        const char *end = strstr(at, "</h");

        if ((at[2] == '2' || at[2] == '3') && strncmp(at + 3, mark + 3, strlen(mark + 3)) == 0 && end != NULL) {
            const char *id = at + strlen(mark), *stop = strchr(id, '"');

            if (stop != NULL && stop[1] == '>' && stop < end) {
                *out = (heading){ id, stop + 2, (size_t)(stop - id), (size_t)(end - stop - 2), at[2] };
                return end;
            }
        }
        at += 2;
    }
    return NULL;
}

static void add_entry(pal_text *html, const heading *h)
{
    pal_text_add(html, "<li><a href=\"#");
    pal_text_add_bytes(html, h->id, h->n_id);
    pal_text_add(html, "\">");
    pal_text_add_bytes(html, h->words, h->n_words); /* escaped where it stands */
    pal_text_add(html, "</a>");
}

static void add_contents(pal_text *html, const char *body)
{
    heading h;
    char open = 0; /* level of the entry that is not closed yet */

    pal_text_add(html, "<nav class=\"toc\" aria-label=\"Contents\"><details open><summary>Contents</summary><ul>");
    for (const char *at = body; (at = next_heading(&h, at)) != NULL; open = h.level) {
        if (open != 0) {
            pal_text_add(html, h.level == open ? "</li>" : h.level > open ? "<ul>" : "</li></ul></li>");
        }
        add_entry(html, &h);
    }
    pal_text_add(html, open == '3' ? "</li></ul></li>" : open == '2' ? "</li>" : "");
    pal_text_add(html, "</ul></details></nav>\n");
}

/* Bar and contents in front of the body, once all headings are known. */
static void add_bar(pal_text *html)
{
    pal_text whole = { 0 };
    const char *body = html->failed || html->bytes == NULL ? NULL : strstr(html->bytes, "<main>");

    if (body == NULL) {
        return;
    }
    pal_text_add_bytes(&whole, html->bytes, (size_t)(body - html->bytes));
    pal_text_add(&whole, "<header class=\"bar\"><strong>Palate</strong> <span>report</span></header>\n");
    add_contents(&whole, body);
    pal_text_add_bytes(&whole, body, html->n - (size_t)(body - html->bytes));
    pal_text_clear(html);
    *html = whole;
}

void pal_report_tail(pal_text *html)
{
    add_bar(html);
    pal_text_add(html, "</main>\n<script>");
    pal_text_add_bytes(html, pal_report_js, (size_t)(pal_report_js_end - pal_report_js));
    pal_text_add(html, "</script></body></html>\n");
}

void pal_report_opening(pal_text *html, const char *title, const char *purpose, const char *answer)
{
    pal_text_add(html, "<main><h1>");
    pal_text_add_escaped(html, title);
    pal_text_add(html, "</h1>");
    if (purpose != NULL && purpose[0] != '\0') {
        pal_text_add(html, "<p class=\"purpose\">");
        pal_text_add_escaped(html, purpose);
        pal_text_add(html, "</p>");
    }
    if (answer != NULL && answer[0] != '\0') {
        pal_text_add(html, "<p class=\"answer\">");
        pal_text_add_escaped(html, answer);
        pal_text_add(html, "</p>");
    }
}

pal_status pal_report_html(pal_text *html, const pal_report *report, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs glyphs = { 0 };
    pal_text body = { 0 };

    PAL_TRY(report->body(&body, report->run, &glyphs, err));
    PAL_TRY(pal_text_check(&body, err));
    pal_report_head(html, report->title);
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

/* ---- figures ---- */

/* The numbers of a drawing, hidden behind it for the script to hand out. */
static pal_status add_numbers(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text csv = { 0 };

    if (figure->data != NULL) {
        PAL_TRY(figure->data(&csv, run, who, err));
        pal_text_add(html, "<pre class=\"csv\" hidden>");
        pal_text_add_escaped(html, csv.bytes != NULL ? csv.bytes : "");
        pal_text_add(html, "</pre>");
    }

done:
    pal_text_clear(&csv);
    return rc;
}

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
    pal_text_addf(html, "<div class=\"draw\" data-name=\"%s\">", name);
    if (glyphs != NULL) { /* a body that is set as PDF draws its figures there */
        PAL_TRY(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_CODED, PAL_PAGE_WIDTH, figure->height(run, who), err));
        PAL_TRY(figure->draw(canvas, run, who, err));
        PAL_TRY(pal_canvas_finish(canvas, label, &svg, err));
        PAL_TRY(pal_svg_pack(html, svg.bytes, svg.n, prefix, label, glyphs, err));
        PAL_TRY(add_numbers(html, figure, run, who, err));
    }
    pal_text_add(html, "</div>");

done:
    pal_text_clear(&svg);
    pal_canvas_free(canvas);
    return rc;
}

/* The whole caption under the first person's figure only: it is the same for all. */
static void add_caption(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who)
{
    pal_text words = { 0 };

    if (figure->per_person) {
        pal_text_addf(&words, "%s of person %.0f.", figure->heading, run->profiles->people[who].user);
    }
    if (!figure->per_person || who == 0) {
        pal_text_add(&words, figure->per_person ? " " : "");
        pal_add_worded(&words, run, figure->caption);
    }
    html->failed = html->failed || words.failed;
    pal_text_add_escaped(html, words.bytes != NULL ? words.bytes : "");
    pal_text_clear(&words);
}

pal_status pal_report_figure(pal_text *html, const pal_figure *figure, const pal_rundata *run, size_t who,
                             pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_text_add(html, "<figure>");
    PAL_TRY(pal_report_drawing(html, figure, run, who, glyphs, err));
    pal_text_add(html, "<figcaption>");
    add_caption(html, figure, run, who);
    pal_text_add(html, "</figcaption></figure>");

done:
    return rc;
}

pal_status pal_report_figures(pal_text *html, const pal_rundata *run, const pal_figure *(*figure_at)(size_t i),
                              pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_text_add(html, "<h2 id=\"figures\">Figures</h2>");
    for (size_t i = 0; figure_at(i) != NULL; i++) {
        const pal_figure *figure = figure_at(i);

        if (!figure->per_person && pal_figure_has_data(figure, run)) {
            pal_text_addf(html, "<h3 id=\"%s\">%s</h3>", figure->name, figure->heading);
            PAL_TRY(pal_report_figure(html, figure, run, 0, glyphs, err));
        }
    }

done:
    return rc;
}
