/* Targets from a file: published statistics, where there is no log. */
#include "lab/fit_people.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const pal_param head_params[] = {
    { "name", PAL_PARAM_TEXT, "\"targets\"", 0, 0, NULL, "name of the data", NULL },
    { "source", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "where the figures come from", NULL },
    { "users", PAL_PARAM_INT, "0", 0, 1e8, NULL, "people of the data; 0: not known", NULL },
    { "items", PAL_PARAM_INT, "0", 0, 1e8, NULL, "items of the data; 0: not known", NULL },
    { "least", PAL_PARAM_INT, "0", 0, 1e6, NULL, "people with fewer items were left out; 0: not known", NULL },
    { "sample", PAL_PARAM_INT, "0", 0, 1e6, NULL, "rows drawn of each person for genres; 0: not known", NULL },
    { "xmin", PAL_PARAM_INT, "0", 0, 1e9, NULL, "where the power law's tail begins; 0: not known", NULL },
    { 0 }
};
static const pal_param moment_params[] = {
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "moment", NULL },
    { "value", PAL_PARAM_REAL, "0", -1e12, 1e12, NULL, "its value", NULL },
    { "se", PAL_PARAM_REAL, "0", 0, 1e12, NULL, "its standard error", NULL },
    { "source", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "where it comes from", NULL },
    { 0 }
};

static double known(const pal_values *v, const char *name)
{
    const int64_t n = pal_values_int(v, name);

    return n > 0 ? (double)n : NAN;
}

static pal_status read_moment(pal_fit_targets *out, const pal_json *object, const char *path, const char *place, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *v = NULL;
    pal_error inner = { 0 };
    size_t moment;

    if (pal_json_kind_of(object) != PAL_JSON_OBJECT || pal_json_get(object, "value") == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object with \"name\" and \"value\"", path, place);
    }
    PAL_TRY(pal_values_read(&v, moment_params, object, path, place, NULL, err));
    if (pal_moment_find(&moment, pal_values_text(v, "name"), &inner) != PAL_OK) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: %s", path, place, inner.text);
    }
    for (size_t k = 0; k < out->n; k++) {
        if (out->at[k].moment == (pal_moment)moment) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: '%s' stands twice", path, place, pal_moment_table[moment].name);
        }
    }
    out->at[out->n++] = (pal_fit_target){ .moment = (pal_moment)moment, .value = pal_values_real(v, "value"),
                                          .se = pal_values_real(v, "se"), .lo = NAN, .hi = NAN };
done:
    pal_values_free(v);
    return rc;
}

pal_status pal_fit_targets_load(pal_fit_targets *out, const char *path, pal_error *err)
{
    static const char *const also[] = { "moments", NULL };
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_values *v = NULL;
    const pal_json *list;
    char place[40];

    *out = (pal_fit_targets){ .n = 0 };
    PAL_TRY(pal_json_load(&doc, path, err));
    if (pal_json_kind_of(pal_json_root(doc)) != PAL_JSON_OBJECT) PAL_FAIL(PAL_ERR_CONFIG, "%s: must be an object", path);
    PAL_TRY(pal_values_read(&v, head_params, pal_json_root(doc), path, "", also, err));
    list = pal_json_get(pal_json_root(doc), "moments");
    if (list == NULL || pal_json_kind_of(list) != PAL_JSON_ARRAY || pal_json_size(list) == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: moments: must be an array with at least one moment", path);
    }
    for (size_t i = 0; i < pal_json_size(list); i++) {
        snprintf(place, sizeof place, "moments[%zu]", i);
        PAL_TRY(read_moment(out, pal_json_at(list, i), path, place, err));
    }
    out->users = known(v, "users");
    out->items = known(v, "items");
    out->least = known(v, "least");
    out->sample = known(v, "sample");
    out->xmin = known(v, "xmin");
    snprintf(out->name, sizeof out->name, "%s", pal_values_text(v, "name"));
    snprintf(out->source, sizeof out->source, "%s", pal_values_text(v, "source"));
done:
    pal_values_free(v);
    pal_json_free(doc);
    return rc;
}
