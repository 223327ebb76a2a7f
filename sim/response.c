#include "sim/response.h"

#include "core/text.h"
#include "sim/response_multi.h"

#include <string.h>

/* The order is part of every result file: append only. */
static const pal_response_type *const registry[] = { &pal_response_multi, &pal_response_bernoulli };
#define N_TYPES (sizeof registry / sizeof *registry)

size_t pal_response_count(void)
{
    return N_TYPES;
}

const pal_response_type *pal_response_at(size_t index)
{
    PAL_ASSERT(index < N_TYPES);
    return registry[index];
}

pal_status pal_response_find(size_t *index, const char *name, const char *file, const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *names[N_TYPES];

    for (size_t k = 0; k < N_TYPES; k++) {
        names[k] = registry[k]->name;
        if (strcmp(names[k], name) == 0) {
            *index = k;
            return PAL_OK;
        }
    }
    const char *near = pal_nearest_name(name, names, N_TYPES);

    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: no response model \"%s\"%s%s%s; there are: multi-taste, cluster-bernoulli", file,
             json_path, name, near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
             near != NULL ? "\"?" : "");

done:
    return rc;
}
