//! How a kind is done.

use crate::anomaly::ground::{Ground, Rowset, Site};
use crate::anomaly::incident::Incident;
use crate::anomaly::params::Params;
use crate::seed::Stream;

/// How incidents of a kind come about. An implementation is a pure function of what it is given: the same site gives the same incident,
/// however many others there are.
pub trait Act: Sync {
    /// For kinds that are picked from rows: rows of which tables.
    fn rows(&self, params: &Params) -> Vec<Rowset> {
        let _ = params;
        vec![Rowset::Events]
    }

    /// For kinds that touch the window as a whole: whether they leave a time empty, and so go before all others.
    fn empties(&self) -> bool {
        false
    }

    /// The incident at a site; none where the kind cannot happen there. It is asked of many more sites than are picked, so what is
    /// cheap to rule out comes first: the event's type before its values.
    ///
    /// What touches the window as a whole has a part in every range: it is none where it can be in no range, and empty where it touches
    /// nothing in this one. Its time, its notes and what else is said of it are the same in all ranges.
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident>;
}
