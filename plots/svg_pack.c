/* Cairo's SVG made small: one pass over its tags. */
#include "plots/svg_pack.h"

#include "core/mem.h"
#include "plots/svg_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ATTRIBUTES = 16, MAX_RUN = 256, WORD_MIN = 3 };

typedef struct tag {
    pal_span name;
    pal_span key[MAX_ATTRIBUTES], value[MAX_ATTRIBUTES];
    size_t n;
    bool closing, empty; /* </a>, <a/> */
} tag;

/* A letter set on the page. */
typedef struct placed { size_t outline; double x, y; } placed;

/* Cairo's name of a letter and its place among the outlines; SIZE_MAX for a blank. */
typedef struct letter { pal_span id; size_t outline; } letter;

typedef struct packer {
    pal_text *out;
    const char *prefix, *label, *glyph_prefix;
    pal_glyphs *glyphs;
    letter *letters;
    size_t n_letters, cap_letters;
    placed run[MAX_RUN]; /* letters of a line not yet written */
    size_t n_run;
    bool inline_svg, in_letter, defs_done;
    pal_span letter_id;
    pal_error *err;
} packer;

static void once_clear(pal_once *once)
{
    for (size_t i = 0; i < once->n; i++) {
        pal_free(once->text[i]);
    }
    pal_free(once->text);
    *once = (pal_once){ 0 };
}

/* The text's place in the list; a new one is added. */
static pal_status once_find(pal_once *once, const char *text, size_t *found, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < once->n; i++) {
        if (strcmp(once->text[i], text) == 0) {
            *found = i;
            return PAL_OK;
        }
    }
    if (once->n == once->capacity) {
        size_t grown = once->capacity == 0 ? 256 : once->capacity * 2;
        char **bigger = pal_resize(once->text, once->capacity, grown, sizeof *bigger);

        if (bigger == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu letters of a drawing", grown);
        }
        once->text = bigger;
        once->capacity = grown;
    }
    once->text[once->n] = pal_strdup(text);
    if (once->text[once->n] == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a letter of a drawing");
    }
    *found = once->n++;

done:
    return rc;
}

void pal_glyphs_clear(pal_glyphs *glyphs)
{
    once_clear(&glyphs->outlines);
    once_clear(&glyphs->words);
}

void pal_glyphs_write(const pal_glyphs *glyphs, const char *prefix, pal_text *out)
{
    for (size_t i = 0; i < glyphs->outlines.n; i++) {
        pal_text_addf(out, "<path id=\"%s%zu\" d=\"", prefix, i);
        pal_text_add(out, glyphs->outlines.text[i]);
        pal_text_add(out, "\"/>");
    }
    for (size_t i = 0; i < glyphs->words.n; i++) {
        pal_text_addf(out, "<g id=\"w%zu\">", i);
        pal_text_add(out, glyphs->words.text[i]);
        pal_text_add(out, "</g>");
    }
}

static bool is_letter_id(pal_span id)
{
    return pal_span_begins(id, "glyph");
}

static pal_span attribute(const tag *t, const char *key)
{
    for (size_t i = 0; i < t->n; i++) {
        if (pal_span_is(t->key[i], key)) {
            return t->value[i];
        }
    }
    return (pal_span){ "", 0 };
}

static pal_status learn_letter(packer *p, pal_span id, pal_span d)
{
    pal_status rc = PAL_OK;
    pal_error *err = p->err;
    pal_text outline = { 0 };
    size_t place = SIZE_MAX;

    if (p->n_letters == p->cap_letters) {
        size_t grown = p->cap_letters == 0 ? 256 : p->cap_letters * 2;
        letter *bigger = pal_resize(p->letters, p->cap_letters, grown, sizeof *bigger);

        if (bigger == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu letters of a drawing", grown);
        }
        p->letters = bigger;
        p->cap_letters = grown;
    }
    pal_svg_add_path(&outline, d);
    PAL_TRY(pal_text_check(&outline, err));
    if (outline.n > 0) {
        PAL_TRY(once_find(&p->glyphs->outlines, outline.bytes, &place, err));
    }
    p->letters[p->n_letters++] = (letter){ id, place };

done:
    pal_text_clear(&outline);
    return rc;
}

static size_t letter_place(const packer *p, pal_span id)
{
    for (size_t i = 0; i < p->n_letters; i++) {
        if (p->letters[i].id.n == id.n && memcmp(p->letters[i].id.at, id.at, id.n) == 0) {
            return p->letters[i].outline;
        }
    }
    return SIZE_MAX;
}

