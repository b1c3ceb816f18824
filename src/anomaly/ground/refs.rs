//! What rows, files and sites are called.

use crate::event::journal::Journal;

macro_rules! rowsets {
    ($($(#[$doc:meta])* $name:ident = $table:literal,)*) => {
        /// A table whose rows can be touched.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rowset { $($(#[$doc])* $name,)* }

        impl Rowset {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The table's name.
            pub const fn table(self) -> &'static str {
                match self { $(Self::$name => $table,)* }
            }
        }
    };
}

rowsets! {
    /// What was seen to happen.
    Events = "events",
    /// Users.
    Users = "users",
    /// Devices.
    Devices = "devices",
    /// Journeys.
    Journeys = "journeys",
    /// Sessions.
    Sessions = "sessions",
    /// Orders.
    Orders = "orders",
    /// Lines of orders.
    OrderItems = "order_items",
    /// Payments.
    Payments = "payments",
    /// Changes of consents.
    Consents = "consents",
    /// Requests to be forgotten.
    ErasureRequests = "erasure_requests",
}

impl Rowset {
    /// The one whose table has that name.
    pub fn of(table: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rowset| rowset.table() == table)
    }
}

/// A row of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowRef {
    /// Its table.
    pub rowset: Rowset,
    /// Its ordinal in the range's journal; that of its session for an event.
    pub ordinal: u32,
    /// For an event: its ordinal in the session, from 0.
    pub sequence: u16,
}

impl RowRef {
    /// A row of a table other than the events.
    pub const fn new(rowset: Rowset, ordinal: u32) -> Self {
        Self { rowset, ordinal, sequence: 0 }
    }

    /// An event.
    pub const fn event(session: u32, sequence: u16) -> Self {
        Self { rowset: Rowset::Events, ordinal: session, sequence }
    }

    /// What it is known by from its generation on, as a text for people.
    pub fn name(self, journal: &Journal) -> String {
        let nth = self.ordinal as usize;
        match self.rowset {
            Rowset::Events => format!("{:016x}:{}", journal.sessions[nth].key, self.sequence),
            Rowset::Users => journal.users[nth].user.to_string(),
            Rowset::Devices => {
                format!("{}:{}", journal.devices[nth].user, journal.devices[nth].device)
            }
            Rowset::Journeys => format!("{:016x}", journal.journeys[nth].key),
            Rowset::Sessions => format!("{:016x}", journal.sessions[nth].key),
            Rowset::Orders => format!("{:016x}", journal.orders[nth].key),
            Rowset::OrderItems => {
                let line = &journal.lines[nth];
                format!("{:016x}:{}", journal.orders[line.order as usize].key, line.number)
            }
            Rowset::Payments => format!("{:016x}", journal.payments[nth].key),
            Rowset::Consents => format!("{:016x}", journal.consents[nth].key),
            Rowset::ErasureRequests => format!("{:016x}", journal.erasures[nth].key),
        }
    }
}

/// A file of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRef {
    /// A slice of the events.
    Slice(u32),
    /// Another table's.
    Table(Rowset),
}

/// Where an incident can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// At a row; sessions, users and orders are rows of their tables.
    Row(RowRef),
    /// In a file.
    File(FileRef),
    /// Nowhere in particular: the nth of those that touch the window as a whole.
    Window(u32),
}
