//! `csms tariff check`: what is wrong with tariffs, and what is unwise.

use super::read::{self, Format};
use crate::cli::out;
use chrono_tz::Tz;
use csms::tariff_text::{self, Examined, Rules};
use rust_decimal::Decimal;
use std::{path::PathBuf, process::ExitCode};
use tariffs::{Advice, AdviceLevel, ocpi::Version};

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

impl From<Market> for tariff_text::Market {
    fn from(market: Market) -> tariff_text::Market {
        match market {
            Market::Eu => tariff_text::Market::Eu,
            Market::De => tariff_text::Market::De,
            Market::Cn => tariff_text::Market::Cn,
        }
    }
}

/// What was found in one file.
#[derive(serde::Serialize)]
struct Finding {
    file: String,
    #[serde(flatten)]
    examined: Examined,
}

/// Runs it.
pub fn run(wish: &Check) -> anyhow::Result<ExitCode> {
    let findings: Vec<Finding> =
        wish.files.iter().map(|file| look(wish, file)).collect::<anyhow::Result<_>>()?;
    let warns = |advice: &Advice| wish.strict && advice.level == AdviceLevel::Warning;
    let bad = findings
        .iter()
        .any(|finding| !finding.examined.problems.is_empty() || finding.examined.advice.iter().any(warns));
    if wish.json {
        out::json(&findings)?;
    } else {
        out::print(&findings.iter().map(Finding::words).collect::<String>())?;
    }
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn look(wish: &Check, file: &std::path::Path) -> anyhow::Result<Finding> {
    let text = read::text(file)?;
    let rules = Rules {
        markets: wish.markets.iter().copied().map(Into::into).collect(),
        power_kw: wish.power,
        time_zone: wish.time_zone,
        now: chrono::Utc::now(),
    };
    let (examined, _) = tariff_text::examine(&text, wish.format.map(Into::into), wish.version, &rules);
    Ok(Finding { file: file.display().to_string(), examined })
}

impl Finding {
    fn words(&self) -> String {
        let Examined { problems, notes, advice } = &self.examined;
        let verdict = if problems.is_empty() { "can be used" } else { "cannot be used" };
        let mut text = format!("{}: {verdict}\n", self.file);
        for problem in problems {
            text += &format!("  error    {problem}\n");
        }
        for note in notes {
            text += &format!("  note     {note}\n");
        }
        for advice in advice {
            let level = if advice.level == AdviceLevel::Warning { "warning" } else { "hint" };
            let path = if advice.path.is_empty() { String::new() } else { format!("{}: ", advice.path) };
            text += &format!("  {level:<8} {path}{}\n", advice.message);
        }
        text
    }
}
