//! What is for the driver of an order alone: an invoice, a kept card, notices on the phone.

use crate::{
    Browser,
    drive_order::{charge, paid},
    till::{Till, field, location},
};
use chrono::TimeDelta;
use csms::{
    config::Config,
    pay::{self, later},
    store::{documents, messages, pay::attempts, pushes},
};

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

#[tokio::test]
async fn a_driver_asks_for_an_invoice_once_and_nobody_else_does() {
    let till = Till::open().await;
    let (ada, bob) = (till.console.browser(), till.console.browser());
    let path = paid(&till, &ada).await;
    let page = ada.page(&path).await;
    has(&page, &["I need an invoice", "name=\"tax_id\""]);
    let token = field(&page, "token");
    let other = bob.page(&path).await;
    assert!(!other.contains("name=\"tax_id\""), "whoever has only the number sees no form");
    let send = async |browser: &Browser, token: &str, fields: &[(&str, &str)]| {
        let mut form = vec![("token", token)];
        form.extend_from_slice(fields);
        browser.post(&format!("{path}/invoice")).form(&form).send().await.unwrap()
    };
    let whole = [
        ("name", "Lovelace <Ltd>"),
        ("tax_id", "GB 999 9999 73"),
        ("address", "1 St James\r\nLondon"),
        ("email", "Books@Lovelace.example"),
    ];
    assert_eq!(send(&bob, &token, &whole).await.status(), 403, "another browser's token");
    assert_eq!(send(&bob, &field(&other, "token"), &whole).await.status(), 403, "not the driver");
    let wrong = send(&ada, &token, &[("name", "Ada"), ("tax_id", "<b>"), ("address", "1 St James")]).await;
    assert_eq!(wrong.status(), 422);
    has(
        &wrong.text().await.unwrap(),
        &["A tax number has 2 to 40", "value=\"&lt;b&gt;\"", ">1 St James</textarea>"],
    );
    assert_eq!(location(&send(&ada, &token, &whole).await), path);
    has(&ada.page(&path).await, &["It will be made out to Lovelace &lt;Ltd&gt;"]);
    assert!(!bob.page(&path).await.contains("Lovelace"));
    let again = send(&ada, &token, &[("name", "Other")]).await;
    assert_eq!(again.status(), 422);
    has(&again.text().await.unwrap(), &["An invoice was asked for already"]);
    let order = till.orders().await.remove(0);
    assert_eq!(order.contact, "books@lovelace.example");
    let mut tx = till.console.app.db.read().await.unwrap();
    let wish = documents::wished(&mut tx, order.id).await.unwrap().unwrap();
    assert_eq!((&*wish.name, &*wish.address), ("Lovelace <Ltd>", "1 St James\nLondon"));
}

#[tokio::test]
async fn nothing_is_invoiced_that_is_not_sold() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = location(&till.click(&browser, &[]).await);
    let page = browser.page(&path).await;
    assert!(!page.contains("name=\"tax_id\""));
    let form = [("token", field(&page, "token")), ("name", "Ada".to_owned())];
    let answer = browser.post(&format!("{path}/invoice")).form(&form).send().await.unwrap();
    assert_eq!(location(&answer), format!("{path}?e=not-now"));
}

/// A till whose messages are kept, and a browser that has opened the link that was sent to the contact.
async fn known(till: &Till, contact: &str) -> Browser {
    let browser = till.console.browser();
    till.click(&browser, &[("method", "stripe.hosted"), ("contact", contact)]).await;
    let number = till.orders().await.remove(0).number;
    let token = field(&browser.page("/me").await, "token");
    browser.post("/me").form(&[("token", token.as_str()), ("contact", contact)]).send().await.unwrap();
    let app = &till.console.app;
    let mut tx = app.db.write().await.unwrap();
    let until = app.clock.now() + TimeDelta::minutes(1);
    let all = messages::Recipients { like: "%", but: [""; 2] };
    let kept = messages::lease(&mut tx, all, app.clock.now(), until, 10).await.unwrap();
    tx.commit().await.unwrap();
    let message = kept.iter().find(|row| row.kind == "sign_in").expect("the link");
    let (_, key) = message.link.split_once("/me?key=").unwrap();
    let token = field(&browser.page(&format!("/me?key={key}")).await, "token");
    browser.post("/me/open").form(&[("token", &*token), ("key", key)]).send().await.unwrap();
    pay::cancel(app, &number, "driver").await.unwrap();
    pay::turn(app).await.unwrap();
    browser
}

