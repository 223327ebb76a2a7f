/*
 * Fuzz target: any bytes as a model file: JSON as a logistic regression, other text as LightGBM's boosted trees. What is
 * taken must predict as its nodes say, be written, read again and written the same; what is refused must be refused
 * with a text. tests/fuzz/corpus/model is replayed by `make test`.
 */
#include "models/boost_model.h"
#include "models/logistic_model.h"

#include "core/mem.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

#define ROWS 20 /* more than are predicted side by side */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Values on and beside thresholds, some missing, for any number of features. */
static double value_at(const pal_boost *m, size_t row, size_t feature)
{
    size_t i = row * 31 + feature;

    if (row % 3 == 0 && i % 5 == 0) return NAN;
    if (i % 7 == 0 || m->n_nodes == 0) return (double)i - 40;
    return m->node[i % m->n_nodes].threshold + (i % 2 == 0 ? 0 : 1e-3);
}

static double walk(const pal_boost *m, const double *x)
{
    double sum = 0;

    for (size_t t = 0; t < m->n_trees; t++) {
        int32_t at = m->tree[t].n_leaves > 1 ? 0 : -1;

        while (at >= 0) {
            const pal_boost_node *node = &m->node[m->tree[t].first_node + (size_t)at];

            at = pal_boost_next(node, x[node->feature]);
        }
        sum += m->leaf[m->tree[t].first_leaf + (size_t)~at].value;
    }
    return sum;
}

static void check_predictions(const pal_boost *m)
{
    double *x = pal_calloc(ROWS * m->d, sizeof *x), raw[ROWS];

    PAL_ASSERT(x != NULL);
    for (size_t i = 0; i < ROWS * m->d; i++) {
        x[i] = value_at(m, i / m->d, i % m->d);
    }
    PAL_ASSERT(pal_boost_predict(raw, NULL, m, x, ROWS, 1, NULL) == PAL_OK);
    for (size_t i = 0; i < ROWS; i++) {
        double walked = walk(m, x + i * m->d), one = pal_boost_raw(m, x + i * m->d);

        PAL_ASSERT((raw[i] == walked && one == walked) || (raw[i] != raw[i] && one != one && walked != walked));
    }
    pal_free(x);
}

static void check_boost(const pal_boost *m)
{
    pal_text first = { 0 }, second = { 0 };
    pal_boost *again = NULL;
    pal_error err;

    check_predictions(m);
    PAL_ASSERT(pal_boost_write(m, &first, &err) == PAL_OK);
    PAL_ASSERT(pal_boost_parse(&again, first.bytes, first.n, "again", &err) == PAL_OK);
    PAL_ASSERT(pal_boost_digest(again) == pal_boost_digest(m));
    PAL_ASSERT(pal_boost_write(again, &second, &err) == PAL_OK);
    PAL_ASSERT(first.n == second.n && memcmp(first.bytes, second.bytes, first.n) == 0);
    pal_boost_free(again);
    pal_text_clear(&first);
    pal_text_clear(&second);
}

static void check_logistic(const pal_logistic_model *m)
{
    double *x = pal_calloc(m->d + 1, sizeof *x), raw, p;

    PAL_ASSERT(x != NULL);
    for (size_t j = 0; j < m->d; j++) {
        x[j] = j % 3 == 0 ? NAN : (double)j - 1.5;
    }
    pal_logistic_model_predict(&raw, &p, m, x, 1);
    PAL_ASSERT(p != p || (p >= 0 && p <= 1));
    pal_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data;
    pal_error err = { PAL_OK, "" };
    pal_status rc;

    if (n > 0 && text[0] == '{') {
        pal_logistic_model *model = NULL;

        rc = pal_logistic_model_parse(&model, text, n, "fuzz", &err);
        if (rc == PAL_OK) check_logistic(model);
        pal_logistic_model_free(model);
    } else {
        pal_boost *model = NULL;

        rc = pal_boost_parse(&model, text, n, "fuzz", &err);
        if (rc == PAL_OK) check_boost(model);
        pal_boost_free(model);
    }
    PAL_ASSERT(rc == PAL_OK || ((rc == PAL_ERR_PARSE || rc == PAL_ERR_DATA) && err.text[0] != '\0'));
    return 0;
}
