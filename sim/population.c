#include "sim/population.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "sim/demographics.h"
#include "sim/tastes.h"


const pal_param pal_population_params[] = {
    { "n", PAL_PARAM_INT, "1000", 1, 1e8, NULL, "people", NULL },
    { "preset", PAL_PARAM_CHOICE, "\"fitted\"", 0, 0, "fitted|r1",
      "fitted: as the other keys say; r1: 2 or 3 tastes of equal weight, drawn evenly, everyone always present and "
      "patient, no personal leanings (the other keys but n, taste_shrink and taste_width are then passed over)",
      "R1's simulated user" },
    { "tastes_mean", PAL_PARAM_REAL, "3.85", 1, 64, NULL, "mean number of tastes before cutting at tastes_max",
      "1 + negative binomial of mean 2.85: loved genres of Deezer users (HU, 2017) in 16 families" },
    { "tastes_shape", PAL_PARAM_REAL, "1.5", 0.05, 1000, NULL,
      "shape r of the negative binomial; large = nearly Poisson", "1.5-1.6 in the same data" },
    { "tastes_min", PAL_PARAM_INT, "1", 1, PAL_MAX_TASTES, NULL, "fewest tastes of a person", NULL },
    { "tastes_max", PAL_PARAM_INT, "8", 1, PAL_MAX_TASTES, NULL, "most tastes of a person (drawn again when above)",
      "Last.fm (hetrec 2011): 5 clusters of 10 % or more at the 95th percentile" },
    { "weight_concentration", PAL_PARAM_REAL, "1.6", 0.05, 1000, NULL,
      "Dirichlet parameter of each taste's weight; large = equal weights",
      "first three shares 0.34 : 0.19 : 0.13 of Last.fm users' artists (hetrec 2011)" },
    { "contradiction", PAL_PARAM_REAL, "0.57", 0, 1, NULL,
      "how far apart the clusters of a person lie: 0 alike, 0.5 indifferent, 1 far apart (mean over people)",
      "fitted on the synthetic catalog: about 28 % hold a pair among the farthest quarter, both of 10 % or more; "
      "27-30 % of Last.fm users (hetrec 2011) hold a far or avoided pair" },
    { "contradiction_concentration", PAL_PARAM_REAL, "6", 0.1, 1e6, NULL,
      "how alike people are in their contradiction (a + b of a beta distribution)", "assumption" },
    { "cluster_popularity", PAL_PARAM_REAL, "1", 0, 3, NULL,
      "exponent of the clusters' shares of likers; 0 = every cluster equally often",
      "loved genres of Deezer users (HU, 2017), sim/genre_shares.c" },
    { "demographics_strength", PAL_PARAM_REAL, "0.3", 0, 5, NULL,
      "how much age, gender, country and occupation say of tastes; 0 = nothing, 1 = much (log-odds, sd)",
      "assumption" },
    { "taste_shrink", PAL_PARAM_REAL, "0.3", 0, 1, NULL,
      "a preferred point lies this share of the way from a random item of the cluster to the cluster's mean",
      "assumption" },
    { "taste_width", PAL_PARAM_REAL, "0.5", 0.01, 100, NULL,
      "median width of a taste, in units of the cluster's own spread",
      "assumption: inside a taste, distance alone then tells likes among clicks with AUC 0.65-0.75" },
    { "taste_width_spread", PAL_PARAM_REAL, "0.25", 0, 3, NULL, "sd of the log width between tastes", "assumption" },
    { "activity_median", PAL_PARAM_REAL, "0.6", 0.001, 1, NULL, "median probability to turn up in a round",
      "assumption" },
    { "activity_spread", PAL_PARAM_REAL, "0.9", 0, 3, NULL, "sd of the log activity between people (cut at 1)",
      "0.9-1.1 in MovieLens" },
    { "patience_mean", PAL_PARAM_REAL, "0.85", 0, 1, NULL,
      "mean factor by which looking at a slot is less likely than at the slot above", "SARDINE 0.85^k" },
    { "patience_concentration", PAL_PARAM_REAL, "20", 0.1, 1e6, NULL,
      "how alike people are in patience (a + b of a beta distribution)", "assumption" },
    { "like_bias_spread", PAL_PARAM_REAL, "0.6", 0, 5, NULL, "sd between people of the log-odds added to each like",
      "MovieLens like rates Beta(4.1, 3.0): logit sd 0.7, part of it taste" },
    { "popularity_love_mean", PAL_PARAM_REAL, "0.5", 0, 1, NULL, "mean openness to popularity, 0..1", "assumption" },
    { "novelty_love_mean", PAL_PARAM_REAL, "0.5", 0, 1, NULL, "mean openness to the unfamiliar, 0..1", "assumption" },
    { "openness_concentration", PAL_PARAM_REAL, "4", 0.1, 1e6, NULL,
      "how alike people are in both kinds of openness (a + b of a beta distribution)", "assumption" },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

/* Narrower tastes than this reach the limits of float: a distance of 1 then weighs some 10^10. */
#define LEAST_WIDTH 1e-6

/* Parts of a person with draws of their own, so that a parameter of one part moves no other. */
enum { PART_WHO, PART_TASTES, PART_CLUSTERS, PART_HABITS, PART_TASTE = 16 };

typedef struct config {
    bool r1;
    double tastes_mean, tastes_shape;
    size_t tastes_min, tastes_max;
    double weight_concentration, contradiction, contradiction_concentration;
    double cluster_popularity, demographics_strength;
    double shrink, width, width_spread;
    double activity, activity_spread, patience, patience_concentration, like_bias_spread;
    double popularity_love, novelty_love, openness_concentration;
} config;

typedef struct builder {
    pal_population *people;
    const pal_taste_map *map;
    const pal_leanings *leanings;
    config config;
    pal_key key;
} builder;

static config read_config(const pal_values *v)
{
    return (config){
        .r1 = pal_values_choice(v, "preset") == 1,
        .tastes_mean = pal_values_real(v, "tastes_mean"),
        .tastes_shape = pal_values_real(v, "tastes_shape"),
        .tastes_min = (size_t)pal_values_int(v, "tastes_min"),
        .tastes_max = (size_t)pal_values_int(v, "tastes_max"),
        .weight_concentration = pal_values_real(v, "weight_concentration"),
        .contradiction = pal_values_real(v, "contradiction"),
        .contradiction_concentration = pal_values_real(v, "contradiction_concentration"),
        .cluster_popularity = pal_values_real(v, "cluster_popularity"),
        .demographics_strength = pal_values_real(v, "demographics_strength"),
        .shrink = pal_values_real(v, "taste_shrink"),
        .width = pal_values_real(v, "taste_width"),
        .width_spread = pal_values_real(v, "taste_width_spread"),
        .activity = pal_values_real(v, "activity_median"),
        .activity_spread = pal_values_real(v, "activity_spread"),
        .patience = pal_values_real(v, "patience_mean"),
        .patience_concentration = pal_values_real(v, "patience_concentration"),
        .like_bias_spread = pal_values_real(v, "like_bias_spread"),
        .popularity_love = pal_values_real(v, "popularity_love_mean"),
        .novelty_love = pal_values_real(v, "novelty_love_mean"),
        .openness_concentration = pal_values_real(v, "openness_concentration"),
    };
}

/* Everything that R1's simulated user has not is switched off. */
static void apply_r1(config *c)
{
    c->tastes_min = 2;
    c->tastes_max = 3;
    c->contradiction = 0.5;
    c->contradiction_concentration = 1e6;
    c->cluster_popularity = 0.0;
    c->demographics_strength = 0.0;
    c->width_spread = 0.0;
    c->activity = 1.0;
    c->activity_spread = 0.0;
    c->patience = 1.0;
    c->like_bias_spread = 0.0;
    c->popularity_love = 0.5;
    c->novelty_love = 0.5;
    c->openness_concentration = 1e6;
}

/* Beta with a given mean; near the ends of the range it is a point (and its parameters would run out of digits). */
static double draw_beta_mean(pal_key key, pal_at at, uint64_t *draw, double mean, double concentration)
{
    if (mean < 1e-9 || mean > 1.0 - 1e-9) {
        return mean < 0.5 ? 0.0 : 1.0;
    }
    return pal_draw_beta(key, at, draw, mean * concentration, (1.0 - mean) * concentration);
}

static size_t draw_n_tastes(const builder *b, pal_at at, uint64_t *draw)
{
    const config *c = &b->config;
    const size_t most = c->tastes_max < b->map->n_usable ? c->tastes_max : b->map->n_usable;
    const size_t least = c->tastes_min < most ? c->tastes_min : most;

    if (c->r1) {
        return least + (size_t)pal_below(b->key, at, draw, most - least + 1);
    }
    /* Rejection keeps the shape; a range that is hardly ever hit ends at its nearer end. */
    for (int attempt = 0; attempt < 64; attempt++) {
        const uint64_t n = 1 + pal_draw_negbin(b->key, at, draw, c->tastes_mean - 1.0, c->tastes_shape);

        if (n >= least && n <= most) {
            return (size_t)n;
        }
    }
    return c->tastes_mean < (double)least ? least : most;
}

static void draw_weights(float *weight, const builder *b, size_t n, pal_at at, uint64_t *draw)
{
    double alpha[PAL_MAX_TASTES], share[PAL_MAX_TASTES];

    for (size_t t = 0; t < n; t++) {
        alpha[t] = b->config.weight_concentration;
        share[t] = 1.0 / (double)n;
    }
    if (!b->config.r1) {
        pal_draw_dirichlet(share, b->key, at, draw, alpha, n);
    }
    for (size_t t = 1; t < n; t++) { /* insertion sort, descending */
        const double own = share[t];
        size_t k = t;

        for (; k > 0 && share[k - 1] < own; k--) {
            share[k] = share[k - 1];
        }
        share[k] = own;
    }
    for (size_t t = 0; t < n; t++) {
        weight[t] = share[t] > 1e-6 ? (float)share[t] : 1e-6f; /* a taste is never nothing */
    }
}

static void draw_taste(const builder *b, size_t u, size_t t, size_t cluster)
{
    pal_population *p = b->people;
    const size_t k = u * PAL_MAX_TASTES + t;
    const pal_at at = { u, 0, PART_TASTE + t };
    uint64_t draw = 0;

    pal_taste_draw_center(p->taste_center + k * p->stride, b->map, cluster, b->config.shrink, b->key, at, &draw);
    const double factor = pal_exp(b->config.width_spread * pal_draw_normal(b->key, at, &draw));
    const double width = b->config.width * (double)b->map->spread[cluster] * factor;

    p->taste_cluster[k] = (uint16_t)cluster;
    p->taste_width[k] = (float)(width > LEAST_WIDTH ? width : LEAST_WIDTH);
}

static float mean_far(const builder *b, const uint16_t *cluster, size_t n)
{
    double sum = 0.0;

    for (size_t s = 0; s < n; s++) {
        for (size_t t = s + 1; t < n; t++) {
            sum += b->map->far[cluster[s] * b->map->n + cluster[t]];
        }
    }
    return n < 2 ? 0.0f : (float)(sum / (0.5 * (double)n * (double)(n - 1)));
}

static void draw_tastes(const builder *b, size_t u)
{
    pal_population *p = b->people;
    const pal_at tastes = { u, 0, PART_TASTES }, clusters = { u, 0, PART_CLUSTERS };
    uint16_t *cluster = p->taste_cluster + u * PAL_MAX_TASTES;
    double shift[PAL_MAX_CLUSTERS];
    uint64_t draw = 0;
    const size_t n = draw_n_tastes(b, tastes, &draw);

    draw_weights(p->taste_weight + u * PAL_MAX_TASTES, b, n, tastes, &draw);
    draw = 0;
    const double contradiction = draw_beta_mean(b->key, clusters, &draw, b->config.contradiction,
                                                b->config.contradiction_concentration);

    pal_leanings_shift(shift, b->leanings, p->who[u]);
    for (size_t t = 0; t < n; t++) {
        const size_t c = pal_taste_draw_cluster(b->map, cluster, t, shift, contradiction, b->key, clusters, &draw);

        draw_taste(b, u, t, c);
    }
    p->n_tastes[u] = (uint8_t)n;
    p->contradiction[u] = mean_far(b, cluster, n);
}

static void draw_habits(const builder *b, size_t u)
{
    pal_population *p = b->people;
    const config *c = &b->config;
    const pal_at at = { u, 0, PART_HABITS };
    uint64_t draw = 0;
    const double activity = c->activity * pal_exp(c->activity_spread * pal_draw_normal(b->key, at, &draw));

    p->activity[u] = activity < 1.0 ? (float)activity : 1.0f;
    p->like_bias[u] = (float)(c->like_bias_spread * pal_draw_normal(b->key, at, &draw));
    p->patience[u] = (float)draw_beta_mean(b->key, at, &draw, c->patience, c->patience_concentration);
    p->popularity_love[u] =
        (float)draw_beta_mean(b->key, at, &draw, c->popularity_love, c->openness_concentration);
    p->novelty_love[u] = (float)draw_beta_mean(b->key, at, &draw, c->novelty_love, c->openness_concentration);
}

static pal_status draw_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const builder *b = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        b->people->who[u] = pal_draw_demographics(b->leanings, b->key, (pal_at){ u, 0, PART_WHO });
        draw_tastes(b, u);
        draw_habits(b, u);
    }
    return PAL_OK;
}

