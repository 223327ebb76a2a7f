/* palate bench index: nearest vectors, exact and by the index, and hnswlib and faiss beside them. */
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/peer.h"
#include "cli/print.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/progress.h"
#include "core/threads.h"
#include "models/bench_data.h"
#include "models/hnsw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VECTORS UINT64_C(20240608) /* streams that peers were measured on */
#define QUERIES UINT64_C(20240609)
#define N_QUERIES 1000
#define K 10
#define PASSES 3
#define PLAIN_FLOATS 8000000 /* of a plain product at once */
#define TAU 6.28318530717958647692

enum { EF_STEPS = 6, PEERS = 2 };
static const size_t ef_of[EF_STEPS] = { 10, 20, 40, 80, 160, 320 };

static const pal_option options[] = {
    { "vectors", "N", false, "vectors in the index (default: 100,000)" },
    { "dimensions", "D", false, "floats a vector (default: 16)" },
    { "alone", NULL, false, "do not run hnswlib and faiss" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct found {
    double build_s, exact_per_s; /* exact_per_s: queries a second, exact answer */
    double plain_per_s;          /* the same, by a product of matrices and a selection */
    double recall[EF_STEPS], per_s[EF_STEPS];
    bool there;
    char version[64];
} found;

typedef struct setup {
    size_t n, d, n_threads;
    float *x, *query;
    uint32_t *exact, *got;
    float *score;
    const char *cpu;
    bool json;
} setup;

/* Normals of a stream by Box and Muller, rows scaled to length 1. */
static void fill(float *x, uint64_t seed, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++) {
        double square = 0.0;

        for (size_t k = 0; k < d; k++) {
            uint64_t at = (uint64_t)(i * d + k);
            double r = sqrt(-2.0 * pal_log1p(-pal_bench_u01(seed, at / 2 * 2)));
            double angle = TAU * pal_bench_u01(seed, at / 2 * 2 + 1);
            double normal = r * (at % 2 == 0 ? pal_cos(angle) : pal_sin(angle));

            x[i * d + k] = (float)normal;
            square += normal * normal;
        }
        for (size_t k = 0; k < d; k++) {
            x[i * d + k] = (float)((double)x[i * d + k] / sqrt(square));
        }
    }
}

/* ---- ours ------------------------------------------------------------------------------------ */

static double recall_of(const setup *s)
{
    size_t hits = 0;

    for (size_t q = 0; q < N_QUERIES; q++) {
        for (size_t i = 0; i < K; i++) {
            for (size_t j = 0; j < K; j++) {
                hits += s->got[q * K + i] == s->exact[q * K + j];
            }
        }
    }
    return (double)hits / (N_QUERIES * K);
}

static pal_status run_exact(found *out, setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    double best = 0.0;

    for (int pass = 0; pass < PASSES; pass++) {
        double from = pal_clock_s(), took;

        PAL_TRY(pal_nearest_exact(s->exact, s->score, s->x, s->n, s->d, s->query, N_QUERIES, K, PAL_NEAR_COSINE,
                                  PAL_OPENBLAS, s->n_threads, err));
        took = pal_clock_s() - from;
        best = pass == 0 || took < best ? took : best;
    }
    out->exact_per_s = N_QUERIES / best;

done:
    return rc;
}

/* Scores of a block of queries with all vectors in one product, then a look at each: what one would write at first. */
typedef struct plain {
    const setup *s;
    size_t block;
    float *score; /* threads x block x n */
} plain;

static void select_plain(uint32_t *id, const float *score, size_t n)
{
    float best[K];
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        size_t at;

        if (kept == K && !(score[i] > best[K - 1])) continue;
        at = kept < K ? kept++ : K - 1;
        for (; at > 0 && best[at - 1] < score[i]; at--) {
            best[at] = best[at - 1];
            id[at] = id[at - 1];
        }
        best[at] = score[i];
        id[at] = (uint32_t)i;
    }
}

static pal_status plain_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const plain *p = ctx;
    const setup *s = p->s;
    float *score = p->score + worker * p->block * s->n;

    (void)block;
    (void)err;
    pal_gemm_f32(PAL_OPENBLAS, false, true, end - begin, s->n, s->d, 1, s->query + begin * s->d, s->d, s->x, s->d, 0,
                 score, s->n);
    for (size_t q = begin; q < end; q++) {
        select_plain(s->got + q * K, score + (q - begin) * s->n, s->n);
    }
    return PAL_OK;
}

static pal_status run_plain(found *out, const setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    plain p = { .s = s, .block = PLAIN_FLOATS / s->n + 1 };
    double best = 0.0;

    p.block = p.block < N_QUERIES ? p.block : N_QUERIES;
    PAL_NEW(p.score, s->n_threads * p.block * s->n);
    for (int pass = 0; pass < PASSES; pass++) {
        double from = pal_clock_s(), took;

        PAL_TRY(pal_parallel_for(N_QUERIES, p.block, s->n_threads, plain_block, &p, err));
        took = pal_clock_s() - from;
        best = pass == 0 || took < best ? took : best;
    }
    out->plain_per_s = N_QUERIES / best;

done:
    pal_free(p.score);
    return rc;
}

