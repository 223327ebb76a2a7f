/* Boosting: round after round a tree is fitted to the gradients that the trees before it have left. */
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "models/boost_bins.h"
#include "models/boost_grow.h"
#include "models/boost_loss.h"
#include "models/boost_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Draws of the key: counter word 1. */
enum { DRAW_BINS = 1, DRAW_ROWS = 2, DRAW_FEATURES = 3 };
/* Room for trees grows with them: most fits stop early. */
#define FIRST_TREES 128

typedef struct fit {
    const pal_boost_rows *train, *valid;
    const pal_boost_config *config;
    pal_key key;
    size_t d, n;
    pal_boost_bins bins;
    uint8_t *by_row, *by_column, *valid_by_row;
    float *signed_weight;   /* n, see boost_loss.h              */
    double *score;          /* n                                */
    double *valid_score;
    double *scratch;
    pal_boost_scale scale;
    pal_boost_grower *grower;
    bool *in_bag;           /* n, or NULL when no rows are drawn */
    uint32_t *active;       /* d: features of this tree          */
    uint64_t *lot;          /* d                                 */
    size_t n_active, n_usable;
    uint32_t *usable;       /* d: features with two bins or more */
    double start;           /* score before the first tree       */
    pal_boost *model;
    size_t room;            /* trees the model has room for      */
    size_t max_leaves;
    double *train_curve, *valid_curve;
} fit;

/* ---- checks -------------------------------------------------------------------------------- */

static pal_status check_rows(const pal_boost_rows *rows, const char *what, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT((rows->x != NULL) != (rows->x32 != NULL) && rows->y != NULL);
    if (rows->n == 0 || d == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "boosted trees: %s data of %zu rows and %zu features", what, rows->n, d);
    }
    if (rows->n >= (size_t)1 << 24) {
        PAL_FAIL(PAL_ERR_SHAPE, "boosted trees: %zu rows of %s data, fewer than 2^24 wanted", rows->n, what);
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->y[i] != 0 && rows->y[i] != 1) {
            PAL_FAIL(PAL_ERR_DATA, "boosted trees: %s row %zu has label %g, neither 0 nor 1", what, i, rows->y[i]);
        }
        if (rows->weight != NULL && !(rows->weight[i] > 1e-30 && rows->weight[i] < 1e30)) {
            PAL_FAIL(PAL_ERR_DATA, "boosted trees: %s row %zu has weight %g, not between 1e-30 and 1e30", what, i,
                     rows->weight[i]);
        }
    }

done:
    return rc;
}

/* ---- start --------------------------------------------------------------------------------- */

/* Weights, the score to start from, the units of the sums. */
static pal_status start_scores(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    double positive = 0, total = 0, factor = f->config->scale_pos_weight, sum = 0, largest = 0;
    size_t n_positive = 0;

    for (size_t i = 0; i < f->n; i++) {
        double w = f->train->weight == NULL ? 1 : f->train->weight[i];

        total += w;
        positive += f->train->y[i] * w;
        n_positive += f->train->y[i] > 0;
    }
    if (n_positive == 0 || n_positive == f->n) {
        PAL_FAIL(PAL_ERR_DATA, "boosted trees: all %zu labels are %d, both 0 and 1 are wanted", f->n, n_positive > 0);
    }
    if (factor == 0) {
        factor = (double)(f->n - n_positive) / (double)n_positive;
        factor = factor < 1 ? 1 : factor;
    }
    for (size_t i = 0; i < f->n; i++) {
        bool is_positive = f->train->y[i] > 0;
        double w = (f->train->weight == NULL ? 1 : f->train->weight[i]) * (is_positive ? factor : 1);

        f->signed_weight[i] = (float)(is_positive ? -w : w);
        sum += w;
        largest = w > largest ? w : largest;
    }
    if (f->config->boost_from_average) {
        double p = positive / total;

        f->start = pal_logit(p < 1e-15 ? 1e-15 : p > 1 - 1e-15 ? 1 - 1e-15 : p);
    }
    for (size_t i = 0; i < f->n; i++) {
        f->score[i] = f->start;
    }
    for (size_t i = 0; f->valid != NULL && i < f->valid->n; i++) {
        f->valid_score[i] = f->start;
    }
    f->scale = pal_boost_scale_for(f->n, sum * 1.000001, largest * 1.000001); /* floats may round up */

done:
    return rc;
}

