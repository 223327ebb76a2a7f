#!/bin/sh
# Run every suite and fuzz replay of a build and print the totals: tests/run.sh OUT ROOM...
# A runner that dies before its own count is one failure. The last line is "N passed, N failed".
out=$1
shift
passed=0
failed=0

# add LABEL COMMAND...: run it; its line "...: N passed, N failed" is added to the totals.
add()
{
    label=$1
    shift
    log=$out/tests/log
    "$@" >"$log" 2>&1
    status=$?
    case $status$label in
    0fuzz*) tail -n 1 "$log" ;; # the names of the corpus matter only when one of them crashes
    *) cat "$log" ;;
    esac
    counts=$(sed -n 's/^.*: \([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' "$log" | tail -n 1)
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
for room in "$@"; do
    add "$room" "$out/tests/$room/run"
done
case ${CK_RUN_SUITE:-fuzz} in
fuzz*)
    for replay in "$out"/tests/fuzz/replay_*; do
        case $replay in *.d | *.o | *'*') continue ;; esac
        target=${replay##*/replay_}
        [ "${CK_RUN_SUITE:-fuzz/$target}" = "fuzz/$target" ] || continue
        add "fuzz/$target" "$replay" "fuzz/$target" "tests/fuzz/corpus/$target"
    done ;;
esac
if [ $((passed + failed)) = 0 ]; then
    echo "no suite is named '${CK_RUN_SUITE:-}'"
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
