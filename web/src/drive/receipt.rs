//! The receipt or invoice of an order as PDF: `GET /o/{number}/receipt.pdf`. It is issued when the money has moved; here
//! it is only shown.

use super::refused;
use crate::{WebState, front::Fail};
use axum::{
    Router,
    extract::{Path, State},
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use csms::{
    pay::PayError,
    receipts::{self, ReceiptError},
    store::pay::orders,
};

/// The route.
pub fn routes() -> Router<WebState> {
    Router::new().route("/o/{number}/receipt.pdf", get(show)).route("/o/{number}/proof", get(prove))
}

async fn show(State(state): State<WebState>, Path(number): Path<String>) -> Result<Response, Response> {
    let fail = |error: Fail| error.into_response();
    let broken = |error: ReceiptError| {
        tracing::error!(order = number, %error, "a receipt cannot be shown");
        fail(match error {
            ReceiptError::Store(error) => Fail::Store(error),
            _ => Fail::NotFound,
        })
    };
    let mut tx = state.app.db.read().await.map_err(|error| fail(error.into()))?;
    let order = orders::by_number(&mut tx, &number).await.map_err(|error| fail(error.into()))?;
    let order = order.ok_or_else(|| refused(PayError::NoOrder))?;
    let rows = receipts::of_order(&mut tx, &order).await.map_err(broken)?;
    let proof = receipts::proof(&mut tx, &order).await.unwrap_or_else(|error| {
        tracing::error!(order = number, %error, "the ledger's proof for a receipt cannot be made");
        None
    });
    drop(tx);
    let notary = proof.and_then(|proof| receipts::notary(&state.app, &order, &proof));
    let current = receipts::current(&rows).ok_or_else(|| fail(Fail::NotFound))?.clone();
    let number = current.number.clone();
    // Fonts and compression take some milliseconds, which are not those of other requests.
    let made = tokio::task::spawn_blocking(move || receipts::pdf(&current, notary)).await;
    let bytes = made.map_err(|_| fail(Fail::Busy))?.map_err(broken)?;
    let name: String =
        number.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    let name = HeaderValue::try_from(format!("inline; filename=\"{name}.pdf\""));
    let mut response = ([(CONTENT_TYPE, "application/pdf")], bytes).into_response();
    if let Ok(name) = name {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// That the ledger has what the order was billed: checked by `csms ledger check-proof FILE`, without this server.
async fn prove(State(state): State<WebState>, Path(number): Path<String>) -> Result<Response, Response> {
    let fail = |error: Fail| error.into_response();
    let mut tx = state.app.db.read().await.map_err(|error| fail(error.into()))?;
    let order = orders::by_number(&mut tx, &number).await.map_err(|error| fail(error.into()))?;
    let order = order.ok_or_else(|| refused(PayError::NoOrder))?;
    let proof = receipts::proof(&mut tx, &order).await.map_err(|error| {
        tracing::error!(order = number, %error, "the ledger's proof of an order cannot be made");
        fail(Fail::NotFound)
    })?;
    Ok(axum::Json(proof.ok_or_else(|| fail(Fail::NotFound))?).into_response())
}
