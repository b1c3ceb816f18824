//! The page, typed: sections of text, figures and tables, with every number and word that is shown. It knows no HTML.

use serde::{Deserialize, Serialize};

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// A sentence under it.
    pub lead: String,
    /// The numbers at the top.
    pub facts: Vec<Fact>,
    /// What the page says, in order.
    pub sections: Vec<Section>,
    /// A line at its end: what made it.
    pub made_by: String,
}

/// The label of the number of places that no other number knows of.
pub const UNREAD: &str = "of its files and lines cannot be read";

/// A number at the top.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The number, as shown.
    pub value: String,
    /// What it counts.
    pub label: String,
    /// Whether it is good or bad news.
    #[serde(default)]
    pub tone: Tone,
}

/// Whether something is good or bad news.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// It holds.
    Good,
    /// It is worth a look.
    Warn,
    /// It fails.
    Bad,
}

/// A part of the page under a heading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its anchor: lower-case letters and hyphens.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A heading below the section's, with words under it.
    Heading(String, String),
    /// A plot with its table.
    Figure(Figure),
    /// A table of its own.
    Table(Table),
    /// Text as written, such as a scenario file; the first is its summary.
    Source(String, String),
    /// A table that is opened when it is wanted, with its name and what it is about.
    Folded(String, String, Table),
    /// Verdicts, by family.
    Verdicts(Vec<Family>),
}

/// A plot, what to look for in it, and its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its anchor.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What to look for.
    pub look_for: String,
    /// What is found in it, in words: for those who do not see it.
    pub finding: String,
    /// What is drawn.
    pub plot: Plot,
    /// The same as a table.
    pub table: Table,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "plot", rename_all = "snake_case", deny_unknown_fields)]
pub enum Plot {
    /// A grid of cells, darker where more is.
    Heatmap {
        /// Names of the columns.
        columns: Vec<String>,
        /// Names of the rows, from the top.
        rows: Vec<String>,
        /// Values by row; none where there can be none.
        cells: Vec<Vec<Option<f64>>>,
        /// What a value counts.
        unit: String,
        /// Whether shades go by the logarithm.
        log: bool,
    },
    /// Lines over an axis.
    Lines {
        /// The horizontal axis.
        x: Axis,
        /// The vertical axis.
        y: Axis,
        /// The lines.
        series: Vec<Series>,
    },
    /// Bars that lie, the first at the top.
    Bars {
        /// What a bar measures.
        x: Axis,
        /// The bars: name and length.
        bars: Vec<(String, f64)>,
    },
    /// Streams from column to column.
    Flow {
        /// What is counted.
        unit: String,
        /// The nodes.
        nodes: Vec<Node>,
        /// The streams.
        links: Vec<Link>,
    },
    /// Observed values with their intervals and what they should be.
    Intervals {
        /// What a value is.
        x: Axis,
        /// What the whiskers are.
        whiskers: String,
        /// A row each.
        rows: Vec<Interval>,
    },
    /// Visits one under another, with what happened in each as marks.
    Lanes {
        /// The visits.
        lanes: Vec<Lane>,
    },
}

/// A number with the six digits that a plot can show.
fn six_digits(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

impl Plot {
    /// The same with the digits that can be seen.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        let mut numbers: Vec<&mut f64> = match &mut self {
            Self::Heatmap { cells, .. } => cells.iter_mut().flatten().flatten().collect(),
            Self::Lines { series, .. } => series
                .iter_mut()
                .flat_map(|one| &mut one.points)
                .flat_map(|(x, y)| [x, y])
                .collect(),
            Self::Bars { bars, .. } => bars.iter_mut().map(|(_, length)| length).collect(),
            Self::Flow { .. } => Vec::new(),
            Self::Intervals { rows, .. } => rows.iter_mut().flat_map(Interval::numbers).collect(),
            Self::Lanes { lanes } => lanes.iter_mut().flat_map(Lane::numbers).collect(),
        };
        for number in &mut numbers {
            **number = six_digits(**number);
        }
        self
    }
}

/// An axis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What it measures, with its unit.
    pub name: String,
    /// How it runs.
    pub scale: Scale,
    /// How its numbers are written.
    pub format: Format,
    /// Names of its places, where it has names instead of numbers: a point's x is then the ordinal of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
}

/// How an axis runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By powers of ten.
    Log,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `1,234`, on axes `1.2K`.
    #[default]
    Number,
    /// Of a share: `12.3 %`.
    Percent,
    /// Of seconds: `5 s`, `2 min`, `3 h`, `4 d`.
    Seconds,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// Whether it is there to compare with, and drawn thin.
    #[serde(default)]
    pub reference: bool,
}

/// A node of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name, as shown.
    pub name: String,
    /// Its column, from 0.
    pub column: usize,
    /// Good for an end that is wished for.
    #[serde(default)]
    pub tone: Tone,
}

/// A stream between two nodes, by ordinal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// From.
    pub from: usize,
    /// To.
    pub to: usize,
    /// How much.
    pub value: u64,
}

/// An observed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Of what.
    pub name: String,
    /// The value.
    pub observed: f64,
    /// The interval's ends.
    pub low: f64,
    /// The upper one.
    pub high: f64,
    /// What it was set to.
    #[serde(default)]
    pub set_point: Option<f64>,
    /// What it is out of.
    pub of: u64,
    /// Whether it is where it should be.
    #[serde(default)]
    pub tone: Tone,
}

impl Interval {
    fn numbers(&mut self) -> impl Iterator<Item = &mut f64> {
        [&mut self.observed, &mut self.low, &mut self.high].into_iter().chain(&mut self.set_point)
    }
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Which, and on what: `1 · mobile_safari`.
    pub name: String,
    /// When, and how long after the one before.
    pub when: String,
    /// Its length in seconds.
    pub seconds: f64,
    /// What happened.
    pub marks: Vec<Mark>,
}

impl Lane {
    fn numbers(&mut self) -> impl Iterator<Item = &mut f64> {
        std::iter::once(&mut self.seconds).chain(self.marks.iter_mut().map(|mark| &mut mark.at))
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Seconds since the visit began.
    pub at: f64,
    /// Of what sort.
    pub sort: Sort,
    /// The event's name.
    pub event: String,
    /// What it was about.
    pub about: String,
}

/// Sorts of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A page, a list or a product was looked at.
    Look,
    /// Something on a page was used.
    Engage,
    /// The cart was changed or looked at.
    Cart,
    /// The checkout, up to the order.
    Buy,
    /// Something went wrong, or the visitor was about to leave.
    Trouble,
    /// The rest: accounts, consent, devices.
    Other,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Names of its columns.
    pub head: Vec<Column>,
    /// Its rows, as shown; the first cell names the row.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it holds numbers, which stand to the right.
    #[serde(default)]
    pub number: bool,
}

/// Verdicts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub doc: String,
    /// Those that fail first.
    pub verdicts: Vec<Verdict>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The check.
    pub id: String,
    /// What it looks at.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found, in a line.
    pub found: String,
    /// The evidence.
    pub evidence: Vec<Table>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What it looks at is wrong.
    Fails,
    /// It is odd, but may be meant.
    Warns,
    /// It could not be told.
    Skipped,
    /// It holds.
    Holds,
}
