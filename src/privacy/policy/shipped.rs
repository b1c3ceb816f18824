//! The policies that ship, for throng's own tables.

/// Every policy that ships: its name and its text.
pub static SHIPPED: &[(&str, &str)] = &[
    ("staging", include_str!("../../../policies/staging.toml")),
    ("analytics", include_str!("../../../policies/analytics.toml")),
    ("strict", include_str!("../../../policies/strict.toml")),
];
