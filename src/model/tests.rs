//! Laws of the models that ship, and messages of those that do not hold.

use std::fs;
use std::path::Path;

use crate::assets::Assets;
use crate::diag::{Document, Problems};
use crate::model::behaviour::Behaviour;
use crate::model::{DeviceClass, Models, TextFile};

/// The files that ship, each changed by `edit` (folder, stem, text).
fn shipped_files(edit: impl Fn(&str, &str, String) -> String) -> impl Fn(&str) -> Vec<TextFile> {
    move |folder| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("personas").join(folder);
        let mut files = Vec::new();
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let path = entry.path();
            let stem =
                path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = edit(folder, &stem, fs::read_to_string(&path).expect("it can be read"));
                files.push(TextFile { name: format!("{folder}/{stem}.toml"), stem, text });
            }
        }
        if folder == "journeys" && files.is_empty() {
            let kinds =
                ["mobile_conversion", "desktop_research", "cross_device", "automation_triggered"];
            let file = |stem: &str| TextFile {
                stem: stem.to_owned(),
                name: stem.to_owned(),
                text: String::new(),
            };
            files.extend(kinds.map(file));
        }
        files
    }
}

/// The models that ship.
pub(crate) fn shipped() -> Models {
    Models::load(&shipped_files(|_, _, text| text)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What is wrong after a text is replaced in one file.
fn broken(folder: &'static str, stem: &'static str, from: &str, to: &str) -> String {
    let files = shipped_files(|f, s, text| {
        if (f, s) != (folder, stem) {
            return text;
        }
        assert!(text.contains(from), "{folder}/{stem}.toml no longer holds `{from}`");
        text.replacen(from, to, 1)
    });
    let problems: Problems = Models::load(&files).expect_err("a mistake was made");
    problems.to_string()
}

#[test]
fn what_ships_has_every_member_that_was_asked_for() {
    let models = shipped();
    let names: Vec<&str> = models.people.iter().map(|persona| persona.name.as_str()).collect();
    assert_eq!(names, ["business_owner", "remote_dad", "student_hustler", "tech_early_adopter"]);
    assert_eq!((models.devices.len(), models.sources.len(), models.countries.len()), (12, 4, 7));
    for class in DeviceClass::ALL {
        assert_eq!(models.devices.iter().filter(|device| device.class == class).count(), 4);
    }
    assert!((1_150..1_250).contains(&models.catalogue.products.len()));
    assert!((75..90).contains(&models.catalogue.queries.len()));
    assert!((models.people.iter().map(|persona| persona.share).sum::<f64>() - 1.0).abs() < 1e-12);
    for persona in &models.people {
        for mix in [&persona.sources, &persona.journeys, &persona.countries, &persona.categories] {
            assert!((mix.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{}: {mix:?}", persona.name);
        }
    }
}

#[test]
fn products_have_keys_of_their_own_and_shop_prices() {
    let models = shipped();
    let products = &models.catalogue.products;
    let mut slugs: Vec<&str> = products.iter().map(|product| product.slug.as_str()).collect();
    let mut keys: Vec<&str> = products.iter().map(|product| product.sku.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!((slugs.len(), keys.len()), (products.len(), products.len()));
    for product in products {
        assert_eq!(product.prices.len(), models.commerce.currencies.len());
        for &price in &product.prices {
            assert!(price >= 149 && [0, 49, 90, 95, 99].contains(&(price % 100)), "{price}");
        }
    }
    // The head of the list mixes the categories.
    let mut head: Vec<usize> = products[..40].iter().map(|product| product.category).collect();
    head.sort_unstable();
    head.dedup();
    assert!(head.len() >= 7, "{head:?}");
}

#[test]
fn messages_have_campaigns_and_ordinary_direct_visits_none() {
    let models = shipped();
    let direct = models.sources.iter().find(|source| source.name == "direct").expect("it ships");
    for channel in ["email", "sms", "push"] {
        assert!(direct.campaigns.iter().any(|c| c.message.as_deref() == Some(channel)));
    }
    assert!(direct.campaign_share == 0.0 && direct.campaigns.iter().all(|c| c.weight == 0.0));
}

#[test]
fn combinations_that_do_not_exist_are_refused() {
    let safari = broken("devices", "tablet_chrome", "browser = \"Chrome\"", "browser = \"Safari\"");
    assert!(safari.contains("Safari on Android"), "{safari}");
    let swipe = broken("devices", "desktop_chrome", "click = ", "swipe = ");
    assert!(swipe.contains("a swipe on a desktop"), "{swipe}");
    let webview = broken(
        "devices",
        "tablet_safari",
        "class = \"tablet\"",
        "class = \"tablet\"\nwebview = true",
    );
    assert!(webview.contains("a web view on a tablet"), "{webview}");
    let system = broken("devices", "desktop_safari", "os = \"macOS\"", "os = \"iOS\"");
    assert!(system.contains("iOS on a desktop"), "{system}");
    let fast = broken("devices", "mobile_slow", "fast_share = 0.16", "fast_share = 0.8");
    assert!(fast.contains("keeps only 0."), "{fast}");
}

#[test]
fn names_of_nothing_are_told_with_the_nearest_that_exists() {
    let device = broken("people", "remote_dad", "tablet_safari", "tablet_safary");
    assert!(device.contains("did you mean `tablet_safari`?"), "{device}");
    let source = broken("people", "remote_dad", "tiktok = ", "tictok = ");
    assert!(source.contains("unknown source `tictok`"), "{source}");
    let journey = broken("people", "remote_dad", "cross_device", "cros_device");
    assert!(journey.contains("did you mean `cross_device`?"), "{journey}");
    let payment = broken("people", "remote_dad", "klarna", "klarnar");
    assert!(payment.contains("did you mean `klarna`?"), "{payment}");
    let zone = broken("locales", "de", "Europe/Berlin", "Europe/Berlni");
    assert!(zone.contains("unknown time zone `Europe/Berlni`"), "{zone}");
    let currency = broken("locales", "de", "\"EUR\"", "\"EUX\"");
    assert!(currency.contains("unknown currency `EUX`"), "{currency}");
}

#[test]
fn wrong_numbers_are_told_with_what_would_be_right() {
    let mix = broken("people", "student_hustler", "tiktok = 0.58", "tiktok = 0.48");
    assert!(mix.contains("the shares of `sources` sum to 0.900"), "{mix}");
    let hours = broken("people", "student_hustler", "1.63, ", "");
    assert!(hours.contains("`hours` has 23 numbers"), "{hours}");
    let owns = broken("people", "student_hustler", "mobile = 0.99", "mobile = 1.99");
    assert!(owns.contains("it must be between 0 and 1"), "{owns}");
}

#[test]
fn mistakes_of_all_files_are_told_at_once() {
    let files = shipped_files(|folder, stem, text| match (folder, stem) {
        ("people", "remote_dad") => text.replacen("share = 0.24", "shaer = 0.24", 1),
        ("sources", "tiktok") => text.replacen("campaign_share = 0.81", "campaign_share = 81", 1),
        ("locales", "fr") => "name = \"France".to_owned(),
        _ => text,
    });
    let told = Models::load(&files).expect_err("three mistakes").to_string();
    for part in ["did you mean `share`?", "sources/tiktok.toml:", "locales/fr.toml:1:"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[test]
fn one_more_persona_is_one_more_file() {
    let base = shipped_files(|_, _, text| text);
    let files = move |folder: &str| {
        let mut files = base(folder);
        if folder == "people" {
            let mut fifth = files[0].clone();
            fifth.stem = "night_owl".to_owned();
            files.push(fifth);
        }
        files
    };
    let models = Models::load(&files).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(models.people.len(), 5);
    assert!((models.people.iter().map(|persona| persona.share).sum::<f64>() - 1.0).abs() < 1e-12);
}

/// For all files that are no TOML, what they would have named is not called unknown in others.
#[test]
fn a_file_that_cannot_be_read_is_one_mistake() {
    let files =
        shipped_files(
            |_, stem, text| {
                if stem == "catalogue" { "categories = [\n".to_owned() } else { text }
            },
        );
    let problems = Models::load(&files).unwrap_err();
    assert!(problems.iter().all(|problem| !problem.message.contains("unknown")), "{problems}");
}

/// A country asks or lets people object, not both; and nobody looks at a page for longer than visits are waited for.
#[test]
fn consent_and_visits_are_bounded() {
    let both = broken("locales", "us", "shown = false", "shown = true");
    assert!(both.contains("people are asked by a banner"), "{both}");
    assert!(both.contains("locales/us.toml:47:13"), "{both}");
    let shipped = Assets::embedded().file("personas/behaviour.toml").unwrap().text;
    let text = shipped.replace("longest = 1560", "longest = 1801");
    let document = Document::parse("behaviour.toml", text);
    Behaviour::read(&document);
    let longest = document.problems().to_string();
    assert!(longest.contains("behaviour.toml:33:11"), "{longest}");
    let longest = crate::population::consent::LONGEST_VISIT / 1_000_000;
    assert!(longest >= crate::model::LONGEST_DWELL + 12 * 3_600, "{longest}");
}
