/* The file of a neural classifier: safetensors, every text and array checked. */
#include "models/neural_model.h"

#include "core/json.h"
#include "core/mem.h"

#include <math.h>
#include <string.h>

#define MODEL "neural"
#define VERSION "1" /* of the arrays' meaning */
#define PREFIX "net."

/* ---- writing -------------------------------------------------------------------------------- */

/* The settings by the names of pal_neural_model_params: what is read is checked by that table. */
static pal_status put_params(pal_tensors *file, const pal_neural_model_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    double hidden[PAL_NEURAL_LAYERS] = { 0 };

    for (size_t i = 0; i < c->n_hidden; i++) {
        hidden[i] = (double)c->hidden[i];
    }
    pal_json_begin_object(&w, NULL);
    pal_json_put_numbers(&w, "hidden", hidden, c->n_hidden);
    pal_json_put_string(&w, "activation", c->gelu ? "gelu" : "relu");
    pal_json_put_number(&w, "dropout", c->dropout);
    pal_json_put_number(&w, "learning_rate", c->learning_rate);
    pal_json_put_number(&w, "weight_decay", c->weight_decay);
    pal_json_put_i64(&w, "batch", (int64_t)c->batch);
    pal_json_put_i64(&w, "epochs", (int64_t)c->epochs);
    pal_json_put_i64(&w, "patience", (int64_t)c->patience);
    pal_json_put_i64(&w, "valid_parts", (int64_t)c->valid_parts);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_tensors_put_text(file, "params", w.text.bytes, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

static pal_status put_names(pal_tensors *file, const pal_neural_model *model, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_begin_array(&w, NULL);
    for (size_t j = 0; j < model->d; j++) {
        pal_json_put_string(&w, NULL, model->name[j]);
    }
    pal_json_end_array(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_tensors_put_text(file, "features", w.text.bytes, err));
    PAL_TRY(pal_tensors_put_text(file, "label", model->label, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_neural_model_save(const pal_neural_model *model, const char *path, char hex[PAL_HASH_HEX],
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;
    const uint64_t d = model->d, two = 2, rows[2] = { model->rows, model->positives };

    PAL_TRY(pal_tensors_new(&file, err));
    PAL_TRY(pal_tensors_put_text(file, "model", MODEL, err));
    PAL_TRY(pal_tensors_put_text(file, "model_version", VERSION, err));
    PAL_TRY(put_params(file, &model->config, err));
    PAL_TRY(put_names(file, model, err));
    PAL_TRY(pal_tensors_put(file, "mean", PAL_F64, 1, &d, model->mean, err));
    PAL_TRY(pal_tensors_put(file, "sd", PAL_F64, 1, &d, model->sd, err));
    PAL_TRY(pal_tensors_put(file, "rows", PAL_U64, 1, &two, rows, err));
    PAL_TRY(pal_net_save(model->net, file, PREFIX, err));
    PAL_TRY(pal_tensors_save(file, path, hex, err));

done:
    pal_tensors_free(file);
    return rc;
}

/* ---- reading -------------------------------------------------------------------------------- */

static pal_status text_of(const char **out, const pal_tensors *file, const char *key, pal_error *err)
{
    *out = pal_tensors_text(file, key);
    if (*out == NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: no neural classifier of Palate: the text \"%s\" is missing",
                             pal_tensors_file(file), key);
    }
    return PAL_OK;
}

static pal_status expect_text(const pal_tensors *file, const char *key, const char *wanted, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text = NULL;

    PAL_TRY(text_of(&text, file, key, err));
    if (strcmp(text, wanted) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the text \"%s\" is \"%s\", wanted \"%s\"", pal_tensors_file(file), key, text,
                 wanted);
    }

done:
    return rc;
}

/* The model with its names; nothing else is there yet. */
static pal_status read_names(pal_neural_model **out, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *path = pal_tensors_file(file), *text = NULL, *label = NULL;
    pal_json_doc *doc = NULL;
    const pal_json *names;

    PAL_TRY(text_of(&text, file, "features", err));
    PAL_TRY(text_of(&label, file, "label", err));
    PAL_TRY(pal_json_parse(&doc, text, strlen(text), path, err));
    names = pal_json_root(doc);
    if (pal_json_kind_of(names) != PAL_JSON_ARRAY || pal_json_size(names) == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the text \"features\" is not a list of names", path);
    }
    PAL_TRY(pal_neural_model_new(out, pal_json_size(names), err));
    for (size_t j = 0; j <= (*out)->d; j++) { /* the last one is the label's */
        char **to = j < (*out)->d ? &(*out)->name[j] : &(*out)->label;

        if (j < (*out)->d && pal_json_kind_of(pal_json_at(names, j)) != PAL_JSON_STRING) {
            PAL_FAIL(PAL_ERR_DATA, "%s: the text \"features\": entry %zu is not a name", path, j);
        }
        *to = pal_strdup(j < (*out)->d ? pal_json_string(pal_json_at(names, j)) : label);
        if (*to == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for names");
        }
    }

done:
    pal_json_free(doc);
    return rc;
}

static pal_status read_params(pal_neural_model_config *out, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text = NULL, *path = pal_tensors_file(file);
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;

    PAL_TRY(text_of(&text, file, "params", err));
    PAL_TRY(pal_json_parse(&doc, text, strlen(text), path, err));
    PAL_TRY(pal_values_read(&values, pal_neural_model_params, pal_json_root(doc), path, "params", NULL, err));
    PAL_TRY(pal_neural_model_config_from(out, values, path, "params", err));

done:
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

/* d finite numbers, none below `least`. */
static pal_status read_column(double *to, const pal_tensors *file, const char *name, size_t d, double least,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    uint64_t n = 0;

    PAL_TRY(pal_tensors_get(&data, &n, file, name, PAL_F64, 1, err));
    if (n != d) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" has %llu values, wanted %zu, one a feature", pal_tensors_file(file),
                 name, (unsigned long long)n, d);
    }
    memcpy(to, data, d * sizeof *to);
    for (size_t j = 0; j < d; j++) {
        if (!isfinite(to[j]) || to[j] < least) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\": entry %zu is %g", pal_tensors_file(file), name, j, to[j]);
        }
    }

