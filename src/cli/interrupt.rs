//! Ctrl-C: the first asks the run to stop and clear up, the second stops it where it stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C (or a polite kill) raises.
pub(crate) fn flag() -> anyhow::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&raised);
    ctrlc::set_handler(move || {
        if shared.swap(true, Ordering::Relaxed) {
            #[expect(clippy::exit, reason = "asked twice; the next run clears what is left")]
            std::process::exit(130);
        }
    })?;
    Ok(raised)
}
