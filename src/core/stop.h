/* Asking long work to stop: set from a signal handler, looked at between rounds, so that nothing is left half-written. */
#ifndef PAL_CORE_STOP_H
#define PAL_CORE_STOP_H

#include <stdbool.h>

/* Safe in a signal handler. */
void pal_stop_request(void);
/* Take the request back (tests). */
void pal_stop_reset(void);
bool pal_stop_requested(void);

#endif
