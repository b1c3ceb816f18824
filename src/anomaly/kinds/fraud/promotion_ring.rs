//! Promotion ring: accounts that buy from one address with one coupon, as if each were somebody else.

use super::could_be;
use crate::anomaly::Params;
use crate::anomaly::ground::{Ground, RowRef, Rowset};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::scenario::calendar::HOUR;
use crate::seed::Stream;
use crate::tables::sessions::has_persistent_ids;

/// Fewer accounts are a household.
const FEWEST: f64 = 4.0;

/// Kilometres that two cities of a country are apart at most, for who goes from one to the other: a long drive.
const NEXT_CITY: f64 = 100.0;

/// What the ring has in common.
const PLACE: [&str; 3] = ["region", "city", "ip"];

/// The incident, around a purchase of the user's with a coupon.
pub(super) fn incident(
    ground: &Ground<'_>,
    user: RowRef,
    params: &Params,
    draw: &mut Stream,
) -> Option<Incident> {
    let journal = ground.context.journal;
    let person = ground.user_of(user);
    let with_coupon = |at: &u32| journal.orders[*at as usize].coupon != u8::MAX;
    let own = ground.sessions_of(person).flat_map(|visit| ground.orders_in(visit));
    let own: Vec<u32> = own.filter(with_coupon).collect();
    let lead = &journal.orders[*own.get(draw.below(own.len().max(1) as u32) as usize)? as usize];
    let lasts = (params.number("hours") * HOUR as f64) as i64;
    let from = lead.placed - (draw.unit() * lasts as f64) as i64;
    let wanted = (params.integer("accounts") as f64 * (0.5 + draw.unit())).max(FEWEST) as usize;
    let home = ground.session(lead.session);
    // An address tells a fixed line from a mobile network: it must stay true.
    let is_mobile = |ip: u32| ip >> 22 == 0x6440_0000 >> 22;
    let fits = |at: &u32| {
        let order = &journal.orders[*at as usize];
        if order.coupon != lead.coupon || !(from..=from + lasts).contains(&order.placed) {
            return false;
        }
        let visit = ground.session(order.session);
        visit.user != person
            && visit.country == home.country
            && is_mobile(visit.ip) == is_mobile(home.ip)
            && could_be(ground, order.session, |_| NEXT_CITY)
    };
    let mut others: Vec<u32> =
        (0..ground.count_clean(Rowset::Orders) as u32).filter(fits).collect();
    others.dedup_by_key(|at| journal.orders[*at as usize].user);
    (others.len() as f64 >= FEWEST - 1.0).then_some(())?;
    let mut ring = Vec::new();
    while ring.len() + 1 < wanted && !others.is_empty() {
        ring.push(others.swap_remove(draw.below(others.len() as u32) as usize));
    }
    let place = ground.values(RowRef::new(Rowset::Sessions, lead.session), &PLACE);
    let mut incident = Incident::new();
    let (mut first, mut last) = (home.started, home.ended);
    for at in &ring {
        let visit = journal.orders[*at as usize].session;
        let of = ground.session(visit);
        (first, last) = (first.min(of.started), last.max(of.ended));
        // Pings tell no address.
        let told = |is_told: bool| {
            let all = PLACE.into_iter().zip(place.clone());
            cells(all.filter(move |(name, _)| is_told || *name != "ip"))
        };
        incident = incident.set_all(RowRef::new(Rowset::Sessions, visit), told(true));
        for event in ground.events(visit) {
            incident = incident.set_all(event.at(), told(has_persistent_ids(of)));
        }
        incident = incident.touch(RowRef::new(Rowset::Orders, *at), Role::Counterpart);
        let account = ground.user_row(of.user)?;
        incident = incident.touch(account, Role::Counterpart);
    }
    let coupon = ground.world().words.coupons.get(lead.coupon.into()).to_owned();
    let visit = RowRef::new(Rowset::Sessions, lead.session);
    incident = incident.touch(visit, Role::Counterpart).touch(user, Role::Counterpart);
    let count = ring.len() + 1;
    Some(incident.lasts(first, last).note("coupon", coupon).effect(count as f64))
}
