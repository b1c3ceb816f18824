//! The audit log.

use crate::anomaly::kind::{Detectability, Kind, Scope};

pub(super) static AUDIT_TAMPER: Kind = Kind::new(
    "audit_tamper",
    Scope::Audit,
    "Edits, deletes, inserts or reorders entries.",
    "The chain of hashes holds.",
)
.critical()
.planned("there is no table `audit_log` yet");

pub(super) static AUDIT_TAIL_CUT_OR_RECHAIN: Kind = Kind::new(
    "audit_tail_cut_or_rechain",
    Scope::Audit,
    "Cuts the tail off, or makes the chain anew.",
    "Head and count are those signed.",
)
.critical()
.shows_in(Detectability::Metadata)
.planned("there is no table `audit_log` yet");

pub(super) static APPROVAL_BYPASS: Kind = Kind::new(
    "approval_bypass",
    Scope::Audit,
    "Approves by oneself, too late, or without the right.",
    "Approvals follow the policy.",
)
.critical()
.planned("there is no table `approvals` yet");
