/* The downhill simplex. */
#include "lab/fit_people_simplex.h"

#include <math.h>
#include <string.h>

typedef struct corner {
    double x[PAL_SIMPLEX_MOST], value;
} corner;

typedef struct simplex {
    size_t n, used, most;
    corner at[PAL_SIMPLEX_MOST + 1]; /* ascending by value; equals in the order they came */
    pal_simplex_fn fn;
    void *ctx;
} simplex;

static double inside(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static pal_status judge(simplex *s, corner *c, pal_error *err)
{
    for (size_t i = 0; i < s->n; i++) c->x[i] = inside(c->x[i]);
    s->used++;
    return s->fn(s->ctx, c->x, &c->value, err);
}

/* Move the corner at `from` to its place among those before it. */
static void settle(simplex *s, size_t from)
{
    const corner moved = s->at[from];
    size_t k = from;

    for (; k > 0 && moved.value < s->at[k - 1].value; k--) s->at[k] = s->at[k - 1];
    s->at[k] = moved;
}

static double width(const simplex *s)
{
    double most = 0;

    for (size_t i = 0; i < s->n; i++) {
        double lo = s->at[0].x[i], hi = lo;

        for (size_t k = 1; k <= s->n; k++) {
            lo = s->at[k].x[i] < lo ? s->at[k].x[i] : lo;
            hi = s->at[k].x[i] > hi ? s->at[k].x[i] : hi;
        }
        most = hi - lo > most ? hi - lo : most;
    }
    return most;
}

/* The worst corner, thrown through the middle of the others: middle + by * (middle - worst). */
static corner thrown(const simplex *s, double by)
{
    corner c = { .value = INFINITY };

    for (size_t i = 0; i < s->n; i++) {
        double middle = 0;

        for (size_t k = 0; k < s->n; k++) middle += s->at[k].x[i] / (double)s->n;
        c.x[i] = middle + by * (middle - s->at[s->n].x[i]);
    }
    return c;
}

static pal_status shrink(simplex *s, double by, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t k = 1; k <= s->n && s->used < s->most; k++) {
        for (size_t i = 0; i < s->n; i++) s->at[k].x[i] = s->at[0].x[i] + by * (s->at[k].x[i] - s->at[0].x[i]);
        PAL_TRY(judge(s, &s->at[k], err));
    }
    for (size_t k = 1; k <= s->n; k++) settle(s, k);
done:
    return rc;
}

static pal_status step(simplex *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const double n = (double)s->n, expand = 1 + 2 / n, contract = 0.75 - 0.5 / n;
    corner *worst = &s->at[s->n], first = thrown(s, 1), second;
    double by = 0;

    PAL_TRY(judge(s, &first, err));
    if (first.value < s->at[0].value) by = expand;
    else if (first.value >= s->at[s->n - 1].value) by = first.value < worst->value ? contract : -contract;
    second = first;
    if (by > 0 || by < 0) {
        second = thrown(s, by);
        PAL_TRY(judge(s, &second, err));
    }
    if (second.value < first.value) first = second;
    if (first.value < worst->value) {
        *worst = first;
        settle(s, s->n);
    } else {
        PAL_TRY(shrink(s, s->n > 1 ? 1 - 1 / n : 0.5, err));
    }
done:
    return rc;
}

pal_status pal_simplex_min(double *x, double *value, size_t n, double edge, double small, size_t most, pal_simplex_fn fn,
                           void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    simplex s = { .n = n, .most = most, .fn = fn, .ctx = ctx };

    PAL_ASSERT(n >= 1 && n <= PAL_SIMPLEX_MOST);
    if (most < n + 3) goto done;
    memcpy(s.at[0].x, x, n * sizeof *x);
    s.at[0].value = *value;
    for (size_t k = 1; k <= n; k++) {
        s.at[k] = s.at[0];
        memcpy(s.at[k].x, x, n * sizeof *x);
        s.at[k].x[k - 1] += x[k - 1] + edge <= 1 ? edge : -edge;
        PAL_TRY(judge(&s, &s.at[k], err));
        settle(&s, k);
    }
    while (s.used + 2 <= most && width(&s) > small) PAL_TRY(step(&s, err));
    memcpy(x, s.at[0].x, n * sizeof *x);
    *value = s.at[0].value;
done:
    return rc;
}