done:
    return rc;
}

static pal_status read_rows(pal_neural_model *model, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data = NULL;
    uint64_t n = 0, rows[2];

    PAL_TRY(pal_tensors_get(&data, &n, file, "rows", PAL_U64, 1, err));
    if (n != 2) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"rows\" has %llu values, wanted 2", pal_tensors_file(file),
                 (unsigned long long)n);
    }
    memcpy(rows, data, sizeof rows);
    model->rows = (size_t)rows[0];
    model->positives = (size_t)rows[1];

done:
    return rc;
}

static pal_status check_finite(const pal_net *net, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = pal_net_size(net);
    float *value = NULL;

    PAL_NEW(value, n);
    pal_net_copy_out(value, net);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(value[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: a parameter of the net is %g, not finite", path, (double)value[i]);
        }
    }

done:
    pal_free(value);
    return rc;
}

pal_status pal_neural_model_load(pal_neural_model **out, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_model *model = NULL;

    PAL_TRY(expect_text(file, "model", MODEL, err));
    PAL_TRY(expect_text(file, "model_version", VERSION, err));
    PAL_TRY(read_names(&model, file, err));
    PAL_TRY(read_params(&model->config, file, err));
    PAL_TRY(read_column(model->mean, file, "mean", model->d, -HUGE_VAL, err));
    PAL_TRY(read_column(model->sd, file, "sd", model->d, 0, err));
    PAL_TRY(read_rows(model, file, err));
    PAL_TRY(pal_neural_model_build(model, (pal_key){ 0 }, err));
    PAL_TRY(pal_net_load(model->net, file, PREFIX, err));
    PAL_TRY(check_finite(model->net, pal_tensors_file(file), err));
    *out = model;
    model = NULL;

done:
    pal_neural_model_free(model);
    return rc;
}
