//! Micro-conversions happen at the rates that they are set to, in the whole and with differences between people, devices and
//! sources.

use crate::check::coverage;
use crate::check::targets::share::{ERRORS, Estimate, Share, errors_of};
use crate::check::verdict::{Measure, Part, Tally};
use crate::check::{Cached, Check, Context, EventBatch, Observer, Seen, Verdict, Wants};
use crate::model::DeviceClass;
use crate::model::site::Site;
use crate::read::hash::NONE;
use crate::scenario::World;
use crate::scenario::targets::{EXIT_CONVERTED, Target};
use crate::schema::Table;

const EVENTS: &[&str] = &["events", "sessions", "journeys", "devices", "users"];

/// The checks.
pub(super) static CHECKS: &[Check] = &[
    Check::new(
        "targets.set_points",
        EVENTS,
        "Every rate that the events show lies where the journey files or the scenario set it, within half a percentage point (or a \
         tenth of a rate that is rarer than that) or what chance explains, with the design effect of people who come more than \
         once: three standard errors of a rate that has a floor, which is promised by itself; of the others, which are many, so \
         many that all together are off by chance as often as one alone at three (Bonferroni; 3.75 of fifteen).",
        "Whoever sizes a test by a funnel's rates needs the rates that were asked for.",
    )
    .with_world(),
    Check::new(
        "targets.floors",
        EVENTS,
        "No rate lies below its floor by more than chance explains.",
        "The floors are what the product promises of a journey's stages.",
    )
    .with_world(),
];

const SET_POINTS: usize = 0;
const FLOORS: usize = 1;

/// What an event means for a rate.
#[derive(Debug, Clone, Copy)]
struct Role {
    target: usize,
    success: bool,
    /// It counts on this page only.
    page: Option<usize>,
}

/// Counts bases and successes of all rates that the events show.
pub(super) struct Rates {
    targets: Vec<Target>,
    site: Option<Site>,
    /// By journey kind of the world and event type: what such an event means.
    roles: Vec<Vec<Role>>,
    kinds: usize,
    /// By word: the journey kind, persona, class and source of that name.
    words: Vec<Labels>,
    personas: Vec<String>,
    sources: Vec<String>,
    /// By session: whether an exit offer was engaged with.
    offered: Vec<bool>,
    pages: Cached<Option<usize>>,
    shares: Vec<Share>,
    /// By target, persona, class and source: bases and successes.
    cells: Vec<[u64; 2]>,
    offer_engaged: u32,
}

/// What a word names; [`NONE`] where it names nothing of that sort.
#[derive(Debug, Clone, Copy)]
struct Labels {
    journey: u32,
    persona: u32,
    class: u32,
    source: u32,
}

impl Rates {
    /// Nothing counted yet. Without a world there is nothing to count.
    pub(super) fn new(context: &Context<'_>) -> Self {
        let targets = context.world.map(|world| world.targets.clone()).unwrap_or_default();
        let names = |list: Option<Vec<String>>| list.unwrap_or_default();
        let personas = names(
            context
                .world
                .map(|w| w.models.people.iter().map(|persona| persona.name.clone()).collect()),
        );
        let sources = names(
            context
                .world
                .map(|w| w.models.sources.iter().map(|source| source.name.clone()).collect()),
        );
        let kinds = context.schemas.events.len();
        let cells = targets.len() * personas.len() * DeviceClass::ALL.len() * sources.len();
        Self {
            roles: context.world.map(|world| roles(world, kinds)).unwrap_or_default(),
            site: context.world.map(|world| world.site.clone()),
            words: context.world.map(|world| labels(context, world)).unwrap_or_default(),
            offered: vec![false; context.entities.sessions.len()],
            shares: vec![Share::default(); targets.len()],
            cells: vec![[0; 2]; cells],
            offer_engaged: context
                .world
                .map_or(NONE, |world| u32::from(world.kinds.exit_offer_engaged)),
            kinds,
            targets,
            personas,
            sources,
            pages: Cached::default(),
        }
    }

    /// The cell of a session's person, device and source, less the target's offset.
    fn cell(&self, batch: &EventBatch<'_>, row: usize) -> Option<usize> {
        let facts = batch.facts(row);
        let label = |word: u32| self.words.get(word as usize);
        let persona = label(facts.persona)?.persona;
        let class = label(facts.class)?.class;
        let source = label(facts.source)?.source;
        if [persona, class, source].contains(&NONE) {
            return None;
        }
        let classes = DeviceClass::ALL.len();
        Some((persona as usize * classes + class as usize) * self.sources.len() + source as usize)
    }

    fn count(&mut self, batch: &EventBatch<'_>, row: usize, role: Role) {
        if let Some(page) = role.page {
            let path = batch.column("page_path");
            let found = path.and_then(|column| self.pages.get(column, row)).flatten();
            if found != Some(page) {
                return;
            }
        }
        let user = batch.user(row);
        let share = &mut self.shares[role.target];
        if role.success {
            share.succeeded(user);
        } else {
            share.occurred(user);
        }
        if let Some(cell) = self.cell(batch, row) {
            let width = self.cells.len() / self.targets.len();
            self.cells[role.target * width + cell][usize::from(role.success)] += 1;
        }
    }

