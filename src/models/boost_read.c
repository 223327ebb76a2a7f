/*
 * LightGBM's text model read strictly: every line is known, every array has its length, every tree is one. A field is
 * `key=value`; a tree is a block of fields that ends at an empty line.
 */
#include "core/file.h"
#include "core/mem.h"
#include "models/boost_lines.h"

#include <string.h>

/* Deeper trees are nobody's, and walking them would need a deep stack. */
#define DEEPEST 4096

/* ---- header -------------------------------------------------------------------------------- */

enum {
    VERSION, NUM_CLASS, PER_ITERATION, LABEL_INDEX, MAX_FEATURE, OBJECTIVE, NAMES, MONOTONE, INFOS, SIZES, N_HEADER
};
static const char *const header_keys[] = {
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "feature_names",
    "monotone_constraints", "feature_infos", "tree_sizes", NULL
};

static pal_status check_kind(const pal_boost_lines *r, const pal_boost_span *value, pal_error *err)
{
    static const int wanted[] = { VERSION, NUM_CLASS, MAX_FEATURE, OBJECTIVE, NAMES, INFOS };
    pal_status rc = PAL_OK;
    int64_t number;

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (value[wanted[i]].bytes == NULL) {
            PAL_TRY(PAL_BOOST_BAD(r, "the header ends without '%s'", header_keys[wanted[i]]));
        }
    }
    if (!pal_boost_span_is(value[VERSION], "v4") && !pal_boost_span_is(value[VERSION], "v3")
        && !pal_boost_span_is(value[VERSION], "v2")) {
        PAL_TRY(pal_boost_bad(r->name, value[VERSION].line, err, "version '%.*s' is none of v2, v3, v4",
                    (int)(value[VERSION].n < 40 ? value[VERSION].n : 40), value[VERSION].bytes));
    }
    PAL_TRY(pal_boost_read_int(&number, value[NUM_CLASS], 1, INT32_MAX, "num_class", r->name, err));
    if (number != 1) {
        PAL_FAIL(PAL_ERR_DATA, "%s:%zu: a model of %d classes; only binary ones are read", r->name,
                 value[NUM_CLASS].line, (int)number);
    }
    if (value[PER_ITERATION].bytes != NULL && !pal_boost_span_is(value[PER_ITERATION], "1")) {
        PAL_FAIL(PAL_ERR_DATA, "%s:%zu: more than one tree a round; only binary models are read", r->name,
                 value[PER_ITERATION].line);
    }

done:
    return rc;
}

/* "binary sigmoid:1" */
static pal_status read_objective(double *sigmoid, const pal_boost_lines *r, pal_boost_span value, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_span rest = value, word;

    if (!pal_boost_next_word(&rest, &word) || !pal_boost_span_is(word, "binary")) {
        PAL_FAIL(PAL_ERR_DATA, "%s:%zu: objective '%.*s'; only 'binary' is read", r->name, value.line,
                 (int)(value.n < 40 ? value.n : 40), value.bytes);
    }
    while (pal_boost_next_word(&rest, &word)) {
        if (word.n < 9 || memcmp(word.bytes, "sigmoid:", 8) != 0) {
            PAL_TRY(pal_boost_bad(r->name, value.line, err, "objective: '%.*s' is not known",
                                  (int)(word.n < 40 ? word.n : 40), word.bytes));
        }
        word.bytes += 8;
        word.n -= 8;
        PAL_TRY(pal_boost_read_real(sigmoid, word, "sigmoid", r->name, err));
        if (!(*sigmoid > 0)) {
            PAL_TRY(pal_boost_bad(r->name, value.line, err, "sigmoid is %g, more than 0 is wanted", *sigmoid));
        }
    }

done:
    return rc;
}

/* The d words of a value, copied into `to` in place of what is there. */
static pal_status read_words(char **to, size_t d, pal_boost_span value, const char *key, const char *name,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_span rest = value, word;

    if (pal_boost_count_words(value) != d) {
        PAL_TRY(pal_boost_bad(name, value.line, err, "%s has %zu entries, max_feature_idx asks for %zu", key,
                              pal_boost_count_words(value), d));
    }
    for (size_t j = 0; pal_boost_next_word(&rest, &word); j++) {
        pal_free(to[j]);
        PAL_NEW(to[j], word.n + 1);
        memcpy(to[j], word.bytes, word.n);
    }

done:
    return rc;
}

static pal_status read_header(pal_boost_span value[N_HEADER], pal_boost_lines *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (!pal_boost_next_line(r) || !pal_boost_line_is(r, "tree")) {
        PAL_TRY(PAL_BOOST_BAD(r, "not a LightGBM model: its first line is 'tree'"));
    }
    while (pal_boost_next_line(r) && r->n > 0) {
        if (pal_boost_line_is(r, "average_output")) {
            PAL_FAIL(PAL_ERR_DATA, "%s:%zu: a random forest (average_output); only boosted trees are read", r->name,
                     r->number);
        }
        PAL_TRY(pal_boost_take_field(value, header_keys, r, err));
    }
    PAL_TRY(check_kind(r, value, err));

done:
    return rc;
}

/* ---- what follows -------------------------------------------------------------------------- */