static void add_reference(packer *p, pal_span value)
{
    const char *hash = memchr(value.at, '#', value.n);
    size_t head = hash == NULL ? value.n : (size_t)(hash + 1 - value.at);

    pal_text_add_bytes(p->out, value.at, head);
    if (hash != NULL) {
        pal_text_add(p->out, p->prefix);
        pal_text_add_bytes(p->out, value.at + head, value.n - head);
    }
}

static void add_attribute(packer *p, pal_span key, pal_span value)
{
    bool href = pal_span_is(key, "xlink:href") || pal_span_is(key, "href");
    bool colour = pal_span_is(key, "fill") || pal_span_is(key, "stroke");
    pal_text *out = p->out;

    if (pal_span_is(key, "overflow") || (pal_span_is(key, "id") && pal_span_begins(value, "surface")) ||
        (pal_span_is(key, "transform") && pal_span_is(value, "matrix(1,0,0,1,0,0)"))) {
        return;
    }
    pal_text_add(out, " ");
    if (href && p->inline_svg) {
        pal_text_add(out, "href");
    } else {
        pal_text_add_bytes(out, key.at, key.n);
    }
    pal_text_add(out, "=\"");
    if (pal_span_is(key, "id")) {
        pal_text_add(out, p->prefix);
        pal_text_add_bytes(out, value.at, value.n);
    } else if (href || pal_span_begins(value, "url(")) {
        add_reference(p, value);
    } else if (pal_span_is(key, "style")) {
        pal_svg_add_style(out, value);
    } else if (pal_span_is(key, "d")) {
        pal_svg_add_path(out, value);
    } else if (colour) {
        pal_svg_add_colour(out, value);
    } else {
        pal_svg_add_rounded(out, value);
    }
    pal_text_add(out, "\"");
}

static void add_root(packer *p, const tag *t)
{
    pal_text_add(p->out, p->inline_svg ? "<svg" : "<svg xmlns=\"http://www.w3.org/2000/svg\" "
                                                  "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.1\"");
    for (size_t i = 0; i < t->n; i++) {
        bool size = pal_span_is(t->key[i], "width") || pal_span_is(t->key[i], "height");

        if (pal_span_is(t->key[i], "viewBox") || (size && !p->inline_svg)) {
            add_attribute(p, t->key[i], t->value[i]);
        }
    }
    pal_text_add(p->out, " role=\"img\" aria-label=\"");
    pal_text_add_escaped(p->out, p->label);
    pal_text_add(p->out, "\"><title>");
    pal_text_add_escaped(p->out, p->label);
    pal_text_add(p->out, "</title>");
}

static void add_place(pal_text *out, const char *key, double value)
{
    char number[PAL_SVG_NUMBER_MAX];

    pal_svg_number(number, value);
    pal_text_addf(out, " %s=\"%s\"", key, number);
}

static void add_letter(pal_text *out, const packer *p, const placed *at, bool with_y)
{
    pal_text_addf(out, "<use %shref=\"#%s%zu\"", p->inline_svg ? "" : "xlink:", p->glyph_prefix, at->outline);
    if (at->x != 0) {
        add_place(out, "x", at->x);
    }
    if (with_y) {
        add_place(out, "y", at->y);
    }
    pal_text_add(out, "/>");
}

/* Write letters [begin, end) of the run, all on one line: as a shared word where that is worth it. */
static pal_status flush_line(packer *p, size_t begin, size_t end)
{
    pal_status rc = PAL_OK;
    pal_error *err = p->err;
    pal_text word = { 0 };
    size_t place;

    if (!p->inline_svg || end - begin < WORD_MIN) {
        for (size_t i = begin; i < end; i++) {
            add_letter(p->out, p, &p->run[i], true);
        }
        return PAL_OK;
    }
    for (size_t i = begin; i < end; i++) {
        placed shifted = { p->run[i].outline, p->run[i].x - p->run[begin].x, 0 };

        add_letter(&word, p, &shifted, false);
    }
    PAL_TRY(pal_text_check(&word, err));
    PAL_TRY(once_find(&p->glyphs->words, word.bytes, &place, err));
    pal_text_addf(p->out, "<use href=\"#w%zu\"", place);
    add_place(p->out, "x", p->run[begin].x);
    add_place(p->out, "y", p->run[begin].y);
    pal_text_add(p->out, "/>");

done:
    pal_text_clear(&word);
    return rc;
}

static pal_status flush_run(packer *p)
{
    pal_status rc = PAL_OK;

    for (size_t begin = 0; begin < p->n_run;) {
        size_t end = begin + 1;

        while (end < p->n_run && p->run[end].y == p->run[begin].y) {
            end++;
        }
        PAL_TRY(flush_line(p, begin, end));
        begin = end;
    }
    p->n_run = 0;

done:
    return rc;
}

