/* The trees of LightGBM's text: blocks of fields, each array of its length, each tree one tree. */
#include "models/boost_lines.h"

#include <string.h>

enum {
    NUM_LEAVES, NUM_CAT, SPLIT_FEATURE, SPLIT_GAIN, THRESHOLD, DECISION, LEFT, RIGHT, LEAF_VALUE, LEAF_WEIGHT,
    LEAF_COUNT, NODE_VALUE, NODE_WEIGHT, NODE_COUNT, IS_LINEAR, SHRINKAGE, N_TREE
};
static const char *const tree_keys[] = {
    "num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child",
    "leaf_value", "leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count", "is_linear",
    "shrinkage", NULL
};
/* Fields that may be left out (older versions; nothing predicted depends on them). */
static const bool may_miss[N_TREE] = {
    [SPLIT_GAIN] = true, [LEAF_WEIGHT] = true, [LEAF_COUNT] = true, [NODE_VALUE] = true, [NODE_WEIGHT] = true,
    [NODE_COUNT] = true, [IS_LINEAR] = true, [SHRINKAGE] = true, [DECISION] = true
};

static pal_status set_node(pal_boost_node *node, int key, pal_boost_span word, size_t d, size_t n_leaves,
                           const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *what = tree_keys[key];
    int64_t whole = 0;
    double real = 0;

    switch (key) {
    case SPLIT_FEATURE: PAL_TRY(pal_boost_read_int(&whole, word, 0, (int64_t)d - 1, what, name, err)); break;
    case DECISION: PAL_TRY(pal_boost_read_int(&whole, word, 0, 11, what, name, err)); break;
    case LEFT:
    case RIGHT:
        PAL_TRY(pal_boost_read_int(&whole, word, -(int64_t)n_leaves, (int64_t)n_leaves - 2, what, name, err));
        break;
    case NODE_COUNT: PAL_TRY(pal_boost_read_int(&whole, word, 0, INT32_MAX, what, name, err)); break;
    default: PAL_TRY(pal_boost_read_real(&real, word, what, name, err)); break;
    }
    switch (key) {
    case SPLIT_FEATURE: node->feature = (int32_t)whole; break;
    case DECISION: node->decision = (uint8_t)whole; break;
    case LEFT: node->left = (int32_t)whole; break;
    case RIGHT: node->right = (int32_t)whole; break;
    case NODE_COUNT: node->count = (int32_t)whole; break;
    case SPLIT_GAIN: node->gain = real > 3e38 ? 3e38f : real < -3e38 ? -3e38f : (float)real; break;
    case THRESHOLD: node->threshold = real; break;
    case NODE_VALUE: node->value = real; break;
    default: node->weight = real; break;
    }
    if (key == DECISION && (whole & PAL_BOOST_CATEGORICAL) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s:%zu: a categorical split; only numbers are read", name, word.line);
    }

done:
    return rc;
}

static pal_status set_leaf(pal_boost_leaf *leaf, int key, pal_boost_span word, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    int64_t whole;

    if (key == LEAF_COUNT) {
        PAL_TRY(pal_boost_read_int(&whole, word, 0, INT32_MAX, tree_keys[key], name, err));
        leaf->count = (int32_t)whole;
    } else {
        double *to = key == LEAF_VALUE ? &leaf->value : &leaf->weight;

        PAL_TRY(pal_boost_read_real(to, word, tree_keys[key], name, err));
    }

done:
    return rc;
}

/* All arrays of a tree. */
static pal_status read_arrays(pal_boost *m, const pal_boost_tree *tree, const pal_boost_span *value, const char *name,
                              pal_error *err)
{
    pal_status rc = PAL_OK;

    for (int key = SPLIT_FEATURE; key <= NODE_COUNT; key++) {
        bool of_leaves = key >= LEAF_VALUE && key <= LEAF_COUNT;
        size_t wanted = tree->n_leaves - !of_leaves, found = pal_boost_count_words(value[key]);
        pal_boost_span rest = value[key], word;

        if (value[key].bytes == NULL) {
            continue;
        }
        if (found != wanted) {
            PAL_TRY(pal_boost_bad(name, value[key].line, err, "%s has %zu entries, num_leaves asks for %zu",
                                  tree_keys[key], found, wanted));
        }
        for (size_t i = 0; pal_boost_next_word(&rest, &word); i++) {
            if (of_leaves) {
                PAL_TRY(set_leaf(&m->leaf[tree->first_leaf + i], key, word, name, err));
            } else {
                PAL_TRY(set_node(&m->node[tree->first_node + i], key, word, m->d, tree->n_leaves, name, err));
            }
        }
    }

done:
    return rc;
}

/* Every node but the root and every leaf is somebody's child exactly once, and all hang on the root. */
static pal_status check_shape(const pal_boost *m, const pal_boost_tree *tree, int32_t *stack, uint8_t *met,
                              const char *name, size_t line, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_nodes = tree->n_leaves - 1, n = 0, seen = 0;

    memset(met, 0, n_nodes + tree->n_leaves);
    if (n_nodes > 0) {
        stack[n++] = 0;
    }
    while (n > 0) {
        const pal_boost_node *node = &m->node[tree->first_node + (size_t)stack[--n]];
        const int32_t child[2] = { node->left, node->right };

        for (size_t c = 0; c < 2; c++) {
            size_t at = child[c] >= 0 ? (size_t)child[c] : n_nodes + (size_t)~child[c];

            if (child[c] == 0 || met[at] != 0) {
                PAL_TRY(pal_boost_bad(name, line, err, "left_child and right_child do not make a tree: child %d "
                                      "comes twice or is the root", (int)child[c]));
            }
            met[at] = 1;
            seen++;
            if (child[c] >= 0) {
                stack[n++] = child[c];
            }
        }
    }
    if (seen != 2 * n_nodes) {
        PAL_TRY(pal_boost_bad(name, line, err,
                              "left_child and right_child do not make a tree: %zu of %zu parts hang on the root",
                              seen, 2 * n_nodes));
    }

done:
    return rc;
}

