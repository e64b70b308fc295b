#!/usr/bin/env bash
# Runs every benchmark and writes benchmarks/RESULTS.md:
#
#   bash benchmarks/run_all.sh                        # on examples/corpus alone
#   bash benchmarks/run_all.sh ../shared/data         # also on the measured files of a folder
#   bash benchmarks/run_all.sh ../shared/data ENCODER # also fine-tuning, from a bare encoder folder
#
# Leave the machine alone meanwhile: another busy process spoils the figures of speed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PYTHON:-python3}
data=${1:-}
encoder=${2:-}
work=build/benchmarks # what is done stays there if a later part fails
rm -rf "$work" && mkdir -p "$work"

measured=() trained=()
if [ -n "$data" ]; then
  measured=(--data "$data")
  trained=(--train "$data" --train examples/corpus)
fi

# Speed first, while the machine is cool and idle.
"$python" benchmarks/speed.py -o "$work/speed.md"
"$python" benchmarks/tables.py -o "$work/tables.md"
"$python" benchmarks/redaction.py --output "$work/redaction.md"
"$python" benchmarks/quality.py "${measured[@]}" "${trained[@]}" -o "$work/quality.md"
"$python" benchmarks/language.py "${measured[@]}" --output "$work/language-tables.md"
# The language benchmark prints tables only: what they come from goes below their heading.
"$python" benchmarks/report.py python benchmarks/language.py "${measured[@]}" > "$work/language-run.md"
{ sed -n 1p "$work/language-tables.md"; echo; cat "$work/language-run.md"; sed 1d "$work/language-tables.md"; } > "$work/language.md"
if [ -n "$data" ]; then
  "$python" benchmarks/choices.py --data "$data" -o "$work/choices.md"
fi
if [ -n "$encoder" ]; then
  "$python" benchmarks/finetuning.py --data "$data" --encoder "$encoder" -o "$work/finetuning.md"
fi

{
  printf '# Results\n\nWritten by `benchmarks/run_all.sh`; `benchmarks/README.md` says what is measured and how.\n\n'
  cat "$work/quality.md"; echo
  for part in choices finetuning; do
    if [ -e "$work/$part.md" ]; then cat "$work/$part.md"; echo; fi
  done
  cat "$work/language.md"; echo
  cat "$work/speed.md"; echo
  cat "$work/tables.md"; echo
  cat "$work/redaction.md"; echo
  cat benchmarks/tried.md
} > "$work/RESULTS.md"
mv "$work/RESULTS.md" benchmarks/RESULTS.md
