/* Counting bad values, and saying so in one line. */
#include "data/import_faults.h"

#include "core/mem.h"

#include <string.h>

static const char *const kind_names[PAL_FAULT_KINDS] = {
    "missing", "not a number", "out of range", "not in catalog.types",
    "another than an earlier row of the id has"
};

pal_status pal_faults_init(pal_faults *faults, size_t n_columns, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(faults->cell, n_columns * PAL_FAULT_KINDS);
    faults->n_columns = n_columns;
done:
    return rc;
}

void pal_faults_clear(pal_faults *faults)
{
    pal_free(faults->cell);
    *faults = (pal_faults){ 0 };
}

/* The start of a text, cut between characters: a byte 10xxxxxx goes on with the character before it. */
static void copy_start(char *to, size_t size, const char *text)
{
    size_t n = strlen(text);

    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80) {
            n--;
        }
    }
    memcpy(to, text, n);
    to[n] = '\0';
}

void pal_faults_add(pal_faults *faults, size_t place, const char *column, pal_fault_kind kind, const pal_csv_row *row,
                    const char *found)
{
    pal_import_fault *cell = &faults->cell[place * PAL_FAULT_KINDS + (size_t)kind];

    PAL_DCHECK(place < faults->n_columns);
    if (cell->count++ == 0) {
        cell->column = column;
        cell->what = kind_names[kind];
        cell->first_row = row->number;
        cell->first_line = row->line;
        copy_start(cell->found, sizeof cell->found, found);
    }
}

void pal_faults_say(const pal_faults *faults, size_t max, pal_text *text)
{
    size_t start = text->n, n_left = 0, n_said = 0;

    for (size_t i = 0; i < faults->n_columns * PAL_FAULT_KINDS; i++) {
        const pal_import_fault *fault = &faults->cell[i];
        size_t before = text->n;

        if (fault->count == 0) {
            continue;
        }
        pal_text_addf(text, "%s%s: %llu %s (first: row %llu, line %llu, '%s')", n_said > 0 ? "; " : "", fault->column,
                      (unsigned long long)fault->count, fault->what, (unsigned long long)fault->first_row,
                      (unsigned long long)fault->first_line, fault->found);
        if (text->failed) {
            return;
        }
        if (text->n - start > max) {
            text->n = before;
            text->bytes[before] = '\0';
            n_left++;
        } else {
            n_said++;
        }
    }
    if (n_left > 0) {
        pal_text_addf(text, "%sand faults of %zu more kinds", n_said > 0 ? "; " : "", n_left);
    }
}

pal_status pal_faults_report(pal_import_report *report, const pal_faults *faults, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t bytes = 0;
    char *pool = NULL;

    report->n_faults = 0;
    for (size_t i = 0; i < faults->n_columns * PAL_FAULT_KINDS; i++) {
        if (faults->cell[i].count > 0) {
            report->n_faults++;
            bytes += strlen(faults->cell[i].column) + 1;
        }
    }
    PAL_NEW(report->fault, report->n_faults);
    PAL_NEW(pool, bytes);
    report->pool = pool;
    for (size_t i = 0, n = 0; i < faults->n_columns * PAL_FAULT_KINDS; i++) {
        if (faults->cell[i].count > 0) {
            size_t length = strlen(faults->cell[i].column) + 1;

            report->fault[n] = faults->cell[i];
            memcpy(pool, faults->cell[i].column, length);
            report->fault[n++].column = pool;
            pool += length;
        }
    }
done:
    return rc;
}

void pal_import_report_clear(pal_import_report *report)
{
    if (report != NULL) {
        pal_free(report->fault);
        pal_free(report->pool);
        *report = (pal_import_report){ 0 };
    }
}
