//! Motifs that honest traffic has not.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Kind, check_of, checks};
use crate::check::entities::Entities;
use crate::check::pass::{Seen, moment};
use crate::check::{Cached, Check, Context, Interned, Observer, Rows, Tally, Verdict, Wants};
use crate::read::hash::{self, NONE, Words};
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 1] = [Kind::new(
    "anomalies.fraud_pattern",
    &["sessions", "devices", "users", "orders", "payments"],
    &[],
    "Nobody begins three checkouts and more in a visit that are declined and never paid, buys on a device never seen before from a country never seen before, or buys with three others from one address with one coupon within three days.",
    "It is paid for twice: with goods and with fees.",
)
.and_statistically()];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Checkouts of a visit that were declined and never paid: honest traffic has one, seldom two.
const CARDS: usize = 3;
/// Accounts that buy from one address with one coupon: a household has fewer.
const ACCOUNTS: usize = 4;
/// Within µs: three days.
const DAYS: i64 = 3 * 86_400_000_000;

/// A purchase with a coupon: coupon and address, then when, who and in which session.
type Redeemed = ((u32, u32), i64, u32, u32);

/// Looks for all of them.
pub(super) struct Motifs {
    tally: Tally,
    words: Words,
    country: Interned,
    coupon: Interned,
    ip: Cached<u32>,
    city: Cached<u32>,
    /// By session: country, and address with city.
    places: Vec<(u32, u32)>,
    /// Sessions that something was bought in.
    bought: HashSet<u32>,
    redeemed: Vec<Redeemed>,
    /// By session: the checkouts that were declined.
    declined: BTreeMap<u32, HashSet<u128>>,
    /// Checkouts that came to an order.
    paid: HashSet<u128>,
}

