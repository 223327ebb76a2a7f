/* Stages built and held to the rules of every slate, for the tests of stages. */
#ifndef PAL_TESTS_MINI_STAGES_H
#define PAL_TESTS_MINI_STAGES_H

#include "core/json.h"
#include "core/param.h"
#include "stages/stage.h"
#include "tests/support/mini_catalog.h"

/* A stage built from JSON text ("" = no parameters) the way the lab builds one. */
typedef struct mini_stage {
    const pal_stage_type *type;
    void *self;
    size_t index;
    pal_values *values;
    pal_json_doc *doc;
} mini_stage;
pal_status mini_stage_try(mini_stage *out, const char *name, const char *json, const pal_catalog *catalog,
                          const pal_truth_door *truth, pal_error *err);
mini_stage mini_stage_of(const char *name, const char *json, const pal_catalog *catalog);
void mini_stage_free(mini_stage *stage);

pal_request mini_request(const mini_people *people, uint32_t user, uint32_t round, size_t n_slots);
/* Serve one slate (slate->n starts at 0); scratch is rewound. */
void mini_serve(pal_slate *slate, const mini_stage *stage, const mini_people *people, const pal_request *request);
/* What every slate must hold: want slots or all that is unseen, nothing seen, nothing twice, sane numbers. */
void mini_check_slate(const mini_people *people, const pal_request *request, const pal_slate *slate, size_t want);
/* Slots whose artist stands in a slot above. */
size_t mini_repeated_artists(const pal_catalog *catalog, const pal_slate *slate);
/* Serve n_keys slates that differ in their round only, and hold how often items come in slot 0, and in slot 1 after
 * each (item, taste) of slot 0, against the propensities the slates state. */
void mini_check_propensities(const mini_stage *stage, const mini_people *people, uint32_t user, size_t n_slots,
                             size_t n_keys);
/* Build the stage with every single allocation failing in turn: each gives PAL_ERR_MEMORY, none leaks. */
void mini_check_init_without_memory(const char *name, const char *json, const pal_catalog *catalog);

#endif
