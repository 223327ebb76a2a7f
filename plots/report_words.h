/* Sentences that several reports share: numbers with their intervals, plurals, and the catalog's own word for its items. */
#ifndef PAL_PLOTS_REPORT_WORDS_H
#define PAL_PLOTS_REPORT_WORDS_H

#include "core/text.h"
#include "plots/number.h"
#include "plots/run_data.h"

/* "0.312 [0.308, 0.316]" */
void pal_say_estimate(pal_text *text, pal_estimate e);
/* "1 person", "1,000 people". */
void pal_say_count(pal_text *text, double n, const char *one, const char *many);
/* " That is 0.155 [0.136, 0.174] more than Popularity on the same people (p = 0.002, Holm correction).", or that it cannot
 * be told from chance. */
void pal_say_comparison(pal_text *text, const pal_rundata *run, const pal_plot_comparison *c);
/* Where the focus arm is significantly worse than the baseline, the largest effects first; or that it is nowhere. Nothing
 * when nothing was compared. */
void pal_say_losses(pal_text *text, const pal_rundata *run);

/* What the catalog calls its items: "song", "films" …; "item" where it mixes types or does not say. */
const char *pal_item_word(const pal_rundata *run, bool many);
/* A sentence about songs, told of what the catalog holds: added with "song" and "songs" replaced. */
void pal_add_worded(pal_text *text, const pal_rundata *run, const char *sentence);
/* The same into out of `room` bytes; returns out. */
const char *pal_worded(char *out, size_t room, const pal_rundata *run, const char *sentence);

#endif
