/* Small things two stages need. */
#include "stages/community_parts.h"

#include "stages/builtin.h"

const char *const pal_top_up_also[] = { "popularity", NULL };

pal_status pal_needs_playlists(const pal_stage_env *env, const char *stage, pal_error *err)
{
    if (env->playlists != NULL) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_CONFIG,
                         "%s: %s: stage \"%s\" lives on playlists, and this experiment has none: give it an object "
                         "\"playlists\" ({} has the defaults)", env->file, env->json_path, stage);
}

pal_status pal_top_up_new(void **popularity, const pal_stage_env *env, const pal_json *object, pal_error *err)
{
    const pal_json *own = object != NULL ? pal_json_get(object, pal_top_up_also[0]) : NULL;
    pal_stage_env inner = *env;
    pal_values *values = NULL;
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s.%s", env->json_path, pal_top_up_also[0]);
    PAL_TRY(pal_text_check(&path, err));
    inner.json_path = path.bytes;
    if (own != NULL && pal_json_kind_of(own) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", env->file, path.bytes,
                 pal_json_kind_name(pal_json_kind_of(own)));
    }
    PAL_TRY(pal_values_read(&values, pal_stage_popularity.params, own, env->file, path.bytes, NULL, err));
    PAL_TRY(pal_stage_popularity.init(popularity, &inner, values, own, err));

done:
    pal_values_free(values);
    pal_text_clear(&path);
    return rc;
}

void pal_events_by_person(size_t *begin, const pal_feedback *round, size_t n_users)
{
    size_t e = 0;

    for (size_t u = 0; u <= n_users; u++) {
        while (e < round->n && round->events[e].user < u) {
            e++;
        }
        begin[u] = e;
    }
}
