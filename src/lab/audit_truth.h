/* The truth about a ranking: what it is worth to a person, and what serving it earns. */
#ifndef PAL_LAB_AUDIT_TRUTH_H
#define PAL_LAB_AUDIT_TRUTH_H

#include "lab/audit.h"
#include "lab/audit_log.h"

/*
 * The metrics of a ranking if every candidate's label were known by its chance: n items by falling score, p[i] the true chance
 * that item i is liked, best the min(k, n) largest of them, falling.
 *
 *   likes   mean p of the first k               recall  their sum over that of all
 *   ndcg    sum of p / log2(place + 1) of the first k over that of the k best
 *   hit     1 - product of (1 - p)              mrr     sum of p / place times the product of (1 - p) before
 *   auc     sum over ordered pairs of p_i (1 - p_j) [i above j; equal scores half], over that of all pairs
 *
 * NaN without candidates, or where a sum below is 0. The expectations of numerator and denominator are taken apart in recall,
 * ndcg and auc. Oracle (every set of labels): tests/lab/test_audit_truth.c.
 */
void pal_audit_truth_person(double value[PAL_AUDIT_METRICS], const float *score, const uint32_t *order, const float *p,
                            const float *best, size_t n, size_t k);

/*
 * Serve fixed lists from the log's end on: a person who comes gets their next n_slots items. The same people, states and luck
 * for every caller.
 *
 *   likes, expected  out  n_people: likes, and the sum of the true P(like | examined) of what was shown, a round
 *   item             in   n_people x n_slots * rounds, best first; UINT32_MAX ends a row
 */
PAL_MUST_USE pal_status pal_audit_serve(double *likes, double *expected, const pal_audit_log *log, const uint32_t *item,
                                        size_t n_slots, size_t first_round, size_t rounds, size_t n_threads, pal_error *err);

#endif
