/* What the benchmarks share: the processor's name, and the start of a JSON line. */
#ifndef PAL_CLI_BENCH_H
#define PAL_CLI_BENCH_H

#include "core/error.h"
#include "core/json.h"

#include <stddef.h>

/* The processor as pal_run_machine names it, into `name`. */
PAL_MUST_USE pal_status pal_bench_processor(char *name, size_t size, pal_error *err);
/* Start the JSON line of a row; the caller ends the object and prints it. */
void pal_bench_line(pal_json_writer *w, const char *what, const char *cpu);

#endif
