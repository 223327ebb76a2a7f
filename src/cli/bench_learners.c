/* Rows as .npy files, a Python script that reads them, and the lines it prints. */
#if !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700 /* P_tmpdir */
#endif

#include "cli/bench_learners.h"

#include "cli/peer.h"
#include "core/embed.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/npy.h"
#include "models/bench_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PAL_EMBED(pal_bench_learners_py, "src/cli/bench_learners.py");

#define WIDTH (PAL_BENCH_D + 1) /* features, then the label */

/* ---- rows ---------------------------------------------------------------------------------- */

static pal_status write_table(const char *folder, const char *model, const double *table, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_npy_writer *w = NULL;
    char name[64];
    char *path;

    snprintf(name, sizeof name, "%s-%zu.npy", model, n);
    path = pal_path_join(folder, name);
    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: path of %s", name);
    }
    PAL_TRY(pal_npy_open(&w, path, PAL_F64, WIDTH, n, err));
    pal_npy_add(w, table, n);
    PAL_TRY(pal_npy_commit(&w, NULL, err));

done:
    pal_npy_abort(&w);
    pal_free(path);
    return rc;
}

static pal_status write_rows(const char *folder, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *x32 = NULL;
    double *x = NULL, *y = NULL, *table = NULL;

    PAL_NEW(x32, n * PAL_BENCH_D);
    PAL_NEW(x, n * PAL_BENCH_D);
    PAL_NEW(y, n);
    PAL_NEW(table, n * WIDTH);
    for (size_t linear = 0; linear < 2; linear++) {
        if (linear != 0) {
            pal_bench_linear_rows(x, y, PAL_BENCH_LINEAR, n);
        } else {
            pal_bench_rows(x32, y, PAL_BENCH_TRAIN, n);
        }
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < PAL_BENCH_D; j++) {
                size_t at = i * PAL_BENCH_D + j;

                table[i * WIDTH + j] = linear != 0 ? x[at] : (double)x32[at];
            }
            table[i * WIDTH + PAL_BENCH_D] = y[i];
        }
        PAL_TRY(write_table(folder, linear != 0 ? "logistic" : "boosted", table, n, err));
    }

done:
    pal_free(x32);
    pal_free(x);
    pal_free(y);
    pal_free(table);
    return rc;
}

/* ---- lines --------------------------------------------------------------------------------- */

typedef struct reader {
    pal_bench_learner *out;
    size_t n, room;
} reader;

/* MODEL ROWS WHO FIT_MS PREDICT_NS; other lines are a library's own and passed over. */
static void read_line(void *ctx, const char *line)
{
    reader *r = ctx;
    pal_bench_learner one = { .one_us = NAN };
    char model[16];

    if (r->n < r->room
        && sscanf(line, "%15s %zu %63s %lf %lf", model, &one.rows, one.who, &one.fit_ms, &one.predict_ns) == 5
        && (strcmp(model, "boosted") == 0 || strcmp(model, "logistic") == 0)) {
        one.model = model[0] == 'b' ? "boosted" : "logistic";
        r->out[r->n++] = one;
    }
}

pal_status pal_bench_learner_peers(pal_bench_learner *out, size_t *n, bool there[2], const size_t *rows, size_t n_rows,
                                   pal_error *err)
{
    static const char *const module[2] = { "xgboost", "sklearn" };
    const char *parent = getenv("TMPDIR") != NULL && getenv("TMPDIR")[0] != '\0' ? getenv("TMPDIR") : P_tmpdir;
    pal_status rc = PAL_OK;
    reader r = { out, 0, PAL_BENCH_PEERS(n_rows) };
    char folder[512] = "", sizes[256] = "";

    snprintf(folder, sizeof folder, "%s/palate-bench-XXXXXX", parent);
    if (mkdtemp(folder) == NULL || setenv("PAL_BENCH_FOLDER", folder, 1) != 0) {
        folder[0] = '\0';
        PAL_FAIL(PAL_ERR_IO, "bench models: no folder for the rows in %s", parent);
    }
    for (size_t i = 0; i < n_rows; i++) {
        size_t used = strlen(sizes);

        snprintf(sizes + used, sizeof sizes - used, " %zu", rows[i]);
        PAL_TRY(write_rows(folder, rows[i], err));
    }
    for (size_t p = 0; p < 2; p++) {
        char arguments[300];

        snprintf(arguments, sizeof arguments, "%s%s", module[p], sizes);
        PAL_TRY(pal_peer_run(&there[p], module[p], pal_bench_learners_py, arguments, 1, read_line, &r, err));
    }
    *n = r.n;

done:
    if (folder[0] != '\0') {
        pal_dir_remove(folder);
    }
    unsetenv("PAL_BENCH_FOLDER");
    return rc;
}
