//! `personas/journeys/<journey>.toml`: an intention as a graph of stages, and its compiled form.
//!
//! The next stage is drawn from softmax(W\[stage\] + TILT\[mode\] + b E). The walk never computes it: for every
//! stage, task mode, bucket of E, and with or without a cart, an alias table stands ready.

use std::cell::RefCell;

use crate::diag::{Document, Located, Place, Table};
use crate::dist::Alias;
use crate::model::DeviceClass;
use crate::model::site::{EFFECTS, Effect, Site, StageBase, kind};

/// Task modes: what a visitor is about.
pub const MODES: [&str; 3] = ["browse", "evaluate", "buy"];

/// The rates that something can be set to.
pub const RATES: std::ops::RangeInclusive<f64> = 0.0001..=0.9999;

const BUCKETS: usize = 12;
const LOWEST: f64 = -2.4;
const STEP: f64 = 0.4;

/// The bucket of an engagement E: 12 of width 0.4 from -2.4, open at both ends.
#[inline]
pub fn bucket(engagement: f64) -> usize {
    (((engagement - LOWEST) / STEP).max(0.0) as usize).min(BUCKETS - 1)
}

/// What a moment needs in order to be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A device that offers a one-touch payment.
    OneClick,
    /// Something in the cart.
    Cart,
}

/// What a moment's rate is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The times that it was shown.
    Shown,
    /// The times that an earlier moment of the stage happened, by its ordinal there.
    Given(usize),
    /// The entries of its stage.
    Views,
}

/// A micro-conversion: offered on a stage, it happens with probability sigmoid(a + slope E + c), where calibration finds a.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Its name, unique in the journey.
    pub name: String,
    /// Its ordinal among the set-points of the world, which sets it.
    pub number: usize,
    /// The moment of the same stage visit that must have happened before.
    pub given: Option<usize>,
    /// What it needs.
    pub needs: Needs,
    /// Event that says it was shown.
    pub shows: Option<u8>,
    /// Median seconds from entry to that.
    pub shown_after: f64,
    /// Event that says it happened.
    pub emits: Option<u8>,
    /// Median seconds to that.
    pub after: f64,
    /// Mean further repetitions of the event.
    pub repeats: f64,
    /// The rate it is set to.
    pub target: f64,
    /// Where the file says so.
    pub place: Option<Place>,
    /// The rate that it must not fall below.
    pub floor: Option<f64>,
    /// What its rate is a share of.
    pub base: Base,
    /// How E moves it.
    pub slope: f64,
    /// Whether it catches the visitor (exit becomes rarer).
    pub hooks: bool,
    /// What it multiplies the rest of the dwell by.
    pub stays: f64,
    /// What it does.
    pub does: Option<Effect>,
    /// The stage that follows at once.
    pub then: Option<u8>,
}

/// A stage of a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Page, view, dwell.
    pub base: StageBase,
    /// What may happen there.
    pub moments: Vec<Moment>,
    targets: Vec<u8>,
    tables: Vec<Option<Alias>>,
}

impl Stage {
    /// The stages that can be chosen after this one.
    pub fn followers(&self) -> &[u8] {
        &self.targets
    }

    /// The stage that 64 uniform bits lead to; `None` when nothing can follow.
    #[inline]
    pub fn next(&self, cart: bool, mode: usize, bucket: usize, bits: u64) -> Option<u8> {
        let table =
            self.tables[(usize::from(cart) * MODES.len() + mode) * BUCKETS + bucket].as_ref()?;
        Some(self.targets[table.pick(bits)])
    }
}

/// The move to another device.
#[derive(Debug, Clone, PartialEq)]
pub struct Switch {
    /// Probability that a further session is on another device.
    pub probability: f64,
    /// Median hours between.
    pub hours: f64,
    /// Sigma of their log.
    pub sd: f64,
    /// Probability that the visitor is recognised there.
    pub succeeds: f64,
    /// Probability that the state is then restored.
    pub restores: f64,
    /// The stage entered with restored state.
    pub enters: u8,
}

/// A kind of journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// File name without extension.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it is.
    pub doc: String,
    /// The device classes on which it can start, by ordinal.
    pub starts_on: [bool; 3],
    /// The first stage.
    pub entry: u8,
    /// The stage at which a further session enters.
    pub resume: u8,
    /// Whether a message of an automation brings it about.
    pub message: bool,
    /// Probability that a session without an order is followed by another.
    pub again: f64,
    /// Most sessions it has.
    pub most: u8,
    /// The move to another device.
    pub switch: Option<Switch>,
    /// Its stages in order of depth.
    pub stages: Vec<Stage>,
}

