/* manifest.json: what was run, with what, and the digest of everything it gave. */
#ifndef PAL_LAB_MANIFEST_H
#define PAL_LAB_MANIFEST_H

#include "lab/result_kind.h"
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
/* That of a run. PAL_ERR_IO, PAL_ERR_PARSE, and PAL_ERR_DATA when it is another kind of directory.
 * */
PAL_MUST_USE pal_status pal_manifest_load(pal_manifest **out, const char *run_dir, pal_error *err);
/* The same of another format: PAL_EVAL_FORMAT. */
PAL_MUST_USE pal_status pal_manifest_load_as(pal_manifest **out, const char *dir,
                                             const char *format, pal_error *err);
void pal_manifest_free(pal_manifest *manifest); /* accepts NULL */

/* The experiment that a manifest holds; run_dir names it in messages. PAL_ERR_DATA when it holds none. The caller owns
 * *out. */
PAL_MUST_USE pal_status pal_manifest_experiment(pal_experiment **out, const pal_manifest *manifest,
                                                const char *run_dir, pal_error *err);

/* The files of the directory must still be those of its manifest. PAL_ERR_DATA names the first that
 * is not. */
PAL_MUST_USE pal_status pal_manifest_check_files(const pal_manifest *manifest, const char *dir,
                                                 pal_error *err);
/* The files of two runs are the same. PAL_ERR_MISMATCH names the first that is not; dir is the
 * first run's. */
PAL_MUST_USE pal_status pal_manifest_same_files(const pal_manifest *manifest,
                                                const pal_manifest *again, const char *dir,
                                                pal_error *err);

#endif
