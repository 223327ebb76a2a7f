/* Fitting by turns: items for the people there are, then people for those items, so that a person's factors are the
 * best ones for the final items and the same person folded in as a new one gets the same bytes (exact solver). */
#include "models/als.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/stop.h"
#include "core/sum.h"
#include "core/threads.h"
#include "models/rec_builtin.h"

#include <math.h>
#include <string.h>

#define ROWS_BLOCK 16 /* rows solved by one task */
#define WHO_START 0

typedef struct half_step {
    float *x;              /* rows being solved                */
    pal_als_side other;
    const pal_csr *liked, *disliked;
    double *room;          /* pal_als_room a worker            */
} half_step;

static pal_status solve_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const half_step *h = ctx;
    size_t d = h->other.config->d;

    (void)block;
    for (size_t r = begin; r < end; r++) {
        PAL_TRY(pal_als_solve(h->x + r * d, &h->other, pal_als_row(h->liked, r), pal_als_row(h->disliked, r),
                              h->room + worker * pal_als_room(d), err));
    }

done:
    return rc;
}

/* Starting rows of people: normal, of expected length init_sd. */
static void start_people(pal_als *model, pal_key key)
{
    size_t d = model->config.d;
    double scale = model->config.init_sd / sqrt((double)d);

    for (size_t u = 0; u < model->n_rows; u++) {
        uint64_t word[4];

        for (size_t j = 0; j < d; j++) {
            if (j % 4 == 0) pal_block(key, (pal_at){ WHO_START, u, 0 }, j / 4, word);
            model->factor[0][u * d + j] = (float)(scale * pal_normal_quantile(pal_unit_open(word[j % 4])));
        }
    }
}

static pal_status check_dislikes(const pal_rec_data *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *rows = data->rows, *disliked = data->disliked;

    if (disliked == NULL) return PAL_OK;
    if (disliked->n_rows != rows->n_rows || disliked->n_cols != rows->n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "als: dislikes of %zu people and %zu items, interactions of %zu and %zu",
                 disliked->n_rows, disliked->n_cols, rows->n_rows, rows->n_cols);
    }
    for (size_t u = 0; u < disliked->n_rows; u++) {
        for (size_t c = disliked->begin[u]; c < disliked->begin[u + 1]; c++) {
            if (!(disliked->value[c] > 0)) {
                PAL_FAIL(PAL_ERR_DATA, "als: dislike of person %zu, item %u: value %g, wanted above 0", u,
                         disliked->col[c], (double)disliked->value[c]);
            }
        }
    }

done:
    return rc;
}

/* A copy that outlives the call: the transpose of the transpose. */
static pal_status keep_dislikes(pal_als *model, const pal_csr *transposed, pal_error *err)
{
    pal_csr_free(model->disliked);
    model->disliked = NULL;
    return transposed == NULL ? PAL_OK : pal_csr_transpose(&model->disliked, transposed, err);
}

static pal_status begin(pal_als *model, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->config.d;

    for (size_t s = 0; s < 2; s++) {
        pal_free(model->factor[s]);
        model->factor[s] = NULL;
    }
    pal_free(model->gram);
    model->gram = NULL;
    PAL_NEW(model->factor[0], data->rows->n_rows * d);
    PAL_NEW(model->factor[1], data->rows->n_cols * d);
    PAL_NEW(model->gram, d * d);
    model->n_rows = data->rows->n_rows;
    model->n_cols = data->rows->n_cols;
    model->backend = env->backend;
    start_people(model, env->key);

done:
    return rc;
}

