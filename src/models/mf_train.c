/*
 * The hot loops. A step computes the gradients of all rows from their old values, as LightFM does, then moves them.
 * Each common width has a loop of its own: with a constant count the rows stay in registers.
 */
#include "models/mf_train.h"

#include "core/pmath.h"
#include "core/vector.h"

typedef struct rooms { /* scratch of a step */
    float *person, *liked, *other, *gap, *held;
} rooms;

/* Which loop a function is compiled into: constants of the caller. */
typedef struct shape {
    size_t width;
    bool plain; /* AdaGrad, no side features, nothing frozen */
} shape;

static PAL_MF_INLINE void sum_features(float *out, const pal_mf_side *side, size_t row, size_t width)
{
    const pal_csr *features = side->features;

    if (side->own != NULL) {
        memcpy(out, side->own + row * side->stride, width * sizeof *out);
    } else {
        memset(out, 0, width * sizeof *out);
    }
    if (features != NULL) {
        for (size_t c = features->begin[row]; c < features->begin[row + 1]; c++) {
            const float *from = side->shared + features->col[c] * side->shared_stride;
            float weight = features->value[c];

            for (size_t i = 0; i < width; i++) out[i] += weight * from[i];
        }
    }
    out[side->one] = 1;
}

void pal_mf_represent(float *out, const pal_mf_side *side, size_t row, size_t width)
{
    sum_features(out, side, row, width);
}

/* The row itself when there is nothing to add to it. */
static PAL_MF_INLINE const float *represent(float *room, const pal_mf_side *side, size_t row, shape s)
{
    if (s.plain || (side->features == NULL && side->own != NULL)) return side->own + row * side->stride;
    sum_features(room, side, row, s.width);
    return room;
}

static PAL_MF_INLINE void step(const pal_mf_task *t, float *row, const float *other, const pal_mf_side *side,
                               float scale, shape s)
{
    if (s.plain || !t->rate.adadelta) {
        pal_mf_adagrad(row, other, side->mask, scale, side->l2, t->rate.rate, s.width);
    } else {
        pal_mf_adadelta(row, other, side->mask, scale, side->l2, &t->rate, s.width);
    }
}

/* All parameters that make up one row's factors. */
static PAL_MF_INLINE void move(const pal_mf_task *t, const pal_mf_side *side, size_t row, const float *other,
                               float scale, shape s)
{
    const pal_csr *features = side->features;

    if (s.plain) {
        step(t, side->own + row * side->stride, other, side, scale, s);
        return;
    }
    if (side->frozen) return;
    if (side->own != NULL) step(t, side->own + row * side->stride, other, side, scale, s);
    if (features == NULL) return;
    for (size_t c = features->begin[row]; c < features->begin[row + 1]; c++) {
        size_t f = features->col[c];

        step(t, side->shared + f * side->shared_stride, other, side, scale * features->value[c], s);
        if (side->touched != NULL) side->touched[f] = 1;
    }
}

static PAL_MF_INLINE float strength(const pal_mf_task *t, pal_mf_pair pair)
{
    return t->use_values ? t->liked->value[pal_csr_find(t->liked, pair.person, pair.item)] : 1;
}

/* A filter of one bit a cell before the search was tried and dropped: its misses cost what the searches did. */
static PAL_MF_INLINE bool is_liked(const pal_mf_task *t, uint32_t person, uint32_t item)
{
    return pal_csr_find(t->liked, person, item) != SIZE_MAX;
}

/* The key of one pair's draws. */
static PAL_MF_INLINE uint64_t pair_key(const pal_mf_task *t, pal_mf_pair pair)
{
    return pal_mf_draw(t->key, (uint64_t)pair.person << 32 | pair.item);
}

/* Push a liked item above another by `weight`: d(score of other - score of liked) of each row. */
static PAL_MF_INLINE void push_apart(pal_mf_task *t, pal_mf_pair pair, uint32_t other, const float *person,
                                     const float *liked, const float *below, float weight, const rooms *r, shape s)
{
    for (size_t i = 0; i < s.width; i++) {
        r->gap[i] = below[i] - liked[i];
        r->held[i] = person[i];
    }
    move(t, &t->people, pair.person, r->gap, weight, s);
    move(t, &t->items, pair.item, r->held, -weight, s);
    move(t, &t->items, other, r->held, weight, s);
}

static PAL_MF_INLINE void train_warp(pal_mf_task *t, const rooms *r, shape s)
{
    for (size_t p = 0; p < t->n_pairs; p++) {
        pal_mf_pair pair = t->pair[p];
        uint64_t key = pair_key(t, pair);
        const float *person = represent(r->person, &t->people, pair.person, s);
        const float *liked = represent(r->liked, &t->items, pair.item, s);
        float edge = pal_mf_dot(person, liked, s.width) - 1;

        for (size_t try = 1; try <= t->tries; try++) {
            uint32_t other = t->item[pal_mf_below(pal_mf_draw(key, try), t->n_items)];
            const float *below = represent(r->other, &t->items, other, s);
            float score = pal_mf_dot(person, below, s.width), weight;

            if (score > edge && !is_liked(t, pair.person, other)) {
                weight = t->rank_weight[try] * strength(t, pair);
                push_apart(t, pair, other, person, liked, below, weight, r, s);
                t->loss_sum += (double)weight * (double)(score - edge);
                break;
            }
        }
    }
    t->n_steps += t->n_pairs;
}

