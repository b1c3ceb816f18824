//! The facts of the event table: what its columns may be filled from, one line a fact.

use crate::event::journal::{Order, Session};
use crate::frame::Strings;
use crate::scenario::World;
use crate::scenario::vocabulary::BuildKeys;
use crate::tables::{orders, sessions};

/// How a column of the event table is filled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fact {
    /// What every event has of its own.
    Envelope(Envelope),
    /// What is the same for all events of a session.
    Session(SessionFact),
    /// What views of pages have.
    Page(Page),
    /// What events about a product have.
    Product(Product),
    /// What events about money have.
    Sale(Sale),
    /// The search query.
    Query,
    /// The properties as JSON.
    Properties,
}

/// What every event has of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Envelope {
    Id,
    Name,
    User,
    Sequence,
    Time,
    SentAt,
    ReceivedAt,
}

/// What is the same for all events of a session.
#[derive(Debug, Clone, Copy)]
pub(super) enum SessionFact {
    /// A key into strings of the world.
    Word(fn(&World, &Session) -> u32, fn(&World) -> &Strings),
    /// The session, a journey, a device, an anonymous id, as UUIDs of the slice.
    Session,
    Journey,
    Device,
    Anonymous,
    /// The address, a string of the slice.
    Ip,
}

/// What views of pages have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Page {
    Url,
    Path,
    Referrer,
    LoadMs,
    DwellMs,
}

/// What events about a product have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Product {
    Id,
    Category,
    Brand,
    Price,
    Quantity,
    Position,
}

/// What events about money have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sale {
    Cart,
    Order,
    /// An amount of the order.
    Amount(fn(&Order) -> i64),
    /// A key of the order into strings of the world.
    Word(fn(&Order) -> u32, fn(&World) -> &Strings),
    Currency,
}

/// The facts of the event table, one line each.
static FACTS: &[(&str, Fact)] = &[
    ("event.id", Fact::Envelope(Envelope::Id)),
    ("event.name", Fact::Envelope(Envelope::Name)),
    ("event.user_id", Fact::Envelope(Envelope::User)),
    ("event.anonymous_id", Fact::Session(SessionFact::Anonymous)),
    ("session.id", Fact::Session(SessionFact::Session)),
    ("event.sequence", Fact::Envelope(Envelope::Sequence)),
    ("journey.id", Fact::Session(SessionFact::Journey)),
    ("event.time", Fact::Envelope(Envelope::Time)),
    ("event.sent_at", Fact::Envelope(Envelope::SentAt)),
    ("event.received_at", Fact::Envelope(Envelope::ReceivedAt)),
    ("event.device_id", Fact::Session(SessionFact::Device)),
    ("device.class", word(sessions::class, |w| &w.words.classes)),
    ("device.os", word(|w, s| build(w, s).os, |w| &w.words.systems)),
    ("device.os_version", word(|w, s| build(w, s).os_version, |w| &w.words.system_versions)),
    ("device.browser", word(browser, |w| &w.words.browsers)),
    (
        "device.browser_version",
        word(|w, s| build(w, s).browser_version, |w| &w.words.browser_versions),
    ),
    ("device.user_agent", word(agent, |w| &w.words.agents)),
    ("session.locale", word(sessions::locale, |w| &w.words.locales)),
    ("session.network", word(sessions::network, |w| &w.words.networks)),
    ("session.country", word(|_, s| s.country.into(), |w| &w.words.countries)),
    ("session.region", word(sessions::region, |w| &w.words.regions)),
    ("session.city", word(sessions::city, |w| &w.words.cities)),
    ("session.ip", Fact::Session(SessionFact::Ip)),
    ("session.source", word(|_, s| s.source.into(), |w| &w.words.sources)),
    ("session.campaign_id", word(sessions::campaign, |w| &w.words.campaigns)),
    ("session.utm_source", word(|w, s| sessions::utm(w, s, 0), |w| &w.words.utm[0])),
    ("session.utm_medium", word(|w, s| sessions::utm(w, s, 1), |w| &w.words.utm[1])),
    ("session.utm_campaign", word(|w, s| sessions::utm(w, s, 2), |w| &w.words.utm[2])),
    ("session.utm_term", word(|w, s| sessions::utm(w, s, 3), |w| &w.words.utm[3])),
    ("session.utm_content", word(|w, s| sessions::utm(w, s, 4), |w| &w.words.utm[4])),
    ("session.consent", word(|_, s| s.consent.into(), |w| &w.words.consents)),
    ("session.consent_mode", word(|_, s| s.signals.into(), |w| &w.words.ledger.modes)),
    ("event.page.url", Fact::Page(Page::Url)),
    ("event.page.path", Fact::Page(Page::Path)),
    ("event.page.referrer", Fact::Page(Page::Referrer)),
    ("event.page.load_ms", Fact::Page(Page::LoadMs)),
    ("event.page.dwell_ms", Fact::Page(Page::DwellMs)),
    ("event.product.id", Fact::Product(Product::Id)),
    ("event.product.category", Fact::Product(Product::Category)),
    ("event.product.brand", Fact::Product(Product::Brand)),
    ("event.product.price", Fact::Product(Product::Price)),
    ("event.product.quantity", Fact::Product(Product::Quantity)),
    ("event.list.position", Fact::Product(Product::Position)),
    ("event.cart.id", Fact::Sale(Sale::Cart)),
    ("event.order.id", Fact::Sale(Sale::Order)),
    ("event.order.value", Fact::Sale(Sale::Amount(|order| order.total))),
    ("event.order.tax", Fact::Sale(Sale::Amount(|order| order.tax))),
    ("event.order.shipping", Fact::Sale(Sale::Amount(|order| order.shipping))),
    ("event.order.discount", Fact::Sale(Sale::Amount(|order| order.discount))),
    ("event.order.coupon", Fact::Sale(Sale::Word(orders::coupon, |w| &w.words.coupons))),
    (
        "event.order.payment_method",
        Fact::Sale(Sale::Word(|order| order.method.into(), |w| &w.words.methods)),
    ),
    ("event.money.currency", Fact::Sale(Sale::Currency)),
    ("event.search.query", Fact::Query),
    ("event.properties", Fact::Properties),
];

const fn word(key: fn(&World, &Session) -> u32, strings: fn(&World) -> &Strings) -> Fact {
    Fact::Session(SessionFact::Word(key, strings))
}

fn build(world: &World, s: &Session) -> BuildKeys {
    world.words.builds[usize::from(s.profile)][usize::from(s.build)]
}

fn browser(world: &World, s: &Session) -> u32 {
    let keys = build(world, s);
    if s.webview { keys.webview_browser } else { keys.browser }
}

fn agent(world: &World, s: &Session) -> u32 {
    let keys = build(world, s);
    if s.webview { keys.webview_agent } else { keys.agent }
}

/// The fact of that name.
pub(super) fn named(name: &str) -> Option<Fact> {
    FACTS.iter().find(|(known, _)| *known == name).map(|(_, fact)| *fact)
}
