/* Writing drawings and pages as whole files. */
#include "plots/report_files.h"

#include "core/file.h"
#include "core/mem.h"

void pal_file_list_clear(pal_file_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        pal_free(list->path[i]);
    }
    pal_free(list->path);
    *list = (pal_file_list){ 0 };
}

static pal_status remember(pal_file_list *list, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (list == NULL) {
        return PAL_OK;
    }
    if (list->n == list->capacity) {
        size_t grown = list->capacity == 0 ? 64 : list->capacity * 2;
        char **bigger = pal_resize(list->path, list->capacity, grown, sizeof *bigger);

        if (bigger == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the list of %zu figures", grown);
        }
        list->path = bigger;
        list->capacity = grown;
    }
    list->path[list->n] = pal_strdup(path);
    if (list->path[list->n] == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the name of a figure");
    }
    list->n++;

done:
    return rc;
}

pal_status pal_write_file(const char *dir, const char *name, const pal_text *bytes, pal_file_list *list,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;
    char *path = pal_path_join(dir, name);

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", name);
    }
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, bytes->bytes, bytes->n);
    PAL_TRY(pal_outfile_commit(&file, NULL, err));
    PAL_TRY(remember(list, path, err));

done:
    pal_outfile_abort(&file);
    pal_free(path);
    return rc;
}
