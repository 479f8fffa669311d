//! Tokens: the identifiers that may charge.

use super::{
    caller::Asker,
    etag::{IfMatch, Tagged},
    input::{Asked, At, Sent, given, id, left, text, word},
    op::Op,
    page::{self, Page},
    problem, record,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    event::list::{TokenChanged, TokenCreated, TokenRemoved},
    store::{
        Tx,
        hold::{Row, hold},
        tariffs::shown,
        tokens::{self as rows, TokenRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Tokens";
const UID_MAX: usize = 255;
const HOLDER_MAX: usize = 200;
const LANGUAGE_MAX: usize = 8;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/tokens", "listTokens", Scope::Read, list)
            .says(TAG, "Identifiers that may charge, in the order they were made")
            .query::<Wanted>()
            .answers::<Page<Token>>(StatusCode::OK, "A page"),
        Op::post("/tokens", "createToken", Scope::Config, create)
            .says(TAG, "Let an identifier charge")
            .body::<NewToken>()
            .answers::<Token>(StatusCode::CREATED, "The token"),
        Op::get("/tokens/{id}", "getToken", Scope::Read, show)
            .says(TAG, "One token")
            .answers::<Token>(StatusCode::OK, "The token")
            .tagged(),
        Op::patch("/tokens/{id}", "changeToken", Scope::Config, change)
            .says(TAG, "Change or block a token; what is not named stays")
            .body::<Changes>()
            .answers::<Token>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::delete("/tokens/{id}", "deleteToken", Scope::Config, remove)
            .says(TAG, "Forget a token; its sessions and bills stay")
            .guarded()
            .done("It is forgotten"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenFilter")]
struct Wanted {
    /// Anywhere in identifier or holder.
    #[serde(default)]
    q: String,
    /// Members of this group.
    group: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What an identifier is (IdTokenEnumType).
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
enum Kind {
    #[default]
    #[serde(rename = "ISO14443")]
    Iso14443,
    #[serde(rename = "ISO15693")]
    Iso15693,
    #[serde(rename = "eMAID")]
    Emaid,
    KeyCode,
    Central,
    Local,
    MacAddress,
    #[serde(rename = "EVCCID")]
    Evccid,
    #[serde(rename = "VIN")]
    Vin,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Iso14443 => "ISO14443",
            Kind::Iso15693 => "ISO15693",
            Kind::Emaid => "eMAID",
            Kind::KeyCode => "KeyCode",
            Kind::Central => "Central",
            Kind::Local => "Local",
            Kind::MacAddress => "MacAddress",
            Kind::Evccid => "EVCCID",
            Kind::Vin => "VIN",
        }
    }
}

/// An identifier that may charge.
#[derive(Debug, Serialize, JsonSchema)]
struct Token {
    id: String,
    /// As compared: in upper case. A key code is a secret and shown as `***`.
    uid: String,
    kind: String,
    /// Members of a group may end each other's sessions.
    group: Option<String>,
    holder: String,
    /// Of the holder, e.g. `de`.
    language: String,
    blocked: bool,
    expires_at: Option<DateTime<Utc>>,
    /// More than one session at a time.
    concurrent: bool,
    /// A session may cost so much, including tax, in its currency.
    max_cost: Option<String>,
    /// It may take so much energy, watt-hours.
    max_energy_wh: Option<i64>,
    /// It may last so long, seconds.
    max_time_s: Option<i64>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// Letter case does not count.
    #[schemars(length(min = 1, max = 255))]
    uid: String,
    #[serde(default)]
    #[schemars(extend("default" = "ISO14443"))]
    kind: Kind,
    group: Option<String>,
    #[serde(default)]
    holder: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    blocked: bool,
    expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    concurrent: bool,
    /// Limits of each session are told to stations that can keep to them (2.1).
    max_cost: Option<String>,
    #[schemars(range(min = 1, max = 1_000_000_000))]
    max_energy_wh: Option<i64>,
    #[schemars(range(min = 1, max = 1_000_000_000))]
    max_time_s: Option<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenChanges")]
struct Changes {
    /// `null`: of none.
    #[serde(default, deserialize_with = "given")]
    group: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    holder: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    language: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    blocked: Option<Option<bool>>,
    /// `null`: for ever.
    #[serde(default, deserialize_with = "given")]
    expires_at: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    concurrent: Option<Option<bool>>,
    /// `null`: no limit.
    #[serde(default, deserialize_with = "given")]
    max_cost: Option<Option<String>>,
    /// `null`: no limit.
    #[serde(default, deserialize_with = "given")]
    max_energy_wh: Option<Option<i64>>,
    /// `null`: no limit.
    #[serde(default, deserialize_with = "given")]
    max_time_s: Option<Option<i64>>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Token>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let filter =
        rows::Filter { text: wanted.q, group: wanted.group.as_deref().map(key), ..rows::Filter::default() };
    let found = rows::list(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(tx: &mut Tx, text: &str) -> Result<TokenRow, Problem> {
    let number = id("token", text)?;
    rows::find(tx, number).await?.ok_or_else(|| problem::missing("token", text))
}

/// The same to be changed: until the transaction ends nobody else does.
async fn held(tx: &mut Tx, text: &str) -> Result<TokenRow, Problem> {
    hold(tx, Row::Token(id("token", text)?)).await?;
    find(tx, text).await
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Token>, Problem> {
    Ok(Tagged(view(find(&mut state.app.db.read().await?, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(wish): Sent<NewToken>,
) -> Result<Response, Problem> {
    let row = sound(TokenRow {
        id: state.app.ids.next(),
        uid: key(&word("uid", &wish.uid, UID_MAX)?),
        kind: wish.kind.word().to_owned(),
        group_uid: wish.group,
        holder: wish.holder,
        language: wish.language,
        blocked: wish.blocked,
        expires_at: wish.expires_at,
        concurrent: wish.concurrent,
        created_at: state.app.clock.now(),
        max_cost: wish.max_cost.unwrap_or_default(),
        max_energy_wh: wish.max_energy_wh,
        max_time_s: wish.max_time_s,
    })?;
    let mut tx = state.app.db.write().await?;
    let told = shown(Some(&row.uid), &row.kind).unwrap_or_default();
    rows::create(&mut tx, &row).await.map_err(|error| problem::of_row(error, "token", told, "uid"))?;
    let told = TokenCreated { token_id: row.id.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    let location = super::location("tokens", &row.id.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Tagged(view(row))).into_response())
}

async fn change(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(changes): Sent<Changes>,
) -> Result<Tagged<Token>, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    meant.check(&view(row.clone()))?;
    let row = sound(TokenRow {
        group_uid: changes.group.unwrap_or(row.group_uid),
        holder: left(changes.holder, row.holder),
        language: left(changes.language, row.language),
        blocked: left(changes.blocked, row.blocked),
        expires_at: changes.expires_at.unwrap_or(row.expires_at),
        concurrent: left(changes.concurrent, row.concurrent),
        max_cost: changes.max_cost.map_or(row.max_cost, Option::unwrap_or_default),
        max_energy_wh: changes.max_energy_wh.unwrap_or(row.max_energy_wh),
        max_time_s: changes.max_time_s.unwrap_or(row.max_time_s),
        ..row
    })?;
    rows::update(&mut tx, &row).await?;
    let told = TokenChanged { token_id: row.id.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(Tagged(view(row)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    let number = row.id;
    meant.check(&view(row))?;
    rows::delete(&mut tx, number).await?;
    let told = TokenRemoved { token_id: number.to_string(), by: asker.name };
    record(&state, &mut tx, &told).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Identifiers compare without regard to letter case.
fn key(uid: &str) -> String {
    uid.trim().to_uppercase()
}

/// The token with every field as it may be.
fn sound(row: TokenRow) -> Result<TokenRow, Problem> {
    let group = row.group_uid.as_deref().map(|group| word("group", &key(group), UID_MAX)).transpose()?;
    if !row.max_cost.is_empty() && !rows::is_cost(&row.max_cost) {
        return Err(problem::field(
            "max_cost",
            "a decimal text above 0 with four decimals at most, e.g. 50.00",
        ));
    }
    for (name, limit) in [("max_energy_wh", row.max_energy_wh), ("max_time_s", row.max_time_s)] {
        if limit.is_some_and(|limit| !rows::is_limit(limit)) {
            return Err(problem::field(name, "from 1 to 1000000000, or null"));
        }
    }
    let holder = text("holder", &row.holder, HOLDER_MAX)?;
    let language = text("language", &row.language, LANGUAGE_MAX)?;
    Ok(TokenRow { group_uid: group, holder, language, ..row })
}

fn view(row: TokenRow) -> Token {
    Token {
        id: row.id.to_string(),
        uid: shown(Some(&row.uid), &row.kind).unwrap_or_default().to_owned(),
        kind: row.kind,
        group: row.group_uid,
        holder: row.holder,
        language: row.language,
        blocked: row.blocked,
        expires_at: row.expires_at,
        concurrent: row.concurrent,
        max_cost: Some(row.max_cost).filter(|cost| !cost.is_empty()),
        max_energy_wh: row.max_energy_wh,
        max_time_s: row.max_time_s,
        created_at: row.created_at,
    }
}
