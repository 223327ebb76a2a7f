/* LightGBM's text format: its own models, ours read by a strict grammar, damaged text. */
#include "models/boost.h"

#include "core/file.h"
#include "core/mem.h"
#include "models/boost_model.h"
#include "tests/support/boost_data.h"
#include "tests/support/holds.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_boost_text(void);

static const char *const oracle[] = { "plain", "missing", "taste" };

static char *text_of(const pal_boost *model)
{
    pal_text text = { 0 };

    ck_assert_int_eq(pal_boost_write(model, &text, NULL), PAL_OK);
    return text.bytes;
}

/* ---- LightGBM's own models ----------------------------------------------------------------- */

START_TEST(lightgbms_models_give_lightgbms_predictions)
{
    char name[64];
    double *x, *y, *wanted, raw[500], p[500];
    size_t n, n_wanted, columns;
    pal_boost *model = boost_fixture_model(oracle[_i]);

    snprintf(name, sizeof name, "%s_test.csv", oracle[_i]);
    boost_fixture_rows(&x, &y, &n, name);
    snprintf(name, sizeof name, "%s_predictions.csv", oracle[_i]);
    wanted = boost_fixture(name, &n_wanted, &columns);
    ck_assert(n == 500 && n_wanted == 500 && columns == 2);
    ck_assert_int_eq(pal_boost_predict(raw, p, model, x, n, 1, NULL), PAL_OK);
    for (size_t i = 0; i < n; i++) {
        HOLDS(fabs(raw[i] - wanted[2 * i]) < 1e-12, "row %zu: %.17g, not %.17g", i, raw[i], wanted[2 * i]);
        HOLDS(fabs(p[i] - wanted[2 * i + 1]) < 1e-12, "row %zu: %.17g, not %.17g", i, p[i], wanted[2 * i + 1]);
    }
    pal_boost_free(model);
    pal_free(x);
    pal_free(y);
    pal_free(wanted);
}
END_TEST

START_TEST(lightgbms_models_are_written_as_lightgbm_wrote_them)
{
    char path[100], *theirs, *ours;
    pal_boost *model = boost_fixture_model(oracle[_i]);

    snprintf(path, sizeof path, "tests/fixtures/lightgbm/%s_model.txt", oracle[_i]);
    ck_assert_int_eq(pal_file_read(&theirs, NULL, path, NULL), PAL_OK);
    ours = text_of(model);
    ck_assert_str_eq(ours, theirs);
    pal_free(ours);
    pal_free(theirs);
    pal_boost_free(model);
}
END_TEST

/* ---- our own models ------------------------------------------------------------------------ */

static pal_boost *our_model(uint64_t seed, bool holes)
{
    static double x[400 * BOOST_D], y[400];
    float wide[400 * BOOST_D];
    pal_boost_config config = pal_boost_lightgbm();

    boost_generate(wide, y, seed, 400);
    for (size_t i = 0; i < 400 * BOOST_D; i++) {
        x[i] = holes && boost_u01(seed, 100000 + i) < 0.1 ? NAN : (double)wide[i];
    }
    config.num_iterations = 12;
    config.num_leaves = 9;
    config.min_data_in_leaf = 10;
    return boost_fit(x, y, 400, BOOST_D, &config);
}

START_TEST(saved_and_loaded_models_predict_the_same_bits)
{
    pal_boost *model = our_model(500 + (uint64_t)_i, _i % 2 == 1), *back = NULL;
    const char *path = scratch_path("model.txt");
    char *before = text_of(model), *after;
    double x[BOOST_D];

    ck_assert_int_eq(pal_boost_save(model, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_load(&back, path, NULL), PAL_OK);
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < BOOST_D; j++) {
            double u = boost_u01(9, i * BOOST_D + j);

            x[j] = u < 0.1 ? NAN : 4 * u - 2;
        }
        HOLD(pal_boost_raw(model, x) == pal_boost_raw(back, x));
    }
    ck_assert(pal_boost_digest(model) == pal_boost_digest(back));
    after = text_of(back);
    ck_assert_str_eq(before, after);
    pal_free(before);
    pal_free(after);
    pal_boost_free(model);
    pal_boost_free(back);
}
END_TEST

