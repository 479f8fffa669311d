//! Export and import: stations, tokens, tariffs and sessions as CSV or JSON. What else can be exported is in `sheets_out.rs`.

use super::{
    caller::Asker,
    input::{self, Asked},
    op::Op,
    page,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequest, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    sheet::{
        Export, Format, Hand, ImportError, Options, ROWS_MAX, Report, Sheet, StationRecord, TariffRecord,
        TokenRecord, Wanted, import,
    },
    store::{sessions, stations, tokens},
};
use futures::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) const TAG: &str = "Export and import";

/// The operations.
pub fn operations() -> Vec<Op> {
    let says = |op: Op, text: &'static str| op.says(TAG, text).or_as("text/csv");
    let rows = "All rows, written as they are read. If the answer breaks off, it is not whole";
    vec![
        says(
            Op::get("/export/stations", "exportStations", Scope::Read, export_stations)
                .query::<Stations>()
                .answers::<Vec<StationRecord>>(StatusCode::OK, rows),
            "Stations as an operator has decided them, in the order of their identities",
        ),
        says(
            Op::get("/export/tokens", "exportTokens", Scope::Read, export_tokens)
                .query::<Tokens>()
                .answers::<Vec<TokenRecord>>(StatusCode::OK, rows),
            "Tokens in the order they were made. Key codes are secrets and left out",
        ),
        says(
            Op::get("/export/tariffs", "exportTariffs", Scope::Read, export_tariffs)
                .query::<OnlyFormat>()
                .answers::<Vec<TariffRecord>>(StatusCode::OK, rows),
            "Tariffs: the version that counts, and those to come",
        ),
        says(
            Op::get("/export/sessions", "exportSessions", Scope::Read, export_sessions)
                .query::<Sessions>()
                .answers::<Vec<serde_json::Value>>(StatusCode::OK, rows),
            "Charging sessions, the newest first",
        ),
        bring::<StationRecord>(Op::post(
            "/import/stations",
            "importStations",
            Scope::Config,
            import_stations,
        )),
        bring::<TokenRecord>(Op::post("/import/tokens", "importTokens", Scope::Config, import_tokens)),
        bring::<TariffRecord>(Op::post("/import/tariffs", "importTariffs", Scope::Config, import_tariffs)),
    ]
}

