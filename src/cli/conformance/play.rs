//! `csms conformance run`.

use super::{
    Choice, Trouble,
    output::{Output, PERSON, Progress, pair},
    wattline::Wattline,
};
use anyhow::Context;
use conformance::suite::{self, HttpOperator, Rig, Rules, TokenKind, Trust, keyboard::Keyboard};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

/// The largest file of rules that is read.
const RULES_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where stations connect, without an identity
    #[arg(long, value_name = "WS-URL")]
    url: String,
    #[command(flatten)]
    choice: Choice,
    /// What the CSMS has: a TOML or JSON file with station, password, features, tokens and values
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Identity of the station; n in braces is a number, so that cases run side by side [default: CERT-1, …]
    #[arg(long)]
    station: Option<String>,
    /// Its password
    #[arg(long)]
    password: Option<String>,
    /// A feature that the CSMS claims, e.g. C-29.1; `all` for all of them
    #[arg(long = "feature", value_delimiter = ',', value_name = "FEATURE")]
    features: Vec<String>,
    /// A token that the CSMS knows, e.g. valid=04A1B2C3 or blocked=FF00
    #[arg(long = "token", value_name = "KIND=TEXT", value_parser = pair)]
    tokens: Vec<(String, String)>,
    /// Another value that cases use, e.g. firmware_url=http://…
    #[arg(long = "value", value_name = "NAME=TEXT", value_parser = pair)]
    values: Vec<(String, String)>,
    /// A program that makes the CSMS send and know things
    #[arg(long, value_name = "HTTP-URL", conflicts_with = "operator")]
    hook: Option<String>,
    /// A Wattline under test does so by its REST API: the address of its console
    #[arg(long, value_name = "HTTP-URL", conflicts_with_all = ["hook", "operator"], requires = "key")]
    wattline: Option<String>,
    /// The hook's key, sent as a bearer token; Wattline's has the scopes read, command, config and money
    #[arg(long, env = "CSMS_CONFORMANCE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Who else does so: a person at this terminal
    #[arg(long, value_parser = ["ask"])]
    operator: Option<String>,
    /// The authority to trust for wss://, in PEM [default: those of this computer]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Cases played at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// How long the CSMS may take to answer, seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    timeout: u16,
    #[command(flatten)]
    output: Output,
}

/// Plays the cases; fails if one of them failed.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let cases = args.choice.cases(&suite::all())?;
    let rig = rig(&args)?;
    let progress = Progress::new(cases.len());
    let summary =
        suite::run(&rig, &cases, usize::from(args.jobs), move |outcome| progress.tell(outcome)).await;
    args.output.write(&summary)
}

fn rig(args: &Args) -> anyhow::Result<Rig> {
    let secured = args.url.starts_with("wss://");
    if !secured && !args.url.starts_with("ws://") {
        return Err(Trouble::new(format!("{} cannot be reached.", args.url))
            .mend("--url wants an address like ws://127.0.0.1:9000/ocpp or wss://csms.example/ocpp")
            .into());
    }
    let mut rig = Rig::new(args.url.trim_end_matches('/'));
    if secured {
        let pem = args.ca.as_deref().map(std::fs::read).transpose().context("--ca cannot be read")?;
        rig.trust = Some(Trust::new(pem.as_deref()).map_err(|why| {
            Trouble::new("There is nobody to trust for wss://.")
                .why(why)
                .mend("name the authority with --ca FILE (PEM)")
        })?);
    }
    rig.rules = rules(args)?;
    rig.pace.answer = Duration::from_secs(u64::from(args.timeout));
    if let Some(url) = &args.hook {
        let hook = HttpOperator::new(url, args.key.clone(), rig.pace.operator).map_err(|why| {
            Trouble::new("The hook cannot be used.")
                .why(why)
                .mend("--hook wants an address like http://127.0.0.1:8099/")
        })?;
        rig = rig.operator(Arc::new(hook));
    } else if let (Some(url), Some(key)) = (&args.wattline, &args.key) {
        let wattline = Wattline::new(url, key.clone(), rig.pace.operator).map_err(|why| {
            Trouble::new("Wattline's REST API cannot be used.")
                .why(why)
                .mend("--wattline wants the address of the console, like http://127.0.0.1:8080/")
        })?;
        rig = rig.operator(Arc::new(wattline));
    } else if args.operator.is_some() {
        rig.pace.operator = PERSON;
        rig = rig.operator(Arc::new(Keyboard::default()));
    }
    Ok(rig)
}

/// What the file says, and the flags over it.
fn rules(args: &Args) -> anyhow::Result<Rules> {
    let mut rules = args.rules.as_deref().map(read_rules).transpose()?.unwrap_or_default();
    rules.station = args.station.clone().or(rules.station);
    rules.password = args.password.clone().or(rules.password);
    rules.features.extend(args.features.iter().cloned());
    rules.tokens.extend(args.tokens.iter().cloned());
    rules.values.extend(args.values.iter().cloned());
    let kinds = TokenKind::ALL.map(TokenKind::name);
    match rules.tokens.keys().find(|kind| !kinds.contains(&kind.as_str())) {
        Some(kind) => Err(Trouble::new(format!("No case asks for a token that is `{kind}`."))
            .mend(format!("the kinds are {}", kinds.join(", ")))
            .into()),
        None => Ok(rules),
    }
}

fn read_rules(file: &Path) -> anyhow::Result<Rules> {
    let name = file.display();
    let size = std::fs::metadata(file).with_context(|| format!("{name} cannot be read"))?.len();
    anyhow::ensure!(size <= RULES_BYTES_MAX, "{name} has {size} bytes: rules have at most {RULES_BYTES_MAX}");
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let read = match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => serde_json::from_str(&text).map_err(anyhow::Error::from),
        _ => toml::from_str(&text).map_err(anyhow::Error::from),
    };
    read.with_context(|| format!("{name} is not understood"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;

    #[test]
    fn rules_are_read_from_toml_and_from_json() {
        let folder = tempfile::tempdir().unwrap();
        let toml = folder.path().join("rules.toml");
        std::fs::write(&toml, "station = \"A-{n}\"\nfeatures = [\"C-44\"]\n[tokens]\nvalid = \"T\"\n")
            .unwrap();
        let json = folder.path().join("rules.json");
        std::fs::write(&json, r#"{"station":"A-{n}","features":["C-44"],"tokens":{"valid":"T"}}"#).unwrap();
        let rules = read_rules(&toml).unwrap();
        assert_eq!(rules, read_rules(&json).unwrap());
        assert_eq!((rules.station.as_deref(), rules.features.len()), (Some("A-{n}"), 1));
        std::fs::write(&toml, "stations = 1\n").unwrap();
        assert!(read_rules(&toml).unwrap_err().to_string().contains("not understood"));
    }

    #[test]
    fn a_pair_needs_an_equals_sign() {
        assert_eq!(pair("valid=A=B"), Ok(("valid".to_owned(), "A=B".to_owned())));
        assert!(pair("valid").is_err());
    }
}
