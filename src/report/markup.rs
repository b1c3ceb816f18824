//! Text made safe inside HTML, and what a page's own parts are known by.

use std::fmt::{self, Display, Write as _};

use sha2::{Digest as _, Sha256};

use crate::digits;

/// A text that may stand between tags and in attributes' double quotes.
pub(crate) struct Escaped<'t>(pub(crate) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => out.write_str("&amp;"),
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '"' => out.write_str("&quot;"),
            '\'' => out.write_str("&#39;"),
            // HTML has no place for control characters, not even as references.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.write_char('\u{fffd}'),
            c => out.write_char(c),
        })
    }
}

/// JSON that may stand inside a script element: nothing in it can end the element or begin a comment.
pub(crate) fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// What a content security policy knows an inline script or style by.
pub(crate) fn policy_hash(text: &str) -> String {
    format!("'sha256-{}'", digits::base64(&Sha256::digest(text)))
}

/// Fills `{{name}}` in a template, in one pass: what is filled in is never looked at again.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        out.push_str(
            values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value),
        );
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("a {{x}} {{y}} z", &[("x", "{{y}}"), ("y", "2")]), "a {{y}} 2 z");
    }

    #[test]
    fn no_text_leaves_its_element_or_attribute() {
        let hostile = "</script><img src=x onerror='a'>\" & \u{1}";
        let escaped = Escaped(hostile).to_string();
        assert!(!escaped.contains(['<', '>', '"', '\'', '\u{1}']), "{escaped}");
        assert!(!script_json("[\"</script><!--\"]").contains('<'));
    }
}
