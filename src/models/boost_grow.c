/*
 * A tree grown leaf by leaf, best first: split the leaf with the largest gain until there are enough leaves or none
 * gains. Rows of a leaf lie side by side in `rows`, in ascending order: a split keeps the order on both sides.
 */
#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/boost_grow.h"

#include <math.h>
#include <string.h>

/* Rows of a block when a large leaf is divided by threads. */
#define BLOCK ((size_t)1 << 14)
/* LightGBM's largest threshold: +inf would not survive its reader. */
#define LARGEST_THRESHOLD 1e300

typedef struct leaf_state {
    size_t begin, n;     /* its rows                                */
    pal_boost_sum total;
    pal_boost_hist *hist; /* NULL when it was not needed             */
    pal_boost_split best;
    int32_t parent;      /* node, -1 = root                         */
    int depth;
    bool is_right;
} leaf_state;

struct pal_boost_grower {
    const pal_boost_bins *bins;
    const uint8_t *by_row, *by_column;
    uint16_t *slots;         /* n x d, or NULL with many rows        */
    pal_boost_sum *partial;  /* (n_threads - 1) x bins->total, or NULL where threads do not pay */
    size_t n, n_bag, max_leaves, n_threads;
    int max_depth;
    double learning_rate;
    pal_boost_limits limits;
    pal_boost_sum *row_sum;  /* n                                    */
    uint32_t *bag;           /* n: the rows to learn from, ascending */
    uint32_t *rows, *spare;  /* n: rows by leaf                      */
    size_t *left_in_block;   /* blocks of n                          */
    pal_boost_hist *hist;    /* max_leaves, and the memory of each:  */
    pal_boost_sum *sum_pool; /* max_leaves x bins->total             */
    uint8_t *bin_pool;       /* max_leaves x bins->total             */
    uint16_t *n_pool;        /* max_leaves x d                       */
    pal_boost_hist **free_hist; /* max_leaves: those not in use      */
    size_t n_free;
    pal_boost_scan scan;
    leaf_state *leaf;        /* max_leaves                           */
    pal_boost_split *split;  /* max_leaves - 1                       */
    size_t n_leaves;
};

pal_status pal_boost_grower_new(pal_boost_grower **out, const pal_boost_bins *bins, const uint8_t *by_row,
                                const uint8_t *by_column, size_t n, const pal_boost_config *config,
                                pal_boost_scale scale, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_grower *g = NULL;
    size_t most = n / (size_t)config->min_data_in_leaf;

    PAL_NEW(g, 1);
    g->bins = bins;
    g->by_row = by_row;
    g->by_column = by_column;
    g->n = g->n_bag = n;
    g->n_threads = config->n_threads;
    g->max_leaves = most < (size_t)config->num_leaves ? most : (size_t)config->num_leaves;
    g->max_leaves = g->max_leaves < 1 ? 1 : g->max_leaves;
    g->max_depth = config->max_depth;
    g->learning_rate = config->learning_rate;
    g->limits = (pal_boost_limits){
        .min_data = config->min_data_in_leaf, .min_hessian = config->min_sum_hessian_in_leaf,
        .l1 = config->lambda_l1, .l2 = config->lambda_l2, .min_gain = config->min_gain_to_split, .scale = scale,
    };
    PAL_NEW(g->row_sum, n);
    if (n <= PAL_BOOST_SLOT_ROWS) {
        PAL_NEW(g->slots, n * bins->d);
        pal_boost_slots(g->slots, by_row, bins, n);
    }
    if (config->n_threads > 1 && n >= PAL_BOOST_WORTH_THREADS) {
        PAL_NEW(g->partial, (config->n_threads - 1) * bins->total);
    }
    PAL_NEW(g->bag, n);
    PAL_NEW(g->rows, n);
    PAL_NEW(g->spare, n);
    PAL_NEW(g->left_in_block, pal_blocks(n, BLOCK));
    PAL_NEW(g->hist, g->max_leaves);
    PAL_NEW(g->sum_pool, g->max_leaves * bins->total);
    PAL_NEW(g->bin_pool, g->max_leaves * bins->total);
    PAL_NEW(g->n_pool, g->max_leaves * bins->d);
    for (size_t i = 0; i < g->max_leaves; i++) {
        g->hist[i] = (pal_boost_hist){ g->sum_pool + i * bins->total, g->bin_pool + i * bins->total,
                                       g->n_pool + i * bins->d };
    }
    PAL_NEW(g->free_hist, g->max_leaves);
    PAL_TRY(pal_boost_scan_init(&g->scan, bins, err));
    PAL_NEW(g->leaf, g->max_leaves);
    PAL_NEW(g->split, g->max_leaves);
    *out = g;
    g = NULL;

done:
    pal_boost_grower_free(g);
    return rc;
}

