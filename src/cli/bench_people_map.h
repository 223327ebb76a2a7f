/* Time the people map (lab/people_graph.h, lab/people_communities.h) on a generated crowd. */
#ifndef PAL_CLI_BENCH_PEOPLE_MAP_H
#define PAL_CLI_BENCH_PEOPLE_MAP_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Print a row (a JSON line with `json`): seconds of the graph and of the cut, communities found, and their adjusted Rand index
 * with the groups that people were drawn from. */
PAL_MUST_USE pal_status pal_bench_people_map(size_t people, const char *cpu, bool json, pal_error *err);

#endif
