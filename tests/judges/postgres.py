#!/usr/bin/env python3
"""PostgreSQL judges a data set by keys, references, NOT NULLs and checks that `throng schema --as sql` derives from the schemas.

    postgres.py THRONG                     makes a dirty data set with its clean twin and judges both
    postgres.py THRONG --set DIR TWIN      judges a data set that is there, in NDJSON, and its twin

Every line is inserted by itself. Of a clean set no row is refused. Of a dirty one exactly the rows that its labels name are: a row
that is refused has a label, and an incident that the constraints can express has a row that is refused. A row whose parent was
refused, taken away or given another key is collateral, and let pass; so is a row whose unique values a labelled row has taken before it.

The cluster is private: in a folder of its own, owned by nobody who matters, reached by a socket in that folder and by nothing else.
"""

import argparse
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path

import psycopg

# Kinds that constraints can always express: keys, and what PostgreSQL's own parser of JSON refuses.
ALWAYS = {"dup_exact", "dup_mutated", "id_collision", "dup_reissued", "identity_split", "json_truncated", "json_malformed", "json_bad_utf8"}
# Those that they can express where a column that was touched has such a constraint.
BY_COLUMN = {
    "missing_value": {"required"},
    "enum_unknown": {"values"},
    "out_of_range": {"bounds"},
    "numeric_outlier": {"bounds"},
    "oversize_record": {"length"},
    "fk_orphan": {"reference"},
}
# Those that they can express in some of the ways in which they are done, by the label's own word for the way.
BY_WAY = {"json_number": {"nan", "infinity", "negative_infinity", "overflow", "beyond_2_64"}, "json_control_text": {"lone_surrogate", "nul"}, "line_framing": {"glued", "blank"}}
TRUTH = ("truth_anomalies", "truth_anomaly_members")

LOADER = """
CREATE SCHEMA judge;
CREATE TABLE judge.lines (id bigserial PRIMARY KEY, file text, line bigint, doc bytea);
CREATE TABLE judge.refused (tbl text, file text, line bigint, code text, con text, col text, message text, doc bytea);
CREATE FUNCTION judge.load(tbl text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    one record;
    taken bigint := 0;
    code text; con text; col text; message text;
BEGIN
    FOR one IN SELECT * FROM judge.lines ORDER BY id LOOP
        BEGIN
            EXECUTE format('INSERT INTO %I SELECT * FROM json_populate_record(NULL::%I, $1)', tbl, tbl)
                USING convert_from(one.doc, 'UTF8')::json;
            taken := taken + 1;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, con = CONSTRAINT_NAME, col = COLUMN_NAME, message = MESSAGE_TEXT;
            INSERT INTO judge.refused VALUES (tbl, one.file, one.line, code, con, col, message, one.doc);
        END;
    END LOOP;
    RETURN taken;
END $$;
"""

# By table and column: which constraints are on it.
CONSTRAINTS = """
SELECT c.relname, a.attname, 'required' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.attnotnull
UNION SELECT c.relname, a.attname, CASE WHEN o.contype = 'f' THEN 'reference' WHEN o.contype <> 'c' THEN 'key'
    WHEN pg_get_constraintdef(o.oid) LIKE '%IS NOT NULL%' THEN 'required' WHEN pg_get_constraintdef(o.oid) LIKE '%= ANY%' THEN 'values'
    WHEN pg_get_constraintdef(o.oid) LIKE '%octet_length%' THEN 'length' WHEN cardinality(o.conkey) = 1 THEN 'bounds' ELSE 'order' END
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (o.conkey)
WHERE c.relnamespace = 'public'::regnamespace
"""

REFERENCES = """
SELECT o.conname, p.relname FROM pg_constraint o JOIN pg_class p ON p.oid = o.confrelid WHERE o.contype = 'f'
"""


