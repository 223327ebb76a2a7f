/* Finished runs of single arms, kept by what determines them: asked for again, they are not run again. */
#ifndef PAL_LAB_RUN_CACHE_H
#define PAL_LAB_RUN_CACHE_H

#include "lab/experiment.h"
#include "lab/run.h"

typedef struct pal_run_cache {
    char *dir;
    char program[PAL_HASH_HEX]; /* digest of the running program: another build computes anew */
} pal_run_cache;

/* Open (and make) a cache directory. PAL_ERR_IO. The caller clears it. */
PAL_MUST_USE pal_status pal_run_cache_open(pal_run_cache *cache, const char *dir, pal_error *err);
void pal_run_cache_clear(pal_run_cache *cache);

/*
 * The experiment with arm a alone, and nothing that does not change its people's answers: no name, few resamples, no event
 * log, no drawn people. Arms do not meet, and every draw is keyed by what it is for, so its users.csv holds the rows that
 * the arm has in the whole experiment. Caller frees *out.
 */
PAL_MUST_USE pal_status pal_single_arm(pal_experiment **out, const pal_experiment *experiment, size_t a, pal_error *err);

/*
 * What a run depends on: the resolved experiment, the program, and the content of the catalog and cluster files it names.
 *   PAL_ERR_IO  a file is there but cannot be read
 */
PAL_MUST_USE pal_status pal_run_cache_key(char hex[PAL_HASH_HEX], const pal_run_cache *cache,
                                          const pal_experiment *experiment, pal_error *err);

/*
 * The run of a single-arm experiment: its directory (*path, pal_freed by the caller) in the cache, run now unless it is
 * there whole: a stored users.csv or people.csv without the digest of its manifest is run again. `fresh` runs it in any
 * case. *computed tells. Only manifest.json, users.csv, people.csv and states.csv are kept. A run that was interrupted goes
 * on from its last checkpoint (keeping, as pal_run_resumable), or without any from its first round, to the same bytes.
 */
PAL_MUST_USE pal_status pal_run_cache_get(char **path, bool *computed, const pal_run_cache *cache,
    const pal_experiment *single, bool fresh, const pal_run_keeping *keeping, size_t n_threads, pal_error *err);

#endif
