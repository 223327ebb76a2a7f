/* What `palate cluster` reads from a CSV: numeric points, or a graph as a list of edges. */
#ifndef PAL_CLI_CLUSTER_INPUT_H
#define PAL_CLI_CLUSTER_INPUT_H

#include "core/csr.h"
#include "core/error.h"
#include "core/text.h"
#include "data/intern.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_cluster_ask {
    const char *path;
    const char *points;       /* columns of coordinates, split by ','; NULL: all but the three below     */
    const char *const *drop;  /* n_drop columns to leave out                                             */
    size_t n_drop;
    const char *id, *labels;  /* columns of text; NULL: none                                             */
    const char *edges;        /* "a,b" or "a,b,weight": columns of a graph; NULL: points                 */
    bool standardise;         /* divide each coordinate by its standard deviation                        */
} pal_cluster_ask;

typedef struct pal_cluster_input {
    size_t n, d;        /* things; coordinates (0 for a graph)            */
    double *x;          /* n x d row-major; NULL for a graph              */
    pal_csr *graph;     /* NULL for points                                */
    pal_intern names;   /* of things, by number; empty without --id       */
    uint32_t *name;     /* n: number of each point's id; NULL: none       */
    pal_intern classes; /* distinct values of the label column            */
    uint32_t *label;    /* n, into classes; NULL: none                    */
} pal_cluster_input;

/*
 * Read it. Edges link their two ids in both directions; the same pair given again adds up; an id linked to itself is
 * only named. Caller clears, also after an error.
 *   PAL_ERR_USAGE  --points or --edges do not name columns properly
 *   PAL_ERR_DATA   a column that is not there, a coordinate that is no number or missing, a weight that is no number
 *                  >= 0, an empty id, no rows; the text names file, row, line and column
 */
PAL_MUST_USE pal_status pal_cluster_read(pal_cluster_input *in, const pal_cluster_ask *ask, pal_error *err);
void pal_cluster_input_clear(pal_cluster_input *in);

/* The id of thing i: its text, or the number of its row in `number`. */
const char *pal_cluster_name(const pal_cluster_input *in, size_t i, char number[PAL_NUMBER_MAX]);

#endif
