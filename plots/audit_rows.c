/* What the figures of an audit share: colours of models, and a page with a row a protocol. */
#include "plots/audit_data.h"
#include "plots/axis.h"

#include <stdint.h>

pal_role pal_audit_role(size_t model)
{
    return (pal_role)(PAL_SERIES_0 + model % 8);
}

pal_marker pal_audit_marker(size_t model)
{
    return (pal_marker)(model % PAL_RING);
}

const pal_audit_row_data *pal_audit_find(const pal_audit_data *d, size_t log, size_t split, size_t view, bool online)
{
    if (log == SIZE_MAX) log = d->logs.n;
    for (size_t i = 0; i < d->n_rows; i++) {
        const pal_audit_row_data *r = &d->row[i];

        if (r->log == log && r->split == split && r->view == view && r->metric == 0 && r->online == online) return r;
    }
    return NULL;
}

size_t pal_audit_lines(pal_audit_line *lines, double *bottom, const pal_audit_data *d, double top)
{
    size_t n = 0;

    *bottom = top;
    for (size_t s = 0; s < d->splits.n; s++) {
        bool begun = false;

        for (size_t v = 0; v < d->views.n && n + 2 < PAL_AUDIT_MOST_LINES; v++) {
            if (pal_audit_find(d, SIZE_MAX, s, v, true) == NULL) continue;
            if (!begun) {
                lines[n++] = (pal_audit_line){ s, v, *bottom + PAL_AUDIT_HEAD * 0.6, true };
                *bottom += PAL_AUDIT_HEAD;
                begun = true;
            }
            lines[n++] = (pal_audit_line){ s, v, *bottom + PAL_AUDIT_ROW * 0.5, false };
            *bottom += PAL_AUDIT_ROW;
        }
    }
    return n;
}

void pal_audit_label_lines(pal_canvas *canvas, const pal_audit_data *d, const pal_audit_line *lines, size_t n)
{
    pal_font view = pal_font_tick(PAL_RIGHT), split = { .size = PAL_SIZE_TICK, .role = PAL_INK, .bold = true };

    view.role = PAL_INK;
    view.max_width = split.max_width = PAL_AUDIT_LABELS - PAL_MARGIN - 6;
    for (size_t i = 0; i < n; i++) {
        if (lines[i].head) pal_canvas_text(canvas, PAL_MARGIN, lines[i].y + 3, d->splits.label[lines[i].split], split);
        else pal_canvas_text(canvas, PAL_AUDIT_LABELS - 6, lines[i].y + 3, d->views.label[lines[i].view], view);
    }
}
