//! `csms tariff check`: what is wrong with tariffs, and what is unwise.

use super::read::{self, Format};
use crate::cli::out;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::{path::PathBuf, process::ExitCode};
use tariffs::{Advice, AdviceLevel, Problem, Profile, Tariff, ocpi::Version};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exits with 1 if a file cannot be used, or with --strict if there is a warning.\n\n\
Examples:\n  csms tariff check tariff.json\n  csms tariff check --time-zone Europe/Berlin --for eu --for de *.json")]
pub struct Check {
    /// The files; - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How they are written [default: told by their fields]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The version of OCPI, 2.2.1 or 2.3.0 [default: told by their fields]
    #[arg(long, value_name = "VERSION", value_parser = read::version)]
    version: Option<Version>,
    /// The rules of a market, too
    #[arg(long = "for", value_enum, value_name = "MARKET")]
    markets: Vec<Market>,
    /// The most that an EVSE delivers, kW, for the rules of the European Union
    #[arg(long, value_name = "KW", default_value = "50")]
    power: Decimal,
    /// The time zone of the site: tells what its changes of the clocks do to the tariff
    #[arg(long, value_name = "ZONE", value_parser = super::price::zone)]
    time_zone: Option<Tz>,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Where a tariff is offered to the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Market {
    /// The European Union: Regulation (EU) 2023/1804 (AFIR)
    Eu,
    /// Germany: Preisangabenverordnung
    De,
    /// China: electricity fee and service fee apart
    Cn,
}

/// What was found in one file.
#[derive(serde::Serialize)]
struct Finding {
    file: String,
    /// Why it cannot be used.
    problems: Vec<Problem>,
    /// What was left out or understood leniently.
    notes: Vec<Problem>,
    advice: Vec<Advice>,
}

/// Runs it.
pub fn run(wish: &Check) -> anyhow::Result<ExitCode> {
    let findings: Vec<Finding> =
        wish.files.iter().map(|file| look(wish, file)).collect::<anyhow::Result<_>>()?;
    let warns = |advice: &Advice| wish.strict && advice.level == AdviceLevel::Warning;
    let bad = findings.iter().any(|finding| !finding.problems.is_empty() || finding.advice.iter().any(warns));
    if wish.json {
        out::json(&findings)?;
    } else {
        out::print(&findings.iter().map(Finding::words).collect::<String>())?;
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn look(wish: &Check, file: &std::path::Path) -> anyhow::Result<Finding> {
    let text = read::text(file)?;
    let mut finding =
        Finding { file: file.display().to_string(), problems: vec![], notes: vec![], advice: vec![] };
    match read::parse(&text, wish.format, wish.version) {
        Ok(loaded) => {
            // What came from elsewhere may be sound there and yet not be ours to publish.
            finding.problems = loaded.tariff.check();
            finding.notes = loaded.notes;
            if finding.problems.is_empty() {
                finding.advice = loaded.tariff.lint(&profiles(wish, &loaded.tariff));
            }
        }
        Err(invalid) => finding.problems = invalid.problems,
    }
    Ok(finding)
}

fn profiles(wish: &Check, tariff: &Tariff) -> Vec<Profile> {
    let mut profiles: Vec<Profile> = wish
        .markets
        .iter()
        .map(|market| match market {
            Market::Eu => Profile::Afir { max_power_kw: wish.power },
            Market::De => Profile::Pangv,
            Market::Cn => Profile::China,
        })
        .collect();
    profiles.extend(wish.time_zone.map(|time_zone| {
        let from = tariff.valid_from.unwrap_or_else(chrono::Utc::now);
        Profile::Site { time_zone, from: from.with_timezone(&time_zone).date_naive() }
    }));
    profiles
}

impl Finding {
    fn words(&self) -> String {
        let verdict = if self.problems.is_empty() { "can be used" } else { "cannot be used" };
        let mut text = format!("{}: {verdict}\n", self.file);
        for problem in &self.problems {
            text += &format!("  error    {problem}\n");
        }
        for note in &self.notes {
            text += &format!("  note     {note}\n");
        }
        for advice in &self.advice {
            let level = if advice.level == AdviceLevel::Warning { "warning" } else { "hint" };
            let path = if advice.path.is_empty() { String::new() } else { format!("{}: ", advice.path) };
            text += &format!("  {level:<8} {path}{}\n", advice.message);
        }
        text
    }
}