#[tokio::test]
async fn a_known_driver_keeps_a_card_pays_with_it_and_removes_it() {
    let mut config = Config::default();
    config.messages.hook_url = "https://hook.example".into();
    config.messages.hook_secret = "0123456789abcdef0123456789abcdef".into();
    let till = Till::open_with(config, false).await;
    let stranger = till.console.browser();
    assert!(!stranger.page(&till.path()).await.contains("name=\"keep\""), "nobody knows who that is");
    let ada = known(&till, "ada@example.com").await;
    has(&ada.page(&till.path()).await, &["name=\"keep\"", "Keep this card for next time", "I can remove it"]);
    let path = location(&till.click(&ada, &[("method", "stripe.hosted"), ("keep", "yes")]).await);
    let order = till.orders().await.remove(0);
    assert!(path.ends_with(&order.number));
    let app = &till.console.app;
    let mut tx = app.db.read().await.unwrap();
    let attempt = attempts::of_order(&mut tx, order.id).await.unwrap().remove(0);
    drop(tx);
    has(&attempt.body, &["\"keep\":true"]);
    let on_file =
        later::OnFile { account: "st", customer: "cus_1", instrument: "pm_1", brand: "visa", last4: "4242" };
    later::mandate(app, order.driver_id.unwrap(), &on_file, "driver").await.unwrap();
    pay::cancel(app, &order.number, "driver").await.unwrap();
    pay::turn(app).await.unwrap();

    let page = ada.page(&till.path()).await;
    has(&page, &["Pay with Visa ••4242", "value=\"kept."]);
    let value = format!("kept.{}", page.split("value=\"kept.").nth(1).unwrap().split('"').next().unwrap());
    assert!(!stranger.page(&till.path()).await.contains("4242"));
    // Somebody else's card is no way to pay.
    let answer = till.click(&stranger, &[("method", &value)]).await;
    assert!(location(&answer).ends_with("?e=no-way"));
    let order = till.orders().await.remove(0);
    pay::cancel(app, &order.number, "driver").await.unwrap();
    location(&till.click(&ada, &[("method", &value)]).await);
    let order = till.orders().await.remove(0);
    let mut tx = app.db.read().await.unwrap();
    let attempt = attempts::of_order(&mut tx, order.id).await.unwrap().remove(0);
    drop(tx);
    assert_eq!((&*attempt.account, &*attempt.method), ("st", "on_file"));

    let page = ada.page("/me").await;
    has(&page, &["Kept cards", "Visa ••4242", "Remove"]);
    let form = [("token", field(&page, "token")), ("card", value.trim_start_matches("kept.").to_owned())];
    assert_eq!(stranger.post("/me/kept").form(&form).send().await.unwrap().status(), 403);
    let own = [("token", field(&stranger.page("/me").await, "token")), form[1].clone()];
    assert_eq!(location(&stranger.post("/me/kept").form(&own).send().await.unwrap()), "/me", "not theirs");
    has(&ada.page("/me").await, &["Visa ••4242"]);
    assert_eq!(location(&ada.post("/me/kept").form(&form).send().await.unwrap()), "/me?removed=yes");
    let page = ada.page("/me?removed=yes").await;
    has(&page, &["The card was removed"]);
    assert!(!page.contains("4242"));
}

#[tokio::test]
async fn a_driver_is_told_on_the_phone_and_another_browser_is_not() {
    let till = Till::open().await;
    let (ada, bob) = (till.console.browser(), till.console.browser());
    let worker = ada.get("/o/worker.js").send().await.unwrap();
    assert_eq!(worker.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(worker.headers()["cache-control"], "no-cache");
    has(&worker.text().await.unwrap(), &["showNotification", "notificationclick"]);
    let path = paid(&till, &ada).await;
    charge(&till, path.trim_start_matches("/o/"), false).await;
    pay::turn(&till.console.app).await.unwrap();
    let page = ada.page(&path).await;
    has(&page, &["id=\"push\"", "Tell me on this phone", "data-key=\"B"]);
    let other = bob.page(&path).await;
    assert!(!other.contains("id=\"push\""));
    // A point of the curve, as browsers write it (of the example of RFC 8291).
    let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let send = async |browser: &Browser, token: String, endpoint: &str, off: &str| {
        let form = [
            ("token", &*token),
            ("endpoint", endpoint),
            ("p256dh", p256dh),
            ("auth", "BTBZMqHH6r4Tts7J_aSIgg"),
            ("off", off),
        ];
        browser.post(&format!("{path}/push")).form(&form).send().await.unwrap().status().as_u16()
    };
    let token = || field(&page, "token");
    let good = "https://fcm.googleapis.com/fcm/send/x";
    assert_eq!(send(&bob, field(&other, "token"), good, "").await, 403);
    assert_eq!(send(&ada, field(&other, "token"), good, "").await, 403);
    for bad in ["http://fcm.googleapis.com/x", "https://10.0.0.1/x", "https://intern.example/x"] {
        assert_eq!(send(&ada, token(), bad, "").await, 422, "{bad}");
    }
    let app = &till.console.app;
    let order = till.orders().await.remove(0);
    let known = async || {
        let mut tx = app.db.read().await.unwrap();
        pushes::of_order(&mut tx, order.id, app.clock.now(), 10).await.unwrap().len()
    };
    assert_eq!(send(&ada, token(), good, "").await, 204);
    assert_eq!(known().await, 1);
    assert_eq!(send(&ada, token(), good, "yes").await, 204);
    assert_eq!(known().await, 0);
}
