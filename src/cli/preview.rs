//! `throng preview`.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use throng::preview::{self, Filter, Preview, Step};
use throng::scenario::request::Name;

use super::args::What;
use super::failure::Failure;
use super::style::{DIM, GOOD, HEADING};
use super::{human, interrupt, load};

/// Show a few journeys as timelines
///
/// The journeys are those that `throng generate` writes for the same arguments. Times are the person's own.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,
    /// How many journeys
    #[arg(long, value_name = "N", default_value_t = 3)]
    count: usize,
    /// Only of people of this persona (`throng personas`)
    #[arg(long, value_name = "NAME")]
    persona: Option<String>,
    /// Only of this kind (`throng personas` lists them too)
    #[arg(long, value_name = "KIND")]
    journey: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  throng preview
  throng preview development --journey cross_device --count 1";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let cancel = interrupt::flag().context("cannot listen for Ctrl-C")?;
    let world = load::world(&args.what, None, load::Pseudonyms::Maybe, load::threads(), &cancel)?;
    let name = |text: &Option<String>| text.as_deref().map(Name::from);
    let filter = Filter { persona: name(&args.persona), journey: name(&args.journey) };
    let journeys = preview::journeys(&world, args.count, &filter)?;
    let mut out = anstream::stdout().lock();
    for (i, journey) in journeys.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        print(&mut out, journey)?;
    }
    if journeys.is_empty() {
        writeln!(out, "no such journey in this data set")?;
    }
    Ok(())
}

/// The colours of a journey's devices, in the order of first use.
const DEVICES: [Style; 4] = [
    AnsiColor::Cyan.on_default(),
    AnsiColor::Magenta.on_default(),
    AnsiColor::Yellow.on_default(),
    AnsiColor::Blue.on_default(),
];

fn print(out: &mut dyn Write, journey: &Preview) -> io::Result<()> {
    writeln!(out, "{HEADING}{}{HEADING:#}", journey.title)?;
    writeln!(out, "{DIM}{}, came from {}{DIM:#}", journey.persona, journey.source)?;
    let mut last: Option<&Step> = None;
    for step in &journey.steps {
        let gap = last.map_or(Duration::ZERO, |last| since(last, step));
        if last.is_none_or(|last| last.session != step.session || last.device != step.device) {
            visit(out, journey, step, last.map(|_| gap))?;
        }
        event(out, step, gap, last.is_some_and(|last| last.session == step.session))?;
        last = Some(step);
    }
    writeln!(out, "  {GOOD}{}{GOOD:#}", journey.outcome)
}

fn since(earlier: &Step, later: &Step) -> Duration {
    // Steps are in order; were they not, no time would have passed.
    Duration::try_from(later.at.duration_since(&earlier.at)).unwrap_or_default()
}

/// The line that opens a visit: when, on what, how long after the last.
fn visit(
    out: &mut dyn Write,
    journey: &Preview,
    step: &Step,
    gap: Option<Duration>,
) -> io::Result<()> {
    let colour = DEVICES[step.device % DEVICES.len()];
    let device = journey.devices.get(step.device).map_or("", String::as_str);
    let day = step.at.strftime("%a %-d %b %Y");
    write!(out, "  {colour}● visit {}{colour:#}  {day}  {colour}{device}{colour:#}", step.session)?;
    match gap {
        Some(gap) => writeln!(out, "  {DIM}{} later{DIM:#}", human::duration(gap)),
        None => writeln!(out),
    }
}

fn event(out: &mut dyn Write, step: &Step, gap: Duration, within: bool) -> io::Result<()> {
    let colour = DEVICES[step.device % DEVICES.len()];
    let time = step.at.strftime("%H:%M:%S");
    let gap = if within { format!("+{}", human::duration(gap)) } else { String::new() };
    write!(out, "  {colour}│{colour:#} {time} {DIM}{gap:>12}{DIM:#}  ")?;
    if step.detail.is_empty() {
        return writeln!(out, "{}", step.event);
    }
    writeln!(out, "{:<22} {DIM}{}{DIM:#}", step.event, step.detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journey_reads_as_a_story() {
        let step = |at: &str, session, device, event: &str, detail: &str| Step {
            at: at.parse().expect("a time"),
            session,
            device,
            event: event.to_owned(),
            detail: detail.to_owned(),
        };
        let journey = Preview {
            title: "cross_device journey of Mara Lind".to_owned(),
            persona: "remote_dad".to_owned(),
            devices: vec!["mobile_safari (iPhone 15)".to_owned(), "desktop_chrome".to_owned()],
            source: "tiktok (spring-hook)".to_owned(),
            steps: vec![
                step("2026-03-28T22:00:00+01[Europe/Berlin]", 1, 0, "hook_shown", ""),
                step("2026-03-28T22:00:07+01[Europe/Berlin]", 1, 0, "hook_engaged", "swipe"),
                step("2026-03-29T22:00:07+02[Europe/Berlin]", 2, 1, "state_restored", "cart of 2"),
            ],
            outcome: "purchased 129.90 EUR".to_owned(),
        };
        let mut out = Vec::new();
        print(&mut out, &journey).expect("written");
        let plain = anstream::adapter::strip_bytes(&out).into_vec();
        insta::assert_snapshot!(String::from_utf8_lossy(&plain), @r"
        cross_device journey of Mara Lind
        remote_dad, came from tiktok (spring-hook)
          ● visit 1  Sat 28 Mar 2026  mobile_safari (iPhone 15)
          │ 22:00:00               hook_shown
          │ 22:00:07       +7.0 s  hook_engaged           swipe
          ● visit 2  Sun 29 Mar 2026  desktop_chrome  23 h 0 min later
          │ 22:00:07               state_restored         cart of 2
          purchased 129.90 EUR
        ");
    }
}
