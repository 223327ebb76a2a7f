/* LIBMF's one-class matrix factorisation beside our factor models: its program, timed from outside. */
#ifndef PAL_CLI_BENCH_LIBMF_H
#define PAL_CLI_BENCH_LIBMF_H

#include "core/csr.h"
#include "core/error.h"

#include <stddef.h>

/*
 * Milliseconds of an iteration of BPR (-f 10: two items a person, -r 0.1 -l2 0.01) by the program `mf_train` on the
 * cells of rows: the time of a long run less that of a short one, over the iterations between them, so that reading and
 * writing do not count. The median of three.
 *   PAL_ERR_IO        no room for its files
 *   PAL_ERR_USAGE     `mf_train` could not be run, or gave up
 */
PAL_MUST_USE pal_status pal_bench_libmf(double *epoch_ms, const char *mf_train, const pal_csr *rows, size_t factors,
                                        size_t n_threads, pal_error *err);

#endif
