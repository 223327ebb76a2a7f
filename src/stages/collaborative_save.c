/*
 * Collaborative stages in a file: who and what is listed in which order, and the fitted models as the recommenders save
 * them, with all that a next fit goes on from. The log itself is the history, and held-out likes follow from the key.
 */
#include "stages/collaborative.h"

#include "core/mem.h"
#include "core/tensors_nest.h"
#include "models/rec_builtin.h"
#include "stages/builtin.h"

#include <stdio.h>
#include <string.h>

enum { N_PEOPLE, N_ITEMS, N_LIKES, N_FITS, N_ROWS, N_COLS, LAST_FIT, DIGEST, N_COUNTS };

#define BOOK_NAME 32

static void name_of(char name[BOOK_NAME], size_t b)
{
    snprintf(name, BOOK_NAME, "book%zu", b);
}

/* ---- one model ---- */

/* What the loaders look for; pal_rec_save writes the same. */
#define PARAMS "params"

static pal_status params_of(pal_json_writer *w, const pal_collab *c, pal_error *err)
{
    *w = (pal_json_writer){ .compact = true };
    pal_json_begin_object(w, NULL);
    pal_values_write(c->model, w);
    pal_json_end_object(w);
    return pal_text_check(&w->text, err);
}

static pal_status save_model(const pal_collab *c, const pal_collab_book *book, const char *name, pal_tensors *file,
                             pal_error *err)
{
    pal_json_writer w = { 0 };
    pal_tensors *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(params_of(&w, c, err));
    PAL_TRY(pal_tensors_new(&own, err));
    PAL_TRY(pal_tensors_put_text(own, PARAMS, w.text.bytes, err));
    PAL_TRY(c->type->save(book->model, own, err));
    PAL_TRY(pal_tensors_nest(file, name, own, err));

done:
    pal_text_clear(&w.text);
    pal_tensors_free(own);
    return rc;
}

static pal_status check_model(const pal_collab *c, const void *model, const uint64_t *count, const char *name,
                              const pal_tensors *file, pal_error *err)
{
    size_t n_rows, n_cols;
    pal_status rc = PAL_OK;

    c->type->shape(model, &n_rows, &n_cols);
    if (n_rows != count[N_ROWS] || n_cols != count[N_COLS]) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s: the model is of %zu people and %zu items, the state of %llu and %llu",
                 pal_tensors_file(file), name, n_rows, n_cols, (unsigned long long)count[N_ROWS],
                 (unsigned long long)count[N_COLS]);
    }
    if (c->type->digest(model) != count[DIGEST]) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s: the model is not the one that was saved: its digest is another",
                 pal_tensors_file(file), name);
    }

done:
    return rc;
}

/* The fitted model of a book; faults of the file that a loader calls by another name are faults of the data here. */
static pal_status load_model(void **out, const pal_collab *c, const uint64_t *count, const char *name,
                             const pal_tensors *file, pal_error *err)
{
    pal_json_writer w = { 0 };
    pal_tensors *own = NULL;
    void *model = NULL;
    const char *params;
    pal_error inner = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(params_of(&w, c, err));
    PAL_TRY(pal_tensors_enter(&own, file, name, err));
    params = pal_tensors_text(own, PARAMS);
    if (params == NULL || strcmp(params, w.text.bytes) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/" PARAMS " is %.200s, here it is %.200s", pal_tensors_file(file), name,
                 params == NULL ? "missing" : params, w.text.bytes);
    }
    rc = c->type->load(&model, own, &inner);
    if (rc != PAL_OK) {
        PAL_FAIL(rc == PAL_ERR_MEMORY ? rc : PAL_ERR_DATA, "%s", inner.text);
    }
    PAL_TRY(check_model(c, model, count, name, file, err));
    *out = model;
    model = NULL;

done:
    c->type->free(model);
    pal_text_clear(&w.text);
    pal_tensors_leave(own);
    return rc;
}

/* ---- one book ---- */

#define INDEX_PREFIX 48

