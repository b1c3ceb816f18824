//! What is asked for, checked: which kinds, how many of each, where.

use std::collections::BTreeSet;

use crate::anomaly::KINDS;
use crate::anomaly::filter::Filter;
use crate::anomaly::kind::{Formats, Kind, Severity, Stage, Unit};
use crate::anomaly::params::Params;
use crate::diag::{Problem, Problems, Scalar, nearest, suggest};
use crate::scenario::World;
use crate::scenario::calendar::HOUR;
use crate::scenario::wishes::{PRESETS, Setting, Wish};
use crate::seed::{Purpose, Seed};

/// How many incidents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// So many; with `true` neither more nor fewer, else as many of them as the data set can carry.
    Exactly(u64, bool),
    /// This share of the units.
    Rate(f64, Unit),
}

/// A kind as asked for.
pub struct Asked {
    /// The kind.
    pub kind: &'static Kind,
    /// How many.
    pub amount: Amount,
    /// Where.
    pub filter: Filter,
    /// Its parameters.
    pub params: Params,
    /// What the hash of a site is keyed with.
    key: (u64, u64),
    /// What the values of its incidents are drawn for.
    pub(super) values: Purpose,
    /// What their identifiers follow from.
    pub(super) ids: Purpose,
    /// Where it was asked for.
    named: Option<Wish>,
}

/// Everything that is asked for.
pub struct Spec {
    /// The kinds, in the order of the catalogue.
    pub asked: Vec<Asked>,
    /// Whether two incidents may touch the same session or order.
    pub overlaps: bool,
    /// The seed of it all.
    pub seed: Seed,
}

const PICKS: Purpose = Purpose::named("anomaly picks");
const VALUES: Purpose = Purpose::named("anomaly values");
const IDS: Purpose = Purpose::named("anomaly ids");

impl Asked {
    fn new(kind: &'static Kind, amount: Amount, seed: Seed) -> Self {
        let picks = PICKS.within(kind.id);
        Self {
            kind,
            amount,
            filter: Filter::default(),
            params: Params::defaults(kind),
            key: (seed.hash(picks, 0, 0), seed.hash(picks, 1, 0) | 1),
            values: VALUES.within(kind.id),
            ids: IDS.within(kind.id),
            named: None,
        }
    }

    /// The hash of a site by its number: uniform, and a matter of seed, kind and site alone. The number is random already, so that one
    /// multiplication by an odd key is enough (multiply-shift hashing; Dietzfelbinger et al., J. Algorithms 25, 1997).
    #[inline]
    pub fn hash(&self, uid: u64) -> u64 {
        (uid ^ self.key.0).wrapping_mul(self.key.1)
    }

    /// A problem with what was asked for, at the place where it was.
    pub fn problem(&self, message: String, help: &str) -> Problem {
        match &self.named {
            Some(wish) => wish.kind.problem(message, help),
            None => Problem::new(message).help(help),
        }
    }
}

impl Spec {
    /// What a world is asked to have go wrong; none: nothing.
    ///
    /// # Errors
    /// Unknown presets and kinds, kinds that the formats or the tables cannot carry, settings that are wrong.
    pub fn of(world: &World) -> Result<Option<Self>, Problems> {
        let Some(wishes) = &world.request.anomalies else { return Ok(None) };
        let mut problems = Problems::new();
        let seed = wishes.seed.map_or(world.seed, Seed);
        let preset = wishes.preset.as_ref().map_or(Ok(0), |name| name.one_of("preset", PRESETS));
        let preset = preset.map_err(|problem| problems.push(problem)).unwrap_or(0);
        let mut asked: Vec<Asked> = KINDS
            .iter()
            .filter(|kind| lacks(world, kind).is_none())
            .filter_map(|kind| Some(Asked::new(kind, of_preset(preset, kind)?, seed)))
            .collect();
        for wish in &wishes.kinds {
            match named(world, wish, seed, &mut asked) {
                Ok(()) => {}
                Err(found) => problems.extend(found),
            }
        }
        let place = |of: &Asked| KINDS.iter().position(|kind| kind.id == of.kind.id);
        asked.sort_by_key(place);
        problems.or(Some(Self { asked, overlaps: wishes.overlaps, seed }))
    }

