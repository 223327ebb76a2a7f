/* Inside the data room: titles and side features of people or items, from a table with one row each. */
#ifndef PAL_DATA_READ_SIDE_H
#define PAL_DATA_READ_SIDE_H

#include "data/interactions.h"
#include "data/interactions_build.h"

/* What a column of a side file is. */
typedef enum pal_side_kind {
    PAL_SIDE_SKIP,
    PAL_SIDE_ID,
    PAL_SIDE_TITLE,
    PAL_SIDE_WORD,   /* one word: "name=word"                                     */
    PAL_SIDE_WORDS,  /* words between separators: a feature each                  */
    PAL_SIDE_NUMBER, /* "name", scaled so that the least is 0 and the largest 1   */
    PAL_SIDE_FLAG,   /* 0 or 1; the column's name is the feature's                */
    PAL_SIDE_GUESS   /* NUMBER when every value is one, else WORDS; between ';' when no cell has its own separator */
} pal_side_kind;

typedef struct pal_side_column {
    const char *name;
    pal_side_kind kind;
    char between;    /* WORDS and GUESS: what separates words */
} pal_side_column;

/* How a side file is laid out. columns NULL: there is a header line, and roles are found by its names. */
typedef struct pal_side_layout {
    const char *separator;           /* NULL: guessed from the first line           */
    const pal_side_column *columns;  /* in order; n_columns of them                 */
    size_t n_columns;
    bool header;                     /* the first line names the columns            */
    bool typed;                      /* header of RecBole: name:type                */
    bool latin1;                     /* may be in ISO-8859-1                        */
} pal_side_layout;

extern const pal_side_layout pal_side_u_item, pal_side_u_user, pal_side_movies_dat, pal_side_users_dat,
    pal_side_movies_csv, pal_side_artists_dat, pal_side_atomic, pal_side_table;

/*
 * Read `path` into log->item_side and item_title (people: log->user_side). Ids that the log does not have are counted
 * in the report; an empty field (and "(no genres listed)") is no feature; a column with more than most_words distinct
 * words makes none, and is counted.
 *   PAL_ERR_DATA   the id stands twice, no column of ids, a number or flag that is none: the text names row and line
 *   PAL_ERR_PARSE, PAL_ERR_IO
 */
PAL_MUST_USE pal_status pal_side_read(pal_interactions *log, pal_interactions_report *report, bool people,
    const char *path, const pal_side_layout *layout, size_t most_words, pal_error *err);

#endif
