//! Where references lead.

mod cardinality;
mod fk_orphan;
mod fk_wrong_parent;
mod parent_after_child;

pub(super) use cardinality::CARDINALITY;
pub(super) use fk_orphan::FK_ORPHAN;
pub(super) use fk_wrong_parent::FK_WRONG_PARENT;
pub(super) use parent_after_child::PARENT_AFTER_CHILD;