static pal_status start_features(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(f->active, f->d);
    PAL_NEW(f->usable, f->d);
    PAL_NEW(f->lot, f->d);
    for (size_t j = 0; j < f->d; j++) {
        if (pal_boost_feature_bins(&f->bins.feature[j]) > 1) {
            f->usable[f->n_usable++] = (uint32_t)j;
        }
    }
    if (f->n_usable == 0) { /* nothing to split on: one constant tree */
        f->usable[f->n_usable++] = 0;
    }

done:
    return rc;
}

static pal_status start(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = f->n / (size_t)f->config->min_data_in_leaf;
    pal_key key = f->key;

    PAL_NEW(f->by_row, f->n * f->d);
    PAL_NEW(f->by_column, f->n * f->d);
    PAL_NEW(f->signed_weight, f->n);
    PAL_NEW(f->score, f->n);
    PAL_NEW(f->scratch, pal_boost_gradients_scratch(f->n));
    PAL_NEW(f->train_curve, f->config->num_iterations);
    PAL_NEW(f->valid_curve, f->config->num_iterations);
    PAL_TRY(pal_boost_bins_init(&f->bins, f->train, f->d, f->config, key, err));
    PAL_TRY(pal_boost_bins_apply(f->by_row, f->by_column, &f->bins, f->train, f->config->n_threads, err));
    if (f->valid != NULL) {
        PAL_NEW(f->valid_by_row, f->valid->n * f->d);
        PAL_NEW(f->valid_score, f->valid->n);
        PAL_TRY(pal_boost_bins_apply(f->valid_by_row, NULL, &f->bins, f->valid, f->config->n_threads, err));
    }
    PAL_TRY(start_scores(f, err));
    PAL_TRY(start_features(f, err));
    PAL_TRY(pal_boost_grower_new(&f->grower, &f->bins, f->by_row, f->by_column, f->n, f->config, f->scale, err));
    if (f->config->bagging_freq > 0 && f->config->bagging_fraction < 1) {
        PAL_NEW(f->in_bag, f->n);
    }
    for (size_t i = 0; i < f->n; i++) {
        pal_boost_grower_bag(f->grower)[i] = (uint32_t)i;
    }
    f->max_leaves = most < (size_t)f->config->num_leaves ? most : (size_t)f->config->num_leaves;
    f->max_leaves = f->max_leaves < 1 ? 1 : f->max_leaves;
    f->room = (size_t)f->config->num_iterations < FIRST_TREES ? (size_t)f->config->num_iterations : FIRST_TREES;
    PAL_TRY(pal_boost_model_new(&f->model, f->d, f->room, f->room * f->max_leaves, f->room * f->max_leaves, err));

done:
    return rc;
}

/* ---- one round ----------------------------------------------------------------------------- */

/* Each row is drawn by itself, so that the sample does not depend on the others. */
static void draw_rows(fit *f, size_t round)
{
    uint32_t *bag = pal_boost_grower_bag(f->grower);
    size_t n = 0;

    for (size_t i = 0; i < f->n; i += 4) {
        uint64_t word[4];

        pal_block(f->key, (pal_at){ 0, round, DRAW_ROWS }, i / 4, word);
        for (size_t j = 0; j < 4 && i + j < f->n; j++) {
            f->in_bag[i + j] = pal_unit(word[j]) < f->config->bagging_fraction;
            bag[n] = (uint32_t)(i + j);
            n += f->in_bag[i + j];
        }
    }
    if (n == 0) { /* a tree needs a row */
        f->in_bag[0] = true;
        bag[n++] = 0;
    }
    pal_boost_grower_bag_size(f->grower, n);
}

/* The features with the lowest lots, in their own order. */
static void draw_features(fit *f, size_t round)
{
    size_t wanted = (size_t)floor((double)f->n_usable * f->config->feature_fraction + 0.5);

    f->n_active = f->n_usable;
    memcpy(f->active, f->usable, f->n_usable * sizeof *f->active);
    wanted = wanted < 1 ? 1 : wanted;
    if (wanted >= f->n_usable) {
        return;
    }
    for (size_t j = 0; j < f->n_usable; j++) {
        f->lot[j] = pal_u64(f->key, (pal_at){ f->usable[j], round, DRAW_FEATURES }, 0);
    }
    f->n_active = 0;
    for (size_t j = 0; j < f->n_usable; j++) {
        size_t before = 0;

        for (size_t i = 0; i < f->n_usable; i++) {
            before += f->lot[i] < f->lot[j] || (f->lot[i] == f->lot[j] && i < j);
        }
        if (before < wanted) {
            f->active[f->n_active++] = f->usable[j];
        }
    }
}

