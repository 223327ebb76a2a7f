/* Fitting a collaborative model between rounds, and judging it by likes it never saw. */
#include "stages/collaborative.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/progress.h"
#include "stages/builtin.h"

#include <math.h>

#define JUDGED 256 /* people a model is judged by at most: evenly spaced rows */
#define BEST 10    /* precision at so many */

/* Sums over judged people. */
typedef struct verdict {
    size_t n;
    double auc, auc_square, precision;
} verdict;

/* The next fit is due: the first once there is enough to learn from, then every so many rounds. */
static bool is_due(const pal_collab *c, const pal_collab_book *book, uint32_t round)
{
    if (book->n_fits == 0) return book->n_likes >= c->config.after;
    return round - book->last_fit >= c->config.every;
}

/* The person's own part of a matrix, as a question to the model. */
static pal_rec_query query_of(const pal_csr *rows, size_t r)
{
    return (pal_rec_query){ .row = (uint32_t)r, .n = pal_csr_count(rows, r), .item = rows->col + rows->begin[r],
                            .value = rows->value + rows->begin[r] };
}

/*
 * One person: every held-out like against every item the fit did not have of them, ties counted half (as LightFM's
 * auc_score); and how many of the held-out ones are among the ten best, ties by column.
 */
static void judge_one(verdict *v, float *score, const pal_collab_data *data, size_t r)
{
    const pal_csr *rows = data->rows, *held = data->held;
    const size_t n = rows->n_cols, n_held = pal_csr_count(held, r), others = n - pal_csr_count(rows, r) - n_held;
    double auc = 0;
    size_t among = 0;

    if (others == 0) return;
    for (size_t i = rows->begin[r]; i < rows->begin[r + 1]; i++) score[rows->col[i]] = -HUGE_VALF;
    for (size_t h = held->begin[r]; h < held->begin[r + 1]; h++) {
        const uint32_t col = held->col[h];
        const float own = score[col];
        size_t below = 0, equal = 0, before = 0;

        for (size_t i = 0; i < n; i++) {
            below += score[i] < own && score[i] > -HUGE_VALF;
            equal += score[i] == own;
            before += score[i] > own || (score[i] == own && i < col);
        }
        for (size_t g = held->begin[r]; g < held->begin[r + 1]; g++) { /* the held-out ones are no rivals of each other */
            below -= score[held->col[g]] < own;
            equal -= score[held->col[g]] == own;
        }
        auc += ((double)below + 0.5 * (double)equal) / (double)others;
        among += before < BEST;
    }
    auc /= (double)n_held;
    v->n++;
    v->auc += auc;
    v->auc_square += auc * auc;
    v->precision += (double)among / BEST;
}

static pal_status judge(verdict *v, const pal_collab *c, const pal_collab_book *book, const pal_collab_data *data,
                        pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *held = data->held;
    const pal_arena_mark mark = pal_arena_here(scratch);
    size_t able = 0, seen = 0, step;
    float *score;

    PAL_TAKE(score, held->n_cols, scratch);
    for (size_t r = 0; r < held->n_rows; r++) able += pal_csr_count(held, r) > 0 && pal_csr_count(data->rows, r) > 0;
    step = able / JUDGED + 1;
    for (size_t r = 0; r < held->n_rows; r++) {
        const pal_arena_mark here = pal_arena_here(scratch);
        pal_rec_query query = query_of(data->rows, r);

        if (pal_csr_count(held, r) == 0 || query.n == 0 || seen++ % step != 0) continue;
        PAL_TRY(c->type->score(book->model, &query, 1, score, scratch, err));
        pal_arena_rewind(scratch, here);
        judge_one(v, score, data, r);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status put_on_record(const pal_collab *c, const pal_collab_book *book, const pal_collab_data *data,
                                const verdict *v, double seconds, pal_error *err)
{
    const double n = (double)v->n, mean = v->n > 0 ? v->auc / n : NAN;
    const double square = v->n > 0 ? v->auc_square / n - mean * mean : NAN;
    const pal_training_row row = {
        .round = book->last_fit, .user = UINT32_MAX, .taste = PAL_NO_TASTE, .model = c->type->name,
        .samples = (uint32_t)(data->rows->n + (data->disliked != NULL ? data->disliked->n : 0)),
        .positives = (uint32_t)data->rows->n, .folds = v->n > 0, .iterations = c->epochs,
        .auc = mean, .auc_sd = v->n > 0 ? sqrt(square > 0 ? square : 0) : NAN, .logloss = NAN, .logloss_sd = NAN,
        .kept = true, .why = v->n > 0 ? "judged on held-out likes" : "nothing held out", .people = (uint32_t)book->n_rows,
        .items = (uint32_t)book->n_cols, .held_out = (uint32_t)data->held->n, .type = book->type,
        .precision = v->n > 0 ? v->precision / n : NAN, .seconds = seconds,
    };

    return c->training == NULL ? PAL_OK : pal_training_log_add(c->training, &row, err);
}

static pal_status fit_book(pal_collab *c, pal_collab_book *book, const pal_feedback *round, pal_arena *scratch,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_collab_data data = { 0 };
    verdict v = { 0 };
    const pal_rec_env env = { .key = pal_key_named(c->train, "fit"), .n_threads = c->n_threads, .backend = PAL_PORTABLE };
    const double from = pal_clock_s();
    double seconds;

    PAL_TRY(pal_collab_data_take(&data, c, book, round->history, err));
    if (data.rows->n == 0) goto done; /* all of the few likes are held out: later */
    const pal_rec_data given = { .rows = data.rows, .cols = data.cols, .row_features = data.row_features,
                                 .col_features = book->item_features, .disliked = data.disliked };

    PAL_TRY(c->type->fit(book->model, &given, &env, err));
    seconds = pal_clock_s() - from;
    book->n_rows = data.rows->n_rows;
    book->n_cols = data.rows->n_cols;
    book->n_fits++;
    book->last_fit = round->round;
    book->digest = c->type->digest(book->model);
    if (c->config.hnsw) PAL_TRY(pal_collab_index_update(c, book, scratch, err));
    PAL_TRY(judge(&v, c, book, &data, scratch, err));
    PAL_TRY(put_on_record(c, book, &data, &v, seconds, err));

done:
    pal_collab_data_clear(&data);
    return rc;
}

pal_status pal_collab_fit(pal_collab *c, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.fit(c->popular, round, scratch, err));
    pal_collab_list(c, round->events, round->n);
    for (size_t b = 0; b < c->n_books; b++) {
        if (is_due(c, &c->book[b], round->round)) PAL_TRY(fit_book(c, &c->book[b], round, scratch, err));
    }

done:
    return rc;
}