static uint64_t digest_of(const pal_population *p)
{
    const size_t n = p->n, tastes = n * PAL_MAX_TASTES;
    uint64_t h = pal_hash_mix(n, p->d);

    h = pal_hash_mix(h, pal_hash(p->n_tastes, n * sizeof *p->n_tastes));
    h = pal_hash_mix(h, pal_hash(p->taste_cluster, tastes * sizeof *p->taste_cluster));
    h = pal_hash_mix(h, pal_hash_floats(p->taste_center, tastes * p->stride));
    h = pal_hash_mix(h, pal_hash_floats(p->taste_width, tastes));
    h = pal_hash_mix(h, pal_hash_floats(p->taste_weight, tastes));
    h = pal_hash_mix(h, pal_hash_floats(p->contradiction, n));
    h = pal_hash_mix(h, pal_hash_floats(p->activity, n));
    h = pal_hash_mix(h, pal_hash_floats(p->patience, n));
    h = pal_hash_mix(h, pal_hash_floats(p->like_bias, n));
    h = pal_hash_mix(h, pal_hash_floats(p->popularity_love, n));
    h = pal_hash_mix(h, pal_hash_floats(p->novelty_love, n));
    return pal_hash_mix(h, pal_hash(p->who, n * sizeof *p->who)); /* four bytes each, no padding */
}

