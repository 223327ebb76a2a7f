/* Our own pages read back. */
#include "plots/html_read.h"

#include "plots/palette.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pal_html pal_html_next(const char **at)
{
    const char *begin = *at, *end;
    pal_html token = { .kind = PAL_HTML_TEXT, .text = begin };

    if (*begin == '\0') {
        token.kind = PAL_HTML_END;
        return token;
    }
    if (*begin != '<') {
        token.n = strcspn(begin, "<");
        *at = begin + token.n;
        return token;
    }
    end = strchr(begin, '>');
    end = end == NULL ? begin + strlen(begin) : end;
    token.kind = begin[1] == '/' ? PAL_HTML_CLOSE : PAL_HTML_OPEN;
    begin += token.kind == PAL_HTML_CLOSE ? 2 : 1;
    for (size_t i = 0; i + 1 < sizeof token.name && begin < end && isalnum((unsigned char)*begin); i++) {
        token.name[i] = *begin++;
    }
    token.text = begin;
    token.n = (size_t)(end - begin);
    *at = *end == '\0' ? end : end + 1;
    return token;
}

bool pal_html_opens(const pal_html *token, const char *name)
{
    return token->kind == PAL_HTML_OPEN && strcmp(token->name, name) == 0;
}

bool pal_html_closes(const pal_html *token, const char *name)
{
    return token->kind == PAL_HTML_CLOSE && strcmp(token->name, name) == 0;
}

const char *pal_html_attribute(char *out, size_t room, const pal_html *token, const char *name)
{
    const size_t length = strlen(name);

    out[0] = '\0';
    for (const char *at = token->text; at + length + 2 < token->text + token->n; at++) {
        if (at[0] == ' ' && strncmp(at + 1, name, length) == 0 && at[length + 1] == '=' && at[length + 2] == '"') {
            const char *value = at + length + 3;

            snprintf(out, room, "%.*s", (int)strcspn(value, "\""), value);
            break;
        }
    }
    return out;
}

bool pal_html_has_class(const pal_html *token, const char *word)
{
    char classes[80];
    const size_t n = strlen(word);

    pal_html_attribute(classes, sizeof classes, token, "class");
    for (const char *at = classes; (at = strstr(at, word)) != NULL; at++) {
        if ((at == classes || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' ')) {
            return true;
        }
    }
    return false;
}

void pal_html_skip(const char **at, const char *name)
{
    for (size_t depth = 1; depth > 0;) {
        pal_html token = pal_html_next(at);

        if (token.kind == PAL_HTML_END) {
            return;
        }
        depth += pal_html_opens(&token, name);
        depth -= pal_html_closes(&token, name);
    }
}

/* ---- inline ---- */

static void add_span(pal_text *markup, pal_role role)
{
    pal_rgb c = pal_role_rgb(PAL_THEME_LIGHT, role);

    pal_text_addf(markup, "<span foreground=\"#%02x%02x%02x\">", c.r, c.g, c.b);
}

static void open_span(pal_text *markup, const pal_html *token)
{
    char style[60];

    if (pal_html_has_class(token, "dot")) {
        const char *role = strstr(pal_html_attribute(style, sizeof style, token, "style"), "--p");
        const long number = role == NULL ? PAL_INK : strtol(role + 3, NULL, 10);

        add_span(markup, number >= 0 && number < PAL_ROLES ? (pal_role)number : PAL_INK);
        pal_text_add(markup, "\xe2\x97\x8f ");
    } else if (pal_html_has_class(token, "good") || pal_html_has_class(token, "up")) {
        add_span(markup, PAL_GOOD);
    } else if (pal_html_has_class(token, "bad") || pal_html_has_class(token, "down")) {
        add_span(markup, PAL_BAD);
    } else {
        pal_text_add(markup, "<span>");
    }
}

static void open_tag(pal_text *markup, const pal_html *token, bool cell)
{
    if (strcmp(token->name, "span") == 0) {
        open_span(markup, token);
    } else if (strcmp(token->name, "b") == 0) {
        pal_text_add(markup, "<b>");
        open_span(markup, token); /* an item that was wanted is green */
    } else if (strcmp(token->name, "i") == 0) {
        pal_text_add(markup, "<i>");
    } else if (strcmp(token->name, "code") == 0) {
        pal_text_add(markup, "<tt>");
    } else if (strcmp(token->name, "small") == 0) {
        pal_text_add(markup, cell ? "\n" : "");
        add_span(markup, PAL_SUBTLE);
        pal_text_add(markup, cell ? "<span size=\"smaller\">" : "<span>");
    }
}

static void close_tag(pal_text *markup, const pal_html *token)
{
    static const struct { const char *name, *end; } ends[] = {
        { "span", "</span>" }, { "b", "</span></b>" }, { "i", "</i>" }, { "code", "</tt>" }, { "small", "</span></span>" },
    };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(token->name, ends[i].name) == 0) {
            pal_text_add(markup, ends[i].end);
        }
    }
}

static void add_words(pal_text *markup, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool blank = isspace((unsigned char)text[i]) != 0;

        if (!blank) {
            pal_text_add_bytes(markup, text + i, 1);
        } else if (markup->n > 0 && !isspace((unsigned char)markup->bytes[markup->n - 1])) {
            pal_text_add(markup, " ");
        }
    }
}

void pal_html_inline(pal_text *markup, const char **at, const char *name, bool cell)
{
    for (;;) {
        pal_html token = pal_html_next(at);

        if (token.kind == PAL_HTML_END || pal_html_closes(&token, name)) {
            break;
        }
        if (token.kind == PAL_HTML_TEXT) {
            add_words(markup, token.text, token.n);
        } else if (pal_html_opens(&token, "span") && pal_html_has_class(&token, "screen")) {
            pal_html_skip(at, "span");
        } else if (token.kind == PAL_HTML_OPEN) {
            open_tag(markup, &token, cell);
        } else {
            close_tag(markup, &token);
        }
    }
}
