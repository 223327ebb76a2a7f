/* Options whose value is a number with a fraction, or a list of them. */
#ifndef PAL_CLI_REALS_H
#define PAL_CLI_REALS_H

#include "cli/options.h"

/* A number in [min, max]; `fallback` when the option was not given. PAL_ERR_USAGE names the option and the range. */
PAL_MUST_USE pal_status pal_args_real(double *out, const pal_args *args, const char *name, double fallback, double min,
                                      double max, pal_error *err);

/* "0.2,0.3": at most `room` numbers in [min, max], *n of them; 0 when the option was not given. PAL_ERR_USAGE. */
PAL_MUST_USE pal_status pal_args_reals(double *out, size_t *n, size_t room, const pal_args *args, const char *name,
                                       double min, double max, pal_error *err);

#endif
