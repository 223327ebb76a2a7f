/* The model as an object: memory, names, the cache for walking, importance, digest. */
#include "models/boost_model.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

pal_status pal_boost_model_new(pal_boost **out, size_t d, size_t trees, size_t nodes, size_t leaves, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost *m = NULL;

    PAL_NEW(m, 1);
    m->d = d;
    m->sigmoid = 1;
    PAL_NEW(m->name, d);
    PAL_NEW(m->info, d);
    PAL_NEW(m->tree, trees);
    PAL_NEW(m->node, nodes);
    PAL_NEW(m->leaf, leaves);
    for (size_t j = 0; j < d; j++) {
        char text[32];

        snprintf(text, sizeof text, "Column_%zu", j);
        m->name[j] = pal_strdup(text);
        m->info[j] = pal_strdup("none");
        if (m->name[j] == NULL || m->info[j] == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: name of feature %zu", j);
        }
    }
    *out = m;
    m = NULL;

done:
    pal_boost_free(m);
    return rc;
}

void pal_boost_free(pal_boost *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t j = 0; j < m->d; j++) {
        if (m->name != NULL) pal_free(m->name[j]);
        if (m->info != NULL) pal_free(m->info[j]);
    }
    pal_free(m->name);
    pal_free(m->info);
    pal_free(m->tree);
    pal_free(m->node);
    pal_free(m->leaf);
    pal_free(m->parameters);
    pal_free(m->train_curve);
    pal_free(m->valid_curve);
    pal_boost_masks_clear(&m->masks);
    pal_free(m->step);
    pal_free(m->step_value);
    pal_free(m->depth);
    pal_free(m);
}

/* ---- the cache ----------------------------------------------------------------------------- */

/*
 * Steps of a tree, breadth first, so that siblings are neighbours, where steps are wanted; and its depth. `ids` is
 * scratch of 2 n_leaves.
 */
static uint32_t lay_out(pal_boost *m, const pal_boost_tree *tree, size_t base, int32_t *ids)
{
    size_t n = 1, level_end = 1;
    uint32_t depth = 0;

    ids[0] = tree->n_leaves > 1 ? 0 : -1;
    for (size_t i = 0; i < n; i++) {
        const pal_boost_node *node = ids[i] < 0 ? NULL : &m->node[tree->first_node + (size_t)ids[i]];

        if (i == level_end) {
            depth++;
            level_end = n;
        }
        if (m->step != NULL && node == NULL) {
            m->step[base + i] = (pal_boost_step){ HUGE_VAL, (uint32_t)(base + i), 0 };
            m->step_value[base + i] = m->leaf[tree->first_leaf + (size_t)~ids[i]].value;
        } else if (m->step != NULL) {
            m->step[base + i] = (pal_boost_step){ node->threshold, (uint32_t)(base + n), (uint32_t)node->feature };
        }
        if (node != NULL) {
            ids[n++] = node->left;
            ids[n++] = node->right;
            m->zero_is_missing |= (node->decision & PAL_BOOST_MISSING_ZERO) != 0;
        }
    }
    return depth;
}

pal_status pal_boost_model_finish(pal_boost *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    int32_t *ids = NULL;
    size_t base = 0, most = 1;

    for (size_t t = 0; t < m->n_trees; t++) {
        most = m->tree[t].n_leaves > most ? m->tree[t].n_leaves : most;
    }
    PAL_NEW(ids, 2 * most);
    PAL_TRY(pal_boost_masks_make(m, err));
    if (m->masks.value == NULL) {
        PAL_NEW(m->step, m->n_nodes + m->n_leaves);
        PAL_NEW(m->step_value, m->n_nodes + m->n_leaves);
    }
    PAL_NEW(m->depth, m->n_trees);
    for (size_t t = 0; t < m->n_trees; t++) {
        m->depth[t] = lay_out(m, &m->tree[t], base, ids);
        base += 2 * m->tree[t].n_leaves - 1;
    }

done:
    pal_free(ids);
    return rc;
}

/* ---- what there is to know ----------------------------------------------------------------- */

size_t pal_boost_features(const pal_boost *m)
{
    return m->d;
}

size_t pal_boost_trees(const pal_boost *m)
{
    return m->n_trees;
}

const char *pal_boost_name(const pal_boost *m, size_t feature)
{
    PAL_ASSERT(feature < m->d);
    return m->name[feature];
}

static pal_status check_names(const char *const *names, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j < d; j++) {
        if (names[j][0] == '\0' || strpbrk(names[j], " \t\r\n\v\f") != NULL) {
            PAL_FAIL(PAL_ERR_DATA, "feature %zu: the name '%s' is empty or holds a blank", j, names[j]);
        }
        for (size_t i = 0; i < j; i++) {
            if (strcmp(names[i], names[j]) == 0) {
                PAL_FAIL(PAL_ERR_DATA, "features %zu and %zu are both named '%s'", i, j, names[j]);
            }
        }
    }

done:
    return rc;
}

pal_status pal_boost_set_names(pal_boost *m, const char *const *names, pal_error *err)
{
    pal_status rc = PAL_OK;
    char **copy = NULL;

    PAL_TRY(check_names(names, m->d, err));
    PAL_NEW(copy, m->d);
    for (size_t j = 0; j < m->d; j++) {
        copy[j] = pal_strdup(names[j]);
        if (copy[j] == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: name of feature %zu", j);
        }
    }
    for (size_t j = 0; j < m->d; j++) {
        char *old = m->name[j];

        m->name[j] = copy[j];
        copy[j] = old;
    }

done:
    for (size_t j = 0; copy != NULL && j < m->d; j++) {
        pal_free(copy[j]);
    }
    pal_free(copy);
    return rc;
}

size_t pal_boost_curve(const pal_boost *m, const double **train, const double **valid)
{
    if (train != NULL) *train = m->train_curve;
    if (valid != NULL) *valid = m->valid_curve;
    return m->n_curve;
}

void pal_boost_importance(double *gain, double *splits, const pal_boost *m)
{
    if (gain != NULL) memset(gain, 0, m->d * sizeof *gain);
    if (splits != NULL) memset(splits, 0, m->d * sizeof *splits);
    for (size_t i = 0; i < m->n_nodes; i++) {
        const pal_boost_node *node = &m->node[i];

        if (gain != NULL) gain[node->feature] += (double)node->gain;
        if (splits != NULL) splits[node->feature] += 1;
    }
}

uint64_t pal_boost_digest(const pal_boost *m)
{
    uint64_t digest = pal_hash_mix(m->d, m->n_trees);

    digest = pal_hash_mix(digest, pal_hash_doubles(&m->sigmoid, 1));
    for (size_t t = 0; t < m->n_trees; t++) {
        digest = pal_hash_mix(digest, m->tree[t].n_leaves);
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const pal_boost_node *node = &m->node[i];
        const int32_t whole[4] = { node->feature, node->left, node->right, node->decision };

        digest = pal_hash_mix(digest, pal_hash(whole, sizeof whole));
        digest = pal_hash_mix(digest, pal_hash_doubles(&node->threshold, 1));
    }
    for (size_t i = 0; i < m->n_leaves; i++) {
        digest = pal_hash_mix(digest, pal_hash_doubles(&m->leaf[i].value, 1));
    }
    return digest;
}
