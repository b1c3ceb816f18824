//! `event_outside_session`: an event before its session's start, or after its end.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Event, Ground, RowRef, Site};
use crate::anomaly::incident::{Incident, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::kinds::wake;
use crate::anomaly::value::Value;
use crate::scenario::fills;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static EVENT_OUTSIDE_SESSION: Kind = Kind::new(
    "event_outside_session",
    Scope::Session,
    "Moves the time of a session's first event before its start, or of its last one after its end; the key tells the new time.",
    "An event lies between its session's start and end.",
)
.critical()
.drizzles(1e-4)
.needs(&["events", "sessions"])
.takes(&[
    Param::new("how", ParamType::Some(&["before", "after"]), "On which side."),
    Param::new(
        "most_s",
        ParamType::Number(0.001..=1_700.0, 1_200.0),
        "By how many seconds at most: less than the pause that ends a session.",
    ),
])
.acts(&EventOutsideSession);

struct EventOutsideSession;

/// The pause that ends a session, in µs.
const PAUSE: i64 = 1_800_000_000;

impl Act for EventOutsideSession {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        (ground.session(session).events > 2).then_some(())?;
        let events = ground.events(session);
        let turns: Vec<&str> = params.turns("how", draw).collect();
        let share = 0.05 + 0.95 * draw.unit();
        turns.into_iter().find_map(|how| {
            let (event, neighbour, sign) = match how {
                "before" => (events.first()?, events.get(1)?, -1),
                _ => (events.last()?, events.get(events.len() - 2)?, 1),
            };
            let room = PAUSE - (event.row.time - neighbour.row.time).abs() - 1;
            let by = ((params.number("most_s") * 1e6 * share) as i64).max(1_000).min(room);
            (by > 0).then(|| shifted(ground, event, sign * by)).flatten()
        })
    }
}

/// An event that happened so much earlier or later; one that happened later was sent and arrived as much later.
fn shifted(ground: &Ground<'_>, event: &Event, by: i64) -> Option<Incident> {
    // What orders say of their events goes by the time.
    let is_sale = ground.world().fills[usize::from(event.row.kind)] & fills::ORDER != 0;
    let time = event.row.time + by;
    let received = event.row.received + by.max(0);
    let device = ground.device_of(event.session)?;
    let device = &ground.context.journal.devices[device.ordinal as usize];
    let user = ground.user_row(device.user)?;
    let created = ground.context.journal.users[user.ordinal as usize].created;
    let fits = !is_sale
        && wake::is_as_known(ground, event.session, event.row.time, time)
        && time >= created.max(device.first_seen)
        && (by < 0 || device.last_seen > time)
        && received - time <= ground.world().lateness
        && ground.is_covered(received);
    fits.then_some(())?;
    let values = ground.values(event.at(), &["event_id", "sent_at"]);
    let mut to = vec![
        ("event_id", fresh::retimed(values[0].id()?, time)),
        ("event_time", Value::Long(time)),
    ];
    if by > 0 {
        to.push(("sent_at", Value::Long(values[1].number()? + by)));
        to.push(("received_at", Value::Long(received)));
    }
    Some(Incident::new().set_all(event.at(), cells(to)).effect(by as f64 / 1e6))
}
