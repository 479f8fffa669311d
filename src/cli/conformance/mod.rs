//! `csms conformance`: the certification cases of OCPP, and our own, played against any central system, or against a
//! station.

mod output;
mod play;
mod station;
mod wattline;
mod words;

use super::{out, trouble::Trouble};
use conformance::{
    suite::{self, Case, Mark},
    testbed,
};
use ocpp::Version;
use std::process::ExitCode;

/// `csms conformance`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms conformance list --version ocpp1.6
  csms conformance run --url ws://127.0.0.1:9000/ocpp --station CERT-1 --password SECRET --token valid=04A1B2C3
  csms conformance run --url ws://csms.example/ocpp --hook http://127.0.0.1:8099/ --jobs 8 --format html --out report.html
  csms conformance run --url ws://127.0.0.1:9000/ocpp --wattline http://127.0.0.1:8080/ --key $KEY --feature all
  csms conformance run --url ws://csms.example/ocpp --operator ask --block L --version ocpp2.0.1
  csms conformance station --listen 192.168.1.10:9100 --operator ask

Many cases are about what a CSMS sends: somebody has to make it. --hook names a program that does
(docs/conformance.md tells how to write one), --operator ask asks a person. Without either, those cases
are INCONCLUSIVE. The exit code is 0 if cases passed and none failed,
1 if one failed, 3 if nothing passed, so that nothing is known.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the cases
    List(List),
    /// Play cases against a central system
    Run(Box<play::Args>),
    /// Play cases against a station that connects here
    Station(Box<station::Args>),
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    choice: Choice,
    /// Those for a station under test, instead of those for a central system
    #[arg(long)]
    station: bool,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

/// Which cases.
#[derive(Debug, clap::Args)]
struct Choice {
    /// Versions [default: all]
    #[arg(long = "version", value_delimiter = ',', value_name = "VERSION",
          value_parser = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])]
    versions: Vec<String>,
    /// Blocks: a letter of 2.x, a feature profile of 1.6, or one of ours (Connection, Frames, Pending, Sessions, Quirks)
    #[arg(long = "block", value_delimiter = ',', value_name = "BLOCK")]
    blocks: Vec<String>,
    /// Certification profiles, e.g. Core or "Advanced Security"
    #[arg(long = "profile", value_delimiter = ',', value_name = "PROFILE")]
    profiles: Vec<String>,
    /// Cases by id, e.g. TC_B_20_CSMS or B_20
    #[arg(long = "case", value_delimiter = ',', value_name = "ID")]
    cases: Vec<String>,
}

impl Choice {
    /// The cases that are meant, with the version they are played in.
    fn cases(&self, all: &[&'static Case]) -> anyhow::Result<Vec<(Version, &'static Case)>> {
        let mut named: Vec<Version> =
            self.versions.iter().filter_map(|name| Version::from_subprotocol(name)).collect();
        if named.is_empty() {
            named = Version::ALL.into_iter().rev().collect();
        }
        let mut found = Vec::new();
        for version in named {
            let cases = suite::select_from(all.to_vec(), version, &self.blocks, &self.profiles, &self.cases);
            found.extend(cases.into_iter().map(|case| (version, case)));
        }
        if found.is_empty() {
            return Err(Trouble::new("No case is meant by this.")
                .mend("`csms conformance list` prints them all, with their blocks and profiles.")
                .into());
        }
        Ok(found)
    }
}

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::List(list) => {
            print_list(&list)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Run(args) => play::run(*args).await,
        What::Station(args) => station::run(*args).await,
    }
}

fn print_list(list: &List) -> anyhow::Result<()> {
    let all = if list.station { testbed::all() } else { suite::all() };
    let cases = list.choice.cases(&all)?;
    if list.json {
        let cases: Vec<_> = cases
            .iter()
            .map(|(version, case)| {
                serde_json::json!({ "id": case.id, "version": version.subprotocol(), "block": case.block,
                    "profiles": profiles(*version, case), "title": case.title, "requirements": case.requirements })
            })
            .collect();
        return out::json(&cases);
    }
    let rows: Vec<Vec<String>> = cases
        .iter()
        .map(|(version, case)| {
            let (name, profiles) = (version.subprotocol().to_owned(), profiles(*version, case).join(", "));
            vec![case.id.to_owned(), name, case.block.to_owned(), profiles, case.title.to_owned()]
        })
        .collect();
    out::print(&out::table(&["CASE", "VERSION", "BLOCK", "PROFILES", "TITLE"], &rows))?;
    out::print(&format!("\n{} cases\n", rows.len()))
}

/// The certification profiles of a case; with the feature that decides, where one does.
fn profiles(version: Version, case: &Case) -> Vec<String> {
    let places = suite::places(case, version).into_iter();
    let words = places.map(|place| match place.mark {
        Mark::Mandatory => place.profile.to_owned(),
        Mark::If(feature) => format!("{} if {feature}", place.profile),
    });
    words.collect()
}
