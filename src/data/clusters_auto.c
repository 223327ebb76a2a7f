/* Clusters derived from genre centroids: spectral clustering of a nearest-neighbour graph. */
#include "data/clusters.h"

#include "core/linalg.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/rng.h"
#include "data/clusters_make.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_NEIGHBOUR 7   /* local scale: distance to this neighbour (Zelnik-Manor, Perona, NIPS 2004) */
#define GRAPH_NEIGHBOURS 10 /* edges a genre asks for                                                    */
#define WEAK_EDGE 1e-4      /* between all: pieces of a disconnected graph still get coordinates          */
#define RESTARTS 32
#define MAX_STEPS 100       /* of one k-means run */
#define DRAW_AUTO UINT64_C(0x6175746f) /* `what` of our draws: "auto" */

/* Genres in byte order, so that the order in which they are given plays no part. */
typedef struct sorted_genre {
    const char *name;
    size_t given;
} sorted_genre;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sorted_genre *)a)->name, ((const sorted_genre *)b)->name);
}

static double square_distance(const double *a, const double *b, size_t d)
{
    double sum = 0;

    for (size_t f = 0; f < d; f++) {
        sum += (a[f] - b[f]) * (a[f] - b[f]);
    }
    return sum;
}

/* ---- the graph ---- */

typedef struct neighbour {
    double squared;
    size_t genre;
} neighbour;

static int by_distance(const void *a, const void *b)
{
    const neighbour *x = a, *y = b;

    return x->squared < y->squared ? -1 : x->squared > y->squared ? 1 : (x->genre > y->genre) - (x->genre < y->genre);
}

/* affinity (n x n, zeroed): exp(-|a - b|^2 / (scale a * scale b)) where one is among the other's nearest. */
static pal_status make_graph(double *affinity, const double *point, size_t n, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    neighbour *near = NULL;
    double *scale = NULL;
    size_t n_edges = n - 1 < GRAPH_NEIGHBOURS ? n - 1 : GRAPH_NEIGHBOURS;
    size_t at_scale = n - 1 < SCALE_NEIGHBOUR ? n - 1 : SCALE_NEIGHBOUR;

    PAL_NEW(near, n);
    PAL_NEW(scale, n);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            near[b] = (neighbour){ a == b ? -1 : square_distance(point + a * d, point + b * d, d), b };
        }
        qsort(near, n, sizeof *near, by_distance); /* near[0] is the genre itself */
        scale[a] = sqrt(near[at_scale].squared > 0 ? near[at_scale].squared : 0);
        for (size_t e = 1; e <= n_edges; e++) {
            affinity[a * n + near[e].genre] = affinity[near[e].genre * n + a] = 1;
        }
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < a; b++) {
            double squared = square_distance(point + a * d, point + b * d, d), area = scale[a] * scale[b];
            double like = squared > 0 ? area > 0 ? pal_exp(-squared / area) : 0 : 1;
            bool edge = affinity[a * n + b] > 0;

            affinity[a * n + b] = affinity[b * n + a] = (edge ? like : 0) + WEAK_EDGE;
        }
    }
done:
    pal_free(near);
    pal_free(scale);
    return rc;
}

/* coordinate (n x k): row-normalised leading eigenvectors of D^-1/2 A D^-1/2. affinity is destroyed. */
static pal_status embed(double *coordinate, double *affinity, size_t n, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *degree = NULL, *value = NULL, *vector = NULL;

    PAL_NEW(degree, n);
    PAL_NEW(value, n);
    PAL_NEW(vector, n * n);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            degree[a] += affinity[a * n + b];
        }
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            affinity[a * n + b] /= sqrt(degree[a] * degree[b]);
        }
    }
    PAL_TRY(pal_eigen_symmetric(value, vector, affinity, n, err));
    for (size_t a = 0; a < n; a++) {
        double length = 0;

        for (size_t j = 0; j < k; j++) {
            length += vector[j * n + a] * vector[j * n + a];
        }
        length = sqrt(length);
        for (size_t j = 0; j < k; j++) {
            coordinate[a * k + j] = length > 0 ? vector[j * n + a] / length : 0;
        }
    }
done:
    pal_free(degree);
    pal_free(value);
    pal_free(vector);
    return rc;
}

/* ---- k-means ---- */

typedef struct kmeans {
    const double *point; /* n x k coordinates: as many as clusters */
    const double *weight;
    size_t n, k;
    double *center;      /* k x k            */
    double *mass;        /* k                */
    double *nearest;     /* n: squared distance to the nearest center so far */
    int *cluster;        /* n                */
} kmeans;

