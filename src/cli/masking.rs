//! `throng generate --pseudonymise`: the flags, and what a policy makes of a run.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use throng::diag::Problem;
use throng::manifest::{self, Manifest};
use throng::privacy::audit::Log;
use throng::privacy::frame::Masking;
use throng::privacy::key::{Key, Realm, Role, Scope};
use throng::privacy::leaks;
use throng::privacy::policy::Policy;
use throng::privacy::stage::{self, ScanReport};
use throng::privacy::token::hex;
use throng::scenario::World;
use throng::scenario::output::ANSWERS;
use throng::scenario::request::Name;

use super::failure::Failure;
use super::key::Given;
use super::load::Pseudonyms;
use super::policy;

/// What is asked for about privacy.
#[derive(clap::Args)]
#[command(next_help_heading = "Privacy")]
pub(crate) struct Privacy {
    /// Write the data as they look after a privacy policy: a file, or staging, analytics, strict; needs a key
    #[arg(long, value_name = "POLICY")]
    pseudonymise: Option<String>,
    #[command(flatten)]
    key: Given,
    /// The data set's or recipient's name, within which tokens mean the same [default: the data set's version]
    #[arg(long, value_name = "NAME", requires = "pseudonymise")]
    scope_id: Option<String>,
    /// Write truth tables, seed and scenario as well, by which everybody can be found again
    #[arg(long, requires = "pseudonymise")]
    keep_truth: bool,
}

impl Privacy {
    /// Whether there may be pseudonyms.
    pub(crate) fn pseudonyms(&self) -> Pseudonyms {
        if self.pseudonymise.is_some() { Pseudonyms::Maybe } else { Pseudonyms::None }
    }
}

/// A policy bound to a run.
pub(crate) struct Masked {
    pub(crate) masking: Masking,
    policy: Policy,
    key: Key,
    realm: Realm,
    keep_truth: bool,
    /// Whether files may have been damaged on purpose.
    is_dirty: bool,
}

/// Binds the policy that is asked for, and takes out of the world what must not be written.
pub(crate) fn bind(
    asked: &Privacy,
    world: &mut World,
    out: &Path,
) -> Result<Option<Masked>, Failure> {
    let Some(written) = &asked.pseudonymise else {
        if asked.key.is_given() {
            let problem =
                Problem::new("a key, and no policy: the data would be written in the clear");
            let help = "add --pseudonymise POLICY, or leave the key out";
            return Err(problem.help(help).into());
        }
        return Ok(None);
    };
    let policy = policy::read_for(written, &world.schemas)?;
    policy.check_reviewed().map_err(Failure::Policy)?;
    let key = asked.key.load(Some(out))?;
    if !asked.keep_truth {
        leave_truth_out(world, &key);
    }
    let realm = policy.realm(asked.scope_id.as_deref(), world.version.clone())?;
    let tables = world.wanted_tables();
    let masking = Masking::new(tables, &policy, &key, &realm).map_err(Failure::Policy)?;
    let (keep_truth, is_dirty) = (asked.keep_truth, world.request.anomalies.is_some());
    Ok(Some(Masked { masking, policy, key, realm, keep_truth, is_dirty }))
}

/// Whoever knows seed and scenario makes the people again; so truth, seed, scenario and the version that is their digest stay away.
fn leave_truth_out(world: &mut World, key: &Key) {
    let names = world.wanted_tables().map(|table| table.name.as_str());
    let names = names.filter(|name| !name.starts_with("truth/") && *name != ANSWERS);
    let names: Vec<Name> = names.map(Name::from).collect();
    world.request.tables = Some(names);
    // Labels of anomalies come with the anomalies, asked for or not.
    world.schemas.tables.retain(|table| !table.name.starts_with("truth/"));
    let everywhere = Realm { scope: Scope::Stable, id: String::new(), epoch: 0 };
    let version = key.derive(Role::Version, &everywhere, &world.version);
    world.version = hex(&version[..16]);
    world.output.options.version.clone_from(&world.version);
}

/// Enters into a log how much of each table there is.
pub(crate) fn enter(manifest: &Manifest, log: &mut Log) {
    for table in &manifest.tables {
        let about = json!({ "table": table.name, "rows": table.rows, "files": table.files.len() });
        log.add("table", about);
    }
}

impl Masked {
    /// The same policy bound to the clean twin of a run, within which tokens mean the same.
    pub(crate) fn of_twin(self, clean: &mut World) -> Result<Self, Failure> {
        if !self.keep_truth {
            leave_truth_out(clean, &self.key);
        }
        let tables = clean.wanted_tables();
        let masking = Masking::new(tables, &self.policy, &self.key, &self.realm);
        Ok(Self { masking: masking.map_err(Failure::Policy)?, is_dirty: false, ..self })
    }

    /// Looks at what was written for values that tokens stand for; what it looked at.
    fn search(&self, manifest: &Manifest, dir: &Path) -> Result<Value, Failure> {
        // Truth that was asked for names everybody.
        let tables = manifest.tables.iter().filter(|table| !table.name.starts_with("truth/"));
        let files = tables.map(|table| table.files.iter().map(|file| file.path.as_str()));
        let known = self.masking.canaries();
        let seen = leaks::glance(dir, files, &known);
        if !seen.finds.is_empty() {
            return Err(Failure::Policy(super::leaks::told(&seen.finds)));
        }
        if let Some(unread) = seen.unread.first().filter(|_| !self.is_dirty) {
            let message = format!("cannot search {}: {}", unread.path, unread.why);
            return Err(Problem::new(message).help("there may be anything in it").into());
        }
        let ScanReport { values, forms, files, bytes } = seen.report;
        let of = "names, ends of files, beginnings of tables";
        Ok(json!({
            "values": values, "forms": forms, "files": files, "bytes": bytes, "finds": 0, "of": of,
            "unread": seen.unread.len(),
        }))
    }

    /// Says in the manifest what was done, and enters it into the audit log.
    /// The log of a data set that is replaced goes on.
    pub(crate) fn sign(
        &self,
        manifest: &mut Manifest,
        replaced: &Path,
        dir: &Path,
    ) -> Result<(), Failure> {
        let used = stage::key_use(&self.key, &self.realm);
        if !self.keep_truth {
            manifest.seed = 0;
            manifest.scenario.toml.clear();
        }
        let truth = if self.keep_truth { "re-identifying" } else { "left out" };
        let log = Log::open(replaced, &self.key).map_err(|broken| broken.problem(replaced))?;
        let mut log = log.moved_to(dir);
        log.add("key_use", json!(used));
        let policy = &self.policy.sha256;
        log.add("generate", json!({ "policy_sha256": policy, "truth": truth }));
        enter(manifest, &mut log);
        log.add("leak_scan", self.search(manifest, dir)?);
        log.write(&self.key).context("cannot write the audit log")?;
        manifest.privacy = Some(manifest::Privacy {
            status: "pseudonymised".to_owned(),
            policy_sha256: self.policy.sha256.clone(),
            key_id: used.key_id,
            key_check: used.key_check,
            epoch: used.epoch,
            scope: used.scope,
            scope_id: used.scope_id,
            truth: truth.to_owned(),
            columns: self.masking.columns(),
            tokens: self.masking.tokens(),
        });
        Ok(())
    }
}
