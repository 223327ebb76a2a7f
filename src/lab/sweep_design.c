/* The points of a sweep. */
#include "lab/sweep.h"

#include "core/dist.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <string.h>

static size_t values_of(const pal_sweep_dim *d)
{
    return d->n_values > 0 ? d->n_values : d->steps;
}

/* The JSON text of a path at place u in [0, 1] of its range. */
static pal_status range_text(char **out, const pal_sweep_dim *d, double u, pal_error *err)
{
    char text[PAL_NUMBER_MAX];
    double x = u <= 0 ? d->min : u >= 1 ? d->max
             : d->log ? pal_exp(pal_log(d->min) + u * (pal_log(d->max) - pal_log(d->min)))
                      : d->min + u * (d->max - d->min);

    pal_format_double(text, d->whole ? floor(x + 0.5) : x);
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a value") : PAL_OK;
}

static pal_status list_text(char **out, const pal_sweep_dim *d, size_t k, pal_error *err)
{
    *out = pal_strdup(d->value[k]);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a value") : PAL_OK;
}

static pal_status grid(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t p = 0; p < s->n_points; p++) {
        size_t rest = p;

        for (size_t d = s->n_dims; d-- > 0;) { /* the last path turns fastest */
            size_t n = values_of(&s->dim[d]), k = rest % n;
            char **out = &s->setting[p * s->n_dims + d];

            rest /= n;
            PAL_TRY(s->dim[d].n_values > 0 ? list_text(out, &s->dim[d], k, err)
                                           : range_text(out, &s->dim[d], (double)k / (double)(n - 1), err));
        }
    }
done:
    return rc;
}

/* One path at all points: u[p] in [0, 1). */
static pal_status draw_path(pal_sweep *s, size_t d, pal_key key, uint32_t *order, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep_dim *dim = &s->dim[d];
    uint64_t draw = 0;

    for (uint32_t p = 0; p < s->n_points; p++) order[p] = p;
    if (s->design == PAL_SWEEP_LATIN) pal_draw_shuffle(order, s->n_points, key, (pal_at){ 0, 1, 0 }, &draw);
    for (size_t p = 0; p < s->n_points; p++) {
        double u = pal_u01(key, (pal_at){ p, 0, 0 }, 0);
        char **out = &s->setting[p * s->n_dims + d];

        if (s->design == PAL_SWEEP_LATIN) u = ((double)order[p] + u) / (double)s->n_points;
        PAL_TRY(dim->n_values > 0 ? list_text(out, dim, (size_t)(u * (double)dim->n_values), err)
                                  : range_text(out, dim, u, err));
    }
done:
    return rc;
}

static pal_status draw_points(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text = pal_values_text(s->top, "design_seed");
    uint32_t *order = NULL;
    uint64_t seed;

    if (!pal_parse_u64(&seed, text, strlen(text))) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: design_seed: must be a string of digits below 2^64, found \"%s\"", s->file, text);
    }
    PAL_NEW(order, s->n_points);
    for (size_t d = 0; d < s->n_dims; d++) {
        pal_key key = pal_key_named(pal_key_for(seed, 0, PAL_FOR_EXPLORE), "sweep design");

        PAL_TRY(draw_path(s, d, pal_key_named(key, s->dim[d].path), order, err));
    }
done:
    pal_free(order);
    return rc;
}

pal_status pal_sweep_design_points(pal_sweep *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    double n = 1;

    for (size_t d = 0; d < s->n_dims; d++) n *= (double)values_of(&s->dim[d]);
    if (s->design != PAL_SWEEP_GRID) n = (double)pal_values_int(s->top, "points");
    if (n > PAL_SWEEP_MAX_POINTS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: the grid has %g points, at most %d are allowed: take fewer values, or a latin design",
                 s->file, n, PAL_SWEEP_MAX_POINTS);
    }
    s->n_points = (size_t)n;
    PAL_NEW(s->setting, s->n_points * s->n_dims);
    PAL_TRY(s->design == PAL_SWEEP_GRID ? grid(s, err) : draw_points(s, err));
done:
    return rc;
}

pal_status pal_sweep_experiment(pal_experiment **out, const pal_sweep *s, size_t point, size_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_override change[PAL_SWEEP_MAX_DIMS + 1];
    pal_text text = { 0 };

    for (size_t d = 0; d < s->n_dims; d++) {
        change[d] = (pal_override){ s->dim[d].set, s->setting[point * s->n_dims + d] };
    }
    pal_text_addf(&text, "\"%s\"", s->seed[seed]); /* a 64-bit seed is a string */
    PAL_TRY(pal_text_check(&text, err));
    change[s->n_dims] = (pal_override){ "seed", text.bytes };
    PAL_TRY(pal_experiment_parse(out, s->base, strlen(s->base), s->base_name, change, s->n_dims + 1, err));
done:
    pal_text_clear(&text);
    return rc;
}
