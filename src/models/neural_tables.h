/* The embedding tables behind the bags of models/neural_feed.h, and what flows out of a net for items and people. */
#ifndef PAL_MODELS_NEURAL_TABLES_H
#define PAL_MODELS_NEURAL_TABLES_H

#include "models/neural_feed.h"
#include "models/neural_fit.h"

typedef struct pal_neural_tables {
    unsigned used;                     /* bags: bits 1 << pal_feed_bag                                   */
    bool tied;                         /* past and items share one table                                 */
    size_t n_traits, n_features;       /* side features of people and items; 0: none were given          */
    pal_net_param table[PAL_FEED_BAGS];
} pal_neural_tables;

static inline bool pal_neural_uses(const pal_neural_tables *tables, pal_feed_bag bag)
{
    return (tables->used >> bag & 1) != 0;
}

/* "past", "item", …: the name of a bag's table. */
const char *pal_neural_name(pal_feed_bag bag);
/* Add the tables of the bags in use: d numbers an id (a bias: 1, drawn as 0), and larger ones later. */
void pal_neural_tables_add(pal_neural_tables *tables, pal_net *net, size_t n_people, size_t n_items, size_t d,
                           double sd);
PAL_MUST_USE pal_status pal_neural_tables_grow(const pal_neural_tables *tables, pal_net *net, size_t n_people,
                                               size_t n_items, pal_key key, pal_error *err);

/*
 * What every fit of these models needs: good data (pal_rec_check), no fewer people and items than the n_rows x n_cols
 * of an earlier fit, side features of the right number of rows, and as many of them as before or more. first: there was
 * no earlier fit; otherwise side features must be there if and only if they were there then.
 */
PAL_MUST_USE pal_status pal_neural_check(const char *model, const pal_rec_data *data, const pal_neural_tables *tables,
                                         size_t n_rows, size_t n_cols, bool first, pal_error *err);
/* Replace *kept by a copy of a matrix (NULL: leave it). */
PAL_MUST_USE pal_status pal_neural_keep(pal_csr **kept, const pal_csr *matrix, pal_error *err);

/* known (rows->n_cols, grown from n_before entries) becomes 1 for items with a cell in rows; others stay. */
PAL_MUST_USE pal_status pal_neural_known(uint8_t **known, size_t n_before, const pal_csr *rows, pal_error *err);
/* The same from the array "known" of a file. */
PAL_MUST_USE pal_status pal_neural_read_known(uint8_t **known, const pal_tensors *file, size_t n_items, pal_error *err);
/* Items without an interaction get the lowest bias of those that have one: who nobody has is not popular. */
void pal_neural_lowest_bias(float *bias, const uint8_t *known, size_t n_items);

/* A person of a fit by what data->rows tells of them. */
pal_feed_person pal_neural_person(const pal_neural_data *data, uint32_t person, size_t last);
/* A new one; recent is query->n, filled. PAL_ERR_DATA for an item or side feature that the model does not know. */
PAL_MUST_USE pal_status pal_neural_new_person(pal_feed_person *out, uint32_t *recent, const char *model,
    const pal_neural_tables *tables, size_t n_items, const pal_rec_query *query, size_t last, pal_error *err);
/* A uniform draw among items that the person does not have; after many misses any item. Draws 16 nth .. 16 nth + 15. */
uint32_t pal_neural_draw(const pal_csr *rows, uint32_t person, pal_key key, pal_at at, uint64_t nth);

/* Values of nodes, each with room for its rows; nodes first..last are computed. */
typedef struct pal_neural_out {
    pal_net_node first, last;
    size_t n;                 /* at most 3 */
    pal_net_node node[3];
    float *value[3];
} pal_neural_out;

/* Of all items; content and known as pal_feed_new takes them. */
PAL_MUST_USE pal_status pal_neural_items(const pal_neural_out *out, const pal_net *net, unsigned used,
                                         const pal_csr *content, const uint8_t *known, size_t n_items,
                                         size_t n_threads, pal_error *err);
/* Of the rows of a feed, on the calling thread. */
PAL_MUST_USE pal_status pal_neural_rows(const pal_neural_out *out, const pal_net *net, pal_feed *feed, pal_error *err);

#endif
