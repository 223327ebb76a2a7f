/* A run directory read for drawing. */
#include "plots/run_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_communities.h"
#include "plots/run_parts.h"
#include "plots/run_long.h"
#include "plots/run_types.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 20 };

pal_status pal_rundata_keep(const char **out, pal_arena *arena, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *copy;
    size_t n = strlen(text) + 1;

    PAL_TAKE(copy, n, arena);
    memcpy(copy, text, n);
    *out = copy;

done:
    return rc;
}

pal_status pal_rundata_load_json(pal_json_doc **out, const char *dir, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(dir, name);

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of %s", name);
    }
    PAL_TRY(pal_json_load(out, path, err));

done:
    pal_free(path);
    return rc;
}

bool pal_rundata_is(const char *dir, const char *format)
{
    pal_json_doc *doc = NULL;
    const bool is = pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
                    strncmp(pal_look_text(pal_json_root(doc), "format", ""), format, strlen(format)) == 0;

    pal_json_free(doc);
    return is;
}

/* The baseline is grey, the oracle dark and dashed, the rest take the series colours in the file's order. */
void pal_rundata_dress(pal_rundata *run)
{
    static const pal_marker markers[] = { PAL_DOT, PAL_SQUARE, PAL_TRIANGLE, PAL_DIAMOND, PAL_CROSS, PAL_PLUS,
                                          PAL_RING, PAL_STAR };
    static const pal_dash dashes[] = { PAL_SOLID, PAL_SOLID, PAL_DASH_DOT, PAL_LONG_DASH, PAL_DASH_DOT, PAL_LONG_DASH,
                                       PAL_DOTTED, PAL_DASH_DOT };
    size_t next = 1; /* 0, the strongest blue, is kept for the focus */

    for (size_t a = 0; a < run->n_arms; a++) {
        pal_plot_arm *arm = &run->arms[a];
        size_t colour = arm->is_focus ? 0 : next;

        arm->marker = PAL_DOT;
        arm->dash = PAL_SOLID;
        if (arm->is_baseline) {
            arm->role = PAL_BASE;
        } else if (arm->is_oracle) {
            arm->role = PAL_TOP;
            arm->dash = PAL_DASHED;
            arm->marker = PAL_STAR;
        } else {
            arm->role = (pal_role)(PAL_SERIES_0 + (int)(colour % 8));
            arm->marker = markers[(colour + 3 * (colour / 8)) % 8]; /* another one when a colour comes again */
            arm->dash = dashes[(colour + 3 * (colour / 8)) % 8];
            next += !arm->is_focus;
            next += next % 8 == 0;
        }
    }
}

pal_status pal_rundata_load(pal_rundata **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rundata *run = NULL;
    struct pal_rundata_hidden *hidden = NULL;

    PAL_NEW(run, 1);
    PAL_NEW(hidden, 1);
    run->hidden = hidden;
    PAL_TRY(pal_arena_new(&hidden->arena, ARENA_BYTES, err));
    PAL_TRY(pal_rundata_keep(&run->dir, hidden->arena, dir, err));
    PAL_TRY(pal_rundata_load_json(&hidden->summary, dir, "summary.json", err));
    PAL_TRY(pal_rundata_load_json(&hidden->manifest, dir, "manifest.json", err));
    PAL_TRY(pal_rundata_load_json(&hidden->profiles, dir, "profiles.json", err));
    PAL_TRY(pal_rundata_load_json(&hidden->catalog, dir, "catalog.json", err));
    run->manifest = pal_json_root(hidden->manifest);
    run->catalog = pal_json_root(hidden->catalog);
    PAL_TRY(pal_rundata_read_summary(run, err));
    pal_rundata_dress(run);
    PAL_TRY(pal_rundata_read_tables(run, err));
    PAL_TRY(pal_rundata_read_people(run, err));
    PAL_TRY(pal_rundata_read_models(run, err));
    PAL_TRY(pal_rundata_read_communities(run, err));
    PAL_TRY(pal_rundata_read_types(run, err));
    PAL_TRY(pal_rundata_read_long(run, err));
    *out = run;
    run = NULL;

done:
    pal_rundata_free(run);
    return rc;
}

void pal_rundata_free(pal_rundata *run)
{
    if (run == NULL) {
        return;
    }
    if (run->hidden != NULL) {
        pal_json_free(run->hidden->summary);
        pal_json_free(run->hidden->manifest);
        pal_json_free(run->hidden->profiles);
        pal_json_free(run->hidden->catalog);
        pal_arena_free(run->hidden->arena);
        pal_free(run->hidden);
    }
    pal_free(run);
}

static const pal_series *find_series(const pal_series_set *set, size_t arm, const char *metric)
{
    static const pal_series none = { 0 };

    for (size_t i = 0; i < set->n; i++) {
        if (set->at[i].arm == arm && strcmp(set->at[i].metric, metric) == 0) {
            return &set->at[i].series;
        }
    }
    return &none;
}

const pal_series *pal_rundata_rounds(const pal_rundata *run, size_t arm, const char *metric)
{
    return find_series(&run->hidden->rounds, arm, metric);
}

const pal_series *pal_rundata_slots(const pal_rundata *run, size_t arm, const char *metric)
{
    return find_series(&run->hidden->slots, arm, metric);
}

pal_estimate pal_arm_metric(const pal_plot_arm *arm, const char *metric)
{
    for (size_t i = 0; i < arm->n_metrics; i++) {
        if (strcmp(arm->metrics[i].name, metric) == 0) {
            return arm->metrics[i].at;
        }
    }
    return (pal_estimate){ NAN, NAN, NAN, NAN };
}

const pal_plot_comparison *pal_arm_comparison(const pal_plot_arm *arm, const char *metric)
{
    for (size_t i = 0; i < arm->n_comparisons; i++) {
        if (strcmp(arm->comparisons[i].metric, metric) == 0) {
            return &arm->comparisons[i];
        }
    }
    return NULL;
}

const pal_definition *pal_rundata_definition(const pal_rundata *run, const char *metric)
{
    for (size_t i = 0; i < run->n_definitions; i++) {
        if (strcmp(run->definitions[i].name, metric) == 0) {
            return &run->definitions[i];
        }
    }
    return NULL;
}

const char *pal_rundata_metric_label(const pal_rundata *run, const char *metric)
{
    const pal_definition *definition = pal_rundata_definition(run, metric);

    return definition != NULL ? definition->label : metric;
}

size_t pal_rundata_arm(const pal_rundata *run, const char *name)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (strcmp(run->arms[a].name, name) == 0) {
            return a;
        }
    }
    return SIZE_MAX;
}

void pal_rundata_drawing_order(const pal_rundata *run, size_t *order)
{
    size_t n = 0;

    for (size_t a = 0; a < run->n_arms; a++) {
        if (a != run->focus) {
            order[n++] = a;
        }
    }
    order[n] = run->focus;
}
