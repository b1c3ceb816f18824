"""What a data set should be: the tables that the schemas declare, and the files that the manifest lists."""

import hashlib
import json
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import blake3

REPOSITORY = Path(__file__).resolve().parents[2]

# The declared type of a column as `throng schema --as arrow` names it, by the type that the schema file names.
ARROW = {
    "id": "Utf8",
    "text": "Utf8",
    "enum": "Utf8",
    "json": "Utf8",
    "timestamp": 'Timestamp(µs, "UTC")',
    "date": "Date32",
    "money": "Decimal128(18, 2)",
    "int32": "Int32",
    "int64": "Int64",
    "float64": "Float64",
    "bool": "Boolean",
}


def is_digest(content, stated):
    """Whether the digest that the manifest states of a file is that of its content."""
    if "blake3" in stated:
        return blake3.blake3(content).hexdigest() == stated["blake3"]
    return hashlib.sha256(content).hexdigest() == stated["sha256"]


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool
    references: tuple[str, str] | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    name: str
    key: tuple[str, ...]
    sorted_by: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def view(self):
        """Its name in SQL."""
        return self.name.replace("/", "_")


def _column(field):
    to = field.get("references")
    return Column(
        field["name"],
        field["type"],
        field.get("nullable", False),
        tuple(to.rsplit(".", 1)) if to else None,
        tuple(field.get("values", ())),
    )


LABELS = {"truth/anomalies", "truth/anomaly_members"}


def tables(labels=False):
    """The tables that schemas/ declares, in their order; those of labels stand in no clean data set."""
    root = REPOSITORY / "schemas" / "tables"
    read = []
    for path in root.rglob("*.toml"):
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).with_suffix("").as_posix()
        columns = tuple(_column(field) for field in text["field"])
        table = Table(name, tuple(text["key"]), tuple(text.get("sorted_by", ())), columns)
        read.append((text["order"], table))
    read = [table for _, table in sorted(read, key=lambda pair: pair[0])]
    return [table for table in read if labels or table.name not in LABELS]


def event_types():
    """By event type: the column groups that it fills, and its properties by name with their type."""
    read = {}
    for path in sorted((REPOSITORY / "schemas" / "events").glob("*.toml")):
        text = tomllib.loads(path.read_text(encoding="utf-8"))
        properties = {name: its["type"] for name, its in text.get("properties", {}).items()}
        read[path.stem] = (text.get("fills", []), properties)
    return read


def promised(program):
    """By table: the columns with their Arrow types and nullability as `throng schema` prints them."""
    command = [program, "schema", "--as", "arrow"]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    found, columns = {}, None
    for line in text.splitlines():
        if not line.strip():
            continue
        if not line.startswith(" "):
            columns = found.setdefault(line.strip(), [])
            continue
        name, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        columns.append((name, rest.removesuffix(", nullable"), rest.endswith(", nullable")))
    return found


def differences_of_schema(program):
    """Where what the program prints differs from what schemas/ holds."""
    printed = promised(program)
    for table in tables(labels=True):
        declared = [(c.name, ARROW[c.type], c.nullable) for c in table.columns]
        if printed.get(table.name) != declared:
            yield f"{table.name}: `throng schema` prints {printed.get(table.name)}, schemas/ hold {declared}"


class DataSet:
    """A data set on disk with its manifest."""

    def __init__(self, path):
        self.path = Path(path)
        self.manifest = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        self.entries = {table["name"]: table for table in self.manifest["tables"]}

    def files(self, table):
        """A table's files in the manifest's order."""
        return [str(self.path / file["path"]) for file in self.entries[table]["files"]]

    def untrue(self):
        """What the manifest says of files that is not so."""
        listed = set()
        for name, table in self.entries.items():
            for key in ("rows", "bytes"):
                total = sum(file[key] for file in table["files"])
                if total != table[key]:
                    yield f"{name}: {key} of the files sum to {total}, the manifest says {table[key]}"
            for file in table["files"]:
                listed.add(file["path"])
                content = (self.path / file["path"]).read_bytes()
                if len(content) != file["bytes"]:
                    yield f"{file['path']}: {len(content)} bytes, the manifest says {file['bytes']}"
                if not is_digest(content, file):
                    yield f"{file['path']}: its digest is another"
        for document in self.manifest.get("documents", []):
            listed.add(document["path"])
            content = (self.path / document["path"]).read_bytes()
            if len(content) != document["bytes"] or hashlib.sha256(content).hexdigest() != document["sha256"]:
                yield f"{document['path']}: its content is another"
        found = {p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file()}
        for path in sorted(found - listed - {"manifest.json"}):
            yield f"{path}: not in the manifest"