/* Twice the room for trees. */
static pal_status more_room(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost *m = f->model;
    size_t room = 2 * f->room, leaves = f->max_leaves;
    pal_boost_tree *tree = pal_resize(m->tree, f->room, room, sizeof *tree);
    pal_boost_node *node;
    pal_boost_leaf *leaf;

    m->tree = tree != NULL ? tree : m->tree;
    node = pal_resize(m->node, m->n_nodes, room * leaves, sizeof *node);
    m->node = node != NULL ? node : m->node;
    leaf = pal_resize(m->leaf, m->n_leaves, room * leaves, sizeof *leaf);
    m->leaf = leaf != NULL ? leaf : m->leaf;
    if (tree == NULL || node == NULL || leaf == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: boosted trees, room for %zu", room);
    }
    f->room = room;

done:
    return rc;
}

static void add_to_others(fit *f, const pal_boost_grown *tree)
{
    for (size_t i = 0; f->in_bag != NULL && i < f->n; i++) {
        if (!f->in_bag[i]) {
            f->score[i] += tree->leaf[pal_boost_leaf_of(tree, &f->bins, f->by_row + i * f->d)].value;
        }
    }
    for (size_t i = 0; f->valid != NULL && i < f->valid->n; i++) {
        f->valid_score[i] += tree->leaf[pal_boost_leaf_of(tree, &f->bins, f->valid_by_row + i * f->d)].value;
    }
}

/* The first tree carries the score all started from. */
static void add_start(fit *f, const pal_boost_grown *grown)
{
    for (size_t i = 0; i + 1 < grown->n_leaves; i++) {
        grown->node[i].value += f->start;
    }
    for (size_t i = 0; i < grown->n_leaves; i++) {
        grown->leaf[i].value += f->start;
    }
}

/* false in *grew: no leaf could be split, and no tree was kept unless it is the first. */
static pal_status next_tree(bool *grew, fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost *m = f->model;
    size_t round = m->n_trees;
    pal_boost_grown grown;

    if (round == f->room) {
        PAL_TRY(more_room(f, err));
    }
    if (f->in_bag != NULL && round % (size_t)f->config->bagging_freq == 0) {
        draw_rows(f, round);
    }
    draw_features(f, round);
    grown = (pal_boost_grown){ 0, m->node + m->n_nodes, m->leaf + m->n_leaves, NULL };
    PAL_TRY(pal_boost_grow(&grown, f->grower, f->active, f->n_active, err));
    *grew = grown.n_leaves > 1;
    if (!*grew && round > 0) {
        goto done;
    }
    if (*grew) {
        PAL_TRY(pal_boost_grower_add(f->score, f->grower, &grown, err));
        add_to_others(f, &grown);
    } else {
        grown.leaf[0].value = 0;
    }
    if (round == 0) {
        add_start(f, &grown);
    }
    m->tree[round] = (pal_boost_tree){ m->n_nodes, m->n_leaves, grown.n_leaves,
                                       round == 0 && f->start != 0 ? 1 : f->config->learning_rate };
    m->n_nodes += grown.n_leaves - 1;
    m->n_leaves += grown.n_leaves;
    m->n_trees++;

done:
    return rc;
}

static void keep_trees(pal_boost *m, size_t n)
{
    if (n < m->n_trees) {
        m->n_nodes = m->tree[n].first_node;
        m->n_leaves = m->tree[n].first_leaf;
        m->n_trees = n;
    }
}

