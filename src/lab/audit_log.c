/* Playing a log and cutting it into parts. */
#include "lab/audit_log.h"

#include "core/mem.h"
#include "core/stop.h"
#include "core/threads.h"
#include "data/interactions_build.h"
#include "data/split.h"
#include "lab/arm.h"

#include <string.h>

#define SPLIT_SEEDS (UINT64_C(1) << 53)

/* ---- playing ---- */

/* Events of the round just played; by person only later. */
typedef struct tape {
    pal_event *event;
    size_t n, room;
} tape;

static pal_status keep(tape *t, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t more = arm->event_begin[arm->world->people->n];

    if (t->n + more > t->room) {
        size_t room = 2 * (t->n + more);
        pal_event *grown = pal_resize(t->event, t->room, room, sizeof *grown);

        if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a log of %zu impressions", room);
        t->event = grown;
        t->room = room;
    }
    if (more > 0) memcpy(t->event + t->n, arm->event, more * sizeof *arm->event);
    t->n += more;
done:
    return rc;
}

static pal_status play_rounds(tape *t, pal_arm *arm, size_t rounds, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t r = 0; r < rounds; r++) {
        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %zu of a log", r);
        PAL_TRY(pal_arm_serve(arm, err));
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(keep(t, arm, err));
        PAL_TRY(pal_arm_learn(arm, err));
    }
done:
    return rc;
}

/* Rounds come one after the other and people ascend in each: a stable counting sort by person. */
static pal_status by_person(pal_audit_log *log, const tape *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *at = NULL;

    PAL_NEW(log->event, t->n);
    PAL_NEW(log->begin, log->n_people + 1);
    PAL_NEW(at, log->n_people);
    log->n = t->n;
    for (size_t i = 0; i < t->n; i++) log->begin[t->event[i].user + 1]++;
    for (size_t u = 0; u < log->n_people; u++) {
        log->begin[u + 1] += log->begin[u];
        at[u] = log->begin[u];
    }
    for (size_t i = 0; i < t->n; i++) log->event[at[t->event[i].user]++] = t->event[i];
done:
    pal_free(at);
    return rc;
}

static void count_looks(pal_audit_log *log)
{
    size_t shown[PAL_MAX_SLOTS] = { 0 }, looked[PAL_MAX_SLOTS] = { 0 };

    for (size_t i = 0; i < log->n; i++) {
        shown[log->event[i].slot]++;
        looked[log->event[i].slot] += (log->event[i].flags & PAL_EXAMINED) != 0;
    }
    for (size_t s = 0; s < PAL_MAX_SLOTS; s++) log->look[s] = looked[s] == 0 ? 1 : (double)looked[s] / (double)shown[s];
}

static pal_status list_shown(pal_audit_log *log, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *b = NULL;
    const pal_interactions_rules first = { .repeats = PAL_REPEATS_FIRST };
    char user[PAL_NUMBER_MAX], item[PAL_NUMBER_MAX];

    PAL_TRY(pal_interactions_builder_new(&b, err));
    for (size_t i = 0; i < log->n; i++) {
        const pal_event *e = &log->event[i];
        size_t nu = pal_format_u64(user, e->user), ni = pal_format_u64(item, e->item);

        PAL_TRY(pal_interactions_builder_add(b, user, nu, item, ni, (e->flags & PAL_LIKED) != 0 ? 1 : 0, e->round,
                                             PAL_ROW_VALUE | PAL_ROW_TIME, err));
    }
    PAL_TRY(pal_interactions_builder_finish(&log->shown, NULL, b, name, &first, err));
done:
    pal_interactions_builder_free(b);
    return rc;
}

/* ---- the truth ---- */

typedef struct truth_job {
    pal_audit_log *log;
    uint32_t round;
    const uint32_t *item; /* 0, 1, … */
    pal_arena **scratch;
} truth_job;

static pal_status truth_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const truth_job *j = ctx;
    pal_audit_log *log = j->log;
    pal_arena_mark mark = pal_arena_here(j->scratch[worker]);
    pal_answer *answer;

    (void)block;
    PAL_TAKE(answer, log->n_items, j->scratch[worker]);
    for (size_t u = begin; u < end; u++) {
        log->world->type->truth(log->world->response, log->state, (uint32_t)u, j->round, j->item, log->n_items, answer);
        for (size_t i = 0; i < log->n_items; i++) log->p[u * log->n_items + i] = answer[i].p_like;
    }
done:
    pal_arena_rewind(j->scratch[worker], mark);
    return rc;
}

static pal_status find_truth(pal_audit_log *log, pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *item = NULL;
    truth_job j = { .log = log, .round = arm->round, .scratch = arm->scratch };

    PAL_NEW(item, log->n_items);
    PAL_NEW(log->p, log->n_people * log->n_items);
    for (uint32_t i = 0; i < log->n_items; i++) item[i] = i;
    j.item = item;
    PAL_TRY(pal_parallel_for(log->n_people, PAL_USER_BLOCK, arm->n_threads, truth_block, &j, err));
done:
    pal_free(item);
    return rc;
}

