//! Desired state of one station: what it shall be, has accepted, and says that it is.

use super::{
    caller::Asker,
    etag::{IfMatch, Lively},
    input::{At, Sent},
    op::Op,
    problem, record_at,
    stations::{find, held},
};
use crate::{WebState, api::Problem};
use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    desired::{self, Kind, WishError, password},
    grid,
    model::StationId,
    store::{Tx, desired as rows},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const TAG: &str = "Desired state";
/// Wishes of one request.
const WISHES_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/desired", "getDesired", Scope::Read, show)
            .says(TAG, "All that a station shall be, whoever wants it, and how each of it stands")
            .answers::<Desired>(StatusCode::OK, "All of it")
            .tagged(),
        Op::patch("/stations/{id}/desired", "changeDesired", Scope::Config, change)
            .says(
                TAG,
                "Want something of a station; what is not named stays. A `value` of `null` drops a wish: a template that \
                 wants it has its turn again, and the station keeps what it has until then",
            )
            .body::<Changes>()
            .problem(StatusCode::CONFLICT, "So much is wished of the station already that nothing can be added")
            .answers::<Desired>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::post("/stations/{id}/desired/try", "tryDesired", Scope::Command, hurry)
            .says(TAG, "Try now what waits: after a refusal, or before its pause is over")
            .body::<Trial>()
            .done("The station is asked as soon as it is connected"),
        Op::post("/stations/{id}/desired/password", "rotatePassword", Scope::Config, rotate)
            .says(
                TAG,
                "Give a station a new password of our making. Nobody sees it: the station is told, and the old one is right \
                 until it has accepted the new one",
            )
            .done("The station is told as soon as it is connected"),
    ]
}

/// What a station shall be.
#[derive(Debug, Serialize, JsonSchema)]
struct Desired {
    station_id: String,
    wishes: Vec<WishOf>,
    /// Charging profiles that load management keeps at the station beside these, and that nobody else can wish there.
    load_management: Vec<Led>,
}

/// The default that load management keeps at an EVSE.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DesiredByLoadManagement")]
struct Led {
    /// Purpose, stack level and place.
    key: String,
    /// The site whose plan wants it.
    site: String,
    /// mA on each phase.
    value_ma: i64,
    /// As the `state` of a wish.
    state: &'static str,
    /// What the station has accepted, mA; `null`: it counts with what it is rated for.
    acknowledged_ma: Option<i64>,
    /// What its composite schedule says, in words.
    reported: Option<String>,
    reported_at: Option<DateTime<Utc>>,
}

