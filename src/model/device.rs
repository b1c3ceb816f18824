//! Reads device profiles, and refuses combinations that do not exist.

use crate::diag::Table;
use crate::dist::{logit, sigmoid};
use crate::model::read::{log_normal, shares};
use crate::model::{Build, DeviceClass, DeviceProfile};

/// An operating system, the classes it runs on, and what its user agents contain (one of these).
/// An iPad says that it is a Mac unless a site is known to want the tablet's own pages.
type System = (&'static str, &'static [DeviceClass], &'static [&'static str]);

const SYSTEMS: [System; 7] = [
    ("iOS", &[DeviceClass::Mobile], &["iPhone"]),
    ("iPadOS", &[DeviceClass::Tablet], &["iPad", "Macintosh"]),
    ("Android", &[DeviceClass::Mobile, DeviceClass::Tablet], &["Android"]),
    ("Windows", &[DeviceClass::Desktop, DeviceClass::Tablet], &["Windows NT"]),
    ("macOS", &[DeviceClass::Desktop], &["Macintosh"]),
    ("Linux", &[DeviceClass::Desktop], &["Linux"]),
    ("ChromeOS", &[DeviceClass::Desktop, DeviceClass::Tablet], &["CrOS"]),
];

/// Gestures, and the classes that know them.
const GESTURES: [(&str, &[DeviceClass]); 8] = [
    ("tap", &[DeviceClass::Mobile, DeviceClass::Tablet]),
    ("long_press", &[DeviceClass::Mobile, DeviceClass::Tablet]),
    ("swipe", &[DeviceClass::Mobile, DeviceClass::Tablet]),
    ("pinch", &[DeviceClass::Mobile, DeviceClass::Tablet]),
    ("click", &[DeviceClass::Desktop, DeviceClass::Tablet]),
    ("hover", &[DeviceClass::Desktop, DeviceClass::Tablet]),
    ("key", &[DeviceClass::Desktop, DeviceClass::Tablet]),
    ("scroll", &DeviceClass::ALL),
];

/// Reads a device profile's file.
pub(super) fn read(name: &str, table: &Table<'_>) -> DeviceProfile {
    let classes: Vec<_> = DeviceClass::NAMES.into_iter().zip(DeviceClass::ALL).collect();
    let class = table.choice("class", &classes).unwrap_or(DeviceClass::Mobile);
    let app = table.flag("app", false);
    let webview = table.flag("webview", false);
    if webview && (class != DeviceClass::Mobile || app) {
        let help = "only a phone's browser has visits through a social app's web view";
        table.problem("webview", format!("a web view on {}", thing(class, app)), help);
    }
    let load = log_normal(table, "load", 60.0);
    let fast_share = table.number("fast_share", 0.0..=1.0);
    check_fast_share(table, load, fast_share);
    let fast_share_in_app = table.opt_number("fast_share_in_app", 0.0..=1.0);
    if fast_share_in_app.is_some() && !webview {
        let help = "it is of sessions in a social app's web view: add `webview = true`";
        table.problem("fast_share_in_app", "no link opens in an app here", help);
    }
    let reach = Reach { class, app, webview };
    let builds: Vec<Build> =
        table.tables("builds").iter().map(|build| reach.build(build)).collect();
    if builds.iter().all(|build| build.weight == 0.0) {
        let help = "add `[[builds]]`: platform, versions, viewport and user agent that go together";
        table.problem("builds", "the profile has no build", help);
    }
    DeviceProfile {
        name: name.to_owned(),
        doc: table.text("doc"),
        class,
        share: table.number("share", 0.0..=1.0),
        app,
        webview,
        engagement: table.number("engagement", -5.0..=5.0),
        conversion: table.number("conversion", -5.0..=5.0),
        dwell: table.number("dwell", -5.0..=5.0),
        load,
        fast_share,
        fast_share_in_app,
        networks: shares(table, "networks"),
        latency: log_normal(table, "latency_ms", 60_000.0),
        error_rate: table.number("error_rate", 0.0..=1.0),
        offline: table.number("offline", 0.0..=1.0),
        gestures: gestures(table, class),
        builds,
    }
}

fn thing(class: DeviceClass, app: bool) -> &'static str {
    match class {
        _ if app => "an app",
        DeviceClass::Mobile => "a phone",
        DeviceClass::Desktop => "a desktop",
        DeviceClass::Tablet => "a tablet",
    }
}

