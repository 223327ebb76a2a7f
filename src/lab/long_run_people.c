/* The end of a window, person by person and pair by pair. */
#include "lab/long_run.h"

#include "core/mem.h"
#include "core/threads.h"
#include "metrics/concentration.h"
#include "metrics/homogeneity.h"
#include "metrics/taste.h"

#include <math.h>
#include <string.h>

#define PAIRS_A_BLOCK 256

/* ---- one person ---- */

typedef struct window_job {
    pal_long_run *l;
    const pal_arm *arm;
    size_t window;
    uint32_t *set;  /* n_users x 2 x room of a window: what was shown, what was liked; ascending, no repeats */
    uint32_t *size; /* n_users x 2 */
    size_t room;    /* of a set */
} window_job;

typedef struct rows {
    const uint32_t *item;
    const uint8_t *taste, *liked;
    size_t n;
} rows;

static rows rows_of(const pal_long_run *l, size_t u, size_t window)
{
    const uint32_t *begin = l->begin + u * (l->n_windows + 1) + window;
    const size_t first = u * l->room + begin[0];

    return (rows){ l->item + first, l->taste + first, l->liked + first, begin[1] - begin[0] };
}

/* Effective numbers of clusters, by the items' primary ones. */
static void measure_breadth(double *v, const pal_catalog *catalog, const rows *r)
{
    double shown[PAL_MAX_CLUSTERS] = { 0 }, liked[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t i = 0; i < r->n; i++) {
        shown[catalog->cluster[r->item[i]]]++;
        liked[catalog->cluster[r->item[i]]] += r->liked[i];
    }
    v[PAL_LONG_SHOWN] = pal_effective_number(shown, PAL_MAX_CLUSTERS);
    v[PAL_LONG_LIKED] = pal_effective_number(liked, PAL_MAX_CLUSTERS);
    v[PAL_LONG_BREADTH] = v[PAL_LONG_SHOWN] / v[PAL_LONG_TRUE];
}

/*
 * What was shown of each true taste against its weight now. Slots that match no taste are a part of the mix of their own, of
 * which the truth holds nothing: they count as wide of the mark.
 */
static void measure_mix(double *v, const double *weight, size_t n_tastes, const rows *r)
{
    double shown[PAL_MAX_TASTES + 1] = { 0 };

    for (size_t i = 0; i < r->n; i++) shown[r->taste[i] < n_tastes ? r->taste[i] : n_tastes]++;
    v[PAL_LONG_KL] = pal_taste_balance(weight, shown, n_tastes + 1, PAL_TASTE_SMOOTHING);
    v[PAL_LONG_TV] = pal_mix_distance(weight, shown, n_tastes + 1);
    if (r->n == 0) return; /* nobody starves in the days they were not here */
    v[PAL_LONG_STARVED] = v[PAL_LONG_TASTES] = 0;
    for (size_t t = 0; t < n_tastes; t++) {
        if (weight[t] >= (double)PAL_LONG_OWN) {
            v[PAL_LONG_TASTES]++;
            v[PAL_LONG_STARVED] += shown[t] > 0 ? 0 : 1;
        }
    }
}

/* Root mean square per feature of the way from a taste's first center to its center now, in its first width. */
static double way_of(const pal_arm *arm, size_t taste)
{
    const pal_population *people = arm->world->people;
    const float *from = people->taste_center + taste * people->stride, *to = arm->state->taste_center + taste * people->stride;
    double square = 0;

    for (size_t f = 0; f < people->d; f++) square += ((double)to[f] - (double)from[f]) * ((double)to[f] - (double)from[f]);
    return sqrt(square / (double)people->d) / (double)people->taste_width[taste];
}

