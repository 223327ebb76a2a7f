/* Replay a corpus through one fuzz target: replay LABEL DIRECTORY. A crash is a failure, and so is an empty corpus. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The whole of a file; NULL when it cannot be read. The caller frees. */
static uint8_t *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long size;

    if (file == NULL) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        /* Exactly the size of the input, so that the address sanitizer sees a read past its end. */
        bytes = malloc(size > 0 ? (size_t)size : 1);
        if (bytes != NULL && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
            free(bytes);
            bytes = NULL;
        }
        *n = (size_t)size;
    }
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    const char *label = argc == 3 ? argv[1] : "fuzz";
    DIR *directory = argc == 3 ? opendir(argv[2]) : NULL;
    const struct dirent *entry;
    unsigned passed = 0;

    if (directory == NULL) {
        fprintf(stderr, "%s: no corpus\n", label);
        printf("%s: 0 passed, 1 failed\n", label);
        return EXIT_FAILURE;
    }
    while ((entry = readdir(directory)) != NULL) {
        char path[4096];
        uint8_t *bytes;
        size_t n = 0;

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", argv[2], entry->d_name);
        bytes = read_whole(path, &n);
        if (bytes == NULL) {
            fprintf(stderr, "%s: cannot be read\n", path);
            printf("%s: %u passed, 1 failed\n", label, passed);
            closedir(directory);
            return EXIT_FAILURE;
        }
        fprintf(stderr, "%s\n", path); /* the last name before a crash is the culprit */
        LLVMFuzzerTestOneInput(bytes, n);
        free(bytes);
        passed++;
    }
    closedir(directory);
    printf("%s: %u passed, %d failed\n", label, passed, passed == 0);
    return passed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
