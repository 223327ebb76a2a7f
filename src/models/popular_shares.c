/* The popularity model's scores as shares. */
#include "models/popular_shares.h"

#include "core/mem.h"
#include "models/rec_builtin.h"

#include <string.h>

/* An unfitted popularity model. */
static pal_status new_popularity(void **out, bool decayed, double half_life, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "by", decayed ? "decayed" : "people");
    pal_json_put_number(&w, "half_life", half_life);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, strlen(w.text.bytes), "popularity", err));
    PAL_TRY(pal_values_read(&values, pal_rec_popularity.params, pal_json_root(doc), "popularity", "", NULL, err));
    PAL_TRY(pal_rec_popularity.init(out, values, err));

done:
    pal_text_clear(&w.text);
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

pal_status pal_popular_shares(double *share, const pal_rec_data *data, double half_life, const pal_rec_env *env,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_items = data->rows->n_cols;
    const pal_rec_query anyone = { .row = PAL_REC_NEW };
    pal_arena *scratch = NULL;
    float *score = NULL;
    void *model = NULL;
    double sum = 0;

    PAL_NEW(score, n_items);
    PAL_TRY(pal_arena_new(&scratch, 1 << 10, err));
    PAL_TRY(new_popularity(&model, data->time != NULL, half_life, err));
    PAL_TRY(pal_rec_popularity.fit(model, data, env, err));
    PAL_TRY(pal_rec_popularity.score(model, &anyone, 1, score, scratch, err));
    for (size_t i = 0; i < n_items; i++) sum += (double)score[i];
    for (size_t i = 0; i < n_items; i++) share[i] = sum > 0 ? (double)score[i] / sum : 1 / (double)n_items;

done:
    pal_rec_popularity.free(model);
    pal_arena_free(scratch);
    pal_free(score);
    return rc;
}
