/* Habits and libraries: what people bring along, drawn by their true tastes. */
#include "sim/filing.h"

#include "core/arena.h"
#include "core/dist.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"

const pal_param pal_filing_params[] = {
    { "file_rate", PAL_PARAM_REAL, "0.8", 0, 1, NULL, "probability that a liked song is filed into a playlist at all",
      "assumption" },
    { "delay_mean", PAL_PARAM_REAL, "1", 0, 1e6, NULL, "mean rounds between a like and its filing (geometric)",
      "assumption" },
    { "error", PAL_PARAM_REAL, "0.1", 0, 1, NULL,
      "probability that a song is filed under another taste of the person than its own", "assumption" },
    { "split", PAL_PARAM_INT, "25", 1, 1000000000, NULL,
      "songs of a playlist before the next one of the same taste is begun (64 playlists a person at most)",
      "assumption" },
    { "library_mean", PAL_PARAM_REAL, "0", 0, 1e6, NULL,
      "mean songs that a person brings along in playlists; they count as known: never shown, learned as likes by every "
      "arm; 0: none", NULL },
    { "library_shape", PAL_PARAM_REAL, "2", 0.05, 1000, NULL,
      "shape r of the libraries' sizes (negative binomial); large = people bring equally many", "assumption" },
    { "library_most", PAL_PARAM_INT, "500", 1, 1000000000, NULL,
      "largest library (at most half of the catalog in any case)", NULL },
    { "library_fame", PAL_PARAM_REAL, "1", 0, 10, NULL,
      "how much fame helps a song into libraries: offered with ((popularity + 1) / 101)^this; 0: not at all",
      "assumption" },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

enum { BLOCK = 32, OFFER = 32, OFFERS = 64 }; /* people a block; songs looked at together; offers a song wanted */
enum { WHAT_SIZE, WHAT_SONGS, WHAT_LIKE };    /* draws of a library, told apart by the place's last words       */

typedef struct builder {
    pal_habits *habits;
    const pal_response_type *type;
    const void *response;
    const pal_state *state;
    const uint32_t *avoid;
    size_t n_avoid;
    pal_key key;
    float *fame;     /* n_items: probability to be offered */
    size_t *want;    /* n                                   */
    size_t *made;    /* n: songs found, at most want        */
    size_t *begin;   /* n + 1: rows of `item` and `taste`   */
    uint32_t *item;
    uint8_t *taste;
} builder;

static bool is_known(const builder *b, uint32_t user, uint32_t item)
{
    for (size_t k = b->begin[user]; k < b->begin[user] + b->made[user]; k++) {
        if (b->item[k] == item) {
            return true;
        }
    }
    for (size_t k = 0; k < b->n_avoid; k++) {
        if (b->avoid[user * b->n_avoid + k] == item) {
            return true;
        }
    }
    return false;
}

/* A song from the cluster of one of the person's tastes, as famous as chance will have it; false when fame said no. */
static bool offer(uint32_t *item, const builder *b, uint32_t user, uint64_t *draw)
{
    const pal_catalog *catalog = b->habits->catalog;
    const pal_population *people = b->habits->people;
    const pal_at at = { user, WHAT_SONGS, 0 };
    double weight[PAL_MAX_TASTES];
    size_t taste, cluster, n;

    for (size_t t = 0; t < people->n_tastes[user]; t++) {
        weight[t] = (double)people->taste_weight[user * PAL_MAX_TASTES + t];
    }
    taste = pal_draw_index(b->key, at, draw, weight, people->n_tastes[user]);
    cluster = people->taste_cluster[user * PAL_MAX_TASTES + taste];
    n = catalog->cluster_begin[cluster + 1] - catalog->cluster_begin[cluster];
    if (n == 0) {
        return false;
    }
    *item = (uint32_t)(catalog->cluster_begin[cluster] + pal_below(b->key, at, draw, n));
    return pal_u01(b->key, at, (*draw)++) < (double)b->fame[*item];
}

/* Songs are looked at many at a time: the truth about a person costs more to set up than to ask. */
static void fill(const builder *b, uint32_t user)
{
    uint32_t item[OFFER];
    pal_answer answer[OFFER];
    uint64_t draw = 0;

    for (size_t tries = 0; b->made[user] < b->want[user] && tries < OFFERS * b->want[user];) {
        size_t n = 0;

        while (n < OFFER && tries < OFFERS * b->want[user]) {
            tries++;
            n += offer(&item[n], b, user, &draw);
        }
        b->type->truth(b->response, b->state, user, 0, item, n, answer);
        for (size_t k = 0; k < n && b->made[user] < b->want[user]; k++) {
            const pal_at at = { user, WHAT_LIKE, item[k] };

            if (pal_u01(b->key, at, 0) < (double)answer[k].p_like && !is_known(b, user, item[k])) {
                const size_t to = b->begin[user] + b->made[user]++;

                b->item[to] = item[k];
                b->taste[to] = answer[k].true_taste;
            }
        }
    }
}

static pal_status fill_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const builder *b = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        fill(b, (uint32_t)u);
    }
    return PAL_OK;
}

