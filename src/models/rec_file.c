/* Files of fitted models: the model's name, its version, its parameters, its arrays. */
#include "models/rec_builtin.h"

#include "core/json.h"
#include "core/text.h"

#include <string.h>

#define MODEL_KEY "model"
#define VERSION_KEY "model_version"
#define PARAMS_KEY "params"
#define VERSION "1" /* of the arrays' meaning, for all models */

/* Parameters in table order, defaults filled in: the same values are the same text. */
static pal_status put_params(pal_tensors *file, const pal_values *params, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_values_write(params, &w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_tensors_put_text(file, PARAMS_KEY, w.text.bytes, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_rec_save(pal_tensors *file, const pal_rec_type *type, const void *self, const pal_values *params,
                        const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_put_text(file, MODEL_KEY, type->name, err));
    PAL_TRY(pal_tensors_put_text(file, VERSION_KEY, VERSION, err));
    PAL_TRY(put_params(file, params, err));
    PAL_TRY(type->save(self, file, err));
    PAL_TRY(pal_tensors_save(file, path, NULL, err));

done:
    return rc;
}

/* A text of the header that must be there. */
static pal_status text_of(const char **out, const pal_tensors *file, const char *key, pal_error *err)
{
    *out = pal_tensors_text(file, key);
    if (*out == NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: not a recommender of Palate: the text \"%s\" is missing",
                             pal_tensors_file(file), key);
    }
    return PAL_OK;
}

pal_status pal_rec_reopen(void **self, const pal_rec_type *type, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    const char *text = NULL, *path = pal_tensors_file(file);

    PAL_TRY(text_of(&text, file, PARAMS_KEY, err));
    PAL_TRY(pal_json_parse(&doc, text, strlen(text), path, err));
    PAL_TRY(pal_values_read(&values, type->params, pal_json_root(doc), path, PARAMS_KEY, NULL, err));
    PAL_TRY(type->init(self, values, err));

done:
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

pal_status pal_rec_load(const pal_rec_type **type, void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name = NULL, *version = NULL;
    size_t index = 0;

    PAL_TRY(text_of(&name, file, MODEL_KEY, err));
    PAL_TRY(text_of(&version, file, VERSION_KEY, err));
    if (strcmp(version, VERSION) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s is \"%s\", this program reads \"%s\"", pal_tensors_file(file), VERSION_KEY,
                 version, VERSION);
    }
    rc = pal_rec_find(&index, name, pal_tensors_file(file), MODEL_KEY, err);
    if (rc == PAL_ERR_CONFIG) { /* here it is the file that is wrong, not a setting */
        PAL_FAIL(PAL_ERR_DATA, "%s", err == NULL ? "" : err->text);
    }
    PAL_TRY(rc);
    PAL_TRY(pal_rec_at(index)->load(self, file, err));
    *type = pal_rec_at(index);

done:
    return rc;
}
