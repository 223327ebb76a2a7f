/* Status codes, the caller's error record, and the macros that move control on failure. */
#ifndef PAL_CORE_ERROR_H
#define PAL_CORE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define PAL_MUST_USE __attribute__((warn_unused_result))
#define PAL_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define PAL_MUST_USE
#define PAL_PRINTF(text, first)
#endif

typedef enum pal_status {
    PAL_OK = 0,
    PAL_ERR_USAGE,    /* bad command line                                         (exit 2) */
    PAL_ERR_CONFIG,   /* bad key, type or value in an experiment or parameter file (exit 2) */
    PAL_ERR_PARSE,    /* text that is not JSON, CSV, npy …                        (exit 2) */
    PAL_ERR_DATA,     /* well-formed input whose content cannot be used           (exit 2) */
    PAL_ERR_IO,       /* open, read, write, rename, disk full                     (exit 2) */
    PAL_ERR_SHAPE,    /* sizes that do not fit together                           (exit 1) */
    PAL_ERR_CONVERGE, /* an iteration limit was reached                           (exit 1) */
    PAL_ERR_MEMORY,   /* an allocation failed                                     (exit 1) */
    PAL_ERR_MISMATCH, /* verify: results differ                                   (exit 1) */
    PAL_ERR_INTERNAL, /* a promise of our own code is broken                      (exit 1) */
    PAL_ERR_STOPPED   /* the user interrupted it                                  (exit 1) */
} pal_status;

typedef struct pal_error {
    pal_status status;
    char text[1024]; /* one line, no newline; names file, row or JSON path, found, wanted */
} pal_error;

/* Record a failure in err (NULL is fine) and return `status`. Control bytes in the text become spaces. */
pal_status pal_error_set(pal_error *err, pal_status status, const char *format, ...)
    PAL_PRINTF(3, 4);

/* The process exit code that belongs to a status: 0, 1 (it failed) or 2 (bad usage or input). */
int pal_status_exit_code(pal_status status);

/* A short stable name of a status, e.g. "PAL_ERR_CONFIG". Borrowed, static. */
const char *pal_status_name(pal_status status);

/* Both need `pal_status rc` and a label `done` in the function; PAL_FAIL also `pal_error *err`. */
#define PAL_TRY(call)              \
    do {                           \
        rc = (call);               \
        if (rc != PAL_OK) {        \
            goto done;             \
        }                          \
    } while (0)

#define PAL_FAIL(status, ...)                          \
    do {                                               \
        rc = pal_error_set(err, (status), __VA_ARGS__); \
        goto done;                                     \
    } while (0)

/* Misuse by the caller's code: kept in optimised builds; prints the place and aborts. */
_Noreturn void pal_assert_fail(const char *expression, const char *file, int line);
#define PAL_ASSERT(e) ((e) ? (void)0 : pal_assert_fail(#e, __FILE__, __LINE__))

#ifdef PAL_DEBUG
#define PAL_DCHECK(e) PAL_ASSERT(e)
#else
#define PAL_DCHECK(e) ((void)0)
#endif

#endif
