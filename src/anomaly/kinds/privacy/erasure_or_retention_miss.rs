//! `erasure_or_retention_miss`: rows that are still there, or still come, after their person was erased.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role};
use crate::anomaly::kind::{Detectability, Kind, Scope};
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static ERASURE_OR_RETENTION_MISS: Kind = Kind::new(
    "erasure_or_retention_miss",
    Scope::Privacy,
    "States a customer's erasure as carried out, whose rows are still there and still come.",
    "Nothing is left after the deadline.",
)
.critical()
.shows_in(Detectability::Metadata)
.needs(&["events", "sessions", "devices", "users", "erasure_requests"])
.acts(&ErasureMiss);

struct ErasureMiss;

const SECOND: i64 = 1_000_000;

impl Act for ErasureMiss {
    fn rows(&self, _: &Params) -> Vec<Rowset> {
        vec![Rowset::Users]
    }

    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        _: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let journal = ground.context.journal;
        let of = &journal.users[row.ordinal as usize];
        let requests = &journal.erasures;
        let has_none = ground.erasures_of(of.user).is_empty();
        (of.registered != NEVER && has_none && !requests.is_empty()).then_some(())?;
        // The last visit should not be there any more.
        let session = ground.sessions_of(of.user).next_back()?;
        let like = draw.below(requests.len() as u32);
        let model = &requests[like as usize];
        let requested = model.requested + SECOND + i64::from(draw.below(9_000_000));
        let last = ground.session(session).started;
        let people = &ground.world().people;
        let due = model.due + (requested - model.requested);
        // It takes its time as others do; a window in which nothing can be carried out in time has no others.
        let latest = due.min(last - SECOND);
        let [earliest, hasty] =
            [people.rest() + SECOND, 60 * SECOND].map(|after| requested + after);
        let earliest = if earliest < latest { earliest } else { hasty };
        let usual = requested + people.carried_out_after(draw);
        // Among the others it stands where it came.
        let next = requests.iter().map(|request| request.requested);
        let is_next = |at: &i64| *at > model.requested;
        let fits = next.filter(is_next).all(|next| next > requested);
        (earliest < latest && of.registered < requested && fits).then_some(())?;
        let between = earliest + ((latest - earliest) as f64 * draw.unit()) as i64;
        let completed = if usual <= latest { usual } else { between };
        // The law is that of where the user lives.
        let (words, lives) = (&ground.world().words.ledger, people.user(of.user));
        let jurisdiction = words.jurisdiction[usize::from(lives.country)][usize::from(lives.city)];
        let jurisdiction = words.jurisdictions.get(jurisdiction).to_owned();
        let cells = vec![
            ("request_id".to_owned(), fresh::key(draw)),
            ("user_id".to_owned(), ground.value(row, "user_id")),
            ("requested_at".to_owned(), Value::Long(requested)),
            ("jurisdiction".to_owned(), Value::Text(jurisdiction)),
            ("due_at".to_owned(), Value::Long(due)),
            ("completed_at".to_owned(), Value::Long(completed)),
            ("outcome".to_owned(), Value::Text("completed".to_owned())),
            ("reason".to_owned(), Value::Null),
        ];
        let survivor = RowRef::new(Rowset::Sessions, session);
        let incident = Incident::new()
            .insert(RowRef::new(Rowset::ErasureRequests, like), cells, None)
            // What contradicts the statement: it is to stay this user's, whatever else goes wrong.
            .touch(survivor, Role::Counterpart);
        Some(incident)
    }
}
