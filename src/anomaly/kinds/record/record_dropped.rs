//! `record_dropped`: an event that never arrived.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::kind::{Kind, Scope};
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static RECORD_DROPPED: Kind = Kind::new(
    "record_dropped",
    Scope::Record,
    "Deletes an event.",
    "Places in a session are dense.",
)
.critical()
.drizzles(2e-4)
.acts(&RecordDropped);

struct RecordDropped;

impl Act for RecordDropped {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        _: &Params,
        _: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        // A session's last event leaves no gap.
        let is_last = u32::from(row.sequence) + 1 >= ground.session(row.ordinal).events;
        (!is_last).then(|| Incident::new().delete(row))
    }
}
