//! `cardinality`: an order with fewer or more children than an order has.

use crate::anomaly::Params;
use crate::anomaly::act::Act;
use crate::anomaly::fresh;
use crate::anomaly::ground::{Ground, RowRef, Rowset, Site};
use crate::anomaly::incident::{Incident, Role, cells};
use crate::anomaly::kind::{Kind, Param, ParamType, Scope, Unit};
use crate::anomaly::value::Value;
use crate::seed::Stream;

/// The kind.
pub(in crate::anomaly::kinds) static CARDINALITY: Kind = Kind::new(
    "cardinality",
    Scope::Reference,
    "Leaves an order without lines or payment, or pays it twice.",
    "An order has at least one line, and one payment that was captured.",
)
.critical()
.of(Unit::Order)
.drizzles(5e-4)
.needs(&["orders", "order_items", "payments"])
.takes(&[Param::new(
    "how",
    ParamType::Some(&["no_lines", "no_payment", "two_payments"]),
    "What is missing, or there twice.",
)])
.acts(&Cardinality);

struct Cardinality;

/// The state of a payment that took the money.
const CAPTURED: u8 = 0;

impl Act for Cardinality {
    fn inject(
        &self,
        ground: &Ground<'_>,
        site: Site,
        params: &Params,
        draw: &mut Stream,
    ) -> Option<Incident> {
        let Site::Row(order) = site else { return None };
        let how = params.turns("how", draw).next()?;
        if how == "no_lines" {
            let lines = ground.lines_of(order.ordinal);
            let gone = lines.fold(Incident::new(), |all, line| {
                all.delete(RowRef::new(Rowset::OrderItems, line))
            });
            return Some(gone.touch(order, Role::Primary));
        }
        let payments = &ground.context.journal.payments;
        let mut own = ground.payments_of(order.ordinal).into_iter();
        let capture = own.find(|at| payments[*at as usize].status == CAPTURED)?;
        let payment = &payments[capture as usize];
        let row = RowRef::new(Rowset::Payments, capture);
        if how == "no_payment" {
            return Some(Incident::new().delete(row).touch(order, Role::Primary));
        }
        // Another attempt of the same checkout, counted on, under a key of its own: the provider takes the money again.
        let later = payment.at + (2e6 + 58e6 * draw.unit()) as i64;
        let again = cells([
            ("payment_id", fresh::key(draw)),
            ("attempt", Value::Int(i32::from(payment.attempt) + 1)),
            ("attempted_at", Value::Long(later)),
            ("idempotency_key", fresh::key(draw)),
        ]);
        Some(Incident::new().duplicate(row, again, None).touch(order, Role::Context))
    }
}
