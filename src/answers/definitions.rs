//! The answers, one entry each: what it says, what it is counted by, and the SQL that recomputes it.

use crate::frame::Strings;
use crate::scenario::World;

/// An answer, by its ordinal in [`ABOUT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Totals,
    EventsByName,
    JourneysByKind,
    Funnels,
    ByDeviceClass,
    ByDeviceProfile,
    BySource,
    RevenueByDeviceClass,
    RevenueByDeviceProfile,
    RevenueByDay,
    RevenueByLastTouch,
    RevenueByFirstTouch,
    OrderValue,
    Refunds,
    DailyActive,
    WeeklyRetention,
}

/// What a column that is counted by holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// A key into strings of the world.
    Word(fn(&World) -> &Strings),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A date, in days since 1970.
    Date,
    /// A number.
    Number,
}

/// What a count is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// So many.
    Number,
    /// An amount in minor units.
    Money,
}

/// What an answer says.
#[derive(Debug)]
pub(super) struct About {
    /// Its name.
    pub(super) name: &'static str,
    /// What it says, in a sentence or two.
    pub(super) doc: &'static str,
    /// What it is counted by: the first columns.
    pub(super) keys: &'static [(&'static str, Key)],
    /// What is counted: the other columns.
    pub(super) counts: &'static [(&'static str, Count)],
    /// DuckDB's SQL for it, over views named like the tables; `{steps}` stands for the steps of the funnels.
    pub(super) sql: &'static str,
}

/// The tables whose rows the totals count, by ordinal.
pub(super) const TOTALS: [&str; 10] = [
    "users",
    "devices",
    "journeys",
    "sessions",
    "events",
    "orders",
    "order_items",
    "payments",
    "consents",
    "erasure_requests",
];

const CURRENCY: (&str, Key) = ("currency", Key::Word(|w| &w.words.currencies));
const SOURCE: (&str, Key) = ("source", Key::Word(|w| &w.words.sources));
const CAMPAIGN: (&str, Key) = ("campaign_id", Key::Word(|w| &w.words.campaigns));
const CLASS: (&str, Key) = ("device_class", Key::Word(|w| &w.words.classes));
const PROFILE: (&str, Key) = ("profile", Key::Word(|w| &w.words.profiles));
const KIND: (&str, Key) = ("kind", Key::Word(|w| &w.words.journeys));
const EVENT: (&str, Key) = ("event_name", Key::Word(|w| &w.words.events));

const SALES: &[(&str, Count)] = &[("orders", Count::Number), ("revenue", Count::Money)];
const CONVERSION: &[(&str, Count)] =
    &[("sessions", Count::Number), ("converted_sessions", Count::Number)];

