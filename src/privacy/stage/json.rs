//! JSON rewritten as it is read: what stays is copied byte for byte, what changes is written anew, what is dropped is not there.

use std::borrow::Cow;

use crate::privacy::names;

/// Objects within objects are followed so deep, and no deeper.
const DEEPEST: usize = 64;

/// A value that holds no others.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Leaf<'t> {
    /// A string.
    Text(Cow<'t, str>),
    /// A number, as it is written.
    Number(&'t str),
    /// True or false.
    Flag(bool),
    /// Nothing.
    Null,
}

/// Why a text is not rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::privacy) enum Stop {
    /// It is no JSON, at that byte.
    Malformed(usize),
    /// The text at that path is no JSON, and should be.
    Inner(String),
    /// It holds what must not pass.
    Refused(String),
}

/// Is shown every leaf, with its path.
pub(super) trait Walk {
    /// Writes what stands for a leaf, of which `raw` are the bytes; whether it stays at all.
    fn leaf(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        raw: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Stop>;

    /// Whether all that stands at a path and below is dropped.
    fn drops(&mut self, path: &str) -> bool;

    /// Writes an object or an array without anything in it, of which `raw` are the bytes; whether it stays at all.
    fn empty(&mut self, _path: &str, raw: &[u8], out: &mut Vec<u8>) -> Result<bool, Stop> {
        out.extend_from_slice(raw);
        Ok(true)
    }

    /// Is shown a leaf below a path that is dropped.
    fn below(&mut self, _dropped: &str, _leaf: Leaf<'_>) {}

    /// Whether a member's name that looks like somebody's value is hidden in paths.
    fn hides(&mut self, _path: &str) -> bool {
        false
    }
}

/// Rewrites one JSON text; paths begin with `root`.
pub(super) fn rewrite(
    text: &[u8],
    root: &str,
    walk: &mut dyn Walk,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let mut path = root.to_owned();
    let mut rewriting = Rewriting { text, at: 0, walk, path: &mut path };
    let start = out.len();
    if !rewriting.value(0, out)? {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
    match rewriting.peek() {
        None => Ok(()),
        Some(_) => Err(Stop::Malformed(rewriting.at)),
    }
}

/// Rewrites a text that is JSON and stands at a path of another.
pub(super) fn rewrite_inner(
    text: &str,
    path: &str,
    walk: &mut dyn Walk,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    rewrite(text.as_bytes(), path, walk, out).map_err(|stop| match stop {
        Stop::Malformed(_) => Stop::Inner(path.to_owned()),
        other => other,
    })
}

/// Shows every leaf of a JSON text with its path, and rewrites nothing; paths begin with `root`. What is JSON at the paths `inside` is
/// looked into as well.
pub(super) fn look(
    text: &[u8],
    root: &str,
    inside: &[String],
    see: &mut dyn FnMut(&str, Leaf<'_>),
) -> Result<(), Stop> {
    rewrite(text, root, &mut Look { inside, see }, &mut Vec::new())
}

/// Shows leaves to whom only looks.
struct Look<'s> {
    inside: &'s [String],
    see: &'s mut dyn FnMut(&str, Leaf<'_>),
}

impl Walk for Look<'_> {
    fn leaf(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        _: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool, Stop> {
        if let (Leaf::Text(text), true) = (&leaf, self.inside.iter().any(|one| one == path)) {
            if !text.is_empty() {
                rewrite_inner(text, path, self, out)?;
            }
            return Ok(false);
        }
        (self.see)(path, leaf);
        Ok(false)
    }

    fn drops(&mut self, _: &str) -> bool {
        false
    }
}

/// Shows what stands below a path that is dropped.
struct Below<'b> {
    walk: &'b mut dyn Walk,
    /// How much of a leaf's path is the dropped one.
    length: usize,
}

impl Walk for Below<'_> {
    fn leaf(
        &mut self,
        path: &str,
        leaf: Leaf<'_>,
        _: &[u8],
        _: &mut Vec<u8>,
    ) -> Result<bool, Stop> {
        self.walk.below(&path[..self.length], leaf);
        Ok(false)
    }

    fn drops(&mut self, _: &str) -> bool {
        false
    }
}

struct Rewriting<'r> {
    text: &'r [u8],
    at: usize,
    walk: &'r mut dyn Walk,
    path: &'r mut String,
}

