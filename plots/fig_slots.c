/* Slot curve: how attention falls along the slate. */
#include "plots/fig_common.h"

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return 206 + pal_arm_legend_height(run);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const struct { const char *metric, *name, *measure; } panels[] = {
        { "examination", "Examined", "share of slots looked at" },
        { "ctr", "CTR", "clicks per impression" },
        { "like_rate", "Like rate", "likes per impression" },
    };
    pal_status rc = PAL_OK;
    char subtitle[PAL_SUBTITLE_MAX];
    pal_line lines[PAL_MAX_ARMS];
    double y, x = PAL_MARGIN + 28;

    (void)who;
    y = pal_head(canvas, "What position on the slate does", pal_fig_subtitle(subtitle, run, "by slot, 0 is the top"));
    y = pal_arm_legend(canvas, run, y, NULL);
    for (int p = 0; p < 3; p++, x += 164) {
        pal_panel panel = { .x = x, .y = y + 31, .w = 132, .h = 104 };
        size_t n = pal_arm_lines(lines, run, panels[p].metric, PAL_BY_SLOT);

        for (size_t k = 0; k < n; k++) {
            lines[k].label = NULL;
        }
        pal_canvas_text(canvas, x - 24, y + 8, panels[p].name,
                        (pal_font){ .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true });
        pal_canvas_text(canvas, x - 24, y + 19, panels[p].measure, pal_font_tick(PAL_LEFT));
        PAL_TRY(pal_draw_lines_panel(canvas, &panel, lines, n, PAL_UNIT_PLAIN, true, "slot",
                                     "slots.csv has no such rows", err));
    }

done:
    return rc;
}

const pal_figure pal_fig_slots = {
    .name = "slots",
    .heading = "Slot curve",
    .caption = "People look at the top of a slate more than at its foot. Where examination falls and the like rate "
               "falls with it, position matters; where an arm's curve is flatter than its examination, its lower "
               "slots are as well chosen as its upper ones.",
    .height = height,
    .draw = draw,
};
