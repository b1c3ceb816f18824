"""The laws of behaviour: what no shop's systems would have recorded otherwise. SQL over the tables in DuckDB."""

from law import Law

# Events with the journey that they are of, which pings do not name themselves.
TRAVELLED = "(SELECT e.*, s.journey_id AS of_journey FROM events e JOIN sessions s USING (session_id))"


def _journeys():
    yield Law(
        "events happen within their session",
        """SELECT event_id, event_time, started_at, ended_at FROM events JOIN sessions USING (session_id)
           WHERE event_time NOT BETWEEN started_at AND ended_at""",
        "UPDATE events SET event_time = event_time + INTERVAL 1 DAY WHERE rowid = 0",
    )
    yield Law(
        "a session begins with its first event and ends with its last",
        """SELECT session_id FROM sessions LEFT JOIN (SELECT session_id, min(event_time) AS a, max(event_time) AS b FROM events
           GROUP BY session_id) USING (session_id) WHERE a IS DISTINCT FROM started_at OR b IS DISTINCT FROM ended_at""",
        "UPDATE sessions SET started_at = started_at - INTERVAL 1 SECOND WHERE rowid = 0",
    )
    yield Law(
        "session_seq counts from 1 without gaps, as many as the session says",
        """SELECT session_id, events, n FROM sessions LEFT JOIN (SELECT session_id, count(*) AS n, min(session_seq) AS a,
           max(session_seq) AS b, count(DISTINCT session_seq) AS d FROM events GROUP BY session_id) USING (session_id)
           WHERE n IS DISTINCT FROM sessions.events OR a <> 1 OR b <> n OR d <> n""",
        "UPDATE events SET session_seq = session_seq + 1 WHERE rowid = 0",
    )
    yield Law(
        "session_seq follows the events' times",
        """SELECT session_id, session_seq FROM (SELECT *, lag(event_time) OVER (PARTITION BY session_id ORDER BY session_seq) AS
           before FROM events) WHERE event_time < before""",
        "UPDATE events SET event_time = event_time - INTERVAL 1 DAY WHERE session_seq = 2",
    )
    yield Law(
        "events and their session name the same journey, device, anonymous id, source and campaign",
        """SELECT event_id FROM events e JOIN sessions s USING (session_id) WHERE e.journey_id <> s.journey_id OR
           e.device_id <> s.device_id OR e.anonymous_id <> s.anonymous_id OR e.source <> s.source OR
           e.campaign_id IS DISTINCT FROM s.campaign_id OR e.ip <> s.ip OR e.device_class <> s.device_class""",
        "UPDATE events SET source = 'elsewhere' WHERE rowid = 0",
    )
    yield Law(
        "a journey counts its sessions, devices and events",
        """SELECT journey_id FROM journeys j LEFT JOIN (SELECT journey_id, count(*) AS n, count(DISTINCT device_id) AS d,
           sum(events) AS e, min(started_at) AS a, max(ended_at) AS b FROM sessions GROUP BY journey_id) USING (journey_id)
           WHERE n IS DISTINCT FROM j.sessions OR d <> j.devices OR e <> j.events OR a <> j.started_at OR b <> j.ended_at""",
        "UPDATE journeys SET sessions = sessions + 1 WHERE rowid = 0",
    )
    yield Law(
        "session_number counts a journey's sessions from 1 in their order",
        """SELECT session_id, session_number FROM (SELECT *, row_number() OVER (PARTITION BY journey_id ORDER BY started_at) AS n
           FROM sessions) WHERE n <> session_number""",
        "UPDATE sessions SET session_number = session_number + 1 WHERE rowid = 0",
    )
    yield Law(
        "sessions of a person do not overlap on a device",
        """SELECT session_id FROM (SELECT *, lag(ended_at) OVER (PARTITION BY device_id ORDER BY started_at) AS before
           FROM sessions) WHERE started_at <= before""",
        "INSERT INTO sessions SELECT * FROM sessions LIMIT 1",
    )
    yield Law(
        "a session counts its page views, and bounces without a second",
        """SELECT session_id FROM sessions LEFT JOIN (SELECT session_id, count(page_load_ms) AS n FROM events GROUP BY session_id)
           USING (session_id) WHERE n IS DISTINCT FROM page_views OR is_bounce <> (page_views < 2)""",
        "UPDATE sessions SET is_bounce = NOT is_bounce WHERE rowid = 0",
    )
    yield Law(
        "a journey's outcome is a purchase when it has an order",
        "SELECT journey_id, outcome FROM journeys WHERE (outcome = 'purchased') <> (orders > 0)",
        "UPDATE journeys SET outcome = 'purchased' WHERE orders = 0",
    )
    yield Law(
        "events carry the context of their device",
        """SELECT event_id FROM events e JOIN devices d USING (device_id) WHERE e.os <> d.os OR e.os_version <> d.os_version OR
           e.device_class <> d.device_class OR (e.browser <> d.browser AND e.user_agent = d.user_agent)""",
        "UPDATE events SET os = 'BeOS' WHERE rowid = 0",
    )
    yield Law(
        "a campaign is its source's, and brings visits while it runs",
        """SELECT session_id FROM sessions s JOIN campaigns c USING (campaign_id) WHERE s.source <> c.source OR
           started_at < c.starts_on - INTERVAL 1 DAY OR started_at > c.ends_on + INTERVAL 2 DAY""",
        "UPDATE campaigns SET starts_on = starts_on + INTERVAL 4000 DAY",
    )
    yield Law(
        "a purchase comes after a cart or a touch that buys at once, in its journey",
        f"""SELECT event_id FROM {TRAVELLED} p WHERE event_name = 'order_completed' AND NOT EXISTS (SELECT 1 FROM {TRAVELLED} a
           WHERE a.of_journey = p.of_journey AND a.event_time < p.event_time AND a.event_name IN ('product_added',
           'one_click_started', 'state_restored'))""",
        "DELETE FROM events WHERE event_name IN ('product_added', 'one_click_started', 'state_restored')",
    )
    yield Law(
        "a payment comes after a checkout or a touch that buys at once, in its session",
        """SELECT event_id FROM events p WHERE event_name IN ('order_completed', 'payment_failed') AND NOT EXISTS (SELECT 1 FROM
           events a WHERE a.session_id = p.session_id AND a.session_seq < p.session_seq AND a.event_name IN ('checkout_started',
           'one_click_started', 'exit_offer_engaged'))""",
        "DELETE FROM events WHERE event_name IN ('checkout_started', 'one_click_started', 'exit_offer_engaged')",
    )


