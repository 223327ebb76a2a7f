/* A small run directory to draw from; and what plots leave behind, for the leak checker. */
#include "tests/support/plots_run.h"

#include "tests/support/scratch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Fontconfig and Pango keep their caches for the life of the process, and GLib its types; they offer no way to give
 * all of it back. Named here, so that the leak checker needs no environment. Nothing of ours matches.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libgobject\n";
}

char *plots_read(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long size;

    ck_assert_msg(file != NULL, "cannot open %s", path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    ck_assert_int_ge(size, 0);
    rewind(file);
    bytes = malloc((size_t)size + 1);
    ck_assert_ptr_nonnull(bytes);
    *n = fread(bytes, 1, (size_t)size, file);
    ck_assert_uint_eq(*n, (size_t)size);
    bytes[*n] = '\0';
    fclose(file);
    return bytes;
}

static void write_all(const char *path, const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

const char *plots_copy_run(const char *name)
{
    static const char *const files[] = { "summary.json", "manifest.json", "profiles.json", "catalog.json",
                                         "rounds.csv", "slots.csv", "stages.csv", "coverage.csv", "training.csv",
                                         "training_curves.csv", "importance.csv", "model_quality.csv",
                                         "feedback.csv" };
    const char *dir = scratch_path(name);

    ck_assert_int_eq(mkdir(dir, 0777), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char from[256], to[600];
        size_t n;
        char *bytes;

        snprintf(from, sizeof from, PLOTS_RUN "/%s", files[i]);
        snprintf(to, sizeof to, "%s/%s", dir, files[i]);
        bytes = plots_read(from, &n);
        write_all(to, bytes, n);
        free(bytes);
    }
    return dir;
}

void plots_replace(const char *dir, const char *file, const char *from, const char *to)
{
    char path[600];
    size_t n, head;
    char *bytes, *at, *changed;

    snprintf(path, sizeof path, "%s/%s", dir, file);
    bytes = plots_read(path, &n);
    at = strstr(bytes, from);
    ck_assert_msg(at != NULL, "%s does not hold '%s'", path, from);
    head = (size_t)(at - bytes);
    changed = malloc(n + strlen(to) + 1);
    ck_assert_ptr_nonnull(changed);
    memcpy(changed, bytes, head);
    memcpy(changed + head, to, strlen(to));
    memcpy(changed + head + strlen(to), at + strlen(from), n - head - strlen(from));
    write_all(path, changed, n - strlen(from) + strlen(to));
    free(changed);
    free(bytes);
}

void plots_keep_header(const char *dir, const char *file)
{
    char path[600];
    size_t n;
    char *bytes, *end;

    snprintf(path, sizeof path, "%s/%s", dir, file);
    bytes = plots_read(path, &n);
    end = strchr(bytes, '\n');
    ck_assert_ptr_nonnull(end);
    write_all(path, bytes, (size_t)(end + 1 - bytes));
    free(bytes);
}

static bool is_void(const char *name, size_t n)
{
    static const char *const names[] = { "meta", "!DOCTYPE", "br", "?xml" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == n && strncmp(names[i], name, n) == 0) {
            return true;
        }
    }
    return false;
}

bool plots_is_balanced(const char *text)
{
    struct { const char *name; size_t n; } open[64];
    size_t depth = 0;

    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
        bool closing = at[1] == '/';
        const char *name = at + 1 + closing, *end = name;
        const char *stop = strchr(at, '>');
        size_t n;

        while (*end != '\0' && !isspace((unsigned char)*end) && *end != '>' && *end != '/') {
            end++;
        }
        n = (size_t)(end - name);
        if (stop == NULL) {
            return false;
        }
        if (closing) {
            if (depth == 0 || open[depth - 1].n != n || strncmp(open[depth - 1].name, name, n) != 0) {
                return false;
            }
            depth--;
        } else if (stop[-1] != '/' && !is_void(name, n)) {
            if (depth == 64) {
                return false;
            }
            open[depth].name = name;
            open[depth++].n = n;
        }
        at = stop;
        /* What stands in a script or style is no markup. */
        if (!closing && n == 6 && strncmp(name, "script", 6) == 0) {
            at = strstr(at, "</script>");
        } else if (!closing && n == 5 && strncmp(name, "style", 5) == 0) {
            at = strstr(at, "</style>");
        }
        if (at == NULL) {
            return false;
        }
    }
    return depth == 0;
}