static pal_status draw_sizes(builder *b, const pal_values *values, pal_error *err)
{
    const pal_catalog *catalog = b->habits->catalog;
    const double mean = pal_values_real(values, "library_mean"), shape = pal_values_real(values, "library_shape");
    const double fame = pal_values_real(values, "library_fame");
    const size_t n = b->habits->people->n, half = catalog->n_items / 2;
    size_t most = (size_t)pal_values_int(values, "library_most");
    pal_status rc = PAL_OK;

    most = most < half ? most : half;
    PAL_NEW(b->want, n);
    PAL_NEW(b->made, n);
    PAL_NEW(b->begin, n + 1);
    PAL_NEW(b->fame, catalog->n_items);
    for (uint32_t u = 0; u < n; u++) {
        uint64_t draw = 0;
        const uint64_t size = mean > 0 ? pal_draw_negbin(b->key, (pal_at){ u, WHAT_SIZE, 0 }, &draw, mean, shape) : 0;

        b->want[u] = size < most ? (size_t)size : most;
        b->begin[u + 1] = b->begin[u] + b->want[u];
    }
    for (size_t i = 0; i < catalog->n_items; i++) {
        b->fame[i] = (float)pal_pow(((double)catalog->popularity[i] + 1) / 101, fame);
    }
    PAL_NEW(b->item, b->begin[n]);
    PAL_NEW(b->taste, b->begin[n]);

done:
    return rc;
}

/* Close the gaps that libraries smaller than wanted leave. */
static pal_status keep_libraries(builder *b, pal_error *err)
{
    pal_habits *h = b->habits;
    const size_t n = h->people->n;
    pal_status rc = PAL_OK;

    PAL_NEW(h->library_begin, n + 1);
    for (size_t u = 0; u < n; u++) {
        h->library_begin[u + 1] = h->library_begin[u] + b->made[u];
    }
    PAL_NEW(h->library_item, h->library_begin[n]);
    PAL_NEW(h->library_taste, h->library_begin[n]);
    for (size_t u = 0; u < n; u++) {
        for (size_t k = 0; k < b->made[u]; k++) {
            h->library_item[h->library_begin[u] + k] = b->item[b->begin[u] + k];
            h->library_taste[h->library_begin[u] + k] = b->taste[b->begin[u] + k];
        }
    }

done:
    return rc;
}

static void read_habits(pal_habits *h, const pal_world *world, const pal_values *values)
{
    h->catalog = world->catalog;
    h->people = world->people;
    h->file_rate = pal_values_real(values, "file_rate");
    h->delay_mean = pal_values_real(values, "delay_mean");
    h->error = pal_values_real(values, "error");
    h->split = (size_t)pal_values_int(values, "split");
    h->key = pal_key_named(pal_key_for(world->seed, world->replicate, PAL_FOR_PERSON), "filing");
}

pal_status pal_habits_new(pal_habits **out, const pal_world *world, const pal_response_type *type,
                          const void *response, const uint32_t *avoid, size_t n_avoid, const pal_values *values,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_state *state = NULL;
    builder b = { .type = type, .response = response, .avoid = avoid, .n_avoid = n_avoid,
                  .key = pal_key_named(pal_key_for(world->seed, world->replicate, PAL_FOR_PERSON), "library") };

    PAL_NEW(b.habits, 1);
    read_habits(b.habits, world, values);
    PAL_TRY(pal_state_new(&state, world->people, err));
    b.state = state;
    PAL_TRY(draw_sizes(&b, values, err));
    PAL_TRY(pal_parallel_for(world->people->n, BLOCK, world->n_threads, fill_block, &b, err));
    PAL_TRY(keep_libraries(&b, err));
    *out = b.habits;
    b.habits = NULL;

done:
    pal_habits_free(b.habits);
    pal_state_free(state);
    pal_free(b.fame);
    pal_free(b.want);
    pal_free(b.made);
    pal_free(b.begin);
    pal_free(b.item);
    pal_free(b.taste);
    return rc;
}

void pal_habits_free(pal_habits *h)
{
    if (h == NULL) {
        return;
    }
    pal_free(h->library_begin);
    pal_free(h->library_item);
    pal_free(h->library_taste);
    pal_free(h);
}
