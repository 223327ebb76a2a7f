/* Directories made whole: built under another name, then renamed; an older run gives way. */
#include "core/file.h"

#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "lock" /* in a kept directory: locked by the process that works there */
#define PART ".part"

struct pal_outdir {
    char *path, *temporary, *old; /* all made at open: commit needs no memory */
    char *lock;                   /* of a kept directory: the file's path      */
    int lock_fd;                  /* -1: not a kept one                        */
};

static bool is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static pal_status make_one(const char *path, pal_error *err)
{
    int failure;

    if (mkdir(path, 0777) == 0) {
        return PAL_OK;
    }
    failure = errno;
    if (failure == EEXIST && is_directory(path)) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_IO, "%s: the directory cannot be made: %s", path,
                         failure == EEXIST ? "a file of that name is there" : strerror(failure));
}

pal_status pal_dir_make(const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *part = pal_strdup(path);

    if (part == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    for (char *slash = part + (part[0] == '/'); (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        if (!is_directory(part)) {
            PAL_TRY(make_one(part, err));
        }
        *slash = '/';
    }
    if (!is_directory(path)) {
        PAL_TRY(make_one(path, err));
    }

done:
    pal_free(part);
    return rc;
}

/* ---- taking away --------------------------------------------------------------------------- */

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What is left when a directory is emptied. */
typedef enum leave { LEAVE_NOTHING, LEAVE_LOCK, LEAVE_PARTS /* and the lock */ } leave;

static bool stays(leave rule, const char *name)
{
    const size_t n = strlen(name), part = strlen(PART);

    return (rule != LEAVE_NOTHING && strcmp(name, LOCK) == 0) ||
           (rule == LEAVE_PARTS && n > part && strcmp(name + n - part, PART) == 0);
}

/* Remove what is inside the directory `fd` (which is closed), but for what the rule leaves. Links are removed, never
 * followed. Depth is that of the tree, whose makers we are. 0 or an errno. */
static int empty_directory(int fd, leave rule)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int failure = 0;

    if (dir == NULL) {
        failure = errno;
        close(fd);
        return failure;
    }
    while (failure == 0 && (entry = readdir(dir)) != NULL) {
        int inner;

        if (is_dots(entry->d_name) || stays(rule, entry->d_name) || unlinkat(fd, entry->d_name, 0) == 0) {
            continue;
        }
        inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        failure = inner < 0 ? errno : empty_directory(inner, rule);
        if (failure == 0 && unlinkat(fd, entry->d_name, AT_REMOVEDIR) != 0 &&
            (rule == LEAVE_NOTHING || (errno != ENOTEMPTY && errno != EEXIST))) {
            failure = errno;
        }
    }
    closedir(dir);
    return failure;
}

/* A directory and all in it; 0 or an errno; one that is not there is fine. */
static int remove_tree(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int failure;

    if (fd < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    failure = empty_directory(fd, LEAVE_NOTHING);
    if (failure == 0 && rmdir(path) != 0) {
        failure = errno;
    }
    return failure;
}

/* ---- what stands at the path --------------------------------------------------------------- */

/* Nothing, an empty directory, or one of ours may be replaced; *there = something is. */
static pal_status check_replaceable(const char *path, bool *there, pal_error *err)
{
    pal_status rc = PAL_OK;
    DIR *dir = NULL;
    struct dirent *entry;
    struct stat info;
    bool empty = true, ours = false;

    *there = lstat(path, &info) == 0;
    if (!*there) {
        return PAL_OK;
    }
    if (!S_ISDIR(info.st_mode)) {
        PAL_FAIL(PAL_ERR_IO, "%s: is there already and is no directory", path);
    }
    dir = opendir(path);
    if (dir == NULL) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    while ((entry = readdir(dir)) != NULL) {
        empty = empty && is_dots(entry->d_name);
        ours = ours || strcmp(entry->d_name, "manifest.json") == 0;
    }
    if (!empty && !ours) {
        PAL_FAIL(PAL_ERR_IO, "%s: will not be replaced: it holds files but no manifest.json, so "
                 "it is not a run directory", path);
    }

done:
    if (dir != NULL) {
        closedir(dir);
    }
    return rc;
}

/* A path whose last part is a name of its own, without slashes at the end. */
static pal_status check_name(char *path, pal_error *err)
{
    size_t n = strlen(path);
    const char *last;

    while (n > 1 && path[n - 1] == '/') {
        path[--n] = '\0';
    }
    last = strrchr(path, '/');
    last = last == NULL ? path : last + 1;
    if (last[0] == '\0' || is_dots(last)) {
        return pal_error_set(err, PAL_ERR_IO, "\"%s\": is no name for a new directory", path);
    }
    return PAL_OK;
}

static pal_status make_parents(char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *slash = strrchr(path, '/');

    if (slash != NULL && slash != path) {
        *slash = '\0';
        rc = pal_dir_make(path, err);
        *slash = '/';
    }
    return rc;
}

/* ---- the object ---------------------------------------------------------------------------- */

static void outdir_free(pal_outdir *dir)
{
    if (dir != NULL) {
        if (dir->lock_fd >= 0) {
            close(dir->lock_fd); /* which gives the lock back */
        }
        pal_free(dir->lock);
        pal_free(dir->path);
        pal_free(dir->temporary);
        pal_free(dir->old);
        pal_free(dir);
    }
}

/* All but the directory itself. */
static pal_status outdir_new(pal_outdir **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *dir = NULL;
    size_t room = strlen(path) + 32;
    bool there;

    PAL_NEW(dir, 1);
    dir->lock_fd = -1;
    PAL_NEW(dir->path, room);
    PAL_NEW(dir->temporary, room);
    PAL_NEW(dir->old, room);
    memcpy(dir->path, path, strlen(path));
    PAL_TRY(check_name(dir->path, err));
    snprintf(dir->temporary, room, "%s.tmp-%ld", dir->path, (long)getpid());
    snprintf(dir->old, room, "%s.old-%ld", dir->path, (long)getpid());
    PAL_TRY(check_replaceable(dir->path, &there, err)); /* now, not after an hour of work */
    PAL_TRY(make_parents(dir->path, err));
    *out = dir;
    dir = NULL;

done:
    outdir_free(dir);
    return rc;
}

pal_status pal_outdir_open(pal_outdir **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *dir = NULL;
    int failure;

    PAL_TRY(outdir_new(&dir, path, err));
    failure = remove_tree(dir->temporary); /* of a dead process that had our number */
    if (failure != 0 || mkdir(dir->temporary, 0777) != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: the directory cannot be made: %s", dir->temporary,
                 strerror(failure != 0 ? failure : errno));
    }
    *out = dir;
    dir = NULL;

done:
    outdir_free(dir);
    return rc;
}

/* A directory of that name that no run was building is nobody's to empty. */
static pal_status check_unfinished(const pal_outdir *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    DIR *inside = opendir(dir->temporary);
    struct dirent *entry;
    bool empty = true, ours = false;

    if (inside == NULL && errno == ENOENT) {
        return PAL_OK; /* moved away at this moment */
    }
    if (inside == NULL) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", dir->temporary, strerror(errno));
    }
    while ((entry = readdir(inside)) != NULL) {
        empty = empty && is_dots(entry->d_name);
        ours = ours || strcmp(entry->d_name, LOCK) == 0;
    }
    if (!empty && !ours) {
        PAL_FAIL(PAL_ERR_IO, "%s: is there and is no unfinished run: move it away", dir->temporary);
    }

done:
    if (inside != NULL) {
        closedir(inside);
    }
    return rc;
}

