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
    bool plain; /* no side features, nothing frozen, no AdaDelta */
    pal_mf_schedule schedule;
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
    switch (s.schedule) {
    case PAL_MF_ADAGRAD: pal_mf_adagrad(row, other, side->mask, side->decay, scale, t->rate.rate, s.width); break;
    case PAL_MF_ADADELTA: pal_mf_adadelta(row, other, side->mask, side->decay, scale, &t->rate, s.width); break;
    case PAL_MF_ADAGRAD_ROWS: {
        const pal_mf_mover m = { row, side->mask, side->decay, scale, pal_mf_row_rate(row, &t->rate, s.width) };

        pal_mf_adagrad_row(&m, other, &t->rate, s.width);
        break;
    }
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

static PAL_MF_INLINE bool is_liked(const pal_mf_task *t, uint32_t person, uint32_t item)
{
    if (t->bit != NULL) return t->bit[person * t->bit_words + item / 64] >> item % 64 & 1;
    return pal_csr_find(t->liked, person, item) != SIZE_MAX;
}

/* The key of one pair's draws. */
static PAL_MF_INLINE uint64_t pair_key(const pal_mf_task *t, pal_mf_pair pair)
{
    return pal_mf_draw(t->key, (uint64_t)pair.person << 32 | pair.item);
}

/* Three rows of a comparison: who judges, of a person or an item; what is to be above, and what below it. */
typedef struct match {
    const pal_mf_side *by, *of;
    uint32_t judge, above, below;
} match;

static PAL_MF_INLINE pal_mf_mover mover(const pal_mf_side *side, uint32_t row, float scale)
{
    return (pal_mf_mover){ side->own + row * side->stride, side->mask, side->decay, scale, 0 };
}

static PAL_MF_INLINE void push_rows(const pal_mf_task *t, const match *m, float weight, shape s)
{
    pal_mf_mover judge = mover(m->by, m->judge, weight), above = mover(m->of, m->above, -weight);
    pal_mf_mover below = mover(m->of, m->below, weight);

    pal_mf_adagrad_rows(&judge, &above, &below, &t->rate, s.width);
}

/* Push one row above another by `weight`: d(score of below - score of above) of each row. */
static PAL_MF_INLINE void push_apart(pal_mf_task *t, const match *m, const float *judge, const float *above,
                                     const float *below, float weight, const rooms *r, shape s)
{
    if (s.plain && s.schedule == PAL_MF_ADAGRAD_ROWS) {
        push_rows(t, m, weight, s);
        return;
    }
    for (size_t i = 0; i < s.width; i++) {
        r->gap[i] = below[i] - above[i];
        r->held[i] = judge[i];
    }
    move(t, m->by, m->judge, r->gap, weight, s);
    move(t, m->of, m->above, r->held, -weight, s);
    move(t, m->of, m->below, r->held, weight, s);
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
                const match m = { &t->people, &t->items, pair.person, pair.item, other };

                weight = t->rank_weight[try] * strength(t, pair);
                push_apart(t, &m, person, liked, below, weight, r, s);
                t->loss_sum += (double)weight * (double)(score - edge);
                break;
            }
        }
    }
    t->n_steps += t->n_pairs;
}

/* ---- BPR -------------------------------------------------------------------------------------------------- */

/* BPR draws until it meets a row that is not liked; a pair whose judge likes all there is to draw is passed over. */
#define BPR_DRAWS 100
#define BPR_AHEAD 64 /* pairs whose draws are made at once: none waits for another */
#define BPR_TOGETHER 16 /* pairs whose weights are; at most BPR_AHEAD */
#define NO_ONE UINT32_MAX

/* b where `which` is 1, a where it is 0: no branch, no table. */
static PAL_MF_INLINE uint32_t either_of(uint32_t a, uint32_t b, uint32_t which)
{
    return a ^ ((a ^ b) & (0 - which));
}

/* What BPR knows of the pairs it looks at together. A draw's top half picks the row, its lowest bit the side. */
typedef struct draws {
    uint64_t key[BPR_AHEAD], bits[BPR_AHEAD]; /* of a pair; of its last draw      */
    uint32_t of_people[BPR_AHEAD];            /* 1: the row is a person, 0: an item */
    uint32_t other[BPR_AHEAD];                /* the row                          */
    uint32_t left[BPR_AHEAD];                 /* pairs that must draw (again)     */
} draws;

/* The rows that the first n of `left` have drawn. */
static PAL_MF_INLINE void name_others(draws *d, const pal_mf_task *t, size_t n)
{
    if (t->popular) {
        for (size_t i = 0; i < n; i++) {
            uint32_t p = d->left[i];

            d->other[p] = d->of_people[p] ? t->met[pal_mf_below(d->bits[p], t->n_met)].person
                                          : t->drawn[pal_mf_below(d->bits[p], t->n_drawn)].item;
        }
    } else {
        const uint32_t *const list[2] = { t->item, t->person };
        const uint32_t size[2] = { (uint32_t)t->n_items, (uint32_t)t->n_people };

        for (size_t i = 0; i < n; i++) {
            uint32_t p = d->left[i], of_people = d->of_people[p];

            d->other[p] = list[of_people][pal_mf_below(d->bits[p], size[of_people])];
        }
    }
}

/* Those of the first n of `left` whose rows like each other: how many. */
static PAL_MF_INLINE size_t keep_liked(draws *d, const pal_mf_task *t, const pal_mf_pair *pair, size_t n)
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t p = d->left[i], of_people = d->of_people[p];

        d->left[n_left] = p;
        n_left += is_liked(t, either_of(pair[p].person, d->other[p], of_people),
                           either_of(d->other[p], pair[p].item, of_people));
    }
    return n_left;
}

