//! How a rate is seen in the events: what is counted, and of what.

use crate::model::journey::{Base, Journey, Moment, Stage};
use crate::model::site::{Effect, Site, Slot};

/// Events of a type, on one page where the same type is recorded on others as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Ordinal of the event type.
    pub event: u8,
    /// Ordinal of the site's page that tells them from others of the type; none when the type alone says enough.
    pub page: Option<usize>,
}

/// How a rate is measured over the events of its journey's sessions: successes over occurrences of the base. Events that follow an
/// `exit_offer_engaged` in their session do not count, since the offer's way leads through no stage; for the two rates of that
/// offer they do, and of an order only those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// What it is a share of.
    pub base: Seen,
    /// What says that it happened.
    pub success: Seen,
}

/// The event types of a world, as far as it takes to tell events apart.
#[derive(Debug, Clone, Copy)]
pub struct Types<'t> {
    /// Those that the engine records by itself on any page.
    pub anywhere: &'t [u8],
    /// By event type: whether it tells its page.
    pub pages: &'t [bool],
}

/// A place in a journey that records events of some type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin {
    page: usize,
    stage: usize,
    /// The moment and whether it is its offer, or the stage's view.
    moment: Option<(usize, bool)>,
}

impl Observed {
    /// How a moment's rate is measured; none where the events leave it open.
    pub fn of(
        journey: &Journey,
        stage: usize,
        moment: usize,
        site: &Site,
        types: &Types<'_>,
    ) -> Option<Self> {
        let eyes = Eyes { journey, site, types };
        let moments = &journey.stages[stage].moments;
        let base = match moments[moment].base {
            Base::Shown => eyes.event(stage, Some((moment, true)))?,
            Base::Given(given) => eyes.success(stage, given)?,
            Base::Views => eyes.event(stage, None)?,
        };
        Some(Self { base, success: eyes.success(stage, moment)? })
    }
}

struct Eyes<'e> {
    journey: &'e Journey,
    site: &'e Site,
    types: &'e Types<'e>,
}

