use crate::{
    now,
    till::{Says, Till, field, location},
};
use chrono::TimeDelta;
use csms::{config::Config, pay};
use payments::code::Wanted;
use reqwest::Method;

const WECHAT: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50";
const ALIPAY: &str = "Mozilla/5.0 (Linux; Android 14) AlipayClient/10.6";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130 Mobile Safari/537.36";

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

#[tokio::test]
async fn the_landing_page_tells_place_price_and_hold_in_both_languages() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let page = browser.page(&till.path()).await;
    has(
        &page,
        &[
            "Hafen &amp; S",
            "Hafen &lt;West&gt;",
            "CP1",
            "Outlet 1",
            "Free.",
            "0.52",
            "22:00",
            "Held before charging",
        ],
    );
    has(
        &page,
        &[
            "per session",
            "after the first 4 hours",
            "aria-current=\"time\"",
            "In plain words".to_lowercase().as_str(),
        ],
    );
    let zh = browser
        .get(&till.path())
        .header("accept-language", "zh-CN")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    has(&zh, &["空闲", "充电前冻结", "lang=\"zh-Hans\"", "0.52"]);
    till.set("CP1", 1, "Preparing", "").await;
    has(&browser.page(&till.path()).await, &["a car is plugged in"]);
}

#[tokio::test]
async fn the_app_that_shows_the_page_decides_the_buttons() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let page = async |agent: &str| {
        browser.get(&till.path()).header("user-agent", agent).send().await.unwrap().text().await.unwrap()
    };
    let values = |html: &str| -> Vec<String> {
        html.split("name=\"method\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(&page(WECHAT).await), ["wechat.in_wallet"]);
    assert_eq!(values(&page(ALIPAY).await), ["alipay.phone_browser"]);
    assert_eq!(values(&page(PHONE).await), ["stripe.hosted", "wechat.phone_browser", "alipay.phone_browser"]);
    assert_eq!(values(&page("Firefox").await), ["stripe.hosted", "wechat.code", "alipay.phone_browser"]);
}

#[tokio::test]
async fn looking_changes_nothing_whoever_looks() {
    let till = Till::open().await;
    let browser = till.console.browser();
    for _ in 0..3 {
        for method in [Method::GET, Method::HEAD] {
            let url = format!("http://{}{}", till.console.address, till.path());
            let answer = reqwest::Client::new().request(method, url).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    }
    assert!(till.orders().await.is_empty());
    let path = location(&till.click(&browser, &[("method", "stripe.hosted")]).await);
    let before = till.orders().await;
    for query in ["", "?e=declined", "?m=stripe.hosted&code=x&state=y", "?done=lifted"] {
        browser.page(&format!("{path}{query}")).await;
    }
    browser.page("/me").await;
    assert_eq!(till.orders().await, before);
}

#[tokio::test]
async fn one_page_is_one_order_however_often_it_is_sent() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let page = browser.page(&till.path()).await;
    let (key, token) = (field(&page, "page_key"), field(&page, "token"));
    let form = [
        ("page_key", key.as_str()),
        ("token", token.as_str()),
        ("method", "stripe.hosted"),
        ("contact", "Ada@Example.com"),
    ];
    let send = || browser.post(&till.path()).form(&form).send();
    let (first, second) = tokio::join!(send(), send());
    let paths: Vec<_> = [first.unwrap(), second.unwrap()].iter().map(location).collect();
    let orders = till.orders().await;
    assert_eq!(orders.len(), 1);
    let order = &orders[0];
    assert!(paths.iter().all(|path| path.starts_with(&format!("/o/{}", order.number))), "{paths:?}");
    assert_eq!(
        (order.contact.as_str(), order.agent.as_str(), order.address.as_str()),
        ("ada@example.com", "browser", "127.0.0.1")
    );
    assert_eq!((order.state.as_str(), order.device.len()), ("pending", 32));
    // The way to the provider is a link and never a redirect of the form.
    let page = browser.page(&format!("/o/{}", order.number)).await;
    has(&page, &["https://pay.example/", "data-go=\"", "Waiting for your payment"]);
}

#[tokio::test]
async fn a_form_of_another_browser_or_site_is_refused() {
    let till = Till::open().await;
    let (mine, other) = (till.console.browser(), till.console.browser());
    let page = mine.page(&till.path()).await;
    let (key, token) = (field(&page, "page_key"), field(&page, "token"));
    other.page(&till.path()).await;
    let form = [("page_key", key.as_str()), ("token", token.as_str()), ("method", "stripe.hosted")];
    assert_eq!(other.post(&till.path()).form(&form).send().await.unwrap().status(), 403);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        assert_eq!(
            mine.post(&till.path()).form(&form).header(name, value).send().await.unwrap().status(),
            403
        );
    }
    let forged = [("page_key", key.as_str()), ("token", "00000000000000000000000000000000")];
    assert_eq!(mine.post(&till.path()).form(&forged).send().await.unwrap().status(), 403);
    assert!(till.orders().await.is_empty());
    let path = location(&mine.post(&till.path()).form(&form).send().await.unwrap());
    let token = field(&mine.page(&path).await, "token");
    for act in ["pay", "cancel", "stop"] {
        let form = [("version", "2"), ("token", token.as_str()), ("method", "stripe.hosted")];
        assert_eq!(
            other.post(&format!("{path}/{act}")).form(&form).send().await.unwrap().status(),
            403,
            "{act}"
        );
        let foreign =
            mine.post(&format!("{path}/{act}")).form(&form).header("origin", "https://evil.example");
        assert_eq!(foreign.send().await.unwrap().status(), 403, "{act}");
    }
    assert_eq!(till.orders().await[0].state, "pending");
}

