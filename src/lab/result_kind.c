/* The format that a directory's manifest.json names. */
#include "lab/result_kind.h"

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"

#include <string.h>

const char *pal_result_noun(const char *format)
{
    static const char *const known[][2] = {
        { "palate-run/", "a run" },
        { "palate-eval/", "an evaluation" },
        { "palate-sweep/", "a sweep" },
        { "palate-trial/", "a trial" },
        { "palate-audit/", "an audit" },
        { "palate-ope/", "a study of off-policy estimators" },
        { "palate-compare/", "a comparison" },
        { "palate-realism/", "a comparison with a real log" },
        { "palate-fit-people/", "a fit of people" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(format, known[i][0], strlen(known[i][0])) == 0) return known[i][1];
    }
    return "something else";
}

pal_status pal_results_may_replace(const char *dir, const char *format, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const pal_json *found = NULL;
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (!pal_file_exists(path) || pal_json_load(&doc, path, NULL) != PAL_OK) goto done;
    if (pal_json_kind_of(pal_json_root(doc)) == PAL_JSON_OBJECT)
        found = pal_json_get(pal_json_root(doc), "format");
    if (found != NULL && pal_json_kind_of(found) == PAL_JSON_STRING &&
        strcmp(pal_json_string(found), format) != 0) {
        PAL_FAIL(
            PAL_ERR_USAGE,
            "%s: will not be replaced: it holds other results (\"%s\", not \"%s\"); choose another "
            "directory with --out",
            dir, pal_json_string(found), format);
    }

done:
    pal_json_free(doc);
    pal_free(path);
    return rc;
}
