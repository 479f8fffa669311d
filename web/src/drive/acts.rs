//! What a driver does to an order: pay, cancel, stop.

use super::{landing::contact_of, order, refused, seal, stale, visitor::Visitor, ways, word_of};
use crate::{WebState, front::Fail};
use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, header::HOST},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    pay::{self, Click, Clicked, PayError, Way},
    risk::checks::Answer,
    store::pay::orders::{self, OrderRow},
};
use serde::Deserialize;

/// Characters of what a wallet's login page gives.
const CODE_MAX: usize = 300;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/o/{number}/pay", post(pay))
        .route("/o/{number}/cancel", post(cancel))
        .route("/o/{number}/stop", post(stop))
        .route("/o/{number}/contact", post(contact))
        .route("/o/{number}/verify", post(verify))
}

#[derive(Deserialize)]
struct Sent {
    token: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    method: String,
    /// What the wallet's login page gave.
    #[serde(default)]
    code: String,
    /// The account whose login page that was.
    #[serde(default)]
    account: String,
    /// Where a code or the receipt is sent to.
    #[serde(default)]
    contact: String,
    /// The driver agrees that the method is kept.
    #[serde(default)]
    keep: String,
}

/// What a form's token is for.
pub fn subject(visitor: &Visitor, number: &str) -> String {
    format!("{}|{number}", visitor.device)
}

/// The form belongs to this browser and this order.
async fn check(state: &WebState, visitor: &Visitor, number: &str, sent: &Sent) -> Result<(), Response> {
    let seal = seal(state).await.map_err(Fail::into_response)?;
    if seal.holds("order", &subject(visitor, number), &sent.token) {
        return Ok(());
    }
    Err(stale(&format!("/o/{}", crate::pages::encoded(number))).into_response())
}

async fn pay(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &number, &sent).await?;
    let found = async { orders::by_number(&mut state.app.db.read().await?, &number).await };
    let row = found.await.map_err(|error| Fail::Store(error).into_response())?;
    let row = row.ok_or_else(|| refused(PayError::NoOrder))?;
    let code = Some(sent.code).filter(|code| !code.is_empty() && code.len() <= CODE_MAX);
    let identified = code.map(|code| (code, sent.account));
    let chosen = Chosen { method: &sent.method, keep: sent.keep == "yes", identified };
    begin(&state, &visitor, &headers, &row, sent.version, chosen).await
}

async fn cancel(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &number, &sent).await?;
    Ok(after(&visitor, &number, pay::cancel(&state.app, &number, "driver").await))
}

/// Where the code is sent that the rules want, and the receipt later.
async fn contact(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &number, &sent).await?;
    let Some(contact) = contact_of(&sent.contact).filter(|contact| !contact.is_empty()) else {
        return Ok(redirect(&visitor, &number, Some("contact")));
    };
    let own = owner(&state, &visitor, &number).await?;
    match pay::contact(&state.app, &number, &contact, own).await {
        Ok(false) => Ok(redirect(&visitor, &number, Some("contact-kept"))),
        done => Ok(after(&visitor, &number, done.map(|_| ()))),
    }
}

/// Is this browser known to be the driver's?
async fn owner(state: &WebState, visitor: &Visitor, number: &str) -> Result<bool, Response> {
    let found = async { orders::by_number(&mut state.app.db.read().await?, number).await };
    let row = found.await.map_err(|error| Fail::Store(error).into_response())?;
    let row = row.ok_or_else(|| refused(PayError::NoOrder))?;
    let me = visitor.contact(state).await.map_err(Fail::into_response)?;
    Ok(visitor.owns(&row, &me))
}

/// The code that was sent, as the driver typed it.
async fn verify(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &number, &sent).await?;
    let word = match pay::verify(&state.app, &number, &sent.code).await.map_err(refused)? {
        Answer::Passed => None,
        Answer::Wrong { .. } => Some("code-wrong"),
        Answer::Failed | Answer::Expired | Answer::NotAsked => Some("code-over"),
    };
    Ok(redirect(&visitor, &number, word))
}

async fn stop(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Sent>,
) -> Result<Response, Response> {
    check(&state, &visitor, &number, &sent).await?;
    Ok(after(&visitor, &number, pay::stop(&state.app, &number, "driver").await))
}