static pal_status run_index(found *out, setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL;
    uint32_t *id = NULL;
    double from;

    PAL_NEW(id, s->n);
    for (size_t i = 0; i < s->n; i++) {
        id[i] = (uint32_t)i;
    }
    PAL_TRY(pal_hnsw_new(&index, s->d, &config, err));
    from = pal_clock_s();
    PAL_TRY(pal_hnsw_insert(index, id, s->x, s->n, s->n_threads, err));
    out->build_s = pal_clock_s() - from;
    for (size_t e = 0; e < EF_STEPS; e++) {
        double best = 0.0;

        for (int pass = 0; pass < PASSES; pass++) {
            double took;

            from = pal_clock_s();
            PAL_TRY(pal_hnsw_search(s->got, s->score, index, s->query, N_QUERIES, K, ef_of[e], s->n_threads, err));
            took = pal_clock_s() - from;
            best = pass == 0 || took < best ? took : best;
        }
        out->per_s[e] = N_QUERIES / best;
        out->recall[e] = recall_of(s);
    }

done:
    pal_hnsw_free(index);
    pal_free(id);
    return rc;
}

/* ---- peers ----------------------------------------------------------------------------------- */

#define PEER_DATA                                                                             \
    "import sys, time, numpy as np\n"                                                         \
    "n, d, th = map(int, sys.argv[1:4])\n"                                                    \
    "def u(seed, k):\n"                                                                       \
    "    z = np.uint64(seed) + (k.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)\n" \
    "    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)\n"                    \
    "    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)\n"                    \
    "    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0 ** -53\n"                 \
    "def rows(seed, m):\n"                                                                    \
    "    j = np.arange((m * d + 1) // 2)\n"                                                   \
    "    r, v = np.sqrt(-2 * np.log1p(-u(seed, 2 * j))), 2 * np.pi * u(seed, 2 * j + 1)\n"    \
    "    x = np.stack([r * np.cos(v), r * np.sin(v)], 1).ravel()[:m * d].reshape(m, d)\n"     \
    "    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype('f4')\n"                \
    "x, q = rows(20240608, n), rows(20240609, 1000)\n"                                        \
    "def best(f):\n"                                                                          \
    "    t = []\n"                                                                            \
    "    for _ in range(3):\n"                                                                \
    "        s = time.perf_counter(); r = f(); t.append(time.perf_counter() - s)\n"           \
    "    return min(t), r\n"

static const char hnswlib_script[] = PEER_DATA
    "import hnswlib\n"
    "e = np.concatenate([np.argsort(-(q[i:i+100] @ x.T), 1, kind='stable')[:, :10] for i in range(0, 1000, 100)])\n"
    "p = hnswlib.Index('cosine', d); p.init_index(n, ef_construction=200, M=16, random_seed=100)\n"
    "s = time.perf_counter(); p.add_items(x, np.arange(n), num_threads=th); print('build', time.perf_counter() - s)\n"
    "for i, ef in enumerate((10, 20, 40, 80, 160, 320)):\n"
    "    p.set_ef(ef); t, r = best(lambda: p.knn_query(q, 10, num_threads=th)[0])\n"
    "    print('ef', i, np.mean([len(set(a) & set(b)) for a, b in zip(r, e)]) / 10, 1000 / t, flush=True)\n";

static const char faiss_script[] = PEER_DATA
    "import faiss\n"
    "faiss.omp_set_num_threads(th)\n"
    "p = faiss.IndexFlatIP(d); p.add(x)\n"
    "print('exact', 1000 / best(lambda: p.search(q, 10))[0]); print('version', faiss.__version__)\n";

static void read_line(void *ctx, const char *line)
{
    found *out = ctx;
    double recall, per_s;
    size_t e;

    if (sscanf(line, "ef %zu %lf %lf", &e, &recall, &per_s) == 3 && e < EF_STEPS) {
        out->recall[e] = recall;
        out->per_s[e] = per_s;
    } else if (sscanf(line, "build %lf", &per_s) == 1) {
        out->build_s = per_s;
    } else if (sscanf(line, "exact %lf", &per_s) == 1) {
        out->exact_per_s = per_s;
    } else {
        sscanf(line, "version %63s", out->version);
    }
}

