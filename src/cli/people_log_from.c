/* Logs of people from the command line. */
#include "cli/people_log_from.h"

#include <string.h>

/* Names that people use for data sets, as formats of the reader. */
static const struct {
    const char *layout, *format;
} layouts[] = { { "ml-100k", "u.data" }, { "ml-1m", "ratings.dat" }, { "ratings", "ratings.csv" }, { "csv", "table" }, { "lastfm", "hetrec" } };

static pal_status set_text(pal_json_doc *doc, const char *key, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_put_string(&w, NULL, text);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_set(doc, key, w.text.bytes, err));
done:
    pal_text_clear(&w.text);
    return rc;
}

static pal_status settings_of(pal_json_doc **out, const pal_args *args, const pal_json *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_json_doc *doc = NULL;
    const char *layout = pal_args_text(args, "layout");

    pal_json_begin_object(&w, NULL);
    for (size_t i = 0; data != NULL && i < pal_json_size(data); i++) {
        pal_json_put_value(&w, pal_json_key(pal_json_at(data, i)), pal_json_at(data, i));
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, "--set", err));
    for (size_t k = 0; layout != NULL && k < sizeof layouts / sizeof *layouts; k++) {
        if (strcmp(layouts[k].layout, layout) == 0) {
            layout = layouts[k].format;
            break;
        }
    }
    if (layout != NULL) PAL_TRY(set_text(doc, "format", layout, err));
    if (pal_args_has(args, "items")) PAL_TRY(set_text(doc, "item_file", pal_args_text(args, "items"), err));
    *out = doc; /* the caller owns it from here */
    doc = NULL;
done:
    pal_json_free(doc);
    pal_text_clear(&w.text);
    return rc;
}

pal_status pal_people_log_from(pal_people_log **out, const pal_args *args, const char *path, const pal_json *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_log_options how = pal_people_log_defaults();
    pal_json_doc *settings = NULL;
    const char *like = pal_args_text(args, "like");
    uint64_t least = 1;

    if (like != NULL && (!pal_parse_double(&how.like_at, like, strlen(like)) || how.like_at < 0)) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: --like needs a number of 0 or more, found '%s'", args->command, like);
    }
    if (pal_args_has(args, "genre")) how.genre = pal_args_text(args, "genre");
    PAL_TRY(pal_args_whole(&least, args, "least", 1, 1, 1000000, err));
    how.least = (size_t)least;
    PAL_TRY(settings_of(&settings, args, data, err));
    PAL_TRY(pal_people_log_load(out, path, pal_json_root(settings), &how, err));
done:
    pal_json_free(settings);
    return rc;
}

pal_status pal_taken_as_from(pal_taken_as *out, const pal_args *args, pal_error *err)
{
    const char *word = pal_args_text(args, "as");

    *out = PAL_AS_CLICKED;
    if (word == NULL) return PAL_OK;
    for (size_t k = 0; k < 3; k++) {
        if (strcmp(pal_taken_as_names[k], word) == 0) {
            *out = (pal_taken_as)k;
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_USAGE, "%s: --as must be clicked, examined or liked, found '%s'", args->command, word);
}

pal_status pal_moments_config_from(pal_moments_config *out, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t sample, xmin;

    *out = pal_moments_defaults();
    PAL_TRY(pal_args_whole(&sample, args, "sample", out->sample, 2, 100000, err));
    PAL_TRY(pal_args_whole(&xmin, args, "xmin", 0, 1, 1000000000, err));
    PAL_TRY(pal_args_threads(&out->n_threads, args, err));
    out->sample = (size_t)sample;
    out->xmin = (size_t)xmin;
done:
    return rc;
}
