#!/bin/sh
# Run every suite and fuzz replay of a build and print the totals: tests/run.sh OUT ROOM...
# A runner that dies before its own count is one failure. The last line is "N passed, N failed".
out=$1
shift
passed=0
failed=0

# count LABEL LOG STATUS: print the log; its line "...: N passed, N failed" is added to the totals.
count()
{
    label=$1
    status=$3
    case $status$label in
    0fuzz*) tail -n 1 "$2" ;; # the names of the corpus matter only when one of them crashes
    *) cat "$2" ;;
    esac
    counts=$(sed -n 's/^.*: \([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$2" | tail -n 1)
    if [ -n "$counts" ]; then
        passed=$((passed + ${counts% *}))
        failed=$((failed + ${counts#* }))
        [ "$status" = 0 ] || [ "${counts#* }" != 0 ] || { echo "$label: exit status $status"; failed=$((failed + 1)); }
    elif [ "$status" != 0 ]; then
        echo "$label: died with exit status $status"
        failed=$((failed + 1))
    fi
}

mkdir -p "$out/tests"
PALATE=$out/palate
export PALATE

# As many rooms at a time as there are processors. The last rooms take longest, so they begin; told in the order asked for.
backwards=
for room in "$@"; do
    backwards="$room $backwards"
    rm -f "$out/tests/$room.log" "$out/tests/$room.status"
done
echo "running: $*"
# shellcheck disable=SC2016,SC2086 # words, and for the inner shell
printf '%s\n' $backwards | xargs -P "$(nproc 2>/dev/null || echo 1)" -n 1 sh -c \
    '"$0/tests/$1/run" >"$0/tests/$1.log" 2>&1; echo $? >"$0/tests/$1.status"' "$out"
for room in "$@"; do
    count "$room" "$out/tests/$room.log" "$(cat "$out/tests/$room.status")"
done
case ${CK_RUN_SUITE:-fuzz} in
fuzz*)
    for replay in "$out"/tests/fuzz/replay_*; do
        case $replay in *.d | *.o | *'*') continue ;; esac
        target=${replay##*/replay_}
        [ "${CK_RUN_SUITE:-fuzz/$target}" = "fuzz/$target" ] || continue
        "$replay" "fuzz/$target" "tests/fuzz/corpus/$target" >"$out/tests/fuzz.log" 2>&1
        count "fuzz/$target" "$out/tests/fuzz.log" $?
    done ;;
esac
if [ $((passed + failed)) = 0 ]; then
    echo "no suite is named '${CK_RUN_SUITE:-}'"
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
