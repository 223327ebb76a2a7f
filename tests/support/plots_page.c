/* Checks of drawn pages. */
#include "tests/support/plots_page.h"

#include "plots/axis.h"

#include <check.h>
#include <math.h>

#define TOUCH 0.3 /* points by which boxes of text may meet: bearings are not ink */

static void check_texts(const pal_canvas *canvas, const char *name, size_t least)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    ck_assert_msg(n >= least, "%s: says %zu things, wanted %zu", name, n, least);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= PAL_PAGE_WIDTH && box[i].y1 <= pal_canvas_height(canvas),
                      "%s: '%s' leaves the page", name, box[i].text);
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(fmin(box[i].x1, box[j].x1) - fmax(box[i].x0, box[j].x0) <= TOUCH ||
                          fmin(box[i].y1, box[j].y1) - fmax(box[i].y0, box[j].y0) <= TOUCH, "%s: '%s' lies upon '%s'", name,
                          box[i].text, box[j].text);
        }
    }
}

void plots_check_figure(const pal_figure *figure, const pal_rundata *run, size_t least)
{
    pal_canvas *canvas = NULL;
    pal_text bytes = { 0 };

    ck_assert(pal_figure_has_data(figure, run));
    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, figure->height(run, 0), NULL), PAL_OK);
    ck_assert_int_eq(figure->draw(canvas, run, 0, NULL), PAL_OK);
    check_texts(canvas, figure->name, least);
    ck_assert_int_eq(pal_canvas_finish(canvas, "x", &bytes, NULL), PAL_OK);
    pal_text_clear(&bytes);
    pal_canvas_free(canvas);
}
