//! A key that a program prints: in bounded time, and no more of it than a key may have.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Refusal;
use super::source::contents;

/// How often it is looked whether a program has ended.
const GLANCE: Duration = Duration::from_millis(10);

/// What a program prints, if it ends well in time. Its words are in no message: somebody may have written the key there.
pub(super) fn output(words: &[String], patience: Duration) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let Some((program, arguments)) = words.split_first() else { return Err(Refusal::None) };
    let failed = |why: String| Refusal::Command(why);
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = spawned.map_err(|error| failed(format!("cannot be run: {error}")))?;
    let printed = printed(&mut child, patience);
    // Whatever it prints, nobody waits for it any more.
    if !matches!(printed, Some(Ok(_))) {
        let _ = child.kill();
    }
    let ended = ended(&mut child, patience);
    let late = || failed(format!("did not end within {} seconds", patience.as_secs()));
    let printed = printed.ok_or_else(late)??;
    match ended {
        Some(true) => Ok(printed),
        Some(false) => Err(failed("failed".to_owned())),
        None => Err(late()),
    }
}

/// What it prints; none when it took too long.
fn printed(child: &mut Child, patience: Duration) -> Option<Result<Zeroizing<Vec<u8>>, Refusal>> {
    let pipe = child.stdout.take()?;
    let (to, from) = mpsc::channel();
    // A program that it leaves behind may hold the pipe open: this one then waits on, and ends with the process.
    thread::spawn(move || {
        let read = contents(pipe, |error| Refusal::Command(format!("cannot be read: {error}")));
        let _ = to.send(read);
    });
    from.recv_timeout(patience).ok()
}

/// Whether it ended well once it had printed all; none when it did not end, and was ended.
fn ended(child: &mut Child, patience: Duration) -> Option<bool> {
    for _ in 0..=patience.as_millis() / GLANCE.as_millis() {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => thread::sleep(GLANCE),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str, patience: Duration) -> Result<usize, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        output(&words, patience).map(|bytes| bytes.len()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn programs_are_bounded_in_time_and_in_what_they_print() {
        let long = Duration::from_secs(60);
        assert_eq!(run("printf abc", long), Ok(3));
        assert_eq!(run("printf abc; exit 1", long), Err("the key command failed".to_owned()));
        let endless = run("while :; do echo 0123456789abcdef0123456789abcdef; done", long);
        assert!(endless.is_err_and(|told| told.contains("more than")));
        let short = Duration::from_millis(300);
        for script in ["sleep 30", "printf abc; exec >&-; sleep 30"] {
            let told = run(script, short).expect_err("too slow");
            assert!(told.contains("did not end"), "{script}: {told}");
        }
    }
}
