/* The catalog of a run and the people of a replicate. */
#include "lab/world.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/rng.h"
#include "sim/catalog_gen.h"

#include <stdio.h>
#include <string.h>

static pal_status generate(pal_catalog **out, const pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_model *model = NULL;
    const char *path = pal_values_text(e->catalog_gen, "model");

    if (path[0] == '\0') {
        PAL_TRY(pal_catalog_model_default(&model, err));
    } else {
        PAL_TRY(pal_catalog_model_load(&model, path, err));
    }
    PAL_TRY(pal_catalog_generate(out, model, e->catalog_gen, &e->clusters, e->seed, err));
done:
    pal_catalog_model_free(model);
    return rc;
}

/* Slots and held-out items must leave something to choose from. */
static pal_status check_size(const pal_experiment *e, const pal_catalog *catalog, pal_error *err)
{
    size_t probe = (size_t)pal_values_int(e->probe, "items");

    if (e->n_slots + probe <= catalog->n_items) return PAL_OK;
    return pal_error_set(err, PAL_ERR_CONFIG,
                         "%s: slots: %zu slots and %zu probe items need a catalog of at least %zu items, it has %zu",
                         e->file, e->n_slots, probe, e->n_slots + probe, catalog->n_items);
}

pal_status pal_lab_catalog(pal_catalog **out, pal_import_report *report, bool *synthetic, const pal_experiment *e,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_import_report own = { 0 };
    bool fallback = !e->synthetic && e->catalog_gen != NULL && !pal_file_exists(e->catalog_file);

    *synthetic = e->synthetic || fallback;
    if (*synthetic) {
        PAL_TRY(generate(&catalog, e, err));
    } else {
        PAL_TRY(pal_import_tracks(&catalog, report == NULL ? &own : report, e->catalog_file, e->catalog_object,
                                  e->file, "catalog", &e->clusters, err));
    }
    PAL_TRY(check_size(e, catalog, err));
    *out = catalog;
    catalog = NULL;
done:
    pal_import_report_clear(&own);
    pal_catalog_free(catalog);
    return rc;
}

/* Distinct random items a person: the first n of a keyed shuffle, by rejection (n is far below the catalog's size, or the
 * rejections stay few all the same: n + slots <= items). */
static void draw_probe(uint32_t *item, size_t n, size_t n_items, pal_key key, uint32_t user)
{
    const pal_at at = { user, 0, 0 };
    uint64_t draw = 0;

    for (size_t i = 0; i < n;) {
        uint32_t candidate = (uint32_t)pal_below(key, at, &draw, n_items);
        bool taken = false;

        for (size_t j = 0; j < i; j++) taken = taken || item[j] == candidate;
        if (!taken) item[i++] = candidate;
    }
}

pal_status pal_lab_people_new(pal_lab_people **out, const pal_experiment *e, const pal_catalog *catalog,
                              uint32_t replicate, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_lab_people *p = NULL;
    pal_world world = { .catalog = catalog, .seed = e->seed, .replicate = replicate, .n_threads = n_threads };
    pal_key key = pal_key_for(e->seed, replicate, PAL_FOR_PROBE);

    PAL_NEW(p, 1);
    p->replicate = replicate;
    p->n_probe = (size_t)pal_values_int(e->probe, "items");
    PAL_TRY(pal_population_new(&p->people, catalog, e->people, e->seed, replicate, n_threads, err));
    world.people = p->people;
    p->type = pal_response_at(e->response);
    PAL_TRY(p->type->init(&p->response, &world, e->response_params, err));
    p->people->follows = p->type->follows != NULL && p->type->follows(p->response);
    PAL_NEW(p->probe_item, p->people->n * p->n_probe);
    for (uint32_t u = 0; u < p->people->n; u++) {
        draw_probe(p->probe_item + u * p->n_probe, p->n_probe, catalog->n_items, key, u);
    }
    if (e->playlists != NULL) {
        PAL_TRY(pal_habits_new(&p->habits, &world, p->type, p->response, p->probe_item, p->n_probe, e->playlists, err));
    }
    *out = p;
    p = NULL;
done:
    pal_lab_people_free(p);
    return rc;
}

void pal_lab_people_free(pal_lab_people *p)
{
    if (p == NULL) return;
    if (p->type != NULL) p->type->free(p->response);
    pal_habits_free(p->habits);
    pal_population_free(p->people);
    pal_free(p->probe_item);
    pal_free(p);
}
