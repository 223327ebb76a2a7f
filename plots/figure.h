/* The figures: one table entry each. A figure answers one question; its title says which. */
#ifndef PAL_PLOTS_FIGURE_H
#define PAL_PLOTS_FIGURE_H

#include "core/error.h"
#include "plots/canvas.h"
#include "plots/run_data.h"

#include <stddef.h>

typedef struct pal_figure {
    const char *name;    /* its file name; per-person figures get "-USER" (and replicate) behind it */
    const char *heading; /* in the report                                                       */
    const char *caption; /* what to see, in one or two plain sentences                          */
    bool per_person;     /* drawn once for each person of profiles.json                         */
    bool (*has)(const pal_rundata *run); /* has the run what it shows? Else it is left out; NULL: always drawn */
    double (*height)(const pal_rundata *run, size_t who);  /* points, by content; width is PAL_PAGE_WIDTH */
    /* Draw on a canvas of that size; `who` is the person's index (0 when not per person). */
    pal_status (*draw)(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err);
    /* The numbers that it draws, as CSV (plots/figure_data.h); NULL: not told. Rows wherever there is something drawn. */
    pal_status (*data)(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err);
} pal_figure;

extern const pal_figure pal_fig_learning, pal_fig_forest, pal_fig_stages, pal_fig_slots, pal_fig_quality,
    pal_fig_models, pal_fig_importance, pal_fig_training, pal_fig_rungs, pal_fig_coverage, pal_fig_groups,
    pal_fig_pareto, pal_fig_balance, pal_fig_health, pal_fig_domains, pal_fig_person, pal_fig_taste_map,
    pal_fig_communities, pal_fig_communities_genres, pal_fig_communities_flow, pal_fig_company;
extern const pal_figure pal_fig_regret;
extern const pal_figure pal_fig_bubble, pal_fig_concentration, pal_fig_retention;

/* Has the run what the figure shows? */
bool pal_figure_has_data(const pal_figure *figure, const pal_rundata *run);
/* In the report's order; NULL at the end of the table. */
const pal_figure *pal_figure_at(size_t i);
/* File name without ending, e.g. "learning", "person-0-17". */
void pal_figure_file_name(char out[96], const pal_figure *figure, const pal_rundata *run, size_t who);

/* One page's bytes, added to out: SVG is packed (plots/svg_pack.h), PNG and PDF are as Cairo writes them. */
PAL_MUST_USE pal_status pal_figure_render(pal_text *out, const pal_figure *figure, const pal_rundata *run, size_t who,
                                          pal_format format, pal_theme theme, pal_error *err);

#endif
