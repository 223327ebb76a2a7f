/* Spherical k-means over the few items of one person. */
#include "models/interests.h"

#include <math.h>
#include <string.h>

#define MOST_TURNS 20

/* Cosine of a vector with a centre of length 1 (or 0). */
static double cosine(const float *x, const double *centre, size_t d)
{
    double dot = 0, square = 0;

    for (size_t i = 0; i < d; i++) {
        dot += (double)x[i] * centre[i];
        square += (double)x[i] * (double)x[i];
    }
    return square > 0 ? dot / sqrt(square) : 0;
}

static void add_direction(double *centre, const float *x, size_t d)
{
    double square = 0;

    for (size_t i = 0; i < d; i++) square += (double)x[i] * (double)x[i];
    for (size_t i = 0; square > 0 && i < d; i++) centre[i] += (double)x[i] / sqrt(square);
}

static void normalise(double *centre, size_t d)
{
    double square = 0;

    for (size_t i = 0; i < d; i++) square += centre[i] * centre[i];
    for (size_t i = 0; square > 0 && i < d; i++) centre[i] /= sqrt(square);
}

static size_t nearest(const float *x, const double *centre, size_t k, size_t d)
{
    size_t best = 0;
    double most = cosine(x, centre, d);

    for (size_t c = 1; c < k; c++) {
        double here = cosine(x, centre + c * d, d);

        if (here > most) {
            most = here;
            best = c;
        }
    }
    return best;
}

/* Centres c..k-1 from the items that the earlier ones serve worst. */
static void start(double *centre, const uint32_t *row, size_t n, const float *x, size_t d, size_t k, uint64_t word)
{
    memset(centre, 0, k * d * sizeof *centre);
    add_direction(centre, x + row[word % n] * d, d);
    normalise(centre, d);
    for (size_t c = 1; c < k; c++) {
        size_t worst = 0;
        double least = 2;

        for (size_t i = 0; i < n; i++) {
            const float *one = x + row[i] * d;
            double here = cosine(one, centre + nearest(one, centre, c, d) * d, d);

            if (here < least) {
                least = here;
                worst = i;
            }
        }
        add_direction(centre + c * d, x + row[worst] * d, d);
        normalise(centre + c * d, d);
    }
}

void pal_interests_split(uint8_t *label, const uint32_t *row, size_t n, const float *x, size_t d, size_t k,
                         double *centre, pal_key key, pal_at at)
{
    bool moved = true;

    PAL_ASSERT(k > 0 && k <= PAL_INTERESTS_MOST);
    memset(label, 0, n);
    if (n == 0 || k == 1) return;
    start(centre, row, n, x, d, k, pal_u64(key, at, 0));
    for (size_t turn = 0; moved && turn < MOST_TURNS; turn++) {
        moved = turn == 0;
        for (size_t i = 0; i < n; i++) {
            uint8_t to = (uint8_t)nearest(x + row[i] * d, centre, k, d);

            moved = moved || to != label[i];
            label[i] = to;
        }
        memset(centre, 0, k * d * sizeof *centre);
        for (size_t i = 0; i < n; i++) add_direction(centre + label[i] * d, x + row[i] * d, d);
        for (size_t c = 0; c < k; c++) normalise(centre + c * d, d);
    }
}
