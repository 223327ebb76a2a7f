/* Matrices of the parts of a split. */
#include "lab/eval_view.h"

#include "core/mem.h"
#include "metrics/diversity.h"

#include <string.h>

/* Parts with `also` taken as `as`. */
static pal_status matrix_of(pal_csr **out, int64_t **time, const pal_interactions *log, const pal_split *split,
                            pal_part want, const bool also[5], pal_error *err)
{
    pal_status rc = PAL_OK;
    uint8_t *part = NULL;

    PAL_NEW(part, split->n);
    for (size_t i = 0; i < split->n; i++) part[i] = also[split->part[i]] ? (uint8_t)want : (uint8_t)PAL_PART_NONE;
    PAL_TRY(pal_interactions_matrix(out, time, log, part, want, err));

done:
    pal_free(part);
    return rc;
}

static pal_status count_items(pal_eval_view *v, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_items = v->fit->n_cols;

    PAL_NEW(v->count, n_items);
    PAL_NEW(v->share, n_items);
    PAL_NEW(v->seen, n_items);
    for (size_t i = 0; i < n_items; i++) {
        v->count[i] = (uint32_t)pal_csr_count(v->fit_cols, i);
        if (v->count[i] > 0) v->seen[v->n_seen++] = (uint32_t)i;
    }
    pal_item_shares(v->share, v->count, n_items);
    PAL_TRY(pal_topn_popularity_groups(&v->popularity, v->count, n_items, err));
    PAL_NEW(v->length, n_items);
    if (v->likeness != NULL) pal_topn_lengths(v->length, v->likeness);

done:
    return rc;
}

pal_status pal_eval_view_make(pal_eval_view *v, const pal_interactions *log, const pal_split *split, bool search,
                              const pal_eval_config *c, const pal_csr *genres, pal_error *err)
{
    pal_status rc = PAL_OK;
    const bool fit[5] = { [PAL_PART_TRAIN] = true, [PAL_PART_VALID] = !search };
    const bool own[5] = { [PAL_PART_TRAIN] = true, [PAL_PART_VALID] = !search, [PAL_PART_KNOWN] = true };
    const bool wanted[5] = { [PAL_PART_VALID] = search, [PAL_PART_TEST] = !search };

    *v = (pal_eval_view){ .genres = genres };
    PAL_TRY(matrix_of(&v->fit, &v->fit_time, log, split, PAL_PART_TRAIN, fit, err));
    PAL_TRY(matrix_of(&v->own, &v->own_time, log, split, PAL_PART_TRAIN, own, err));
    PAL_TRY(matrix_of(&v->wanted, NULL, log, split, PAL_PART_TEST, wanted, err));
    PAL_TRY(pal_csr_transpose(&v->fit_cols, v->fit, err));
    PAL_NEW(v->person, log->n_users);
    for (size_t u = 0; u < log->n_users; u++) {
        if (pal_csr_count(v->wanted, u) > 0) v->person[v->n_people++] = (uint32_t)u;
    }
    if (v->n_people == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: split: nobody has an item in the %s part", c->file, search ? "validation" : "test");
    }
    if (strcmp(pal_values_text(c->metrics, "diversity"), "none") != 0) {
        v->likeness = pal_eval_by_features(log, c) ? log->item_side->cell : v->fit_cols;
    }
    PAL_TRY(count_items(v, err));

done:
    return rc;
}

void pal_eval_view_clear(pal_eval_view *v)
{
    pal_csr_free(v->fit);
    pal_csr_free(v->fit_cols);
    pal_csr_free(v->own);
    pal_csr_free(v->wanted);
    pal_csr_free(v->popularity);
    pal_free(v->fit_time);
    pal_free(v->own_time);
    pal_free(v->person);
    pal_free(v->count);
    pal_free(v->seen);
    pal_free(v->share);
    pal_free(v->length);
    *v = (pal_eval_view){ 0 };
}

bool pal_eval_by_features(const pal_interactions *log, const pal_eval_config *c)
{
    const char *way = pal_values_text(c->metrics, "diversity");

    return log->item_side != NULL && log->item_side->cell->n > 0 &&
           (strcmp(way, "features") == 0 || strcmp(way, "auto") == 0);
}

pal_status pal_eval_genres(pal_csr **out, const pal_interactions *log, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_side *side = log->item_side;
    pal_csr_cell *cell = NULL;
    uint32_t *place = NULL, n_genres = 0;
    size_t n = 0;

    *out = NULL;
    if (side == NULL || prefix[0] == '\0') return PAL_OK;
    PAL_NEW(place, side->n_features);
    PAL_NEW(cell, side->cell->n);
    for (size_t f = 0; f < side->n_features; f++) {
        place[f] = strncmp(side->name[f], prefix, strlen(prefix)) == 0 ? n_genres++ : UINT32_MAX;
    }
    for (size_t i = 0; i < side->cell->n_rows; i++) {
        for (size_t j = side->cell->begin[i]; j < side->cell->begin[i + 1]; j++) {
            uint32_t genre = place[side->cell->col[j]];

            if (genre != UINT32_MAX && side->cell->value[j] > 0) cell[n++] = (pal_csr_cell){ (uint32_t)i, genre, 1 };
        }
    }
    if (n > 0) PAL_TRY(pal_csr_new(out, log->n_items, n_genres, cell, n, PAL_TWICE_LAST, err));

done:
    pal_free(place);
    pal_free(cell);
    return rc;
}

pal_topn_context pal_eval_context(const pal_eval_view *v, const pal_eval_config *c)
{
    return (pal_topn_context){ .n_items = v->fit->n_cols, .n_k = c->n_k, .k = c->k, .share = v->share,
                               .likeness = v->likeness, .length = v->length, .popularity = v->popularity,
                               .genres = v->genres };
}

/* The split's parameters with another fold. */
static pal_status next_fold(pal_values **out, const pal_eval_config *c, uint32_t replicate, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    pal_json_doc *doc = NULL;
    char fold[PAL_NUMBER_MAX];

    pal_json_begin_object(&w, NULL);
    pal_values_write(c->split, &w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, c->file, err));
    pal_format_i64(fold, (pal_values_int(c->split, "fold") + replicate) % pal_values_int(c->split, "folds"));
    PAL_TRY(pal_json_set(doc, "fold", fold, err));
    PAL_TRY(pal_values_read(out, pal_split_params, pal_json_root(doc), c->file, "split", NULL, err));

done:
    pal_json_free(doc);
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_eval_split(pal_split **out, const pal_interactions *log, const pal_eval_config *c, uint32_t replicate,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *values = NULL;
    uint64_t seed = (uint64_t)pal_values_int(c->split, "seed");
    bool anew = replicate > 0 && c->vary_split;

    if (anew && strcmp(pal_values_text(c->split, "kind"), "k_fold") == 0) {
        PAL_TRY(next_fold(&values, c, replicate, err));
    } else if (anew) {
        seed = pal_hash_mix(seed, replicate);
    }
    PAL_TRY(pal_split_make_seeded(out, log, values != NULL ? values : c->split, seed, c->file, "split", err));

done:
    pal_values_free(values);
    return rc;
}
