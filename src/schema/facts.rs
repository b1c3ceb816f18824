//! The registry of facts: what the engine knows of a row and a field may be filled `from`, one line a fact.
//!
//! A table's facts are the whole contract between `schemas/` and the engine: a schema file may name, order, and leave out columns as
//! it likes, so long as each is filled by a fact of its table, in the fact's type. Facts whose names have three parts
//! (`event.product.price`) belong to the group in the middle, which an event type fills or leaves empty as a whole.

use super::FactSpec;
use super::Type::{
    self, Bool, Date, Enum, Float64, Id, Int32, Int64, Json, Money, Text, Timestamp,
};

/// A fact that is always there.
const fn always(name: &'static str, ty: Type) -> FactSpec {
    FactSpec { name, ty, nullable: false }
}

/// A fact that can be absent.
const fn maybe(name: &'static str, ty: Type) -> FactSpec {
    FactSpec { name, ty, nullable: true }
}

/// The facts of a table, in their natural order; none for a table that the engine does not know.
pub fn of(table: &str) -> &'static [FactSpec] {
    TABLES.iter().find(|(name, _)| *name == table).map_or(&[], |(_, facts)| facts)
}

/// The group that follows from others, and so is never named by an event type: the currency of whatever amounts there are.
pub const MONEY: &str = "money";

/// The groups that have amounts.
pub const WITH_MONEY: &[&str] = &["product", "order"];

/// The group of an event's fact: the middle of its three parts.
pub fn group(fact: &str) -> Option<&str> {
    fact.strip_prefix("event.")?.split_once('.').map(|(group, _)| group)
}

/// The tables that the engine fills, each with its facts.
pub static TABLES: &[(&str, &[FactSpec])] = &[
    ("users", USERS),
    ("devices", DEVICES),
    ("products", PRODUCTS),
    ("campaigns", CAMPAIGNS),
    ("sessions", SESSIONS),
    ("journeys", JOURNEYS),
    ("events", EVENTS),
    ("orders", ORDERS),
    ("order_items", ORDER_ITEMS),
    ("payments", PAYMENTS),
    ("consents", CONSENTS),
    ("erasure_requests", ERASURE_REQUESTS),
    ("truth/personas", TRUTH_PERSONAS),
    ("truth/identity", TRUTH_IDENTITY),
    ("truth/anomalies", TRUTH_ANOMALIES),
    ("truth/anomaly_members", TRUTH_MEMBERS),
];

/// What behaviour can tell about an event for its properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyFact {
    /// What a property's `from` may name.
    pub name: &'static str,
    /// The type that the property must have.
    pub ty: Type,
    /// The most values that it can have: objects of properties are interned whole, so their number is bounded.
    pub most: usize,
}

const fn property(name: &'static str, ty: Type, most: usize) -> PropertyFact {
    PropertyFact { name, ty, most }
}

/// The facts that a property of an event type may come from.
pub static PROPERTIES: &[PropertyFact] = &[
    property("gesture", Enum, 8),
    property("scroll", Int32, 11),
    property("attempt", Int32, 5),
    property("error", Enum, 12),
    property("offer", Enum, 8),
    property("channel", Enum, 3),
    property("method", Enum, 8),
    property("restored", Bool, 2),
];

static USERS: &[FactSpec] = &[
    always("user.id", Id),
    always("user.created_at", Timestamp),
    maybe("user.registered_at", Timestamp),
    always("user.first_name", Text),
    always("user.last_name", Text),
    always("user.email", Text),
    always("user.phone", Text),
    always("user.birth_date", Date),
    always("user.street", Text),
    always("user.postcode", Text),
    always("user.city", Text),
    maybe("user.region", Text),
    always("user.country", Enum),
    always("user.locale", Enum),
    always("user.time_zone", Enum),
    always("user.currency", Enum),
    always("user.income_band", Enum),
    always("user.email_opt_in", Bool),
    always("user.sms_opt_in", Bool),
    always("user.push_opt_in", Bool),
    always("user.preferred_channel", Enum),
    always("user.preferred_payment", Enum),
];

static DEVICES: &[FactSpec] = &[
    always("device.id", Id),
    always("user.id", Id),
    always("device.profile", Enum),
    always("device.class", Enum),
    always("device.model", Text),
    always("device.os", Enum),
    always("device.os_version", Enum),
    always("device.browser", Enum),
    always("device.browser_version", Enum),
    always("device.is_app", Bool),
    always("device.viewport_width", Int32),
    always("device.viewport_height", Int32),
    always("device.pixel_ratio", Float64),
    always("device.user_agent", Text),
    always("device.first_seen", Timestamp),
    maybe("device.last_seen", Timestamp),
];

static PRODUCTS: &[FactSpec] = &[
    always("product.id", Text),
    always("product.name", Text),
    always("product.brand", Enum),
    always("product.category", Enum),
    always("product.path", Text),
    always("product.price", Money),
    always("product.currency", Enum),
    always("product.price_usd", Money),
    always("product.price_gbp", Money),
    always("product.price_brl", Money),
    always("product.available_from", Date),
    maybe("product.available_until", Date),
];

