//! What no device, network or mail system would do.

use std::collections::HashSet;

use crate::check::pass::{Seen, moment, shown};
use crate::check::{Cached, Check, Context, EventBatch, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash;
use crate::schema::Table;

const GESTURE: Check = Check::new(
    "keys.gesture",
    &["events"],
    "Nobody swipes, taps or pinches on a desktop, and nobody hovers or clicks on a phone.",
    "A desktop has no touch screen here; such an event is the mark of made-up data.",
);
const BROWSER: Check = Check::new(
    "keys.browser",
    &["events"],
    "Safari runs on Apple's systems only.",
    "There is no Safari on Android; such an event is the mark of made-up data.",
);
const WEB_VIEW: Check = Check::new(
    "keys.web_view",
    &["events"],
    "A social app's web view is seen on phones only.",
    "There is no such app on a desktop; such an event is the mark of made-up data.",
);
const ADDRESS: Check = Check::new(
    "keys.address",
    &["events"],
    "Addresses are from ranges that no one's line can have: 198.18.0.0/15 and 100.64.0.0/10.",
    "An address out of the wild could be somebody's.",
);
const EVENT_TIME: Check = Check::new(
    "keys.event_time",
    &["events"],
    "An event's id is a UUID of version 7 whose time is the event's, to the millisecond.",
    "Stores that sort by key sort events by time.",
);
const EMAIL: Check = Check::new(
    "keys.email",
    &["users"],
    "E-mail addresses are unique, and at domains reserved for examples.",
    "Mail sent by mistake must not reach anybody.",
);

/// The checks.
pub(super) static CHECKS: &[Check] = &[GESTURE, BROWSER, WEB_VIEW, ADDRESS, EVENT_TIME, EMAIL];

/// Of touch, of a pointer, or neither.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hand {
    Touch,
    Pointer,
    Either,
}

/// Looks at events one by one.
pub(super) struct Impossible {
    gesture: Tally,
    browser: Tally,
    web_view: Tally,
    address: Tally,
    event_time: Tally,
    email: Tally,
    hands: Cached<Hand>,
    class: Cached<Option<Hand>>,
    is_phone: Cached<bool>,
    is_apple: Cached<bool>,
    is_safari: Cached<bool>,
    is_view: Cached<bool>,
    is_reserved: Cached<bool>,
    mails: HashSet<u64>,
}

impl Impossible {
    pub(super) fn new() -> Self {
        Self {
            gesture: Tally::new(&GESTURE),
            browser: Tally::new(&BROWSER),
            web_view: Tally::new(&WEB_VIEW),
            address: Tally::new(&ADDRESS),
            event_time: Tally::new(&EVENT_TIME),
            email: Tally::new(&EMAIL),
            hands: Cached::default(),
            class: Cached::default(),
            is_phone: Cached::default(),
            is_apple: Cached::default(),
            is_safari: Cached::default(),
            is_view: Cached::default(),
            is_reserved: Cached::default(),
            mails: HashSet::new(),
        }
    }

    fn gestures(&mut self, events: &EventBatch<'_>) {
        let (Some(class), Some(properties)) =
            (events.column("device_class"), events.column("properties"))
        else {
            return;
        };
        self.hands.learn(properties, hand);
        self.class.learn(class, |class| match class {
            "desktop" => Some(Hand::Pointer),
            "mobile" => Some(Hand::Touch),
            _ => None,
        });
        for row in 0..events.len() {
            let hand = self.hands.get(properties, row).unwrap_or(Hand::Either);
            let Some(own) = self.class.get(class, row).flatten().filter(|_| hand != Hand::Either)
            else {
                continue;
            };
            self.gesture.look(hand == own, || {
                let [class, gesture] = [class, properties].map(|column| shown(column, row));
                (events.place(row), format!("{gesture} on a device of class {class}"))
            });
        }
    }

    fn browsers(&mut self, events: &EventBatch<'_>) {
        let (Some(os), Some(browser)) = (events.column("os"), events.column("browser")) else {
            return;
        };
        self.is_apple.learn(os, |os| ["iOS", "iPadOS", "macOS"].contains(&os));
        self.is_safari.learn(browser, |browser| browser == "Safari");
        self.browser.saw(events.len());
        for row in 0..events.len() {
            if self.is_safari.get(browser, row) == Some(true)
                && self.is_apple.get(os, row) != Some(true)
            {
                self.browser.wrong(|| (events.place(row), format!("Safari on {}", shown(os, row))));
            }
        }
    }

