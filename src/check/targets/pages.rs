//! Times on pages: how fast the first one stands, how soon the hook shows, how long people stay with what they use.

use crate::check::seats;
use crate::check::targets::share::{ERRORS, Estimate, errors_of};
use crate::check::verdict::{Measure, Tally};
use crate::check::{Check, Context, EventBatch, Observer, Seen, Verdict, Wants};
use crate::read::hash::NONE;
use crate::schema::Table;

const EVENTS: &[&str] = &["events", "sessions", "devices"];

/// The checks.
pub(super) static CHECKS: &[Check] = &[
    Check::new(
        "targets.landing_load",
        EVENTS,
        "On every device profile, the share of sessions whose first page stands within two seconds is at least what the profile \
         promises; for sources that open links in an app, what it promises of its web view.",
        "Slow devices must be slow and fast ones fast, or a test of a device optimiser optimises nothing.",
    )
    .with_world(),
    Check::new(
        "targets.hook_time",
        &["events", "sessions"],
        "A hook shows within three seconds of its page.",
        "A visitor from a social feed does not wait longer.",
    ),
    Check::new(
        "targets.time_on_page",
        &["events", "sessions"],
        "Pages on which the comparison is used are stayed on for two minutes on average, those with the calculator for three.",
        "Research takes time; tools of analysis tell interest by it.",
    ),
];

const LANDING: usize = 0;
const HOOK: usize = 1;
const STAYS: usize = 2;

/// A first page is fast below that, ms.
const FAST: i64 = 2000;
/// A hook shows within that, µs.
const HOOK_WITHIN: i64 = 3_000_000;
/// Tools and how long, on average, one stays on a page on which one uses them, in seconds.
const TOOLS: [(&str, f64); 2] = [("comparison_used", 120.0), ("calculator_used", 180.0)];

/// The page that a session is on.
#[derive(Debug, Clone, Copy, Default)]
struct Stay {
    /// Since when, in µs; none before the first page.
    since: Option<i64>,
    /// Whether nobody knows what was before, because the session was through already.
    is_lost: bool,
    /// The tool used on it, from 1; 0 for none.
    tool: u8,
}

/// First pages of one sort of session.
#[derive(Debug, Clone)]
struct Landings {
    name: String,
    promised: f64,
    seen: u64,
    fast: u64,
}

/// Watches pages come and go.
pub(super) struct Pages {
    /// By profile word: its two sorts of sessions, from links in a browser and from links in an app.
    profiles: Vec<Option<[Landings; 2]>>,
    /// By source word: whether its links open in an app.
    in_app: Vec<bool>,
    /// By seat.
    stays: Vec<Stay>,
    /// By event type: the tool that it says is used, from 1.
    tools: Vec<u8>,
    hook_shown: u32,
    hook: Tally,
    /// By tool: stays, their sum and that of their squares, in seconds.
    times: [(u64, f64, f64); TOOLS.len()],
}

impl Pages {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let words = &context.entities.words;
        let each = || (0..words.len() as u32).map(|key| words.word(key));
        let profile = |word: &str| {
            let found =
                context.world?.models.devices.iter().find(|profile| profile.name == word)?;
            let landings = |name: String, promised| Landings { name, promised, seen: 0, fast: 0 };
            let within = found.fast_share_in_app.unwrap_or(found.fast_share);
            Some([
                landings(word.to_owned(), found.fast_share),
                landings(format!("{word}, links in an app"), within),
            ])
        };
        let in_app = |word: &str| {
            let sources = context.world.map_or(&[][..], |world| &world.models.sources);
            sources.iter().any(|source| source.in_app && source.name == word)
        };
        let tool = |name: &str| {
            TOOLS.iter().position(|(tool, _)| *tool == name).map_or(0, |place| place as u8 + 1)
        };
        let events = &context.schemas.events;
        let hook = events.iter().position(|event| event.name == "hook_shown");
        Self {
            profiles: each().map(profile).collect(),
            in_app: each().map(in_app).collect(),
            stays: Vec::new(),
            tools: events.iter().map(|event| tool(&event.name)).collect(),
            hook_shown: hook.map_or(NONE, |place| place as u32),
            hook: Tally::new(&CHECKS[HOOK]),
            times: [(0, 0.0, 0.0); TOOLS.len()],
        }
    }

    /// The first page of a session.
    fn land(&mut self, events: &EventBatch<'_>, row: usize, load: i64) {
        let facts = events.facts(row);
        let in_app = self.in_app.get(facts.source as usize).copied().unwrap_or(false);
        if let Some(Some(sorts)) = self.profiles.get_mut(facts.profile as usize) {
            let sort = &mut sorts[usize::from(in_app)];
            sort.seen += 1;
            sort.fast += u64::from(load < FAST);
        }
    }

    /// A page is left for another.
    fn leave(&mut self, stay: Stay, now: i64) {
        if let (Some(tool), Some(since)) = (usize::from(stay.tool).checked_sub(1), stay.since) {
            let seconds = (now - since) as f64 / 1e6;
            let (stays, sum, squares) = &mut self.times[tool];
            *stays += 1;
            *sum += seconds;
            *squares += seconds * seconds;
        }
    }
}

