//! Where keys come from: a file of one's own, a file descriptor, the environment, a command.
//!
//! A key is raw bytes, 64 or more hexadecimal digits, or a line as `throng key new` writes it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Key, Refusal, command, strength};
use crate::privacy::token::hex;

/// How a key file of ours begins.
pub const PREFIX: &str = "throng-key-1:";

/// No key is longer than this; whatever is, is another file.
pub(super) const MOST: u64 = 64 * 1024;

/// A program that prints a key has so long; somebody may have to touch a token or type a word.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a key is.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A file that is the user's alone.
    File(PathBuf),
    /// The number of an open file descriptor, as it was written.
    Descriptor(String),
    /// An environment variable.
    Variable(String),
    /// What a program prints; program and arguments, without a shell.
    Command(Vec<String>),
}

impl Source {
    /// Reads the key.
    ///
    /// # Errors
    /// It cannot be had, or must not be taken.
    pub fn load(&self) -> Result<Key, Refusal> {
        // Before anything of the key is in memory.
        no_core_dumps();
        let bytes = match self {
            Self::File(path) => file(path)?,
            Self::Descriptor(number) => {
                let number: u32 = number.parse().map_err(|_| Refusal::NoDescriptor)?;
                let file = File::open(format!("/dev/fd/{number}")).map_err(Refusal::Descriptor)?;
                contents(file, Refusal::Descriptor)?
            }
            Self::Variable(name) => {
                // Names with these make the lookup panic or find nothing.
                let is_name = !name.is_empty() && !name.contains(['=', '\0']);
                let value = is_name.then(|| std::env::var_os(name)).flatten();
                Zeroizing::new(value.ok_or(Refusal::NoVariable)?.into_encoded_bytes())
            }
            Self::Command(words) => command::output(words, PATIENCE)?,
        };
        Key::new(&material(&bytes)?)
    }

    /// Refuses a key that would be given away with the data.
    ///
    /// # Errors
    /// It lies in that folder.
    pub fn keep_out_of(&self, folder: &Path) -> Result<(), Refusal> {
        let Self::File(path) = self else { return Ok(()) };
        // What is not there lies nowhere, and is told when it is to be read.
        let Ok(real) = std::fs::canonicalize(path) else { return Ok(()) };
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        if real.starts_with(folder) {
            return Err(Refusal::InOutput(path.clone()));
        }
        Ok(())
    }
}

/// Writes a new key of 32 random bytes into a new file that only its owner can read.
///
/// # Errors
/// There is a file, or none can be written.
pub fn create(path: &Path) -> Result<Key, Refusal> {
    no_core_dumps();
    let mut bytes = Zeroizing::new([0; 32]);
    // What would not be taken as a key, however rare, is not given out as one.
    while strength::judge(&*bytes).is_err() {
        getrandom::fill(&mut *bytes)
            .map_err(|error| Refusal::NotWritten(io::Error::other(error.to_string())))?;
    }
    let text = Zeroizing::new(format!("{PREFIX}{}\n", &*Zeroizing::new(hex(&*bytes))));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Refusal::Exists(path.to_owned()),
        _ => Refusal::NotWritten(source),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Refusal::NotWritten)?;
    Key::new(&*bytes)
}

/// All bytes of what is read, which are wiped when they are dropped. More than a key may have are refused, and never cut.
pub(super) fn contents(
    from: impl Read,
    failed: impl FnOnce(io::Error) -> Refusal,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    // Room for all at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    from.take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST { Err(Refusal::Long(MOST)) } else { Ok(bytes) }
}

fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    if is_written_in(path.as_os_str()) {
        return Err(Refusal::OnCommandLine);
    }
    let about = std::fs::symlink_metadata(path).map_err(Refusal::NoFile)?;
    if about.is_symlink() {
        return Err(Refusal::Link(path.to_owned()));
    }
    if !about.is_file() {
        return Err(Refusal::NotPlain(path.to_owned()));
    }
    let failed = |source| Refusal::File { path: path.to_owned(), source };
    let file = open(path).map_err(failed)?;
    own(path, &file)?;
    contents(file, failed)
}

