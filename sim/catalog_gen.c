#include "sim/catalog_gen.h"

#include "core/dist.h"
#include "core/linalg.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/rng.h"
#include "sim/catalog_domains.h"
#include "sim/catalog_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const pal_param pal_catalog_gen_params[] = {
    { "items", PAL_PARAM_INT, "20000", 1, 1e7, NULL, "items that can be served", NULL },
    { "model", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "file of a catalog model made by `palate data fit`; empty = the built-in music model",
      "Spotify Tracks Dataset (M. Pandya, Kaggle 2022): 114 genres of 1000 tracks" },
    { "types", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "content types, separated by ',' (music, movie, manga, anime): eight clusters each, and each request asks for one "
      "type; empty = the model's alone", "R4: movies, manga and anime" },
    { "scaling", PAL_PARAM_CHOICE, "\"zscore\"", 0, 0, "zscore|minmax|rank", "how features are brought to one scale",
      NULL },
    { "largest_artist_share", PAL_PARAM_REAL, "0.5", 0.001, 1, NULL,
      "an artist has at most this share of the genre's expected items (and at least one)",
      "332 tracks of one artist in the same data, in a genre of 1000" },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

/* Parts of an artist with draws of their own; track j of artist a draws at round j + 1. */
enum { WHAT_ARTIST = 0, WHAT_LABELS = 1, WHAT_FEATURES = 2, WHAT_TITLE = 3 };

typedef struct genre_plan {
    double share;         /* of the items that can be served                                */
    double n;             /* items drawn so far                                             */
    double *factor;       /* columns x columns, lower Cholesky factor of the correlations   */
    size_t *label;        /* n_labels: the label sets that start with the genre             */
    double *label_weight;
    size_t n_labels;
} genre_plan;

typedef struct generator {
    const pal_catalog_model *model;
    pal_key key;
    uint64_t seed;
    size_t items, drawn;
    double largest_share;
    genre_plan *genre;
    pal_catalog_builder *builder;
    double *offset, *score, *value; /* n_columns each: artist's part, a track's scores, its values */
} generator;

/* true when a genre of the ';'-separated list may be served; genres no cluster knows are left to pal_catalog_finish. */
static bool is_servable(const pal_clusters *clusters, const char *genres)
{
    char name[256];

    for (const char *at = genres; *at != '\0';) {
        const size_t n = strcspn(at, ";");

        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), at);
        const size_t g = pal_clusters_find(clusters, name);

        if (g == PAL_NO_GENRE || clusters->cluster_of[g] != PAL_EXCLUDED) {
            return true;
        }
        at += n + (at[n] == ';');
    }
    return false;
}

/* Derived clusters (auto, per-genre) leave out what the built-in table excludes: src/data/catalog_clusters.c. */
static pal_status known_clusters(pal_clusters **out, const pal_cluster_choice *choice, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (strcmp(choice->source, "default") == 0 || strcmp(choice->source, "auto") == 0 ||
        strcmp(choice->source, "per-genre") == 0) {
        PAL_TRY(pal_clusters_default(out, err));
    } else {
        PAL_TRY(pal_clusters_load(out, choice->source, err));
    }

done:
    return rc;
}

static double artist_root(const pal_catalog_model *m, size_t c)
{
    return sqrt(m->column[c].artist_share);
}

static double track_root(const pal_catalog_model *m, size_t c)
{
    return sqrt(1.0 - m->column[c].artist_share);
}

/*
 * Artist and track parts share one factor L: score = sqrt(s) L a + sqrt(1 - s) L t, so the correlation of columns i and
 * j comes out as (L L')_ij * (sqrt(s_i s_j) + sqrt((1 - s_i)(1 - s_j))). The wanted one is divided by that before the
 * factoring; where the result is no correlation matrix it is drawn toward the identity, 2 % a time.
 */
static pal_status factor_genre(genre_plan *plan, const pal_catalog_model *m, const double *correlation, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = m->n_columns;

    PAL_NEW(plan->factor, n * n);
    for (double keep = 1.0; keep > 0.0; keep -= 0.02) {
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                const double shared = artist_root(m, i) * artist_root(m, j) + track_root(m, i) * track_root(m, j);
                const double r = keep * correlation[i * n + j] / (shared > 0.1 ? shared : 0.1);

                plan->factor[i * n + j] = i == j ? 1.0 : r;
            }
        }
        if (pal_cholesky(plan->factor, n, NULL) == PAL_OK) {
            goto done;
        }
    }
    memset(plan->factor, 0, n * n * sizeof *plan->factor);
    for (size_t i = 0; i < n; i++) {
        plan->factor[i * n + i] = 1.0;
    }