    /// What can be had of it where pseudonyms are made, or none are.
    ///
    /// # Errors
    /// Kinds that are asked for by their names and change pseudonyms, where there are none.
    pub fn behind(mut self, makes_pseudonyms: bool) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let lacks = |of: &Asked| !makes_pseudonyms && of.kind.stage == Stage::Pseudonymise;
        for of in self.asked.iter().filter(|of| lacks(of) && of.named.is_some()) {
            let id = of.kind.id;
            let message = format!("there can be no `{id}` in this data set: it has no pseudonyms");
            let help = "add --pseudonymise POLICY, one that makes tokens of `anonymous_id` in events and sessions";
            problems.push(of.problem(message, help));
        }
        self.asked.retain(|of| !lacks(of));
        problems.or(self)
    }

    /// Whether each kind that is asked for by its name and at a rate is among those of which there are incidents.
    ///
    /// # Errors
    /// Rates that come to nothing: who asks for a kind wants to see it.
    pub fn is_met(&self, kinds: &BTreeSet<&str>) -> Result<(), Problems> {
        let mut problems = Problems::new();
        for asked in self.asked.iter().filter(|asked| asked.named.is_some()) {
            if let (Amount::Rate(rate, unit), false) = (asked.amount, kinds.contains(asked.kind.id))
            {
                let (id, unit) = (asked.kind.id, unit.name());
                let message =
                    format!("a rate of {rate} for each {unit} comes to no `{id}` at all here");
                problems.push(asked.problem(message, "ask for more, or for a number: k = 1"));
            }
        }
        problems.or(())
    }

    /// Whether some kinds ask for numbers, which only a look at the whole data set can keep.
    pub fn has_exact(&self) -> bool {
        self.asked.iter().any(|asked| matches!(asked.amount, Amount::Exactly(..)))
    }
}

/// How many of a kind a preset asks for.
fn of_preset(preset: usize, kind: &Kind) -> Option<Amount> {
    let usual = Amount::Exactly(kind.usual, false);
    match PRESETS[preset] {
        "default" if kind.drizzle > 0.0 => Some(Amount::Rate(kind.drizzle, kind.unit)),
        "critical" if kind.severity == Severity::Critical => Some(usual),
        "everything" => Some(usual),
        _ => None,
    }
}

/// Why a data set cannot have a kind.
fn lacks(world: &World, kind: &Kind) -> Option<String> {
    if kind.act.is_none() {
        return Some(kind.planned.to_owned());
    }
    let format = world.output.format.name();
    if kind.formats == Formats::Ndjson && format != "ndjson" {
        return Some(format!("{format} files cannot carry it; write `--format ndjson`"));
    }
    let is_written = |name: &&&str| world.wanted_tables().any(|table| table.name == **name);
    let missing = kind.tables.iter().find(|name| !is_written(name));
    missing.map(|name| format!("it needs the table `{name}`, which is not written"))
}

/// Takes what is asked of a kind by name.
fn named(world: &World, wish: &Wish, seed: Seed, asked: &mut Vec<Asked>) -> Result<(), Problems> {
    let ordinal = wish.kind.one_of("anomaly", KINDS.iter().map(|kind| kind.id))?;
    let kind = KINDS[ordinal];
    if let Some(why) = lacks(world, kind) {
        let message = format!("there can be no `{}` in this data set", kind.id);
        return Err(wish.kind.problem(message, why).into());
    }
    let known = asked.iter().position(|known| known.kind.id == kind.id);
    let mut own = match known {
        Some(at) => asked.swap_remove(at),
        None => Asked::new(kind, Amount::Exactly(kind.usual, true), seed),
    };
    own.named = Some(wish.clone());
    let mut problems = Problems::new();
    if let Err(problem) = amount(world, kind, wish).map(|amount| {
        own.amount = amount.unwrap_or(own.amount);
    }) {
        problems.push(problem);
    }
    for setting in &wish.settings {
        if let Err(problem) = take(world, &mut own, setting) {
            problems.push(problem);
        }
    }
    // None of a kind: what a preset asks for is taken back.
    if own.amount != Amount::Exactly(0, true) {
        asked.push(own);
    }
    problems.or(())
}

/// Names of the settings that say how many.
const AMOUNTS: [&str; 4] = ["k", "rate", "unit", "per_hour"];

/// How many of a kind can be asked for: what touches the window as a whole is looked at in every range, and each of them remembered.
fn most(kind: &Kind) -> f64 {
    if kind.unit == Unit::Window { 1e4 } else { 1e9 }
}

