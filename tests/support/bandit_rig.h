/* Slow and obvious linear algebra, and a bandit's whole posterior in one space, for the tests of bandits. */
#ifndef PAL_TESTS_SUPPORT_BANDIT_RIG_H
#define PAL_TESTS_SUPPORT_BANDIT_RIG_H

#include "stages/stage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* inverse = a^-1 by Gauss-Jordan elimination with pivots; both d x d, a is lost. */
void rig_invert(double *inverse, double *a, size_t d);

/* A keyed uniform in [0, 1) and a normal, for test data. */
double rig_unit(uint64_t seed, uint64_t what);
double rig_normal(uint64_t seed, uint64_t what);

/*
 * Every linear bandit of the stages is one ridge regression if each (person, song) is given a long enough vector: zeros but
 * for the blocks of its arm and of what is shared.
 */
typedef struct rig_joint {
    const pal_catalog *catalog;
    size_t n_users, base, wide, n_arms, n; /* n: all coefficients */
    bool by_person, by_taste, hybrid;
    double prior;
    double *a, *b;                         /* n x n and n         */
} rig_joint;

rig_joint rig_joint_new(const pal_catalog *catalog, size_t n_users, const char *arms, bool hybrid, double l2,
                        double prior);
void rig_joint_free(rig_joint *joint);
void rig_joint_x(double *x, const rig_joint *joint, uint32_t user, uint32_t item);
/* Take in the slots that were looked at. */
void rig_joint_learn(rig_joint *joint, const pal_event *event, size_t n);
/* inverse (n x n) = A^-1 and mean (n) = A^-1 b. */
void rig_joint_solve(double *inverse, double *mean, const rig_joint *joint);

/* A finished round for a stage: the slates' events with made-up answers (a like where the song's cluster is even, most of the
 * time; some slots not looked at), taken in by the stage. Returns the number of events. */
size_t rig_answer(pal_event *event, const pal_catalog *catalog, uint32_t user, uint32_t round, const pal_slate *slate,
                  uint64_t seed);

#endif
