/* Colours by role: what a thing is, not how it looks. One table a theme; figures name roles only. */
#ifndef PAL_PLOTS_PALETTE_H
#define PAL_PLOTS_PALETTE_H

#include "core/text.h"

#include <stddef.h>

typedef enum pal_theme { PAL_THEME_LIGHT, PAL_THEME_DARK, PAL_THEME_CODED } pal_theme;

/* Text roles keep a contrast of at least 4.5 on PAL_PAPER in both themes (tests/plots/test_palette.c). */
typedef enum pal_role {
    PAL_PAPER,                                   /* behind everything                                   */
    PAL_INK,                                     /* titles, values                                      */
    PAL_SUBTLE,                                  /* subtitles, ticks: grey text                         */
    PAL_GRID,                                    /* thin lines behind the data                          */
    PAL_AXIS,                                    /* axis and zero lines                                 */
    PAL_CARD,                                    /* chips, table stripes, empty tracks                  */
    PAL_BASE,                                    /* the baseline arm: mid-grey                          */
    PAL_TOP,                                     /* the oracle                                          */
    PAL_SERIES_0,                                /* eight arms or tastes, Okabe-Ito in a fixed order    */
    PAL_SERIES_7 = PAL_SERIES_0 + 7,
    PAL_BASE_TEXT,                               /* the same colours, dark (or light) enough to be read */
    PAL_TOP_TEXT,
    PAL_SERIES_TEXT_0,
    PAL_SERIES_TEXT_7 = PAL_SERIES_TEXT_0 + 7,
    PAL_STAGE_0,                                 /* stages from cold to neural: pal_stage_role          */
    PAL_STAGE_10 = PAL_STAGE_0 + 10,
    PAL_GOOD,                                    /* liked                                               */
    PAL_BAD,                                     /* disliked                                            */
    PAL_SEQ_0,                                   /* sequential steps, pale to strong on the paper       */
    PAL_SEQ_8 = PAL_SEQ_0 + 8,
    PAL_DIV_0,                                   /* blue, paper at the middle step (5), orange          */
    PAL_DIV_10 = PAL_DIV_0 + 10,
    PAL_ON_STAGE,                                /* text upon a stage or strong colour                  */
    PAL_ROLES
} pal_role;

typedef struct pal_rgb { unsigned char r, g, b; } pal_rgb;

/* Colour of a role. PAL_THEME_CODED gives a code instead of a colour: pal_role_of_code reads the role back, which
 * is how the report turns a drawing's colours into CSS variables that follow the reader's theme. */
pal_rgb pal_role_rgb(pal_theme theme, pal_role role);
/* The role a coded colour stands for, or PAL_ROLES when it is none. */
pal_role pal_role_of_code(pal_rgb code);
/* CSS custom properties "--p0:#rrggbb;…" of a theme. */
void pal_palette_css(pal_text *text, pal_theme theme);

/* The text colour that belongs to PAL_BASE, PAL_TOP or a series role; any other role is its own. */
pal_role pal_text_role(pal_role role);
/* The fixed colour of a stage by its name, "other" for an unknown one. */
pal_role pal_stage_role(const char *stage);
/* Where a stage stands in stacks and legends: random first, then cold to neural, oracle last. */
int pal_stage_order(const char *stage);
/* Step of the sequential or diverging scale for t in 0..1 or -1..1 (clamped; NaN gives the middle). */
pal_role pal_sequential(double t);
pal_role pal_diverging(double t);

/* WCAG 2.1 contrast ratio of two colours, 1..21. */
double pal_rgb_contrast(pal_rgb a, pal_rgb b);

#endif
