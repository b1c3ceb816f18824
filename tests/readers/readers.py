"""The independent readers: each reads every table of a data set and tells its columns' types and its rows.

A reader is a function of (data set, format, ids, table) that yields what it finds wrong.
"""

import pyarrow as pa
import pyarrow.json as pa_json
import pyarrow.parquet as pa_parquet
import polars as pl

# What each reader calls a declared type.
DUCKDB = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "enum": "VARCHAR",
    "json": "VARCHAR",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "date": "DATE",
    "money": "DECIMAL(18,2)",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
}
PYARROW = {
    "id": pa.string(),
    "text": pa.string(),
    "enum": pa.string(),
    "json": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "money": pa.decimal128(18, 2),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
}
POLARS = {
    "id": pl.String,
    "text": pl.String,
    "enum": pl.String,
    "json": pl.String,
    "timestamp": pl.Datetime("us", "UTC"),
    "date": pl.Date,
    "money": pl.Decimal(18, 2),
    "int32": pl.Int32,
    "int64": pl.Int64,
    "float64": pl.Float64,
    "bool": pl.Boolean,
}
RFC_3339 = "%Y-%m-%dT%H:%M:%S%.fZ"
# The same, where identifiers (and JSON) are written as the format's own types.
NATIVE = {
    "duckdb": {"id": "UUID"},
    "pyarrow": {"id": (pa.uuid(), pa.binary(16))},
    "polars": {"id": (pl.Binary,)},
}


def _expected(reader, types, table, ids):
    types = types | (NATIVE[reader] if ids == "native" else {})
    return {column.name: types[column.type] for column in table.columns}


def _compare(reader, table, expected, found):
    """Types as found against those declared; a declared type may be one of several."""
    if list(found) != list(expected):
        odd = sorted(set(found) ^ set(expected)) or "the same in another order"
        yield f"{reader}: {table.name}: columns differ: {odd}"
        return
    for name, declared in expected.items():
        fits = declared if isinstance(declared, tuple) else (declared,)
        if found[name] not in fits:
            yield f"{reader}: {table.name}.{name} is {found[name]}, declared {declared}"


def _rows(reader, data, table, rows):
    if rows != data.entries[table.name]["rows"]:
        yield f"{reader}: {table.name} has {rows} rows, the manifest says {data.entries[table.name]['rows']}"


def relation(data, form, table, ids="text"):
    """The table as DuckDB reads it: the SQL of a source, with the column `file`."""
    files = ", ".join(f"'{file}'" for file in data.files(table.name))
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if form == "parquet":
        return f"(SELECT {names}, file FROM read_parquet([{files}], hive_partitioning = false, filename = 'file'))"
    types = DUCKDB | {"json": "JSON"} | (NATIVE["duckdb"] if ids == "native" else {})
    columns = ", ".join(f"'{column.name}': '{types[column.type]}'" for column in table.columns)
    return (
        f"(SELECT {names}, file FROM read_json([{files}], format = 'newline_delimited', hive_partitioning = false, "
        f"filename = 'file', columns = {{{columns}}}))"
    )


def duckdb_reads(connection, data, form, ids, table):
    """Parquet brings its types; NDJSON is read into the declared ones, which fails where a value does not fit."""
    source = relation(data, form, table, ids)
    # A count alone reads no values, a sum of all columns' hashes does.
    rows = connection.execute(f"SELECT count(*), count(hash(COLUMNS(*))) FROM {source}").fetchone()[0]
    yield from _rows("duckdb", data, table, rows)
    if form == "parquet":
        described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (file) FROM {source}").fetchall()
        found = {row[0]: row[1] for row in described}
        yield from _compare("duckdb", table, _expected("duckdb", DUCKDB, table, ids), found)


def pyarrow_reads(data, form, ids, table):
    rows = 0
    # Out of JSON, pyarrow reads dates as text only.
    types = PYARROW if form == "parquet" else PYARROW | {"date": pa.string()}
    expected = _expected("pyarrow", types, table, ids if form == "parquet" else "text")
    for file in data.files(table.name):
        if form == "parquet":
            with pa_parquet.ParquetFile(file) as parquet:
                read = parquet.read()
            null = [field.name for field in read.schema if field.nullable]
            if null != [column.name for column in table.columns if column.nullable]:
                yield f"pyarrow: {file}: nullable are {null}"
        else:
            # Properties are nested objects, left to inference.
            for column in table.columns:
                if column.type == "json":
                    expected.pop(column.name, None)
            options = pa_json.ParseOptions(explicit_schema=pa.schema(expected), unexpected_field_behavior="infer")
            with pa.input_stream(file, compression="detect") as stream:
                read = pa_json.read_json(stream, parse_options=options).select(list(expected))
        read.validate(full=True)
        rows += read.num_rows
        found = {field.name: field.type for field in read.schema}
        yield from _compare("pyarrow", table, expected, found)
    yield from _rows("pyarrow", data, table, rows)


def polars_reads(data, form, ids, table):
    files = data.files(table.name)
    if form == "parquet":
        read = pl.read_parquet(files, hive_partitioning=False)
        expected = _expected("polars", POLARS, table, ids)
        found = dict(read.schema)
    else:
        # Polars reads no decimals out of JSON: money comes as a float. Times are parsed afterwards, fifteen times faster than on the way.
        read_as = POLARS | {"money": pl.Float64, "timestamp": pl.String}
        columns = [column for column in table.columns if column.type != "json"]
        lines = pl.scan_ndjson(files, schema={column.name: read_as[column.type] for column in columns})
        times = [pl.col(c.name).str.to_datetime(RFC_3339, time_unit="us", time_zone="UTC") for c in columns if c.type == "timestamp"]
        read = lines.with_columns(times).collect()
        types = POLARS | {"money": pl.Float64}
        expected, found = {column.name: types[column.type] for column in columns}, dict(read.schema)
    yield from _rows("polars", data, table, read.height)
    yield from _compare("polars", table, expected, found)
    for column in table.columns:
        if not column.nullable and column.name in found and read[column.name].null_count():
            yield f"polars: {table.name}.{column.name} has nulls"
