/* Diffusion map, classical scaling, SMACOF, then everyone among their neighbours. */
#include "lab/people_layout.h"

#include "core/linalg.h"
#include "core/mem.h"

#include <math.h>
#include <string.h>

#define STEPS 300          /* of SMACOF: k is small, and what it still gains by then is below what an eye sees */
#define NEAR 1e-9          /* distances below it are not divided by */

/* Mean rows (k x d) of the communities in the diffusion map. */
static pal_status find_centres(double *centre, const pal_spectral_result *map, const uint32_t *label, size_t k,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = map->n_values;
    double *row = NULL, *count = NULL;

    PAL_NEW(row, d);
    PAL_NEW(count, k);
    for (size_t i = 0; i < map->n; i++) {
        double square = 0;

        if (label[i] == UINT32_MAX) continue;
        for (size_t j = 0; j < d; j++) {
            const double stay = 1 - map->value[j];

            row[j] = map->vector[i * d + j] * stay * stay * stay * stay;
            square += row[j] * row[j];
        }
        count[label[i]]++;
        for (size_t j = 0; square > 0 && j < d; j++) centre[label[i] * d + j] += row[j] / sqrt(square);
    }
    for (size_t c = 0; c < k; c++) {
        for (size_t j = 0; count[c] > 0 && j < d; j++) centre[c * d + j] /= count[c];
    }
done:
    pal_free(row);
    pal_free(count);
    return rc;
}

static double distance(const double *a, const double *b, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(sum);
}

/* Classical scaling: the two leading axes of the doubly centred squared distances. */
static pal_status start(double (*at)[2], const double *wanted, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *b = NULL, *mean = NULL, *value = NULL, *vector = NULL, all = 0;

    PAL_NEW(b, k * k);
    PAL_NEW(mean, k);
    PAL_NEW(value, k);
    PAL_NEW(vector, k * k);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++) mean[i] += wanted[i * k + j] * wanted[i * k + j] / (double)k;
        all += mean[i] / (double)k;
    }
    for (size_t i = 0; i < k * k; i++) {
        b[i] = -0.5 * (wanted[i] * wanted[i] - mean[i / k] - mean[i % k] + all);
    }
    PAL_TRY(pal_eigen_symmetric(value, vector, b, k, err));
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < 2; j++) at[i][j] = j < k && value[j] > 0 ? sqrt(value[j]) * vector[j * k + i] : 0;
    }
done:
    pal_free(b);
    pal_free(mean);
    pal_free(value);
    pal_free(vector);
    return rc;
}

/* One Guttman transform: each community moves to the mean of where the others want it. */
static void improve(double (*to)[2], double (*from)[2], const double *wanted, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        double x = 0, y = 0;

        for (size_t j = 0; j < k; j++) {
            const double now = distance(from[i], from[j], 2), pull = now > NEAR ? wanted[i * k + j] / now : 0;

            if (j == i) continue;
            x += pull * (from[i][0] - from[j][0]);
            y += pull * (from[i][1] - from[j][1]);
        }
        to[i][0] = x / (double)k;
        to[i][1] = y / (double)k;
    }
}

static void scale(double (*at)[2], size_t k)
{
    const double zero[2] = { 0, 0 };
    double most = 0;

    for (size_t c = 0; c < k; c++) {
        const double far = distance(at[c], zero, 2);

        most = far > most ? far : most;
    }
    for (size_t c = 0; c < k && most > 0; c++) {
        at[c][0] /= most;
        at[c][1] /= most;
    }
}

static pal_status place_communities(double (*at)[2], const double *centre, size_t k, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *wanted = NULL, (*next)[2] = NULL;

    PAL_NEW(wanted, k * k);
    PAL_NEW(next, k);
    for (size_t i = 0; i < k * k; i++) wanted[i] = distance(centre + i / k * d, centre + i % k * d, d);
    PAL_TRY(start(at, wanted, k, err));
    for (size_t s = 0; s < STEPS; s++) {
        improve(next, at, wanted, k);
        memcpy(at, next, k * sizeof *at);
    }
    scale(at, k);
done:
    pal_free(wanted);
    pal_free(next);
    return rc;
}

static void place_people(double *x, double *y, double (*at)[2], const uint32_t *label, const pal_csr *edges)
{
    for (size_t i = 0; i < edges->n_rows; i++) {
        double sum = 0, px = 0, py = 0;

        x[i] = y[i] = NAN;
        if (label[i] == UINT32_MAX) continue;
        for (size_t e = edges->begin[i]; e < edges->begin[i + 1]; e++) {
            const uint32_t c = label[edges->col[e]];
            const double w = (double)edges->value[e];

            sum += w;
            px += w * at[c][0];
            py += w * at[c][1];
        }
        x[i] = sum > 0 ? px / sum : at[label[i]][0];
        y[i] = sum > 0 ? py / sum : at[label[i]][1];
    }
}

pal_status pal_people_layout(double *x, double *y, const pal_spectral_result *map, const uint32_t *label, size_t k,
                             const pal_csr *edges, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *centre = NULL, (*at)[2] = NULL;

    PAL_NEW(centre, k * map->n_values);
    PAL_NEW(at, k);
    PAL_TRY(find_centres(centre, map, label, k, err));
    PAL_TRY(place_communities(at, centre, k, map->n_values, err));
    place_people(x, y, at, label, edges);
done:
    pal_free(centre);
    pal_free(at);
    return rc;
}
