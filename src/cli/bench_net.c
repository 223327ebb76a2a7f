/* palate bench net: an epoch of embeddings by in-batch softmax and one of a dense classifier, PyTorch beside them. */
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/peer.h"
#include "cli/print.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/bench_data.h"
#include "models/net_train.h"
#include "models/neural_model.h"

#include <math.h>
#include <stdio.h>

#define PAIRS UINT64_C(20241101) /* the stream of pairs */
#define PEOPLE 100000
#define ITEMS 20000
#define GROUPS 50 /* a person's items are those of one group, the low numbers more often */
#define D 64
#define BATCH 1024
#define SD 0.1         /* of the first embeddings    */
#define RATE 0.01
#define LAST 100       /* batches the stated loss is the mean of */
#define DENSE_BATCH 256
#define DENSE_RATE 0.003

enum { RUNS = 3, EXACT = 0, OPENBLAS, TORCH };

static const pal_option options[] = {
    { "pairs", "N", false, "pairs of a person and an item (default: 1,000,000)" },
    { "rows", "N", false, "rows of the dense classifier (default: 200,000)" },
    { "alone", NULL, false, "do not run PyTorch" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct epoch {
    double seconds, loss; /* loss: of the last batches (pairs), of the whole epoch (dense) */
} epoch;

/* What one run gave; `there` is false for a peer this machine has not. */
typedef struct found {
    bool there;
    epoch pairs, dense;
    char version[64];
} found;

typedef struct setup {
    size_t n_pairs, n_rows, n_threads;
    uint32_t *person, *item;
    double *x, *y;
    const char *cpu;
} setup;

/* ---- data ------------------------------------------------------------------------------------ */

static pal_status make_data(setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *x = NULL;

    PAL_NEW(s->person, s->n_pairs);
    PAL_NEW(s->item, s->n_pairs);
    PAL_NEW(s->x, s->n_rows * PAL_BENCH_D);
    PAL_NEW(s->y, s->n_rows);
    PAL_NEW(x, s->n_rows * PAL_BENCH_D);
    for (size_t k = 0; k < s->n_pairs; k++) {
        const double u = pal_bench_u01(PAIRS, 2 * k + 1);

        s->person[k] = (uint32_t)(pal_bench_u01(PAIRS, 2 * k) * PEOPLE);
        s->item[k] = s->person[k] % GROUPS * (ITEMS / GROUPS) + (uint32_t)(u * u * (ITEMS / GROUPS));
    }
    pal_bench_rows(x, s->y, PAL_BENCH_TRAIN, s->n_rows);
    for (size_t i = 0; i < s->n_rows * PAL_BENCH_D; i++) {
        s->x[i] = (double)x[i];
    }

done:
    pal_free(x);
    return rc;
}

/* ---- ours ------------------------------------------------------------------------------------ */

static pal_status build(pal_net **out, pal_net_softmax *softmax, pal_backend backend, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net_param people, items;

    PAL_TRY(pal_net_new(out, backend, err));
    people = pal_net_table(*out, "people", PEOPLE, D, SD);
    items = pal_net_table(*out, "items", ITEMS, D, SD);
    *softmax = (pal_net_softmax){ .user = pal_net_bag(*out, people, PAL_POOL_SUM), .temperature = 1.0,
                                  .scratch = scratch };
    softmax->item = pal_net_bag(*out, items, PAL_POOL_SUM);
    PAL_TRY(pal_net_start(*out, pal_key_for(1, 0, PAL_FOR_TEST), err));

done:
    return rc;
}

static pal_status run_pairs(epoch *out, const setup *s, pal_backend backend, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_adam_config adam = pal_adam_defaults();
    pal_net *net = NULL;
    pal_net_trainer *trainer = NULL;
    pal_arena *scratch = NULL;
    pal_net_softmax softmax;
    size_t ones[BATCH + 1], batches = s->n_pairs / BATCH, last = batches < LAST ? batches : LAST;
    double from, sum = 0;

    adam.rate = RATE;
    for (size_t r = 0; r <= BATCH; r++) {
        ones[r] = r;
    }
    PAL_TRY(pal_arena_new(&scratch, 1 << 20, err));
    PAL_TRY(build(&net, &softmax, backend, scratch, err));
    PAL_TRY(pal_net_trainer_new(&trainer, net, BATCH, &adam, pal_key_for(1, 0, PAL_FOR_TEST), s->n_threads, err));
    from = pal_clock_s();
    for (size_t b = 0; b < batches; b++) {
        const pal_net_ids bag[] = { { ones, s->person + b * BATCH, NULL }, { ones, s->item + b * BATCH, NULL } };
        const pal_net_batch batch = { .n = BATCH, .bag = bag };
        double loss;

        softmax.id = s->item + b * BATCH;
        PAL_TRY(pal_net_step(trainer, &batch, pal_net_loss_softmax, &softmax, &loss, err));
        sum += b + last >= batches ? loss : 0;
    }
    *out = (epoch){ pal_clock_s() - from, sum / (double)last };

done:
    pal_net_trainer_free(trainer);
    pal_net_free(net);
    pal_arena_free(scratch);
    return rc;
}

static pal_status run_dense(epoch *out, const setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_model_config config = pal_neural_model_defaults();
    pal_neural_model *model = NULL;
    pal_arena *scratch = NULL;
    double from;

    config.hidden[0] = 64;
    config.hidden[1] = 32;
    config.dropout = 0;
    config.learning_rate = DENSE_RATE;
    config.batch = DENSE_BATCH;
    config.epochs = 1;
    config.valid_parts = 0;
    config.n_threads = s->n_threads;
    PAL_TRY(pal_arena_new(&scratch, 1 << 20, err));
    from = pal_clock_s();
    PAL_TRY(pal_neural_model_fit(&model, s->x, s->y, NULL, s->n_rows, PAL_BENCH_D, NULL, NULL, &config,
                                 pal_key_for(1, 0, PAL_FOR_TEST), scratch, err));
    *out = (epoch){ pal_clock_s() - from, model->train[0] };

done:
    pal_neural_model_free(model);
    pal_arena_free(scratch);
    return rc;
}

static pal_status run_ours(found run[RUNS], const setup *s, pal_error *err)
{
    pal_status rc = PAL_OK;

    run[EXACT].there = run[OPENBLAS].there = true;
    PAL_TRY(run_pairs(&run[EXACT].pairs, s, PAL_PORTABLE, err));
    PAL_TRY(run_pairs(&run[OPENBLAS].pairs, s, PAL_OPENBLAS, err));
    PAL_TRY(run_dense(&run[EXACT].dense, s, err));
    run[OPENBLAS].dense = (epoch){ (double)NAN, (double)NAN }; /* the classifier is exact only */

done:
    return rc;
}

/* ---- the peer -------------------------------------------------------------------------------- */

/* The same pairs and rows, Adam on touched rows alone, accidental hits left out as ours. */
static const char torch_script[] =
    "import sys, time, numpy as np, torch\n"
    "n, m, th = map(int, sys.argv[1:4])\n"
    "torch.set_num_threads(th); torch.manual_seed(1); F = torch.nn.functional\n"
    "def u(seed, k):\n"
    "    z = np.uint64(seed) + (k.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)\n"
    "    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)\n"
    "    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)\n"
    "    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0 ** -53\n"
    "k = np.arange(n); p = (u(20241101, 2 * k) * 100000).astype('i8')\n"
    "i = p % 50 * 400 + (u(20241101, 2 * k + 1) ** 2 * 400).astype('i8')\n"
    "p, i = torch.from_numpy(p), torch.from_numpy(i)\n"
    "P, I = (torch.nn.Embedding(r, 64, sparse=True) for r in (100000, 20000))\n"
    "for e in (P, I): torch.nn.init.normal_(e.weight, 0, 0.1)\n"
    "o = torch.optim.SparseAdam(list(P.parameters()) + list(I.parameters()), lr=0.01)\n"
    "B = 1024; nb = n // B; own = torch.arange(B); eye = torch.eye(B, dtype=torch.bool); L = []\n"
    "s = time.perf_counter()\n"
    "for b in range(nb):\n"
    "    x, y = p[b * B:b * B + B], i[b * B:b * B + B]\n"
    "    z = (P(x) @ I(y).T).masked_fill((y[:, None] == y[None]) & ~eye, -1e30)\n"
    "    loss = F.cross_entropy(z, own); o.zero_grad(); loss.backward(); o.step()\n"
    "    if b + 100 >= nb: L.append(loss.item())\n"
    "print('pairs', time.perf_counter() - s, np.mean(L), flush=True)\n"
    "j = np.arange(m); U = np.stack([u(20240601, 16 * j + c) for c in range(10)], 1); v = np.zeros((m, 9))\n"
    "for c in range(3):\n"
    "    r, a = np.sqrt(-2 * np.log(1 - U[:, 2 * c])), 2 * np.pi * U[:, 2 * c + 1]\n"
    "    v[:, 2 * c], v[:, 2 * c + 1] = r * np.cos(a), r * np.sin(a)\n"
    "v[:, 6], v[:, 7], v[:, 8] = U[:, 6], np.floor(10 * U[:, 7]), U[:, 8] < 0.3\n"
    "f = (-0.4 + v[:, 0] - 0.7 * v[:, 1] + 0.8 * (v[:, 2] + 0.7) * (v[:, 3] + 0.7) + 0.6 * np.sin(3 * v[:, 4])\n"
    "     - 0.4 * v[:, 5] ** 2 + 0.9 * (v[:, 6] > 0.5) * v[:, 0] + 0.3 * (v[:, 7] >= 6) - 0.8 * v[:, 8] * v[:, 1])\n"
    "y = torch.from_numpy((U[:, 9] < 1 / (1 + np.exp(-f))).astype('f4'))\n"
    "s = time.perf_counter()\n"
    "x = torch.from_numpy(((v - v.mean(0)) / v.std(0)).astype('f4'))\n"
    "N = torch.nn; net = N.Sequential(N.Linear(9, 64), N.ReLU(), N.Linear(64, 32), N.ReLU(), N.Linear(32, 1))\n"
    "o = torch.optim.AdamW(net.parameters(), lr=0.003, weight_decay=0.1); t = 0\n"
    "for b in torch.randperm(m).split(256):\n"
    "    loss = F.binary_cross_entropy_with_logits(net(x[b])[:, 0], y[b])\n"
    "    o.zero_grad(); loss.backward(); o.step(); t += loss.item() * len(b)\n"
    "print('dense', time.perf_counter() - s, t / m); print('version', torch.__version__)\n";

static void read_line(void *ctx, const char *line)
{
    found *out = ctx;
    epoch got;

    if (sscanf(line, "pairs %lf %lf", &got.seconds, &got.loss) == 2) {
        out->pairs = got;
    } else if (sscanf(line, "dense %lf %lf", &got.seconds, &got.loss) == 2) {
        out->dense = got;
    } else {
        sscanf(line, "version %63s", out->version);
    }
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_epoch(const char *who, const char *version, const epoch *e, size_t n)
{
    printf("%-18s %-12s %9.2f %14s %9.4f\n", who, version, e->seconds,
           pal_print_count((unsigned long long)((double)n / e->seconds)), e->loss);
}

static void print_text(const setup *s, const found run[RUNS])
{
    static const char *const who[RUNS] = { "palate, exact", "palate, OpenBLAS", "PyTorch" };

    printf("one epoch, %zu thread%s, %s\n", s->n_threads, s->n_threads == 1 ? "" : "s", s->cpu);
    printf("\n%s pairs of %s people and %s items, %d floats each, in-batch softmax over %s\n\n",
           pal_print_count(s->n_pairs), pal_print_count(PEOPLE), pal_print_count(ITEMS), D, pal_print_count(BATCH));
    printf("%-31s %9s %14s %9s\n", "", "seconds", "pairs/s", "loss");
    for (int r = 0; r < RUNS; r++) {
        if (run[r].there) print_epoch(who[r], run[r].version, &run[r].pairs, s->n_pairs);
    }
    printf("\n%s rows of %d features, layers of 64 and 32, batches of %d\n\n", pal_print_count(s->n_rows), PAL_BENCH_D,
           DENSE_BATCH);
    printf("%-31s %9s %14s %9s\n", "", "seconds", "rows/s", "loss");
    for (int r = 0; r < RUNS; r++) {
        if (run[r].there && r != OPENBLAS) print_epoch(who[r], run[r].version, &run[r].dense, s->n_rows);
    }
}

static void put_epoch(pal_json_writer *w, const char *key, const epoch *e)
{
    pal_json_begin_object(w, key);
    pal_json_put_number(w, "seconds", e->seconds);
    pal_json_put_number(w, "loss", e->loss);
    pal_json_end_object(w);
}

static pal_status print_json(const setup *s, const found run[RUNS], pal_error *err)
{
    static const char *const key[RUNS] = { "palate_exact", "palate_openblas", "torch" };
    pal_json_writer w;

    pal_bench_line(&w, "net", s->cpu);
    pal_json_put_i64(&w, "pairs", (int64_t)s->n_pairs);
    pal_json_put_i64(&w, "rows", (int64_t)s->n_rows);
    pal_json_put_i64(&w, "threads", (int64_t)s->n_threads);
    for (int r = 0; r < RUNS; r++) {
        if (!run[r].there) {
            pal_json_put_null(&w, key[r]);
            continue;
        }
        pal_json_begin_object(&w, key[r]);
        put_epoch(&w, "pairs", &run[r].pairs);
        if (r != OPENBLAS) put_epoch(&w, "dense", &run[r].dense);
        pal_json_end_object(&w);
    }
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    setup s = { 0 };
    found runs[RUNS] = { { 0 } };
    uint64_t pairs = 0, rows = 0;
    char cpu[256], arguments[96];

    PAL_TRY(pal_args_whole(&pairs, args, "pairs", 1000000, BATCH, 100000000, err));
    PAL_TRY(pal_args_whole(&rows, args, "rows", 200000, 1000, 10000000, err));
    PAL_TRY(pal_args_threads(&s.n_threads, args, err));
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    s.n_pairs = (size_t)pairs;
    s.n_rows = (size_t)rows;
    s.cpu = cpu;
    PAL_TRY(make_data(&s, err));
    PAL_TRY(run_ours(runs, &s, err));
    if (!pal_args_has(args, "alone")) {
        snprintf(arguments, sizeof arguments, "%zu %zu %zu", s.n_pairs, s.n_rows, s.n_threads);
        PAL_TRY(pal_peer_run(&runs[TORCH].there, "torch", torch_script, arguments, s.n_threads, read_line, &runs[TORCH],
                             err));
    }
    if (pal_args_has(args, "json")) {
        PAL_TRY(print_json(&s, runs, err));
    } else {
        print_text(&s, runs);
    }

done:
    pal_free(s.person);
    pal_free(s.item);
    pal_free(s.x);
    pal_free(s.y);
    return rc;
}

const pal_command pal_command_bench_net = {
    .name = "bench net", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time an epoch of embeddings and one of a dense classifier, with PyTorch's beside them",
    .usage = "Embeddings of people and items by in-batch softmax, with our own matrix products (the same bytes\n"
             "everywhere) and with OpenBLAS's; then the classifier of 'palate train neural'. PyTorch runs on the same\n"
             "pairs and rows when a Python has it. The loss of pairs is that of the last 100 batches, the classifier's\n"
             "that of its epoch.",
    .options = options, .run = run,
};
