/* Small audits for tests. */
#include "tests/support/audit_rig.h"

#include "core/csv.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

const char *audit_text(const char *members, const char *without)
{
    static char text[4096];

    snprintf(text, sizeof text,
             "{%s%s%s%s\"resamples\": 100, \"serve_rounds\": 2, \"curve\": [5, 20], \"experiment\": {\"purpose\": \"a test\", "
             "\"name\": \"tiny\", \"seed\": \"11\", \"rounds\": 9, \"slots\": 5, \"baseline\": \"rand\", \"focus\": \"pop\", "
             "\"catalog\": {\"items\": 150}, \"people\": {\"n\": 120}, \"probe\": {\"items\": 4}, \"response\": {\"satiation\": "
             "false}, \"arms\": [{\"name\": \"rand\", \"stage\": \"random\"}, {\"name\": \"pop\", \"stage\": \"popularity\"}]}}",
             members, members[0] == '\0' ? "" : ", ", strchr(without, 'S') != NULL ? "" : "\"seeds\": 2, ",
             strchr(without, 'M') != NULL ? "" : "\"models\": [{\"model\": \"popularity\"}, {\"model\": \"item_knn\"}, "
                                                 "{\"model\": \"als\", \"params\": {\"factors\": 4}}], ");
    return text;
}

pal_audit *audit_of(const char *members, const char *without)
{
    const char *text = audit_text(members, without);
    pal_audit *a = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_audit_parse(&a, text, strlen(text), "a.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    return a;
}

pal_audit_summary audit_run(const char *members, const char *without, const char *name, size_t n_threads)
{
    pal_audit *a = audit_of(members, without);
    pal_audit_summary summary;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_audit_run(&summary, a, scratch_path(name), n_threads, &err) == PAL_OK, "%s", err.text);
    pal_audit_free(a);
    return summary;
}

/* Does the row hold every "column=value" of the list? */
static bool is_row(const pal_table *table, size_t row, const char *where)
{
    char list[256], *save = NULL;

    snprintf(list, sizeof list, "%s", where);
    for (char *one = strtok_r(list, ";", &save); one != NULL; one = strtok_r(NULL, ";", &save)) {
        char *value = strchr(one, '=');
        size_t at;

        *value++ = '\0';
        ck_assert_int_eq(pal_table_find(&at, table, one, NULL), PAL_OK);
        if (strcmp(pal_table_text(table, row, at), value) != 0) return false;
    }
    return true;
}

double audit_number(const char *name, const char *file, const char *where, const char *column)
{
    char path[512];
    pal_table *table = NULL;
    double value = 0;
    size_t at, found = 0;

    snprintf(path, sizeof path, "%s/%s", scratch_path(name), file);
    ck_assert_int_eq(pal_table_load(&table, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&at, table, column, NULL), PAL_OK);
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        if (!is_row(table, row, where)) continue;
        value = pal_table_number(table, row, at, NULL);
        found++;
    }
    ck_assert_msg(found == 1, "%s: %zu rows of %s", file, found, where);
    pal_table_free(table);
    return value;
}
