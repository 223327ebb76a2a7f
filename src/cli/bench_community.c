/* palate bench community: what a step of the community optimizer, a fetch and a slate of neighbours cost. */
#include "cli/bench.h"
#include "cli/bench_people_map.h"
#include "cli/command.h"
#include "cli/print.h"
#include "core/arena.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "stages/community_circle.h"

#include <stdio.h>
#include <stdlib.h>

#define PEOPLE 100
#define LISTS 10       /* playlists of everyone; hidden groups of songs              */
#define GROUP_SONGS 6  /* songs of a group for each one of it that a person has      */
#define MISFILED 0.1   /* share of songs in a list of another group                  */
#define MEMBERS 20     /* of a community at most: the stage's default                */
#define STEPS 200
#define FETCHES 10
#define FETCH_CALLS 12 /* the stage's default */
#define RESTARTS 3     /* the stage's default */
#define SCRATCH_BYTES ((size_t)1 << 22)

static const pal_option options[] = {
    { "songs", "N", false, "songs of each person (default: 50, 200 and 500)" },
    { "people", "N", false, "people of the map of everybody (default: 20000; 0: none)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct timing {
    size_t songs, members;
    double step_ms, step_p95_ms, step_max_ms, clusterings; /* a step; clusterings: mean       */
    double fetch_ms;                                       /* median, most clusterings allowed */
} timing;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Everyone has songs / LISTS songs of each of LISTS groups, and files most of them by group. */
static pal_status make_playlists(pal_playlists **out, size_t songs, pal_error *err)
{
    const pal_key key = pal_key_for(1, 0, PAL_FOR_TEST);
    const size_t a_list = songs / LISTS, group = a_list * GROUP_SONGS;
    pal_playlists *p = NULL;
    size_t capacity[PEOPLE];
    uint32_t *song = NULL;
    pal_status rc = PAL_OK;

    for (size_t u = 0; u < PEOPLE; u++) {
        capacity[u] = a_list * LISTS;
    }
    PAL_TRY(pal_playlists_new(&p, PEOPLE, group * LISTS, capacity, err));
    PAL_NEW(song, group);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        uint64_t draw = 0;

        for (uint8_t l = 0; l < LISTS; l++) {
            (void)pal_playlists_open(p, u, l);
        }
        for (size_t l = 0; l < LISTS; l++) {
            for (size_t k = 0; k < group; k++) {
                song[k] = (uint32_t)(l * group + k);
            }
            for (size_t k = 0; k < a_list; k++) { /* the first of a shuffle */
                const size_t other = k + (size_t)pal_below(key, (pal_at){ u, 0, 0 }, &draw, group - k);
                const uint32_t drawn = song[other];
                const bool wrong = pal_u01(key, (pal_at){ u, 0, 1 }, draw) < MISFILED;

                song[other] = song[k];
                pal_playlists_add(p, u, (uint8_t)((l + (wrong ? 1 + k % (LISTS - 1) : 0)) % LISTS), drawn, PAL_BROUGHT);
            }
        }
    }
    *out = p;
    p = NULL;

done:
    pal_free(song);
    pal_playlists_free(p);
    return rc;
}

static pal_status time_steps(timing *t, uint32_t *member, size_t *n, pal_circle *circle, pal_error *err)
{
    double time[STEPS], score = 0;
    pal_status rc = PAL_OK;

    *n = 0;
    for (size_t s = 0; s < STEPS; s++) {
        const uint32_t candidate = 1 + (uint32_t)(s * 37 % (PEOPLE - 1));
        const double from = pal_clock_s();
        uint32_t left;
        bool member_now = false, improved;

        for (size_t m = 0; m < *n; m++) {
            member_now = member_now || member[m] == candidate;
        }
        if (!member_now) {
            PAL_TRY(pal_circle_try(member, n, &score, &left, &improved, circle, candidate, MEMBERS, err));
        }
        time[s] = (pal_clock_s() - from) * 1e3;
    }
    qsort(time, STEPS, sizeof *time, by_value);
    t->members = *n;
    t->step_ms = time[STEPS / 2];
    t->step_p95_ms = time[STEPS * 95 / 100];
    t->step_max_ms = time[STEPS - 1];
    t->clusterings = (double)circle->clusterings / STEPS;

done:
    return rc;
}

