/* Networks: every layer's gradient against finite differences, training against PyTorch's numbers, same bytes. */
#include "models/net_train.h"

#include "core/dist.h"
#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_models_net(void);

enum { ROWS = 7, IN = 5, VOCABULARY = 9, MOST_IDS = 4 };

/* One batch of everything: dense numbers, two bags (one with weights, with empty rows), labels. */
typedef struct stuff {
    float x[ROWS * IN], label[ROWS], sign[ROWS], weight[ROWS];
    size_t begin[2][ROWS + 1];
    uint32_t id[2][ROWS * MOST_IDS];
    float w[ROWS * MOST_IDS];
    const float *input[1];
    pal_net_ids bag[2];
    pal_net_batch batch;
} stuff;

static void make_stuff(stuff *s, uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    uint64_t draw = 0;

    for (size_t i = 0; i < ROWS * IN; i++) {
        s->x[i] = (float)pal_draw_normal(key, (pal_at){ 1, 0, 0 }, &draw);
    }
    for (size_t b = 0; b < 2; b++) {
        size_t n = 0;

        for (size_t r = 0; r < ROWS; r++) {
            size_t count = pal_u64(key, (pal_at){ 2, b, r }, 0) % (MOST_IDS + 1);

            s->begin[b][r] = n;
            for (size_t k = 0; k < count; k++) {
                s->id[b][n] = (uint32_t)(pal_u64(key, (pal_at){ 3, b, r }, k) % VOCABULARY);
                s->w[n] = 0.25f + (float)pal_u01(key, (pal_at){ 4, b, r }, k);
                n++;
            }
        }
        s->begin[b][ROWS] = n;
        s->bag[b] = (pal_net_ids){ s->begin[b], s->id[b], b == 0 ? s->w : NULL };
    }
    for (size_t r = 0; r < ROWS; r++) {
        s->label[r] = (float)(pal_u64(key, (pal_at){ 5, r, 0 }, 0) & 1);
        s->sign[r] = s->label[r] > 0.0f ? 1.0f : -1.0f;
        s->weight[r] = 0.5f + (float)pal_u01(key, (pal_at){ 6, r, 0 }, 0);
    }
    s->input[0] = s->x;
    s->batch = (pal_net_batch){ ROWS, s->input, s->bag };
}

static pal_adam_config adam(void)
{
    return pal_adam_defaults();
}

/* The gradient of every parameter against (loss(p + h) - loss(p - h)) / 2h. */
static void check_gradient(pal_net *net, const pal_net_batch *batch, pal_net_loss loss, void *ctx, const char *what)
{
    pal_adam_config config = adam();
    pal_net_trainer *trainer = NULL;
    size_t n = pal_net_size(net);
    float *gradient = pal_calloc(n, sizeof *gradient), *other = pal_calloc(n, sizeof *other);
    float *at = pal_calloc(n, sizeof *at);
    double value, high, low, worst = 0.0;
    const double h = 1.0 / 1024.0;

    ck_assert_int_eq(pal_net_trainer_new(&trainer, net, ROWS, &config, pal_key_for(5, 0, PAL_FOR_TRAIN), 1, NULL),
                     PAL_OK);
    ck_assert_int_eq(pal_net_gradients(gradient, &value, trainer, batch, loss, ctx, NULL), PAL_OK);
    pal_net_copy_out(at, net);
    for (size_t i = 0; i < n; i++) {
        float was = at[i];
        double numeric, error;

        at[i] = (float)((double)was + h);
        pal_net_copy_in(net, at);
        ck_assert_int_eq(pal_net_gradients(other, &high, trainer, batch, loss, ctx, NULL), PAL_OK);
        at[i] = (float)((double)was - h);
        pal_net_copy_in(net, at);
        ck_assert_int_eq(pal_net_gradients(other, &low, trainer, batch, loss, ctx, NULL), PAL_OK);
        at[i] = was;
        numeric = (high - low) / (2.0 * h);
        error = fabs(numeric - (double)gradient[i]) / (0.02 + fabs(numeric));
        worst = error > worst ? error : worst;
        ck_assert_msg(error < 0.02, "%s: parameter %zu: %.6g by differences, %.6g by the net", what, i, numeric,
                      (double)gradient[i]);
    }
    pal_net_copy_in(net, at);
    pal_free(gradient);
    pal_free(other);
    pal_free(at);
    pal_net_trainer_free(trainer);
}

typedef pal_net_node (*layer_maker)(pal_net *net, pal_net_node x);

