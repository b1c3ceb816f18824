//! Which strings a column can have: those that the world has for its fact.

use super::{CampaignRow, Get, Identity, ProductRow, Record, Traits, events, users::UserRecord};
use crate::event::journal::{DeviceRow, JourneyRow, Order, Payment, Session};
use crate::frame::Strings;
use crate::scenario::World;

/// The strings of a table's fact; none where the world does not know them beforehand.
pub fn catalogue<'w>(world: &'w World, table: &str, fact: &str) -> Option<&'w Strings> {
    match table {
        "users" => of::<UserRecord>(world, fact),
        "devices" => of::<DeviceRow>(world, fact),
        "products" => of::<ProductRow>(world, fact),
        "campaigns" => of::<CampaignRow>(world, fact),
        "sessions" => of::<Session>(world, fact),
        "journeys" => of::<JourneyRow>(world, fact),
        "orders" => of::<Order>(world, fact),
        "payments" => of::<Payment>(world, fact),
        "truth/personas" => of::<Traits>(world, fact),
        "truth/identity" => of::<Identity>(world, fact),
        "events" => events::catalogue(world, fact),
        _ => None,
    }
}

fn of<'w, R: Record>(world: &'w World, fact: &str) -> Option<&'w Strings> {
    let (_, get) = R::FACTS.iter().find(|(name, _)| *name == fact)?;
    match get {
        Get::Key(_, strings) => Some(strings(world)),
        _ => None,
    }
}