static pal_status time_fetches(timing *t, const uint32_t *member, size_t n, pal_circle *circle, size_t n_items,
                               pal_error *err)
{
    const pal_fetching fetching = { .share = 0.2, .most_calls = FETCH_CALLS };
    double time[FETCHES];
    uint32_t item[MEMBERS];
    float score[MEMBERS];
    size_t found;
    pal_history *nothing = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_history_new(&nothing, PEOPLE, n_items, 1, err));
    for (size_t f = 0; f < FETCHES; f++) {
        const double from = pal_clock_s();

        PAL_TRY(pal_circle_fetch(item, score, &found, circle, member, n, nothing, &fetching, err));
        time[f] = (pal_clock_s() - from) * 1e3;
    }
    qsort(time, FETCHES, sizeof *time, by_value);
    t->fetch_ms = time[FETCHES / 2];

done:
    pal_history_free(nothing);
    return rc;
}

static pal_status time_client(timing *t, pal_error *err)
{
    pal_circle circle = { .clusters = pal_circle_clusters(RESTARTS), .key = pal_key_for(1, 0, PAL_FOR_TRAIN) };
    pal_playlists *playlists = NULL;
    uint32_t member[MEMBERS];
    size_t n;
    pal_status rc = PAL_OK;

    PAL_TRY(make_playlists(&playlists, t->songs, err));
    PAL_TRY(pal_arena_new(&circle.scratch, SCRATCH_BYTES, err));
    PAL_NEW(circle.mark, playlists->n_items);
    PAL_NEW(circle.row, playlists->n_items);
    circle.playlists = playlists;
    PAL_TRY(time_steps(t, member, &n, &circle, err));
    PAL_TRY(time_fetches(t, member, n, &circle, playlists->n_items, err));

done:
    pal_playlists_free(playlists);
    pal_arena_free(circle.scratch);
    pal_free(circle.mark);
    pal_free(circle.row);
    return rc;
}

static pal_status print_timing(const timing *t, const char *cpu, bool json, pal_error *err)
{
    pal_json_writer w;

    if (!json) {
        printf("%8zu %8zu %10.2f %10.2f %10.2f %12.2f %12.1f\n", t->songs, t->members, t->step_ms, t->step_p95_ms,
               t->step_max_ms, t->clusterings, t->fetch_ms);
        return PAL_OK;
    }
    pal_bench_line(&w, "community", cpu);
    pal_json_put_i64(&w, "songs", (int64_t)t->songs);
    pal_json_put_i64(&w, "members", (int64_t)t->members);
    pal_json_put_i64(&w, "steps", STEPS);
    pal_json_put_number(&w, "step_ms", t->step_ms);
    pal_json_put_number(&w, "step_p95_ms", t->step_p95_ms);
    pal_json_put_number(&w, "step_max_ms", t->step_max_ms);
    pal_json_put_number(&w, "clusterings_a_step", t->clusterings);
    pal_json_put_number(&w, "fetch_ms", t->fetch_ms);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status run_community(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t songs[3] = { 50, 200, 500 }, people = 0;
    size_t n = 3;
    const bool json = pal_args_has(args, "json");
    char cpu[256];

    if (pal_args_has(args, "songs")) {
        PAL_TRY(pal_args_whole(&songs[0], args, "songs", 0, LISTS, 10000, err));
        n = 1;
    }
    PAL_TRY(pal_args_whole(&people, args, "people", 20000, 0, 1000000, err));
    PAL_TRY(pal_bench_processor(cpu, sizeof cpu, err));
    if (!json) {
        printf("community optimizer, one thread, %d people with %d playlists each, %d steps, %s\n\n"
               "%8s %8s %10s %10s %10s %12s %12s\n", PEOPLE, LISTS, STEPS, cpu, "songs", "members", "step ms", "p95 ms",
               "max ms", "clusterings", "fetch ms");
    }
    for (size_t i = 0; i < n; i++) {
        timing t = { .songs = (size_t)songs[i] };

        PAL_TRY(time_client(&t, err));
        PAL_TRY(print_timing(&t, cpu, json, err));
    }
    if (people > 0) {
        PAL_TRY(pal_bench_people_map((size_t)people, cpu, json, err));
    }

done:
    return rc;
}

const pal_command pal_command_bench_community = {
    .name = "bench community", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "time a step of the community optimizer, a fetch, and a map of everybody",
    .usage = "One client among generated people who share a sixth of their songs: each step tries one person as a member (add,\n"
             "or add and drop one), as stage \"community\" does between rounds; a fetch makes up to twelve spectral clusterings\n"
             "of all songs of the client and the members. Median, 95th percentile and maximum of the steps. Then, once, the\n"
             "people map of a run (\"output\": {\"people_map\"}) for a whole crowd: its graph, and the spectral clustering of it.",
    .options = options, .run = run_community,
};
