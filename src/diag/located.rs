//! Values with their places.

use std::ops::Range;
use std::rc::Rc;

use crate::diag::document::{File, place};
use crate::diag::{Place, suggest};

/// A value with its place, for a problem that shows itself later (an unknown name, say).
#[derive(Debug, Clone)]
pub struct Located<T> {
    /// What was written.
    pub value: T,
    pub(super) file: Rc<File>,
    pub(super) span: Range<usize>,
}

impl<T> Located<T> {
    /// Reports a problem at the value.
    pub fn problem(&self, message: impl Into<String>, help: impl Into<String>) {
        self.file.report(self.span.clone(), message.into(), Some(help.into()));
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        place(&self.file.name, &self.file.text, &self.span)
    }

    /// Another value at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), file: self.file, span: self.span }
    }
}

impl Located<String> {
    /// The index of this name among the known ones; an unknown one is a problem, and `None`.
    pub fn one_of<'n>(
        &self,
        what: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Option<usize> {
        let found = known.clone().into_iter().position(|name| name == self.value);
        if found.is_none() {
            self.problem(format!("unknown {what} `{}`", self.value), suggest(&self.value, known));
        }
        found
    }
}
