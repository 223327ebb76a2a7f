/*
 * Fuzz target: any bytes as a safetensors file. What is taken must tile its bytes and be written, read again and
 * written the same; what is refused must be refused with a text. tests/fuzz/corpus/tensors is replayed by `make test`.
 */
#include "core/tensors.h"

#include "core/file.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_round_trip(const pal_tensors *tensors)
{
    char path[64], first[PAL_HASH_HEX], second[PAL_HASH_HEX];
    pal_tensors *again = NULL;
    pal_error err;

    snprintf(path, sizeof path, "build/fuzz-tensors-%ld", (long)getpid());
    PAL_ASSERT(pal_dir_make("build", &err) == PAL_OK);
    PAL_ASSERT(pal_tensors_save(tensors, path, first, &err) == PAL_OK);
    PAL_ASSERT(pal_tensors_load(&again, path, &err) == PAL_OK);
    PAL_ASSERT(pal_tensors_save(again, path, second, &err) == PAL_OK);
    PAL_ASSERT(strcmp(first, second) == 0);
    pal_tensors_free(again);
    remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    pal_tensors *tensors = NULL;
    pal_error err = { PAL_OK, "" };

    if (pal_tensors_parse(&tensors, (const char *)data, n, "fuzz", &err) == PAL_OK) {
        check_round_trip(tensors);
    } else {
        PAL_ASSERT((err.status == PAL_ERR_PARSE || err.status == PAL_ERR_DATA) && err.text[0] != '\0');
    }
    pal_tensors_free(tensors);
    return 0;
}