/// One thing that a station shall be.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DesiredWish")]
struct WishOf {
    kind: String,
    key: String,
    /// What is wanted; `***` is a secret, a charging profile is JSON.
    value: String,
    /// The template that wants it; `null`: somebody wants it of this station.
    template: Option<String>,
    wanted_by: String,
    wanted_at: DateTime<Utc>,
    /// `in-step`, `drifted`, `on-its-way`, `after-boot`, `refused` (somebody has to look) or `waits` (for the station).
    state: &'static str,
    /// What the station has accepted last.
    acknowledged: Option<String>,
    acknowledged_at: Option<DateTime<Utc>>,
    /// The command with which it did.
    command_id: Option<String>,
    /// What the station says that it has.
    reported: Option<String>,
    /// `null`: not since it has booted or accepted something.
    reported_at: Option<DateTime<Utc>>,
    /// The last refusal, in words.
    trouble: String,
    /// Refused so often, one after the other.
    tries: i64,
    /// When it is tried again.
    next_at: Option<DateTime<Utc>>,
    /// How often the station was found to have left it.
    drifts: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DesiredChanges")]
struct Changes {
    #[schemars(length(min = 1, max = 200))]
    wishes: Vec<Change>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DesiredChange")]
struct Change {
    kind: KindWord,
    /// `configuration`: the variable, e.g. `OCPPCommCtrlr.HeartbeatInterval`, or a key of 1.6. `availability`: `station`, an EVSE
    /// (`1`) or a connector (`1:2`). `certificate`: its use and a name of your own, e.g. `CSMSRootCertificate/operator-2026`.
    /// `profile`: purpose, stack level and place, e.g. `TxDefaultProfile/1@2` or `ChargingStationMaxProfile/0@station`.
    #[schemars(length(min = 1, max = 255))]
    key: String,
    /// Of an availability: `operative` or `inoperative`. Of a certificate: `installed` or `absent`. Of a profile: `absent`; one
    /// that shall be there is in `profile`. `null`: wanted no longer.
    #[schemars(length(max = 1000))]
    value: Option<String>,
    /// Of a certificate: the root certificate, PEM.
    #[schemars(length(max = 5500))]
    pem: Option<String>,
    /// A charging profile as OCPP 2.x writes it (ChargingProfileType); its number is ours, purpose and stack level follow from the
    /// key.
    profile: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DesiredKind")]
enum KindWord {
    Configuration,
    Availability,
    Certificate,
    Profile,
    /// Follows from rules for local lists; it can be tried now, and not wished.
    List,
}

impl KindWord {
    fn kind(self) -> Kind {
        match self {
            KindWord::Configuration => Kind::Configuration,
            KindWord::Availability => Kind::Availability,
            KindWord::Certificate => Kind::Certificate,
            KindWord::List => Kind::List,
            KindWord::Profile => Kind::Profile,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DesiredTrial")]
struct Trial {
    /// Absent: all that waits.
    kind: Option<KindWord>,
    /// With `kind`: which.
    key: Option<String>,
}

/// What is wrong with a wish, as a problem.
pub fn refused(error: WishError) -> Problem {
    match error {
        WishError::Store(error) => error.into(),
        WishError::UnknownStation(station) => problem::missing("station", &station),
        WishError::Unfit(why) => problem::field("wishes", why),
        error @ WishError::Crowded(_) => problem::conflict("too-much", error.to_string()),
        WishError::Vault(error) => {
            tracing::error!(%error, "a password cannot be made");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no-password", "A password could not be made")
        }
    }
}

async fn read(state: &WebState, tx: &mut Tx, id: &str) -> Result<Desired, Problem> {
    let station = find(tx, id).await?;
    let online = state.app.hub.online(&station.id.as_str().into());
    let wishes = rows::of_station(tx, &station.id).await?;
    let led = grid::fallbacks(tx, &station.id).await?;
    Ok(Desired {
        wishes: wishes.into_iter().map(|row| view(row, online)).collect(),
        load_management: led.into_iter().map(|row| view_led(row, online)).collect(),
        station_id: station.id,
    })
}

fn view_led(row: grid::Fallback, online: bool) -> Led {
    Led {
        state: row.state(online).word(),
        key: row.key,
        site: row.site,
        value_ma: row.wanted.0,
        acknowledged_ma: row.acknowledged.map(|limit| limit.0),
        reported: (!row.words.is_empty()).then_some(row.words),
        reported_at: row.checked_at,
    }
}

fn view(row: rows::DesiredRow, online: bool) -> WishOf {
    let secret = Kind::of(&row.kind).is_some_and(|kind| kind.is_secret(&row.key));
    let shown = |value: String| if secret { "***".to_owned() } else { value };
    WishOf {
        state: desired::state(&row, online).word(),
        value: shown(row.value),
        acknowledged: row.acknowledged.map(shown),
        reported: row.reported.map(shown),
        template: (!row.template.is_empty()).then_some(row.template),
        kind: row.kind,
        key: row.key,
        wanted_by: row.wanted_by,
        wanted_at: row.wanted_at,
        acknowledged_at: row.acknowledged_at,
        command_id: row.acknowledged_by.map(|id| id.to_string()),
        reported_at: row.reported_at,
        trouble: row.trouble,
        tries: row.tries,
        next_at: row.due_at,
        drifts: row.drifts,
    }
}

/// With what is wanted; how the station stands to it changes by itself.
type Told = Lively<Desired, Vec<[String; 4]>>;

fn told(desired: Desired) -> Told {
    let decided = decided(&desired);
    Lively(desired, decided)
}

/// What people want: a list's version follows from rules.
fn decided(desired: &Desired) -> Vec<[String; 4]> {
    let wanted = desired.wishes.iter().filter(|wish| wish.kind != Kind::List.word());
    wanted
        .map(|wish| [wish.kind.clone(), wish.key.clone(), wish.value.clone(), wish.wanted_at.to_rfc3339()])
        .collect()
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Told, Problem> {
    let mut tx = state.app.db.read().await?;
    Ok(told(read(&state, &mut tx, &id).await?))
}

async fn change(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(changes): Sent<Changes>,
) -> Result<Told, Problem> {
    if changes.wishes.is_empty() || changes.wishes.len() > WISHES_MAX {
        return Err(problem::field("wishes", format!("from 1 to {WISHES_MAX}")));
    }
    let (mut wanted, mut dropped) = (Vec::new(), Vec::new());
    for (nth, change) in changes.wishes.into_iter().enumerate() {
        let kind = change.kind.kind();
        let unfit = |why: String| problem::field(&format!("wishes[{nth}]"), why);
        if let Some(profile) = change.profile {
            if kind != Kind::Profile || change.value.is_some() || change.pem.is_some() {
                return Err(unfit(
                    "profile: only the kind profile has one, and then nothing else".to_owned(),
                ));
            }
            let text = Value::Object(profile).to_string();
            let wish = desired::wish(kind, &change.key, &text).map_err(|why| unfit(why.to_string()))?;
            wanted.push(wish);
            continue;
        }
        match (change.value, change.pem) {
            (Some(value), Some(pem)) if kind == Kind::Certificate => wanted.push(
                desired::certificate_wish(&change.key, &value, &pem).map_err(|why| unfit(why.to_string()))?,
            ),
            (_, Some(_)) => return Err(unfit("pem: only a certificate that is wanted has one".to_owned())),
            (Some(value), None) => {
                wanted.push(desired::wish(kind, &change.key, &value).map_err(|why| unfit(why.to_string()))?)
            }
            (None, None) => dropped.push((kind, kind.key(&change.key).map_err(unfit)?)),
        }
    }
    let prepared = desired::prepare(wanted).await.map_err(refused)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.write().await?;
    held(&mut tx, &id).await?;
    let before = read(&state, &mut tx, &id).await?;
    meant.check(&decided(&before))?;
    let station = StationId::from(before.station_id);
    for (kind, key) in dropped {
        desired::forget_in(&mut tx, &station, kind, &key, now).await.map_err(refused)?;
    }
    desired::set_in(&mut tx, &station, prepared, &asker.name, now).await.map_err(refused)?;
    record_at(&state, &mut tx, &station, "station.desired", &asker).await?;
    let after = read(&state, &mut tx, &station).await?;
    tx.commit().await?;
    state.app.desires.changed(&station);
    Ok(told(after))
}

async fn hurry(
    State(state): State<WebState>,
    At(id): At<String>,
    Sent(trial): Sent<Trial>,
) -> Result<StatusCode, Problem> {
    let station = StationId::from(find(&mut state.app.db.read().await?, &id).await?.id);
    let one = match (trial.kind, trial.key) {
        (None, None) => None,
        (Some(kind), Some(key)) => {
            let key = kind.kind().key(&key).map_err(|why| problem::field("key", why))?;
            Some((kind.kind(), key))
        }
        _ => return Err(problem::field("key", "give kind and key, or neither")),
    };
    let only = one.as_ref().map(|(kind, key)| (*kind, key.as_str()));
    let many = desired::hurry(&state.app.db, &station, only, state.app.clock.now()).await?;
    if let (0, Some((kind, key))) = (many, only) {
        return Err(problem::missing(kind.word(), key));
    }
    state.app.desires.changed(&station);
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
) -> Result<StatusCode, Problem> {
    let station = StationId::from(find(&mut state.app.db.read().await?, &id).await?.id);
    let (app, now) = (&state.app, state.app.clock.now());
    password::rotate(&app.db, &app.vault, &station, &asker.name, now).await.map_err(refused)?;
    app.desires.changed(&station);
    Ok(StatusCode::NO_CONTENT)
}
