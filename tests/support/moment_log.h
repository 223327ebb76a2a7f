/* Interaction logs for tests of statistics: written out, or drawn from known distributions. */
#ifndef PAL_TESTS_SUPPORT_MOMENT_LOG_H
#define PAL_TESTS_SUPPORT_MOMENT_LOG_H

#include "metrics/log_moments.h"

#define MOMENT_ROWS 200000
#define MOMENT_PEOPLE 4000
#define MOMENT_ITEMS 4000

/* Room for a log; `log` points into it. Large: keep it static. */
typedef struct moment_room {
    pal_moment_log log;
    size_t begin[MOMENT_PEOPLE + 1], genre_begin[MOMENT_ITEMS + 1];
    uint32_t item[MOMENT_ROWS], genre[4 * MOMENT_ITEMS], times[MOMENT_ROWS];
    uint8_t like[MOMENT_ROWS];
    int64_t time[MOMENT_ROWS];
    double gap[MOMENT_ROWS];
} moment_room;

/* Empty, with n_items items whose genre is item % n_genres (0: no genres). */
void moment_room_begin(moment_room *room, size_t n_items, size_t n_genres);
/* The next person, and a row of theirs. */
void moment_room_person(moment_room *room);
void moment_room_row(moment_room *room, uint32_t item, uint8_t like, int64_t time);

/* What people are drawn from: n_u = 1 + Poisson(activity), genres Dirichlet(precision * even), a share of likes
 * Beta(a, b), items evenly inside the genre, none twice. */
void moment_room_draw(moment_room *room, size_t n_users, size_t n_items, size_t n_genres, double activity, double precision,
                      double a, double b, uint64_t seed);

#endif
