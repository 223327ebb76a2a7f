/* Counting by level and by cell, and shares out of the counts. */
#include "models/demographic.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rec_arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- levels and cells ------------------------------------------------------------------------------------- */

static size_t level_of(const pal_demographic *m, uint32_t feature, float value)
{
    double at = m->is_number[feature] ? floor((double)value * (double)m->bins) : 0;

    if (!(at > 0)) at = 0;
    if (at > (double)(m->bins - 1)) at = (double)(m->bins - 1);
    return feature * m->bins + (size_t)at;
}

/* Digest of the levels, in the order of the features. */
static uint64_t cell_of(const pal_demographic *m, const uint32_t *feature, const float *value, size_t n)
{
    uint64_t digest = 0;

    for (size_t f = 0; f < n; f++) {
        if (feature[f] < m->n_features) digest = pal_hash_mix(digest, (uint64_t)level_of(m, feature[f], value[f]));
    }
    return digest;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static size_t find_cell(const pal_demographic *m, uint64_t digest)
{
    const uint64_t *at = m->n_cells == 0 ? NULL : bsearch(&digest, m->cell, m->n_cells, sizeof digest, ascending);

    return at == NULL ? SIZE_MAX : (size_t)(at - m->cell);
}

/* ---- fitting ---------------------------------------------------------------------------------------------- */

static pal_status list_cells(pal_demographic *m, uint64_t *of_person, const pal_csr *features, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;

    for (size_t u = 0; u < features->n_rows; u++) {
        size_t at = features->begin[u];

        of_person[u] = cell_of(m, features->col + at, features->value + at, pal_csr_count(features, u));
    }
    PAL_NEW(m->cell, features->n_rows);
    memcpy(m->cell, of_person, features->n_rows * sizeof *m->cell);
    qsort(m->cell, features->n_rows, sizeof *m->cell, ascending);
    for (size_t i = 0; i < features->n_rows; i++) {
        if (n == 0 || m->cell[n - 1] != m->cell[i]) m->cell[n++] = m->cell[i];
    }
    m->n_cells = n;

done:
    return rc;
}

/* One cell a (level, item) or (cell, item) of every interaction; pal_csr_new adds them up. */
static pal_status count(pal_demographic *m, const pal_csr *rows, const pal_csr *features, const uint64_t *of_person,
                        pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *by_level = NULL, *by_cell = NULL;
    size_t n_level = 0, n_cell = 0, most = 0;

    for (size_t u = 0; u < rows->n_rows; u++) most += pal_csr_count(rows, u) * pal_csr_count(features, u);
    PAL_NEW(by_level, most);
    PAL_NEW(by_cell, rows->n);
    for (size_t u = 0; u < rows->n_rows; u++) {
        size_t cell = find_cell(m, of_person[u]);

        for (size_t f = features->begin[u]; f < features->begin[u + 1]; f++) {
            size_t level = level_of(m, features->col[f], features->value[f]);

            m->people[level]++;
            for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
                by_level[n_level++] = (pal_csr_cell){ (uint32_t)level, rows->col[c], 1 };
            }
        }
        for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
            by_cell[n_cell++] = (pal_csr_cell){ (uint32_t)cell, rows->col[c], 1 };
        }
    }
    PAL_TRY(pal_csr_new(&m->of_level, m->n_features * m->bins, rows->n_cols, by_level, n_level, PAL_TWICE_SUM, err));
    PAL_TRY(pal_csr_new(&m->of_cell, m->n_cells, rows->n_cols, by_cell, n_cell, PAL_TWICE_SUM, err));

done:
    pal_free(by_level);
    pal_free(by_cell);
    return rc;
}

pal_status pal_demographic_fit(pal_demographic *m, const pal_csr *rows, const pal_csr *features, size_t bins,
                               double prior, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t *of_person = NULL;

    *m = (pal_demographic){ .n_features = features->n_cols, .bins = bins, .prior = prior };
    PAL_ASSERT(bins > 0 && features->n_rows == rows->n_rows);
    PAL_NEW(m->is_number, features->n_cols);
    PAL_NEW(m->people, features->n_cols * bins);
    PAL_NEW(of_person, rows->n_rows);
    for (size_t c = 0; c < features->n; c++) {
        if (features->value[c] < 1 || features->value[c] > 1) m->is_number[features->col[c]] = 1;
    }
    PAL_TRY(list_cells(m, of_person, features, err));
    PAL_TRY(count(m, rows, features, of_person, err));

done:
    pal_free(of_person);
    return rc;
}

void pal_demographic_clear(pal_demographic *m)
{
    pal_free(m->is_number);
    pal_free(m->cell);
    pal_free(m->people);
    pal_csr_free(m->of_level);
    pal_csr_free(m->of_cell);
    *m = (pal_demographic){ 0 };
}

/* ---- serving ---------------------------------------------------------------------------------------------- */

double pal_demographic_people(const pal_demographic *m, const uint32_t *feature, const float *value, size_t n)
{
    double people = 0;
    size_t known = 0;

    for (size_t f = 0; f < n; f++) {
        if (feature[f] >= m->n_features) continue;
        people += (double)m->people[level_of(m, feature[f], value[f])];
        known++;
    }
    return known > 0 ? people / (double)known : 0;
}

static double row_sum(const pal_csr *counts, size_t row)
{
    double sum = 0;

    for (size_t c = counts->begin[row]; c < counts->begin[row + 1]; c++) sum += (double)counts->value[c];
    return sum;
}

