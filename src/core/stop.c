/* A flag that a signal handler may set. */
#include "core/stop.h"

#include <signal.h>

static volatile sig_atomic_t requested;

void pal_stop_request(void)
{
    requested = 1;
}

void pal_stop_reset(void)
{
    requested = 0;
}

bool pal_stop_requested(void)
{
    return requested != 0;
}
