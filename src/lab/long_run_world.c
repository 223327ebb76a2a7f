/* What long-run effects are measured against: pairs of people alike and unlike, and items of equal true appeal. */
#include "lab/long_run.h"

#include "core/mem.h"
#include "core/threads.h"
#include "metrics/homogeneity.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_SHARE 5      /* alike: the fifth of pairs with most shared taste; unlike: the fifth with least */
#define APPEAL_PEOPLE 200  /* people asked for an item's appeal, at most                                      */
#define APPEAL_ITEMS 256   /* items a block                                                                  */

typedef struct ranked {
    double value;
    uint32_t at;
} ranked;

static int by_value(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->value < y->value || x->value > y->value) return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* ---- pairs ---- */

/* Weights of a person's true tastes at the start, by cluster. */
static void mix_of(double mix[PAL_MAX_CLUSTERS], const pal_population *people, size_t u)
{
    memset(mix, 0, PAL_MAX_CLUSTERS * sizeof *mix);
    for (size_t t = 0; t < people->n_tastes[u]; t++) {
        mix[people->taste_cluster[u * PAL_MAX_TASTES + t]] += (double)people->taste_weight[u * PAL_MAX_TASTES + t];
    }
}

/* Alike and unlike among n pairs of one replicate; equal ones in the order in which they were drawn. */
static void group_pairs(uint8_t *group, ranked *rank, const pal_population *people, const uint32_t *pair, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double p[PAL_MAX_CLUSTERS], q[PAL_MAX_CLUSTERS];

        mix_of(p, people, pair[2 * i]);
        mix_of(q, people, pair[2 * i + 1]);
        rank[i] = (ranked){ pal_mix_overlap(p, q, PAL_MAX_CLUSTERS), (uint32_t)i };
    }
    qsort(rank, n, sizeof *rank, by_value);
    for (size_t k = 0; k < n; k++) {
        group[rank[k].at] = (uint8_t)(k >= n - n / GROUP_SHARE ? 1 : k < n / GROUP_SHARE ? 2 : 0);
    }
}

pal_status pal_long_run_pair(pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t partners = pal_pair_partners(l->n_users, (size_t)pal_values_int(l->experiment->output,
                                                                                 "long_run_partners"));
    const size_t n = l->n_users * partners;
    ranked *rank = NULL;
    uint32_t *order = NULL;

    l->n_pairs = n * l->n_replicates;
    PAL_NEW(l->pair, 2 * l->n_pairs);
    PAL_NEW(l->pair_group, l->n_pairs);
    PAL_NEW(rank, n);
    PAL_NEW(order, l->n_users);
    for (size_t r = 0; r < l->n_replicates; r++) {
        uint32_t *pair = l->pair + 2 * n * r;
        const pal_key key = pal_key_for(l->experiment->seed, (uint32_t)r, PAL_FOR_BOOTSTRAP);

        pal_pairs_draw(pair, order, l->n_users, partners, pal_key_named(key, "pairs of people"));
        group_pairs(l->pair_group + n * r, rank, l->set.world[r]->people, pair, n);
        for (size_t i = 0; i < 2 * n; i++) pair[i] += (uint32_t)(r * l->n_users);
    }
done:
    pal_free(rank);
    pal_free(order);
    return rc;
}

/* ---- appeal ---- */

typedef struct appeal_job {
    const pal_lab_people *world;
    const pal_state *state;
    size_t n_asked;
    ranked *rank;
} appeal_job;

/* Sum of the true P(like) of each item over the people asked, who stand evenly among all. */
static pal_status ask_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const appeal_job *job = ctx;
    const size_t n_users = job->world->people->n, n = end - begin;
    uint32_t item[APPEAL_ITEMS];
    pal_answer answer[APPEAL_ITEMS];

    (void)block;
    (void)worker;
    (void)err;
    for (size_t i = 0; i < n; i++) item[i] = (uint32_t)(begin + i);
    for (size_t k = 0; k < job->n_asked; k++) {
        job->world->type->truth(job->world->response, job->state, (uint32_t)(k * n_users / job->n_asked), 0, item, n,
                                answer);
        for (size_t i = 0; i < n; i++) job->rank[begin + i].value += (double)answer[i].p_like;
    }
    return PAL_OK;
}

/* The more and the less popular half of a decile, whose items stand in rank[0..n). */
static void halve(uint8_t *popular, ranked *rank, size_t n, const float *popularity)
{
    for (size_t i = 0; i < n; i++) rank[i].value = (double)popularity[rank[i].at];
    qsort(rank, n, sizeof *rank, by_value);
    for (size_t i = 0; i < n; i++) {
        popular[rank[i].at] = (uint8_t)(i < n / 2 ? 0 : i >= n - n / 2 ? 1 : PAL_NO_HALF);
    }
}

pal_status pal_long_run_appeal(pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = l->catalog->n_items;
    pal_state *state = NULL;
    ranked *rank = NULL;

    PAL_NEW(l->decile, l->n_replicates * n);
    PAL_NEW(l->popular, l->n_replicates * n);
    PAL_NEW(rank, n);
    for (size_t r = 0; r < l->n_replicates; r++) {
        const pal_lab_people *world = l->set.world[r];
        appeal_job job = { world, NULL, l->n_users < APPEAL_PEOPLE ? l->n_users : APPEAL_PEOPLE, rank };

        PAL_TRY(pal_state_new(&state, world->people, err));
        job.state = state;
        for (size_t i = 0; i < n; i++) rank[i] = (ranked){ 0, (uint32_t)i };
        PAL_TRY(pal_parallel_for(n, APPEAL_ITEMS, l->n_threads, ask_block, &job, err));
        qsort(rank, n, sizeof *rank, by_value);
        for (size_t k = 0; k < n; k++) l->decile[r * n + rank[k].at] = (uint8_t)(k * PAL_APPEAL_DECILES / n);
        for (size_t first = 0, end; first < n; first = end) {
            const uint8_t decile = l->decile[r * n + rank[first].at];

            for (end = first + 1; end < n && l->decile[r * n + rank[end].at] == decile; end++) {
            }
            halve(l->popular + r * n, rank + first, end - first, l->catalog->popularity);
        }
        pal_state_free(state);
        state = NULL;
    }
done:
    pal_state_free(state);
    pal_free(rank);
    return rc;
}
