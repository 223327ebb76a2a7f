/* Settings of a search, made as JSON objects and read by the model's own parameter table. */
#include "lab/eval_search.h"

#include "core/pmath.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES 200

static const pal_param *param_named(const pal_rec_type *type, const char *name)
{
    for (const pal_param *p = type->params; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0) return p;
    }
    return NULL;
}

static bool is_random(const pal_eval_model *m)
{
    return strcmp(pal_values_text(m->search, "kind"), "random") == 0;
}

/* A range's ends. */
static pal_status read_range(double *low, double *high, bool *is_log, const pal_json *range, const char *file,
                             const char *path, pal_error *err)
{
    static const char *const known[] = { "low", "high", "log", NULL };
    pal_status rc = PAL_OK;
    const pal_json *a = pal_json_get(range, "low"), *b = pal_json_get(range, "high"), *l = pal_json_get(range, "log");

    PAL_TRY(pal_json_only_keys(range, known, file, path, err));
    if (a == NULL || b == NULL || pal_json_kind_of(a) != PAL_JSON_NUMBER || pal_json_kind_of(b) != PAL_JSON_NUMBER ||
        pal_json_number(a) > pal_json_number(b)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: a range needs numbers \"low\" and \"high\", low not above high", file, path);
    }
    if (l != NULL && pal_json_kind_of(l) != PAL_JSON_BOOL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.log: must be true or false, found %s", file, path,
                 pal_json_kind_name(pal_json_kind_of(l)));
    }
    *low = pal_json_number(a);
    *high = pal_json_number(b);
    *is_log = l != NULL && pal_json_bool(l);
    if (*is_log && *low <= 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.low: must be above 0 in a log range, found %g", file, path, *low);
    }

done:
    return rc;
}

/* Four digits are more than a search can tell apart, and can be read. */
static double short_value(double x)
{
    char text[PAL_NUMBER_MAX];
    double out;

    snprintf(text, sizeof text, "%.4g", x);
    return pal_parse_double(&out, text, strlen(text)) ? out : x;
}

/* u in [0, 1) to a value of the range; whole parameters take every number of it alike. */
static double range_value(double low, double high, bool is_log, bool whole, double u)
{
    double x;

    if (whole && !is_log) {
        x = floor(low + u * (high - low + 1));
    } else if (is_log) {
        x = pal_exp(pal_log(low) + u * (pal_log(high) - pal_log(low)));
        x = whole ? floor(x + 0.5) : short_value(x);
    } else {
        x = short_value(low + u * (high - low));
    }
    return x < low ? low : x > high ? high : x;
}

/* Does the model take this value? Its own table answers, under the path of the search. */
static pal_status try_value(const pal_eval_model *m, const char *name, const pal_json *value, double number,
                            const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    char path[PATH_MAX_BYTES];

    snprintf(path, sizeof path, "%s.search.over", m->path);
    pal_json_begin_object(&w, NULL);
    if (value != NULL) {
        pal_json_put_value(&w, name, value);
    } else {
        pal_json_put_number(&w, name, number);
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, file, err));
    PAL_TRY(pal_values_read(&values, m->type->params, pal_json_root(doc), file, path, NULL, err));

done:
    pal_values_free(values);
    pal_json_free(doc);
    pal_text_clear(&w.text);
    return rc;
}

static pal_status check_range(const pal_eval_model *m, const char *name, const pal_json *range, const char *file,
                              const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_param *param = param_named(m->type, name);
    double low, high;
    bool is_log;

    if (!is_random(m)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: a range needs \"kind\": \"random\"; a grid needs an array of values", file, path);
    }
    if (param != NULL && param->kind != PAL_PARAM_REAL && param->kind != PAL_PARAM_INT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: is no number; give an array of values", file, path);
    }
    PAL_TRY(read_range(&low, &high, &is_log, range, file, path, err));
    PAL_TRY(try_value(m, name, NULL, low, file, err));
    PAL_TRY(try_value(m, name, NULL, high, file, err));

done:
    return rc;
}

