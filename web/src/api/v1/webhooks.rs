//! Webhooks: where events are posted to, what was delivered, and having it delivered again.

use super::{
    again::{Once, Without},
    caller::Asker,
    etag::{IfMatch, Lively},
    input::{Asked, At, Sent, given, id, left},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    event::Wish,
    store::{
        Tx,
        hold::{Row, hold},
        webhooks::{self as rows, DeliveryRow, WebhookRow},
    },
    webhook::{self, HookError},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Webhooks";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/webhooks", "listWebhooks", Scope::Admin, list)
            .says(TAG, "Webhooks, the newest first")
            .query::<Wanted>()
            .answers::<Page<Webhook>>(StatusCode::OK, "A page"),
        Op::post("/webhooks", "createWebhook", Scope::Admin, create)
            .says(
                TAG,
                "Have events posted to an address from now on. The secret is in this answer only. A caller without the \
                 scope `money` makes one that is told nothing of money",
            )
            .body::<NewWebhook>()
            .answers::<Secret>(StatusCode::CREATED, "The webhook and its secret"),
        Op::get("/webhooks/{id}", "getWebhook", Scope::Admin, show)
            .says(TAG, "One webhook")
            .answers::<Webhook>(StatusCode::OK, "The webhook")
            .tagged(),
        Op::patch("/webhooks/{id}", "changeWebhook", Scope::Admin, change)
            .says(TAG, "Change a webhook, or turn it on or off; what is not named stays. Turned on again, it goes on where it was")
            .body::<Changes>()
            .answers::<Webhook>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::delete("/webhooks/{id}", "deleteWebhook", Scope::Admin, remove)
            .says(TAG, "Remove a webhook, with its log")
            .guarded()
            .done("It is removed"),
        Op::post("/webhooks/{id}/rotate", "rotateWebhookSecret", Scope::Admin, rotate)
            .says(TAG, "Give a webhook a new secret. The old one signs beside it for `webhooks.rotation_hours`")
            .answers::<Secret>(StatusCode::OK, "The webhook and its new secret"),
        Op::post("/webhooks/{id}/ping", "pingWebhook", Scope::Admin, ping)
            .says(TAG, "Have the way tried with a delivery that tells of nothing")
            .answers::<Delivery>(StatusCode::ACCEPTED, "The delivery"),
        Op::post("/webhooks/{id}/replay", "replayWebhook", Scope::Admin, replay)
            .says(
                TAG,
                "Have all events after a number told again that the webhook was told of already, or one delivery. They \
                 come under the names (`webhook-id`) that they had",
            )
            .body::<Again>()
            .answers::<Replayed>(StatusCode::ACCEPTED, "They will be"),
        Op::get("/webhooks/{id}/deliveries", "listDeliveries", Scope::Admin, deliveries)
            .says(TAG, "What was delivered and what was not, the newest first")
            .query::<LogWanted>()
            .answers::<Page<Delivery>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DeliveryState")]
