/* The blended answer, similarities, files. */
#include "models/hybrid.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/mf_cosine.h"
#include "models/rec_arrays.h"
#include "models/rec_builtin.h"

#include <math.h>
#include <string.h>

#define STATE 4 /* words: seed and stream of the key, epoch, backend */

/* ---- scores ----------------------------------------------------------------------------------------------- */

pal_blend pal_hybrid_weights(const pal_hybrid *m, const pal_hybrid_person *person)
{
    const pal_hybrid_config *c = &m->config;
    double people = m->demographic.of_level == NULL ? 0
        : pal_demographic_people(&m->demographic, person->trait, person->trait_value, person->n_traits);

    switch (c->predictor) {
    case PAL_HYBRID_BLEND:
        return pal_blend_weights(person->interactions, c->model_trust, people, c->demographic_trust);
    case PAL_HYBRID_MODEL:
        return (pal_blend){ .model = 1 };
    case PAL_HYBRID_DEMOGRAPHIC:
        return people > 0 ? (pal_blend){ .demographic = 1 } : (pal_blend){ .popularity = 1 };
    default:
        return (pal_blend){ .popularity = 1 };
    }
}

/* A person of the training data, or a new one: p and p_hidden are room for the latter. */
static pal_status find_person(pal_hybrid_person *out, float *p, float *p_hidden, const pal_hybrid *m,
                              const pal_rec_query *q, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_feed_person told;
    uint32_t *recent;

    if (q->row != PAL_REC_NEW) {
        PAL_ASSERT(q->row < m->n_rows);
        *out = (pal_hybrid_person){ .p = m->p + q->row * m->config.d,
                                    .p_hidden = m->p_hidden + q->row * m->config.hidden,
                                    .interactions = (double)m->known_by[q->row] };
        if (m->traits != NULL) {
            out->n_traits = pal_csr_count(m->traits, q->row);
            out->trait = m->traits->col + m->traits->begin[q->row];
            out->trait_value = m->traits->value + m->traits->begin[q->row];
        }
        return PAL_OK;
    }
    PAL_TAKE(recent, q->n, scratch);
    PAL_TRY(pal_neural_new_person(&told, recent, "hybrid", &m->tables, m->n_cols, q, m->config.last, err));
    PAL_TRY(pal_hybrid_people(p, p_hidden, m, &told, 1, err));
    *out = (pal_hybrid_person){ p, p_hidden, (double)q->n, told.n_traits, told.trait, told.trait_value };

done:
    return rc;
}

/* share is 3 x n_items: the answer, and two to mix. */
static pal_status answer(float *score, const pal_hybrid *m, const pal_hybrid_person *person, float *room, double *share,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_blend w = pal_hybrid_weights(m, person);
    size_t n = m->n_cols;

    if (w.model > 0) {
        pal_hybrid_logits(score, m, person->p, person->p_hidden, room);
        if (w.demographic + w.popularity <= 0) return PAL_OK; /* log-odds as they are: shares could round to nothing */
        pal_blend_softmax(share + n, score, n);
    }
    if (w.demographic > 0) {
        PAL_TRY(pal_demographic_shares(share + 2 * n, &m->demographic, m->popular, n, person->trait,
                                       person->trait_value,
                                       person->n_traits, err));
    }
    pal_blend_shares(share, &w, share + n, share + 2 * n, m->popular, n);
    for (size_t i = 0; i < n; i++) score[i] = (float)(share[i] * (double)n);

done:
    return rc;
}

