//! What devices a person holds: a phone and perhaps the shop's app on it, a computer, a tablet.

use crate::model::{Build, DeviceClass, DeviceProfile, Models, PaymentMethod};
use crate::population::cover::Cover;
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

    /// Whether one of the kind's devices is of that profile, or an app beside which a browser of that profile stands.
    pub(super) fn can_hold(&self, kind: &Kind, profile: usize) -> bool {
        self.bearers(kind, profile).next().is_some()
    }

    /// Whether somebody of the kind who holds a device of that profile may hold another.
    pub(super) fn can_hold_two(&self, kind: &Kind, profile: usize) -> bool {
        self.bearers(kind, profile).any(|held| {
            let app = held.app && !self.browsers_beside(held).is_empty();
            app || kind
                .owns
                .iter()
                .enumerate()
                .any(|(class, share)| *share > 0.0 && class != held.class as usize)
        })
    }

    /// The kind's devices that bring one of that profile.
    fn bearers<'k>(&'k self, kind: &'k Kind, profile: usize) -> impl Iterator<Item = &'k Held> {
        let owned = kind.possible.iter().zip(kind.owns).filter(|(_, share)| *share > 0.0);
        owned.flat_map(|(list, _)| list).filter(move |held| self.brings(held, profile))
    }

    fn brings(&self, held: &Held, profile: usize) -> bool {
        let of_profile = |found: &(u16, u16)| usize::from(found.0) == profile;
        usize::from(held.profile) == profile
            || (held.app && self.browsers_beside(held).iter().any(of_profile))
    }

    /// Draws what a person of that kind holds; the devices' first moments are still to be set. Whoever covers holds what that takes.
    pub(super) fn draw(&self, kind: &Kind, cover: Option<&Cover>, stream: &mut Stream) -> Held4 {
        let mut owned = kind.owns.map(|share| stream.chance(share));
        if owned == [false; 3] {
            owned[kind.first_class.draw(stream)] = true;
        }
        let wanted = cover.and_then(|cover| self.claim(kind, cover, &mut owned, stream));
        let mut held = Held4::default();
        for class in DeviceClass::ALL.into_iter().filter(|class| owned[*class as usize]) {
            if let Some(device) = wanted.filter(|device| device.class == class) {
                let profile = cover.map(|cover| cover.cell.profile);
                if let Some(browser) = self.browser_of(&device, profile, stream) {
                    held.push(browser);
                }
                held.push(device);
                continue;
            }
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

    /// The device that a person who covers must hold; its class, and another one where a second device is needed, become owned.
    fn claim(
        &self,
        kind: &Kind,
        cover: &Cover,
        owned: &mut [bool; 3],
        stream: &mut Stream,
    ) -> Option<Held> {
        let profile = usize::from(cover.cell.profile);
        let bearers: Vec<&Held> = self.bearers(kind, profile).collect();
        let class = bearers.first()?.class;
        // Refused draws are drawn again, then the first that fits.
        let drawn = (0..64).map(|_| one(kind, class, stream));
        let pair = |held: &Held| held.app && !self.browsers_beside(held).is_empty();
        let others: Vec<usize> =
            (0..3).filter(|other| *other != class as usize && kind.owns[*other] > 0.0).collect();
        let fits = |held: &Held| {
            self.brings(held, profile) && (!cover.second || !others.is_empty() || pair(held))
        };
        let mut drawn = drawn;
        let device = drawn.find(fits).or_else(|| bearers.into_iter().copied().find(fits))?;
        owned[class as usize] = true;
        let alone = !others.iter().any(|other| owned[*other]) && !pair(&device);
        if cover.second && alone && !others.is_empty() {
            owned[others[stream.below(others.len() as u32) as usize]] = true;
        }
        Some(device)
    }

    /// The browser beside an app: of the wanted profile, where that is what is wanted.
    fn browser_of(&self, app: &Held, wanted: Option<u16>, stream: &mut Stream) -> Option<Held> {
        if !app.app {
            return None;
        }
        let found = self.browsers_beside(app).iter().find(|(profile, _)| Some(*profile) == wanted);
        match found {
            Some(&(profile, build)) => Some(Held { profile, build, app: false, ..*app }),
            None => self.browser_beside(app, stream),
        }
    }

    fn browsers_beside(&self, app: &Held) -> &[(u16, u16)] {
        let of_profile = &self.browsers[usize::from(app.profile)];
        of_profile.get(usize::from(app.build)).map_or(&[], Vec::as_slice)
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
