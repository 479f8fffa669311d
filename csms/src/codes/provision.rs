//! Has stations that can make codes of their own (OCPP 2.1, WebPaymentsCtrlr) show ours: where they lead, how long they
//! are valid, and the secret they are made of. Done after a boot, once for what is to be told.

use super::{LENGTH, VALIDITY_S};
use crate::rounds::Crew;
use crate::{
    app::App,
    error::Error,
    link::hub::AskError,
    model::StationId,
    store::station_codes::{self, StationCodeRow},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, time::Duration};
use tokio_util::sync::CancellationToken;

const COMPONENT: &str = "WebPaymentsCtrlr";
/// Stations visited at one time.
const AT_ONCE: usize = 16;
/// A station that is being told is looked at again so soon.
const BUSY: Duration = Duration::from_secs(1);
/// A station that has booted has other things to do first.
const AFTER_BOOT: Duration = Duration::from_secs(3);
/// What may change is tried again after this, then after twice as long, up to an hour.
const RETRY: Duration = Duration::from_secs(60);
const RETRY_MAX: Duration = Duration::from_secs(3_600);

/// The station has booted and was accepted.
pub(crate) fn booted(app: &App, station: &StationId) {
    if base(app).is_some() {
        app.code_rounds.look(station, AFTER_BOOT, false);
    }
}

/// Where codes lead; `None`: nobody could pay there.
fn base(app: &App) -> Option<&str> {
    let base = app.config.web.public_url.trim_end_matches('/');
    (app.config.pay.station_codes && !base.is_empty()).then_some(base)
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut crew = Crew::new("payment codes that stations make", AT_ONCE, BUSY);
    let mut failures: HashMap<StationId, u32> = HashMap::new();
    loop {
        crew.begin(&app.code_rounds, |station, _| {
            let app = app.clone();
            async move { round(&app, &station).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => note(&app, &mut failures, station, outcome),
            () = app.code_rounds.ready(), if crew.has_room() => {}
        }
    }
}

fn note(app: &App, failures: &mut HashMap<StationId, u32>, station: StationId, outcome: Result<(), Trouble>) {
    let trouble = match outcome {
        // Gone: it boots, or connects, when it comes back.
        Err(trouble) if app.hub.online(&station) => trouble,
        _ => {
            failures.remove(&station);
            return;
        }
    };
    let times = failures.entry(station.clone()).or_default();
    let again = (RETRY * 2_u32.pow((*times).min(6))).min(RETRY_MAX);
    *times += 1;
    tracing::warn!(%station, again_s = again.as_secs(), %trouble, "the station could not be told its payment codes");
    app.code_rounds.look(&station, again, false);
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    House(#[from] Error),
    #[error("{0}")]
    Call(#[from] AskError),
}

impl From<crate::store::StoreError> for Trouble {
    fn from(error: crate::store::StoreError) -> Trouble {
        Trouble::House(error.into())
    }
}

async fn round(app: &App, station: &StationId) -> Result<(), Trouble> {
    let Some(base) = base(app) else { return Ok(()) };
    let wanted = wanted(base, &app.codes.secret(station));
    let digest = digest(&wanted);
    let mut tx = app.db.read().await?;
    let known = station_codes::find(&mut tx, station).await?;
    drop(tx);
    if known.is_some_and(|known| known.digest == digest) {
        return Ok(());
    }
    let (state, detail) = tell(app, station, &wanted).await?;
    let now = app.clock.now();
    let row = StationCodeRow {
        station_id: station.to_string(),
        state: state.to_owned(),
        digest,
        detail,
        changed_at: now,
    };
    let mut tx = app.db.write().await?;
    station_codes::keep(&mut tx, &row).await?;
    tx.commit().await?;
    tracing::info!(%station, state, detail = row.detail, "payment codes of a station");
    Ok(())
}

/// What the station is to be told, in this order: it shows codes only when all else is there.
fn wanted(base: &str, secret: &str) -> Vec<(&'static str, String)> {
    vec![
        ("URLTemplate", format!("{base}/t/{{chargingstationid}}/{{evse}}/{{totp}}/{{version}}")),
        ("TOTPVersion", "v1".to_owned()),
        ("ValidityTime", VALIDITY_S.to_string()),
        ("Length", LENGTH.to_string()),
        ("SharedSecret", secret.to_owned()),
        ("Enabled", "true".to_owned()),
    ]
}

fn digest(wanted: &[(&'static str, String)]) -> String {
    let hash = wanted.iter().fold(Sha256::new(), |hash, (name, value)| {
        hash.chain_update(name).chain_update([0]).chain_update(value).chain_update([0])
    });
    hex::encode(&hash.finalize()[..16])
}

/// One variable a call: how many fit into one differs from station to station.
async fn tell(
    app: &App,
    station: &StationId,
    wanted: &[(&'static str, String)],
) -> Result<(&'static str, String), AskError> {
    let timeout = Duration::from_secs(app.config.ocpp.call_timeout_s);
    for (name, value) in wanted {
        let datum =
            json!({"component": {"name": COMPONENT}, "variable": {"name": name}, "attributeValue": value});
        let payload = json!({"setVariableData": [datum]});
        let answer = match app.hub.ask(station, "SetVariables", payload, timeout).await {
            Ok(answer) => answer,
            Err(AskError::Refused(fault)) => return Ok(("refused", fault.description)),
            Err(error) => return Err(error),
        };
        let result = &answer["setVariableResult"][0];
        let status = result["attributeStatus"].as_str().unwrap_or_default();
        match (*name, status) {
            (_, "Accepted" | "RebootRequired") => {}
            // It has one version, or one length, and cannot be told it.
            ("TOTPVersion", "UnknownVariable" | "Rejected") => {}
            ("URLTemplate", "UnknownComponent" | "UnknownVariable") => {
                return Ok(("unsupported", format!("it has no {COMPONENT}")));
            }
            _ => return Ok(("refused", refusal(name, status, result))),
        }
    }
    Ok(("set", String::new()))
}

fn refusal(name: &str, status: &str, result: &Value) -> String {
    let why = result["attributeStatusInfo"]["additionalInfo"].as_str().unwrap_or_default();
    format!("{COMPONENT}.{name}: {status} {why}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_told_before_codes_are_shown() {
        let told = wanted("https://pay.example", "s3cret");
        assert_eq!(told[0].1, "https://pay.example/t/{chargingstationid}/{evse}/{totp}/{version}");
        assert_eq!(told.last().map(|(name, _)| *name), Some("Enabled"));
        assert_ne!(digest(&told), digest(&wanted("https://pay.example", "other")));
    }
}
