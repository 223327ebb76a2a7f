/* Inside the data room: the formats of interaction logs, known by the names of their files. */
#ifndef PAL_DATA_INTERACTIONS_FORMATS_H
#define PAL_DATA_INTERACTIONS_FORMATS_H

#include "data/read_side.h"

typedef struct pal_log_format {
    const char *name;
    const char *separator;              /* NULL: guessed                       */
    int header;                         /* 1 yes, 0 no, -1 guessed             */
    bool by_folder;                     /* files of one name: the folder's name tells logs apart */
    const char *item_file, *user_file;  /* beside it; ".item": the same stem   */
    const pal_side_layout *item_layout, *user_layout;
} pal_log_format;

/* In the order of the choices of "format" behind auto. */
extern const pal_log_format pal_log_formats[];
extern const pal_log_format *const pal_log_format_run;

/* The format that auto takes for a path: by the file's name, or a folder as a run. */
const pal_log_format *pal_log_format_guess(const char *path);
bool pal_is_folder(const char *path);

/* The name of the log: the file's without its last ending, or the folder's. */
void pal_log_name(char *out, size_t room, const char *path, const pal_log_format *format);

/* The layout of a side file that was asked for by name. */
const pal_side_layout *pal_side_layout_of(const char *asked, const pal_log_format *format, bool people);
/* Where the format's own side file stands, plain or .gz; *out is NULL when it does not. The caller pal_frees. */
PAL_MUST_USE pal_status pal_side_beside(char **out, const char *path, const pal_log_format *format, bool people,
                                        pal_error *err);

#endif
