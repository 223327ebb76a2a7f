/* Candidates to re-rank, drawn by seed, and every list a re-ranker could have given instead. */
#include "tests/support/rerank_cases.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <string.h>

enum { D = 4 };

static double draw(uint64_t seed, uint64_t what, uint64_t at)
{
    return pal_u01(pal_key_for(seed, 0, PAL_FOR_CATALOG), (pal_at){ what, 0, at }, 0);
}

static void find_directions(double x[RERANK_MOST][D], uint64_t seed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double norm = 0;

        for (size_t f = 0; f < D; f++) {
            x[i][f] = 2 * draw(seed, 1, i * D + f) - 0.7;
            norm += x[i][f] * x[i][f];
        }
        for (size_t f = 0; f < D; f++) {
            x[i][f] /= sqrt(norm);
        }
    }
}

static void find_categories(rerank_case *c, uint64_t seed)
{
    double sum = 0;

    for (size_t i = 0; i < c->n; i++) {
        const size_t a = (size_t)(draw(seed, 2, i) * RERANK_GROUPS), b = (size_t)(draw(seed, 3, i) * RERANK_GROUPS);

        c->group[i] = (uint8_t)a;
        c->member[i * c->m + a] += 0.5;
        c->member[i * c->m + b] += 0.5;
    }
    for (size_t g = 0; g < c->m; g++) {
        c->wanted[g] = draw(seed, 4, g);
        sum += c->wanted[g];
    }
    for (size_t g = 0; g < c->m; g++) {
        c->wanted[g] /= sum;
    }
}

rerank_case rerank_case_of(uint64_t seed, size_t n)
{
    rerank_case c = { .n = n, .m = RERANK_GROUPS };
    double x[RERANK_MOST][D];
    pal_error err;

    ck_assert_uint_le(n, RERANK_MOST);
    ck_assert_int_eq(pal_arena_new(&c.scratch, 4096, &err), PAL_OK);
    find_directions(x, seed, n);
    for (size_t i = 0; i < n; i++) {
        c.relevance[i] = 1 - ((double)i + 0.9 * draw(seed, 5, i)) / (double)n;
        for (size_t j = 0; j < n; j++) {
            double dot = 0;

            for (size_t f = 0; f < D; f++) {
                dot += x[i][f] * x[j][f];
            }
            c.similarity[i * n + j] = i == j ? 1 : dot;
            c.kernel[i * n + j] = i == j ? 1 : 0.9 * (1 + dot) / 2;
        }
    }
    find_categories(&c, seed);
    return c;
}

void rerank_case_clear(rerank_case *c)
{
    pal_arena_free(c->scratch);
}

bool rerank_is_order(const uint32_t *order, size_t k, size_t n)
{
    for (size_t s = 0; s < k; s++) {
        for (size_t r = 0; r < s; r++) {
            if (order[r] == order[s]) return false;
        }
        if (order[s] >= n) return false;
    }
    return true;
}

static bool holds(const uint32_t *list, size_t k, size_t candidate)
{
    for (size_t s = 0; s < k; s++) {
        if (list[s] == candidate) return true;
    }
    return false;
}

void rerank_slow(uint32_t *order, size_t k, const rerank_case *c, double lambda, rerank_value value)
{
    for (size_t s = 0; s < k; s++) {
        uint32_t best = UINT32_MAX;
        double most = -INFINITY;

        for (uint32_t i = 0; i < c->n; i++) {
            if (holds(order, s, i)) continue;
            order[s] = i;
            if (value(c, order, s + 1, lambda) > most) {
                most = value(c, order, s + 1, lambda);
                best = i;
            }
        }
        order[s] = best;
    }
}

double rerank_best(const rerank_case *c, size_t k, double lambda, rerank_value value)
{
    double most = -INFINITY;

    for (uint32_t set = 0; set < 1u << c->n; set++) {
        uint32_t list[RERANK_MOST];
        size_t n = 0;

        for (uint32_t i = 0; i < c->n; i++) {
            if ((set >> i) & 1) list[n++] = i;
        }
        if (n == k && value(c, list, k, lambda) > most) most = value(c, list, k, lambda);
    }
    return most;
}

double rerank_determinant(const double *matrix, size_t n, const uint32_t *list, size_t k)
{
    double a[RERANK_MOST][RERANK_MOST], product = 1;

    for (size_t r = 0; r < k; r++) {
        for (size_t s = 0; s < k; s++) {
            a[r][s] = matrix[list[r] * n + list[s]];
        }
    }
    for (size_t p = 0; p < k; p++) { /* positive definite: no pivoting needed */
        product *= a[p][p];
        for (size_t r = p + 1; r < k; r++) {
            const double weight = a[r][p] / a[p][p];

            for (size_t s = p; s < k; s++) {
                a[r][s] -= weight * a[p][s];
            }
        }
    }
    return product;
}
