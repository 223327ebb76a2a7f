/* Checks of drawn pages for tests of figures. */
#ifndef PAL_TESTS_SUPPORT_PLOTS_PAGE_H
#define PAL_TESTS_SUPPORT_PLOTS_PAGE_H

#include "plots/figure.h"

/* Draw the figure (not per person) on a page of its size and finish it: it says something at `least` places or more, no text
 * leaves the page and none lies upon another. Fails the test otherwise. */
void plots_check_figure(const pal_figure *figure, const pal_rundata *run, size_t least);

#endif
