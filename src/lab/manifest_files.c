/* Lists of result files. */
#include "lab/manifest_files.h"

void pal_manifest_put_file(pal_json_writer *w, const char *name, const char *hex)
{
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", name);
    pal_json_put_string(w, "digest", hex);
    pal_json_end_object(w);
}
