//! The page beside a card terminal.

use crate::{
    now,
    till::{Says, Till, field, location},
};
use csms::{pay, pay::kiosk, store::readers::ReaderRow};

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

/// Of the whole site.
async fn reader(till: &Till) -> String {
    let row = ReaderRow {
        id: 0,
        account: "st".into(),
        reader: "tmr_1".into(),
        name: "Pay station <1>".into(),
        code: String::new(),
        station_id: None,
        evse: 0,
        site_id: Some(1),
        created_at: now(),
    };
    format!("/k/{}", kiosk::assign(&till.console.app, row).await.unwrap().code)
}

#[tokio::test]
async fn a_driver_chooses_an_outlet_holds_a_card_and_is_told_to_plug_in() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = reader(&till).await;
    let page = browser.page(&path).await;
    has(
        &page,
        &["Pay station &lt;1&gt;", "Choose your outlet", "Outlet 1", "Outlet 2", "0.52", "Not connected."],
    );
    assert_eq!(page.matches("Pay by card").count(), 2, "what is away cannot be paid for: {page}");
    assert!(till.orders().await.is_empty(), "looking changes nothing");

    let (key, token) = (field(&page, "page_key"), field(&page, "token"));
    let form = [("page_key", key.as_str()), ("token", token.as_str()), ("station", "CP1"), ("evse", "1")];
    let order = location(&browser.post(&path).form(&form).send().await.unwrap());
    assert!(order.starts_with(&format!("{path}/")), "{order}");
    let page = browser.page(&order).await;
    has(&page, &["Hold your card to the reader.", &format!("content=\"2;url={order}\""), "Cancel"]);

    till.say(Says::Held);
    let number = order.rsplit('/').next().unwrap();
    pay::query_now(&till.console.app, number, "test").await.unwrap();
    pay::turn(&till.console.app).await.unwrap();
    let page = browser.page(&order).await;
    has(&page, &["Paid. Plug in now.", "class=\"qr\"", &format!("content=\"30;url={path}\"")]);
    let zh =
        browser.get(&order).header("accept-language", "zh-CN").send().await.unwrap().text().await.unwrap();
    has(&zh, &["已付款，请插枪。"]);
}

#[tokio::test]
async fn a_driver_who_thinks_better_of_it_and_a_reader_that_refuses_leave_nothing_behind() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = reader(&till).await;
    let choose = async || {
        let page = browser.page(&path).await;
        let (key, token) = (field(&page, "page_key"), field(&page, "token"));
        let form = [("page_key", key.as_str()), ("token", token.as_str()), ("station", "CP1"), ("evse", "1")];
        browser.post(&path).form(&form).send().await.unwrap()
    };
    let order = location(&choose().await);
    let token = field(&browser.page(&order).await, "token");
    let answer =
        browser.post(&format!("{order}/cancel")).form(&[("token", token.as_str())]).send().await.unwrap();
    assert_eq!(location(&answer), order);
    pay::turn(&till.console.app).await.unwrap();
    has(&browser.page(&order).await, &["Cancelled.", "Back to the outlets"]);

    till.say(Says::Refuses);
    let answer = choose().await;
    assert_eq!(answer.status(), 409);
    has(&answer.text().await.unwrap(), &["This payment was refused.", "Choose your outlet"]);
}

#[tokio::test]
async fn forms_of_others_and_orders_of_others_are_refused() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = reader(&till).await;
    let form = [("page_key", "0123456789abcdef"), ("token", "forged"), ("station", "CP1"), ("evse", "1")];
    assert_eq!(browser.post(&path).form(&form).send().await.unwrap().status(), 403);
    assert_eq!(browser.get("/k/nowhere").send().await.unwrap().status(), 404);
    till.click(&browser, &[("method", "stripe.hosted")]).await;
    let other = till.orders().await.remove(0).number;
    assert_eq!(browser.get(&format!("{path}/{other}")).send().await.unwrap().status(), 404);
}
