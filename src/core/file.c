/* Reading whole files, paths, and output that appears whole or not at all. Directories: outdir.c. */
#include "core/file.h"

#include "core/mem.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES ((size_t)1 << 16)

struct pal_outfile {
    char *path, *temporary;
    pal_hasher *hasher;
    char *buffer; /* BUFFER_BYTES */
    size_t used;
    uint64_t size; /* all bytes so far   */
    int fd;        /* -1 = not open      */
    int failure;   /* errno of the first failed write, 0 = none; nothing is written after it */
    bool kept;     /* the temporary file outlives the handle                                */
};

static void outfile_free(pal_outfile *file)
{
    if (file != NULL) {
        pal_hasher_free(file->hasher);
        pal_free(file->buffer);
        pal_free(file->temporary);
        pal_free(file->path);
        pal_free(file);
    }
}

/* All but the open file. */
static pal_status outfile_new(pal_outfile **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;
    size_t room = strlen(path) + 32;
    struct stat there;

    PAL_NEW(file, 1);
    file->fd = -1;
    /* a rename would put a file in the place of a device or a pipe */
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        PAL_FAIL(PAL_ERR_IO, "%s: is there and is no regular file", path);
    }
    PAL_NEW(file->temporary, room);
    PAL_NEW(file->buffer, BUFFER_BYTES);
    PAL_TRY(pal_hasher_new(&file->hasher, err));
    file->path = pal_strdup(path);
    if (file->path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    snprintf(file->temporary, room, "%s.tmp-%ld", path, (long)getpid());
    *out = file;
    file = NULL;

done:
    outfile_free(file);
    return rc;
}

pal_status pal_outfile_open(pal_outfile **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_TRY(outfile_new(&file, path, err));
    file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be made: %s", path, strerror(errno));
    }
    *out = file;
    file = NULL;

done:
    outfile_free(file);
    return rc;
}

/* Hash the first `size` bytes again and cut off the rest. */
static pal_status take_over(pal_outfile *file, uint64_t size, const char *hex, pal_error *err)
{
    pal_status rc = PAL_OK;
    char found[PAL_HASH_HEX];

    while (file->size < size) {
        const uint64_t left = size - file->size;
        ssize_t n = read(file->fd, file->buffer, left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", file->temporary, strerror(errno));
        }
        if (n == 0) {
            PAL_FAIL(PAL_ERR_DATA, "%s: holds %ju bytes, wanted at least %ju", file->temporary, (uintmax_t)file->size,
                     (uintmax_t)size);
        }
        pal_hasher_add(file->hasher, file->buffer, (size_t)n);
        file->size += (uint64_t)n;
    }
    pal_hasher_hex(file->hasher, found);
    if (hex != NULL && strcmp(found, hex) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: its first %ju bytes have the digest %s, wanted %s", file->temporary,
                 (uintmax_t)size, found, hex);
    }
    if (ftruncate(file->fd, (off_t)size) != 0 || lseek(file->fd, (off_t)size, SEEK_SET) < 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be cut to %ju bytes: %s", file->temporary, (uintmax_t)size, strerror(errno));
    }

done:
    return rc;
}

pal_status pal_outfile_open_kept(pal_outfile **out, const char *path, uint64_t size, const char *hex, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;
    struct stat there;

    PAL_TRY(outfile_new(&file, path, err));
    file->kept = true;
    snprintf(file->temporary, strlen(path) + 32, "%s.part", path);
    if (size > 0 && stat(file->temporary, &there) != 0) {
        (void)rename(path, file->temporary); /* committed before the end came; what is missing shows when it is opened */
    }
    file->fd = open(file->temporary, O_RDWR | O_CLOEXEC | (size == 0 ? O_CREAT | O_TRUNC : 0), 0666);
    if (file->fd < 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be opened: %s", file->temporary, strerror(errno));
    }
    if (size > 0) {
        PAL_TRY(take_over(file, size, hex, err));
    }
    *out = file;
    file = NULL;

done:
    pal_outfile_abort(&file);
    return rc;
}

