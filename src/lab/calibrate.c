/* Online Platt scaling. */
#include "lab/calibrate.h"

#include "core/fields.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "metrics/calibration.h"

#include <string.h>

#define EDGE 1e-6        /* no prediction is surer than this */
#define PRIOR_RATE 0.1   /* before any feedback: one like in ten, with a weight of PRIOR_ROWS */
#define PRIOR_ROWS 10.0

static double overall_rate(const pal_calibrator *c)
{
    return ((double)c->all_liked + PRIOR_RATE * PRIOR_ROWS) / ((double)c->all + PRIOR_ROWS);
}

pal_status pal_calibrator_new(pal_calibrator **out, size_t n_stages, size_t memory, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_calibrator *c = NULL;

    PAL_NEW(c, 1);
    c->n_stages = n_stages;
    c->memory = memory;
    PAL_NEW(c->a, n_stages);
    PAL_NEW(c->b, n_stages);
    PAL_NEW(c->n, n_stages);
    PAL_NEW(c->probability, n_stages);
    PAL_NEW(c->stale, n_stages);
    PAL_NEW(c->score, n_stages * memory);
    PAL_NEW(c->label, n_stages * memory);
    pal_calibrator_reset(c);
    *out = c;
    c = NULL;
done:
    pal_calibrator_free(c);
    return rc;
}

void pal_calibrator_free(pal_calibrator *c)
{
    if (c == NULL) return;
    pal_free(c->a);
    pal_free(c->b);
    pal_free(c->n);
    pal_free(c->probability);
    pal_free(c->stale);
    pal_free(c->score);
    pal_free(c->label);
    pal_free(c);
}

void pal_calibrator_reset(pal_calibrator *c)
{
    c->all = 0;
    c->all_liked = 0;
    for (size_t s = 0; s < c->n_stages; s++) {
        c->a[s] = pal_logit(overall_rate(c));
        c->b[s] = 0;
        c->n[s] = 0;
        c->stale[s] = 0;
    }
}

void pal_calibrator_add(pal_calibrator *c, size_t stage, float score, uint8_t liked)
{
    size_t at = stage * c->memory + (size_t)(c->n[stage] % c->memory);

    c->score[at] = score;
    c->label[at] = liked;
    c->n[stage]++;
    c->stale[stage] = 1;
    c->all++;
    c->all_liked += liked;
}

/*
 * A recommender that puts a score higher means it: when what was shown says the opposite (slates are chosen by score, and
 * those with the highest ones are heard by people who are sated by now), the best that is left is one rate for all.
 */
static void refuse_to_turn(pal_calibrator *c, size_t s, size_t n, double prior)
{
    size_t liked = 0;

    if (c->b[s] < 0.0) {
        for (size_t i = 0; i < n; i++) {
            liked += c->label[s * c->memory + i];
        }
        c->a[s] = pal_logit(((double)liked + prior) / ((double)n + 1.0));
        c->b[s] = 0.0;
    }
}

pal_status pal_calibrator_fit(pal_calibrator *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_platt_config config = pal_platt_defaults();

    config.base_rate = overall_rate(c);
    config.ridge = 1; /* one row's worth of prior: the first rounds lean on the overall rate */
    for (size_t s = 0; s < c->n_stages; s++) {
        size_t n = c->n[s] < c->memory ? (size_t)c->n[s] : c->memory;

        if (c->n[s] == 0) c->a[s] = pal_logit(overall_rate(c));
        if (!c->stale[s]) continue;
        PAL_TRY(pal_platt_fit(&c->a[s], &c->b[s], c->score + s * c->memory, c->label + s * c->memory, NULL, n,
                              &config, err));
        refuse_to_turn(c, s, n, config.base_rate);
        c->stale[s] = 0;
    }
done:
    return rc;
}

float pal_calibrated(const pal_calibrator *c, size_t stage, float score)
{
    double p = c->probability[stage] ? (double)score : pal_sigmoid(c->a[stage] + c->b[stage] * (double)score);

    if (p < EDGE) p = EDGE;
    if (p > 1 - EDGE) p = 1 - EDGE;
    return (float)p;
}

/* ---- kept between rounds ---- */

#define PART "calibrator"

enum { N_FIELDS = 5, N_RINGS = 2 };

/* total: all and all_liked; used: places of each ring that hold something. */
static void list_fields(pal_field list[N_FIELDS], pal_field ring[N_RINGS], pal_rows *rows, const pal_calibrator *c,
                        uint64_t total[2], const uint32_t *used)
{
    const pal_field fields[N_FIELDS] = {
        PAL_FIELD("a", c->a, c->n_stages), PAL_FIELD("b", c->b, c->n_stages), PAL_FIELD("n", c->n, c->n_stages),
        PAL_FIELD("stale", c->stale, c->n_stages), PAL_FIELD("total", total, 2),
    };
    const pal_field rings[N_RINGS] = { PAL_FIELD("score", c->score, 0), PAL_FIELD("label", c->label, 0) };

    memcpy(list, fields, sizeof fields);
    memcpy(ring, rings, sizeof rings);
    *rows = (pal_rows){ .n_rows = c->n_stages, .n = used, .stride = c->memory };
}

static void count_used(uint32_t *used, const pal_calibrator *c)
{
    for (size_t s = 0; s < c->n_stages; s++) used[s] = (uint32_t)(c->n[s] < c->memory ? c->n[s] : c->memory);
}

pal_status pal_calibrator_save(const pal_calibrator *c, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t total[2] = { c->all, c->all_liked };
    pal_field list[N_FIELDS], ring[N_RINGS];
    pal_rows rows;
    uint32_t *used = NULL;

    PAL_NEW(used, c->n_stages);
    count_used(used, c);
    list_fields(list, ring, &rows, c, total, used);
    PAL_TRY(pal_fields_save(file, PART, list, N_FIELDS, err));
    PAL_TRY(pal_rows_save(file, PART, ring, N_RINGS, &rows, err));
done:
    pal_free(used);
    return rc;
}

pal_status pal_calibrator_restore(pal_calibrator *c, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t total[2] = { 0 };
    pal_field list[N_FIELDS], ring[N_RINGS];
    pal_rows rows;
    uint32_t *used = NULL;

    PAL_NEW(used, c->n_stages);
    list_fields(list, ring, &rows, c, total, used);
    PAL_TRY(pal_fields_restore(list, N_FIELDS, file, PART, err));
    count_used(used, c);
    PAL_TRY(pal_rows_restore(ring, N_RINGS, &rows, file, PART, err));
    c->all = total[0];
    c->all_liked = total[1];
done:
    pal_free(used);
    return rc;
}
