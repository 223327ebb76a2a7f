/* Lists of result files in the manifests of studies. */
#ifndef PAL_LAB_MANIFEST_FILES_H
#define PAL_LAB_MANIFEST_FILES_H

#include "core/json.h"

/* A member of "files": {"name", "digest"}. Failures of memory stay in the writer. */
void pal_manifest_put_file(pal_json_writer *w, const char *name, const char *hex);

#endif
