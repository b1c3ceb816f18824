//! Where references lead.

mod fk_orphan;

use crate::anomaly::kind::{Kind, Scope, Unit};

pub(super) use fk_orphan::FK_ORPHAN;

pub(super) static FK_WRONG_PARENT: Kind = Kind::new(
    "fk_wrong_parent",
    Scope::Reference,
    "Lets an event lead to another user's session.",
    "An event's user is its session's.",
)
.critical();

pub(super) static PARENT_AFTER_CHILD: Kind = Kind::new(
    "parent_after_child",
    Scope::Reference,
    "Makes a parent younger than its child.",
    "A parent is created before its child.",
)
.critical();

pub(super) static CARDINALITY: Kind = Kind::new(
    "cardinality",
    Scope::Reference,
    "Leaves an order without lines, or pays it twice.",
    "There are as many children as declared.",
)
.critical()
.of(Unit::Order)
.needs(&["orders", "order_items", "payments"]);