    fn views(&mut self, events: &EventBatch<'_>) {
        let (Some(class), Some(agent)) =
            (events.column("device_class"), events.column("user_agent"))
        else {
            return;
        };
        self.is_phone.learn(class, |class| class == "mobile");
        self.is_view.learn(agent, |agent| agent.contains("BytedanceWebview"));
        self.web_view.saw(events.len());
        for row in 0..events.len() {
            if self.is_view.get(agent, row) == Some(true)
                && self.is_phone.get(class, row) != Some(true)
            {
                self.web_view.wrong(|| {
                    let [class, agent] = [class, agent].map(|column| shown(column, row));
                    (events.place(row), format!("{agent} on a device of class {class}"))
                });
            }
        }
    }

    fn addresses(&mut self, events: &EventBatch<'_>) {
        let Some(ip) = events.column("ip") else { return };
        self.is_reserved.learn(ip, is_reserved);
        self.address.saw(events.len());
        for row in 0..events.len() {
            if self.is_reserved.get(ip, row) == Some(false) {
                self.address.wrong(|| {
                    (events.place(row), format!("{} is in no reserved range", shown(ip, row)))
                });
            }
        }
    }

    fn ids(&mut self, events: &EventBatch<'_>) {
        let Some(ids) = events.column("event_id") else { return };
        for row in 0..events.len() {
            let Some(id) = ids.id(row) else { continue };
            let (millis, version) = ((id >> 80) as i64, id >> 76 & 15);
            let time = events.time[row];
            self.event_time.look(version == 7 && millis == time.div_euclid(1_000), || {
                let says = if version == 7 {
                    let told = moment(millis.saturating_mul(1_000));
                    format!("its id says {told}; it happened at {}", moment(time))
                } else {
                    format!("its id is a UUID of version {version}")
                };
                (events.place(row), says)
            });
        }
    }
}

/// What a gesture is made with, out of an event's properties.
fn hand(properties: &str) -> Hand {
    let object: Option<serde_json::Value> = serde_json::from_str(properties).ok();
    let gesture = object.as_ref().and_then(|object| object.get("gesture")?.as_str());
    match gesture {
        Some("swipe" | "tap" | "pinch" | "long_press") => Hand::Touch,
        Some("hover" | "click" | "key") => Hand::Pointer,
        _ => Hand::Either,
    }
}

/// Whether an IPv4 address is kept for benchmarks (RFC 2544) or for carriers' own networks (RFC 6598).
fn is_reserved(text: &str) -> bool {
    let Ok(address) = text.parse::<std::net::Ipv4Addr>() else { return false };
    matches!(address.octets(), [198, 18 | 19, ..] | [100, 64..=127, ..])
}

/// Whether an address is at a domain that nobody can have (RFC 2606).
fn is_example(mail: &str) -> bool {
    let Some((name, domain)) = mail.split_once('@') else { return false };
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let reserved = ["example.com", "example.net", "example.org", "example"];
    let known = reserved.iter().any(|end| match domain.strip_suffix(end) {
        Some("") => *end != "example",
        Some(front) => front.strip_suffix('.').is_some_and(plain),
        None => false,
    });
    known && !name.is_empty() && !name.contains([' ', '@'])
}

impl Observer for Impossible {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "users" => Wants::Columns(&["email"]),
            "events" => {
                Wants::Columns(&["device_class", "properties", "os", "browser", "user_agent", "ip"])
            }
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        let Some(column) = rows.column("email") else { return };
        for row in 0..rows.len() {
            let Some(mail) = column.text(row) else { continue };
            let new = self.mails.insert(hash::of_bytes(mail.as_bytes()));
            self.email.look(new && is_example(mail), || {
                let says =
                    if new { "is at no domain for examples" } else { "is somebody else's too" };
                (rows.place(row), format!("`{mail}` {says}"))
            });
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.gestures(events);
        self.browsers(events);
        self.views(events);
        self.addresses(events);
        self.ids(events);
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let tallies =
            [self.gesture, self.browser, self.web_view, self.address, self.event_time, self.email];
        tallies.map(Tally::verdict).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_domains_for_examples_are_examples() {
        for mail in ["a.b@example.com", "a@mail.example.org", "a@shop.example"] {
            assert!(is_example(mail), "{mail}");
        }
        for mail in [
            "a@example",
            "a@example.de",
            "a@badexample.com",
            "@example.com",
            "a@x.y.example",
            "a b@example.net",
            "a@b@example.com",
        ] {
            assert!(!is_example(mail), "{mail}");
        }
    }

    #[test]
    fn only_reserved_ranges_are_reserved() {
        assert!(
            ["198.18.0.1", "198.19.255.255", "100.64.0.0", "100.127.9.9"].map(is_reserved)
                == [true; 4]
        );
        assert!(
            ["8.8.8.8", "198.20.0.1", "100.63.0.0", "100.128.0.0", "198.18.1"].map(is_reserved)
                == [false; 5]
        );
    }
}