pal_status pal_als_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_als *model = self;
    const pal_als_config *config = &model->config;
    pal_csr *disliked_by = NULL; /* items x people */
    double *gram = NULL, *room = NULL, loss = 0;
    half_step items, people;

    PAL_TRY(pal_rec_check("als", data, err));
    PAL_TRY(check_dislikes(data, err));
    if (data->disliked != NULL) PAL_TRY(pal_csr_transpose(&disliked_by, data->disliked, err));
    PAL_TRY(keep_dislikes(model, disliked_by, err));
    PAL_TRY(begin(model, data, env, err));
    PAL_NEW(gram, config->d * config->d);
    PAL_NEW(room, env->n_threads * pal_als_room(config->d));
    items = (half_step){ model->factor[1], { config, env->backend, model->factor[0], model->n_rows, gram }, data->cols,
                         disliked_by, room };
    people = (half_step){ model->factor[0], pal_als_items(model), data->rows, data->disliked, room };

    for (size_t e = 0; e < config->epochs; e++) {
        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "als: interrupted");
        PAL_TRY(pal_als_gram(gram, model->factor[0], model->n_rows, config->d, env->backend, env->n_threads, err));
        PAL_TRY(pal_parallel_for(model->n_cols, ROWS_BLOCK, env->n_threads, solve_rows, &items, err));
        PAL_TRY(pal_als_gram(model->gram, model->factor[1], model->n_cols, config->d, env->backend, env->n_threads,
                             err));
        PAL_TRY(pal_parallel_for(model->n_rows, ROWS_BLOCK, env->n_threads, solve_rows, &people, err));
        if (env->progress != NULL) {
            PAL_TRY(pal_als_objective(&loss, model, data, env->n_threads, err));
            env->progress(env->ctx, e + 1, config->epochs, loss);
        }
    }

done:
    pal_csr_free(disliked_by);
    pal_free(gram);
    pal_free(room);
    return rc;
}

/* ---- objective -------------------------------------------------------------------------------------------- */

/* What stored cells add to the sum over all cells of w0 s^2. */
static void add_stored(pal_acc *sum, const pal_als *model, const pal_csr *cells, bool liked)
{
    const pal_als_config *c = &model->config;

    for (size_t u = 0; u < cells->n_rows; u++) {
        for (size_t i = cells->begin[u]; i < cells->begin[u + 1]; i++) {
            double s = pal_dot_f32(model->factor[0] + u * c->d, model->factor[1] + cells->col[i] * c->d, c->d);
            double e = pal_als_extra(c, cells->value[i]), gap = 1 - s;

            if (!liked) {
                pal_acc_add(sum, e * s * s);
            } else if (c->base_on_all) {
                pal_acc_add(sum, e * gap * gap);
            } else {
                pal_acc_add(sum, (c->unobserved + e) * gap * gap - c->unobserved * s * s);
            }
        }
    }
}

static size_t stored(const pal_csr *liked, const pal_csr *disliked, size_t row)
{
    return pal_csr_count(liked, row) + (disliked != NULL ? pal_csr_count(disliked, row) : 0);
}

pal_status pal_als_objective(double *out, const pal_als *model, const pal_rec_data *data, size_t n_threads,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->config.d;
    double *gram[2] = { NULL, NULL };
    pal_csr *disliked_by = NULL;
    pal_acc sum = { 0 };

    if (data->disliked != NULL) PAL_TRY(pal_csr_transpose(&disliked_by, data->disliked, err));
    for (size_t s = 0; s < 2; s++) {
        const pal_csr *liked = s == 0 ? data->rows : data->cols;
        size_t n = liked->n_rows;

        PAL_NEW(gram[s], d * d);
        PAL_TRY(pal_als_gram(gram[s], model->factor[s], n, d, model->backend, n_threads, err));
        for (size_t r = 0; r < n; r++) {
            const float *row = model->factor[s] + r * d;
            size_t cells = stored(liked, s == 0 ? data->disliked : disliked_by, r);

            pal_acc_add(&sum, pal_als_penalty(&model->config, cells, liked->n_cols) * pal_dot_f32(row, row, d));
        }
    }
    for (size_t i = 0; i < d * d; i++) pal_acc_add(&sum, model->config.unobserved * gram[0][i] * gram[1][i]);
    add_stored(&sum, model, data->rows, true);
    if (data->disliked != NULL) add_stored(&sum, model, data->disliked, false);
    *out = pal_acc_value(&sum);

done:
    pal_free(gram[0]);
    pal_free(gram[1]);
    pal_csr_free(disliked_by);
    return rc;
}
