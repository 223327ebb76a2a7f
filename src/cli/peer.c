/* A peer's process: a shell that looks for a Python, and a pipe. */
#include "cli/peer.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT "PAL_PEER_SCRIPT" /* in the environment, so that no shell reads it */
#define NONE "no such python"

pal_status pal_peer_run(bool *there, const char *module, const char *script, const char *arguments, size_t n_threads,
                        void (*line)(void *ctx, const char *line), void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text command = { 0 };
    char text[512];
    FILE *pipe = NULL;
    int status;

    *there = true;
    pal_text_addf(&command,
                  "for p in python3 /usr/bin/python3; do if $p -c 'import %s' 2>/dev/null; then "
                  "OMP_NUM_THREADS=%zu OPENBLAS_NUM_THREADS=%zu exec $p -c \"$" SCRIPT "\" %s; fi; done; echo " NONE,
                  module, n_threads, n_threads, arguments);
    PAL_TRY(pal_text_check(&command, err));
    if (setenv(SCRIPT, script, 1) != 0 || (pipe = popen(command.bytes, "r")) == NULL) {
        PAL_FAIL(PAL_ERR_INTERNAL, "bench: a shell for %s could not be started", module);
    }
    while (fgets(text, sizeof text, pipe) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        if (strcmp(text, NONE) == 0) {
            *there = false;
        } else {
            line(ctx, text);
        }
    }
    status = pclose(pipe);
    pipe = NULL;
    if (status != 0) {
        PAL_FAIL(PAL_ERR_INTERNAL, "bench: %s failed (status %d)", module, status);
    }

done:
    if (pipe != NULL) {
        pclose(pipe);
    }
    unsetenv(SCRIPT);
    pal_text_clear(&command);
    return rc;
}