/* share += times (counts of the row + prior parent) / (their sum + prior) */
static void add_smoothed(double *share, const pal_csr *counts, size_t row, const double *parent, size_t n_items,
                         double prior, double times)
{
    double all = row_sum(counts, row) + prior;

    if (!(all > 0)) { /* nobody, and no prior: the parent itself */
        for (size_t i = 0; i < n_items; i++) share[i] += times * parent[i];
        return;
    }
    for (size_t i = 0; i < n_items; i++) share[i] += times * (prior * parent[i] / all);
    for (size_t c = counts->begin[row]; c < counts->begin[row + 1]; c++) {
        share[counts->col[c]] += times * ((double)counts->value[c] / all);
    }
}

pal_status pal_demographic_shares(double *share, const pal_demographic *m, const double *popular, size_t n_items,
                                  const uint32_t *feature, const float *value, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *parent = NULL;
    size_t known = 0, cell;

    for (size_t f = 0; f < n; f++) known += feature[f] < m->n_features;
    if (known == 0) {
        memcpy(share, popular, n_items * sizeof *share);
        return PAL_OK;
    }
    PAL_NEW(parent, n_items);
    for (size_t f = 0; f < n; f++) {
        if (feature[f] >= m->n_features) continue;
        add_smoothed(parent, m->of_level, level_of(m, feature[f], value[f]), popular, n_items, m->prior,
                     1 / (double)known);
    }
    cell = find_cell(m, cell_of(m, feature, value, n));
    if (cell == SIZE_MAX) {
        memcpy(share, parent, n_items * sizeof *share);
    } else {
        memset(share, 0, n_items * sizeof *share);
        add_smoothed(share, m->of_cell, cell, parent, n_items, m->prior, 1);
    }

done:
    pal_free(parent);
    return rc;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

pal_status pal_demographic_save(const pal_demographic *m, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint64_t n_features = m->n_features, n_cells = m->n_cells, n_levels = m->n_features * m->bins;

    PAL_TRY(pal_tensors_put(file, "demographic.is_number", PAL_U8, 1, &n_features, m->is_number, err));
    PAL_TRY(pal_tensors_put(file, "demographic.cell", PAL_U64, 1, &n_cells, m->cell, err));
    PAL_TRY(pal_tensors_put(file, "demographic.people", PAL_U32, 1, &n_levels, m->people, err));
    PAL_TRY(pal_rec_put_csr(file, "demographic.of_level", m->of_level, err));
    PAL_TRY(pal_rec_put_csr(file, "demographic.of_cell", m->of_cell, err));

done:
    return rc;
}

/* n values of `size` bytes each, or as many as there are when n is SIZE_MAX. */
static pal_status read_array(void **out, size_t *n, const pal_tensors *file, const char *name, pal_dtype type,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    uint64_t found;

    PAL_TRY(pal_tensors_get(&data, &found, file, name, type, 1, err));
    if (*n != SIZE_MAX && found != *n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array '%s' has %llu entries, wanted %zu", pal_tensors_file(file), name,
                 (unsigned long long)found, *n);
    }
    *n = (size_t)found;
    *out = pal_calloc(*n, pal_dtype_size(type));
    if (*out == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: array '%s'", name);
    if (*n > 0) memcpy(*out, data, *n * pal_dtype_size(type));

done:
    return rc;
}

pal_status pal_demographic_load(pal_demographic *m, const pal_tensors *file, size_t n_features, size_t bins,
                                double prior, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_levels = n_features * bins, n_cells = SIZE_MAX;
    void *is_number = NULL, *cell = NULL, *people = NULL;

    *m = (pal_demographic){ .n_features = n_features, .bins = bins, .prior = prior };
    PAL_TRY(read_array(&is_number, &n_features, file, "demographic.is_number", PAL_U8, err));
    m->is_number = is_number;
    PAL_TRY(read_array(&cell, &n_cells, file, "demographic.cell", PAL_U64, err));
    m->cell = cell;
    m->n_cells = n_cells;
    PAL_TRY(read_array(&people, &n_levels, file, "demographic.people", PAL_U32, err));
    m->people = people;
    for (size_t c = 1; c < n_cells; c++) {
        if (m->cell[c] <= m->cell[c - 1]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array 'demographic.cell' does not ascend at entry %zu", pal_tensors_file(file),
                     c);
        }
    }
    PAL_TRY(pal_rec_get_csr(&m->of_level, file, "demographic.of_level", n_levels, n_items, err));
    PAL_TRY(pal_rec_get_csr(&m->of_cell, file, "demographic.of_cell", n_cells, n_items, err));

done:
    return rc;
}

uint64_t pal_demographic_digest(const pal_demographic *m)
{
    uint64_t digest = pal_hash_mix((uint64_t)m->n_features, (uint64_t)m->n_cells);

    if (m->of_level == NULL) return digest; /* not fitted */
    digest = pal_hash_mix(digest, pal_hash(m->is_number, m->n_features));
    digest = pal_hash_mix(digest, pal_hash(m->cell, m->n_cells * sizeof *m->cell));
    digest = pal_hash_mix(digest, pal_hash(m->people, m->n_features * m->bins * sizeof *m->people));
    return pal_hash_mix(digest, pal_hash_mix(pal_csr_digest(m->of_level), pal_csr_digest(m->of_cell)));
}
