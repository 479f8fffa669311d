//! Webhooks: where events are posted to, and what came of it. Admins keep them.

use super::{Click, ROWS, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{DeliveryLine, WebhookLine, WebhookPage, WebhooksPage},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    event::Wish,
    store::{
        hold::{Row, hold},
        query::PAGE_MAX,
        webhooks::{self as rows, DeliveryRow, WebhookRow},
    },
    webhook::{self, HookError},
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/webhooks", get(list).post(create))
        .route("/webhooks/{id}", get(show))
        .route("/webhooks/{id}/{act}", post(act))
        .route("/webhooks/{id}/replay/{delivery}", post(replay))
}

fn admin(visit: &Visit) -> Result<(), Fail> {
    if visit.account.role == "admin" { Ok(()) } else { Err(Fail::Forbidden) }
}

async fn list(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    all(&state, &visit, WebhooksPage::default()).await
}

async fn all(state: &WebState, visit: &Visit, page: WebhooksPage) -> Result<Response, Fail> {
    admin(visit)?;
    let found = rows::list(&mut state.app.db.read().await?, None, PAGE_MAX).await?;
    visit.show(&WebhooksPage { rows: found.iter().map(line).collect(), ..page })
}

fn line(row: &WebhookRow) -> WebhookLine {
    let (state, tone) = match (row.state.as_str(), row.failures) {
        ("on", 0) => ("on", "ok"),
        ("on", _) => ("failing", "bad"),
        _ => ("off", "off"),
    };
    WebhookLine {
        id: row.id.to_string(),
        name: row.name.clone(),
        url: row.url.clone(),
        kinds: row.kinds.clone(),
        station: row.station_id.clone().unwrap_or_default(),
        money: row.money == 1,
        state,
        tone,
        reason: row.reason.clone(),
        failing_since: row.failing_since,
        created_by: row.created_by.clone(),
        created_at: row.created_at,
    }
}

#[derive(Deserialize)]
struct New {
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    kinds: String,
    #[serde(default)]
    station: String,
    money: Option<String>,
}