static void measure_drift(double *v, const pal_arm *arm, size_t u, const double *weight, size_t n_tastes)
{
    const pal_population *people = arm->world->people;
    double before[PAL_MAX_TASTES] = { 0 }, way = 0;

    for (size_t t = 0; t < people->n_tastes[u]; t++) {
        before[t] = (double)people->taste_weight[u * PAL_MAX_TASTES + t];
        way += before[t] * way_of(arm, u * PAL_MAX_TASTES + t);
    }
    v[PAL_LONG_WEIGHTS] = pal_mix_distance(weight, before, n_tastes);
    v[PAL_LONG_CENTERS] = way;
}

static void measure_person(window_job *job, size_t u)
{
    pal_long_run *l = job->l;
    const pal_state *state = job->arm->state;
    const size_t n_tastes = state->n_tastes[u], person = job->arm->world->replicate * l->n_users + u;
    const rows r = rows_of(l, u, job->window);
    double weight[PAL_MAX_TASTES + 1] = { 0 }, v[PAL_LONG_PERSON];

    for (size_t f = 0; f < PAL_LONG_PERSON; f++) v[f] = NAN;
    for (size_t t = 0; t < n_tastes; t++) weight[t] = (double)state->taste_weight[u * PAL_MAX_TASTES + t];
    v[PAL_LONG_TRUE] = pal_effective_number(weight, n_tastes);
    measure_breadth(v, l->catalog, &r);
    measure_mix(v, weight, n_tastes, &r);
    measure_drift(v, job->arm, u, weight, n_tastes);
    v[PAL_LONG_SESSIONS] = (double)l->sessions[u];
    for (size_t f = 0; f < PAL_LONG_PERSON; f++) {
        pal_long_field(l, job->arm->index, job->window, f)[person] = (float)v[f];
    }
}

static void make_sets(window_job *job, size_t u)
{
    const rows r = rows_of(job->l, u, job->window);
    uint32_t *shown = job->set + 2 * u * job->room, *liked = shown + job->room;
    size_t n_liked = 0;

    for (size_t i = 0; i < r.n; i++) {
        shown[i] = r.item[i];
        if (r.liked[i] != 0) liked[n_liked++] = r.item[i];
    }
    job->size[2 * u] = (uint32_t)pal_item_set(shown, r.n);
    job->size[2 * u + 1] = (uint32_t)pal_item_set(liked, n_liked);
}

static pal_status people_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        measure_person(ctx, u);
        make_sets(ctx, u);
    }
    return PAL_OK;
}

/* ---- pairs ---- */

static pal_status pairs_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const window_job *job = ctx;
    const pal_long_run *l = job->l;
    const size_t replicate = job->arm->world->replicate, first = replicate * (l->n_pairs / l->n_replicates);

    (void)block;
    (void)worker;
    (void)err;
    for (size_t i = first + begin; i < first + end; i++) {
        const size_t u = l->pair[2 * i] - replicate * l->n_users, v = l->pair[2 * i + 1] - replicate * l->n_users;

        for (size_t k = 0; k < 2; k++) {
            pal_long_pairs(l, job->arm->index, job->window, k == 1)[i] =
                (float)pal_jaccard(job->set + (2 * u + k) * job->room, job->size[2 * u + k],
                                   job->set + (2 * v + k) * job->room, job->size[2 * v + k]);
        }
    }
    return PAL_OK;
}

pal_status pal_long_run_people(pal_long_run *l, const pal_arm *arm, size_t window, pal_error *err)
{
    pal_status rc = PAL_OK;
    window_job job = { .l = l, .arm = arm, .window = window };

    job.room = l->window * PAL_MAX_SLOTS < l->room ? l->window * PAL_MAX_SLOTS : l->room;
    PAL_NEW(job.set, l->n_users * 2 * job.room);
    PAL_NEW(job.size, l->n_users * 2);
    PAL_TRY(pal_parallel_for(l->n_users, PAL_USER_BLOCK, l->n_threads, people_block, &job, err));
    PAL_TRY(pal_parallel_for(l->n_pairs / l->n_replicates, PAIRS_A_BLOCK, l->n_threads, pairs_block, &job, err));
done:
    pal_free(job.set);
    pal_free(job.size);
    return rc;
}
