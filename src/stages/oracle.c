/* The oracle: shows what the person would like best, by the truth. The ceiling of every comparison. */
#include "stages/builtin.h"
#include "stages/pick.h"
#include "stages/stage_state.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

typedef struct oracle {
    const pal_catalog *catalog;
    const pal_truth_door *truth;
} oracle;

static const pal_param params[] = { { 0 } };

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    oracle *stage = NULL;

    (void)values;
    (void)object;
    if (env->truth == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: the oracle needs the simulator's truth, and there is none here",
                 env->file, env->json_path);
    }
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->truth = env->truth;
    *self = stage;

done:
    return rc;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const oracle *stage = self;
    pal_status rc = PAL_OK;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_ORACLE);
    uint32_t item[2 * PAL_MAX_SLOTS];
    float p_like[2 * PAL_MAX_SLOTS];
    size_t n;

    (void)err;
    /* slots filled before may hold some of the best: ask for that many more */
    n = stage->truth->top(stage->truth->ctx, request->user, request->round, request->seen, pick.end, item, p_like,
                          scratch);
    PAL_ASSERT(n <= pick.end);
    for (size_t i = 0; i < n && !pal_pick_full(&pick); i++) {
        if (pal_pick_is_new(&pick, item[i])) {
            pal_pick_push(&pick, (pal_candidate){ p_like[i], item[i], PAL_NO_TASTE }, 1.0f);
        }
    }
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const oracle *stage = self;

    (void)scratch;
    (void)err;
    stage->truth->p_like(stage->truth->ctx, request->user, request->round, item, n, out);
    memset(at, PAL_AT_ORACLE, n);
    return PAL_OK;
}

static uint64_t digest(const void *self)
{
    (void)self;
    return pal_hash_text("oracle"); /* nothing is learned */
}

const pal_stage_type pal_stage_oracle = {
    .name = "oracle", .label = "Oracle", .summary = "the best unseen items by the true probability of a like",
    .source = "upper bound; sees the truth, so it is no recommender", .flags = PAL_STAGE_NEEDS_TRUTH | PAL_STAGE_PROBABILITY,
    .params = params, .init = init, .serve = serve, .score = score, .digest = digest, .free = pal_free,
    .save = pal_nothing_save, .restore = pal_nothing_restore,
};
