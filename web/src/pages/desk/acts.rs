//! What operators do to an order. Whoever may only look is refused before anything is read.

use super::{super::Click, order, order_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    pay::{self, PayError, RefundWish},
    store::pay::{orders, refunds},
};
use payments::Amount;
use serde::Deserialize;
use tariffs::Currency;

/// Of a form.
const KEY_MAX: usize = 40;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/orders/{id}/cancel", post(cancel))
        .route("/orders/{id}/stop", post(stop))
        .route("/orders/{id}/query", post(query))
        .route("/orders/{id}/retry", post(retry))
        .route("/orders/{id}/refund", post(refund))
        .route("/orders/{id}/returned", post(returned))
        .route("/orders/{id}/write-off", post(write_off))
}

/// An order, and that its visitor may act on it.
async fn of(state: &WebState, visit: &Visit, id: &str) -> Result<orders::OrderRow, Fail> {
    visit.operator()?;
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    orders::find(&mut state.app.db.read().await?, id).await?.ok_or(Fail::NotFound)
}

/// Back to the order, or the order with what is against it.
async fn answer(
    state: &WebState,
    visit: &Visit,
    id: i64,
    done: &str,
    result: Result<(), PayError>,
) -> Result<Response, Fail> {
    match result {
        Ok(()) => Ok(Redirect::to(&format!("{}?done={done}", order_href(id))).into_response()),
        Err(PayError::NoOrder) => Err(Fail::NotFound),
        Err(error @ (PayError::Store(_) | PayError::Random(_) | PayError::Unreadable { .. })) => {
            Err(error.into())
        }
        Err(error) => order::refused(state, visit, id, said(visit, &error)).await,
    }
}

/// Why it was not done, in the reader's language, with what others have said about it in theirs.
fn said(visit: &Visit, error: &PayError) -> String {
    let text = visit.shell.lang.catalog().word("refusal", error.word());
    match error.detail() {
        "" => text,
        detail => format!("{text} ({detail})"),
    }
}

async fn cancel(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    let row = of(&state, &visit, &id).await?;
    let result = pay::cancel(&state.app, &row.number, &visit.account.name).await;
    answer(&state, &visit, row.id, "order-cancelled", result).await
}

async fn stop(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    let row = of(&state, &visit, &id).await?;
    let result = pay::stop(&state.app, &row.number, &visit.account.name).await;
    answer(&state, &visit, row.id, "order-stopped", result).await
}

async fn query(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    let row = of(&state, &visit, &id).await?;
    let result = pay::query_now(&state.app, &row.number, &visit.account.name).await;
    answer(&state, &visit, row.id, "order-queried", result).await
}

async fn retry(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    let row = of(&state, &visit, &id).await?;
    let result = pay::retry(&state.app, &row.number, &visit.account.name).await.map(|_| ());
    answer(&state, &visit, row.id, "order-retried", result).await
}

#[derive(Deserialize)]
struct Return {
    attempt: String,
    amount: String,
    #[serde(default)]
    reason: String,
    /// The form's own: sent twice, it gives back once.
    key: Option<String>,
}

async fn refund(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Return>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    let row = of(&state, &visit, &id).await?;
    let result = match asked(&form, &row.currency) {
        Ok((attempt, amount)) => {
            let reason = form.reason.trim();
            // Gone back to and filled in otherwise, it is another wish.
            let key = form.key.as_deref().filter(|key| key.len() <= KEY_MAX);
            let key = key.map(|key| format!("console {key} {attempt} {}", amount.minor));
            let by = &visit.account.name;
            let asked = RefundWish { attempt, amount, reason, by, key: key.as_deref() };
            pay::refund(&state.app, &row.number, &asked).await
        }
        Err(why) => Err(PayError::Amount(why)),
    };
    answer(&state, &visit, row.id, "refund-asked", result).await
}

#[derive(Deserialize)]
struct Elsewhere {
    /// The number of a refund that has failed.
    refund: String,
    note: String,
}

async fn returned(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Elsewhere>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    let row = of(&state, &visit, &id).await?;
    let known = refunds::of_order(&mut state.app.db.read().await?, row.id).await?;
    let result = match known.iter().any(|refund| refund.number == form.refund) {
        true => pay::returned_elsewhere(&state.app, &form.refund, &form.note, &visit.account.name).await,
        false => Err(PayError::NoOrder),
    };
    answer(&state, &visit, row.id, "refund-elsewhere", result).await
}

#[derive(Deserialize)]
struct GivenUp {
    #[serde(default)]
    reason: String,
    /// The form's own: sent twice, it is written off once.
    key: Option<String>,
}

async fn write_off(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<GivenUp>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    let row = of(&state, &visit, &id).await?;
    let key = form.key.as_deref().filter(|key| key.len() <= KEY_MAX).map(|key| format!("console {key}"));
    let (reason, by) = (form.reason.trim(), &visit.account.name);
    let result = pay::write_off(&state.app, &row.number, reason, by, key.as_deref()).await;
    answer(&state, &visit, row.id, "order-written-off", result).await
}

/// The attempt and the amount of a form: exact, more than nothing, in the order's currency.
fn asked(form: &Return, currency: &str) -> Result<(i64, Amount), String> {
    let attempt =
        form.attempt.parse().map_err(|_| format!("{:?} is no attempt of this order", form.attempt))?;
    let currency: Currency = currency.parse().map_err(|_| format!("{currency:?} is no currency"))?;
    let decimal = tariffs::parse_decimal(form.amount.trim())
        .map_err(|_| format!("{:?} is no amount: write it like 12.30", form.amount))?;
    let amount = Amount::exact(decimal, currency).map_err(|error| error.to_string())?;
    if amount.is_positive() { Ok((attempt, amount)) } else { Err("it must be more than nothing".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_taken_exactly_or_not_at_all() {
        let form = |amount: &str| Return {
            attempt: "7".into(),
            amount: amount.into(),
            reason: String::new(),
            key: None,
        };
        assert_eq!(asked(&form(" 12.3 "), "EUR").unwrap(), (7, Amount::new(1230, "EUR".parse().unwrap())));
        assert_eq!(asked(&form("500"), "JPY").unwrap().1.minor, 500);
        for (amount, currency) in [
            ("12.345", "EUR"),
            ("0.5", "JPY"),
            ("0", "EUR"),
            ("-1", "EUR"),
            ("1e3", "EUR"),
            ("much", "EUR"),
            ("", "EUR"),
            ("1", "none"),
            ("99999999999999999999", "EUR"),
        ] {
            assert!(asked(&form(amount), currency).is_err(), "{amount} {currency}");
        }
        assert!(asked(&Return { attempt: "x".into(), ..form("1") }, "EUR").is_err());
    }
}
