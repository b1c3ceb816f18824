//! What the stack's own systems record about what people did.

pub mod orders;
