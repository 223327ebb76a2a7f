/* The model as LightGBM's text, field by field as src/boosting/gbdt_model_text.cpp and src/io/tree.cpp write it. */
#include "core/file.h"
#include "core/mem.h"
#include "models/boost_model.h"

#include <string.h>

typedef enum field {
    SPLIT_FEATURE, SPLIT_GAIN, THRESHOLD, DECISION_TYPE, LEFT_CHILD, RIGHT_CHILD, INTERNAL_VALUE, INTERNAL_WEIGHT,
    INTERNAL_COUNT
} field;

/* What must read back to the bit has 17 digits, the rest has LightGBM's 6. */
static void put_node_field(pal_text *text, const pal_boost_node *node, field which)
{
    switch (which) {
    case SPLIT_FEATURE: pal_text_addf(text, "%d", (int)node->feature); break;
    case SPLIT_GAIN: pal_text_addf(text, "%g", (double)node->gain); break;
    case THRESHOLD: pal_text_addf(text, "%.17g", node->threshold); break;
    case DECISION_TYPE: pal_text_addf(text, "%d", (int)node->decision); break;
    case LEFT_CHILD: pal_text_addf(text, "%d", (int)node->left); break;
    case RIGHT_CHILD: pal_text_addf(text, "%d", (int)node->right); break;
    case INTERNAL_VALUE: pal_text_addf(text, "%g", node->value); break;
    case INTERNAL_WEIGHT: pal_text_addf(text, "%g", node->weight); break;
    case INTERNAL_COUNT: pal_text_addf(text, "%d", (int)node->count); break;
    }
}

static void put_nodes(pal_text *text, const char *name, const pal_boost *m, const pal_boost_tree *tree, field which)
{
    pal_text_add(text, name);
    for (size_t i = 0; i + 1 < tree->n_leaves; i++) {
        pal_text_add(text, i == 0 ? "=" : " ");
        put_node_field(text, &m->node[tree->first_node + i], which);
    }
    pal_text_add(text, tree->n_leaves > 1 ? "\n" : "=\n");
}

static void put_leaves(pal_text *text, const pal_boost *m, const pal_boost_tree *tree)
{
    const pal_boost_leaf *leaf = m->leaf + tree->first_leaf;

    for (size_t l = 0; l < tree->n_leaves; l++) {
        pal_text_addf(text, "%s%.17g", l == 0 ? "leaf_value=" : " ", leaf[l].value);
    }
    for (size_t l = 0; l < tree->n_leaves; l++) {
        pal_text_addf(text, "%s%.17g", l == 0 ? "\nleaf_weight=" : " ", leaf[l].weight);
    }
    for (size_t l = 0; l < tree->n_leaves; l++) {
        pal_text_addf(text, "%s%d", l == 0 ? "\nleaf_count=" : " ", (int)leaf[l].count);
    }
    pal_text_add(text, "\n");
}

static void put_tree(pal_text *text, const pal_boost *m, size_t t)
{
    const pal_boost_tree *tree = &m->tree[t];

    pal_text_addf(text, "Tree=%zu\nnum_leaves=%zu\nnum_cat=0\n", t, tree->n_leaves);
    put_nodes(text, "split_feature", m, tree, SPLIT_FEATURE);
    put_nodes(text, "split_gain", m, tree, SPLIT_GAIN);
    put_nodes(text, "threshold", m, tree, THRESHOLD);
    put_nodes(text, "decision_type", m, tree, DECISION_TYPE);
    put_nodes(text, "left_child", m, tree, LEFT_CHILD);
    put_nodes(text, "right_child", m, tree, RIGHT_CHILD);
    put_leaves(text, m, tree);
    put_nodes(text, "internal_value", m, tree, INTERNAL_VALUE);
    put_nodes(text, "internal_weight", m, tree, INTERNAL_WEIGHT);
    put_nodes(text, "internal_count", m, tree, INTERNAL_COUNT);
    pal_text_addf(text, "is_linear=0\nshrinkage=%g\n\n\n", tree->shrinkage);
}

static void put_header(pal_text *text, const pal_boost *m, const size_t *tree_size)
{
    pal_text_add(text, "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n");
    pal_text_addf(text, "max_feature_idx=%zu\nobjective=binary sigmoid:%g\n", m->d - 1, m->sigmoid);
    for (size_t j = 0; j < m->d; j++) {
        pal_text_addf(text, "%s%s", j == 0 ? "feature_names=" : " ", m->name[j]);
    }
    for (size_t j = 0; j < m->d; j++) {
        pal_text_addf(text, "%s%s", j == 0 ? "\nfeature_infos=" : " ", m->info[j]);
    }
    pal_text_add(text, "\ntree_sizes=");
    for (size_t t = 0; t < m->n_trees; t++) {
        pal_text_addf(text, t == 0 ? "%zu" : " %zu", tree_size[t]);
    }
    pal_text_add(text, "\n\n");
}

/* Most splits first, the lower feature first among equals. */
static void put_importance(pal_text *text, const pal_boost *m, double *splits)
{
    pal_boost_importance(NULL, splits, m);
    pal_text_add(text, "end of trees\n\nfeature_importances:\n");
    for (size_t written = 0; written < m->d; written++) {
        size_t best = 0;

        for (size_t j = 1; j < m->d; j++) {
            best = splits[j] > splits[best] ? j : best;
        }
        if (splits[best] <= 0) {
            break;
        }
        pal_text_addf(text, "%s=%.0f\n", m->name[best], splits[best]);
        splits[best] = 0;
    }
}

pal_status pal_boost_write(const pal_boost *m, pal_text *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text trees = { 0 };
    size_t *size = NULL;
    double *splits = NULL;

    PAL_NEW(size, m->n_trees);
    PAL_NEW(splits, m->d);
    for (size_t t = 0; t < m->n_trees; t++) {
        size_t before = trees.n;

        put_tree(&trees, m, t);
        size[t] = trees.n - before;
    }
    PAL_TRY(pal_text_check(&trees, err));
    put_header(text, m, size);
    pal_text_add_bytes(text, trees.bytes == NULL ? "" : trees.bytes, trees.n);
    put_importance(text, m, splits);
    if (m->parameters != NULL) {
        pal_text_addf(text, "\nparameters:\n%s\nend of parameters\n", m->parameters);
    }
    pal_text_add(text, "\npandas_categorical:null\n");
    PAL_TRY(pal_text_check(text, err));

done:
    pal_text_clear(&trees);
    pal_free(size);
    pal_free(splits);
    return rc;
}

pal_status pal_boost_save(const pal_boost *m, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };
    pal_outfile *file = NULL;

    PAL_TRY(pal_boost_write(m, &text, err));
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, text.bytes, text.n);
    PAL_TRY(pal_outfile_commit(&file, NULL, err));

done:
    pal_outfile_abort(&file);
    pal_text_clear(&text);
    return rc;
}
