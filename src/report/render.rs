//! A page as HTML: one file with everything in it, that asks nothing of any network.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::markup::{Escaped, fill, policy_hash, script_json};
use super::page::{
    Block, Family, Figure, Outcome, Page, Plot, Section, Sort, Table, Tone, Verdict,
};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const LIBRARY: &str = include_str!("page/echarts.min.js");

/// What the generator tag of a page of ours begins with.
const GENERATOR: &str = "throng report";

/// The page as HTML.
pub fn html(page: &Page) -> String {
    let policy = format!(
        "default-src 'none'; script-src {} {}; style-src {}; style-src-attr 'unsafe-inline'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        policy_hash(LIBRARY),
        policy_hash(SCRIPT),
        policy_hash(STYLE),
    );
    let generator = format!("{GENERATOR} {}", env!("CARGO_PKG_VERSION"));
    let values = [
        ("generator", generator.as_str()),
        ("policy", &policy),
        ("style", STYLE),
        ("title", &Escaped(&page.title).to_string()),
        ("lead", &Escaped(&page.lead).to_string()),
        ("contents", &contents(page)),
        ("facts", &facts(page)),
        ("sections", &page.sections.iter().map(section).collect::<String>()),
        ("made_by", &Escaped(&page.made_by).to_string()),
        ("plots", &script_json(&plots(page))),
        ("library", LIBRARY),
        ("script", SCRIPT),
    ];
    fill(TEMPLATE, &values)
}

/// Whether a file that begins so is a page that we made.
pub fn is_ours(beginning: &str) -> bool {
    beginning.contains(&format!("<meta name=\"generator\" content=\"{GENERATOR} "))
}

/// What is drawn, by the figure's anchor.
fn plots(page: &Page) -> String {
    let figures =
        page.sections.iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Figure(figure) => Some((figure.id.as_str(), &figure.plot)),
            _ => None,
        });
    let plots: BTreeMap<&str, &Plot> = figures.collect();
    // Maps of texts to plain structures can always be written.
    serde_json::to_string(&plots).unwrap_or_default()
}

fn contents(page: &Page) -> String {
    let entry = |section: &Section| {
        let (id, title) = (Escaped(&section.id), Escaped(&section.title));
        format!("<li><a href=\"#{id}\">{title}</a></li>\n")
    };
    page.sections.iter().map(entry).collect()
}

fn facts(page: &Page) -> String {
    let mut out = String::from("<dl class=\"facts\">\n");
    for fact in &page.facts {
        let (value, label, tone) = (Escaped(&fact.value), Escaped(&fact.label), tone(fact.tone));
        let _ = writeln!(out, "<div><dt>{label}</dt><dd{tone}>{value}</dd></div>");
    }
    out + "</dl>\n"
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Good => " class=\"good\"",
        Tone::Warn => " class=\"warn\"",
        Tone::Bad => " class=\"bad\"",
    }
}

fn section(section: &Section) -> String {
    let (id, title) = (Escaped(&section.id), Escaped(&section.title));
    let mut out = format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n"
    );
    if !section.lead.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", Escaped(&section.lead));
    }
    out.extend(section.blocks.iter().map(block));
    out + "</section>\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(title, text) if text.is_empty() => format!("<h3>{}</h3>\n", Escaped(title)),
        Block::Heading(title, text) => {
            format!("<h3>{}</h3>\n<p>{}</p>\n", Escaped(title), Escaped(text))
        }
        Block::Figure(one) => figure(one),
        Block::Table(one) => table(one),
        Block::Source(summary, text) => format!(
            "<details class=\"data\"><summary>{0}</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
             aria-label=\"{0}\"><pre>{1}</pre></div></details>\n",
            Escaped(summary),
            Escaped(text)
        ),
        Block::Folded(name, words, one) => format!(
            "<details class=\"folded\"><summary>{}</summary>\n<p>{}</p>\n{}</details>\n",
            Escaped(name),
            Escaped(words),
            table(one)
        ),
        Block::Verdicts(families) => verdicts(families),
    }
}

