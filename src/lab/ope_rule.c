/* Chances of candidates and slates. */
#include "lab/ope_rule.h"

#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>
#include <string.h>

void pal_ope_standardise(double *z, const float *score, size_t m)
{
    pal_acc sum = { 0 }, squares = { 0 };
    double mean, sd;

    for (size_t i = 0; i < m; i++) pal_acc_add(&sum, (double)score[i]);
    mean = pal_acc_value(&sum) / (double)m;
    for (size_t i = 0; i < m; i++) {
        z[i] = (double)score[i] - mean;
        pal_acc_add(&squares, z[i] * z[i]);
    }
    sd = sqrt(pal_acc_value(&squares) / (double)m);
    for (size_t i = 0; i < m; i++) z[i] = sd > 0 ? z[i] / sd : 0;
}

void pal_ope_strengths(double *strength, const double *z, size_t m, const pal_ope_rule *rule)
{
    double most = z[0];

    for (size_t i = 1; i < m; i++) most = z[i] > most ? z[i] : most;
    for (size_t i = 0; i < m; i++) strength[i] = rule->softness > 0 ? pal_exp((z[i] - most) / rule->softness) : z[i];
}

/* Greedy: 1 for the best that are left, else 0. */
static void mark_best(double *chance, const double *strength, const uint8_t *gone, size_t m)
{
    double best = -INFINITY;

    for (size_t i = 0; i < m; i++) best = gone[i] == 0 && strength[i] > best ? strength[i] : best;
    for (size_t i = 0; i < m; i++) chance[i] = gone[i] == 0 && strength[i] == best ? 1 : 0;
}

void pal_ope_chances(double *chance, const double *strength, const uint8_t *gone, size_t m, const pal_ope_rule *rule)
{
    double total = 0, left = 0, even;

    if (rule->softness > 0) {
        for (size_t i = 0; i < m; i++) chance[i] = gone[i] == 0 ? strength[i] : 0;
    } else {
        mark_best(chance, strength, gone, m);
    }
    for (size_t i = 0; i < m; i++) {
        total += chance[i];
        left += gone[i] == 0 ? 1 : 0;
    }
    even = rule->epsilon / left;
    for (size_t i = 0; i < m; i++) {
        if (gone[i] == 0) chance[i] = even + (1 - rule->epsilon) * (chance[i] / total);
    }
}

double pal_ope_count_slates(size_t m, size_t k)
{
    double n = 1;

    for (size_t s = 0; s < k; s++) n *= (double)(m - s);
    return n;
}

static size_t list_below(uint8_t *slate, size_t n, uint8_t *taken, uint8_t *prefix, size_t depth, size_t m, size_t k)
{
    if (depth == k) {
        memcpy(slate + n * k, prefix, k);
        return n + 1;
    }
    for (size_t i = 0; i < m; i++) {
        if (taken[i] != 0) continue;
        taken[i] = 1;
        prefix[depth] = (uint8_t)i;
        n = list_below(slate, n, taken, prefix, depth + 1, m, k);
        taken[i] = 0;
    }
    return n;
}

void pal_ope_list_slates(uint8_t *slate, size_t m, size_t k)
{
    uint8_t taken[PAL_OPE_MOST_CANDIDATES] = { 0 }, prefix[PAL_OPE_MOST_SLOTS];

    list_below(slate, 0, taken, prefix, 0, m, k);
}

typedef struct walk { /* down the tree of slates, in the order in which they are listed */
    double *chance;
    const double *strength;
    const pal_ope_rule *rule;
    size_t m, k, at;
    uint8_t gone[PAL_OPE_MOST_CANDIDATES], taken[PAL_OPE_MOST_CANDIDATES];
} walk;

/* Slates below a prefix of this chance; one that cannot be shown has chance 0 all the way down. */
static void walk_below(walk *w, size_t depth, double so_far)
{
    double chance[PAL_OPE_MOST_CANDIDATES];

    if (depth == w->k) {
        w->chance[w->at++] = so_far;
        return;
    }
    if (so_far > 0) pal_ope_chances(chance, w->strength, w->gone, w->m, w->rule);
    for (size_t i = 0; i < w->m; i++) {
        uint8_t was = w->gone[i];

        if (w->taken[i] != 0) continue;
        w->taken[i] = w->gone[i] = 1;
        walk_below(w, depth + 1, so_far > 0 ? so_far * chance[i] : 0);
        w->taken[i] = 0;
        w->gone[i] = was;
    }
}

void pal_ope_slate_chances(double *chance, double *slot, const uint8_t *slate, size_t n_slates, const double *strength,
                           const uint8_t *gap, size_t m, size_t k, const pal_ope_rule *rule)
{
    walk w = { .chance = chance, .strength = strength, .rule = rule, .m = m, .k = k };

    if (gap != NULL) memcpy(w.gone, gap, m);
    walk_below(&w, 0, 1);
    if (slot == NULL) return;
    memset(slot, 0, k * m * sizeof *slot);
    for (size_t s = 0; s < n_slates; s++) {
        for (size_t l = 0; l < k; l++) slot[l * m + slate[s * k + l]] += chance[s];
    }
    for (size_t c = 0; c < k * m; c++) slot[c] = slot[c] > 1 ? 1 : slot[c]; /* sums of many may round above */
}

void pal_ope_slate_steps(double *step, const uint8_t *slate, const double *strength, const uint8_t *gap, size_t m, size_t k,
                         const pal_ope_rule *rule)
{
    double chance[PAL_OPE_MOST_CANDIDATES];
    uint8_t gone[PAL_OPE_MOST_CANDIDATES] = { 0 };

    if (gap != NULL) memcpy(gone, gap, m);
    for (size_t l = 0; l < k; l++) {
        pal_ope_chances(chance, strength, gone, m, rule);
        step[l] = chance[slate[l]];
        gone[slate[l]] = 1;
    }
}