static pal_status make_room(pal_population *p, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = p->n, tastes = n * PAL_MAX_TASTES;

    PAL_NEW(p->n_tastes, n);
    PAL_NEW(p->taste_cluster, tastes);
    PAL_NEW(p->taste_center, tastes * p->stride);
    PAL_NEW(p->taste_width, tastes);
    PAL_NEW(p->taste_weight, tastes);
    PAL_NEW(p->contradiction, n);
    PAL_NEW(p->activity, n);
    PAL_NEW(p->patience, n);
    PAL_NEW(p->like_bias, n);
    PAL_NEW(p->popularity_love, n);
    PAL_NEW(p->novelty_love, n);
    PAL_NEW(p->who, n);

done:
    return rc;
}

pal_status pal_population_new(pal_population **out, const pal_catalog *catalog, const pal_values *values,
                              uint64_t seed, uint32_t replicate, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_population *people = NULL;
    pal_taste_map *map = NULL;
    pal_leanings *leanings = NULL;
    config c = read_config(values);

    if (c.r1) {
        apply_r1(&c);
    }
    if (c.tastes_min > c.tastes_max) {
        PAL_FAIL(PAL_ERR_CONFIG, "people.tastes_min: must not be above tastes_max (%zu), found %zu", c.tastes_max,
                 c.tastes_min);
    }
    PAL_TRY(pal_taste_map_new(&map, catalog, c.cluster_popularity, err));
    PAL_TRY(pal_leanings_new(&leanings, map->n, c.demographics_strength, seed, err));
    PAL_NEW(people, 1);
    people->n = (size_t)pal_values_int(values, "n");
    people->d = catalog->d;
    people->stride = catalog->stride;
    people->catalog = catalog;
    PAL_TRY(make_room(people, err));

    builder b = { people, map, leanings, c, pal_key_for(seed, replicate, PAL_FOR_PERSON) };
    PAL_TRY(pal_parallel_for(people->n, 256, n_threads, draw_block, &b, err));
    people->digest = digest_of(people);

    *out = people;
    people = NULL;

done:
    pal_leanings_free(leanings);
    pal_taste_map_free(map);
    pal_population_free(people);
    return rc;
}

void pal_population_free(pal_population *people)
{
    if (people == NULL) {
        return;
    }
    pal_free(people->n_tastes);
    pal_free(people->taste_cluster);
    pal_free(people->taste_center);
    pal_free(people->taste_width);
    pal_free(people->taste_weight);
    pal_free(people->contradiction);
    pal_free(people->activity);
    pal_free(people->patience);
    pal_free(people->like_bias);
    pal_free(people->popularity_love);
    pal_free(people->novelty_love);
    pal_free(people->who);
    pal_free(people);
}
