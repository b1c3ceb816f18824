//! Why a file is not taken: it is a file's fault, or the policy's will.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::change::Refused;

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::privacy) enum Why {
    /// It holds what must not pass.
    Refused(String),
    /// It cannot be read, or is not what it should be.
    Broken(String),
    /// Somebody asked to stop.
    Stopped,
}

impl Why {
    /// The same, said of a file.
    pub(in crate::privacy) fn of(self, path: &Path) -> Self {
        let of = |text: String| format!("{}: {text}", path.display());
        match self {
            Self::Refused(text) => Self::Refused(of(text)),
            Self::Broken(text) => Self::Broken(of(text)),
            Self::Stopped => Self::Stopped,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) | Self::Broken(text) => f.write_str(text),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl From<String> for Why {
    fn from(text: String) -> Self {
        Self::Broken(text)
    }
}

impl From<Refused> for Why {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.0)
    }
}

/// What some reader or writer says.
pub(in crate::privacy) fn broken(error: impl fmt::Display) -> Why {
    Why::Broken(error.to_string())
}

/// Stops where somebody asked for it.
pub(in crate::privacy) fn go_on(cancel: &AtomicBool) -> Result<(), Why> {
    if cancel.load(Ordering::Relaxed) { Err(Why::Stopped) } else { Ok(()) }
}
