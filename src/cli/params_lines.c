/* What pal_params_describe says to people, for programs. */
#include "cli/params_lines.h"

#include "cli/print.h"

static const char *kind_word(pal_param_kind kind)
{
    static const char *const words[] = { "number", "whole number", "true or false",
                                         "choice", "text",         "numbers" };

    return words[kind];
}

void pal_param_members(pal_json_writer *w, const pal_param *param)
{
    pal_json_put_string(w, "name", param->name);
    pal_json_put_string(w, "kind", kind_word(param->kind));
    pal_json_put_string(w, "default", param->def);
    if (param->kind == PAL_PARAM_REAL || param->kind == PAL_PARAM_INT ||
        param->kind == PAL_PARAM_REALS) {
        pal_json_put_number(w, "min", param->min);
        pal_json_put_number(w, "max", param->max);
    }
    if (param->kind == PAL_PARAM_CHOICE) {
        pal_json_put_string(w, "choices", param->choices);
    }
    pal_json_put_string(w, "meaning", param->meaning);
    pal_json_put_string(w, "source", param->source);
}

pal_status pal_params_print_lines(const char *command, const char *of, const pal_param *table,
                                  pal_error *err)
{
    pal_status rc = PAL_OK;

    for (const pal_param *p = table; p->name != NULL; p++) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", command);
        pal_json_put_string(&w, "of", of);
        pal_param_members(&w, p);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    }

done:
    return rc;
}
