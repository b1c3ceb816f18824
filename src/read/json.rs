//! A scanner of JSON text: one value after the other, without a tree.

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// What stands between the quotes, and whether some of it is escaped.
    Text(&'t [u8], bool),
    /// A number's characters.
    Number(&'t [u8]),
    /// True or false.
    Flag(bool),
    /// Nothing.
    Null,
    /// An object, braces and all.
    Object(&'t [u8]),
    /// An array, brackets and all.
    Array(&'t [u8]),
}

/// A place in a text.
pub(super) struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

/// The text is no JSON, at that byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) usize);

type Scanned<T> = Result<T, Malformed>;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Walks through the members of an object that is the whole text.
    pub(super) fn members(
        &mut self,
        mut see: impl FnMut(&'t [u8], bool, Token<'t>),
    ) -> Scanned<()> {
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return self.end();
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(Malformed(self.at));
            }
            let (name, escaped) = self.string()?;
            self.expect(b':')?;
            let value = self.value()?;
            see(name, escaped, value);
            match self.next()? {
                b',' => {}
                b'}' => return self.end(),
                _ => return Err(Malformed(self.at - 1)),
            }
        }
    }

    fn end(&mut self) -> Scanned<()> {
        if self.peek().is_none() { Ok(()) } else { Err(Malformed(self.at)) }
    }

    /// The next byte that is no blank, without taking it.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn next(&mut self) -> Scanned<u8> {
        let byte = self.peek().ok_or(Malformed(self.at))?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, byte: u8) -> Scanned<()> {
        if self.next()? == byte { Ok(()) } else { Err(Malformed(self.at - 1)) }
    }

    /// What stands between the quotes that begin here.
    fn string(&mut self) -> Scanned<(&'t [u8], bool)> {
        self.at += 1;
        let (start, mut escaped) = (self.at, false);
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(byte) if *byte >= 0x20 => self.at += 1,
                _ => return Err(Malformed(self.at.min(self.text.len()))),
            }
        }
        self.at += 1;
        Ok((&self.text[start..self.at - 1], escaped))
    }

    fn value(&mut self) -> Scanned<Token<'t>> {
        match self.peek() {
            Some(b'"') => self.string().map(|(text, escaped)| Token::Text(text, escaped)),
            Some(b'{') => self.nested().map(Token::Object),
            Some(b'[') => self.nested().map(Token::Array),
            Some(b't') => self.word(b"true", Token::Flag(true)),
            Some(b'f') => self.word(b"false", Token::Flag(false)),
            Some(b'n') => self.word(b"null", Token::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            _ => Err(Malformed(self.at)),
        }
    }

    fn word(&mut self, word: &[u8], token: Token<'t>) -> Scanned<Token<'t>> {
        if !self.text[self.at..].starts_with(word) {
            return Err(Malformed(self.at));
        }
        self.at += word.len();
        Ok(token)
    }

    fn number(&mut self) -> Scanned<&'t [u8]> {
        let start = self.at;
        let part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        while self.text.get(self.at).is_some_and(part) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        if is_number(text) { Ok(text) } else { Err(Malformed(start)) }
    }

    /// An object or array, whole.
    fn nested(&mut self) -> Scanned<&'t [u8]> {
        let (start, mut open) = (self.at, 0_u32);
        loop {
            match self.text.get(self.at) {
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open -= 1,
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(_) => {}
                None => return Err(Malformed(self.at)),
            }
            self.at += 1;
            if open == 0 {
                return Ok(&self.text[start..self.at]);
            }
        }
    }
}

/// Whether it is a number by RFC 8259: no zero in front, digits around the point and behind the `e`.
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(decimals) = rest.strip_prefix(b".") {
        let count = digits(decimals);
        if count == 0 {
            return false;
        }
        rest = &decimals[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent =
            exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}

/// A string with its escapes undone; nothing when they are wrong.
pub(super) fn unescaped(text: &[u8]) -> Option<String> {
    let quoted = [b"\"", text, b"\""].concat();
    serde_json::from_slice(&quoted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(text: &str) -> Result<Vec<(String, String)>, Malformed> {
        let mut found = Vec::new();
        Scanner::new(text.as_bytes()).members(|name, _, value| {
            let name = String::from_utf8_lossy(name).into_owned();
            found.push((name, format!("{value:?}")));
        })?;
        Ok(found)
    }

    #[test]
    fn members_are_found_whatever_they_hold() {
        let text = r#" {"a": "x\"y", "b":{"c":["}",1]} , "d":-1.5e3,"e":null,"f":[true] } "#;
        let names: Vec<String> = members(text).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "d", "e", "f"]);
        assert_eq!(members("{}").unwrap(), []);
    }

    #[test]
    fn what_is_cut_short_is_malformed() {
        let whole = r#"{"a":"x\"y","b":{"c":["}",1]},"d":-1}"#;
        for end in 0..whole.len() {
            assert!(members(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        assert!(members("{\"a\":tru}").is_err());
        assert!(members("{\"a\":1}x").is_err());
        assert!(members("{\"a\":]}").is_err());
        for number in ["01", "1.", "-", ".5", "1e", "1e+", "--1", "1.2.3"] {
            assert!(members(&format!("{{\"a\":{number}}}")).is_err(), "{number}");
        }
        for number in ["0", "-0", "10", "0.5", "1e9", "1.5E-3", "1e+2"] {
            assert!(members(&format!("{{\"a\":{number}}}")).is_ok(), "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Scanner::new(&bytes).members(|_, _, _| {});
        }
    }
}
