/* Scratch files of a test. Plain libc throughout, so that what is under test is not used to test it. */
#include "tests/support/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[64];

static void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char inner[1024];

    if (dir != NULL) {
        while ((entry = readdir(dir)) != NULL) {
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
                if (unlink(inner) != 0) {
                    remove_all(inner);
                }
            }
        }
        closedir(dir);
    }
    rmdir(path);
}

void scratch_begin(void)
{
    mkdir("build", 0777);
    snprintf(folder, sizeof folder, "build/scratch-%ld", (long)getpid());
    remove_all(folder);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
}

void scratch_end(void)
{
    remove_all(folder);
}

const char *scratch_path(const char *name)
{
    static char path[8][512];
    static unsigned next;
    char *out = path[next++ % 8];

    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

const char *scratch_write(const char *name, const void *bytes, size_t n)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

const char *scratch_gzip(const char *name, const char *text)
{
    const char *path = scratch_path(name);
    gzFile file = gzopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    if (text[0] != '\0') {
        ck_assert_int_gt(gzputs(file, text), 0);
    }
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

bool scratch_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    size_t n = strlen(text);
    bool same = file != NULL;

    for (size_t i = 0; same && i < n; i++) {
        same = fgetc(file) == (unsigned char)text[i];
    }
    same = same && fgetc(file) == EOF;
    if (file != NULL) {
        fclose(file);
    }
    return same;
}

size_t scratch_count(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n - 2;
}
