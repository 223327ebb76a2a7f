/* Overlap of genres and of items. */
#include "cli/match_reasons.h"

#include "core/mem.h"

#include <string.h>

#define GENRE "genre"

static bool is_genre(const pal_interactions *log, size_t feature)
{
    return strncmp(log->item_side->name[feature], GENRE, strlen(GENRE)) == 0;
}

/* "genres=rock" is rock. */
static const char *genre_name(const pal_interactions *log, size_t feature)
{
    const char *name = log->item_side->name[feature], *word = strchr(name, '=');

    return word != NULL ? word + 1 : name;
}

static const char *item_name(const pal_interactions *log, size_t item)
{
    const char *title = log->item_title != NULL ? log->item_title[item] : NULL;

    return title != NULL && title[0] != '\0' ? title : log->item_id[item];
}

/* Shares of the genres of a person's items; all 0 when there are none. */
static void add_shares(double *share, const pal_interactions *log, const pal_csr *rows, uint32_t u)
{
    const pal_csr *cell = log->item_side->cell;
    double all = 0;

    for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
        for (size_t f = cell->begin[rows->col[c]]; f < cell->begin[rows->col[c] + 1]; f++) {
            if (!is_genre(log, cell->col[f]) || !(cell->value[f] > 0)) continue;
            share[cell->col[f]] += (double)cell->value[f];
            all += (double)cell->value[f];
        }
    }
    for (size_t f = 0; all > 0 && f < cell->n_cols; f++) share[f] /= all;
}

/* Put a genre where it belongs among the largest so far. */
static void tell_genre(pal_match_reason *out, uint32_t genre, double share)
{
    size_t at = out->n_genres;

    while (at > 0 && share > out->share[at - 1]) at--;
    if (at == PAL_MATCH_GENRES) return;
    if (out->n_genres < PAL_MATCH_GENRES) out->n_genres++;
    for (size_t i = out->n_genres - 1; i > at; i--) {
        out->genre[i] = out->genre[i - 1];
        out->share[i] = out->share[i - 1];
    }
    out->genre[at] = genre;
    out->share[at] = share;
}

static pal_status find_genres(pal_match_reason *out, const pal_interactions *log, const pal_csr *rows, uint32_t a,
                              uint32_t b, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *share[2] = { NULL, NULL };

    if (log->item_side == NULL) return PAL_OK;
    PAL_NEW(share[0], log->item_side->n_features);
    PAL_NEW(share[1], log->item_side->n_features);
    add_shares(share[0], log, rows, a);
    add_shares(share[1], log, rows, b);
    for (size_t f = 0; f < log->item_side->n_features; f++) {
        double both = share[0][f] < share[1][f] ? share[0][f] : share[1][f];

        out->overlap += both;
        if (both > 0) tell_genre(out, (uint32_t)f, both);
    }

done:
    pal_free(share[0]);
    pal_free(share[1]);
    return rc;
}

/* Does x stand before y among the items both have? */
static bool is_before(const pal_csr *cols, const double *value, size_t x, size_t y)
{
    size_t n = pal_csr_count(cols, x), m = pal_csr_count(cols, y);

    if (value[0] != value[1]) return value[0] > value[1];
    if (n != m) return n < m;
    return x < y;
}

static void tell_item(pal_match_reason *out, double *told, const pal_csr *cols, uint32_t item, double value)
{
    size_t at = out->n_items;

    while (at > 0 && is_before(cols, (const double[2]){ value, told[at - 1] }, item, out->item[at - 1])) at--;
    if (at == PAL_MATCH_ITEMS) return;
    if (out->n_items < PAL_MATCH_ITEMS) out->n_items++;
    for (size_t i = out->n_items - 1; i > at; i--) {
        out->item[i] = out->item[i - 1];
        told[i] = told[i - 1];
    }
    out->item[at] = item;
    told[at] = value;
}

pal_status pal_match_reason_find(pal_match_reason *out, const pal_interactions *log, const pal_csr *rows,
                                 const pal_csr *cols, uint32_t a, uint32_t b, pal_error *err)
{
    pal_status rc = PAL_OK;
    double told[PAL_MATCH_ITEMS] = { 0 };

    *out = (pal_match_reason){ 0 };
    for (size_t c = rows->begin[a]; c < rows->begin[a + 1]; c++) {
        size_t other = pal_csr_find(rows, b, rows->col[c]);

        if (other == SIZE_MAX) continue;
        out->n_shared++;
        tell_item(out, told, cols, rows->col[c], (double)rows->value[c] + (double)rows->value[other]);
    }
    PAL_TRY(find_genres(out, log, rows, a, b, err));

done:
    return rc;
}

/* ---- telling ---------------------------------------------------------------------------------------------- */

void pal_match_reason_genres(pal_text *text, const pal_match_reason *r, const pal_interactions *log)
{
    for (size_t i = 0; i < r->n_genres; i++) {
        pal_text_addf(text, "%s%s %.0f %%", i == 0 ? "" : ", ", genre_name(log, r->genre[i]), 100 * r->share[i]);
    }
}

void pal_match_reason_tell(pal_text *text, const pal_match_reason *r, const pal_interactions *log)
{
    pal_match_reason_genres(text, r, log);
    if (r->n_genres > 0 && r->n_items > 0) pal_text_add(text, "; ");
    for (size_t i = 0; i < r->n_items; i++) pal_text_addf(text, "%s%s", i == 0 ? "" : ", ", item_name(log, r->item[i]));
    if (r->n_genres == 0 && r->n_items == 0) pal_text_add(text, "nothing");
}

void pal_match_reason_members(pal_json_writer *w, const pal_match_reason *r, const pal_interactions *log)
{
    pal_json_put_number(w, "genre_overlap", r->overlap);
    pal_json_begin_array(w, "genres");
    for (size_t i = 0; i < r->n_genres; i++) pal_json_put_string(w, NULL, genre_name(log, r->genre[i]));
    pal_json_end_array(w);
    pal_json_put_i64(w, "shared", (int64_t)r->n_shared);
    pal_json_begin_array(w, "items");
    for (size_t i = 0; i < r->n_items; i++) pal_json_put_string(w, NULL, item_name(log, r->item[i]));
    pal_json_end_array(w);
}
