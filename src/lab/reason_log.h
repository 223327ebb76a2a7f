/* reasons.csv: why each song was shown, written as rounds go by (on request, "output": {"reasons": true}). */
#ifndef PAL_LAB_REASON_LOG_H
#define PAL_LAB_REASON_LOG_H

#include "lab/results.h"

/*
 * One row an impression, in the order of events.csv: what pal_explain says of the slot, shortened to the nearest learned
 * taste, the three features of the largest effect, the liked song that is most alike, and the members who like it.
 * Columns: results/README.md. Costs up to a scoring of the taste's songs a row.
 */
typedef struct pal_reason_log pal_reason_log;

/* *out is NULL when the experiment does not ask for reasons; all functions below take that NULL. A run that goes on
 * from a checkpoint goes on in its file. The caller owns *out. */
PAL_MUST_USE pal_status pal_reason_log_open(pal_reason_log **out, const pal_results *results, pal_catalog *catalog,
                                            pal_error *err);
/* After answer, before learn: the recommender still knows what it knew when it chose. */
PAL_MUST_USE pal_status pal_reason_log_round(pal_reason_log *log, const pal_arm *arm, pal_error *err);
PAL_MUST_USE pal_status pal_reason_log_save(const pal_reason_log *log, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_reason_log_commit(pal_reason_log **log, pal_results *results, pal_error *err);
void pal_reason_log_abort(pal_reason_log **log); /* accepts NULL inside */

#endif
