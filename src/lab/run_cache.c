/* The cache of runs of single arms. */
#include "lab/run_cache.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/checkpoint.h"
#include "lab/manifest.h"
#include "lab/version.h"

#include <stdio.h>
#include <string.h>

/* What comparisons read, and what verify tells differences by. */
static const char *const kept[] = { "users.csv", "people.csv", "states.csv" };
enum { N_KEPT = sizeof kept / sizeof kept[0] };

pal_status pal_run_cache_open(pal_run_cache *cache, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;

    *cache = (pal_run_cache){ .dir = NULL };
    PAL_TRY(pal_dir_make(dir, err));
    cache->dir = pal_strdup(dir);
    if (cache->dir == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_program_digest(cache->program, err));
done:
    return rc;
}

void pal_run_cache_clear(pal_run_cache *cache)
{
    pal_free(cache->dir);
    cache->dir = NULL;
}

/* ---- an arm alone ---- */

static pal_status text_of(char **out, const pal_json *value, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_put_value(&w, NULL, value);
    PAL_TRY(pal_text_check(&w.text, err));
    *out = w.text.bytes;
    w.text = (pal_text){ 0 };
done:
    pal_text_clear(&w.text);
    return rc;
}

/* Set a key of a part, where this version has it. */
static pal_status set_known(pal_json_doc *doc, const char *part, const char *key, const char *text, pal_error *err)
{
    const pal_json *object = pal_json_get(pal_json_root(doc), part);
    char path[96];

    if (object == NULL || pal_json_get(object, key) == NULL) return PAL_OK;
    snprintf(path, sizeof path, "%s.%s", part, key);
    return pal_json_set(doc, path, text, err);
}

/* What has no part in people's answers takes its cheapest value. */
static pal_status strip(pal_json_doc *doc, pal_error *err)
{
    static const char *const cheap[][3] = {
        { "statistics", "resamples", "20" }, { "statistics", "permutations", "99" },
        { "statistics", "spread_resamples", "20" }, { "statistics", "level", "0.95" },
        { "statistics", "correction", "\"holm\"" }, { "output", "events", "\"none\"" }, { "output", "items", "false" },
        { "output", "sheets", "0" }, { "output", "days", "false" }, { "output", "people_map", "\"none\"" },
        { "output", "long_run", "false" }, { "output", "reasons", "false" },
    };
    static const char *const blank[] = { "purpose", "baseline", "focus" };
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < sizeof cheap / sizeof cheap[0]; i++) {
        PAL_TRY(set_known(doc, cheap[i][0], cheap[i][1], cheap[i][2], err));
    }
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) PAL_TRY(pal_json_set(doc, blank[i], "\"\"", err));
    PAL_TRY(pal_json_set(doc, "name", "\"cell\"", err));
done:
    return rc;
}

pal_status pal_single_arm(pal_experiment **out, const pal_experiment *e, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    char *arm = NULL, *arms = NULL, *text = NULL;

    PAL_TRY(pal_json_parse(&doc, e->resolved.bytes, e->resolved.n, e->file, err));
    PAL_TRY(text_of(&arm, pal_json_at(pal_json_get(pal_json_root(doc), "arms"), a), err));
    PAL_NEW(arms, strlen(arm) + 3);
    snprintf(arms, strlen(arm) + 3, "[%s]", arm);
    PAL_TRY(pal_json_set(doc, "arms", arms, err));
    PAL_TRY(strip(doc, err));
    PAL_TRY(text_of(&text, pal_json_root(doc), err));
    PAL_TRY(pal_experiment_parse(out, text, strlen(text), e->file, NULL, 0, err));
done:
    pal_json_free(doc);
    pal_free(arm);
    pal_free(arms);
    pal_free(text);
    return rc;
}

/* ---- keys ---- */

/* The content of a file by name, if it names one. */
static pal_status add_file(pal_hasher *hasher, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char hex[PAL_HASH_HEX] = "no such file";

    if (path[0] != '\0' && pal_file_exists(path)) PAL_TRY(pal_hash_file(hex, path, err));
    pal_hasher_add(hasher, hex, strlen(hex) + 1);
done:
    return rc;
}

pal_status pal_run_cache_key(char hex[PAL_HASH_HEX], const pal_run_cache *cache, const pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, PAL_VERSION, sizeof PAL_VERSION);
    pal_hasher_add(hasher, cache->program, strlen(cache->program) + 1);
    pal_hasher_add(hasher, e->resolved.bytes, e->resolved.n);
    PAL_TRY(add_file(hasher, e->catalog_file, err));
    PAL_TRY(add_file(hasher, e->clusters.source, err));
    pal_hasher_hex(hasher, hex);
done:
    pal_hasher_free(hasher);
    return rc;
}

/* ---- runs ---- */

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < N_KEPT; i++) {
        if (strcmp(name, kept[i]) == 0) return true;
    }
    return false;
}

/* Are all kept files there, with the digests of the manifest? */
static bool is_whole(const char *dir)
{
    pal_manifest *m = NULL;
    size_t found = 0;

    if (pal_manifest_load(&m, dir, NULL) != PAL_OK) return false;
    for (size_t i = 0; i < m->n_files; i++) {
        char hex[PAL_HASH_HEX] = "", *path = is_kept(m->name[i]) ? pal_path_join(dir, m->name[i]) : NULL;

        if (path != NULL && pal_hash_file(hex, path, NULL) == PAL_OK && strcmp(hex, m->hex[i]) == 0) found++;
        pal_free(path);
    }
    pal_manifest_free(m);
    return found == N_KEPT;
}

/* Remove what nobody will read. A file that stays behind costs room, nothing else. */
static void prune(const char *dir)
{
    pal_manifest *m = NULL;
    char *path;

    if (pal_manifest_load(&m, dir, NULL) != PAL_OK) return;
    for (size_t i = 0; i < m->n_files; i++) {
        path = is_kept(m->name[i]) ? NULL : pal_path_join(dir, m->name[i]);
        if (path != NULL) remove(path);
        pal_free(path);
    }
    path = pal_path_join(dir, "timing.csv");
    if (path != NULL) remove(path);
    pal_free(path);
    pal_manifest_free(m);
}

pal_status pal_run_cache_get(char **path, bool *computed, const pal_run_cache *cache, const pal_experiment *single,
                             bool fresh, const pal_run_keeping *keeping, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    char hex[PAL_HASH_HEX], *dir = NULL;
    pal_run_summary summary;
    pal_run_options options = { .n_threads = n_threads };

    PAL_TRY(pal_run_cache_key(hex, cache, single, err));
    dir = pal_path_join(cache->dir, hex);
    if (dir == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    *computed = fresh || !is_whole(dir);
    if (*computed) {
        options.out_dir = dir;
        PAL_TRY(pal_run_resumable(&summary, single, &options, keeping, err));
        prune(dir);
    }
    *path = dir;
    dir = NULL;
done:
    pal_free(dir);
    return rc;
}
