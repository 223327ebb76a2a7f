/* The experiment that a study is about: "experiment" and "set" of a sweep, a trial, an audit, an off-policy study. */
#ifndef PAL_LAB_STUDY_BASE_H
#define PAL_LAB_STUDY_BASE_H

#include "core/error.h"
#include "core/json.h"

/*
 * Read the keys "experiment" (the path of an experiment file, or the experiment itself) and "set" (an object of dotted paths
 * and values for it; may be missing) of a study's root.
 *
 *   text  out  the experiment with "set" applied, as compact JSON; not yet checked (pal_experiment_parse does)
 *   name  out  where it came from, for messages: its path, or `file`
 *
 * The caller frees both with pal_free; on error they may hold something too.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO, PAL_ERR_USAGE  with the file and JSON path
 */
PAL_MUST_USE pal_status pal_study_base(char **text, char **name, const pal_json *root, const char *file, pal_error *err);

/* A value as compact JSON. The caller frees *out with pal_free. PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_study_text(char **out, const pal_json *value, pal_error *err);

#endif
