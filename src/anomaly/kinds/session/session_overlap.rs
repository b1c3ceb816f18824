//! `session_overlap`: one device in two sessions at once.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Event, Ground, RowRef, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::kinds::wake;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static SESSION_OVERLAP: Kind = Kind::new(
    "session_overlap",
    Scope::Session,
    "Lets one device have two sessions at once, as two tabs without a common id would; each has its own counts, places and span.",
    "Sessions of a device are disjoint.",
)
.needs(&["events", "sessions", "journeys"])
.takes(&[Param::new(
    "share",
    ParamType::Number(0.05..=0.95, 0.5),
    "Share of the events that are the second session's, from its first one on.",
)])
.acts(&SessionOverlap);

struct SessionOverlap;

/// Fewer events are no two visits.
const FEWEST: u32 = 6;

impl Act for SessionOverlap {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        let of = ground.session(session);
        (of.events >= FEWEST && of.page_views > 1).then_some(())?;
        let events = ground.events(session);
        let last = events.last()?;
        // The second tab is opened by a view of a page while the first one is still in use.
        let opens = |event: &&Event| event.row.load_ms > 0 && event.row.time < last.row.time;
        let views: Vec<u16> =
            events.iter().skip(1).filter(opens).map(|event| event.row.sequence).collect();
        let from = *views.get(draw.below(views.len().max(1) as u32) as usize)?;
        let share = params.number("share");
        let is_moved: Vec<bool> = events
            .iter()
            .map(|event| {
                let tossed = draw.chance(share);
                let sequence = event.row.sequence;
                sequence == from || (sequence > from && sequence < last.row.sequence && tossed)
            })
            .collect();
        let is_moved =
            |event: &Event| is_moved.get(usize::from(event.row.sequence)).copied().unwrap_or(false);
        wake::split(ground, session, &events, is_moved, draw)
    }
}