/// Opens a file, and not one that a link leads to: it may have become one since it was looked at.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The file must be ours, and ours alone.
#[cfg(unix)]
fn own(path: &Path, file: &File) -> Result<(), Refusal> {
    use std::os::unix::fs::MetadataExt as _;
    let about =
        file.metadata().map_err(|source| Refusal::File { path: path.to_owned(), source })?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(Refusal::Foreign(path.to_owned()));
    }
    let mode = about.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Refusal::Open { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn own(_: &Path, _: &File) -> Result<(), Refusal> {
    Ok(())
}

/// Whether a word of a command line is a key itself, as ours are written.
pub fn is_written_in(word: &OsStr) -> bool {
    let word = word.as_encoded_bytes();
    let value = word.split(|byte| *byte == b'=').next_back().unwrap_or(word);
    value.starts_with(PREFIX.as_bytes()) || (value.len() >= 64 && is_hex(value))
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// The key that bytes stand for: a line of ours, hexadecimal digits, or the bytes themselves.
fn material(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let line = bytes.trim_ascii();
    match line.strip_prefix(PREFIX.as_bytes()) {
        Some(digits) if digits.len() == 64 => from_hex(digits).ok_or(Refusal::Damaged),
        Some(_) => Err(Refusal::Damaged),
        None if line.len() >= 64 && is_hex(line) => from_hex(line).ok_or(Refusal::Text),
        None => Ok(Zeroizing::new(bytes.to_vec())),
    }
}

fn from_hex(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16).map(|value| value as u8);
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return None };
        bytes.push(value(high)? << 4 | value(low)?);
    }
    Some(bytes)
}

/// A process that knows a key leaves no image of itself behind when it dies.
fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // What cannot be had is not worth a failure: the limit is a second line.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn a_new_key_is_its_owners_alone_and_reads_back() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("key");
        let made = create(&path).expect("made");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let read = Source::File(path.clone()).load().expect("read");
        assert_eq!((made.id(), made.check()), (read.id(), read.check()));
        assert!(matches!(create(&path), Err(Refusal::Exists(_))));
        let text = fs::read_to_string(&path).expect("read");
        let digits = text.trim().trim_start_matches(PREFIX);
        let plain = material(digits.as_bytes()).and_then(|bytes| Key::new(&bytes)).expect("a key");
        assert_eq!(plain.check(), made.check());
    }

    #[test]
    fn files_that_are_not_ones_own_alone_are_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("key");
        create(&path).expect("made");
        let link = dir.path().join("link");
        symlink(&path, &link).expect("linked");
        let load = |path: &Path| Source::File(path.to_owned()).load();
        assert!(matches!(load(&link), Err(Refusal::Link(_))));
        assert!(matches!(load(dir.path()), Err(Refusal::NotPlain(_))));
        assert!(matches!(load(&dir.path().join("none")), Err(Refusal::NoFile(_))));
        assert!(matches!(load(&PathBuf::from("ab".repeat(32))), Err(Refusal::OnCommandLine)));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("opened");
        assert!(matches!(load(&path), Err(Refusal::Open { mode: 0o640, .. })));
        let inside = Source::File(path.clone());
        assert!(matches!(inside.keep_out_of(dir.path()), Err(Refusal::InOutput(_))));
        assert!(inside.keep_out_of(&dir.path().join("other")).is_ok());
    }

    #[test]
    fn commands_run_without_a_shell() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let digits = hex(&<sha2::Sha256 as sha2::Digest>::digest(b"x"));
        assert!(Source::Command(words(&format!("echo {digits}"))).load().is_ok());
        let refused = [words("false"), words("echo $HOME"), words("/no/such/program")];
        for words in refused {
            assert!(Source::Command(words.clone()).load().is_err(), "{words:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("key");
        let bytes = |count: usize| {
            let mut hash = <sha2::Sha256 as sha2::Digest>::digest(b"x");
            let mut all = Vec::new();
            while all.len() < count {
                all.extend_from_slice(&hash);
                hash = <sha2::Sha256 as sha2::Digest>::digest(hash);
            }
            all.truncate(count);
            all
        };
        fs::write(&path, bytes(MOST as usize)).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("closed");
        let most = Source::File(path.clone()).load().expect("as long as can be");
        fs::write(&path, bytes(MOST as usize + 1)).expect("written");
        assert!(matches!(Source::File(path.clone()).load(), Err(Refusal::Long(_))));
        fs::write(&path, bytes(MOST as usize - 1)).expect("written");
        assert_ne!(Source::File(path).load().expect("shorter").check(), most.check());
    }

    /// For all sources, what was given for where a key is, which may be the key, is in no message.
    #[test]
    fn no_message_holds_what_was_given() {
        let given = "Zm9vYmFyIGlzIG5vdCBhIGtleSBidXQgbG9va3MgbGlrZSBvbmU";
        let sources = [
            Source::File(PathBuf::from(given)),
            Source::File(PathBuf::from(given.repeat(20))),
            Source::Descriptor(given.to_owned()),
            Source::Variable(given.to_owned()),
            Source::Variable(format!("{given}=")),
            Source::Command(vec![given.to_owned()]),
            Source::Command(vec!["false".to_owned(), given.to_owned()]),
            Source::Command(vec!["echo".to_owned(), given.to_owned()]),
        ];
        for source in sources {
            source.keep_out_of(Path::new(".")).expect("it is no file");
            let refusal = source.load().expect_err("refused");
            let told = format!("{refusal} {refusal:?} {}", refusal.help().unwrap_or_default());
            assert!(!told.contains("Zm9v"), "{told}");
        }
    }
}
