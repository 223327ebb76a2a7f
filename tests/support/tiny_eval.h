/* Small evaluations for tests: a synthetic log, and a model whose scores are known beforehand. */
#ifndef PAL_TESTS_SUPPORT_TINY_EVAL_H
#define PAL_TESTS_SUPPORT_TINY_EVAL_H

#include "lab/eval_config.h"
#include "lab/eval_run.h"

/* JSON of an evaluation: 60 people, 50 items, random_user split with a validation part; models popularity, item_knn with
 * a grid of two, random. */
extern const char *const tiny_evaluation;

/* Parse it with overrides; fails the test on an error. */
pal_eval_config *tiny_eval_parse(const pal_override *overrides, size_t n);
/* Run an evaluation into a scratch directory and give its path (as scratch_path). */
const char *tiny_eval_run(pal_eval_summary *summary, const pal_eval_config *config, const char *name, size_t n_threads);

/*
 * A model that learns nothing: the score of an item is its number, turned round (minus it) for people who ask as
 * new ones, and for the item `odd` it is `odd_score`.
 */
typedef struct tiny_known { uint32_t odd; float odd_score; } tiny_known;
extern tiny_known tiny_known_now;
extern const pal_rec_type tiny_rec_known;

#endif
