/* Catalogs for tests: drawn at random, or read from text. */
#ifndef PAL_TESTS_SUPPORT_DATA_CATALOGS_H
#define PAL_TESTS_SUPPORT_DATA_CATALOGS_H

#include "core/rng.h"
#include "data/catalog.h"
#include "data/import_tracks.h"

#include <check.h>

/* Fail the running test with the error's text unless rc is PAL_OK. */
#define CK_OK(call)                                                                               \
    do {                                                                                          \
        pal_status ck_rc = (call);                                                                \
        ck_assert_msg(ck_rc == PAL_OK, "%s: %s", pal_status_name(ck_rc), err.text);               \
    } while (0)

/* The status, and every '|'-separated part of the text. */
void data_check_error(pal_status rc, const pal_error *err, pal_status wanted, const char *parts);

typedef struct data_shape { /* of a random catalog */
    size_t n_rows;   /* rows; about a fifth of them repeat an id with another genre */
    size_t d, n_genres, n_artists;
    size_t groups;   /* planted groups of features, so that blocks have something to find; 0 = plain noise */
} data_shape;

/* Rows of a random catalog, all draws keyed by seed; genres "g00", "g01" …, features "f00" …; caller frees. */
pal_catalog_builder *data_random_builder(uint64_t seed, data_shape shape);
pal_catalog *data_random_catalog(uint64_t seed, data_shape shape, pal_scaling scaling);

/* A file under build/ with these bytes; its name stands in path (at least 64 bytes). The caller removes it. */
void data_write_file(char *path, const void *bytes, size_t n);

/* Import with a configuration given as JSON text ("" = none) and clusters "default", "per-genre" …. */
pal_status data_import(pal_catalog **out, pal_import_report *report, const char *path, const char *config,
                       const char *clusters, pal_error *err);
/* The same from CSV text. */
pal_status data_import_text(pal_catalog **out, pal_import_report *report, const char *csv, const char *config,
                            const char *clusters, pal_error *err);

/* Index of the item with this id; fails the test if there is none. */
size_t data_item(const pal_catalog *catalog, const char *id);
/* The genres of an item, ';' between them, in static storage. */
const char *data_genres(const pal_catalog *catalog, size_t item);

#endif