/// Back to the order, which shows what came of it.
fn after(visitor: &Visitor, number: &str, done: Result<(), PayError>) -> Response {
    match done {
        Ok(()) => redirect(visitor, number, None),
        Err(error) => match word_of(&error) {
            Some(word) => redirect(visitor, number, Some(word)),
            None => refused(error),
        },
    }
}

/// How a form says that an order is to be paid.
pub struct Chosen<'a> {
    pub method: &'a str,
    /// The driver agrees that the method is kept.
    pub keep: bool,
    /// What a wallet's login page gave, and whose it was.
    pub identified: Option<(String, String)>,
}

/// Begins to pay an order in the way that a form names. Where to go then is on the order's page: a form's answer must
/// not lead elsewhere (the content policy forbids it), a link or a script may.
pub async fn begin(
    state: &WebState,
    visitor: &Visitor,
    headers: &HeaderMap,
    order: &OrderRow,
    version: i64,
    chosen: Chosen<'_>,
) -> Result<Response, Response> {
    let Ok(currency) = order.currency.parse() else { return Err(Fail::Busy.into_response()) };
    let contact = visitor.contact(state).await.map_err(Fail::into_response)?;
    let mut offered = pay::ways(&state.app.pay.accounts, visitor.agent, currency);
    let left = pay::kept::of_contact(&state.app, &contact, Some(currency)).await.map_err(refused)?;
    let (mut payer_code, mut account) = chosen.identified.unzip();
    let mut value = chosen.method.to_owned();
    if let Some(mandate) = ways::chosen_kept(&left, chosen.method)
        && let Some(known) = state.app.pay.accounts.get(&mandate.account)
    {
        let way = Way { wallet: known.wallet.clone(), method: pay::kept::method(mandate), holds: false };
        value = ways::value(&way);
        offered.push(way);
        (payer_code, account) = (None, Some(mandate.account.clone()));
    }
    let Some(way) = ways::chosen(&offered, &value) else {
        return Ok(redirect(visitor, &order.number, Some(PayError::NoWay.word())));
    };
    let click = Click {
        version,
        wallet: way.wallet.clone(),
        method: way.method.clone(),
        payer_code,
        account,
        return_url: format!("{}/o/{}?m={}", base_url(state, headers), order.number, ways::value(way)),
        address: visitor.address.to_string(),
        // Nobody leaves a card with us who could not remove it.
        keep: chosen.keep && !contact.is_empty(),
        contact,
        device: visitor.device.clone(),
    };
    match pay::click(&state.app, &order.number, &click).await {
        Ok(Clicked::Contact) => Ok(redirect(visitor, &order.number, Some("contact-wanted"))),
        // The page asks for the code that was sent, for as long as it is waited for.
        Ok(Clicked::Next(_) | Clicked::Wait | Clicked::Verify { .. }) => {
            Ok(redirect(visitor, &order.number, None))
        }
        Ok(Clicked::Identify { url }) => order::identify(state, visitor, &order.number, way, &url).await,
        Err(error) => match word_of(&error) {
            Some(word) => {
                tracing::info!(order = order.number, %error, "a payment was not begun");
                Ok(redirect(visitor, &order.number, Some(word)))
            }
            None => Err(refused(error)),
        },
    }
}

/// To the page of an order, with a word of `drive.error` or `refusal` if something did not work.
pub fn redirect(visitor: &Visitor, number: &str, error: Option<&'static str>) -> Response {
    let number = crate::pages::encoded(number);
    let path = match error {
        Some(error) => format!("/o/{number}?e={error}"),
        None => format!("/o/{number}"),
    };
    visitor.greet(Redirect::to(&path).into_response())
}

/// How this browser reaches us: as the settings say, else as it says itself.
pub fn base_url(state: &WebState, headers: &HeaderMap) -> String {
    let public = state.app.config.web.public_url.trim_end_matches('/');
    if !public.is_empty() {
        return public.to_owned();
    }
    let asked = headers.get(HOST).and_then(|value| value.to_str().ok());
    match asked {
        Some(host) => format!("http://{host}"),
        None => format!("http://{}", state.app.config.web.listen),
    }
}
