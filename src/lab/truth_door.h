/* The oracle's door: the one way in which stages that declare it ask about the truth. */
#ifndef PAL_LAB_TRUTH_DOOR_H
#define PAL_LAB_TRUTH_DOOR_H

#include "lab/arm.h"

/* Answers by the world of the arm and its people as they stand when asked. Borrows the arm, which must outlive the door. */
pal_truth_door pal_truth_door_of(pal_arm *arm);

#endif