impl Eyes<'_> {
    /// What says that a moment happened: its event, or the view of the stage that it alone leads to.
    fn success(&self, stage: usize, ordinal: usize) -> Option<Seen> {
        let moment = &self.journey.stages[stage].moments[ordinal];
        if moment.emits.is_some() {
            return self.event(stage, Some((ordinal, false)));
        }
        let may_fail = matches!(moment.does, Some(Effect::BuyNow | Effect::Pay));
        let then = moment.then.filter(|then| !may_fail && self.ways(*then) == 1)?;
        self.event(usize::from(then), None)
    }

    /// How many ways lead to a stage.
    fn ways(&self, stage: u8) -> usize {
        let journey = self.journey;
        let by_edge = |one: &Stage| usize::from(one.followers().contains(&stage));
        let by_moment = |one: &Stage| one.moments.iter().filter(|m| m.then == Some(stage)).count();
        let within = journey.stages.iter().map(|one| by_edge(one) + by_moment(one)).sum::<usize>();
        let switched = journey.switch.as_ref().is_some_and(|switch| switch.enters == stage);
        let begins = [journey.entry == stage, journey.resume == stage, switched];
        within + begins.into_iter().filter(|begins| *begins).count()
    }

    /// The events of a stage's view, or of a moment's offer or success, if they can be told from all others of their type.
    fn event(&self, stage: usize, moment: Option<(usize, bool)>) -> Option<Seen> {
        let one = &self.journey.stages[stage];
        let event = match moment {
            None => one.base.view,
            Some((ordinal, true)) => one.moments[ordinal].shows?,
            Some((ordinal, false)) => one.moments[ordinal].emits?,
        };
        let repeats = |m: &(usize, bool)| !m.1 && one.moments[m.0].repeats > 0.0;
        if moment.as_ref().is_some_and(repeats) || self.types.anywhere.contains(&event) {
            return None;
        }
        let own = Origin { page: one.base.page, stage, moment };
        let others: Vec<Origin> = self.origins(event).filter(|origin| *origin != own).collect();
        if others.is_empty() {
            return Some(Seen { event, page: None });
        }
        let apart = others.iter().all(|other| self.apart(own.page, other.page));
        let told = self.types.pages.get(usize::from(event)).copied().unwrap_or(false);
        (apart && told).then_some(Seen { event, page: Some(own.page) })
    }

    /// All places of the journey that record events of a type.
    fn origins(&self, event: u8) -> impl Iterator<Item = Origin> {
        let stages = self.journey.stages.iter().enumerate();
        stages.flat_map(move |(stage, one)| {
            let page = one.base.page;
            let view = (one.base.view == event).then_some(Origin { page, stage, moment: None });
            let moments = one.moments.iter().enumerate().flat_map(move |(ordinal, moment)| {
                let of = move |moment: &Moment, shown: bool| {
                    let kind = if shown { moment.shows } else { moment.emits };
                    let moment = Some((ordinal, shown));
                    (kind == Some(event)).then_some(Origin { page, stage, moment })
                };
                [of(moment, true), of(moment, false)].into_iter().flatten()
            });
            view.into_iter().chain(moments)
        })
    }

    /// Whether no address is of both pages. A landing page may be any.
    fn apart(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.site.pages[a], &self.site.pages[b]);
        let landing = a.slot == Slot::Landing || b.slot == Slot::Landing;
        !landing && (&a.before, a.slot, &a.after) != (&b.before, b.slot, &b.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Document;

    const EVENTS: [&str; 8] = [
        "page_viewed",
        "product_viewed",
        "product_added",
        "hook_shown",
        "hook_engaged",
        "gallery_entered",
        "gallery_swiped",
        "signed_in",
    ];

    const SITE: &str = r#"
        host = "https://shop.example"
        [pages]
        home = "/"
        landing = "{landing}"
        product = "/p/{product}"
        pricing = "/pricing"
        compare = "/compare/{category}"
        gallery = "/p/{product}/gallery"
        [stages]
        home = { page = "home", view = "page_viewed", dwell = 1 }
        landing = { page = "landing", view = "page_viewed", dwell = 1 }
        product = { page = "product", view = "product_viewed", dwell = 1 }
        pricing = { page = "pricing", view = "page_viewed", dwell = 1 }
        compare = { page = "compare", view = "page_viewed", dwell = 1 }
        gallery = { page = "gallery", view = "gallery_entered", dwell = 1 }
    "#;

    /// How the moments of a journey's stages are seen; `told` says whether events tell their page.
    fn observed(stages: &str, told: bool) -> Vec<Option<Observed>> {
        let site = Document::parse("site.toml", SITE);
        let site = Site::read(&site, &EVENTS);
        let head = "label = \"\"\ndoc = \"\"\nstarts_on = [\"mobile\"]\nentry = \"product\"\n\
                    [sessions]\nagain = 0.1\nmost = 2\nresume = \"product\"\n";
        let document = Document::parse("journey.toml", format!("{head}{stages}"));
        let journey = Journey::read("journey", &document, &site, &EVENTS);
        assert!(document.problems().is_empty(), "{}", document.problems());
        let types = Types { anywhere: &[7], pages: &[told; EVENTS.len()] };
        let ordinals = journey.stages.iter().enumerate();
        let all = ordinals.flat_map(|(s, stage)| (0..stage.moments.len()).map(move |m| (s, m)));
        all.map(|(s, m)| Observed::of(&journey, s, m, &site, &types)).collect()
    }

    fn seen(event: &str, page: Option<usize>) -> Seen {
        let event = EVENTS.iter().position(|known| *known == event).expect("known") as u8;
        Seen { event, page }
    }

    fn pair(base: Seen, success: Seen) -> Observed {
        Observed { base, success }
    }

    const PRODUCT: &str = "[stages.product]\nnext = { product = 1 }\n";

    #[test]
    fn a_rate_is_of_what_was_shown_or_given_or_viewed() {
        let moments = "[[stages.product.moments]]\nname = \"a\"\nshows = \"hook_shown\"\nemits = \"hook_engaged\"\ntarget = 0.5\n\
                       [[stages.product.moments]]\nname = \"b\"\ngiven = \"a\"\ndoes = \"add_to_cart\"\ntarget = 0.5\n";
        let viewed = "[[stages.product.moments]]\nname = \"c\"\ngiven = \"a\"\nof = \"views\"\nemits = \"gallery_swiped\"\ntarget = 0.1\n";
        let found = observed(&format!("{PRODUCT}{moments}{viewed}"), true);
        assert_eq!(found[0], Some(pair(seen("hook_shown", None), seen("hook_engaged", None))));
        assert_eq!(found[1], Some(pair(seen("hook_engaged", None), seen("product_added", None))));
        assert_eq!(
            found[2],
            Some(pair(seen("product_viewed", None), seen("gallery_swiped", None)))
        );
    }

    #[test]
    fn a_moment_without_an_event_is_seen_by_the_stage_that_it_alone_leads_to() {
        let moment =
            "[[stages.product.moments]]\nname = \"swipe\"\nthen = \"gallery\"\ntarget = 0.5\n";
        let gallery = "[stages.gallery]\nnext = { product = 1 }\n";
        let found = observed(&format!("{PRODUCT}{moment}{gallery}"), true);
        assert_eq!(
            found[0],
            Some(pair(seen("product_viewed", None), seen("gallery_entered", None)))
        );
        let another = PRODUCT.replace("product = 1", "product = 1, gallery = 0.1");
        assert_eq!(observed(&format!("{another}{moment}{gallery}"), true), [None]);
        let idle = PRODUCT.replace("product = 1", "product = 1, gallery = 0");
        assert!(observed(&format!("{idle}{moment}{gallery}"), true)[0].is_some());
    }

    #[test]
    fn pages_tell_views_apart_where_events_tell_pages() {
        let moment =
            "[[stages.pricing.moments]]\nname = \"a\"\nemits = \"hook_engaged\"\ntarget = 0.5\n";
        let pricing = "[stages.pricing]\nnext = { product = 1 }\n";
        let compare = "[stages.compare]\nnext = { pricing = 1 }\n";
        let both = format!("{PRODUCT}{pricing}{moment}{compare}");
        let page = pair(seen("page_viewed", Some(3)), seen("hook_engaged", None));
        assert_eq!(observed(&both, true), [Some(page)]);
        assert_eq!(observed(&both, false), [None]);
        let landing = format!("{both}[stages.landing]\nnext = {{ product = 1 }}\n");
        assert_eq!(observed(&landing, true), [None], "a landing page may be any");
    }

    #[test]
    fn what_is_ambiguous_is_not_seen() {
        let product = "page = \"product\"\nview = \"product_viewed\"\ndwell = 1\n";
        let again = format!("[stages.again]\n{product}next = {{ product = 1 }}\n");
        let moment = |rest: &str| {
            format!("[[stages.product.moments]]\nname = \"a\"\ntarget = 0.5\n{rest}\n")
        };
        let stages = |rest: &str| format!("{PRODUCT}{}", moment(rest));
        assert!(observed(&stages("emits = \"hook_engaged\""), true)[0].is_some());
        let shared = format!("{}{again}", stages("emits = \"hook_engaged\""));
        assert_eq!(observed(&shared, true), [None], "two stages on a page");
        let repeated = stages("emits = \"gallery_swiped\"\nrepeats = 2");
        assert_eq!(observed(&repeated, true), [None], "an event that comes several times");
        assert_eq!(observed(&stages("emits = \"signed_in\""), true), [None], "the engine's own");
        assert_eq!(observed(&stages("emits = \"product_viewed\""), true), [None], "also a view");
    }
}