/* BPR draws until it meets an item that is not liked; a person who likes all there is to draw is passed over. */
#define BPR_DRAWS 100

static PAL_MF_INLINE void train_bpr(pal_mf_task *t, const rooms *r, shape s)
{
    for (size_t p = 0; p < t->n_pairs; p++) {
        pal_mf_pair pair = t->pair[p];
        uint64_t key = pair_key(t, pair);

        for (size_t try = 1; try <= BPR_DRAWS; try++) {
            uint32_t other = t->drawn[pal_mf_below(pal_mf_draw(key, try), t->n_drawn)].item & ~PAL_MF_DISLIKED;
            const float *person, *liked, *below;
            float gap;

            if (is_liked(t, pair.person, other)) continue;
            person = represent(r->person, &t->people, pair.person, s);
            liked = represent(r->liked, &t->items, pair.item, s);
            below = represent(r->other, &t->items, other, s);
            gap = pal_mf_dot(person, below, s.width) - pal_mf_dot(person, liked, s.width);
            push_apart(t, pair, other, person, liked, below, pal_sigmoidf(gap) * strength(t, pair), r, s);
            if (t->measure) t->loss_sum += pal_softplus((double)gap);
            t->n_steps++;
            break;
        }
    }
}

/* Move one pair's probability towards y. */
static PAL_MF_INLINE void fit_label(pal_mf_task *t, uint32_t person_id, uint32_t item_id, float y, float weight,
                                    const rooms *r, shape s)
{
    const float *person = represent(r->person, &t->people, person_id, s);
    const float *item = represent(r->liked, &t->items, item_id, s);
    float score = pal_mf_dot(person, item, s.width), slope = (pal_sigmoidf(score) - y) * weight;

    for (size_t i = 0; i < s.width; i++) {
        r->gap[i] = item[i];
        r->held[i] = person[i];
    }
    move(t, &t->people, person_id, r->gap, slope, s);
    move(t, &t->items, item_id, r->held, slope, s);
    if (t->measure) t->loss_sum += pal_softplus(y > 0 ? -(double)score : (double)score);
    t->n_steps++;
}

static PAL_MF_INLINE void train_logistic(pal_mf_task *t, const rooms *r, shape s)
{
    for (size_t p = 0; p < t->n_pairs; p++) {
        pal_mf_pair pair = t->pair[p];
        uint64_t key = pair_key(t, pair);

        if (pair.item & PAL_MF_DISLIKED) {
            fit_label(t, pair.person, pair.item & ~PAL_MF_DISLIKED, 0, 1, r, s);
            continue;
        }
        fit_label(t, pair.person, pair.item, 1, strength(t, pair), r, s);
        for (size_t try = 1; try <= t->tries; try++) {
            uint32_t other = t->item[pal_mf_below(pal_mf_draw(key, try), t->n_items)];

            if (!is_liked(t, pair.person, other)) fit_label(t, pair.person, other, 0, 1, r, s);
        }
    }
}

static PAL_MF_INLINE void train_shape(pal_mf_task *t, const rooms *r, shape s)
{
    switch (t->loss) {
    case PAL_MF_WARP: train_warp(t, r, s); break;
    case PAL_MF_BPR: train_bpr(t, r, s); break;
    case PAL_MF_LOGISTIC: train_logistic(t, r, s); break;
    }
}

static PAL_MF_INLINE bool is_plain(const pal_mf_task *t)
{
    return !t->rate.adadelta && t->people.features == NULL && t->items.features == NULL && !t->people.frozen
        && !t->items.frozen && t->people.own != NULL && t->items.own != NULL;
}

PAL_VECTOR static void train(pal_mf_task *t, const rooms *r)
{
    switch (is_plain(t) ? t->width : 0) {
    case 12: train_shape(t, r, (shape){ 12, true }); break;
    case 20: train_shape(t, r, (shape){ 20, true }); break;
    case 32: train_shape(t, r, (shape){ 32, true }); break;
    case 36: train_shape(t, r, (shape){ 36, true }); break;
    case 68: train_shape(t, r, (shape){ 68, true }); break;
    default: train_shape(t, r, (shape){ t->width, is_plain(t) }); break;
    }
}

void pal_mf_train(pal_mf_task *task, float scratch[PAL_MF_SCRATCH])
{
    const rooms r = { scratch, scratch + task->width, scratch + 2 * task->width, scratch + 3 * task->width,
                      scratch + 4 * task->width };

    train(task, &r);
}