fn figure(figure: &Figure) -> String {
    let (id, title) = (Escaped(&figure.id), Escaped(&figure.title));
    let finding = Escaped(&figure.finding);
    format!(
        "<figure id=\"{id}\">\n<figcaption><h3>{title}</h3>\n<p><span class=\"finding\">{finding}</span> {}</p></figcaption>\n\
         {}<div class=\"plot\" id=\"plot-{id}\" role=\"img\" aria-label=\"{title}. {finding}\"></div>\n{}\
         <details class=\"data\"><summary>Numbers of this figure</summary>\n{}</details>\n</figure>\n",
        Escaped(&figure.look_for),
        legend(&figure.plot),
        ramp(&figure.plot),
        table(&figure.table),
    )
}

/// The place where the page's script says what shades mean, under grids of cells.
fn ramp(plot: &Plot) -> &'static str {
    if matches!(plot, Plot::Heatmap { .. }) { "<p class=\"ramp\"></p>\n" } else { "" }
}

/// The symbols of a plot with their names: shapes differ as colours do.
fn legend(plot: &Plot) -> String {
    let entries: Vec<(String, String)> = match plot {
        Plot::Lines { series, .. } if series.len() > 1 => {
            let entry = |(i, one): (usize, &super::page::Series)| {
                let sample = if one.reference { reference() } else { line_sample(i) };
                (sample, one.name.clone())
            };
            series.iter().enumerate().map(entry).collect()
        }
        Plot::Intervals { rows, whiskers, .. } => {
            let observed = String::from(
                "<svg class=\"key k0\" width=\"34\" height=\"12\" aria-hidden=\"true\"><path class=\"hollow\" stroke-width=\"2\" \
                 d=\"M1 6H33M1 2V10M33 2V10\"/><circle cx=\"17\" cy=\"6\" r=\"4\"/></svg>",
            );
            let set = String::from(
                "<svg width=\"6\" height=\"16\" aria-hidden=\"true\"><path stroke=\"currentColor\" stroke-width=\"2\" d=\"M3 0V16\"/></svg>",
            );
            let mut entries = vec![(observed, format!("observed, with {whiskers}"))];
            if rows.iter().any(|row| row.set_point.is_some()) {
                entries.push((set, "what it was set to".to_owned()));
            }
            entries
        }
        Plot::Lanes { lanes } => {
            let there = |sort: Sort| {
                lanes.iter().flat_map(|lane| &lane.marks).any(|mark| mark.sort == sort)
            };
            let sorts = SORTS.iter().enumerate().filter(|(_, (sort, _))| there(*sort));
            sorts.map(|(i, (_, name))| (symbol_sample(i), (*name).to_owned())).collect()
        }
        _ => Vec::new(),
    };
    if entries.is_empty() {
        return String::new();
    }
    let item = |(sample, name): &(String, String)| format!("<li>{sample}{}</li>", Escaped(name));
    format!(
        "<ul class=\"legend\" aria-label=\"Legend\">{}</ul>\n",
        entries.iter().map(item).collect::<String>()
    )
}

/// Sorts of events in the order of their symbols, as the page's script has them.
const SORTS: [(Sort, &str); 6] = [
    (Sort::Look, "looks at a page or product"),
    (Sort::Engage, "uses something on it"),
    (Sort::Cart, "cart"),
    (Sort::Buy, "checkout and order"),
    (Sort::Trouble, "trouble"),
    (Sort::Other, "other"),
];

/// Symbols by ordinal, as paths in a box of 12 by 12.
const SYMBOLS: [&str; 6] = [
    "M6 1.5A4.5 4.5 0 1 1 5.99 1.5Z",
    "M1.5 1.5H10.5V10.5H1.5Z",
    "M6 1L11 10.5H1Z",
    "M6 .5L11 6L6 11.5L1 6Z",
    "M2 0L6 4L10 0L12 2L8 6L12 10L10 12L6 8L2 12L0 10L4 6L0 2Z",
    "M3 1.5H9Q10.5 1.5 10.5 3V9Q10.5 10.5 9 10.5H3Q1.5 10.5 1.5 9V3Q1.5 1.5 3 1.5Z",
];

