/* The list of result files and the digest of a run. */
#include "lab/results.h"

#include "core/mem.h"
#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pal_status pal_results_open(pal_outfile **out, const pal_results *results, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(results->dir, name);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the path of %s", name);
    PAL_TRY(pal_outfile_open(out, path, err));
done:
    pal_free(path);
    return rc;
}

/* "SIZE DIGEST" of a file in a checkpoint. */
static pal_status position_of(uint64_t *size, const char **hex, const pal_tensors *file, const char *name, pal_error *err)
{
    const char *text = pal_tensors_text(file, name);
    const size_t n = text == NULL ? 0 : strcspn(text, " ");

    if (text == NULL || !pal_parse_u64(size, text, n) || strlen(text) != n + PAL_HASH_HEX) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: does not say where %s stood", pal_tensors_file(file), name);
    }
    *hex = text + n + 1;
    return PAL_OK;
}

pal_status pal_results_open_rounds(pal_outfile **out, bool *begun, const pal_results *results, const char *name,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t size = 0;
    const char *hex = NULL;
    char *path = NULL;

    *begun = false;
    if (!results->kept) return pal_results_open(out, results, name, err);
    path = pal_path_join(results->dir, name);
    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the path of %s", name);
    if (results->from != NULL) PAL_TRY(position_of(&size, &hex, results->from, name, err));
    PAL_TRY(pal_outfile_open_kept(out, path, size, hex, err));
    *begun = results->from != NULL;
done:
    pal_free(path);
    return rc;
}

pal_status pal_results_mark(pal_outfile *out, const char *name, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    char hex[PAL_HASH_HEX], text[PAL_NUMBER_MAX + PAL_HASH_HEX + 1];

    PAL_TRY(pal_outfile_sync(out, hex, err));
    snprintf(text, sizeof text, "%ju %s", (uintmax_t)pal_outfile_size(out), hex);
    PAL_TRY(pal_tensors_put_text(file, name, text, err));
done:
    return rc;
}

void pal_results_add(pal_results *results, const char *name, const char *hex, uint64_t bytes)
{
    pal_result_file *file = &results->file[results->n_files];

    PAL_ASSERT(results->n_files < sizeof results->file / sizeof *results->file);
    snprintf(file->name, sizeof file->name, "%s", name);
    snprintf(file->hex, sizeof file->hex, "%s", hex);
    file->bytes = bytes;
    results->n_files++;
}

pal_status pal_results_commit(pal_results *results, pal_outfile **file, const char *name, pal_error *err)
{
    uint64_t bytes = pal_outfile_size(*file);
    char hex[PAL_HASH_HEX];
    pal_status rc = pal_outfile_commit(file, hex, err);

    if (rc == PAL_OK) pal_results_add(results, name, hex, bytes);
    return rc;
}

pal_status pal_results_json(pal_results *results, pal_json_writer *w, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t bytes = w->text.n + 1;
    char hex[PAL_HASH_HEX];
    char *path = pal_path_join(results->dir, name);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the path of %s", name);
    PAL_TRY(pal_json_save(w, path, hex, err));
    pal_results_add(results, name, hex, bytes);
done:
    pal_free(path);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const pal_result_file *)a)->name, ((const pal_result_file *)b)->name);
}

pal_status pal_results_digest(const pal_results *results, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_result_file file[sizeof results->file / sizeof *results->file];
    pal_hasher *hasher = NULL;

    memcpy(file, results->file, sizeof file);
    qsort(file, results->n_files, sizeof *file, by_name);
    PAL_TRY(pal_hasher_new(&hasher, err));
    for (size_t i = 0; i < results->n_files; i++) {
        pal_hasher_add(hasher, file[i].name, strlen(file[i].name) + 1);
        pal_hasher_add(hasher, file[i].hex, PAL_HASH_HEX);
    }
    pal_hasher_hex(hasher, hex);
done:
    pal_hasher_free(hasher);
    return rc;
}
