/* A table on the pages of a document. */
#include "plots/pdf_table.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define SIZE 7.6      /* of letters, points   */
#define LINE 9.8
#define PAD 4.0       /* beside a column      */
#define ABOVE 3.0     /* over and under a row */
#define WIDEST 230.0  /* a column of words is wrapped at it, unless there is room left */
#define LEAST_HEAD 30.0

void pal_pdf_table_clear(pal_pdf_table *table)
{
    for (size_t i = 0; i < table->n_cells; i++) {
        pal_free(table->markup[i]);
    }
    pal_free(table->markup);
    pal_free(table->is_number);
    *table = (pal_pdf_table){ 0 };
}

static pal_status grow(pal_pdf_table *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t grown = t->capacity == 0 ? 128 : t->capacity * 2;
    char **markup = pal_resize(t->markup, t->capacity, grown, sizeof *markup);
    bool *is_number;

    if (markup == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a table of %zu cells", grown);
    }
    t->markup = markup;
    is_number = pal_resize(t->is_number, t->capacity, grown, sizeof *is_number);
    if (is_number == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a table of %zu cells", grown);
    }
    t->is_number = is_number;
    t->capacity = grown;

done:
    return rc;
}

pal_status pal_pdf_table_cell(pal_pdf_table *t, const char *markup, bool is_number, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (t->n_columns > 0 && t->in_row == t->n_columns) {
        return PAL_OK;
    }
    if (t->n_cells == t->capacity) {
        PAL_TRY(grow(t, err));
    }
    t->markup[t->n_cells] = pal_strdup(markup);
    if (t->markup[t->n_cells] == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a cell of a table");
    }
    t->is_number[t->n_cells++] = is_number;
    t->in_row++;

done:
    return rc;
}

pal_status pal_pdf_table_row(pal_pdf_table *t, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (t->n_columns == 0) {
        t->n_columns = t->in_row;
    }
    while (t->in_row < t->n_columns) {
        PAL_TRY(pal_pdf_table_cell(t, "", false, err));
    }
    t->in_row = 0;

done:
    return rc;
}

/* ---- widths ---- */

static pal_font font_of(const pal_pdf_table *t, size_t row, size_t column)
{
    const bool head = t->has_head && row == 0;

    return (pal_font){ .size = SIZE, .role = head ? PAL_SUBTLE : PAL_INK, .bold = head,
                       .anchor = t->is_number[row * t->n_columns + column] ? PAL_RIGHT : PAL_LEFT };
}

/* A heading is wrapped between words: as wide as its longest one. */
static double head_width(pal_flow *flow, const char *markup, pal_font font)
{
    double most = LEAST_HEAD;
    char word[80];

    while (*markup != '\0') {
        size_t n = strcspn(markup, " ");

        if (n < sizeof word) {
            memcpy(word, markup, n);
            word[n] = '\0';
            most = fmax(most, pal_canvas_markup_width(flow->canvas, word, font));
        }
        markup += n + (markup[n] == ' ');
    }
    return most;
}

static void measure(double *width, pal_flow *flow, const pal_pdf_table *t)
{
    const size_t rows = t->n_cells / t->n_columns;

    for (size_t c = 0; c < t->n_columns; c++) {
        width[c] = 0;
        for (size_t r = 0; r < rows; r++) {
            const char *markup = t->markup[r * t->n_columns + c];
            const pal_font font = font_of(t, r, c);

            width[c] = fmax(width[c], t->has_head && r == 0 ? head_width(flow, markup, font)
                                                            : pal_canvas_markup_width(flow->canvas, markup, font));
        }
        width[c] += 2 * PAD;
    }
}

/* A part of the table: columns that tell which row it is, the same in all parts, and n others from `first` on. */
typedef struct part { double *width; size_t keys, first, n; } part;

static size_t column_of(const part *p, size_t k)
{
    return k < p->keys ? k : p->first + k - p->keys;
}

/* Up to the last column of words, unless they take more than half of the page: then the first alone. */
static size_t count_keys(const double *natural, const pal_pdf_table *t)
{
    const size_t row = t->has_head && t->n_cells > t->n_columns ? 1 : 0;
    double used = 0;
    size_t keys = 1;

    for (size_t c = 0; c < t->n_columns; c++) {
        used += natural[c];
        if (used > PAL_PAGE_WIDTH / 2) {
            break;
        }
        if (!t->is_number[row * t->n_columns + c]) {
            keys = c + 1;
        }
    }
    return keys;
}

