/* Rows of a training log with the words, curves and shapes that hang on them. */
#include "lab/training_rows.h"

#include "core/fields.h"
#include "core/mem.h"
#include "core/text.h"

#include <string.h>

/* What hangs on rows, laid side by side. */
typedef struct hanging {
    size_t n, n_quality, n_floats;
    pal_training_row *row;         /* n, with every pointer NULL                                  */
    uint32_t *model, *why;         /* n: index of a word                                          */
    uint8_t *judged;               /* n: has a quality                                            */
    uint8_t *shaped;               /* n: 0 no shape, 1 a line or network, 2 trees                 */
    uint32_t *d, *n_curve;         /* n: of the shape                                             */
    pal_training_quality *quality; /* n_quality                                                   */
    float *floats;                 /* n_floats: shares, splits (of trees), train and valid curves */
    pal_text words;                /* each with its NUL                                           */
} hanging;

static void hanging_clear(hanging *h)
{
    void *all[] = { h->row, h->model, h->why, h->judged, h->shaped, h->d, h->n_curve, h->quality, h->floats };

    for (size_t i = 0; i < PAL_COUNT_OF(all); i++) pal_free(all[i]);
    pal_text_clear(&h->words);
}

void pal_words_clear(pal_words *words)
{
    for (size_t i = 0; i < words->n; i++) pal_free(words->word[i]);
    pal_free(words->word);
    *words = (pal_words){ 0 };
}

static size_t floats_of(size_t d, size_t n_curve, unsigned shaped)
{
    return shaped == 0 ? 0 : shaped * d + 2 * n_curve;
}

static pal_status hanging_take(hanging *h, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    h->n = n;
    PAL_NEW(h->row, n);
    PAL_NEW(h->model, n);
    PAL_NEW(h->why, n);
    PAL_NEW(h->judged, n);
    PAL_NEW(h->shaped, n);
    PAL_NEW(h->d, n);
    PAL_NEW(h->n_curve, n);
done:
    return rc;
}

/* ---- out ---- */

/* The index of a word among those said so far; there are a handful. */
static uint32_t index_of(pal_text *words, const char *word)
{
    uint32_t index = 0;

    word = word == NULL ? "" : word;
    for (size_t at = 0; at < words->n; at += strlen(words->bytes + at) + 1, index++) {
        if (strcmp(words->bytes + at, word) == 0) return index;
    }
    pal_text_add_bytes(words, word, strlen(word) + 1);
    return index;
}

static void lay_out(hanging *h, const pal_training_log *log)
{
    for (size_t i = 0; i < log->n; i++) {
        const pal_training_row *row = &log->row[i];
        const pal_training_shape *shape = row->shape;

        h->row[i] = *row;
        h->row[i].model = h->row[i].why = NULL;
        h->row[i].quality = NULL;
        h->row[i].shape = NULL;
        h->model[i] = index_of(&h->words, row->model);
        h->why[i] = index_of(&h->words, row->why);
        h->judged[i] = row->quality != NULL;
        h->n_quality += h->judged[i];
        if (shape == NULL) continue;
        h->shaped[i] = shape->splits != NULL ? 2 : 1;
        h->d[i] = (uint32_t)shape->d;
        h->n_curve[i] = (uint32_t)shape->n_curve;
        h->n_floats += floats_of(shape->d, shape->n_curve, h->shaped[i]);
    }
}

/* A shape's arrays stand behind one another in its block, in the order in which they are stored. */
static pal_status copy_out(hanging *h, const pal_training_log *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t quality = 0, at = 0;

    PAL_NEW(h->quality, h->n_quality);
    PAL_NEW(h->floats, h->n_floats);
    for (size_t i = 0; i < log->n; i++) {
        const size_t n = floats_of(h->d[i], h->n_curve[i], h->shaped[i]);

        if (h->judged[i]) h->quality[quality++] = *log->row[i].quality;
        if (n > 0) memcpy(h->floats + at, log->row[i].shape->share, n * sizeof *h->floats);
        at += n;
    }
done:
    return rc;
}

pal_status pal_training_save(const pal_training_log *log, pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    hanging h = { 0 };

    PAL_TRY(hanging_take(&h, log->n, err));
    lay_out(&h, log);
    PAL_TRY(pal_text_check(&h.words, err));
    PAL_TRY(copy_out(&h, log, err));
    const pal_field list[] = {
        { "rows", PAL_U8, h.n * sizeof *h.row, h.row },
        { "quality", PAL_U8, h.n_quality * sizeof *h.quality, h.quality },
        { "words", PAL_U8, h.words.n, h.words.bytes },
        PAL_FIELD("model", h.model, h.n), PAL_FIELD("why", h.why, h.n), PAL_FIELD("judged", h.judged, h.n),
        PAL_FIELD("shaped", h.shaped, h.n), PAL_FIELD("d", h.d, h.n), PAL_FIELD("n_curve", h.n_curve, h.n),
        PAL_FIELD("floats", h.floats, h.n_floats),
    };

    PAL_TRY(pal_fields_save(file, part, list, PAL_COUNT_OF(list), err));
done:
    hanging_clear(&h);
    return rc;
}

/* ---- and back ---- */

