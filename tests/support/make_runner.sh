#!/bin/sh
# Print the main() of a room's test runner: make_runner.sh ROOM tests/ROOM/test_a.c ...
# Each tests/ROOM/test_FILE.c gives `Suite *suite_ROOM_FILE(void)`; the suite's name is "ROOM/FILE".
room=$1; shift
echo '#include "core/linalg.h"'
echo '#include <check.h>'
echo '#include <stdlib.h>'
echo '#include <string.h>'
echo '#include <stdio.h>'
for f in "$@"; do n=$(basename "$f" .c); echo "Suite *suite_${room}_${n#test_}(void);"; done
echo 'int main(void)'
echo '{'
echo '    const char *one = getenv("CK_RUN_SUITE");'
echo '    SRunner *runner = srunner_create(NULL);'
echo '    int failed, n;'
echo '    pal_blas_single_thread(); /* as the program does: its threads are ours */'
for f in "$@"; do n=$(basename "$f" .c); echo "    srunner_add_suite(runner, suite_${room}_${n#test_}());"; done
echo "    if (one != NULL && strncmp(one, \"$room/\", strlen(\"$room/\")) != 0) { srunner_free(runner); return 0; }"
echo '    srunner_run_all(runner, CK_ENV);'
echo '    failed = srunner_ntests_failed(runner);'
echo '    n = srunner_ntests_run(runner);'
printf '%s\n' "    printf(\"$room: %d passed, %d failed\\n\", n - failed, failed);"
echo '    srunner_free(runner);'
echo '    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;'
echo '}'
