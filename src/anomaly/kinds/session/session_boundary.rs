//! `session_boundary`: sessions that do not end where a pause is, or end where none is.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Param, ParamType, Scope};
use crate::anomaly::kinds::wake;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static SESSION_BOUNDARY: Kind = Kind::new(
    "session_boundary",
    Scope::Session,
    "Splits a session without a pause, or merges two over one; counts, places and spans are those of what is there then.",
    "A session ends after half an hour of silence.",
)
.needs(&["events", "sessions", "journeys"])
.takes(&[
    Param::new("how", ParamType::Some(&["split", "merge"]), "Whether it splits or merges."),
    Param::new(
        "most_h",
        ParamType::Number(0.5..=720.0, 24.0),
        "Over which pause, at most, sessions are merged, in hours.",
    ),
])
.acts(&SessionBoundary);

struct SessionBoundary;

impl Act for SessionBoundary {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(RowRef { ordinal: session, .. }) = site else { return None };
        let turns: Vec<&str> = params.turns("how", draw).collect();
        turns.into_iter().find_map(|how| match how {
            "split" => split(ground, session, draw),
            _ => wake::merge(ground, session, (params.number("most_h") * 3.6e9) as i64),
        })
    }
}

/// Splits a session before a view of a page.
fn split(ground: &Ground<'_>, session: u32, draw: &mut Stream) -> Option<Incident> {
    (ground.session(session).page_views > 1).then_some(())?;
    let events = ground.events(session);
    let views = events.iter().skip(1).filter(|event| event.row.load_ms > 0);
    let views: Vec<u16> = views.map(|event| event.row.sequence).collect();
    let from = *views.get(draw.below(views.len().max(1) as u32) as usize)?;
    wake::split(ground, session, &events, |event| event.row.sequence >= from, draw)
}
