/* Every stage with parameters under which all it can learn is learned within a few rounds. */
#ifndef PAL_TESTS_SUPPORT_RESUME_CASES_H
#define PAL_TESTS_SUPPORT_RESUME_CASES_H

#include "tests/support/resume_rig.h"

extern const resume_case resume_cases[];
extern const size_t resume_n_cases;

#endif
