"""The known answers: what truth/answers.json holds is what the SQL beside it finds in the tables, to the last digit."""

import datetime
import decimal
import json
import subprocess
from pathlib import Path

# By answer, a statement that moves it: whoever compares has to notice.
DAMAGES = {
    "conversion_by_device_class": "UPDATE sessions SET is_converted = NOT is_converted WHERE rowid = 0",
    "conversion_by_device_profile": "UPDATE devices SET profile = 'something else' WHERE device_id IN (SELECT device_id FROM sessions LIMIT 1)",
    "conversion_by_source": "UPDATE sessions SET source = 'something else' WHERE rowid = 0",
    "daily_active": "UPDATE events SET event_time = event_time - INTERVAL 400 DAY WHERE rowid = 0",
    "events_by_name": "DELETE FROM events WHERE rowid = 0",
    "funnels": "DELETE FROM events WHERE event_id = (SELECT min(event_id) FROM events WHERE event_name = 'order_completed')",
    "journeys_by_kind": "UPDATE journeys SET sessions = sessions + 1 WHERE rowid = 0",
    "order_value": "UPDATE orders SET total = total + 0.01 WHERE rowid = 0",
    "refunds": "UPDATE orders SET refunded_at = placed_at WHERE refunded_at IS NULL",
    "revenue_by_day": "UPDATE orders SET placed_at = placed_at + INTERVAL 1 DAY WHERE rowid = 0",
    "revenue_by_device_class": "UPDATE orders SET total = total + 0.01 WHERE rowid = 0",
    "revenue_by_device_profile": "UPDATE orders SET currency = 'XXX' WHERE rowid = 0",
    "revenue_by_first_touch": """UPDATE sessions SET campaign_id = 'something else' FROM (SELECT i.user_id, min(started_at) AS first
        FROM sessions JOIN truth_identity i USING (anonymous_id) JOIN orders o ON o.user_id = i.user_id GROUP BY ALL) AS firsts
        WHERE sessions.started_at = firsts.first""",
    "revenue_by_last_touch": "UPDATE sessions SET campaign_id = 'something else' WHERE session_id = (SELECT session_id FROM orders LIMIT 1)",
    "totals": "DELETE FROM payments WHERE rowid = 0",
    "weekly_retention": "UPDATE sessions SET started_at = started_at - INTERVAL 14 DAY WHERE rowid = 0",
}


def read(data):
    return json.loads((data.path / "truth" / "answers.json").read_text(encoding="utf-8"))


def _plain(value):
    """A value as the file writes it: amounts and dates as text."""
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _found(connection, sql):
    result = connection.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in result.fetchall()]


def _sorted(rows):
    # Names of columns and their order count too.
    return sorted(json.dumps(row) for row in rows)


def differs(connection, answers, name):
    """Rows that one side has and the other has not."""
    stated = _sorted(answers["answers"][name])
    found = _sorted(_found(connection, answers["definitions"][name]["sql"]))
    for row in stated if stated != found else ():
        if row not in found:
            yield f"{name}: stated, not found: {row}"
    for row in found if stated != found else ():
        if row not in stated:
            yield f"{name}: found, not stated: {row}"
    if stated != found and set(stated) == set(found):
        yield f"{name}: rows are there twice"


def differences(connection, data):
    """Every answer against the tables, and the file against what it should hold."""
    answers = read(data)
    for part in ("answers", "definitions"):
        if sorted(answers[part]) != sorted(DAMAGES):
            yield f"{part} are {sorted(answers[part])}"
            return
    # In a week, hardly a parcel comes back.
    empty = [name for name, rows in answers["answers"].items() if not rows and name != "refunds"]
    if empty:
        yield f"nothing is said of {empty}"
    for name in answers["answers"]:
        yield from differs(connection, answers, name)


def asleep(connection, data):
    """The answers of which no damage is noticed."""
    answers = read(data)
    for name, damage in DAMAGES.items():
        connection.begin()
        connection.execute(damage)
        if not list(differs(connection, answers, name)):
            yield f"the answer {name}"
        connection.rollback()


def joined(program, scenario, out, shards):
    """Makes a data set in shards and joins them."""
    for shard in range(shards):
        subprocess.run([program, "generate", scenario, "--out", out, "--shard", f"{shard}/{shards}", "--quiet"], check=True)
    partials = sorted(Path(out).rglob("*.partial.json"))
    subprocess.run([program, "join", out, "--verify", "--quiet"], check=True)
    return [f"{path} is left" for path in partials if path.exists()] + ([] if partials else ["no shard left a part"])