/// All answers, in the order of [`Answer`].
pub(super) static ABOUT: [About; 16] = [
    About {
        name: "totals",
        doc: "Rows of each table.",
        keys: &[("name", Key::OneOf(&TOTALS))],
        counts: &[("rows", Count::Number)],
        sql: "SELECT 'users' AS name, count(*) AS rows FROM users \
              UNION ALL SELECT 'devices', count(*) FROM devices \
              UNION ALL SELECT 'journeys', count(*) FROM journeys \
              UNION ALL SELECT 'sessions', count(*) FROM sessions \
              UNION ALL SELECT 'events', count(*) FROM events \
              UNION ALL SELECT 'orders', count(*) FROM orders \
              UNION ALL SELECT 'order_items', count(*) FROM order_items \
              UNION ALL SELECT 'payments', count(*) FROM payments \
              UNION ALL SELECT 'consents', count(*) FROM consents \
              UNION ALL SELECT 'erasure_requests', count(*) FROM erasure_requests",
    },
    About {
        name: "events_by_name",
        doc: "Events of each name.",
        keys: &[EVENT],
        counts: &[("events", Count::Number)],
        sql: "SELECT event_name, count(*) AS events FROM events GROUP BY ALL",
    },
    About {
        name: "journeys_by_kind",
        doc: "Journeys of each kind, their sessions and the orders placed in them.",
        keys: &[KIND],
        counts: &[
            ("journeys", Count::Number),
            ("sessions", Count::Number),
            ("orders", Count::Number),
        ],
        sql: "SELECT kind, count(*) AS journeys, sum(sessions) AS sessions, sum(orders) AS orders \
              FROM journeys GROUP BY ALL",
    },
    About {
        name: "funnels",
        doc: "Sessions and journeys of each kind that reached each step: that hold at least one event of that name, whatever \
              came before it. Steps are the views of the kind's stages and what may happen there, in the order of its file, then \
              the order, and last the offer made to those about to leave.",
        keys: &[KIND, ("step", Key::Number), EVENT],
        counts: &[("sessions", Count::Number), ("journeys", Count::Number)],
        sql: "WITH steps(kind, step, event_name) AS (VALUES {steps}), \
              reached AS (SELECT j.kind, e.event_name, e.session_id, j.journey_id \
              FROM events e JOIN sessions s USING (session_id) JOIN journeys j ON j.journey_id = s.journey_id) \
              SELECT kind, step, event_name, count(DISTINCT session_id) AS sessions, \
              count(DISTINCT journey_id) AS journeys \
              FROM steps LEFT JOIN reached USING (kind, event_name) GROUP BY ALL",
    },
    About {
        name: "conversion_by_device_class",
        doc: "Sessions on each class of device, and those in which an order was placed. The rate is the second over the first.",
        keys: &[CLASS],
        counts: CONVERSION,
        sql: "SELECT device_class, count(*) AS sessions, count(*) FILTER (is_converted) AS converted_sessions \
              FROM sessions GROUP BY ALL",
    },
    About {
        name: "conversion_by_device_profile",
        doc: "The same by profile of the device.",
        keys: &[PROFILE],
        counts: CONVERSION,
        sql: "SELECT d.profile, count(*) AS sessions, count(*) FILTER (s.is_converted) AS converted_sessions \
              FROM sessions s JOIN devices d USING (device_id) GROUP BY ALL",
    },
    About {
        name: "conversion_by_source",
        doc: "The same by source of the session.",
        keys: &[SOURCE],
        counts: CONVERSION,
        sql: "SELECT source, count(*) AS sessions, count(*) FILTER (is_converted) AS converted_sessions \
              FROM sessions GROUP BY ALL",
    },
    About {
        name: "revenue_by_device_class",
        doc: "Orders and their totals by the class of the device that they were placed on. Revenue is gross: with tax and shipping, \
              less discounts, refunds not taken off.",
        keys: &[CLASS, CURRENCY],
        counts: SALES,
        sql: "SELECT d.device_class, o.currency, count(*) AS orders, sum(o.total) AS revenue \
              FROM orders o JOIN devices d USING (device_id) GROUP BY ALL",
    },
    About {
        name: "revenue_by_device_profile",
        doc: "The same by profile of that device.",
        keys: &[PROFILE, CURRENCY],
        counts: SALES,
        sql: "SELECT d.profile, o.currency, count(*) AS orders, sum(o.total) AS revenue \
              FROM orders o JOIN devices d USING (device_id) GROUP BY ALL",
    },
    About {
        name: "revenue_by_day",
        doc: "Orders and their totals by the day (UTC) on which they were placed.",
        keys: &[("date", Key::Date), CURRENCY],
        counts: SALES,
        sql: "SELECT (placed_at AT TIME ZONE 'UTC')::DATE AS date, currency, count(*) AS orders, sum(total) AS revenue \
              FROM orders GROUP BY ALL",
    },
    About {
        name: "revenue_by_last_touch",
        doc: "Orders and their totals by source and campaign of the session in which they were placed.",
        keys: &[SOURCE, CAMPAIGN, CURRENCY],
        counts: SALES,
        sql: "SELECT s.source, s.campaign_id, o.currency, count(*) AS orders, sum(o.total) AS revenue \
              FROM orders o JOIN sessions s USING (session_id) GROUP BY ALL",
    },
    About {
        name: "revenue_by_first_touch",
        doc: "Orders and their totals by source and campaign of the buyer's first session in the data set, whatever device it was on: \
              by the true person, whom truth/identity knows.",
        keys: &[SOURCE, CAMPAIGN, CURRENCY],
        counts: SALES,
        sql: "WITH first_touch AS (SELECT DISTINCT ON (i.user_id) i.user_id, s.source, s.campaign_id \
              FROM sessions s JOIN truth_identity i USING (anonymous_id) ORDER BY i.user_id, s.started_at) \
              SELECT f.source, f.campaign_id, o.currency, count(*) AS orders, sum(o.total) AS revenue \
              FROM orders o JOIN first_touch f USING (user_id) GROUP BY ALL",
    },
    About {
        name: "order_value",
        doc: "Mean and median of the orders' totals. The mean is rounded to four digits, half up; the median of an even number of \
              orders lies halfway between the two in the middle, and is exact.",
        keys: &[CURRENCY, ("total", Key::Number)],
        counts: &[("orders", Count::Number)],
        sql: "SELECT currency, count(*) AS orders, sum(total) AS revenue, \
              CAST((200 * CAST(sum(total) * 100 AS HUGEINT) + count(*)) // (2 * count(*)) AS DECIMAL(22, 0)) * 0.0001 AS mean, \
              CAST(median(CAST(total * 100 AS BIGINT)) * 10 AS DECIMAL(20, 0)) * 0.001 AS median \
              FROM orders GROUP BY ALL",
    },
    About {
        name: "refunds",
        doc: "Orders that were handed back by the end of the data set, and their totals.",
        keys: &[CURRENCY],
        counts: SALES,
        sql: "SELECT currency, count(*) AS orders, sum(total) AS revenue \
              FROM orders WHERE refunded_at IS NOT NULL GROUP BY ALL",
    },
    About {
        name: "daily_active",
        doc: "Devices, and known users, with at least one event on that day (UTC, by when it happened).",
        keys: &[("date", Key::Date)],
        counts: &[("devices", Count::Number), ("known_users", Count::Number)],
        sql: "SELECT (event_time AT TIME ZONE 'UTC')::DATE AS date, count(DISTINCT device_id) AS devices, \
              count(DISTINCT user_id) AS known_users FROM events GROUP BY ALL",
    },
    About {
        name: "weekly_retention",
        doc: "Of the people whose first session in the data set began in a week (from Monday, UTC), how many began a session so many \
              weeks later: by the true person, whom truth/identity knows.",
        keys: &[("cohort_week", Key::Date), ("weeks_later", Key::Number)],
        counts: &[("users", Count::Number)],
        sql: "WITH weeks AS (SELECT DISTINCT i.user_id, date_trunc('week', s.started_at AT TIME ZONE 'UTC')::DATE AS week \
              FROM sessions s JOIN truth_identity i USING (anonymous_id)), \
              cohorts AS (SELECT user_id, min(week) AS cohort_week FROM weeks GROUP BY ALL) \
              SELECT cohort_week, (week - cohort_week) // 7 AS weeks_later, count(*) AS users \
              FROM weeks JOIN cohorts USING (user_id) GROUP BY ALL",
    },
];
