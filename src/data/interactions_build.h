/* Making an interaction log from rows in any order: ids interned, duplicates settled, rare people and items left out. */
#ifndef PAL_DATA_INTERACTIONS_BUILD_H
#define PAL_DATA_INTERACTIONS_BUILD_H

#include "data/interactions.h"

/* What becomes of a pair of person and item that stands in more than one row. */
typedef enum pal_repeats {
    PAL_REPEATS_LAST,  /* the last row wins                                     */
    PAL_REPEATS_FIRST, /* the first row wins                                    */
    PAL_REPEATS_SUM,   /* values are added (in double); the last row's time     */
    PAL_REPEATS_MAX,   /* the largest value; the last row's time                */
    PAL_REPEATS_ERROR  /* none is allowed                                       */
} pal_repeats;

/* Applied in this order. All zero: the last row of a pair wins and nothing is left out. */
typedef struct pal_interactions_rules {
    pal_repeats repeats;
    double threshold;              /* a value below it is left out; 0: none is                              */
    bool implicit;                 /* every value that is kept becomes 1                                    */
    size_t min_user, min_item;     /* people and items with fewer interactions are left out, counted once   */
    size_t core_user, core_item;   /* the same, counted again until nobody has fewer (k-core)               */
    bool keep_empty;               /* people and items that lose every row keep their place all the same    */
} pal_interactions_rules;

/* Where the rows went: rows = repeated + below + rare + the log's n. */
typedef struct pal_interactions_report {
    uint64_t rows;                  /* given                                                    */
    uint64_t repeated;              /* merged into another row of the same person and item      */
    uint64_t below;                 /* left out by the threshold                                */
    uint64_t rare;                  /* left out with their person or item                       */
    uint64_t users, items;          /* distinct ids met                                         */
    uint64_t skipped;               /* rows of a run that were not asked for (arm, replicate, event): not in rows */
    uint64_t user_rows, item_rows;  /* rows of side-feature files                               */
    uint64_t user_unmet, item_unmet; /* of those, ids that have no interaction                  */
    uint64_t wide_columns;          /* word columns left out: more distinct words than allowed  */
    const char *format;             /* as found, static; NULL when made in memory               */
} pal_interactions_report;

typedef struct pal_interactions_builder pal_interactions_builder;

/* Empty; the caller owns *out. */
PAL_MUST_USE pal_status pal_interactions_builder_new(pal_interactions_builder **out, pal_error *err);
void pal_interactions_builder_free(pal_interactions_builder *builder); /* accepts NULL */

enum { PAL_ROW_VALUE = 1, PAL_ROW_TIME = 2 }; /* what a row has; without a value it counts 1 */

/*
 * Add a row; ids need not end in NUL and are copied. Row numbers in messages start at 1.
 *   PAL_ERR_DATA  an empty id, a value that is not finite, or a time where earlier rows had none (or the other way)
 */
PAL_MUST_USE pal_status pal_interactions_builder_add(pal_interactions_builder *builder, const char *user,
    size_t user_length, const char *item, size_t item_length, float value, int64_t time, unsigned has,
    pal_error *err);
size_t pal_interactions_builder_rows(const pal_interactions_builder *builder);

/*
 * The log of the rows so far; rules NULL: all zero; report may be NULL and is set whole. The builder is used up but for
 * its free. The caller owns *out. O(rows) time beside the sorting of distinct ids.
 *   PAL_ERR_DATA  no row, none left by the rules, or a pair that stands twice under PAL_REPEATS_ERROR
 */
PAL_MUST_USE pal_status pal_interactions_builder_finish(pal_interactions **out, pal_interactions_report *report,
    pal_interactions_builder *builder, const char *name, const pal_interactions_rules *rules, pal_error *err);

/* Order of ids: whole numbers (no sign, no leading zero) by size, before all other text by bytes. */
int pal_id_compare(const char *a, const char *b);

#endif
