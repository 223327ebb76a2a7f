/* A file of cells, and LIBMF's program run on it in a process of its own. */
#if !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700 /* P_tmpdir */
#endif

#include "cli/bench_libmf.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

#define SHORT 5 /* iterations of the two runs */
#define LONG 45
#define PASSES 3

typedef struct libmf {
    const char *program;
    char *data, *model; /* files in a folder of our own */
    size_t factors, n_threads;
} libmf;

static pal_status write_cells(const char *path, const pal_csr *rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_TRY(pal_outfile_open(&file, path, err));
    for (size_t u = 0; u < rows->n_rows; u++) {
        for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
            pal_outfile_printf(file, "%zu %u 1\n", u, rows->col[c]);
        }
    }
    PAL_TRY(pal_outfile_commit(&file, NULL, err));

done:
    pal_outfile_abort(&file);
    return rc;
}

/* Seconds of one run. */
static pal_status run(double *seconds, const libmf *l, size_t iterations, pal_error *err)
{
    pal_status rc = PAL_OK;
    char number[3][24];
    char *argument[] = { (char *)(uintptr_t)l->program, "-f", "10", "-r", "0.1", "-l2", "0.01", "--quiet", "-k",
                         number[0], "-t", number[1], "-s", number[2], l->data, l->model, NULL };
    double from = pal_clock_s();
    int status = 0, failure;
    pid_t child;

    snprintf(number[0], sizeof number[0], "%zu", l->factors);
    snprintf(number[1], sizeof number[1], "%zu", iterations);
    snprintf(number[2], sizeof number[2], "%zu", l->n_threads);
    failure = posix_spawnp(&child, l->program, NULL, NULL, argument, environ);
    if (failure != 0) PAL_FAIL(PAL_ERR_USAGE, "--libmf: %s: %s", l->program, strerror(failure));
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) PAL_FAIL(PAL_ERR_INTERNAL, "--libmf: %s: %s", l->program, strerror(errno));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        PAL_FAIL(PAL_ERR_USAGE, "--libmf: %s gave up (status %d)", l->program, status);
    }
    *seconds = pal_clock_s() - from;

done:
    return rc;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static pal_status time_passes(double *epoch_ms, const libmf *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    double ms[PASSES];

    for (size_t i = 0; i < PASSES; i++) {
        double few, many;

        PAL_TRY(run(&few, l, SHORT, err));
        PAL_TRY(run(&many, l, LONG, err));
        ms[i] = (many - few) * 1e3 / (LONG - SHORT);
    }
    qsort(ms, PASSES, sizeof *ms, by_value);
    *epoch_ms = ms[PASSES / 2];

done:
    return rc;
}

pal_status pal_bench_libmf(double *epoch_ms, const char *mf_train, const pal_csr *rows, size_t factors,
                           size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    libmf l = { .program = mf_train, .factors = factors, .n_threads = n_threads };
    char folder[] = P_tmpdir "/palate-libmf-XXXXXX";
    bool made = mkdtemp(folder) != NULL;

    if (!made) PAL_FAIL(PAL_ERR_IO, "%s: %s", folder, strerror(errno));
    l.data = pal_path_join(folder, "cells.txt");
    l.model = pal_path_join(folder, "model.txt");
    if (l.data == NULL || l.model == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: paths in %s", folder);
    PAL_TRY(write_cells(l.data, rows, err));
    PAL_TRY(time_passes(epoch_ms, &l, err));

done:
    if (made) pal_dir_remove(folder);
    pal_free(l.data);
    pal_free(l.model);
    return rc;
}
