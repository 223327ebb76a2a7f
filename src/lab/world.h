/* What all arms share: the catalog of a run, and the people of a replicate. */
#ifndef PAL_LAB_WORLD_H
#define PAL_LAB_WORLD_H

#include "data/import_tracks.h"
#include "lab/experiment.h"
#include "sim/filing.h"
#include "sim/population.h"
#include "sim/response.h"

/* The catalog an experiment asks for: read from CSV or generated. report (may be NULL) is filled for CSV.
 * *synthetic tells which it was ("if_absent": "synthetic"). */
PAL_MUST_USE pal_status pal_lab_catalog(pal_catalog **out, pal_import_report *report, bool *synthetic,
                                        const pal_experiment *experiment, pal_error *err);

/* The people of one replicate and the way they answer. */
typedef struct pal_lab_people {
    uint32_t replicate;
    pal_population *people;
    const pal_response_type *type;
    void *response;
    uint32_t *probe_item;  /* people x n_probe: held out from every slate, random per person     */
    size_t n_probe;
    pal_habits *habits;          /* of filing, and the libraries; NULL: people keep no playlists   */
} pal_lab_people;
PAL_MUST_USE pal_status pal_lab_people_new(pal_lab_people **out, const pal_experiment *experiment,
    const pal_catalog *catalog, uint32_t replicate, size_t n_threads, pal_error *err);
void pal_lab_people_free(pal_lab_people *people); /* accepts NULL */

#endif
