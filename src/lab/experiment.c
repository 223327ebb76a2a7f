/* Load, check and write out an experiment. */
#include "lab/experiment.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/import_tracks.h"
#include "lab/names.h"
#include "profile/profile.h"
#include "sim/catalog_gen.h"
#include "sim/filing.h"
#include "sim/population.h"
#include "sim/response.h"
#include "stages/cache.h"
#include "stages/stage.h"

#include <stdio.h>
#include <string.h>

#define MAX_ALSO 96
#define MOST_ARMS 255

static const char *const objects[] = { "catalog", "people", "response", "playlists", "profile", "arms",
                                       "probe", "statistics", "output", NULL };

/* Append the names of a table (or the names of a list) to a NULL-ended list. */
static void also_table(const char **also, const pal_param *table)
{
    size_t n = 0;

    while (also[n] != NULL) n++;
    for (; table->name != NULL && n + 1 < MAX_ALSO; table++) also[n++] = table->name;
    also[n] = NULL;
}

static void also_name(const char **also, const char *name)
{
    const pal_param one[] = { { name, PAL_PARAM_TEXT, NULL, 0, 0, NULL, NULL, NULL }, { 0 } };

    also_table(also, one);
}

/* The member `key` of the root if it is an object; NULL when absent. */
static pal_status object_of(const pal_json **out, const pal_experiment *e, const char *key, pal_error *err)
{
    const pal_json *value = pal_json_get(pal_json_root(e->doc), key);

    *out = value;
    if (value != NULL && pal_json_kind_of(value) != PAL_JSON_OBJECT) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", e->file, key,
                             pal_json_kind_name(pal_json_kind_of(value)));
    }
    return PAL_OK;
}

static pal_status read_top(pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *seed;

    if (pal_json_kind_of(pal_json_root(e->doc)) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: an experiment must be an object, found %s", e->file,
                 pal_json_kind_name(pal_json_kind_of(pal_json_root(e->doc))));
    }
    PAL_TRY(pal_values_read(&e->top, pal_experiment_params, pal_json_root(e->doc), e->file, "", objects, err));
    e->name = pal_values_text(e->top, "name");
    e->purpose = pal_values_text(e->top, "purpose");
    e->n_replicates = (uint32_t)pal_values_int(e->top, "replicates");
    e->n_rounds = (size_t)pal_values_int(e->top, "rounds");
    e->n_slots = (size_t)pal_values_int(e->top, "slots");
    seed = pal_values_text(e->top, "seed");
    if (!pal_parse_u64(&e->seed, seed, strlen(seed))) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: seed: must be a string of digits below 2^64, found \"%s\"", e->file, seed);
    }
    PAL_TRY(pal_name_check_run(e->name, e->file, err));
done:
    return rc;
}

static pal_status read_catalog(pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *also[MAX_ALSO] = { NULL };
    const char *import_also[MAX_ALSO] = { NULL };
    const char *gen_also[MAX_ALSO] = { NULL };
    const pal_json *object, *source;
    bool csv, fallback;

    PAL_TRY(object_of(&object, e, "catalog", err));
    e->catalog_object = object;
    source = object == NULL ? NULL : pal_json_get(object, "source");
    csv = source != NULL && pal_json_kind_of(source) == PAL_JSON_STRING && strcmp(pal_json_string(source), "csv") == 0;
    source = object == NULL ? NULL : pal_json_get(object, "if_absent");
    fallback = csv && source != NULL && pal_json_kind_of(source) == PAL_JSON_STRING &&
               strcmp(pal_json_string(source), "synthetic") == 0;

    if (csv) {
        also_table(also, pal_import_params);
        also_name(also, "columns");
        also_table(gen_also, pal_import_params);
        also_name(gen_also, "columns");
    }
    if (!csv || fallback) {
        also_table(also, pal_catalog_gen_params);
        also_table(import_also, pal_catalog_gen_params);
    }
    also_table(gen_also, pal_catalog_params);
    also_table(import_also, pal_catalog_params);
    also_name(import_also, "columns");
    PAL_TRY(pal_values_read(&e->catalog, pal_catalog_params, object, e->file, "catalog", also, err));
    e->synthetic = !csv;
    e->catalog_file = pal_values_text(e->catalog, "file");
    if (csv && e->catalog_file[0] == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: catalog.file: needed when catalog.source is \"csv\"", e->file);
    }
    if (csv) {
        PAL_TRY(pal_values_read(&e->catalog_import, pal_import_params, object, e->file, "catalog", import_also, err));
    }
    if (!csv || fallback) {
        PAL_TRY(pal_values_read(&e->catalog_gen, pal_catalog_gen_params, object, e->file, "catalog", gen_also, err));
    }
    e->clusters = (pal_cluster_choice){ .source = pal_values_text(e->catalog, "clusters"),
                                        .n = (size_t)pal_values_int(e->catalog, "auto_clusters"),
                                        .seed = e->seed };
