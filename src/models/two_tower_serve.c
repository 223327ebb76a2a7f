/* Scores, new people, similarities, files. */
#include "models/two_tower.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/mf_cosine.h"
#include "models/rec_arrays.h"
#include "models/rec_builtin.h"

#include <string.h>

#define STATE 4 /* words: seed and stream of the key, epoch, backend */

/* ---- people ----------------------------------------------------------------------------------------------- */

/* A person's vectors; *n of them, d each, in `vector` (interests x d). */
static pal_status vectors_of(float *vector, size_t *n, const pal_two_tower *m, const pal_rec_query *q,
                             pal_arena *scratch,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = m->config.d, most = m->config.interests;
    bool several = most > 1;
    pal_feed_person person;
    uint8_t n_tastes = 1;
    float *whole;
    uint32_t *recent;

    if (q->row != PAL_REC_NEW) {
        PAL_ASSERT(q->row < m->n_rows);
        *n = several ? m->n_tastes[q->row] : 1;
        memcpy(vector, several ? m->taste + q->row * most * d : m->whole + q->row * d, *n * d * sizeof *vector);
        return PAL_OK;
    }
    PAL_TAKE(recent, q->n, scratch);
    PAL_TAKE(whole, d, scratch);
    PAL_TRY(pal_neural_new_person(&person, recent, "two_tower", &m->tables, m->n_cols, q, m->config.last, err));
    PAL_TRY(pal_tower_people(several ? whole : vector, several ? vector : NULL, &n_tastes, m, &person, 1, err));
    *n = n_tastes;

done:
    return rc;
}

pal_status pal_tower_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = self;
    pal_arena_mark mark = pal_arena_here(scratch);
    float *vector, *room;
    size_t parts = 0;

    PAL_TAKE(vector, m->config.interests * m->config.d, scratch);
    PAL_TAKE(room, m->config.interests * m->n_cols, scratch);
    for (size_t q = 0; q < n; q++) {
        pal_arena_mark here = pal_arena_here(scratch);

        PAL_TRY(vectors_of(vector, &parts, m, &query[q], scratch, err));
        pal_tower_best(score + q * m->n_cols, m, vector, parts, room);
        pal_arena_rewind(scratch, here);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

const float *pal_tower_factors(const void *self, bool people, size_t *n, size_t *d)
{
    const pal_two_tower *m = self;

    *n = people ? m->n_rows : m->n_cols;
    *d = m->config.d;
    return people ? m->whole : m->vector;
}

pal_status pal_tower_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                             pal_error *err)
{
    size_t n, d;
    const float *factor = pal_tower_factors(self, people, &n, &d);

    (void)scratch;
    if (id >= n) {
        return pal_error_set(err, PAL_ERR_DATA, "two_tower: %s %u, but the model knows %zu",
                             people ? "person" : "item", id,
                             n);
    }
    pal_mf_cosines(score, factor, n, d, id);
    return PAL_OK;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

pal_status pal_tower_save(const void *self, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_two_tower *m = self;
    const uint64_t state[STATE] = { m->key.seed, m->key.stream, m->epoch, m->backend == PAL_OPENBLAS }, n = STATE;
    const uint64_t n_people = m->n_rows, n_items = m->n_cols;

    PAL_TRY(pal_rec_put_sizes(file, "shape", m->n_rows, m->n_cols, err));
    PAL_TRY(pal_rec_put_sizes(file, "features", m->tables.n_traits, m->tables.n_features, err));
    PAL_TRY(pal_tensors_put(file, "state", PAL_U64, 1, &n, state, err));
    PAL_TRY(pal_net_save(m->net, file, "net.", err));
    PAL_TRY(pal_neural_moments_copy(file, m->moments, err));
    PAL_TRY(pal_rec_put_floats(file, "items", m->vector, m->n_cols, m->config.d, err));
    PAL_TRY(pal_rec_put_floats(file, "biases", m->item_bias, m->n_cols, 0, err));
    PAL_TRY(pal_rec_put_floats(file, "people", m->whole, m->n_rows, m->config.d, err));
    if (m->taste != NULL) {
        PAL_TRY(pal_rec_put_floats(file, "tastes", m->taste, m->n_rows * m->config.interests, m->config.d, err));
        PAL_TRY(pal_tensors_put(file, "n_tastes", PAL_U8, 1, &n_people, m->n_tastes, err));
    }
    PAL_TRY(pal_tensors_put(file, "known", PAL_U8, 1, &n_items, m->known, err));
    if (m->content != NULL) PAL_TRY(pal_rec_put_csr(file, "content", m->content, err));

done:
    return rc;
}

static pal_status read_state(pal_two_tower *m, const pal_tensors *file, pal_error *err)
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
    m->tables.used = pal_tower_bags(m);

done:
    return rc;
}

