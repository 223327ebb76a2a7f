/* Peers beside our benchmarks: a Python script in a process of its own, when a Python here has what it needs. */
#ifndef PAL_CLI_PEER_H
#define PAL_CLI_PEER_H

#include "core/error.h"

#include <stddef.h>

/*
 * Run `script` by the first Python (python3, then /usr/bin/python3) that can import `module`, with `arguments` (words
 * without quotes or blanks, for sys.argv[1:]) and OMP_NUM_THREADS and OPENBLAS_NUM_THREADS set to n_threads. Each line
 * it prints goes to `line` without its newline. *there tells whether there was such a Python: none is no error.
 *   PAL_ERR_INTERNAL  no shell could be started, or the script failed
 */
PAL_MUST_USE pal_status pal_peer_run(bool *there, const char *module, const char *script, const char *arguments,
    size_t n_threads, void (*line)(void *ctx, const char *line), void *ctx, pal_error *err);

#endif
