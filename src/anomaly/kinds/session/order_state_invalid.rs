//! `order_state_invalid`: an order that went from state to state as none can.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Stage, Unit};
use crate::anomaly::value::Value;
use crate::event::journal::NEVER;
use crate::scenario::vocabulary::ORDER_STATES;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static ORDER_STATE_INVALID: Kind = Kind::new(
    "order_state_invalid",
    Scope::Session,
    "Ships before payment, delivers before shipping, claims another state than was reached, refunds more than was paid.",
    "Orders go through their states in order, and give back no more than was paid.",
)
.critical()
.of(Unit::Order)
.drizzles(5e-4)
.needs(&["orders", "payments"])
.at(Stage::Entities)
.takes(&[Param::new(
    "how",
    ParamType::Some(&["shipped_unpaid", "delivered_unshipped", "status", "refunded_early", "refunded_more"]),
    "What is wrong: when it was shipped, delivered or refunded, its status, or how much was refunded.",
)])
.acts(&OrderStateInvalid);

struct OrderStateInvalid;

const HOUR: f64 = 3.6e9;

impl Act for OrderStateInvalid {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(row) = site else { return None };
        let turns: Vec<&str> = params.turns("how", draw).collect();
        turns.into_iter().find_map(|how| invalid(ground, row, how, draw))
    }
}

fn invalid(ground: &Ground<'_>, row: RowRef, how: &str, draw: &mut Stream) -> Option<Incident> {
    let order = &ground.context.journal.orders[row.ordinal as usize];
    let before = order.paid - (HOUR * (0.1 + 48.0 * draw.unit())) as i64;
    match how {
        "shipped_unpaid" => {
            let is_shipped = order.shipped != NEVER;
            is_shipped.then(|| Incident::new().set(row, "shipped_at", Value::Long(before)))
        }
        "delivered_unshipped" => {
            let is_delivered = order.delivered != NEVER && order.delivered != order.shipped;
            let swapped = [
                ("shipped_at", Value::Long(order.delivered)),
                ("delivered_at", Value::Long(order.shipped)),
            ];
            is_delivered.then(|| Incident::new().set_all(row, cells(swapped)))
        }
        "status" => {
            let there = ground.value(row, "status");
            let others: Vec<&str> =
                ORDER_STATES.into_iter().filter(|state| there.text() != Some(*state)).collect();
            let other = others[draw.below(others.len() as u32) as usize];
            Some(Incident::new().set(row, "status", Value::Text(other.to_owned())))
        }
        "refunded_early" => {
            let is_refunded = order.refunded != NEVER;
            is_refunded.then(|| Incident::new().set(row, "refunded_at", Value::Long(before)))
        }
        _ => {
            let journal = ground.context.journal;
            let mut payments = ground.payments_of(row.ordinal).into_iter();
            let refund = payments.find(|at| journal.payments[*at as usize].status == REFUNDED)?;
            let more = (order.total as f64 * (0.02 + 0.98 * draw.unit())) as i64;
            let amount = Value::Long(order.total + more.max(1));
            let incident =
                Incident::new().set(RowRef::new(Rowset::Payments, refund), "amount", amount);
            Some(incident.touch(row, Role::Counterpart).effect(more.max(1) as f64 / 100.0))
        }
    }
}

/// The state of a payment that gives money back.
const REFUNDED: u8 = 3;
