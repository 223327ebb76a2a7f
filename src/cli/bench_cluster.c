/* palate bench cluster: spectral clustering and k-means on generated points, and scikit-learn's beside them. */
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/peer.h"
#include "cli/print.h"
#include "core/mem.h"
#include "core/partition.h"
#include "core/progress.h"
#include "models/kmeans.h"
#include "models/spectral.h"
#include "models/spectral_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSES 3
#define MOST_ROWS 200000

static const pal_option options[] = {
    { "rows", "N", false, "this many points only (default: 2,000 and 10,000)" },
    { "alone", NULL, false, "do not run scikit-learn (which takes more than a minute at 10,000 points)" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

enum { SPECTRAL, KMEANS, METHODS };
static const char *const method_name[METHODS] = { "spectral", "k-means" };

typedef struct outcome {
    double seconds, ari; /* seconds: median of the passes */
} outcome;

typedef struct points {
    double *x;
    uint32_t *label;
    size_t n, n_threads;
    double separation;
} points;

/* ---- ours ------------------------------------------------------------------------------------------------- */

static pal_status cluster_once(uint32_t *label, const points *p, int method, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_key key = pal_key_for(1, 0, PAL_FOR_TEST);

    if (method == SPECTRAL) {
        pal_spectral_config config = pal_spectral_defaults();
        pal_spectral_result result = { 0 };

        config.k = PAL_BENCH_CLUSTERS;
        config.n_threads = p->n_threads;
        PAL_TRY(pal_spectral_points(&result, p->x, p->n, PAL_BENCH_CLUSTER_D, &config, key, err));
        memcpy(label, result.label, p->n * sizeof *label);
        pal_spectral_clear(&result);
    } else {
        pal_kmeans_config config = pal_kmeans_defaults();

        config.k = PAL_BENCH_CLUSTERS;
        config.n_threads = p->n_threads;
        PAL_TRY(pal_kmeans(label, NULL, NULL, p->x, p->n, PAL_BENCH_CLUSTER_D, &config, key, err));
    }

done:
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static pal_status run_ours(outcome *out, const points *p, int method, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *label = NULL;
    double seconds[PASSES];

    PAL_NEW(label, p->n);
    for (size_t i = 0; i < PASSES; i++) {
        double from = pal_clock_s();

        PAL_TRY(cluster_once(label, p, method, err));
        seconds[i] = pal_clock_s() - from;
    }
    qsort(seconds, PASSES, sizeof *seconds, by_value);
    out->seconds = seconds[PASSES / 2];
    PAL_TRY(pal_adjusted_rand(&out->ari, p->label, label, p->n, err));

done:
    pal_free(label);
    return rc;
}

/* ---- scikit-learn ----------------------------------------------------------------------------------------- */

/* The same points from the same streams; prints "METHOD SECONDS ARI" a method, and the version. */
static const char peer_script[] =
    "import sys, time, warnings, numpy as np, sklearn\n"
    "from sklearn.cluster import SpectralClustering, KMeans\n"
    "from sklearn.metrics import adjusted_rand_score\n"
    "warnings.filterwarnings('ignore')\n"
    "n, s = int(sys.argv[1]), float(sys.argv[2])\n"
    "def u(seed, k):\n"
    "    z = np.uint64(seed) + (k.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)\n"
    "    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)\n"
    "    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)\n"
    "    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0 ** -53\n"
    "def normals(seed, m):\n"
    "    j = np.arange(m // 2)\n"
    "    r, v = np.sqrt(-2 * np.log(1 - u(seed, 2 * j))), 2 * np.pi * u(seed, 2 * j + 1)\n"
    "    return np.stack([r * np.cos(v), r * np.sin(v)], 1).ravel()\n"
    "y = np.floor(12 * u(20240606, np.arange(n))).astype(int)\n"
    "x = normals(20240607, 16 * n).reshape(n, 16) + s * normals(20240605, 192).reshape(12, 16)[y]\n"
    "def run(name, make, passes):\n"
    "    t = []\n"
    "    for _ in range(passes):\n"
    "        from_ = time.perf_counter(); l = make().fit_predict(x); t.append(time.perf_counter() - from_)\n"
    "    print(name, sorted(t)[len(t) // 2], adjusted_rand_score(y, l), flush=True)\n"
    "spectral = lambda: SpectralClustering(12, affinity='nearest_neighbors', n_neighbors=10, random_state=0)\n"
    "run('spectral', spectral, 3 if n <= 2000 else 1)\n"
    "run('k-means', lambda: KMeans(12, n_init=10, random_state=0), 3)\n"
    "print('version', sklearn.__version__)\n";

typedef struct peer {
    outcome found[METHODS];
    char version[64]; /* empty: not installed */
} peer;

static void read_line(void *ctx, const char *line)
{
    peer *out = ctx;
    char word[16];
    double seconds, ari;

    if (sscanf(line, "version %63s", out->version) == 1) return;
    if (sscanf(line, "%15s %lf %lf", word, &seconds, &ari) != 3) return;
    for (int m = 0; m < METHODS; m++) {
        if (strcmp(word, method_name[m]) == 0) out->found[m] = (outcome){ seconds, ari };
    }
}

static pal_status run_peer(peer *out, const points *p, pal_error *err)
{
    char arguments[64];
    bool there;

    *out = (peer){ .version = "" };
    snprintf(arguments, sizeof arguments, "%zu %.17g", p->n, p->separation);
    return pal_peer_run(&there, "sklearn", peer_script, arguments, p->n_threads, read_line, out, err);
}

/* ---- printing --------------------------------------------------------------------------------------------- */

static pal_status print_row(const points *p, int method, const outcome *ours, const peer *theirs, const char *cpu,
                            bool json, pal_error *err)
{
    const outcome *t = theirs != NULL && theirs->version[0] != '\0' ? &theirs->found[method] : NULL;
    pal_json_writer w;

    if (!json) {
        printf("%-9s %8s %5g %10.3f %8.4f", method_name[method], pal_print_count(p->n), p->separation, ours->seconds,
               ours->ari);
        if (t != NULL) printf(" %14.3f %8.4f %8.1fx\n", t->seconds, t->ari, t->seconds / ours->seconds);
        else printf(" %14s\n", theirs != NULL ? "not installed" : "not run");
        return PAL_OK;
    }
    pal_bench_line(&w, "cluster", cpu);
    pal_json_put_string(&w, "method", method_name[method]);
    pal_json_put_i64(&w, "rows", (int64_t)p->n);
    pal_json_put_number(&w, "separation", p->separation);
    pal_json_put_i64(&w, "threads", (int64_t)p->n_threads);
    pal_json_put_number(&w, "seconds", ours->seconds);
    pal_json_put_number(&w, "ari", ours->ari);
    if (t != NULL) {
        pal_json_put_string(&w, "sklearn", theirs->version);
        pal_json_put_number(&w, "sklearn_seconds", t->seconds);
        pal_json_put_number(&w, "sklearn_ari", t->ari);
        pal_json_put_number(&w, "times_faster", t->seconds / ours->seconds);
    } else {
        pal_json_put_null(&w, "sklearn");
    }
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status measure(points *p, const char *cpu, bool json, bool alone, pal_error *err)
{
    pal_status rc = PAL_OK;
    peer theirs;
    outcome ours[METHODS];

    PAL_NEW(p->x, p->n * PAL_BENCH_CLUSTER_D);
    PAL_NEW(p->label, p->n);
    pal_bench_clusters(p->x, p->label, NULL, p->n, p->separation);
    for (int m = 0; m < METHODS; m++) PAL_TRY(run_ours(&ours[m], p, m, err));
    if (!alone) PAL_TRY(run_peer(&theirs, p, err));
    for (int m = 0; m < METHODS; m++) {
        PAL_TRY(print_row(p, m, &ours[m], alone ? NULL : &theirs, cpu, json, err));
    }
    fflush(stdout);

done:
    pal_free(p->x);
    pal_free(p->label);
    p->x = NULL;
    p->label = NULL;
    return rc;
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static pal_status run(const pal_args *args, pal_error *err)
{
    static const double separation[] = { 1, 0.6 };
    pal_status rc = PAL_OK;
    uint64_t rows[2] = { 2000, 10000 };
    size_t n_rows = 2;
    points p = { 0 };
    bool json = pal_args_has(args, "json");
    char cpu[256];

    if (pal_args_has(args, "rows")) {
        PAL_TRY(pal_args_whole(&rows[0], args, "rows", 0, 100, MOST_ROWS, err));
        n_rows = 1;
    }
    PAL_TRY(pal_args_threads(&p.n_threads, args, err));
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    if (!json) {
        printf("%d Gaussian clusters in %d dimensions, %zu thread%s, medians, %s\n\n", PAL_BENCH_CLUSTERS,
               PAL_BENCH_CLUSTER_D, p.n_threads, p.n_threads == 1 ? "" : "s", cpu);
        printf("%-9s %8s %5s %10s %8s %14s %8s %9s\n", "method", "rows", "apart", "seconds", "ARI", "scikit-learn s",
               "ARI", "ratio");
    }
    for (size_t i = 0; i < n_rows; i++) {
        for (size_t s = 0; s < 2; s++) {
            p.n = (size_t)rows[i];
            p.separation = separation[s];
            PAL_TRY(measure(&p, cpu, json, pal_args_has(args, "alone"), err));
        }
    }

done:
    return rc;
}

const pal_command pal_command_bench_cluster = {
    .name = "bench cluster", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time spectral clustering and k-means, with scikit-learn's beside them",
    .usage = "Twelve clusters that hardly overlap (1 apart) and that do (0.6): seconds from the points to the labels,\n"
             "and how far these agree with the truth (ARI). scikit-learn runs on the same points when a Python has it:\n"
             "10 neighbours, 12 clusters, its other defaults; once for spectral clustering of more than 2,000 points.",
    .options = options, .run = run,
};