void pal_boost_grower_free(pal_boost_grower *g)
{
    if (g != NULL) {
        pal_free(g->row_sum);
        pal_free(g->slots);
        pal_free(g->partial);
        pal_free(g->bag);
        pal_free(g->rows);
        pal_free(g->spare);
        pal_free(g->left_in_block);
        pal_free(g->hist);
        pal_free(g->sum_pool);
        pal_free(g->bin_pool);
        pal_free(g->n_pool);
        pal_free(g->free_hist);
        pal_boost_scan_clear(&g->scan);
        pal_free(g->leaf);
        pal_free(g->split);
        pal_free(g);
    }
}

pal_boost_sum *pal_boost_grower_sums(pal_boost_grower *g)
{
    return g->row_sum;
}

uint32_t *pal_boost_grower_bag(pal_boost_grower *g)
{
    return g->bag;
}

void pal_boost_grower_bag_size(pal_boost_grower *g, size_t n)
{
    g->n_bag = n;
}

/* ---- dividing the rows of a leaf ----------------------------------------------------------- */

/* Which bins go left? */
static void left_bins(uint8_t goes_left[256], const pal_boost_split *split, const pal_boost_feature *f)
{
    memset(goes_left, 0, 256);
    memset(goes_left, 1, split->bin + 1);
    if (f->missing) {
        goes_left[f->n_values] = split->missing_left;
    }
}

/* Left rows to `left` in order, right rows to `right` in order; left may be rows itself. */
PAL_VECTOR static size_t divide(uint32_t *left, uint32_t *right, const uint32_t *rows, size_t n, const uint8_t *bin,
                     const uint8_t goes_left[256])
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t row = rows[i];
        size_t is_left = goes_left[bin[row]];

        left[n_left] = row;
        right[i - n_left] = row;
        n_left += is_left;
    }
    return n_left;
}

typedef struct divide_job {
    pal_boost_grower *g;
    size_t begin;       /* of the leaf's rows           */
    const uint8_t *bin; /* column of the split's feature */
    const uint8_t *goes_left;
} divide_job;

/* Each block divides in place; its right rows wait in spare. */
static pal_status divide_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const divide_job *job = ctx;
    uint32_t *rows = job->g->rows + job->begin + begin;

    (void)worker;
    (void)err;
    job->g->left_in_block[block] = divide(rows, job->g->spare + job->begin + begin, rows, end - begin, job->bin,
                                          job->goes_left);
    return PAL_OK;
}

