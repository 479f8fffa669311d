//! Is this payment like what is usual? Asked in the transaction of the click, before a provider is; and what became of
//! the payment is told there, in the transaction of that effect.

use super::{PayError, click::Click, docket::Docket, kept};
use crate::{
    messages::{self, Kind, Message},
    risk::{self, Decided, Facts, Outcome, Told, What, checks},
    store::{
        Tx,
        pay::drivers,
        risk::{cases, checks as rows},
        tokens,
    },
};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{Effect, End, Kind as RefundKind, Order, Standing},
    provider::{Instrument, Refusal, RefusalKind},
    risk::rules::language_of,
};
use serde_json::json;

/// What is done about a click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guarded {
    Go,
    /// A code was sent, and is to be typed first.
    Verify {
        expires_at: DateTime<Utc>,
    },
    /// A code is to be sent, and nobody knows where to.
    Contact,
    /// Not paid at all; why, in the driver's language.
    Deny(String),
}

/// Holds the payment against rules and model. What was decided is kept if the transaction is.
pub(super) async fn guard(
    docket: &Docket<'_>,
    tx: &mut Tx,
    click: &Click,
    account: &str,
    payer: &str,
) -> Result<Guarded, PayError> {
    let (app, order) = (docket.app, &docket.order);
    let card = kept::fingerprint(tx, &click.method, account).await?;
    let group = group(tx, order.driver_id).await?;
    let facts = Facts {
        order: order.id,
        click: order.version,
        amount: docket.asked()?,
        station: &order.station_id,
        site: order.site_id,
        session: docket.begins_session(),
        driver: order.driver_id,
        device: &click.device,
        card: &card,
        address: &click.address,
        phone: if order.contact.contains('@') { "" } else { &order.contact },
        wallet: payer,
        group: &group,
    };
    let decided = risk::decide(tx, app, &facts).await?;
    let words = note(docket, tx, &decided).await?;
    match decided.decision.outcome {
        Outcome::Allow | Outcome::Review => Ok(Guarded::Go),
        Outcome::Deny => Ok(Guarded::Deny(words)),
        Outcome::StepUp => verify(docket, tx, &facts, &decided).await,
    }
}

/// Tells the story what was decided; gives why, in the driver's language.
async fn note(docket: &Docket<'_>, tx: &mut Tx, decided: &Decided) -> Result<String, PayError> {
    let words = decided.decision.words(language_of(&docket.order.language)).join(" ");
    let outcome = decided.decision.outcome;
    if outcome != Outcome::Allow {
        let body = json!({"decision": decided.id, "outcome": outcome.word(), "why": words});
        docket.tell(tx, "risk.decided", "", body).await?;
    }
    Ok(words)
}

/// The group of the driver's own identifier; empty = none.
async fn group(tx: &mut Tx, driver: Option<i64>) -> Result<String, PayError> {
    let Some(driver) = driver else { return Ok(String::new()) };
    let Some(row) = drivers::find(tx, driver).await?.filter(|row| !row.token_uid.is_empty()) else {
        return Ok(String::new());
    };
    let known = tokens::by_key(tx, &row.token_uid).await?;
    Ok(known.into_iter().find_map(|token| token.group_uid).unwrap_or_default())
}

/// The provider has told the card of an attempt, and money is there: what the click could not know is decided now, before the
/// session begins. True: the order is not paid with it, what came goes back, and the order says why. Nobody can be asked for
/// a code any more: who would have been is looked at afterwards.
pub(super) async fn refuses_card(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    attempt: i64,
) -> Result<bool, PayError> {
    if !docket.begins_session() || docket.facts()?.winner().is_some() {
        return Ok(false);
    }
    let card = instrument(docket, attempt).fingerprint;
    let version = docket.order.version;
    let Some(decided) = risk::decide_card(tx, docket.app, docket.order.id, version, &card).await? else {
        return Ok(false);
    };
    note(docket, tx, &decided).await?;
    match decided.decision.outcome {
        Outcome::Allow | Outcome::Review => Ok(false),
        Outcome::StepUp => {
            look_at(docket, tx, &decided).await?;
            Ok(false)
        }
        Outcome::Deny => {
            End::Denied.word().clone_into(&mut docket.order.why);
            Ok(true)
        }
    }
}

/// Somebody looks at the payment, which goes on.
async fn look_at(docket: &Docket<'_>, tx: &mut Tx, decided: &Decided) -> Result<(), PayError> {
    let id = docket.app.ids.next();
    Ok(cases::open(tx, id, docket.order.id, decided.id, docket.now).await?)
}