done:
    return rc;
}

static pal_status read_response(pal_experiment *e, pal_error *err)
{
    static const char *const also[] = { "model", NULL };
    pal_status rc = PAL_OK;
    const pal_json *object, *model;
    const char *name = pal_response_at(0)->name;

    PAL_TRY(object_of(&object, e, "response", err));
    model = object == NULL ? NULL : pal_json_get(object, "model");
    if (model != NULL) {
        if (pal_json_kind_of(model) != PAL_JSON_STRING) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: response.model: must be a string, found %s", e->file,
                     pal_json_kind_name(pal_json_kind_of(model)));
        }
        name = pal_json_string(model);
    }
    PAL_TRY(pal_response_find(&e->response, name, e->file, "response.model", err));
    PAL_TRY(pal_values_read(&e->response_params, pal_response_at(e->response)->params, object, e->file, "response",
                            also, err));
done:
    return rc;
}

/* A member of an arm that must be a non-empty string of one line. */
static pal_status arm_text(const char **out, const pal_experiment *e, const pal_json *arm, size_t i, const char *key,
                           pal_error *err)
{
    const pal_json *value = pal_json_get(arm, key);

    char path[64];

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_STRING || pal_json_string(value)[0] == '\0') {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: arms[%zu].%s: must be a string that is not empty, found %s", e->file, i,
                             key, value == NULL ? "nothing" : pal_json_kind_of(value) == PAL_JSON_STRING
                                 ? "an empty one" : pal_json_kind_name(pal_json_kind_of(value)));
    }
    *out = pal_json_string(value);
    snprintf(path, sizeof path, "arms[%zu].%s", i, key);
    return pal_name_check(*out, e->file, path, err);
}

/* A cache is there when the object is: an empty one has all defaults. */
static pal_status read_cache(pal_arm_spec *spec, const pal_experiment *e, size_t i, const pal_json *arm, pal_error *err)
{
    const pal_json *object = pal_json_get(arm, "cache");
    char path[64];

    snprintf(path, sizeof path, "arms[%zu].cache", i);
    if (object == NULL) return PAL_OK;
    if (pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", e->file, path,
                             pal_json_kind_name(pal_json_kind_of(object)));
    }
    return pal_values_read(&spec->cache, pal_cache_params, object, e->file, path, NULL, err);
}

static pal_status read_arm(pal_experiment *e, size_t i, const pal_json *arm, pal_error *err)
{
    static const char *const known[] = { "name", "stage", "params", "cache", NULL };
    pal_status rc = PAL_OK;
    pal_arm_spec *spec = &e->arm[i];
    const char *name = NULL, *stage = NULL;
    char path[64];

    snprintf(path, sizeof path, "arms[%zu]", i);
    if (pal_json_kind_of(arm) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", e->file, path,
                 pal_json_kind_name(pal_json_kind_of(arm)));
    }
    PAL_TRY(pal_json_only_keys(arm, known, e->file, path, err));
    PAL_TRY(arm_text(&name, e, arm, i, "name", err));
    PAL_TRY(arm_text(&stage, e, arm, i, "stage", err));
    for (size_t j = 0; j < i; j++) {
        if (strcmp(e->arm[j].name, name) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: \"%s\" is the name of arms[%zu] too", e->file, path, name, j);
        }
    }
    spec->name = pal_strdup(name);
    snprintf(path, sizeof path, "arms[%zu].params", i);
    spec->path = pal_strdup(path);
    if (spec->name == NULL || spec->path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for an arm's name");
    snprintf(path, sizeof path, "arms[%zu].stage", i);
    PAL_TRY(pal_stage_find(&spec->stage, stage, e->file, path, err));
    if ((pal_stage_at(spec->stage)->flags & PAL_STAGE_NEEDS_PLAYLISTS) != 0 && e->playlists == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" lives on playlists, and nobody keeps any here: give the experiment an "
                 "object \"playlists\" ({} has the defaults)", e->file, path, stage);
    }
    spec->object = pal_json_get(arm, "params");
    if (spec->object != NULL && pal_json_kind_of(spec->object) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", e->file, spec->path,
                 pal_json_kind_name(pal_json_kind_of(spec->object)));
    }
    PAL_TRY(pal_values_read(&spec->params, pal_stage_at(spec->stage)->params, spec->object, e->file, spec->path,
                            pal_stage_at(spec->stage)->also, err));
    PAL_TRY(read_cache(spec, e, i, arm, err));
done:
    return rc;
}

