//! `event_after_withdrawal`: an event recorded as if consent had not ended.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Scope};
use crate::anomaly::value::Value;
use crate::event::journal::Session;
use crate::population::Consent;
use crate::population::consent::signals;
use crate::scenario::ledger::state::{DENIED, GRANTED};
use crate::seed::Stream;

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
        let ids = ground.values(session, &["anonymous_id", "device_id"]);
        let mut cells = vec![
            ("consent".to_owned(), Value::Text("granted".to_owned())),
            ("consent_mode".to_owned(), Value::Text(mode.to_owned())),
        ];
        cells.extend(["anonymous_id", "device_id"].map(str::to_owned).into_iter().zip(ids));
        if of.known_from <= event.row.time {
            cells.push(("user_id".to_owned(), Value::Id(world.people.user_id(of.user))));
        }
        Some(Incident::new().set_all(row, cells))
    }
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
