/* Small studies of off-policy estimators. */
#include "tests/support/ope_studies.h"

#include "core/text.h"

#include <check.h>
#include <string.h>

pal_status ope_study_try(pal_ope_study **out, const char *set, const char *members, pal_error *err)
{
    pal_text text = { 0 };
    pal_status rc;

    pal_text_addf(&text,
                  "{\"name\": \"t\", \"experiment\": {\"name\": \"tiny\", \"seed\": \"7\", \"rounds\": 3, \"slots\": 5,"
                  " \"catalog\": {\"items\": 300}, \"people\": {\"n\": 30}, \"probe\": {\"items\": 5},"
                  " \"arms\": [{\"name\": \"rank\", \"stage\": \"ranking\"}, {\"name\": \"pop\", \"stage\": \"popularity\"},"
                  " {\"name\": \"rand\", \"stage\": \"random\"}, {\"name\": \"best\", \"stage\": \"oracle\"},"
                  " {\"name\": \"again\", \"stage\": \"ranking\"}]}, \"set\": {%s}, %s}",
                  set, members);
    rc = pal_ope_study_parse(out, text.bytes, text.n, "s.json", NULL, 0, err);
    pal_text_clear(&text);
    return rc;
}

pal_ope_study *ope_study(const char *set, const char *members)
{
    pal_ope_study *s = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(ope_study_try(&s, set, members, &err) == PAL_OK, "%s", err.text);
    return s;
}

pal_ope_scene *ope_scene(const pal_ope_study *study)
{
    pal_ope_scene *scene = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_ope_scene_new(&scene, study, 1, &err) == PAL_OK, "%s", err.text);
    return scene;
}

pal_ope_findings ope_play(const pal_ope_study *study, size_t n_threads)
{
    pal_ope_findings f = { 0 };
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_ope_study_play(&f, study, n_threads, &err) == PAL_OK, "%s", err.text);
    return f;
}

const pal_ope_record *ope_record(const pal_ope_study *s, const pal_ope_findings *f, size_t size, size_t target,
                                 const char *estimator)
{
    for (size_t e = 0; e < s->n_estimators; e++) {
        if (strcmp(s->estimator[e].name, estimator) == 0) {
            return &f->record[(size * s->n_targets + target) * s->n_estimators + e];
        }
    }
    ck_abort_msg("no estimator %s", estimator);
    return NULL;
}

double ope_z(const pal_ope_record *record)
{
    return record->bias.value / record->bias.se;
}
