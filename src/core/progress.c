/* One line on stderr that redraws itself, and the clock behind it. */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include "core/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BAR_WIDTH 30
#define MIN_GAP_S 0.1 /* ten redraws a second are as many as an eye can use */

static bool allowed;

void pal_progress_allow(bool on)
{
    allowed = on;
}

double pal_clock_s(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0.0;
    }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void format_left(char *out, size_t n, double seconds)
{
    unsigned long s = seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 1000000000ul;

    if (s < 60) {
        snprintf(out, n, "%lu s left", s);
    } else if (s < 3600) {
        snprintf(out, n, "%lu min %02lu s left", s / 60, s % 60);
    } else {
        snprintf(out, n, "%lu h %02lu min left", s / 3600, s / 60 % 60);
    }
}

static void draw(const pal_progress *p, double now)
{
    double part = p->total == 0 ? 1.0 : (double)p->done / (double)p->total;
    size_t filled = (size_t)(part * BAR_WIDTH);
    char bar[BAR_WIDTH + 1], left[48] = "";

    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled < BAR_WIDTH ? filled : BAR_WIDTH);
    bar[BAR_WIDTH] = '\0';
    if (p->done > 0 && p->done < p->total) {
        format_left(left, sizeof left, (now - p->started_s) * (1.0 - part) / part);
    }
    /* ESC[K wipes what a longer line left behind */
    fprintf(stderr, "\r%s [%s] %3d %%  %s\033[K", p->label, bar, (int)(part * 100.0), left);
    fflush(stderr);
}

void pal_progress_begin(pal_progress *p, const char *label, uint64_t total)
{
    *p = (pal_progress){ .label = label, .total = total, .on = allowed };
    if (p->on) {
        p->started_s = p->shown_s = pal_clock_s();
        draw(p, p->started_s);
    }
}

void pal_progress_step(pal_progress *p, uint64_t n)
{
    double now;

    p->done = n > p->total - p->done ? p->total : p->done + n;
    if (!p->on) {
        return;
    }
    now = pal_clock_s();
    if (now - p->shown_s >= MIN_GAP_S) {
        p->shown_s = now;
        draw(p, now);
    }
}

void pal_progress_end(pal_progress *p)
{
    if (p->on) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        p->on = false;
    }
}
