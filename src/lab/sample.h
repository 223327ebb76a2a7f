/* Which people are drawn whole in the report: by a stated rule, never by hand. */
#ifndef PAL_LAB_SAMPLE_H
#define PAL_LAB_SAMPLE_H

#include "lab/columns.h"

typedef struct pal_sampled_person {
    size_t person;   /* replicate * n_users + user */
    const char *why; /* the rule, in words; static  */
} pal_sampled_person;

/*
 * Up to *n people of an arm's record, no one twice: typical, best, worst, most contradictory, most tastes, most starved, then
 * people drawn at random. Only people who turned up in at least half of the rounds count, unless nobody did. Ties go
 * to the lower number. *n becomes how many were found.
 */
PAL_MUST_USE pal_status pal_sample_people(pal_sampled_person *out, size_t *n, const pal_record *record,
                                          const pal_people_set *set, uint64_t seed, pal_error *err);

#endif