/* Index of a named arm, `fallback` when the name is empty. */
static pal_status arm_named(size_t *out, const pal_experiment *e, const char *key, size_t fallback, pal_error *err)
{
    const char *name = pal_values_text(e->top, key);

    *out = fallback;
    if (name[0] == '\0') return PAL_OK;
    for (size_t i = 0; i < e->n_arms; i++) {
        if (strcmp(e->arm[i].name, name) == 0) {
            *out = i;
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: no arm is named \"%s\"", e->file, key, name);
}

static pal_status read_arms(pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *arms = pal_json_get(pal_json_root(e->doc), "arms");
    size_t focus = 0;

    if (arms == NULL || pal_json_kind_of(arms) != PAL_JSON_ARRAY) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: arms: must be an array of 1 to %d arms, found %s", e->file, MOST_ARMS,
                 arms == NULL ? "nothing" : pal_json_kind_name(pal_json_kind_of(arms)));
    }
    if (pal_json_size(arms) == 0 || pal_json_size(arms) > MOST_ARMS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: arms: must be an array of 1 to %d arms, found %zu of them", e->file, MOST_ARMS, pal_json_size(arms));
    }
    PAL_NEW(e->arm, pal_json_size(arms));
    e->n_arms = pal_json_size(arms);
    e->oracle = PAL_NO_ARM;
    for (size_t i = 0; i < e->n_arms; i++) {
        PAL_TRY(read_arm(e, i, pal_json_at(arms, i), err));
        if (e->oracle == PAL_NO_ARM && (pal_stage_at(e->arm[i].stage)->flags & PAL_STAGE_NEEDS_TRUTH) != 0) e->oracle = i;
    }
    PAL_TRY(arm_named(&e->baseline, e, "baseline", 0, err));
    for (size_t i = 0; i < e->n_arms; i++) {
        if (i != e->baseline && i != e->oracle) focus = i;
    }
    PAL_TRY(arm_named(&e->focus, e, "focus", focus, err));
done:
    return rc;
}

static pal_status read_part(pal_values **out, const pal_experiment *e, const char *key, const pal_param *table,
                            pal_error *err)
{
    const pal_json *object;
    pal_status rc = object_of(&object, e, key, err);

    return rc != PAL_OK ? rc : pal_values_read(out, table, object, e->file, key, NULL, err);
}

/* Playlists are there when the object is: an empty one has all defaults. */
static pal_status read_playlists(pal_experiment *e, pal_error *err)
{
    if (pal_json_get(pal_json_root(e->doc), "playlists") == NULL) return PAL_OK;
    return read_part(&e->playlists, e, "playlists", pal_filing_params, err);
}

static void write_part(pal_json_writer *w, const char *key, const pal_values *values)
{
    pal_json_begin_object(w, key);
    pal_values_write(values, w);
    pal_json_end_object(w);
}

static void write_catalog(pal_json_writer *w, const pal_experiment *e)
{
    const pal_json *columns = e->catalog_object == NULL ? NULL : pal_json_get(e->catalog_object, "columns");

    pal_json_begin_object(w, "catalog");
    pal_values_write(e->catalog, w);
    if (e->catalog_import != NULL) pal_values_write(e->catalog_import, w);
    if (columns != NULL) pal_json_put_value(w, "columns", columns);
    if (e->catalog_gen != NULL) {
        pal_values_write_unless(e->catalog_gen, e->catalog_import == NULL ? NULL : pal_import_params, w);
    }
    pal_json_end_object(w);
}

/* An arm's parameters with defaults; what a stage reads by itself is copied as it stands. */
static void write_arm_stage(pal_json_writer *w, const pal_arm_spec *arm)
{
    const pal_stage_type *type = pal_stage_at(arm->stage);

    pal_json_put_string(w, "stage", type->name);
    pal_json_begin_object(w, "params");
    pal_values_write(arm->params, w);
    for (size_t i = 0; arm->object != NULL && type->also != NULL && type->also[i] != NULL; i++) {
        const pal_json *value = pal_json_get(arm->object, type->also[i]);

        if (value != NULL) pal_json_put_value(w, type->also[i], value);
    }
    pal_json_end_object(w);
}

static void write_arm(pal_json_writer *w, const pal_arm_spec *arm)
{
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", arm->name);
    write_arm_stage(w, arm);
    if (arm->cache != NULL) write_part(w, "cache", arm->cache);
    pal_json_end_object(w);
}

static void write_stage_alone(pal_json_writer *w, const pal_arm_spec *arm)
{
    pal_json_begin_object(w, NULL);
    write_arm_stage(w, arm);
    pal_json_end_object(w);
}