#[tokio::test]
async fn codes_that_do_not_hold_say_why() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let app = &till.console.app;
    let wanted = Wanted::of([("maxenergy", "20000"), ("maxtime", "5400")]);
    let display = app.codes.sign("CP1", 1, wanted, app.clock.now(), TimeDelta::minutes(5));
    let page = browser.page(&format!("/p/{display}")).await;
    has(&page, &["data-left=\"300\"", "This code is good for"]);
    has(&page, &["charging ends after <b>20.0 kWh</b> or <b>1 h 30 min</b>"]);
    assert!(!browser.page(&till.path()).await.contains("charging ends after"), "a sticker limits nothing");
    assert!(!page.contains("You chose less"));
    let little = Wanted::of([("maxcost", "0.01")]);
    let little = app.codes.sign("CP1", 1, little, app.clock.now(), TimeDelta::minutes(5));
    has(&browser.page(&format!("/p/{little}")).await, &["You chose less at the charger"]);
    let (key, token) = (field(&page, "page_key"), field(&page, "token"));
    app.clock.advance(TimeDelta::seconds(301));
    let path = format!("/p/{display}");
    let answer = browser.get(&path).send().await.unwrap();
    assert_eq!(answer.status(), 410);
    has(&answer.text().await.unwrap(), &["This code has expired", "Look at the screen"]);
    let form = [("page_key", key.as_str()), ("token", token.as_str()), ("method", "stripe.hosted")];
    assert_eq!(browser.post(&path).form(&form).send().await.unwrap().status(), 410);
    pay::revoke_code(app, &till.code).await.unwrap();
    let answer = browser.get(&till.path()).header("accept-language", "zh").send().await.unwrap();
    assert_eq!(answer.status(), 410);
    has(&answer.text().await.unwrap(), &["此二维码已停用"]);
    let answer = browser.get("/p/nonsense").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    has(&answer.text().await.unwrap(), &["This code is not known", "do not pay"]);
    assert!(till.orders().await.is_empty());
}