static pal_status read_tastes(pal_two_tower *m, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = m->config.interests;
    const void *data;
    uint64_t n;

    if (most == 1) return PAL_OK;
    PAL_TRY(pal_rec_get_floats(&m->taste, file, "tastes", m->n_rows * most, m->config.d, err));
    PAL_TRY(pal_tensors_get(&data, &n, file, "n_tastes", PAL_U8, 1, err));
    if (n != m->n_rows) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'n_tastes' has %llu entries, wanted %zu", pal_tensors_file(file),
                 (unsigned long long)n, m->n_rows);
    }
    PAL_NEW(m->n_tastes, m->n_rows);
    memcpy(m->n_tastes, data, m->n_rows);
    for (size_t u = 0; u < m->n_rows; u++) {
        if (m->n_tastes[u] == 0 || m->n_tastes[u] > most) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array 'n_tastes', entry %zu: %u, wanted 1 to %zu", pal_tensors_file(file), u,
                     m->n_tastes[u], most);
        }
    }

done:
    return rc;
}

static pal_status read_model(pal_two_tower *m, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(read_state(m, file, err));
    PAL_TRY(pal_tower_build(m, m->n_rows, m->n_cols, m->key, err));
    PAL_TRY(pal_net_load(m->net, file, "net.", err));
    PAL_TRY(pal_tensors_new(&m->moments, err));
    PAL_TRY(pal_neural_moments_copy(m->moments, file, err));
    PAL_TRY(pal_rec_get_floats(&m->vector, file, "items", m->n_cols, m->config.d, err));
    PAL_TRY(pal_rec_get_floats(&m->item_bias, file, "biases", m->n_cols, 0, err));
    PAL_TRY(pal_rec_get_floats(&m->whole, file, "people", m->n_rows, m->config.d, err));
    PAL_TRY(read_tastes(m, file, err));
    PAL_TRY(pal_neural_read_known(&m->known, file, m->n_cols, err));
    if (m->tables.n_features > 0) PAL_TRY(pal_rec_get_csr(&m->content, file, "content", m->n_cols,
                                                          m->tables.n_features, err));

done:
    return rc;
}

pal_status pal_tower_load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *model = NULL;

    PAL_TRY(pal_rec_reopen(&model, &pal_rec_two_tower, file, err));
    PAL_TRY(read_model(model, file, err));
    *self = model;
    model = NULL;

done:
    pal_tower_free(model);
    return rc;
}

uint64_t pal_tower_digest(const void *self)
{
    const pal_two_tower *m = self;
    uint64_t digest = pal_hash_mix((uint64_t)m->n_rows, (uint64_t)m->n_cols);
    size_t d = m->config.d;

    if (m->net == NULL) return digest; /* not fitted */
    digest = pal_hash_mix(pal_hash_mix(digest, m->key.seed), pal_hash_mix(m->key.stream, m->epoch));
    digest = pal_hash_mix(digest, pal_net_digest(m->net));
    digest = pal_hash_mix(digest, pal_neural_moments_digest(m->moments));
    digest = pal_hash_mix(digest, pal_hash_floats(m->vector, m->n_cols * d));
    digest = pal_hash_mix(digest, pal_hash_floats(m->item_bias, m->n_cols));
    digest = pal_hash_mix(digest, pal_hash_floats(m->whole, m->n_rows * d));
    digest = pal_hash_mix(digest, pal_hash(m->known, m->n_cols));
    if (m->taste != NULL) {
        digest = pal_hash_mix(digest, pal_hash_floats(m->taste, m->n_rows * m->config.interests * d));
        digest = pal_hash_mix(digest, pal_hash(m->n_tastes, m->n_rows));
    }
    return m->content == NULL ? digest : pal_hash_mix(digest, pal_csr_digest(m->content));
}
