/* Files of named arrays inside one another: a part's arrays under NAME/ in the file of the whole, and back. */
#ifndef PAL_CORE_TENSORS_NEST_H
#define PAL_CORE_TENSORS_NEST_H

#include "core/tensors.h"

/*
 * Move all arrays and texts of *part into *file, each under NAME/ before its own name; *part is empty then. So two parts
 * that name their arrays alike stand beside each other, and what was put into a part needs to know of no whole.
 *   PAL_ERR_DATA    a name is there already: the text names it; both files then hold a part each and are to be freed
 *   PAL_ERR_MEMORY  likewise
 */
PAL_MUST_USE pal_status pal_tensors_nest(pal_tensors *file, const char *name, pal_tensors *part, pal_error *err);

/*
 * What stands under NAME/, by its own names. The view borrows the arrays and texts: it is read only, and valid as long
 * as `file` is and nothing is put there. Nothing under that name gives an empty view. The caller owns *view and frees it
 * by pal_tensors_leave alone.
 */
PAL_MUST_USE pal_status pal_tensors_enter(pal_tensors **view, const pal_tensors *file, const char *name,
                                          pal_error *err);
void pal_tensors_leave(pal_tensors *view); /* accepts NULL */

/* Is there any array or text under NAME/? */
bool pal_tensors_holds(const pal_tensors *file, const char *name);

#endif
