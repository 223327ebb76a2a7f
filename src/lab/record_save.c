/* A record into a checkpoint and back. */
#include "core/fields.h"
#include "core/mem.h"
#include "lab/record.h"

#include <stdio.h>
#include <string.h>

#define PART "record"

enum { MOST_FIELDS = 48 };

typedef struct listing {
    pal_field field[MOST_FIELDS];
    size_t n;
} listing;

static void add(listing *l, const char *name, pal_dtype type, size_t n, void *data)
{
    PAL_ASSERT(l->n < MOST_FIELDS);
    l->field[l->n++] = (pal_field){ name, type, n, data };
}

#define ADD(name, n) add(l, #name, PAL_DTYPE_OF(r->name), (n), r->name)

/* Everything whose length the experiment gives; cells of people come first. */
static void list_people(listing *l, const pal_record *r)
{
    static const char *const count[PAL_COUNTS] = { "impressions", "examined", "clicks", "likes", "dislikes", "skips" };
    static const char *const slot[4] = { "slot_impressions", "slot_examined", "slot_clicks", "slot_likes" };
    const size_t cells = r->n_people * r->n_rounds, tastes = r->n_people * PAL_MAX_TASTES;
    const size_t probes = r->n_people * r->n_probe_rounds, stages = r->n_people * r->n_stages;

    for (size_t c = 0; c < PAL_COUNTS; c++) add(l, count[c], PAL_U8, cells, r->count[c]);
    for (size_t c = 0; c < 4; c++) add(l, slot[c], PAL_U32, r->n_people * r->n_slots, r->slot_count[c]);
    ADD(present, cells);
    ADD(expected, cells);
    ADD(diversity, cells);
    ADD(novelty, cells);
    ADD(confidence, cells);
    ADD(main_stage, cells);
    if (probes > 0) {
        ADD(ndcg, probes);
        ADD(hit, probes);
        ADD(regret, probes);
    }
    ADD(first_like, tastes);
    ADD(served, tastes);
    ADD(left_round, r->n_people);
    ADD(person_stage_impressions, stages);
    ADD(person_stage_likes, stages);
    ADD(person_stage_regret, stages);
    ADD(person_stage_probed, stages);
    ADD(shown_begin, r->n_people + 1);
    ADD(last_flags, r->n_people * PAL_MAX_SLOTS);
    ADD(last_round, r->n_people);
    /* as the program holds slates in memory */
    add(l, "last_slate", PAL_U8, r->n_people * sizeof *r->last_slate, r->last_slate);
}

static void list_rounds(listing *l, const pal_record *r)
{
    static const char *const count[PAL_COUNTS] = { "stage_impressions", "stage_examined", "stage_clicks", "stage_likes",
                                                   "stage_dislikes", "stage_skips" };
    const size_t cells = r->n_rounds * r->n_stages;

    for (size_t c = 0; c < PAL_COUNTS; c++) add(l, count[c], PAL_U64, cells, r->stage_count[c]);
    ADD(stage_expected, cells);
    ADD(stage_people, cells);
    ADD(preq_begin, r->n_replicates * r->n_rounds + 1);
    ADD(exposure, r->n_items);
}

/* Items shown so far: rows are begun replicate after replicate. */
static size_t count_shown(const pal_record *r)
{
    size_t most = 0;

    for (size_t p = 0; p <= r->n_people; p++) most = r->shown_begin[p] > most ? r->shown_begin[p] : most;
    return most;
}

/* "preq", "probe3", "training1" … */
static const char *part_of(char out[PAL_FIELD_NAME], const char *what, size_t i)
{
    snprintf(out, PAL_FIELD_NAME, PART "_%s%zu", what, i);
    return out;
}

static pal_status save_predictions(const pal_predictions *p, pal_tensors *file, const char *part, pal_error *err)
{
    const pal_field list[] = { PAL_FIELD("person", p->person, p->n), PAL_FIELD("p", p->p, p->n),
                               PAL_FIELD("truth", p->truth, p->n), PAL_FIELD("label", p->label, p->n) };

    return pal_fields_save(file, part, list, PAL_COUNT_OF(list), err);
}

