#!/usr/bin/env python3
"""Parsers that nobody here wrote judge the lines that were broken on purpose.

    parsers.py THRONG                     makes a dirty data set in NDJSON with its clean twin and judges both
    parsers.py THRONG --set DIR TWIN      judges a data set that is there, without compression, and its twin

A label of a line says in its parameters (`claim`) what parsers make of it. Python's json (told to take no NaN), orjson, DuckDB,
pyarrow and the JavaScript of Node read each labelled line, together with the line behind it where its own end is gone:

- `rfc_invalid`: nobody who keeps to the RFC takes it.
- `parser_divergent`: they do not all say the same: some take it and others do not, or they read other values.
- `rfc_valid`, and lines whose label claims nothing: all take them, and those that keep to the RFC read the same.
- Every line without a label is taken by all, and says the same to all.
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
CLAIMS = ("rfc_invalid", "parser_divergent", "rfc_valid")
# Kinds of broken lines, all of which must be among the labels.
KINDS = {"json_truncated", "json_malformed", "json_bad_utf8", "json_number", "json_dup_key", "json_control_text", "line_framing", "mistype"}


class Refused(Exception):
    """Not what RFC 8259 allows."""


def refuse(word):
    raise Refused(word)


def each(parse):
    """Reads lines one by one, as whoever has no reader of NDJSON does."""

    def read(text: bytes):
        values = [parse(line) for line in text.removesuffix(b"\n").split(b"\n")]
        return values if len(values) != 1 else values[0]

    return read


by_json = each(lambda line: json.loads(line.decode("utf-8"), parse_constant=refuse))
by_lenient_json = each(lambda line: json.loads(line.decode("utf-8")))
by_orjson = each(orjson.loads)


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


class ByNode:
    """JavaScript, whose numbers are doubles; one process reads all that it is asked. It refuses what is no UTF-8, as its decoder can."""

    PROGRAM = """
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        let told;
        try { told = [decoder.decode(Buffer.from(line, 'base64')).replace(/\\n$/, '').split('\\n').map((one) => JSON.parse(one))]; } catch (error) { told = []; }
        console.log(JSON.stringify(told));
    });
    """

    def __init__(self):
        self.process = subprocess.Popen(["node", "-e", self.PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, text: bytes):
        self.process.stdin.write(base64.b64encode(text) + b"\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        if not told:
            raise Refused
        return told[0] if len(told[0]) != 1 else told[0][0]


def plain(value):
    """A value as all of them can have it: absent members are absent, moments are what their text says."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # 1 and 1.0 are the same; 2^53 + 1 and the double next to it are not.
        return int(value) if value == value and abs(value) < 2**63 and value == int(value) else str(value)
    return value


def outcome(parser, line: bytes):
    try:
        return ("takes", parser(line))
    except Exception as error:  # noqa: BLE001 - each parser has errors of its own
        return ("refuses", type(error).__name__)


def claim(incident: dict) -> str:
    """What a label claims; nothing where its kind is about values and not about lines."""
    return (incident.get("params") or {}).get("claim", "")


def rows(data: Path, table: str) -> list:
    return [json.loads(line) for path in sorted((data / table).glob("**/*.ndjson")) for line in path.read_bytes().splitlines()]


def differ(found: dict) -> str:
    """How parsers differ over a line; empty when they do not."""
    takers = {name for name, (verdict, _) in found.items() if verdict == "takes"}
    if takers and takers != set(found):
        return f"{', '.join(sorted(takers))} take it, {', '.join(sorted(set(found) - takers))} do not"
    exact = [json.dumps(plain(found[name][1]), sort_keys=True) for name in ("json", "orjson", "node") if name in takers]
    if len(set(exact)) > 1:
        return "json, orjson and node read other values"
    members = [set(plain(found[name][1])) if isinstance(found[name][1], dict) else len(found[name][1]) for name in takers]
    if any(one != members[0] for one in members):
        return "they read other members"
    return ""


def behind(text: bytes, end: int) -> bytes:
    """The rest of a line whose own end is gone: the line behind it."""
    return b"" if text[:end].endswith(b"\n") else text[end : text.find(b"\n", end) + 1 or len(text)]


def judge(data: Path, scratch: Path) -> list:
    parsers = {"json": by_json, "json as it is": by_lenient_json, "orjson": by_orjson, "duckdb": ByDuckdb(scratch), "pyarrow": by_pyarrow, "node": ByNode()}
    incidents = {row["anomaly_id"]: row for row in rows(data, "truth/anomalies")}
    members = [member for member in rows(data, "truth/anomaly_members") if member["op"] == "bytes"]
    damaged = {member["file_dirty"] for member in members if incidents[member["anomaly_id"]]["scope"] == "file"}
    texts = {}
    wrong, said, labelled = [], defaultdict(Counter), defaultdict(set)
    for member in members:
        incident = incidents[member["anomaly_id"]]
        path, kind = member["file_dirty"], incident["kind"]
        if path in damaged:
            continue
        text = texts.setdefault(path, (data / path).read_bytes())
        start, end = member["byte_start"], member["byte_start"] + member["byte_len"]
        if text[start:end] != base64.b64decode(member["raw_injected_b64"]):
            wrong.append(f"{kind} {member['anomaly_id']}: the bytes at its place are not those of its label")
        line = text[start:end] + behind(text, end)
        labelled[path].add((start, start + len(line)))
        label, way = claim(incident), incident["params"].get("way", "")
        found = {name: outcome(parser, line) for name, parser in parsers.items()}
        refusers = [name for name in found if found[name][0] == "refuses"]
        takers = [name for name in STRICT if name not in refusers]
        how = differ(found)
        said[kind].update({"labels": 1, label or "no claim": 1} | {f"refused by {name}": 1 for name in refusers})
        shown = f"{kind} {way} {member['anomaly_id']} {{}}: ...{line[-60:]}"
        if label and label not in CLAIMS:
            wrong.append(shown.format(f"claims {label}"))
        if label == "rfc_invalid" and takers:
            wrong.append(shown.format(f"is rfc_invalid, and {', '.join(takers)} takes it"))
        # The last line of a file has none behind it.
        if label == "parser_divergent" and not how and end < len(text):
            wrong.append(shown.format("is parser_divergent, and nobody differs"))
        if label in ("", "rfc_valid") and (refusers or how):
            wrong.append(shown.format(f"claims nothing worse than {label or 'values'}, and {how or ', '.join(refusers) + ' refuse it'}"))
    for kind in sorted(said):
        print(f"    {kind:20} " + ", ".join(f"{count} {what}" for what, count in sorted(said[kind].items())))
    if incidents and KINDS - set(said):
        wrong.append(f"no label of {', '.join(sorted(KINDS - set(said)))} was there to be judged")
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
    parser.add_argument("--set", type=Path, nargs=2, metavar=("DIR", "TWIN"), help="judge this data set and its twin")
    parser.add_argument("--users", default="400")
    args = parser.parse_args()
    throng, wrong = args.throng.resolve(), []
    with tempfile.TemporaryDirectory() as scratch:
        dirty, clean = args.set or (Path(scratch) / name for name in ("dirty", "clean"))
        if not args.set:
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--quiet"]
            for data, anomalies in ((clean, "off"), (dirty, "everything")):
                subprocess.run([throng, "generate", "development", *flags, "--anomalies", anomalies, "--out", data], check=True)
        for name, data in (("clean", clean), ("dirty", dirty)):
            print(f"  {name}")
            wrong += [f"{name}: {one}" for one in judge(data, Path(scratch))]
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    print("the parsers agree" if not wrong else f"the parsers disagree {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
