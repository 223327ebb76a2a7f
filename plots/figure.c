/* The table of figures, and one page from start to end. */
#include "plots/figure.h"

#include "plots/axis.h"
#include "plots/run_people.h"
#include "plots/svg_pack.h"

#include <stdio.h>

static const pal_figure *const figures[] = {
    &pal_fig_learning, &pal_fig_regret, &pal_fig_stages, &pal_fig_forest, &pal_fig_rungs, &pal_fig_domains,
    &pal_fig_slots, &pal_fig_quality, &pal_fig_models, &pal_fig_importance, &pal_fig_training, &pal_fig_coverage,
    &pal_fig_pareto, &pal_fig_groups, &pal_fig_balance, &pal_fig_health,
    &pal_fig_bubble, &pal_fig_concentration, &pal_fig_retention, &pal_fig_communities,
    &pal_fig_communities_genres, &pal_fig_communities_flow, &pal_fig_person, &pal_fig_taste_map, &pal_fig_company,
};

const pal_figure *pal_figure_at(size_t i)
{
    return i < sizeof figures / sizeof figures[0] ? figures[i] : NULL;
}

bool pal_figure_has_data(const pal_figure *figure, const pal_rundata *run)
{
    return figure->has == NULL || figure->has(run);
}

void pal_figure_file_name(char out[96], const pal_figure *figure, const pal_rundata *run, size_t who)
{
    if (figure->per_person) {
        const pal_person *person = &run->profiles->people[who];

        snprintf(out, 96, "%s-%.0f-%.0f", figure->name, person->replicate, person->user);
    } else {
        snprintf(out, 96, "%s", figure->name);
    }
}

pal_status pal_figure_render(pal_text *out, const pal_figure *figure, const pal_rundata *run, size_t who,
                             pal_format format, pal_theme theme, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_canvas *canvas = NULL;
    pal_text page = { 0 };

    PAL_TRY(pal_canvas_new(&canvas, format, theme, PAL_PAGE_WIDTH, figure->height(run, who), err));
    PAL_TRY(figure->draw(canvas, run, who, err));
    if (format != PAL_FORMAT_SVG) {
        PAL_TRY(pal_canvas_finish(canvas, figure->heading, out, err));
    } else {
        PAL_TRY(pal_canvas_finish(canvas, figure->heading, &page, err));
        PAL_TRY(pal_svg_pack(out, page.bytes, page.n, "", figure->heading, NULL, err));
    }

done:
    pal_text_clear(&page);
    pal_canvas_free(canvas);
    return rc;
}