#[tokio::test]
async fn where_nothing_can_be_sold_the_page_says_why_and_what_else_is_free() {
    let till = Till::open().await;
    let browser = till.console.browser();
    till.set("CP1", 1, "Faulted", "GroundFailure").await;
    let page = browser.page(&till.path()).await;
    has(&page, &["Out of order.", "GroundFailure", "Free chargers nearby", "CP1 / 2", "On this site"]);
    assert!(!page.contains("name=\"method\""));
    till.set("CP1", 1, "Unavailable", "").await;
    has(&browser.page(&till.path()).await, &["out of service"]);
    let offline = pay::sticker_codes(&till.console.app, &"CP2".into(), &[1]).await.unwrap().remove(0).code;
    let page = browser.page(&format!("/p/{offline}")).await;
    has(&page, &["Not connected.", "1 free"]);
    let till = Till::open_with(Config::default(), false).await;
    let mut tx = till.console.app.db.write().await.unwrap();
    let row = csms::store::row::StationRow { id: "CP3".into(), created_at: now(), ..Default::default() };
    csms::store::stations::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let code = pay::sticker_codes(&till.console.app, &"CP3".into(), &[1]).await.unwrap().remove(0).code;
    has(
        &till.console.browser().page(&format!("/p/{code}")).await,
        &["There is no price for this charger yet"],
    );
}

#[tokio::test]
async fn a_second_driver_waits_or_takes_over_after_the_first_payment_is_closed() {
    let till = Till::open().await;
    let (ada, bob) = (till.console.browser(), till.console.browser());
    let path = location(&till.click(&ada, &[("method", "stripe.hosted")]).await);
    let page = bob.page(&till.path()).await;
    has(&page, &["Somebody else is paying here", "name=\"take_over\"", "14:05"]);
    let answer = till.click(&bob, &[("method", "alipay.phone_browser")]).await;
    assert_eq!(answer.status(), 409);
    assert_eq!(till.orders().await.len(), 1);
    has(&ada.page(&till.path()).await, &["To your order at this charger"]);
    // Closing is work for outside; whoever does it does it while Bob waits.
    let worker = async {
        while till.orders().await.len() < 2 {
            pay::turn(&till.console.app).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let taken = till.click(&bob, &[("method", "stripe.hosted"), ("take_over", "yes")]);
    let (answer, ()) = tokio::join!(taken, worker);
    assert_ne!(location(&answer), path);
    has(&ada.page(&path).await, &["Cancelled"]);
    let states: Vec<_> = till.orders().await.into_iter().map(|order| order.state).collect();
    assert_eq!(states, ["pending", "cancelled"]);
}

#[tokio::test]
async fn a_code_an_address_and_a_guesser_have_limits() {
    let till = Till::open().await;
    till.say(Says::Refuses);
    let browser = till.console.browser();
    let mut made = 0;
    for _ in 0..13 {
        let answer = till.click(&browser, &[("method", "stripe.hosted")]).await;
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "60");
            has(&answer.text().await.unwrap(), &["Too many tries"]);
        } else {
            made += 1;
        }
    }
    assert_eq!((made, till.orders().await.len()), (12, 12));
    let from = |address: &'static str, path: String| {
        let request = browser.get(&path).header("x-forwarded-for", address);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    for n in 0..20 {
        assert_eq!(from("198.51.100.7", format!("/p/guess{n}")).await, 404);
    }
    assert_eq!(from("198.51.100.7", till.path()).await, 429);
    assert_eq!(from("198.51.100.8", till.path()).await, 200, "another address is another matter");
}

#[tokio::test]
async fn a_contact_that_is_none_is_said_so_and_kept_in_the_form() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let answer = till.click(&browser, &[("method", "stripe.hosted"), ("contact", "ada at home")]).await;
    assert_eq!(answer.status(), 422);
    has(&answer.text().await.unwrap(), &["This is no e-mail address", "value=\"ada at home\""]);
    assert!(till.orders().await.is_empty());
}