/* k-means++ (Arthur and Vassilvitskii 2007): each next center a point drawn by weight times squared distance. */
static void seed_centers(kmeans *m, pal_key key, uint64_t restart)
{
    for (size_t i = 0; i < m->n; i++) {
        m->nearest[i] = 1; /* the first center: by weight alone */
    }
    for (size_t c = 0; c < m->k; c++) {
        pal_at at = { restart, c, DRAW_AUTO };
        double sum = 0, left;
        size_t chosen = m->n;

        for (size_t i = 0; i < m->n; i++) {
            sum += m->weight[i] * m->nearest[i];
        }
        left = pal_u01(key, at, 0) * sum;
        for (size_t i = 0; i < m->n; i++) {
            double mass = m->weight[i] * m->nearest[i];

            if (mass > 0 && (left < mass || chosen == m->n)) {
                chosen = i;
            }
            if (left < mass) {
                break;
            }
            left -= mass;
        }
        /* No mass left: every point is a center already, and any repeats one; fill_empty mends it. */
        chosen = chosen == m->n ? c % m->n : chosen;
        memcpy(m->center + c * m->k, m->point + chosen * m->k, m->k * sizeof *m->center);
        for (size_t i = 0; i < m->n; i++) {
            double squared = square_distance(m->point + i * m->k, m->center + c * m->k, m->k);

            m->nearest[i] = c == 0 || squared < m->nearest[i] ? squared : m->nearest[i];
        }
    }
}

/* Each point to its nearest center, ties to the lower number; true if any point moved. */
static bool assign(kmeans *m)
{
    bool moved = false;

    for (size_t i = 0; i < m->n; i++) {
        int best = 0;

        m->nearest[i] = DBL_MAX;
        for (size_t c = 0; c < m->k; c++) {
            double squared = square_distance(m->point + i * m->k, m->center + c * m->k, m->k);

            if (squared < m->nearest[i]) {
                m->nearest[i] = squared;
                best = (int)c;
            }
        }
        moved = moved || m->cluster[i] != best;
        m->cluster[i] = best;
    }
    return moved;
}

/* A cluster that lost all its points takes the point farthest from its center among clusters with two or more. */
static void fill_empty(kmeans *m)
{
    for (size_t c = 0; c < m->k; c++) {
        size_t count[PAL_MAX_CLUSTERS] = { 0 }, farthest = m->n;

        for (size_t i = 0; i < m->n; i++) {
            count[m->cluster[i]]++;
        }
        if (count[c] > 0) {
            continue;
        }
        for (size_t i = 0; i < m->n; i++) {
            if (count[m->cluster[i]] > 1 && (farthest == m->n || m->nearest[i] > m->nearest[farthest])) {
                farthest = i;
            }
        }
        PAL_ASSERT(farthest < m->n); /* n >= k */
        m->cluster[farthest] = (int)c;
        m->nearest[farthest] = 0;
    }
}

static void move_centers(kmeans *m)
{
    memset(m->center, 0, m->k * m->k * sizeof *m->center);
    memset(m->mass, 0, m->k * sizeof *m->mass);
    for (size_t i = 0; i < m->n; i++) {
        size_t c = (size_t)m->cluster[i];

        m->mass[c] += m->weight[i];
        for (size_t j = 0; j < m->k; j++) {
            m->center[c * m->k + j] += m->weight[i] * m->point[i * m->k + j];
        }
    }
    for (size_t c = 0; c < m->k; c++) {
        for (size_t j = 0; j < m->k; j++) {
            m->center[c * m->k + j] /= m->mass[c];
        }
    }
}

/* One run from one seeding; returns the weighted sum of squared distances to the centers. */
static double run_once(kmeans *m, pal_key key, uint64_t restart)
{
    double cost = 0;

    seed_centers(m, key, restart);
    for (size_t i = 0; i < m->n; i++) {
        m->cluster[i] = -1;
    }
    for (int step = 0; step < MAX_STEPS && assign(m); step++) {
        fill_empty(m);
        move_centers(m);
    }
    fill_empty(m);
    move_centers(m);
    for (size_t i = 0; i < m->n; i++) {
        cost += m->weight[i] * square_distance(m->point + i * m->k, m->center + (size_t)m->cluster[i] * m->k, m->k);
    }
    return cost;
}

static pal_status cluster_points(int *cluster, const double *point, const double *weight, size_t n, size_t k,
                                 uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    kmeans m = { .point = point, .weight = weight, .n = n, .k = k };
    double best = DBL_MAX;

    PAL_NEW(m.center, k * k);
    PAL_NEW(m.mass, k);
    PAL_NEW(m.nearest, n);
    PAL_NEW(m.cluster, n);
    for (uint64_t restart = 0; restart < RESTARTS; restart++) {
        double cost = run_once(&m, pal_key_for(seed, 0, PAL_FOR_CATALOG), restart);

        if (cost < best) {
            best = cost;
            memcpy(cluster, m.cluster, n * sizeof *cluster);
        }
    }
done:
    pal_free(m.center);
    pal_free(m.mass);
    pal_free(m.nearest);
    pal_free(m.cluster);
    return rc;
}

/* ---- names ---- */

