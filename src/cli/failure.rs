//! What can end a command early, what is said then, and the exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use throng::diag::{Problem, Problems};

use super::style::ERROR;

/// Why a command ended early.
pub(crate) enum Failure {
    /// What was asked for is wrong: exit code 2.
    Input(Problems),
    /// A privacy policy does not let it pass: exit code 3.
    Policy(Problems),
    /// Something failed on the way: exit code 1.
    Run(anyhow::Error),
    /// Standard output cannot be written: exit code 1, but a reader that has seen enough is success.
    Print(io::Error),
    /// What was asked after is not so, as was told already: exit code 1.
    Found,
    /// Somebody pressed Ctrl-C: exit code 130, as a shell gives it.
    Interrupted,
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Input(problems)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Input(problem.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Run(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}

impl From<throng::engine::Error> for Failure {
    fn from(error: throng::engine::Error) -> Self {
        match error {
            throng::engine::Error::Cancelled => Self::Interrupted,
            throng::engine::Error::Rates(problems) | throng::engine::Error::Anomalies(problems) => {
                Self::Input(problems)
            }
            throng::engine::Error::Policy(problems) => Self::Policy(problems),
            error => Self::Run(anyhow::Error::from(error).context("the run failed")),
        }
    }
}

impl From<throng::output::Error> for Failure {
    fn from(error: throng::output::Error) -> Self {
        if !error.is_refusal() {
            return Self::Run(error.into());
        }
        Self::wrong(&error, error.help())
    }
}

impl From<throng::read::Error> for Failure {
    fn from(error: throng::read::Error) -> Self {
        Self::wrong(&error, error.help())
    }
}

impl From<throng::privacy::key::Refusal> for Failure {
    fn from(error: throng::privacy::key::Refusal) -> Self {
        Self::wrong(&error, error.help())
    }
}

impl From<throng::privacy::stage::Error> for Failure {
    fn from(error: throng::privacy::stage::Error) -> Self {
        use throng::privacy::stage::Error;
        match error {
            Error::Refused(problems) => Self::Policy(problems),
            Error::Asked(problems) => Self::Input(problems),
            Error::Output(error) => error.into(),
            Error::Cancelled => Self::Interrupted,
            Error::Leaked(finds) => Self::Policy(super::leaks::told(&finds)),
            Error::Unread(files) => Self::Input(super::leaks::unread(&files)),
            error @ Error::Io { .. } => Self::Run(error.into()),
        }
    }
}

impl From<throng::check::Error> for Failure {
    fn from(error: throng::check::Error) -> Self {
        match error {
            throng::check::Error::Cancelled => Self::Interrupted,
            throng::check::Error::Read(error) => error.into(),
        }
    }
}

impl From<throng::foreign::Error> for Failure {
    fn from(error: throng::foreign::Error) -> Self {
        match error {
            throng::foreign::Error::Cancelled => Self::Interrupted,
            throng::foreign::Error::Written(problems) => problems.into(),
            throng::foreign::Error::Read(error) => error.into(),
        }
    }
}

impl Failure {
    /// What was asked for is wrong, and what would be right.
    fn wrong(error: &dyn std::error::Error, help: Option<impl Into<String>>) -> Self {
        let problem = Problem { help: help.map(Into::into), ..Problem::new(error.to_string()) };
        problem.into()
    }

    /// Says what went wrong on standard error; the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let (code, text) = match self {
            Self::Input(problems) => (2, problems.to_string()),
            Self::Policy(problems) => (3, problems.to_string()),
            Self::Print(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Print(error) => (1, format!("error: cannot print: {error}")),
            Self::Found => return ExitCode::from(1),
            Self::Run(error) if is_full(error) => {
                let help = "nothing was written: make room, or write elsewhere";
                (2, format!("error: {}\n  help: {help}", told(error)))
            }
            Self::Run(error) => (1, format!("error: {}", told(error))),
            Self::Interrupted => (130, "interrupted: nothing was written".to_owned()),
        };
        // If standard error cannot be written either, the exit code still speaks.
        let _ = writeln!(anstream::stderr(), "{}", coloured(&text));
        ExitCode::from(code)
    }
}

/// Whether there was no room left where something was to be written.
fn is_full(error: &anyhow::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| matches!(cause.kind(), StorageFull | QuotaExceeded))
}

/// An error and its causes, each said once: some errors repeat their cause in their own words.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text {
        text if text.is_empty() => cause,
        text if text.contains(&cause) => text,
        text => format!("{text}: {cause}"),
    })
}

/// The text with the word `error` at the beginning of a line in the colour of errors.
fn coloured(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix("error:") {
        Some(rest) => format!("{ERROR}error:{ERROR:#}{rest}"),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Makes a panic, which is always a mistake of ours, a message that says so.
pub(crate) fn hook_panics() {
    std::panic::set_hook(Box::new(|info| {
        // Bytes that make a decoder panic are told as a broken file.
        if std::thread::current().name() == Some(throng::read::READER) {
            return;
        }
        let payload = info.payload();
        let what = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
        let _ = writeln!(
            anstream::stderr(),
            "{ERROR}error:{ERROR:#} this is a bug in throng {}: {what}{}\n  help: please report it with \
             the command that you ran; nothing was written",
            env!("CARGO_PKG_VERSION"),
            place.unwrap_or_default(),
        );
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No room is told as what can be mended, wherever it was met.
    #[test]
    fn no_room_is_seen() {
        let error = |kind: io::ErrorKind| {
            let source = io::Error::from(kind);
            let error = throng::engine::Error::Io { path: "set".into(), source };
            match Failure::from(error) {
                Failure::Run(error) => error,
                _ => panic!("no failure of a run"),
            }
        };
        assert!(is_full(&error(io::ErrorKind::StorageFull)));
        assert!(is_full(&error(io::ErrorKind::QuotaExceeded)));
        assert!(!is_full(&error(io::ErrorKind::PermissionDenied)));
    }
}