static pal_status rounds(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_boost_config *c = f->config;
    size_t n_rounds = (size_t)c->num_iterations, best = 0, patience = (size_t)c->early_stopping_round;
    pal_boost_sum *sums = pal_boost_grower_sums(f->grower);
    double loss = NAN, lowest = HUGE_VAL;
    bool grew = true;

    for (size_t r = 0; r < n_rounds && grew; r++) {
        /* the loss of the round before comes with the gradients of this one */
        PAL_TRY(pal_boost_gradients(sums, c->train_curve && r > 0 ? &loss : NULL, f->score, f->signed_weight,
                                    f->train->weight, f->n, &f->scale, f->scratch, c->n_threads, err));
        if (r > 0) {
            f->train_curve[r - 1] = loss;
        }
        PAL_TRY(next_tree(&grew, f, err));
        if (!grew && r > 0) {
            break;
        }
        f->model->n_curve = r + 1;
        f->train_curve[r] = f->valid_curve[r] = NAN;
        if (f->valid != NULL) {
            f->valid_curve[r] = pal_boost_log_loss(f->valid_score, f->valid->y, f->valid->weight, f->valid->n);
            if (f->valid_curve[r] < lowest) {
                lowest = f->valid_curve[r];
                best = r;
            } else if (patience > 0 && r - best >= patience) {
                break;
            }
        }
    }
    if (c->train_curve) {
        PAL_TRY(pal_boost_gradients(sums, &f->train_curve[f->model->n_curve - 1], f->score, f->signed_weight,
                                    f->train->weight, f->n, &f->scale, f->scratch, c->n_threads, err));
    }
    if (f->valid != NULL && patience > 0) {
        keep_trees(f->model, best + 1);
    }

done:
    return rc;
}

/* ---- the finished model -------------------------------------------------------------------- */

static pal_status describe_features(fit *f, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j < f->d; j++) {
        const pal_boost_feature *b = &f->bins.feature[j];
        char text[80];

        if (pal_boost_feature_bins(b) > 1 && b->low <= b->high) {
            snprintf(text, sizeof text, "[%.17g:%.17g]", b->low, b->high);
            pal_free(f->model->info[j]);
            f->model->info[j] = pal_strdup(text);
            if (f->model->info[j] == NULL) {
                PAL_FAIL(PAL_ERR_MEMORY, "out of memory: range of feature %zu", j);
            }
        }
    }

done:
    return rc;
}

/* A block cut to what it holds: there may be a model for every taste of every person. When memory is out it stays. */
static void *cut(void *block, size_t n, size_t size)
{
    void *smaller = pal_resize(block, n, n, size);

    return smaller != NULL ? smaller : block;
}

static void cut_to_size(fit *f)
{
    pal_boost *m = f->model;

    m->tree = cut(m->tree, m->n_trees, sizeof *m->tree);
    m->node = cut(m->node, m->n_nodes, sizeof *m->node);
    m->leaf = cut(m->leaf, m->n_leaves, sizeof *m->leaf);
    m->train_curve = cut(f->train_curve, m->n_curve, sizeof *m->train_curve);
    m->valid_curve = cut(f->valid_curve, m->n_curve, sizeof *m->valid_curve);
    f->train_curve = f->valid_curve = NULL;
}

static void fit_clear(fit *f)
{
    pal_boost_bins_clear(&f->bins);
    pal_free(f->by_row);
    pal_free(f->by_column);
    pal_free(f->valid_by_row);
    pal_free(f->signed_weight);
    pal_free(f->score);
    pal_free(f->valid_score);
    pal_free(f->scratch);
    pal_boost_grower_free(f->grower);
    pal_free(f->in_bag);
    pal_free(f->active);
    pal_free(f->usable);
    pal_free(f->lot);
    pal_free(f->train_curve);
    pal_free(f->valid_curve);
    pal_boost_free(f->model);
}

pal_status pal_boost_fit(pal_boost **out, const pal_boost_rows *train, const pal_boost_rows *valid, size_t d,
                         const pal_boost_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    fit f = { .train = train, .valid = valid, .config = config, .key = key, .d = d, .n = train->n };

    PAL_TRY(pal_boost_config_check(config, err));
    PAL_TRY(check_rows(train, "training", d, err));
    if (valid != NULL) {
        PAL_TRY(check_rows(valid, "validation", d, err));
    }
    PAL_TRY(start(&f, err));
    PAL_TRY(rounds(&f, err));
    PAL_TRY(describe_features(&f, err));
    PAL_TRY(pal_boost_config_text(&f.model->parameters, config, err));
    PAL_TRY(pal_boost_model_finish(f.model, err));
    cut_to_size(&f);
    *out = f.model;
    f.model = NULL;

done:
    fit_clear(&f);
    return rc;
}
