use crate::{
    Browser, now,
    till::{Says, Till, field, location},
};
use chrono::TimeDelta;
use csms::{
    pay,
    store::{
        pay::orders,
        row::{ReadingRow, SessionRow, Write},
    },
};

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

pub async fn act(browser: &Browser, path: &str, act: &str, fields: &[(&str, &str)]) -> String {
    let page = browser.page(path).await;
    let (version, token) = (field(&page, "version"), field(&page, "token"));
    let mut form = vec![("version", version.as_str()), ("token", token.as_str())];
    form.extend_from_slice(fields);
    location(&browser.post(&format!("{path}/{act}")).form(&form).send().await.unwrap())
}

/// The session of the order's identifier, with readings of a fast charge from 40 to 60 %.
pub async fn charge(till: &Till, number: &str, ended: bool) {
    let app = &till.console.app;
    let order = orders::by_number(&mut app.db.read().await.unwrap(), number).await.unwrap().unwrap();
    let hash = order.tariff_hash.clone();
    let started_at = app.clock.now() - TimeDelta::minutes(20);
    let row = SessionRow {
        id: app.ids.next(),
        station_id: "CP1".into(),
        evse: 1,
        connector: 1,
        reference: "7".into(),
        generation: 0,
        protocol: "ocpp1.6".into(),
        start_digest: 1,
        state: if ended { "ended" } else { "open" }.into(),
        token_uid: order.token_uid.clone(),
        token_kind: "Central".into(),
        group_uid: None,
        verdict: "Accepted".into(),
        site_id: Some(1),
        time_zone: "Europe/Berlin".into(),
        tariff_hash: Some(hash.clone()),
        currency: "EUR".into(),
        started_at,
        ended_at: None,
        last_at: app.clock.now(),
        received_at: app.clock.now(),
        start_mwh: Some(1_000_000),
        last_mwh: Some(13_000_000),
        stop_mwh: None,
        energy_mwh: 12_000_000,
        power_w: Some(36_000),
        soc_percent: Some(60),
        charging_state: "Charging".into(),
        cost: "6.59".into(),
        seqs: String::new(),
        messages: 3,
        stop_reason: String::new(),
        stop_token: String::new(),
        remote_start: None,
        reservation: None,
        flags: String::new(),
    };
    let reading = |n: i64, phase: &str| ReadingRow {
        session_id: row.id,
        digest: n,
        at: started_at + TimeDelta::minutes(10 * n),
        received_at: started_at + TimeDelta::minutes(10 * n),
        phase: phase.into(),
        seq: None,
        register_mwh: Some(1_000_000 + 6_000_000 * n),
        power_w: Some(36_000),
        soc_percent: Some(40 + 10 * n),
        body: r#"{"charging":true}"#.into(),
    };
    let snapshot = app.catalog.by_hash(&hash).unwrap();
    let mut writes =
        vec![Write::Snapshot { hash, body: snapshot.body.clone() }, Write::Session(Box::new(row.clone()))];
    writes.extend(
        [reading(0, "start"), reading(1, "update"), reading(2, "update")]
            .map(|r| Write::Reading(Box::new(r))),
    );
    app.writer.commit(writes).await.unwrap();
}

pub async fn paid(till: &Till, browser: &Browser) -> String {
    let path = location(&till.click(browser, &[("method", "stripe.hosted")]).await);
    till.say(Says::Held);
    till.console.app.clock.advance(TimeDelta::seconds(6));
    pay::turn(&till.console.app).await.unwrap();
    path
}

#[tokio::test]
async fn a_journey_from_the_choice_to_the_live_page() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = location(&till.click(&browser, &[]).await);
    let page = browser.page(&path).await;
    has(&page, &["How do you want to pay?", "data-phase=\"choose\"", "stripe.hosted", "data-left=\"300\""]);
    assert_eq!(act(&browser, &path, "pay", &[("method", "wechat.code")]).await, path);
    has(&browser.page(&path).await, &["class=\"qr\"", "Scan this with the wallet", "data-live=\""]);
    // Another wallet after all: the first attempt is closed at its provider before.
    let page = browser.page(&path).await;
    assert!(!page.contains("pay.example"));
    till.say(Says::Held);
    till.console.app.clock.advance(TimeDelta::seconds(6));
    pay::turn(&till.console.app).await.unwrap();
    let page = browser.page(&path).await;
    has(&page, &["Paid. Please plug in", "Held, not taken", "to plug in"]);
    let number = path.trim_start_matches("/o/").to_owned();
    charge(&till, &number, false).await;
    pay::turn(&till.console.app).await.unwrap();
    let page = browser.page(&path).await;
    // 20 % were 12 kWh: 60 kWh in all. 12 kWh to 80 % and 12 kWh more, slower, at 36 kW: 20 and 40 minutes.
    has(&page, &["Charging at 36.0 kW", "Full in about 60 minutes", "12.000", "60<small>%", "about 60 kWh"]);
    has(
        &page,
        &["Cost so far", "Session fee", "0.35", "Used of what is held", "Fee for staying", "Stop charging"],
    );
    has(&page, &["stroke-dasharray=\"60 100\"", "tone-ok"]);
    assert_eq!(act(&browser, &path, "stop", &[]).await, path);
    has(&browser.page(&path).await, &["told to stop"]);
    let zh = browser.get(&path).header("accept-language", "zh").send().await.unwrap().text().await.unwrap();
    has(&zh, &["正在以 36.0 kW 充电", "目前费用明细"]);
}