/// When a hook showed, in words.
fn late(after: Option<i64>) -> String {
    match after {
        Some(after) => format!("{:.1} s after its page", after as f64 / 1e6),
        None => "before any page".to_owned(),
    }
}

impl Observer for Pages {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() {
            Wants::Columns(&["session_seq", "page_load_ms"])
        } else {
            Wants::Nothing
        }
    }

    fn see_events(&mut self, events: &EventBatch<'_>) {
        let (Some(load), Some(sequence)) =
            (events.column("page_load_ms"), events.column("session_seq"))
        else {
            return;
        };
        for seated in events.seated {
            let stay = Stay { is_lost: seated.again, ..Stay::default() };
            seats::set(&mut self.stays, seated.seat, stay);
        }
        for row in 0..events.len() {
            let seat = events.seat[row] as usize;
            let Some(&stay) = self.stays.get(seat) else { continue };
            let (kind, now) = (events.kind[row], events.time[row]);
            if let Some(load) = load.long(row) {
                if sequence.long(row) == Some(1) {
                    self.land(events, row, load);
                }
                self.leave(stay, now);
                self.stays[seat] = Stay { since: Some(now), ..Stay::default() };
            } else if kind == self.hook_shown && !stay.is_lost {
                let after = stay.since.map(|since| now - since);
                let is_soon = after.is_some_and(|after| (0..=HOOK_WITHIN).contains(&after));
                self.hook.look(is_soon, || (events.place(row), late(after)));
            } else if let Some(&tool) = self.tools.get(kind as usize)
                && tool != 0
            {
                self.stays[seat].tool = tool;
            }
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        let mut landing = Tally::new(&CHECKS[LANDING]);
        let sorts = self.profiles.into_iter().flatten().flatten().filter(|sort| sort.seen > 0);
        let sorts: Vec<Landings> = sorts.collect();
        let errors = errors_of(sorts.len());
        for sort in sorts {
            let Landings { name, promised, seen, fast } = sort;
            let value = fast as f64 / seen as f64;
            let least = Estimate { seen, rate: value, design: 1.0 }.bounds(promised, errors).0;
            let says = format!("{value:.3} of {seen} first pages within 2 s, promised {promised}");
            landing.saw(seen as usize);
            let measure = Measure::new(&name, value, seen).within(least, None);
            landing.weigh(measure, || (name, says));
        }
        let mut stays = Tally::new(&CHECKS[STAYS]);
        for ((tool, least), (seen, sum, squares)) in TOOLS.iter().zip(self.times) {
            if seen == 0 {
                continue;
            }
            let n = seen as f64;
            let (value, variance) = (sum / n, (squares / n - (sum / n).powi(2)).max(0.0));
            let least = least - ERRORS * (variance / n).sqrt();
            stays.saw(seen as usize);
            let name = format!("seconds on pages with {tool}");
            let measure = Measure::new(&name, value, seen).within(least, None);
            stays.weigh(measure, || (name, format!("{value:.0} s on average of {seen}")));
        }
        vec![landing.verdict(), self.hook.verdict(), stays.verdict()]
    }
}
