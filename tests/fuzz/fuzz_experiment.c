/* Any bytes as an experiment file: a clear error, or an experiment whose canonical text reads back as itself. */
#include "lab/experiment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    pal_experiment *first = NULL, *again = NULL;
    pal_error err = { .status = PAL_OK };
    pal_status rc = pal_experiment_parse(&first, (const char *)data, n, "fuzz", NULL, 0, &err);

    if (rc != PAL_OK) {
        PAL_ASSERT(first == NULL && err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        return 0;
    }
    rc = pal_experiment_parse(&again, first->resolved.bytes, first->resolved.n, "again", NULL, 0, &err);
    PAL_ASSERT(rc == PAL_OK);
    PAL_ASSERT(strcmp(first->digest, again->digest) == 0);
    PAL_ASSERT(first->resolved.n == again->resolved.n &&
               memcmp(first->resolved.bytes, again->resolved.bytes, first->resolved.n) == 0);
    pal_experiment_free(first);
    pal_experiment_free(again);
    return 0;
}