/* The word among those kept already, or a copy of it. */
static pal_status keep_word(const char **out, pal_words *words, const char *word, pal_error *err)
{
    pal_status rc = PAL_OK;
    char **grown, *copy;

    for (size_t i = 0; i < words->n; i++) {
        if (strcmp(words->word[i], word) == 0) {
            *out = words->word[i];
            return PAL_OK;
        }
    }
    copy = pal_strdup(word);
    grown = pal_resize(words->word, words->n, words->n + 1, sizeof *grown);
    if (grown != NULL) words->word = grown;
    if (grown == NULL || copy == NULL) {
        pal_free(copy);
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a word");
    }
    words->word[words->n++] = copy;
    *out = copy;
done:
    return rc;
}

/* The index-th of n_bytes of words; NULL when there are fewer. */
static const char *word_at(const char *bytes, size_t n_bytes, uint32_t index)
{
    size_t at = 0;

    if (n_bytes == 0 || bytes[n_bytes - 1] != '\0') return NULL;
    for (uint32_t i = 0; i < index && at < n_bytes; i++) at += strlen(bytes + at) + 1;
    return at < n_bytes ? bytes + at : NULL;
}

static pal_status put_words(pal_training_row *row, pal_words *words, const hanging *h, size_t i, const char *bytes,
                            size_t n_bytes, const pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *model = word_at(bytes, n_bytes, h->model[i]), *why = word_at(bytes, n_bytes, h->why[i]);

    if (model == NULL || why == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s.words\" lacks a word of row %zu", pal_tensors_file(file), part, i);
    }
    PAL_TRY(keep_word(&row->model, words, model, err));
    PAL_TRY(keep_word(&row->why, words, why, err));
done:
    return rc;
}

static pal_status put_shape(pal_training_row *row, const hanging *h, size_t i, const float *floats, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = floats_of(h->d[i], h->n_curve[i], h->shaped[i]);

    if (h->shaped[i] == 0) return PAL_OK;
    PAL_TRY(pal_training_shape_new(&row->shape, h->d[i], h->n_curve[i], h->shaped[i] == 2, err));
    if (n > 0) memcpy(row->shape->share, floats, n * sizeof *floats);
done:
    return rc;
}

/* Rows one by one, each with what hangs on it. */
static pal_status put_rows(pal_training_log *log, pal_words *words, hanging *h, const char *bytes, size_t n_bytes,
                           const pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_training_row row = { 0 };
    size_t quality = 0, floats = 0;

    for (size_t i = 0; i < h->n; i++) {
        row = h->row[i];
        row.quality = NULL;
        row.shape = NULL;
        PAL_TRY(put_words(&row, words, h, i, bytes, n_bytes, file, part, err));
        PAL_TRY(put_shape(&row, h, i, h->floats + floats, err));
        floats += floats_of(h->d[i], h->n_curve[i], h->shaped[i]);
        if (h->judged[i]) {
            PAL_NEW(row.quality, 1);
            *row.quality = h->quality[quality++];
        }
        PAL_TRY(pal_training_log_add(log, &row, err));
        row = (pal_training_row){ 0 };
    }
done:
    pal_training_row_clear(&row);
    return rc;
}

/* Count what hangs on the rows, and read it. */
static pal_status read_hanging(hanging *h, const pal_tensors *file, const char *part, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < h->n; i++) {
        if (h->judged[i] > 1 || h->shaped[i] > 2) {
            PAL_FAIL(PAL_ERR_DATA, "%s: arrays \"%s.judged\" and \"%s.shaped\", row %zu: %u and %u; allowed: up to 1 and 2",
                     pal_tensors_file(file), part, part, i, h->judged[i], h->shaped[i]);
        }
        h->n_quality += h->judged[i];
        h->n_floats += floats_of(h->d[i], h->n_curve[i], h->shaped[i]);
    }
    PAL_NEW(h->quality, h->n_quality);
    PAL_NEW(h->floats, h->n_floats);
    const pal_field list[] = { { "quality", PAL_U8, h->n_quality * sizeof *h->quality, h->quality },
                               PAL_FIELD("floats", h->floats, h->n_floats) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, part, err));
done:
    return rc;
}

pal_status pal_training_restore(pal_training_log *log, pal_words *words, const pal_tensors *file, const char *part,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    hanging h = { 0 };
    const void *bytes = NULL;
    size_t n = 0, n_bytes = 0;

    PAL_TRY(pal_field_find(&bytes, &n, file, part, "model", PAL_U32, err));
    PAL_TRY(hanging_take(&h, n, err));
    const pal_field list[] = {
        { "rows", PAL_U8, n * sizeof *h.row, h.row }, PAL_FIELD("model", h.model, n), PAL_FIELD("why", h.why, n),
        PAL_FIELD("judged", h.judged, n), PAL_FIELD("shaped", h.shaped, n), PAL_FIELD("d", h.d, n),
        PAL_FIELD("n_curve", h.n_curve, n),
    };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, part, err));
    PAL_TRY(read_hanging(&h, file, part, err));
    PAL_TRY(pal_field_find(&bytes, &n_bytes, file, part, "words", PAL_U8, err));
    PAL_TRY(put_rows(log, words, &h, bytes, n_bytes, file, part, err));
done:
    hanging_clear(&h);
    return rc;
}