/* The number that go left; those come first. */
static pal_status divide_rows(size_t *n_left, pal_boost_grower *g, const leaf_state *leaf,
                              const pal_boost_split *split, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint8_t goes_left[256];
    uint32_t *rows = g->rows + leaf->begin, *spare = g->spare + leaf->begin;
    divide_job job = { g, leaf->begin, g->by_column + (size_t)split->feature * g->n, goes_left };
    size_t n_blocks = pal_blocks(leaf->n, BLOCK), at = 0;

    left_bins(goes_left, split, &g->bins->feature[split->feature]);
    PAL_TRY(pal_parallel_for(leaf->n, BLOCK, g->n_threads, divide_block, &job, err));
    for (size_t b = 0; b < n_blocks; b++) {
        memmove(rows + at, rows + b * BLOCK, g->left_in_block[b] * sizeof *rows);
        at += g->left_in_block[b];
    }
    *n_left = at;
    for (size_t b = 0; b < n_blocks; b++) {
        size_t in_block = (b + 1 < n_blocks ? BLOCK : leaf->n - b * BLOCK) - g->left_in_block[b];

        memcpy(rows + at, spare + b * BLOCK, in_block * sizeof *rows);
        at += in_block;
    }

done:
    return rc;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static double output(const pal_boost_grower *g, pal_boost_sum total)
{
    double sum = pal_boost_gradient(total, &g->limits.scale);
    double h = pal_boost_hessian(total, &g->limits.scale) + g->limits.l2;
    double t = fabs(sum) - g->limits.l1;

    if (t <= 0 || h <= 0) {
        return 0;
    }
    return (sum > 0 ? -t : t) / h;
}

static bool may_split(const pal_boost_grower *g, const leaf_state *leaf)
{
    return (double)leaf->n >= 2 * g->limits.min_data && (g->max_depth <= 0 || leaf->depth < g->max_depth);
}

/* less: see pal_boost_split_best. */
static void search(pal_boost_grower *g, leaf_state *leaf, const pal_boost_hist *less, const uint32_t *active,
                   size_t n_active)
{
    if (may_split(g, leaf)) {
        pal_boost_split_best(&leaf->best, &g->scan, leaf->hist, less, g->bins, active, n_active, leaf->total,
                             &g->limits);
    } else {
        leaf->best.gain = 0;
    }
}

/* parent NULL: the root. */
static pal_status build(pal_boost_grower *g, leaf_state *leaf, const pal_boost_hist *parent, const uint32_t *active,
                        size_t n_active, pal_error *err)
{
    bool all = leaf->n == g->n;

    leaf->hist = g->free_hist[--g->n_free];
    if (parent == NULL) {
        pal_boost_hist_list_all(leaf->hist, g->bins);
    } else {
        pal_boost_hist_list_as(leaf->hist, parent, g->bins, active, n_active);
    }
    return pal_boost_hist_build(leaf->hist, g->partial, g->bins, active, n_active, g->by_row, g->slots, g->row_sum,
                                all ? NULL : g->rows + leaf->begin, leaf->n, g->n_threads, err);
}

static void give_back(pal_boost_grower *g, leaf_state *leaf)
{
    if (leaf->hist != NULL) {
        g->free_hist[g->n_free++] = leaf->hist;
        leaf->hist = NULL;
    }
}

static pal_status start_root(pal_boost_grower *g, const uint32_t *active, size_t n_active, pal_error *err)
{
    pal_status rc = PAL_OK;
    leaf_state *root = &g->leaf[0];
    const pal_boost_feature *f = &g->bins->feature[active[0]];

    memcpy(g->rows, g->bag, g->n_bag * sizeof *g->rows);
    for (size_t i = 0; i < g->max_leaves; i++) {
        g->free_hist[i] = &g->hist[g->max_leaves - 1 - i];
    }
    g->n_free = g->max_leaves;
    g->n_leaves = 1;
    memset(root, 0, sizeof *root);
    root->n = g->n_bag;
    root->parent = -1;
    PAL_TRY(build(g, root, NULL, active, n_active, err));
    for (size_t b = 0; b < pal_boost_feature_bins(f); b++) {
        root->total += root->hist->sum[f->first + b];
    }
    search(g, root, NULL, active, n_active);

done:
    return rc;
}

/* The children's histograms and best splits: the smaller is summed, the larger is what it leaves of the parent's. */
static pal_status search_children(pal_boost_grower *g, leaf_state *a, leaf_state *b, pal_boost_hist *parent,
                                  const uint32_t *active, size_t n_active, pal_error *err)
{
    pal_status rc = PAL_OK;
    leaf_state *small = a->n < b->n ? a : b, *large = a->n < b->n ? b : a;

    large->hist = parent;
    small->hist = NULL;
    if (may_split(g, large)) { /* or neither may */
        PAL_TRY(build(g, small, parent, active, n_active, err));
    }
    search(g, large, small->hist, active, n_active);
    search(g, small, NULL, active, n_active);
    if (small->best.gain <= 0) give_back(g, small);
    if (large->best.gain <= 0) give_back(g, large);

done:
    return rc;
}

static void describe_node(pal_boost_node *node, const pal_boost_grower *g, const leaf_state *leaf)
{
    const pal_boost_split *split = &leaf->best;
    const pal_boost_feature *f = &g->bins->feature[split->feature];
    double threshold = f->upper[split->bin];

    node->threshold = threshold < LARGEST_THRESHOLD ? threshold : LARGEST_THRESHOLD;
    node->value = output(g, leaf->total) * g->learning_rate;
    node->weight = pal_boost_hessian(leaf->total, &g->limits.scale);
    node->gain = (float)(split->gain + g->limits.min_gain);
    node->feature = (int32_t)split->feature;
    node->count = (int32_t)leaf->n;
    node->decision = (uint8_t)((split->missing_left ? PAL_BOOST_DEFAULT_LEFT : 0)
                               | (f->missing ? PAL_BOOST_MISSING_NAN : 0));
}

/* Split leaf `at`: its left part keeps the number, the right one is the newest. */
static pal_status split_leaf(pal_boost_grower *g, pal_boost_grown *tree, size_t at, bool last, const uint32_t *active,
                             size_t n_active, pal_error *err)
{
    pal_status rc = PAL_OK;
    leaf_state *left = &g->leaf[at], *right = &g->leaf[g->n_leaves];
    int32_t number = (int32_t)g->n_leaves - 1;
    pal_boost_node *node = &tree->node[number];
    pal_boost_hist *hist = left->hist;
    size_t n_left = 0;

    PAL_TRY(divide_rows(&n_left, g, left, &left->best, err));
    PAL_DCHECK(n_left == pal_boost_rows_in(left->best.left, &g->limits.scale));
    describe_node(node, g, left);
    node->left = ~(int32_t)at;
    node->right = ~(int32_t)g->n_leaves;
    if (left->parent >= 0) {
        *(left->is_right ? &tree->node[left->parent].right : &tree->node[left->parent].left) = number;
    }
    g->split[number] = left->best;
    *right = *left;
    right->begin += n_left;
    right->n -= n_left;
    right->total -= left->best.left;
    left->n = n_left;
    left->total = left->best.left;
    left->depth++;
    right->depth++;
    left->parent = right->parent = number;
    left->is_right = false;
    right->is_right = true;
    g->n_leaves++;
    if (!last) {
        PAL_TRY(search_children(g, left, right, hist, active, n_active, err));
    }

done:
    return rc;
}

/* The leaf with the largest gain, the lowest of equals; max_leaves when none gains. */
static size_t best_leaf(const pal_boost_grower *g)
{
    size_t best = g->max_leaves;
    double gain = 0;

    for (size_t i = 0; i < g->n_leaves; i++) {
        if (g->leaf[i].best.gain > gain) {
            gain = g->leaf[i].best.gain;
            best = i;
        }
    }
    return best;
}

pal_status pal_boost_grow(pal_boost_grown *tree, pal_boost_grower *g, const uint32_t *active, size_t n_active,
                          pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(start_root(g, active, n_active, err));
    while (g->n_leaves < g->max_leaves) {
        size_t at = best_leaf(g);

        if (at == g->max_leaves) {
            break;
        }
        PAL_TRY(split_leaf(g, tree, at, g->n_leaves + 1 == g->max_leaves, active, n_active, err));
    }
    for (size_t i = 0; i < g->n_leaves; i++) {
        const leaf_state *leaf = &g->leaf[i];

        tree->leaf[i].value = output(g, leaf->total) * g->learning_rate;
        tree->leaf[i].weight = pal_boost_hessian(leaf->total, &g->limits.scale);
        tree->leaf[i].count = (int32_t)leaf->n;
    }
    tree->n_leaves = g->n_leaves;
    tree->split = g->split;

done:
    return rc;
}

typedef struct add_job {
    double *score;
    const pal_boost_grower *g;
    const pal_boost_grown *tree;
} add_job;

static pal_status add_leaves(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const add_job *job = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t l = begin; l < end; l++) {
        const uint32_t *rows = job->g->rows + job->g->leaf[l].begin;
        double value = job->tree->leaf[l].value;

        for (size_t i = 0; i < job->g->leaf[l].n; i++) {
            job->score[rows[i]] += value;
        }
    }
    return PAL_OK;
}

pal_status pal_boost_grower_add(double *score, const pal_boost_grower *g, const pal_boost_grown *tree, pal_error *err)
{
    add_job job = { score, g, tree };
    size_t n_threads = g->n_bag < PAL_BOOST_WORTH_THREADS ? 1 : g->n_threads;

    return pal_parallel_for(tree->n_leaves, 1, n_threads, add_leaves, &job, err);
}

size_t pal_boost_leaf_of(const pal_boost_grown *tree, const pal_boost_bins *bins, const uint8_t *row)
{
    int32_t at = tree->n_leaves > 1 ? 0 : -1;

    while (at >= 0) {
        const pal_boost_split *split = &tree->split[at];
        const pal_boost_feature *f = &bins->feature[split->feature];
        uint32_t bin = row[split->feature];
        bool left = f->missing && bin == f->n_values ? split->missing_left : bin <= split->bin;

        at = left ? tree->node[at].left : tree->node[at].right;
    }
    return (size_t)~at;
}
