#include "tests/support/boost_sample.h"

#include "core/mem.h"
#include "tests/support/boost_data.h"

#include <check.h>

/* Any will do, but always the same. */
static const pal_key key = { 7, 6 };

boost_sample boost_sample_make(uint64_t seed, size_t n)
{
    boost_sample s = { pal_calloc(n * BOOST_D, sizeof *s.x), pal_calloc(n, sizeof *s.y), n };

    ck_assert(s.x != NULL && s.y != NULL);
    boost_generate(s.x, s.y, seed, n);
    return s;
}

void boost_sample_drop(boost_sample *s)
{
    pal_free(s->x);
    pal_free(s->y);
}

pal_boost *boost_sample_fit(const boost_sample *train, const boost_sample *valid, const pal_boost_config *config)
{
    const pal_boost_rows rows = { .x32 = train->x, .y = train->y, .n = train->n };
    const pal_boost_rows others = { .x32 = valid == NULL ? NULL : valid->x, .y = valid == NULL ? NULL : valid->y,
                                    .n = valid == NULL ? 0 : valid->n };
    pal_boost *model = NULL;
    pal_error err;

    if (pal_boost_fit(&model, &rows, valid == NULL ? NULL : &others, BOOST_D, config, key, &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    return model;
}

void boost_sample_judge(double *auc, double *log_loss, const pal_boost *model, const boost_sample *test)
{
    double *p = pal_calloc(test->n, sizeof *p);

    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(pal_boost_predict_f32(NULL, p, model, test->x, test->n, 1, NULL), PAL_OK);
    *auc = boost_auc(p, test->y, test->n);
    *log_loss = boost_log_loss(p, test->y, test->n);
    pal_free(p);
}
