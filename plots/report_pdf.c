/* The report as A4 pages: its HTML body read back and set, figures drawn afresh as vectors. */
#include "plots/figure.h"
#include "plots/html_read.h"
#include "plots/pdf_flow.h"
#include "plots/pdf_table.h"
#include "plots/report_parts.h"
#include "plots/run_people.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FACT_WIDTH 140.0

typedef struct setter {
    const pal_report *report;
    pal_flow *flow;
    const char *at;
    bool contents; /* have been set */
} setter;

/* The markup inside the element just opened (words_of it: there may be none); the caller clears it. */
static pal_status take(pal_text *markup, setter *s, const char *name, pal_error *err)
{
    pal_text_clear(markup);
    pal_html_inline(markup, &s->at, name, false);
    return pal_text_check(markup, err);
}

static const char *words_of(const pal_text *markup)
{
    return markup->bytes != NULL ? markup->bytes : "";
}

static pal_status set_text(setter *s, const pal_html *tag, const pal_flow_style *style, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text markup = { 0 };

    PAL_TRY(take(&markup, s, tag->name, err));
    pal_flow_paragraph(s->flow, words_of(&markup), style);

done:
    pal_text_clear(&markup);
    return rc;
}

static pal_status set_paragraph(setter *s, const pal_html *tag, pal_error *err)
{
    return set_text(s, tag, pal_html_has_class(tag, "answer")    ? &pal_flow_lead
                            : pal_html_has_class(tag, "note")    ? &pal_flow_note
                            : pal_html_has_class(tag, "purpose") ? &pal_flow_note : &pal_flow_body, err);
}

/* Contents stand between the answer and the first chapter. */
static pal_status set_heading(setter *s, const pal_html *tag, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text markup = { 0 };
    char id[100];

    pal_html_attribute(id, sizeof id, tag, "id");
    PAL_TRY(take(&markup, s, tag->name, err));
    if (!s->contents) {
        s->contents = true;
        pal_flow_contents(s->flow);
    }
    if (id[0] != '\0') {
        PAL_TRY(pal_flow_heading(s->flow, tag->name[1] - '0', id, words_of(&markup), err));
    } else {
        pal_text bold = { 0 };

        pal_text_addf(&bold, "<b>%s</b>", words_of(&markup));
        pal_flow_paragraph(s->flow, words_of(&bold), &pal_flow_body);
        pal_text_clear(&bold);
    }

done:
    pal_text_clear(&markup);
    return rc;
}

/* Commands line by line, blanks kept. */
static pal_status set_code(setter *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text markup = { 0 };
    pal_html token = pal_html_next(&s->at);

    pal_text_add(&markup, "<tt>");
    if (token.kind == PAL_HTML_TEXT) {
        pal_text_add_bytes(&markup, token.text, token.n);
        pal_html_skip(&s->at, "pre");
    }
    pal_text_add(&markup, "</tt>");
    PAL_TRY(pal_text_check(&markup, err));
    pal_flow_paragraph(s->flow, markup.bytes, &pal_flow_code);

done:
    pal_text_clear(&markup);
    return rc;
}

/* ---- facts ---- */

/* A name in grey with its value beside it. */
static void put_fact(pal_flow *flow, const char *name, const char *value)
{
    pal_font grey = pal_flow_body.font;
    const double line = pal_flow_body.line, width = PAL_PAGE_WIDTH - FACT_WIDTH;
    const size_t n = pal_canvas_markup_lines(flow->canvas, value, width, pal_flow_body.font);

    grey.role = PAL_SUBTLE;
    pal_flow_room(flow, line * (double)n);
    pal_canvas_markup(flow->canvas, PAL_A4_LEFT, flow->y + grey.size, FACT_WIDTH - 8, line, 0, 1, name, grey);
    pal_canvas_markup(flow->canvas, PAL_A4_LEFT + FACT_WIDTH, flow->y + grey.size, width, line, 0, n, value,
                      pal_flow_body.font);
    flow->y += line * (double)n;
}

static pal_status set_facts(setter *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text name = { 0 }, value = { 0 };

    for (;;) {
        pal_html token = pal_html_next(&s->at);

        if (token.kind == PAL_HTML_END || pal_html_closes(&token, "dl")) {
            break;
        }
        if (pal_html_opens(&token, "dt")) {
            PAL_TRY(take(&name, s, "dt", err));
        } else if (pal_html_opens(&token, "dd")) {
            PAL_TRY(take(&value, s, "dd", err));
            put_fact(s->flow, words_of(&name), words_of(&value));
        }
    }
    s->flow->y += 8;

done:
    pal_text_clear(&name);
    pal_text_clear(&value);
    return rc;
}

/* ---- tables ---- */

static pal_status set_table(setter *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_pdf_table table = { 0 };
    pal_text markup = { 0 };

    for (;;) {
        pal_html token = pal_html_next(&s->at);

        if (token.kind == PAL_HTML_END || pal_html_closes(&token, "table")) {
            break;
        }
        if (pal_html_opens(&token, "thead")) {
            table.has_head = true;
        } else if (pal_html_opens(&token, "th") || pal_html_opens(&token, "td")) {
            const bool number = pal_html_has_class(&token, "n");

            pal_text_clear(&markup);
            pal_html_inline(&markup, &s->at, token.name, number);
            PAL_TRY(pal_text_check(&markup, err));
            PAL_TRY(pal_pdf_table_cell(&table, words_of(&markup), number, err));
        } else if (pal_html_closes(&token, "tr")) {
            PAL_TRY(pal_pdf_table_row(&table, err));
        }
    }
    PAL_TRY(pal_pdf_table_set(s->flow, &table, err));

done:
    pal_pdf_table_clear(&table);
    pal_text_clear(&markup);
    return rc;
}