pal_status pal_audit_log_play(pal_audit_log **out, const pal_audit *a, const pal_experiment *e, const pal_catalog *catalog,
                              const pal_lab_people *world, size_t index, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_audit_log *log = NULL;
    pal_arm *arm = NULL;
    tape t = { 0 };
    size_t bits;

    PAL_NEW(log, 1);
    *log = (pal_audit_log){ .world = world, .n_people = world->people->n, .n_items = catalog->n_items };
    if (log->n_people * log->n_items > PAL_AUDIT_MOST_CELLS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: experiment: the truth of %zu people x %zu items is asked for: at most %zu pairs", a->file,
                 log->n_people, log->n_items, PAL_AUDIT_MOST_CELLS);
    }
    PAL_TRY(pal_arm_new(&arm, e, catalog, world, index, n_threads, err));
    log->words = arm->history->seen_words;
    bits = log->n_people * log->words;
    PAL_NEW(log->barred, bits);
    PAL_NEW(log->seen, bits);
    memcpy(log->barred, arm->history->seen, bits * sizeof *log->barred);
    PAL_TRY(play_rounds(&t, arm, a->log_rounds, err));
    if (t.n == 0) PAL_FAIL(PAL_ERR_DATA, "%s: nobody was shown anything in the log of %s", a->file, e->arm[index].name);
    memcpy(log->seen, arm->history->seen, bits * sizeof *log->seen);
    PAL_TRY(by_person(log, &t, err));
    count_looks(log);
    PAL_TRY(list_shown(log, e->arm[index].name, err));
    PAL_TRY(pal_state_new(&log->state, world->people, err));
    pal_state_copy(log->state, arm->state);
    PAL_TRY(find_truth(log, arm, err));
    *out = log;
    log = NULL;
done:
    pal_free(t.event);
    pal_arm_free(arm);
    pal_audit_log_free(log);
    return rc;
}

void pal_audit_log_free(pal_audit_log *log)
{
    if (log == NULL) return;
    pal_free(log->event);
    pal_free(log->begin);
    pal_free(log->barred);
    pal_free(log->seen);
    pal_state_free(log->state);
    pal_free(log->p);
    pal_interactions_free(log->shown);
    pal_free(log);
}

/* ---- parts ---- */

static pal_status hold_out(pal_audit_part *part, const pal_audit_log *log, const pal_audit *a, const pal_audit_split *s,
                           uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_split *split = NULL;
    uint64_t own = (uint64_t)pal_values_int(s->values, "seed");

    PAL_TRY(pal_split_make_seeded(&split, log->shown, s->values, pal_hash_mix(own, seed) % SPLIT_SEEDS, a->file, s->path, err));
    for (size_t i = 0; i < split->n; i++) part->test[log->shown->order[i]] = split->part[i] == PAL_PART_TEST;
done:
    pal_split_free(split);
    return rc;
}

static pal_status list_likes(pal_audit_part *part, const pal_audit_log *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, log->n);
    for (size_t i = 0; i < log->n; i++) {
        const pal_event *e = &log->event[i];

        if (part->test[i] != 0 || (e->flags & PAL_LIKED) == 0) continue;
        cell[n++] = (pal_csr_cell){ e->user, e->item, 1 };
        part->count[e->item]++;
    }
    PAL_TRY(pal_csr_new(&part->likes, log->n_people, log->n_items, cell, n, PAL_TWICE_LAST, err));
    PAL_TRY(pal_csr_transpose(&part->cols, part->likes, err));
done:
    pal_free(cell);
    return rc;
}

static void list_known(pal_audit_part *part, const pal_audit_log *log)
{
    double candidates = 0;

    memcpy(part->known, log->barred, log->n_people * log->words * sizeof *part->known);
    for (size_t i = 0; i < log->n; i++) {
        const pal_event *e = &log->event[i];

        if (part->test[i] == 0) part->known[e->user * log->words + (e->item >> 6)] |= UINT64_C(1) << (e->item & 63);
    }
    for (size_t u = 0; u < log->n_people; u++) {
        size_t n = log->n_items;

        for (size_t w = 0; w < log->words; w++) n -= (size_t)__builtin_popcountll(part->known[u * log->words + w]);
        candidates += (double)n;
    }
    part->n_candidates = candidates / (double)log->n_people;
}

pal_status pal_audit_part_make(pal_audit_part *part, const pal_audit_log *log, const pal_audit *a, const pal_audit_split *split,
                               uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    double sum = 0;

    PAL_NEW(part->test, log->n);
    PAL_NEW(part->count, log->n_items);
    PAL_NEW(part->known, log->n_people * log->words);
    PAL_NEW(part->cumulative, log->n_items);
    if (split != NULL) PAL_TRY(hold_out(part, log, a, split, seed, err));
    PAL_TRY(list_likes(part, log, err));
    if (part->likes->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s: no like is left to train on in the log of %s", a->file, split == NULL ? "experiment" :
                 split->path, log->shown->name);
    }
    list_known(part, log);
    for (size_t i = 0; i < log->n_items; i++) part->cumulative[i] = sum += (double)part->count[i];
done:
    return rc;
}

void pal_audit_part_clear(pal_audit_part *part)
{
    pal_free(part->test);
    pal_csr_free(part->likes);
    pal_csr_free(part->cols);
    pal_free(part->count);
    pal_free(part->known);
    pal_free(part->cumulative);
    *part = (pal_audit_part){ 0 };
}
