//! Sessions and orders as automata: what comes after what, and where a session ends.

use std::collections::HashMap;

use super::{Kind, check_of, checks};
use crate::check::entities::NEVER;
use crate::check::pass::{Seen, moment};
use crate::check::seats;
use crate::check::{Check, Context, EventBatch, Observer, Tally, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

/// The kinds.
pub(super) const KINDS: [Kind; 6] = [
    Kind::new(
        "anomalies.step_order",
        &["events"],
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
        &["events"],
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

/// What must have happened before in the session: of these, one at least.
const STEPS: [(&str, &[&str]); 10] = [
    ("order_completed", &["payment_info_entered", "one_click_started"]),
    ("order_completed", &["checkout_started", "one_click_started"]),
    ("payment_failed", &["payment_info_entered", "one_click_started"]),
    ("payment_info_entered", &["checkout_started"]),
    ("gallery_swiped", &["gallery_entered"]),
    ("gallery_completed", &["gallery_entered"]),
    ("document_completed", &["document_opened"]),
    ("hook_engaged", &["hook_shown"]),
    ("exit_offer_shown", &["exit_intent_detected"]),
    ("exit_offer_engaged", &["exit_offer_shown"]),
];

/// Follows sessions through the steps.
pub(super) struct Steps {
    order: Tally,
    missing: Tally,
    /// By event type: its bit, if some step needs it.
    bits: Vec<u16>,
    /// By event type: which bits its steps need, one of each.
    needs: Vec<Vec<u16>>,
    /// By seat: whose, and what has happened.
    seen: Vec<(u32, u16)>,
    /// Of sessions that something was early in: what has happened by their end.
    ends: HashMap<u32, u16>,
    /// What came too early: the session, the bits that it needs, and the event.
    early: Vec<(u32, u16, String, String)>,
}

impl Steps {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let mut needed: Vec<&str> =
            STEPS.iter().flat_map(|(_, before)| before.iter().copied()).collect();
        needed.sort_unstable();
        needed.dedup();
        let bit =
            |name: &str| needed.iter().position(|known| *known == name).map_or(0, |at| 1 << at);
        let names: Vec<&str> =
            context.schemas.events.iter().map(|event| event.name.as_str()).collect();
        let of_any = |before: &[&str]| before.iter().fold(0, |bits, name| bits | bit(name));
        let needs = |name: &&str| {
            let own = STEPS.iter().filter(|(step, _)| step == name);
            own.map(|(_, before)| of_any(before)).collect()
        };
        Self {
            order: Tally::new(check_of("anomalies.step_order")),
            missing: Tally::new(check_of("anomalies.step_missing")),
            bits: names.iter().map(|name| bit(name)).collect(),
            needs: names.iter().map(needs).collect(),
            seen: Vec::new(),
            ends: HashMap::new(),
            early: Vec::new(),
        }
    }
}

impl Steps {
    /// A session is through: what has happened by then is kept if anybody will ask.
    fn end(&mut self, seat: u32) {
        let (session, seen) = std::mem::replace(&mut self.seen[seat as usize], (NONE, 0));
        if let Some(end) = self.ends.get_mut(&session) {
            *end |= seen;
        }
    }
}

impl Observer for Steps {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() { Wants::Columns(&[]) } else { Wants::Nothing }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.order.saw(events.len());
        self.missing.saw(events.len());
        for seated in events.seated {
            // Of what comes after the end nobody asks what was before.
            let new = if seated.again { (NONE, u16::MAX) } else { (seated.session, 0) };
            seats::set(&mut self.seen, seated.seat, new);
        }
        for row in 0..events.len() {
            let (kind, session) = (events.kind[row] as usize, events.session[row]);
            let (Some(bit), true) = (self.bits.get(kind), session != NONE) else { continue };
            let place = events.seat[row] as usize;
            for need in &self.needs[kind] {
                if self.seen[place].1 & need == 0 && self.early.len() < EARLY {
                    let name =
                        events.column("event_name").and_then(|of| of.text(row)).unwrap_or_default();
                    let before = STEPS.iter().filter(|(step, _)| *step == name);
                    let before: Vec<String> =
                        before.map(|(_, before)| before.join(" or ")).collect();
                    let says =
                        format!("{name} comes without {} before in its session", before.join(", "));
                    self.early.push((session, *need, events.place(row), says));
                    self.ends.insert(session, 0);
                }
            }
            self.seen[place].1 |= bit;
        }
        events.through.iter().for_each(|through| self.end(through.seat));
    }

    fn finish(mut self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        (0..self.seen.len() as u32).for_each(|seat| self.end(seat));
        for (session, need, place, says) in self.early {
            // What comes later came out of order; what never comes is missing.
            let comes = self.ends.get(&session).is_some_and(|seen| seen & need != 0);
            let tally = if comes { &mut self.order } else { &mut self.missing };
            tally.wrong(|| (place, says));
        }
        vec![self.order.verdict(), self.missing.verdict()]
    }
}

/// Steps that are remembered until it is known whether they were early or alone.
const EARLY: usize = 1 << 18;

/// Half an hour in µs: the pause that ends a session.
const PAUSE: i64 = 1_800_000_000;

/// Follows the pauses within sessions and between them.
pub(super) struct Boundaries {
    tally: Tally,
    /// By seat: the session's last event, or [`NEVER`].
    last: Vec<i64>,
}

impl Boundaries {
    pub(super) fn new() -> Self {
        Self { tally: Tally::new(check_of("anomalies.session_boundary")), last: Vec::new() }
    }
}

impl Observer for Boundaries {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() { Wants::Columns(&[]) } else { Wants::Nothing }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        self.tally.saw(events.len());
        let sessions = &events.entities().sessions;
        for seated in events.seated {
            let last = if seated.again { sessions.at(seated.session).ended } else { NEVER };
            seats::set(&mut self.last, seated.seat, last);
        }
        for row in (0..events.len()).filter(|row| events.session[*row] != NONE) {
            let last = &mut self.last[events.seat[row] as usize];
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
            (0..of.len() as u32).filter(|at| of[*at as usize].device != NONE).collect();
        order.sort_unstable_by_key(|at| (of[*at as usize].device, of[*at as usize].started));
        for pair in order.windows(2) {
            let [before, after] = [pair[0] as usize, pair[1] as usize];
            if of[before].device != of[after].device {
                continue;
            }
            let pause = of[after].started.saturating_sub(of[before].ended);
            // What overlaps is another kind's affair.
            self.tally.look(!(0..PAUSE).contains(&pause), || {
                let [started, ended] = [of[after].started, of[before].ended].map(moment);
                let says =
                    format!("starts at {started}; the one before on its device ends at {ended}");
                (context.entities.place("sessions", pair[1]), says)
            });
        }
        vec![self.tally.verdict()]
    }
}
