/* Slot curve: how attention falls along the slate. */
#include "plots/fig_common.h"
#include "plots/figure_data.h"

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

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    static const char *const metrics[] = { "examination", "ctr", "like_rate" };
    pal_line lines[PAL_MAX_ARMS];

    (void)who;
    pal_data_head(csv, "panel,arm,slot,value,lo,hi");
    for (size_t m = 0; m < sizeof metrics / sizeof metrics[0]; m++) {
        pal_data_lines(csv, metrics[m], lines, pal_arm_lines(lines, run, metrics[m], PAL_BY_SLOT));
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_slots = {
    .name = "slots",
    .heading = "Slot curve",
    .caption = "People look at the top of a slate more than at its foot. Where examination falls and the like rate "
               "falls with it, position matters; where an arm's curve is flatter than its examination, its lower "
               "slots are as well chosen as its upper ones.",
    .height = height,
    .draw = draw,
    .data = data,
};
