/* A catalog described: as JSON (catalog.json) and as text for a terminal. */
#ifndef PAL_DATA_DESCRIBE_H
#define PAL_DATA_DESCRIBE_H

#include "core/json.h"
#include "core/text.h"
#include "data/catalog.h"
#include "data/import_tracks.h"

/*
 * Members of the writer's open object, as results/README.md lists them for catalog.json: counts, features with
 * quantiles and histograms, correlations, between-genre shares of variance, popularity, artists, clusters, the map.
 * report NULL (or one without rows) = the catalog was generated; else "import" tells what was read.
 * The writer's text is checked by whoever saves it.
 */
PAL_MUST_USE pal_status pal_catalog_describe_json(const pal_catalog *catalog, const pal_import_report *report,
                                                  pal_json_writer *w, pal_error *err);

/* The same in short for people: appends lines of some 110 columns. */
PAL_MUST_USE pal_status pal_catalog_describe_text(const pal_catalog *catalog, const pal_import_report *report,
                                                  pal_text *text, pal_error *err);

#endif
