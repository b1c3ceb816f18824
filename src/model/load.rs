//! Reads all models, and checks what each says of the others.

use crate::diag::{Document, Problem, Problems, Table};
use crate::model::persona::Surroundings;
use crate::model::read::{Names, normalise};
use crate::model::{
    Catalogue, Commerce, Consenting, Country, DeviceProfile, Persona, Rhythm, Source, catalogue,
    commerce, consent, country, device, journey, rhythm, source,
};

/// A model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// File name without folder and extension: the model's name.
    pub stem: String,
    /// The file as a user knows it, for messages.
    pub name: String,
    /// What it holds.
    pub text: String,
}

/// Gives the files of a folder under `personas/`: `people`, `devices`, `sources`, `locales`, `journeys`; the empty name is that of
/// the files that stand in no folder (`catalogue`, `commerce`, `rhythm`).
pub type Files<'f> = dyn Fn(&str) -> Vec<TextFile> + 'f;

/// All models, checked against one another. Lists are sorted by name; ordinals are places in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Models {
    /// The personas; their shares sum to 1.
    pub people: Vec<Persona>,
    /// The device profiles.
    pub devices: Vec<DeviceProfile>,
    /// The traffic sources.
    pub sources: Vec<Source>,
    /// The countries.
    pub countries: Vec<Country>,
    /// What is for sale.
    pub catalogue: Catalogue,
    /// How it is paid for.
    pub commerce: Commerce,
    /// When people come.
    pub rhythm: Rhythm,
    /// How they deal with consent.
    pub consenting: Consenting,
    /// Names of the journey kinds.
    pub journey_names: Vec<String>,
}

impl Models {
    /// Reads and checks all files.
    ///
    /// # Errors
    /// Every mistake of every file: syntax, missing and unknown keys, values out of bounds, names of nothing, and combinations that
    /// cannot be.
    pub fn load(files: &Files<'_>) -> Result<Models, Problems> {
        let mut desk = Desk { files, problems: Problems::new() };
        let (journeys, journey_shares) = desk.journeys();
        let mut names = Names { journeys, ..Names::default() };
        let commerce = desk.one("commerce", commerce::read);
        if let Some(commerce) = &commerce {
            names.currencies.clone_from(&commerce.currencies);
            names.payments = commerce.payments.iter().map(|method| method.name.clone()).collect();
        }
        let rates = commerce.as_ref().map_or(&[][..], |commerce| &commerce.rates);
        let catalogue = desk.one("catalogue", |table| catalogue::read(table, rates));
        if let Some(catalogue) = &catalogue {
            names.categories.clone_from(&catalogue.categories);
        }
        let rhythm = desk.one("rhythm", rhythm::read);
        let consenting = desk.one("consent", consent::read);
        let devices = desk.all("devices", "device", device::read);
        let sources = desk.all("sources", "source", source::read);
        // The categories, currencies and methods of a file that cannot be read are not to be called unknown in all others.
        if commerce.is_none() || catalogue.is_none() {
            return Err(desk.problems);
        }
        let countries =
            desk.all("locales", "country", |name, table| country::read(name, table, &names));
        names.countries = countries.iter().map(|country| country.code.clone()).collect();
        names.devices = devices.iter().map(|device| device.name.clone()).collect();
        names.sources = sources.iter().map(|source| source.name.clone()).collect();
        let around = Surroundings {
            names: &names,
            journey_shares: &journey_shares,
            devices: &devices,
            sources: &sources,
            countries: &countries,
        };
        let mut people = desk.all("people", "persona", |name, table| around.read(name, table));
        share_out(&mut people);
        // A model that is missing has left a problem, so the defaults never reach a caller.
        let (Some(catalogue), Some(commerce), Some(rhythm), Some(consenting)) =
            (catalogue, commerce, rhythm, consenting)
        else {
            return Err(desk.problems);
        };
        let journey_names = names.journeys;
        desk.problems.or(Models {
            people,
            devices,
            sources,
            countries,
            catalogue,
            commerce,
            rhythm,
            consenting,
            journey_names,
        })
    }
}

/// Makes the personas' shares sum to 1, so that one more persona is one more file.
fn share_out(people: &mut [Persona]) {
    let mut shares: Vec<f64> = people.iter().map(|persona| persona.share).collect();
    normalise(&mut shares);
    for (persona, share) in people.iter_mut().zip(shares) {
        persona.share = share;
    }
}

/// Hands out files and gathers what is wrong with them.
struct Desk<'f> {
    files: &'f Files<'f>,
    problems: Problems,
}

impl Desk<'_> {
    fn sorted(&self, folder: &str) -> Vec<TextFile> {
        let mut files = (self.files)(folder);
        files.sort_by(|a, b| a.stem.cmp(&b.stem));
        files
    }

    /// Names and shares of the journey kinds. What else their files say needs the site, and is read with it.
    fn journeys(&self) -> (Vec<String>, Vec<f64>) {
        let share = |file: TextFile| {
            let share = journey::share(&Document::parse(file.name, file.text).root());
            (file.stem, share)
        };
        self.sorted("journeys").into_iter().map(share).unzip()
    }

    /// Reads one file; nothing comes of one that is no TOML.
    fn read<T>(&mut self, file: TextFile, reader: impl FnOnce(&Table<'_>) -> T) -> Option<T> {
        let document = Document::parse(file.name, file.text);
        let value = (!document.is_broken()).then(|| reader(&document.root()));
        self.problems.extend(document.problems());
        value
    }

    fn one<T>(&mut self, stem: &str, reader: impl FnOnce(&Table<'_>) -> T) -> Option<T> {
        let Some(file) = self.sorted("").into_iter().find(|file| file.stem == stem) else {
            self.problems.push(Problem::new(format!("there is no {stem}.toml")));
            return None;
        };
        self.read(file, reader)
    }

    fn all<T>(
        &mut self,
        folder: &str,
        what: &str,
        reader: impl Fn(&str, &Table<'_>) -> T,
    ) -> Vec<T> {
        let files = self.sorted(folder);
        if files.is_empty() {
            let problem = Problem::new(format!("there is no {what}"));
            self.problems.push(problem.help(format!("add a file to {folder}/")));
        }
        files
            .into_iter()
            .filter_map(|file| {
                let stem = file.stem.clone();
                self.read(file, |table| reader(&stem, table))
            })
            .collect()
    }
}