    /// The rates of a target within its cells, with their names.
    fn parts(&self, target: usize) -> Vec<Part> {
        let width = self.cells.len() / self.targets.len().max(1);
        let (classes, sources) = (DeviceClass::NAMES, &self.sources);
        let part = |(cell, [seen, successes]): (usize, &[u64; 2])| Part {
            of: vec![
                self.personas[cell / (classes.len() * sources.len())].clone(),
                classes[cell / sources.len() % classes.len()].to_owned(),
                sources[cell % sources.len()].clone(),
            ],
            seen: *seen,
            value: *successes as f64 / *seen as f64,
        };
        let cells = self.cells[target * width..(target + 1) * width].iter().enumerate();
        cells.filter(|(_, cell)| cell[0] > 0).map(part).collect()
    }
}

impl Observer for Rates {
    fn wants(&self, table: &Table) -> Wants {
        if table.is_events() && !self.targets.is_empty() {
            Wants::Columns(&["page_path"])
        } else {
            Wants::Nothing
        }
    }

    fn see_events(&mut self, batch: &EventBatch<'_>) {
        let Some(site) = &self.site else { return };
        if let Some(column) = batch.column("page_path") {
            self.pages.learn(column, |path| site.page_of(path));
        }
        for row in 0..batch.len() {
            let (session, kind) = (batch.session[row], batch.kind[row]);
            let journey = self
                .words
                .get(batch.facts(row).kind as usize)
                .map_or(NONE, |labels| labels.journey);
            if session == NONE || kind == NONE || journey == NONE {
                continue;
            }
            let place = journey as usize * self.kinds + kind as usize;
            let offered = self.offered.get(session as usize).copied().unwrap_or(false);
            for i in 0..self.roles[place].len() {
                let role = self.roles[place][i];
                // After the exit offer was taken up, only what becomes of it counts.
                if offered == (role.target == EXIT_CONVERTED && role.success) {
                    self.count(batch, row, role);
                }
            }
            if kind == self.offer_engaged
                && let Some(offered) = self.offered.get_mut(session as usize)
            {
                *offered = true;
            }
        }
    }

    fn finish(self: Box<Self>, context: &Context<'_>, _: &Seen) -> Vec<Verdict> {
        if let Some(why) = coverage::moves_rates(context) {
            return CHECKS.iter().map(|check| Verdict::skipped(check, why.clone())).collect();
        }
        let mut set_points = Tally::new(&CHECKS[SET_POINTS]);
        let mut floors = Tally::new(&CHECKS[FLOORS]);
        let found: Vec<Option<Estimate>> = self.shares.iter().map(Share::estimate).collect();
        let others = |(target, found): &(&Target, &Option<Estimate>)| {
            target.floor.is_none() && found.is_some()
        };
        let of_many = errors_of(self.targets.iter().zip(&found).filter(others).count());
        for (i, (target, found)) in self.targets.iter().zip(found).enumerate() {
            let Some(found) = found else { continue };
            let errors = if target.floor.is_some() { ERRORS } else { of_many };
            let (least, most) = found.bounds(target.rate, errors);
            let measure = Measure {
                parts: self.parts(i),
                ..Measure::new(&target.id, found.rate, found.seen).within(least, most)
            };
            set_points.saw(1);
            set_points.weigh(measure, || said(target, &found, (least, most)));
            if let Some(floor) = target.floor {
                let (value, seen) = (found.rate, found.seen);
                let measure = Measure::new(&target.id, value, seen);
                floors.saw(1);
                floors.weigh(measure.within(found.bounds(floor, ERRORS).0, None), || {
                    (target.id.clone(), format!("{value:.4} of {seen}, below {floor}"))
                });
            }
        }
        vec![set_points.verdict(), floors.verdict()]
    }
}

fn said(target: &Target, found: &Estimate, (least, most): (f64, f64)) -> (String, String) {
    let Estimate { seen, rate, design } = found;
    let set = target.rate;
    (
        target.id.clone(),
        format!(
            "{rate:.4} of {seen}, set to {set}; chance gives {least:.4} to {most:.4} (design effect {design:.2})"
        ),
    )
}

/// By journey kind and event type: what such an event means for which rates. Those of the exit offer belong to every journey.
fn roles(world: &World, kinds: usize) -> Vec<Vec<Role>> {
    let mut roles = vec![Vec::new(); world.journeys.len() * kinds];
    for (target, one) in world.targets.iter().enumerate() {
        let Some(observed) = one.observed else { continue };
        let of = |journey: usize| one.spot.is_none_or(|spot| spot.journey == journey);
        for journey in (0..world.journeys.len()).filter(|journey| of(*journey)) {
            for (seen, success) in [(observed.base, false), (observed.success, true)] {
                let place = journey * kinds + usize::from(seen.event);
                roles[place].push(Role { target, success, page: seen.page });
            }
        }
    }
    roles
}

/// What each word of the data set names in the world.
fn labels(context: &Context<'_>, world: &World) -> Vec<Labels> {
    fn place<'n>(word: &str, mut names: impl Iterator<Item = &'n str>) -> u32 {
        names.position(|name| name == word).map_or(NONE, |place| place as u32)
    }
    let words = &context.entities.words;
    let label = |key: u32| {
        let text = words.word(key);
        Labels {
            journey: place(text, world.journeys.iter().map(|journey| journey.name.as_str())),
            persona: place(text, world.models.people.iter().map(|persona| persona.name.as_str())),
            class: place(text, DeviceClass::NAMES.into_iter()),
            source: place(text, world.models.sources.iter().map(|source| source.name.as_str())),
        }
    };
    (0..words.len() as u32).map(label).collect()
}
