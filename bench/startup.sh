#!/usr/bin/env bash
# Start-up beside an empty native program: both run in turn, 30 times each; prints the medians in milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."
runtime=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
dotnet publish src/Loadline.Cli -c Release -r "$runtime" -o artifacts/native >/dev/null
dotnet publish bench/EmptyProgram -c Release -r "$runtime" -o artifacts/empty >/dev/null

once() {
  local start end
  start=$(date +%s%N)
  "$@" >/dev/null
  end=$(date +%s%N)
  echo $(((end - start) / 1000))
}
median() { sort -n | awk '{ value[NR] = $1 } END { printf "%.1f", (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2000 }'; }

empty=$(mktemp) page=$(mktemp) json=$(mktemp)
for _ in $(seq 30); do
  once artifacts/empty/EmptyProgram >>"$empty"
  once artifacts/native/loadline inspect facebook/opt-350m >>"$page"
  once artifacts/native/loadline inspect facebook/opt-350m --json >>"$json"
done
echo "empty program            $(median <"$empty") ms"
echo "inspect, page            $(median <"$page") ms"
echo "inspect, JSON            $(median <"$json") ms"
rm -f "$empty" "$page" "$json"
