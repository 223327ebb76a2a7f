#include "sim/demographics.h"

#include "core/dist.h"
#include "core/mem.h"

#include <string.h>

/* Replicates share their leanings: they are a fact of the world, not of its people. */
#define LEANING_WHO UINT64_MAX

typedef struct weight_of {
    const char *name;
    double weight;
} weight_of;

typedef struct age_band {
    unsigned from, to; /* years, both included */
    double weight;
} age_band;

/* ASSUMPTION: people of a music service are younger than the population (MovieLens 100K, a film site: median 31). */
static const age_band ages[] = {
    { 13, 17, 0.10 }, { 18, 24, 0.26 }, { 25, 34, 0.28 }, { 35, 44, 0.17 },
    { 45, 54, 0.11 }, { 55, 64, 0.06 }, { 65, 80, 0.02 },
};
#define N_AGES (sizeof ages / sizeof *ages)

/* ASSUMPTION: near balance, few who do not say. */
static const weight_of genders[] = {
    { "female", 0.47 }, { "male", 0.49 }, { "other", 0.02 }, { "unsaid", 0.02 }, { NULL, 0.0 }
};

/* ASSUMPTION: in rough proportion to listeners of paid and free streaming; countries not named weigh 0.02. */
static const weight_of countries[] = {
    { "US", 0.24 }, { "IN", 0.10 }, { "BR", 0.09 }, { "GB", 0.07 }, { "DE", 0.07 }, { "MX", 0.07 }, { "JP", 0.05 },
    { "FR", 0.05 }, { "ID", 0.05 }, { "CN", 0.04 }, { "ES", 0.03 }, { "IT", 0.03 }, { "CA", 0.03 }, { NULL, 0.0 }
};

/* Counts among the 943 people of MovieLens 100K; what is not named weighs as one person in a hundred. */
static const weight_of occupations[] = {
    { "student", 196 },    { "other", 105 },     { "educator", 95 },      { "administrator", 79 }, { "engineer", 67 },
    { "programmer", 66 },  { "librarian", 51 },  { "writer", 45 },        { "executive", 32 },     { "scientist", 31 },
    { "artist", 28 },      { "technician", 27 }, { "marketing", 26 },     { "entertainment", 18 }, { "healthcare", 16 },
    { "retired", 14 },     { "lawyer", 12 },     { "salesman", 12 },      { "none", 9 },           { "homemaker", 7 },
    { "doctor", 7 },       { NULL, 0.0 }
};

static size_t count_names(const char *const *names)
{
    size_t n = 0;

    while (names[n] != NULL) {
        n++;
    }
    return n;
}

static size_t find_name(const char *const *names, const char *name)
{
    size_t i = 0;

    while (names[i] != NULL && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

/* The weight of each name; the table need not know them all. */
static void weigh_names(double *weight, const char *const *names, const weight_of *table, double unnamed)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        weight[i] = unnamed;
        for (const weight_of *w = table; w->name != NULL; w++) {
            weight[i] = strcmp(w->name, names[i]) == 0 ? w->weight : weight[i];
        }
    }
}

static size_t age_band_of(unsigned years)
{
    size_t band = 0;

    while (band + 1 < N_AGES && years > ages[band].to) {
        band++;
    }
    return band;
}

pal_demographics pal_draw_demographics(const pal_leanings *leanings, pal_key key, pal_at at)
{
    double weight[N_AGES];
    uint8_t name[3];
    uint64_t draw = 0;
    pal_demographics who;

    for (size_t b = 0; b < N_AGES; b++) {
        weight[b] = ages[b].weight;
    }
    const age_band *band = &ages[pal_draw_index(key, at, &draw, weight, N_AGES)];

    who.age_years = (uint8_t)(band->from + pal_below(key, at, &draw, band->to - band->from + 1));
    for (size_t a = 0; a < 3; a++) {
        name[a] = (uint8_t)pal_draw_index(key, at, &draw, leanings->name_weight[a], leanings->n_names[a]);
    }
    who.gender = name[0];
    who.country = name[1];
    who.occupation = name[2];
    /* Nobody under 18 is a lawyer, and most people above 65 have stopped working. */
    if (who.age_years < 18) {
        who.occupation = (uint8_t)find_name(pal_occupation_names, "student");
    } else if (who.age_years > 65) {
        who.occupation = (uint8_t)find_name(pal_occupation_names, "retired");
    }
    return who;
}

static pal_status weigh_attributes(pal_leanings *leanings, pal_error *err)
{
    pal_status rc = PAL_OK;
    static const char *const *const names[3] = { pal_gender_names, pal_country_names, pal_occupation_names };
    static const weight_of *const table[3] = { genders, countries, occupations };
    static const double unnamed[3] = { 0.02, 0.02, 9.43 };

    for (size_t a = 0; a < 3; a++) {
        leanings->n_names[a] = count_names(names[a]);
        PAL_ASSERT(leanings->n_names[a] > 0 && leanings->n_names[a] <= 256);
        PAL_NEW(leanings->name_weight[a], leanings->n_names[a]);
        weigh_names(leanings->name_weight[a], names[a], table[a], unnamed[a]);
    }

done:
    return rc;
}

pal_status pal_leanings_new(pal_leanings **out, size_t n_clusters, double strength, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_leanings *leanings = NULL;
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_PERSON);
    size_t levels = N_AGES;

    PAL_NEW(leanings, 1);
    leanings->n_clusters = n_clusters;
    PAL_TRY(weigh_attributes(leanings, err));
    for (size_t a = 0; a < 3; a++) {
        levels += leanings->n_names[a];
    }
    PAL_NEW(leanings->effect, levels * n_clusters);
    for (size_t level = 0; level < levels; level++) {
        for (size_t c = 0; c < n_clusters; c++) {
            uint64_t draw = 0;
            const pal_at at = { LEANING_WHO, level, c };

            leanings->effect[level * n_clusters + c] = 0.5 * strength * pal_draw_normal(key, at, &draw);
        }
    }

    *out = leanings;
    leanings = NULL;

done:
    pal_leanings_free(leanings);
    return rc;
}

void pal_leanings_free(pal_leanings *leanings)
{
    if (leanings == NULL) {
        return;
    }
    for (size_t a = 0; a < 3; a++) {
        pal_free(leanings->name_weight[a]);
    }
    pal_free(leanings->effect);
    pal_free(leanings);
}

void pal_leanings_shift(double *shift, const pal_leanings *leanings, pal_demographics who)
{
    const size_t n = leanings->n_clusters;
    const size_t level[4] = {
        age_band_of(who.age_years),
        N_AGES + who.gender,
        N_AGES + leanings->n_names[0] + who.country,
        N_AGES + leanings->n_names[0] + leanings->n_names[1] + who.occupation,
    };

    for (size_t c = 0; c < n; c++) {
        shift[c] = 0.0;
        for (size_t a = 0; a < 4; a++) {
            shift[c] += leanings->effect[level[a] * n + c];
        }
    }
}
