/* The strict grammar of JSON (RFC 8259), checked before cJSON, which is lax, builds a tree. */
#ifndef PAL_CORE_JSON_SCAN_H
#define PAL_CORE_JSON_SCAN_H

#include "core/error.h"

#include <stddef.h>

#define PAL_JSON_MAX_DEPTH 64
#define PAL_JSON_MAX_NUMBER 63 /* characters; what cJSON reads at most */

/*
 * Is text[0..n) one JSON value and nothing else? `name` stands for it in messages. Not checked here: keys
 * that stand twice.
 *   PAL_ERR_PARSE  "NAME: line L, column C: expected ..., found ..."; columns count characters, from 1
 */
PAL_MUST_USE pal_status pal_json_scan(const char *text, size_t n, const char *name, pal_error *err);

#endif
