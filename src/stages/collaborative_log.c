/* The log of an arm as matrices. Everything is found anew from the history; only the order of rows and columns is kept. */
#include "stages/collaborative.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#define BINS 4       /* of a quantised feature of an item: quarters of the catalog */
#define HOLD_OUT 1   /* what of the key that decides which likes are kept from the fit */
#define COUNTRIES 256
#define FIRST_COUNTRY 256
#define FIRST_OCCUPATION (FIRST_COUNTRY + COUNTRIES)
#define FIRST_DECADE (FIRST_OCCUPATION + 256)
#define N_PERSON_FEATURES (FIRST_DECADE + 26)

/* Genres, the cluster, and the quarter of the catalog each feature lies in. */
static size_t item_features(pal_csr_cell *cell, const pal_catalog *c, uint32_t row, uint32_t item)
{
    const size_t first_cluster = c->clusters->n_genres, first_bin = first_cluster + c->clusters->n;
    size_t n = 0;

    for (uint32_t g = c->genre_begin[item]; g < c->genre_begin[item + 1]; g++) {
        cell[n++] = (pal_csr_cell){ row, c->genre_of[g], 1 };
    }
    cell[n++] = (pal_csr_cell){ row, (uint32_t)(first_cluster + c->cluster[item]), 1 };
    for (size_t f = 0; f < c->d; f++) {
        const float *sorted = c->sorted + f * c->n_items, x = c->raw[item * c->d + f];
        size_t bin = 0;

        while (bin + 1 < BINS && x > sorted[(bin + 1) * c->n_items / BINS]) bin++;
        cell[n++] = (pal_csr_cell){ row, (uint32_t)(first_bin + f * BINS + bin), 1 };
    }
    return n;
}

static pal_status make_item_features(pal_collab_book *book, const pal_catalog *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, c->genre_begin[c->n_items] + c->n_items * (c->d + 1));
    for (size_t i = 0; i < book->n_items; i++) n += item_features(cell + n, c, (uint32_t)i, book->item[i]);
    PAL_TRY(pal_csr_new(&book->item_features, book->n_items, c->clusters->n_genres + c->clusters->n + c->d * BINS, cell,
                        n, PAL_TWICE_MAX, err));

done:
    pal_free(cell);
    return rc;
}

bool pal_collab_is_of(const pal_collab_book *book, const pal_catalog *catalog, uint32_t item)
{
    return book->type == PAL_NO_TASTE || pal_catalog_type(catalog, item) == book->type;
}

void pal_collab_list_item(pal_collab_book *book, uint32_t item)
{
    if (book->col[item] == PAL_NOT_LISTED) {
        book->item[book->n_items] = item;
        book->col[item] = (uint32_t)book->n_items++;
    }
}

pal_status pal_collab_book_init(pal_collab_book *book, const pal_collab *c, uint8_t type, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_items = c->catalog->n_items;

    book->type = type;
    PAL_NEW(book->row, c->n_users);
    PAL_NEW(book->person, c->n_users);
    PAL_NEW(book->col, n_items);
    PAL_NEW(book->item, n_items);
    memset(book->row, 0xff, c->n_users * sizeof *book->row);
    memset(book->col, 0xff, n_items * sizeof *book->col);
    for (uint32_t i = 0; c->config.features && i < n_items; i++) {
        if (pal_collab_is_of(book, c->catalog, i)) pal_collab_list_item(book, i);
    }
    if (c->config.features) PAL_TRY(make_item_features(book, c->catalog, err));

done:
    return rc;
}

void pal_collab_book_clear(pal_collab_book *book, const pal_rec_type *type)
{
    type->free(book->model);
    pal_free(book->row);
    pal_free(book->col);
    pal_free(book->person);
    pal_free(book->item);
    pal_csr_free(book->item_features);
    pal_fresh_index_free(book->index);
    *book = (pal_collab_book){ 0 };
}

void pal_collab_list(pal_collab *c, const pal_event *events, size_t n)
{
    for (size_t e = 0; e < n; e++) {
        const pal_event *event = &events[e];
        pal_collab_book *book = pal_collab_book_of(c, event->item);

        if (pal_collab_value(&c->config, event->flags) <= 0) continue;
        if (book->row[event->user] == PAL_NOT_LISTED) {
            book->person[book->n_people] = event->user;
            book->row[event->user] = (uint32_t)book->n_people++;
        }
        pal_collab_list_item(book, event->item);
        book->n_likes++;
    }
}

/* The same likes stay out of every fit: a model that goes on from an earlier one never saw them. */
static bool is_held_out(const pal_collab *c, uint32_t user, uint32_t item)
{
    return pal_u01(c->train, (pal_at){ user, HOLD_OUT, item }, 0) < c->config.held_out;
}

void pal_collab_person_features(uint32_t feature[PAL_COLLAB_PERSON_FEATURES], pal_demographics who)
{
    feature[0] = who.gender;
    feature[1] = FIRST_COUNTRY + who.country;
    feature[2] = FIRST_OCCUPATION + who.occupation;
    feature[3] = FIRST_DECADE + who.age_years / 10u;
}