#[tokio::test]
async fn what_is_refused_may_be_tried_in_another_way() {
    let till = Till::open().await;
    let browser = till.console.browser();
    till.say(Says::Refuses);
    let path = location(&till.click(&browser, &[("method", "stripe.hosted")]).await);
    let (path, query) = path.split_once('?').expect("the reason");
    assert_eq!(query, "e=declined");
    has(
        &browser.page(&format!("{path}?{query}")).await,
        &["This payment was refused", "alipay.phone_browser"],
    );
    till.say(Says::Waiting);
    assert_eq!(act(&browser, path, "pay", &[("method", "alipay.phone_browser")]).await, path);
    has(&browser.page(path).await, &["pay-alipay", "Waiting for your payment"]);
    // A page that is out of date changes nothing.
    let token = field(&browser.page(path).await, "token");
    let form = [("version", "1"), ("token", token.as_str()), ("method", "stripe.hosted")];
    let answer = browser.post(&format!("{path}/pay")).form(&form).send().await.unwrap();
    assert_eq!(location(&answer), format!("{path}?e=changed"));
}

#[tokio::test]
async fn an_order_is_cancelled_and_an_expired_one_offers_a_new_one() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = location(&till.click(&browser, &[]).await);
    act(&browser, &path, "cancel", &[]).await;
    has(&browser.page(&path).await, &["Cancelled", "Start anew", &till.path()]);
    let path = location(&till.click(&browser, &[]).await);
    till.console.app.clock.advance(TimeDelta::minutes(6));
    let page = browser.page(&path).await;
    has(&page, &["The time to pay is over", "Get a new offer"]);
    assert!(!page.contains("name=\"method\""));
}

#[tokio::test]
async fn a_start_that_never_comes_gives_everything_back_and_says_so() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = paid(&till, &browser).await;
    has(&browser.page(&path).await, &["Paid. Please plug in"]);
    till.console.app.hub.leave(&till.line);
    for _ in 0..20 {
        till.console.app.clock.advance(TimeDelta::minutes(1));
        pay::turn(&till.console.app).await.unwrap();
    }
    let page = browser.page(&path).await;
    has(
        &page,
        &[
            "Your money comes back",
            "Released",
            "Everything comes back",
            "Try again here",
            "None is known to be free",
        ],
    );
}

#[tokio::test]
async fn a_wallet_that_asks_who_pays_leads_there_and_back() {
    let till = Till::open_with(csms::config::Config::default(), true).await;
    let browser = till.console.browser();
    let wechat = "MicroMessenger/8.0";
    let html =
        browser.get(&till.path()).header("user-agent", wechat).send().await.unwrap().text().await.unwrap();
    let form = [
        ("page_key", field(&html, "page_key")),
        ("token", field(&html, "token")),
        ("method", "wechat.in_wallet".into()),
    ];
    let answer = browser.post(&till.path()).header("user-agent", wechat).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200, "a page with a link, no redirect of the form");
    has(&answer.text().await.unwrap(), &["https://wallet.example/who", "data-go=\""]);
    let number = till.orders().await[0].number.clone();
    let back = format!("/o/{number}?m=wechat.in_wallet&account=wx&code=c1&state={number}");
    let get = |path: String| browser.get(&path).header("user-agent", wechat).send();
    let page = get(back).await.unwrap().text().await.unwrap();
    has(&page, &["data-auto=\"", "name=\"code\" value=\"c1\""]);
    let form = [
        ("version", field(&page, "version")),
        ("token", field(&page, "token")),
        ("code", "c1".into()),
        ("account", field(&page, "account")),
        ("method", "wechat.in_wallet".into()),
    ];
    let sent = browser.post(&format!("/o/{number}/pay")).header("user-agent", wechat).form(&form);
    assert_eq!(location(&sent.send().await.unwrap()), format!("/o/{number}"));
    let page = get(format!("/o/{number}")).await.unwrap().text().await.unwrap();
    has(&page, &["data-bridge=\"{", "getBrandWCPayRequest", "appId&quot;:&quot;wx1&quot;"]);
    // A state that is not this order's is somebody else's login.
    let other =
        get(format!("/o/{number}?m=wechat.in_wallet&code=c1&state=x")).await.unwrap().text().await.unwrap();
    assert!(!other.contains("data-auto"));
}