done:
    return rc;
}

static pal_status plan_genres(generator *gen, const pal_cluster_choice *choice, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog_model *m = gen->model;
    pal_clusters *clusters = NULL;
    double all = 0.0;

    PAL_TRY(known_clusters(&clusters, choice, err));
    PAL_NEW(gen->genre, m->n_genres);
    for (size_t g = 0; g < m->n_genres; g++) {
        PAL_NEW(gen->genre[g].label, m->n_labels);
        PAL_NEW(gen->genre[g].label_weight, m->n_labels);
        PAL_TRY(factor_genre(&gen->genre[g], m, m->genre[g].correlation, err));
    }
    for (size_t k = 0; k < m->n_labels; k++) {
        genre_plan *plan = &gen->genre[m->label[k].first];

        if (is_servable(clusters, m->label[k].genres)) {
            plan->label[plan->n_labels] = k;
            plan->label_weight[plan->n_labels++] = m->label[k].weight;
            plan->share += m->label[k].weight;
            all += m->label[k].weight;
        }
    }
    if (!(all > 0.0)) {
        PAL_FAIL(PAL_ERR_DATA, "catalog: no item can be served: the clusters \"%s\" exclude every genre of the model",
                 choice->source);
    }
    for (size_t g = 0; g < m->n_genres; g++) {
        gen->genre[g].share /= all;
    }

done:
    pal_clusters_free(clusters);
    return rc;
}

/* The genre that lacks most of its share once `size` items are added; ties by index. */
static size_t genre_in_want(const generator *gen, double size)
{
    size_t best = 0;
    double most = -1e300;

    for (size_t g = 0; g < gen->model->n_genres; g++) {
        const double want = gen->genre[g].share * ((double)gen->drawn + size) - gen->genre[g].n;

        if (gen->genre[g].n_labels > 0 && want > most) {
            most = want;
            best = g;
        }
    }
    return best;
}

/* root[c] * (L g)_c for every column, g standard normal. */
static void draw_part(double *out, const generator *gen, const genre_plan *plan, pal_at at,
                      double (*root)(const pal_catalog_model *, size_t))
{
    const size_t n = gen->model->n_columns;
    double g[PAL_MAX_FEATURES + 1];
    uint64_t draw = 0;

    for (size_t c = 0; c < n; c++) {
        g[c] = pal_draw_normal(gen->key, at, &draw);
    }
    for (size_t c = 0; c < n; c++) {
        double sum = 0.0;

        for (size_t k = 0; k <= c; k++) {
            sum += plan->factor[c * n + k] * g[k];
        }
        out[c] = root(gen->model, c) * sum;
    }
}

/* A normal score to a value by the genre's table: first the spike, then the quantiles of the rest. */
static double value_at(const pal_catalog_model *m, const pal_genre_model *genre, size_t c, double score)
{
    const double *table = genre->quantile + c * m->n_grid;
    const double spike = m->column[c].has_spike ? genre->spike_share[c] : 0.0;
    const double p = pal_normal_cdf(score);
    size_t low = 0, high = m->n_grid - 1;

    if (p < spike || spike >= 1.0) {
        return m->column[c].spike;
    }
    const double rest = (p - spike) / (1.0 - spike);

    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;

        if (m->grid[mid] <= rest) {
            low = mid;
        } else {
            high = mid;
        }
    }
    const double width = m->grid[high] - m->grid[low];
    const double part = width > 0.0 ? (rest - m->grid[low]) / width : 0.0;

    return table[low] + part * (table[high] - table[low]);
}