/// How often it is followed, next to the shares that a persona gives other kinds, by people of a persona that does not name it.
pub(super) fn share(root: &Table<'_>) -> f64 {
    root.opt_number("share", 0.0..=1.0).unwrap_or(0.0)
}

impl Journey {
    /// Whether one can start on a device of that class for anybody: nothing must have come before, no message and no other device.
    pub fn opens_on(&self, class: DeviceClass) -> bool {
        self.starts_on[class as usize] && !self.message && self.switch.is_none()
    }

    /// Reads a file; what is wrong stands in the document's problems.
    pub fn read(name: &str, document: &Document, site: &Site, events: &[&str]) -> Self {
        let root = document.root();
        // The personas' weights hold it; here it is only looked at for mistakes.
        share(&root);
        let stages = root.named("stages");
        if stages.is_empty() {
            root.problem("stages", "a journey needs stages", "add [stages.<name>] with next = {…}");
        }
        let names: Vec<String> = stages.iter().map(|(name, _)| name.value.clone()).collect();
        let pulls: Vec<Pull> = stages.iter().map(|(_, table)| Pull::read(table)).collect();
        let moments = RefCell::default();
        let reader = Reader { site, events, names: &names, pulls: &pulls, moments };
        let bases: Vec<Option<StageBase>> =
            stages.iter().map(|(name, table)| reader.base(name, table)).collect();
        let stages = stages
            .iter()
            .zip(&bases)
            .map(|((name, table), base)| reader.stage(name, table, base.as_ref(), &bases))
            .collect();
        let sessions = root.table("sessions");
        let number = |key: &str, bounds| {
            sessions.as_ref().map_or(0.0, |table: &Table<'_>| table.number(key, bounds))
        };
        Self {
            name: name.to_owned(),
            label: root.text("label"),
            doc: root.text("doc"),
            starts_on: starts_on(&root),
            entry: reader.stage_named(root.located("entry")).unwrap_or(0),
            resume: sessions
                .as_ref()
                .and_then(|table| reader.stage_named(table.located("resume")))
                .unwrap_or(0),
            message: root.flag("message", false),
            again: number("again", 0.0..=1.0),
            most: sessions.as_ref().map_or(1, |table| table.integer("most", 1..=50) as u8),
            switch: root.opt_table("switch").map(|table| reader.switch(&table)),
            stages,
        }
    }
}

fn starts_on(root: &Table<'_>) -> [bool; 3] {
    let mut classes = [false; 3];
    for class in root.texts("starts_on") {
        if let Some(index) = class.one_of("device class", DeviceClass::NAMES) {
            classes[index] = true;
        }
    }
    if classes == [false; 3] {
        let help = "starts_on = [\"mobile\", \"desktop\", \"tablet\"]";
        root.problem("starts_on", "a journey starts on some class of device", help);
    }
    classes
}

/// How readily a stage is entered, by mode and by E.
struct Pull {
    modes: [f64; 3],
    slope: f64,
}

impl Pull {
    fn read(table: &Table<'_>) -> Self {
        let pull = table.opt_table("pull");
        let mode =
            |name| pull.as_ref().and_then(|pull| pull.opt_number(name, 0.0..=100.0)).unwrap_or(1.0);
        Self {
            modes: MODES.map(mode),
            slope: table.opt_number("slope", -10.0..=10.0).unwrap_or(0.0),
        }
    }
}

struct Reader<'r> {
    site: &'r Site,
    events: &'r [&'r str],
    names: &'r [String],
    pulls: &'r [Pull],
    /// The names of the moments read so far.
    moments: RefCell<Vec<String>>,
}

