//! `/sandbox/pay/{reference}`: the payer's page. Whoever knows its address may play.

use crate::{
    WebState,
    front::Fail,
    login::frame_of,
    view::{self, SandboxNotice, SandboxPay, SandboxRefund},
};
use axum::{
    Form,
    extract::{OriginalUri, Path, Query, State},
    http::HeaderMap,
    response::{Html, IntoResponse, Redirect, Response},
};
use csms::sandbox::{
    Fault,
    play::{Manner, What, Whole},
};
use payments::{
    Amount,
    provider::{Capture, sandbox::wire::NewOrder},
};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Outcome {
    /// Why the last wish was not fulfilled: a word of the texts' family `notice.sandbox`.
    #[serde(default)]
    no: String,
}

/// Shows the order.
pub async fn show(
    State(state): State<WebState>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Path(reference): Path<String>,
    Query(outcome): Query<Outcome>,
) -> Result<Response, Fail> {
    let whole = state.app.sandbox.look(&reference).await?.ok_or(Fail::NotFound)?;
    let page = page_of(whole, &outcome.no)?;
    let mut shell = frame_of(&state, &uri, &headers);
    shell.fragment = false;
    Ok(Html(view::render(&page, &shell)?).into_response())
}

#[derive(Deserialize)]
pub struct Wish {
    what: String,
    #[serde(default)]
    payer: String,
    answers: String,
    notices: String,
    refunds: String,
}

/// Does what a button says.
pub async fn play(
    State(state): State<WebState>,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fail> {
    let what = match &*wish.what {
        "pay" => What::Pay,
        "pay-10" => What::PayLater(10),
        "pay-120" => What::PayLater(120),
        "pay-600" => What::PayLater(600),
        "pay-anyway" => What::PayAnyway,
        "refuse" => What::Refuse,
        "cancel" => What::Cancel,
        "forge" => What::Forge,
        "dispute" => What::Dispute,
        "dispute-won" => What::WinDispute,
        "dispute-lost" => What::LoseDispute,
        "nothing" => What::Nothing,
        _ => return Err(Fail::BadRequest),
    };
    let manner = Manner { answers: wish.answers, notices: wish.notices, refunds: wish.refunds };
    // The references are ours, in hexadecimal: one that is found needs no encoding.
    let page = format!("/sandbox/pay/{reference}");
    match state.app.sandbox.play(&reference, what, &wish.payer, &manner).await {
        Ok(()) => Ok(Redirect::to(&page).into_response()),
        Err(Fault::No(code, _)) if code.status() == 404 => Err(Fail::NotFound),
        Err(Fault::No(code, _)) => {
            Ok(Redirect::to(&format!("{page}?no={}", code.word().to_lowercase())).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

fn page_of(whole: Whole, no: &str) -> Result<SandboxPay, Fail> {
    let Whole { order, refunds, notices } = whole;
    let asked: NewOrder = serde_json::from_str(&order.asked).map_err(|_| Fail::BadRequest)?;
    let decimal = |minor: i64| match order.currency.parse() {
        Ok(currency) => Amount::new(minor, currency).decimal().to_string(),
        Err(_) => minor.to_string(),
    };
    let positive = |minor: i64| (minor > 0).then(|| decimal(minor));
    // Never a script's address.
    let http = asked.return_url.starts_with("http://") || asked.return_url.starts_with("https://");
    Ok(SandboxPay {
        no: (!no.is_empty())
            .then(|| if no == "closed" || no == "paid" { no.to_owned() } else { "other".to_owned() }),
        amount: decimal(order.amount_minor),
        held: positive(order.held_minor),
        taken: positive(order.taken_minor),
        returned: positive(order.returned_minor),
        holds: asked.capture == Capture::Later,
        back: if http { asked.return_url } else { String::new() },
        description: asked.description,
        can_pay: order.state == "waiting" && order.pays_at.is_none(),
        comes_anyway: matches!(&*order.state, "closed" | "failed"),
        can_dispute: order.state == "taken" && order.dispute.is_empty(),
        refunds: refunds
            .into_iter()
            .map(|row| SandboxRefund { state: row.state, amount: decimal(row.amount_minor), at: row.ends_at })
            .collect(),
        sent: notices
            .into_iter()
            .map(|row| SandboxNotice {
                kind: row.kind,
                forged: row.forged,
                state: row.state,
                tries: row.tries,
                trouble: row.trouble,
                due_at: row.due_at,
            })
            .collect(),
        reference: order.reference,
        merchant: order.merchant,
        number: order.number,
        method: order.method,
        state: order.state,
        currency: order.currency,
        payer: order.payer,
        dispute: order.dispute,
        pays_at: order.pays_at,
        expires_at: order.expires_at,
        holds_until: order.holds_until,
        answers: order.answers,
        notices: order.notices,
        refunds_manner: order.refunds,
        choices: [&Manner::ANSWERS[..], &Manner::NOTICES[..], &Manner::REFUNDS[..]],
        css: &crate::assets::SANDBOX.path,
    })
}
