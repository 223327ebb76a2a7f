/* What a study's logs are drawn from: people frozen after the warm-up, their candidates, policies, and the truth. */
#ifndef PAL_LAB_OPE_SCENE_H
#define PAL_LAB_OPE_SCENE_H

#include "lab/arm.h"
#include "lab/ope_truth.h"

/* A context is a person who is still there: with candidates of their own, and what each policy thinks of them. */
typedef struct pal_ope_scene {
    const pal_ope_study *study;
    pal_catalog *catalog;
    pal_lab_people *world;
    pal_arm *arm;            /* the logging arm after the warm-up                                      */
    void **self;             /* arms of the experiment: stages of targets, fed on the logging arm's events */
    pal_truth_door door;     /* for stages that declare it                                             */
    size_t n_threads;

    size_t n_contexts, m, k; /* m candidates, k slots                                                  */
    size_t n_policies;       /* the logging policy and the targets                                     */
    uint32_t *person;        /* n_contexts                                                             */
    uint32_t *item;          /* n_contexts x m, ascending                                              */
    uint8_t *gap;            /* n_contexts x m: never shown by the logging policy                      */
    double *strength;        /* n_policies x n_contexts x m: pal_ope_strengths                         */
    double *p_click, *p_like; /* n_contexts x m: truth, given examination                              */
    size_t d;
    double *x;               /* n_contexts x m x d: what a model of the reward may know                */

    size_t n_slates;         /* all slates of k of m                                                   */
    uint8_t *slate;          /* n_slates x k                                                           */
    double *worth;           /* n_contexts x n_slates: exact mean reward                               */
    double *chance;          /* n_policies x n_contexts x n_slates                                     */
    double *slot;            /* n_policies x n_contexts x k x m: chance of a candidate in a slot       */
    double *pseudo;          /* n_targets x n_contexts x n_slates: pseudo-inverse weights; NULL: not asked for */
    bool *pseudo_made;       /* n_targets: the logging policy can speak for it                         */
    pal_ope_known *known;    /* n_policies                                                             */
} pal_ope_scene;

/* Errors as pal_ope_study_play. Caller frees. */
PAL_MUST_USE pal_status pal_ope_scene_new(pal_ope_scene **out, const pal_ope_study *study, size_t n_threads, pal_error *err);
void pal_ope_scene_free(pal_ope_scene *scene); /* accepts NULL */

/* The exact part, once people, candidates, strengths and truth are there (called by pal_ope_scene_new). */
PAL_MUST_USE pal_status pal_ope_scene_know(pal_ope_scene *scene, pal_error *err);

/* Rows of the tables above. */
static inline const double *pal_ope_strength(const pal_ope_scene *s, size_t policy, size_t context)
{
    return s->strength + (policy * s->n_contexts + context) * s->m;
}
static inline double *pal_ope_chance(const pal_ope_scene *s, size_t policy, size_t context)
{
    return s->chance + (policy * s->n_contexts + context) * s->n_slates;
}
static inline double *pal_ope_slot(const pal_ope_scene *s, size_t policy, size_t context)
{
    return s->slot + (policy * s->n_contexts + context) * s->k * s->m;
}
/* Where a slate of k candidates stands in the list of all. */
static inline size_t pal_ope_slate_at(const pal_ope_scene *s, const uint8_t *slate)
{
    size_t at = 0, block = s->n_slates;

    for (size_t l = 0; l < s->k; l++) {
        size_t rank = slate[l];

        for (size_t a = 0; a < l; a++) rank -= slate[a] < slate[l];
        block /= s->m - l;
        at += rank * block;
    }
    return at;
}
static inline double *pal_ope_pseudo(const pal_ope_scene *s, size_t target, size_t context)
{
    return s->pseudo + (target * s->n_contexts + context) * s->n_slates;
}
/* Gaps bind the logging policy alone. */
static inline const uint8_t *pal_ope_gap(const pal_ope_scene *s, size_t policy, size_t context)
{
    return policy == 0 ? s->gap + context * s->m : NULL;
}

/* One log: rows in order; a smaller log is its beginning. */
typedef struct pal_ope_sample {
    size_t n;
    uint32_t *context;         /* n: number in the scene                                                */
    uint8_t *slate;            /* n x k: candidates                                                     */
    double *logged;            /* n x k, chance of the slot's item given those above                    */
    double *reward;            /* n x k                                                                 */
} pal_ope_sample;

/*
 * Draw log number `log`, n rows: row i is a function of (study seed, experiment seed, log, i). Caller frees. scratch is
 * rewound. A stage that draws by itself is asked with everything but the candidates marked as seen, in the decision's round.
 */
PAL_MUST_USE pal_status pal_ope_sample_new(pal_ope_sample **out, const pal_ope_scene *scene, size_t log, size_t n,
                                           pal_arena *scratch, pal_error *err);
void pal_ope_sample_free(pal_ope_sample *sample); /* accepts NULL */

/*
 * The first n rows judged: said is n_targets x n_estimators, reach n_targets. boot (NULL: none) holds n rows; scratch is
 * rewound.
 */
PAL_MUST_USE pal_status pal_ope_sample_judge(pal_ope_said *said, pal_ope_overlap *reach, const pal_ope_scene *scene,
                                             const pal_ope_sample *sample, size_t log, size_t n, const pal_boot *boot,
                                             pal_arena *scratch, pal_error *err);

/*
 * Fit the model on the first n rows, fold by fold of people, and ask it about every candidate: q is n_contexts x m. A
 * fold whose rows outside have one kind of reward only gets their mean. Single decisions only.
 */
PAL_MUST_USE pal_status pal_ope_guess_all(double *q, const pal_ope_scene *scene, const pal_ope_sample *sample, size_t log,
                                          size_t n, pal_ope_guess guess, pal_arena *scratch, pal_error *err);

#endif
