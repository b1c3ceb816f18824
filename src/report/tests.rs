//! What a page must be, whatever the data set is called.

use super::fixture;
use super::markup::Escaped;
use super::page::Page;
use super::render::{html, is_ours};

/// A name that would end its element, its attribute, its script, its template and its comment.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'{{script}}<!--\u{0}&amp;";

#[test]
fn the_same_page_is_the_same_bytes() {
    assert!(html(&fixture::named("shop")) == html(&fixture::named("shop")));
}

/// For all texts of a page, none is markup.
#[test]
fn hostile_names_stay_text() {
    let (tame, hostile) = (html(&fixture::named("shop")), html(&fixture::named(HOSTILE)));
    for tag in ["<script", "</script", "<img", "<style", "<!--", "<table", "<details"] {
        let number = |html: &str| html.matches(tag).count();
        assert_eq!(number(&tame), number(&hostile), "{tag}");
    }
    assert!(hostile.contains(&format!("<h1>Data set {}</h1>", Escaped(HOSTILE))));
    assert!(!hostile.contains('\u{0}'));
    if let Ok(folder) = std::env::var("THRONG_TEST_PAGES") {
        std::fs::write(format!("{folder}/tame.html"), tame).expect("written");
        std::fs::write(format!("{folder}/hostile.html"), hostile).expect("written");
    }
}

/// For all attributes of a page, none can ask a network for anything or run a script.
#[test]
fn a_page_asks_for_nothing() {
    let page = html(&fixture::named("shop"));
    let (head, _) = page.split_once("<script").expect("a script");
    for word in ["http:", "https:", "src=", "url(", "@import"] {
        assert!(!head.contains(word), "{word}");
    }
    let handler = |at: usize| {
        let rest = head[at + 3..].trim_start_matches(|c: char| c.is_ascii_lowercase());
        rest.len() < head.len() - at - 3 && rest.starts_with('=')
    };
    assert!(!head.match_indices(" on").any(|(at, _)| handler(at)));
    assert!(is_ours(&page[..1000]));
    assert!(!is_ours("<!doctype html><meta name=\"generator\" content=\"other\">"));
}

#[test]
fn a_page_reads_back_from_json() {
    let page = fixture::named(HOSTILE);
    let json = serde_json::to_string(&page).expect("JSON");
    assert!(serde_json::from_str::<Page>(&json).expect("a page") == page);
}

/// For all figures, an anchor of their own, words for those who do not see them, and a table of their numbers.
#[test]
fn figures_have_words_and_tables() {
    let page = fixture::named("shop");
    let figures = || {
        page.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            super::page::Block::Figure(figure) => Some(figure),
            _ => None,
        })
    };
    assert!(figures().count() > 10);
    let mut anchors: Vec<&str> = figures()
        .map(|figure| figure.id.as_str())
        .chain(page.sections.iter().map(|s| s.id.as_str()))
        .collect();
    anchors.sort_unstable();
    let all = anchors.len();
    anchors.dedup();
    assert_eq!(anchors.len(), all);
    for figure in figures() {
        assert!(!figure.finding.is_empty() && !figure.title.is_empty(), "{}", figure.id);
    }
}
