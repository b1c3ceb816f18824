"""The laws of consent: what is stored, sent and kept agrees with the ledger. SQL over the tables in DuckDB."""

from law import Law

# Whose device it is, and where people are asked.
HOLDERS = "(SELECT device_id, user_id AS holder FROM devices)"
ASKING = "(SELECT jurisdiction FROM consents WHERE legal_basis = 'consent' AND purpose <> 'marketing')"
# What those who were erased did last.
LAST = f"""(SELECT holder AS user_id, max(greatest(event_time, received_at)) AS last FROM events
    JOIN sessions s USING (session_id) JOIN {HOLDERS} h ON h.device_id = s.device_id GROUP BY holder)"""


def consent_laws():
    """Stamps, pings, messages, requests."""
    yield Law(
        "an event's stamp is what the ledger says at its time; without an answer it is denied where people are asked",
        f"""SELECT event_id, e.consent, l.state FROM (SELECT event_id, event_time, s.device_id, e.consent, s.country FROM events e
            JOIN sessions s USING (session_id)) e ASOF LEFT JOIN (SELECT * FROM consents WHERE purpose = 'analytics') l
            ON e.device_id = l.device_id AND e.event_time >= l.effective_at WHERE e.consent IS DISTINCT FROM CASE
            WHEN l.state = 'granted' AND (l.expires_at IS NULL OR e.event_time < l.expires_at) THEN 'granted'
            WHEN e.country IN {ASKING} THEN 'denied' ELSE 'not_asked' END""",
        "UPDATE consents SET state = 'withdrawn' WHERE state = 'granted' AND purpose = 'analytics'",
    )
    yield Law(
        "Consent Mode grants what the ledger grants: advertising twice, analytics, personalisation",
        f"""SELECT event_id, e.consent_mode FROM (SELECT event_id, event_time, s.device_id, e.consent_mode, s.country FROM events e
            JOIN sessions s USING (session_id)) e ASOF LEFT JOIN (SELECT * FROM consents WHERE purpose = 'advertising') l
            ON e.device_id = l.device_id AND e.event_time >= l.effective_at WHERE
            substr(e.consent_mode, 3, 1) <> substr(e.consent_mode, 5, 1) OR (substr(e.consent_mode, 3, 1) = '1') <> CASE
            WHEN l.state IS NULL THEN e.country NOT IN {ASKING} ELSE l.state = 'granted' AND e.event_time < l.expires_at END""",
        "UPDATE events SET consent_mode = 'G10100' WHERE consent_mode = 'G11111'",
    )
    yield Law(
        "pings without consent to analytics bear no persistent id, all other events do",
        """SELECT event_id FROM events WHERE CASE consent WHEN 'denied'
           THEN coalesce(user_id, anonymous_id, device_id, journey_id, ip, cart_id, order_id) IS NOT NULL
           OR regexp_matches(page_url, '[?&](gclid|ttclid)=') ELSE anonymous_id IS NULL OR device_id IS NULL
           OR journey_id IS NULL OR ip IS NULL OR (cart_id IS NULL AND event_name IN ('product_added', 'cart_viewed'))
           OR (order_id IS NULL AND event_name = 'order_completed') END""",
        "UPDATE events SET ip = '198.18.0.1' WHERE consent = 'denied'",
    )
    yield Law(
        "nobody is brought back by a message over a channel that was not granted at the time",
        f"""SELECT session_id, utm_medium, l.state FROM (SELECT s.*, holder FROM sessions s JOIN {HOLDERS} h
            ON h.device_id = s.device_id WHERE utm_medium IN ('email', 'sms', 'push') AND session_number = 1) s
            ASOF LEFT JOIN (SELECT * FROM consents WHERE purpose = 'marketing') l ON s.holder = l.user_id AND
            s.utm_medium = l.channel AND s.started_at >= l.effective_at
            WHERE l.state IS DISTINCT FROM 'granted' OR l.expires_at <= s.started_at""",
        "UPDATE consents SET state = 'withdrawn' WHERE purpose = 'marketing'",
    )
    yield Law(
        "users are marked as opted in where the ledger ends with a grant",
        """SELECT u.user_id FROM (UNPIVOT users ON email_opt_in, sms_opt_in, push_opt_in INTO NAME mark VALUE is_in) u
           LEFT JOIN (SELECT user_id, channel, arg_max(state, sequence) AS state FROM consents WHERE purpose = 'marketing'
           GROUP BY ALL) l ON u.user_id = l.user_id AND l.channel || '_opt_in' = mark
           WHERE is_in <> coalesce(state = 'granted', false)""",
        "UPDATE users SET sms_opt_in = NOT sms_opt_in WHERE rowid = 0",
    )
    yield Law(
        "nothing is there of anybody after the erasure",
        f"""SELECT request_id, completed_at, last FROM erasure_requests JOIN {LAST} USING (user_id)
            WHERE outcome = 'completed' AND last > completed_at""",
        f"""UPDATE erasure_requests SET outcome = 'completed', completed_at = TIMESTAMPTZ '2020-01-01',
            user_id = (SELECT min(user_id) FROM {LAST})""",
    )
    yield Law(
        "requests are answered by the day they are due, if they are",
        """SELECT request_id FROM erasure_requests WHERE completed_at > due_at OR (completed_at IS NULL) <> (outcome = 'pending')
           OR (reason IS NOT NULL) <> (outcome = 'refused')""",
        "UPDATE erasure_requests SET outcome = 'nothing'",
    )
    yield Law(
        "a consent is granted or denied first, and changes are counted from 1",
        """SELECT consent_id FROM (SELECT *, row_number() OVER of AS n, lag(state) OVER of AS before FROM consents WINDOW of AS
           (PARTITION BY user_id, device_id, purpose, channel ORDER BY effective_at, sequence)) WHERE n <> sequence OR
           (user_id IS NULL) = (device_id IS NULL) OR effective_at < occurred_at OR
           CASE WHEN state IN ('granted', 'denied') THEN before = 'granted' ELSE before IS DISTINCT FROM 'granted' END""",
        "UPDATE consents SET sequence = sequence + 1 WHERE rowid = 0",
    )
