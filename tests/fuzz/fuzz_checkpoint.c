/*
 * Fuzz target: a damaged checkpoint of an arm. The first byte chooses the stage; every four bytes after it change one byte
 * of what two rounds of that stage saved: three bytes say which, the fourth what it is combined with (exclusive or). The
 * file's checksum is put out of action first, so that the damage reaches the readers. What is taken must play on; what is
 * refused must be refused with a text. tests/fuzz/corpus/checkpoint is replayed by `make test`.
 */
#include "core/file.h"
#include "lab/arm.h"
#include "lab/experiment.h"
#include "lab/world.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 4
#define PLAYED 2
#define MOST_STAGES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* One stage's experiment, people and checkpoint; made when it is first asked for, kept until the end. */
typedef struct scene {
    pal_experiment *experiment;
    pal_catalog *catalog;
    pal_lab_people *people;
    char *bytes;
    size_t n;
} scene;

static const char world[] =
    "{\"seed\": \"2385\", \"rounds\": %d, \"slots\": 3, \"catalog\": {\"items\": 150}, \"people\": {\"n\": 6}, \"playlists\": {}, "
    "\"probe\": {\"items\": 2}, \"arms\": [{\"name\": \"arm\", \"stage\": \"%s\"%s}]}";

/* The bytes of the arm's file, without a checksum that is checked: one letter of its key is another. */
static pal_status save(scene *s, const pal_arm *arm, pal_error *err)
{
    static const char key[] = "\"xxh128\"";
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;
    char path[64];

    snprintf(path, sizeof path, "build/fuzz-checkpoint-%ld", (long)getpid());
    PAL_TRY(pal_dir_make("build", err));
    PAL_TRY(pal_tensors_new(&file, err));
    PAL_TRY(pal_arm_save(arm, file, err));
    PAL_TRY(pal_tensors_save(file, path, NULL, err));
    PAL_TRY(pal_file_read(&s->bytes, &s->n, path, err));
    remove(path);
    for (size_t i = 0; i + strlen(key) <= s->n; i++) {
        if (memcmp(s->bytes + i, key, strlen(key)) == 0) {
            s->bytes[i + 1] = 'X';
            break;
        }
    }
done:
    pal_tensors_free(file);
    return rc;
}

static pal_status play(pal_arm *arm, size_t rounds, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t t = 0; t < rounds && arm->round < ROUNDS; t++) {
        PAL_TRY(pal_arm_serve(arm, err));
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(pal_arm_learn(arm, err));
    }
done:
    return rc;
}

static pal_status make_scene(scene *s, size_t stage, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arm *arm = NULL;
    char text[512];
    bool synthetic;

    snprintf(text, sizeof text, world, ROUNDS, pal_stage_at(stage)->name, stage % 2 == 0 ? ", \"cache\": {}" : "");
    PAL_TRY(pal_experiment_parse(&s->experiment, text, strlen(text), "fuzz", NULL, 0, err));
    PAL_TRY(pal_lab_catalog(&s->catalog, NULL, &synthetic, s->experiment, err));
    PAL_TRY(pal_lab_people_new(&s->people, s->experiment, s->catalog, 0, 1, err));
    PAL_TRY(pal_arm_new(&arm, s->experiment, s->catalog, s->people, 0, 1, err));
    PAL_TRY(play(arm, PLAYED, err));
    PAL_TRY(save(s, arm, err));
done:
    pal_arm_free(arm);
    return rc;
}

/* A new arm, from the bytes. */
static pal_status restore(const scene *s, const char *bytes, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *file = NULL;
    pal_arm *arm = NULL;
    pal_words words = { 0 };

    PAL_TRY(pal_tensors_parse(&file, bytes, s->n, "fuzz", err));
    PAL_TRY(pal_arm_new(&arm, s->experiment, s->catalog, s->people, 0, 1, err));
    PAL_TRY(pal_arm_restore(arm, &words, file, err));
    PAL_TRY(play(arm, 1, err));
done:
    pal_arm_free(arm);
    pal_words_clear(&words);
    pal_tensors_free(file);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static scene scenes[MOST_STAGES];
    pal_error err = { PAL_OK, "" };
    const size_t stage = n > 0 ? data[0] % pal_stage_count() : 0;
    scene *s = &scenes[stage];
    char *bytes;

    PAL_ASSERT(pal_stage_count() <= MOST_STAGES);
    if (s->bytes == NULL) PAL_ASSERT(make_scene(s, stage, &err) == PAL_OK);
    bytes = malloc(s->n); /* exactly, so that a sanitizer sees a read past its end */
    PAL_ASSERT(bytes != NULL);
    memcpy(bytes, s->bytes, s->n);
    for (size_t i = 1; i + 4 <= n; i += 4) {
        const size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % s->n;

        bytes[at] = (char)(bytes[at] ^ data[i + 3]);
    }
    if (restore(s, bytes, &err) != PAL_OK) {
        PAL_ASSERT(err.status == PAL_ERR_PARSE || err.status == PAL_ERR_DATA);
        PAL_ASSERT(err.text[0] != '\0');
        PAL_ASSERT(memcmp(bytes, s->bytes, s->n) != 0); /* nothing was changed, nothing may be refused */
    }
    free(bytes);
    return 0;
}