static pal_net_node make_dense(pal_net *net, pal_net_node x)
{
    return pal_net_dense(net, pal_net_weights(net, "layer", pal_net_width(net, x), 4), x);
}

static pal_net_node make_gelu(pal_net *net, pal_net_node x)
{
    return pal_net_gelu(net, make_dense(net, x));
}

static pal_net_node make_relu(pal_net *net, pal_net_node x)
{
    return pal_net_relu(net, make_dense(net, x));
}

static pal_net_node make_layer_norm(pal_net *net, pal_net_node x)
{
    return pal_net_layer_norm(net, pal_net_scale(net, "norm", 4), make_dense(net, x));
}

static pal_net_node make_dropout(pal_net *net, pal_net_node x)
{
    return pal_net_dropout(net, make_dense(net, x), 0.4);
}

static pal_net_node make_normalise(pal_net *net, pal_net_node x)
{
    return pal_net_normalise(net, make_dense(net, x));
}

static pal_net_node make_concat_with_itself(pal_net *net, pal_net_node x)
{
    pal_net_node y = make_dense(net, x);

    return pal_net_concat(net, y, pal_net_gelu(net, y));
}

static pal_net_node make_add(pal_net *net, pal_net_node x)
{
    pal_net_node y = make_dense(net, x);

    return pal_net_add(net, y, pal_net_gelu(net, y));
}

static pal_net_node make_dot(pal_net *net, pal_net_node x)
{
    pal_net_node y = make_dense(net, x);

    return pal_net_dot(net, y, pal_net_gelu(net, y));
}

static const struct {
    const char *name;
    layer_maker make;
} layers[] = { { "dense", make_dense }, { "gelu", make_gelu }, { "relu", make_relu },
               { "layer norm", make_layer_norm }, { "dropout", make_dropout }, { "normalise", make_normalise },
               { "concat", make_concat_with_itself }, { "add", make_add }, { "dot", make_dot } };

enum { N_LAYERS = sizeof layers / sizeof *layers };

START_TEST(gradients_of_every_layer_are_those_of_finite_differences)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        pal_net *net = NULL;
        pal_net_node x, last;
        pal_net_param table;
        pal_net_bce bce;
        stuff s;

        make_stuff(&s, seed);
        ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
        table = pal_net_table(net, "words", VOCABULARY, 3, 0.7);
        x = pal_net_concat(net, pal_net_input(net, IN), pal_net_bag(net, table, PAL_POOL_MEAN));
        x = pal_net_concat(net, x, pal_net_bag(net, table, PAL_POOL_SUM));
        last = layers[_i].make(net, x);
        last = pal_net_dense(net, pal_net_weights(net, "out", pal_net_width(net, last), 1), last);
        ck_assert_int_eq(pal_net_start(net, pal_key_for(seed, 0, PAL_FOR_TRAIN), NULL), PAL_OK);
        bce = (pal_net_bce){ last, s.label, s.weight };
        check_gradient(net, &s.batch, pal_net_loss_bce, &bce, layers[_i].name);
        pal_net_free(net);
    }
}
END_TEST

/* Two towers over one shared table: in-batch softmax with log q, temperature and accidental hits; then cosine. */
START_TEST(gradients_of_two_towers_are_those_of_finite_differences)
{
    static const uint32_t id[ROWS] = { 3, 1, 3, 0, 7, 1, 2 };
    static const float log_q[ROWS] = { -1.0f, -2.0f, -1.0f, -0.5f, -3.0f, -2.0f, -1.5f };
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    for (int loss = 0; loss < 2; loss++) {
        pal_net *net = NULL;
        pal_net_param table, shared;
        pal_net_node u, v;
        pal_net_softmax softmax;
        pal_net_cosine cosine;
        stuff s;

        make_stuff(&s, 11);
        ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
        table = pal_net_table(net, "items", VOCABULARY, 4, 0.7);
        shared = pal_net_weights(net, "tower", 4, 4);
        u = pal_net_add(net, pal_net_bag(net, table, PAL_POOL_SUM),
                        pal_net_dense(net, pal_net_weights(net, "who", IN, 4), pal_net_input(net, IN)));
        u = pal_net_dense(net, shared, u);
        v = pal_net_dense(net, shared, pal_net_bag(net, table, PAL_POOL_MEAN));
        ck_assert_int_eq(pal_net_start(net, pal_key_for(2, 0, PAL_FOR_TRAIN), NULL), PAL_OK);
        softmax = (pal_net_softmax){ u, v, id, log_q, 0.7, scratch };
        cosine = (pal_net_cosine){ u, v, s.sign, -2.0 };
        check_gradient(net, &s.batch, loss == 0 ? pal_net_loss_softmax : pal_net_loss_cosine,
                       loss == 0 ? (void *)&softmax : (void *)&cosine, loss == 0 ? "softmax" : "cosine");
        pal_net_free(net);
    }
    pal_arena_free(scratch);
}
END_TEST