static pal_status add_track(generator *gen, size_t g, uint64_t artist, uint64_t track, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog_model *m = gen->model;
    genre_plan *plan = &gen->genre[g];
    const pal_at labels = { artist, track + 1, WHAT_LABELS }, title_at = { artist, track + 1, WHAT_TITLE };
    char id[PAL_NAME_MAX], title[PAL_NAME_MAX];
    uint64_t draw = 0;
    const size_t label = plan->label[pal_draw_index(gen->key, labels, &draw, plan->label_weight, plan->n_labels)];

    draw_part(gen->score, gen, plan, (pal_at){ artist, track + 1, WHAT_FEATURES }, track_root);
    for (size_t c = 0; c < m->n_columns; c++) {
        gen->value[c] = value_at(m, &m->genre[g], c, gen->offset[c] + gen->score[c]);
    }
    snprintf(id, sizeof id, "syn%07zu", gen->drawn + 1);
    pal_track_title(title, pal_u64(gen->key, title_at, 0));
    PAL_TRY(pal_catalog_builder_add(gen->builder, id, title, name, m->label[label].genres,
                                    floor(gen->value[m->d] + 0.5), gen->value, err));
    plan->n += 1.0;
    gen->drawn++;

done:
    return rc;
}

static pal_status add_artist(generator *gen, uint64_t artist, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog_model *m = gen->model;
    const pal_at at = { artist, 0, WHAT_ARTIST };
    char name[PAL_NAME_MAX];
    uint64_t draw = 0;
    double size = m->size[pal_draw_index(gen->key, at, &draw, m->size_share, m->n_sizes)];
    const size_t g = genre_in_want(gen, size);
    const double share = gen->genre[g].share * (double)gen->items;
    const double most = floor(gen->largest_share * share), left = ceil(share - gen->genre[g].n);

    size = size > most ? most : size;
    size = size > left ? left : size; /* or the last large artists would tip the balance of genres */
    draw_part(gen->offset, gen, &gen->genre[g], (pal_at){ artist, 0, WHAT_FEATURES }, artist_root);
    pal_artist_name(name, artist, gen->seed);
    for (uint64_t track = 0; (track == 0 || (double)track < size) && gen->drawn < gen->items; track++) {
        PAL_TRY(add_track(gen, g, artist, track, name, err));
    }

done:
    return rc;
}

static pal_status start_builder(generator *gen, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog_model *m = gen->model;
    pal_feature_spec spec[PAL_MAX_FEATURES];

    for (size_t f = 0; f < m->d; f++) {
        const pal_column_model *c = &m->column[f];

        spec[f] = (pal_feature_spec){ c->name, c->unit, c->weight, c->low, c->high, false };
    }
    PAL_TRY(pal_catalog_builder_new(&gen->builder, m->content_type, spec, m->d, err));

done:
    return rc;
}

static void clear_generator(generator *gen)
{
    for (size_t g = 0; gen->genre != NULL && g < gen->model->n_genres; g++) {
        pal_free(gen->genre[g].factor);
        pal_free(gen->genre[g].label);
        pal_free(gen->genre[g].label_weight);
    }
    pal_free(gen->genre);
    pal_free(gen->offset);
    pal_free(gen->score);
    pal_free(gen->value);
    pal_catalog_builder_free(gen->builder);
}

pal_status pal_catalog_generate(pal_catalog **out, const pal_catalog_model *model, const pal_values *values,
                                const pal_cluster_choice *clusters, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    generator gen = { .model = model, .key = pal_key_for(seed, 0, PAL_FOR_CATALOG), .seed = seed,
                      .items = (size_t)pal_values_int(values, "items"),
                      .largest_share = pal_values_real(values, "largest_artist_share") };

    if (pal_values_text(values, "types")[0] != '\0') {
        if (pal_values_text(values, "model")[0] != '\0' || strcmp(clusters->source, "default") != 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "catalog.types: content types have features and clusters of their own: leave out "
                     "\"model\" and \"clusters\"");
        }
        return pal_catalog_domains(out, pal_values_text(values, "types"), gen.items,
                                   (pal_scaling)pal_values_choice(values, "scaling"), seed, err);
    }
    PAL_NEW(gen.offset, model->n_columns);
    PAL_NEW(gen.score, model->n_columns);
    PAL_NEW(gen.value, model->n_columns);
    PAL_TRY(plan_genres(&gen, clusters, err));
    PAL_TRY(start_builder(&gen, err));
    for (uint64_t artist = 0; gen.drawn < gen.items; artist++) {
        PAL_TRY(add_artist(&gen, artist, err));
    }
    PAL_TRY(pal_catalog_finish(out, gen.builder, clusters, (pal_scaling)pal_values_choice(values, "scaling"), err));

done:
    clear_generator(&gen);
    return rc;
}
