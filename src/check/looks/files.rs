//! What the checks of files as files look at: the schemas are those of what is left.

use super::Looks;
use super::Takes::NotAfter;

pub(super) static LOOKS: &[Looks] = &[
    Looks::new("files.listed", NotAfter, &[]),
    Looks::new("files.digest", NotAfter, &[]),
    Looks::new("files.readable", NotAfter, &[]),
    Looks::new("files.schema", NotAfter, &[]),
    Looks::new("files.rows", NotAfter, &[]),
    Looks::new("files.times", NotAfter, &[]),
    Looks::new("files.nulls", NotAfter, &[]),
    Looks::new("files.values", NotAfter, &[]),
    Looks::new("files.sorted", NotAfter, &[]),
    Looks::new("files.partitions", NotAfter, &[("events", &["event_date", "received_at"])]),
    Looks::new(
        "files.lateness",
        NotAfter,
        &[("events", &["event_time", "sent_at", "received_at"])],
    ),
    // Nothing is there after a policy that was not there before.
    Looks::new("files.groups", NotAfter, &[]),
    Looks::new("files.properties", NotAfter, &[("events", &["properties"])]),
];
