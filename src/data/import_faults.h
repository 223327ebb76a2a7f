/* Inside the data room: bad values of an import, counted by column and kind. */
#ifndef PAL_DATA_IMPORT_FAULTS_H
#define PAL_DATA_IMPORT_FAULTS_H

#include "core/csv.h"
#include "core/text.h"
#include "data/import_tracks.h"

typedef enum pal_fault_kind { PAL_FAULT_MISSING, PAL_FAULT_NO_NUMBER, PAL_FAULT_RANGE, PAL_FAULT_NO_TYPE,
               PAL_FAULT_TWO_TYPES, PAL_FAULT_KINDS } pal_fault_kind;

/* Start from {0}. */
typedef struct pal_faults {
    size_t n_columns;
    pal_import_fault *cell; /* n_columns x PAL_FAULT_KINDS; column and what are borrowed */
} pal_faults;

PAL_MUST_USE pal_status pal_faults_init(pal_faults *faults, size_t n_columns, pal_error *err);
void pal_faults_clear(pal_faults *faults);
/* Count one bad value. column's text must outlive faults. */
void pal_faults_add(pal_faults *faults, size_t place, const char *column, pal_fault_kind kind,
                    const pal_csv_row *row, const char *found);
/* "tempo: 157 missing (first: row 446, line 447, '0'); artists: 1 missing (…)" in at most max bytes; what does not
 * fit is counted at the end. */
void pal_faults_say(const pal_faults *faults, size_t max, pal_text *text);
/* Copy the cells that counted something into the report. */
PAL_MUST_USE pal_status pal_faults_report(pal_import_report *report, const pal_faults *faults, pal_error *err);

#endif
