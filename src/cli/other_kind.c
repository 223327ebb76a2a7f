/* Keys that only one command's files have. */
#include "cli/other_kind.h"

#include "core/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *key, *command;
} telling[] = {
    { "vary", "sweep" },      { "logging", "ope" },       { "targets", "ope" },   { "pre_rounds", "trial" },
    { "treatment", "trial" }, { "serve_rounds", "audit" }, { "arms", "run" },      { "models", "eval" },
};

static bool has(const pal_json *root, size_t k)
{
    const pal_json *value = pal_json_get(root, telling[k].key);

    return value != NULL && (strcmp(telling[k].key, "vary") != 0 || pal_json_kind_of(value) == PAL_JSON_ARRAY);
}

/* The command whose files have such keys; NULL when none is told, or when `command` has some of its own. "vary" is a word in an
 * evaluation, a list in a sweep. */
static const char *command_of(const pal_json *root, const char *command)
{
    const char *other = NULL;
    bool known = false;

    for (size_t k = 0; k < sizeof telling / sizeof *telling; k++) {
        const bool own = strcmp(telling[k].command, command) == 0;

        known = known || own;
        if (!has(root, k)) continue;
        if (own) return NULL;
        if (other == NULL) other = telling[k].command;
    }
    return known ? other : NULL;
}

void pal_other_kind_hint(pal_error *err, const char *command, const char *file)
{
    pal_json_doc *doc = NULL;
    const char *other = NULL;
    const size_t n = strlen(err->text);
    char hint[80];

    if (pal_json_load(&doc, file, NULL) == PAL_OK && pal_json_kind_of(pal_json_root(doc)) == PAL_JSON_OBJECT) {
        other = command_of(pal_json_root(doc), command);
    }
    if (other != NULL) {
        snprintf(hint, sizeof hint, "; files like this one are read by 'palate %.20s'", other);
        if (n + strlen(hint) < sizeof err->text) {
            memcpy(err->text + n, hint, strlen(hint) + 1);
        }
    }
    pal_json_free(doc);
}
