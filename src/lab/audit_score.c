/* Scoring people and looking at their rankings through every view. */
#include "lab/audit_score.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "lab/audit_truth.h"
#include "profile/history.h"
#include "stages/order.h"

#include <math.h>
#include <stdio.h>

#define PEOPLE_BLOCK 16
#define SCRATCH_BYTES ((size_t)1 << 20)

size_t pal_audit_columns(const pal_audit_scene *s)
{
    return pal_audit_truth_at(s) + PAL_AUDIT_METRICS + 1 + (s->n_views > 0 ? s->n_curve + 1 : 0);
}

/* ---- the scene ---- */

static void best_of(float *best, const pal_audit_scene *s, size_t u, uint32_t *order, uint32_t *work)
{
    const float *p = s->log->p + u * s->log->n_items;
    const uint64_t *known = s->part->known + u * s->log->words;
    size_t n = 0;

    pal_order_falling(order, p, s->log->n_items, work);
    for (size_t i = 0; i < s->log->n_items && n < s->audit->k; i++) {
        if (!pal_seen(known, order[i])) best[n++] = p[order[i]];
    }
}

pal_status pal_audit_scene_make(pal_audit_scene *s, const pal_audit *a, const pal_audit_log *log, const pal_audit_part *part,
                                size_t log_index, size_t split, uint64_t seed, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *work = NULL;

    *s = (pal_audit_scene){ .audit = a, .log = log, .part = part, .n_threads = n_threads,
                            .place = (uint64_t)log_index << 32 | (uint32_t)split,
                            .sample = pal_key_named(pal_key_for(seed, 0, PAL_FOR_PERMUTE), "audit negatives") };
    if (split != SIZE_MAX) {
        s->n_views = a->n_views;
        s->n_curve = a->n_curve;
    }
    PAL_NEW(s->best, log->n_people * a->k);
    PAL_NEW(work, 4 * log->n_items);
    for (size_t u = 0; u < log->n_people; u++) best_of(s->best + u * a->k, s, u, work, work + log->n_items);
    for (size_t v = 0; v < s->n_views; v++) {
        if (!a->view[v].corrected) continue;
        PAL_TRY(pal_audit_correction_make(&s->correction[v], (size_t)floor(part->n_candidates), a->view[v].negatives, a->k, err));
    }
done:
    pal_free(work);
    return rc;
}

void pal_audit_scene_clear(pal_audit_scene *s)
{
    for (size_t v = 0; v < PAL_AUDIT_MOST; v++) pal_audit_correction_clear(&s->correction[v]);
    pal_free(s->best);
    *s = (pal_audit_scene){ 0 };
}

/* ---- a person ---- */

typedef struct person {
    size_t u, n, n_wanted, n_others, n_exposed, n_later;
    const float *score, *p;
    uint32_t *order;        /* n candidates by falling score                           */
    uint32_t *wanted;       /* held-out likes, ascending                               */
    const pal_event **why;  /* n_wanted: their impressions                             */
    uint32_t *others, *exposed; /* candidates that are not wanted, ascending; of them, those shown */
    const pal_event *later; /* n_later held-out impressions, all after the others; NULL: they are mixed */
    uint32_t *sample;
    pal_audit_rank *rank;
} person;

/* Held-out impressions are of use for a list only when they all came after it could have been made. */
static void find_later(person *p, const pal_audit_scene *s)
{
    const size_t from = s->log->begin[p->u], to = s->log->begin[p->u + 1];
    size_t first = to;

    for (size_t i = to; i > from && s->part->test[i - 1] != 0; i--) first = i - 1;
    for (size_t i = from; i < first; i++) {
        if (s->part->test[i] != 0) return;
    }
    p->later = s->log->event + first;
    p->n_later = to - first;
}

/* Insertion: a person has few likes, and their impressions come in order of time. */
static void insert_wanted(person *p, const pal_event *e)
{
    size_t at = p->n_wanted++;

    for (; at > 0 && p->wanted[at - 1] > e->item; at--) {
        p->wanted[at] = p->wanted[at - 1];
        p->why[at] = p->why[at - 1];
    }
    p->wanted[at] = e->item;
    p->why[at] = e;
}