pal_status pal_hybrid_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid *m = self;
    pal_arena_mark mark = pal_arena_here(scratch);
    float *p, *p_hidden, *room;
    double *share;

    PAL_TAKE(p, m->config.d, scratch);
    PAL_TAKE(p_hidden, m->config.hidden + 1, scratch);
    PAL_TAKE(room, pal_hybrid_room(m), scratch);
    PAL_TAKE(share, 3 * m->n_cols, scratch);
    for (size_t q = 0; q < n; q++) {
        pal_arena_mark here = pal_arena_here(scratch);
        pal_hybrid_person person;

        PAL_TRY(find_person(&person, p, p_hidden, m, &query[q], scratch, err));
        PAL_TRY(answer(score + q * m->n_cols, m, &person, room, share, err));
        pal_arena_rewind(scratch, here);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

const float *pal_hybrid_factors(const void *self, bool people, size_t *n, size_t *d)
{
    const pal_hybrid *m = self;

    *n = people ? m->n_rows : m->n_cols;
    *d = m->config.d;
    return people ? m->p : m->q;
}

pal_status pal_hybrid_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                              pal_error *err)
{
    size_t n, d;
    const float *factor = pal_hybrid_factors(self, people, &n, &d);

    (void)scratch;
    if (id >= n) {
        return pal_error_set(err, PAL_ERR_DATA, "hybrid: %s %u, but the model knows %zu", people ? "person" : "item",
                             id, n);
    }
    pal_mf_cosines(score, factor, n, d, id);
    return PAL_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

pal_status pal_hybrid_save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid *m = self;
    const uint64_t state[STATE] = { m->key.seed, m->key.stream, m->epoch, m->backend == PAL_OPENBLAS }, n = STATE;
    const uint64_t n_people = m->n_rows, n_items = m->n_cols;
    size_t d = m->config.d, hidden = m->config.hidden;

    PAL_TRY(pal_rec_put_sizes(file, "shape", m->n_rows, m->n_cols, err));
    PAL_TRY(pal_rec_put_sizes(file, "features", m->tables.n_traits, m->tables.n_features, err));
    PAL_TRY(pal_tensors_put(file, "state", PAL_U64, 1, &n, state, err));
    PAL_TRY(pal_net_save(m->net, file, "net.", err));
    PAL_TRY(pal_neural_moments_copy(file, m->moments, err));
    PAL_TRY(pal_rec_put_floats(file, "people", m->p, m->n_rows, d, err));
    PAL_TRY(pal_rec_put_floats(file, "people_hidden", m->p_hidden, m->n_rows * hidden, 0, err));
    PAL_TRY(pal_rec_put_floats(file, "items", m->q, m->n_cols, d, err));
    PAL_TRY(pal_rec_put_floats(file, "items_hidden", m->q_hidden, m->n_cols * hidden, 0, err));
    PAL_TRY(pal_rec_put_floats(file, "biases", m->item_bias, m->n_cols, 0, err));
    PAL_TRY(pal_tensors_put(file, "known_by", PAL_U32, 1, &n_people, m->known_by, err));
    PAL_TRY(pal_tensors_put(file, "popular", PAL_F64, 1, &n_items, m->popular, err));
    PAL_TRY(pal_tensors_put(file, "known", PAL_U8, 1, &n_items, m->known, err));
    if (m->content != NULL) PAL_TRY(pal_rec_put_csr(file, "content", m->content, err));
    if (m->traits != NULL) {
        PAL_TRY(pal_rec_put_csr(file, "traits", m->traits, err));
        PAL_TRY(pal_demographic_save(&m->demographic, file, err));
    }

done:
    return rc;
}

static pal_status read_state(pal_hybrid *m, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    uint64_t state[STATE], n;

    PAL_TRY(pal_rec_get_sizes(&m->n_rows, &m->n_cols, file, "shape", err));
    PAL_TRY(pal_rec_get_sizes(&m->tables.n_traits, &m->tables.n_features, file, "features", err));
    PAL_TRY(pal_tensors_get(&data, &n, file, "state", PAL_U64, 1, err));
    if (n != STATE) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'state' has %llu entries, wanted %d", pal_tensors_file(file),
                 (unsigned long long)n, STATE);
    }
    memcpy(state, data, sizeof state);
    m->key = (pal_key){ state[0], state[1] };
    m->epoch = state[2];
    m->backend = state[3] != 0 ? PAL_OPENBLAS : PAL_PORTABLE;
    m->tables.used = pal_hybrid_bags(m);

done:
    return rc;
}