/* Fields from the line after Tree= to the empty one. */
static pal_status read_fields(pal_boost_span value[N_TREE], pal_boost_lines *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    int64_t whole = 0;

    while (pal_boost_next_line(r) && r->n > 0) {
        if (pal_boost_line_starts(r, "cat_") || pal_boost_line_starts(r, "leaf_const=")) {
            PAL_FAIL(PAL_ERR_DATA, "%s:%zu: categorical splits and linear leaves are not read", r->name, r->number);
        }
        PAL_TRY(pal_boost_take_field(value, tree_keys, r, err));
    }
    for (int key = 0; key < N_TREE; key++) {
        if (value[key].bytes == NULL && !may_miss[key]) {
            PAL_TRY(PAL_BOOST_BAD(r, "the tree ends without '%s'", tree_keys[key]));
        }
    }
    if (!pal_boost_span_is(value[NUM_CAT], "0")
        || (value[IS_LINEAR].bytes != NULL && !pal_boost_span_is(value[IS_LINEAR], "0"))) {
        PAL_TRY(pal_boost_read_int(&whole, value[NUM_CAT], 0, INT32_MAX, "num_cat", r->name, err));
        PAL_FAIL(PAL_ERR_DATA, "%s:%zu: categorical splits and linear leaves are not read", r->name,
                 value[NUM_CAT].line);
    }

done:
    return rc;
}

static pal_status read_tree(pal_boost *m, pal_boost_lines *r, pal_boost_tree_room *room, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_tree *tree = &m->tree[m->n_trees];
    pal_boost_span value[N_TREE] = { { 0 } };
    int64_t number;

    PAL_TRY(pal_boost_read_int(&number, (pal_boost_span){ r->line + 5, r->n - 5, r->number }, 0, INT32_MAX, "Tree",
                               r->name, err));
    if ((size_t)number != m->n_trees) {
        PAL_TRY(PAL_BOOST_BAD(r, "tree %lld stands where tree %zu is wanted", (long long)number, m->n_trees));
    }
    PAL_TRY(read_fields(value, r, err));
    PAL_TRY(pal_boost_read_int(&number, value[NUM_LEAVES], 1, (int64_t)room->leaves, "num_leaves", r->name, err));
    *tree = (pal_boost_tree){ m->n_nodes, m->n_leaves, (size_t)number, 1 };
    PAL_TRY(read_arrays(m, tree, value, r->name, err));
    if (value[SHRINKAGE].bytes != NULL) {
        PAL_TRY(pal_boost_read_real(&tree->shrinkage, value[SHRINKAGE], "shrinkage", r->name, err));
    }
    PAL_TRY(check_shape(m, tree, room->stack, room->met, r->name, value[LEFT].line, err));
    room->leaves -= tree->n_leaves;
    m->n_nodes += tree->n_leaves - 1;
    m->n_leaves += tree->n_leaves;
    m->n_trees++;

done:
    return rc;
}

static pal_status skip_empty(pal_boost_lines *r, pal_error *err)
{
    while (pal_boost_next_line(r)) {
        if (r->n > 0) {
            return PAL_OK;
        }
    }
    return PAL_BOOST_BAD(r, "the file ends before 'end of trees'");
}

/* Trees up to 'end of trees'; their sizes in bytes must be as announced, for LightGBM finds them by these. */
pal_status pal_boost_read_trees(pal_boost *m, pal_boost_lines *r, pal_boost_span sizes, pal_boost_tree_room *room,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    bool announced = sizes.bytes != NULL;
    pal_boost_span word = { 0 };

    PAL_TRY(skip_empty(r, err));
    while (pal_boost_line_starts(r, "Tree=")) {
        const char *begin = r->line;
        size_t line = r->number;
        int64_t size;

        if (announced && !pal_boost_next_word(&sizes, &word)) {
            PAL_TRY(pal_boost_bad(r->name, line, err, "one tree more than tree_sizes announces"));
        }
        PAL_TRY(read_tree(m, r, room, err));
        PAL_TRY(skip_empty(r, err));
        if (announced) {
            PAL_TRY(pal_boost_read_int(&size, word, 1, INT64_MAX, "tree_sizes", r->name, err));
            if (size != (int64_t)(r->line - begin)) {
                PAL_TRY(pal_boost_bad(r->name, line, err, "tree %zu has %zu bytes, tree_sizes announces %lld",
                                      m->n_trees - 1, (size_t)(r->line - begin), (long long)size));
            }
        }
    }
    if (!pal_boost_line_is(r, "end of trees")) {
        PAL_TRY(PAL_BOOST_BAD(r, "'%.*s' stands where a tree or 'end of trees' is wanted",
                              (int)(r->n < 40 ? r->n : 40), r->line));
    }
    if (announced && pal_boost_next_word(&sizes, &word)) {
        PAL_TRY(PAL_BOOST_BAD(r, "%zu trees, fewer than tree_sizes announces", m->n_trees));
    }

done:
    return rc;
}