/* A letter on the page; blanks draw nothing and are left out. */
static pal_status add_use(packer *p, const tag *t, pal_span id)
{
    pal_status rc = PAL_OK;
    size_t place = letter_place(p, id);

    if (place == SIZE_MAX) {
        return PAL_OK;
    }
    if (p->n_run == MAX_RUN) {
        PAL_TRY(flush_run(p));
    }
    p->run[p->n_run++] = (placed){ place, strtod(attribute(t, "x").at, NULL), strtod(attribute(t, "y").at, NULL) };

done:
    return rc;
}

static void add_tag(packer *p, const tag *t)
{
    pal_text_add(p->out, t->closing ? "</" : "<");
    pal_text_add_bytes(p->out, t->name.at, t->name.n);
    for (size_t i = 0; i < t->n; i++) {
        add_attribute(p, t->key[i], t->value[i]);
    }
    pal_text_add(p->out, t->empty ? "/>" : ">");
}

static pal_status pack_tag(packer *p, const tag *t)
{
    pal_status rc = PAL_OK;
    pal_span id = attribute(t, "id"), href = attribute(t, "xlink:href");

    if (pal_span_is(t->name, "use") && href.n > 1 && is_letter_id((pal_span){ href.at + 1, href.n - 1 })) {
        return add_use(p, t, (pal_span){ href.at + 1, href.n - 1 });
    }
    PAL_TRY(flush_run(p));
    if (p->in_letter) {
        if (pal_span_is(t->name, "path")) {
            PAL_TRY(learn_letter(p, p->letter_id, attribute(t, "d")));
        }
        p->in_letter = !t->closing;
    } else if (!t->closing && is_letter_id(id)) {
        p->in_letter = true;
        p->letter_id = id;
    } else if (!t->closing && pal_span_is(t->name, "svg")) {
        add_root(p, t);
    } else {
        if (t->closing && pal_span_is(t->name, "defs") && !p->inline_svg && !p->defs_done) {
            pal_glyphs_write(p->glyphs, p->glyph_prefix, p->out);
            p->defs_done = true;
        }
        add_tag(p, t);
    }

done:
    return rc;
}

/* Read one tag that begins at `at` ('<'); returns the place after '>', NULL when it is not one. */
static const char *read_tag(tag *t, const char *at, const char *end)
{
    *t = (tag){ 0 };
    at++;
    t->closing = at < end && *at == '/';
    at += t->closing;
    t->name.at = at;
    while (at < end && !isspace((unsigned char)*at) && *at != '>' && *at != '/') {
        at++;
    }
    t->name.n = (size_t)(at - t->name.at);
    while (at < end && *at != '>') {
        if (*at == '/') {
            t->empty = true;
            at++;
        } else if (isspace((unsigned char)*at)) {
            at++;
        } else {
            const char *equals = memchr(at, '=', (size_t)(end - at));
            const char *close;

            if (equals == NULL || equals + 1 >= end || equals[1] != '"' || t->n == MAX_ATTRIBUTES) {
                return NULL;
            }
            close = memchr(equals + 2, '"', (size_t)(end - equals - 2));
            if (close == NULL) {
                return NULL;
            }
            t->key[t->n] = (pal_span){ at, (size_t)(equals - at) };
            t->value[t->n++] = (pal_span){ equals + 2, (size_t)(close - equals - 2) };
            at = close + 1;
        }
    }
    return at < end ? at + 1 : NULL;
}

pal_status pal_svg_pack(pal_text *out, const char *svg, size_t n, const char *prefix, const char *label,
                        pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs own = { 0 };
    packer p = { .out = out, .prefix = prefix, .label = label, .glyph_prefix = glyphs != NULL ? "g" : "glyph",
                 .glyphs = glyphs != NULL ? glyphs : &own, .inline_svg = glyphs != NULL, .err = err };
    const char *at = svg, *end = svg + n;

    while (at < end) {
        tag t;

        at = memchr(at, '<', (size_t)(end - at));
        if (at == NULL) {
            break;
        }
        if (at + 1 < end && at[1] == '?') {
            at += 2;
            continue;
        }
        at = read_tag(&t, at, end);
        if (at == NULL) {
            PAL_FAIL(PAL_ERR_INTERNAL, "drawing '%s': Cairo's SVG cannot be read", label);
        }
        PAL_TRY(pack_tag(&p, &t));
    }
    if (!p.inline_svg) {
        pal_text_add(out, "\n");
    }
    PAL_TRY(pal_text_check(out, err));

done:
    pal_free(p.letters);
    pal_glyphs_clear(&own);
    return rc;
}
