/* Colours by role. Series: Okabe and Ito, Color Universal Design (2008); sequential: cividis (Nunez et al. 2018). */
#include "plots/palette.h"

#include <math.h>
#include <string.h>

#define HEX(h) { (unsigned char)((h) >> 16), (unsigned char)((h) >> 8 & 255), (unsigned char)((h) & 255) }

/* Yellow, the eighth colour of the set, cannot be seen on white paper: a brown takes its place. */
static const pal_rgb light[PAL_ROLES] = {
    [PAL_PAPER] = HEX(0xffffff), [PAL_INK] = HEX(0x1f2328), [PAL_SUBTLE] = HEX(0x5f6770),
    [PAL_GRID] = HEX(0xe6e8eb), [PAL_AXIS] = HEX(0x9aa1a9), [PAL_CARD] = HEX(0xf3f4f6),
    [PAL_BASE] = HEX(0x8c8c8c), [PAL_TOP] = HEX(0x30343a),
    [PAL_SERIES_0] = HEX(0x0072b2), HEX(0xd55e00), HEX(0x009e73), HEX(0xcc79a7), HEX(0x56b4e9), HEX(0xe69f00),
    HEX(0x8a5a2b), HEX(0x6a51a3),
    [PAL_BASE_TEXT] = HEX(0x666666), [PAL_TOP_TEXT] = HEX(0x30343a),
    [PAL_SERIES_TEXT_0] = HEX(0x0067a3), HEX(0xb34e00), HEX(0x007a59), HEX(0xa3477a), HEX(0x1b75a8), HEX(0x8a5f00),
    HEX(0x7d5024), HEX(0x6a51a3),
    [PAL_STAGE_0] = HEX(0xa3a9b0), HEX(0x6f7780), HEX(0x0072b2), HEX(0x56b4e9), HEX(0x009e73), HEX(0xe69f00),
    HEX(0xd55e00), HEX(0x30343a), HEX(0xcc79a7), HEX(0x8a5a2b), HEX(0x6a51a3),
    [PAL_GOOD] = HEX(0x007a59), [PAL_BAD] = HEX(0xb34e00),
    [PAL_SEQ_0] = HEX(0xf4eecb), HEX(0xe6d9a0), HEX(0xd0c07c), HEX(0xb3a772), HEX(0x958f78), HEX(0x7a7b78),
    HEX(0x5f6770), HEX(0x3d4f6c), HEX(0x173a6b),
    [PAL_DIV_0] = HEX(0x1f5f9e), HEX(0x4a84bb), HEX(0x7ea8d1), HEX(0xaecae5), HEX(0xdbe8f4), HEX(0xffffff),
    HEX(0xfbe6d0), HEX(0xf5c99c), HEX(0xeba665), HEX(0xdc8232), HEX(0xb8600f),
    [PAL_ON_STAGE] = HEX(0xffffff),
};

static const pal_rgb dark[PAL_ROLES] = {
    [PAL_PAPER] = HEX(0x15181c), [PAL_INK] = HEX(0xe8eaed), [PAL_SUBTLE] = HEX(0x9ea6ae),
    [PAL_GRID] = HEX(0x2b3036), [PAL_AXIS] = HEX(0x666d75), [PAL_CARD] = HEX(0x1f242a),
    [PAL_BASE] = HEX(0x9a9a9a), [PAL_TOP] = HEX(0xe0e3e6),
    [PAL_SERIES_0] = HEX(0x4aa8e0), HEX(0xf0803c), HEX(0x2fc296), HEX(0xdb93bb), HEX(0x8fd0f5), HEX(0xf0b73c),
    HEX(0xc09468), HEX(0xa08fd6),
    [PAL_BASE_TEXT] = HEX(0xb0b0b0), [PAL_TOP_TEXT] = HEX(0xe0e3e6),
    [PAL_SERIES_TEXT_0] = HEX(0x63b6e8), HEX(0xf59255), HEX(0x3fd0a4), HEX(0xe2a3c6), HEX(0x9bd6f7), HEX(0xf3c255),
    HEX(0xcda57c), HEX(0xb3a5e0),
    [PAL_STAGE_0] = HEX(0x6b727a), HEX(0x9aa1a9), HEX(0x3b94cc), HEX(0x8fd0f5), HEX(0x2fc296), HEX(0xf0b73c),
    HEX(0xf0803c), HEX(0xe0e3e6), HEX(0xdb93bb), HEX(0xc09468), HEX(0xa08fd6),
    [PAL_GOOD] = HEX(0x3fd0a4), [PAL_BAD] = HEX(0xf59255),
    [PAL_SEQ_0] = HEX(0x1c2836), HEX(0x213a5c), HEX(0x3b4f6b), HEX(0x59616c), HEX(0x747471), HEX(0x8f8a71),
    HEX(0xb0a268), HEX(0xd3bf5a), HEX(0xf5de54),
    [PAL_DIV_0] = HEX(0x6fb1ea), HEX(0x5691c4), HEX(0x42739d), HEX(0x315676), HEX(0x223a50), HEX(0x15181c),
    HEX(0x4a321b), HEX(0x704820), HEX(0x986026), HEX(0xc17a2d), HEX(0xec9638),
    [PAL_ON_STAGE] = HEX(0x101215),
};

