//! Payment codes on the displays of stations: whether they are wanted, and what stands there.

use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{At, Sent},
            op::Op,
            problem, record_at,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    display::{self, Displays},
    store::{
        displays::{self, MessageRow},
        stations,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Payment codes";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/payment-display", "getPaymentDisplay", Scope::Read, show)
            .says(TAG, "Whether a station's display shows payment codes, and what stands there by EVSE")
            .answers::<Display>(StatusCode::OK, "How it stands"),
        Op::put("/stations/{id}/payment-display", "putPaymentDisplay", Scope::Config, choose)
            .says(TAG, "Say whether a station's display shows payment codes. The station is told when it is connected")
            .body::<Choice>()
            .answers::<Display>(StatusCode::OK, "How it stands; what the display shows follows"),
    ]
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PaymentDisplayWish")]
enum Wish {
    On,
    Off,
    /// As the settings say (`pay.display.all`).
    Usual,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PaymentDisplayChoice")]
struct Choice {
    wanted: Wish,
}

/// A station's display.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentDisplay")]
struct Display {
    /// `on`, `off` or `usual`.
    wanted: String,
    /// Codes are shown, as far as the station can.
    on: bool,
    /// `shows`, `refused`, `unsupported`, `no_way` or `own_codes`; absent: nothing was sent yet.
    state: Option<String>,
    detail: String,
    evses: Vec<Shown>,
}

/// What stands on the display of an EVSE.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentDisplayLine")]
struct Shown {
    evse: i64,
    /// `code` or `receipt`; absent: nothing.
    stands: Option<String>,
    url: Option<String>,
    until: Option<DateTime<Utc>>,
    /// The last call: `code`, `receipt` or `clear`, and what the station said.
    asked: String,
    answer: String,
    asked_at: DateTime<Utc>,
    /// It is asked again then.
    again_at: Option<DateTime<Utc>>,
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Display>, Problem> {
    let mut tx = state.app.db.read().await?;
    if stations::find(&mut tx, &id).await?.is_none() {
        return Err(problem::missing("station", &id));
    }
    let known = displays::find(&mut tx, &id).await?.unwrap_or_default();
    let lines = displays::messages(&mut tx, &id).await?;
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let line = |row: MessageRow| {
        let stands = given(row.stands);
        Shown {
            evse: row.evse,
            url: given(row.url).filter(|_| stands.is_some()),
            until: row.until.filter(|_| stands.is_some()),
            stands,
            asked: row.asked,
            answer: row.answer,
            asked_at: row.asked_at,
            again_at: row.next_at,
        }
    };
    Ok(Json(Display {
        on: Displays::is_on(&state.app, &known.wanted),
        wanted: given(known.wanted).unwrap_or_else(|| "usual".to_owned()),
        state: given(known.state),
        detail: known.detail,
        evses: lines.into_iter().map(line).collect(),
    }))
}

async fn choose(
    state: State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(choice): Sent<Choice>,
) -> Result<Json<Display>, Problem> {
    let wanted = match choice.wanted {
        Wish::On => "on",
        Wish::Off => "off",
        Wish::Usual => "",
    };
    let mut tx = state.app.db.write().await?;
    match displays::choose(&mut tx, &id, wanted, state.app.clock.now()).await {
        Err(error) if error.is_reference() => return Err(problem::missing("station", &id)),
        other => other?,
    }
    record_at(&state, &mut tx, &id, "station.display", &asker).await?;
    tx.commit().await?;
    // After the commit: the round reads what is wanted.
    display::chosen(&state.app, &id.as_str().into(), wanted);
    show(state, At(id)).await
}
