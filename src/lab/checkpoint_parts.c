/* What a checkpoint holds. */
#include "core/fields.h"
#include "core/mem.h"
#include "lab/run_parts.h"

#define PART "run"

/* ---- accumulators ---- */

/*
 * Whatever gathers over the rounds of all arms: a new accumulator gets a line here and one in restore_gathered, with a pair of
 * its own (save, restore) and names of its own in the file. Those that write files as rounds go by
 * (pal_results_open_rounds) read their state where they are opened, from results->from.
 */
static pal_status save_gathered(const pal_run_parts *r, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_days_save(r->days, file, err));
    PAL_TRY(pal_people_map_save(r->people_map, file, err));
    PAL_TRY(pal_long_run_save(r->long_run, file, err));
    PAL_TRY(pal_event_log_save(r->events, file, err));          /* restored by pal_event_log_open     */
    PAL_TRY(pal_reason_log_save(r->reasons, file, err));        /* restored by pal_reason_log_open    */
    PAL_TRY(pal_community_log_save(r->communities, file, err)); /* restored by pal_community_log_open */
    PAL_TRY(pal_results_mark(r->states, "states.csv", file, err));
done:
    return rc;
}

static pal_status restore_gathered(pal_run_parts *r, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_days_restore(r->days, file, err));
    PAL_TRY(pal_people_map_restore(r->people_map, file, err));
    PAL_TRY(pal_long_run_restore(r->long_run, r->arm->round, file, err));
done:
    return rc;
}

/* ---- finished parts ---- */

size_t pal_run_replicates_done(const pal_run_parts *r, size_t a)
{
    if (a != r->arm->index) return a < r->arm->index ? r->e->n_replicates : 0;
    return r->arm->world->replicate;
}

pal_status pal_run_save_arm(const pal_run_parts *r, size_t a, pal_tensors *file, pal_error *err)
{
    return pal_record_save(r->record[a], file, err);
}

static pal_status restore_arm(pal_run_parts *r, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;

    PAL_TRY(pal_checkpoint_part(&file, r->checkpoint, "arm", a, err));
    PAL_TRY(pal_record_new(&r->record[a], r->e, r->catalog, r->world[0]->people->n, err));
    PAL_TRY(pal_record_restore(r->record[a], &r->words, file, err));
done:
    pal_tensors_free(file);
    return rc;
}

pal_status pal_run_save_focus(const pal_run_parts *r, size_t replicate, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_sheets_save(r->sheets, (uint32_t)replicate, file, err));
    PAL_TRY(pal_community_log_save_kept(r->communities, (uint32_t)replicate, file, err));
    if (pal_people_map_has_end(r->people_map, replicate)) {
        PAL_TRY(pal_people_map_save_end(r->people_map, replicate, file, err));
    }
done:
    return rc;
}

static pal_status restore_focus(pal_run_parts *r, size_t replicate, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;

    PAL_TRY(pal_checkpoint_part(&file, r->checkpoint, "focus", replicate, err));
    PAL_TRY(pal_sheets_restore(r->sheets, (uint32_t)replicate, r->e, r->catalog, file, err));
    PAL_TRY(pal_community_log_restore_kept(r->communities, r->world[replicate], file, err));
    if (r->people_map != NULL && r->people_map->mapped[r->e->focus]) {
        PAL_TRY(pal_people_map_restore_end(r->people_map, replicate, r->n_threads, file, err));
    }
done:
    pal_tensors_free(file);
    return rc;
}

/* ---- all of it ---- */

pal_status pal_run_save(const pal_run_parts *r, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t place[2] = { r->arm->index, r->arm->world->replicate };
    double spent = r->spent_s + pal_clock_s() - r->started_s;
    const pal_field list[] = { PAL_FIELD("place", place, 2), PAL_FIELD("spent_s", &spent, 1),
                               PAL_FIELD("seconds", r->seconds, r->e->n_arms * PHASES) };

    PAL_TRY(pal_fields_save(file, PART, list, PAL_COUNT_OF(list), err));
    PAL_TRY(save_gathered(r, file, err));
    PAL_TRY(pal_record_save(r->record[r->arm->index], file, err));
    PAL_TRY(pal_calibrator_save(r->calibrator, file, err));
    PAL_TRY(pal_arm_save(r->arm, file, err));
done:
    return rc;
}

/* The arm that played, and where. */
static pal_status restore_place(pal_run_parts *r, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t place[2] = { 0 };
    const pal_field list[] = { PAL_FIELD("place", place, 2), PAL_FIELD("spent_s", &r->spent_s, 1),
                               PAL_FIELD("seconds", r->seconds, r->e->n_arms * PHASES) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, PART, err));
    if (place[0] >= r->e->n_arms || place[1] >= r->e->n_replicates) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".place\" is of another run", pal_tensors_file(file));
    }
    PAL_TRY(pal_run_begin_arm(r, (size_t)place[0], err));
    PAL_TRY(pal_arm_new(&r->arm, r->e, r->catalog, r->world[place[1]], (size_t)place[0], r->n_threads, err));
done:
    return rc;
}

pal_status pal_run_restore(pal_run_parts *r, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(restore_place(r, file, err));
    PAL_TRY(pal_arm_restore(r->arm, &r->words, file, err));
    PAL_TRY(pal_calibrator_restore(r->calibrator, file, err));
    PAL_TRY(pal_record_restore(r->record[r->arm->index], &r->words, file, err));
    PAL_TRY(restore_gathered(r, file, err));
    for (size_t a = 0; a < r->arm->index; a++) PAL_TRY(restore_arm(r, a, err));
    for (size_t i = 0; i < pal_run_replicates_done(r, r->e->focus); i++) PAL_TRY(restore_focus(r, i, err));
done:
    return rc;
}