static void list_person(person *p, const pal_audit_scene *s, uint32_t *all)
{
    const uint64_t *known = s->part->known + p->u * s->log->words;
    size_t w = 0;

    for (size_t i = 0; i < s->log->n_items; i++) {
        if (!pal_seen(known, all[i])) p->order[p->n++] = all[i];
    }
    if (s->n_views == 0) return;
    for (size_t i = s->log->begin[p->u]; i < s->log->begin[p->u + 1]; i++) {
        const pal_event *e = &s->log->event[i];

        if (s->part->test[i] == 0 || pal_seen(known, e->item)) continue;
        if ((e->flags & PAL_LIKED) != 0) insert_wanted(p, e);
        else p->exposed[p->n_exposed++] = e->item;
    }
    for (uint32_t i = 0; i < s->log->n_items; i++) {
        while (w < p->n_wanted && p->wanted[w] < i) w++;
        if (!pal_seen(known, i) && (w == p->n_wanted || p->wanted[w] != i)) p->others[p->n_others++] = i;
    }
    find_later(p, s);
}

static void weigh(const person *p, const pal_audit_scene *s, pal_audit_label label)
{
    for (size_t i = 0; i < p->n_wanted; i++) {
        const pal_event *e = p->why[i];

        if (label == PAL_AUDIT_IPS) p->rank[i].weight = 1 / ((double)e->propensity * s->log->look[e->slot]);
        if (label == PAL_AUDIT_POPULARITY) {
            p->rank[i].weight = pal_exp(-s->audit->discount * pal_log1p((double)s->part->count[e->item]));
        }
    }
}

static void measure_view(double *value, person *p, const pal_audit_scene *s, size_t v)
{
    const pal_audit_view *view = &s->audit->view[v];
    const uint32_t *others = p->others;
    size_t n = p->n_others;
    const pal_at at = { p->u, s->place, (uint64_t)view->candidates << 32 | view->negatives };

    if (view->candidates == PAL_AUDIT_EXPOSED) {
        others = p->exposed;
        n = p->n_exposed;
    } else if (view->candidates != PAL_AUDIT_FULL) {
        n = pal_audit_sample(p->sample, view->negatives, p->others, p->n_others,
                             view->candidates == PAL_AUDIT_POPULAR ? s->part->cumulative : NULL, s->sample, at);
        others = p->sample;
    }
    pal_audit_ranks(p->rank, p->score, p->wanted, p->n_wanted, others, n);
    if (view->corrected) {
        pal_audit_measure_corrected(value, &s->correction[v], p->rank, p->n_wanted, n);
        return;
    }
    weigh(p, s, view->label);
    pal_audit_measure_ranks(value, p->rank, p->n_wanted, n, s->audit->k, view->label != PAL_AUDIT_AS_FOUND);
    if (view->label == PAL_AUDIT_IPS && view->candidates == PAL_AUDIT_FULL && p->later != NULL) {
        value[PAL_AUDIT_LIKES] = pal_audit_list_likes(p->later, p->n_later, p->order, s->audit->k < p->n ? s->audit->k : p->n,
                                                      s->log->look);
    }
}

static double list_popularity(const person *p, const pal_audit_scene *s)
{
    const size_t k = s->audit->k < p->n ? s->audit->k : p->n;
    double sum = 0, mean = (double)s->part->likes->n / (double)s->log->n_items;

    for (size_t i = 0; i < k; i++) sum += (double)s->part->count[p->order[i]];
    return k == 0 ? (double)NAN : sum / ((double)k * mean);
}

/* Recall beside each number of negatives, in expectation over samples: each wanted item alone against the others. */
static void measure_curve(double *value, const person *p, const pal_audit_scene *s)
{
    const size_t k = s->audit->k;

    for (size_t c = 0; c <= s->n_curve; c++) value[c] = p->n_wanted == 0 || p->n_others == 0 ? (double)NAN : 0;
    if (p->n_wanted == 0 || p->n_others == 0) return;
    pal_audit_ranks(p->rank, p->score, p->wanted, p->n_wanted, p->others, p->n_others);
    for (size_t w = 0; w < p->n_wanted; w++) {
        const double q = (double)p->rank[w].above / (double)p->n_others;

        for (size_t c = 0; c < s->n_curve; c++) {
            value[c] += pal_audit_sampled_hit(q, s->audit->curve[c], k) / (double)p->n_wanted;
        }
        value[s->n_curve] += (p->rank[w].above < k ? 1 : 0) / (double)p->n_wanted;
    }
}

static void measure_person(double *value, person *p, const pal_audit_scene *s)
{
    const size_t truth = pal_audit_truth_at(s);

    for (size_t v = 0; v < s->n_views; v++) measure_view(value + v * PAL_AUDIT_METRICS, p, s, v);
    pal_audit_truth_person(value + truth, p->score, p->order, p->p, s->best + p->u * s->audit->k, p->n, s->audit->k);
    value[truth + PAL_AUDIT_METRICS] = list_popularity(p, s);
    if (s->n_views > 0) measure_curve(value + truth + PAL_AUDIT_METRICS + 1, p, s);
}

