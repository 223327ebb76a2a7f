/* When checkpoints are written, where they stand, and whose they are. */
#include "lab/checkpoint.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/run_parts.h"
#include "lab/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "1" /* of what stands in the files; another one is not read */
#define STATE "state"
#define NEXT "next"
#define NAME_BYTES 48
#define LINE_BYTES 1400

struct pal_checkpoint {
    char *dir;                     /* OUT.part/checkpoint                          */
    char program[PAL_HASH_HEX], catalog[24];
    const pal_experiment *e;
    pal_tensors *from;             /* what was found, until it is taken            */
    bool stands;                   /* a state is on the disk                       */
    bool *arm_there, *focus_there; /* n_arms, n_replicates: parts that are written */
    double last_s;                 /* when the last one was written, or play began */
    size_t played;                 /* rounds of this process that are in it        */
    size_t n_written;
    double cost_s;
};

pal_status pal_program_digest(char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = pal_hash_file(hex, "/proc/self/exe", err);

    if (rc == PAL_OK || rc == PAL_ERR_MEMORY) return rc;
    snprintf(hex, PAL_HASH_HEX, "%s", PAL_VERSION); /* no such thing here: the version must do */
    return PAL_OK;
}

PAL_PRINTF(2, 3) static void say(pal_run_parts *run, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    if (run->keeping->say == NULL) return;
    pal_progress_end(&run->progress); /* which begins again before the rounds */
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    run->keeping->say(run->keeping->ctx, line);
}

/* ---- whose it is ---- */

enum { IDENTITY = 5 };

static void list_identity(const char *key[IDENTITY], const char *value[IDENTITY], const pal_checkpoint *c)
{
    static const char *const keys[IDENTITY] = { "checkpoint", "version", "program", "experiment", "catalog" };
    const char *const values[IDENTITY] = { FORMAT, PAL_VERSION, c->program, c->e->digest, c->catalog };

    memcpy(key, keys, sizeof keys);
    memcpy(value, values, sizeof values);
}

static pal_status put_identity(pal_tensors *file, const pal_checkpoint *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *key[IDENTITY], *value[IDENTITY];

    list_identity(key, value, c);
    for (size_t i = 0; i < IDENTITY; i++) PAL_TRY(pal_tensors_put_text(file, key[i], value[i], err));
done:
    return rc;
}

/* What makes the file one of another run; NULL when nothing does. */
static const char *stranger(const pal_tensors *file, const pal_checkpoint *c)
{
    static const char *const what[IDENTITY] = { "is of another format", "was made by another version of the program",
                                                "was made by another build of the program", "is of another experiment",
                                                "is of other catalog data" };
    const char *key[IDENTITY], *value[IDENTITY];

    list_identity(key, value, c);
    for (size_t i = 0; i < IDENTITY; i++) {
        const char *found = pal_tensors_text(file, key[i]);

        if (found == NULL || strcmp(found, value[i]) != 0) return what[i];
    }
    return NULL;
}

/* ---- files ---- */

/* checkpoint/NAME.part */
static char *path_of(const pal_checkpoint *c, const char *name)
{
    char file[NAME_BYTES + 8];

    snprintf(file, sizeof file, "%s.part", name);
    return pal_path_join(c->dir, file);
}

/* Bring a file or directory to the disk. Not every file system can; what was written is whole all the same. */
static pal_status sync_path(const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != ENOSYS && errno != EROFS)) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be written: %s", path, strerror(errno));
    }
done:
    if (fd >= 0) close(fd);
    return rc;
}

/* Write, and only when it is on the disk give it its name. */
static pal_status put_file(const pal_checkpoint *c, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *next = path_of(c, NEXT), *path = path_of(c, name);

    if (next == NULL || path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_tensors_save(file, next, NULL, err));
    PAL_TRY(sync_path(next, err));
    if (rename(next, path) != 0) PAL_FAIL(PAL_ERR_IO, "%s: cannot be put in place: %s", path, strerror(errno));
    PAL_TRY(sync_path(c->dir, err));
done:
    pal_free(next);
    pal_free(path);
    return rc;
}

pal_status pal_checkpoint_part(pal_tensors **out, const pal_checkpoint *c, const char *name, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    char whole[NAME_BYTES], *path = NULL;
    pal_tensors *file = NULL;
    const char *why;

    snprintf(whole, sizeof whole, "%s-%zu", name, i);
    path = path_of(c, whole);
    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_tensors_load(&file, path, err));
    why = stranger(file, c);
    if (why != NULL) PAL_FAIL(PAL_ERR_DATA, "%s: %s", path, why);
    *out = file;
    file = NULL;
done:
    pal_tensors_free(file);
    pal_free(path);
    return rc;
}

/* ---- one that is there ---- */

static pal_status remove_all(pal_checkpoint *c, pal_run_parts *run, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_tensors_free(c->from);
    c->from = NULL;
    run->out.from = NULL;
    c->stands = false;
    PAL_TRY(pal_outdir_clean(run->dir, false, err));
    PAL_TRY(pal_dir_make(c->dir, err));
done:
    return rc;
}

pal_status pal_checkpoint_drop(pal_checkpoint *c, pal_run_parts *run, const char *why, pal_error *err)
{
    say(run, "the checkpoint is not used: %s; starting anew", why);
    return remove_all(c, run, err);
}

