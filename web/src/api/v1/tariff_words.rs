//! Tariffs in other words: checked, told to people, written for other systems, and read from them.

use super::{
    caller::Asker,
    input::{Asked, At, Sent, id},
    op::Op,
    problem,
    tariffs::{TAG, published, version_row},
};
use crate::{
    WebState,
    api::{Problem, tariffs::Version},
};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use csms::{
    api_key::Scope,
    tariff_text::{self, Format, Place, Reader, Rules},
};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tariffs::{AdviceLevel, EvseKind, Invalid, Language, Tariff, ocpi, ocpi::Publisher};

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::post("/tariffs/check", "checkTariff", Scope::Read, check)
            .says(
                TAG,
                "Look for what is wrong with a tariff, and for what is unwise. It may be in our words, OCPI's or OCPP's; the answer \
                 has it in ours. Nothing is kept",
            )
            .body::<Checking>()
            .answers::<Checked>(StatusCode::OK, "What was found; `usable` says whether it can be published"),
        Op::post("/tariffs/{id}/import", "importTariff", Scope::Config, import)
            .says(TAG, "Publish a version of what is written in OCPI's or OCPP's words. `checkTariff` says before what becomes of it")
            .body::<Importing>()
            .answers::<Version>(StatusCode::CREATED, "It counts, or will")
            .answers::<Version>(StatusCode::OK, "The version before says the same"),
        Op::get("/tariffs/{id}/versions/{version}/words", "explainTariff", Scope::Read, words)
            .says(TAG, "What a version says, in sentences, as a list of prices, and hour by hour of a week")
            .query::<Telling>()
            .answers::<Words>(StatusCode::OK, "In words"),
        Op::get("/tariffs/{id}/versions/{version}/as/{reader}", "renderTariff", Scope::Read, render)
            .says(
                TAG,
                "A version as other systems read it: `own`, `ocpi-2.2.1`, `ocpi-2.3.0`, `ocpp-2.1` or `california`. \
                 docs/tariff-renderings.md has the mappings",
            )
            .query::<Party>()
            .answers::<Rendered>(StatusCode::OK, "As they read it")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "They cannot be told exactly; `error` has the fields"),
    ]
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TariffFormat")]
enum Written {
    /// docs/tariffs.md
    Own,
    /// A Tariff object.
    Ocpi,
    /// A TariffType of 2.1.
    Ocpp,
}

