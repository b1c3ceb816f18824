//! The `throng` command: parse, run, exit code.

use std::process::ExitCode;

mod cli;

/// Journals, columns and pages are made and let go by the thousand, on all threads at once: glibc's allocator gives their pages back
/// and fetches them anew each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
