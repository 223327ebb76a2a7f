/* What stands inside the rerank stage, for those who explain its slates. */
#ifndef PAL_STAGES_RERANK_H
#define PAL_STAGES_RERANK_H

#include "stages/stage.h"

/* The stage whose slates are re-ranked, and its instance; borrowed. */
const pal_stage_type *pal_rerank_inner(const void *self, const void **inner);

#endif
