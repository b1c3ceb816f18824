#!/usr/bin/env python3
"""pandera judges the values of a data set by the JSON Schema that `throng schema --as json-schema` derives.

    fields.py THRONG                     makes a dirty data set with its clean twin and judges both
    fields.py THRONG --set DIR TWIN      judges a data set that is there, in NDJSON without compression, and its twin

From the JSON Schema come what must be there (of all rows, and of the rows of an event type), types, what may stand there, bounds,
lengths, patterns and forms, column by column. A clean set has no value that fails. In a dirty one a value that fails is in a row
that a label names, and a label of a kind that is about values, in a column that has a rule for it, is of a value that fails.
"""

import argparse
import datetime
import ipaddress
import json
import re
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import pandas
import pandera.pandas as pandera

# By kind: the rule that its values break, where the column has one. All of these kinds must be there.
RULES = {
    "missing_value": "required",
    "mistype": "type",
    "enum_unknown": "values",
    "out_of_range": "bounds",
    "numeric_outlier": "bounds",
    "oversize_record": "length",
    "format_invalid": "form",
}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict}
URI = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.:-]+\.[A-Za-z0-9.:-]+([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?")


def parses(parse):
    """Whether a text can be read as that."""

    def test(text) -> bool:
        try:
            return bool(parse(text))
        except ValueError:
            return False

    return test


FORMS = {
    "uuid": parses(uuid.UUID),
    "ipv4": parses(ipaddress.IPv4Address),
    "date": parses(datetime.date.fromisoformat),
    "date-time": parses(datetime.datetime.fromisoformat),
    "uri": parses(URI.fullmatch),
    "email": parses(re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch),
}


def has_type(value, types: str) -> bool:
    """True is no number, though Python has it for one."""
    return isinstance(value, TYPES[types]) and (types == "boolean" or not isinstance(value, bool))


def rules(column: dict) -> dict:
    """The tests of a column, by the name of their rule. What is of another type fails that rule and no other. A whole number is
    written without a point: JSON Schema lets 1.0 pass as one, readers that know types from how values are written do not."""
    is_number = column["type"] in ("integer", "number")
    least, most = column.get("minimum"), column.get("maximum")
    longest, pattern, form = column.get("maxLength"), column.get("pattern"), FORMS.get(column.get("format"))
    found = {"type": lambda value: has_type(value, column["type"])}
    if "enum" in column:
        found["values"] = lambda value: value in column["enum"]
    if is_number and (least is not None or most is not None):
        found["bounds"] = lambda value: (least is None or value >= least) and (most is None or value <= most)
    if longest is not None:
        found["length"] = lambda value: len(value.encode("utf-8", "replace")) <= longest
    if pattern is not None:
        found["form"] = lambda value: re.search(pattern, value) is not None
    elif form is not None:
        found["form"] = form
    guarded = lambda test: lambda value: not has_type(value, column["type"]) or test(value)
    return {name: test if name == "type" else guarded(test) for name, test in found.items()}


def table(schema: dict):
    """What pandera holds a table to, with the rules of each column; and, by event type, the columns that its rows must have."""
    checks, has = {}, {}
    for name, column in schema["properties"].items():
        tests, required = rules(column), name in schema["required"]
        elementwise = [pandera.Check(test, element_wise=True, error=rule) for rule, test in tests.items()]
        checks[name] = pandera.Column(object, elementwise, nullable=not required, required=False)
        has[name] = set(tests) | ({"required"} if required else set())
    by_type = {name: set(one["required"]) for name, one in schema.get("$defs", {}).items()}
    for name in set().union(*by_type.values()) & set(has):
        has[name].add("required")
    return pandera.DataFrameSchema(checks), by_type, has


def lines(path: Path):
    return path.read_bytes().split(b"\n")[:-1]


def rows(data: Path, table: str) -> list:
    return [json.loads(line) for path in sorted((data / table).glob("**/*.ndjson")) for line in lines(path)]


def whole(value):
    """Half a surrogate pair, which UTF-8 and so pandas has not, as the mark that stands for what cannot be read."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def frame(path: Path, names: list) -> pandas.DataFrame:
    """The lines of a file that are objects, by their numbers from 1."""
    found = {}
    for number, line in enumerate(lines(path), 1):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found[number] = [whole(value.get(name)) for name in names]
    return pandas.DataFrame.from_dict(found, orient="index", columns=names, dtype=object)


def failures(path: Path, schema, by_type: dict) -> set:
    """Line, column and rule of each value that fails."""
    values = frame(path, list(schema.columns))
    held = [(schema, values)]
    for name, required in by_type.items():
        own = {column: pandera.Column(object, nullable=False) for column in required}
        held.append((pandera.DataFrameSchema(own), values[values["event_name"] == name]))
    found = set()
    for schema, rows_held in held:
        try:
            schema.validate(rows_held, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            cases = errors.failure_cases
            if cases["index"].isna().any():
                raise
            name = lambda check: "required" if check == "not_nullable" else check
            found |= {(int(line), column, name(check)) for line, column, check in zip(cases["index"], cases["column"], cases["check"])}
    return found


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
            # A label of bytes names no column; its incident does.
            column = member.get("column") or (incident.get("params") or {}).get("column")
            if member["role"] == "primary" and column and incident["kind"] in RULES:
                labels[member["file_dirty"]].append((incident["kind"], member["line_no"], column))
    wrong, told, seen = [], defaultdict(Counter), 0
    for written in manifest["tables"]:
        if written["name"].startswith("truth/"):
            continue
        schema, by_type, has = table(schemas[written["name"].replace("/", "_")])
        for file in written["files"]:
            if file["path"] in damaged:
                continue
            failed = failures(data / file["path"], schema, by_type)
            seen += file["rows"]
            for line, column, rule in sorted(failed):
                if (file["path"], line) not in named:
                    wrong.append(f"{file['path']}:{line}: {column} fails ({rule}), and no label names the row")
            for kind, line, column in labels[file["path"]]:
                has_rule = RULES[kind] in has[column]
                fails = any((at, name) == (line, column) for at, name, _ in failed)
                told[kind].update({"labels": 1, "with a rule": has_rule, "failing": fails})
                if has_rule and not fails:
                    wrong.append(f"{file['path']}:{line}: {column} is labelled {kind}, and does not fail")
    for kind, counts in sorted(told.items()):
        print(f"    {kind:20} " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"    {seen} rows")
    unseen = set(RULES) - {kind for kind, counts in told.items() if counts["with a rule"]}
    if incidents and unseen:
        wrong.append(f"no label of {', '.join(sorted(unseen))} was there to be judged")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--set", type=Path, nargs=2, metavar=("DIR", "TWIN"), help="judge this data set and its twin")
    parser.add_argument("--users", default="400")
    args = parser.parse_args()
    throng, wrong = args.throng.resolve(), []
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        dirty, clean = args.set or (Path(scratch) / name for name in ("dirty", "clean"))
        if not args.set:
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--quiet"]
            for data, anomalies in ((clean, "off"), (dirty, "everything")):
                subprocess.run([throng, "generate", "development", *flags, "--anomalies", anomalies, "--out", data], check=True)
        for name, data in (("clean", clean), ("dirty", dirty)):
            print(f"  {name}")
            wrong += [f"{name}: {one}" for one in judge(throng, data)]
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    print("pandera agrees" if not wrong else f"pandera disagrees {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