pal_status pal_eval_search_check(size_t *n_tries, const pal_eval_model *m, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = (size_t)pal_values_int(m->search, "tries"), settings = 1;
    char path[PATH_MAX_BYTES];

    if (m->over == NULL || pal_json_kind_of(m->over) != PAL_JSON_OBJECT || pal_json_size(m->over) == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.search.over: must be an object of parameters and their values, found %s", file,
                 m->path, m->over == NULL ? "nothing" : pal_json_kind_of(m->over) == PAL_JSON_OBJECT ? "an empty one"
                     : pal_json_kind_name(pal_json_kind_of(m->over)));
    }
    for (size_t i = 0; i < pal_json_size(m->over); i++) {
        const pal_json *values = pal_json_at(m->over, i);
        const char *name = pal_json_key(values);
        pal_json_kind kind = pal_json_kind_of(values);

        snprintf(path, sizeof path, "%s.search.over.%.80s", m->path, name);
        if (kind == PAL_JSON_OBJECT) {
            PAL_TRY(check_range(m, name, values, file, path, err));
            continue;
        }
        if (kind != PAL_JSON_ARRAY || pal_json_size(values) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an array of values or a range, found %s", file, path,
                     kind == PAL_JSON_ARRAY ? "an empty array" : pal_json_kind_name(kind));
        }
        for (size_t j = 0; j < pal_json_size(values); j++) {
            PAL_TRY(try_value(m, name, pal_json_at(values, j), 0, file, err));
        }
        settings = settings > most ? settings : settings * pal_json_size(values);
    }
    if (!is_random(m) && settings > most) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.search.over: the grid has more settings than \"tries\" allows (%zu)", file, m->path, most);
    }
    *n_tries = is_random(m) ? most : settings;

done:
    return rc;
}

/* Write the t-th setting's tried values as members of the open object. */
static pal_status put_tried(pal_json_writer *w, const pal_eval_model *m, size_t t, pal_key key, const char *file,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    bool random = is_random(m);

    /* The last parameter moves fastest, so a parameter's index is what is left after those behind it. */
    for (size_t i = 0; i < pal_json_size(m->over); i++) {
        const pal_json *values = pal_json_at(m->over, i);
        const char *name = pal_json_key(values);
        double u = pal_u01(key, (pal_at){ t, i, 0 }, 0);
        size_t behind = 1, n;

        if (pal_json_kind_of(values) == PAL_JSON_OBJECT) {
            double low, high;
            bool is_log;

            PAL_TRY(read_range(&low, &high, &is_log, values, file, m->path, err));
            pal_json_put_number(w, name, range_value(low, high, is_log,
                                                     param_named(m->type, name)->kind == PAL_PARAM_INT, u));
            continue;
        }
        for (size_t j = i + 1; j < pal_json_size(m->over) && !random; j++) behind *= pal_json_size(pal_json_at(m->over, j));
        n = pal_json_size(values);
        pal_json_put_value(w, name, pal_json_at(values, random ? (size_t)(u * (double)n) : t / behind % n));
    }

done:
    return rc;
}

pal_status pal_eval_search_setting(pal_values **out, pal_text *shown, const pal_eval_model *m, size_t t, pal_key key,
                                   const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 }, line = { .compact = true };
    pal_json_doc *doc = NULL;
    char path[PATH_MAX_BYTES];

    snprintf(path, sizeof path, "%s.search.over", m->path);
    pal_json_begin_object(&w, NULL);
    for (size_t i = 0; m->object != NULL && i < pal_json_size(m->object); i++) {
        const pal_json *member = pal_json_at(m->object, i);

        if (pal_json_get(m->over, pal_json_key(member)) == NULL) pal_json_put_value(&w, pal_json_key(member), member);
    }
    PAL_TRY(put_tried(&w, m, t, key, file, err));
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, file, err));
    if (shown != NULL) {
        pal_json_begin_object(&line, NULL);
        PAL_TRY(put_tried(&line, m, t, key, file, err));
        pal_json_end_object(&line);
        PAL_TRY(pal_text_check(&line.text, err));
        pal_text_add(shown, line.text.bytes);
        PAL_TRY(pal_text_check(shown, err));
    }
    PAL_TRY(pal_values_read(out, m->type->params, pal_json_root(doc), file, path, NULL, err));

done:
    pal_json_free(doc);
    pal_text_clear(&w.text);
    pal_text_clear(&line.text);
    return rc;
}
