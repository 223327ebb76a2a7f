/* A prefix on the names. Arrays stand in the order of their names: those of a part are neighbours, in order. */
#include "core/tensors_nest.h"

#include "core/mem.h"
#include "core/tensors_parts.h"
#include "core/text.h"

#include <string.h>

/* NAME/OWN; the caller pal_frees. */
static pal_status join(char **out, const char *name, const char *own, pal_error *err)
{
    const size_t n = strlen(name), m = strlen(own);
    char *joined = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(joined, n + m + 2);
    memcpy(joined, name, n);
    joined[n] = '/';
    memcpy(joined + n + 1, own, m + 1);
    *out = joined;

done:
    return rc;
}

/* Does a full name stand under NAME/? If so, its own part. */
static char *own_name(char *full, const char *name)
{
    const size_t n = strlen(name);

    return strncmp(full, name, n) == 0 && full[n] == '/' ? full + n + 1 : NULL;
}

/* An empty array of that name takes its place in the order; then the part's bytes move in. */
static pal_status move_array(pal_tensors *file, const char *name, pal_tensor *array, pal_error *err)
{
    const uint64_t none[PAL_TENSOR_DIMS] = { 0 };
    char *joined = NULL;
    pal_status rc = PAL_OK;
    size_t at = 0;

    PAL_TRY(join(&joined, name, array->name, err));
    PAL_TRY(pal_tensors_put(file, joined, array->type, 1, none, "", err));
    while (strcmp(file->array[at].name, joined) != 0) {
        at++;
    }
    pal_free(file->array[at].data);
    pal_free(array->name);
    array->name = file->array[at].name;
    file->array[at] = *array;
    *array = (pal_tensor){ 0 };

done:
    pal_free(joined);
    return rc;
}

static pal_status copy_text(pal_tensors *file, const char *name, const pal_tensor_text *text, pal_error *err)
{
    char *joined = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(join(&joined, name, text->key, err));
    PAL_TRY(pal_tensors_put_text(file, joined, text->value, err));

done:
    pal_free(joined);
    return rc;
}

pal_status pal_tensors_nest(pal_tensors *file, const char *name, pal_tensors *part, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (; part->n > 0; part->n--) { /* from behind: what is left stays whole */
        PAL_TRY(move_array(file, name, &part->array[part->n - 1], err));
    }
    for (; part->n_texts > 0; part->n_texts--) {
        pal_tensor_text *text = &part->text[part->n_texts - 1];

        PAL_TRY(copy_text(file, name, text, err));
        pal_free(text->key);
        pal_free(text->value);
    }

done:
    return rc;
}

bool pal_tensors_holds(const pal_tensors *file, const char *name)
{
    for (size_t i = 0; i < file->n; i++) {
        if (own_name(file->array[i].name, name) != NULL) {
            return true;
        }
    }
    for (size_t i = 0; i < file->n_texts; i++) {
        if (own_name(file->text[i].key, name) != NULL) {
            return true;
        }
    }
    return false;
}

/* Messages of whoever reads the view name the file and the part. */
static pal_status name_view(pal_tensors *view, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s%s%s", pal_tensors_file(file), pal_tensors_file(file)[0] != '\0' ? ": " : "", name);
    PAL_TRY(pal_text_check(&path, err));
    view->file = pal_strdup(path.bytes);
    if (view->file == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the name of \"%s\"", name);
    }

done:
    pal_text_clear(&path);
    return rc;
}

pal_status pal_tensors_enter(pal_tensors **view, const pal_tensors *file, const char *name, pal_error *err)
{
    pal_tensors *made = NULL;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_new(&made, err));
    PAL_NEW(made->array, file->n);
    PAL_NEW(made->text, file->n_texts);
    for (size_t i = 0; i < file->n; i++) {
        char *own = own_name(file->array[i].name, name);

        if (own != NULL) {
            made->array[made->n] = file->array[i];
            made->array[made->n++].name = own;
        }
    }
    for (size_t i = 0; i < file->n_texts; i++) {
        char *own = own_name(file->text[i].key, name);

        if (own != NULL) {
            made->text[made->n_texts++] = (pal_tensor_text){ own, file->text[i].value };
        }
    }
    PAL_TRY(name_view(made, file, name, err));
    *view = made;
    made = NULL;

done:
    pal_tensors_leave(made);
    return rc;
}

void pal_tensors_leave(pal_tensors *view)
{
    if (view != NULL) { /* what stands in the lists belongs to the file */
        pal_free(view->array);
        pal_free(view->text);
        pal_free(view->file);
        pal_free(view);
    }
}