impl From<Written> for Format {
    fn from(written: Written) -> Format {
        match written {
            Written::Own => Format::Own,
            Written::Ocpi => Format::Ocpi,
            Written::Ocpp => Format::Ocpp,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
enum OcpiVersion {
    #[serde(rename = "2.2.1")]
    V221,
    #[serde(rename = "2.3.0")]
    V230,
}

impl From<OcpiVersion> for ocpi::Version {
    fn from(version: OcpiVersion) -> ocpi::Version {
        match version {
            OcpiVersion::V221 => ocpi::Version::V2_2_1,
            OcpiVersion::V230 => ocpi::Version::V2_3_0,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TariffMarket")]
enum Market {
    /// The European Union: Regulation (EU) 2023/1804 (AFIR).
    Eu,
    /// Germany: Preisangabenverordnung.
    De,
    /// China: electricity fee and service fee apart.
    Cn,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffChecking")]
struct Checking {
    /// The tariff.
    tariff: Map<String, Value>,
    /// Absent: told by its fields.
    format: Option<Written>,
    /// Absent: told by its fields.
    ocpi_version: Option<OcpiVersion>,
    /// The rules of these markets, too.
    #[serde(default)]
    #[schemars(length(max = 3))]
    markets: Vec<Market>,
    /// The most that an EVSE delivers, for the rules of the European Union. Absent: 50.
    #[schemars(range(min = 1, max = 10_000))]
    power_kw: Option<u32>,
    /// Of the site, e.g. `Europe/Berlin`: tells what its changes of the clocks do to the tariff.
    time_zone: Option<String>,
}

/// Something about a field.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffRemark")]
struct Remark {
    /// The field; empty: the tariff as a whole.
    path: String,
    message: String,
}

fn remark(problem: tariffs::Problem) -> Remark {
    Remark { path: problem.path, message: problem.message }
}

/// Something to look at.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffAdvice")]
struct Advice {
    /// `warning` or `hint`.
    level: &'static str,
    path: String,
    message: String,
}

/// What was found about a tariff.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckedTariff")]
struct Checked {
    usable: bool,
    /// Why it cannot be used.
    problems: Vec<Remark>,
    /// What was left out or understood leniently.
    notes: Vec<Remark>,
    advice: Vec<Advice>,
    /// `own`, `ocpi` or `ocpp`.
    format: Option<&'static str>,
    /// In our words, as `publishTariffVersion` takes it; absent: it cannot be read.
    tariff: Option<Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffImport")]
struct Importing {
    /// A Tariff object of OCPI, or a TariffType of OCPP 2.1. Its id becomes that of the path.
    tariff: Map<String, Value>,
    /// Absent: told by its fields.
    format: Option<Written>,
    /// Absent: told by its fields.
    ocpi_version: Option<OcpiVersion>,
    /// For sessions that start at or after this. Absent: from now on; a tariff's first version always.
    from: Option<DateTime<Utc>>,
    /// Why, for whoever looks at the versions later.
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "TariffLanguage")]
enum Tongue {
    #[default]
    En,
    Zh,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "CurrentKind")]
enum Kind {
    Ac,
    Dc,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffTelling")]
struct Telling {
    #[serde(default)]
    language: Tongue,
    /// Of the site, e.g. `Europe/Berlin`; `UTC` if nothing is said.
    time_zone: Option<String>,
    /// The week that this day is in, e.g. `2027-01-04`; this week if nothing is said.
    week: Option<String>,
    /// Prices at this kind of EVSE.
    evse: Option<Kind>,
}

/// A version in words.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffWords")]
struct Words {
    sentences: Vec<String>,
    /// In the order of Regulation (EU) 2023/1804: `group`, `what`, `net`, `gross`, `unit`, `when`.
    prices: Vec<Value>,
    /// What a session begins to cost at which time: `monday`, `days` with `segments`, `notes`.
    week: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffParty")]
struct Party {
    /// The publisher's country for OCPI, e.g. `DE`.
    #[serde(default)]
    country_code: String,
    /// The publisher's party for OCPI, e.g. `WAT`.
    #[serde(default)]
    party_id: String,
    /// Of the site, for `california`; `UTC` if nothing is said.
    time_zone: Option<String>,
}

/// A tariff as somebody else reads it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RenderedTariff")]
struct Rendered {
    tariff: Value,
    /// What has no place there and no influence on a price.
    notes: Vec<Remark>,
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("{text:?} is no time zone like Europe/Amsterdam or Asia/Shanghai"))
}

fn asked_zone(text: Option<&str>) -> Result<Tz, Problem> {
    text.map_or(Ok(Tz::UTC), zone).map_err(|why| problem::query(format!("time_zone: {why}")))
}

/// Words of a tariff with very many prices take their time, in which others are to be served.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::broken())
}

async fn check(State(state): State<WebState>, Sent(wish): Sent<Checking>) -> Result<Json<Checked>, Problem> {
    let time_zone = wish.time_zone.as_deref().map(zone).transpose();
    let rules = Rules {
        markets: wish
            .markets
            .iter()
            .map(|market| match market {
                Market::Eu => tariff_text::Market::Eu,
                Market::De => tariff_text::Market::De,
                Market::Cn => tariff_text::Market::Cn,
            })
            .collect(),
        power_kw: Decimal::from(wish.power_kw.unwrap_or(50).clamp(1, 10_000)),
        time_zone: time_zone.map_err(|why| problem::field("time_zone", why))?,
        now: state.app.clock.now(),
    };
    let text = Value::Object(wish.tariff).to_string();
    let (format, version) = (wish.format.map(Into::into), wish.ocpi_version.map(Into::into));
    let (found, loaded) = apart(move || tariff_text::examine(&text, format, version, &rules)).await?;
    let advice = |one: tariffs::Advice| Advice {
        level: if one.level == AdviceLevel::Warning { "warning" } else { "hint" },
        path: one.path,
        message: one.message,
    };
    Ok(Json(Checked {
        usable: found.problems.is_empty(),
        problems: found.problems.into_iter().map(remark).collect(),
        notes: found.notes.into_iter().map(remark).collect(),
        advice: found.advice.into_iter().map(advice).collect(),
        format: loaded.as_ref().map(|loaded| loaded.format.word()),
        tariff: loaded.and_then(|loaded| serde_json::from_str(&loaded.tariff.to_json()).ok()),
    }))
}

async fn import(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(wish): Sent<Importing>,
) -> Result<Response, Problem> {
    let text = Value::Object(wish.tariff).to_string();
    // PostgreSQL has no such character.
    if text.contains("\\u0000") {
        return Err(problem::field("tariff", "no character U+0000"));
    }
    let (format, version) = (wish.format.map(Into::into), wish.ocpi_version.map(Into::into));
    let loaded = apart(move || tariff_text::parse(&text, format, version)).await?;
    let loaded = loaded.map_err(|invalid| problem::field("tariff", invalid))?;
    let tariff = Tariff { id, ..loaded.tariff };
    published(&state, &asker, &tariff, wish.from, &wish.note).await
}

async fn tariff_of(state: &WebState, tariff: &str, number: &str) -> Result<(Tariff, DateTime<Utc>), Problem> {
    let row = version_row(&mut state.app.db.read().await?, tariff, id("version", number)?).await?;
    let tariff = Tariff::from_json(&row.body).map_err(|error| {
        tracing::error!(tariff = row.tariff_id, version = row.version, %error, "a stored tariff cannot be read");
        Problem::broken()
    })?;
    Ok((tariff, row.created_at))
}

async fn words(
    State(state): State<WebState>,
    At((tariff, number)): At<(String, String)>,
    Asked(how): Asked<Telling>,
) -> Result<Json<Words>, Problem> {
    let tz = asked_zone(how.time_zone.as_deref())?;
    let today = state.app.clock.now().with_timezone(&tz).date_naive();
    let wrong = |_| problem::query("week: write a day like 2027-01-04");
    let day = how.week.as_deref().map(str::parse::<NaiveDate>).transpose().map_err(wrong)?.unwrap_or(today);
    // Weeks that begin before or end after what dates can be.
    if !(1900..=2200).contains(&chrono::Datelike::year(&day)) {
        return Err(problem::query("week: from 1900 to 2200"));
    }
    let language = match how.language {
        Tongue::En => Language::English,
        Tongue::Zh => Language::Chinese,
    };
    let evse = how.evse.map(|kind| match kind {
        Kind::Ac => EvseKind::Ac,
        Kind::Dc => EvseKind::Dc,
    });
    let (tariff, _) = tariff_of(&state, &tariff, &number).await?;
    let told = apart(move || {
        let json = |row| serde_json::to_value(row).unwrap_or_default();
        Words {
            sentences: tariff.sentences(language),
            prices: tariff.price_list(language).into_iter().map(json).collect(),
            week: serde_json::to_value(tariff.week(day, tz, evse, language)).unwrap_or_default(),
        }
    });
    Ok(Json(told.await?))
}

async fn render(
    State(state): State<WebState>,
    At((tariff, number, reader)): At<(String, String, String)>,
    Asked(party): Asked<Party>,
) -> Result<Json<Rendered>, Problem> {
    let time_zone = asked_zone(party.time_zone.as_deref())?;
    let reader = Reader::of(&reader).ok_or_else(|| {
        let known = Reader::ALL.map(Reader::word).join(", ");
        Problem::not_found().detail(format!("Nobody reads {reader:?}; there are {known}"))
    })?;
    let (tariff, last_updated) = tariff_of(&state, &tariff, &number).await?;
    let publisher = Publisher { country_code: party.country_code, party_id: party.party_id, last_updated };
    let now = state.app.clock.now();
    let written =
        apart(move || tariff_text::write(&tariff, reader, &Place { publisher: &publisher, time_zone, now }));
    let (tariff, notes) = written.await?.map_err(|invalid| unsayable(&invalid))?;
    Ok(Json(Rendered { tariff, notes: notes.into_iter().map(remark).collect() }))
}

fn unsayable(invalid: &Invalid) -> Problem {
    let fields = serde_json::to_value(&invalid.problems).unwrap_or_default();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unsayable",
        "It cannot be said without changing what it costs",
    )
    .detail(format!("{invalid}. For OCPI, country_code and party_id say whose it is"))
    .error(fields)
}
