//! A driver asks for an invoice with a name on it: before the order is paid, or after, when it takes the place of the
//! receipt.

use super::{
    acts::{self, redirect},
    landing::contact_of,
    order::{self, Asked},
    refused, seal, stale,
    visitor::Visitor,
};
use crate::{WebState, front::Fail, view::InvoiceView};
use axum::{
    Form, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use csms::{
    pay::{self, PayError, State as Standing, Status},
    receipts::{self, ReceiptError},
    store::{
        StoreError, Tx,
        documents::{self, DocumentRow},
    },
};
use payments::receipt::Buyer;
use serde::Deserialize;

/// Characters of a line, as the documents take them.
const LINE_MAX: usize = 120;
/// Lines of an address.
const LINES_MAX: usize = 5;
/// Characters of a tax number: the longest in use have about twenty.
const TAX: std::ops::RangeInclusive<usize> = 2..=40;

/// The route.
pub fn routes() -> Router<WebState> {
    Router::new().route("/o/{number}/invoice", post(ask))
}

/// The form as it was sent.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    tax_id: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    email: String,
}

/// What the page says about an invoice; `None`: there is nothing to make one of.
pub async fn view(
    tx: &mut Tx,
    status: &Status,
    document: Option<&DocumentRow>,
    last: Option<&(Typed, &'static str)>,
) -> Result<Option<InvoiceView>, StoreError> {
    if !may_ask(status) {
        return Ok(None);
    }
    let order = &status.order;
    let wish = documents::wished(tx, order.id).await?;
    let state = match (document, &wish) {
        (Some(document), _) if document.kind == "invoice" => "issued",
        (_, Some(_)) => "asked",
        _ => "open",
    };
    let (typed, error) = last.cloned().unzip();
    let typed = typed.unwrap_or_else(|| Typed {
        email: Some(&order.contact).filter(|to| to.contains('@')).cloned().unwrap_or_default(),
        name: wish.map(|wish| wish.name).unwrap_or_default(),
        ..Typed::default()
    });
    let Typed { name, tax_id, address, email, .. } = typed;
    Ok(Some(InvoiceView { state, name, tax_id, address, email, error }))
}

/// Something is being sold, or was.
pub fn may_ask(status: &Status) -> bool {
    let sold = matches!(
        status.state,
        Standing::Authorized
            | Standing::Charging
            | Standing::Settling
            | Standing::Captured
            | Standing::PartlyRefunded
            | Standing::Owing
    );
    sold && status.order.purpose != "top_up" && status.order.due_minor != Some(0)
}

async fn ask(
    State(state): State<WebState>,
    Path(number): Path<String>,
    visitor: Visitor,
    Form(sent): Form<Typed>,
) -> Result<Response, Response> {
    let fail = |error: Fail| error.into_response();
    let back = || format!("/o/{}", crate::pages::encoded(&number));
    if !seal(&state).await.map_err(fail)?.holds("order", &acts::subject(&visitor, &number), &sent.token) {
        return Err(stale(&back()).into_response());
    }
    let status = pay::status(&state.app, &number).await.map_err(refused)?;
    let contact = visitor.contact(&state).await.map_err(fail)?;
    if !visitor.owns(&status.order, &contact) {
        return Err(stale(&back()).into_response());
    }
    let wrong = async |word| {
        let asked = Asked { invoice: Some((sent.clone(), word)), ..Asked::default() };
        order::again_with(&state, &visitor, &number, &asked).await
    };
    if !may_ask(&status) {
        return Ok(redirect(&visitor, &number, Some("not-now")));
    }
    let (buyer, email) = match read(&sent) {
        Ok(read) => read,
        Err(word) => return wrong(word).await,
    };
    match keep(&state, &status, &buyer, &email).await {
        Ok(None) => Ok(redirect(&visitor, &number, None)),
        Ok(Some(word)) => wrong(word).await,
        Err(error) => Err(error),
    }
}

/// Keeps it; a word of `drive.invoice.error` if it could not be.
async fn keep(
    state: &WebState,
    status: &Status,
    buyer: &Buyer,
    email: &str,
) -> Result<Option<&'static str>, Response> {
    let (app, order) = (&state.app, &status.order);
    let fail = |error: StoreError| Fail::Store(error).into_response();
    let mut tx = app.db.read().await.map_err(fail)?;
    let asked = documents::wished(&mut tx, order.id).await.map_err(fail)?.is_some();
    drop(tx);
    // What was asked first counts, and is not changed in silence.
    if asked {
        return Ok(Some("asked"));
    }
    if !email.is_empty() && email != order.contact {
        pay::contact(app, &order.number, email, true).await.map_err(refused)?;
    }
    match receipts::want_invoice(app, order, buyer, app.clock.now()).await {
        Ok(()) => Ok(None),
        Err(ReceiptError::Issued) => Ok(Some("issued")),
        Err(ReceiptError::Buyer("address", _)) => Ok(Some("address")),
        Err(ReceiptError::Buyer(..)) => Ok(Some("name")),
        Err(ReceiptError::Store(error)) => Err(refused(PayError::Store(error))),
        Err(error) => {
            // It is kept; the next turn of the receipts tries again, and says the same in the log.
            tracing::error!(order = order.number, %error, "the invoice that a driver asked for was not made yet");
            Ok(None)
        }
    }
}