static void write_all(pal_outfile *file, const char *bytes, size_t n)
{
    while (n > 0 && file->failure == 0) {
        ssize_t written = write(file->fd, bytes, n);

        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        } else if (written < 0 && errno != EINTR) {
            file->failure = errno;
        }
    }
}

static void flush(pal_outfile *file)
{
    pal_hasher_add(file->hasher, file->buffer, file->used);
    write_all(file, file->buffer, file->used);
    file->used = 0;
}

void pal_outfile_bytes(pal_outfile *file, const void *bytes, size_t n)
{
    const char *from = bytes;

    file->size += n;
    while (n > 0) {
        size_t part = BUFFER_BYTES - file->used < n ? BUFFER_BYTES - file->used : n;

        memcpy(file->buffer + file->used, from, part);
        file->used += part;
        from += part;
        n -= part;
        if (file->used == BUFFER_BYTES) {
            flush(file);
        }
    }
}

void pal_outfile_text(pal_outfile *file, const char *text)
{
    pal_outfile_bytes(file, text, strlen(text));
}

void pal_outfile_printf(pal_outfile *file, const char *format, ...)
{
    char near_text[512];
    char *text = near_text;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(near_text, sizeof near_text, format, args);
    va_end(args);
    if (n >= (int)sizeof near_text) {
        text = pal_calloc((size_t)n + 1, 1);
        if (text != NULL) {
            va_start(args, format);
            vsnprintf(text, (size_t)n + 1, format, args);
            va_end(args);
        }
    }
    if (n < 0 || text == NULL) {
        file->failure = file->failure != 0 ? file->failure : n < 0 ? EILSEQ : ENOMEM;
        return;
    }
    pal_outfile_bytes(file, text, (size_t)n);
    if (text != near_text) {
        pal_free(text);
    }
}

/* Numbers are formatted in place: result files hold millions of them. */
static char *room_for_number(pal_outfile *file)
{
    if (BUFFER_BYTES - file->used < PAL_NUMBER_MAX) {
        flush(file);
    }
    return file->buffer + file->used;
}

static void number_done(pal_outfile *file, size_t n)
{
    file->used += n;
    file->size += n;
}

void pal_outfile_double(pal_outfile *file, double value)
{
    if (value == value) {
        number_done(file, pal_format_double(room_for_number(file), value));
    }
}

void pal_outfile_float(pal_outfile *file, float value)
{
    if (value == value) {
        number_done(file, pal_format_float(room_for_number(file), value));
    }
}

void pal_outfile_u64(pal_outfile *file, uint64_t value)
{
    number_done(file, pal_format_u64(room_for_number(file), value));
}

void pal_outfile_i64(pal_outfile *file, int64_t value)
{
    number_done(file, pal_format_i64(room_for_number(file), value));
}

void pal_outfile_csv_text(pal_outfile *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        pal_outfile_text(file, text);
        return;
    }
    pal_outfile_bytes(file, "\"", 1);
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        pal_outfile_bytes(file, text, (size_t)(quote - text));
        pal_outfile_bytes(file, "\"\"", 2);
    }
    pal_outfile_text(file, text);
    pal_outfile_bytes(file, "\"", 1);
}

uint64_t pal_outfile_size(const pal_outfile *file)
{
    return file->size;
}

pal_status pal_outfile_sync(pal_outfile *file, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;

    flush(file);
    if (file->failure == 0 && fsync(file->fd) != 0 && errno != EINVAL && errno != ENOSYS) { /* where there is no such thing */
        file->failure = errno;
    }
    if (file->failure != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be written: %s", file->path, strerror(file->failure));
    }
    if (hex != NULL) {
        pal_hasher_hex(file->hasher, hex);
    }

done:
    return rc;
}

pal_status pal_outfile_commit(pal_outfile **handle, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = *handle;
    int closed;

    flush(file);
    closed = close(file->fd);
    file->fd = -1;
    if (file->failure == 0 && closed != 0) {
        file->failure = errno;
    }
    if (file->failure != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be written: %s", file->path, strerror(file->failure));
    }
    if (rename(file->temporary, file->path) != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be put in place: %s", file->path, strerror(errno));
    }
    if (hex != NULL) {
        pal_hasher_hex(file->hasher, hex);
    }
    outfile_free(file);
    *handle = NULL;

done:
    pal_outfile_abort(handle); /* only after a failure is there anything left */
    return rc;
}

