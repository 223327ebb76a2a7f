/* A run under way: what run.c plays and a checkpoint keeps. Nobody else includes it. */
#ifndef PAL_LAB_RUN_PARTS_H
#define PAL_LAB_RUN_PARTS_H

#include "core/progress.h"
#include "lab/checkpoint.h"
#include "lab/community_log.h"
#include "lab/days.h"
#include "lab/long_run.h"
#include "lab/people_map.h"
#include "lab/reason_log.h"
#include "lab/results.h"
#include "lab/run.h"

enum { PHASE_CATALOG, PHASE_PEOPLE, PHASE_SERVE, PHASE_ANSWER, PHASE_RECORD, PHASE_LEARN, PHASE_MEASURE, PHASE_WRITE, PHASES };

typedef struct pal_run_parts {
    const pal_experiment *e;
    const pal_run_keeping *keeping; /* NULL: no checkpoints */
    size_t n_threads;
    pal_catalog *catalog;
    bool synthetic;
    pal_import_report import;
    pal_lab_people **world;      /* one a replicate */
    pal_record **record;         /* one an arm      */
    pal_arm_result *result;      /* one an arm      */
    pal_sheets *sheets;
    pal_boot *boot;
    pal_outdir *dir;
    pal_results out;
    pal_event_log *events;
    pal_reason_log *reasons;     /* NULL unless "output": {"reasons": true}   */
    pal_community_log *communities; /* NULL when nobody keeps playlists */
    pal_people_map *people_map;     /* NULL when no arm's people are mapped */
    pal_long_run *long_run;         /* NULL unless "output": {"long_run": true} */
    pal_days *days;
    pal_outfile *states;
    pal_progress progress;
    double *seconds;             /* n_arms x PHASES; the run's own phases stand with arm 0 */

    pal_arm *arm;                /* plays now; NULL between replicates        */
    pal_calibrator *calibrator;  /* of the arm under way; NULL between arms   */
    size_t played;               /* rounds that this process played           */
    double started_s, spent_s;   /* clock at the beginning; spent by the processes that were interrupted */
    pal_words words;             /* of training logs that came from a checkpoint */
    pal_checkpoint *checkpoint;  /* NULL without keeping                      */
} pal_run_parts;

/* The record of arm a and a calibrator, both new. */
PAL_MUST_USE pal_status pal_run_begin_arm(pal_run_parts *run, size_t a, pal_error *err);

/* ---- checkpoint_parts.c ---- */

/* Where the run stands and all that it has gathered since its first round, into *file. */
PAL_MUST_USE pal_status pal_run_save(const pal_run_parts *run, pal_tensors *file, pal_error *err);
/*
 * And back, into a run whose files were opened with run->out.from: the arm that it was playing stands in run->arm.
 * What is finished is read from files of its own (pal_checkpoint_part).
 *   PAL_ERR_DATA, PAL_ERR_PARSE, PAL_ERR_IO  something is missing or does not fit: names the file
 */
PAL_MUST_USE pal_status pal_run_restore(pal_run_parts *run, const pal_tensors *file, pal_error *err);

/* Finished parts, each written once: arms (what they recorded), and replicates of the focus arm. */
PAL_MUST_USE pal_status pal_run_save_arm(const pal_run_parts *run, size_t a, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_run_save_focus(const pal_run_parts *run, size_t replicate, pal_tensors *file, pal_error *err);
/* Replicates that arm a is through with. */
size_t pal_run_replicates_done(const pal_run_parts *run, size_t a);

#endif
