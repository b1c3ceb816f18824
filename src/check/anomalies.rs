//! The kinds of anomalies, each as the invariant that it breaks: a clean data set keeps them all, a dirty one breaks each exactly
//! where its labels say.
//!
//! A kind is a check. What breaks its invariant is found by an observer of this room, or by checks of other families that know it
//! already ([`Kind::from`]); [`judge()`] then holds the violations against the labels, both ways.

mod effects;
mod field;
mod fraud;
mod identity;
mod judge;
mod labels;
mod links;
mod population;
mod privacy;
mod record;
mod reference;
mod runs;
mod session;
mod syntax;
mod systems;
mod texts;
mod time;

use crate::check::pass::Observer;
use crate::check::{Check, Context, Family};

pub(super) use judge::judge;
pub(super) use labels::Labels;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "anomalies",
    doc: "Nothing is wrong that a kind of anomaly makes wrong; in a labelled data set, nothing but what is labelled, and all of that.",
    checks: &[
        &syntax::CHECKS,
        &field::CHECKS,
        &record::CHECKS,
        &session::CHECKS,
        &identity::CHECKS,
        &reference::CHECKS,
        &systems::CHECKS,
        &time::CHECKS,
        &population::CHECKS,
        &privacy::CHECKS,
        &fraud::CHECKS,
    ],
    observers,
};

/// All kinds, class by class.
static CLASSES: &[&[Kind]] = &[
    &syntax::KINDS,
    &field::KINDS,
    &record::KINDS,
    &session::KINDS,
    &identity::KINDS,
    &reference::KINDS,
    &systems::KINDS,
    &time::KINDS,
    &population::KINDS,
    &privacy::KINDS,
    &fraud::KINDS,
];

/// The families whose checks know some of the invariants.
pub(super) const HELPERS: [&str; 3] = ["files", "keys", "consent"];

fn observers(context: &Context<'_>) -> Vec<Box<dyn Observer>> {
    vec![
        Box::new(syntax::Syntax::default()),
        Box::new(field::Fields::new(context)),
        Box::new(runs::Runs::new(context)),
        Box::new(record::Reissued::new()),
        Box::new(session::Steps::new(context)),
        Box::new(session::Boundaries::new()),
        Box::new(identity::Travel::new(context)),
        Box::new(systems::Currencies::new()),
        Box::new(time::Plausible::new(context)),
        Box::new(fraud::Motifs::new(context)),
    ]
}

/// How a kind shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// In the rows and files: each violation has a place.
    Plainly,
    /// In the habits of many: an effect against the clean twin.
    Statistically,
    /// Both ways: as a motif of several rows, which has a place, and as an effect against the clean twin.
    BothWays,
}

/// A kind of anomaly, as the invariant that it breaks.
struct Kind {
    check: Check,
    /// Checks of other families whose violations are violations of it.
    from: &'static [&'static str],
    shows: Shows,
}

impl Kind {
    /// A kind whose violations an observer of its own finds, beside those that other checks know.
    const fn new(
        id: &'static str,
        tables: &'static [&'static str],
        from: &'static [&'static str],
        holds: &'static str,
        why: &'static str,
    ) -> Self {
        Self { check: Check::new(id, tables, holds, why), from, shows: Shows::Plainly }
    }

    /// A kind that shows only in the habits of many.
    const fn statistical(
        id: &'static str,
        tables: &'static [&'static str],
        holds: &'static str,
        why: &'static str,
    ) -> Self {
        Self { check: Check::new(id, tables, holds, why), from: &[], shows: Shows::Statistically }
    }

    /// The same, with an effect against the clean twin as well.
    const fn and_statistically(self) -> Self {
        Self { shows: Shows::BothWays, ..self }
    }

    /// The same, skipped where there is nothing of what it looks at: see [`Check::told`].
    const fn told(self, things: &'static str, breach: &'static str) -> Self {
        Self { check: self.check.told(things, breach), ..self }
    }

    /// Its name, as labels and scenarios have it.
    fn name(&self) -> &'static str {
        self.check.id.split_once('.').map_or(self.check.id, |(_, name)| name)
    }
}

/// The checks of a class's kinds.
const fn checks<const N: usize>(kinds: &[Kind; N]) -> [Check; N] {
    let mut checks = [Check::new("", &[], "", ""); N];
    let mut i = 0;
    while i < N {
        checks[i] = kinds[i].check;
        i += 1;
    }
    checks
}

/// The check of a kind, for its observer.
fn check_of(id: &str) -> &'static Check {
    let mut all = FAMILY.checks();
    all.find(|check| check.id == id).unwrap_or(&NONE)
}

/// Whether a kind shows in the rows though it takes more than one of them to tell.
fn is_motif(kind: &str) -> bool {
    let mut motifs = CLASSES.iter().copied().flatten().filter(|of| of.shows == Shows::BothWays);
    motifs.any(|of| of.name() == kind)
}

const NONE: Check = Check::new("anomalies.none", &[], "", "");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::FAMILIES;

    /// For all kinds that can be asked for and show in the data: an invariant that finds them. What consists of other incidents is found
    /// by theirs.
    #[test]
    fn what_is_injected_has_an_invariant() {
        use crate::anomaly::KINDS;
        use crate::anomaly::kind::Detectability;
        let built = KINDS.iter().filter(|kind| kind.act.is_some());
        let shown = built.filter(|kind| kind.detectability == Detectability::Data);
        let known = |id: &str| FAMILY.checks().any(|check| check.id == format!("anomalies.{id}"));
        let lacking: Vec<&str> = shown.map(|kind| kind.id).filter(|id| !known(id)).collect();
        // The one is made of other incidents, the other breaks nothing.
        assert!(lacking.iter().all(|id| ["bad_deployment", "decoy"].contains(id)), "{lacking:?}");
    }

    /// For all kinds: those from which it takes violations are checks that there are.
    #[test]
    fn helpers_are_there() {
        let helpers = FAMILIES.iter().filter(|family| HELPERS.contains(&family.name));
        let known: Vec<&str> = helpers.flat_map(|family| family.checks()).map(|of| of.id).collect();
        for kind in CLASSES.iter().copied().flatten() {
            assert!(kind.from.iter().all(|from| known.contains(from)), "{}", kind.check.id);
        }
    }
}
