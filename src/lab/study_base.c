/* Reading what a study is about. */
#include "lab/study_base.h"

#include "core/mem.h"

#include <string.h>

static pal_status copy(char **out, const char *text, pal_error *err)
{
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a text") : PAL_OK;
}

pal_status pal_study_text(char **out, const pal_json *value, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_put_value(&w, NULL, value);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(copy(out, w.text.bytes, err));
done:
    pal_text_clear(&w.text);
    return rc;
}

static pal_status load(pal_json_doc **base, char **name, const pal_json *experiment, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_kind kind = experiment == NULL ? PAL_JSON_NULL : pal_json_kind_of(experiment);
    char *text = NULL;

    if (kind != PAL_JSON_OBJECT && kind != PAL_JSON_STRING) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: experiment: must be the path of an experiment file, or an experiment, found %s", file,
                 experiment == NULL ? "nothing" : pal_json_kind_name(kind));
    }
    PAL_TRY(copy(name, kind == PAL_JSON_STRING ? pal_json_string(experiment) : file, err));
    if (kind == PAL_JSON_STRING) {
        PAL_TRY(pal_json_load(base, *name, err));
        goto done;
    }
    PAL_TRY(pal_study_text(&text, experiment, err));
    PAL_TRY(pal_json_parse(base, text, strlen(text), file, err));
done:
    pal_free(text);
    return rc;
}

static pal_status apply(pal_json_doc *base, const pal_json *set, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;

    if (set == NULL) return PAL_OK;
    if (pal_json_kind_of(set) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: set: must be an object, found %s", file, pal_json_kind_name(pal_json_kind_of(set)));
    }
    for (size_t i = 0; i < pal_json_size(set); i++) {
        const pal_json *member = pal_json_at(set, i);

        pal_free(text);
        text = NULL;
        PAL_TRY(pal_study_text(&text, member, err));
        PAL_TRY(pal_json_set(base, pal_json_key(member), text, err));
    }
done:
    pal_free(text);
    return rc;
}

pal_status pal_study_base(char **text, char **name, const pal_json *root, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *base = NULL;

    PAL_TRY(load(&base, name, pal_json_get(root, "experiment"), file, err));
    PAL_TRY(apply(base, pal_json_get(root, "set"), file, err));
    PAL_TRY(pal_study_text(text, pal_json_root(base), err));
done:
    pal_json_free(base);
    return rc;
}