void pal_outfile_abort(pal_outfile **handle)
{
    pal_outfile *file = *handle;

    if (file != NULL) {
        if (file->fd >= 0) {
            close(file->fd);
        }
        if (!file->kept) {
            unlink(file->temporary);
        }
        outfile_free(file);
        *handle = NULL;
    }
}

/* ---- whole files --------------------------------------------------------------------------- */

static bool ends_in_gz(const char *path)
{
    size_t n = strlen(path);

    return n >= 3 && strcmp(path + n - 3, ".gz") == 0;
}

/* Room for the next read and the NUL behind it. */
static pal_status grow(char **bytes, size_t n, size_t *capacity, const char *path, pal_error *err)
{
    size_t wanted = *capacity > SIZE_MAX / 4 ? 0 : 2 * *capacity;
    char *grown = wanted == 0 ? NULL : pal_resize(*bytes, n, wanted, 1);

    if (grown == NULL) {
        return pal_error_set(err, PAL_ERR_MEMORY, "%s: out of memory after %zu bytes", path, n);
    }
    *bytes = grown;
    *capacity = wanted;
    return PAL_OK;
}

static pal_status read_plain(char **bytes, size_t *n, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    FILE *file = NULL;
    struct stat info;
    size_t capacity = BUFFER_BYTES, part;

    file = fopen(path, "rb");
    if (file == NULL) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    if (fstat(fileno(file), &info) == 0 && info.st_size > 0) {
        capacity = (size_t)info.st_size + 2; /* the NUL, and one to see the end without growing */
    }
    PAL_NEW(*bytes, capacity);
    while ((part = fread(*bytes + *n, 1, capacity - *n - 1, file)) > 0) {
        *n += part;
        if (*n + 1 == capacity) {
            PAL_TRY(grow(bytes, *n, &capacity, path, err));
        }
    }
    if (ferror(file)) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }

done:
    if (file != NULL) {
        fclose(file);
    }
    return rc;
}

static pal_status read_gzip(char **bytes, size_t *n, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    gzFile file = NULL;
    size_t capacity = 4 * BUFFER_BYTES;
    int part, code = Z_OK;

    errno = 0;
    file = gzopen(path, "rb");
    if (file == NULL) {
        PAL_FAIL(errno == 0 ? PAL_ERR_MEMORY : PAL_ERR_IO, "%s: cannot be opened: %s", path,
                 errno == 0 ? "out of memory" : strerror(errno));
    }
    PAL_NEW(*bytes, capacity);
    while ((part = gzread(file, *bytes + *n, (unsigned)BUFFER_BYTES)) > 0) {
        *n += (size_t)part;
        if (capacity - *n <= BUFFER_BYTES) {
            PAL_TRY(grow(bytes, *n, &capacity, path, err));
        }
    }
    (void)gzerror(file, &code);
    if (code == Z_ERRNO) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (part < 0 || code != Z_OK) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: damaged or cut gzip data after %zu bytes of text", path, *n);
    }

done:
    if (file != NULL) {
        gzclose(file);
    }
    return rc;
}

pal_status pal_file_read(char **bytes, size_t *n, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;
    size_t length = 0;

    PAL_TRY(ends_in_gz(path) ? read_gzip(&text, &length, path, err)
                             : read_plain(&text, &length, path, err));
    text[length] = '\0';
    *bytes = text;
    if (n != NULL) {
        *n = length;
    }
    text = NULL;

done:
    pal_free(text);
    return rc;
}

bool pal_file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

char *pal_path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    size_t room = n + strlen(name) + 2;
    char *path = pal_calloc(room, 1);

    if (path != NULL) {
        snprintf(path, room, "%s%s%s", dir, n == 0 || dir[n - 1] == '/' ? "" : "/", name);
    }
    return path;
}
