/* Inside of lab/realism_log.h: rows in any order become a log for statistics. */
#ifndef PAL_LAB_REALISM_ROWS_H
#define PAL_LAB_REALISM_ROWS_H

#include "lab/realism_log.h"

typedef struct pal_log_row {
    uint32_t user, item;
    int64_t time;
    uint64_t place;  /* among rows of the same time, from where the row came from */
    uint32_t times;  /* rows that it stands for, >= 1                             */
    uint8_t like;
    double gap;      /* mean time between those; NaN for one                      */
} pal_log_row;

typedef struct pal_log_rows {
    size_t n, capacity;
    pal_log_row *row;
    bool has_like, has_time;
} pal_log_rows;

PAL_MUST_USE pal_status pal_log_rows_add(pal_log_rows *rows, pal_log_row row, pal_error *err);
void pal_log_rows_clear(pal_log_rows *rows);

/*
 * The log of the rows, which are reordered. A pair that stands twice is one row, at the time of the first, with the
 * like of the last. People with fewer than `least` items are left out; the others keep their order. Genres are not set.
 *   PAL_ERR_DATA  nobody is left
 */
PAL_MUST_USE pal_status pal_log_rows_finish(pal_people_log **out, pal_log_rows *rows, size_t n_users, size_t n_items,
                                            size_t least, pal_error *err);

/* Did what a person did (flags of data/event.h) put the item into the log? */
bool pal_log_is_taken(uint8_t flags, pal_taken_as as);

#define PAL_LOG_ARM 128 /* bytes of an arm's name in messages */

/*
 * Add the rows of one arm (NULL: the only one) and replicate from dir/<column>.npy and dir/columns.json. found gets the arm's
 * name, digest that of the columns' digests in the order arm, replicate, user, round, slot, item, flags.
 *   PAL_ERR_IO, PAL_ERR_PARSE  as the files give
 *   PAL_ERR_DATA               no such arm, several and none named, columns that do not belong together
 */
PAL_MUST_USE pal_status pal_log_rows_npy(pal_log_rows *rows, char found[PAL_LOG_ARM], char digest[PAL_HASH_HEX],
                                         const char *dir, const char *arm, uint32_t replicate, pal_taken_as as, pal_error *err);

/* One genre an item, NONE for none. */
#define PAL_LOG_NO_GENRE UINT32_MAX
PAL_MUST_USE pal_status pal_log_rows_genres(pal_people_log *log, const uint32_t *genre_of, size_t n_genres, pal_error *err);

#endif
