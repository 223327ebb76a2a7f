/* manifest.json: what was run, with what, and the digest of everything it gave. */
#ifndef PAL_LAB_MANIFEST_H
#define PAL_LAB_MANIFEST_H

#include "lab/results.h"

/* Write dir/manifest.json. */
PAL_MUST_USE pal_status pal_manifest_write(const pal_results *results, const char *digest, pal_error *err);

/* A manifest read back: the experiment it holds and the files it names. */
typedef struct pal_manifest {
    pal_json_doc *doc;
    const char *digest;
    size_t n_files;
    const char **name, **hex; /* n_files; borrowed from doc */
} pal_manifest;
PAL_MUST_USE pal_status pal_manifest_load(pal_manifest **out, const char *run_dir, pal_error *err);
void pal_manifest_free(pal_manifest *manifest); /* accepts NULL */

/* The experiment that a manifest holds; run_dir names it in messages. PAL_ERR_DATA when it holds none. The caller owns
 * *out. */
PAL_MUST_USE pal_status pal_manifest_experiment(pal_experiment **out, const pal_manifest *manifest,
                                                const char *run_dir, pal_error *err);

#endif
