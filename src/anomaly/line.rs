//! Lines of NDJSON as they are written: where their members stand.

use std::ops::Range;

use crate::seed::Stream;

/// A member of a line's object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, between the quotes.
    pub name: Range<usize>,
    /// Its value, quotes and all.
    pub value: Range<usize>,
}

impl Member {
    /// Whether its value is a text.
    pub fn is_text(&self, line: &[u8]) -> bool {
        line[self.value.clone()].starts_with(b"\"")
    }

    /// Whether its value is a number.
    pub fn is_number(&self, line: &[u8]) -> bool {
        matches!(line[self.value.clone()].first(), Some(b'-' | b'0'..=b'9'))
    }

    /// Its name.
    pub fn is(&self, line: &[u8], name: &str) -> bool {
        line[self.name.clone()] == *name.as_bytes()
    }

    /// What stands between the quotes of a text.
    pub fn inside(&self) -> Range<usize> {
        self.value.start + 1..self.value.end - 1
    }
}

/// The members of an object that was written without blanks; those before the first that is not.
pub fn members(line: &[u8]) -> Vec<Member> {
    let mut all = Vec::new();
    let mut at = 1;
    while line.get(at) == Some(&b'"') {
        let Some(end) = after_text(line, at) else { break };
        if line.get(end) != Some(&b':') {
            break;
        }
        let Some(stop) = after_value(line, end + 1) else { break };
        all.push(Member { name: at + 1..end - 1, value: end + 1..stop });
        if line.get(stop) != Some(&b',') {
            break;
        }
        at = stop + 1;
    }
    all
}

/// The member of that name.
pub fn find(line: &[u8], name: &str) -> Option<Member> {
    members(line).into_iter().find(|member| member.is(line, name))
}

/// One of the members that fit, all of them as likely.
pub fn pick(line: &[u8], draw: &mut Stream, fits: impl Fn(&Member) -> bool) -> Option<Member> {
    let mut fitting: Vec<Member> = members(line).into_iter().filter(fits).collect();
    (!fitting.is_empty()).then(|| fitting.swap_remove(draw.below(fitting.len() as u32) as usize))
}

/// The line with other bytes in that place.
pub fn spliced(line: &[u8], place: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&line[..place.start], with, &line[place.end..]].concat()
}

/// Behind the text that begins there.
fn after_text(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match line.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Behind the value that begins there.
fn after_value(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut open = 0_u32;
    loop {
        match line.get(at)? {
            b'"' => {
                at = after_text(line, at)?;
                if open == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' | b',' if open == 0 => return Some(at),
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let line = br#"{"a":1,"b":"x\",}","c":{"d":[1,{"e":"}"}]},"f":true}"#;
        let parts: Vec<(&[u8], &[u8])> = members(line)
            .into_iter()
            .map(|member| (&line[member.name], &line[member.value]))
            .collect();
        let wanted: [(&[u8], &[u8]); 4] = [
            (b"a", b"1"),
            (b"b", br#""x\",}""#),
            (b"c", br#"{"d":[1,{"e":"}"}]}"#),
            (b"f", b"true"),
        ];
        assert_eq!(parts, wanted);
        for cut in 0..line.len() {
            members(&line[..cut]);
        }
    }
}