def _time():
    yield Law(
        "an event arrives after it happened, within the lateness bound",
        """SELECT event_id, event_time, sent_at, received_at FROM events WHERE received_at < event_time OR sent_at < event_time OR
           received_at < sent_at OR received_at > event_time + getvariable('lateness')""",
        "UPDATE events SET received_at = received_at + INTERVAL 400 DAY WHERE rowid = 0",
    )
    yield Law(
        "a partition holds the events that arrived on its date",
        """SELECT event_id, received_at, file FROM events
           WHERE NOT contains(file, 'event_date=' || strftime(received_at AT TIME ZONE 'UTC', '%Y-%m-%d'))""",
        "UPDATE events SET received_at = received_at + INTERVAL 1 DAY WHERE rowid = 0",
    )
    yield Law(
        "nothing happens before its person is there",
        """SELECT event_id FROM events JOIN truth_identity t USING (anonymous_id) JOIN users u ON u.user_id = t.user_id
           WHERE event_time < created_at""",
        "UPDATE users SET created_at = created_at + INTERVAL 4000 DAY",
    )
    yield Law(
        "nothing happens before its device is there",
        """SELECT event_id FROM events JOIN devices USING (device_id)
           WHERE event_time < first_seen""",
        "UPDATE devices SET first_seen = first_seen + INTERVAL 4000 DAY",
    )
    yield Law(
        "a device was last seen at its last event",
        """SELECT device_id, last_seen, last FROM devices LEFT JOIN (SELECT s.device_id, max(event_time) AS last FROM events
           JOIN sessions s USING (session_id) GROUP BY s.device_id) USING (device_id) WHERE last_seen IS DISTINCT FROM last""",
        "UPDATE devices SET last_seen = last_seen + INTERVAL 1 DAY",
    )
    yield Law(
        "a user id stands in an event from the stitch moment on, and it is the right one",
        """SELECT event_id, event_time, stitched_at, e.user_id FROM events e JOIN truth_identity t USING (anonymous_id)
           WHERE (e.user_id IS NOT NULL) <> coalesce(event_time >= stitched_at, false) OR e.user_id <> t.user_id
           OR e.device_id <> t.device_id""",
        "UPDATE truth_identity SET stitched_at = stitched_at + INTERVAL 4000 DAY",
    )
    yield Law(
        "sessions and journeys name whom they came to know by their end",
        """SELECT session_id FROM sessions s JOIN truth_identity t USING (anonymous_id) WHERE s.user_id <> t.user_id OR
           (s.user_id IS NOT NULL) <> coalesce(stitched_at <= ended_at, false) UNION ALL
           SELECT journey_id FROM journeys j JOIN (SELECT journey_id, max(user_id) AS u FROM sessions GROUP BY journey_id)
           USING (journey_id) WHERE u IS DISTINCT FROM j.user_id""",
        "UPDATE sessions SET user_id = NULL",
    )
    yield Law(
        "a person is registered when first known by name",
        """SELECT user_id FROM users JOIN (SELECT user_id, min(stitched_at) AS stitched FROM truth_identity GROUP BY user_id)
           USING (user_id) WHERE registered_at < created_at OR (stitched IS NOT NULL AND registered_at IS NULL)""",
        "UPDATE users SET registered_at = NULL",
    )