impl Reader<'_> {
    fn stage_named(&self, name: Option<Located<String>>) -> Option<u8> {
        let index = name?.one_of("stage", self.names.iter().map(String::as_str))?;
        Some(index as u8)
    }

    /// The shared stage of that name, or one that the journey brings itself.
    fn base(&self, name: &Located<String>, table: &Table<'_>) -> Option<StageBase> {
        if table.has("page") {
            return StageBase::read(table, self.site, self.events);
        }
        let shared = self.site.stages.iter().map(|(name, _)| name.as_str());
        if let Some(index) = shared.clone().position(|shared| shared == name.value) {
            return Some(self.site.stages[index].1.clone());
        }
        name.problem(
            format!("stage `{}` is not one of the site's", name.value),
            format!(
                "give it a page, a view and a dwell, or use one of: {}",
                shared.collect::<Vec<_>>().join(", ")
            ),
        );
        None
    }

    fn stage(
        &self,
        name: &Located<String>,
        table: &Table<'_>,
        base: Option<&StageBase>,
        bases: &[Option<StageBase>],
    ) -> Stage {
        let mut targets = Vec::new();
        let mut weights = Vec::new();
        let next = table.weights("next");
        let none = next.is_empty();
        for (target, weight) in next {
            let Some(index) = self.stage_named(Some(target)) else { continue };
            let pulls = self.pulls[usize::from(index)].modes.iter().any(|pull| *pull > 0.0);
            if weight > 0.0 && pulls {
                targets.push(index);
                weights.push(weight);
            }
        }
        if none {
            table.problem("next", "nothing follows this stage", "next = { <stage> = <weight> }");
        }
        let needs_cart =
            |target: u8| bases[usize::from(target)].as_ref().is_some_and(|base| base.needs_cart);
        let mut tables = Vec::with_capacity(2 * MODES.len() * BUCKETS);
        for cart in [false, true] {
            for mode in 0..MODES.len() {
                for bucket in 0..BUCKETS {
                    let engagement = LOWEST + (bucket as f64 + 0.5) * STEP;
                    let weights: Vec<f64> = targets
                        .iter()
                        .zip(&weights)
                        .map(|(&target, weight)| {
                            let pull = &self.pulls[usize::from(target)];
                            let open = f64::from(u8::from(cart || !needs_cart(target)));
                            open * weight * pull.modes[mode] * libm::exp(pull.slope * engagement)
                        })
                        .collect();
                    let some = weights.iter().any(|weight| *weight > 0.0);
                    tables.push(some.then(|| Alias::new(&weights)));
                }
            }
        }
        let mut moments: Vec<Moment> = Vec::new();
        for table in table.tables("moments") {
            let moment = self.moment(&table, &moments);
            moments.push(moment);
        }
        let base = base.cloned().unwrap_or(StageBase::NOWHERE);
        Stage { name: name.value.clone(), base, moments, targets, tables }
    }

    fn moment(&self, table: &Table<'_>, before: &[Moment]) -> Moment {
        let event = |key| table.opt_located(key).and_then(|name| kind(&name, self.events));
        let target = table.number("target", RATES);
        let seconds = |key| table.opt_number(key, 0.0..=1800.0).unwrap_or(0.0);
        let given = table
            .opt_located("given")
            .and_then(|name| name.one_of("moment", before.iter().map(|m| m.name.as_str())));
        let shows = event("shows");
        let of_views = table.opt_choice("of", &[("views", true)]).unwrap_or(false);
        let does = table.opt_choice("does", &EFFECTS);
        Moment {
            name: self.moment_name(table),
            number: 0,
            given,
            needs: table
                .opt_choice("needs", &[("one_click", Needs::OneClick), ("cart", Needs::Cart)])
                .unwrap_or(Needs::Nothing),
            shows,
            shown_after: seconds("shown_after"),
            emits: event("emits").or_else(|| self.own_event(does)),
            after: seconds("after"),
            repeats: table.opt_number("repeats", 0.0..=100.0).unwrap_or(0.0),
            target,
            place: table.place("target"),
            floor: table.opt_number("floor", 0.0..=target),
            base: match given {
                _ if of_views => Base::Views,
                _ if shows.is_some() => Base::Shown,
                Some(given) => Base::Given(given),
                None => Base::Views,
            },
            slope: table.opt_number("slope", -10.0..=10.0).unwrap_or(0.0),
            hooks: table.flag("hooks", false),
            stays: table.opt_number("stays", 0.1..=10.0).unwrap_or(1.0),
            does,
            then: self.stage_named(table.opt_located("then")),
        }
    }

    /// A moment's name, which no other of the journey bears: its rate is known by it.
    fn moment_name(&self, table: &Table<'_>) -> String {
        let name = table.text("name");
        let mut known = self.moments.borrow_mut();
        if known.contains(&name) {
            let help = "a moment's name is unique in its journey";
            table.problem("name", format!("another moment is called `{name}`"), help);
        }
        known.push(name.clone());
        name
    }

    /// The event by which an effect tells of itself where the file names none.
    fn own_event(&self, does: Option<Effect>) -> Option<u8> {
        let name = match does? {
            Effect::AddToCart => "product_added",
            Effect::RemoveFromCart => "product_removed",
            _ => return None,
        };
        self.events.iter().position(|event| *event == name).map(|index| index as u8)
    }

    fn switch(&self, table: &Table<'_>) -> Switch {
        Switch {
            probability: table.number("probability", 0.0..=1.0),
            hours: table.number("hours", 0.6..=720.0),
            sd: table.number("sd", 0.0..=4.0),
            succeeds: table.number("succeeds", 0.0..=1.0),
            restores: table.number("restores", 0.0..=1.0),
            enters: self.stage_named(table.located("enters")).unwrap_or(0),
        }
    }
}