/* As many columns as fit beside the keys; at least one. */
static double choose(part *p, const double *natural, const pal_pdf_table *t)
{
    double used = 0;

    for (size_t c = 0; c < p->keys; c++) {
        used += p->width[c] = fmin(natural[c], WIDEST);
    }
    p->n = 0;
    for (size_t c = p->first; c < t->n_columns; c++, p->n++) {
        p->width[c] = fmin(natural[c], fmin(WIDEST, PAL_PAGE_WIDTH - used > LEAST_HEAD && p->n == 0 ? PAL_PAGE_WIDTH - used
                                                                                                     : WIDEST));
        if (p->n > 0 && used + p->width[c] > PAL_PAGE_WIDTH) {
            break;
        }
        used += p->width[c];
    }
    return used;
}

/* What is left of the page goes to columns that had to be wrapped, then to all. */
static void widen(part *p, const double *natural, double used)
{
    const size_t all = p->keys + p->n;
    const double left = fmax(0, PAL_PAGE_WIDTH - used);
    size_t wrapped = 0;

    for (size_t k = 0; k < all; k++) {
        wrapped += natural[column_of(p, k)] > p->width[column_of(p, k)];
    }
    for (size_t k = 0; k < all; k++) {
        const size_t c = column_of(p, k);

        if (wrapped == 0) {
            p->width[c] += fmin(left / (double)all, 24);
        } else if (natural[c] > p->width[c]) {
            p->width[c] += fmin(left / (double)wrapped, natural[c] - p->width[c]);
        }
    }
}

/* ---- rows ---- */

static size_t lines_of(pal_flow *flow, const pal_pdf_table *t, const part *p, size_t row)
{
    size_t most = 1;

    for (size_t k = 0; k < p->keys + p->n; k++) {
        const size_t c = column_of(p, k);
        const size_t lines = pal_canvas_markup_lines(flow->canvas, t->markup[row * t->n_columns + c], p->width[c] - 2 * PAD,
                                                     font_of(t, row, c));

        most = lines > most ? lines : most;
    }
    return most;
}

static double row_height(pal_flow *flow, const pal_pdf_table *t, const part *p, size_t row)
{
    return LINE * (double)lines_of(flow, t, p, row) + 2 * ABOVE;
}

/* At the flow's y; headings stand at the foot of their row. */
static void put_row(pal_flow *flow, const pal_pdf_table *t, const part *p, size_t row)
{
    const bool head = t->has_head && row == 0;
    const size_t lines = lines_of(flow, t, p, row);
    double x = PAL_A4_LEFT;

    for (size_t k = 0; k < p->keys + p->n; k++) {
        const size_t c = column_of(p, k);
        const char *markup = t->markup[row * t->n_columns + c];
        const pal_font font = font_of(t, row, c);
        const double inner = p->width[c] - 2 * PAD;
        const size_t own = head ? pal_canvas_markup_lines(flow->canvas, markup, inner, font) : lines;

        pal_canvas_markup(flow->canvas, font.anchor == PAL_RIGHT ? x + PAD + inner : x + PAD,
                          flow->y + ABOVE + SIZE + LINE * (double)(lines - own), inner, LINE, 0, lines, markup, font);
        x += p->width[c];
    }
    flow->y += LINE * (double)lines + 2 * ABOVE;
    pal_canvas_line(flow->canvas, PAL_A4_LEFT, flow->y, x, flow->y,
                    (pal_pen){ head ? PAL_AXIS : PAL_GRID, head ? 0.8 : 0.5, PAL_SOLID, 0 });
}

static void put_part(pal_flow *flow, const pal_pdf_table *t, const part *p)
{
    const size_t rows = t->n_cells / t->n_columns, begin = t->has_head ? 1 : 0;
    const double head = begin > 0 ? row_height(flow, t, p, 0) : 0;

    pal_flow_room(flow, head + (rows > begin ? row_height(flow, t, p, begin) : 0));
    if (begin > 0) {
        put_row(flow, t, p, 0);
    }
    for (size_t r = begin; r < rows; r++) {
        const double height = row_height(flow, t, p, r);
        const int page = flow->page;

        pal_flow_room(flow, height);
        if (flow->page != page && begin > 0) {
            put_row(flow, t, p, 0);
        }
        put_row(flow, t, p, r);
    }
    flow->y += 10;
}

pal_status pal_pdf_table_set(pal_flow *flow, const pal_pdf_table *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *natural = NULL, *width = NULL;
    part p;

    if (t->n_columns == 0 || t->n_cells == 0) {
        return PAL_OK;
    }
    PAL_NEW(natural, t->n_columns);
    PAL_NEW(width, t->n_columns);
    measure(natural, flow, t);
    p = (part){ .width = width, .keys = count_keys(natural, t) };
    p.first = p.keys;
    do {
        widen(&p, natural, choose(&p, natural, t));
        put_part(flow, t, &p);
        p.first += p.n;
    } while (p.first < t->n_columns);

done:
    pal_free(natural);
    pal_free(width);
    return rc;
}
