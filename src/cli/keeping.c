/* How long the work of an interrupted run may be lost. */
#include "cli/keeping.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_S 30.0
#define MOST_S 1e9

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "palate: %s\n", line);
}

pal_status pal_keeping_read(const pal_run_keeping **keeping, pal_run_keeping *storage, const pal_args *args, pal_error *err)
{
    const char *text = pal_args_text(args, "checkpoint");
    const bool quiet = pal_args_has(args, "quiet");

    *storage = (pal_run_keeping){ .every_s = DEFAULT_S, .fresh = pal_args_has(args, "fresh"),
                                  .say = quiet ? NULL : print_line };
    *keeping = storage;
    if (text == NULL) return PAL_OK;
    if (strcmp(text, "off") == 0) {
        *keeping = NULL;
        return PAL_OK;
    }
    if (!pal_parse_double(&storage->every_s, text, strlen(text)) || storage->every_s < 0 || storage->every_s > MOST_S) {
        return pal_error_set(err, PAL_ERR_USAGE, "%s: --checkpoint must be a number of seconds from 0 to %.0f, or off; "
                             "found '%s'", args->command, MOST_S, text);
    }
    return PAL_OK;
}
