//! Many needles at once: a window of bytes of each is looked up wherever a text shows it, and only there the whole is compared.

use std::collections::HashMap;

use super::Known;
use super::forms::{self, Form};

/// Bytes of a window.
const WINDOW: usize = 6;

/// Shorter values are found everywhere by chance.
pub(super) const SHORTEST: usize = WINDOW;

/// Bits of the filter.
const BITS: u32 = 22;

/// A form of a value, and where in it the window lies.
struct Needle {
    value: usize,
    form: Form,
    window: usize,
}

/// What is looked for.
pub(super) struct Needles<'k> {
    known: &'k [Known],
    all: Vec<Needle>,
    by_window: HashMap<u64, Vec<u32>>,
    /// Whether any needle's window may have a hash: most bytes are passed by this look alone.
    filter: Vec<u64>,
    longest: usize,
}

impl<'k> Needles<'k> {
    pub(super) fn new(known: &'k [Known]) -> Self {
        let mut needles = Vec::new();
        for (value, known) in known.iter().enumerate() {
            let long = |form: &Form| form.bytes.len() >= WINDOW;
            let forms = forms::of(known.value.trim()).into_iter().filter(long);
            needles.extend(forms.map(|form| Needle { value, form, window: 0 }));
        }
        // Values share beginnings and ends (domains, dates of ids): the window that fewest share is the quickest to rule out.
        let mut shared: HashMap<u64, u32> = HashMap::new();
        for needle in &needles {
            for window in windows(&needle.form.bytes) {
                *shared.entry(key(&needle.form.bytes[window..])).or_default() += 1;
            }
        }
        let mut by_window: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut filter = vec![0; 1 << (BITS - 6)];
        for (place, needle) in needles.iter_mut().enumerate() {
            let bytes = &needle.form.bytes;
            let count = |window: &usize| shared.get(&key(&bytes[*window..])).copied();
            needle.window = windows(bytes).min_by_key(count).unwrap_or(0);
            let key = key(&bytes[needle.window..]);
            by_window.entry(key).or_default().push(place as u32);
            let bit = bit(key);
            filter[bit >> 6] |= 1 << (bit & 63);
        }
        let longest = needles.iter().map(|needle| needle.form.bytes.len()).max().unwrap_or(0);
        Self { known, all: needles, by_window, filter, longest }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// Places of windows: the beginning, the middle, the end.
fn windows(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let last = bytes.len() - WINDOW;
    [0, last / 2, last].into_iter()
}

/// A window's bytes, letters in lower case, as a number.
fn key(bytes: &[u8]) -> u64 {
    bytes[..WINDOW].iter().fold(0, |key, byte| key << 8 | u64::from(byte.to_ascii_lowercase()))
}

#[inline]
fn bit(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize
}

/// A text being searched, piece by piece.
pub(super) struct Search<'n> {
    needles: &'n Needles<'n>,
    /// The end of what was searched, and what came since.
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
        self.held.extend_from_slice(piece);
        let held = std::mem::take(&mut self.held);
        self.look(&held);
        let keep = held.len().min(self.needles.longest.saturating_sub(1));
        self.held = held;
        self.held.drain(..self.held.len() - keep);
    }

    fn look(&mut self, text: &[u8]) {
        const MASK: u64 = (1 << (8 * WINDOW)) - 1;
        let needles = self.needles;
        let mut window = 0_u64;
        for (place, byte) in text.iter().enumerate() {
            window = (window << 8 | u64::from(byte.to_ascii_lowercase())) & MASK;
            let bit = bit(window);
            if needles.filter[bit >> 6] >> (bit & 63) & 1 == 1 && place + 1 >= WINDOW {
                self.compare(text, place + 1 - WINDOW, window);
            }
        }
    }

    /// Compares the needles that have a window with what stands around it.
    fn compare(&mut self, text: &[u8], at: usize, window: u64) {
        let Some(some) = self.needles.by_window.get(&window) else { return };
        for &place in some {
            let needle = &self.needles.all[place as usize];
            let bytes = &needle.form.bytes;
            let Some(start) = at.checked_sub(needle.window) else { continue };
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