/* The first arm without a cache whose stage and parameters are those of arm i. */
static pal_status find_uncached(pal_experiment *e, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer own = { 0 }, other = { 0 };

    e->arm[i].uncached = PAL_NO_ARM;
    if (e->arm[i].cache == NULL) return PAL_OK;
    write_stage_alone(&own, &e->arm[i]);
    PAL_TRY(pal_text_check(&own.text, err));
    for (size_t a = 0; a < e->n_arms && e->arm[i].uncached == PAL_NO_ARM; a++) {
        if (e->arm[a].cache != NULL) continue;
        pal_text_clear(&other.text);
        other = (pal_json_writer){ 0 };
        write_stage_alone(&other, &e->arm[a]);
        PAL_TRY(pal_text_check(&other.text, err));
        if (strcmp(own.text.bytes, other.text.bytes) == 0) e->arm[i].uncached = a;
    }
done:
    pal_text_clear(&own.text);
    pal_text_clear(&other.text);
    return rc;
}

static pal_status write_resolved(pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    pal_hasher *hasher = NULL;

    pal_json_begin_object(&w, NULL);
    pal_values_write(e->top, &w);
    write_catalog(&w, e);
    write_part(&w, "people", e->people);
    pal_json_begin_object(&w, "response");
    pal_json_put_string(&w, "model", pal_response_at(e->response)->name);
    pal_values_write(e->response_params, &w);
    pal_json_end_object(&w);
    if (e->playlists != NULL) write_part(&w, "playlists", e->playlists);
    write_part(&w, "profile", e->profile);
    pal_json_begin_array(&w, "arms");
    for (size_t i = 0; i < e->n_arms; i++) write_arm(&w, &e->arm[i]);
    pal_json_end_array(&w);
    write_part(&w, "probe", e->probe);
    write_part(&w, "statistics", e->statistics);
    write_part(&w, "output", e->output);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, w.text.bytes, w.text.n);
    pal_hasher_hex(hasher, e->digest);
    e->resolved = w.text;
    w.text = (pal_text){ 0 };
done:
    pal_hasher_free(hasher);
    pal_text_clear(&w.text);
    return rc;
}

/* Everything after the JSON tree stands in e->doc. */
static pal_status read_all(pal_experiment *e, const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n_overrides; i++) {
        PAL_TRY(pal_json_set(e->doc, overrides[i].path, overrides[i].text, err));
    }
    PAL_TRY(read_top(e, err));
    PAL_TRY(read_catalog(e, err));
    PAL_TRY(read_part(&e->people, e, "people", pal_population_params, err));
    PAL_TRY(read_response(e, err));
    PAL_TRY(read_playlists(e, err));
    PAL_TRY(read_part(&e->profile, e, "profile", pal_profile_params, err));
    PAL_TRY(read_arms(e, err));
    for (size_t i = 0; i < e->n_arms; i++) PAL_TRY(find_uncached(e, i, err));
    PAL_TRY(read_part(&e->probe, e, "probe", pal_probe_params, err));
    PAL_TRY(read_part(&e->statistics, e, "statistics", pal_statistics_params, err));
    PAL_TRY(read_part(&e->output, e, "output", pal_output_params, err));
    PAL_TRY(write_resolved(e, err));
done:
    return rc;
}

pal_status pal_experiment_parse(pal_experiment **out, const char *text, size_t n, const char *name,
                                const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *e = NULL;

    PAL_NEW(e, 1);
    e->file = pal_strdup(name);
    if (e->file == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a file name");
    PAL_TRY(pal_json_parse(&e->doc, text, n, name, err));
    PAL_TRY(read_all(e, overrides, n_overrides, err));
    *out = e;
    e = NULL;
done:
    pal_experiment_free(e);
    return rc;
}

pal_status pal_experiment_load(pal_experiment **out, const char *path, const pal_override *overrides,
                               size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_experiment_parse(out, bytes, n, path, overrides, n_overrides, err));
done:
    pal_free(bytes);
    return rc;
}

void pal_experiment_free(pal_experiment *e)
{
    if (e == NULL) return;
    for (size_t i = 0; i < e->n_arms; i++) {
        pal_free(e->arm[i].name);
        pal_free(e->arm[i].path);
        pal_values_free(e->arm[i].params);
        pal_values_free(e->arm[i].cache);
    }
    pal_free(e->arm);
    pal_values_free(e->top);
    pal_values_free(e->catalog);
    pal_values_free(e->catalog_import);
    pal_values_free(e->catalog_gen);
    pal_values_free(e->people);
    pal_values_free(e->response_params);
    pal_values_free(e->playlists);
    pal_values_free(e->profile);
    pal_values_free(e->probe);
    pal_values_free(e->statistics);
    pal_values_free(e->output);
    pal_text_clear(&e->resolved);
    pal_json_free(e->doc);
    pal_free(e->file);
    pal_free(e);
}
