/* The manifest, written and read. */
#include "lab/manifest.h"

#include "core/file.h"
#include "core/linalg.h"
#include "core/mem.h"
#include "core/threads.h"
#include "lab/run.h"
#include "lab/version.h"

#include <gsl/gsl_version.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* The processor's name, as Linux tells it; "unknown" elsewhere. */
static void cpu_name(char out[128])
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[256];

    snprintf(out, 128, "unknown");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || colon == NULL) continue;
        colon[1 + strcspn(colon + 1, "\n")] = '\0';
        snprintf(out, 128, "%s", colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (f != NULL) fclose(f);
}

void pal_run_machine(pal_json_writer *w)
{
    char cpu[128];

    cpu_name(cpu);
    pal_json_put_string(w, "cpu", cpu);
    pal_json_put_i64(w, "processors", (int64_t)pal_threads_available());
#if defined(__clang__)
    pal_json_put_string(w, "compiler", "clang " __clang_version__);
#elif defined(__GNUC__)
    pal_json_put_string(w, "compiler", "gcc " __VERSION__);
#endif
    pal_json_put_string(w, "gsl", GSL_VERSION);
    pal_json_put_string(w, "openblas_core", pal_blas_core());
    pal_json_put_i64(w, "xxhash", XXH_VERSION_NUMBER);
}

static void put_files(pal_json_writer *w, const pal_results *results)
{
    pal_json_begin_array(w, "files");
    for (size_t i = 0; i < results->n_files; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", results->file[i].name);
        pal_json_put_string(w, "digest", results->file[i].hex);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

pal_status pal_manifest_write(const pal_results *results, const char *digest, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_json_writer w = { 0 };
    pal_json_doc *config = NULL;
    char *path = pal_path_join(results->dir, "manifest.json"), seed[PAL_NUMBER_MAX], hex[24];

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_json_parse(&config, e->resolved.bytes, e->resolved.n, "resolved experiment", err));
    pal_format_u64(seed, e->seed);
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)results->catalog->digest);
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", PAL_RUN_FORMAT);
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", e->name);
    pal_json_put_string(&w, "purpose", e->purpose);
    pal_json_put_string(&w, "experiment", e->file);
    pal_json_put_string(&w, "seed", seed);
    pal_json_put_string(&w, "grade", "exact");
    pal_json_put_string(&w, "digest_algorithm", "xxh128 of (name, xxh128 of the file) over the files below in name order");
    pal_json_put_string(&w, "digest", digest);
    pal_json_put_string(&w, "config_digest", e->digest);
    pal_json_begin_object(&w, "catalog");
    pal_json_put_bool(&w, "synthetic", results->synthetic);
    pal_json_put_i64(&w, "items", (int64_t)results->catalog->n_items);
    pal_json_put_string(&w, "digest", hex);
    pal_json_end_object(&w);
    put_files(&w, results);
    pal_json_begin_object(&w, "machine");
    pal_run_machine(&w);
    pal_json_put_i64(&w, "threads", (int64_t)results->n_threads);
    pal_json_end_object(&w);
    pal_json_put_value(&w, "config", pal_json_root(config));
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
done:
    pal_text_clear(&w.text);
    pal_json_free(config);
    pal_free(path);
    return rc;
}

static pal_status string_of(const char **out, const pal_json *object, const char *key, const char *path, pal_error *err)
{
    const pal_json *value = pal_json_get(object, key);

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_STRING) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: \"%s\" must be a string", path, key);
    }
    *out = pal_json_string(value);
    return PAL_OK;
}

static pal_status read_files(pal_manifest *m, const pal_json *files, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (files == NULL || pal_json_kind_of(files) != PAL_JSON_ARRAY) PAL_FAIL(PAL_ERR_DATA, "%s: \"files\" must be an array", path);
    m->n_files = pal_json_size(files);
    PAL_NEW(m->name, m->n_files);
    PAL_NEW(m->hex, m->n_files);
    for (size_t i = 0; i < m->n_files; i++) {
        const pal_json *file = pal_json_at(files, i);

        if (pal_json_kind_of(file) != PAL_JSON_OBJECT) PAL_FAIL(PAL_ERR_DATA, "%s: files[%zu] must be an object", path, i);
        PAL_TRY(string_of(&m->name[i], file, "name", path, err));
        PAL_TRY(string_of(&m->hex[i], file, "digest", path, err));
    }
done:
    return rc;
}

