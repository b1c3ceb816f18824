//! Made-up people's names, by locale.

use std::collections::HashSet;
use std::sync::OnceLock;

use fake::Fake;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR};

use crate::seed::Stream;

/// A locale of names.
#[derive(Debug)]
pub(crate) struct NameLocale {
    /// As files write it.
    pub(crate) name: &'static str,
    /// Draws a first and a last name.
    pub(crate) draw: fn(&mut Stream) -> [&'static str; 2],
}

/// All locales that a country may name.
pub(crate) static NAME_LOCALES: [NameLocale; 6] = [
    NameLocale { name: "en", draw: |stream| draw(EN, stream) },
    NameLocale { name: "de_de", draw: |stream| draw(DE_DE, stream) },
    NameLocale { name: "fr_fr", draw: |stream| draw(FR_FR, stream) },
    NameLocale { name: "it_it", draw: |stream| draw(IT_IT, stream) },
    NameLocale { name: "nl_nl", draw: |stream| draw(NL_NL, stream) },
    NameLocale { name: "pt_br", draw: |stream| draw(PT_BR, stream) },
];

fn draw<L: Data + Copy>(locale: L, stream: &mut Stream) -> [&'static str; 2] {
    [FirstName(locale).fake_with_rng(stream), LastName(locale).fake_with_rng(stream)]
}

/// Whether a word is somebody's first name somewhere, in either case.
pub(crate) fn is_first_name(word: &str) -> bool {
    static KNOWN: OnceLock<HashSet<String>> = OnceLock::new();
    let lists = || {
        [
            EN::NAME_FIRST_NAME,
            DE_DE::NAME_FIRST_NAME,
            FR_FR::NAME_FIRST_NAME,
            IT_IT::NAME_FIRST_NAME,
            NL_NL::NAME_FIRST_NAME,
            PT_BR::NAME_FIRST_NAME,
        ]
    };
    let all = || lists().into_iter().flatten().map(|name| name.trim().to_lowercase()).collect();
    KNOWN.get_or_init(all).contains(&word.to_lowercase())
}