async fn create(State(state): State<WebState>, signed: Signed<New>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    admin(&visit)?;
    let app = &state.app;
    let station = Some(form.station.trim().to_owned()).filter(|station| !station.is_empty());
    let made = match Wish::new(&form.kinds, station, form.money.is_some()) {
        Err(fault) => Err(fault.into()),
        Ok(wish) => {
            app.feed.turn(&app.db).await?;
            let new = webhook::New {
                name: form.name.trim().to_owned(),
                url: form.url.trim().to_owned(),
                wish,
                by: visit.account.name.clone(),
            };
            let mut tx = app.db.write().await?;
            match webhook::make(&mut tx, &app.ids, &app.config.webhooks, new, visit.shell.now).await {
                Ok(row) => tx.commit().await.map(|()| row).map_err(HookError::Store),
                Err(error) => Err(error),
            }
        }
    };
    match made {
        Ok(row) => {
            tracing::info!(webhook = row.id, by = row.created_by, "a webhook was made");
            let secret = row.secret.clone();
            one(&state, &visit, row, Some(secret), None).await
        }
        Err(HookError::Store(error)) => Err(error.into()),
        Err(error) => {
            let page = WebhooksPage {
                name: form.name,
                url: form.url,
                kinds: form.kinds,
                station: form.station,
                money: form.money.is_some(),
                error: error.to_string(),
                ..WebhooksPage::default()
            };
            all(&state, &visit, page).await
        }
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    before: String,
}

async fn find(state: &WebState, id: &str) -> Result<WebhookRow, Fail> {
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    rows::find(&mut state.app.db.read().await?, id).await?.ok_or(Fail::NotFound)
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    admin(&visit)?;
    let row = find(&state, &id).await?;
    one(&state, &visit, row, None, wanted.before.parse().ok()).await
}

/// The page of a webhook with a page of its log.
async fn one(
    state: &WebState,
    visit: &Visit,
    row: WebhookRow,
    secret: Option<String>,
    before: Option<i64>,
) -> Result<Response, Fail> {
    let mut found = rows::log(&mut state.app.db.read().await?, row.id, None, before, ROWS + 1).await?;
    let here = format!("/webhooks/{}", row.id);
    visit.show(&WebhookPage {
        hook: line(&row),
        secret,
        old_until: row.old_until.filter(|until| visit.shell.now < *until),
        pager: turn(&mut found, &here, &[], ("before", before.is_some()), |row| row.id.to_string()),
        rows: found.into_iter().map(delivery).collect(),
    })
}

fn delivery(row: DeliveryRow) -> DeliveryLine {
    let tone = match row.state.as_str() {
        "done" => "ok",
        "waiting" => "run",
        _ => "bad",
    };
    DeliveryLine {
        id: row.id.to_string(),
        event: if row.seq > 0 { row.seq.to_string() } else { String::new() },
        kind: row.kind,
        tone,
        tries: row.tries,
        at: row.tried_at.unwrap_or(row.created_at),
        due_at: Some(row.due_at).filter(|_| row.state == "waiting"),
        state: row.state,
        status: row.status,
        took_ms: row.took_ms,
        answer: row.answer.chars().take(200).collect(),
        trouble: row.trouble,
        again: row.again == 1,
    }
}

async fn act(
    State(state): State<WebState>,
    Path((id, act)): Path<(String, String)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    admin(&visit)?;
    let app = &state.app;
    let (number, now) = (find(&state, &id).await?.id, visit.shell.now);
    let mut tx = app.db.write().await?;
    hold(&mut tx, Row::Webhook(number)).await?;
    let row = rows::find(&mut tx, number).await?.ok_or(Fail::NotFound)?;
    let mut made = None;
    let done = match act.as_str() {
        "ping" => {
            webhook::ping(&mut tx, &app.ids, number, now).await?;
            "webhook-pinged"
        }
        "on" | "off" => {
            let why = format!("turned off by {}", visit.account.name);
            rows::update(&mut tx, &webhook::switch(row, act == "on", &why, now)).await?;
            "webhook-changed"
        }
        "rotate" => match webhook::rotate(&mut tx, &app.config.webhooks, row, now).await {
            Ok(row) => {
                made = Some(row);
                "webhook-changed"
            }
            Err(HookError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(Fail::Busy),
        },
        "remove" => {
            rows::delete(&mut tx, number).await?;
            "webhook-removed"
        }
        _ => return Err(Fail::NotFound),
    };
    tx.commit().await?;
    app.hooks.look(number);
    tracing::info!(webhook = number, act, by = visit.account.name, "a webhook was changed");
    if let Some(row) = made {
        let secret = row.secret.clone();
        return one(&state, &visit, row, Some(secret), None).await;
    }
    let to = if act == "remove" { "/webhooks".to_owned() } else { format!("/webhooks/{number}") };
    Ok(Redirect::to(&format!("{to}?done={done}")).into_response())
}

async fn replay(
    State(state): State<WebState>,
    Path((id, delivery)): Path<(String, String)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    admin(&signed.visit)?;
    let app = &state.app;
    let row = find(&state, &id).await?;
    let number = delivery.parse().map_err(|_| Fail::NotFound)?;
    let mut tx = app.db.write().await?;
    let found = rows::delivery(&mut tx, number).await?.filter(|found| found.webhook_id == row.id);
    let found = found.ok_or(Fail::NotFound)?;
    webhook::again(&mut tx, &app.ids, &found, signed.visit.shell.now).await?;
    tx.commit().await?;
    app.hooks.look(row.id);
    tracing::info!(
        webhook = row.id,
        delivery = number,
        by = signed.visit.account.name,
        "a delivery is made again"
    );
    Ok(Redirect::to(&format!("/webhooks/{}?done=webhook-replayed", row.id)).into_response())
}