/// What was typed, ready for a document, and the e-mail address; else a word of `drive.invoice.error`.
fn read(sent: &Typed) -> Result<(Buyer, String), &'static str> {
    let line = |text: &str| text.chars().count() <= LINE_MAX && !text.chars().any(char::is_control);
    let (name, tax_id) = (sent.name.trim(), sent.tax_id.trim());
    if name.is_empty() || !line(name) {
        return Err("name");
    }
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '/');
    let fits = TAX.contains(&tax_id.chars().count()) && tax_id.chars().all(plain);
    if !(tax_id.is_empty() || fits) {
        return Err("tax");
    }
    let address: Vec<String> =
        sent.address.lines().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
    if address.len() > LINES_MAX || !address.iter().all(|text| line(text)) {
        return Err("address");
    }
    let email = contact_of(&sent.email).filter(|to| to.is_empty() || to.contains('@')).ok_or("email")?;
    Ok((Buyer { name: name.to_owned(), address, tax_id: tax_id.to_owned() }, email))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, tax_id: &str, address: &str, email: &str) -> Typed {
        let own = str::to_owned;
        let (name, tax_id, address, email) = (own(name), own(tax_id), own(address), own(email));
        Typed { token: String::new(), name, tax_id, address, email }
    }

    #[test]
    fn what_is_typed_is_taken_as_people_write_it() {
        let sent =
            typed(" 上海充电有限公司 ", "91310000MA1FL5E78X", " Zuchongzhi 1239 \r\n\r\nShanghai", "A@B.cn");
        let (buyer, email) = read(&sent).unwrap();
        assert_eq!((&*buyer.name, &*buyer.tax_id), ("上海充电有限公司", "91310000MA1FL5E78X"));
        assert_eq!(buyer.address, ["Zuchongzhi 1239", "Shanghai"]);
        assert_eq!(email, "a@b.cn");
        assert!(read(&typed("Ada", "", "", "")).is_ok(), "only the name has to be there");
    }

    #[test]
    fn what_cannot_stand_on_a_document_is_said_by_field() {
        let long = "x".repeat(LINE_MAX + 1);
        for (sent, word) in [
            (typed(" ", "", "", ""), "name"),
            (typed(&long, "", "", ""), "name"),
            (typed("Ada\u{7}", "", "", ""), "name"),
            (typed("Ada", "DE<b>", "", ""), "tax"),
            (typed("Ada", "1", "", ""), "tax"),
            (typed("Ada", "", "1\n2\n3\n4\n5\n6", ""), "address"),
            (typed("Ada", "", &long, ""), "address"),
            (typed("Ada", "", "", "ada at home"), "email"),
            (typed("Ada", "", "", "+49 40 123456"), "email"),
        ] {
            assert_eq!(read(&sent).unwrap_err(), word, "{sent:?}");
        }
    }
}
