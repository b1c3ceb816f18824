#!/bin/sh
# Measures again what docs/figures.md says of runs: wall clock, CPU, speed and peak memory of the whole process, each run three
# times. Usage: tools/figures.sh [FOLDER]; needs GNU time, cargo, and about 13 GB in the folder (default: output/figures).
set -eu
cd "$(dirname "$0")/.."
out=${1:-output/figures}
cargo build --release
run() {
    for _ in 1 2 3; do
        rm -rf "$out"
        /usr/bin/time -o "$out.time" -f '%e %U %S %M' target/release/throng generate --quiet --out "$out" "$@"
        python3 - "$out" "$*" <<'PYTHON'
import json, sys
out, what = sys.argv[1:]
tables = json.load(open(f"{out}/manifest.json"))["tables"]
events = next(table["rows"] for table in tables if table["name"] == "events")
wall, user, system, memory = map(float, open(f"{out}.time").read().split())
cpu = user + system
print(f"throng generate {what}: {events / 1e6:.2f}M events, {wall:.2f} s, CPU {cpu:.2f} s (system {system:.2f}), "
      f"{events / cpu / 1e6:.2f}M events a CPU-second, {memory / 1024:.0f} MiB")
PYTHON
    done
    rm -rf "$out" "$out.time"
}
run
run --users 153000
run --users 153000 --threads 1
run --users 153000 --format ndjson --compression none --tables events
run --users 153000 --format ndjson --compression none --tables events --threads 1
run --users 153000 --format ndjson --compression none --tables events --digest sha256
run --events 20M
run --events 100M
cargo bench --bench generate -- --warm-up-time 1 --measurement-time 3
cargo bench --bench encode -- --warm-up-time 1 --measurement-time 3
cargo bench --bench allocations
