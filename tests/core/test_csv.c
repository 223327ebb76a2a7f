/* CSV read strictly: what comes through, where it stood, and what is refused. Tables: test_csv_table.c. */
#include "core/csv.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite_core_csv(void);

/* Everything a reader gave, as one text: "#header|fields|" and "row@line:fields|". */
static pal_status note_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    (void)err;
    pal_text_add(ctx, "#");
    for (size_t i = 0; i < n; i++) {
        pal_text_addf(ctx, "%s|", names[i]);
    }
    return PAL_OK;
}

static pal_status note_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    (void)err;
    pal_text_addf(ctx, " %llu@%llu:", (unsigned long long)row->number, (unsigned long long)row->line);
    for (size_t i = 0; i < row->n; i++) {
        ck_assert_uint_eq(strlen(row->field[i]), row->length[i]);
        pal_text_addf(ctx, "%s|", row->field[i]);
    }
    return PAL_OK;
}

static void check_file(const char *path, char delimiter, const char *wanted)
{
    pal_text seen = { 0 };
    pal_error err;

    if (pal_csv_read(path, delimiter, note_header, note_row, &seen, &err) != PAL_OK) {
        ck_abort_msg("%s", err.text);
    }
    ck_assert_str_eq(seen.bytes, wanted);
    pal_text_clear(&seen);
}

START_TEST(fields_come_through_as_rfc_4180_has_them)
{
    static const char *const rows[][2] = {
        { "a,b\n1,2\n", "#a|b| 1@2:1|2|" },
        { "a,b\n1,2", "#a|b| 1@2:1|2|" },
        { "a,b\r\n1,2\r\n", "#a|b| 1@2:1|2|" },
        { "a\n", "#a|" },
        { "a,b\n,\n", "#a|b| 1@2:||" },
        { "a,b\n\"\",\"x\"\n", "#a|b| 1@2:|x|" },
        { "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n", "#a|b| 1@2:1,5|say \"hi\"|" },
        { "a,b\n 1 ,\t2 \n", "#a|b| 1@2: 1 |\t2 |" },
        { "a,b\n\" 1 \",2\n", "#a|b| 1@2: 1 |2|" },
        { "a\nh\xc3\xa9\n\xf0\x9f\x8e\xb5\n", "#a| 1@2:h\xc3\xa9| 2@3:\xf0\x9f\x8e\xb5|" },
        { "\"a\",\"b\"\n1,2\n", "#a|b| 1@2:1|2|" },
        { "\xef\xbb\xbf" "a,b\n1,2\n", "#a|b| 1@2:1|2|" },
        { "\xef\xbb\xbf\"a\"\n1\n", "#a| 1@2:1|" }
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_file(scratch_text("a.csv", rows[i][0]), ',', rows[i][1]);
        check_file(scratch_gzip("a.csv.gz", rows[i][0]), ',', rows[i][1]);
    }
}
END_TEST

START_TEST(lines_are_counted_through_quotes_blanks_and_any_line_end)
{
    check_file(scratch_text("a.csv", "a,b\n1,\"x\ny\n\nz\"\n2,3\n"), ',', "#a|b| 1@2:1|x\ny\n\nz| 2@6:2|3|");
    check_file(scratch_text("a.csv", "a,b\n\"p\nq\",1\n2,3\n"), ',', "#a|b| 1@2:p\nq|1| 2@4:2|3|");
    check_file(scratch_text("a.csv", "\n\na,b\n\n1,2\n\n\n3,4\n\n"), ',', "#a|b| 1@5:1|2| 2@8:3|4|");
    check_file(scratch_text("a.csv", "a\r\n1\r\n\r\n2"), ',', "#a| 1@2:1| 2@4:2|");
    check_file(scratch_text("a.csv", "a\r1\r2\r3"), ',', "#a| 1@2:1| 2@3:2| 3@4:3|");
    check_file(scratch_text("a.csv", "a\r1\r\"2\nx\"\n3\n"), ',', "#a| 1@2:1| 2@3:2\nx| 3@5:3|"); /* found by fuzzing */
}
END_TEST

START_TEST(other_delimiters_are_taken)
{
    check_file(scratch_text("a.tsv", "a\tb\n1,5\t 2\n"), '\t', "#a|b| 1@2:1,5| 2|");
    check_file(scratch_text("u.item", "a|b\n1,5|\"x|y\"\n"), '|', "#a|b| 1@2:1,5|x|y|");
    check_file(scratch_text("a.csv", "a;b\n1;2\n"), ';', "#a|b| 1@2:1|2|");
}
END_TEST

static pal_status skip_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    (void)row;
    (void)err;
    ++*(size_t *)ctx;
    return PAL_OK;
}

static void check_refused(const char *path, pal_status status, const char *part)
{
    pal_error err = { PAL_OK, "" };
    size_t n = 0;

    ck_assert_msg(pal_csv_read(path, ',', NULL, skip_row, &n, &err) == status, "%s: %s", part, err.text);
    ck_assert_int_eq(err.status, status);
    ck_assert_has(err.text, path);
    ck_assert_has(err.text, part);
}

