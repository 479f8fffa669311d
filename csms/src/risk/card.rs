//! A payment is decided once more when its provider has told the card: of most cards nobody knows anything at the click.

use super::{Decided, active, add, hits, past, read, verified};
use crate::{
    app::App,
    store::{
        StoreError, Tx,
        risk::{
            decisions,
            events::{self, EventRow},
        },
    },
};
use payments::risk::{
    Decision,
    rules::{Measure, Payment, Subject},
};

/// Decides about the card of an order's newest click, in the transaction of what the provider has told: by blocks of the
/// card, and by the rules that count cards or of a card. The others have had their say at the click, which is not
/// counted a second time. `version` is the order's, `card` the provider's fingerprint. `None`: there is nothing to decide
/// that was not decided at the click.
pub async fn decide_card(
    tx: &mut Tx,
    app: &App,
    order: i64,
    version: i64,
    card: &str,
) -> Result<Option<Decided>, StoreError> {
    let active = active::load(tx, app).await?;
    let card = active.keys.hash(card);
    let Some(click) = events::click_of(tx, order).await? else { return Ok(None) };
    if card.is_empty() || card == click.card {
        return Ok(None);
    }
    let blocked = events::lock(tx, Subject::Card, &card, app.clock.now()).await?;
    if let Some(row) = decisions::of_click(tx, order, version).await? {
        return read(row).map(Some);
    }
    events::set_card(tx, click.id, &card).await?;
    let click = EventRow { card, ..click };
    let Some(event) = past::event(&click) else { return Ok(None) };
    let segment = Some(click.segment.as_str()).filter(|segment| !segment.is_empty());
    let payment = Payment { at: app.clock.now(), amount: event.amount, keys: &event.keys, segment };
    let mut hits = hits(tx, &active.rules, &payment, Some(click.id)).await?;
    hits.retain(|hit| hit.subject == Subject::Card || hit.count == Measure::Cards);
    let verified = verified(tx, app, order, &click.device, event.amount).await?;
    let blocked = if blocked { vec![Subject::Card] } else { Vec::new() };
    let decision = Decision::of(hits, None, blocked, verified, &click.segment);
    add(tx, app, &active, (order, version), decision).await.map(Some)
}
