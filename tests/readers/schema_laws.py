"""The laws that follow from the schemas: keys, references, nulls, values, order, columns and properties of event types."""

from declared import event_types, tables
from law import Law


def _keys(table):
    key = ", ".join(table.key)
    sql = f"SELECT {key}, count(*) AS rows FROM {table.view} GROUP BY {key} HAVING count(*) > 1"
    damage = f"INSERT INTO {table.view} SELECT * FROM {table.view} LIMIT 1"
    yield Law(f"{table.name}: key ({key}) is unique", sql, damage)


def _references(table):
    for column in table.columns:
        if column.references is None:
            continue
        there, key = column.references
        sql = (
            f"SELECT {column.name} FROM {table.view} WHERE {column.name} IS NOT NULL "
            f"AND {column.name} NOT IN (SELECT {key} FROM {there.replace('/', '_')})"
        )
        damage = f"UPDATE {table.view} SET {column.name} = 'nobody' WHERE rowid = 0"
        yield Law(f"{table.name}.{column.name} refers to {there}.{key}", sql, damage)


def _columns(table):
    for column in table.columns:
        if not column.nullable:
            yield Law(
                f"{table.name}.{column.name} is never null",
                f"SELECT {', '.join(table.key)} FROM {table.view} WHERE {column.name} IS NULL",
                f"UPDATE {table.view} SET {column.name} = NULL WHERE rowid = 0",
            )
        if column.values:
            values = ", ".join(f"'{value}'" for value in column.values)
            yield Law(
                f"{table.name}.{column.name} is one of its values",
                f"SELECT {', '.join(table.key)}, {column.name} FROM {table.view} WHERE {column.name} NOT IN ({values})",
                f"UPDATE {table.view} SET {column.name} = 'something else' WHERE rowid = 0",
            )


def _order(table):
    for column in table.sorted_by:
        # The files of a range of users are one stream; a data set beyond the scenario's budget has several ranges.
        yield Law(
            f"{table.name} is sorted by {column}",
            f"SELECT {', '.join(table.key)}, {column} FROM (SELECT *, lag({column}) OVER "
            f"(PARTITION BY regexp_extract(file, 'part-([0-9]+)', 1) ORDER BY rowid) AS before FROM {table.view}) WHERE {column} < before",
            f"UPDATE {table.view} SET {column} = {column} + INTERVAL 400 DAY WHERE rowid = 1",
        )


# Columns that only events which fill a group may have, by group.
GROUPS = {
    "page": "page_url page_path page_referrer page_load_ms page_dwell_ms",
    "product": "product_id product_category product_brand price quantity",
    "list": "position",
    "cart": "cart_id",
    "order": "order_id value tax shipping discount coupon payment_method",
    "search": "search_query",
}


def _events():
    types = event_types()
    names = ", ".join(f"'{name}'" for name in types)
    yield Law(
        "events have declared types",
        f"SELECT event_id, event_name FROM events WHERE event_name NOT IN ({names})",
        "UPDATE events SET event_name = 'thing_happened' WHERE rowid = 0",
    )
    for group, columns in GROUPS.items():
        filling = ", ".join(f"'{name}'" for name, (fills, _) in types.items() if group in fills)
        foreign = next(name for name, (fills, _) in types.items() if group not in fills)
        some = " OR ".join(f"{column} IS NOT NULL" for column in columns.split())
        first = columns.split()[0]
        yield Law(
            f"only events of the group fill its columns: {group}",
            f"SELECT event_id, event_name FROM events WHERE event_name NOT IN ({filling}) AND ({some})",
            f"UPDATE events SET event_name = '{foreign}', {first} = '7' WHERE rowid = 0",
        )
    for name, (_, properties) in types.items():
        known = ", ".join(f"'{key}'" for key in properties) or "''"
        yield Law(
            f"{name} has its declared properties and no other",
            f"SELECT event_id, properties FROM events WHERE event_name = '{name}' AND "
            f"coalesce(list_sort(json_keys(properties)), []) <> list_sort(list_filter([{known}], lambda k: k <> ''))",
            f"""INSERT INTO events BY NAME (SELECT * REPLACE ('{name}' AS event_name, '{{"unheard_of": 1}}' AS properties)
                FROM events LIMIT 1)""",
        )


def schema_laws():
    """Table by table, then event type by event type."""
    for table in tables():
        for make in (_keys, _references, _columns, _order):
            yield from make(table)
    yield from _events()