fn gestures(table: &Table<'_>, class: DeviceClass) -> Vec<(String, f64)> {
    let known = GESTURES.map(|(gesture, _)| gesture);
    for (gesture, share) in table.shares("gestures") {
        let Some(index) = gesture.one_of("gesture", known) else { continue };
        if share > 0.0 && !GESTURES[index].1.contains(&class) {
            let possible = GESTURES.iter().filter(|(_, classes)| classes.contains(&class));
            let possible: Vec<&str> = possible.map(|(gesture, _)| *gesture).collect();
            let message = format!("a {} on {}", gesture.value, thing(class, false));
            gesture.problem(message, format!("it knows {}", possible.join(", ")));
        }
    }
    shares(table, "gestures")
}

/// A stated share of fast loads that the load times cannot keep is a mistake in one of them. The normal distribution function is
/// taken as logistic (1.702 x, within 0.01), near enough to tell a mistake.
fn check_fast_share(table: &Table<'_>, (median, sigma): (f64, f64), stated: f64) {
    if stated <= 0.0 || stated >= 1.0 || sigma <= 0.0 {
        return;
    }
    let kept = sigmoid(1.702 * libm::log(2.0 / median) / sigma);
    if logit(stated) > logit(kept) + 0.05 {
        let message = format!("`load` keeps only {kept:.2} of landings under 2 s");
        table.problem("fast_share", message, "state less, or make `load` faster");
    }
}

/// What a profile's builds must fit.
struct Reach {
    class: DeviceClass,
    app: bool,
    webview: bool,
}

impl Reach {
    fn build(&self, table: &Table<'_>) -> Build {
        let mut viewport = table.numbers("viewport", Some(2), 1.0..=20_000.0).into_iter();
        let mut side = || {
            viewport.next().unwrap_or_else(|| {
                table.problem("viewport", "a build has no viewport", "add `viewport = [390, 664]`");
                0.0
            }) as i32
        };
        let build = Build {
            weight: table.number("weight", 0.0..=1e6),
            model: table.text("model"),
            os: table.text("os"),
            os_version: table.text("os_version"),
            browser: table.text("browser"),
            browser_version: table.text("browser_version"),
            viewport: (side(), side()),
            pixel_ratio: table.number("pixel_ratio", 0.5..=8.0),
            user_agent: table.text("user_agent"),
            webview_agent: table.opt_text("webview_agent").unwrap_or_default(),
        };
        self.check_system(table, &build);
        self.check_browser(table, &build);
        self.check_web_view(table, &build);
        build
    }

    fn check_system(&self, table: &Table<'_>, build: &Build) {
        let Some(os) = table.located("os") else { return };
        let Some(index) = os.one_of("operating system", SYSTEMS.map(|system| system.0)) else {
            return;
        };
        let (name, classes, tokens) = SYSTEMS[index];
        if !classes.contains(&self.class) {
            let possible = SYSTEMS.iter().filter(|system| system.1.contains(&self.class));
            let possible: Vec<&str> = possible.map(|system| system.0).collect();
            let help = format!("it runs {}", possible.join(", "));
            os.problem(format!("{name} on {}", thing(self.class, false)), help);
        }
        if !tokens.iter().any(|token| build.user_agent.contains(token)) {
            let help = format!("with {name} it contains `{}`", tokens.join("` or `"));
            table.problem("user_agent", "the user agent is another system's", help);
        }
    }

    fn check_browser(&self, table: &Table<'_>, build: &Build) {
        let apple = ["iOS", "iPadOS", "macOS"].contains(&build.os.as_str());
        if build.browser == "Safari" && !apple && !build.os.is_empty() {
            let help = "Safari exists on iOS, iPadOS and macOS only";
            table.problem("browser", format!("Safari on {}", build.os), help);
        }
        let token = match (build.browser.as_str(), build.os.as_str()) {
            _ if self.app => return,
            ("Chrome", "iOS" | "iPadOS") => "CriOS/",
            ("Chrome", _) => "Chrome/",
            ("Firefox", "iOS" | "iPadOS") => "FxiOS/",
            ("Firefox", _) => "Firefox/",
            ("Edge", "Android") => "EdgA/",
            ("Edge", "iOS" | "iPadOS") => "EdgiOS/",
            ("Edge", _) => "Edg/",
            ("Safari", _) => "Version/",
            ("Samsung Internet", _) => "SamsungBrowser/",
            _ => return,
        };
        let major = build.browser_version.split('.').next().unwrap_or_default();
        let wanted = format!("{token}{major}");
        if !build.user_agent.contains(&wanted) {
            let help = format!("with {} {major} it contains `{wanted}`", build.browser);
            table.problem("user_agent", "the user agent is another browser's", help);
        }
    }

    fn check_web_view(&self, table: &Table<'_>, build: &Build) {
        if self.webview == build.webview_agent.is_empty() {
            let help = "a profile with `webview = true` has a `webview_agent` in every build, others in none";
            let message = if self.webview { "a build without one" } else { "not a web view" };
            table.problem("webview_agent", format!("`webview_agent`: {message}"), help);
        }
    }
}