/*
 * Make the directory or take the one that is there, and lock it. The file that was locked must still be the one that
 * stands there: a process that finished in between has moved its directory away; then *gone, and all begins again.
 */
static pal_status take_place(pal_outdir *dir, bool *gone, pal_error *err)
{
    pal_status rc = PAL_OK;
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct stat ours, there;

    *gone = true;
    if (mkdir(dir->temporary, 0777) != 0) {
        if (errno != EEXIST || !is_directory(dir->temporary)) {
            PAL_FAIL(PAL_ERR_IO, "%s: the directory cannot be made: %s", dir->temporary, strerror(errno));
        }
        PAL_TRY(check_unfinished(dir, err));
    }
    dir->lock_fd = open(dir->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (dir->lock_fd < 0 && errno == ENOENT) {
        return PAL_OK;
    }
    if (dir->lock_fd < 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be made: %s", dir->lock, strerror(errno));
    }
    if (fcntl(dir->lock_fd, F_SETLK, &whole) != 0) {
        if (errno == EACCES || errno == EAGAIN) {
            PAL_FAIL(PAL_ERR_IO, "%s: another process is at work there: wait for it, or choose another directory",
                     dir->temporary);
        }
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be locked: %s", dir->lock, strerror(errno));
    }
    *gone = fstat(dir->lock_fd, &ours) != 0 || stat(dir->lock, &there) != 0 || ours.st_ino != there.st_ino ||
            ours.st_dev != there.st_dev;
    if (*gone) {
        close(dir->lock_fd);
        dir->lock_fd = -1;
    }

done:
    return rc;
}

pal_status pal_outdir_open_kept(pal_outdir **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *dir = NULL;
    bool gone = true;

    PAL_TRY(outdir_new(&dir, path, err));
    snprintf(dir->temporary, strlen(path) + 32, "%s" PART, dir->path);
    dir->lock = pal_path_join(dir->temporary, LOCK);
    if (dir->lock == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    while (gone) {
        PAL_TRY(take_place(dir, &gone, err));
    }
    *out = dir;
    dir = NULL;

done:
    outdir_free(dir);
    return rc;
}

void pal_outdir_keep(pal_outdir **dir)
{
    outdir_free(*dir);
    *dir = NULL;
}

pal_status pal_outdir_clean(pal_outdir *dir, bool parts_stay, pal_error *err)
{
    int fd = open(dir->temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int failure = fd < 0 ? errno : empty_directory(fd, parts_stay ? LEAVE_PARTS : LEAVE_LOCK);

    if (failure != 0) {
        return pal_error_set(err, PAL_ERR_IO, "%s: cannot be emptied: %s", dir->temporary, strerror(failure));
    }
    return PAL_OK;
}

const char *pal_outdir_path(const pal_outdir *dir)
{
    return dir->temporary;
}

/* On failure what was written stays under its temporary name, which the message tells. */
static pal_status put_in_place(const pal_outdir *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_error why = { PAL_OK, "" };
    bool there;
    int failure;

    if (check_replaceable(dir->path, &there, &why) != PAL_OK) {
        PAL_FAIL(PAL_ERR_IO, "%s (the new files are kept in %s)", why.text, dir->temporary);
    }
    if (there && rename(dir->path, dir->old) != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: the old directory cannot be moved away: %s (the new files are "
                 "kept in %s)", dir->path, strerror(errno), dir->temporary);
    }
    if (rename(dir->temporary, dir->path) != 0) {
        failure = errno;
        if (there) {
            (void)rename(dir->old, dir->path);
        }
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be put in place: %s (the new files are kept in %s)",
                 dir->path, strerror(failure), dir->temporary);
    }
    if (dir->lock_fd >= 0) { /* only now: whoever waits for it must find another directory, not this one */
        (void)snprintf(dir->temporary, strlen(dir->path) + 32, "%s/" LOCK, dir->path);
        (void)unlink(dir->temporary);
    }
    failure = there ? remove_tree(dir->old) : 0;
    if (failure != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: is new, but the old one, now %s, cannot be removed: %s",
                 dir->path, dir->old, strerror(failure));
    }

done:
    return rc;
}

pal_status pal_outdir_commit(pal_outdir **dir, pal_error *err)
{
    pal_status rc = put_in_place(*dir, err);

    outdir_free(*dir);
    *dir = NULL;
    return rc;
}

void pal_outdir_abort(pal_outdir **dir)
{
    if (*dir != NULL) {
        const char *what = (*dir)->temporary;

        if ((*dir)->lock_fd >= 0) { /* out of the way first: the next process makes one of its own */
            snprintf((*dir)->old, strlen((*dir)->path) + 32, "%s.tmp-%ld", (*dir)->path, (long)getpid());
            what = rename(what, (*dir)->old) == 0 ? (*dir)->old : what;
        }
        (void)remove_tree(what);
        outdir_free(*dir);
        *dir = NULL;
    }
}

void pal_dir_remove(const char *path)
{
    (void)remove_tree(path);
}
