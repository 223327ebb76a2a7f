/* Numbers as people read them. */
#include "plots/number.h"

#include "core/error.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MINUS "\xe2\x88\x92"
#define DASH "\xe2\x80\x93"
#define NO_BREAK "\xc2\xa0"
#define ELLIPSIS "\xe2\x80\xa6"

static const char *missing(char out[PAL_SHOWN_MAX])
{
    snprintf(out, PAL_SHOWN_MAX, "%s", DASH);
    return out;
}

/* The digits of |value|; whether a sign is due (not for what rounds to zero). Values beyond 1e15 are clipped. */
static bool digits(char plain[48], double value, int decimals)
{
    bool any = false;

    PAL_ASSERT(decimals >= 0 && decimals <= 12);
    snprintf(plain, 48, "%.*f", decimals, fmin(fabs(value), 1e15));
    for (const char *c = plain; *c != '\0'; c++) {
        any = any || (*c >= '1' && *c <= '9');
    }
    return any;
}

const char *pal_show_fixed(char out[PAL_SHOWN_MAX], double value, int decimals)
{
    char plain[48];
    bool any;

    if (isnan(value)) {
        return missing(out);
    }
    any = digits(plain, value, decimals);
    snprintf(out, PAL_SHOWN_MAX, "%s%s", any && value < 0 ? MINUS : "", plain);
    return out;
}

const char *pal_show_signed(char out[PAL_SHOWN_MAX], double value, int decimals)
{
    char plain[48];
    bool any;

    if (isnan(value)) {
        return missing(out);
    }
    any = digits(plain, value, decimals);
    snprintf(out, PAL_SHOWN_MAX, "%s%s", !any ? "" : value < 0 ? MINUS : "+", plain);
    return out;
}

const char *pal_show_percent(char out[PAL_SHOWN_MAX], double share, int decimals)
{
    char plain[PAL_SHOWN_MAX];

    if (isnan(share)) {
        return missing(out);
    }
    pal_show_fixed(plain, share * 100, decimals);
    snprintf(out, PAL_SHOWN_MAX, "%.40s%s%%", plain, NO_BREAK);
    return out;
}

const char *pal_show_count(char out[PAL_SHOWN_MAX], double value)
{
    char plain[48];
    size_t n, at = 0;

    if (isnan(value)) {
        return missing(out);
    }
    if (digits(plain, value, 0) && value < 0) {
        at = (size_t)snprintf(out, PAL_SHOWN_MAX, "%s", MINUS);
    }
    n = strlen(plain);
    for (size_t i = 0; i < n; i++) {
        out[at++] = plain[i];
        if (i + 1 < n && (n - i - 1) % 3 == 0) {
            out[at++] = ',';
        }
    }
    out[at] = '\0';
    return out;
}

const char *pal_show_unit(char out[PAL_SHOWN_MAX], double value, pal_number_form unit, int decimals)
{
    switch (unit) {
    case PAL_UNIT_PERCENT: return pal_show_percent(out, value, decimals > 2 ? decimals - 2 : 0);
    case PAL_UNIT_COUNT: return pal_show_count(out, value);
    default: return pal_show_fixed(out, value, decimals);
    }
}

const char *pal_show_interval(char out[PAL_SHOWN_MAX], double lo, double hi, int decimals)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (isnan(lo) || isnan(hi)) {
        return missing(out);
    }
    snprintf(out, PAL_SHOWN_MAX, "[%.28s, %.28s]", pal_show_fixed(a, lo, decimals), pal_show_fixed(b, hi, decimals));
    return out;
}

const char *pal_show_p(char out[PAL_SHOWN_MAX], double p)
{
    if (isnan(p)) {
        return missing(out);
    }
    if (p < 0.001) {
        snprintf(out, PAL_SHOWN_MAX, "p < 0.001");
    } else {
        snprintf(out, PAL_SHOWN_MAX, "p = %.*f", p < 0.1 ? 3 : 2, p);
    }
    return out;
}

const char *pal_show_short(char *out, size_t room, const char *text, size_t characters)
{
    size_t seen = 0, at = 0, cut = 0;

    for (; text[at] != '\0'; at++) {
        if (((unsigned char)text[at] & 0xC0) == 0x80) {
            continue;
        }
        if (seen == characters - 1) {
            cut = at;
        }
        if (seen++ == characters) {
            break;
        }
    }
    if (seen > characters) {
        snprintf(out, room, "%.*s%s", (int)cut, text, ELLIPSIS);
    } else {
        snprintf(out, room, "%s", text);
    }
    return out;
}