static pal_status make_row_features(pal_csr **out, const pal_collab *c, const pal_collab_book *book, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, book->n_people * PAL_COLLAB_PERSON_FEATURES);
    for (size_t r = 0; r < book->n_people; r++) {
        uint32_t feature[PAL_COLLAB_PERSON_FEATURES];

        pal_collab_person_features(feature, c->who[book->person[r]]);
        for (size_t f = 0; f < PAL_COLLAB_PERSON_FEATURES; f++) {
            cell[n++] = (pal_csr_cell){ (uint32_t)r, feature[f], 1 };
        }
    }
    PAL_TRY(pal_csr_new(out, book->n_people, N_PERSON_FEATURES, cell, n, PAL_TWICE_MAX, err));

done:
    pal_free(cell);
    return rc;
}

typedef struct cells {
    pal_csr_cell *cell;
    size_t n;
} cells;

static void sort_answers(cells to[3], const pal_collab *c, const pal_collab_book *book, const pal_history *history)
{
    for (size_t r = 0; r < book->n_people; r++) {
        const size_t user = book->person[r], from = user * history->capacity;

        for (size_t e = from; e < from + history->n[user]; e++) {
            const uint32_t item = history->item[e], col = book->col[item];
            const float value = pal_collab_value(&c->config, history->flags[e]);
            const bool disliked = (history->flags[e] & PAL_DISLIKED) != 0;
            cells *list = disliked ? &to[2] : &to[value > 0 && is_held_out(c, (uint32_t)user, item)];

            if (col == PAL_NOT_LISTED || (value <= 0 && !disliked)) continue;
            list->cell[list->n++] = (pal_csr_cell){ (uint32_t)r, col, disliked ? (float)c->config.dislike_weight : value };
        }
    }
}

pal_status pal_collab_data_take(pal_collab_data *out, const pal_collab *c, const pal_collab_book *book,
                                const pal_history *history, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_collab_data data = { 0 };
    cells to[3] = { { 0 } }; /* to learn from, held out, disliked */
    size_t n = 0;

    for (size_t r = 0; r < book->n_people; r++) n += history->n[book->person[r]];
    for (size_t i = 0; i < 3; i++) PAL_NEW(to[i].cell, n);
    sort_answers(to, c, book, history);
    PAL_TRY(pal_csr_new(&data.rows, book->n_people, book->n_items, to[0].cell, to[0].n, PAL_TWICE_MAX, err));
    PAL_TRY(pal_csr_transpose(&data.cols, data.rows, err));
    PAL_TRY(pal_csr_new(&data.held, book->n_people, book->n_items, to[1].cell, to[1].n, PAL_TWICE_MAX, err));
    if (c->kind->dislikes == PAL_DISLIKES_FITTED && c->config.dislike_weight > 0) {
        PAL_TRY(pal_csr_new(&data.disliked, book->n_people, book->n_items, to[2].cell, to[2].n, PAL_TWICE_MAX, err));
    }
    if (c->config.features && c->who != NULL) PAL_TRY(make_row_features(&data.row_features, c, book, err));
    *out = data;
    data = (pal_collab_data){ 0 };

done:
    for (size_t i = 0; i < 3; i++) pal_free(to[i].cell);
    pal_collab_data_clear(&data);
    return rc;
}

void pal_collab_data_clear(pal_collab_data *data)
{
    pal_csr_free(data->rows);
    pal_csr_free(data->cols);
    pal_csr_free(data->held);
    pal_csr_free(data->disliked);
    pal_csr_free(data->row_features);
    *data = (pal_collab_data){ 0 };
}

typedef struct done_thing {
    uint32_t item;
    float value;
} done_thing;

static int by_item(const void *a, const void *b)
{
    const uint32_t x = ((const done_thing *)a)->item, y = ((const done_thing *)b)->item;

    return (x > y) - (x < y);
}

pal_status pal_collab_query(pal_rec_query *query, const pal_collab *c, const pal_collab_book *book,
                            const pal_request *request, bool disliked, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_history *h = request->history;
    const size_t from = request->user * h->capacity, most = h->n[request->user];
    const uint32_t row = book->row[request->user];
    done_thing *did;
    uint32_t *item, *feature;
    float *value, *ones;
    size_t n = 0;

    PAL_TAKE(did, most, scratch);
    for (size_t e = from; e < from + most; e++) {
        const uint32_t col = book->col[h->item[e]];
        const float answer = disliked ? (float)((h->flags[e] & PAL_DISLIKED) != 0)
                                      : pal_collab_value(&c->config, h->flags[e]);

        if (answer > 0 && col < book->n_cols) did[n++] = (done_thing){ col, answer };
    }
    if (n > 0) qsort(did, n, sizeof *did, by_item);
    PAL_TAKE(item, n, scratch);
    PAL_TAKE(value, n, scratch);
    for (size_t i = 0; i < n; i++) {
        item[i] = did[i].item;
        value[i] = did[i].value;
    }
    *query = (pal_rec_query){ .row = row < book->n_rows && !disliked ? row : PAL_REC_NEW, .n = n, .item = item,
                              .value = value };
    if (c->config.features && c->who != NULL) {
        PAL_TAKE(feature, PAL_COLLAB_PERSON_FEATURES, scratch);
        PAL_TAKE(ones, PAL_COLLAB_PERSON_FEATURES, scratch);
        pal_collab_person_features(feature, request->who);
        for (size_t f = 0; f < PAL_COLLAB_PERSON_FEATURES; f++) ones[f] = 1;
        query->n_features = PAL_COLLAB_PERSON_FEATURES;
        query->feature = feature;
        query->feature_value = ones;
    }

done:
    return rc;
}
