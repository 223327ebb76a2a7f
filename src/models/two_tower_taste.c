/* The vectors of people: one of their whole past, and one for each taste in it. */
#include "models/two_tower.h"

#include "core/mem.h"
#include "models/interests.h"

#include <string.h>

#define ITEMS_A_PART 3
#define WHO_SPLIT 48

size_t pal_tower_parts(const pal_two_tower *model, size_t n)
{
    size_t parts = n / ITEMS_A_PART;

    if (parts > model->config.interests) parts = model->config.interests;
    return parts > 0 ? parts : 1;
}

/* Keyed by the first item: the same past is split the same way, whoever has it. */
size_t pal_tower_split(uint8_t *label, const pal_two_tower *model, const float *vector, const pal_feed_person *person,
                       double *centre)
{
    size_t parts = pal_tower_parts(model, person->n);
    const pal_at at = { WHO_SPLIT, 0, person->n > 0 ? person->item[0] : 0 };

    pal_interests_split(label, person->item, person->n, vector, model->config.d, parts, centre, model->key, at);
    return parts;
}

/* Rows of a person's parts: those that hold an item. */
static pal_status put_parts(pal_feed *feed, uint8_t *n_parts, const pal_two_tower *model, const pal_feed_person *person,
                            uint8_t *label, uint32_t *item, double *centre, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t parts = pal_tower_split(label, model, model->vector, person, centre);

    *n_parts = 0;
    for (size_t p = 0; p < parts; p++) {
        pal_feed_person part = *person;

        part.item = item;
        part.n = 0;
        for (size_t i = 0; i < person->n; i++) {
            if (label[i] == p) item[part.n++] = person->item[i];
        }
        if (part.n == 0 && (p > 0 || person->n > 0)) continue;
        PAL_TRY(pal_feed_put(feed, &part, PAL_FEED_NONE, err));
        ++*n_parts;
    }

done:
    return rc;
}

static size_t longest(const pal_feed_person *person, size_t n)
{
    size_t most = 0;

    for (size_t q = 0; q < n; q++) most = person[q].n > most ? person[q].n : most;
    return most;
}

pal_status pal_tower_people(float *whole, float *taste, uint8_t *n_tastes, const pal_two_tower *model,
                            const pal_feed_person *person, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = model->config.d, m = model->config.interests, most = longest(person, n), row = n;
    pal_feed *feed = NULL;
    float *vector = NULL;
    uint32_t *item = NULL;
    uint8_t *label = NULL;
    double *centre = NULL;

    if (n == 0) return PAL_OK;
    PAL_TRY(pal_feed_new(&feed, model->tables.used, model->content, model->known, err));
    PAL_NEW(vector, n * (taste != NULL ? m + 1 : 1) * d);
    PAL_NEW(item, most);
    PAL_NEW(label, most);
    PAL_NEW(centre, m * d);
    for (size_t q = 0; q < n; q++) PAL_TRY(pal_feed_put(feed, &person[q], PAL_FEED_NONE, err));
    for (size_t q = 0; taste != NULL && q < n; q++) {
        PAL_TRY(put_parts(feed, &n_tastes[q], model, &person[q], label, item, centre, err));
    }
    PAL_TRY(pal_neural_rows(&(pal_neural_out){ 0, model->person_last, 1, { model->person }, { vector } }, model->net,
                            feed,
                            err));
    memcpy(whole, vector, n * d * sizeof *whole);
    for (size_t q = 0; taste != NULL && q < n; q++) {
        memset(taste + q * m * d, 0, m * d * sizeof *taste);
        memcpy(taste + q * m * d, vector + row * d, n_tastes[q] * d * sizeof *taste);
        row += n_tastes[q];
    }

done:
    pal_feed_free(feed);
    pal_free(vector);
    pal_free(item);
    pal_free(label);
    pal_free(centre);
    return rc;
}

void pal_tower_best(float *score, const pal_two_tower *model, const float *vector, size_t n, float *room)
{
    size_t n_items = model->n_cols, d = model->config.d;

    pal_gemm_f32(model->backend, false, true, n, n_items, d, 1, vector, d, model->vector, d, 0, room, n_items);
    for (size_t i = 0; i < n_items; i++) {
        float best = room[i];

        for (size_t p = 1; p < n; p++) best = room[p * n_items + i] > best ? room[p * n_items + i] : best;
        score[i] = best + model->item_bias[i];
    }
}
