//! Streams from elsewhere for `throng check`: what is checked with a mapping, and what a stream is compared with.

use std::fs;
use std::path::{Path, PathBuf};
use std::slice;
use std::sync::atomic::AtomicBool;

use throng::check::{Reference, Watch, realism};
use throng::diag::Problem;
use throng::foreign::{self, Mapping};
use throng::read::{DataSet, is_parquet, parquet_shape};
use throng::realism::Summary;
use throng::schema::Schemas;

use super::failure::Failure;
use super::progress::Meter;

/// What a stream is compared with.
#[derive(clap::Args)]
pub(crate) struct Beside {
    /// A data set to compare the traffic with: how far are event types, their order, gaps and lengths?
    #[arg(long, value_name = "DIR|FILE")]
    reference: Option<PathBuf>,
    /// The mapping of a reference that is no data set of throng's
    #[arg(long, value_name = "FILE", requires = "reference")]
    reference_map: Option<PathBuf>,
    /// The greatest distance from the reference that passes, 0 to 1 [default: all do]
    #[arg(long, value_name = "X", requires = "reference", value_parser = distance)]
    max_distance: Option<f64>,
}

fn distance(written: &str) -> Result<f64, String> {
    let distance: Option<f64> = written.parse().ok().filter(|x| (0.0..=1.0).contains(x));
    distance.ok_or_else(|| "a distance lies between 0 (the same) and 1".to_owned())
}

impl Beside {
    /// The reference's traffic, if there is one.
    pub(crate) fn summary(
        &self,
        schemas: &Schemas,
        cancel: &AtomicBool,
        silent: bool,
    ) -> Result<Option<Summary>, Failure> {
        let Some(path) = &self.reference else { return Ok(None) };
        if let Some(map) = &self.reference_map {
            return summary(slice::from_ref(path), map, cancel, silent).map(Some);
        }
        if path.is_file() {
            let problem = Problem::new(format!("{} is no data set's folder", path.display()));
            let help = "a click-stream in a file takes its mapping along: --reference-map FILE";
            return Err(problem.help(help).into());
        }
        let data = DataSet::open(path)?;
        let meter = Meter::of("rows", data.manifest().rows("events"), 1, silent);
        let watch = Watch { progress: &meter, cancel };
        let (summary, unsound) = realism::summary(&data, schemas, &watch)?;
        // Half a reference would pass for a whole one.
        match unsound {
            None => Ok(Some(summary)),
            Some(why) => Err(Problem::new(format!("the reference is not whole: {why}"))
                .help(format!("`throng check {}` tells all that is wrong with it", path.display()))
                .into()),
        }
    }

    /// What to compare with, and how far away it may be.
    pub(crate) fn reference<'s>(&self, summary: Option<&'s Summary>) -> Option<Reference<'s>> {
        Some(Reference { summary: summary?, most: self.max_distance })
    }
}

/// Sums up the stream in files and folders by a mapping.
pub(crate) fn summary(
    paths: &[PathBuf],
    map: &Path,
    cancel: &AtomicBool,
    silent: bool,
) -> Result<Summary, Failure> {
    let name = map.display().to_string();
    let text = fs::read_to_string(map).map_err(|error| {
        Problem::new(format!("cannot read the mapping {name}: {error}"))
            .help("docs/guide/realism.md has mappings to begin with")
    })?;
    let mapping = Mapping::read(&name, &text)?;
    let files = foreign::files(paths)?;
    let rows = rows(&files);
    let meter = Meter::of("rows", rows.unwrap_or(0), 1, silent || rows.is_none());
    Ok(foreign::read(&files, &mapping, &meter, cancel)?)
}

/// How many rows there are, when the files say so.
fn rows(files: &[PathBuf]) -> Option<u64> {
    let of = |file: &PathBuf| {
        let shape = is_parquet(file).then(|| parquet_shape(file).ok());
        shape.flatten().map(|(_, rows)| rows)
    };
    files.iter().map(of).sum()
}