/* Codes lie on a line no palette colour touches: red counts the role, green and blue are fixed. */
enum { CODE_GREEN = 90, CODE_BLUE = 165 };

pal_rgb pal_role_rgb(pal_theme theme, pal_role role)
{
    PAL_ASSERT((unsigned)role < PAL_ROLES);
    if (theme == PAL_THEME_CODED) {
        return (pal_rgb){ (unsigned char)(role + 1), CODE_GREEN, CODE_BLUE };
    }
    return theme == PAL_THEME_DARK ? dark[role] : light[role];
}

pal_role pal_role_of_code(pal_rgb code)
{
    if (code.g != CODE_GREEN || code.b != CODE_BLUE || code.r < 1 || code.r > PAL_ROLES) {
        return PAL_ROLES;
    }
    return (pal_role)(code.r - 1);
}

void pal_palette_css(pal_text *text, pal_theme theme)
{
    for (int role = 0; role < PAL_ROLES; role++) {
        pal_rgb c = pal_role_rgb(theme, (pal_role)role);

        pal_text_addf(text, "--p%d:#%02x%02x%02x;", role, c.r, c.g, c.b);
    }
}

pal_role pal_text_role(pal_role role)
{
    if (role >= PAL_BASE && role <= PAL_SERIES_7) {
        return (pal_role)(PAL_BASE_TEXT + (role - PAL_BASE));
    }
    return role;
}

/* Order is that of stacks: what knows least lies at the bottom. */
static const struct { const char *name; int colour; } stages[] = {
    { "random", 0 }, { "popularity", 1 }, { "cold_start", 2 }, { "fallback", 3 }, { "ranking", 4 },
    { "linear", 5 }, { "logistic", 5 }, { "boosted", 6 }, { "neural", 10 }, { "oracle", 7 }, { "progressive", 8 },
};
enum { N_STAGES = sizeof stages / sizeof stages[0], OTHER_STAGE = 9 };

int pal_stage_order(const char *stage)
{
    for (int i = 0; i < N_STAGES; i++) {
        if (strcmp(stages[i].name, stage) == 0) {
            return i;
        }
    }
    return N_STAGES;
}

pal_role pal_stage_role(const char *stage)
{
    int order = pal_stage_order(stage);

    return (pal_role)(PAL_STAGE_0 + (order < N_STAGES ? stages[order].colour : OTHER_STAGE));
}

static int step(double t, double lo, double hi, int n)
{
    double u = (t - lo) / (hi - lo);
    int i = isnan(u) ? n / 2 : (int)floor(u * n);

    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

pal_role pal_sequential(double t)
{
    return (pal_role)(PAL_SEQ_0 + step(t, 0, 1, PAL_SEQ_8 - PAL_SEQ_0 + 1));
}

pal_role pal_diverging(double t)
{
    return (pal_role)(PAL_DIV_0 + step(t, -1, 1, PAL_DIV_10 - PAL_DIV_0 + 1));
}

static double channel(unsigned char v)
{
    double c = v / 255.0;

    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(pal_rgb c)
{
    return 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
}

double pal_rgb_contrast(pal_rgb a, pal_rgb b)
{
    double la = luminance(a), lb = luminance(b);

    return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}