/* ---- figures ---- */

/* The figure and the person that stand behind a name. */
static const pal_figure *find_figure(const pal_report *report, const char *wanted, size_t *who)
{
    for (size_t i = 0; report->figure_at(i) != NULL; i++) {
        const pal_figure *figure = report->figure_at(i);
        const size_t n = figure->per_person ? report->run->profiles->n_people : 1;

        for (*who = 0; *who < n; ++*who) {
            char name[96];

            pal_figure_file_name(name, figure, report->run, *who);
            if (strcmp(name, wanted) == 0) {
                return figure;
            }
        }
    }
    return NULL;
}

/* Drawing and caption on one page; what is too high for a page is shrunk. */
static pal_status put_figure(setter *s, const pal_figure *figure, size_t who, const char *caption, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_flow *flow = s->flow;
    const double height = figure->height(s->report->run, who), below = pal_flow_height(flow, caption, &pal_flow_caption) + 24;
    const double scale = fmin(1, (PAL_A4_FOOT - PAL_A4_TOP - 40 - below) / height);

    pal_flow_room(flow, height * scale + below);
    if (flow->pass == PAL_FLOW_LAST) {
        pal_canvas_frame_begin(flow->canvas, PAL_A4_LEFT + PAL_PAGE_WIDTH * (1 - scale) / 2, flow->y, PAL_PAGE_WIDTH, height,
                               scale);
        rc = figure->draw(flow->canvas, s->report->run, who, err);
        pal_canvas_frame_end(flow->canvas);
    }
    flow->y += height * scale;
    pal_flow_paragraph(flow, caption, &pal_flow_caption);
    return rc;
}

static pal_status set_figure(setter *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text markup = { 0 }, caption = { 0 };
    const pal_figure *figure = NULL;
    char name[100];
    size_t who = 0;

    for (;;) {
        pal_html token = pal_html_next(&s->at);

        if (token.kind == PAL_HTML_END || pal_html_closes(&token, "figure")) {
            break;
        }
        if (pal_html_opens(&token, "div") && pal_html_has_class(&token, "draw")) {
            figure = find_figure(s->report, pal_html_attribute(name, sizeof name, &token, "data-name"), &who);
        } else if (pal_html_opens(&token, "figcaption")) {
            PAL_TRY(take(&markup, s, "figcaption", err));
        }
    }
    if (figure != NULL) {
        pal_text_addf(&caption, "<b>Figure %d.</b> %s", ++s->flow->n_figures, words_of(&markup));
        PAL_TRY(pal_text_check(&caption, err));
        PAL_TRY(put_figure(s, figure, who, words_of(&caption), err));
    }

done:
    pal_text_clear(&markup);
    pal_text_clear(&caption);
    return rc;
}

/* ---- the whole ---- */

static pal_status set_block(setter *s, const pal_html *token, pal_error *err)
{
    if (pal_html_opens(token, "details")) { /* digests and the configuration: the page and manifest.json have them */
        pal_html_skip(&s->at, "details");
        return PAL_OK;
    }
    return pal_html_opens(token, "h1")                                ? set_text(s, token, &pal_flow_title, err)
           : pal_html_opens(token, "h2") || pal_html_opens(token, "h3") ? set_heading(s, token, err)
           : pal_html_opens(token, "p")                               ? set_paragraph(s, token, err)
           : pal_html_opens(token, "pre")                             ? set_code(s, err)
           : pal_html_opens(token, "dl")                              ? set_facts(s, err)
           : pal_html_opens(token, "table")                           ? set_table(s, err)
           : pal_html_opens(token, "figure")                          ? set_figure(s, err) : PAL_OK;
}

static pal_status set_all(pal_text *pdf, const pal_report *report, pal_flow *flow, const char *body, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };
    setter s = { .report = report, .flow = flow, .at = body };

    PAL_TRY(pal_canvas_new(&canvas, PAL_FORMAT_PDF, PAL_THEME_LIGHT, PAL_A4_WIDTH, PAL_A4_HEIGHT, err));
    pal_flow_begin(flow, canvas);
    for (;;) {
        pal_html token = pal_html_next(&s.at);

        if (token.kind == PAL_HTML_END) {
            break;
        }
        PAL_TRY(set_block(&s, &token, err));
    }
    pal_flow_end(flow);
    PAL_TRY(pal_canvas_finish(canvas, report->title, &bytes, err));
    if (flow->pass == PAL_FLOW_LAST) {
        pal_text_add_bytes(pdf, bytes.bytes, bytes.n);
        PAL_TRY(pal_text_check(pdf, err));
    }

done:
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
    return rc;
}

pal_status pal_report_pdf(pal_text *pdf, const pal_report *report, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text body = { 0 };
    pal_flow flow = { .title = report->title };

    PAL_TRY(report->body(&body, report->run, NULL, err));
    PAL_TRY(pal_text_check(&body, err));
    for (flow.pass = 0; flow.pass <= PAL_FLOW_LAST; flow.pass++) {
        PAL_TRY(set_all(pdf, report, &flow, body.bytes, err));
    }

done:
    pal_flow_clear(&flow);
    pal_text_clear(&body);
    return rc;
}
