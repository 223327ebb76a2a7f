/* Files that are there whole or not at all: written under a temporary name, hashed on the way, renamed. */
#ifndef PAL_CORE_FILE_H
#define PAL_CORE_FILE_H

#include "core/error.h"
#include "core/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Buffered output. Write errors are sticky and come out at commit (and stop later writes). */
typedef struct pal_outfile pal_outfile;

/* Write to `path` by way of a temporary file beside it. Caller commits or aborts. */
PAL_MUST_USE pal_status pal_outfile_open(pal_outfile **out, const char *path, pal_error *err);
void pal_outfile_bytes(pal_outfile *file, const void *bytes, size_t n);
void pal_outfile_text(pal_outfile *file, const char *text);
void pal_outfile_printf(pal_outfile *file, const char *format, ...) PAL_PRINTF(2, 3);
void pal_outfile_double(pal_outfile *file, double value);  /* pal_format_double; NaN as an empty field */
void pal_outfile_float(pal_outfile *file, float value);
void pal_outfile_u64(pal_outfile *file, uint64_t value);
void pal_outfile_i64(pal_outfile *file, int64_t value);
void pal_outfile_csv_text(pal_outfile *file, const char *text); /* quoted when RFC 4180 asks for it */
uint64_t pal_outfile_size(const pal_outfile *file);
/* Flush, close, rename, free the handle; hex (may be NULL) gets the digest of the bytes.
 * On error the temporary file is removed. *file is NULL afterwards in every case. */
PAL_MUST_USE pal_status pal_outfile_commit(pal_outfile **file, char hex[PAL_HASH_HEX], pal_error *err);
void pal_outfile_abort(pal_outfile **file); /* removes the temporary file; accepts NULL inside */

/*
 * The same by way of `path`.part, which outlives the process: abort closes it and leaves it there, whoever owns the
 * directory decides. size 0 begins anew; else the first `size` bytes of what an earlier process left (as `path`.part, or
 * as `path` when it came to the commit) are taken over and hashed again, and what stands behind them is cut off.
 *   PAL_ERR_DATA  fewer bytes are there, or their digest is not `hex`
 */
PAL_MUST_USE pal_status pal_outfile_open_kept(pal_outfile **out, const char *path, uint64_t size, const char *hex,
                                              pal_error *err);
/* Bring everything written so far to the disk; hex (may be NULL) gets its digest. The file goes on. */
PAL_MUST_USE pal_status pal_outfile_sync(pal_outfile *file, char hex[PAL_HASH_HEX], pal_error *err);

/* A whole directory built under `path`.tmp-PID beside `path` and renamed at commit. An existing directory at
 * `path` is replaced only if it holds a manifest.json of ours (or is empty); anything else is an error. */
typedef struct pal_outdir pal_outdir;
PAL_MUST_USE pal_status pal_outdir_open(pal_outdir **out, const char *path, pal_error *err);
const char *pal_outdir_path(const pal_outdir *dir); /* where to write now; borrowed */
PAL_MUST_USE pal_status pal_outdir_commit(pal_outdir **dir, pal_error *err);
void pal_outdir_abort(pal_outdir **dir);            /* removes what was written */

/*
 * The same under `path`.part, which outlives the process: the next one that opens it finds what an earlier one left there,
 * unless that is still at work (the file "lock" in it is locked meanwhile).
 *   PAL_ERR_IO  another process works there, or something that is not ours stands there
 */
PAL_MUST_USE pal_status pal_outdir_open_kept(pal_outdir **out, const char *path, pal_error *err);
/* Close a kept directory and leave everything where it is. */
void pal_outdir_keep(pal_outdir **dir);
/* Remove what a kept directory holds, at any depth: everything, or everything but files that end in ".part". */
PAL_MUST_USE pal_status pal_outdir_clean(pal_outdir *dir, bool parts_stay, pal_error *err);

/* The whole of a file as NUL-terminated text; gunzips what ends in .gz. PAL_ERR_IO names the path. Caller pal_frees. */
PAL_MUST_USE pal_status pal_file_read(char **bytes, size_t *n, const char *path, pal_error *err);
/* Make a directory and its parents. */
PAL_MUST_USE pal_status pal_dir_make(const char *path, pal_error *err);
/* Remove a directory and all in it; what is not there is fine. */
void pal_dir_remove(const char *path);
bool pal_file_exists(const char *path);
/* dir + "/" + name, in memory the caller pal_frees; NULL when memory is out. */
char *pal_path_join(const char *dir, const char *name);

#endif
