//! Which combinations of persona, kind of journey, device scenario and source occur.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{count, percent, ratio, spoken, table};
use crate::report::numbers::{Combination, Numbers};
use crate::report::page::{Block, Figure, Plot, Section};

/// The matrix; none without journeys.
pub(super) fn section(numbers: &Numbers) -> Option<Section> {
    (!numbers.coverage.is_empty()).then(|| Section {
        id: "coverage".into(),
        title: "Coverage".into(),
        lead: "A test that never meets a combination says nothing about it.".into(),
        blocks: vec![Block::Figure(matrix(&numbers.coverage, numbers.possible_known))],
    })
}

/// The names of one side, sorted, each once.
fn names(cells: &BTreeMap<Combination, u64>, of: impl Fn(&Combination) -> String) -> Vec<String> {
    cells.keys().map(of).collect::<BTreeSet<_>>().into_iter().collect()
}

fn matrix(cells: &BTreeMap<Combination, u64>, known: bool) -> Figure {
    let row = |cell: &Combination| format!("{} · {}", cell.profile, cell.source);
    let column = |cell: &Combination| format!("{} · {}", spoken(&cell.persona), spoken(&cell.kind));
    let (rows, columns) = (names(cells, row), names(cells, column));
    let mut grid = vec![vec![None; columns.len()]; rows.len()];
    for (cell, journeys) in cells {
        if let (Ok(y), Ok(x)) =
            (rows.binary_search(&row(cell)), columns.binary_search(&column(cell)))
        {
            grid[y][x] = Some(*journeys as f64);
        }
    }
    let line = |(cell, journeys): (&Combination, &u64)| {
        vec![
            cell.persona.clone(),
            cell.kind.clone(),
            cell.profile.clone(),
            cell.source.clone(),
            count(*journeys),
        ]
    };
    Figure {
        id: "matrix".into(),
        title: "Journeys by device scenario and source, persona and kind".into(),
        look_for: if known {
            "Shades go by the logarithm, the lightest is none. Where there is no cell the combination cannot be: a journey of phones \
             does not begin on a desktop."
        } else {
            "Shades go by the logarithm; where there is none, the combination does not occur, and may be impossible: a journey of \
             phones does not begin on a desktop."
        }
        .into(),
        finding: finding(cells, known),
        plot: Plot::Heatmap { columns, rows, cells: grid, unit: "journeys".into(), log: true },
        table: table(
            "Journeys by combination",
            &["persona", "kind", "device scenario", "source", "#journeys"],
            cells.iter().map(line).collect(),
        ),
    }
}

/// How many of those that can be occur, and how many hardly do.
fn finding(cells: &BTreeMap<Combination, u64>, known: bool) -> String {
    let seen = cells.values().filter(|journeys| **journeys > 0).count() as u64;
    let rare = cells.values().filter(|journeys| (1..5).contains(*journeys)).count();
    let possible = cells.len() as u64;
    let occur = if known {
        let share = percent(ratio(seen, possible));
        format!("Of {} possible combinations {} occur ({share})", count(possible), count(seen))
    } else {
        format!("{} combinations occur", count(seen))
    };
    format!("{occur}, {rare} of them in fewer than five journeys.")
}
