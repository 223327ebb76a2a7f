/* Off-policy evaluation of slates: k items shown at once, a reward in each slot, their sum the value of the slate. */
#ifndef PAL_METRICS_OPE_SLATE_H
#define PAL_METRICS_OPE_SLATE_H

#include "core/error.h"
#include "metrics/ope.h"

#include <stddef.h>
#include <stdint.h>

/* With w_l = target / logged in slot l given the slots above, m_l the same of the chances without looking above: */
typedef enum pal_ope_slate_kind {
    PAL_OPE_WHOLE,       /* (product of all w) x (sum of r): no assumption, and the largest variance            */
    PAL_OPE_INDEPENDENT, /* sum of m_l r_l: a slot's reward depends on its own item alone (Li et al., KDD 2018)  */
    PAL_OPE_CASCADE,     /* sum of w_1 ... w_l r_l: on the items above too (McInerney et al., KDD 2020, "RIPS")  */
    PAL_OPE_PSEUDO,      /* (1 + sum of (m_l - 1)) x (sum of r): the slate's value is a sum over slots
                            (Swaminathan et al., NIPS 2017; this form for loggers that fill slots independently) */
    PAL_OPE_SLATE_KINDS
} pal_ope_slate_kind;

const char *pal_ope_slate_name(pal_ope_slate_kind kind);
const char *pal_ope_slate_meaning(pal_ope_slate_kind kind);
/* Does it need the chances without looking above? */
bool pal_ope_slate_needs_marginals(pal_ope_slate_kind kind);

typedef struct pal_ope_slates { /* all borrowed; rows are slates, columns slots from the top */
    const double *reward;      /* n x k, finite                                              */
    const double *logged;      /* n x k, chance of the item in its slot given those above; (0, 1] */
    const double *target;      /* n x k, the same under the target; [0, 1]                   */
    const double *logged_slot; /* n x k, chance of the item in its slot over all slates of the context; or NULL */
    const double *target_slot; /* n x k; or NULL                                             */
    const uint32_t *person;    /* n, < n_people; NULL: a slate a person                      */
    size_t n, k, n_people;
} pal_ope_slates;

/*
 * One estimate of the mean value of a slate. boot may be NULL. Exact, on one thread.
 *   PAL_ERR_SHAPE   n or k is 0, n_people does not fit, or a kind without the chances it needs
 *   PAL_ERR_DATA    a value out of its range; the text names slate and slot (from 0)
 *   PAL_ERR_MEMORY
 * Oracles: tests/metrics/test_ope_slate.c (all slates of small problems enumerated).
 */
PAL_MUST_USE pal_status pal_ope_slate_estimate(pal_ope_estimate *out, pal_ope_slate_kind kind, const pal_ope_slates *slates,
                                               double level, const pal_boot *boot, pal_error *err);

/*
 * Pseudo-inverse weights for any logging policy, one context with its slates listed: weight(s) = q' G+ 1_s, where
 * G = E_logged[1_s 1_s'], q = E_target[1_s] and 1_s marks the (slot, item) pairs of s. The mean of weight x value over
 * the log is unbiased for every value that is a sum over slots.
 *
 *   weight  out  m
 *   slate   in   m x k  items, < n_items
 *   logged  in   m      chance of each slate; [0, 1], sums to 1 within 1e-9
 *   target  in   m      the same
 *
 *   PAL_ERR_SHAPE     a size is 0
 *   PAL_ERR_DATA      an item or chance out of range; or the target shows pairs that the log cannot speak for
 *   PAL_ERR_CONVERGE  from the eigenvalues
 *   PAL_ERR_MEMORY    (k n_items)^2 doubles, three times; time grows with the cube: for up to some hundred pairs
 */
PAL_MUST_USE pal_status pal_ope_pseudo_weights(double *weight, const uint32_t *slate, const double *logged,
                                               const double *target, size_t m, size_t k, size_t n_items, pal_error *err);

#endif