/// How many are asked for, if anything is said of it.
fn amount(world: &World, kind: &Kind, wish: &Wish) -> Result<Option<Amount>, Problem> {
    let find = |name: &str| wish.settings.iter().find(|setting| setting.name.text == name);
    let given: Vec<&Setting> = ["k", "rate", "per_hour"].into_iter().filter_map(find).collect();
    if let [first, second, ..] = given[..] {
        let message = format!("both `{}` and `{}` are set", first.name.text, second.name.text);
        return Err(second.name.problem(message, "keep one of them"));
    }
    let unit = find("unit").map(|setting| unit(kind, setting)).transpose()?;
    if let (Some(unit), None) = (find("unit"), find("rate")) {
        return Err(unit.name.problem("a `unit` without a `rate`", "add `rate`"));
    }
    let Some(setting) = given.first() else { return Ok(None) };
    let number = match setting.value {
        Scalar::Integer(number) => number as f64,
        Scalar::Number(number) if setting.name.text != "k" => number,
        _ => {
            let wanted = if setting.name.text == "k" { "a whole number" } else { "a number" };
            let message = format!("`{}` is {}", setting.name.text, setting.value.kind());
            return Err(setting.problem(message, format!("it must be {wanted}")));
        }
    };
    let within = |most: f64| {
        let message = format!("`{}` is {number}", setting.name.text);
        let none = setting.name.text == "k" && number == 0.0;
        let fits = none || number > 0.0 && number <= most;
        let help = format!("it must be above 0 and at most {most}; to have none, write k = 0");
        fits.then_some(()).ok_or_else(|| setting.problem(message, help))
    };
    Ok(Some(match setting.name.text.as_str() {
        "k" => {
            within(most(kind))?;
            Amount::Exactly(number as u64, true)
        }
        "rate" => {
            within(1.0)?;
            Amount::Rate(number, unit.unwrap_or(kind.unit))
        }
        _ => {
            within(1e6)?;
            let hours = (world.end - world.start) / HOUR;
            let count = (number * hours as f64).round() as u64;
            if count == 0 {
                let message = format!("`per_hour` of {number} is none in {hours} hours");
                return Err(setting.problem(message, "ask for more, or by `k`"));
            }
            if count as f64 > most(kind) {
                let message = format!("`per_hour` of {number} comes to {count} in {hours} hours");
                let help = format!("at most {} of `{}` can be asked for", most(kind), kind.id);
                return Err(setting.problem(message, help));
            }
            Amount::Exactly(count, true)
        }
    }))
}

/// The unit of a rate: that of the kind, or one that holds it.
fn unit(kind: &Kind, setting: &Setting) -> Result<Unit, Problem> {
    let Scalar::Text(word) = &setting.value else {
        let message = format!("`unit` is {}", setting.value.kind());
        return Err(setting.problem(message, "it must be a string"));
    };
    let known: Vec<&str> = Unit::NAMED.iter().map(|(name, _)| *name).collect();
    let found = Unit::NAMED.iter().find(|(name, _)| name == word);
    let Some((_, unit)) = found else {
        return Err(setting.problem(format!("unknown unit `{word}`"), suggest(word, known)));
    };
    let holds = match kind.unit {
        Unit::Row => matches!(unit, Unit::Row | Unit::Session | Unit::User),
        Unit::Session | Unit::Order => *unit == kind.unit || *unit == Unit::User,
        other => *unit == other,
    };
    if !holds {
        let message = format!("`{}` is not counted by {word}", kind.id);
        return Err(setting.problem(message, format!("its unit is {}", kind.unit.name())));
    }
    Ok(*unit)
}

/// The filters that kinds take which are picked from that: those that some of it could pass.
fn filters(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Row => &Filter::NAMES,
        Unit::Session | Unit::Order => &["window", "persona", "device", "source", "country"],
        Unit::User => &["window", "persona", "country"],
        Unit::Window => &["window"],
        Unit::File => &[],
    }
}

/// Takes a filter or a parameter.
fn take(world: &World, asked: &mut Asked, setting: &Setting) -> Result<(), Problem> {
    let name = setting.name.text.as_str();
    if AMOUNTS.contains(&name) {
        return Ok(());
    }
    if Filter::NAMES.contains(&name) {
        let (id, unit) = (asked.kind.id, asked.kind.unit);
        if !filters(unit).contains(&name) {
            let what = match unit {
                Unit::File => "touches whole files".to_owned(),
                Unit::Window => "touches the window as a whole".to_owned(),
                other => format!("is picked from {}s", other.name()),
            };
            let message = format!("`{id}` cannot be kept to `{name}`");
            return Err(setting.name.problem(message, format!("it {what}: leave `{name}` out")));
        }
        return asked.filter.take(world, setting);
    }
    let Some(param) = asked.kind.param(name) else {
        let params = asked.kind.params.iter().map(|param| param.name);
        let known = params.chain(AMOUNTS);
        let known: Vec<&str> = known.chain(filters(asked.kind.unit).iter().copied()).collect();
        let message = format!("`{}` has no setting `{name}`", asked.kind.id);
        let help = nearest(name, known.iter().copied()).map_or_else(
            || format!("known: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(setting.name.problem(message, help));
    };
    asked.params.take(param, setting, &|column| has_column(world, column))
}

/// Whether a column is there and written; what would help if not.
fn has_column(world: &World, column: &str) -> Result<(), String> {
    let Some((table, name)) = column.rsplit_once('.') else {
        return Err("write table.column, such as `events.price`".to_owned());
    };
    let known: Vec<&str> = world.wanted_tables().map(|table| table.name.as_str()).collect();
    let Some(found) = world.wanted_tables().find(|known| known.name == table) else {
        return Err(suggest(table, known));
    };
    let fields = found.fields.iter().map(|field| field.name.as_str());
    found.field(name).map(|_| ()).ok_or_else(|| suggest(name, fields))
}