/* A reader of the grammar that shares nothing with ours: each line in its place, each word of its kind. */
typedef struct grammar {
    char *at;
    size_t line;
} grammar;

static char *line_of(grammar *g)
{
    char *line = g->at, *end = strchr(g->at, '\n');

    ck_assert_msg(end != NULL, "line %zu has no end", g->line + 1);
    *end = '\0';
    g->at = end + 1;
    g->line++;
    return line;
}

static void expect(grammar *g, const char *wanted)
{
    char *line = line_of(g);

    ck_assert_msg(strcmp(line, wanted) == 0, "line %zu is '%s', not '%s'", g->line, line, wanted);
}

/* key=w1 w2 ... with n words, each a number (whole: an integer) or, for 't', any text. */
static char *expect_words(grammar *g, const char *key, size_t n, char kind)
{
    char *line = line_of(g), *value, *word;

    ck_assert_msg(strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == '=', "line %zu is '%.40s', not %s=",
                  g->line, line, key);
    word = value = line + strlen(key) + 1;
    for (size_t i = 0; i < n; i++) {
        char *end = word;

        if (kind == 'i') {
            (void)strtol(word, &end, 10);
        } else if (kind == 'r') {
            HOLDS(isfinite(strtod(word, &end)), "line %zu: %.30s", g->line, word);
        } else {
            end = word + strcspn(word, " ");
        }
        HOLDS(end > word && *end == (i + 1 < n ? ' ' : '\0'), "%s, word %zu: '%.30s'", key, i, word);
        word = end + (i + 1 < n);
    }
    HOLDS(*word == '\0', "%s: more than %zu words", key, n);
    return value;
}

static void expect_tree(grammar *g, size_t t)
{
    static const struct {
        const char *key;
        char kind, per; /* per node or leaf */
    } field[] = {
        { "split_feature", 'i', 'n' },  { "split_gain", 'r', 'n' },      { "threshold", 'r', 'n' },
        { "decision_type", 'i', 'n' },  { "left_child", 'i', 'n' },      { "right_child", 'i', 'n' },
        { "leaf_value", 'r', 'l' },     { "leaf_weight", 'r', 'l' },     { "leaf_count", 'i', 'l' },
        { "internal_value", 'r', 'n' }, { "internal_weight", 'r', 'n' }, { "internal_count", 'i', 'n' },
    };
    char wanted[32];
    size_t leaves;

    snprintf(wanted, sizeof wanted, "Tree=%zu", t);
    expect(g, wanted);
    leaves = (size_t)atoi(expect_words(g, "num_leaves", 1, 'i'));
    ck_assert_uint_ge(leaves, 1);
    expect(g, "num_cat=0");
    for (size_t f = 0; f < sizeof field / sizeof *field; f++) {
        expect_words(g, field[f].key, leaves - (field[f].per == 'n'), field[f].kind);
    }
    expect(g, "is_linear=0");
    expect_words(g, "shrinkage", 1, 'r');
    expect(g, "");
    expect(g, "");
}

START_TEST(what_we_write_follows_the_grammar_field_by_field)
{
    pal_boost *model = our_model(600 + (uint64_t)_i, _i % 2 == 1);
    char *text = text_of(model), *sizes, *line;
    grammar g = { text, 0 };

    expect(&g, "tree");
    expect(&g, "version=v4");
    expect(&g, "num_class=1");
    expect(&g, "num_tree_per_iteration=1");
    expect(&g, "label_index=0");
    expect(&g, "max_feature_idx=8");
    expect(&g, "objective=binary sigmoid:1");
    expect_words(&g, "feature_names", BOOST_D, 't');
    expect_words(&g, "feature_infos", BOOST_D, 't');
    sizes = expect_words(&g, "tree_sizes", pal_boost_trees(model), 'i');
    expect(&g, "");
    for (size_t t = 0; t < pal_boost_trees(model); t++) {
        char *begin = g.at;

        expect_tree(&g, t);
        ck_assert_int_eq(strtol(sizes, &sizes, 10), g.at - begin);
    }
    expect(&g, "end of trees");
    expect(&g, "");
    expect(&g, "feature_importances:");
    for (line = line_of(&g); *line != '\0'; line = line_of(&g)) {
        ck_assert_msg(strncmp(line, "Column_", 7) == 0 && strchr(line, '=') != NULL, "'%s'", line);
    }
    expect(&g, "parameters:");
    for (line = line_of(&g); *line != '\0'; line = line_of(&g)) {
        ck_assert_msg(*line == '[' && strstr(line, ": ") != NULL && line[strlen(line) - 1] == ']', "'%s'", line);
    }
    expect(&g, "end of parameters");
    expect(&g, "");
    expect(&g, "pandas_categorical:null");
    ck_assert_str_eq(g.at, "");
    pal_free(text);
    pal_boost_free(model);
}
END_TEST

