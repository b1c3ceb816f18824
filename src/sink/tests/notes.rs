//! Lines of interest: replaced, and found again.

use proptest::prelude::*;

use super::frames;
use crate::sink::ndjson::Ndjson;
use crate::sink::{Format as _, Notes, Options, json_lines};

proptest! {
    /// For all frames and rows of interest, what replaces a line stands in its place, and the notes say where.
    #[test]
    fn notes_say_where_lines_are(
        frame in frames::arbitrary(),
        rows in prop::collection::btree_map(0_usize..3_000, prop::option::of("[a\n]{0,5}"), 0..9),
    ) {
        let lines = json_lines(&frame).unwrap();
        let rows: Vec<_> = rows.into_iter().filter(|(row, _)| *row < lines.len()).collect();
        let wanted = rows.iter().map(|(row, text)| (*row as u32, text.clone().map(String::into_bytes)));
        let mut notes = Notes { rows: wanted.collect(), places: Vec::new() };
        let mut bytes = Vec::new();
        Ndjson.write_noting(&frame, &Options::of(&Ndjson), &mut notes, &mut bytes).unwrap();
        let (mut model, mut places) = (Vec::new(), Vec::new());
        for (row, line) in lines.iter().enumerate() {
            let here = rows.iter().find(|(wanted, _)| *wanted == row);
            let line = here.and_then(|(_, text)| text.as_deref()).map_or(&line[..], str::as_bytes);
            if here.is_some() {
                let number = model.split(|byte| *byte == b'\n').count() as u64;
                let (start, length) = (model.len() as u64, line.len() as u64);
                places.push((number, start, length));
            }
            model.extend_from_slice(line);
        }
        prop_assert!(bytes == model);
        let noted = notes.places.iter().map(|at| (at.number, at.start, at.length));
        prop_assert_eq!(noted.collect::<Vec<_>>(), places);
    }
}
