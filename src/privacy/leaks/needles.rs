//! Many needles at once: a window of bytes of each is looked up wherever a text shows it, and only there the whole is compared.

use std::collections::HashMap;

use super::Known;
use super::forms::{self, Form};

/// Bytes of a window.
const WINDOW: usize = 6;

/// Shorter values are found everywhere by chance.
pub(super) const SHORTEST: usize = WINDOW;

/// At most so many places in a row of which a text is looked at in one alone.
const STRIDE: usize = 4;

/// With more needles than this each has one window only: more would take too much memory.
const MANY: usize = 100_000;

/// Bits of the filters: the first stays in a core's own cache, the second lets little through of what the first does.
const BITS: [u32; 2] = [18, 22];

/// A form of a value.
struct Needle {
    value: usize,
    form: Form,
}

/// What is looked for.
pub(super) struct Needles<'k> {
    known: &'k [Known],
    all: Vec<Needle>,
    /// By window: needles that have it, each with its place in them.
    by_window: HashMap<u64, Vec<(u32, u32)>>,
    /// Whether any needle's window may have a hash: most bytes are passed by this look alone.
    filters: [Vec<u64>; 2],
    /// Of so many places in a row one is looked at: each needle has as many windows in a row.
    stride: usize,
    longest: usize,
}

impl<'k> Needles<'k> {
    pub(super) fn new(known: &'k [Known]) -> Self {
        let mut all = Vec::new();
        for (value, known) in known.iter().enumerate() {
            let long = |form: &Form| form.bytes.len() >= WINDOW;
            let forms = forms::of(known.value.trim()).into_iter().filter(long);
            all.extend(forms.map(|form| Needle { value, form }));
        }
        let lengths = || all.iter().map(|needle| needle.form.bytes.len());
        let shortest = lengths().min().unwrap_or(WINDOW);
        let stride = if all.len() > MANY { 1 } else { (shortest - WINDOW + 1).min(STRIDE) };
        let longest = lengths().max().unwrap_or(0);
        // Values share beginnings and ends (domains, dates of ids): the window that fewest share is the quickest to rule out.
        let mut shared: HashMap<u64, u32> = HashMap::new();
        for needle in &all {
            for window in windows(&needle.form.bytes, stride) {
                *shared.entry(key(&needle.form.bytes[window..])).or_default() += 1;
            }
        }
        let mut by_window: HashMap<u64, Vec<(u32, u32)>> = HashMap::new();
        let mut filters = BITS.map(|bits| vec![0; 1 << (bits - 6)]);
        for (place, needle) in all.iter().enumerate() {
            let bytes = &needle.form.bytes;
            let count = |window: &usize| shared.get(&key(&bytes[*window..])).copied();
            let first = windows(bytes, stride).min_by_key(count).unwrap_or(0);
            for window in first..first + stride {
                let key = key(&bytes[window..]);
                by_window.entry(key).or_default().push((place as u32, window as u32));
                for (filter, bits) in filters.iter_mut().zip(BITS) {
                    let bit = bit(key, bits);
                    filter[bit >> 6] |= 1 << (bit & 63);
                }
            }
        }
        Self { known, all, by_window, filters, stride, longest }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether a window may be one of a needle.
    #[inline]
    fn may_have(&self, key: u64) -> bool {
        let is_set = |at: usize| {
            let bit = bit(key, BITS[at]);
            self.filters[at][bit >> 6] >> (bit & 63) & 1 == 1
        };
        is_set(0) && is_set(1)
    }
}

/// Places of windows, of which as many in a row lie within as a stride has: the beginning, the middle, the end.
fn windows(bytes: &[u8], stride: usize) -> impl Iterator<Item = usize> {
    let last = bytes.len() - WINDOW + 1 - stride;
    [0, last / 2, last].into_iter()
}

/// What makes letters of either case equal, and other bytes no less like themselves.
const CASELESS: u64 = 0x2020_2020_2020_2020;

/// The bits of a window's bytes.
const MASK: u64 = (1 << (8 * WINDOW)) - 1;

/// A window's bytes as a number, the same for letters in either case.
#[inline]
fn key(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    match bytes.first_chunk::<8>() {
        Some(whole) => eight = *whole,
        None => eight[..WINDOW].copy_from_slice(&bytes[..WINDOW]),
    }
    (u64::from_le_bytes(eight) | CASELESS) & MASK
}

#[inline]
fn bit(key: u64, bits: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}

/// A text being searched, piece by piece. Pieces should be large: what one may share with the next is looked at again.
pub(super) struct Search<'n> {
    needles: &'n Needles<'n>,
    /// The end of what was searched.
    held: Vec<u8>,
    found: Vec<bool>,
}

impl<'n> Search<'n> {
    pub(super) fn new(needles: &'n Needles<'n>) -> Self {
        Self { needles, held: Vec::new(), found: vec![false; needles.all.len()] }
    }