static CAMPAIGNS: &[FactSpec] = &[
    always("campaign.id", Text),
    always("campaign.source", Enum),
    always("campaign.name", Text),
    maybe("campaign.utm_source", Text),
    maybe("campaign.utm_medium", Text),
    maybe("campaign.utm_campaign", Text),
    maybe("campaign.utm_term", Text),
    maybe("campaign.utm_content", Text),
    maybe("campaign.click_id", Enum),
    always("campaign.landing_path", Text),
    always("campaign.starts_on", Date),
    maybe("campaign.ends_on", Date),
    always("campaign.daily_budget", Money),
    always("campaign.currency", Enum),
];

static SESSIONS: &[FactSpec] = &[
    always("session.id", Id),
    maybe("session.user_id", Id),
    always("session.anonymous_id", Id),
    always("device.id", Id),
    always("journey.id", Id),
    always("session.number", Int32),
    always("session.source", Enum),
    maybe("session.campaign_id", Text),
    maybe("session.utm_source", Enum),
    maybe("session.utm_medium", Enum),
    maybe("session.utm_campaign", Enum),
    maybe("session.utm_term", Enum),
    maybe("session.utm_content", Enum),
    maybe("session.click_id", Text),
    maybe("session.referrer", Enum),
    always("session.landing_path", Text),
    always("session.landing_url", Text),
    always("session.started_at", Timestamp),
    always("session.ended_at", Timestamp),
    always("session.events", Int32),
    always("session.page_views", Int32),
    always("session.is_bounce", Bool),
    always("session.is_converted", Bool),
    always("device.class", Enum),
    always("session.network", Enum),
    always("session.country", Enum),
    maybe("session.region", Enum),
    always("session.city", Enum),
    always("session.ip", Text),
    always("session.locale", Enum),
    always("session.consent", Enum),
    always("session.consent_mode", Enum),
    maybe("session.is_restored", Bool),
];

static JOURNEYS: &[FactSpec] = &[
    always("journey.id", Id),
    maybe("journey.user_id", Id),
    always("journey.kind", Enum),
    always("journey.started_at", Timestamp),
    always("journey.ended_at", Timestamp),
    always("journey.sessions", Int32),
    always("journey.devices", Int32),
    always("journey.events", Int32),
    always("journey.furthest_stage", Enum),
    always("journey.outcome", Enum),
    always("journey.source", Enum),
    always("journey.orders", Int32),
    maybe("journey.revenue", Money),
    maybe("journey.currency", Enum),
];

static EVENTS: &[FactSpec] = &[
    always("event.id", Id),
    always("event.name", Enum),
    maybe("event.user_id", Id),
    maybe("event.anonymous_id", Id),
    always("session.id", Id),
    always("event.sequence", Int32),
    maybe("journey.id", Id),
    always("event.time", Timestamp),
    maybe("event.sent_at", Timestamp),
    always("event.received_at", Timestamp),
    maybe("event.device_id", Id),
    always("device.class", Enum),
    always("device.os", Enum),
    always("device.os_version", Enum),
    always("device.browser", Enum),
    always("device.browser_version", Enum),
    maybe("device.user_agent", Text),
    always("session.locale", Enum),
    always("session.network", Enum),
    always("session.country", Enum),
    maybe("session.region", Enum),
    always("session.city", Enum),
    maybe("session.ip", Text),
    always("session.source", Enum),
    maybe("session.campaign_id", Text),
    maybe("session.utm_source", Enum),
    maybe("session.utm_medium", Enum),
    maybe("session.utm_campaign", Enum),
    maybe("session.utm_term", Enum),
    maybe("session.utm_content", Enum),
    always("session.consent", Enum),
    always("session.consent_mode", Enum),
    maybe("event.page.url", Text),
    maybe("event.page.path", Text),
    maybe("event.page.referrer", Text),
    maybe("event.page.load_ms", Int32),
    maybe("event.page.dwell_ms", Int32),
    maybe("event.product.id", Text),
    maybe("event.product.category", Enum),
    maybe("event.product.brand", Enum),
    maybe("event.product.price", Money),
    maybe("event.product.quantity", Int32),
    maybe("event.list.position", Int32),
    maybe("event.cart.id", Id),
    maybe("event.order.id", Id),
    maybe("event.order.value", Money),
    maybe("event.order.tax", Money),
    maybe("event.order.shipping", Money),
    maybe("event.order.discount", Money),
    maybe("event.order.coupon", Enum),
    maybe("event.order.payment_method", Enum),
    maybe("event.money.currency", Enum),
    maybe("event.search.query", Enum),
    maybe("event.properties", Json),
];