START_TEST(unlawful_files_are_refused_with_their_line)
{
    static const char *const rows[][2] = {
        { "", "line 1: expected a header line, found nothing" },
        { "\n\n", "expected a header line" },
        { "\xef\xbb\xbf", "expected a header line" },
        { "a,b\n1,2\n1\n", "line 3: expected 2 fields as in the header, found 1" },
        { "a,b\n1,2,3\n", "line 2: expected 2 fields as in the header, found 3" },
        { "a,b\n\"x\ny\",2\n1,\"\n\n\",3\n", "line 4: expected 2 fields as in the header, found 3" },
        { "a,b\n1,\"2\n3,4\n", "line 2: a quote that is opened in this row is never closed" },
        { "a,b\n1,2\"3\n", "line 2: a quote inside a field that is not quoted" },
        { "a,b\n1,2\n\"1\"x,2\n", "line 3: a quote inside a field that is not quoted, or text behind a closing" },
        { "a,b\n\"1\" ,2\n", "line 2: a quote" },
        { "a,b\n1,\xff\n", "line 2, field 2: holds bytes that are not UTF-8" },
        { "a,\xe9\n", "line 1, field 2: holds bytes that are not UTF-8" },
        { "a,b\n1,\xc3\n", "line 2, field 2: holds bytes that are not UTF-8" }
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_refused(scratch_text("a.csv", rows[i][0]), PAL_ERR_PARSE, rows[i][1]);
    }
    check_refused(scratch_write("a.csv", "a,b\n1,2\0\n", 9), PAL_ERR_PARSE, "line 2, field 2: holds a NUL byte");
    check_refused(scratch_path("none.csv"), PAL_ERR_IO, "none.csv: cannot be opened: No such file");
    check_refused(scratch_path("."), PAL_ERR_IO, "cannot be read: Is a directory");
}
END_TEST

