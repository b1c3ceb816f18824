//! Which ids events bear: all of them with consent to analytics, none that outlasts the visit without.

use super::check;
use super::stamps::stamp_of;
use crate::check::{Cached, Check, Context, EventBatch, Tally, Verdict};
use crate::population::Consent;
use crate::read::Column;

const PINGS: Check = check(
    "consent.pings",
    &["events"],
    "Events without consent to analytics are pings: they bear no user, anonymous id, device, journey, address, cart or order, and no click id in a URL; all others bear what they have of these.",
    "A ping that bears an id is tracking without consent.",
)
.told("events", "with ids that they may not bear, or without those that they should");

/// The checks.
pub(super) static CHECKS: &[Check] = &[PINGS];

const DENIED: u8 = Consent::Denied as u8;

/// The columns of what outlasts a visit: those that every event has where it may first, then those of some types.
const IDS: [&str; 7] =
    ["anonymous_id", "device_id", "journey_id", "ip", "cart_id", "order_id", "user_id"];
const ALWAYS: usize = 4;

/// The columns of URLs.
const URLS: [&str; 2] = ["page_url", "page_referrer"];

/// The parameters in which networks put the ids of clicks, beside those of the data set's own sources.
const CLICK_IDS: [&str; 12] = [
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "igshid",
    "li_fat_id",
    "msclkid",
    "sccid",
    "ttclid",
    "twclid",
    "wbraid",
    "yclid",
];

/// Looks at what events bear.
pub(super) struct Pings {
    tally: Tally,
    stamps: Cached<u8>,
    urls: [Cached<bool>; 2],
    /// The parameters in which a click id comes.
    parameters: Vec<String>,
    /// By event type: which of [`IDS`] it has where it may, as bits.
    owed: Vec<u8>,
}

impl Pings {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let sources = context.world.into_iter().flat_map(|world| &world.models.sources);
        let own = sources.map(|source| source.click_id.clone()).filter(|name| !name.is_empty());
        let table = context.schemas.table("events");
        let cart = table.and_then(|table| table.field("cart_id"));
        let owed = context.schemas.events.iter().map(|event| {
            let has_order = matches!(&*event.name, "order_completed" | "order_refunded");
            let has_cart = cart.is_some_and(|cart| event.fills(cart));
            let always = (1 << ALWAYS) - 1;
            always | u8::from(has_cart) << ALWAYS | u8::from(has_order) << (ALWAYS + 1)
        });
        Self {
            tally: Tally::new(&PINGS),
            stamps: Cached::default(),
            urls: Default::default(),
            parameters: CLICK_IDS.into_iter().map(str::to_owned).chain(own).collect(),
            owed: owed.collect(),
        }
    }

    pub(super) fn events(&mut self, events: &EventBatch<'_>) {
        let Some(stamp) = events.column("consent") else { return };
        self.stamps.learn(stamp, stamp_of);
        let ids = IDS.map(|name| events.column(name));
        // What the table has no column for is owed by nobody.
        let columns = (0..IDS.len()).filter(|at| ids[*at].is_some());
        let known: u8 = columns.map(|at| 1 << at).sum();
        let urls = URLS.map(|name| events.column(name));
        for (cached, column) in self.urls.iter_mut().zip(urls) {
            if let Some(column) = column {
                cached.learn(column, |url| has_click_id(url, &self.parameters));
            }
        }
        let is_there = |column: Option<&Column>, row: usize| {
            u8::from(column.is_some_and(|column| column.is_valid(row)))
        };
        for row in 0..events.len() {
            let borne: u8 = ids.iter().enumerate().map(|(at, id)| is_there(*id, row) << at).sum();
            let Some(said) = self.stamps.get(stamp, row) else { continue };
            let owed = self.owed.get(events.kind[row] as usize).copied().unwrap_or(0) & known;
            let clicks = [0, 1].map(|at| {
                let column = urls[at].filter(|_| said == DENIED);
                column.and_then(|column| self.urls[at].get(column, row)).unwrap_or(false)
            });
            let (right, told) = match said {
                DENIED => (borne == 0 && clicks == [false; 2], borne),
                _ if usize::from(said) < Consent::NAMES.len() => {
                    (borne & owed == owed, owed & !borne)
                }
                _ => (true, 0),
            };
            self.tally.look(right, || {
                let names = IDS.iter().enumerate().filter(|(at, _)| told >> at & 1 == 1);
                let names = names.map(|(_, name)| (*name).to_owned());
                let of_urls = URLS.into_iter().zip(clicks).filter(|(_, clicked)| *clicked);
                let of_urls = of_urls.map(|(name, _)| format!("a click id in {name}"));
                let names: Vec<String> = names.chain(of_urls).collect();
                let says =
                    if said == DENIED { "is a ping without consent, and bears" } else { "lacks" };
                (events.place(row), format!("{says} {}", names.join(", ")))
            });
        }
    }

    pub(super) fn verdicts(self) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}

/// Whether a URL has one of those parameters.
fn has_click_id(url: &str, parameters: &[String]) -> bool {
    let Some((_, query)) = url.split_once('?') else { return false };
    let mut names =
        query.split(['&', '#']).filter_map(|pair| pair.split_once('=')).map(|(name, _)| name);
    names.any(|name| parameters.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn click_ids_are_found_in_urls() {
        let parameters = CLICK_IDS.map(str::to_owned);
        for url in ["https://s.example/?gclid=x", "https://s.example/p?a=b&TTCLID=x#y"] {
            assert!(has_click_id(url, &parameters), "{url}");
        }
        for url in [
            "https://s.example/gclid=x",
            "https://s.example/?q=gclid",
            "https://s.example/?gclidx=1",
        ] {
            assert!(!has_click_id(url, &parameters), "{url}");
        }
    }
}