fn bring<R: JsonSchema>(op: Op) -> Op {
    op.says(
        TAG,
        "Bring what was exported, or a sheet of your own: rows that are not there are made, others changed, none removed. If \
         a row is wrong nothing is kept, unless `partial` is said. The same sheet brought again changes nothing",
    )
    .query::<How>()
    .body::<Vec<R>>()
    .body_or_as("text/csv")
    .large()
    .answers::<Report>(StatusCode::OK, "It is kept, or could be")
    .problem(StatusCode::UNPROCESSABLE_ENTITY, "It cannot be read, or rows are wrong: `error` has the report")
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SheetFormat")]
pub(super) enum Kind {
    #[default]
    Csv,
    Json,
}

impl From<Kind> for Format {
    fn from(kind: Kind) -> Format {
        match kind {
            Kind::Csv => Format::Csv,
            Kind::Json => Format::Json,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StationExport")]
struct Stations {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Anywhere in identity, name, vendor, model or serial number.
    #[serde(default)]
    q: String,
    /// At this site.
    site_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenExport")]
struct Tokens {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Anywhere in identifier or holder.
    #[serde(default)]
    q: String,
    /// Members of this group.
    group: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffExport")]
struct OnlyFormat {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionExport")]
struct Sessions {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// At this station.
    station: Option<String>,
    /// With this identifier.
    token: Option<String>,
    /// At this site.
    site_id: Option<String>,
    /// Started at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Started before this instant.
    to: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportHow")]
struct How {
    /// Only say what would be.
    #[serde(default)]
    dry_run: bool,
    /// Keep the good rows where others are wrong.
    #[serde(default)]
    partial: bool,
}

async fn export_stations(
    State(state): State<WebState>,
    Asked(asked): Asked<Stations>,
) -> Result<Response, Problem> {
    let site = asked.site_id.as_deref().map(|site| page::number("site_id", site)).transpose()?;
    let filter = stations::Filter { text: asked.q, site, status: None };
    export(state, Wanted::Stations(filter), asked.format.into()).await
}

async fn export_tokens(
    State(state): State<WebState>,
    Asked(asked): Asked<Tokens>,
) -> Result<Response, Problem> {
    let group = asked.group.map(|group| group.trim().to_uppercase());
    let filter = tokens::Filter { text: asked.q, group, ..tokens::Filter::default() };
    export(state, Wanted::Tokens(filter), asked.format.into()).await
}

async fn export_tariffs(
    State(state): State<WebState>,
    Asked(asked): Asked<OnlyFormat>,
) -> Result<Response, Problem> {
    export(state, Wanted::Tariffs, asked.format.into()).await
}

async fn export_sessions(
    State(state): State<WebState>,
    Asked(asked): Asked<Sessions>,
) -> Result<Response, Problem> {
    let filter = sessions::Filter {
        station: asked.station,
        state: None,
        token: asked.token.map(|token| token.trim().to_uppercase()),
        site: asked.site_id.as_deref().map(|site| page::number("site_id", site)).transpose()?,
        from: asked.from,
        to: asked.to,
        flag: None,
    };
    export(state, Wanted::Sessions(filter), asked.format.into()).await
}

/// The first piece is read before the answer begins: what fails at once is a problem.
pub(super) async fn export(state: WebState, wanted: Wanted, format: Format) -> Result<Response, Problem> {
    let name = format!("attachment; filename=\"{}.{}\"", wanted.sheet().word(), format.extension());
    let mut export = Export::new(wanted, format, state.app.clock.now());
    let first = export.next(&state.app.db).await?;
    let pieces = stream::unfold((state, export, first), |(state, mut export, ready)| async move {
        let piece = match ready {
            Some(piece) => Ok(piece),
            None => export.next(&state.app.db).await.transpose()?,
        };
        if let Err(error) = &piece {
            tracing::warn!(%error, "an export breaks off");
        }
        Some((piece, (state, export, None)))
    });
    // Who compresses asks again after the end.
    let mut response = Body::from_stream(pieces.fuse()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CONTENT_DISPOSITION, name.parse().map_err(|_| Problem::broken())?);
    Ok(response)
}

async fn import_stations(
    state: State<WebState>,
    asker: Asker,
    how: Asked<How>,
    request: Request,
) -> Result<Json<Report>, Problem> {
    bring_in(state, asker, how, request, Sheet::Stations).await
}

async fn import_tokens(
    state: State<WebState>,
    asker: Asker,
    how: Asked<How>,
    request: Request,
) -> Result<Json<Report>, Problem> {
    bring_in(state, asker, how, request, Sheet::Tokens).await
}

async fn import_tariffs(
    state: State<WebState>,
    asker: Asker,
    how: Asked<How>,
    request: Request,
) -> Result<Json<Report>, Problem> {
    bring_in(state, asker, how, request, Sheet::Tariffs).await
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/csv" => Ok(Format::Csv),
        "application/json" => Ok(Format::Json),
        _ => Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "wrong-content-type",
            "The body must be CSV or JSON",
        )
        .detail("Send Content-Type: text/csv or application/json")),
    }
}

async fn bring_in(
    State(state): State<WebState>,
    asker: Asker,
    Asked(how): Asked<How>,
    request: Request,
    sheet: Sheet,
) -> Result<Json<Report>, Problem> {
    let format = format(request.headers())?;
    let bytes = Bytes::from_request(request, &state).await.map_err(input::unread)?;
    let app = &state.app;
    let hand = Hand { db: &app.db, ids: &app.ids, now: app.clock.now(), by: &asker.name };
    let options = Options { dry_run: how.dry_run, partial: how.partial };
    let report = import(hand, sheet, format, &bytes, options).await.map_err(|error| match error {
        ImportError::Unreadable(why) => refused("The sheet cannot be read", why),
        ImportError::Store(error) => error.into(),
    })?;
    if report.kept && sheet == Sheet::Tariffs {
        super::tariffs::reload(&state).await?;
    }
    if report.misfit || (report.wrong > 0 && !how.partial) {
        let told = serde_json::to_value(&report).unwrap_or_default();
        let why = format!(
            "{} of {} rows are wrong; nothing was kept. `error.faults` says where and why (at most {ROWS_MAX} rows \
             are taken at one time)",
            report.wrong, report.rows
        );
        return Err(refused("Rows of the sheet are wrong", why).error(told));
    }
    Ok(Json(report))
}

fn refused(title: &'static str, why: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "import-refused", title).detail(why)
}