/* With a temperature of 1, no log q and ids that differ, the loss is plain softmax cross-entropy over the batch. */
START_TEST(the_in_batch_softmax_is_the_textbook_formula)
{
    enum { D = 3 };
    pal_arena *scratch = NULL;
    pal_net *net = NULL;
    pal_net_trainer *trainer = NULL;
    pal_adam_config config = adam();
    pal_net_softmax softmax;
    pal_net_node u, v;
    float x[2][ROWS * D];
    const float *input[2] = { x[0], x[1] };
    const pal_net_batch batch = { ROWS, input, NULL };
    double value, wanted = 0.0;
    float none[1];

    for (size_t i = 0; i < ROWS * D; i++) {
        x[0][i] = (float)((int)(i * 7 % 11) - 5) * 0.3f;
        x[1][i] = (float)((int)(i * 5 % 13) - 6) * 0.2f;
    }
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0.0, own = 0.0;

        for (size_t j = 0; j < ROWS; j++) {
            double s = 0.0;

            for (size_t k = 0; k < D; k++) {
                s += (double)x[0][i * D + k] * (double)x[1][j * D + k];
            }
            sum += exp(s);
            own = i == j ? s : own;
        }
        wanted += (log(sum) - own) / ROWS;
    }
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
    u = pal_net_input(net, D);
    v = pal_net_input(net, D);
    ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, NULL), PAL_OK);
    softmax = (pal_net_softmax){ u, v, NULL, NULL, 1.0, scratch };
    ck_assert_int_eq(pal_net_trainer_new(&trainer, net, ROWS, &config, (pal_key){ 0 }, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_gradients(none, &value, trainer, &batch, pal_net_loss_softmax, &softmax, NULL), PAL_OK);
    ck_assert_double_eq_tol(value, wanted, 1e-5);
    pal_net_trainer_free(trainer);
    pal_net_free(net);
    pal_arena_free(scratch);
}
END_TEST

static pal_net *two_towers(pal_backend backend, pal_net_softmax *softmax, pal_arena *scratch, size_t n_items)
{
    pal_net *net = NULL;
    pal_net_param table;
    pal_net_node u, v;

    ck_assert_int_eq(pal_net_new(&net, backend, NULL), PAL_OK);
    table = pal_net_table(net, "items", n_items, 16, 0.3);
    u = pal_net_bag(net, table, PAL_POOL_MEAN);
    u = pal_net_relu(net, pal_net_dense(net, pal_net_weights(net, "user", 16, 24), u));
    u = pal_net_dropout(net, pal_net_layer_norm(net, pal_net_scale(net, "norm", 24), u), 0.1);
    u = pal_net_normalise(net, pal_net_dense(net, pal_net_weights(net, "user.out", 24, 16), u));
    v = pal_net_normalise(net, pal_net_bag(net, table, PAL_POOL_SUM));
    ck_assert_int_eq(pal_net_start(net, pal_key_for(7, 0, PAL_FOR_TRAIN), NULL), PAL_OK);
    *softmax = (pal_net_softmax){ u, v, NULL, NULL, 0.2, scratch };
    return net;
}

