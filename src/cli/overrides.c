/* --set and --seed as overrides, and the default result directory. */
#include "cli/overrides.h"

#include "core/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void pal_overrides_clear(pal_overrides *o)
{
    for (size_t i = 0; i < o->n_words; i++) {
        pal_free(o->words[i]);
    }
}

pal_status pal_overrides_read(pal_overrides *o, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given;

    *o = (pal_overrides){ .n = 0 };
    for (size_t i = 0; (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        const char *equals = strchr(given, '=');
        char *word;

        if (equals == NULL || equals == given) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: --set needs PATH=VALUE, found '%s'", args->command, given);
        }
        word = pal_strdup(given);
        if (word == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory for --set");
        }
        o->words[o->n_words++] = word;
        word[equals - given] = '\0';
        o->item[o->n++] = (pal_override){ .path = word, .text = word + (equals - given) + 1 };
    }
    if (pal_args_has(args, "seed")) {
        uint64_t seed = 0;

        PAL_TRY(pal_args_whole(&seed, args, "seed", 0, 0, UINT64_MAX, err));
        snprintf(o->seed, sizeof o->seed, "\"%llu\"", (unsigned long long)seed);
        o->item[o->n++] = (pal_override){ .path = "seed", .text = o->seed };
    }

done:
    return rc;
}

pal_status pal_result_directory(char **out, const pal_args *args, const char *name, uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text path = { 0 };

    if (pal_args_has(args, "out")) {
        pal_text_add(&path, pal_args_text(args, "out"));
        PAL_TRY(pal_text_check(&path, err));
    } else {
        pal_text_addf(&path, "results/%s-%llu", name, (unsigned long long)seed);
        PAL_TRY(pal_text_check(&path, err));
        for (char *c = path.bytes + strlen("results/"); *c != '\0'; c++) {
            if (!isalnum((unsigned char)*c) && strchr("-_.", *c) == NULL) {
                *c = '-';
            }
        }
    }
    *out = pal_strdup(path.bytes != NULL ? path.bytes : "");
    if (*out == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for the result directory");
    }

done:
    pal_text_clear(&path);
    return rc;
}
