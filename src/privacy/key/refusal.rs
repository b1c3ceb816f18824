//! Why a key is not taken. No message holds anything of a key, nor what was given for where to find one, unless there is a file of
//! that name: people write the key itself there.

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
    /// It has too many bytes.
    #[error("the key has more than {0} bytes: that is another file")]
    Long(u64),
    /// Its bytes are all alike, count up, or come again and again.
    #[error("the key's bytes are all alike, count up, or come again and again: that is no key")]
    Constant,
    /// It is a text.
    #[error("the key is a text, which can be guessed")]
    Text,
    /// It says that it is a key of ours, and is not.
    #[error("the key says that it is one of throng's, and is damaged")]
    Damaged,
    /// There is no file to be read.
    #[error("cannot read the key file: {0}")]
    NoFile(io::Error),
    /// Its file cannot be read.
    #[error("cannot read the key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A new key cannot be written.
    #[error("cannot write the key file: {0}")]
    NotWritten(io::Error),
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
    #[error("the environment has no variable of the name that --key-env gives")]
    NoVariable,
    /// The descriptor is no number.
    #[error("what --key-fd gives is not the number of a file descriptor")]
    NoDescriptor,
    /// The descriptor cannot be read.
    #[error("cannot read the key from its file descriptor: {0}")]
    Descriptor(io::Error),
    /// The command did not give a key.
    #[error("the key command {0}")]
    Command(String),
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
            Self::Empty | Self::Short(_) | Self::Long(_) | Self::Constant | Self::Damaged => {
                "`throng key new FILE` makes one of random bytes"
            }
            Self::Text => {
                "a key is random bytes, or their hexadecimal digits; `throng key new FILE` makes one"
            }
            Self::NoFile(_) => "--key-file is the path of the file that holds the key",
            Self::NoVariable => "--key-env is the name of the variable that holds the key",
            Self::NoDescriptor | Self::Descriptor(_) => {
                "open it before the command begins: --key-fd 3 3<FILE"
            }
            Self::Command(_) => {
                "--key-command is a program with its arguments that prints the key and ends"
            }
            Self::Link(_) => "give the file itself: whoever owns a link decides where it leads",
            Self::Foreign(_) | Self::Open { .. } => "`chmod 600` and `chown` make it yours alone",
            Self::OnCommandLine => "make another key, since that one is known, and give its file",
            Self::InOutput(_) => "keep it elsewhere: who has both can find people again",
            Self::Exists(_) => "give the path of a new file",
            Self::Other { .. } => "give the key with that id; `throng key show` tells a key's id",
            Self::File { .. } | Self::NotWritten(_) | Self::NotPlain(_) => return None,
        })
    }
}