def _money():
    yield Law(
        "subtotal - discount + shipping = total",
        "SELECT order_id FROM orders WHERE subtotal - discount + shipping <> total OR total <= 0 OR tax > total",
        "UPDATE orders SET total = total + 0.01 WHERE rowid = 0",
    )
    yield Law(
        "an order's lines sum to its subtotal",
        """SELECT order_id FROM orders o LEFT JOIN (SELECT order_id, sum(line_total) AS s, count(*) AS n, max(line) AS m,
           bool_and(quantity * unit_price = line_total) AS ok, count(DISTINCT currency) AS c, min(currency) AS cur FROM order_items
           GROUP BY order_id) USING (order_id) WHERE s IS DISTINCT FROM subtotal OR n <> lines OR m <> n OR NOT ok OR c <> 1 OR
           cur <> o.currency""",
        "UPDATE order_items SET line_total = line_total + 0.01 WHERE rowid = 0",
    )
    yield Law(
        "an order has one order_completed, in its session, with its value",
        """SELECT o.order_id FROM orders o LEFT JOIN (SELECT coalesce(e.order_id, p.order_id) AS order_id, count(*) AS n,
           min(value) AS v, min(e.currency) AS c, min(e.session_id) AS s, min(e.tax) AS t, min(e.shipping) AS h,
           min(e.discount) AS d FROM events e LEFT JOIN orders p ON e.order_id IS NULL AND e.session_id = p.session_id
           AND e.event_time = p.paid_at WHERE event_name = 'order_completed' GROUP BY 1) e USING (order_id)
           WHERE n IS DISTINCT FROM 1 OR v IS DISTINCT FROM total OR c <> o.currency OR s <> o.session_id OR t <> o.tax
           OR h <> o.shipping OR d <> o.discount""",
        "UPDATE events SET value = value + 0.01 WHERE event_name = 'order_completed'",
    )
    yield Law(
        "an order was paid once, in full, and what was refunded is marked so",
        """SELECT order_id FROM orders o LEFT JOIN (SELECT order_id, count(*) FILTER (status = 'captured') AS c,
           max(amount) FILTER (status = 'captured') AS a, count(*) FILTER (status = 'refunded') AS r,
           max(amount) FILTER (status = 'refunded') AS b FROM payments GROUP BY order_id) USING (order_id)
           WHERE c IS DISTINCT FROM 1 OR a <> total OR (r > 0) <> (status = 'refunded') OR b <> total OR
           (status = 'refunded') <> (refunded_at IS NOT NULL)""",
        "UPDATE payments SET amount = amount + 0.01 WHERE status = 'captured'",
    )
    yield Law(
        "an order's moments follow one another",
        "SELECT order_id FROM orders WHERE paid_at < placed_at OR shipped_at < paid_at OR delivered_at < shipped_at",
        "UPDATE orders SET paid_at = placed_at - INTERVAL 1 DAY WHERE rowid = 0",
    )
    yield Law(
        "what is ordered was put into the cart before, or bought with one touch",
        f"""SELECT order_id, product_id FROM order_items i JOIN orders o USING (order_id) WHERE NOT EXISTS (SELECT 1 FROM
           {TRAVELLED} e WHERE e.of_journey = o.journey_id AND e.product_id = i.product_id AND e.event_time <= o.placed_at AND
           e.event_name = if(o.is_one_click, 'one_click_started', 'product_added'))""",
        "UPDATE order_items SET product_id = 'SKU-0'",
    )
    yield Law(
        "attempts to pay are counted in each checkout from 1, each with a key of its own",
        """SELECT payment_id FROM (SELECT *, row_number() OVER (PARTITION BY checkout_id ORDER BY attempted_at) AS n, count(*) OVER
           (PARTITION BY idempotency_key) AS same FROM payments WHERE status <> 'refunded') WHERE n <> attempt OR same > 1""",
        "UPDATE payments SET attempt = attempt + 1",
    )
    yield Law(
        "prices are the catalogue's, in the person's currency",
        """SELECT event_id FROM events e JOIN products p USING (product_id) WHERE e.price <> CASE e.currency WHEN 'USD' THEN price_usd
           WHEN 'GBP' THEN price_gbp WHEN 'BRL' THEN price_brl ELSE p.price END OR product_category <> category UNION ALL
           SELECT order_id FROM orders o JOIN users u USING (user_id) WHERE o.currency <> u.currency""",
        "UPDATE products SET category = 'something else'",
    )
    yield Law(
        "a journey's revenue is that of its orders, a session is converted by one",
        """SELECT journey_id FROM journeys j LEFT JOIN (SELECT journey_id, count(*) AS n, sum(total) AS t FROM orders GROUP BY
           journey_id) USING (journey_id) WHERE coalesce(n, 0) <> j.orders OR t IS DISTINCT FROM j.revenue
           UNION ALL SELECT session_id FROM sessions WHERE is_converted <> (session_id IN (SELECT session_id FROM orders))""",
        "UPDATE journeys SET orders = orders + 1 WHERE rowid = 0",
    )


