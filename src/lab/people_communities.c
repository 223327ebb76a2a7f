/* Cutting the graph, keeping the numbers of communities over time, and holding them against the truth. */
#include "lab/people_communities.h"

#include "core/mem.h"
#include "core/partition.h"
#include "lab/people_layout.h"
#include "models/spectral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 5 /* people a community, on average: what an eigengap may suggest at most */

void pal_communities_clear(pal_communities *c)
{
    pal_free(c->label);
    pal_free(c->x);
    pal_free(c->y);
    pal_free(c->value);
    memset(c, 0, sizeof *c);
}

static pal_status take(pal_communities *c, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    *c = (pal_communities){ .n = n, .gap = NAN };
    PAL_NEW(c->label, n);
    PAL_NEW(c->x, n);
    PAL_NEW(c->y, n);
    for (size_t i = 0; i < n; i++) {
        c->label[i] = PAL_NO_COMMUNITY;
        c->x[i] = c->y[i] = NAN;
    }
done:
    return rc;
}

/* ---- the cut ---- */

typedef struct group {
    size_t members;
    uint32_t first, label; /* lowest member; what the clustering called it */
} group;

static int by_size(const void *a, const void *b)
{
    const group *x = a, *y = b;

    if (x->members != y->members) return x->members < y->members ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Labels by size, of people with an edge alone; communities that hold none of them are dropped. */
static pal_status name_by_size(pal_communities *c, const pal_spectral_result *found, const pal_csr *edges, pal_error *err)
{
    pal_status rc = PAL_OK;
    group *of = NULL;
    uint32_t *name = NULL;

    PAL_NEW(of, found->k);
    PAL_NEW(name, found->k);
    for (size_t g = 0; g < found->k; g++) of[g].label = (uint32_t)g;
    for (size_t i = c->n; i-- > 0;) {
        if (pal_csr_count(edges, i) == 0) continue;
        of[found->label[i]].members++;
        of[found->label[i]].first = (uint32_t)i;
    }
    qsort(of, found->k, sizeof *of, by_size);
    for (size_t g = 0; g < found->k && of[g].members > 0; g++) {
        name[of[g].label] = (uint32_t)g;
        c->k = g + 1;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (pal_csr_count(edges, i) > 0) c->label[i] = name[found->label[i]];
    }
    c->n_labels = c->k;
done:
    pal_free(of);
    pal_free(name);
    return rc;
}

static pal_spectral_config config_of(const pal_communities_config *config, size_t placed)
{
    pal_spectral_config s = pal_spectral_defaults();
    const size_t most = placed / SMALLEST < 2 ? 2 : placed / SMALLEST;

    s.k = config->k < placed ? config->k : placed;
    s.max_k = config->max_k < most ? config->max_k : most;
    s.extra = 1; /* the value behind a k that was given: its gap */
    s.n_threads = config->n_threads;
    return s;
}

pal_status pal_communities_find(pal_communities *out, const pal_csr *edges, const pal_communities_config *config,
                                pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK, found;
    pal_spectral_result result = { 0 };
    pal_spectral_config spectral;

    PAL_TRY(take(out, edges->n_rows, err));
    for (size_t i = 0; i < out->n; i++) out->placed += pal_csr_count(edges, i) > 0;
    if (out->placed < 2) goto done;
    spectral = config_of(config, out->placed);
    found = pal_spectral_graph(&result, edges, 0, &spectral, key, err);
    if (found == PAL_ERR_CONVERGE) goto done; /* no cut: a run is worth more than its map */
    PAL_TRY(found);
    PAL_TRY(name_by_size(out, &result, edges, err));
    PAL_TRY(pal_people_layout(out->x, out->y, &result, out->label, out->k, edges, err));
    out->n_values = result.n_values;
    out->value = result.value;
    result.value = NULL;
    if (out->k > 0 && out->k < out->n_values) out->gap = out->value[out->k] - out->value[out->k - 1];
done:
    pal_spectral_clear(&result);
    if (rc != PAL_OK) pal_communities_clear(out);
    return rc;
}

/* ---- from round to round ---- */

/* The largest count left; ties by the lower row, then column. */
static size_t largest(const uint32_t *shared, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        if (shared[i] > shared[best]) best = i;
    }
    return best;
}

pal_status pal_communities_match(pal_communities *now, const pal_communities *before, size_t *n_used, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_old = before->n_labels, n_new = now->n_labels;
    uint32_t *shared = NULL, *name = NULL;

    PAL_NEW(shared, n_old * n_new + 1);
    PAL_NEW(name, n_new);
    for (size_t c = 0; c < n_new; c++) name[c] = PAL_NO_COMMUNITY;
    for (size_t i = 0; i < now->n; i++) {
        if (now->label[i] != PAL_NO_COMMUNITY && before->label[i] != PAL_NO_COMMUNITY) {
            shared[before->label[i] * n_new + now->label[i]]++;
        }
    }
    for (size_t at; n_old * n_new > 0 && (at = largest(shared, n_old * n_new), shared[at] > 0);) {
        name[at % n_new] = (uint32_t)(at / n_new);
        for (size_t c = 0; c < n_new; c++) shared[at / n_new * n_new + c] = 0;
        for (size_t c = 0; c < n_old; c++) shared[c * n_new + at % n_new] = 0;
    }
    for (size_t c = 0; c < n_new; c++) {
        if (name[c] == PAL_NO_COMMUNITY) name[c] = (uint32_t)(*n_used)++;
    }
    for (size_t i = 0; i < now->n; i++) {
        if (now->label[i] != PAL_NO_COMMUNITY) now->label[i] = name[now->label[i]];
    }
    now->n_labels = *n_used;
done:
    pal_free(shared);
    pal_free(name);
    return rc;
}