impl<'r> Rewriting<'r> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek() != Some(byte) {
            return Err(Stop::Malformed(self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Rewrites a value; whether it stays.
    fn value(&mut self, depth: usize, out: &mut Vec<u8>) -> Result<bool, Stop> {
        match self.peek() {
            _ if depth > DEEPEST => Err(Stop::Malformed(self.at)),
            Some(b'{') => self.nested(depth, b'}', out),
            Some(b'[') => self.nested(depth, b']', out),
            Some(_) => self.leaf(out),
            None => Err(Stop::Malformed(self.at)),
        }
    }

    /// An object or an array.
    fn nested(&mut self, depth: usize, end: u8, out: &mut Vec<u8>) -> Result<bool, Stop> {
        let dropped = self.walk.drops(self.path);
        out.push(self.text[self.at]);
        self.at += 1;
        let mut kept = 0;
        if self.peek() == Some(end) {
            self.at += 1;
            if dropped {
                return Ok(false);
            }
            out.pop();
            return self.walk.empty(self.path, if end == b'}' { b"{}" } else { b"[]" }, out);
        }
        loop {
            let (start, length) = (out.len(), self.path.len());
            if kept > 0 {
                out.push(b',');
            }
            if end == b'}' {
                self.name(out)?;
            } else {
                self.path.push_str("[]");
            }
            let stays = if dropped {
                self.skip(depth + 1, length, out)?;
                false
            } else {
                self.value(depth + 1, out)?
            };
            self.path.truncate(length);
            if stays {
                kept += 1;
            } else {
                out.truncate(start);
            }
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == end => break,
                _ => return Err(Stop::Malformed(self.at)),
            }
        }
        self.at += 1;
        out.push(end);
        Ok(!dropped)
    }

    /// Passes over a value of which nothing stays; the dropped path is so long.
    fn skip(&mut self, depth: usize, length: usize, out: &mut Vec<u8>) -> Result<(), Stop> {
        let mut below = Below { walk: &mut *self.walk, length };
        let mut inner =
            Rewriting { text: self.text, at: self.at, walk: &mut below, path: &mut *self.path };
        inner.value(depth, out)?;
        self.at = inner.at;
        Ok(())
    }

    /// A member's name and its colon, which go out as they came in.
    fn name(&mut self, out: &mut Vec<u8>) -> Result<(), Stop> {
        self.peek();
        let raw = self.string()?;
        let name = decoded(raw).ok_or(Stop::Malformed(self.at))?;
        if !self.path.is_empty() {
            self.path.push('.');
        }
        let length = self.path.len();
        self.path.push_str(&name);
        if names::is_value(&name) && self.walk.hides(self.path) {
            self.path.truncate(length);
            self.path.push_str(names::HIDDEN);
        }
        self.expect(b':')?;
        out.extend_from_slice(raw);
        out.push(b':');
        Ok(())
    }

    /// A string with its quotes.
    fn string(&mut self) -> Result<&'r [u8], Stop> {
        let start = self.at;
        if self.text.get(start) != Some(&b'"') {
            return Err(Stop::Malformed(start));
        }
        self.at += 1;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(byte) if *byte >= 0x20 => self.at += 1,
                _ => return Err(Stop::Malformed(self.at.min(self.text.len()))),
            }
        }
        self.at += 1;
        Ok(&self.text[start..self.at])
    }

    fn leaf(&mut self, out: &mut Vec<u8>) -> Result<bool, Stop> {
        let start = self.at;
        if self.text[start] == b'"' {
            let raw = self.string()?;
            let text = decoded(raw).ok_or(Stop::Malformed(start))?;
            return self.walk.leaf(self.path, Leaf::Text(text), raw, out);
        }
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
        let rest = &self.text[start..];
        let raw = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        self.at += raw.len();
        let word = std::str::from_utf8(raw).map_err(|_| Stop::Malformed(start))?;
        let leaf = match word {
            "null" => Leaf::Null,
            "true" => Leaf::Flag(true),
            "false" => Leaf::Flag(false),
            _ if serde_json::from_str::<serde_json::Number>(word).is_ok() => Leaf::Number(word),
            _ => return Err(Stop::Malformed(start)),
        };
        self.walk.leaf(self.path, leaf, raw, out)
    }
}

/// What a string with its quotes says.
fn decoded(raw: &[u8]) -> Option<Cow<'_, str>> {
    if raw.contains(&b'\\') {
        return serde_json::from_slice::<String>(raw).ok().map(Cow::Owned);
    }
    std::str::from_utf8(&raw[1..raw.len() - 1]).ok().map(Cow::Borrowed)
}

/// Whether a number is written as a whole one.
pub(super) fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// Writes a string with quotes and escapes.
pub(super) fn quote(text: &str, out: &mut Vec<u8>) {
    // A vector takes everything.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps everything but what stands at one path, and notes what it saw.
    struct Without(&'static str, Vec<String>);

    impl Walk for Without {
        fn leaf(
            &mut self,
            path: &str,
            _: Leaf<'_>,
            raw: &[u8],
            out: &mut Vec<u8>,
        ) -> Result<bool, Stop> {
            self.1.push(path.to_owned());
            out.extend_from_slice(raw);
            Ok(path != self.0)
        }
        fn drops(&mut self, path: &str) -> bool {
            path == self.0
        }
    }

    fn without(text: &str, path: &'static str) -> (String, Vec<String>) {
        let (mut walk, mut out) = (Without(path, Vec::new()), Vec::new());
        rewrite(text.as_bytes(), "", &mut walk, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), walk.1)
    }

    #[test]
    fn members_are_dropped_wherever_they_stand() {
        let text = r#"{"a":1,"b":{"c":"x\"y","d":[1,{"e":null}]},"\u0066":1.50}"#;
        let (same, paths) = without(text, "none");
        assert_eq!(same, text);
        assert_eq!(paths, ["a", "b.c", "b.d[]", "b.d[].e", "f"]);
        assert_eq!(without(text, "a").0, r#"{"b":{"c":"x\"y","d":[1,{"e":null}]},"\u0066":1.50}"#);
        assert_eq!(without(text, "b").0, r#"{"a":1,"\u0066":1.50}"#);
        assert_eq!(
            without(text, "b.d[].e").0,
            r#"{"a":1,"b":{"c":"x\"y","d":[1,{}]},"\u0066":1.50}"#
        );
    }

    proptest! {
        /// For all bytes, rewriting ends, and what it takes for JSON is JSON.
        #[test]
        fn only_json_is_rewritten(text in r#"[\[\]{}",:a0-9.eE\\ -]{0,40}"#) {
            let mut out = Vec::new();
            if rewrite(text.as_bytes(), "", &mut Without("none", Vec::new()), &mut out).is_ok() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok(), "{}", text);
            }
        }
    }
}
