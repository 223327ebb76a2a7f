/* The list of commands, in the order of the help. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static const pal_command *const commands[] = {
    &pal_command_run,           &pal_command_eval,        &pal_command_report,      &pal_command_verify,      &pal_command_explain,     &pal_command_describe,
    &pal_command_sweep,         &pal_command_compare,     &pal_command_power,
    &pal_command_trial,
    &pal_command_audit,
    &pal_command_ope,
    &pal_command_data_import,   &pal_command_data_describe, &pal_command_data_fit,  &pal_command_data_generate,
    &pal_command_data_convert,
    &pal_command_data_fit_people, &pal_command_data_realism,
    &pal_command_train,         &pal_command_predict,     &pal_command_cluster,     &pal_command_recommend,   &pal_command_similar,
    &pal_command_match,
    &pal_command_bench_slate,   &pal_command_bench_sim,   &pal_command_bench_catalog, &pal_command_bench_models,
    &pal_command_bench_community,
    &pal_command_bench_cluster,   &pal_command_bench_factors,
    &pal_command_bench_index,
    &pal_command_bench_net,
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

size_t pal_command_count(void)
{
    return N_COMMANDS;
}

const pal_command *pal_command_at(size_t i)
{
    PAL_ASSERT(i < N_COMMANDS);
    return commands[i];
}

bool pal_command_in_group(const char *name, const char *group)
{
    size_t n = strlen(group);

    return strncmp(name, group, n) == 0 && name[n] == ' ';
}

bool pal_command_is_group(const char *word)
{
    for (size_t c = 0; c < N_COMMANDS; c++) {
        if (pal_command_in_group(commands[c]->name, word)) {
            return true;
        }
    }
    return false;
}

const pal_command *pal_command_find(int n_words, char *const *word, int *used)
{
    for (size_t c = 0; c < N_COMMANDS; c++) {
        const char *name = commands[c]->name;
        const char *space = strchr(name, ' ');

        if (space == NULL && n_words >= 1 && strcmp(name, word[0]) == 0) {
            *used = 1;
            return commands[c];
        }
        if (space != NULL && n_words >= 2 && pal_command_in_group(name, word[0]) &&
            strcmp(space + 1, word[1]) == 0) {
            *used = 2;
            return commands[c];
        }
    }
    return NULL;
}

pal_status pal_command_unknown(const char *first, const char *second, pal_error *err)
{
    const char *names[N_COMMANDS];
    const char *near;
    char wanted[128];

    for (size_t c = 0; c < N_COMMANDS; c++) {
        names[c] = commands[c]->name;
    }
    snprintf(wanted, sizeof wanted, "%s%s%s", first, second != NULL ? " " : "", second != NULL ? second : "");
    near = pal_args_nearest(wanted, names, N_COMMANDS);
    return pal_error_set(err, PAL_ERR_USAGE, "unknown command '%s'%s%s%s; 'palate --help' lists them", wanted,
                         near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}