/* Lines up to `last`, kept as they are. */
static pal_status read_block(char **out, pal_boost_lines *r, const char *last, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t line = r->number;
    pal_text text = { 0 };

    pal_text_add(&text, "");
    for (;;) {
        if (!pal_boost_next_line(r)) {
            PAL_TRY(pal_boost_bad(r->name, line, err, "the block has no '%s'", last));
        }
        if (pal_boost_line_is(r, last)) {
            break;
        }
        if (r->n > 0) {
            pal_text_add_bytes(&text, r->line, r->n);
            pal_text_add(&text, "\n");
        }
    }
    PAL_TRY(pal_text_check(&text, err));
    if (out != NULL) {
        pal_free(*out);
        *out = text.bytes;
        text.bytes = NULL;
    }

done:
    pal_text_clear(&text);
    return rc;
}

static pal_status read_rest(pal_boost *m, pal_boost_lines *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    while (pal_boost_next_line(r)) {
        if (pal_boost_line_is(r, "feature_importances:")) {
            while (pal_boost_next_line(r) && r->n > 0) {
                if (memchr(r->line, '=', r->n) == NULL) {
                    PAL_TRY(PAL_BOOST_BAD(r, "'%.*s' is no feature=splits", (int)(r->n < 40 ? r->n : 40), r->line));
                }
            }
        } else if (pal_boost_line_is(r, "parameters:")) {
            PAL_TRY(read_block(&m->parameters, r, "end of parameters", err));
        } else if (pal_boost_line_is(r, "parser:")) {
            PAL_TRY(read_block(NULL, r, "end of parser", err));
        } else if (r->n > 0 && !pal_boost_line_starts(r, "pandas_categorical:")) {
            PAL_TRY(PAL_BOOST_BAD(r, "'%.*s' is no known part of a model", (int)(r->n < 40 ? r->n : 40), r->line));
        }
    }

done:
    return rc;
}

/* Trees and their leaves, from the lines that say so: how much memory to take. */
static void count_parts(size_t *trees, size_t *leaves, pal_boost_lines r)
{
    int64_t number;

    *trees = *leaves = 0;
    while (pal_boost_next_line(&r)) {
        *trees += pal_boost_line_starts(&r, "Tree=");
        if (pal_boost_line_starts(&r, "num_leaves=") && pal_parse_i64(&number, r.line + 11, r.n - 11) && number > 0
            && number <= r.end - r.line) { /* a leaf takes a byte at least */
            *leaves += (size_t)number;
        }
    }
}

/* Names and parameters are kept as C strings: a NUL would cut them short. */
static pal_status refuse_nul(const char *text, size_t n, const char *name, pal_error *err)
{
    const char *nul = n > 0 ? memchr(text, '\0', n) : NULL;
    size_t line = 1;

    if (nul == NULL) {
        return PAL_OK;
    }
    for (const char *c = text; c < nul; c++) {
        line += *c == '\n';
    }
    return pal_boost_bad(name, line, err, "a NUL byte: this is no text");
}

pal_status pal_boost_parse(pal_boost **out, const char *text, size_t n, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_boost_lines r = { text, text + n, name, text, 0, 0 };
    pal_boost_span value[N_HEADER] = { { 0 } };
    pal_boost *m = NULL;
    pal_boost_tree_room work = { 0 };
    size_t trees, d;
    int64_t most;

    PAL_TRY(refuse_nul(text, n, name, err));
    PAL_TRY(read_header(value, &r, err));
    count_parts(&trees, &work.leaves, r);
    PAL_TRY(pal_boost_read_int(&most, value[MAX_FEATURE], 0, INT32_MAX - 1, "max_feature_idx", name, err));
    d = (size_t)most + 1;
    if (pal_boost_count_words(value[NAMES]) != d) {
        PAL_TRY(pal_boost_bad(name, value[NAMES].line, err,
                              "feature_names has %zu entries, max_feature_idx asks for %zu",
                              pal_boost_count_words(value[NAMES]), d));
    }
    PAL_TRY(pal_boost_model_new(&m, d, trees, work.leaves, work.leaves, err));
    PAL_NEW(work.stack, work.leaves + 1);
    PAL_NEW(work.met, 2 * work.leaves + 1);
    PAL_TRY(read_words(m->name, d, value[NAMES], "feature_names", name, err));
    PAL_TRY(read_words(m->info, d, value[INFOS], "feature_infos", name, err));
    PAL_TRY(read_objective(&m->sigmoid, &r, value[OBJECTIVE], err));
    PAL_TRY(pal_boost_read_trees(m, &r, value[SIZES], &work, err));
    PAL_TRY(read_rest(m, &r, err));
    PAL_TRY(pal_boost_model_finish(m, err));
    for (size_t t = 0; t < m->n_trees; t++) {
        if (m->depth[t] > DEEPEST) {
            PAL_FAIL(PAL_ERR_DATA, "%s: tree %zu is %u splits deep; up to %d are read", name, t, m->depth[t],
                     DEEPEST);
        }
    }
    *out = m;
    m = NULL;

done:
    pal_free(work.stack);
    pal_free(work.met);
    pal_boost_free(m);
    return rc;
}

pal_status pal_boost_load(pal_boost **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&text, &n, path, err));
    PAL_TRY(pal_boost_parse(out, text, n, path, err));

done:
    pal_free(text);
    return rc;
}
