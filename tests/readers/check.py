#!/usr/bin/env python3
"""Makes data sets with the built program and has independent readers and the laws judge them.

    check.py PROGRAM [--scenario NAME] [--events N] [--keep DIR]
    check.py PROGRAM --self-test

Every check says how many rows break it and shows a few. Exit code 1 when any fails.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import answers
import duckdb
from behaviour_laws import behaviour_laws
from consent_laws import consent_laws
from declared import DataSet, differences_of_schema, tables
from readers import duckdb_reads, polars_reads, pyarrow_reads, relation
from schema_laws import schema_laws

# What is made: format, compression, ids, whether in ranges, and whether the laws are tried on it too.
VARIANTS = [
    ("parquet", "zstd", "text", False, True),
    ("parquet", "none", "text", True, True),
    ("parquet", "snappy", "text", False, False),
    ("parquet", "lz4", "text", False, False),
    ("parquet", "zstd", "native", False, False),
    ("ndjson", "none", "text", False, True),
    ("ndjson", "gzip", "text", False, False),
    ("ndjson", "zstd", "text", False, False),
]
# Smaller than any data set that is judged, so that people are simulated in several ranges.
RANGES = 'start = 2026-01-05\ndays = 14\nevents = "120K"\nbudget = "50K"\ncoverage = 1\n'
LATENESS = "INTERVAL 72 HOUR"


def all_laws():
    return [*schema_laws(), *behaviour_laws(), *consent_laws()]


class Judge:
    """Counts what fails and says so."""

    def __init__(self):
        self.checks = 0
        self.failed = 0

    def verdict(self, name, findings):
        findings = list(findings)
        self.checks += 1
        if findings:
            self.failed += 1
            print(f"FAIL {name}: {len(findings)}")
            for finding in findings[:5]:
                print(f"     {finding}")

    def law(self, connection, law):
        self.checks += 1
        count = connection.execute(f"SELECT count(*) FROM ({law.broken_by})").fetchone()[0]
        if count:
            self.failed += 1
            print(f"FAIL {law.name}: {count} rows, such as")
            for row in connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({law.broken_by}) LIMIT 3").fetchall():
                print("     " + ", ".join(map(str, row)))


def generate(program, out, form, compression, ids, scenario, events):
    command = [program, "generate", scenario, "--out", out, "--format", form, "--compression", compression, "--ids", ids, "--quiet"]
    subprocess.run(command + (["--events", events] if events else []), check=True)
    return DataSet(out)


def loaded(data, form):
    """A DuckDB connection with every table of the data set, in the order of its files."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    connection.execute(f"SET VARIABLE lateness = {LATENESS}")
    for table in tables():
        connection.execute(f"CREATE TABLE {table.view} AS SELECT * FROM {relation(data, form, table)}")
    return connection


def judge_files(judge, data, form, ids, title):
    judge.verdict(f"{title}: the manifest is true", data.untrue())
    missing = [table.name for table in tables() if table.name not in data.entries]
    judge.verdict(f"{title}: every table is there", missing)
    connection = duckdb.connect()
    for table in tables():
        judge.verdict(f"{title}: duckdb reads {table.name}", duckdb_reads(connection, data, form, ids, table))
        judge.verdict(f"{title}: pyarrow reads {table.name}", pyarrow_reads(data, form, ids, table))
        judge.verdict(f"{title}: polars reads {table.name}", polars_reads(data, form, ids, table))


def judge_joined(judge, program, work, ranges):
    """Shards, joined, are a data set like any other; their answers those of the whole, byte for byte."""
    out, whole = f"{work}/joined", f"{work}/whole"
    judge.verdict("joined: the shards' parts of the answers", answers.joined(program, str(ranges), out, 3))
    subprocess.run([program, "generate", str(ranges), "--out", whole, "--quiet"], check=True)
    data = DataSet(out)
    judge.verdict("joined: the manifest is true", data.untrue())
    judge.verdict("joined: the answers are what the tables say", answers.differences(loaded(data, "parquet"), data))
    for name in ("manifest.json", "truth/answers.json"):
        same = Path(out, name).read_bytes() == Path(whole, name).read_bytes()
        judge.verdict(f"joined: {name} is that of the whole", () if same else ["it is not"])


def judge_all(program, work, scenario, events):
    judge = Judge()
    judge.verdict("`throng schema` prints what schemas/ hold", differences_of_schema(program))
    ranges = Path(work, "ranges.toml")
    ranges.write_text(RANGES, encoding="utf-8")
    for form, compression, ids, in_ranges, with_laws in VARIANTS:
        title = f"{form} {compression} {ids}{' in ranges' if in_ranges else ''}"
        begun, before = time.monotonic(), judge.failed
        asked = (str(ranges), None) if in_ranges else (scenario, events)
        data = generate(program, f"{work}/{form}-{compression}-{ids}", form, compression, ids, *asked)
        judge_files(judge, data, form, ids, title)
        if with_laws:
            connection = loaded(data, form)
            for law in all_laws():
                judge.law(connection, law)
            judge.verdict(f"{title}: the answers are what the tables say", answers.differences(connection, data))
        rows = sum(table["rows"] for table in data.entries.values())
        verdict = "ok" if judge.failed == before else f"{judge.failed - before} failed"
        print(f"{title}: {rows} rows, {time.monotonic() - begun:.0f} s: {verdict}", flush=True)
    judge_joined(judge, program, work, ranges)
    print(f"{judge.checks} checks, {judge.failed} failed")
    return judge.failed == 0


def self_test(program, work, scenario):
    """Breaks each law on purpose: it has to notice."""
    data = generate(program, f"{work}/self-test", "parquet", "none", "text", scenario, None)
    connection = loaded(data, "parquet")
    asleep = []
    for law in all_laws():
        connection.begin()
        connection.execute(law.damage)
        if not connection.execute(f"SELECT 1 FROM ({law.broken_by}) LIMIT 1").fetchone():
            asleep.append(law.name)
        connection.rollback()
    asleep.extend(answers.asleep(connection, data))
    file = next(iter(data.path.rglob("*.parquet")))
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    if not list(data.untrue()):
        asleep.append("the manifest is true")
    for name in asleep:
        print(f"FAIL does not notice its own damage: {name}")
    print(f"self-test: {len(all_laws()) + len(answers.DAMAGES) + 1} checks, {len(asleep)} asleep")
    return not asleep


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, help="the built program")
    parser.add_argument("--scenario", default="development", help="a scenario that ships, or a file")
    parser.add_argument("--events", help="about how many events, instead of the scenario's")
    parser.add_argument("--keep", type=Path, help="leave the data sets in this folder")
    parser.add_argument("--self-test", action="store_true", help="judge the laws instead of the data")
    args = parser.parse_args()
    program = str(args.program.resolve())
    with tempfile.TemporaryDirectory() as scratch:
        work = args.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        if args.self_test:
            return self_test(program, work, args.scenario)
        return judge_all(program, work, args.scenario, args.events)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
