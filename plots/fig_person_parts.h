/* The lower half of a person sheet: genres, the strip of stages, the last slate. */
#ifndef PAL_PLOTS_FIG_PERSON_PARTS_H
#define PAL_PLOTS_FIG_PERSON_PARTS_H

#include "core/error.h"
#include "plots/canvas.h"
#include "plots/run_people.h"

#define PAL_LIFE_HEIGHT 190.0 /* points taken by pal_draw_life */

/* Genre radar on the left, stage strip and confidence on the right; arm NULL = "no data". */
PAL_MUST_USE pal_status pal_draw_life(pal_canvas *canvas, const pal_person_arm *arm, double y, pal_error *err);
/* The lessons of a taste over the rounds: AUC on the left, LogLoss on the right, a point a fit at its round (kept ones
 * filled), ceilings dotted. Nothing is drawn for a taste without fits. */
#define PAL_LESSONS_HEIGHT 56.0
void pal_draw_lessons(pal_canvas *canvas, const pal_taste *learned, double rounds, double x, double y, double w);
/* Has any taste of the person been fitted? */
bool pal_has_lessons(const pal_person_arm *arm);
/* The last slate as a table. */
void pal_draw_last_slate(pal_canvas *canvas, const pal_person_arm *arm, double y);
double pal_last_slate_height(const pal_person_arm *arm);

#endif
