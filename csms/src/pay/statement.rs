//! Statements of an account, asked for like anything else. What is in them is for clearing.

use super::call::{Asked, ask};
use crate::app::App;
use chrono::NaiveDate;
use payments::provider::{Answer, Call, FileKind, Told};

/// The account's file of a day, or why there is none to be had now.
///
/// # Errors
/// In words: the provider did not answer, or refused, or is out of order.
pub async fn statement(app: &App, account: &str, day: NaiveDate, kind: FileKind) -> Result<Told, String> {
    let account = app.pay.accounts.get(account).ok_or_else(|| format!("there is no account {account}"))?;
    match ask(app, account, &Call::Statement { day, kind }).await {
        Asked::Answer(Answer::Told(told)) => Ok(told),
        Asked::Answer(Answer::Refused(refusal)) => Err(format!("refused: {} {}", refusal.code, refusal.text)),
        Asked::Answer(Answer::Unknown(why) | Answer::Kept(why)) => Err(why),
        Asked::Answer(Answer::Then(_)) => Err("the provider asks for one request more".to_owned()),
        Asked::NotAsked(until) => Err(format!("the provider has not answered of late; not before {until}")),
    }
}
