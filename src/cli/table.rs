//! Text in columns: the first to the left, the others, which are numbers, to the right.

use std::io::{self, Write};

use super::style::{DIM, HEADING, NAME};

/// A table under a heading, with a last row for totals.
pub(crate) struct Table<const N: usize> {
    /// Names of the columns.
    pub(crate) head: [&'static str; N],
    /// Rows.
    pub(crate) rows: Vec<[String; N]>,
    /// The totals.
    pub(crate) total: [String; N],
}

impl<const N: usize> Table<N> {
    /// Prints it, indented by two.
    ///
    /// # Errors
    /// The writer's.
    pub(crate) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = self.head.map(str::to_owned);
        let all = || self.rows.iter().chain([&head, &self.total]);
        let widths: [usize; N] = std::array::from_fn(|i| {
            all().map(|row| row[i].chars().count()).max().unwrap_or_default()
        });
        let line = |row: &[String; N]| {
            let cells = row.iter().zip(widths).enumerate().map(|(i, (cell, width))| match i {
                0 => format!("{cell:<width$}"),
                _ => format!("  {cell:>width$}"),
            });
            cells.collect::<String>()
        };
        writeln!(out, "  {DIM}{}{DIM:#}", line(&head))?;
        for row in &self.rows {
            let text = line(row);
            let (name, rest) = text.split_at(row[0].len());
            writeln!(out, "  {NAME}{name}{NAME:#}{rest}")?;
        }
        writeln!(out, "  {HEADING}{}{HEADING:#}", line(&self.total))
    }
}
