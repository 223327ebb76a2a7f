#include "tests/support/sim_world.h"

#include "core/rng.h"
#include "sim/catalog_gen.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

pal_values *sim_values(const pal_param *table, const char *json)
{
    pal_error err = { .status = PAL_OK };
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;

    CK_OK(pal_json_parse(&doc, json, strlen(json), "test.json", &err));
    CK_OK(pal_values_read(&values, table, pal_json_root(doc), "test.json", "test", NULL, &err));
    pal_json_free(doc);
    return values;
}

pal_catalog *sim_catalog(uint64_t seed, size_t items)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog_model *model = NULL;
    pal_catalog *catalog = NULL;
    const pal_cluster_choice clusters = { "default", 0, 0 };
    char json[64];

    snprintf(json, sizeof json, "{\"items\": %zu}", items);
    pal_values *values = sim_values(pal_catalog_gen_params, json);

    CK_OK(pal_catalog_model_default(&model, &err));
    CK_OK(pal_catalog_generate(&catalog, model, values, &clusters, seed, &err));
    pal_catalog_model_free(model);
    pal_values_free(values);
    return catalog;
}

sim_world sim_world_new(const pal_catalog *catalog, uint64_t seed, const char *people, const char *model,
                        const char *response)
{
    pal_error err = { .status = PAL_OK };
    sim_world w = { .catalog = catalog };
    pal_values *values = sim_values(pal_population_params, people);
    size_t index = 0;

    CK_OK(pal_population_new(&w.people, catalog, values, seed, 0, 1, &err));
    pal_values_free(values);
    CK_OK(pal_response_find(&index, model, "test.json", "response.model", &err));
    w.type = pal_response_at(index);
    values = sim_values(w.type->params, response);

    const pal_world world = { catalog, w.people, seed, 0, 1 };

    CK_OK(w.type->init(&w.self, &world, values, &err));
    pal_values_free(values);
    w.people->follows = w.type->follows != NULL && w.type->follows(w.self);
    CK_OK(pal_state_new(&w.state, w.people, &err));
    CK_OK(pal_arena_new(&w.arena, 1 << 16, &err));
    return w;
}

void sim_world_free(sim_world *w)
{
    w->type->free(w->self);
    pal_state_free(w->state);
    pal_population_free(w->people);
    pal_arena_free(w->arena);
    memset(w, 0, sizeof *w);
}

void sim_random_items(uint32_t *item, size_t n, const pal_catalog *catalog, uint64_t seed, uint32_t user,
                      uint32_t round)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    const pal_at at = { user, round, 77 };
    uint64_t draw = 0;

    ck_assert_uint_le(n, catalog->n_items);
    for (size_t k = 0; k < n;) {
        bool taken = false;

        item[k] = (uint32_t)pal_below(key, at, &draw, catalog->n_items);
        for (size_t j = 0; j < k; j++) {
            taken = taken || item[j] == item[k];
        }
        k += !taken;
    }
}

void sim_count(sim_counts *counts, const pal_answer *answer, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        counts->shown += 1.0;
        counts->examined += (answer[k].flags & PAL_EXAMINED) != 0;
        counts->clicked += (answer[k].flags & PAL_CLICKED) != 0;
        counts->liked += (answer[k].flags & PAL_LIKED) != 0;
        counts->disliked += (answer[k].flags & PAL_DISLIKED) != 0;
        counts->skipped += (answer[k].flags & PAL_SKIPPED) != 0;
    }
}