#[tokio::test]
async fn a_page_of_an_order_hears_of_its_station() {
    let till = Till::open().await;
    let browser = till.console.browser();
    let path = location(&till.click(&browser, &[("method", "stripe.hosted")]).await);
    let mut hints = browser.get(&format!("{path}/live")).send().await.unwrap();
    assert_eq!(hints.headers()["content-type"], "text/event-stream");
    till.console.app.live.touch(&"CP2".into());
    till.console.app.live.touch(&"CP1".into());
    assert_eq!(hints.chunk().await.unwrap().unwrap(), "event: hint\ndata: changed\n\n");
    assert_eq!(browser.get("/o/nonsense/live").send().await.unwrap().status(), 404);
    let answer = browser.get("/o/nonsense").header("accept-language", "zh").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    has(&answer.text().await.unwrap(), &["没有这个订单"]);
    let part = browser.get(&path).header("x-fragment", "content").send().await.unwrap().text().await.unwrap();
    assert!(!part.contains("<html") && part.contains("data-phase=\"pay\""));
}

#[tokio::test]
async fn a_browser_finds_its_orders_and_nobody_elses() {
    let till = Till::open().await;
    let (ada, bob) = (till.console.browser(), till.console.browser());
    has(&ada.page("/me").await, &["Nothing here yet"]);
    let path = location(&till.click(&ada, &[("method", "stripe.hosted")]).await);
    has(&ada.page("/me").await, &[&path, "Hafen &lt;West&gt;"]);
    has(&bob.page("/me").await, &["Nothing here yet"]);
    let answer = bob.get("/me?key=1.2.3").send().await.unwrap();
    assert_eq!(answer.status(), 410);
    has(&answer.text().await.unwrap(), &["This link has expired"]);
}

#[tokio::test]
async fn a_contact_gets_a_link_to_its_orders_that_expires() {
    let mut config = csms::config::Config::default();
    config.messages.hook_url = "https://hook.example".into();
    config.messages.hook_secret = "0123456789abcdef0123456789abcdef".into();
    let till = Till::open_with(config, false).await;
    let (ada, other) = (till.console.browser(), till.console.browser());
    let path =
        location(&till.click(&ada, &[("method", "stripe.hosted"), ("contact", "Ada@example.com")]).await);
    let ask = async |contact: &str| {
        let token = field(&other.page("/me").await, "token");
        let form = [("token", token.as_str()), ("contact", contact)];
        other.post("/me").form(&form).send().await.unwrap()
    };
    assert_eq!(location(&ask("nobody@example.com").await), "/me?sent=yes");
    assert_eq!(ask("nonsense").await.status(), 422);
    assert_eq!(location(&ask("ada@example.com").await), "/me?sent=yes");
    has(&other.page("/me?sent=yes").await, &["a link is on its way"]);
    let app = &till.console.app;
    let mut tx = app.db.write().await.unwrap();
    let until = app.clock.now() + TimeDelta::minutes(1);
    let all = csms::store::messages::Recipients { like: "%", but: [""; 2] };
    let kept = csms::store::messages::lease(&mut tx, all, app.clock.now(), until, 10).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kept.len(), 1, "nobody learns who charges here, and nobody else is written to");
    let (_, link) = kept[0].link.split_once("/me?key=").unwrap();
    // Whose link it is is said before it counts: it may be somebody else's.
    let offer = other.page(&format!("/me?key={link}")).await;
    has(&offer, &["This link is for ada@example.com"]);
    has(&other.page("/me").await, &["Nothing here yet"]);
    let open = async |token: &str| {
        other.post("/me/open").form(&[("token", token), ("key", link)]).send().await.unwrap()
    };
    assert_ne!(open("forged").await.status(), 303);
    assert_eq!(location(&open(&field(&offer, "token")).await), "/me");
    has(&other.page("/me").await, &[&path, "ada@example.com"]);
    let token = field(&other.page("/me").await, "token");
    other.post("/me/leave").form(&[("token", token)]).send().await.unwrap();
    has(&other.page("/me").await, &["Nothing here yet"]);
    app.clock.advance(TimeDelta::minutes(16));
    assert_eq!(other.get(&format!("/me?key={link}")).send().await.unwrap().status(), 410);
    ask("ada@example.com").await;
    ask("ada@example.com").await;
    ask("ada@example.com").await;
    assert_eq!(ask("ada@example.com").await.status(), 429);
}

#[tokio::test]
async fn notifications_reach_their_provider_and_nothing_else_does() {
    let till = Till::open().await;
    let program = reqwest::Client::new();
    let send = |account: &str, body: Vec<u8>| {
        program.post(format!("http://{}/pay/notify/{account}", till.console.address)).body(body).send()
    };
    let answer = send("wx", b"nothing".to_vec()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "OK"));
    assert_eq!(send("wx", b"forged".to_vec()).await.unwrap().status(), 401);
    assert_eq!(send("nobody", b"nothing".to_vec()).await.unwrap().status(), 404);
    assert_eq!(
        send("wx", vec![b'x'; 700 * 1024]).await.unwrap().status(),
        401,
        "longer than a form, and read"
    );
    assert_eq!(send("wx", vec![b'x'; 1024 * 1024 + 1]).await.unwrap().status(), 413);
    let url = format!("http://{}/pay/notify/wx", till.console.address);
    assert_eq!(program.get(url).send().await.unwrap().status(), 405);
    assert!(till.orders().await.is_empty() && now() == till.console.app.clock.now());
}
