//! Calibrations kept in a folder, each under the digest of what it depends on. Nothing hangs on them but time: what is missing,
//! spoilt or of another version is found anew, and a folder that cannot be written to is left alone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::assets::sha256;
use crate::calibration::Calibration;
use crate::journey::outcomes::Predictors;
use crate::scenario::World;

/// The first line of a file.
const HEAD: &str = "throng calibration 1";

fn path(folder: &Path, world: &World) -> PathBuf {
    let digest = &world.behaviour_digest[..world.behaviour_digest.len().min(32)];
    folder.join(format!("calibration-{digest}.txt"))
}

/// The calibration of a world, if the folder holds a sound one.
pub fn read(folder: &Path, world: &World) -> Option<Calibration> {
    let text = fs::read_to_string(path(folder, world)).ok()?;
    let (body, digest) = text.trim_end().rsplit_once('\n')?;
    (sha256([body]) == digest).then_some(())?;
    let mut lines = body.lines();
    (lines.next()? == HEAD && lines.next()? == world.behaviour_digest).then_some(())?;
    let (intercepts, predictors): (Vec<f64>, Vec<Predictors>) =
        lines.map(parse).collect::<Option<Vec<_>>>()?.into_iter().unzip();
    (intercepts.len() == world.targets.len()).then_some(Calibration { intercepts, predictors })
}

/// Keeps a calibration, if the folder takes it.
pub fn write(folder: &Path, world: &World, calibration: &Calibration) {
    let rows = calibration.intercepts.iter().zip(&calibration.predictors);
    let lines: Vec<String> = rows.map(|(a, predictors)| line(*a, predictors)).collect();
    let body = format!("{HEAD}\n{}\n{}", world.behaviour_digest, lines.join("\n"));
    let text = format!("{body}\n{}\n", sha256([body.as_str()]));
    let path = path(folder, world);
    let aside = path.with_extension(format!("{}.tmp", std::process::id()));
    let put = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::File::create_new(&aside)?.write_all(text.as_bytes())?;
        fs::rename(&aside, &path)
    };
    if put().is_err() {
        // It was a kindness to the next run, no more.
        let _ = fs::remove_file(&aside);
    }
}

/// A target: the bits of its intercept, its closed occurrences, and bin:count for the open ones.
fn line(intercept: f64, predictors: &Predictors) -> String {
    let (bins, closed) = predictors.parts();
    let bins = bins.iter().map(|(bin, count)| format!(" {bin}:{count}"));
    format!("{:016x} {closed}{}", intercept.to_bits(), bins.collect::<String>())
}

fn parse(line: &str) -> Option<(f64, Predictors)> {
    let mut words = line.split(' ');
    let intercept = f64::from_bits(u64::from_str_radix(words.next()?, 16).ok()?);
    let closed = words.next()?.parse().ok()?;
    let bin = |word: &str| {
        let (bin, count) = word.split_once(':')?;
        Some((bin.parse().ok()?, count.parse().ok()?))
    };
    let bins: Vec<(usize, u32)> = words.map(bin).collect::<Option<_>>()?;
    Some((intercept, Predictors::of_parts(&bins, closed)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_brings_back_every_bit() {
        let mut predictors = Predictors::default();
        for x in [-3.0, 0.1, 0.1, 2.5] {
            predictors.open(x);
        }
        predictors.closed();
        for intercept in [0.1 + 0.2, -1.0 / 3.0, 40.0] {
            let (again, bins) = parse(&line(intercept, &predictors)).expect("a line");
            assert_eq!(again.to_bits(), intercept.to_bits());
            assert_eq!(bins, predictors);
        }
        assert_eq!(parse("zz 0"), None);
        assert_eq!(parse("0000000000000000 0 99999:1"), None);
    }
}
