/* Run again from a manifest, and say where two runs part. */
#include "lab/run.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first row and field in which the states of two runs differ. */
static pal_status first_difference(const char *dir, const char *again, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *a = NULL, *b = NULL;
    char *path_a = pal_path_join(dir, "states.csv"), *path_b = pal_path_join(again, "states.csv");

    if (path_a == NULL || path_b == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_table_load(&a, path_a, err));
    PAL_TRY(pal_table_load(&b, path_b, err));
    if (pal_table_rows(a) != pal_table_rows(b) || pal_table_columns(a) != pal_table_columns(b)) {
        PAL_FAIL(PAL_ERR_MISMATCH, "%s: another number of rows or columns when run again", path_a);
    }
    for (size_t row = 0; row < pal_table_rows(a); row++) {
        for (size_t c = 0; c < pal_table_columns(a); c++) {
            if (strcmp(pal_table_text(a, row, c), pal_table_text(b, row, c)) == 0) continue;
            PAL_FAIL(PAL_ERR_MISMATCH, "%s: runs part at arm %s, replicate %s, round %s: %s differs", dir,
                     pal_table_text(a, row, 0), pal_table_text(a, row, 1), pal_table_text(a, row, 2), pal_table_name(a, c));
        }
    }
done:
    pal_table_free(a);
    pal_table_free(b);
    pal_free(path_a);
    pal_free(path_b);
    return rc;
}

/* The experiment inside a manifest. */
pal_status pal_verify(const char *run_dir, size_t n_threads, char message[512], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_manifest *m = NULL, *again = NULL;
    pal_experiment *e = NULL;
    pal_run_summary summary;
    pal_run_options options = { .n_threads = n_threads };
    char *trial = NULL;
    size_t length = strlen(run_dir);

    while (length > 1 && run_dir[length - 1] == '/') length--;
    PAL_NEW(trial, length + 32);
    snprintf(trial, length + 32, "%.*s.verify-%ld", (int)length, run_dir, (long)getpid());
    options.out_dir = trial;
    PAL_TRY(pal_manifest_load(&m, run_dir, err));
    PAL_TRY(pal_manifest_check_files(m, run_dir, err));
    PAL_TRY(pal_manifest_experiment(&e, m, run_dir, err));
    PAL_TRY(pal_run(&summary, e, &options, err));
    PAL_TRY(pal_manifest_load(&again, trial, err));
    if (strcmp(m->digest, again->digest) != 0) {
        PAL_TRY(first_difference(run_dir, trial, err));
        PAL_TRY(pal_manifest_same_files(m, again, run_dir, err));
        PAL_FAIL(PAL_ERR_MISMATCH, "%s: digest %s, %s when run again", run_dir, m->digest, again->digest);
    }
    snprintf(message, 512, "%s: reproduced bit for bit: %zu files, digest %s", run_dir, m->n_files, m->digest);
done:
    pal_manifest_free(m);
    pal_manifest_free(again);
    pal_experiment_free(e);
    if (trial != NULL) pal_dir_remove(trial);
    pal_free(trial);
    return rc;
}
