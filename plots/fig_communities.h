/* What the figures of communities share. */
#ifndef PAL_PLOTS_FIG_COMMUNITIES_H
#define PAL_PLOTS_FIG_COMMUNITIES_H

#include "plots/axis.h"
#include "plots/canvas.h"
#include "plots/run_communities.h"

/* Colour and mark of a community, the same in every figure: eight colours, then the same with another mark; nobody's
 * people are grey. */
pal_role pal_community_role(size_t community);
pal_marker pal_community_marker(size_t community);
/* "black-metal", or "no community". */
const char *pal_community_name(const pal_communities_data *data, size_t community);

/*
 * Everyone of a moment as marks in a panel whose place is set: equal scales, whoever is outside `only` (PAL_NOWHERE: nobody)
 * pale. Of very many people only some are drawn, every second, every third …. Sets the panel's scales. False when nobody is
 * placed.
 */
bool pal_community_map(pal_canvas *canvas, pal_panel *panel, const pal_people_time *time, size_t only);

#endif