def binaries() -> Path:
    """Debian keeps the programs of each version in a folder of its own."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    if not found:
        sys.exit("there is no PostgreSQL: apt-get install postgresql")
    return Path(found).parent


@contextmanager
def cluster():
    """A cluster of one's own, gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="throng-pg-"))
    data, programs, user = home / "data", binaries(), None
    if os.getuid() == 0:
        # PostgreSQL refuses to run as root.
        names = [name for name in ("postgres", "nobody") if any(entry.pw_name == name for entry in pwd.getpwall())]
        user = names[0]
        shutil.chown(home, user)
    run = lambda *command: subprocess.run(command, check=True, user=user, cwd=home, stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    try:
        run(programs / "initdb", "-D", data, "-U", "judge", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -k {home} -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c jit=off -c shared_buffers=256MB"
        run(programs / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        try:
            yield f"host={home} user=judge dbname=postgres"
        finally:
            run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def lines(path: Path):
    """The lines of a file as bytes, from 1; what follows the last line's end is none."""
    parts = path.read_bytes().split(b"\n")
    if parts and parts[-1] == b"":
        parts.pop()
    return enumerate(parts, 1)


def load(db, throng: Path, data: Path) -> dict:
    """Loads a set line by line; by table, how many lines there were."""
    manifest = json.loads((data / "manifest.json").read_text())
    sql = subprocess.run([throng, "schema", "--as", "sql"], check=True, capture_output=True, text=True).stdout
    db.execute("DROP SCHEMA IF EXISTS public, judge CASCADE; CREATE SCHEMA public")
    db.execute(sql)
    db.execute(LOADER)
    order = [line.split()[2] for line in sql.splitlines() if line.startswith("CREATE TABLE ")]
    tables = {table["name"].replace("/", "_"): table for table in manifest["tables"]}
    counts = {}
    for name in (name for name in order if name in tables and name not in TRUTH):
        db.execute("TRUNCATE judge.lines")
        with db.cursor() as cursor, cursor.copy("COPY judge.lines (file, line, doc) FROM STDIN") as copy:
            for file in tables[name]["files"]:
                for line, doc in lines(data / file["path"]):
                    copy.write_row((file["path"], line, doc))
        counts[name] = db.execute("SELECT count(*) FROM judge.lines").fetchone()[0]
        db.execute("SELECT judge.load(%s)", (name,))
        db.execute(f'ANALYZE "{name}"')
    return counts


def rows(data: Path, table: str) -> list:
    """The rows of a table of the truth; none when it is not there."""
    return [json.loads(line) for path in sorted((data / table).glob("**/*.ndjson")) for _, line in lines(path)]


def keys(db) -> dict:
    """By table, the columns of its key."""
    found = db.execute("""SELECT c.relname, array_agg(a.attname ORDER BY array_position(o.conkey, a.attnum)) FROM pg_constraint o
        JOIN pg_class c ON c.oid = o.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (o.conkey)
        WHERE o.contype = 'p' AND c.relnamespace = 'public'::regnamespace GROUP BY 1""")
    return dict(found.fetchall())


def objects(doc: bytes) -> list:
    """The objects that a line begins with: one, two when lines were glued, none when it is broken."""
    found, text = [], doc.decode("utf-8", "replace").strip()
    while text:
        try:
            value, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            break
        found += [value] if isinstance(value, dict) else []
        text = text[end:].strip()
    return found


def written(row: dict, key: list) -> str:
    """A row's key as labels have it."""
    return "/".join(str(row.get(column)) for column in key)


class Refused:
    """A line that was refused."""

    def __init__(self, row, key_of, parents):
        self.table, self.file, self.line, self.code, self.constraint, self.column, self.message, doc = row
        self.rows = objects(bytes(doc))
        self.keys = [written(row, key_of[self.table]) for row in self.rows]
        self.parent = parents.get(self.constraint) if self.code == "23503" else None

    def __str__(self):
        return f"{self.file}:{self.line} ({self.table} {' '.join(self.keys)}): {self.code} {self.message}"


class Labels:
    """What the labels say: which lines and keys are theirs, and which rows are no longer what they were."""

    def __init__(self, data: Path, twin: Path, key_of: dict):
        self.incidents = {row["anomaly_id"]: row for row in rows(data, "truth/anomalies")}
        self.members = defaultdict(list)
        self.at, self.by_key, self.whole = defaultdict(set), defaultdict(set), defaultdict(set)
        self.gone, self.put = set(), set()
        for member in rows(data, "truth/anomaly_members"):
            label, table = member["anomaly_id"], member["table"].replace("/", "_")
            self.members[label].append(member)
            if self.incidents[label]["scope"] == "file":
                self.whole[member["file_dirty"]].add(label)
                for _, line in lines(twin / member["file_clean"]):
                    self.gone.add((table, written(json.loads(line), key_of[table])))
                continue
            if member["op"] == "update":
                self.put.add((table, member.get("column"), member.get("injected")))
            keys = [key for key in (member.get("pk_dirty"), member.get("pk_clean")) if key]
            if member["op"] == "delete" or len(set(keys)) > 1:
                self.gone.update((table, key) for key in keys)
            if member["role"] in ("primary", "counterpart"):
                if member.get("file_dirty") is not None:
                    row = member.get("line_no") or member["row_dirty"] + 1
                    self.at[member["file_dirty"], row].add((label, table, *keys))
                for key in keys:
                    self.by_key[table, key].add(label)

    def of(self, one: Refused) -> set:
        """The incidents that a refused line is of."""
        found = {label for label, *_ in self.at[one.file, one.line]} | self.whole[one.file]
        return found.union(*(self.by_key[one.table, key] for key in one.keys))

    def displaces(self, one: Refused) -> bool:
        """Whether a row that is labelled has come to stand where this one should: before it, under the same unique values."""
        return one.code == "23505" and any(
            (one.table, column, json.dumps(value, ensure_ascii=False)) in self.put
            for row in one.rows
            for column, value in row.items()
            if column in one.constraint
        )

    def lose(self, one: Refused):
        """Takes in that the rows of a line are not there."""
        self.gone.update((one.table, key) for key in one.keys)
        for _, table, *keys in self.at[one.file, one.line]:
            self.gone.update((table, key) for key in keys)

    def is_expressible(self, label: str, on: dict) -> bool:
        """Whether the constraints can express an incident."""
        incident = self.incidents[label]
        kind = incident["kind"]
        if incident["is_decoy"]:
            return False
        if kind in ALWAYS or (incident.get("params") or {}).get("way") in BY_WAY.get(kind, ()):
            return True
        primary = [member for member in self.members[label] if member["role"] == "primary"]
        return any(BY_COLUMN.get(kind, set()) & on[member["table"].replace("/", "_"), member.get("column")] for member in primary)


def judge(db, data: Path, twin: Path) -> list:
    """What does not agree with the labels."""
    key_of = keys(db)
    parents = dict(db.execute(REFERENCES).fetchall())
    on = defaultdict(set)
    for table, column, what in db.execute(CONSTRAINTS).fetchall():
        on[table, column].add(what)
    labels = Labels(data, twin, key_of)
    refused = [Refused(row, key_of, parents) for row in db.execute("SELECT * FROM judge.refused").fetchall()]
    for one in refused:
        labels.lose(one)
    wrong, shown, collateral, displaced = [], set(), 0, 0
    for one in refused:
        own = labels.of(one)
        shown |= own
        if own:
            continue
        if labels.displaces(one):
            displaced += 1
        elif one.parent and any((one.parent, str(value)) in labels.gone for row in one.rows for value in row.values()):
            collateral += 1
        else:
            wrong.append(f"refused, and no label names it: {one}")
    told = defaultdict(Counter)
    for label, incident in labels.incidents.items():
        kind, must = incident["kind"], labels.is_expressible(label, on)
        told[kind].update({"incidents": 1, "expressible": must, "refused": label in shown})
        if must and label not in shown:
            place = next((f"{m['table']} {m.get('pk_dirty')} {m.get('column')}" for m in labels.members[label] if m["role"] == "primary"), "")
            wrong.append(f"labelled {kind}, and not refused: {label} ({place}) {incident.get('params')}")
    for kind, counts in sorted(told.items()):
        if counts["refused"] or counts["expressible"]:
            print(f"    {kind:24} " + "  ".join(f"{count:6} {what}" for what, count in counts.items()))
    print(f"    {len(refused)} rows refused, {collateral} of them children of rows that are not there, {displaced} displaced by labelled ones")
    unseen = (ALWAYS | set(BY_COLUMN) | set(BY_WAY)) - {kind for kind, counts in told.items() if counts["expressible"]}
    if told and unseen:
        wrong.append(f"no incident of {', '.join(sorted(unseen))} was there to be refused")
    return wrong


def run(*command):
    subprocess.run(command, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--set", type=Path, nargs=2, metavar=("DIR", "TWIN"), help="judge this data set and its twin, in NDJSON without compression")
    parser.add_argument("--users", default="400")
    args = parser.parse_args()
    throng = args.throng.resolve()
    wrong = []
    with cluster() as address, tempfile.TemporaryDirectory() as scratch, psycopg.connect(address, autocommit=True) as db:
        if args.set:
            dirty, clean = args.set
        else:
            dirty, clean = (Path(scratch) / name for name in ("dirty", "clean"))
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--quiet"]
            for data, anomalies in ((clean, "off"), (dirty, "everything")):
                run(throng, "generate", "development", *flags, "--anomalies", anomalies, "--out", data)
        for name, data in (("clean", clean), ("dirty", dirty)):
            counts = load(db, throng, data)
            print(f"  {name}: {sum(counts.values())} lines of {len(counts)} tables")
            wrong += [f"{name}: {one}" for one in judge(db, data, clean)]
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    if len(wrong) > 40:
        print(f"  and {len(wrong) - 40} more")
    print("PostgreSQL agrees" if not wrong else f"PostgreSQL disagrees {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
