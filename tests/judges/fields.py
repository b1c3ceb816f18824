#!/usr/bin/env python3
"""pandera judges the values of a data set by the JSON Schema that `throng schema --as json-schema` derives.

    fields.py THRONG                 makes a clean and a dirty data set and judges both
    fields.py THRONG --set DIR       judges one that is there, in NDJSON without compression

From the JSON Schema come what must be there, what may stand there, bounds and patterns, column by column. A clean set has no value
that fails. In a dirty one a value that fails is in a row that a label names, and a label of a kind that is about values, in a column
that has a rule for it, is of a value that fails.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import pandas
import pandera.pandas as pandera

# By kind: the rule that its values break, where the column has one.
RULES = {"missing_value": "required", "enum_unknown": "values", "out_of_range": "bounds", "format_invalid": "pattern"}


def columns(schema: dict) -> dict:
    """By column: its pandera column and the rules that it has."""
    found = {}
    for name, rules in schema["properties"].items():
        required = name in schema["required"]
        checks, has = [], {"required"} if required else set()
        if "enum" in rules:
            checks.append(pandera.Check.isin(rules["enum"], error="values"))
            has.add("values")
        numeric = lambda test: lambda values: values.map(lambda value: not isinstance(value, (int, float)) or test(value))
        if "minimum" in rules:
            checks.append(pandera.Check(numeric(lambda value, least=rules["minimum"]: value >= least), error="bounds"))
            has.add("bounds")
        if "maximum" in rules:
            checks.append(pandera.Check(numeric(lambda value, most=rules["maximum"]: value <= most), error="bounds"))
        if "pattern" in rules:
            checks.append(pandera.Check.str_matches(rules["pattern"], error="pattern"))
            has.add("pattern")
        found[name] = (pandera.Column(object, checks, nullable=not required, required=False), has)
    return found


def lines(path: Path):
    return path.read_bytes().split(b"\n")[:-1]


def rows(data: Path, table: str) -> list:
    return [json.loads(line) for path in sorted((data / table).glob("**/*.ndjson")) for line in lines(path)]


def frame(path: Path, names: list) -> pandas.DataFrame:
    """The lines of a file that are objects, by their numbers from 1."""
    found = {}
    for number, line in enumerate(lines(path), 1):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found[number] = [value.get(name) for name in names]
    return pandas.DataFrame.from_dict(found, orient="index", columns=names, dtype=object)


def failures(path: Path, kept: dict) -> set:
    """Line, column and rule of each value that fails."""
    values = frame(path, list(kept))
    try:
        pandera.DataFrameSchema({name: column for name, (column, _) in kept.items()}).validate(values, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        cases = cases[cases["index"].notna()]
        name = lambda check: "required" if check == "not_nullable" else check
        return {(int(line), column, name(check)) for line, column, check in zip(cases["index"], cases["column"], cases["check"])}
    return set()


def judge(throng: Path, data: Path) -> list:
    text = subprocess.run([throng, "schema", "--as", "json-schema"], check=True, capture_output=True, text=True).stdout
    schemas = json.loads(text)["$defs"]
    manifest = json.loads((data / "manifest.json").read_text())
    incidents = {row["anomaly_id"]: row for row in rows(data, "truth/anomalies")}
    named, labels, damaged = set(), defaultdict(list), set()
    for member in rows(data, "truth/anomaly_members"):
        incident = incidents[member["anomaly_id"]]
        if incident["scope"] == "file":
            damaged.add(member["file_dirty"])
        elif member.get("line_no") is not None:
            named.add((member["file_dirty"], member["line_no"]))
            if member["role"] == "primary" and member.get("column") and incident["kind"] in RULES:
                labels[member["file_dirty"]].append((incident["kind"], member["line_no"], member["column"]))
    wrong, told, seen = [], defaultdict(Counter), 0
    for table in manifest["tables"]:
        if table["name"].startswith("truth/"):
            continue
        kept = columns(schemas[table["name"].replace("/", "_")])
        for file in table["files"]:
            if file["path"] in damaged:
                continue
            failed = failures(data / file["path"], kept)
            seen += file["rows"]
            for line, column, rule in sorted(failed):
                if (file["path"], line) not in named:
                    wrong.append(f"{file['path']}:{line}: {column} fails ({rule}), and no label names the row")
            for kind, line, column in labels[file["path"]]:
                has_rule = RULES[kind] in kept[column][1]
                fails = any((at, name) == (line, column) for at, name, _ in failed)
                told[kind].update({"labels": 1, "with a rule": has_rule, "failing": fails})
                if has_rule and not fails:
                    wrong.append(f"{file['path']}:{line}: {column} is labelled {kind}, and does not fail")
    for kind, counts in sorted(told.items()):
        print(f"    {kind:20} " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"    {seen} rows")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--set", type=Path, help="judge this data set, in NDJSON without compression")
    parser.add_argument("--users", default="1500")
    args = parser.parse_args()
    throng, wrong = args.throng.resolve(), []
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        sets = {"given": args.set} if args.set else {}
        if not sets:
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--quiet"]
            for name, anomalies in (("clean", "off"), ("dirty", "critical")):
                sets[name] = Path(scratch) / name
                subprocess.run([throng, "generate", "development", *flags, "--anomalies", anomalies, "--out", sets[name]], check=True)
        for name, data in sets.items():
            print(f"  {name}")
            wrong += [f"{name}: {one}" for one in judge(throng, data)]
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    print("pandera agrees" if not wrong else f"pandera disagrees {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
