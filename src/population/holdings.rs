//! What devices a person holds: a phone and perhaps the shop's app on it, a computer, a tablet.

use crate::model::{Build, DeviceClass, DeviceProfile, Models, PaymentMethod};
use crate::population::user::{Held, Held4, Kind};
use crate::seed::Stream;

/// Who has something of Apple's tends to have another: how often a device of the other kind is drawn again.
const LOYALTY: f64 = 0.55;

/// What goes with what, by profile and build.
#[derive(Debug, Clone)]
pub(super) struct Holdings {
    systems: Vec<String>,
    /// The bit of Android in a mask of systems.
    android: u32,
    /// For each profile and build the ordinal of its operating system in `systems`, and whether Apple makes it.
    builds: Vec<Vec<(u8, bool)>>,
    /// Browsers of the phone that an app's build runs on: profiles and builds.
    browsers: Vec<Vec<Vec<(u16, u16)>>>,
}

impl Holdings {
    pub(super) fn new(models: &Models) -> Self {
        let builds = || models.devices.iter().flat_map(|device| &device.builds);
        let mut systems: Vec<String> = builds().map(|build| build.os.clone()).collect();
        systems.sort();
        systems.dedup();
        let android = systems.iter().position(|system| system == "Android");
        Self {
            builds: models.devices.iter().map(|device| makers(device, &systems)).collect(),
            browsers: models.devices.iter().map(|app| browsers(app, &models.devices)).collect(),
            android: android.map_or(0, |bit| 1 << bit),
            systems,
        }
    }

    /// For each payment method the systems that offer it, a bit each.
    pub(super) fn offers(&self, methods: &[PaymentMethod]) -> Vec<u32> {
        let mask = |method: &PaymentMethod| {
            if method.systems.is_empty() {
                return u32::MAX;
            }
            let offered = |system: &String| method.systems.contains(system);
            let bits = self.systems.iter().enumerate().filter(|(_, system)| offered(system));
            bits.fold(0, |mask, (bit, _)| mask | 1 << bit)
        };
        methods.iter().map(mask).collect()
    }

    /// The operating systems of these devices, a bit each.
    pub(super) fn systems(&self, devices: &Held4) -> u32 {
        devices.iter().fold(0, |mask, held| mask | 1 << self.system(held).0)
    }

    /// The bit of Android among them.
    pub(super) fn android(&self) -> u32 {
        self.android
    }

    fn system(&self, held: &Held) -> (u8, bool) {
        self.builds[usize::from(held.profile)][usize::from(held.build)]
    }

    /// Draws what a person of that kind holds; the devices' first moments are still to be set.
    pub(super) fn draw(&self, kind: &Kind, stream: &mut Stream) -> Held4 {
        let mut owned = kind.owns.map(|share| stream.chance(share));
        if owned == [false; 3] {
            owned[kind.first_class.draw(stream)] = true;
        }
        let mut held = Held4::default();
        for class in DeviceClass::ALL.into_iter().filter(|class| owned[*class as usize]) {
            let mut device = one(kind, class, stream);
            let apple = held.iter().next().map(|first| self.system(first).1);
            if apple.is_some_and(|apple| apple != self.system(&device).1) && stream.chance(LOYALTY)
            {
                device = one(kind, class, stream);
            }
            if device.app
                && let Some(browser) = self.browser_beside(&device, stream)
            {
                held.push(browser);
            }
            held.push(device);
        }
        held
    }

    /// The browser of the phone that an app runs on: of the same model where a profile has it.
    fn browser_beside(&self, app: &Held, stream: &mut Stream) -> Option<Held> {
        let browsers = &self.browsers[usize::from(app.profile)][usize::from(app.build)];
        let at = stream.below(browsers.len() as u32) as usize;
        let &(profile, build) = browsers.get(at)?;
        Some(Held { profile, build, app: false, ..*app })
    }
}

fn one(kind: &Kind, class: DeviceClass, stream: &mut Stream) -> Held {
    let (builds, alias) = &kind.builds[class as usize];
    builds[alias.draw(stream)]
}

fn makers(device: &DeviceProfile, systems: &[String]) -> Vec<(u8, bool)> {
    let system = |os: &str| systems.iter().position(|system| system == os).unwrap_or(0) as u8;
    let apple = |os: &str| ["iOS", "iPadOS", "macOS"].contains(&os);
    device.builds.iter().map(|build| (system(&build.os), apple(&build.os))).collect()
}

/// For each build of an app the browser builds of the same class that can be on the same device: same model and system, or at least
/// the same system. Nothing for what is no app.
fn browsers(app: &DeviceProfile, devices: &[DeviceProfile]) -> Vec<Vec<(u16, u16)>> {
    if !app.app {
        return Vec::new();
    }
    let beside = |like: &dyn Fn(&Build) -> bool| {
        let profiles = devices.iter().enumerate();
        profiles
            .filter(|(_, device)| !device.app && device.class == app.class)
            .flat_map(|(profile, device)| {
                let builds = device.builds.iter().enumerate();
                let like = builds.filter(|(_, build)| build.weight > 0.0 && like(build));
                like.map(move |(build, _)| (profile as u16, build as u16)).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    let of = |build: &Build| {
        let same = beside(&|other| (&other.model, &other.os) == (&build.model, &build.os));
        if same.is_empty() { beside(&|other| other.os == build.os) } else { same }
    };
    app.builds.iter().map(of).collect()
}
