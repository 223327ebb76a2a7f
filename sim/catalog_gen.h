/* Synthetic catalogs whose items look like the real ones: genre, then artist, then track. */
#ifndef PAL_SIM_CATALOG_GEN_H
#define PAL_SIM_CATALOG_GEN_H

#include "core/error.h"
#include "core/json.h"
#include "core/param.h"
#include "data/catalog.h"

#include <stddef.h>
#include <stdint.h>

/* Figures fitted from a real catalog: sim/music_model.json (embedded) or a file that `palate data fit` wrote. */
typedef struct pal_catalog_model pal_catalog_model;
PAL_MUST_USE pal_status pal_catalog_model_default(pal_catalog_model **out, pal_error *err);
PAL_MUST_USE pal_status pal_catalog_model_load(pal_catalog_model **out, const char *path, pal_error *err);
void pal_catalog_model_free(pal_catalog_model *model); /* accepts NULL */

/* Fit a model from a catalog and save it as JSON. `origin` says where the data come from. */
PAL_MUST_USE pal_status pal_catalog_model_fit(const pal_catalog *catalog, const char *origin, const char *path,
                                              pal_error *err);

/* Parameters of the experiment's "catalog" object with "source": "synthetic": items, model (path or ""), scaling … */
extern const pal_param pal_catalog_gen_params[];

/*
 * Draw values["items"] items that some cluster serves. Genre, then artist, then track: an artist has a genre (shares are
 * kept in balance as artists come), a size and an offset of his own in normal-score space; a track adds its own part,
 * and the quantile tables of the genre turn scores into features. A pure function of seed, model, items and excluded
 * genres; no file is read but a cluster file. With values["types"] the works come from sim/catalog_domains.h instead.
 *   PAL_ERR_DATA  every genre of the model is excluded
 */
PAL_MUST_USE pal_status pal_catalog_generate(pal_catalog **out, const pal_catalog_model *model,
    const pal_values *values, const pal_cluster_choice *clusters, uint64_t seed, pal_error *err);

#endif
