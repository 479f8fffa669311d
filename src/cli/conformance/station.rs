//! `csms conformance station`: a station is under test.

use super::{
    Trouble,
    output::{Output, PERSON, Progress, pair},
};
use anyhow::Context;
use conformance::{
    suite::{HttpOperator, Rig, keyboard::Keyboard},
    testbed::{self, Door, Terms},
};
use ocpp::Version;
use std::{process::ExitCode, sync::Arc, time::Duration};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms conformance station --listen 192.168.1.10:9100 --operator ask
  csms conformance station --station CP-1 --password SECRET --version ocpp2.0.1 --block B,F --feature plugged-in
  csms conformance station --hook http://127.0.0.1:8098/ --format html --out report.html

Set the address that is printed in the station; the run begins when it has connected. Many cases need hands
at the station, for cards and cables: --operator ask asks a person, --hook a program (docs/conformance.md).
Without either, those cases are INCONCLUSIVE. The run resets the station and changes its settings, and puts
them back. The exit code is 0 if cases passed and none failed,
1 if one failed, 3 if nothing passed, so that nothing is known.")]
pub struct Args {
    /// Where to wait for the station: an address of this computer that it reaches, with a port
    #[arg(long, default_value = "0.0.0.0:9100", value_name = "ADDRESS")]
    listen: String,
    /// The identity of the station [default: the first that comes]
    #[arg(long)]
    station: Option<String>,
    /// The password that it has to show (HTTP Basic) [default: none is asked for]
    #[arg(long, env = "CSMS_CONFORMANCE_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// The version to speak [default: the first that the station offers]
    #[arg(long, value_name = "VERSION", value_parser = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])]
    version: Option<String>,
    /// Blocks: a letter of 2.x, a feature profile of 1.6, or one of ours (Connection, Frames, Transactions)
    #[arg(long = "block", value_delimiter = ',', value_name = "BLOCK")]
    blocks: Vec<String>,
    /// Cases by id, e.g. TC_B_20_CS or B_20
    #[arg(long = "case", value_delimiter = ',', value_name = "ID")]
    cases: Vec<String>,
    /// What is so at the station: plugged-in (a car or a tester is plugged in all the time)
    #[arg(long = "feature", value_delimiter = ',', value_name = "FEATURE", value_parser = ["plugged-in"])]
    features: Vec<String>,
    /// The card that hands present, and that remote starts name
    #[arg(long, value_name = "UID")]
    card: Option<String>,
    /// Another value that cases use: evses, firmware_url, log_url
    #[arg(long = "value", value_name = "NAME=TEXT", value_parser = value)]
    values: Vec<(String, String)>,
    /// A program that is the hands at the station
    #[arg(long, value_name = "HTTP-URL", conflicts_with = "operator")]
    hook: Option<String>,
    /// The hook's key, sent as a bearer token
    #[arg(long, env = "CSMS_CONFORMANCE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Who else is: a person at this terminal
    #[arg(long, value_parser = ["ask"])]
    operator: Option<String>,
    /// How long to wait for the station, seconds
    #[arg(long, default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    wait: u32,
    /// How long the station may take to answer, or to do what was asked, seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    timeout: u16,
    /// How long it may take to come back after a reset, seconds
    #[arg(long, default_value_t = 180, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=3600))]
    back: u16,
    #[command(flatten)]
    output: Output,
}

/// A value that some case uses.
fn value(text: &str) -> Result<(String, String), String> {
    const NAMES: [&str; 3] = ["evses", "firmware_url", "log_url"];
    let (name, value) = pair(text)?;
    match NAMES.contains(&name.as_str()) {
        true => Ok((name, value)),
        false => Err(format!("no case uses `{name}`; there are {}", NAMES.join(", "))),
    }
}

/// Waits for the station and plays the cases; fails if one of them failed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let version = args.version.as_deref().and_then(Version::from_subprotocol);
    let terms = Terms {
        identity: args.station.clone(),
        password: args.password.clone().map(String::into_bytes),
        version,
    };
    let door = Door::open(&args.listen, terms).await.map_err(|error| {
        Trouble::new(format!("Nobody can connect at {}.", args.listen))
            .why(error.to_string())
            .mend("--listen wants an address of this computer with a free port, like 192.168.1.10:9100")
    })?;
    let identity = args.station.as_deref().unwrap_or("IDENTITY");
    eprintln!("Set this address in the station, and wait: {}/{identity}", reachable(&door.url()));
    let rig = rig(&args, door.url())?;
    let chosen = |version| testbed::select(version, &args.blocks, &args.cases);
    if Version::ALL
        .into_iter()
        .filter(|is| version.is_none_or(|version| *is == version))
        .all(|is| chosen(is).is_empty())
    {
        return Err(Trouble::new("No case is meant by this.")
            .mend("`csms conformance list --station` prints them all, with their blocks.")
            .into());
    }
    let progress = std::sync::OnceLock::new();
    let met = |id: &str, version: Version, count: usize| {
        eprintln!("{id} has connected by {}; {count} cases", version.subprotocol());
        progress.get_or_init(|| Progress::new(count));
    };
    let done = |outcome: &conformance::suite::Outcome| {
        if let Some(progress) = progress.get() {
            progress.tell(outcome);
        }
    };
    let wait = Duration::from_secs(args.wait.into());
    let summary = testbed::run(rig, door, wait, chosen, met, done).await.map_err(|why| {
        Trouble::new("No station was met.").why(why).mend(
            "set the address that was printed in the station, and check --station, --password and --version",
        )
    })?;
    args.output.write(&summary)
}

/// An address that listens everywhere is none that a station can call.
fn reachable(url: &str) -> String {
    url.replace("//0.0.0.0:", "//ADDRESS-OF-THIS-COMPUTER:").replace("//[::]:", "//ADDRESS-OF-THIS-COMPUTER:")
}

fn rig(args: &Args, url: String) -> anyhow::Result<Rig> {
    let mut rig = Rig::new(url);
    rig.rules.features.extend(args.features.iter().cloned());
    rig.rules.values.extend(args.values.iter().cloned());
    rig.rules.tokens.extend(args.card.clone().map(|card| ("valid".to_owned(), card)));
    let patience = Duration::from_secs(args.timeout.into());
    rig.pace.answer = patience;
    rig.pace.follow_up = patience;
    rig.pace.back = Duration::from_secs(args.back.into());
    rig.pace.case = rig.pace.case.max(rig.pace.back * 3);
    if let Some(url) = &args.hook {
        let hook = HttpOperator::new(url, args.key.clone(), rig.pace.operator);
        let hook = hook.map_err(anyhow::Error::msg).context("--hook cannot be used")?;
        rig = rig.operator(Arc::new(hook));
    } else if args.operator.is_some() {
        rig.pace.operator = PERSON;
        rig = rig.operator(Arc::new(Keyboard::default()));
    }
    Ok(rig)
}

#[cfg(test)]
mod tests {
    use super::{reachable, value};

    #[test]
    fn an_address_that_listens_everywhere_is_told_as_such() {
        assert_eq!(reachable("ws://0.0.0.0:9/ocpp"), "ws://ADDRESS-OF-THIS-COMPUTER:9/ocpp");
        assert_eq!(reachable("ws://10.0.0.1:9/ocpp"), "ws://10.0.0.1:9/ocpp");
    }

    #[test]
    fn only_values_that_a_case_uses_are_taken() {
        assert_eq!(value("evses=2"), Ok(("evses".to_owned(), "2".to_owned())));
        assert!(value("evse=2").is_err_and(|why| why.contains("firmware_url")));
        assert!(value("evses").is_err());
    }
}
