//! Records of a range as they stand in its journal, neither sorted nor changed.

use std::ops::Range;

use crate::frame::Frame;
use crate::schema::Table;
use crate::tables::{Context, ProductRow, RecordFrame, UserRecords, UsersFrame};

/// Lays out one record of a table of a range by itself.
pub fn with_record<T>(
    context: Context<'_>,
    table: &Table,
    ordinal: usize,
    look: impl FnOnce(&dyn Frame) -> T,
) -> T {
    with_some(context, table, |_| ordinal..ordinal + 1, look)
}

/// Lays out the records of a table of a range, unchanged and in whatever order: for who counts them.
pub fn with_records<T>(
    context: Context<'_>,
    table: &Table,
    look: impl FnOnce(&dyn Frame) -> T,
) -> T {
    with_some(context, table, |clean| 0..clean, look)
}

/// Lays out those records of a table of a range that `which` names when it hears how many there are whatever goes wrong.
fn with_some<T>(
    context: Context<'_>,
    table: &Table,
    which: impl FnOnce(usize) -> Range<usize>,
    look: impl FnOnce(&dyn Frame) -> T,
) -> T {
    let (journal, clean) = (context.journal, context.journal.clean());
    match table.name.as_str() {
        "users" => {
            let users = UserRecords::new(context, &journal.users[which(clean.users)]);
            look(&UsersFrame::new(context, table, &users))
        }
        "devices" => {
            look(&RecordFrame::new(context, table, &journal.devices[which(clean.devices)]))
        }
        "sessions" => {
            look(&RecordFrame::new(context, table, &journal.sessions[which(clean.sessions)]))
        }
        "journeys" => {
            look(&RecordFrame::new(context, table, &journal.journeys[which(clean.journeys)]))
        }
        "orders" => look(&RecordFrame::new(context, table, &journal.orders[which(clean.orders)])),
        "order_items" => {
            look(&RecordFrame::new(context, table, &journal.lines[which(clean.lines)]))
        }
        "payments" => {
            look(&RecordFrame::new(context, table, &journal.payments[which(clean.payments)]))
        }
        "consents" => {
            look(&RecordFrame::new(context, table, &journal.consents[which(clean.consents)]))
        }
        "erasure_requests" => {
            look(&RecordFrame::new(context, table, &journal.erasures[which(clean.erasures)]))
        }
        _ => look(&RecordFrame::<ProductRow>::new(context, table, &[])),
    }
}