/* 30 steps of 500 rows: a person's history is two items of one of 10 groups, the positive a third one of it. */
static uint64_t train_towers(pal_backend backend, size_t n_threads, double *first, double *last)
{
    enum { N = 500, ITEMS = 200, STEPS = 30 };
    static uint32_t history[2 * N], item[N];
    static size_t pairs[N + 1], ones[N + 1];
    pal_key key = pal_key_for(3, 0, PAL_FOR_TEST);
    pal_arena *scratch = NULL;
    pal_net_softmax softmax;
    pal_net *net;
    pal_net_trainer *trainer = NULL;
    pal_adam_config config = adam();
    uint64_t digest;

    config.rate = 0.01;
    config.clip = 1.0;
    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    net = two_towers(backend, &softmax, scratch, ITEMS);
    softmax.id = item;
    ck_assert_int_eq(pal_net_trainer_new(&trainer, net, N, &config, key, n_threads, NULL), PAL_OK);
    for (size_t r = 0; r <= N; r++) {
        pairs[r] = 2 * r;
        ones[r] = r;
    }
    for (size_t step = 0; step < STEPS; step++) {
        pal_net_ids bag[2] = { { pairs, history, NULL }, { ones, item, NULL } };
        pal_net_batch batch = { N, NULL, bag };
        double value;

        for (size_t r = 0; r < N; r++) {
            uint64_t word[4];

            pal_block(key, (pal_at){ step, r, 0 }, 0, word);
            history[2 * r] = (uint32_t)(word[0] % 10 * 20 + word[1] % 20);
            history[2 * r + 1] = (uint32_t)(word[0] % 10 * 20 + word[2] % 20);
            item[r] = (uint32_t)(word[0] % 10 * 20 + word[3] % 20);
        }
        ck_assert_int_eq(pal_net_step(trainer, &batch, pal_net_loss_softmax, &softmax, &value, NULL), PAL_OK);
        *first = step == 0 ? value : *first;
        *last = value;
    }
    digest = pal_net_digest(net);
    pal_net_trainer_free(trainer);
    pal_net_free(net);
    pal_arena_free(scratch);
    return digest;
}

START_TEST(training_learns_and_gives_the_same_bytes_at_any_thread_count)
{
    double first[3], last[3];
    uint64_t one = train_towers((pal_backend)_i, 1, &first[0], &last[0]);

    ck_assert_uint_eq(train_towers((pal_backend)_i, 2, &first[1], &last[1]), one);
    ck_assert_uint_eq(train_towers((pal_backend)_i, 7, &first[2], &last[2]), one);
    ck_assert_msg(last[0] < first[0] - 1.0, "the loss went from %g to %g only", first[0], last[0]);
    ck_assert(last[0] == last[1] && last[0] == last[2]);
}
END_TEST

START_TEST(the_two_backends_agree)
{
    double first[2], last[2];

    train_towers(PAL_PORTABLE, 1, &first[0], &last[0]);
    train_towers(PAL_OPENBLAS, 1, &first[1], &last[1]);
    ck_assert_double_eq_tol(first[0], first[1], 1e-4);
    ck_assert_double_eq_tol(last[0], last[1], 2e-2);
}
END_TEST

/*
 * python3 -c "import torch; w=torch.nn.Parameter(torch.tensor([1.0,-2.0,0.5]));
 *   o=torch.optim.AdamW([w],lr=0.1,betas=(0.8,0.99),eps=1e-8,weight_decay=0.2)
 *   for t in range(5): o.zero_grad(); ((w**2).sum()*0.5+w[0]*w[2]).backward(); o.step()
 *   print(w.data.tolist())"   (torch 1.13.0)
 */
START_TEST(adamw_takes_the_steps_of_pytorch)
{
    static const float wanted[] = { 0.4473167f, -1.3351985f, -0.0046437684f };
    float w[] = { 1.0f, -2.0f, 0.5f }, m[3] = { 0 }, v[3] = { 0 };
    pal_adam_config config = adam();

    config.rate = 0.1;
    config.beta1 = 0.8;
    config.beta2 = 0.99;
    config.weight_decay = 0.2;
    for (uint64_t t = 1; t <= 5; t++) {
        const float g[] = { w[0] + w[2], w[1], w[2] + w[0] };
        pal_adam_step step = pal_adam_begin(&config, t, 1.0);

        pal_adam_apply(w, m, v, g, 3, &step);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(fabsf(w[i] - wanted[i]) < 1e-5f, "%zu: %.6f instead of %.6f", i, (double)w[i], (double)wanted[i]);
    }
}
END_TEST

START_TEST(schedules_and_clipping_are_as_stated)
{
    pal_adam_config config = adam();

    config.rate = 1.0;
    config.warm_up = 4;
    config.schedule = PAL_SCHEDULE_COSINE;
    config.last = 12;
    ck_assert_double_eq_tol(pal_adam_rate(&config, 1), 0.25, 1e-15);
    ck_assert_double_eq_tol(pal_adam_rate(&config, 4), 1.0, 1e-15);
    ck_assert_double_eq_tol(pal_adam_rate(&config, 8), 0.5, 1e-12);
    ck_assert_double_eq_tol(pal_adam_rate(&config, 12), 0.0, 1e-15);
    config.schedule = PAL_SCHEDULE_STEP;
    config.every = 3;
    config.decay = 0.1;
    ck_assert_double_eq_tol(pal_adam_rate(&config, 7), 1.0, 1e-15);
    ck_assert_double_eq_tol(pal_adam_rate(&config, 8), 0.1, 1e-15);
    ck_assert_double_eq_tol(pal_adam_rate(&config, 11), 0.01, 1e-15);
    ck_assert_double_eq_tol(pal_adam_clip(&config, 100.0), 1.0, 1e-15);
    config.clip = 5.0;
    ck_assert_double_eq_tol(pal_adam_clip(&config, 100.0), 0.5, 1e-15);
    ck_assert_double_eq_tol(pal_adam_clip(&config, 9.0), 1.0, 1e-15);
}
END_TEST

