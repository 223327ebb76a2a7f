/* The report of a run: its answer, tables, figures and people. */
#include "plots/figure.h"
#include "plots/report_page.h"
#include "plots/report_parts.h"
#include "plots/run_people.h"

#include <stdio.h>
#include <string.h>

/* Each person's figures together under their name, in the table's order; the rule tells at length why they are here. */
static pal_status add_people(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (run->profiles->n_people == 0) {
        return PAL_OK;
    }
    pal_text_add(html, "<h2 id=\"people\">People</h2>");
    pal_report_people_rule(html, run);
    for (size_t who = 0; who < run->profiles->n_people; who++) {
        const pal_person *person = &run->profiles->people[who];
        char why[160];

        pal_text_addf(html, "<h3 id=\"of-%.0f-%.0f\">Person %.0f: ", person->replicate, person->user, person->user);
        snprintf(why, sizeof why, "%.*s", (int)strcspn(person->why, ":"), person->why);
        pal_text_add_escaped(html, why);
        pal_text_add(html, "</h3>");
        for (size_t i = 0; pal_figure_at(i) != NULL; i++) {
            const pal_figure *figure = pal_figure_at(i);

            if (figure->per_person && pal_figure_has_data(figure, run)) {
                PAL_TRY(pal_report_figure(html, figure, run, who, glyphs, err));
            }
        }
    }

done:
    return rc;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text answer = { 0 };

    pal_report_answer(&answer, run);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, run->name, run->purpose, answer.bytes);
    pal_report_what_ran(html, run);
    pal_report_main_table(html, run);
    PAL_TRY(pal_report_figures(html, run, pal_figure_at, glyphs, err));
    PAL_TRY(add_people(html, run, glyphs, err));
    pal_report_method(html, run);
    pal_report_again(html, run);

done:
    pal_text_clear(&answer);
    return rc;
}

pal_report pal_report_of_run(const pal_rundata *run)
{
    return (pal_report){ .title = run->name, .run = run, .figure_at = pal_figure_at, .body = write_body };
}

pal_status pal_report_page(pal_text *html, const pal_rundata *run, pal_error *err)
{
    const pal_report report = pal_report_of_run(run);

    return pal_report_html(html, &report, err);
}
