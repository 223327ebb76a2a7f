/* Evaluate again from a manifest, and say whether the results are the same. */
#include "lab/eval_run.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The evaluation inside a manifest. */
static pal_status read_config(pal_eval_config **out, const pal_manifest *m, const char *dir,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *config = pal_json_get(pal_json_root(m->doc), "config");
    pal_json_writer w = { 0 };

    if (config == NULL) PAL_FAIL(PAL_ERR_DATA, "%s/manifest.json: has no \"config\"", dir);
    pal_json_put_value(&w, NULL, config);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(
        pal_eval_config_parse(out, w.text.bytes, w.text.n, "manifest.json: config", NULL, 0, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_eval_verify(const char *dir, size_t n_threads, char message[512], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_manifest *m = NULL, *again = NULL;
    pal_eval_config *config = NULL;
    pal_eval_summary summary;
    pal_run_options options = { .n_threads = n_threads };
    size_t length = strlen(dir);
    char *trial = NULL;

    while (length > 1 && dir[length - 1] == '/') length--;
    PAL_NEW(trial, length + 32);
    snprintf(trial, length + 32, "%.*s.verify-%ld", (int)length, dir, (long)getpid());
    options.out_dir = trial;
    PAL_TRY(pal_manifest_load_as(&m, dir, PAL_EVAL_FORMAT, err));
    PAL_TRY(pal_manifest_check_files(m, dir, err));
    PAL_TRY(read_config(&config, m, dir, err));
    PAL_TRY(pal_eval_run(&summary, config, &options, err));
    PAL_TRY(pal_manifest_load_as(&again, trial, PAL_EVAL_FORMAT, err));
    if (strcmp(m->digest, again->digest) != 0) {
        PAL_TRY(pal_manifest_same_files(m, again, dir, err));
        PAL_FAIL(PAL_ERR_MISMATCH, "%s: digest %s, %s when run again", dir, m->digest,
                 again->digest);
    }
    snprintf(message, 512, "%s: reproduced bit for bit: %zu files, digest %s", dir, m->n_files,
             m->digest);

done:
    pal_manifest_free(m);
    pal_manifest_free(again);
    pal_eval_config_free(config);
    if (trial != NULL) pal_dir_remove(trial);
    pal_free(trial);
    return rc;
}
