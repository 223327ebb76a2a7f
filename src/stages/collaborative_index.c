/*
 * Serving by an index instead of by the scores of all items. Scores of factor models are dot
 * products plus biases: with a lane for the bias, [item, b] . [person, 1], they are dot products
 * alone. The biases are told by the scores of one person, b_i = score_i - person . item_i, up to a
 * constant that orders nothing. People the fit did not know, and those for whom the index finds too
 * few unseen items, are served by the scores of all.
 */
#include "stages/collaborative.h"

#include "core/mem.h"
#include "core/sum.h"

#include <math.h>
#include <string.h>

pal_fresh_config pal_collab_index_config(void)
{
    pal_fresh_config config = pal_fresh_defaults();

    config.graph.nearness = PAL_NEAR_DOT;
    return config;
}

/* Scores of all items for the first person of the fit, whom the model knows by number. */
static pal_status first_scores(float *score, const pal_collab *c, const pal_collab_book *book,
                               pal_arena *scratch, pal_error *err)
{
    const pal_rec_query first = { .row = 0 };

    return c->type->score(book->model, &first, 1, score, scratch, err);
}

pal_status pal_collab_index_update(pal_collab *c, pal_collab_book *book, pal_arena *scratch,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(scratch);
    const pal_fresh_config config = pal_collab_index_config();
    size_t n, d, n_people;
    const float *item = c->type->factors(book->model, false, &n, &d);
    const float *person = c->type->factors(book->model, true, &n_people, &d);
    float *score, *row;

    PAL_ASSERT(n == book->n_cols && n_people == book->n_rows);
    PAL_TAKE(score, n, scratch);
    PAL_TAKE(row, n * (d + 1), scratch);
    PAL_TRY(first_scores(score, c, book, scratch, err));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(score[i])) {
            PAL_FAIL(PAL_ERR_CONVERGE,
                     "%s: a score of item %u is not finite: the model has diverged", c->kind->name,
                     book->item[i]);
        }
        memcpy(row + i * (d + 1), item + i * d, d * sizeof *row);
        row[i * (d + 1) + d] = (float)((double)score[i] - pal_dot_f32(person, item + i * d, d));
    }
    if (book->index == NULL) PAL_TRY(pal_fresh_index_new(&book->index, d + 1, &config, err));
    PAL_TRY(pal_fresh_index_update(book->index, NULL, row, n, c->n_threads, err));
    book->index_digest = pal_fresh_index_digest(book->index);

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

/* Items of the book that are taken: the index may find these first. */
static size_t count_taken(const pal_collab_book *book, const uint64_t *taken)
{
    size_t n = 0;

    for (size_t i = 0; i < book->n_cols; i++) {
        n += pal_seen(taken, book->item[i]);
    }
    return n;
}

pal_status pal_collab_index_best(pal_best *best, bool *found, const pal_collab *c,
                                 const pal_collab_book *book, uint32_t row, const uint64_t *taken,
                                 pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(scratch);
    const size_t n_taken = count_taken(book, taken), k = best->k + n_taken,
                 left = book->n_cols - n_taken;
    size_t n_people, d;
    const float *person = c->type->factors(book->model, true, &n_people, &d);
    uint32_t *id;
    float *score, *query;

    *found = false;
    if (k >= book->n_cols)
        goto done; /* all would be looked at: that is what the model does faster */
    PAL_TAKE(query, d + 1, scratch);
    PAL_TAKE(id, k, scratch);
    PAL_TAKE(score, k, scratch);
    memcpy(query, person + row * d, d * sizeof *query);
    query[d] = 1;
    PAL_TRY(
        pal_fresh_index_search(id, score, book->index, query, 1, k, c->config.index_ef, 1, err));
    for (size_t i = 0; i < k && id[i] != UINT32_MAX; i++) {
        const uint32_t item = book->item[id[i]];

        if (!pal_seen(taken, item)) pal_best_offer(best, score[i], item);
    }
    *found = best->n == (best->k < left ? best->k : left);
    if (!*found) best->n = 0;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
