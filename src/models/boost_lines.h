/* Lines, fields and numbers of LightGBM's text, with the place named when one is wrong. For boost_read*.c only. */
#ifndef PAL_MODELS_BOOST_LINES_H
#define PAL_MODELS_BOOST_LINES_H

#include "models/boost_model.h"

typedef struct pal_boost_lines {
    const char *at, *end; /* the next line starts at `at`         */
    const char *name;     /* of the file, for messages            */
    const char *line;     /* the current line, without its end    */
    size_t n;             /* its bytes                            */
    size_t number;        /* of the current line, from 1          */
} pal_boost_lines;

typedef struct pal_boost_span { /* a field's value; bytes NULL: not met */
    const char *bytes;
    size_t n;
    size_t line;
} pal_boost_span;

/* PAL_ERR_PARSE with "name:line: ". */
PAL_MUST_USE pal_status pal_boost_bad(const char *name, size_t line, pal_error *err, const char *format, ...)
    PAL_PRINTF(4, 5);
#define PAL_BOOST_BAD(r, ...) pal_boost_bad((r)->name, (r)->number, err, __VA_ARGS__)

/* Step to the next line; false at the end of the text. */
bool pal_boost_next_line(pal_boost_lines *r);
bool pal_boost_line_is(const pal_boost_lines *r, const char *text);
bool pal_boost_line_starts(const pal_boost_lines *r, const char *text);

/* Put the value of the line `key=value` where its key stands among `keys` (NULL-ended). A key that is not there, or
 * comes twice, is an error. */
PAL_MUST_USE pal_status pal_boost_take_field(pal_boost_span *value, const char *const *keys, const pal_boost_lines *r,
                                             pal_error *err);

bool pal_boost_span_is(pal_boost_span s, const char *text);
/* Take the next word off a value; false at its end. */
bool pal_boost_next_word(pal_boost_span *rest, pal_boost_span *word);
size_t pal_boost_count_words(pal_boost_span value);
/* A whole number from low to high; a finite number. `key` and `name` are for the message. */
PAL_MUST_USE pal_status pal_boost_read_int(int64_t *out, pal_boost_span value, int64_t low, int64_t high,
                                           const char *key, const char *name, pal_error *err);
PAL_MUST_USE pal_status pal_boost_read_real(double *out, pal_boost_span value, const char *key, const char *name,
                                            pal_error *err);

/* ---- trees (boost_read_trees.c) ------------------------------------------------------------ */

typedef struct pal_boost_tree_room { /* for the shape of the largest tree there can be */
    int32_t *stack; /* leaves + 1                             */
    uint8_t *met;   /* 2 leaves + 1                           */
    size_t leaves;  /* room left in the model's arrays        */
} pal_boost_tree_room;

/* Trees up to 'end of trees'; `sizes` is the value of tree_sizes. */
PAL_MUST_USE pal_status pal_boost_read_trees(pal_boost *model, pal_boost_lines *r, pal_boost_span sizes,
                                             pal_boost_tree_room *room, pal_error *err);

#endif
