/* Command-line options: one table a command checks the words and prints the help. */
#include "cli/options.h"

#include "core/threads.h"

#include <string.h>
#include <sys/stat.h>

#define MAX_THREADS 1024
#define MAX_OPTIONS 32

static const pal_option *find_option(const pal_option *options, const char *name, size_t length)
{
    for (const pal_option *o = options; o->name != NULL; o++) {
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) {
            return o;
        }
    }
    return NULL;
}

const char *pal_args_nearest(const char *word, const char *const *names, size_t n)
{
    const char *near = NULL;
    size_t length = strlen(word), best = length / 3 > 2 ? length / 3 + 1 : 3;

    best = best < length ? best : length; /* not every letter may differ */
    for (size_t i = 0; i < n; i++) {
        size_t edits = pal_edit_distance(word, names[i]);

        if (edits < best) {
            best = edits;
            near = names[i];
        }
    }
    return near;
}

static pal_status unknown_option(const pal_args *args, const pal_option *options, const char *word, size_t length,
                                 pal_error *err)
{
    const char *names[MAX_OPTIONS];
    char name[64];
    const char *near;
    size_t n = 0;

    for (const pal_option *o = options; o->name != NULL && n < MAX_OPTIONS; o++) {
        names[n++] = o->name;
    }
    if (length >= sizeof name) {
        length = sizeof name - 1;
    }
    memcpy(name, word, length);
    name[length] = '\0';
    near = pal_args_nearest(name, names, n);
    return pal_error_set(err, PAL_ERR_USAGE, "%s: unknown option '--%s'%s%s%s; 'palate %s --help' lists them",
                         args->command, name, near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                         near != NULL ? "?" : "", args->command);
}

/* One option at word[*w]; moves *w past its value. */
static pal_status read_option(pal_args *args, const pal_option *options, int n_words, char **word, int *w,
                              pal_error *err)
{
    const char *name = word[*w] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const pal_option *option = find_option(options, name, length);
    const char *value = equals != NULL ? equals + 1 : NULL;
    pal_status rc = PAL_OK;

    if (option == NULL) {
        return unknown_option(args, options, name, length, err);
    }
    if (option->value == NULL && value != NULL) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: --%s takes no value, found '%s'", args->command, option->name, value);
    }
    if (option->value != NULL && value == NULL) {
        if (*w + 1 >= n_words) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: --%s needs a value: --%s %s", args->command, option->name, option->name,
                     option->value);
        }
        value = word[++*w];
    }
    if (!option->repeats && pal_args_has(args, option->name)) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: --%s is given twice", args->command, option->name);
    }
    if (args->n_given == PAL_MAX_GIVEN) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: more than %d options", args->command, PAL_MAX_GIVEN);
    }
    args->given[args->n_given++] = (pal_given){ option, value };

done:
    return rc;
}

static bool asks_for_help(int n_words, char **word)
{
    for (int w = 0; w < n_words && strcmp(word[w], "--") != 0; w++) {
        if (strcmp(word[w], "--help") == 0 || strcmp(word[w], "-h") == 0) {
            return true;
        }
    }
    return false;
}

pal_status pal_args_parse(pal_args *args, const char *command, const pal_option *options, const char *operands,
                          size_t n_min, size_t n_max, int n_words, char **word, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool options_end = false;

    *args = (pal_args){ .command = command };
    if (asks_for_help(n_words, word)) { /* whatever else stands there */
        args->given[args->n_given++] = (pal_given){ find_option(options, "help", 4), NULL };
        goto done;
    }
    for (int w = 0; w < n_words; w++) {
        if (!options_end && strcmp(word[w], "--") == 0) {
            options_end = true;
        } else if (!options_end && strncmp(word[w], "--", 2) == 0) {
            PAL_TRY(read_option(args, options, n_words, word, &w, err));
        } else if (!options_end && word[w][0] == '-' && word[w][1] != '\0') {
            PAL_FAIL(PAL_ERR_USAGE, "%s: unknown option '%s'; options start with two dashes; 'palate %s --help' "
                     "lists them", command, word[w], command);
        } else if (args->n_operands == PAL_MAX_OPERANDS || args->n_operands == n_max) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: unexpected '%s'; usage: palate %s %s", command, word[w], command, operands);
        } else {
            args->operand[args->n_operands++] = word[w];
        }
    }
    if (args->n_operands < n_min) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: too few words; usage: palate %s %s", command, command, operands);
    }

done:
    return rc;
}

bool pal_args_has(const pal_args *args, const char *name)
{
    for (size_t g = 0; g < args->n_given; g++) {
        if (strcmp(args->given[g].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *pal_args_nth(const pal_args *args, const char *name, size_t i)
{
    for (size_t g = 0; g < args->n_given; g++) {
        if (strcmp(args->given[g].option->name, name) == 0 && i-- == 0) {
            return args->given[g].value;
        }
    }
    return NULL;
}

const char *pal_args_text(const pal_args *args, const char *name)
{
    return pal_args_nth(args, name, 0);
}

pal_status pal_args_whole(uint64_t *out, const pal_args *args, const char *name, uint64_t fallback, uint64_t min,
                          uint64_t max, pal_error *err)
{
    const char *text = pal_args_text(args, name);
    uint64_t value = fallback;

    if (text != NULL && (!pal_parse_u64(&value, text, strlen(text)) || value < min || value > max)) {
        return pal_error_set(err, PAL_ERR_USAGE, "%s: --%s must be a whole number from %llu to %llu, found '%s'",
                             args->command, name, (unsigned long long)min, (unsigned long long)max, text);
    }
    *out = value;
    return PAL_OK;
}

pal_status pal_args_threads(size_t *n_threads, const pal_args *args, pal_error *err)
{
    uint64_t n = 0;
    pal_status rc = pal_args_whole(&n, args, "threads", pal_threads_available(), 1, MAX_THREADS, err);

    *n_threads = (size_t)n;
    return rc;
}

pal_status pal_args_output(const char **path, const pal_args *args, const char *fallback, pal_error *err)
{
    const char *out = pal_args_has(args, "out") ? pal_args_text(args, "out") : fallback;
    struct stat info;

    if (out[0] == '\0') {
        return pal_error_set(err, PAL_ERR_USAGE, "%s: --out is empty", args->command);
    }
    if (stat(out, &info) == 0 && !S_ISREG(info.st_mode)) {
        return pal_error_set(err, PAL_ERR_USAGE, "%s: --out %s: is there and is no regular file", args->command, out);
    }
    *path = out;
    return PAL_OK;
}

void pal_options_describe(const pal_option *options, pal_text *text)
{
    size_t width = 0;

    for (const pal_option *o = options; o->name != NULL; o++) {
        size_t n = strlen(o->name) + (o->value != NULL ? strlen(o->value) + 1 : 0);

        width = n > width ? n : width;
    }
    for (const pal_option *o = options; o->name != NULL; o++) {
        size_t n = strlen(o->name) + (o->value != NULL ? strlen(o->value) + 1 : 0);

        pal_text_addf(text, "  --%s%s%s%*s  %s%s\n", o->name, o->value != NULL ? " " : "",
                      o->value != NULL ? o->value : "", (int)(width - n), "", o->meaning,
                      o->repeats ? " (may be repeated)" : "");
    }
}
