//! `devices`: one row a device of a user.

use crate::event::journal::DeviceRow;
use crate::model::Build;
use crate::scenario::vocabulary::BuildKeys;
use crate::tables::{Context, Get, Record};

impl Record for DeviceRow {
    const FACTS: &'static [(&'static str, Get<Self>)] = &[
        ("device.id", Get::Id(|c, d| c.world.people.device_id(d.user, d.device.into()))),
        ("user.id", Get::Id(|c, d| c.world.people.user_id(d.user))),
        ("device.profile", Get::Key(|_, d| d.profile.into(), |w| &w.words.profiles)),
        (
            "device.class",
            Get::Key(
                |c, d| c.world.models.devices[usize::from(d.profile)].class as u32,
                |w| &w.words.classes,
            ),
        ),
        ("device.model", Get::Key(|c, d| keys(c, d).model, |w| &w.words.models)),
        ("device.os", Get::Key(|c, d| keys(c, d).os, |w| &w.words.systems)),
        ("device.os_version", Get::Key(|c, d| keys(c, d).os_version, |w| &w.words.system_versions)),
        ("device.browser", Get::Key(|c, d| keys(c, d).browser, |w| &w.words.browsers)),
        (
            "device.browser_version",
            Get::Key(|c, d| keys(c, d).browser_version, |w| &w.words.browser_versions),
        ),
        ("device.is_app", Get::Flag(|c, d| c.world.models.devices[usize::from(d.profile)].app)),
        ("device.viewport_width", Get::Int(|c, d| build(c, d).viewport.0)),
        ("device.viewport_height", Get::Int(|c, d| build(c, d).viewport.1)),
        ("device.pixel_ratio", Get::Double(|c, d| build(c, d).pixel_ratio)),
        ("device.user_agent", Get::Key(|c, d| keys(c, d).agent, |w| &w.words.agents)),
        ("device.first_seen", Get::Time(|_, d| d.first_seen)),
        ("device.last_seen", Get::Time(|_, d| d.last_seen)),
    ];
}

fn keys(context: &Context<'_>, device: &DeviceRow) -> BuildKeys {
    context.world.words.builds[usize::from(device.profile)][usize::from(device.build)]
}

fn build<'c>(context: &Context<'c>, device: &DeviceRow) -> &'c Build {
    &context.world.models.devices[usize::from(device.profile)].builds[usize::from(device.build)]
}
