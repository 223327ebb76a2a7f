/* Small evaluations for tests. */
#include "tests/support/tiny_eval.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

const char *const tiny_evaluation =
    "{\"purpose\": \"a test\", \"name\": \"tiny\", \"seed\": \"2385\", \"baseline\": \"pop\","
    " \"data\": {\"source\": \"synthetic\", \"people\": 60, \"items\": 50, \"groups\": 6, \"tastes\": 2, \"mean_interactions\": 12},"
    " \"split\": {\"kind\": \"random_user\", \"test\": 0.25, \"valid\": 0.2},"
    " \"models\": [{\"model\": \"popularity\", \"name\": \"pop\"},"
    "  {\"model\": \"item_knn\", \"search\": {\"over\": {\"k\": [2, 0]}, \"by\": \"recall@4\"}}, {\"model\": \"random\"}],"
    " \"metrics\": {\"k\": [4, 10]},"
    " \"statistics\": {\"resamples\": 60, \"permutations\": 99, \"spread_resamples\": 20}, \"output\": {\"recommendations\": 3}}";

pal_eval_config *tiny_eval_parse(const pal_override *overrides, size_t n)
{
    pal_eval_config *c = NULL;
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_eval_config_parse(&c, tiny_evaluation, strlen(tiny_evaluation), "tiny.json", overrides, n, &err);

    ck_assert_msg(rc == PAL_OK, "%s", err.text);
    return c;
}

const char *tiny_eval_run(pal_eval_summary *summary, const pal_eval_config *c, const char *name, size_t n_threads)
{
    const pal_run_options options = { n_threads, scratch_path(name) };
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_eval_run(summary, c, &options, &err);

    ck_assert_msg(rc == PAL_OK, "%s", err.text);
    return options.out_dir;
}

tiny_known tiny_known_now = { UINT32_MAX, 0 };

typedef struct known { size_t n_items; } known;

static const pal_param no_params[] = { { 0 } };

static pal_status init(void **self, const pal_values *params, pal_error *err)
{
    pal_status rc = PAL_OK;
    known *k = NULL;

    (void)params;
    PAL_NEW(k, 1);
    *self = k;

done:
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    (void)env;
    (void)err;
    ((known *)self)->n_items = data->rows->n_cols;
    return PAL_OK;
}

static pal_status score(const void *self, const pal_rec_query *query, size_t n, float *out, pal_arena *scratch, pal_error *err)
{
    const known *k = self;

    (void)scratch;
    (void)err;
    for (size_t p = 0; p < n; p++) {
        for (size_t i = 0; i < k->n_items; i++) {
            float x = query[p].row == PAL_REC_NEW ? -(float)i : (float)i;

            out[p * k->n_items + i] = i == tiny_known_now.odd ? tiny_known_now.odd_score : x;
        }
    }
    return PAL_OK;
}

static void free_known(void *self)
{
    pal_free(self);
}

const pal_rec_type tiny_rec_known = { .name = "known", .label = "Known", .summary = "scores known beforehand",
                                      .source = "a test", .flags = PAL_REC_EXACT, .params = no_params, .init = init,
                                      .fit = fit, .score = score, .free = free_known };
