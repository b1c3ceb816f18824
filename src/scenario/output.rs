//! How a request's files are written: format, compression, form of identifiers.

use crate::diag::Problems;
use crate::scenario::wishes::LABELS;
use crate::scenario::{Ids, Request};
use crate::schema::Schemas;
use crate::sink::{Compression, FORMATS, Format, IdForm, Options};

/// The name by which a request asks for the answers, as if they were a table.
pub const ANSWERS: &str = "truth/answers";

/// How files are written.
pub struct Output {
    /// The format.
    pub format: &'static dyn Format,
    /// What it is asked for.
    pub options: Options,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Output").field(&self.format.name()).field(&self.options).finish()
    }
}

impl Output {
    /// Looks up what the request names, and checks that the tables that it asks for exist.
    ///
    /// # Errors
    /// Unknown formats, compressions that the format does not know, unknown tables.
    pub fn of(request: &Request, schemas: &Schemas, version: &str) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let names = FORMATS.iter().map(|format| format.name());
        let format = match request.format.one_of("format", names) {
            Ok(ordinal) => FORMATS[ordinal],
            Err(problem) => return Err(problem.into()),
        };
        let mut options = Options::of(format);
        version.clone_into(&mut options.version);
        options.ids = match request.ids {
            Ids::Text => IdForm::Text,
            Ids::Native => IdForm::Native,
        };
        if let Some(name) = &request.compression {
            let known = format.compressions().iter().map(|known: &Compression| known.name());
            match name.one_of(&format!("compression of {}", format.name()), known) {
                Ok(ordinal) => options.compression = format.compressions()[ordinal],
                Err(problem) => problems.push(problem),
            }
        }
        for table in request.tables.iter().flatten() {
            if LABELS.contains(&&*table.text) && request.anomalies.is_none() {
                let message = format!("there is no `{}` without anomalies", table.text);
                problems.push(table.problem(message, "leave it out, or ask for some: [anomalies]"));
            }
            let known = schemas.tables.iter().map(|table| table.name.as_str()).chain([ANSWERS]);
            if let Err(problem) = table.one_of("table", known) {
                problems.push(problem);
            }
        }
        problems.or(Self { format, options })
    }

    /// The ending of files' names.
    pub fn extension(&self) -> &'static str {
        self.format.extension(&self.options)
    }
}
