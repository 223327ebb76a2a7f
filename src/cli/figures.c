/* Options of commands that draw: formats and themes as plots/ knows them. */
#include "cli/figures.h"

#include "plots/canvas.h"
#include "plots/report.h"

#include <string.h>

static const struct format {
    const char *name;
    unsigned flag;
} formats_known[] = { { "svg", PAL_FORMAT_SVG }, { "png", PAL_FORMAT_PNG }, { "pdf", PAL_FORMAT_PDF } };
enum { N_FORMATS = sizeof formats_known / sizeof formats_known[0] };

/* The flag of one word of the list, 0 when it is none. */
static unsigned format_flag(const char *word, size_t length)
{
    for (size_t f = 0; f < N_FORMATS; f++) {
        if (strlen(formats_known[f].name) == length && strncmp(formats_known[f].name, word, length) == 0) {
            return formats_known[f].flag;
        }
    }
    return 0;
}

pal_status pal_figures_formats(unsigned *formats, const pal_args *args, pal_error *err)
{
    const char *word = pal_args_text(args, "formats");
    unsigned all = PAL_FORMAT_SVG | PAL_FORMAT_PNG | PAL_FORMAT_PDF, chosen = 0;

    if (word != NULL && strcmp(word, "none") == 0) {
        *formats = 0;
        return PAL_OK;
    }
    while (word != NULL) {
        size_t length = strcspn(word, ",");
        unsigned flag = format_flag(word, length);

        if (flag == 0) {
            return pal_error_set(err, PAL_ERR_USAGE, "%s: --formats must be a list of svg, png and pdf, found '%.*s'",
                                 args->command, (int)length, word);
        }
        chosen |= flag;
        word = word[length] == ',' ? word + length + 1 : NULL;
    }
    *formats = chosen != 0 ? chosen : all;
    return PAL_OK;
}

pal_status pal_figures_themes(unsigned *themes, const pal_args *args, pal_error *err)
{
    static const char *const names[] = { "light", "dark", "both" };
    static const unsigned flags[] = { PAL_THEMES_LIGHT, PAL_THEMES_DARK, PAL_THEMES_BOTH };
    const char *word = pal_args_text(args, "theme");

    *themes = PAL_THEMES_LIGHT;
    if (word == NULL) {
        return PAL_OK;
    }
    for (size_t t = 0; t < sizeof flags / sizeof flags[0]; t++) {
        if (strcmp(names[t], word) == 0) {
            *themes = flags[t];
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_USAGE, "%s: --theme must be light, dark or both, found '%s'", args->command,
                         word);
}