START_TEST(dropout_keeps_the_stated_share_and_the_mean)
{
    enum { N = 4000, D = 8 };
    pal_net *net = NULL;
    pal_net_trainer *trainer = NULL;
    pal_adam_config config = adam();
    pal_net_node x, sum;
    pal_net_bce bce;
    float *ones = pal_calloc(N * D, sizeof *ones), *label = pal_calloc(N, sizeof *label);
    const float *input[1] = { ones };
    const pal_net_batch batch = { N, input, NULL };
    float *weights, gradient[D + 1];
    double value, kept = 0.0;

    for (size_t i = 0; i < N * D; i++) {
        ones[i] = 1.0f;
    }
    ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
    x = pal_net_dropout(net, pal_net_input(net, D), 0.25);
    sum = pal_net_dense(net, pal_net_weights(net, "sum", D, 1), x);
    ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, NULL), PAL_OK);
    weights = pal_net_param_value(net, 0);
    for (size_t i = 0; i < D + 1; i++) {
        weights[i] = 0.0f;
    }
    bce = (pal_net_bce){ sum, label, NULL };
    ck_assert_int_eq(pal_net_trainer_new(&trainer, net, N, &config, pal_key_for(1, 0, PAL_FOR_TRAIN), 2, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_gradients(gradient, &value, trainer, &batch, pal_net_loss_bce, &bce, NULL), PAL_OK);
    for (size_t i = 0; i < D; i++) { /* at logit 0 and label 0: half the mean of the column */
        kept += 2.0 * (double)gradient[i] / D;
    }
    ck_assert_double_eq_tol(kept, 1.0, 4.0 * sqrt(0.25 / 0.75 / (N * D)));
    pal_net_trainer_free(trainer);
    pal_net_free(net);
    pal_free(ones);
    pal_free(label);
}
END_TEST

