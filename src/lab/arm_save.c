/* An arm between two rounds: into a checkpoint and back. */
#include "core/fields.h"
#include "core/hash.h"
#include "lab/arm.h"

#define PART "arm"
#define TRAINING "arm_training"
#define PROFILES "profiles"
#define HISTORY "history"

/* Digests of everything that can change a later round: what was restored must have them again. */
enum { OF_PEOPLE, OF_FILING, OF_PROFILES, OF_HISTORY, OF_CACHE, OF_STAGE, DIGESTS };
static const char *const digest_of[DIGESTS] = { "people", "playlists", "profiles", "history", "cache", "stage" };

static void digest_all(uint64_t digest[DIGESTS], const pal_arm *arm)
{
    digest[OF_PEOPLE] = pal_state_digest(arm->state);
    digest[OF_FILING] = arm->filing == NULL ? 0 : pal_filing_digest(arm->filing);
    digest[OF_PROFILES] = pal_profiles_digest(arm->profiles);
    digest[OF_HISTORY] = pal_history_digest(arm->history);
    digest[OF_CACHE] = arm->cache == NULL ? 0 : pal_cache_digest(arm->cache);
    digest[OF_STAGE] = arm->stage->digest(arm->self);
}

pal_status pal_arm_save(const pal_arm *arm, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t round = arm->round, digest[DIGESTS];
    double seconds[2] = { 0 };
    const pal_field list[] = { PAL_FIELD("round", &round, 1), PAL_FIELD("digest", digest, DIGESTS),
                               PAL_FIELD("cache_s", seconds, 2) };

    digest_all(digest, arm);
    for (size_t i = 0; i < 2 * arm->n_threads; i++) seconds[i % 2] += arm->cache_s[i];
    PAL_TRY(pal_fields_save(file, PART, list, PAL_COUNT_OF(list), err));
    PAL_TRY(pal_training_save(&arm->training, file, TRAINING, err));
    PAL_TRY(pal_profiles_save(arm->profiles, file, PROFILES, err));
    PAL_TRY(pal_history_save(arm->history, file, HISTORY, err));
    PAL_TRY(pal_state_save(arm->state, file, err));
    if (arm->filing != NULL) PAL_TRY(pal_filing_save(arm->filing, file, err));
    if (arm->asked != NULL) PAL_TRY(pal_asked_save(arm->asked, file, err));
    if (arm->cache != NULL) PAL_TRY(pal_cache_save(arm->cache, file, err));
    PAL_TRY(arm->stage->save(arm->self, file, err));
done:
    return rc;
}

static pal_status check_digests(const pal_arm *arm, const uint64_t wanted[DIGESTS], const pal_tensors *file, pal_error *err)
{
    uint64_t digest[DIGESTS];

    digest_all(digest, arm);
    for (size_t i = 0; i < DIGESTS; i++) {
        if (digest[i] != wanted[i]) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: the %s of arm %s have the digest %016llx after they were read, wanted "
                                 "%016llx", pal_tensors_file(file), digest_of[i], arm->experiment->arm[arm->index].name,
                                 (unsigned long long)digest[i], (unsigned long long)wanted[i]);
        }
    }
    return PAL_OK;
}

/* The stage comes last: it may look at all the rest. */
pal_status pal_arm_restore(pal_arm *arm, pal_words *words, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t round = 0, digest[DIGESTS];
    const pal_field list[] = { PAL_FIELD("round", &round, 1), PAL_FIELD("digest", digest, DIGESTS),
                               PAL_FIELD("cache_s", arm->cache_s, 2) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, PART, err));
    if (round > arm->experiment->n_rounds) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".round\": %ju, the run has %zu rounds", pal_tensors_file(file),
                 (uintmax_t)round, arm->experiment->n_rounds);
    }
    arm->round = (uint32_t)round;
    PAL_TRY(pal_training_restore(&arm->training, words, file, TRAINING, err));
    PAL_TRY(pal_profiles_restore(arm->profiles, file, PROFILES, err));
    PAL_TRY(pal_history_restore(arm->history, file, HISTORY, err));
    PAL_TRY(pal_state_restore(arm->state, file, err));
    if (arm->plays != NULL) arm->world->type->settle(arm->world->response, arm->state, NULL);
    if (arm->filing != NULL) PAL_TRY(pal_filing_restore(arm->filing, file, err));
    if (arm->asked != NULL) PAL_TRY(pal_asked_restore(arm->asked, file, err));
    if (arm->cache != NULL) PAL_TRY(pal_cache_restore(arm->cache, file, err));
    PAL_TRY(arm->stage->restore(arm->self, file, err));
    PAL_TRY(check_digests(arm, digest, file, err));
done:
    return rc;
}
