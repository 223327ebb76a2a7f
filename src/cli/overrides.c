/* Presets, --set and --seed as overrides, and the default result directory. */
#include "cli/overrides.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void pal_overrides_clear(pal_overrides *o)
{
    for (size_t i = 0; i < o->n_words; i++) {
        pal_free(o->words[i]);
    }
    for (size_t i = 0; i < o->n_preset_keys; i++) {
        pal_free(o->preset_text[i]);
    }
    for (size_t i = 0; i < o->n_presets; i++) {
        pal_json_free(o->preset[i]);
    }
    pal_free(o->set);
}

/* ---- presets ---- */

static pal_status check_preset(const pal_json_doc *doc, pal_error *err)
{
    static const char *const known[] = { "format", "purpose", "set", "fitted", NULL };
    const pal_json *root = pal_json_root(doc), *format, *set;
    pal_status rc = PAL_OK;

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: must be an object, found %s", pal_json_name(doc), pal_json_kind_name(pal_json_kind_of(root)));
    }
    format = pal_json_get(root, "format");
    set = pal_json_get(root, "set");
    if (format == NULL || pal_json_kind_of(format) != PAL_JSON_STRING || strcmp(pal_json_string(format), "palate-preset/1") != 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: format: is no preset; \"palate-preset/1\" is wanted", pal_json_name(doc));
    }
    PAL_TRY(pal_json_only_keys(root, known, pal_json_name(doc), "", err));
    if (set == NULL || pal_json_kind_of(set) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: set: must be an object of paths and values, found %s", pal_json_name(doc),
                 set == NULL ? "nothing" : pal_json_kind_name(pal_json_kind_of(set)));
    }

done:
    return rc;
}

static pal_status add_preset_key(pal_overrides *o, const pal_json *member, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    char *text = NULL;

    if (o->n_preset_keys == PAL_MAX_PRESET_KEYS) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: presets set more than %d keys", args->command, PAL_MAX_PRESET_KEYS);
    }
    pal_json_put_value(&w, NULL, member);
    PAL_TRY(pal_text_check(&w.text, err));
    text = pal_strdup(w.text.bytes);
    if (text == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a preset");
    }
    o->preset_text[o->n_preset_keys++] = text;
    o->item[o->n++] = (pal_override){ .path = pal_json_key(member), .text = text };

done:
    pal_text_clear(&w.text);
    return rc;
}

static pal_status read_presets(pal_overrides *o, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given;

    for (size_t i = 0; (given = pal_args_nth(args, "preset", i)) != NULL; i++) {
        const pal_json *set;

        if (i == PAL_MAX_PRESETS) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: at most %d presets", args->command, PAL_MAX_PRESETS);
        }
        PAL_TRY(pal_json_load(&o->preset[i], given, err));
        o->n_presets++;
        PAL_TRY(check_preset(o->preset[i], err));
        set = pal_json_get(pal_json_root(o->preset[i]), "set");
        for (size_t k = 0; k < pal_json_size(set); k++) {
            PAL_TRY(add_preset_key(o, pal_json_at(set, k), args, err));
        }
    }

done:
    return rc;
}

/* ---- --set and --seed ---- */

static pal_status read_settings(pal_overrides *o, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given;

    for (size_t i = 0; (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        const char *equals = strchr(given, '=');
        char *word;

        if (equals == NULL || equals == given) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: --set needs PATH=VALUE, found '%s'", args->command, given);
        }
        word = pal_strdup(given);
        if (word == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for --set");
        }
        o->words[o->n_words++] = word;
        word[equals - given] = '\0';
        o->item[o->n++] = (pal_override){ .path = word, .text = word + (equals - given) + 1 };
    }
    if (pal_args_has(args, "seed")) {
        uint64_t seed = 0;

        PAL_TRY(pal_args_whole(&seed, args, "seed", 0, 0, UINT64_MAX, err));
        snprintf(o->seed, sizeof o->seed, "\"%llu\"", (unsigned long long)seed);
        o->item[o->n++] = (pal_override){ .path = "seed", .text = o->seed };
    }

done:
    return rc;
}

pal_status pal_overrides_read(pal_overrides *o, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;

    *o = (pal_overrides){ .n = 0 };
    PAL_TRY(read_presets(o, args, err));
    PAL_TRY(read_settings(o, args, err));

done:
    return rc;
}

/* Does a preset set this path? */
static bool is_preset(const pal_overrides *o, const char *path)
{
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->item[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* Presets' keys behind those of the sweep's own "set" that they leave alone, as one override of "set". */
static pal_status join_set(pal_overrides *o, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_json_doc *doc = NULL, *joined = NULL;
    const pal_json *set = NULL;

    PAL_TRY(pal_json_load(&doc, path, err));
    if (pal_json_kind_of(pal_json_root(doc)) == PAL_JSON_OBJECT) set = pal_json_get(pal_json_root(doc), "set");
    if (set != NULL && pal_json_kind_of(set) != PAL_JSON_OBJECT) goto done; /* the reader of sweeps tells */
    pal_json_begin_object(&w, NULL);
    for (size_t k = 0; set != NULL && k < pal_json_size(set); k++) {
        const pal_json *member = pal_json_at(set, k);

        if (!is_preset(o, pal_json_key(member))) pal_json_put_value(&w, pal_json_key(member), member);
    }
    for (size_t p = 0; p < o->n_presets; p++) {
        const pal_json *own = pal_json_get(pal_json_root(o->preset[p]), "set");

        for (size_t k = 0; k < pal_json_size(own); k++) {
            pal_json_put_value(&w, pal_json_key(pal_json_at(own, k)), pal_json_at(own, k));
        }
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&joined, w.text.bytes, w.text.n, "--preset", err)); /* two presets may not set one key */
    o->set = pal_strdup(w.text.bytes);
    if (o->set == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for presets");
    }

done:
    pal_text_clear(&w.text);
    pal_json_free(joined);
    pal_json_free(doc);
    return rc;
}

pal_status pal_overrides_read_sweep(pal_overrides *o, const pal_args *args, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    *o = (pal_overrides){ .n = 0 };
    PAL_TRY(read_presets(o, args, err));
    if (o->n_presets > 0 && path != NULL) {
        PAL_TRY(join_set(o, path, err));
    }
    o->n = 0; /* paths of the experiment mean nothing to the sweep */
    if (o->set != NULL) {
        o->item[o->n++] = (pal_override){ .path = "set", .text = o->set };
    }
    PAL_TRY(read_settings(o, args, err));

done:
    return rc;
}

pal_status pal_result_directory(char **out, const pal_args *args, const char *name, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text path = { 0 };

    if (pal_args_has(args, "out")) {
        pal_text_add(&path, pal_args_text(args, "out"));
        PAL_TRY(pal_text_check(&path, err));
    } else {
        pal_text_addf(&path, "results/%s-%llu", name, (unsigned long long)seed);
        PAL_TRY(pal_text_check(&path, err));
        for (char *c = path.bytes + strlen("results/"); *c != '\0'; c++) {
            if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL) {
                *c = '-';
            }
        }
    }
    *out = pal_strdup(path.bytes != NULL ? path.bytes : "");
    if (*out == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the result directory");
    }

done:
    pal_text_clear(&path);
    return rc;
}
