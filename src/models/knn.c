/* Sparse similarities: one pass over the terms of a target touches every thing that shares one. */
#include "models/knn.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "models/best.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const pal_param pal_knn_params[] = {
    { "k", PAL_PARAM_INT, "100", 0, 1e9, NULL, "neighbours; 0 for all", NULL },
    { "similarity", PAL_PARAM_CHOICE, "\"cosine\"", 0, 0, "cosine|asymmetric|jaccard|dice",
      "how the overlap of two is measured", NULL },
    { "weighting", PAL_PARAM_CHOICE, "\"tfidf\"", 0, 0, "none|tfidf|bm25",
      "what a shared term is worth: its strength, or less the more have it",
      "Ferrari Dacrema et al., TOIS 2021: best on MovieLens" },
    { "shrink", PAL_PARAM_REAL, "0", 0, 1e9, NULL, "added below the fraction: small overlaps count less",
      "Ferrari Dacrema et al., TOIS 2021" },
    { "alpha", PAL_PARAM_REAL, "0.5", 0, 1, NULL, "asymmetric: exponent of the target's share; 0.5 is the cosine",
      "Aiolli, RecSys 2013" },
    { "bm25_k", PAL_PARAM_REAL, "100", 0, 1e9, NULL, "bm25: how slowly strength saturates", "implicit" },
    { "bm25_b", PAL_PARAM_REAL, "0.8", 0, 1, NULL, "bm25: how much long histories are discounted", "implicit" },
    { "normalise", PAL_PARAM_BOOL, "false", 0, 0, NULL, "divide by the sum of the neighbours' similarities",
      "Deshpande and Karypis, TOIS 2004" },
    { 0 }
};

pal_knn_config pal_knn_config_from(const pal_values *values)
{
    return (pal_knn_config){
        .similarity = (pal_knn_similarity)pal_values_choice(values, "similarity"),
        .weighting = (pal_knn_weighting)pal_values_choice(values, "weighting"),
        .alpha = pal_values_real(values, "alpha"),
        .shrink = pal_values_real(values, "shrink"),
        .bm25_k = pal_values_real(values, "bm25_k"),
        .bm25_b = pal_values_real(values, "bm25_b"),
        .k = (size_t)pal_values_int(values, "k"),
        .normalise = pal_values_bool(values, "normalise"),
    };
}

void pal_knn_space_clear(pal_knn_space *space)
{
    pal_csr_free(space->things);
    pal_csr_free(space->terms);
    pal_free(space->idf);
    pal_free(space->square);
    pal_free(space->left);
    pal_free(space->right);
    memset(space, 0, sizeof *space);
}

/* ---- weights ---------------------------------------------------------------------------------------------- */

static double sum_of(const float *value, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += (double)value[i];
    return sum;
}

/* Never 0 for a term that counts: a search takes a dot product of 0 for "not met yet". */
static float as_weight(double x)
{
    return x < (double)FLT_MIN ? FLT_MIN : x > (double)FLT_MAX ? FLT_MAX : (float)x;
}

void pal_knn_weigh(float *weight, const pal_knn_space *space, const uint32_t *term, const float *value, size_t n)
{
    const pal_knn_config *c = &space->config;
    double length = c->bm25_k * (1 - c->bm25_b + c->bm25_b * (sum_of(value, n) / space->average));

    for (size_t i = 0; i < n; i++) {
        double v = (double)value[i], idf = space->idf[term[i]];

        if (c->weighting == PAL_KNN_RAW) {
            weight[i] = as_weight(v);
        } else if (!(idf > 0)) {
            weight[i] = 0;
        } else if (c->weighting == PAL_KNN_TFIDF) {
            weight[i] = as_weight(sqrt(v) * idf);
        } else {
            weight[i] = as_weight(v * (c->bm25_k + 1) / (length + v) * idf);
        }
    }
}

static pal_status measure_terms(pal_knn_space *space, const pal_csr *raw_terms, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(space->idf, space->n_terms);
    for (size_t t = 0; t < space->n_terms; t++) {
        double idf = pal_log((double)space->n_things) - pal_log1p((double)pal_csr_count(raw_terms, t));

        space->idf[t] = idf > 0 ? idf : 0;
    }
    space->average = sum_of(raw_terms->value, raw_terms->n) / (double)space->n_things;

done:
    return rc;
}

static pal_status measure_things(pal_knn_space *space, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_knn_config *c = &space->config;

    PAL_NEW(space->square, space->n_things);
    PAL_NEW(space->left, space->n_things);
    PAL_NEW(space->right, space->n_things);
    for (size_t a = 0; a < space->n_things; a++) {
        for (size_t i = space->things->begin[a]; i < space->things->begin[a + 1]; i++) {
            double w = (double)space->things->value[i];

            space->square[a] += w * w;
        }
        if (c->similarity == PAL_KNN_ASYMMETRIC) {
            space->left[a] = pal_pow(space->square[a], c->alpha);
            space->right[a] = pal_pow(space->square[a], 1 - c->alpha);
        } else {
            space->left[a] = space->right[a] = sqrt(space->square[a]);
        }
    }

done:
    return rc;
}

pal_status pal_knn_space_fit(pal_knn_space *space, const pal_csr *raw_terms, const pal_knn_config *config,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *things = NULL;

    space->config = *config;
    space->n_things = raw_terms->n_cols;
    space->n_terms = raw_terms->n_rows;
    PAL_TRY(measure_terms(space, raw_terms, err));
    PAL_TRY(pal_csr_transpose(&things, raw_terms, err));
    space->things = things;
    for (size_t a = 0; a < space->n_things; a++) {
        size_t at = things->begin[a];

        pal_knn_weigh(things->value + at, space, things->col + at, things->value + at, pal_csr_count(things, a));
    }
    PAL_TRY(pal_csr_transpose(&space->terms, things, err));
    PAL_TRY(measure_things(space, err));

done:
    return rc;
}

