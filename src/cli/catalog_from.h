/* The catalog that a command line names: a CSV file with a layout, or a synthetic one. */
#ifndef PAL_CLI_CATALOG_FROM_H
#define PAL_CLI_CATALOG_FROM_H

#include "cli/options.h"
#include "data/catalog.h"
#include "data/import_tracks.h"

/* Rows for the options of every command that reads a catalog. */
#define PAL_OPTION_LAYOUT \
    { "layout", "L", false, "column layout of the CSV: spotify-114k, spotify-tidytuesday, fma-echonest or palate (default: spotify-114k)" }
#define PAL_OPTION_BAD_ROW \
    { "on-bad-row", "DO", false, "what a row with a missing or impossible value does: error (default) or skip" }
#define PAL_OPTION_SET_CATALOG \
    { "set", "KEY=VALUE", true, "change a key of the \"catalog\" object: clusters=auto, scaling=rank" }

/*
 * Read `csv`, or generate `items` items from `seed` when csv is NULL; --layout, --on-bad-row and --set apply.
 * Goes by way of an experiment, so that keys are checked and named as there. The caller owns *out and clears
 * *report (NULL is fine).
 */
PAL_MUST_USE pal_status pal_catalog_from(pal_catalog **out, pal_import_report *report, const pal_args *args,
                                         const char *csv, uint64_t items, uint64_t seed, pal_error *err);

#endif
