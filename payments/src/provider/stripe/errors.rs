//! Errors of Stripe, by who has to do something about them.

use super::{
    Stripe, money,
    object::{Failure, Kind, Problem},
};
use crate::provider::{Answer, Refusal, RefusalKind, Response};

/// What a body is; `None` = not one of Stripe's objects.
pub(super) fn kind(body: &[u8]) -> Option<Kind> {
    let body = body.trim_ascii_start();
    if body.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(body).ok().filter(|kind: &Kind| !kind.object.is_empty())
}

/// The error in a body; without any words if there is none.
pub(super) fn problem(body: &[u8]) -> Problem {
    serde_json::from_slice::<Failure>(body).unwrap_or_default().error
}

/// A success that cannot be read: what was done is not known.
pub(super) fn unreadable(why: &serde_json::Error) -> Answer {
    Answer::Unknown(format!("Stripe's answer cannot be read: {why}"))
}

/// The same key and the same request again: is this the answer of the first time?
pub(super) fn replayed(response: &Response) -> bool {
    response.header("idempotent-replayed") == Some("true")
}

/// What an error answer means where nothing better is known of the call. What is only said again, and is no last word,
/// will be said to this key for a day.
pub(super) fn answer(stripe: &Stripe, response: &Response) -> Answer {
    match meaning(stripe, response) {
        Answer::Refused(refusal) if replayed(response) && refusal.is_ours() => Answer::Kept(refusal.text),
        Answer::Unknown(why) if replayed(response) && response.status >= 500 => Answer::Kept(why),
        answer => answer,
    }
}

fn meaning(stripe: &Stripe, response: &Response) -> Answer {
    let problem = problem(&response.body);
    let code = problem.decline_code.as_deref().or(problem.code.as_deref()).unwrap_or(&problem.kind);
    let said = problem.message.as_deref().unwrap_or("no reason given");
    let refused = |kind, text: &str| Answer::Refused(Refusal::new(kind, code, text));
    if response.status >= 500 || response.status < 400 {
        return Answer::Unknown(format!("Stripe answered {}: {}", response.status, money::clip(said)));
    }
    if problem.kind.is_empty() {
        let text =
            format!("Stripe answered {} without one of its errors (is a proxy between?)", response.status);
        return Answer::Unknown(text);
    }
    match (response.status, problem.kind.as_str()) {
        (401, _) => refused(
            RefusalKind::Access,
            &format!(
                "Stripe does not accept secret_key ({said}): make a new one in the dashboard and set it"
            ),
        ),
        (403, _) => refused(
            RefusalKind::Access,
            &format!(
                "the key or the account may not do this ({said}): give the restricted key the permission"
            ),
        ),
        (429, _) => refused(RefusalKind::Trouble, &format!("Stripe limits us: {said}")),
        (409, _) => Answer::Unknown("another request with the same key is at work: ask again".to_owned()),
        (_, "idempotency_error") => Answer::Unknown(format!(
            "the same key was sent with other parameters before, which may have been carried out: {}",
            money::clip(said)
        )),
        _ if response.header("stripe-should-retry") == Some("true") => {
            Answer::Unknown(format!("Stripe wants to be asked again: {}", money::clip(said)))
        }
        (404, _) if code == "resource_missing" => {
            let other = if stripe.live { "test" } else { "live" };
            let text = format!("{said} (does it belong to another account, or to {other} mode?)");
            refused(RefusalKind::Absent, &text)
        }
        (_, "card_error") => refused(RefusalKind::Payer, said),
        (_, "invalid_request_error") if is_poor(&problem) => Answer::Refused(poor(said)),
        (_, "invalid_request_error") => refused(invalid(code), said),
        (_, "api_error") => Answer::Unknown(format!("Stripe answered {}: {said}", response.status)),
        _ => refused(RefusalKind::Setup, said),
    }
}

/// Is there not enough in our balance at Stripe? This error has often no code.
fn is_poor(problem: &Problem) -> bool {
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let (code, finer) = (word(&problem.code), word(&problem.message_code));
    let known = ["balance_insufficient", "insufficient_funds", "insufficient_balance_for_refund"];
    let said = word(&problem.message).to_ascii_lowercase();
    known.contains(&code.as_str())
        || known.contains(&finer.as_str())
        || (code.is_empty() && said.starts_with("insufficient funds in your stripe"))
}

/// A refund waits for money in our balance.
pub(super) fn poor(said: &str) -> Refusal {
    let text = format!("{said} (add funds to the balance at Stripe: it goes on by itself)");
    Refusal::new(RefusalKind::Trouble, "insufficient_funds", &text)
}

/// Whose doing an invalid request is.
fn invalid(code: &str) -> RefusalKind {
    match code {
        "charge_already_refunded" | "charge_already_captured" => RefusalKind::Closed,
        "charge_expired_for_capture" | "capture_charge_authorization_expired" => RefusalKind::Closed,
        "payment_intent_unexpected_state" => RefusalKind::Closed,
        "payment_method_unactivated" | "payment_method_unexpected_state" => RefusalKind::Payer,
        "authentication_required" | "payment_intent_authentication_failure" => RefusalKind::Payer,
        "payment_intent_incompatible_payment_method" => RefusalKind::Unsupported,
        "terminal_reader_busy" | "terminal_reader_offline" | "terminal_reader_timeout" => {
            RefusalKind::Trouble
        }
        "lock_timeout" | "rate_limit" => RefusalKind::Trouble,
        "resource_missing" => RefusalKind::Absent,
        _ => RefusalKind::Setup,
    }
}
