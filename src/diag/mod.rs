//! Mistakes in what a user wrote, told well: file, line, column, excerpt, and what would be right; all of them at once.
//!
//! A [`Document`] is one TOML file. Its tables are read through [`Table`], whose getters record a [`Problem`] and hand back a
//! harmless default when something is wrong, so that a loader reads on and a user sees every mistake of every file in one run.

mod document;
mod located;
mod table;

use std::fmt;

pub use document::Document;
pub use located::Located;
pub use table::{Scalar, Table};

/// Where in a file a problem stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user knows it: a path, or a name such as `personas/people/remote_dad.toml (built in)`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The whole line.
    pub excerpt: String,
    /// How many characters to underline, at least 1.
    pub width: usize,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, when it stands in a file.
    pub place: Option<Place>,
    /// What would be right.
    pub help: Option<String>,
}

impl Problem {
    /// A problem that stands in no file: a flag, say.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    /// The same problem with a word on what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Problem {
    /// The same as a warning.
    pub fn as_warning(&self) -> String {
        let told = self.to_string();
        format!("warning: {}", told.strip_prefix(ERROR).unwrap_or(&told))
    }
}

/// How an error begins.
const ERROR: &str = "error: ";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ERROR}{}", self.message)?;
        if let Some(place) = &self.place {
            let margin = " ".repeat(place.line.to_string().len());
            write!(f, "\n{margin}--> {}:{}:{}", place.file, place.line, place.column)?;
            write!(f, "\n{margin} |\n{} | {}", place.line, place.excerpt)?;
            let indent: String = place
                .excerpt
                .chars()
                .take(place.column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            write!(f, "\n{margin} | {indent}{}", "^".repeat(place.width))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// All that was found wrong. An error only when it holds something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds those of another reading.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        self.0.extend(others);
    }

    /// The problems in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing was found, else the problems.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn or<T>(self, value: T) -> Result<T, Problems> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name nearest to what was written, if one is near enough to be meant.
pub fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(written.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

/// "did you mean …?" when one is near, else the list of what is known.
pub fn suggest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(written, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "nothing can stand here".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_a_file_is_reported_with_its_place() {
        let text = "share = 1.5\nnmae = \"x\"\n[mix]\na = 0.5\nb = 0.4\n";
        let document = Document::parse("bad.toml", text);
        {
            let root = document.root();
            root.number("share", 0.0..=1.0);
            root.text("name");
            root.shares("mix");
        }
        let shown = document.problems().to_string();
        assert!(shown.contains("bad.toml:1:9"), "{shown}");
        assert!(shown.contains("missing key `name`"), "{shown}");
        assert!(shown.contains("bad.toml:2:1"), "{shown}");
        assert!(shown.contains("did you mean `name`?"), "{shown}");
        assert!(shown.contains("sum to 0.900"), "{shown}");
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let document = Document::parse("bad.toml", "a = \n");
        assert!(document.is_broken());
        assert!(document.problems().to_string().contains("bad.toml:1:"));
    }
}
