/* Small audits for tests, and what their tables say. */
#ifndef PAL_TESTS_SUPPORT_AUDIT_RIG_H
#define PAL_TESTS_SUPPORT_AUDIT_RIG_H

#include "lab/audit.h"

/* The text of an audit of 120 people, 9 rounds (2 served), 5 slots, 150 songs, no satiation; arms "rand" and "pop"; models
 * popularity, item_knn and als; two worlds. members: keys that stand before these, `,`-separated without braces, may be "". A
 * key given twice is refused by the reader: the ones that are left out by a letter of `without` are S seeds, M models. */
const char *audit_text(const char *members, const char *without);
/* Parsed; fails the test on an error. */
pal_audit *audit_of(const char *members, const char *without);
/* Run into a scratch directory of that name; fails the test on an error. */
pal_audit_summary audit_run(const char *members, const char *without, const char *name, size_t n_threads);

/* A number of a table of that directory: of the one row that holds all of `where` ("column=value;column=value"). */
double audit_number(const char *name, const char *file, const char *where, const char *column);

#endif