/* The other row of each of n pairs. Pairs that met a row they like draw again, all that are left at once: if each drew
 * on before the next began, it would have to be guessed how often it does. */
static PAL_MF_INLINE void draw_others(draws *d, const pal_mf_task *t, const pal_mf_pair *pair, size_t n)
{
    const uint32_t either = t->pairs == PAL_MF_PAIR_BOTH, people = t->pairs == PAL_MF_PAIR_PEOPLE;
    size_t n_left = n;

    for (size_t p = 0; p < n; p++) {
        d->key[p] = pair_key(t, pair[p]);
        d->bits[p] = pal_mf_draw(d->key[p], 1);
        d->of_people[p] = people | (either & (uint32_t)d->bits[p]);
        d->left[p] = (uint32_t)p;
    }
    for (uint64_t try = 1; n_left > 0; try++) {
        name_others(d, t, n_left);
        n_left = keep_liked(d, t, pair, n_left);
        if (try == BPR_DRAWS) break;
        for (size_t i = 0; i < n_left; i++) d->bits[d->left[i]] = pal_mf_draw(d->key[d->left[i]], try + 1);
    }
    for (size_t i = 0; i < n_left; i++) d->other[d->left[i]] = NO_ONE;
}

static PAL_MF_INLINE match match_of(const pal_mf_task *t, pal_mf_pair pair, uint32_t of_people, uint32_t other)
{
    const pal_mf_side *const side[2] = { &t->people, &t->items };

    return (match){ side[of_people], side[1 - of_people], either_of(pair.person, pair.item, of_people),
                    either_of(pair.item, pair.person, of_people), other };
}

static PAL_MF_INLINE float gap_of(const match *m, const rooms *r, shape s)
{
    const float *judge = represent(r->person, m->by, m->judge, s);
    const float *above = represent(r->liked, m->of, m->above, s);
    const float *below = represent(r->other, m->of, m->below, s);

    return pal_mf_dot_gap(judge, below, above, s.width);
}

/* Train on n pairs, whose weights all come from the rows before the first of them moves. */
static PAL_MF_INLINE void compare(pal_mf_task *t, const pal_mf_pair *pair, const match *m, size_t n, const rooms *r,
                                  shape s)
{
    float weight[BPR_TOGETHER];

    for (size_t p = 0; p < n; p++) weight[p] = gap_of(&m[p], r, s);
    for (size_t p = 0; t->measure && p < n; p++) t->loss_sum += pal_softplus((double)weight[p]);
    t->n_steps += n;
    pal_sigmoidf_array(weight, weight, n);
    for (size_t p = 0; p < n; p++) {
        const float *judge = represent(r->person, m[p].by, m[p].judge, s);
        const float *above = represent(r->liked, m[p].of, m[p].above, s);
        const float *below = represent(r->other, m[p].of, m[p].below, s);

        push_apart(t, &m[p], judge, above, below, weight[p] * strength(t, pair[p]), r, s);
    }
}

static PAL_MF_INLINE void train_bpr(pal_mf_task *t, const rooms *r, shape s)
{
    match m[BPR_TOGETHER];
    pal_mf_pair held[BPR_TOGETHER];
    draws d;

    for (size_t first = 0; first < t->n_pairs; first += BPR_AHEAD) {
        const pal_mf_pair *pair = t->pair + first;
        size_t n = t->n_pairs - first < BPR_AHEAD ? t->n_pairs - first : BPR_AHEAD, n_held = 0;

        draw_others(&d, t, pair, n);
        for (size_t p = 0; p < n; p++) {
            held[n_held] = pair[p];
            m[n_held] = match_of(t, pair[p], d.of_people[p], d.other[p]);
            n_held += d.other[p] != NO_ONE;
            if (n_held == BPR_TOGETHER || p == n - 1) {
                compare(t, held, m, n_held, r, s);
                n_held = 0;
            }
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
    return t->rate.schedule != PAL_MF_ADADELTA && t->people.features == NULL && t->items.features == NULL
        && !t->people.frozen && !t->items.frozen && t->people.own != NULL && t->items.own != NULL;
}

static PAL_MF_INLINE void train_width(pal_mf_task *t, const rooms *r, pal_mf_schedule schedule)
{
    switch (is_plain(t) ? t->width : 0) {
    case 12: train_shape(t, r, (shape){ 12, true, schedule }); break;
    case 20: train_shape(t, r, (shape){ 20, true, schedule }); break;
    case 32: train_shape(t, r, (shape){ 32, true, schedule }); break;
    case 36: train_shape(t, r, (shape){ 36, true, schedule }); break;
    case 68: train_shape(t, r, (shape){ 68, true, schedule }); break;
    default: train_shape(t, r, (shape){ t->width, is_plain(t), schedule }); break;
    }
}

/* AdaDelta has no loops by width. */
PAL_VECTOR static void train_by_lane(pal_mf_task *t, const rooms *r)
{
    if (t->rate.schedule == PAL_MF_ADAGRAD) {
        train_width(t, r, PAL_MF_ADAGRAD);
    } else {
        train_shape(t, r, (shape){ t->width, false, PAL_MF_ADADELTA });
    }
}

PAL_VECTOR static void train_by_row(pal_mf_task *t, const rooms *r)
{
    train_width(t, r, PAL_MF_ADAGRAD_ROWS);
}

void pal_mf_train(pal_mf_task *task, float scratch[PAL_MF_SCRATCH])
{
    const rooms r = { scratch, scratch + task->width, scratch + 2 * task->width, scratch + 3 * task->width,
                      scratch + 4 * task->width };

    if (task->rate.schedule == PAL_MF_ADAGRAD_ROWS) {
        train_by_row(task, &r);
    } else {
        train_by_lane(task, &r);
    }
}