def _impossible():
    for name, wrong, damage in [
        ("no swipe on a desktop", "device_class = 'desktop' AND properties->>'gesture' = 'swipe'",
         """UPDATE events SET device_class = 'desktop', properties = '{"gesture": "swipe"}' WHERE rowid = 0"""),
        ("no Safari on Android", "os NOT IN ('iOS', 'iPadOS', 'macOS') AND browser = 'Safari'",
         "UPDATE events SET os = 'Android', browser = 'Safari' WHERE rowid = 0"),
        ("no in-app web view off a phone", "device_class <> 'mobile' AND user_agent LIKE '%BytedanceWebview%'",
         "UPDATE events SET device_class = 'desktop', user_agent = 'BytedanceWebview' WHERE rowid = 0"),
        ("addresses from reserved ranges",
         "NOT regexp_matches(ip, '^(198[.]1[89]|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]')",
         "UPDATE events SET ip = '8.8.8.8' WHERE rowid = 0"),
        ("event ids are UUIDv7 of the event's time",
         "substr(event_id, 15, 1) <> '7' OR "
         "('0x' || substr(event_id, 1, 8) || substr(event_id, 10, 4))::BIGINT <> epoch_us(event_time) // 1000",
         "UPDATE events SET event_time = event_time + INTERVAL 1 SECOND WHERE rowid = 0"),
    ]:
        yield Law(f"events: {name}", f"SELECT event_id FROM events WHERE {wrong}", damage)
    yield Law(
        "e-mail addresses are unique, at domains reserved for examples",
        """SELECT email FROM users GROUP BY email HAVING count(*) > 1 UNION ALL
           SELECT email FROM users WHERE NOT regexp_matches(email, '^[^@ ]+@(([a-z]+[.])?example[.](com|net|org)|[a-z]+[.]example)$')""",
        "UPDATE users SET email = 'someone@mail.test' WHERE rowid = 0",
    )
    yield Law(
        "products are seen while they are for sale",
        """SELECT event_id FROM events JOIN products p USING (product_id) WHERE event_name = 'product_viewed' AND
           (event_time < p.available_from - INTERVAL 1 DAY OR event_time > p.available_until + INTERVAL 2 DAY)""",
        "UPDATE products SET available_from = available_from + INTERVAL 4000 DAY",
    )


def behaviour_laws():
    """Journeys, time and identity, money, and what cannot be."""
    for make in (_journeys, _time, _money, _impossible):
        yield from make()