static ORDERS: &[FactSpec] = &[
    always("order.id", Id),
    always("order.user_id", Id),
    always("session.id", Id),
    always("journey.id", Id),
    always("device.id", Id),
    always("order.placed_at", Timestamp),
    always("order.paid_at", Timestamp),
    maybe("order.shipped_at", Timestamp),
    maybe("order.delivered_at", Timestamp),
    maybe("order.refunded_at", Timestamp),
    always("order.status", Enum),
    always("order.lines", Int32),
    always("order.subtotal", Money),
    always("order.discount", Money),
    always("order.shipping", Money),
    always("order.tax", Money),
    always("order.total", Money),
    always("order.currency", Enum),
    maybe("order.coupon", Enum),
    always("order.payment_method", Enum),
    always("order.is_one_click", Bool),
    always("order.idempotency_key", Id),
];

static ORDER_ITEMS: &[FactSpec] = &[
    always("order.id", Id),
    always("item.line", Int32),
    always("item.product_id", Text),
    always("item.quantity", Int32),
    always("item.unit_price", Money),
    always("item.line_total", Money),
    always("order.currency", Enum),
];

static PAYMENTS: &[FactSpec] = &[
    always("payment.id", Id),
    always("payment.checkout_id", Id),
    maybe("payment.order_id", Id),
    always("session.id", Id),
    always("payment.attempt", Int32),
    always("payment.method", Enum),
    always("payment.status", Enum),
    maybe("payment.error_code", Enum),
    always("payment.amount", Money),
    always("order.currency", Enum),
    always("payment.attempted_at", Timestamp),
    always("payment.idempotency_key", Id),
];

static CONSENTS: &[FactSpec] = &[
    always("consent.id", Id),
    always("consent.subject", Enum),
    maybe("consent.user_id", Id),
    maybe("consent.device_id", Id),
    always("consent.purpose", Enum),
    always("consent.channel", Enum),
    always("consent.jurisdiction", Enum),
    always("consent.state", Enum),
    always("consent.sequence", Int32),
    always("consent.occurred_at", Timestamp),
    always("consent.effective_at", Timestamp),
    maybe("consent.expires_at", Timestamp),
    always("consent.notice", Enum),
    always("consent.source", Enum),
    always("consent.legal_basis", Enum),
];

static ERASURE_REQUESTS: &[FactSpec] = &[
    always("erasure.id", Id),
    always("user.id", Id),
    always("erasure.jurisdiction", Enum),
    always("erasure.channel", Enum),
    always("erasure.requested_at", Timestamp),
    always("erasure.due_at", Timestamp),
    maybe("erasure.completed_at", Timestamp),
    always("erasure.outcome", Enum),
    maybe("erasure.reason", Enum),
];

static TRUTH_PERSONAS: &[FactSpec] = &[
    always("user.id", Id),
    always("user.persona", Enum),
    always("user.engagement", Float64),
    always("user.visits_per_week", Float64),
    always("user.price_sensitivity", Float64),
    always("user.patience", Float64),
    maybe("user.last_active_at", Timestamp),
];

static TRUTH_IDENTITY: &[FactSpec] = &[
    always("user.id", Id),
    always("device.id", Id),
    always("identity.anonymous_id", Id),
    always("identity.first_seen", Timestamp),
    maybe("identity.stitched_at", Timestamp),
    maybe("identity.method", Enum),
];

static TRUTH_ANOMALIES: &[FactSpec] = &[
    always("anomaly.id", Id),
    always("anomaly.kind", Enum),
    always("anomaly.kind_version", Int32),
    always("anomaly.scope", Enum),
    always("anomaly.severity", Enum),
    always("anomaly.detectability", Enum),
    always("anomaly.stage", Enum),
    maybe("anomaly.parent_id", Id),
    maybe("anomaly.window_start", Timestamp),
    maybe("anomaly.window_end", Timestamp),
    maybe("anomaly.arrival_start", Timestamp),
    maybe("anomaly.arrival_end", Timestamp),
    maybe("anomaly.effect_size", Float64),
    always("anomaly.match_rule", Enum),
    always("anomaly.tolerance_ms", Int64),
    always("anomaly.params", Json),
    always("anomaly.seed_path", Text),
    always("anomaly.is_decoy", Bool),
];

static TRUTH_MEMBERS: &[FactSpec] = &[
    always("anomaly.id", Id),
    always("member.apply_seq", Int64),
    always("member.op", Enum),
    always("member.role", Enum),
    always("member.table", Text),
    always("member.row_uid", Text),
    maybe("member.pk_clean", Text),
    maybe("member.pk_dirty", Text),
    maybe("member.column", Text),
    maybe("member.original", Text),
    maybe("member.injected", Text),
    maybe("member.file_clean", Text),
    maybe("member.row_clean", Int64),
    maybe("member.file_dirty", Text),
    maybe("member.row_dirty", Int64),
    maybe("member.line_no", Int64),
    maybe("member.byte_start", Int64),
    maybe("member.byte_len", Int64),
    maybe("member.raw_original_b64", Text),
    maybe("member.raw_injected_b64", Text),
];
