//! Neighbouring fields that all rows of a group share: written once a group, then copied as one piece.

use super::keyed::Keyed;
use super::line::{Lines, Pieces};
use crate::frame::NULL;

/// Bytes of pieces that are kept: more would not stay in a core's cache, where the pieces of those groups are that rows still come of.
const KEPT: usize = 2 << 20;

/// A field of the run, and by group its key.
type Member<'f> = (Keyed<'f>, &'f [u32]);

/// A run of such fields.
pub(super) struct SharedWriter<'f> {
    members: Vec<Member<'f>>,
    /// By group: where its piece stands, if it is there.
    places: Vec<Option<(u32, u32)>>,
    pieces: Pieces,
    /// The keys of a group.
    keys: Vec<u32>,
}

impl<'f> SharedWriter<'f> {
    /// A run of a single field.
    pub(super) fn new(first: Member<'f>) -> Self {
        let places = vec![None; first.1.len()];
        Self { places, members: vec![first], pieces: Pieces::new(), keys: Vec::new() }
    }

    /// Adds the next field to the run.
    pub(super) fn push(&mut self, next: Member<'f>) {
        self.members.push(next);
    }

    /// Makes ready what rows of these groups need.
    ///
    /// Groups are met in the order of their first rows, and rows of a group stand near each other, so that the pieces which the rows
    /// of a block need lie close together, and hardly any is made again when all are thrown away.
    pub(super) fn load(&mut self, groups: &[u32]) {
        if self.pieces.len() > KEPT {
            self.pieces.clear();
            self.places.fill(None);
        }
        for &group in groups {
            if self.places[group as usize].is_none() {
                self.places[group as usize] = Some(self.render(group));
            }
        }
    }

    /// Writes a group's fields aside. Its keys are read before any is used, so that they are waited for together.
    fn render(&mut self, group: u32) -> (u32, u32) {
        let Self { members, pieces, keys, .. } = self;
        keys.clear();
        keys.extend(members.iter().map(|(_, keys)| keys[group as usize]));
        pieces.add(|out| {
            for ((field, _), &key) in members.iter_mut().zip(&*keys) {
                if key != NULL {
                    field.append(key, out);
                }
            }
        })
    }

    /// Writes the fields of a row of the group.
    #[inline]
    pub(super) fn write(&self, group: u32, out: &mut Lines) {
        if let Some(place) = self.places[group as usize] {
            out.put_piece(&self.pieces, place);
        }
    }
}
