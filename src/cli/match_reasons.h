/* Why two people match: the genres they overlap in and the items both have. */
#ifndef PAL_CLI_MATCH_REASONS_H
#define PAL_CLI_MATCH_REASONS_H

#include "core/json.h"
#include "core/text.h"
#include "data/interactions.h"

#define PAL_MATCH_GENRES 3
#define PAL_MATCH_ITEMS 3

/*
 * A person's share of a genre is its part of all genres of their items. Two people overlap in it by the smaller of
 * their shares; `overlap` is the sum over all genres, 0 to 1. Items both have are told strongest first: by the sum of
 * both values, then the rarer one, then by number.
 */
typedef struct pal_match_reason {
    double overlap;
    size_t n_genres, n_items;        /* told                                          */
    uint32_t genre[PAL_MATCH_GENRES]; /* features of the log's item_side, largest first */
    double share[PAL_MATCH_GENRES];
    size_t n_shared;                 /* items both have                               */
    uint32_t item[PAL_MATCH_ITEMS];
} pal_match_reason;

PAL_MUST_USE pal_status pal_match_reason_find(pal_match_reason *out, const pal_interactions *log, const pal_csr *rows,
                                              const pal_csr *cols, uint32_t a, uint32_t b, pal_error *err);

/* "rock 41 %, pop 12 %", nothing without genres. */
void pal_match_reason_genres(pal_text *text, const pal_match_reason *reason, const pal_interactions *log);
/* Genres and titles in a line. */
void pal_match_reason_tell(pal_text *text, const pal_match_reason *reason, const pal_interactions *log);
/* The same as members of an open JSON object: genre_overlap, genres, shared, items. */
void pal_match_reason_members(pal_json_writer *w, const pal_match_reason *reason, const pal_interactions *log);

#endif
