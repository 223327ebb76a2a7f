/* Logs drawn for tests. */
#include "tests/support/moment_log.h"

#include "core/dist.h"

#include <math.h>
#include <string.h>

void moment_room_begin(moment_room *room, size_t n_items, size_t n_genres)
{
    memset(room->begin, 0, sizeof room->begin);
    room->log = (pal_moment_log){ .n_items = n_items, .n_genres = n_genres, .begin = room->begin, .item = room->item,
                                  .like = room->like, .time = room->time, .times = room->times, .gap = room->gap };
    if (n_genres == 0) return;
    for (size_t i = 0; i < n_items; i++) {
        room->genre[i] = (uint32_t)(i % n_genres);
        room->genre_begin[i + 1] = i + 1;
    }
    room->log.genre_begin = room->genre_begin;
    room->log.genre = room->genre;
}

void moment_room_person(moment_room *room)
{
    room->log.n_users++;
    room->begin[room->log.n_users] = room->log.n;
}

void moment_room_row(moment_room *room, uint32_t item, uint8_t like, int64_t time)
{
    const size_t at = room->log.n++;

    room->item[at] = item;
    room->like[at] = like;
    room->time[at] = time;
    room->times[at] = 1;
    room->gap[at] = NAN;
    room->begin[room->log.n_users] = room->log.n;
}

void moment_room_draw(moment_room *room, size_t n_users, size_t n_items, size_t n_genres, double activity, double precision,
                      double a, double b, uint64_t seed)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    static uint8_t had[MOMENT_ITEMS];
    double alpha[64], mix[64];

    moment_room_begin(room, n_items, n_genres);
    for (size_t u = 0; u < n_users; u++) {
        const pal_at at = { u, 0, 0 };
        uint64_t draw = 0;
        const size_t n = 1 + (size_t)pal_draw_poisson(key, at, &draw, activity);
        const double like = pal_draw_beta(key, at, &draw, a, b);

        for (size_t g = 0; g < n_genres; g++) alpha[g] = precision / (double)n_genres;
        pal_draw_dirichlet(mix, key, at, &draw, alpha, n_genres);
        memset(had, 0, sizeof had);
        moment_room_person(room);
        for (size_t i = 0; i < n;) {
            const size_t g = pal_draw_index(key, at, &draw, mix, n_genres);
            const size_t item = g + n_genres * (size_t)pal_below(key, at, &draw, n_items / n_genres);

            if (had[item]) continue;
            had[item] = 1;
            moment_room_row(room, (uint32_t)item, pal_u01(key, at, draw++) < like, (int64_t)i * 10000);
            i++;
        }
    }
}
