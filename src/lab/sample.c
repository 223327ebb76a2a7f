/* Choosing the people of the report. */
#include "lab/sample.h"

#include "core/mem.h"
#include "core/rng.h"

#include <math.h>
#include <stdlib.h>

typedef struct candidate {
    double like_rate, contradiction, coverage;
    size_t n_tastes;
    bool eligible, taken;
} candidate;

typedef double (*rule_fn)(const candidate *c, double median); /* the highest wins; NaN: does not qualify */

static double typical(const candidate *c, double median) { return c->n_tastes >= 2 ? -fabs(c->like_rate - median) : NAN; }
static double best(const candidate *c, double median) { (void)median; return c->like_rate; }
static double worst(const candidate *c, double median) { (void)median; return -c->like_rate; }
static double contradictory(const candidate *c, double median) { (void)median; return c->n_tastes >= 2 ? c->contradiction : NAN; }
static double many(const candidate *c, double median) { (void)median; return (double)c->n_tastes; }
static double starved(const candidate *c, double median) { (void)median; return c->n_tastes >= 2 ? -c->coverage : NAN; }

static const struct { rule_fn rule; const char *why; } rules[] = {
    { typical, "typical: like rate nearest to the median, two tastes or more" },
    { best, "best served: highest like rate" },
    { worst, "worst served: lowest like rate" },
    { contradictory, "most contradictory tastes" },
    { many, "most tastes" },
    { starved, "most starved: smallest share of tastes with a liked item" },
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void describe(candidate *c, const pal_record *r, const pal_people_set *set, size_t p)
{
    double likes = 0, shown = 0;
    size_t present = 0, liked = 0;

    for (size_t t = 0; t < r->n_rounds; t++) {
        likes += r->count[PAL_COUNT_LIKES][p * r->n_rounds + t];
        shown += r->count[PAL_COUNT_IMPRESSIONS][p * r->n_rounds + t];
        present += r->present[p * r->n_rounds + t];
    }
    c->n_tastes = pal_set_tastes(set, p);
    for (size_t k = 0; k < c->n_tastes; k++) liked += r->first_like[p * PAL_MAX_TASTES + k] != UINT32_MAX;
    c->coverage = (double)liked / (double)c->n_tastes;
    c->like_rate = shown > 0 ? likes / shown : 0;
    c->contradiction = (double)set->world[p / set->n_users]->people->contradiction[p % set->n_users];
    c->eligible = present * 2 >= r->n_rounds;
}

static size_t winner(const candidate *c, size_t n, rule_fn rule, double median)
{
    size_t best_p = SIZE_MAX;
    double top = 0;

    for (size_t p = 0; p < n; p++) {
        double v = c[p].eligible && !c[p].taken ? rule(&c[p], median) : NAN;

        if (isnan(v) || (best_p != SIZE_MAX && v <= top)) continue;
        best_p = p;
        top = v;
    }
    return best_p;
}

pal_status pal_sample_people(pal_sampled_person *out, size_t *n, const pal_record *r, const pal_people_set *set,
                             uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    candidate *c = NULL;
    double *rate = NULL, median = 0;
    size_t wanted = *n < r->n_people ? *n : r->n_people, found = 0, eligible = 0;
    uint64_t draw = 0;

    PAL_NEW(c, r->n_people);
    PAL_NEW(rate, r->n_people);
    for (size_t p = 0; p < r->n_people; p++) {
        describe(&c[p], r, set, p);
        if (c[p].eligible) rate[eligible++] = c[p].like_rate;
    }
    if (eligible > 0) {
        qsort(rate, eligible, sizeof *rate, by_value);
        median = rate[eligible / 2];
    }
    for (size_t p = 0; eligible == 0 && p < r->n_people; p++) c[p].eligible = true;
    for (size_t i = 0; i < sizeof rules / sizeof *rules && found < wanted; i++) {
        size_t p = winner(c, r->n_people, rules[i].rule, median);

        if (p == SIZE_MAX) continue;
        c[p].taken = true;
        out[found++] = (pal_sampled_person){ p, rules[i].why };
    }
    while (found < wanted) {
        size_t p = (size_t)pal_below(pal_key_for(seed, 0, PAL_FOR_PROBE), (pal_at){ UINT64_MAX, 0, 0 }, &draw, r->n_people);

        if (c[p].taken) continue;
        c[p].taken = true;
        out[found++] = (pal_sampled_person){ p, "drawn at random" };
    }
    *n = found;
done:
    pal_free(c);
    pal_free(rate);
    return rc;
}
