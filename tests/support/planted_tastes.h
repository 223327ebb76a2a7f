/* People with several planted tastes, a part of whose items is kept for the test. */
#ifndef PAL_TESTS_SUPPORT_PLANTED_TASTES_H
#define PAL_TESTS_SUPPORT_PLANTED_TASTES_H

#include "tests/support/rec_rig.h"

typedef struct planted {
    rec_rig train;
    pal_csr *test;      /* two items of each taste of each person     */
    pal_csr *traits;    /* people x groups: their tastes as features   */
    pal_csr *content;   /* items x groups: the group, one-hot          */
} planted;

/*
 * Item i belongs to group i mod n_groups. Each person likes n_tastes different groups and has per_taste + 2 items of
 * each, two of them in the test; and one item from anywhere.
 */
planted planted_tastes(uint64_t seed, size_t n_people, size_t n_items, size_t n_groups, size_t n_tastes,
                       size_t per_taste);
void planted_clear(planted *world);

/* Mean over people of the share of their test items among the ten best, training items left out. as_new: people are
 * asked for as new ones who bring their past (and, with traits, their side features). */
double planted_recall(const pal_rec_type *type, const void *self, const planted *world, bool as_new, bool traits);

#endif
