//! How far a run is: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use throng::engine::Progress;

use super::human;

/// Time between lines where there is no bar.
const PERIOD: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(crate) struct Meter {
    /// What is counted: `events`.
    noun: &'static str,
    /// How many are expected.
    total: u64,
    /// How often each is heard of until it is done.
    steps: u64,
    /// Steps done.
    done: AtomicU64,
    begun: Instant,
    view: View,
}

enum View {
    Nothing,
    Bar(ProgressBar),
    /// The next line is due so many milliseconds after the beginning.
    Lines(AtomicU64),
}

impl Meter {
    /// Begins to measure a run, which tells each event twice: when it is simulated, and when it is written.
    pub(crate) fn new(total: u64, quiet: bool) -> Self {
        Self::of("events", total, 2, quiet)
    }

    /// Begins to measure things that are each told so many times.
    pub(crate) fn of(noun: &'static str, total: u64, steps: u64, quiet: bool) -> Self {
        let view = if quiet {
            View::Nothing
        } else if std::io::stderr().is_terminal() {
            View::Bar(bar(noun, total))
        } else {
            View::Lines(AtomicU64::new(PERIOD.as_millis() as u64))
        };
        Self { noun, total, steps, done: AtomicU64::new(0), begun: Instant::now(), view }
    }

    /// Clears the bar; the time since the beginning.
    pub(crate) fn finish(&self) -> Duration {
        if let View::Bar(bar) = &self.view {
            bar.finish_and_clear();
        }
        self.begun.elapsed()
    }

    fn line(&self, due: &AtomicU64, done: u64) {
        let elapsed = self.begun.elapsed();
        let (now, expected) = (elapsed.as_millis() as u64, due.load(Ordering::Relaxed));
        let next = now + PERIOD.as_millis() as u64;
        // Of several threads that find a line due, one writes it.
        let ours = now >= expected
            && due.compare_exchange(expected, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if ours {
            let rate = done as f64 / elapsed.as_secs_f64();
            let noun = self.noun;
            let left = Duration::from_secs_f64((self.total - done) as f64 / rate.max(1.0));
            let _ = writeln!(
                anstream::stderr(),
                "{:>3} %  {} of {} {noun}, {} {noun}/s, {} left",
                done * 100 / self.total.max(1),
                human::count(done),
                human::count(self.total),
                human::rate(rate),
                human::duration(left),
            );
        }
    }
}

impl Progress for Meter {
    fn advance(&self, events: u64) {
        let steps = self.done.fetch_add(events, Ordering::Relaxed) + events;
        // The total is what was expected; a run may make a little more.
        let done = (steps / self.steps.max(1)).min(self.total);
        match &self.view {
            View::Nothing => {}
            View::Bar(bar) => bar.set_position(done),
            View::Lines(due) => self.line(due, done),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.finish();
    }
}

fn bar(noun: &str, total: u64) -> ProgressBar {
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&human::rate(state.per_sec()));
    };
    let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&human::duration(state.eta()));
    };
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = format!(
        "{{bar:32.cyan}} {{percent:>3}} %  {{human_pos}} {noun}  {{rate}} {noun}/s  {{left}} left"
    );
    if let Ok(style) = ProgressStyle::with_template(&template) {
        let style = style.progress_chars("━━─");
        bar.set_style(style.with_key("rate", rate).with_key("left", left));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
