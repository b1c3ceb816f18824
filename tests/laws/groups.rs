//! What frames may say about their rows costs and changes nothing.

use std::ops::Range;

use throng::anomaly::Edited;
use throng::anomaly::value::Value;
use throng::engine;
use throng::frame::{Column, Dictionary, Frame};
use throng::scenario::World;
use throng::schema::{self, Type};
use throng::sink::{FORMATS, Format, Options};
use throng::tables::Context;
use throng::tables::events::EventFrame;

use crate::{plan, simulate, world};

/// A frame that keeps to itself what its rows share.
struct Silent<'f>(&'f dyn Frame);

impl Frame for Silent<'_> {
    fn table(&self) -> &schema::Table {
        self.0.table()
    }

    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        self.0.dictionary(field)
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        self.0.fill(field, rows, out);
    }
}

/// The frames of all slices of a small crowd, the last ones with but a few stragglers; each also with other values in some cells.
fn with_frames(world: &World, mut look: impl FnMut(&dyn Frame)) {
    let plan = plan(world);
    let range = plan.ranges[0];
    let journals = simulate(world, plan.slices, range.first..range.end);
    let (journal, slices) = engine::arrange(journals, plan.slices);
    let context = Context { world, journal: &journal };
    let table = world.schemas.table("events").expect("it ships");
    for rows in slices {
        let frame = EventFrame::new(context, table, rows);
        look(&frame);
        let shown = frame.rows() - frame.rows() / 10;
        look(&Edited::new(&frame, shown, &edits(&frame, shown)));
    }
}

/// Other values in some rows of some of the columns that rows share, and of some that they do not.
fn edits(frame: &EventFrame<'_>, shown: usize) -> Vec<(u32, usize, Value)> {
    let mut edits = Vec::new();
    for (at, field) in frame.table().fields.iter().enumerate().filter(|(at, _)| at % 3 != 0) {
        for row in (at..shown).step_by(17 + at) {
            let value = match field.ty {
                Type::Id => Value::Id(row as u128),
                Type::Text | Type::Enum if row % 2 == 0 => Value::Text(format!("word {row}")),
                _ if field.nullable => Value::Null,
                _ => continue,
            };
            edits.push((row as u32, at, value));
        }
    }
    edits
}

fn written(format: &dyn Format, frame: &dyn Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    format.write(frame, &Options::of(format), &mut bytes).expect("written");
    bytes
}

/// For all formats and frames, what rows share is written as if they did not.
#[test]
fn what_rows_share_changes_no_byte() {
    let world = world("seed = 5\ndays = 2\nusers = 900");
    let mut rows = 0;
    with_frames(&world, |frame| {
        rows += frame.rows();
        for format in FORMATS {
            let (told, untold) = (written(*format, frame), written(*format, &Silent(frame)));
            assert!(told == untold, "{}, {} rows", format.name(), frame.rows());
        }
    });
    assert!(rows > 5_000);
}

/// For all fields that rows of a group share, what is said of the groups is what the rows have.
#[test]
fn what_groups_share_is_what_their_rows_have() {
    let world = world("seed = 6\ndays = 1\nusers = 300");
    with_frames(&world, |frame| {
        let groups = frame.groups().expect("sessions");
        let mut column = Column::default();
        for field in 0..frame.table().fields.len() {
            let Some(shared) = frame.shared(field) else { continue };
            let mut said = Column::default();
            let keys = groups.iter().map(|group| shared[*group as usize]);
            said.fill_keys(frame.rows(), keys);
            frame.fill(field, 0..frame.rows(), &mut column);
            assert_eq!(column.values, said.values);
            assert!((0..frame.rows()).all(|row| column.is_valid(row) == said.is_valid(row)));
        }
    });
}
