/* The file of a logistic model: JSON, every key required, none unknown. */
#include "models/logistic_model.h"

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "models/logistic_new.h"

#include <stdio.h>
#include <string.h>

#define FORMAT "palate-logistic/1"
#define LARGEST_WHOLE 9007199254740992.0 /* 2^53 */

static const char *const top_keys[] = { "format", "label", "rows", "positives", "intercept", "features", "config",
                                        NULL };
static const char *const feature_keys[] = { "name", "coefficient", "mean", "sd", NULL };

static void put_config(pal_json_writer *w, const pal_logistic_config *c)
{
    pal_json_begin_object(w, "config");
    pal_json_put_number(w, "l2", c->l2);
    pal_json_put_string(w, "penalty", c->penalty == PAL_L2_TOTAL ? "total" : "mean");
    pal_json_put_bool(w, "standardise", c->standardise);
    pal_json_put_bool(w, "balanced", c->balanced);
    pal_json_put_number(w, "tol", c->tol);
    pal_json_put_i64(w, "max_iter", c->max_iter);
    pal_json_end_object(w);
}

pal_status pal_logistic_model_save(const pal_logistic_model *model, const char *path, char hex[33], pal_error *err)
{
    pal_json_writer w = { 0 };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", FORMAT);
    pal_json_put_string(&w, "label", model->label);
    pal_json_put_i64(&w, "rows", (int64_t)model->rows);
    pal_json_put_i64(&w, "positives", (int64_t)model->positives);
    pal_json_put_number(&w, "intercept", model->intercept);
    pal_json_begin_array(&w, "features");
    for (size_t j = 0; j < model->d; j++) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", model->name[j]);
        pal_json_put_number(&w, "coefficient", model->coefficient[j]);
        pal_json_put_number(&w, "mean", model->mean[j]);
        pal_json_put_number(&w, "sd", model->sd[j]);
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    put_config(&w, &model->config);
    pal_json_end_object(&w);
    return pal_json_save(&w, path, hex, err);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

/* Where a value stands: file and the JSON path of its object ("" at the top, "features[3].", …). */
typedef struct place {
    const char *file, *path;
} place;

/* A member of a kind. */
static pal_status member(const pal_json **out, const pal_json *object, const char *key, pal_json_kind kind, place at,
                         pal_error *err)
{
    const pal_json *value = pal_json_get(object, key);

    if (value == NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s%s is missing", at.file, at.path, key);
    }
    if (pal_json_kind_of(value) != kind) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s%s is %s, wanted %s", at.file, at.path, key,
                             pal_json_kind_name(pal_json_kind_of(value)), pal_json_kind_name(kind));
    }
    *out = value;
    return PAL_OK;
}

static pal_status number(double *out, const pal_json *object, const char *key, place at, pal_error *err)
{
    const pal_json *value = NULL;
    pal_status rc = member(&value, object, key, PAL_JSON_NUMBER, at, err);

    if (rc == PAL_OK) *out = pal_json_number(value);
    return rc;
}

static pal_status count(size_t *out, const pal_json *object, const char *key, place at, pal_error *err)
{
    double value = 0;
    pal_status rc = number(&value, object, key, at, err);

    if (rc != PAL_OK) {
        return rc;
    }
    if (!(value >= 0 && value <= LARGEST_WHOLE) || value != (double)(uint64_t)value) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s%s is %g, wanted a count", at.file, at.path, key, value);
    }
    *out = (size_t)value;
    return PAL_OK;
}

static pal_status text(char **out, const pal_json *object, const char *key, place at, pal_error *err)
{
    const pal_json *value = NULL;
    pal_status rc = member(&value, object, key, PAL_JSON_STRING, at, err);

    return rc == PAL_OK ? pal_logistic_model_name(out, pal_json_string(value), err) : rc;
}

static pal_status read_feature(pal_logistic_model *model, size_t j, const pal_json *feature, const char *file,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    char path[48];
    place at = { file, path };

    snprintf(path, sizeof path, "features[%zu]", j);
    if (pal_json_kind_of(feature) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s is %s, wanted an object", file, path,
                 pal_json_kind_name(pal_json_kind_of(feature)));
    }
    PAL_TRY(pal_json_only_keys(feature, feature_keys, file, path, err));
    snprintf(path, sizeof path, "features[%zu].", j);
    PAL_TRY(text(&model->name[j], feature, "name", at, err));
    PAL_TRY(number(&model->coefficient[j], feature, "coefficient", at, err));
    PAL_TRY(number(&model->mean[j], feature, "mean", at, err));
    PAL_TRY(number(&model->sd[j], feature, "sd", at, err));
    if (model->sd[j] < 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %ssd is %g, wanted at least 0", file, path, model->sd[j]);
    }
    for (size_t k = 0; k < j; k++) {
        if (strcmp(model->name[k], model->name[j]) == 0) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %sname is that of features[%zu], '%s'", file, path, k, model->name[j]);
        }
    }

done:
    return rc;
}

static pal_status read_format(const pal_json *root, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *format = NULL;
    place top = { file, "" };

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_DATA, "%s: is %s, wanted an object", file, pal_json_kind_name(pal_json_kind_of(root)));
    }
    PAL_TRY(member(&format, root, "format", PAL_JSON_STRING, top, err));
    if (strcmp(pal_json_string(format), FORMAT) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: format is \"%s\", wanted \"" FORMAT "\"", file, pal_json_string(format));
    }
    PAL_TRY(pal_json_only_keys(root, top_keys, file, "", err));

done:
    return rc;
}

static pal_status read_config(pal_logistic_config *config, const pal_json *root, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *object = NULL;
    pal_values *values = NULL;
    place top = { file, "" };

    PAL_TRY(member(&object, root, "config", PAL_JSON_OBJECT, top, err));
    PAL_TRY(pal_values_read(&values, pal_logistic_params, object, file, "config", NULL, err));
    *config = pal_logistic_config_from(values);

done:
    pal_values_free(values);
    return rc;
}

pal_status pal_logistic_model_parse(pal_logistic_model **out, const char *bytes, size_t n, const char *file,
                                    pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_logistic_model *model = NULL;
    const pal_json *root, *features = NULL;
    place top = { file, "" };

    PAL_TRY(pal_json_parse(&doc, bytes, n, file, err));
    root = pal_json_root(doc);
    PAL_TRY(read_format(root, file, err));
    PAL_TRY(member(&features, root, "features", PAL_JSON_ARRAY, top, err));
    if (pal_json_size(features) == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: features is empty", file);
    }
    PAL_TRY(pal_logistic_model_new(&model, pal_json_size(features), err));
    PAL_TRY(text(&model->label, root, "label", top, err));
    PAL_TRY(count(&model->rows, root, "rows", top, err));
    PAL_TRY(count(&model->positives, root, "positives", top, err));
    PAL_TRY(number(&model->intercept, root, "intercept", top, err));
    PAL_TRY(read_config(&model->config, root, file, err));
    for (size_t j = 0; j < model->d; j++) {
        PAL_TRY(read_feature(model, j, pal_json_at(features, j), file, err));
    }
    *out = model;
    model = NULL;

done:
    if (rc == PAL_ERR_CONFIG) { /* of the parameter table: here the settings are data */
        rc = PAL_ERR_DATA;
        if (err != NULL) err->status = rc;
    }
    pal_logistic_model_free(model);
    pal_json_free(doc);
    return rc;
}

pal_status pal_logistic_model_load(pal_logistic_model **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_logistic_model_parse(out, bytes, n, path, err));

done:
    pal_free(bytes);
    return rc;
}
