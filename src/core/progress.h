/* A progress bar with the time left, on a terminal only; silent elsewhere. */
#ifndef PAL_CORE_PROGRESS_H
#define PAL_CORE_PROGRESS_H

#include <stdint.h>
#include <stdbool.h>

typedef struct pal_progress { /* filled by pal_progress_begin */
    const char *label;
    uint64_t total, done;
    double started_s, shown_s;
    bool on;
} pal_progress;

/* The library never prints by itself: the command line turns this on for a stream that is a terminal. */
void pal_progress_allow(bool on);
void pal_progress_begin(pal_progress *p, const char *label, uint64_t total);
void pal_progress_step(pal_progress *p, uint64_t n);
void pal_progress_end(pal_progress *p);
/* Seconds of a clock that only goes forward. For timing.csv and benchmarks, never for results. */
double pal_clock_s(void);

#endif