START_TEST(names_go_with_the_model)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "tempo_bpm" };
    static const char *const twice[] = { "a", "b", "c", "d", "e", "f", "g", "h", "c" };
    static const char *const blank[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i j" };
    pal_boost *model = our_model(700, false), *back = NULL;
    pal_error err;
    char *text;

    ck_assert_int_eq(pal_boost_set_names(model, names, NULL), PAL_OK);
    text = text_of(model);
    ck_assert_has(text, "feature_names=a b c d e f g h tempo_bpm\n");
    ck_assert_int_eq(pal_boost_parse(&back, text, strlen(text), "model", NULL), PAL_OK);
    ck_assert_str_eq(pal_boost_name(back, 8), "tempo_bpm");
    ck_assert_int_eq(pal_boost_set_names(back, twice, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "features 2 and 8");
    ck_assert_int_eq(pal_boost_set_names(back, blank, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "'i j'");
    ck_assert_str_eq(pal_boost_name(back, 8), "tempo_bpm");
    pal_free(text);
    pal_boost_free(model);
    pal_boost_free(back);
}
END_TEST

/* ---- small models by hand ------------------------------------------------------------------ */

#define HEAD                                                                                                     \
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n"                  \
    "objective=binary sigmoid:1\nfeature_names=u v\nfeature_infos=[0:1] none\n\n"
#define TREE                                                                                                     \
    "Tree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\nsplit_gain=2 1\nthreshold=0.5 -1.5\ndecision_type=2 8\n"  \
    "left_child=1 -1\nright_child=-2 -3\nleaf_value=1 2 4\nleaf_weight=1 1 1\nleaf_count=1 2 3\n"                  \
    "internal_value=0 0\ninternal_weight=3 2\ninternal_count=6 4\nis_linear=0\nshrinkage=0.1\n\n\n"
#define TAIL "end of trees\n"

static pal_boost *parse(const char *text)
{
    pal_boost *model = NULL;
    pal_error err;

    if (pal_boost_parse(&model, text, strlen(text), "m.txt", &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return model;
}

static double score(const pal_boost *model, double u, double v)
{
    const double x[2] = { u, v };

    return pal_boost_raw(model, x);
}

START_TEST(each_missing_type_goes_its_way)
{
    pal_boost *model = parse(HEAD TREE TAIL);
    pal_boost *zero = parse(HEAD
        "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=0\nthreshold=-3\ndecision_type=6\nleft_child=-1\n"
        "right_child=-2\nleaf_value=1 2\n\n\n" TAIL);

    ck_assert_double_eq(score(model, 0.5, -1.5), 1);  /* left on equality */
    ck_assert_double_eq(score(model, 0.5, 0), 4);
    ck_assert_double_eq(score(model, 0.6, -9), 2);
    ck_assert_double_eq(score(model, NAN, -9), 1);    /* no missing type: NaN is 0, below 0.5 */
    ck_assert_double_eq(score(model, 0, NAN), 4);     /* NaN type, default right */
    ck_assert_double_eq(score(model, -INFINITY, INFINITY), 4);
    ck_assert_double_eq(score(zero, 0, 0), 1);        /* zero type, default left though 0 > -3 */
    ck_assert_double_eq(score(zero, 1e-36, 0), 1);
    ck_assert_double_eq(score(zero, NAN, 0), 1);
    ck_assert_double_eq(score(zero, 1e-30, 0), 2);
    ck_assert_double_eq(score(zero, -4, 0), 1);
    pal_boost_free(model);
    pal_boost_free(zero);
}
END_TEST

START_TEST(the_steepness_of_the_sigmoid_is_kept)
{
    pal_boost *model
        = parse("tree\nversion=v3\nnum_class=1\nlabel_index=0\nmax_feature_idx=0\nobjective=binary sigmoid:0.5\n"
                "feature_names=u\nfeature_infos=none\n\nTree=0\nnum_leaves=1\nnum_cat=0\nsplit_feature=\n"
                "threshold=\nleft_child=\nright_child=\nleaf_value=2.385\n\n" TAIL);
    const double x = 0;
    char *text = text_of(model);

    ck_assert_double_eq(pal_boost_raw(model, &x), 2.385);
    ck_assert_double_eq_tol(pal_boost_probability(model, 2.385), 1 / (1 + exp(-0.5 * 2.385)), 1e-15);
    ck_assert_has(text, "objective=binary sigmoid:0.5\n");
    pal_free(text);
    pal_boost_free(model);
}
END_TEST

START_TEST(lines_may_end_as_on_windows)
{
    const char *plain = HEAD TREE TAIL;
    char *windows = pal_calloc(2 * strlen(plain) + 1, 1);
    size_t n = 0;
    pal_boost *model;

    for (const char *p = plain; *p != '\0'; p++) {
        if (*p == '\n') windows[n++] = '\r';
        windows[n++] = *p;
    }
    model = parse(windows);
    ck_assert_double_eq(score(model, 0, 0), 4);
    pal_free(windows);
    pal_boost_free(model);
}
END_TEST

/* What is replaced by what, and what is said then. */
static const struct {
    const char *old, *new;
    pal_status status;
    const char *said;
} damage[] = {
    { "tree\nversion", "trees\nversion", PAL_ERR_PARSE, "m.txt:1: not a LightGBM model" },
    { "version=v4", "version=v9", PAL_ERR_PARSE, "m.txt:2: version 'v9'" },
    { "num_class=1", "num_class=3", PAL_ERR_DATA, "m.txt:3: a model of 3 classes" },
    { "num_class=1", "num_class=one", PAL_ERR_PARSE, "m.txt:3: num_class: 'one'" },
    { "num_tree_per_iteration=1", "num_tree_per_iteration=2", PAL_ERR_DATA, "m.txt:4:" },
    { "label_index=0", "label_indx=0", PAL_ERR_PARSE, "m.txt:5: 'label_indx=0' is no known field" },
    { "label_index=0", "version=v4", PAL_ERR_PARSE, "m.txt:5: 'version' stands here a second time, first in line 2" },
    { "label_index=0", "average_output", PAL_ERR_DATA, "m.txt:5: a random forest" },
    { "max_feature_idx=1", "max_feature_idx=-1", PAL_ERR_PARSE, "m.txt:6: max_feature_idx" },
    { "max_feature_idx=1", "max_feature_idx=2", PAL_ERR_PARSE, "m.txt:8: feature_names has 2 entries" },
    { "binary sigmoid:1", "regression", PAL_ERR_DATA, "m.txt:7: objective 'regression'" },
    { "binary sigmoid:1", "binary sigmoid:0", PAL_ERR_PARSE, "m.txt:7: sigmoid is 0" },
    { "binary sigmoid:1", "binary steep:1", PAL_ERR_PARSE, "m.txt:7: objective: 'steep:1'" },
    { "feature_infos=[0:1] none", "feature_infos=none", PAL_ERR_PARSE, "m.txt:9: feature_infos has 1 entries" },
    { "feature_infos=[0:1] none\n", "", PAL_ERR_PARSE, "the header ends without 'feature_infos'" },
    { "feature_infos=[0:1] none\n", "feature_infos=[0:1] none\ntree_sizes=17\n", PAL_ERR_PARSE,
      "m.txt:12: tree 0 has 272 bytes, tree_sizes announces 17" },
    { "feature_infos=[0:1] none\n", "feature_infos=[0:1] none\ntree_sizes=272 20\n", PAL_ERR_PARSE,
      "1 trees, fewer than tree_sizes announces" },
    { "feature_infos=[0:1] none\n", "feature_infos=[0:1] none\ntree_sizes=\n", PAL_ERR_PARSE,
      "m.txt:12: one tree more" },
    { "Tree=0", "Tree=1", PAL_ERR_PARSE, "m.txt:11: tree 1 stands where tree 0 is wanted" },
    { "num_leaves=3", "num_leaves=4", PAL_ERR_PARSE, "m.txt:14: split_feature has 2 entries, num_leaves asks for 3" },
    { "num_leaves=3", "num_leaves=0", PAL_ERR_PARSE, "m.txt:12: num_leaves: '0'" },
    { "num_leaves=3", "num_leaves=99999999999", PAL_ERR_PARSE, "m.txt:12: num_leaves" },
    { "num_cat=0", "num_cat=2", PAL_ERR_DATA, "m.txt:13: categorical splits" },
    { "split_feature=0 1", "split_feature=0 2", PAL_ERR_PARSE,
      "m.txt:14: split_feature: '2' is not a whole number from 0 to 1" },
    { "threshold=0.5 -1.5", "threshold=0.5 x", PAL_ERR_PARSE, "m.txt:16: threshold: 'x' is not a number" },
    { "threshold=0.5 -1.5", "threshold=0.5 nan", PAL_ERR_PARSE, "m.txt:16: threshold: 'nan'" },
    { "decision_type=2 8", "decision_type=2 1", PAL_ERR_DATA, "m.txt:17: a categorical split" },
    { "decision_type=2 8", "decision_type=2 12", PAL_ERR_PARSE, "m.txt:17: decision_type: '12'" },
    { "left_child=1 -1", "left_child=0 -1", PAL_ERR_PARSE,
      "m.txt:18: left_child and right_child do not make a tree" },
    { "left_child=1 -1", "left_child=1 1", PAL_ERR_PARSE, "m.txt:18: left_child and right_child do not make a tree" },
    { "left_child=1 -1", "left_child=-3 -1", PAL_ERR_PARSE,
      "m.txt:18: left_child and right_child do not make a tree" },
    { "left_child=1 -1", "left_child=2 -1", PAL_ERR_PARSE, "m.txt:18: left_child: '2'" },
    { "right_child=-2 -3", "right_child=-2 -4", PAL_ERR_PARSE, "m.txt:19: right_child: '-4'" },
    { "leaf_value=1 2 4\n", "", PAL_ERR_PARSE, "the tree ends without 'leaf_value'" },
    { "leaf_value=1 2 4", "leaf_value=1 2 inf", PAL_ERR_PARSE, "m.txt:20: leaf_value: 'inf'" },
    { "leaf_count=1 2 3", "leaf_count=1 2 -3", PAL_ERR_PARSE, "m.txt:22: leaf_count: '-3'" },
    { "is_linear=0", "is_linear=1", PAL_ERR_DATA, "linear leaves are not read" },
    { "shrinkage=0.1", "shrinkage=", PAL_ERR_PARSE, "m.txt:27: shrinkage: ''" },
    { "end of trees\n", "", PAL_ERR_PARSE, "m.txt:30: the file ends before 'end of trees'" },
    { "end of trees\n", "end of tree\n", PAL_ERR_PARSE, "m.txt:30: 'end of tree' stands where" },
    { "end of trees\n", "end of trees\nmore\n", PAL_ERR_PARSE, "m.txt:31: 'more' is no known part" },
    { "end of trees\n", "end of trees\n\nparameters:\n[a: 1]\n", PAL_ERR_PARSE,
      "m.txt:32: the block has no 'end of parameters'" },
    { "end of trees\n", "end of trees\n\nfeature_importances:\nu\n", PAL_ERR_PARSE,
      "m.txt:33: 'u' is no feature=splits" },
};

START_TEST(damage_is_named_by_file_and_line)
{
    const char *good = HEAD TREE TAIL, *at = strstr(good, damage[_i].old);
    pal_boost *model = (pal_boost *)&damage;
    pal_text text = { 0 };
    pal_error err;

    ck_assert_ptr_nonnull(at);
    pal_text_add_bytes(&text, good, (size_t)(at - good));
    pal_text_add(&text, damage[_i].new);
    pal_text_add(&text, at + strlen(damage[_i].old));
    ck_assert_msg(pal_boost_parse(&model, text.bytes, text.n, "m.txt", &err) == damage[_i].status,
                  "'%s' instead of '%s'", damage[_i].new, damage[_i].old);
    ck_assert_has(err.text, damage[_i].said);
    ck_assert_ptr_eq(model, (pal_boost *)&damage);
    pal_text_clear(&text);
}
END_TEST

/* Wherever a file is cut, and whichever byte of it is changed, the answer is a model or a message. */
START_TEST(no_cut_and_no_changed_byte_is_too_much)
{
    const char *good = HEAD TREE TAIL;
    size_t n = strlen(good), refused = 0;
    char *text = pal_calloc(n + 1, 1);

    for (size_t i = 0; i < n; i++) {
        pal_boost *model = NULL;

        HOLDS(pal_boost_parse(&model, good, i, "m.txt", NULL) != PAL_OK || i + 1 == n, "cut at %zu", i);
        pal_boost_free(model);
        for (size_t c = 0; c < 4; c++) {
            model = NULL;
            memcpy(text, good, n);
            text[i] = "9\n -"[c];
            refused += pal_boost_parse(&model, text, n, "m.txt", NULL) != PAL_OK;
            if (model != NULL) {
                HOLD(pal_boost_features(model) == 2 && isfinite(score(model, 0.3, 0.4)));
            }
            pal_boost_free(model);
        }
    }
    ck_assert_uint_gt(refused, n);
    pal_free(text);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    pal_boost *model = NULL;
    pal_error err;

    ck_assert_int_eq(pal_boost_load(&model, "tests/fixtures/lightgbm/none.txt", &err), PAL_ERR_IO);
    ck_assert_has(err.text, "none.txt");
    ck_assert_ptr_null(model);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    const char *good = HEAD TREE TAIL;
    pal_boost *whole = parse(good);
    size_t n = 0;
    pal_status rc;

    do {
        pal_boost *model = NULL;

        pal_mem_fail_at(++n);
        rc = pal_boost_parse(&model, good, strlen(good), "m.txt", NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && model == NULL));
        pal_boost_free(model);
    } while (rc != PAL_OK);
    ck_assert_uint_gt(n, 12);
    n = 0;
    do {
        pal_text text = { 0 };

        pal_mem_fail_at(++n);
        rc = pal_boost_write(whole, &text, NULL);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        pal_text_clear(&text);
    } while (rc != PAL_OK);
    ck_assert_uint_gt(n, 3);
    pal_boost_free(whole);
}
END_TEST

Suite *suite_models_boost_text(void)
{
    Suite *s = suite_create("models/boost_text");
    TCase *tc = tcase_create("text");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, lightgbms_models_give_lightgbms_predictions, 0, 3);
    tcase_add_loop_test(tc, lightgbms_models_are_written_as_lightgbm_wrote_them, 0, 3);
    tcase_add_loop_test(tc, saved_and_loaded_models_predict_the_same_bits, 0, 4);
    tcase_add_loop_test(tc, what_we_write_follows_the_grammar_field_by_field, 0, 2);
    tcase_add_test(tc, names_go_with_the_model);
    tcase_add_test(tc, each_missing_type_goes_its_way);
    tcase_add_test(tc, the_steepness_of_the_sigmoid_is_kept);
    tcase_add_test(tc, lines_may_end_as_on_windows);
    tcase_add_loop_test(tc, damage_is_named_by_file_and_line, 0, (int)(sizeof damage / sizeof *damage));
    tcase_add_test(tc, no_cut_and_no_changed_byte_is_too_much);
    tcase_add_test(tc, a_file_that_is_not_there_is_named);
    tcase_add_test(tc, any_allocation_may_fail);
    suite_add_tcase(s, tc);
    return s;
}