START_TEST(a_saved_net_predicts_and_goes_on_as_the_one_that_was_saved)
{
    pal_arena *scratch = NULL;
    pal_net_softmax softmax, again_softmax;
    pal_net *net, *again;
    pal_net_trainer *trainer = NULL, *again_trainer = NULL;
    pal_adam_config config = adam();
    pal_tensors *file = NULL, *loaded = NULL;
    const char *path = scratch_path("net.safetensors");
    uint32_t id[6] = { 1, 2, 3, 4, 5, 6 };
    size_t begin[4] = { 0, 2, 4, 6 }, ones[4] = { 0, 1, 2, 3 };
    pal_net_ids bag[2] = { { begin, id, NULL }, { ones, id, NULL } };
    pal_net_batch batch = { 3, NULL, bag };
    pal_key key = pal_key_for(4, 0, PAL_FOR_TRAIN);

    ck_assert_int_eq(pal_arena_new(&scratch, 1 << 16, NULL), PAL_OK);
    net = two_towers(PAL_PORTABLE, &softmax, scratch, 10);
    ck_assert_int_eq(pal_net_trainer_new(&trainer, net, 3, &config, key, 1, NULL), PAL_OK);
    for (int step = 0; step < 5; step++) {
        ck_assert_int_eq(pal_net_step(trainer, &batch, pal_net_loss_softmax, &softmax, NULL, NULL), PAL_OK);
    }
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_save(net, file, "net.", NULL), PAL_OK);
    ck_assert_int_eq(pal_net_trainer_save(trainer, file, "net.", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_save(file, path, NULL, NULL), PAL_OK);
    ck_assert(pal_tensors_has(file, "net.user.out.weight") && pal_tensors_has(file, "net.norm.bias"));

    again = two_towers(PAL_PORTABLE, &again_softmax, scratch, 8); /* fewer rows: taken from the file */
    ck_assert_int_eq(pal_tensors_load(&loaded, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_load(again, loaded, "net.", NULL), PAL_OK);
    ck_assert_uint_eq(pal_net_digest(again), pal_net_digest(net));
    ck_assert_int_eq(pal_net_trainer_new(&again_trainer, again, 3, &config, key, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_trainer_load(again_trainer, loaded, "net.", NULL), PAL_OK);
    ck_assert_int_eq(pal_net_step(trainer, &batch, pal_net_loss_softmax, &softmax, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_step(again_trainer, &batch, pal_net_loss_softmax, &again_softmax, NULL, NULL), PAL_OK);
    ck_assert_uint_eq(pal_net_digest(again), pal_net_digest(net));

    pal_tensors_free(file);
    pal_tensors_free(loaded);
    pal_net_trainer_free(trainer);
    pal_net_trainer_free(again_trainer);
    pal_net_free(net);
    pal_net_free(again);
    pal_arena_free(scratch);
}
END_TEST

START_TEST(a_table_that_grew_keeps_its_rows_and_draws_the_new_ones_as_a_larger_one_would)
{
    pal_net *small = NULL, *large = NULL;
    pal_net_trainer *trainer = NULL;
    pal_adam_config config = adam();
    pal_key key = pal_key_for(8, 0, PAL_FOR_TRAIN);
    pal_net_param a = 0;

    for (int which = 0; which < 2; which++) {
        pal_net **net = which == 0 ? &small : &large;
        pal_net_param b;

        ck_assert_int_eq(pal_net_new(net, PAL_PORTABLE, NULL), PAL_OK);
        a = pal_net_table(*net, "a", which == 0 ? 4 : 9, 3, 1.0);
        b = pal_net_table(*net, "b", 5, 3, 1.0);
        pal_net_dot(*net, pal_net_bag(*net, a, PAL_POOL_SUM), pal_net_bag(*net, b, PAL_POOL_SUM));
        ck_assert_int_eq(pal_net_start(*net, key, NULL), PAL_OK);
    }
    ck_assert_int_eq(pal_net_trainer_new(&trainer, small, 2, &config, key, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_grow(small, a, 9, key, NULL), PAL_OK);
    ck_assert_int_eq(pal_net_trainer_grow(trainer, NULL), PAL_OK);
    ck_assert_uint_eq(pal_net_digest(small), pal_net_digest(large));
    pal_net_trainer_free(trainer);
    pal_net_free(small);
    pal_net_free(large);
}
END_TEST

START_TEST(a_net_that_cannot_be_built_is_refused_by_name)
{
    pal_net *net = NULL;
    pal_net_node x;
    pal_error err;

    ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
    x = pal_net_input(net, 3);
    pal_net_dense(net, pal_net_weights(net, "w", 4, 2), x);
    ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, &err), PAL_ERR_SHAPE);
    ck_assert_has(err.text, "weights do not fit their input, at node (1)");
    pal_net_free(net);

    ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
    pal_net_weights(net, "w", 4, 2);
    pal_net_weights(net, "w", 4, 2);
    ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "a name stands twice, at parameter (1)");
    pal_net_free(net);

    ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
    pal_net_dot(net, pal_net_input(net, 3), pal_net_input(net, 2));
    ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, &err), PAL_ERR_SHAPE);
    ck_assert_has(err.text, "two inputs of different width");
    pal_net_free(net);
}
END_TEST

Suite *suite_models_net(void)
{
    Suite *suite = suite_create("models/net");
    TCase *tc = tcase_create("net");

    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, gradients_of_every_layer_are_those_of_finite_differences, 0, N_LAYERS);
    tcase_add_test(tc, gradients_of_two_towers_are_those_of_finite_differences);
    tcase_add_test(tc, the_in_batch_softmax_is_the_textbook_formula);
    tcase_add_loop_test(tc, training_learns_and_gives_the_same_bytes_at_any_thread_count, 0, 2);
    tcase_add_test(tc, the_two_backends_agree);
    tcase_add_test(tc, adamw_takes_the_steps_of_pytorch);
    tcase_add_test(tc, schedules_and_clipping_are_as_stated);
    tcase_add_test(tc, dropout_keeps_the_stated_share_and_the_mean);
    tcase_add_test(tc, a_saved_net_predicts_and_goes_on_as_the_one_that_was_saved);
    tcase_add_test(tc, a_table_that_grew_keeps_its_rows_and_draws_the_new_ones_as_a_larger_one_would);
    tcase_add_test(tc, a_net_that_cannot_be_built_is_refused_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}