impl Motifs {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let written = |table: &str| context.data.table(table).is_some();
        let sessions = if written("orders") { context.entities.sessions.len() } else { 0 };
        Self {
            tally: Tally::new(check_of("anomalies.fraud_pattern")),
            words: Words::default(),
            country: Interned::default(),
            coupon: Interned::default(),
            ip: Cached::default(),
            city: Cached::default(),
            places: vec![(NONE, NONE); sessions],
            bought: HashSet::new(),
            redeemed: Vec::new(),
            declined: BTreeMap::new(),
            paid: HashSet::new(),
        }
    }

    fn sessions(&mut self, rows: &Rows<'_>) {
        let columns = ["country", "city", "ip"].map(|name| rows.column(name));
        let [Some(country), Some(city), Some(ip)] = columns else { return };
        self.country.learn(country, &mut self.words);
        let short = |text: &str| hash::of_bytes(text.as_bytes()) as u32;
        self.city.learn(city, short);
        self.ip.learn(ip, short);
        for row in 0..rows.len() {
            if let Some(place) = self.places.get_mut(rows.ordinal(row) as usize) {
                let [city, ip] = [self.city.get(city, row), self.ip.get(ip, row)];
                let address = city.zip(ip).map(|(city, ip)| city.rotate_left(16) ^ ip);
                *place = (self.country.key(country, row), address.unwrap_or(NONE));
            }
        }
    }

    fn orders(&mut self, rows: &Rows<'_>) {
        let coupons = rows.column("coupon");
        if let Some(coupons) = coupons {
            self.coupon.learn(coupons, &mut self.words);
        }
        self.tally.saw(rows.len());
        for row in 0..rows.len() {
            let Some(of) = rows.entities.orders.get(rows.ordinal(row) as usize) else { continue };
            let Some(&(_, address)) = self.places.get(of.session as usize) else { continue };
            self.bought.insert(of.session);
            let coupon = coupons.map_or(NONE, |coupons| self.coupon.key(coupons, row));
            if coupon != NONE && address != NONE {
                self.redeemed.push(((coupon, address), of.placed, of.user, of.session));
            }
        }
    }

    fn payments(&mut self, rows: &Rows<'_>) {
        self.tally.saw(rows.len());
        let [status, order] = ["status", "order_id"].map(|name| rows.column(name));
        for row in 0..rows.len() {
            let checkout = rows.column("checkout_id").and_then(|column| column.id(row));
            let Some(checkout) = checkout else { continue };
            if order.is_some_and(|column| column.is_valid(row)) {
                self.paid.insert(checkout);
                continue;
            }
            if status.and_then(|column| column.text(row)) == Some("declined") {
                let session = rows.entities.find("sessions", rows.column("session_id"), row);
                if session != NONE {
                    self.declined.entry(session).or_default().insert(checkout);
                }
            }
        }
    }

    /// Follows everybody who bought from visit to visit.
    fn takeovers(&mut self, entities: &Entities) {
        let buyers: HashSet<u32> = self.bought.iter().map(|at| entities.user_of(*at)).collect();
        let all = 0..entities.sessions.len() as u32;
        let own = all.filter_map(|at| {
            let user = entities.user_of(at);
            let of = entities.sessions.at(at);
            buyers.contains(&user).then_some((user, of.started, at, of.device))
        });
        let mut visits: Vec<(u32, i64, u32, u32)> = own.filter(|visit| visit.0 != NONE).collect();
        visits.sort_unstable();
        for of_user in visits.chunk_by(|one, other| one.0 == other.0) {
            for (nth, (_, started, at, device)) in of_user.iter().enumerate() {
                let (before, country) = (&of_user[..nth], self.places[*at as usize].0);
                let is_new = |(_, _, other, held): &(u32, i64, u32, u32)| {
                    held != device && self.places[*other as usize].0 != country
                };
                if nth > 0 && self.bought.contains(at) && before.iter().all(is_new) {
                    self.tally.wrong(|| {
                        let says = format!(
                            "buys at {} on a new device from {}, where its person never was",
                            moment(*started),
                            self.words.word(country)
                        );
                        (entities.place("sessions", *at), says)
                    });
                }
            }
        }
    }

    /// Looks at each address and coupon, for as long as a ring may take.
    fn rings(&mut self, entities: &Entities) {
        let mut redeemed = std::mem::take(&mut self.redeemed);
        redeemed.sort_unstable();
        for alike in redeemed.chunk_by(|one, other| one.0 == other.0) {
            if alike.len() < ACCOUNTS {
                continue;
            }
            let mut ring: BTreeSet<usize> = BTreeSet::new();
            for first in 0..alike.len() {
                let until = alike[first].1.saturating_add(DAYS);
                let end = alike.partition_point(|one| one.1 <= until);
                let accounts: HashSet<u32> = alike[first..end].iter().map(|one| one.2).collect();
                if accounts.len() >= ACCOUNTS {
                    ring.extend(first..end);
                }
            }
            for at in ring {
                let session = alike[at].3;
                self.tally.wrong(|| {
                    let says = "buys from an address from which three others do with the same coupon within three days";
                    (entities.place("sessions", session), says)
                });
            }
        }
    }

    fn runs(&mut self, entities: &Entities) {
        let paid = std::mem::take(&mut self.paid);
        for (session, mut checkouts) in std::mem::take(&mut self.declined) {
            // One that a later attempt paid for is a purchase.
            checkouts.retain(|checkout| !paid.contains(checkout));
            if checkouts.len() >= CARDS {
                self.tally.wrong(|| {
                    let many = checkouts.len();
                    let says = format!("has {many} checkouts that were declined and never paid");
                    (entities.place("sessions", session), says)
                });
            }
        }
    }
}

impl Observer for Motifs {
    fn wants(&self, table: &Table) -> Wants {
        match table.name.as_str() {
            "sessions" => Wants::Columns(&["country", "city", "ip"]),
            "orders" => Wants::Columns(&["coupon"]),
            "payments" => Wants::Columns(&["session_id", "checkout_id", "order_id", "status"]),
            _ => Wants::Nothing,
        }
    }

    fn see(&mut self, rows: &Rows<'_>) {
        match rows.table.name.as_str() {
            "sessions" => self.sessions(rows),
            "orders" => self.orders(rows),
            _ => self.payments(rows),
        }
    }

    fn done(&mut self, table: &Table, entities: &Entities) {
        match table.name.as_str() {
            "orders" => {
                self.takeovers(entities);
                self.rings(entities);
                // The events need the room.
                (self.places, self.bought) = (Vec::new(), HashSet::new());
            }
            "payments" => self.runs(entities),
            _ => {}
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        vec![self.tally.verdict()]
    }
}
