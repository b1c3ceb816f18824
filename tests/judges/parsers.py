#!/usr/bin/env python3
"""Parsers that nobody here wrote judge the lines that were broken on purpose.

    parsers.py THRONG                 makes a dirty data set in NDJSON and judges it
    parsers.py THRONG --set DIR       judges one that is there, without compression

A label of a line says what is wrong with it, in its parameters: `rfc_invalid` when RFC 8259 forbids it, `parser_divergent` when
parsers may differ. Python's json (told to take no NaN), orjson, DuckDB and pyarrow read each labelled line by itself:

- Nobody who keeps to the RFC takes a line that is `rfc_invalid`.
- Of a line that is `parser_divergent` they do not all say the same: some take it and others do not, or they read other values.
- Every line without such a label is taken by all, and says the same to all.
"""

import argparse
import base64
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import orjson
import pyarrow
import pyarrow.json

STRICT = ("json", "orjson")
WORDS = ("rfc_invalid", "parser_divergent")
# Kinds that break the RFC whatever their parameters are, so that their labels need not say it again.
BY_NATURE = {"json_truncated": {"rfc_invalid"}, "json_malformed": {"rfc_invalid"}, "json_bad_utf8": {"rfc_invalid"}}


class Refused(Exception):
    """Not what RFC 8259 allows."""


def refuse(word):
    raise Refused(word)


def by_json(line: bytes):
    return json.loads(line.decode("utf-8"), parse_constant=refuse)


def by_lenient_json(line: bytes):
    return json.loads(line.decode("utf-8"))


def by_orjson(line: bytes):
    return orjson.loads(line)


def by_pyarrow(line: bytes):
    rows = pyarrow.json.read_json(io.BytesIO(line)).to_pylist()
    return rows if len(rows) != 1 else rows[0]


class ByDuckdb:
    """DuckDB reads files; one of a line."""

    def __init__(self, scratch: Path):
        self.path = scratch / "line.ndjson"
        self.db = duckdb.connect()

    def __call__(self, line: bytes):
        self.path.write_bytes(line)
        rows = self.db.execute(f"SELECT to_json(t) FROM read_ndjson('{self.path}', ignore_errors = false) t").fetchall()
        values = [json.loads(row[0]) for row in rows]
        return values if len(values) != 1 else values[0]