/* ---- similarities ----------------------------------------------------------------------------------------- */

/* Of a target by its square and left share, and a source. */
static double similarity_of(const pal_knn_space *space, double dot, double square, double left, uint32_t source)
{
    const pal_knn_config *c = &space->config;

    switch (c->similarity) {
    case PAL_KNN_COSINE:
    case PAL_KNN_ASYMMETRIC:
        return dot / (left * space->right[source] + c->shrink);
    case PAL_KNN_JACCARD:
        return dot / (square + space->square[source] - dot + c->shrink);
    case PAL_KNN_DICE:
        return 2 * dot / (square + space->square[source] + c->shrink);
    }
    return 0;
}

float pal_knn_own(const pal_knn_space *space, uint32_t thing)
{
    double square = space->square[thing];

    return square > 0 ? (float)similarity_of(space, square, square, space->left[thing], thing) : 0;
}

pal_status pal_knn_work_take(pal_knn_work *work, const pal_knn_space *space, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(work->dot, space->n_things, arena);
    PAL_TAKE(work->touched, space->n_things + 1, arena); /* the branch-free list writes one past its end */
    PAL_TAKE(work->best, space->n_things, arena);
    PAL_TAKE(work->score, space->n_things + 1, arena);
    PAL_TAKE(work->best_score, space->n_things, arena);
    memset(work->dot, 0, space->n_things * sizeof *work->dot);

done:
    return rc;
}

void pal_knn_dots(pal_knn_work *work, const pal_knn_space *space, const uint32_t *term, const float *weight, size_t n)
{
    const pal_csr *terms = space->terms;

    for (size_t i = 0; i < n; i++) {
        const double w = (double)weight[i];

        for (size_t c = terms->begin[term[i]]; w > 0 && c < terms->begin[term[i] + 1]; c++) {
            work->dot[terms->col[c]] += w * (double)terms->value[c];
        }
    }
}

void pal_knn_forget(pal_knn_work *work, const pal_knn_space *space)
{
    memset(work->dot, 0, space->n_things * sizeof *work->dot);
}

/* The same, noting who was met: sums of values above 0 are 0 only before the first one. */
static size_t dots_and_touched(pal_knn_work *work, const pal_knn_space *space, const uint32_t *term,
                               const float *weight, size_t n)
{
    const pal_csr *terms = space->terms;
    size_t met = 0;

    for (size_t i = 0; i < n; i++) {
        const double w = (double)weight[i];

        for (size_t c = terms->begin[term[i]]; w > 0 && c < terms->begin[term[i] + 1]; c++) {
            uint32_t thing = terms->col[c];

            if (work->dot[thing] == 0) work->touched[met++] = thing;
            work->dot[thing] += w * (double)terms->value[c];
        }
    }
    return met;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* All things that share a term with the target, ascending, in work->touched. */
static size_t meet(pal_knn_work *work, const pal_knn_space *space, const uint32_t *term, const float *weight, size_t n)
{
    size_t cells = 0, met = 0;

    for (size_t i = 0; i < n; i++) cells += pal_csr_count(space->terms, term[i]);
    if (cells < space->n_things) { /* few: a list is shorter than a look at everything */
        met = dots_and_touched(work, space, term, weight, n);
        qsort(work->touched, met, sizeof *work->touched, by_id);
        return met;
    }
    pal_knn_dots(work, space, term, weight, n);
    for (size_t a = 0; a < space->n_things; a++) {
        work->touched[met] = (uint32_t)a;
        met += work->dot[a] > 0;
    }
    return met;
}

/* Which of the met ones stay: those not worse than the k-th. */
static void keep_best(pal_best *best, const pal_knn_work *work, size_t met, size_t k)
{
    *best = (pal_best){ work->best_score, work->best, k, 0 };
    for (size_t i = 0; i < met; i++) pal_best_offer(best, work->score[i], work->touched[i]);
}

size_t pal_knn_nearest(uint32_t *near, float *similarity, pal_knn_work *work, const pal_knn_space *space,
                       const uint32_t *term, const float *weight, size_t n, uint32_t skip)
{
    const pal_knn_config *c = &space->config;
    double square = 0, left;
    size_t met = meet(work, space, term, weight, n), candidates = 0, kept = 0;
    pal_best best = { 0 };

    for (size_t i = 0; i < n; i++) square += (double)weight[i] * (double)weight[i];
    left = c->similarity == PAL_KNN_ASYMMETRIC ? pal_pow(square, c->alpha) : sqrt(square);
    for (size_t i = 0; i < met; i++) {
        uint32_t thing = work->touched[i];
        float s = (float)similarity_of(space, work->dot[thing], square, left, thing);

        work->dot[thing] = 0;
        work->touched[candidates] = thing;
        work->score[candidates] = s;
        candidates += thing != skip && s > 0; /* s may be too small for a float */
    }
    if (c->k > 0 && candidates > c->k) keep_best(&best, work, candidates, c->k);
    for (size_t i = 0; i < candidates; i++) {
        uint32_t thing = work->touched[i];
        float s = work->score[i];

        if (best.n > 0 && pal_best_is_worse(s, thing, best.score[0], best.id[0])) continue;
        near[kept] = thing;
        similarity[kept++] = s;
    }
    return kept;
}