/* Number clusters by their first genre, so that a seed that finds the same groups gives the same table. */
static void renumber(int *cluster, size_t n)
{
    int number[PAL_MAX_CLUSTERS], next = 0;

    memset(number, -1, sizeof number);
    for (size_t g = 0; g < n; g++) {
        if (number[cluster[g]] < 0) {
            number[cluster[g]] = next++;
        }
        cluster[g] = number[cluster[g]];
    }
}

/* The genre nearest to the weighted mean of cluster c. */
static size_t nearest_genre(const int *cluster, int c, const double *point, const double *weight, double *mean,
                            size_t n, size_t d)
{
    double mass = 0, best = DBL_MAX;
    size_t nearest = 0;

    memset(mean, 0, d * sizeof *mean);
    for (size_t g = 0; g < n; g++) {
        for (size_t f = 0; f < d && cluster[g] == c; f++) {
            mean[f] += weight[g] * point[g * d + f];
        }
        mass += cluster[g] == c ? weight[g] : 0;
    }
    for (size_t f = 0; f < d; f++) {
        mean[f] /= mass;
    }
    for (size_t g = 0; g < n; g++) {
        double squared = square_distance(point + g * d, mean, d);

        if (cluster[g] == c && squared < best) {
            best = squared;
            nearest = g;
        }
    }
    return nearest;
}

static pal_status check_input(const sorted_genre *genre, const double *centroids, const double *weight,
                              size_t n_genres, size_t d, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n == 0 || n > PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA, "automatic clusters: %zu asked for; between 1 and %d are possible", n, PAL_MAX_CLUSTERS);
    }
    if (n_genres < n) {
        PAL_FAIL(PAL_ERR_DATA, "automatic clusters: %zu asked for, but there are only %zu genres", n, n_genres);
    }
    for (size_t g = 0; g < n_genres; g++) {
        if (g > 0 && strcmp(genre[g].name, genre[g - 1].name) == 0) {
            PAL_FAIL(PAL_ERR_DATA, "automatic clusters: genre '%s' stands twice", genre[g].name);
        }
        if (!(weight[genre[g].given] > 0)) {
            PAL_FAIL(PAL_ERR_DATA, "automatic clusters: genre '%s' has no item", genre[g].name);
        }
        for (size_t f = 0; f < d; f++) {
            if (!isfinite(centroids[genre[g].given * d + f])) {
                PAL_FAIL(PAL_ERR_DATA, "automatic clusters: the centroid of genre '%s' is not finite", genre[g].name);
            }
        }
    }
done:
    return rc;
}

pal_status pal_clusters_auto(pal_clusters **out, const char *const *genres, const double *centroids,
    const double *weight, size_t n_genres, size_t d, size_t n, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    sorted_genre *genre = NULL;
    const char **name = NULL, *cluster_name[PAL_MAX_CLUSTERS];
    double *point = NULL, *mass = NULL, *affinity = NULL, *coordinate = NULL, *mean = NULL;
    int *cluster = NULL;

    PAL_NEW(genre, n_genres);
    for (size_t g = 0; g < n_genres; g++) {
        genre[g] = (sorted_genre){ genres[g], g };
    }
    qsort(genre, n_genres, sizeof *genre, by_name);
    PAL_TRY(check_input(genre, centroids, weight, n_genres, d, n, err));

    PAL_NEW(name, n_genres);
    PAL_NEW(point, n_genres * d);
    PAL_NEW(mass, n_genres);
    PAL_NEW(cluster, n_genres);
    PAL_NEW(mean, d);
    for (size_t g = 0; g < n_genres; g++) {
        name[g] = genre[g].name;
        mass[g] = weight[genre[g].given];
        memcpy(point + g * d, centroids + genre[g].given * d, d * sizeof *point);
        cluster[g] = (int)(g < n ? g : 0); /* what stands when there are as many clusters as genres */
    }
    if (n > 1 && n < n_genres) {
        PAL_NEW(affinity, n_genres * n_genres);
        PAL_NEW(coordinate, n_genres * n);
        PAL_TRY(make_graph(affinity, point, n_genres, d, err));
        PAL_TRY(embed(coordinate, affinity, n_genres, n, err));
        PAL_TRY(cluster_points(cluster, coordinate, mass, n_genres, n, seed, err));
        renumber(cluster, n_genres);
    }
    for (size_t c = 0; c < n; c++) {
        cluster_name[c] = name[nearest_genre(cluster, (int)c, point, mass, mean, n_genres, d)];
    }
    PAL_TRY(pal_clusters_make(out, "automatic clusters", n, cluster_name, cluster_name, n_genres, name, cluster, err));

done:
    pal_free(genre);
    pal_free(name);
    pal_free(point);
    pal_free(mass);
    pal_free(affinity);
    pal_free(coordinate);
    pal_free(mean);
    pal_free(cluster);
    return rc;
}
