/* The model fits of one taste of one person over the rounds, beside the ceilings that the truth sets them. */
#ifndef PAL_LAB_FITS_H
#define PAL_LAB_FITS_H

#include "core/json.h"
#include "lab/ceiling.h"
#include "lab/record.h"

/* True P(like | examined) of all slots that were looked at in a replicate: person after person, in the order of showing. */
typedef struct pal_truth_index {
    const pal_record *record;
    size_t replicate;
    size_t *begin; /* n_users + 1 */
    float *p_like;
} pal_truth_index;
PAL_MUST_USE pal_status pal_truth_index_take(pal_truth_index *out, const pal_record *record, size_t replicate,
                                             pal_error *err);
void pal_truth_index_clear(pal_truth_index *index);

/* A person's life in an arm, and the truth behind each answer. */
typedef struct pal_truths {
    const pal_record *record;
    const pal_catalog *catalog;
    const pal_history *history; /* of the person's replicate                                                  */
    size_t person, user;        /* person = replicate * n_users + user                                        */
    size_t capacity;            /* of p_like and rows                                                         */
    double *p_like;             /* a row of the history each: true P(like | examined) then; NaN: not looked at */
    bool always_answered;       /* whatever was looked at was liked or disliked                               */
    double *rows;               /* scratch                                                                    */
} pal_truths;

/* Find a person's truths; `out` starts as {0}, may be used for one person after another, and is cleared by the caller.
 *   PAL_ERR_MEMORY */
PAL_MUST_USE pal_status pal_truths_take(pal_truths *out, const pal_truth_index *index, const pal_catalog *catalog,
                                        const pal_history *history, size_t user, pal_error *err);
void pal_truths_clear(pal_truths *truths);

/* Ceilings of the samples that a fit of the person learned from. NaN where dislikes alone count as a no and some songs
 * were passed over without an answer: how likely a dislike was, nobody recorded. */
pal_ceiling pal_fit_ceiling(const pal_truths *truths, const pal_training_row *fit);

/* "fits": [{…}] of a taste, by round. */
void pal_put_fits(pal_json_writer *w, const pal_truths *truths, size_t taste);

/* Put its ceilings beside every fit of the arm's log that has its quality. Before the record takes the log; the arm
 * still has its history. */
PAL_MUST_USE pal_status pal_judge_fits(const pal_record *record, pal_arm *arm, pal_error *err);

#endif