/* The counts of people and the shares of items. */
static pal_status read_plain(pal_hybrid *m, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *known_by, *popular;
    uint64_t n_people, n_items;

    PAL_TRY(pal_tensors_get(&known_by, &n_people, file, "known_by", PAL_U32, 1, err));
    PAL_TRY(pal_tensors_get(&popular, &n_items, file, "popular", PAL_F64, 1, err));
    if (n_people != m->n_rows || n_items != m->n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "%s: arrays 'known_by' and 'popular' have %llu and %llu entries, wanted %zu and %zu",
                 pal_tensors_file(file), (unsigned long long)n_people, (unsigned long long)n_items, m->n_rows,
                     m->n_cols);
    }
    PAL_NEW(m->known_by, m->n_rows);
    PAL_NEW(m->popular, m->n_cols);
    memcpy(m->known_by, known_by, m->n_rows * sizeof *m->known_by);
    memcpy(m->popular, popular, m->n_cols * sizeof *m->popular);
    for (size_t i = 0; i < m->n_cols; i++) {
        if (!isfinite(m->popular[i])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array 'popular' holds a value that is not finite", pal_tensors_file(file));
        }
    }

done:
    return rc;
}

static pal_status read_model(pal_hybrid *m, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid_config *c = &m->config;

    PAL_TRY(read_state(m, file, err));
    PAL_TRY(pal_hybrid_build(m, m->n_rows, m->n_cols, m->key, err));
    PAL_TRY(pal_net_load(m->net, file, "net.", err));
    PAL_TRY(pal_tensors_new(&m->moments, err));
    PAL_TRY(pal_neural_moments_copy(m->moments, file, err));
    PAL_TRY(pal_rec_get_floats(&m->p, file, "people", m->n_rows, c->d, err));
    PAL_TRY(pal_rec_get_floats(&m->p_hidden, file, "people_hidden", m->n_rows * c->hidden, 0, err));
    PAL_TRY(pal_rec_get_floats(&m->q, file, "items", m->n_cols, c->d, err));
    PAL_TRY(pal_rec_get_floats(&m->q_hidden, file, "items_hidden", m->n_cols * c->hidden, 0, err));
    PAL_TRY(pal_rec_get_floats(&m->item_bias, file, "biases", m->n_cols, 0, err));
    PAL_TRY(read_plain(m, file, err));
    PAL_TRY(pal_neural_read_known(&m->known, file, m->n_cols, err));
    if (c->content && m->tables.n_features > 0) {
        PAL_TRY(pal_rec_get_csr(&m->content, file, "content", m->n_cols, m->tables.n_features, err));
    }
    if (c->demographics && m->tables.n_traits > 0) {
        PAL_TRY(pal_rec_get_csr(&m->traits, file, "traits", m->n_rows, m->tables.n_traits, err));
        PAL_TRY(pal_demographic_load(&m->demographic, file, m->tables.n_traits, c->bins, c->prior, m->n_cols, err));
    }

done:
    return rc;
}

pal_status pal_hybrid_load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *model = NULL;

    PAL_TRY(pal_rec_reopen(&model, &pal_rec_hybrid, file, err));
    PAL_TRY(read_model(model, file, err));
    *self = model;
    model = NULL;

done:
    pal_hybrid_free(model);
    return rc;
}

uint64_t pal_hybrid_digest(const void *self)
{
    const pal_hybrid *m = self;
    uint64_t digest = pal_hash_mix((uint64_t)m->n_rows, (uint64_t)m->n_cols);

    if (m->net == NULL) return digest; /* not fitted */
    digest = pal_hash_mix(pal_hash_mix(digest, m->key.seed), pal_hash_mix(m->key.stream, m->epoch));
    digest = pal_hash_mix(digest, pal_net_digest(m->net));
    digest = pal_hash_mix(digest, pal_neural_moments_digest(m->moments));
    digest = pal_hash_mix(digest, pal_hash_floats(m->p, m->n_rows * m->config.d));
    digest = pal_hash_mix(digest, pal_hash_floats(m->q, m->n_cols * m->config.d));
    digest = pal_hash_mix(digest, pal_hash(m->known_by, m->n_rows * sizeof *m->known_by));
    digest = pal_hash_mix(digest, pal_hash_doubles(m->popular, m->n_cols));
    digest = pal_hash_mix(digest, pal_hash(m->known, m->n_cols));
    if (m->content != NULL) digest = pal_hash_mix(digest, pal_csr_digest(m->content));
    if (m->traits != NULL) digest = pal_hash_mix(digest, pal_csr_digest(m->traits));
    return pal_hash_mix(digest, pal_demographic_digest(&m->demographic));
}