static pal_status run_peers(found peer[PEERS], const setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    char arguments[96];

    snprintf(arguments, sizeof arguments, "%zu %zu %zu", s->n, s->d, s->n_threads);
    PAL_TRY(pal_peer_run(&peer[0].there, "hnswlib", hnswlib_script, arguments, s->n_threads, read_line, &peer[0], err));
    PAL_TRY(pal_peer_run(&peer[1].there, "faiss", faiss_script, arguments, s->n_threads, read_line, &peer[1], err));

done:
    return rc;
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_text(const setup *s, const found *ours, const found *peer)
{
    printf("%s vectors of %zu floats, %d queries, %d nearest, %zu thread%s, best of %d, %s\n\n",
           pal_print_count(s->n), s->d, N_QUERIES, K, s->n_threads, s->n_threads == 1 ? "" : "s", PASSES, s->cpu);
    printf("%-10s %12s %9s %14s %9s\n", "", "palate q/s", "recall", "peer q/s", "recall");
    printf("%-10s %12s %9.4f", "exact", pal_print_count((unsigned long long)ours->exact_per_s), 1.0);
    if (peer[1].there) {
        printf(" %14s %9.4f  faiss %s\n", pal_print_count((unsigned long long)peer[1].exact_per_s), 1.0, peer[1].version);
    } else {
        printf("\n");
    }
    printf("%-10s %12s %9.4f  by a plain BLAS product and selection; exact takes %.2f times as long\n", "plain",
           pal_print_count((unsigned long long)ours->plain_per_s), 1.0, ours->plain_per_s / ours->exact_per_s);
    for (size_t e = 0; e < EF_STEPS; e++) {
        printf("ef %-7zu %12s %9.4f", ef_of[e], pal_print_count((unsigned long long)ours->per_s[e]), ours->recall[e]);
        if (peer[0].there) {
            printf(" %14s %9.4f  hnswlib\n", pal_print_count((unsigned long long)peer[0].per_s[e]), peer[0].recall[e]);
        } else {
            printf("\n");
        }
    }
    printf("built in %.2f s", ours->build_s);
    if (peer[0].there) {
        printf(", hnswlib in %.2f s", peer[0].build_s);
    }
    printf("\n");
}

static void put_found(pal_json_writer *w, const char *key, const found *f, bool index, bool exact)
{
    if (!f->there) {
        pal_json_put_null(w, key);
        return;
    }
    pal_json_begin_object(w, key);
    if (exact) {
        pal_json_put_number(w, "exact_per_s", f->exact_per_s);
        if (f->plain_per_s > 0.0) {
            pal_json_put_number(w, "plain_per_s", f->plain_per_s);
        }
    }
    if (index) {
        pal_json_put_number(w, "build_s", f->build_s);
        pal_json_put_numbers(w, "recall", f->recall, EF_STEPS);
        pal_json_put_numbers(w, "per_s", f->per_s, EF_STEPS);
    }
    pal_json_end_object(w);
}

static pal_status print_json(const setup *s, const found *ours, const found *peer, pal_error *err)
{
    pal_json_writer w;

    pal_bench_line(&w, "index", s->cpu);
    pal_json_put_i64(&w, "vectors", (int64_t)s->n);
    pal_json_put_i64(&w, "dimensions", (int64_t)s->d);
    pal_json_put_i64(&w, "threads", (int64_t)s->n_threads);
    put_found(&w, "palate", ours, true, true);
    put_found(&w, "hnswlib", &peer[0], true, false);
    put_found(&w, "faiss", &peer[1], false, true);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    setup s = { .json = pal_args_has(args, "json") };
    found ours = { .there = true }, peer[PEERS] = { { 0 } };
    uint64_t n, d;
    char cpu[256];

    PAL_TRY(pal_args_whole(&n, args, "vectors", 100000, 1000, 10000000, err));
    PAL_TRY(pal_args_whole(&d, args, "dimensions", 16, 2, 1024, err));
    PAL_TRY(pal_args_threads(&s.n_threads, args, err));
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    s.n = (size_t)n;
    s.d = (size_t)d;
    s.cpu = cpu;
    PAL_NEW(s.x, s.n * s.d);
    PAL_NEW(s.query, N_QUERIES * s.d);
    PAL_NEW(s.exact, N_QUERIES * K);
    PAL_NEW(s.got, N_QUERIES * K);
    PAL_NEW(s.score, N_QUERIES * K);
    fill(s.x, VECTORS, s.n, s.d);
    fill(s.query, QUERIES, N_QUERIES, s.d);
    PAL_TRY(run_exact(&ours, &s, err));
    PAL_TRY(run_plain(&ours, &s, err));
    PAL_TRY(run_index(&ours, &s, err));
    if (!pal_args_has(args, "alone")) {
        PAL_TRY(run_peers(peer, &s, err));
    }
    if (s.json) {
        PAL_TRY(print_json(&s, &ours, peer, err));
    } else {
        print_text(&s, &ours, peer);
    }

done:
    pal_free(s.x);
    pal_free(s.query);
    pal_free(s.exact);
    pal_free(s.got);
    pal_free(s.score);
    return rc;
}

const pal_command pal_command_bench_index = {
    .name = "bench index", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time nearest vectors, exact and by the index, with hnswlib's and faiss's beside them",
    .usage = "Unit vectors without structure, the hardest case for an index: queries a second and recall of the ten\n"
             "nearest against the exact answer, by the number of candidates looked at (ef). Beside the exact answer\n"
             "stands what a plain product of matrices and a selection take. hnswlib (M 16,\n"
             "ef_construction 200, as ours) and faiss (IndexFlatIP) run on the same vectors when a Python has them.",
    .options = options, .run = run,
};
