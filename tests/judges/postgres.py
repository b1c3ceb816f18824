#!/usr/bin/env python3
"""PostgreSQL judges a data set by keys, references, NOT NULLs and checks that `throng schema --as sql` derives from the schemas.

    postgres.py THRONG                 makes a clean and a dirty data set and judges both
    postgres.py THRONG --set DIR       judges one that is there, in NDJSON

Every line is inserted by itself. Of a clean set no row is refused. Of a dirty one exactly the rows that its labels name are: a row
that is refused has a label, and an incident that the constraints can express has a row that is refused. Rows that are refused
because their parent was are collateral, and let pass.

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

# Kinds that constraints can express wherever a constraint is on what they touched: how it is told that one is.
EVERY_ROW = {"dup_exact", "dup_mutated", "id_collision"}
BY_COLUMN = {"missing_value": "not null", "enum_unknown": "check", "out_of_range": "check", "fk_orphan": "reference"}
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
SELECT c.relname, a.attname, 'not null' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.attnotnull
UNION SELECT c.relname, a.attname, CASE o.contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'reference' ELSE 'key' END
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


class Refused:
    """A line that was refused."""

    def __init__(self, row, key_of, parents):
        self.table, self.file, self.line, self.code, self.constraint, self.column, self.message, doc = row
        try:
            self.row = json.loads(bytes(doc))
        except ValueError:
            self.row = {}
        self.row = self.row if isinstance(self.row, dict) else {}
        self.key = "/".join(str(self.row.get(column)) for column in key_of[self.table])
        self.parent = parents.get(self.constraint) if self.code == "23503" else None

    def __str__(self):
        return f"{self.file}:{self.line} ({self.table} {self.key}): {self.code} {self.message}"


def judge(db, data: Path) -> list:
    """What does not agree with the labels."""
    key_of = keys(db)
    parents = dict(db.execute(REFERENCES).fetchall())
    on = defaultdict(set)
    for table, column, what in db.execute(CONSTRAINTS).fetchall():
        on[table, column].add(what)
    refused = [Refused(row, key_of, parents) for row in db.execute("SELECT * FROM judge.refused").fetchall()]
    incidents = {row["anomaly_id"]: row for row in rows(data, "truth/anomalies")}
    members = defaultdict(list)
    at, by_key, whole = defaultdict(set), defaultdict(set), defaultdict(set)
    for member in rows(data, "truth/anomaly_members"):
        members[member["anomaly_id"]].append(member)
        table = member["table"].replace("/", "_")
        if incidents[member["anomaly_id"]]["scope"] == "file":
            whole[member["file_dirty"]].add(member["anomaly_id"])
        elif member["role"] in ("primary", "counterpart"):
            if member.get("file_dirty") is not None:
                row = member.get("line_no") or member["row_dirty"] + 1
                at[member["file_dirty"], row].add(member["anomaly_id"])
            for key in filter(None, (member.get("pk_dirty"), member.get("pk_clean"))):
                by_key[table, key].add(member["anomaly_id"])
    gone = {(one.table, one.key) for one in refused}
    wrong, found, collateral = [], Counter(), 0
    shown = defaultdict(list)
    for one in refused:
        labels = at[one.file, one.line] | by_key[one.table, one.key] | whole[one.file]
        for label in labels:
            shown[label].append(one)
        if labels:
            found.update({incidents[label]["kind"] for label in labels})
        elif one.parent and any((one.parent, str(value)) in gone for value in one.row.values()):
            collateral += 1
        else:
            wrong.append(f"refused, and no label names it: {one}")
    told = defaultdict(Counter)
    for label, incident in incidents.items():
        kind = incident["kind"]
        must = kind in EVERY_ROW
        for member in members[label]:
            what = BY_COLUMN.get(kind)
            table = member["table"].replace("/", "_")
            must |= what is not None and member["role"] == "primary" and what in on[table, member.get("column")]
        must &= not incident["is_decoy"]
        is_shown = label in shown
        told[kind]["incidents"] += 1
        told[kind]["expressible"] += must
        told[kind]["refused"] += is_shown
        if must and not is_shown:
            place = next((f"{m['table']} {m.get('pk_dirty')}" for m in members[label] if m["role"] == "primary"), "")
            wrong.append(f"labelled {kind}, and not refused: {label} ({place})")
    for kind in sorted(told):
        counts = told[kind]
        if counts["refused"] or counts["expressible"]:
            print(f"    {kind:24} {counts['incidents']:6} incidents  {counts['expressible']:6} expressible  {counts['refused']:6} refused")
    print(f"    {len(refused)} rows refused, {collateral} of them children of one that was")
    return wrong


def run(*command):
    subprocess.run(command, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--set", type=Path, help="judge this data set, in NDJSON without compression")
    parser.add_argument("--users", default="400")
    args = parser.parse_args()
    throng = args.throng.resolve()
    wrong = []
    with cluster() as address, tempfile.TemporaryDirectory() as scratch, psycopg.connect(address, autocommit=True) as db:
        sets = {"given": args.set} if args.set else {}
        if not sets:
            flags = ["--users", args.users, "--format", "ndjson", "--compression", "none", "--quiet"]
            for name, anomalies in (("clean", "off"), ("dirty", "critical")):
                sets[name] = Path(scratch) / name
                run(throng, "generate", "development", *flags, "--anomalies", anomalies, "--out", sets[name])
        for name, data in sets.items():
            counts = load(db, throng, data)
            print(f"  {name}: {sum(counts.values())} lines of {len(counts)} tables")
            found = judge(db, data)
            wrong += [f"{name}: {one}" for one in found]
    for one in wrong[:40]:
        print(f"  WRONG {one}")
    if len(wrong) > 40:
        print(f"  and {len(wrong) - 40} more")
    print("PostgreSQL agrees" if not wrong else f"PostgreSQL disagrees {len(wrong)} times")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
