//! `event_after_withdrawal`: an event recorded as if consent had not ended.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Scope};
use crate::anomaly::value::Value;
use crate::event::ids::{self, Thing};
use crate::event::journal::{NONE, Row, Session};
use crate::population::Consent;
use crate::population::consent::signals;
use crate::scenario::fills;
use crate::scenario::ledger::state::{DENIED, GRANTED};
use crate::seed::Stream;
use crate::tables::sessions;

/// The kind.
pub(in crate::anomaly::kinds) static EVENT_AFTER_WITHDRAWAL: Kind = Kind::new(
    "event_after_withdrawal",
    Scope::Privacy,
    "Records an event as granted, with all its ids, after consent to analytics was withdrawn, expired or was superseded.",
    "Consent covers the purpose at the time.",
)
.critical()
.drizzles(2e-5)
.needs(&["events", "sessions", "consents"])
.acts(&EventAfterWithdrawal);

struct EventAfterWithdrawal;

impl Act for EventAfterWithdrawal {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        _: &Params,
        _: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let of = ground.session(row.ordinal);
        (of.consent == Consent::Denied as u8).then_some(())?;
        let before = ended(ground, of)?;
        let event = ground.event(row)?;
        let world = ground.world();
        let mode = world.words.ledger.modes.get(u32::from(before));
        let session = RowRef::new(Rowset::Sessions, row.ordinal);
        let own = ground.values(session, &OF_SESSION);
        let mut told: Vec<(&str, Value)> = vec![
            ("consent", Value::Text("granted".to_owned())),
            ("consent_mode", Value::Text(mode.to_owned())),
        ];
        told.extend(OF_SESSION.into_iter().zip(own));
        if of.known_from <= event.row.time {
            told.push(("user_id", Value::Id(world.people.user_id(of.user))));
        }
        told.extend(of_event(ground, of, &event.row));
        Some(Incident::new().set_all(row, cells(told)))
    }
}

/// What pings lack of what their session tells.
const OF_SESSION: [&str; 4] = ["anonymous_id", "device_id", "journey_id", "ip"];

/// What pings lack of what the event itself tells: cart, order, and the click id in the address of a visit's first page.
fn of_event(ground: &Ground<'_>, of: &Session, row: &Row) -> Vec<(&'static str, Value)> {
    let (world, journal) = (ground.world(), ground.context.journal);
    let fills = world.fills[usize::from(row.kind)];
    let mut told = Vec::new();
    if fills & fills::CART != 0 {
        told.push(("cart_id", Value::Id(ids::of(Thing::Cart, of.journey_key))));
    }
    if fills & fills::ORDER != 0 && row.extra != NONE {
        let key = journal.orders[row.extra as usize].key;
        told.push(("order_id", Value::Id(ids::of(Thing::Order, key))));
    }
    if row.sequence == 0 && fills & fills::PAGE != 0 && row.page != NONE {
        let mut url = Vec::new();
        sessions::landing_url(world, of, true, &mut url);
        told.push(("page_url", Value::Text(String::from_utf8_lossy(&url).into_owned())));
    }
    told
}

/// What the device of a session was granted, as bits, when that came to an end; none where analytics never was, or was refused anew.
fn ended(ground: &Ground<'_>, of: &Session) -> Option<u8> {
    let ledger = &ground.context.journal.consents;
    let of_user = ground.consents_of(of.user).map(|at| &ledger[at as usize]);
    let on_device =
        of_user.filter(|row| row.device == Some(of.device) && row.effective <= of.started);
    let (mut now, mut before) = (0, None);
    for row in on_device {
        let bit = signals::OF_PURPOSES[usize::from(row.purpose)];
        if bit == signals::ANALYTICS {
            // All that is granted ends together, analytics first.
            before = Some(now).filter(|_| !matches!(row.state, GRANTED | DENIED));
        }
        now = if row.state == GRANTED { now | bit } else { now & !bit };
    }
    before
}
