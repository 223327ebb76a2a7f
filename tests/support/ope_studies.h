/* Small studies of off-policy estimators, for tests. */
#ifndef PAL_TESTS_SUPPORT_OPE_STUDIES_H
#define PAL_TESTS_SUPPORT_OPE_STUDIES_H

#include "lab/ope_scene.h"

/* A study of 30 people and 300 songs with these members; `set` are members of "set". Fails the test on an error. */
pal_ope_study *ope_study(const char *set, const char *members);
/* The same text, parsed with whatever comes of it. */
pal_status ope_study_try(pal_ope_study **out, const char *set, const char *members, pal_error *err);
pal_ope_scene *ope_scene(const pal_ope_study *study);
pal_ope_findings ope_play(const pal_ope_study *study, size_t n_threads);
/* The record of the estimator of this name; size and target by number. Fails the test when there is none. */
const pal_ope_record *ope_record(const pal_ope_study *study, const pal_ope_findings *f, size_t size, size_t target,
                                 const char *estimator);
/* Bias in Monte-Carlo errors. */
double ope_z(const pal_ope_record *record);

#endif