/* ---- everybody ---- */

typedef struct job {
    const pal_audit_scene *scene;
    const pal_audit_model *model;
    const void *self;
    double *value;
    uint32_t *top;
    size_t n_top, most; /* most: negatives of any view */
    pal_arena **scratch;
} job;

static pal_status take_person(person *p, uint32_t **all, uint32_t **work, const job *j, size_t u, const float *score,
                              pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit_log *log = j->scene->log;
    const size_t n = log->n_items, shown = log->begin[u + 1] - log->begin[u];

    *p = (person){ .u = u, .score = score, .p = log->p + u * n };
    PAL_TAKE(*all, n, scratch);
    PAL_TAKE(*work, 3 * n, scratch);
    PAL_TAKE(p->order, n, scratch);
    PAL_TAKE(p->others, n, scratch);
    PAL_TAKE(p->wanted, shown + 1, scratch);
    PAL_TAKE(p->why, shown + 1, scratch);
    PAL_TAKE(p->rank, shown + 1, scratch);
    PAL_TAKE(p->exposed, shown + 1, scratch);
    PAL_TAKE(p->sample, j->most + 1, scratch);
done:
    return rc;
}

static pal_status one_person(const job *j, size_t u, const float *score, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit_scene *s = j->scene;
    pal_arena_mark mark = pal_arena_here(scratch);
    uint32_t *all = NULL, *work = NULL;
    person p;

    for (size_t i = 0; i < s->log->n_items; i++) {
        if (!isfinite(score[i])) {
            PAL_FAIL(PAL_ERR_CONVERGE, "model %s: the score of person %zu and item %zu is not finite", j->model->name, u, i);
        }
    }
    PAL_TRY(take_person(&p, &all, &work, j, u, score, scratch, err));
    pal_order_falling(all, score, s->log->n_items, work);
    list_person(&p, s, all);
    measure_person(j->value + u * pal_audit_columns(s), &p, s);
    for (size_t i = 0; j->top != NULL && i < j->n_top; i++) j->top[u * j->n_top + i] = i < p.n ? p.order[i] : UINT32_MAX;
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status score_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    pal_status rc = PAL_OK;
    const job *j = ctx;
    const pal_csr *likes = j->scene->part->likes;
    const size_t n_items = j->scene->log->n_items;
    pal_arena *scratch = j->scratch[worker];
    pal_arena_mark mark = pal_arena_here(scratch);
    pal_error said = { .text = "" };
    pal_rec_query *query;
    float *score;

    (void)block;
    PAL_TAKE(query, end - begin, scratch);
    PAL_TAKE(score, (end - begin) * n_items, scratch);
    for (size_t u = begin; u < end; u++) {
        const size_t n = pal_csr_count(likes, u);

        query[u - begin] = (pal_rec_query){ .row = n > 0 ? (uint32_t)u : PAL_REC_NEW, .n = n, .item = likes->col + likes->begin[u],
                                            .value = likes->value + likes->begin[u] };
    }
    rc = j->model->type->score(j->self, query, end - begin, score, scratch, &said);
    if (rc != PAL_OK) PAL_FAIL(rc, "model %s: %.900s", j->model->name, said.text);
    for (size_t u = begin; u < end; u++) PAL_TRY(one_person(j, u, score + (u - begin) * n_items, scratch, err));
done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

pal_status pal_audit_score(double *value, uint32_t *top, size_t n_top, const pal_audit_scene *s, const pal_audit_model *model,
                           const void *self, pal_error *err)
{
    pal_status rc = PAL_OK;
    job j = { .scene = s, .model = model, .self = self, .value = value, .top = top, .n_top = n_top };

    for (size_t v = 0; v < s->n_views; v++) {
        if (s->audit->view[v].negatives > j.most) j.most = s->audit->view[v].negatives;
    }
    PAL_NEW(j.scratch, s->n_threads);
    for (size_t t = 0; t < s->n_threads; t++) PAL_TRY(pal_arena_new(&j.scratch[t], SCRATCH_BYTES, err));
    PAL_TRY(pal_parallel_for(s->log->n_people, PEOPLE_BLOCK, s->n_threads, score_block, &j, err));
done:
    for (size_t t = 0; j.scratch != NULL && t < s->n_threads; t++) pal_arena_free(j.scratch[t]);
    pal_free(j.scratch);
    return rc;
}
