/* Settings from the command line. */
#include "cli/settings.h"

#include <stdio.h>
#include <string.h>

/* One name, or the group and one name. */
static bool is_key(const char *given, size_t n, const char *group)
{
    size_t m = group != NULL ? strlen(group) : 0;

    if (m > 0 && n > m + 1 && strncmp(given, group, m) == 0 && given[m] == '.') {
        given += m + 1;
        n -= m + 1;
    }
    return n > 0 && memchr(given, '.', n) == NULL;
}

pal_status pal_settings_read(pal_json_doc **out, const pal_args *args, const char *start, const char *group,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const char *given;
    char key[80];

    PAL_TRY(pal_json_parse(&doc, start, strlen(start), "--set", err));
    for (size_t i = 0; (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        size_t n = strcspn(given, "=");

        if (given[n] == '\0' || n == 0) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: --set needs KEY=VALUE, found '%s'", args->command, given);
        }
        if (n >= sizeof key || !is_key(given, n, group)) {
            PAL_FAIL(PAL_ERR_USAGE, "--set: %.*s: unknown key; 'palate %s --help' tells where the keys are listed",
                     (int)(n < sizeof key ? n : sizeof key), given, args->command);
        }
        snprintf(key, sizeof key, "%.*s", (int)n, given);
        PAL_TRY(pal_json_set(doc, key, given + n + 1, err));
    }
    *out = doc; /* the caller owns it from here */
    doc = NULL;

done:
    pal_json_free(doc);
    return rc;
}