enum Stage {
    Waiting,
    Done,
    GivenUp,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveryFilter")]
struct LogWanted {
    state: Option<Stage>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewWebhook {
    /// For people.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// `https://…`, not inside our own networks.
    #[schemars(length(max = 800))]
    url: String,
    /// Kinds (`station.booted`) and areas (`station`); empty = all.
    #[serde(default)]
    kinds: Vec<String>,
    /// Only events of this station.
    station_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookChanges")]
struct Changes {
    #[schemars(length(min = 1, max = 100))]
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    #[schemars(length(max = 800))]
    #[serde(default, deserialize_with = "given")]
    url: Option<Option<String>>,
    /// None, or `null`: all.
    #[serde(default, deserialize_with = "given")]
    kinds: Option<Option<Vec<String>>>,
    /// `null`: of all.
    #[serde(default, deserialize_with = "given")]
    station_id: Option<Option<String>>,
    /// `null`: off.
    #[serde(default, deserialize_with = "given")]
    on: Option<Option<bool>>,
}

/// Either of the two.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Replay")]
struct Again {
    /// All events after the one with this number; 0 = all that are kept.
    after: Option<String>,
    /// This one.
    delivery_id: Option<String>,
}

/// Where events are posted to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Webhook {
    id: String,
    name: String,
    url: String,
    kinds: Vec<String>,
    station_id: Option<String>,
    /// It is told of money too.
    money: bool,
    on: bool,
    /// Why it is off.
    reason: String,
    /// Tries in a row that were not taken.
    failures: i64,
    failing_since: Option<DateTime<Utc>>,
    /// Deliveries were made of all events up to this one.
    position: String,
    /// Until then the secret before the last rotation signs too.
    old_secret_until: Option<DateTime<Utc>>,
    created_by: String,
    created_at: DateTime<Utc>,
}

/// A webhook with its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebhookSecret")]
struct Secret {
    #[serde(flatten)]
    webhook: Webhook,
    /// `whsec_…`, to verify `webhook-signature` with. Absent when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A line of a webhook's log.
#[derive(Debug, Serialize, JsonSchema)]
struct Delivery {
    id: String,
    /// The event; absent: a ping.
    event_id: Option<String>,
    kind: String,
    /// `waiting`, `done` or `given_up`.
    state: String,
    tries: i64,
    /// When it is tried next.
    due_at: Option<DateTime<Utc>>,
    tried_at: Option<DateTime<Utc>>,
    /// HTTP status of the last try; absent: no answer.
    status: Option<i64>,
    /// The first bytes of that answer.
    answer: String,
    /// Why the last try was none.
    trouble: String,
    took_ms: i64,
    /// Somebody has wanted it told again.
    again: bool,
    created_at: DateTime<Utc>,
}

/// What is told again.
#[derive(Debug, Serialize, JsonSchema)]
struct Replayed {
    /// So many events are looked at; those that the webhook wants are told.
    events: i64,
}

fn fault(error: HookError) -> Problem {
    match error {
        HookError::Store(error) => error.into(),
        HookError::NoRandom => {
            tracing::error!("the system has no randomness");
            Problem::broken()
        }
        HookError::TooMany(_) => problem::conflict("too-many", error.to_string()),
        HookError::Address(_) | HookError::Kinds(_) | HookError::Name => {
            let text = error.to_string();
            let (name, why) = text.split_once(": ").unwrap_or(("", &text));
            problem::field(name, why)
        }
    }
}

async fn find(tx: &mut Tx, text: &str) -> Result<WebhookRow, Problem> {
    let number = id("webhook", text)?;
    rows::find(tx, number).await?.ok_or_else(|| problem::missing("webhook", text))
}

/// The same to be changed: until the transaction ends nobody else does.
async fn held(tx: &mut Tx, text: &str) -> Result<WebhookRow, Problem> {
    hold(tx, Row::Webhook(id("webhook", text)?)).await?;
    find(tx, text).await
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Webhook>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let found = rows::list(&mut state.app.db.read().await?, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(new): Sent<NewWebhook>,
) -> Result<Response, Problem> {
    asker.may(Scope::Read)?;
    if let Some(made) = once.made() {
        // Its secret went with the answer that nobody got: a rotation gives another.
        return created(find(&mut state.app.db.read().await?, made).await?, None);
    }
    let money = asker.may(Scope::Money).is_ok();
    let wish = Wish::new(&new.kinds.join(","), new.station_id, money).map_err(|error| fault(error.into()))?;
    let new = webhook::New { name: new.name.trim().to_owned(), url: new.url, wish, by: asker.name };
    let app = &state.app;
    app.feed.turn(&app.db).await?;
    let mut tx = app.db.write().await?;
    let made = webhook::make(&mut tx, &app.ids, &app.config.webhooks, new, app.clock.now()).await;
    let row = made.map_err(fault)?;
    once.note(&mut tx, &row.id.to_string()).await?;
    tx.commit().await?;
    tracing::info!(webhook = row.id, by = row.created_by, "a webhook was made");
    let secret = row.secret.clone();
    created(row, Some(secret))
}

fn created(row: WebhookRow, secret: Option<String>) -> Result<Response, Problem> {
    let location = super::location("webhooks", &row.id.to_string());
    let mut answer = with_secret(row, secret);
    answer.headers_mut().insert(LOCATION, location.parse().map_err(|_| Problem::broken())?);
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

/// The answer that has the secret, which is not kept with it.
fn with_secret(row: WebhookRow, secret: Option<String>) -> Response {
    let webhook = view(row);
    let kept = serde_json::to_value(Secret { webhook: webhook.clone(), secret: None }).unwrap_or_default();
    (Extension(Without(kept)), Json(Secret { webhook, secret })).into_response()
}

/// With what people have decided of it; where it stands in the events is not theirs.
type Told = Lively<Webhook, [String; 5]>;

fn told(row: WebhookRow) -> Told {
    let decided = decided(&row);
    Lively(view(row), decided)
}

fn decided(row: &WebhookRow) -> [String; 5] {
    let station = row.station_id.clone().unwrap_or_default();
    [row.name.clone(), row.url.clone(), row.kinds.clone(), station, row.state.clone()]
}

/// Who changes where events go has to be let hear them, and where money is told of, that too.
fn entitled(asker: &Asker, row: &WebhookRow) -> Result<(), Problem> {
    asker.may(Scope::Read)?;
    if row.money == 1 { asker.may(Scope::Money) } else { Ok(()) }
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Told, Problem> {
    Ok(told(find(&mut state.app.db.read().await?, &id).await?))
}

async fn change(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    meant: IfMatch,
    Sent(changes): Sent<Changes>,
) -> Result<Told, Problem> {
    let app = &state.app;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    entitled(&asker, &row)?;
    meant.check(&decided(&row))?;
    let kinds = changes.kinds.map_or_else(|| row.kinds.clone(), |kinds| kinds.unwrap_or_default().join(","));
    let wish = Wish::new(&kinds, None, row.money == 1).map_err(|error| fault(error.into()))?;
    let mut row = WebhookRow {
        name: left(changes.name, row.name.clone()).trim().to_owned(),
        url: left(changes.url, row.url.clone()),
        kinds: wish.kinds(),
        station_id: changes.station_id.unwrap_or_else(|| row.station_id.clone()),
        changed_at: now,
        ..row
    };
    webhook::check(&row.name, &row.url, app.config.webhooks.private).map_err(fault)?;
    if let Some(on) = changes.on.map(Option::unwrap_or_default) {
        row = webhook::switch(row, on, &format!("turned off by {}", asker.name), now);
    }
    rows::update(&mut tx, &row).await?;
    tx.commit().await?;
    app.hooks.look(row.id);
    tracing::info!(webhook = row.id, by = asker.name, state = row.state, "a webhook was changed");
    Ok(told(row))
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
    meant.check(&decided(&row))?;
    rows::delete(&mut tx, number).await?;
    tx.commit().await?;
    tracing::info!(webhook = number, by = asker.name, "a webhook was removed");
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    At(id): At<String>,
) -> Result<Response, Problem> {
    let app = &state.app;
    let mut tx = app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    entitled(&asker, &row)?;
    if once.made().is_some() {
        // Its secret went with the answer that nobody got. Another rotation would void the one before this, which still signs.
        return Ok(with_secret(row, None));
    }
    let row = webhook::rotate(&mut tx, &app.config.webhooks, row, app.clock.now()).await.map_err(fault)?;
    once.note(&mut tx, &row.id.to_string()).await?;
    tx.commit().await?;
    tracing::info!(webhook = row.id, by = asker.name, "a webhook has a new secret");
    let secret = row.secret.clone();
    Ok(with_secret(row, Some(secret)))
}

async fn ping(
    State(state): State<WebState>,
    At(id): At<String>,
) -> Result<(StatusCode, Json<Delivery>), Problem> {
    let app = &state.app;
    let mut tx = app.db.write().await?;
    let row = held(&mut tx, &id).await?;
    let delivery = webhook::ping(&mut tx, &app.ids, row.id, app.clock.now()).await?;
    tx.commit().await?;
    app.hooks.look(row.id);
    Ok((StatusCode::ACCEPTED, Json(line(delivery))))
}

async fn replay(
    State(state): State<WebState>,
    asker: Asker,
    At(hook): At<String>,
    Sent(wish): Sent<Again>,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let app = &state.app;
    let mut tx = app.db.write().await?;
    let row = held(&mut tx, &hook).await?;
    entitled(&asker, &row)?;
    let events = match (wish.after, wish.delivery_id) {
        (Some(after), None) => {
            let after = super::input::reference("after", &after)?;
            if after < 0 {
                return Err(problem::field("after", "0 or more"));
            }
            webhook::replay(&mut tx, &row, after).await?
        }
        (None, Some(delivery)) => {
            let number = super::input::reference("delivery_id", &delivery)?;
            let found = rows::delivery(&mut tx, number).await?.filter(|found| found.webhook_id == row.id);
            let found =
                found.ok_or_else(|| problem::field("delivery_id", "there is none of this webhook"))?;
            webhook::again(&mut tx, &app.ids, &found, app.clock.now()).await?;
            1
        }
        _ => return Err(problem::field("after", "name either after or delivery_id")),
    };
    tx.commit().await?;
    app.hooks.look(row.id);
    tracing::info!(webhook = row.id, by = asker.name, events, "events are told again");
    Ok((StatusCode::ACCEPTED, Json(Replayed { events })))
}

async fn deliveries(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<LogWanted>,
) -> Result<Json<Page<Delivery>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let stage = wanted.state.map(|stage| match stage {
        Stage::Waiting => "waiting",
        Stage::Done => "done",
        Stage::GivenUp => "given_up",
    });
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let found = rows::log(&mut tx, row.id, stage, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), line)))
}

fn view(row: WebhookRow) -> Webhook {
    Webhook {
        id: row.id.to_string(),
        name: row.name,
        url: row.url,
        kinds: row.kinds.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned).collect(),
        station_id: row.station_id,
        money: row.money == 1,
        on: row.state == "on",
        reason: row.reason,
        failures: row.failures,
        failing_since: row.failing_since,
        position: row.position.to_string(),
        old_secret_until: row.old_until,
        created_by: row.created_by,
        created_at: row.created_at,
    }
}

fn line(row: DeliveryRow) -> Delivery {
    Delivery {
        id: row.id.to_string(),
        event_id: Some(row.seq).filter(|seq| *seq > 0).map(|seq| seq.to_string()),
        kind: row.kind,
        due_at: Some(row.due_at).filter(|_| row.state == "waiting"),
        state: row.state,
        tries: row.tries,
        tried_at: row.tried_at,
        status: Some(row.status).filter(|status| *status > 0),
        answer: row.answer,
        trouble: row.trouble,
        took_ms: row.took_ms,
        again: row.again == 1,
        created_at: row.created_at,
    }
}
