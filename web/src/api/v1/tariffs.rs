//! Tariffs: what they say from when on. Where they count is in `assignments.rs`.

use super::{
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, text},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{
    WebState,
    api::{
        Problem,
        tariffs::{Tariff, Version, tariff, version},
    },
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::{
        StoreError, Tx, offers,
        tariffs::{self as rows, Change, Removed, TariffRow},
        versions::{self, Published, Refusal, VersionRow, Withdrawn},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const TAG: &str = "Tariffs";
const NOTE_MAX: usize = 500;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/tariffs", "listTariffs", Scope::Read, list)
            .says(TAG, "Tariffs in the order of their ids")
            .query::<Wanted>()
            .answers::<Page<Tariff>>(StatusCode::OK, "A page"),
        Op::get("/tariffs/{id}", "getTariff", Scope::Read, show)
            .says(TAG, "One tariff")
            .answers::<Tariff>(StatusCode::OK, "The tariff")
            .tagged(),
        Op::delete("/tariffs/{id}", "deleteTariff", Scope::Config, remove)
            .says(TAG, "Remove a tariff that is not assigned any more; sessions keep the one they started with")
            .problem(StatusCode::CONFLICT, "It is assigned")
            .done("It is removed"),
        Op::get("/tariffs/{id}/versions", "listTariffVersions", Scope::Read, list_versions)
            .says(TAG, "The versions of a tariff, the newest first, with those that were withdrawn")
            .query::<Wanted>()
            .answers::<Page<Version>>(StatusCode::OK, "A page"),
        Op::post("/tariffs/{id}/versions", "publishTariffVersion", Scope::Config, publish)
            .says(TAG, "Publish a version; the first one makes the tariff. docs/tariffs.md says what a tariff may say")
            .body::<NewVersion>()
            .answers::<Version>(StatusCode::CREATED, "It counts, or will")
            .answers::<Version>(StatusCode::OK, "The version before says the same"),
        Op::get("/tariffs/{id}/versions/{version}", "getTariffVersion", Scope::Read, show_version)
            .says(TAG, "A version with what it says")
            .answers::<WholeVersion>(StatusCode::OK, "The version")
            .tagged(),
        Op::delete("/tariffs/{id}/versions/{version}", "withdrawTariffVersion", Scope::Config, withdraw)
            .says(TAG, "Withdraw a version that is not active yet")
            .problem(StatusCode::CONFLICT, "It is active, or will be within moments")
            .answers::<Version>(StatusCode::OK, "It is withdrawn"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffPaging")]
pub struct Wanted {
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTariffVersion")]
struct NewVersion {
    /// What it says, as `csms tariff add` takes it; its `id` is that of the path.
    tariff: serde_json::Map<String, Value>,
    /// For sessions that start at or after this. Absent: from now on; a tariff's first version always.
    from: Option<DateTime<Utc>>,
    /// Why, for whoever looks at the versions later.
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
}

/// A version with what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffVersionContent")]
struct WholeVersion {
    #[serde(flatten)]
    version: Version,
    tariff: Value,
}

/// What the event of a change needs.
pub fn change<'a>(state: &WebState, asker: &'a Asker) -> Change<'a> {
    Change { id: state.app.ids.next(), at: state.app.clock.now(), by: &asker.name }
}

/// This process knows at once; others within seconds.
pub async fn reload(state: &WebState) -> Result<(), StoreError> {
    state.app.catalog.reload(&state.app.db, state.app.clock.now()).await
}

/// The tariff, or the problem that there is none.
pub async fn find(tx: &mut Tx, id: &str) -> Result<TariffRow, Problem> {
    rows::find(tx, id).await?.ok_or_else(|| problem::missing("tariff", id))
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Tariff>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.read().await?;
    let found = rows::list(&mut tx, wanted.cursor.as_deref(), limit + 1).await?;
    let around = match (found.first(), found.last()) {
        (Some(first), Some(last)) => offers::around(&mut tx, &first.id, &last.id, now).await?,
        _ => Vec::new(),
    };
    Ok(Json(Page::new(
        found,
        limit,
        |row| row.id.clone(),
        |row| {
            let own: Vec<&VersionRow> = around.iter().filter(|one| one.tariff_id == row.id).collect();
            tariff(row, &own, now)
        },
    )))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Tariff>, Problem> {
    let now = state.app.clock.now();
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let around = offers::around(&mut tx, &id, &id, now).await?;
    Ok(Tagged(tariff(row, &around.iter().collect::<Vec<_>>(), now)))
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    match rows::delete(&mut tx, &id, &change(&state, &asker)).await? {
        Removed::Done => {}
        Removed::Missing => return Err(problem::missing("tariff", &id)),
        Removed::Assigned(row) => {
            return Err(problem::conflict(
                "in-use",
                format!("Assignment {} counts, or will; end it first", row.id),
            ));
        }
    }
    tx.commit().await?;
    reload(&state).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_versions(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Version>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = versions::list(&mut tx, &id, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.version.to_string(), version)))
}

/// The version, or the problem that there is none.
pub async fn version_row(tx: &mut Tx, tariff: &str, number: i64) -> Result<VersionRow, Problem> {
    let row = versions::find(tx, tariff, number).await?;
    row.ok_or_else(|| problem::missing("version", &number.to_string()))
}

async fn show_version(
    State(state): State<WebState>,
    At((tariff, number)): At<(String, String)>,
) -> Result<Tagged<WholeVersion>, Problem> {
    let wanted = id("version", &number)?;
    let row = version_row(&mut state.app.db.read().await?, &tariff, wanted).await?;
    let says = serde_json::from_str(&row.body).unwrap_or(Value::Null);
    Ok(Tagged(WholeVersion { version: version(row), tariff: says }))
}

async fn publish(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(wish): Sent<NewVersion>,
) -> Result<Response, Problem> {
    let says = Value::Object(wish.tariff).to_string();
    // PostgreSQL has no such character.
    if says.contains("\\u0000") {
        return Err(problem::field("tariff", "no character U+0000"));
    }
    let new = tariffs::Tariff::from_json(&says).map_err(|error| problem::field("tariff", error))?;
    if new.id != id {
        return Err(problem::field("tariff.id", format!("it must be that of the path, {id:?}")));
    }
    published(&state, &asker, &new, wish.from, &wish.note).await
}

/// Publishes a version, if it can be used.
pub async fn published(
    state: &WebState,
    asker: &Asker,
    new: &tariffs::Tariff,
    from: Option<DateTime<Utc>>,
    note: &str,
) -> Result<Response, Problem> {
    let note = text("note", note, NOTE_MAX)?;
    let found = new.check();
    if !found.is_empty() {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        return Err(problem::field("tariff", found.join("; ")));
    }
    let mut tx = state.app.db.write().await?;
    let published = versions::publish(&mut tx, new, from, &note, &change(state, asker)).await?;
    match published {
        Published::Added { version: row, .. } => {
            tx.commit().await?;
            reload(state).await?;
            Ok((StatusCode::CREATED, Json(version(row))).into_response())
        }
        Published::Unchanged(row) => Ok(Json(version(row)).into_response()),
        Published::Refused(why) => Err(refused(&why)),
    }
}

fn refused(why: &Refusal) -> Problem {
    match why {
        Refusal::Currency(code) => problem::conflict(
            "other-currency",
            format!("Its other versions are in {code}; give the tariff another id"),
        ),
        Refusal::Kind(kind) => {
            let kind = if kind.is_empty() { "none" } else { kind };
            problem::conflict(
                "other-kind",
                format!("The kind of its other versions is {kind}; give it another id"),
            )
        }
        Refusal::Offered(number) => problem::conflict(
            "offered",
            format!(
                "Version {number} is what was offered then, and that stays; let it count from a later instant"
            ),
        ),
    }
}

async fn withdraw(
    State(state): State<WebState>,
    asker: Asker,
    At((tariff, number)): At<(String, String)>,
) -> Result<Json<Version>, Problem> {
    let wanted = id("version", &number)?;
    let mut tx = state.app.db.write().await?;
    match versions::withdraw(&mut tx, &tariff, wanted, &change(&state, &asker)).await? {
        Withdrawn::Done(row) => {
            tx.commit().await?;
            reload(&state).await?;
            Ok(Json(version(row)))
        }
        Withdrawn::Active(_) => Err(problem::conflict(
            "active",
            "Sessions may have started with it; publish another version instead",
        )),
        Withdrawn::Missing => Err(problem::missing("version", &number)),
    }
}
