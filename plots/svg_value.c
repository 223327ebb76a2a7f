/* Values of SVG attributes, written short. */
#include "plots/svg_value.h"

#include "plots/palette.h"
#include "plots/svg_pack.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pal_text_add_escaped(pal_text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&': pal_text_add(out, "&amp;"); break;
        case '<': pal_text_add(out, "&lt;"); break;
        case '>': pal_text_add(out, "&gt;"); break;
        case '"': pal_text_add(out, "&quot;"); break;
        case '\'': pal_text_add(out, "&#39;"); break;
        default: pal_text_add_bytes(out, c, 1); break;
        }
    }
}

bool pal_span_is(pal_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.at, text, s.n) == 0;
}

bool pal_span_begins(pal_span s, const char *text)
{
    return s.n >= strlen(text) && memcmp(s.at, text, strlen(text)) == 0;
}

/* A number rounded to 0.01 without trailing zeros or a leading one: "-.5", "12.25". */
size_t pal_svg_number(char out[PAL_SVG_NUMBER_MAX], double value)
{
    char plain[PAL_SVG_NUMBER_MAX];
    char *from = plain;
    size_t n, at = 0;

    snprintf(plain, sizeof plain, "%.2f", value);
    n = strlen(plain);
    while (plain[n - 1] == '0') {
        n--;
    }
    n -= plain[n - 1] == '.';
    plain[n] = '\0';
    if (*from == '-') {
        from++;
        if (strcmp(from, "0") != 0) {
            out[at++] = '-';
        }
    }
    if (from[0] == '0' && from[1] == '.') {
        from++;
    }
    return at + (size_t)snprintf(out + at, PAL_SVG_NUMBER_MAX - at, "%s", from);
}

static bool starts_number(const char *at, const char *end)
{
    if (*at == '-' || *at == '+') {
        at++;
    }
    return at < end && (isdigit((unsigned char)*at) || (*at == '.' && at + 1 < end && isdigit((unsigned char)at[1])));
}

/* Path data: rounded, commands not repeated, blanks only where two numbers would run together. */
void pal_svg_add_path(pal_text *out, pal_span d)
{
    const char *at = d.at, *end = d.at + d.n;
    char last = '\0';
    bool spaced = false;

    while (end > at && end[-1] == ' ') {
        end--;
    }
    while (at < end) {
        if (isalpha((unsigned char)*at)) {
            const char *rest = at + 1;

            while (rest < end && !isalpha((unsigned char)*rest)) {
                rest++;
            }
            if (*at == 'M' && rest == end && last == 'Z') {
                break; /* a move that draws nothing ends each of Cairo's letters */
            }
            if (*at != last || *at == 'M' || *at == 'Z') {
                pal_text_add_bytes(out, at, 1);
                spaced = true;
            }
            last = *at++;
        } else if (starts_number(at, end)) {
            char number[PAL_SVG_NUMBER_MAX], *stop;
            size_t n = pal_svg_number(number, strtod(at, &stop));

            if (!spaced && number[0] != '-') {
                pal_text_add_bytes(out, " ", 1);
            }
            pal_text_add_bytes(out, number, n);
            spaced = false;
            at = stop;
        } else {
            at++;
        }
    }
}

/* Any other value: numbers with decimals are rounded, all else stays. */
void pal_svg_add_rounded(pal_text *out, pal_span value)
{
    const char *at = value.at, *end = value.at + value.n;

    while (at < end) {
        bool fresh = at == value.at || strchr(" ,(:-", at[-1]) != NULL;

        if (fresh && starts_number(at, end)) {
            char number[PAL_SVG_NUMBER_MAX], *stop;
            size_t n = pal_svg_number(number, strtod(at, &stop));

            pal_text_add_bytes(out, number, n);
            at = stop;
        } else {
            pal_text_add_bytes(out, at++, 1);
        }
    }
}

void pal_svg_add_colour(pal_text *out, pal_span value)
{
    double part[3] = { 0 };
    pal_rgb rgb;
    pal_role role;

    if (sscanf(value.at, "rgb(%lf%%,%lf%%,%lf%%)", &part[0], &part[1], &part[2]) != 3 &&
        sscanf(value.at, "rgb(%lf%%, %lf%%, %lf%%)", &part[0], &part[1], &part[2]) != 3) {
        pal_text_add_bytes(out, value.at, value.n);
        return;
    }
    rgb = (pal_rgb){ (unsigned char)lround(part[0] * 2.55), (unsigned char)lround(part[1] * 2.55),
                     (unsigned char)lround(part[2] * 2.55) };
    role = pal_role_of_code(rgb);
    if (role != PAL_ROLES) {
        pal_text_addf(out, "var(--p%d)", (int)role);
    } else {
        pal_text_addf(out, "#%02x%02x%02x", rgb.r, rgb.g, rgb.b);
    }
}

static bool is_default(pal_span declaration)
{
    static const char *const defaults[] = {
        "fill-opacity:1", "stroke-opacity:1", "stroke-linecap:butt", "stroke-linejoin:miter", "stroke-miterlimit:10",
        "fill-rule:nonzero", "stroke:none", "stroke-width:1",
    };

    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (pal_span_is(declaration, defaults[i])) {
            return true;
        }
    }
    return false;
}

void pal_svg_add_style(pal_text *out, pal_span style)
{
    const char *at = style.at, *end = style.at + style.n;
    bool first = true;

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        const char *colon;
        pal_span part;

        stop = stop == NULL ? end : stop;
        while (at < stop && *at == ' ') {
            at++;
        }
        part = (pal_span){ at, (size_t)(stop - at) };
        colon = memchr(part.at, ':', part.n);
        if (colon != NULL && !is_default(part)) {
            pal_span value = { colon + 1, (size_t)(stop - colon - 1) };

            pal_text_add(out, first ? "" : ";");
            pal_text_add_bytes(out, part.at, (size_t)(colon + 1 - part.at));
            if (pal_span_begins(value, "rgb(")) {
                pal_svg_add_colour(out, value);
            } else {
                pal_svg_add_rounded(out, value);
            }
            first = false;
        }
        at = stop + 1;
    }
}
