/*
 * Path-dependent TreeSHAP: Lundberg, Erion, Lee, "Consistent individualized feature attribution for tree ensembles",
 * 2018, algorithm 2, in the order of operations of LightGBM's Tree::TreeSHAP. Weights of a path are shares of
 * training rows.
 */
#include "core/mem.h"
#include "core/threads.h"
#include "models/boost_model.h"

#include <string.h>

#define BLOCK ((size_t)16)

typedef struct element { /* a feature on the way, met once */
    int32_t feature;
    double zero, one;    /* share of rows that go this way when it is unknown; 1 if x goes this way, else 0 */
    double weight;       /* of the subsets of as many features as its place says */
} element;

typedef struct shap {
    const pal_boost *m;
    const pal_boost_tree *tree;
    const double *x;
    double *phi;    /* d + 1                              */
    element *paths; /* a path of `stride` elements a level */
    size_t stride;
} shap;

/* One more feature on a path of `n` elements. */
static void extend(element *path, size_t n, double zero, double one, int32_t feature)
{
    path[n] = (element){ feature, zero, one, n == 0 ? 1 : 0 };
    for (size_t i = n; i-- > 0;) {
        path[i + 1].weight += one * path[i].weight * (double)(i + 1) / (double)(n + 1);
        path[i].weight = zero * path[i].weight * (double)(n - i) / (double)(n + 1);
    }
}

/* Take element `at` off a path whose last element is `last`. */
static void unwind(element *path, size_t last, size_t at)
{
    const double zero = path[at].zero, one = path[at].one;
    double next = path[last].weight;

    for (size_t i = last; i-- > 0;) {
        if (one != 0) {
            const double before = path[i].weight;

            path[i].weight = next * (double)(last + 1) / ((double)(i + 1) * one);
            next = before - path[i].weight * zero * (double)(last - i) / (double)(last + 1);
        } else {
            path[i].weight = path[i].weight * (double)(last + 1) / (zero * (double)(last - i));
        }
    }
    for (size_t i = at; i < last; i++) {
        path[i].feature = path[i + 1].feature;
        path[i].zero = path[i + 1].zero;
        path[i].one = path[i + 1].one;
    }
}

/* What all weights would add up to without element `at`. */
static double unwound_sum(const element *path, size_t last, size_t at)
{
    const double zero = path[at].zero, one = path[at].one;
    double next = path[last].weight, total = 0;

    for (size_t i = last; i-- > 0;) {
        if (one != 0) {
            const double part = next * (double)(last + 1) / ((double)(i + 1) * one);

            total += part;
            next = path[i].weight - part * zero * ((double)(last - i) / (double)(last + 1));
        } else {
            total += path[i].weight / zero / ((double)(last - i) / (double)(last + 1));
        }
    }
    return total;
}

static double rows_of(const shap *s, int32_t at)
{
    return at >= 0 ? s->m->node[s->tree->first_node + (size_t)at].count
                   : s->m->leaf[s->tree->first_leaf + (size_t)~at].count;
}

static void add_leaf(const shap *s, const element *path, size_t last, int32_t at)
{
    double value = s->m->leaf[s->tree->first_leaf + (size_t)~at].value;

    for (size_t i = 1; i <= last; i++) {
        s->phi[path[i].feature] += unwound_sum(path, last, i) * (path[i].one - path[i].zero) * value;
    }
}

/* Walk both ways at once; `parent` holds n elements. */
static void descend(const shap *s, int32_t at, size_t level, const element *parent, size_t n, double zero, double one,
                    int32_t feature)
{
    element *path = s->paths + level * s->stride;
    const pal_boost_node *node;
    double incoming_zero = 1, incoming_one = 1, rows;
    int32_t hot, cold;
    size_t seen = 0;

    memcpy(path, parent, n * sizeof *path);
    extend(path, n, zero, one, feature);
    if (at < 0) {
        add_leaf(s, path, n, at);
        return;
    }
    node = &s->m->node[s->tree->first_node + (size_t)at];
    hot = pal_boost_next(node, s->x[node->feature]);
    cold = hot == node->left ? node->right : node->left;
    rows = node->count;
    while (seen <= n && path[seen].feature != node->feature) {
        seen++;
    }
    if (seen <= n) { /* met before: undo it, then do it for both at once */
        incoming_zero = path[seen].zero;
        incoming_one = path[seen].one;
        unwind(path, n, seen);
        n--;
    }
    descend(s, hot, level + 1, path, n + 1, rows_of(s, hot) / rows * incoming_zero, incoming_one, node->feature);
    descend(s, cold, level + 1, path, n + 1, rows_of(s, cold) / rows * incoming_zero, 0, node->feature);
}

static double expected(const shap *s)
{
    const pal_boost_leaf *leaf = s->m->leaf + s->tree->first_leaf;
    double rows = s->m->node[s->tree->first_node].count, sum = 0;

    for (size_t l = 0; l < s->tree->n_leaves; l++) {
        sum += leaf[l].count / rows * leaf[l].value;
    }
    return sum;
}

static void explain(shap *s)
{
    for (size_t t = 0; t < s->m->n_trees; t++) {
        s->tree = &s->m->tree[t];
        if (s->tree->n_leaves == 1) {
            s->phi[s->m->d] += s->m->leaf[s->tree->first_leaf].value;
        } else {
            s->phi[s->m->d] += expected(s);
            descend(s, 0, 0, s->paths, 0, 1, 1, -1);
        }
    }
}

typedef struct shap_job {
    double *out;
    const pal_boost *m;
    const double *x;
    element *paths; /* levels x stride a worker */
    size_t levels, stride;
} shap_job;

static pal_status explain_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const shap_job *job = ctx;
    size_t d = job->m->d;

    (void)block;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        element *paths = job->paths + worker * job->levels * job->stride;
        shap s = { job->m, NULL, job->x + i * d, job->out + i * (d + 1), paths, job->stride };

        memset(s.phi, 0, (d + 1) * sizeof *s.phi);
        explain(&s);
    }
    return PAL_OK;
}

/* A loaded model may come without counts, and without them there are no shares. */
static pal_status check_counts(const pal_boost *m, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < m->n_nodes; i++) {
        if (m->node[i].count <= 0) {
            PAL_FAIL(PAL_ERR_DATA, "boosted trees: contributions need internal_count, and a node's is missing or 0");
        }
    }
    for (size_t t = 0; t < m->n_trees; t++) {
        for (size_t l = 0; m->tree[t].n_leaves > 1 && l < m->tree[t].n_leaves; l++) {
            if (m->leaf[m->tree[t].first_leaf + l].count <= 0) {
                PAL_FAIL(PAL_ERR_DATA, "boosted trees: contributions need leaf_count, missing or 0 in tree %zu", t);
            }
        }
    }

done:
    return rc;
}

pal_status pal_boost_contributions(double *out, const pal_boost *m, const double *x, size_t n, size_t n_threads,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    shap_job job = { out, m, x, NULL, 1, 2 };

    PAL_TRY(check_counts(m, err));
    for (size_t t = 0; t < m->n_trees; t++) {
        job.levels = m->depth[t] + 1 > job.levels ? m->depth[t] + 1 : job.levels;
    }
    job.stride = (job.levels < m->d + 1 ? job.levels : m->d + 1) + 1;
    PAL_NEW(job.paths, n_threads * job.levels * job.stride);
    PAL_TRY(pal_parallel_for(n, BLOCK, n_threads, explain_block, &job, err));

done:
    pal_free(job.paths);
    return rc;
}