/* "book0/index." */
static const char *index_prefix(char prefix[INDEX_PREFIX], size_t b)
{
    snprintf(prefix, INDEX_PREFIX, "book%zu/index.", b);
    return prefix;
}

/* How the graph came about is part of what it answers, so it is saved and not built again. */
static pal_status restore_index(pal_collab *c, pal_collab_book *book, size_t b, const pal_tensors *file, pal_error *err)
{
    const pal_fresh_config config = pal_collab_index_config();
    pal_status rc = PAL_OK;
    pal_fresh_index *index = NULL;
    char prefix[INDEX_PREFIX];

    if (!c->config.hnsw || book->n_fits == 0) {
        return PAL_OK;
    }
    PAL_TRY(pal_fresh_index_load(&index, file, index_prefix(prefix, b), &config, err));
    if (pal_fresh_index_rows(index) != book->n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %ssize: the index is of %zu items, the model of %zu", pal_tensors_file(file), prefix,
                 pal_fresh_index_rows(index), book->n_cols);
    }
    book->index_digest = pal_fresh_index_digest(index);
    pal_fresh_index_free(book->index);
    book->index = index;
    index = NULL;

done:
    pal_fresh_index_free(index);
    return rc;
}

static pal_status save_book(const pal_collab *c, size_t b, pal_tensors *file, pal_error *err)
{
    const pal_collab_book *book = &c->book[b];
    const uint64_t count[N_COUNTS] = { [N_PEOPLE] = book->n_people, [N_ITEMS] = book->n_items,
                                       [N_LIKES] = book->n_likes, [N_FITS] = book->n_fits, [N_ROWS] = book->n_rows,
                                       [N_COLS] = book->n_cols, [LAST_FIT] = book->last_fit,
                                       [DIGEST] = book->digest };
    char name[BOOK_NAME], prefix[INDEX_PREFIX];
    pal_status rc = PAL_OK;

    name_of(name, b);
    PAL_TRY(pal_state_put(file, name, "count", PAL_U64, N_COUNTS, count, err));
    PAL_TRY(pal_state_put(file, name, "listed_person", PAL_U32, book->n_people, book->person, err));
    PAL_TRY(pal_state_put(file, name, "listed_item", PAL_U32, book->n_items, book->item, err));
    if (book->n_fits > 0) {
        PAL_TRY(save_model(c, book, name, file, err));
    }
    if (book->index != NULL) {
        PAL_TRY(pal_fresh_index_save(book->index, file, index_prefix(prefix, b), err));
    }

done:
    return rc;
}

/* Everyone exists, and nobody stands twice. */
static pal_status list_people(pal_collab_book *book, const uint32_t *person, size_t n, size_t n_users,
                              const char *name, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    memset(book->row, 0xff, n_users * sizeof *book->row);
    book->n_people = 0;
    for (size_t r = 0; r < n; r++) {
        if (person[r] >= n_users) {
            PAL_TRY(pal_state_bad(file, name, "listed_person", r, person[r], n_users, err));
        }
        if (book->row[person[r]] != PAL_NOT_LISTED) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/listed_person: person %lu stands twice", pal_tensors_file(file), name,
                     (unsigned long)person[r]);
        }
        book->row[person[r]] = (uint32_t)book->n_people;
        book->person[book->n_people++] = person[r];
    }

done:
    return rc;
}