START_TEST(monsters_are_refused)
{
    const size_t n = 3 << 20;
    size_t rows = 0;
    char *text = malloc(n + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', n);
    text[n] = '\0';
    memcpy(text, "a\n", 2);
    check_refused(scratch_text("a.csv", text), PAL_ERR_PARSE, "line 2: a field of more than 1 MiB");
    text[2] = '"';
    check_refused(scratch_text("a.csv", text), PAL_ERR_PARSE, "line 2: a field of more than 1 MiB");
    text[2] = 'x';
    text[2 + (1 << 20)] = '\0'; /* exactly 1 MiB passes */
    ck_assert_int_eq(pal_csv_read(scratch_text("a.csv", text), ',', NULL, skip_row, &rows, NULL), PAL_OK);
    ck_assert_uint_eq(rows, 1);
    text[2 + (1 << 20)] = 'x';
    text[3 + (1 << 20)] = '\0'; /* and one byte more does not */
    check_refused(scratch_text("a.csv", text), PAL_ERR_PARSE, "line 2: a field of more than 1 MiB");
    memset(text, ',', 4096);
    text[4096] = '\0'; /* 4097 columns */
    check_refused(scratch_text("a.csv", text), PAL_ERR_PARSE, "line 1: more than 4096 columns");
    text[4095] = '\0';
    ck_assert_int_eq(pal_csv_read(scratch_text("a.csv", text), ',', NULL, skip_row, &rows, NULL), PAL_OK);
    free(text);
}
END_TEST

START_TEST(a_cut_or_damaged_gzip_file_is_refused)
{
    pal_text text = { 0 };
    char bytes[600];
    const char *path;
    struct stat info;
    FILE *file;
    size_t rows = 0;

    pal_text_add(&text, "a,b\n");
    for (int i = 0; i < 1000; i++) {
        pal_text_addf(&text, "%d,%d\n", i, i * i % 1009 * 7919 % 1000003);
    }
    path = scratch_gzip("a.csv.gz", text.bytes);
    ck_assert_int_eq(stat(path, &info), 0);
    for (long cut = info.st_size - 1; cut > 20; cut -= 1 + info.st_size / 20) {
        ck_assert_int_eq(truncate(path, cut), 0);
        check_refused(path, PAL_ERR_PARSE, "damaged or cut gzip data");
    }
    path = scratch_gzip("a.csv.gz", text.bytes);
    file = fopen(path, "r+b");
    ck_assert_uint_eq(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    bytes[500] = (char)(bytes[500] ^ 0x55);
    rewind(file);
    ck_assert_uint_eq(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    fclose(file);
    ck_assert_int_eq(pal_csv_read(path, ',', NULL, skip_row, &rows, NULL), PAL_ERR_PARSE);
    pal_text_clear(&text);
}
END_TEST

static pal_status stop_at_three(void *ctx, const pal_csv_row *row, pal_error *err)
{
    ++*(size_t *)ctx;
    if (row->number == 3) {
        return pal_error_set(err, PAL_ERR_DATA, "line %d: enough", (int)row->line);
    }
    return PAL_OK;
}

static pal_status refuse_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    (void)ctx;
    (void)names;
    return pal_error_set(err, PAL_ERR_DATA, "%zu columns", n);
}

START_TEST(the_callers_error_stops_the_reading)
{
    const char *path = scratch_text("a.csv", "a\n1\n2\n3\n4\n5\n");
    pal_error err;
    size_t n = 0;

    ck_assert_int_eq(pal_csv_read(path, ',', NULL, stop_at_three, &n, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "line 4: enough");
    ck_assert_uint_eq(n, 3);
    n = 0;
    ck_assert_int_eq(pal_csv_read(path, ',', refuse_header, stop_at_three, &n, &err), PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "1 columns");
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(reading_survives_the_failure_of_any_allocation)
{
    pal_text text = { 0 };
    const char *path;
    pal_error err;
    size_t n = 1, rows;

    pal_text_add(&text, "a,b\n1,");
    for (int i = 0; i < 1000; i++) {
        pal_text_add(&text, "a long field");
    }
    path = scratch_text("a.csv", text.bytes);
    pal_text_clear(&text);
    for (;; n++) {
        rows = 0;
        pal_mem_fail_at(n);
        if (pal_csv_read(path, ',', NULL, skip_row, &rows, &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 5);
    ck_assert_uint_eq(rows, 1);
}
END_TEST

/* Random tables written by pal_outfile_csv_text; rows long enough to cross the reader's chunks. */
#define ROWS 40
#define COLUMNS 7

typedef struct expected {
    char *cell[ROWS][COLUMNS];
    size_t row;
} expected;

static pal_status compare_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    expected *e = ctx;

    (void)err;
    ck_assert_uint_lt(e->row, ROWS);
    ck_assert_uint_eq(row->n, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        ck_assert_str_eq(row->field[i], e->cell[e->row][i]);
    }
    e->row++;
    return PAL_OK;
}

START_TEST(what_is_written_reads_back)
{
    static const char *const parts[] = { "a", ",", "\"", "\n", "\r\n", " ", "\xe2\x82\xac", "some words", "\"\"", "\t" };
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    const char *path = scratch_path("a.csv");
    pal_outfile *file = NULL;
    static expected e;
    uint64_t d = 0;

    ck_assert_int_eq(pal_outfile_open(&file, path, NULL), PAL_OK);
    pal_outfile_text(file, "a,b,c,d,e,f,g\n");
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            pal_text cell = { 0 };
            uint64_t n = pal_u64(key, (pal_at){ 0, 0, 0 }, d++) % (r % 10 == 9 ? 20000 : 6);

            pal_text_add(&cell, c == 0 ? "x" : ""); /* no line may be blank: it would be passed over */
            for (uint64_t i = 0; i < n; i++) {
                pal_text_add(&cell, parts[pal_u64(key, (pal_at){ 0, 0, 0 }, d++) % 10]);
            }
            e.cell[r][c] = cell.bytes;
            pal_outfile_csv_text(file, cell.bytes);
            pal_outfile_text(file, c + 1 < COLUMNS ? "," : "\n");
        }
    }
    ck_assert_int_eq(pal_outfile_commit(&file, NULL, NULL), PAL_OK);
    e.row = 0;
    ck_assert_int_eq(pal_csv_read(path, ',', NULL, compare_row, &e, NULL), PAL_OK);
    ck_assert_uint_eq(e.row, ROWS);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            pal_free(e.cell[r][c]);
        }
    }
}
END_TEST

static pal_status sum_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    double *sum = ctx, tempo;

    (void)err;
    ck_assert(pal_parse_double(&tempo, row->field[17], row->length[17]));
    sum[0] += 1;
    sum[1] += tempo == 0.0;
    return PAL_OK;
}

/* Oracle: the counts in the data set's README. */
START_TEST(the_114k_tracks_are_read)
{
    const char *path = "../shared/data/spotify_tracks_114k.csv.gz";
    double sum[2] = { 0, 0 };

    if (!pal_file_exists(path)) {
        printf("skipped: %s is not here\n", path);
        return;
    }
    ck_assert_int_eq(pal_csv_read(path, ',', NULL, sum_row, sum, NULL), PAL_OK);
    ck_assert_double_eq(sum[0], 114000);
    ck_assert_double_eq(sum[1], 157);
}
END_TEST

Suite *suite_core_csv(void)
{
    Suite *suite = suite_create("core/csv");
    TCase *tc = tcase_create("csv");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, fields_come_through_as_rfc_4180_has_them);
    tcase_add_test(tc, lines_are_counted_through_quotes_blanks_and_any_line_end);
    tcase_add_test(tc, other_delimiters_are_taken);
    tcase_add_test(tc, unlawful_files_are_refused_with_their_line);
    tcase_add_test(tc, monsters_are_refused);
    tcase_add_test(tc, a_cut_or_damaged_gzip_file_is_refused);
    tcase_add_test(tc, the_callers_error_stops_the_reading);
    tcase_add_test(tc, reading_survives_the_failure_of_any_allocation);
    tcase_add_loop_test(tc, what_is_written_reads_back, 0, 5);
    tcase_add_test(tc, the_114k_tracks_are_read);
    suite_add_tcase(suite, tc);
    return suite;
}
