/* The commands of `palate`: one table entry and one function each. */
#ifndef PAL_CLI_COMMAND_H
#define PAL_CLI_COMMAND_H

#include "cli/options.h"
#include "core/error.h"

#include <stddef.h>

typedef struct pal_command {
    const char *name;          /* "run", or two words: "data fit"                            */
    const char *operands;      /* for usage: "FILE", "[CSV]"                                 */
    size_t n_min, n_max;       /* operands                                                   */
    const char *summary;       /* one line for the list of commands                          */
    const char *usage;         /* a few lines: what it reads, writes and prints              */
    const pal_option *options; /* ended by PAL_OPTION_END; holds PAL_OPTION_HELP             */

    /* Do it: results go to stdout, the one message of a failure into err. */
    pal_status (*run)(const pal_args *args, pal_error *err);
} pal_command;

extern const pal_command pal_command_run;
extern const pal_command pal_command_eval;
extern const pal_command pal_command_report;
extern const pal_command pal_command_sweep;
extern const pal_command pal_command_trial;
extern const pal_command pal_command_audit;
extern const pal_command pal_command_compare;
extern const pal_command pal_command_power;
extern const pal_command pal_command_ope;
extern const pal_command pal_command_verify;
extern const pal_command pal_command_explain;
extern const pal_command pal_command_describe;
extern const pal_command pal_command_data_import;
extern const pal_command pal_command_data_describe;
extern const pal_command pal_command_data_fit;
extern const pal_command pal_command_data_generate;
extern const pal_command pal_command_data_convert;
extern const pal_command pal_command_data_fit_people;
extern const pal_command pal_command_data_realism;
extern const pal_command pal_command_train;
extern const pal_command pal_command_predict;
extern const pal_command pal_command_cluster;
extern const pal_command pal_command_recommend;
extern const pal_command pal_command_similar;
extern const pal_command pal_command_match;
extern const pal_command pal_command_bench_slate;
extern const pal_command pal_command_bench_sim;
extern const pal_command pal_command_bench_catalog;
extern const pal_command pal_command_bench_models;
extern const pal_command pal_command_bench_community;
extern const pal_command pal_command_bench_cluster;
extern const pal_command pal_command_bench_factors;
extern const pal_command pal_command_bench_index;
extern const pal_command pal_command_bench_net;

/* All of them, in the order of the help. */
size_t pal_command_count(void);
const pal_command *pal_command_at(size_t i);

/* Does `name` ("data fit") belong to the group ("data")? Is a word the name of a group? */
bool pal_command_in_group(const char *name, const char *group);
bool pal_command_is_group(const char *word);

/* The command that the first one or two words name, *used of them; NULL when there is none. */
const pal_command *pal_command_find(int n_words, char *const *word, int *used);

/* PAL_ERR_USAGE for words that are no command, with the nearest one. second may be NULL. */
PAL_MUST_USE pal_status pal_command_unknown(const char *first, const char *second, pal_error *err);

#endif