/* With side features all items stand there from the start, in a set order that their rows of features have, too. */
static pal_status list_items(pal_collab_book *book, const uint32_t *item, size_t n, const pal_catalog *catalog,
                             const char *name, const pal_tensors *file, pal_error *err)
{
    const bool fixed = book->item_features != NULL;
    pal_status rc = PAL_OK;

    if (fixed && (n != book->n_items || memcmp(item, book->item, n * sizeof *item) != 0)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/listed_item is not the catalog in its order", pal_tensors_file(file), name);
    }
    if (!fixed) {
        memset(book->col, 0xff, catalog->n_items * sizeof *book->col);
        book->n_items = 0;
    }
    for (size_t i = 0; i < n && !fixed; i++) {
        if (item[i] >= catalog->n_items) {
            PAL_TRY(pal_state_bad(file, name, "listed_item", i, item[i], catalog->n_items, err));
        }
        if (book->col[item[i]] != PAL_NOT_LISTED || !pal_collab_is_of(book, catalog, item[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/listed_item: item %lu stands twice, or is of another type",
                     pal_tensors_file(file), name, (unsigned long)item[i]);
        }
        pal_collab_list_item(book, item[i]);
    }

done:
    return rc;
}

static pal_status restore_counts(pal_collab_book *book, const uint64_t *count, const char *name,
                                 const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (count[N_ROWS] > book->n_people) {
        PAL_TRY(pal_state_bad(file, name, "count", N_ROWS, count[N_ROWS], book->n_people + 1, err));
    }
    if (count[N_COLS] > book->n_items) {
        PAL_TRY(pal_state_bad(file, name, "count", N_COLS, count[N_COLS], book->n_items + 1, err));
    }
    if (count[LAST_FIT] > UINT32_MAX) {
        PAL_TRY(pal_state_bad(file, name, "count", LAST_FIT, count[LAST_FIT], (uint64_t)UINT32_MAX + 1, err));
    }
    book->n_likes = (size_t)count[N_LIKES];
    book->n_fits = (size_t)count[N_FITS];
    book->n_rows = (size_t)count[N_ROWS];
    book->n_cols = (size_t)count[N_COLS];
    book->last_fit = (uint32_t)count[LAST_FIT];
    book->digest = count[DIGEST];

done:
    return rc;
}

static pal_status restore_book(pal_collab *c, size_t b, const pal_tensors *file, pal_error *err)
{
    pal_collab_book *book = &c->book[b];
    char name[BOOK_NAME];
    const void *people, *items, *data;
    uint64_t count[N_COUNTS];
    void *model = NULL;
    pal_status rc = PAL_OK;

    name_of(name, b);
    PAL_TRY(pal_state_get_n(&data, file, name, "count", PAL_U64, N_COUNTS, err));
    memcpy(count, data, sizeof count);
    PAL_TRY(pal_state_get_n(&people, file, name, "listed_person", PAL_U32, (size_t)count[N_PEOPLE], err));
    PAL_TRY(pal_state_get_n(&items, file, name, "listed_item", PAL_U32, (size_t)count[N_ITEMS], err));
    PAL_TRY(list_people(book, people, (size_t)count[N_PEOPLE], c->n_users, name, file, err));
    PAL_TRY(list_items(book, items, (size_t)count[N_ITEMS], c->catalog, name, file, err));
    PAL_TRY(restore_counts(book, count, name, file, err));
    if (book->n_fits > 0) {
        PAL_TRY(load_model(&model, c, count, name, file, err));
        c->type->free(book->model);
        book->model = model;
    }
    PAL_TRY(restore_index(c, book, b, file, err));

done:
    return rc;
}

/* ---- the stage ---- */

pal_status pal_collab_save(const void *self, pal_tensors *file, pal_error *err)
{
    const pal_collab *c = self;
    pal_tensors *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_new(&own, err));
    for (size_t b = 0; b < c->n_books; b++) {
        PAL_TRY(save_book(c, b, own, err));
    }
    PAL_TRY(pal_tensors_nest(file, c->kind->name, own, err));
    PAL_TRY(pal_origin_save(&c->origin, c->kind->name, file, err));
    PAL_TRY(pal_part_save(&pal_stage_popularity, c->popular, c->kind->name, file, err));

done:
    pal_tensors_free(own);
    return rc;
}

pal_status pal_collab_restore(void *self, const pal_tensors *file, pal_error *err)
{
    pal_collab *c = self;
    pal_tensors *own = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&c->origin, c->kind->name, file, err));
    PAL_TRY(pal_part_restore(&pal_stage_popularity, c->popular, c->kind->name, file, err));
    PAL_TRY(pal_tensors_enter(&own, file, c->kind->name, err));
    for (size_t b = 0; b < c->n_books; b++) {
        PAL_TRY(restore_book(c, b, own, err));
    }

done:
    pal_tensors_leave(own);
    return rc;
}