def plain(value):
    """A value as all of them can have it: absent members are absent, moments are what their text says."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**63 else str(value)
    return value


def outcome(parser, line: bytes):
    try:
        return ("takes", parser(line))
    except Exception as error:  # noqa: BLE001 - each parser has errors of its own
        return ("refuses", type(error).__name__)


def words(label: dict) -> set:
    """What a label says of its line: the words, wherever among its parameters they stand."""
    params = label.get("params") or {}
    if isinstance(params, str):
        params = json.loads(params)
    flat = set()
    for key, value in params.items():
        if key in WORDS and value is True:
            flat.add(key)
        flat.update(one for one in (value if isinstance(value, list) else [value]) if one in WORDS)
    return flat


def rows(data: Path, table: str) -> list:
    return [json.loads(line) for path in sorted((data / table).glob("**/*.ndjson")) for line in path.read_bytes().splitlines()]


def differ(found: dict) -> str:
    """How parsers differ over a line; empty when they do not."""
    takers = {name for name, (verdict, _) in found.items() if verdict == "takes"}
    if takers and takers != set(found):
        return f"{', '.join(sorted(takers))} take it, {', '.join(sorted(set(found) - takers))} do not"
    strict = [json.dumps(plain(found[name][1]), sort_keys=True) for name in ("json", "orjson") if name in takers]
    if len(set(strict)) > 1:
        return "json and orjson read other values"
    members = [set(plain(found[name][1])) if isinstance(found[name][1], dict) else found[name][1] for name in takers]
    if any(one != members[0] for one in members):
        return "they read other members"
    return ""


def judge(data: Path, scratch: Path) -> list:
    parsers = {"json": by_json, "json as it is": by_lenient_json, "orjson": by_orjson, "duckdb": ByDuckdb(scratch), "pyarrow": by_pyarrow}
    incidents = {row["anomaly_id"]: row for row in rows(data, "truth/anomalies")}
    damaged = set()
    wrong, said, labelled = [], defaultdict(Counter), defaultdict(set)
    for member in rows(data, "truth/anomaly_members"):
        if member["op"] != "bytes":
            continue
        incident = incidents[member["anomaly_id"]]
        if incident["scope"] == "file":
            damaged.add(member["file_dirty"])
            continue
        path, kind = member["file_dirty"], incident["kind"]
        start = member["byte_start"]
        there = (data / path).read_bytes()[start : start + member["byte_len"]]
        line = base64.b64decode(member["raw_injected_b64"])
        labelled[path].add((start, start + member["byte_len"]))
        if path not in damaged and there != line:
            wrong.append(f"{kind} {member['anomaly_id']}: the bytes at its place are not those of its label")
        label = words(incident) or BY_NATURE.get(kind, set())
        found = {name: outcome(parser, line) for name, parser in parsers.items()}
        takers = [name for name in STRICT if found[name][0] == "takes"]
        how = differ(found)
        said[kind]["labels"] += 1
        said[kind].update(label or {"says nothing"})
        said[kind].update(f"refused by {name}" for name in found if found[name][0] == "refuses")
        shown = line[:60] + (b"..." if len(line) > 60 else b"")
        if not label:
            wrong.append(f"{kind} {member['anomaly_id']} says neither {' nor '.join(WORDS)}: {shown}")
        if "rfc_invalid" in label and takers:
            wrong.append(f"{kind} {member['anomaly_id']} is rfc_invalid, and {', '.join(takers)} takes it: {shown}")
        if "parser_divergent" in label and not how:
            wrong.append(f"{kind} {member['anomaly_id']} is parser_divergent, and nobody differs: {shown}")
        if "rfc_invalid" not in label and len(takers) < len(STRICT) and "parser_divergent" not in label:
            wrong.append(f"{kind} {member['anomaly_id']} is refused, and its label does not say so: {shown}")
    for kind in sorted(said):
        print(f"    {kind:20} " + ", ".join(f"{count} {what}" for what, count in sorted(said[kind].items())))
    return wrong + unlabelled(data, labelled, damaged)


def unlabelled(data: Path, labelled: dict, damaged: set) -> list:
    """What is wrong with lines that no label names."""
    wrong, lines = [], 0
    for path in sorted(data.glob("**/*.ndjson")):
        name = path.relative_to(data).as_posix()
        if name.startswith("truth/") or name in damaged:
            continue
        clean, at = [], 0
        for line in path.read_bytes().splitlines(keepends=True):
            if not any(start < at + len(line) and at < end for start, end in labelled[name]):
                clean.append(line)
            at += len(line)
        lines += len(clean)
        for line in clean:
            found = {"json": outcome(by_json, line), "orjson": outcome(by_orjson, line)}
            if found["json"] != found["orjson"] or found["json"][0] == "refuses":
                wrong.append(f"{name}: a line without a label: {found}: {line[:60]}")
        if clean:
            verdict, table = outcome(lambda text: pyarrow.json.read_json(io.BytesIO(text)).num_rows, b"".join(clean))
            if table != len(clean):
                wrong.append(f"{name}: pyarrow {verdict} lines without a label: {table} of {len(clean)}")
    print(f"    {lines} lines without a label")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--set", type=Path, help="judge this data set, in NDJSON without compression")
    parser.add_argument("--users", default="1500")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = args.set or Path(scratch) / "set"
        if not args.set:
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--anomalies", "critical", "--quiet"]
            subprocess.run([args.throng.resolve(), "generate", "development", *flags, "--out", data], check=True)
        wrong = judge(data, Path(scratch))
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    print("the parsers agree" if not wrong else f"the parsers disagree {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
