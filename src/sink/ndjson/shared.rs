//! Neighbouring fields that all rows of a group share: written once a group, then copied as one piece.

use super::keyed::Keyed;
use super::lines::Lines;
use super::pieces::{Pieces, Place};
use crate::frame::NULL;

/// Bytes of pieces that are kept: more would not stay in a core's cache, where the pieces of those groups are that rows still come of.
const KEPT: usize = 2 << 20;

/// A field of the run, and by group its key.
type Member<'f> = (Keyed<'f>, &'f [u32]);

/// A run of such fields.
pub(super) struct SharedWriter<'f> {
    members: Vec<Member<'f>>,
    /// By group: where its piece stands, if it is there.
    groups: Vec<Option<Place>>,
    pieces: Pieces,
    /// The keys of a group.
    keys: Vec<u32>,
    /// By row of the block: where the piece of its group stands.
    places: Vec<Place>,
}

impl<'f> SharedWriter<'f> {
    /// A run of a single field.
    pub(super) fn new(first: Member<'f>) -> Self {
        let groups = vec![None; first.1.len()];
        let pieces = Pieces::new();
        Self { members: vec![first], groups, pieces, keys: Vec::new(), places: Vec::new() }
    }

    /// Adds the next field to the run.
    pub(super) fn push(&mut self, next: Member<'f>) {
        self.members.push(next);
    }

    /// Takes the rows of a block, of these groups, and tells `lines` of them.
    ///
    /// Groups are met in the order of their first rows, and rows of a group stand near each other, so that the pieces which the rows
    /// of a block need lie close together, and hardly any is made again when all are thrown away.
    pub(super) fn load(&mut self, groups: &[u32], lines: &mut Lines) {
        if self.pieces.len() > KEPT {
            self.pieces.clear();
            self.groups.fill(None);
        }
        self.places.clear();
        for &group in groups {
            let place = match self.groups[group as usize] {
                Some(place) => place,
                None => self.render(group),
            };
            self.places.push(place);
        }
        lines.measure(None, &self.places);
    }

    /// Writes a group's fields aside. Its keys are read before any is used, so that they are waited for together.
    fn render(&mut self, group: u32) -> Place {
        let Self { members, groups, pieces, keys, .. } = self;
        keys.clear();
        keys.extend(members.iter().map(|(_, keys)| keys[group as usize]));
        let place = pieces.add(|out| {
            for ((field, _), &key) in members.iter_mut().zip(&*keys) {
                if key != NULL {
                    field.append(key, out);
                }
            }
        });
        groups[group as usize] = Some(place);
        place
    }

    /// Puts the pieces of the rows into their lines.
    pub(super) fn put(&self, lines: &mut Lines) {
        lines.put(None, &self.places, &self.pieces);
    }
}
