/* Values of rankings, known and earned. */
#include "lab/audit_truth.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "lab/arm.h"

#include <math.h>
#include <string.h>

/* Pairs in the right order: items come by falling score, runs of equal ones are worth half. */
static double pairs_right(const float *score, const uint32_t *order, const float *p, size_t n, double *all)
{
    double above = 0, right = 0, sum = 0, misses = 0, same = 0;

    for (size_t i = 0; i < n;) {
        size_t end = i;
        double in = 0, out = 0, own = 0;

        for (; end < n && !(score[order[end]] < score[order[i]]); end++) {
            const double x = (double)p[order[end]];

            in += x;
            out += 1 - x;
            own += x * (1 - x);
        }
        right += above * out + 0.5 * (in * out - own);
        above += in;
        sum += in;
        misses += out;
        same += own;
        i = end;
    }
    *all = sum * misses - same;
    return right;
}

void pal_audit_truth_person(double value[PAL_AUDIT_METRICS], const float *score, const uint32_t *order, const float *p,
                            const float *best, size_t n, size_t k)
{
    double sum = 0, gain = 0, most = 0, all = 0, pairs, right, none = 1, place = 0;

    for (size_t i = 0; i < PAL_AUDIT_METRICS; i++) value[i] = NAN;
    if (n == 0) return;
    for (size_t i = 0; i < n; i++) {
        const double x = (double)p[order[i]];

        all += x;
        place += none * x / (double)(i + 1);
        none *= 1 - x;
        if (i + 1 == (k < n ? k : n)) value[PAL_AUDIT_HIT] = 1 - none;
        if (i >= k) continue;
        sum += x;
        gain += x / pal_log2((double)i + 2);
        most += (double)best[i] / pal_log2((double)i + 2);
    }
    right = pairs_right(score, order, p, n, &pairs);
    value[PAL_AUDIT_LIKES] = sum / (double)k;
    value[PAL_AUDIT_MRR] = place;
    if (all > 0) value[PAL_AUDIT_RECALL] = sum / all;
    if (most > 0) value[PAL_AUDIT_NDCG] = gain / most;
    if (pairs > 0) value[PAL_AUDIT_AUC] = right / pairs;
}

/* ---- serving ---- */

typedef struct service {
    const pal_audit_log *log;
    pal_state *state;
    const uint32_t *item;
    uint32_t *next;     /* n_people: place in the person's list */
    size_t n_slots, length;
    uint32_t round;
    double *likes, *expected;
    uint32_t *played;   /* n_people x n_slots: what was played this round, UINT32_MAX for nothing; NULL when
                           people do not follow each other's plays */
    uint32_t *plays;    /* n_items: how often */
} service;

static pal_status serve_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const service *s = ctx;
    const pal_lab_people *w = s->log->world;
    pal_answer answer[PAL_MAX_SLOTS];

    (void)block, (void)worker, (void)err;
    for (size_t u = begin; u < end; u++) {
        const uint32_t *item = s->item + u * s->length + s->next[u];
        size_t n = 0;

        if (w->type->present(w->response, s->state, (uint32_t)u, s->round)) {
            while (n < s->n_slots && s->next[u] + n < s->length && item[n] != UINT32_MAX) n++;
            w->type->answer(w->response, s->state, (uint32_t)u, s->round, item, n, answer);
        }
        for (size_t i = 0; i < n; i++) {
            s->likes[u] += (answer[i].flags & PAL_LIKED) != 0;
            s->expected[u] += (double)answer[i].p_like;
        }
        for (size_t i = 0; s->played != NULL && i < s->n_slots; i++) {
            s->played[u * s->n_slots + i] = i < n && (answer[i].flags & PAL_CLICKED) != 0 ? item[i] : UINT32_MAX;
        }
        w->type->advance(w->response, s->state, (uint32_t)u, s->round, item, answer, n);
        s->next[u] += (uint32_t)n;
    }
    return PAL_OK;
}

/* What everybody played is known only at the end of a round. */
static void settle(service *s)
{
    const pal_lab_people *w = s->log->world;

    if (s->played == NULL) return;
    memset(s->plays, 0, w->people->catalog->n_items * sizeof *s->plays);
    for (size_t i = 0; i < s->log->n_people * s->n_slots; i++) {
        if (s->played[i] != UINT32_MAX) s->plays[s->played[i]]++;
    }
    w->type->settle(w->response, s->state, s->plays);
}

pal_status pal_audit_serve(double *likes, double *expected, const pal_audit_log *log, const uint32_t *item, size_t n_slots,
                           size_t first_round, size_t rounds, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    service s = { .log = log, .item = item, .n_slots = n_slots, .length = n_slots * rounds, .likes = likes, .expected = expected };

    PAL_TRY(pal_state_new(&s.state, log->world->people, err));
    pal_state_copy(s.state, log->state);
    PAL_NEW(s.next, log->n_people);
    if (log->world->people->follows) {
        PAL_NEW(s.played, log->n_people * n_slots);
        PAL_NEW(s.plays, log->world->people->catalog->n_items);
    }
    memset(likes, 0, log->n_people * sizeof *likes);
    memset(expected, 0, log->n_people * sizeof *expected);
    for (size_t t = 0; t < rounds; t++) {
        s.round = (uint32_t)(first_round + t);
        PAL_TRY(pal_parallel_for(log->n_people, PAL_USER_BLOCK, n_threads, serve_block, &s, err));
        settle(&s);
    }
    for (size_t u = 0; u < log->n_people; u++) {
        likes[u] /= (double)rounds;
        expected[u] /= (double)rounds;
    }
done:
    pal_state_free(s.state);
    pal_free(s.next);
    pal_free(s.played);
    pal_free(s.plays);
    return rc;
}
