//! Sessions and orders as automata: what comes after what, and where a session ends.

use super::{Kind, check_of, checks};
use crate::check::entities::NEVER;
use crate::check::pass::{Seen, moment};
use crate::check::{Check, Context, EventBatch, Observer, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 6] = [
    Kind::new(
        "anomalies.step_order",
        &[],
        &[
            "keys.purchase_after_cart",
            "keys.payment_after_checkout",
            "keys.ordered_from_cart",
            "keys.sequence",
        ],
        "A funnel's steps come in their order: cart, checkout, payment, purchase.",
        "A funnel in which the last stage comes before the first converts more than everybody.",
    ),
    Kind::new(
        "anomalies.step_missing",
        &[],
        &[
            "keys.purchase_after_cart",
            "keys.payment_after_checkout",
            "keys.ordered_from_cart",
            "keys.sequence",
            "keys.order_events",
        ],
        "No mandatory step of a funnel is skipped.",
        "Whoever skips a step is lost to every rate of that step.",
    ),
    Kind::new(
        "anomalies.session_overlap",
        &[],
        &["keys.overlap"],
        "Sessions on a device do not overlap.",
        "One device in two visits at once is two devices, or one visit.",
    ),
    Kind::new(
        "anomalies.session_boundary",
        &["events", "sessions", "devices"],
        &["keys.session_numbers", "keys.journey_counts", "keys.sequence"],
        "A session has no pause of half an hour, and the next one on its device begins half an hour later at the earliest.",
        "Sessions computed from the events are others than those of the table.",
    ),
    Kind::new(
        "anomalies.event_outside_session",
        &[],
        &["keys.inside"],
        "Events happen within their session's start and end.",
        "An event outside belongs to no session that anybody could have computed.",
    ),
    Kind::new(
        "anomalies.order_state_invalid",
        &[],
        &["keys.order_states", "keys.payments"],
        "An order goes from placed to paid, shipped and delivered, and gives back no more than was paid.",
        "A state machine that is fed by the orders refuses any other way.",
    ),
];

/// The checks.
pub(super) static CHECKS: [Check; KINDS.len()] = checks(&KINDS);

/// Half an hour in µs: the pause that ends a session.
const PAUSE: i64 = 1_800_000_000;

/// Follows the pauses within sessions and between them.
pub(super) struct Boundaries {
    tally: Tally,
    /// By session: its last event.
    last: Vec<i64>,
}

impl Boundaries {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let sessions = context.entities.sessions.started.len();
        Self {
            tally: Tally::new(check_of("anomalies.session_boundary")),
            last: vec![NEVER; sessions],
        }
    }
}

impl Observer for Boundaries {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() { Wants::Columns(&[]) } else { Wants::Nothing }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.tally.saw(events.len());
        for row in (0..events.len()).filter(|row| events.session[*row] != NONE) {
            let Some(last) = self.last.get_mut(events.session[row] as usize) else { continue };
            let (time, before) = (events.time[row], *last);
            if before == NEVER || time > before {
                *last = time;
            }
            if before != NEVER && time.saturating_sub(before) >= PAUSE {
                self.tally.wrong(|| {
                    let says = format!(
                        "comes at {}, half an hour or more after {}",
                        moment(time),
                        moment(before)
                    );
                    (events.place(row), says)
                });
            }
        }
    }

    fn finish(mut self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let of = &context.entities.sessions;
        let mut order: Vec<u32> =
            (0..of.started.len() as u32).filter(|at| of.device[*at as usize] != NONE).collect();
        order.sort_unstable_by_key(|at| (of.device[*at as usize], of.started[*at as usize]));
        for pair in order.windows(2) {
            let [before, after] = [pair[0] as usize, pair[1] as usize];
            if of.device[before] != of.device[after] {
                continue;
            }
            let pause = of.started[after].saturating_sub(of.ended[before]);
            // What overlaps is another kind's affair.
            self.tally.look(!(0..PAUSE).contains(&pause), || {
                let [started, ended] = [of.started[after], of.ended[before]].map(moment);
                let says =
                    format!("starts at {started}; the one before on its device ends at {ended}");
                (context.entities.place("sessions", pair[1]), says)
            });
        }
        vec![self.tally.verdict()]
    }
}