const DASHES: [&str; 6] = ["", "7 4", "2 3", "9 3 2 3", "", "4 4"];

fn symbol_sample(i: usize) -> String {
    let i = i % SYMBOLS.len();
    format!(
        "<svg class=\"key k{i}\" width=\"12\" height=\"12\" aria-hidden=\"true\"><path stroke=\"none\" d=\"{}\"/></svg>",
        SYMBOLS[i]
    )
}

fn line_sample(i: usize) -> String {
    let i = i % SYMBOLS.len();
    format!(
        "<svg class=\"key k{i}\" width=\"34\" height=\"12\" aria-hidden=\"true\"><path class=\"hollow\" stroke-width=\"2\" \
         stroke-dasharray=\"{}\" d=\"M0 6H34\"/><path stroke=\"none\" transform=\"translate(11)\" d=\"{}\"/></svg>",
        DASHES[i], SYMBOLS[i]
    )
}

fn reference() -> String {
    String::from(
        "<svg class=\"key k5\" width=\"34\" height=\"12\" aria-hidden=\"true\"><path class=\"hollow\" stroke-dasharray=\"3 4\" \
         d=\"M0 6H34\"/></svg>",
    )
}

fn table(table: &Table) -> String {
    let caption = Escaped(&table.caption);
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\n<thead><tr>"
    );
    let class = |number: bool| if number { " class=\"n\"" } else { "" };
    for column in &table.head {
        let _ =
            write!(out, "<th scope=\"col\"{}>{}</th>", class(column.number), Escaped(&column.name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let class = class(table.head.get(i).is_some_and(|column| column.number));
            let (open, close) = if i == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            let _ = write!(out, "<{open}{class}>{}</{close}>", Escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out + "</tbody></table></div>\n"
}

/// Words and signs of outcomes: colour is not the only one that tells them.
fn outcome(outcome: Outcome) -> (&'static str, &'static str, &'static str) {
    match outcome {
        Outcome::Fails => ("fails", "✗ fails", " bad"),
        Outcome::Warns => ("warns", "! warns", " warn"),
        Outcome::Skipped => ("skipped", "– skipped", ""),
        Outcome::Holds => ("holds", "✓ holds", " good"),
    }
}

fn verdicts(families: &[Family]) -> String {
    let mut out = String::from(
        "<form class=\"filter\" hidden><label>Words <input type=\"search\" autocomplete=\"off\"></label><label>Outcome \
         <select><option value=\"\">all</option>",
    );
    for kind in [Outcome::Fails, Outcome::Warns, Outcome::Skipped, Outcome::Holds] {
        let (name, ..) = outcome(kind);
        let _ = write!(out, "<option value=\"{name}\">{name}</option>");
    }
    out.push_str("</select></label><output></output></form>\n");
    out.extend(families.iter().map(family));
    out
}

fn family(family: &Family) -> String {
    let held = family.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Holds).count();
    let mut out = format!(
        "<div class=\"family\"><h3>{} <span>{held} of {} hold</span></h3>\n",
        Escaped(&family.name),
        family.verdicts.len()
    );
    if !family.doc.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", Escaped(&family.doc));
    }
    out.extend(family.verdicts.iter().map(verdict));
    out + "</div>\n"
}

fn verdict(verdict: &Verdict) -> String {
    let (name, mark, class) = outcome(verdict.outcome);
    let open = if verdict.outcome == Outcome::Fails { " open" } else { "" };
    let mut out = format!(
        "<details class=\"verdict\" data-outcome=\"{name}\"{open}><summary><span class=\"mark{class}\">{mark}</span><span \
         class=\"what\">{}</span><span class=\"found\">{}</span></summary>\n<div class=\"inside\"><p>{} <code>{}</code></p>\n",
        Escaped(&verdict.what),
        Escaped(&verdict.found),
        Escaped(&verdict.why),
        Escaped(&verdict.id)
    );
    out.extend(verdict.evidence.iter().map(table));
    out + "</div></details>\n"
}