/* ---- the truth ---- */

typedef struct tastes {
    uint64_t mask;
    uint32_t at;
} tastes;

static int by_mask(const void *a, const void *b)
{
    const tastes *x = a, *y = b;

    if (x->mask != y->mask) return x->mask < y->mask ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* People of one set of tastes get one number. */
static pal_status number_sets(uint32_t *set, const uint64_t *mask, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    tastes *sorted = NULL;
    uint32_t number = 0;

    PAL_NEW(sorted, n);
    for (size_t i = 0; i < n; i++) sorted[i] = (tastes){ mask[i], (uint32_t)i };
    qsort(sorted, n, sizeof *sorted, by_mask);
    for (size_t i = 0; i < n; i++) {
        number += i > 0 && sorted[i].mask != sorted[i - 1].mask;
        set[sorted[i].at] = number;
    }
done:
    pal_free(sorted);
    return rc;
}

static size_t count_bits(uint64_t x)
{
    size_t n = 0;

    for (; x != 0; x &= x - 1) n++;
    return n;
}

/* Mean Jaccard of the tastes of pairs in one community, of all pairs without labels; NaN when there is no pair. */
static double overlap_of(const uint32_t *label, const uint64_t *mask, size_t n)
{
    double sum = 0;
    size_t pairs = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (label != NULL && label[i] != label[j]) continue;
            pairs++;
            if ((mask[i] & mask[j]) != 0) {
                sum += (double)count_bits(mask[i] & mask[j]) / (double)count_bits(mask[i] | mask[j]);
            }
        }
    }
    return pairs > 0 ? sum / (double)pairs : NAN;
}

/* The people with a label, closed up. */
typedef struct placed {
    size_t n;
    uint32_t *label, *strongest, *set;
    uint64_t *mask;
} placed;

static void placed_clear(placed *p)
{
    pal_free(p->label);
    pal_free(p->strongest);
    pal_free(p->set);
    pal_free(p->mask);
}

static pal_status placed_take(placed *p, const uint32_t *label, const uint32_t *strongest, const uint64_t *mask, size_t n,
                              pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(p->label, n);
    PAL_NEW(p->strongest, n);
    PAL_NEW(p->set, n);
    PAL_NEW(p->mask, n);
    for (size_t i = 0; i < n; i++) {
        if (label[i] == PAL_NO_COMMUNITY) continue;
        p->label[p->n] = label[i];
        p->strongest[p->n] = strongest[i];
        p->mask[p->n++] = mask[i];
    }
    PAL_TRY(number_sets(p->set, p->mask, p->n, err));
done:
    return rc;
}

/* All but the overlap. */
static pal_status agree(pal_agreement *out, const placed *p, pal_error *err)
{
    pal_status rc = PAL_OK;

    *out = (pal_agreement){ NAN, NAN, NAN, NAN, NAN };
    if (p->n == 0) goto done;
    PAL_TRY(pal_adjusted_rand(&out->ari, p->label, p->strongest, p->n, err));
    PAL_TRY(pal_mutual_information(&out->nmi, p->label, p->strongest, p->n, err));
    PAL_TRY(pal_adjusted_rand(&out->ari_sets, p->label, p->set, p->n, err));
    PAL_TRY(pal_mutual_information(&out->nmi_sets, p->label, p->set, p->n, err));
done:
    return rc;
}

pal_status pal_communities_agreement(pal_agreement *out, const uint32_t *label, const uint32_t *strongest,
                                     const uint64_t *mask, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    placed p = { 0 };

    PAL_TRY(placed_take(&p, label, strongest, mask, n, err));
    PAL_TRY(agree(out, &p, err));
    out->overlap = overlap_of(p.label, p.mask, p.n);
done:
    placed_clear(&p);
    return rc;
}

static void shuffle(uint32_t *label, size_t n, pal_key key, size_t time)
{
    uint64_t draw = 0;

    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)pal_below(key, (pal_at){ 0, time, 0 }, &draw, i);
        const uint32_t held = label[i - 1];

        label[i - 1] = label[j];
        label[j] = held;
    }
}

pal_status pal_communities_chance(pal_agreement *out, const uint32_t *label, const uint32_t *strongest,
                                  const uint64_t *mask, size_t n, size_t times, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    placed p = { 0 };
    pal_agreement sum = { 0, 0, 0, 0, 0 }, one;

    PAL_TRY(placed_take(&p, label, strongest, mask, n, err));
    for (size_t t = 0; t < times; t++) {
        shuffle(p.label, p.n, key, t);
        PAL_TRY(agree(&one, &p, err));
        sum.ari += one.ari;
        sum.nmi += one.nmi;
        sum.ari_sets += one.ari_sets;
        sum.nmi_sets += one.nmi_sets;
    }
    *out = (pal_agreement){ sum.ari / (double)times, sum.nmi / (double)times, sum.ari_sets / (double)times,
                            sum.nmi_sets / (double)times, overlap_of(NULL, p.mask, p.n) }; /* any pair is as likely */
done:
    placed_clear(&p);
    return rc;
}