pal_status pal_record_save(const pal_record *r, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field shown = PAL_FIELD("shown", r->shown, count_shown(r));
    char part[PAL_FIELD_NAME];
    listing l = { .n = 0 };

    list_people(&l, r);
    list_rounds(&l, r);
    PAL_TRY(pal_fields_save(file, PART, l.field, l.n, err));
    PAL_TRY(pal_fields_save(file, PART, &shown, 1, err));
    PAL_TRY(save_predictions(&r->preq, file, part_of(part, "preq", 0), err));
    for (size_t i = 0; i < r->n_probe_rounds; i++) {
        PAL_TRY(save_predictions(&r->probe[i], file, part_of(part, "probe", i), err));
    }
    for (size_t i = 0; i < r->n_replicates; i++) {
        PAL_TRY(pal_training_save(&r->training[i], file, part_of(part, "training", i), err));
    }
done:
    return rc;
}

/* exactly: as many as that or none; SIZE_MAX: any number. */
static pal_status restore_predictions(pal_predictions *p, const pal_record *r, const pal_tensors *file, const char *part,
                                      size_t exactly, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    size_t n = 0;

    PAL_TRY(pal_field_find(&data, &n, file, part, "person", PAL_U32, err));
    if (exactly != SIZE_MAX && n != 0 && n != exactly) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s.person\" holds %zu values, wanted 0 or %zu", pal_tensors_file(file), part, n,
                 exactly);
    }
    if (n == 0) goto done;
    PAL_TRY(pal_predictions_reserve(p, n, err));
    const pal_field list[] = { PAL_FIELD("person", p->person, n), PAL_FIELD("p", p->p, n),
                               PAL_FIELD("truth", p->truth, n), PAL_FIELD("label", p->label, n) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, part, err));
    for (size_t i = 0; i < n; i++) {
        if (p->person[i] >= r->n_people) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s.person\", entry %zu: person %u of %zu", pal_tensors_file(file), part, i,
                     p->person[i], r->n_people);
        }
    }
    p->n = n;
done:
    return rc;
}

/* Where rows begin must ascend as far as they are begun, and stay inside. */
static pal_status check_begin(const size_t *begin, size_t n, size_t end, const char *name, const pal_tensors *file,
                              pal_error *err)
{
    size_t last = 0;

    for (size_t i = 0; i < n; i++) {
        if (begin[i] > end || (begin[i] < last && begin[i] != 0)) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: array \"" PART ".%s\", entry %zu: %zu; entries ascend up to %zu",
                                 pal_tensors_file(file), name, i, begin[i], end);
        }
        last = begin[i] > last ? begin[i] : last;
    }
    return PAL_OK;
}

static pal_status restore_shown(pal_record *r, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    size_t n = 0;

    PAL_TRY(pal_field_find(&data, &n, file, PART, "shown", PAL_U32, err));
    PAL_TRY(check_begin(r->shown_begin, r->n_people + 1, n, "shown_begin", file, err));
    PAL_TRY(check_begin(r->preq_begin, r->n_replicates * r->n_rounds + 1, r->preq.n, "preq_begin", file, err));
    if (n == 0) goto done;
    PAL_NEW(r->shown, n);
    memcpy(r->shown, data, n * sizeof *r->shown);
    r->shown_capacity = n;
    for (size_t i = 0; i < n; i++) {
        if (r->shown[i] >= r->n_items) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".shown\", entry %zu: item %u of %zu", pal_tensors_file(file), i,
                     r->shown[i], r->n_items);
        }
    }
done:
    return rc;
}

pal_status pal_record_restore(pal_record *r, pal_words *words, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    char part[PAL_FIELD_NAME];
    listing l = { .n = 0 };

    list_people(&l, r);
    list_rounds(&l, r);
    PAL_TRY(pal_fields_restore(l.field, l.n, file, PART, err));
    PAL_TRY(restore_predictions(&r->preq, r, file, part_of(part, "preq", 0), SIZE_MAX, err));
    PAL_TRY(restore_shown(r, file, err));
    for (size_t i = 0; i < r->n_probe_rounds; i++) {
        PAL_TRY(restore_predictions(&r->probe[i], r, file, part_of(part, "probe", i), r->n_people * r->n_probe, err));
    }
    for (size_t i = 0; i < r->n_replicates; i++) {
        PAL_TRY(pal_training_restore(&r->training[i], words, file, part_of(part, "training", i), err));
    }
done:
    return rc;
}
