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
        let frame = EventFrame::new(context, table, &rows);
        look(&frame);
        let shown = frame.rows() - frame.rows() / 10;
        // Some rows leave their groups, or so many that none are told.
        let edited = Edited::new(&frame, shown, &edits(&frame, shown, 2_000));
        assert!(edited.groups().is_some() || shown < 2_000, "{shown}");
        look(&edited);
        let edited = Edited::new(&frame, shown, &edits(&frame, shown, 17));
        assert!(edited.groups().is_none() || shown < 20, "{shown}");
        look(&edited);
    }
}

/// Other values in some rows of some of the columns that rows share, and of some that they do not.
fn edits(frame: &EventFrame<'_>, shown: usize, step: usize) -> Vec<(u32, usize, Value)> {
    let mut edits = Vec::new();
    for (at, field) in frame.table().fields.iter().enumerate().filter(|(at, _)| at % 3 != 0) {
        for row in (at..shown).step_by(step + at) {
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

/// Some fields of a frame under other names.
struct Otherwise<'f> {
    frame: &'f dyn Frame,
    table: schema::Table,
    /// By field, its ordinal in the frame.
    of: Vec<usize>,
}

impl<'f> Otherwise<'f> {
    fn new(frame: &'f dyn Frame, shown: impl Fn(usize) -> bool, tail: &str) -> Self {
        let mut table = frame.table().clone();
        let of: Vec<usize> = (0..table.fields.len()).filter(|field| shown(*field)).collect();
        table.fields = of.iter().map(|field| table.fields[*field].clone()).collect();
        table.fields.iter_mut().for_each(|field| field.name.push_str(tail));
        Self { frame, table, of }
    }
}

impl Frame for Otherwise<'_> {
    fn table(&self) -> &schema::Table {
        &self.table
    }

    fn rows(&self) -> usize {
        self.frame.rows()
    }

    fn dictionary(&self, field: usize) -> Option<Dictionary<'_>> {
        self.frame.dictionary(self.of[field])
    }

    fn fill(&self, field: usize, rows: Range<usize>, out: &mut Column) {
        self.frame.fill(self.of[field], rows, out);
    }
}

/// For all formats, a file does not depend on what its thread wrote before: not even where strings last that are the world's, and others
/// bear the same table's name.
#[test]
fn what_a_thread_wrote_before_changes_no_byte() {
    let world = world("seed = 7\ndays = 2\nusers = 100");
    with_frames(&world, |frame| {
        let renamed = Otherwise::new(frame, |_| true, "_other");
        let fewer = Otherwise::new(frame, |field| field % 5 != 2, "");
        let frames: [&dyn Frame; 6] = [frame, &renamed, frame, &fewer, &renamed, frame];
        for format in FORMATS {
            let options = Options { version: "v1".into(), ..Options::of(*format) };
            let written = |frame: &dyn Frame| {
                let mut bytes = Vec::new();
                format.write(frame, &options, &mut bytes).expect("written");
                bytes
            };
            for frame in frames {
                let alone = std::thread::scope(|scope| scope.spawn(|| written(frame)).join());
                assert!(written(frame) == alone.expect("written"), "{}", format.name());
            }
        }
    });
}

/// For all fields that rows of a group share, what is said of the groups is what the rows have.
#[test]
fn what_groups_share_is_what_their_rows_have() {
    let world = world("seed = 6\ndays = 1\nusers = 300");
    let (mut all, mut told) = (0, 0);
    with_frames(&world, |frame| {
        all += 1;
        let Some(groups) = frame.groups() else { return };
        told += 1;
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
    // Those of slices as they are, and some of those edited.
    assert!(3 * told > all, "{told} of {all}");
}