/// A code to the driver's contact. Where no message can be sent at all, the wallet's own verification has to do, and
/// somebody looks at the payment.
async fn verify(
    docket: &Docket<'_>,
    tx: &mut Tx,
    facts: &Facts<'_>,
    decided: &Decided,
) -> Result<Guarded, PayError> {
    let (app, order) = (docket.app, &docket.order);
    let settings = &app.config.messages;
    if settings.hook_url.is_empty() && settings.smtp_url.is_empty() {
        look_at(docket, tx, decided).await?;
        metrics::counter!("csms_risk_checks_total", "outcome" => "no_channel").increment(1);
        docket.tell(tx, "risk.no_channel", "", json!({"decision": decided.id})).await?;
        return Ok(Guarded::Go);
    }
    if order.contact.is_empty() || !messages::possible(app, &order.contact) {
        return Ok(Guarded::Contact);
    }
    let waiting = rows::newest(tx, order.id).await?;
    if let Some(row) = waiting.filter(|row| row.state == "open" && row.expires_at > docket.now) {
        return Ok(Guarded::Verify { expires_at: row.expires_at });
    }
    let Some(checks::Waiting { id, code, expires_at }) = checks::ask(tx, app, facts, decided).await? else {
        return Ok(Guarded::Deny(too_often(&order.language).to_owned()));
    };
    let (subject, text) = code_text(&order.language, &code);
    let message = Message {
        key: &format!("code:{id}"),
        kind: Kind::Code,
        to: &order.contact,
        language: &order.language,
        subject,
        text: &text,
        link: "",
        order: Some(order.id),
    };
    messages::add(app, tx, &message, docket.now).await?;
    docket.tell(tx, "risk.code_sent", "", json!({"check": id})).await?;
    Ok(Guarded::Verify { expires_at })
}

fn code_text(language: &str, code: &str) -> (&'static str, String) {
    if language.starts_with("zh") {
        ("充电付款验证码", format!("您的验证码是 {code}。如非本人操作，请忽略。"))
    } else {
        (
            "Your code to pay for charging",
            format!("Your code is {code}. If you did not ask for it, ignore this message."),
        )
    }
}

fn too_often(language: &str) -> &'static str {
    if language.starts_with("zh") {
        "验证码请求过于频繁，请一小时后再试。"
    } else {
        "Codes were asked for too often: try again in an hour."
    }
}

/// Tells the rules what an event made of the payments.
pub(super) async fn told(
    docket: &Docket<'_>,
    tx: &mut Tx,
    before: &Order,
    after: &Order,
    effects: &[Effect],
) -> Result<(), PayError> {
    for one in &after.tries {
        let was = before.tries.iter().find(|known| known.id == one.id).map(|known| known.standing);
        if was == Some(one.standing) {
            continue;
        }
        let what = match one.standing {
            // Money that goes back at once has paid nothing.
            Standing::Held | Standing::Taken if !matches!(was, Some(Standing::Held)) && !one.extra => {
                What::Success
            }
            Standing::Failed if by_payer(docket, one.id) => What::Refusal,
            _ => continue,
        };
        tell(docket, tx, what, one.id, &one.id.to_string(), one.secured()).await?;
    }
    for effect in effects {
        if let Effect::Returned { refund, attempt, amount, kind: RefundKind::Goodwill } = effect {
            tell(docket, tx, What::Refund, *attempt, &refund.to_string(), amount.minor).await?;
        }
    }
    Ok(())
}

fn by_payer(docket: &Docket<'_>, attempt: i64) -> bool {
    let refusal = docket.attempt(attempt).and_then(|row| serde_json::from_str::<Refusal>(&row.refusal).ok());
    refusal.is_some_and(|refusal| refusal.kind == RefusalKind::Payer)
}

async fn tell(
    docket: &Docket<'_>,
    tx: &mut Tx,
    what: What,
    attempt: i64,
    key: &str,
    minor: i64,
) -> Result<(), PayError> {
    let told = Told {
        order: docket.order.id,
        what,
        key,
        amount: Amount::new(minor, docket.currency),
        card: &instrument(docket, attempt).fingerprint,
        wallet: docket.attempt(attempt).map_or("", |row| &row.payer),
    };
    Ok(risk::told(tx, docket.app, &told).await?)
}

/// What the provider has told of what an attempt was paid with.
fn instrument(docket: &Docket<'_>, attempt: i64) -> Instrument {
    let row = docket.attempt(attempt);
    row.and_then(|row| serde_json::from_str(&row.instrument).ok()).unwrap_or_default()
}
