/* Sentences that several reports share. */
#include "plots/report_words.h"

#include "plots/read.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LOSSES = 4 };

void pal_say_estimate(pal_text *text, pal_estimate e)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(text, "%s", pal_show_fixed(a, e.value, 3));
    if (isfinite(e.lo) && isfinite(e.hi)) {
        pal_text_addf(text, " %s", pal_show_interval(b, e.lo, e.hi, 3));
    }
}

void pal_say_count(pal_text *text, double n, const char *one, const char *many)
{
    char shown[PAL_SHOWN_MAX];

    pal_text_addf(text, "%s %s", pal_show_count(shown, n), n == 1 ? one : many);
}

void pal_say_comparison(pal_text *text, const pal_rundata *run, const pal_plot_comparison *c)
{
    const char *baseline = run->arms[run->baseline].label;
    const bool more = c->diff.value > 0, covers_zero = !(c->diff.lo > 0 || c->diff.hi < 0);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], p[PAL_SHOWN_MAX];

    if (c->significant && !covers_zero) {
        pal_text_addf(text, " That is %s %s %s than %s on the same people (%s, %s correction).",
                      pal_show_fixed(a, fabs(c->diff.value), 3),
                      more ? pal_show_interval(b, c->diff.lo, c->diff.hi, 3)
                           : pal_show_interval(b, -c->diff.hi, -c->diff.lo, 3),
                      more ? "more" : "less", baseline, pal_show_p(p, c->p_adjusted), run->correction);
    } else {
        pal_text_addf(text,
                      " Against %s on the same people the difference is %s %s (%s, %s correction): too small to be "
                      "told from chance in this run.",
                      baseline, pal_show_signed(a, c->diff.value, 3), pal_show_interval(b, c->diff.lo, c->diff.hi, 3),
                      pal_show_p(p, c->p_adjusted), run->correction);
    }
}

/* Is this a significant difference the wrong way? */
static bool is_loss(const pal_rundata *run, const pal_plot_comparison *c)
{
    const pal_definition *definition = pal_rundata_definition(run, c->metric);

    return c->significant && definition != NULL && c->diff.value * definition->better < 0;
}

/* The largest effects first; of equals the first of the file. */
static size_t find_losses(const pal_plot_comparison *losses[MOST_LOSSES], size_t *all, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    size_t n = 0;

    *all = 0;
    for (size_t i = 0; i < focus->n_comparisons; i++) {
        const pal_plot_comparison *c = &focus->comparisons[i];
        size_t at = n;

        if (!is_loss(run, c)) {
            continue;
        }
        ++*all;
        while (at > 0 && fabs(c->effect) > fabs(losses[at - 1]->effect)) {
            at--;
        }
        if (at == MOST_LOSSES) {
            continue;
        }
        n += n < MOST_LOSSES;
        for (size_t k = n - 1; k > at; k--) {
            losses[k] = losses[k - 1];
        }
        losses[at] = c;
    }
    return n;
}

void pal_say_losses(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus], *base = &run->arms[run->baseline];
    const pal_plot_comparison *losses[MOST_LOSSES];
    size_t all, n = find_losses(losses, &all, run);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (run->focus == run->baseline || focus->n_comparisons == 0) {
        return;
    }
    if (n == 0) {
        pal_text_addf(text, " In none of the measures compared is %s significantly worse than %s.", focus->label,
                      base->label);
        return;
    }
    pal_text_addf(text, " %s is significantly worse than %s in ", focus->label, base->label);
    for (size_t i = 0; i < n; i++) {
        const char *metric = losses[i]->metric;

        pal_text_addf(text, "%s%s (%s against %s)", i == 0 ? "" : i + 1 < n || all > n ? ", " : " and ",
                      pal_rundata_metric_label(run, metric), pal_show_fixed(a, pal_arm_metric(focus, metric).value, 3),
                      pal_show_fixed(b, pal_arm_metric(base, metric).value, 3));
    }
    if (all > n) {
        pal_text_addf(text, " and %zu more %s", all - n, all - n == 1 ? "measure" : "measures");
    }
    pal_text_add(text, ".");
}

const char *pal_item_word(const pal_rundata *run, bool many)
{
    static const struct { const char *type, *one, *many; } words[] = {
        { "music", "song", "songs" }, { "movie", "film", "films" }, { "manga", "manga", "manga" },
        { "anime", "anime", "anime" }, { "book", "book", "books" }, { "game", "game", "games" },
    };
    const char *type = pal_look_text(run->catalog, "content_type", run->eval != NULL ? "" : "music");

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].type, type) == 0) {
            return many ? words[i].many : words[i].one;
        }
    }
    return many ? "items" : "item";
}

/* Length of the word (with its article) that begins here and stands for an item; 0: none. */
static size_t match(const char *at, bool *article, bool *many)
{
    size_t n = strncmp(at, "a song", 6) == 0 ? 2 : 0;

    *article = n > 0;
    if (strncmp(at + n, "song", 4) != 0) {
        return 0;
    }
    n += 4;
    *many = at[n] == 's';
    n += *many;
    return isalpha((unsigned char)at[n]) ? 0 : n;
}

enum { PIECE = 24 };

/* The next piece of a sentence as it is told: a character, or the catalog's word. Returns how much of the sentence it was. */
static size_t next_piece(char piece[PIECE], const char *sentence, const char *at, const pal_rundata *run)
{
    bool article = false, many = false, begins = at == sentence || !isalpha((unsigned char)at[-1]);
    const size_t n = begins ? match(at, &article, &many) : 0;
    const char *word = pal_item_word(run, many);

    if (n == 0) {
        piece[0] = *at;
        piece[1] = '\0';
        return 1;
    }
    snprintf(piece, PIECE, "%s%s", !article ? "" : strchr("aeiou", word[0]) != NULL ? "an " : "a ", word);
    return n;
}

void pal_add_worded(pal_text *text, const pal_rundata *run, const char *sentence)
{
    char piece[PIECE];

    for (const char *at = sentence; *at != '\0';) {
        at += next_piece(piece, sentence, at, run);
        pal_text_add(text, piece);
    }
}

const char *pal_worded(char *out, size_t room, const pal_rundata *run, const char *sentence)
{
    char piece[PIECE];
    size_t n = 0;

    out[0] = '\0';
    for (const char *at = sentence; *at != '\0' && n < room;) {
        at += next_piece(piece, sentence, at, run);
        n += (size_t)snprintf(out + n, room - n, "%s", piece);
    }
    return out;
}
