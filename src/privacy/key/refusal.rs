//! Why a key is not taken. No message holds anything of a key.

use std::io;
use std::path::PathBuf;

/// Why a key is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No source was named.
    #[error("a key is needed, and none was given")]
    None,
    /// There is nothing in it.
    #[error("the key is empty")]
    Empty,
    /// It has too few bytes.
    #[error("the key has {0} bytes; it must have 32 or more")]
    Short(usize),
    /// Its bytes are all alike, or count up.
    #[error("the key's bytes are all alike, or count up: that is no key")]
    Constant,
    /// It is a text.
    #[error("the key is a text, which can be guessed")]
    Text,
    /// It says that it is a key of ours, and is not.
    #[error("the key says that it is one of throng's, and is damaged")]
    Damaged,
    /// Its file cannot be read.
    #[error("cannot read the key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its file is a link.
    #[error("the key file {} is a link", .0.display())]
    Link(PathBuf),
    /// Its file is no file.
    #[error("the key file {} is no plain file", .0.display())]
    NotPlain(PathBuf),
    /// Its file belongs to somebody else.
    #[error("the key file {} belongs to another user", .0.display())]
    Foreign(PathBuf),
    /// Others can read or write its file.
    #[error("the key file {} is open to group or others (mode {mode:04o})", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The key itself was written where the name of its file belongs.
    #[error("that is a key, and not the name of a file: a command line is seen by everybody")]
    OnCommandLine,
    /// Its file lies in the folder that is to be given away.
    #[error("the key file {} lies in the output folder", .0.display())]
    InOutput(PathBuf),
    /// There is a file already.
    #[error("{} exists already: a key is never overwritten", .0.display())]
    Exists(PathBuf),
    /// There is no such variable.
    #[error("the environment has no variable {0}")]
    NoVariable(String),
    /// The descriptor cannot be read.
    #[error("cannot read the key from file descriptor {0}: {1}")]
    Descriptor(u32, io::Error),
    /// The command did not give a key.
    #[error("the key command `{command}` {why}")]
    Command {
        /// The program.
        command: String,
        /// Why not.
        why: String,
    },
    /// The data were made with another key.
    #[error("this is key {found}; the data were made with key {wanted}")]
    Other {
        /// The key at hand.
        found: String,
        /// The key that is needed.
        wanted: String,
    },
}

impl Refusal {
    /// What would be right.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::None => {
                "make one with `throng key new FILE`, and give it with --key-file FILE, --key-fd, --key-env or --key-command"
            }
            Self::Empty | Self::Short(_) | Self::Constant | Self::Text | Self::Damaged => {
                "`throng key new FILE` makes one of random bytes"
            }
            Self::Link(_) => "give the file itself: whoever owns a link decides where it leads",
            Self::Foreign(_) | Self::Open { .. } => "`chmod 600` and `chown` make it yours alone",
            Self::OnCommandLine => "make another key, since that one is known, and give its file",
            Self::InOutput(_) => "keep it elsewhere: who has both can find people again",
            Self::Exists(_) => "give the path of a new file",
            Self::Other { .. } => "give the key with that id; `throng key show` tells a key's id",
            Self::File { .. }
            | Self::NotPlain(_)
            | Self::NoVariable(_)
            | Self::Descriptor(..)
            | Self::Command { .. } => return None,
        })
    }
}
