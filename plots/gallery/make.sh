#!/bin/sh
# Every kind of figure, drawn from small experiments that are run on the spot: make.sh PALATE FOLDER
# FOLDER/index.html shows all of them; a choice (the lines with "pick") goes to plots/gallery beside README.md, which GitHub
# shows. A new figure is shown by itself once an experiment below draws it; give it a "pick" to have it on the front page.
set -e
palate=$1
out=$2
here=plots/gallery
page=$here/README.md
mkdir -p "$out"
rm -rf "$out"/runs
mkdir "$out"/runs

# add NAME TITLE COMMAND [OPTION...]: run (results in FOLDER/runs/NAME) and put every figure on the page.
add()
{
    name=$1 title=$2
    shift 2
    echo "  $name: $*"
    case $1 in
    run | eval) undrawn=--no-report ;;
    sweep) undrawn="--formats none --cache $out/cache" ;;
    *) undrawn="--formats none" ;;
    esac
    # shellcheck disable=SC2086 # words
    "$palate" "$@" $undrawn --out "$out/runs/$name" --quiet > "$out/log" 2>&1 || { cat "$out/log"; exit 1; }
    "$palate" report "$out/runs/$name" --formats svg --quiet
    show "$@"
}

# show COMMAND...: every figure of FOLDER/runs/$name, as the command drew it.
show()
{
    {
        printf '<h2 id="%s">%s</h2><p><code>palate %s</code></p>\n' "$name" "$title" "$*"
        first=
        for svg in "$out/runs/$name"/figures/*.svg; do
            base=$(basename "$svg" .svg)
            case $base in # of people, the first one is enough
            *-[0-9]*-[0-9]*)
                kind=${base%-*-*}
                case " $first " in *" $kind "*) continue ;; esac
                first="$first $kind" ;;
            esac
            label=$(sed -n 's/.*<title>\([^<]*\)<\/title>.*/\1/p' "$svg" | head -n 1)
            printf '<figure><img alt="%s" src="data:image/svg+xml;base64,' "$label"
            base64 -w 0 "$svg"
            printf '"><figcaption>%s: %s</figcaption></figure>\n' "$base" "$label"
        done
    } >> "$out/body"
}

# pick RUN FIGURE CAPTION: copy it here, a person's without their number, and show it in README.md.
pick()
{
    file=$(echo "$2" | sed 's/-[0-9]*-[0-9]*$//').svg
    cp "$out/runs/$1/figures/$2.svg" "$here/$file"
    printf '![%s](%s)\n\n*%s*\n\n' "$3" "$file" "$3" >> "$page"
}

: > "$out/body"
cat > "$page" <<'TEXT'
# Gallery

Figures as `palate` draws them, from small experiments; `make gallery` draws these again, and every other kind of figure into
`build/gallery/index.html`. Each is also written as PNG, PDF and, with the numbers it shows, as CSV.

TEXT

add quickstart "A run" run experiments/quickstart.json
pick quickstart learning "Learning curves: like rate and click rate of each arm over the rounds of the quickstart, with the paired difference to the baseline"
pick quickstart coverage "Taste coverage: how much of each person's taste has been found, and whom it leaves behind"
pick quickstart person-0-421 "Person sheet: what a typical person truly likes (shapes), what was learned of it (lines), and the last slate"
add stages "Models of single tastes" run experiments/stages.json --set people.n=60 --set rounds=30 --set catalog.items=4000
pick stages models "Models of single tastes: ROC curves and reliability, with the most that the true probabilities allow"
add communities "Communities" run experiments/communities.json --set people.n=400 --set rounds=12 --set catalog.items=4000
pick communities communities "Communities of people by what they like, and how far they agree with their true tastes"
pick communities communities-flow "Who stays together from one clustering to the next"
add domains "Content types" run experiments/domains.json --set people.n=150 --set rounds=10
pick domains domains "What each arm earns by content type"
add exploration "Exploration" run experiments/exploration.json --set people.n=150 --set rounds=20
pick exploration regret "Cumulative regret: what it costs to learn"
add pareto "Variety" run experiments/pareto.json --set people.n=100 --set rounds=8
pick pareto pareto "What variety costs: re-ranked arms, the frontier drawn"
add eval "An evaluation on a log" eval experiments/eval_synthetic.json
pick eval scores "An evaluation: all models in four metrics with intervals"
pick eval tradeoff "Accuracy against the use of the catalog and against surprise"
add sweep "A sweep" sweep experiments/sweep.json
pick sweep surface-map "A sweep over two settings: where which arm leads, and whether that can be told from noise"
"$palate" run experiments/tiny.json --seed 2 --out "$out/runs/other" --quiet --no-report
"$palate" run experiments/tiny.json --out "$out/runs/tiny" --quiet --no-report
add trial "A trial" trial experiments/trial.json --set 'set={"people.n":200}'
add ope "Off-policy evaluation" ope experiments/ope.json
pick ope ope-size "Off-policy evaluation: how far estimators are from the truth by the size of the log"
add audit "An audit of protocols" audit experiments/protocols.json --set seeds=2 --set 'set={"people.n":200}'
pick audit agreement "Protocols of offline evaluation: which of them put models in the true order, and what believing it costs"
for effect in bubble popularity retention; do
    add "$effect" "Long-run effects: $effect" run "experiments/long_run_$effect.json" --set people.n=80
done
pick bubble bubble "Filter bubbles: how many clusters people meet, how alike they become, and how far their tastes move"
add compare "A comparison of runs" compare "$out/runs/tiny" "$out/runs/other"
pick compare comparisons "Arms compared over two runs: differences with intervals, effect sizes, corrected p"

name=catalog title="A catalog"
"$palate" data describe --synthetic 5000 --out "$out/runs/catalog" > "$out/log"
[ -d "$out/runs/catalog/figures" ] || { mkdir "$out/runs/catalog/figures" && mv "$out"/runs/catalog/*.svg "$out/runs/catalog/figures"; }
show data describe --synthetic 5000 --out DIR
name=match title="People of alike taste"
mkdir -p "$out/runs/match/figures"
"$palate" match "$out/runs/tiny" --arm progressive --person 5 --figure "$out/runs/match/figures/match.svg" --quiet > "$out/log"
show match RUN --person 5 --figure match.svg
name=realism title="Realism"
"$palate" data convert "$out/runs/other" --set arm=oracle --out "$out/log.csv" --quiet > "$out/log"
add realism "Realism: a run against a log, here another run's" data realism "$out/runs/tiny" "$out/log.csv" --arm popularity

{
    echo '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Palate: gallery</title>'
    echo '<style>body{font:16px/1.5 Inter,system-ui,sans-serif;max-width:1400px;margin:0 auto;padding:16px;color:#1f2328;background:#fff}'
    echo 'main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:16px;align-items:start}'
    echo 'h1,h2,main>p{grid-column:1/-1;margin-bottom:0}figure{margin:0;border:1px solid #ddd;border-radius:8px;padding:8px}'
    echo 'img{width:100%;height:auto}figcaption{font-size:.8rem;color:#59636e}</style></head><body><main><h1>Palate: every kind of figure</h1>'
    cat "$out/body"
    echo '</main></body></html>'
} > "$out/index.html"
rm -rf "$out/body" "$out/log"
echo "gallery  $out/index.html ($(grep -c '<figure>' "$out/index.html") figures), $(du -ck "$here"/*.svg | tail -n 1 | cut -f 1) kB in $here"
