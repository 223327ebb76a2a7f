/* Our own pages read back, tag by tag: just enough HTML to set a report's body in another form. */
#ifndef PAL_PLOTS_HTML_READ_H
#define PAL_PLOTS_HTML_READ_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum pal_html_kind { PAL_HTML_END, PAL_HTML_OPEN, PAL_HTML_CLOSE, PAL_HTML_TEXT } pal_html_kind;

/* A tag or the text up to the next one; spans of the page. */
typedef struct pal_html {
    pal_html_kind kind;
    char name[12];    /* of a tag, "" for text                    */
    const char *text; /* text as it stands; of a tag its attributes */
    size_t n;
} pal_html;

/* The token at *at, which moves behind it. */
pal_html pal_html_next(const char **at);
bool pal_html_opens(const pal_html *token, const char *name);
bool pal_html_closes(const pal_html *token, const char *name);
/* Is `word` among the tag's classes? */
bool pal_html_has_class(const pal_html *token, const char *word);
/* An attribute's value into out (cut to its room); "" when there is none. Returns out. */
const char *pal_html_attribute(char *out, size_t room, const pal_html *token, const char *name);
/* Behind the end of the element that was just opened. */
void pal_html_skip(const char **at, const char *name);

/*
 * What stands inside the element just opened, as Pango's markup: b, i, small and code keep their look, .good and .bad their
 * colour, a dot of an arm becomes a bullet, what is for the screen only (.screen) is left out; other tags are dropped, runs
 * of blanks become one. Of a cell with an interval (`cell`) <small> begins a line of its own. *at moves behind the end tag.
 */
void pal_html_inline(pal_text *markup, const char **at, const char *name, bool cell);

#endif
