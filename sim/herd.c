#include "sim/herd.h"

#include "core/fields.h"
#include "core/hash.h"
#include "core/mem.h"

#include <math.h>
#include <string.h>

#define PART "people"
#define NAME "recent_plays"

pal_status pal_herd_new(pal_herd **out, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_herd *herd = NULL;

    PAL_NEW(herd, 1);
    herd->catalog = catalog;
    PAL_NEW(herd->recent, catalog->n_items);
    PAL_NEW(herd->log, catalog->n_items);
    PAL_TRY(pal_item_terms_init(&herd->terms, catalog, err));

    *out = herd;
    herd = NULL;

done:
    pal_herd_free(herd);
    return rc;
}

void pal_herd_free(pal_herd *herd)
{
    if (herd == NULL) {
        return;
    }
    pal_free(herd->recent);
    pal_free(herd->log);
    pal_item_terms_clear(&herd->terms);
    pal_free(herd);
}

void pal_herd_reset(pal_herd *herd)
{
    memset(herd->recent, 0, herd->catalog->n_items * sizeof *herd->recent);
    herd->moved = false;
}

void pal_herd_copy(pal_herd *to, const pal_herd *from)
{
    PAL_ASSERT(to->catalog == from->catalog);
    memcpy(to->recent, from->recent, from->catalog->n_items * sizeof *to->recent);
    to->moved = from->moved;
    if (from->moved) {
        pal_item_terms_copy(&to->terms, &from->terms, from->catalog);
    }
}

uint64_t pal_herd_digest(const pal_herd *herd)
{
    return pal_hash_floats(herd->recent, herd->catalog->n_items);
}

pal_status pal_herd_save(const pal_herd *herd, pal_tensors *file, pal_error *err)
{
    const pal_field list[] = { PAL_FIELD(NAME, herd->recent, herd->catalog->n_items) };

    return pal_fields_save(file, PART, list, PAL_COUNT_OF(list), err);
}

pal_status pal_herd_restore(pal_herd *herd, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field list[] = { PAL_FIELD(NAME, herd->recent, herd->catalog->n_items) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, PART, err));
    herd->moved = false;
    for (size_t i = 0; i < herd->catalog->n_items; i++) {
        if (!(herd->recent[i] >= 0.0f) || isinf(herd->recent[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART "." NAME "\": entry %zu is no number of plays: %g",
                     pal_tensors_file(file), i, (double)herd->recent[i]);
        }
    }

done:
    return rc;
}
