#!/bin/sh
# The same bytes everywhere: tests/golden/run.sh PALATE
#
# Each NAME.json here must give NAME.digest at every thread count, from other compilers and optimisation levels,
# without vector clones, and on a pretended older processor; so must the quickstart.
# THREADS="1 2 7" chooses the counts; `make golden UPDATE=yes` writes the digests instead (say in the commit why they moved).
# The Makefile passes MAKE and VARIANTS, with which and where the other builds are made.
palate=$1
variants=${VARIANTS:-build}
threads=${THREADS:-1 2 7}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# digest PROGRAM THREADS FILE: run it and print its digest.
digest()
{
    "$1" run "$3" --threads "$2" --out "$work/run" --no-report --json 2>"$work/err" |
        sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p'
    cat "$work/err" >&2
    rm -rf "$work/run"
}

# expect LABEL WANTED FOUND
expect()
{
    if [ -n "$3" ] && [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "  same      $1"
    else
        failed=$((failed + 1))
        echo "  DIFFERENT $1: found ${3:-no digest}, wanted $2"
    fi
}

# committed FILE: the digest that stands beside an experiment.
committed() { sed -n '1s/^\([0-9a-f]*\).*/\1/p' "${1%.json}.digest" 2>/dev/null; }

small=$(ls tests/golden/*.json)
quick=experiments/quickstart.json

if [ "${UPDATE:-no}" = yes ]; then
    for file in $small $quick; do
        found=$(digest "$palate" 1 "$file")
        [ -n "$found" ] || { echo "$file: no digest"; exit 1; }
        echo "$found" >"${file%.json}.digest"
        echo "${file%.json}.digest: $found"
    done
    exit 0
fi

# all_small LABEL PROGRAM THREADS: every small experiment.
all_small()
{
    for file in $small; do
        expect "${file##*/}: $1" "$(committed "$file")" "$(digest "$2" "$3" "$file")"
    done
}

for t in $threads; do
    all_small "$t threads" "$palate" "$t"
done
cat >"$work/old" <<SCRIPT
#!/bin/sh
exec env GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2,-AVX512F OPENBLAS_CORETYPE=Nehalem $palate "\$@"
SCRIPT
chmod +x "$work/old"
all_small "a pretended older processor" "$work/old" 2
expect "quickstart.json: a pretended older processor" "$(committed $quick)" "$(digest "$work/old" 2 $quick)"

# variant FOLDER COMPILER FLAGS: build the program again, and compare.
variant()
{
    command -v "$2" >/dev/null 2>&1 || { echo "  skipped   $1: no $2 here"; return; }
    out=$variants/$1
    if $MAKE CC="$2" OUT="$out" CFLAGS="$3" all >"$work/log" 2>&1; then
        all_small "$2 $3" "$out/palate" 2
        expect "quickstart.json: $2 $3" "$(committed $quick)" "$(digest "$out/palate" 2 $quick)"
    else
        cat "$work/log"
        failed=$((failed + 1))
    fi
}
if [ -n "${MAKE:-}" ]; then
    variant golden-plain gcc "-O0 -DPAL_NO_CLONES"
    variant clang-werror clang "-O2 -Werror" # what `make werror` built, where it ran before
fi

for t in $threads; do
    expect "quickstart.json: $t threads" "$(committed $quick)" "$(digest "$palate" "$t" $quick)"
done

echo "golden: $passed passed, $failed failed"
[ $failed = 0 ]
