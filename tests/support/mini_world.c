#include "tests/support/mini_world.h"

mini_world mini_world_of(const char *stage, const char *json, mini_spec spec, uint32_t n_people)
{
    mini_world w = { .catalog = mini_catalog(spec) };

    w.people = mini_people_of(w.catalog, n_people, w.catalog->n_items, mini_r1_config());
    w.stage = mini_stage_of(stage, json, w.catalog);
    return w;
}

void mini_world_free(mini_world *w)
{
    mini_stage_free(&w->stage);
    mini_people_free(&w->people);
    pal_catalog_free(w->catalog);
}