    /// Searches the next piece, and what lies across its beginning.
    pub(super) fn take(&mut self, piece: &[u8]) {
        if self.needles.all.is_empty() {
            return;
        }
        let overlap = self.needles.longest.saturating_sub(1);
        let held = std::mem::take(&mut self.held);
        self.held = if piece.len() > overlap {
            // What lies across the beginning is looked at by itself, so that a large piece is not copied.
            let mut across = held;
            across.extend_from_slice(&piece[..overlap]);
            self.look(&across);
            self.look(piece);
            across.clear();
            across.extend_from_slice(&piece[piece.len() - overlap..]);
            across
        } else {
            let mut held = held;
            held.extend_from_slice(piece);
            self.look(&held);
            held.drain(..held.len() - held.len().min(overlap));
            held
        };
    }

    fn look(&mut self, text: &[u8]) {
        let needles = self.needles;
        let places = (text.len() + 1).saturating_sub(WINDOW);
        for place in (0..places).step_by(needles.stride) {
            let window = key(&text[place..]);
            if needles.may_have(window) {
                self.compare(text, place, window);
            }
        }
    }

    /// Compares the needles that have a window with what stands around it.
    fn compare(&mut self, text: &[u8], at: usize, window: u64) {
        let Some(some) = self.needles.by_window.get(&window) else { return };
        for &(place, window) in some {
            let needle = &self.needles.all[place as usize];
            let bytes = &needle.form.bytes;
            let Some(start) = at.checked_sub(window as usize) else { continue };
            let Some(stands) = text.get(start..start + bytes.len()) else { continue };
            let equal = if needle.form.any_case {
                stands.eq_ignore_ascii_case(bytes)
            } else {
                stands == &bytes[..]
            };
            self.found[place as usize] |= equal;
        }
    }

    /// What was found: the value's name and the form.
    pub(super) fn found(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let needles = self.needles.all.iter().zip(&self.found).filter(|(_, found)| **found);
        needles
            .map(|(needle, _)| (self.needles.known[needle.value].name.as_str(), needle.form.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms_found(value: &str, text: &[u8], piece: usize) -> Vec<&'static str> {
        let known = [Known { name: "it".to_owned(), value: value.to_owned() }];
        let needles = Needles::new(&known);
        let mut search = Search::new(&needles);
        text.chunks(piece).for_each(|piece| search.take(piece));
        search.found().map(|(_, form)| form).collect()
    }

    #[test]
    fn every_form_is_found() {
        let value = "Ada.Byron@example.com";
        let id = "0199abcd-1234-7abc-8def-0123456789ab";
        let raw: &[u8] = b"\x01\x99\xab\xcd\x12\x34\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab";
        let cases: &[(&str, &[u8], &str)] = &[
            (value, b"to ada.BYRON@example.com!", "plain"),
            (value, b"?mail=Ada.Byron%40example.com&", "percent"),
            (value, b"x4164612e4279726f6e406578616d706c652e636f6dx", "hexadecimal"),
            (value, b"QWRhLkJ5cm9uQGV4YW1wbGUuY29t", "base64"),
            (value, b"eEFkYS5CeXJvbkBleGFtcGxlLmNvbXg=", "base64"),
            (value, b"eHhBZGEuQnlyb25AZXhhbXBsZS5jb20=", "base64"),
            ("J\u{fc}rgen Sch\u{f6}n", br"J\u00fcrgen Sch\u00f6n", "escaped"),
            (id, raw, "raw"),
            (id, b"0199ABCD12347ABC8DEF0123456789AB", "hexadecimal"),
        ];
        for (value, text, form) in cases {
            for piece in [1, 7, 1_000] {
                let found = forms_found(value, text, piece);
                assert!(found.contains(form), "{form} of {value} in pieces of {piece}: {found:?}");
            }
        }
        assert!(forms_found(value, b"ada.byrom@example.com", 5).is_empty());
    }

    #[test]
    fn one_short_value_does_not_hide_others() {
        let value =
            |name: &str, value: &str| Known { name: name.to_owned(), value: value.to_owned() };
        let known = [value("long", "somebody@example.com"), value("short", "abcdef")];
        let needles = Needles::new(&known);
        assert_eq!((needles.stride, Needles::new(&known[..1]).stride), (1, STRIDE));
        for before in 0..9 {
            let text =
                format!("{}abcdefx{}SomeBody@example.com", " ".repeat(before), "-".repeat(before));
            let mut search = Search::new(&needles);
            search.take(text.as_bytes());
            let mut found: Vec<&str> = search.found().map(|(name, _)| name).collect();
            found.dedup();
            assert_eq!(found, ["long", "short"], "{text}");
        }
    }

    proptest! {
        /// For all texts around a value and all pieces that they come in, it is found.
        #[test]
        fn a_value_is_found_wherever_it_stands(
            before: Vec<u8>, after: Vec<u8>, value in "[a-z0-9]{6,20}", piece in 1_usize..40,
        ) {
            let text = [&before[..], value.as_bytes(), &after].concat();
            prop_assert!(forms_found(&value, &text, piece).contains(&"plain"));
        }
    }
}
