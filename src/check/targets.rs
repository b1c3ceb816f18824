//! The crowd does what it was set to do: rates, times and moves are those of the journey and device files.

mod moves;
mod pages;
mod rates;
mod share;

use crate::check::Family;

/// The family.
pub(super) static FAMILY: Family = Family {
    name: "targets",
    doc: "Rates, times and moves between devices are what the models and the scenario set.",
    checks: &[rates::CHECKS, pages::CHECKS, moves::CHECKS],
    observers: |context| {
        vec![
            Box::new(rates::Rates::new(context)),
            Box::new(pages::Pages::new(context)),
            Box::new(moves::Moves::default()),
        ]
    },
};