pal_status pal_manifest_load(pal_manifest **out, const char *run_dir, pal_error *err)
{
    return pal_manifest_load_as(out, run_dir, PAL_RUN_FORMAT, err);
}

pal_status pal_manifest_load_as(pal_manifest **out, const char *run_dir, const char *wanted,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_manifest *m = NULL;
    const char *format = NULL;
    char *path = pal_path_join(run_dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (!pal_file_exists(path)) {
        PAL_FAIL(PAL_ERR_IO, "%s: holds no results: there is no manifest.json in it", run_dir);
    }
    PAL_NEW(m, 1);
    PAL_TRY(pal_json_load(&m->doc, path, err));
    if (pal_json_kind_of(pal_json_root(m->doc)) != PAL_JSON_OBJECT) PAL_FAIL(PAL_ERR_DATA, "%s: must be an object", path);
    PAL_TRY(string_of(&format, pal_json_root(m->doc), "format", path, err));
    if (strcmp(format, wanted) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds %s (\"%s\"), but %s is wanted (\"%s\")", run_dir,
                 pal_result_noun(format), format, pal_result_noun(wanted), wanted);
    }
    PAL_TRY(string_of(&m->digest, pal_json_root(m->doc), "digest", path, err));
    PAL_TRY(read_files(m, pal_json_get(pal_json_root(m->doc), "files"), path, err));
    *out = m;
    m = NULL;
done:
    pal_manifest_free(m);
    pal_free(path);
    return rc;
}

void pal_manifest_free(pal_manifest *m)
{
    if (m == NULL) return;
    pal_json_free(m->doc);
    pal_free(m->name);
    pal_free(m->hex);
    pal_free(m);
}

pal_status pal_manifest_experiment(pal_experiment **out, const pal_manifest *manifest, const char *run_dir,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *config = pal_json_get(pal_json_root(manifest->doc), "config");
    pal_json_writer w = { 0 };

    if (config == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s/manifest.json: has no \"config\"", run_dir);
    }
    pal_json_put_value(&w, NULL, config);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_experiment_parse(out, w.text.bytes, w.text.n, "manifest.json: config", NULL, 0, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_manifest_check_files(const pal_manifest *m, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = NULL, hex[PAL_HASH_HEX];

    for (size_t i = 0; i < m->n_files; i++) {
        pal_free(path);
        path = pal_path_join(dir, m->name[i]);
        if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
        PAL_TRY(pal_hash_file(hex, path, err));
        if (strcmp(hex, m->hex[i]) != 0) {
            PAL_FAIL(PAL_ERR_DATA,
                     "%s: changed since the run: its digest is %s, the manifest says %s", path, hex,
                     m->hex[i]);
        }
    }
done:
    pal_free(path);
    return rc;
}

pal_status pal_manifest_same_files(const pal_manifest *m, const pal_manifest *again,
                                   const char *dir, pal_error *err)
{
    for (size_t i = 0; i < m->n_files; i++) {
        bool same = false;

        for (size_t j = 0; j < again->n_files; j++) {
            same = same || (strcmp(m->name[i], again->name[j]) == 0 &&
                            strcmp(m->hex[i], again->hex[j]) == 0);
        }
        if (!same)
            return pal_error_set(err, PAL_ERR_MISMATCH, "%s: %s differs when run again", dir,
                                 m->name[i]);
    }
    if (m->n_files != again->n_files) {
        return pal_error_set(err, PAL_ERR_MISMATCH, "%s: %zu files, %zu when run again", dir,
                             m->n_files, again->n_files);
    }
    return PAL_OK;
}
