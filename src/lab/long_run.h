/* Long-run effects: what recommending does to people and to the catalog while rounds go by, window by window. */
#ifndef PAL_LAB_LONG_RUN_H
#define PAL_LAB_LONG_RUN_H

#include "lab/results.h"

/*
 * Rounds are grouped into windows of "output": {"long_run_window": …}; the last one may be shorter. At the end of a window
 * of an arm and replicate everything is measured that needs the window's impressions; intervals and paired differences are
 * made when all arms have played, by pal_write_long_run.
 */

/* Of a person and window; NaN where undefined (nobody is asked of whom nothing was shown or liked). */
enum {
    PAL_LONG_SHOWN,    /* effective number of clusters among what was shown: pal_effective_number */
    PAL_LONG_LIKED,    /* the same of what was liked                                               */
    PAL_LONG_TRUE,     /* the same of the true tastes' weights now                                 */
    PAL_LONG_BREADTH,  /* shown / true                                                             */
    PAL_LONG_KL,       /* pal_taste_balance of the mix shown against the true weights now, nats    */
    PAL_LONG_TV,       /* total variation of the two                                               */
    PAL_LONG_STARVED,  /* true tastes of weight PAL_LONG_OWN or more with nothing shown            */
    PAL_LONG_TASTES,   /* true tastes of that weight                                               */
    PAL_LONG_WEIGHTS,  /* total variation of the taste weights now and at the start                */
    PAL_LONG_CENTERS,  /* rms way of the taste centers since the start, in widths; weighted mean   */
    PAL_LONG_SESSIONS, /* rounds in which they turned up                                           */
    PAL_LONG_PERSON
};
#define PAL_LONG_OWN 0.1f /* as the starved tastes of coverage.csv */

/* Of the items of a replicate and window. */
enum {
    PAL_LONG_GINI,     /* of exposures over all items                                              */
    PAL_LONG_TOP,      /* share of the 1 % of items shown most                                     */
    PAL_LONG_FEEDBACK, /* slope of log exposure rate on that of the window before, inside deciles of true appeal */
    PAL_LONG_POPULAR,  /* share of exposures on the more popular half of equally good items        */
    PAL_LONG_ITEMS
};

#define PAL_APPEAL_DECILES 10
#define PAL_NO_HALF 2 /* the odd item of a decile */

typedef struct pal_long_run {
    const pal_experiment *experiment;
    const pal_catalog *catalog;
    pal_people_set set;
    size_t n_arms, n_replicates, n_users, n_people, n_rounds, room; /* room: most rows of a person in a replicate */
    size_t window, n_windows, n_threads;
    pal_boot *boot;        /* the first "spread_resamples" of the run's resamples; strata are the replicates */

    /* of the world: made again from the seed, never saved */
    uint8_t *decile;       /* n_replicates x n_items: by mean true P(like) at the start, over a sample of people */
    uint8_t *popular;      /* n_replicates x n_items: 1 the more popular half of the decile, 0 the other, PAL_NO_HALF */
    size_t n_pairs;        /* over all replicates                                                  */
    uint32_t *pair;        /* n_pairs x 2: people, replicate * n_users + user                      */
    uint8_t *pair_group;   /* n_pairs: 1 alike, 2 unlike in true tastes, 0 between                 */

    /* measured so far */
    float *person;         /* n_arms x n_windows x PAL_LONG_PERSON x n_people                      */
    float *jaccard;        /* n_arms x n_windows x 2 (shown, liked) x n_pairs                      */
    double *items;         /* n_arms x n_replicates x n_windows x PAL_LONG_ITEMS x (1 + resamples): value, then draws */

    /* of the arm and replicate under way: what each person was shown, in order */
    uint32_t *item;        /* n_users x room                                                       */
    uint8_t *taste;        /* n_users x room: best-matching true taste, or PAL_NO_TASTE            */
    uint8_t *liked;        /* n_users x room                                                       */
    uint32_t *rows;        /* n_users                                                              */
    uint32_t *begin;       /* n_users x (n_windows + 1): first row of each window                  */
    uint32_t *sessions;    /* n_users: of the window under way                                     */
} pal_long_run;

/* *out stays NULL unless "output": {"long_run": true}. `set` is borrowed: its people must outlive it. */
PAL_MUST_USE pal_status pal_long_run_new(pal_long_run **out, const pal_experiment *experiment,
    const pal_catalog *catalog, const pal_people_set *set, size_t n_threads, pal_error *err);
void pal_long_run_free(pal_long_run *l); /* accepts NULL */

/* After an arm has learned from a round (arm->round stands at the next one). Accepts NULL. */
PAL_MUST_USE pal_status pal_long_run_round(pal_long_run *l, const pal_arm *arm, pal_error *err);

/* Everything gathered so far into *file, under names that begin with "long_run."; and back, for the same experiment and an arm
 * that is about to play `round`: PAL_ERR_DATA names the array that does not fit. Both accept NULL. */
PAL_MUST_USE pal_status pal_long_run_save(const pal_long_run *l, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_long_run_restore(pal_long_run *l, uint32_t round, const pal_tensors *file,
                                             pal_error *err);

/* long_run.csv, retention.csv, lifetime.csv; nothing for NULL. */
PAL_MUST_USE pal_status pal_write_long_run(pal_results *results, const pal_long_run *l, pal_error *err);

/* ---- parts (long_run_world.c, long_run_people.c, long_run_items.c, long_run_stay.c) ---- */

/* First and last + 1 round of a window. */
static inline size_t pal_long_from(const pal_long_run *l, size_t window)
{
    return window * l->window;
}
static inline size_t pal_long_to(const pal_long_run *l, size_t window)
{
    const size_t to = (window + 1) * l->window;

    return to < l->n_rounds ? to : l->n_rounds;
}
static inline float *pal_long_field(const pal_long_run *l, size_t arm, size_t window, size_t field)
{
    return l->person + ((arm * l->n_windows + window) * PAL_LONG_PERSON + field) * l->n_people;
}
static inline float *pal_long_pairs(const pal_long_run *l, size_t arm, size_t window, bool liked)
{
    return l->jaccard + ((arm * l->n_windows + window) * 2 + (liked ? 1 : 0)) * l->n_pairs;
}
static inline double *pal_long_items(const pal_long_run *l, size_t arm, size_t replicate, size_t window, size_t field)
{
    const size_t at = ((arm * l->n_replicates + replicate) * l->n_windows + window) * PAL_LONG_ITEMS + field;

    return l->items + at * (1 + pal_boot_resamples(l->boot));
}

/* Pairs and deciles of a new accumulator. */
PAL_MUST_USE pal_status pal_long_run_pair(pal_long_run *l, pal_error *err);
PAL_MUST_USE pal_status pal_long_run_appeal(pal_long_run *l, pal_error *err);
/* The window that ended with the round just learned from. */
PAL_MUST_USE pal_status pal_long_run_people(pal_long_run *l, const pal_arm *arm, size_t window, pal_error *err);
PAL_MUST_USE pal_status pal_long_run_exposure(pal_long_run *l, const pal_arm *arm, size_t window, pal_error *err);
/* retention.csv and lifetime.csv. */
PAL_MUST_USE pal_status pal_write_retention(pal_results *results, const pal_long_run *l, pal_error *err);
/* ",value,lo,hi"; an undefined one is empty. */
void pal_long_put(pal_outfile *f, const pal_interval *v);

#endif
