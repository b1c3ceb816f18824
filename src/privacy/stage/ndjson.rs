//! NDJSON in, NDJSON out, line by line, in the compression that it came in.

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use super::input::{Input, each_line, zipped};
use super::job::Job;
use super::survey::told;
use super::why::{Why, broken};

/// Rewrites a file; how many rows it has.
pub(super) fn rewrite(
    input: &Input,
    job: &Job,
    cancel: &AtomicBool,
    out: &mut (dyn Write + Send),
) -> Result<u64, Why> {
    zipped(input.form, out, |out| lines(input, job, cancel, out))
}

fn lines(input: &Input, job: &Job, cancel: &AtomicBool, out: &mut dyn Write) -> Result<u64, Why> {
    let needs_subject = job.needs_subject();
    let window = job.order.map_or(1, |(_, window)| window);
    let (mut rows, mut held, mut number) = (0, Vec::new(), 0);
    let mut spare: Vec<Vec<u8>> = Vec::new();
    each_line(&input.path, cancel, |line, text| {
        let subject =
            if needs_subject { job.subject_of(text, &input.partitions) } else { Ok(None) };
        let subject = subject.map_err(|stop| told(&stop, line))?;
        let mut row = spare.pop().unwrap_or_default();
        row.clear();
        job.rewrite(text, "", subject.as_deref(), &mut row).map_err(|stop| told(&stop, line))?;
        row.push(b'\n');
        held.push(row);
        rows += 1;
        if held.len() >= window {
            write(job, number, &mut held, &mut spare, out).map_err(broken)?;
            number += 1;
        }
        Ok(())
    })?;
    write(job, number, &mut held, &mut spare, out).map_err(broken)?;
    out.flush().map_err(broken)?;
    Ok(rows)
}

/// Writes the lines of a window, in another order where that is asked for.
fn write(
    job: &Job,
    number: u64,
    held: &mut Vec<Vec<u8>>,
    spare: &mut Vec<Vec<u8>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match job.order {
        Some((seed, _)) => {
            for row in super::order(seed, 0, number, held.len()) {
                out.write_all(&held[row as usize])?;
            }
        }
        None => held.iter().try_for_each(|row| out.write_all(row))?,
    }
    spare.append(held);
    Ok(())
}