/* The state, if there is one of this run. */
static pal_status look(pal_checkpoint *c, pal_run_parts *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = path_of(c, STATE);
    pal_error why = { PAL_OK, "" };
    const char *other;

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (run->keeping->fresh || !pal_file_exists(path)) {
        PAL_TRY(remove_all(c, run, err));
        goto done;
    }
    rc = pal_tensors_load(&c->from, path, &why);
    if (rc == PAL_ERR_MEMORY) PAL_FAIL(rc, "%s", why.text);
    other = rc == PAL_OK ? stranger(c->from, c) : NULL;
    if (other != NULL) rc = pal_error_set(&why, PAL_ERR_DATA, "%s: %s", path, other);
    if (rc != PAL_OK) {
        PAL_TRY(pal_checkpoint_drop(c, run, why.text, err));
        goto done;
    }
    c->stands = true;
    run->out.from = c->from;
done:
    pal_free(path);
    return rc;
}

pal_status pal_checkpoint_open(pal_checkpoint **out, pal_run_parts *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_checkpoint *c = NULL;

    PAL_NEW(c, 1);
    c->e = run->e;
    PAL_NEW(c->arm_there, run->e->n_arms);
    PAL_NEW(c->focus_there, run->e->n_replicates);
    c->dir = pal_path_join(pal_outdir_path(run->dir), "checkpoint");
    if (c->dir == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_program_digest(c->program, err));
    snprintf(c->catalog, sizeof c->catalog, "%016llx", (unsigned long long)run->catalog->digest);
    PAL_TRY(look(c, run, err));
    c->last_s = pal_clock_s();
    *out = c;
    c = NULL;
done:
    pal_checkpoint_free(c);
    return rc;
}

void pal_checkpoint_free(pal_checkpoint *c)
{
    if (c == NULL) return;
    pal_tensors_free(c->from);
    pal_free(c->dir);
    pal_free(c->arm_there);
    pal_free(c->focus_there);
    pal_free(c);
}

pal_status pal_checkpoint_taken(pal_checkpoint *c, pal_run_parts *run, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_tensors_free(c->from);
    c->from = NULL;
    run->out.from = NULL;
    for (size_t a = 0; a < run->arm->index; a++) c->arm_there[a] = true;
    for (size_t i = 0; i < pal_run_replicates_done(run, run->e->focus); i++) c->focus_there[i] = true;
    PAL_TRY(pal_outdir_clean(run->dir, true, err));
    say(run, "going on from round %u of arm %s (replicate %u)", run->arm->round, run->e->arm[run->arm->index].name,
        run->arm->world->replicate);
    c->last_s = pal_clock_s();
done:
    return rc;
}

/* ---- writing ---- */

typedef pal_status (*save_part)(const pal_run_parts *run, size_t i, pal_tensors *file, pal_error *err);

/* Parts [0, n) that are not there yet, as NAME-i. */
static pal_status write_parts(const pal_checkpoint *c, bool *there, const pal_run_parts *run, const char *name, size_t n,
                              save_part save, pal_error *err)
{
    pal_status rc = PAL_OK;
    char whole[NAME_BYTES];
    pal_tensors *file = NULL;

    for (size_t i = 0; i < n; i++) {
        if (there[i]) continue;
        snprintf(whole, sizeof whole, "%s-%zu", name, i);
        PAL_TRY(pal_tensors_new(&file, err));
        PAL_TRY(put_identity(file, c, err));
        PAL_TRY(save(run, i, file, err));
        PAL_TRY(put_file(c, file, whole, err));
        there[i] = true;
        pal_tensors_free(file);
        file = NULL;
    }
done:
    pal_tensors_free(file);
    return rc;
}

static pal_status write_state(const pal_checkpoint *c, const pal_run_parts *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;

    PAL_TRY(pal_tensors_new(&file, err));
    PAL_TRY(put_identity(file, c, err));
    PAL_TRY(pal_run_save(run, file, err));
    PAL_TRY(put_file(c, file, STATE, err));
done:
    pal_tensors_free(file);
    return rc;
}

pal_status pal_checkpoint_round(pal_checkpoint *c, pal_run_parts *run, bool stopping, pal_error *err)
{
    pal_status rc = PAL_OK;
    const double now = pal_clock_s();

    if (run->played == c->played || (!stopping && now - c->last_s < run->keeping->every_s)) return PAL_OK;
    PAL_TRY(write_parts(c, c->arm_there, run, "arm", run->arm->index, pal_run_save_arm, err));
    PAL_TRY(write_parts(c, c->focus_there, run, "focus", pal_run_replicates_done(run, run->e->focus), pal_run_save_focus,
                        err));
    PAL_TRY(write_state(c, run, err));
    c->stands = true;
    c->played = run->played;
    c->last_s = pal_clock_s();
    c->n_written++;
    c->cost_s += c->last_s - now;
done:
    return rc;
}

bool pal_checkpoint_stands(const pal_checkpoint *c)
{
    return c != NULL && c->stands;
}

void pal_checkpoint_cost(const pal_checkpoint *c, size_t *n, double *seconds)
{
    *n = c == NULL ? 0 : c->n_written;
    *seconds = c == NULL ? 0 : c->cost_s;
}

void pal_checkpoint_remove(pal_checkpoint *c)
{
    pal_dir_remove(c->dir);
    c->stands = false;
}
