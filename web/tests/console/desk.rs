//! The desk: every page with and without rows, who may do what, and what it does.

use crate::{
    Browser, Console,
    desk_seed::{furnish, order, order_of, refunds_of},
    now,
    till::Till,
};
use chrono::TimeDelta;
use csms::store::{
    clearing::cases as clearing_cases,
    events,
    pay::{orders, tasks},
    risk::cases as risk_cases,
    routing,
};

const PAGES: [&str; 10] = [
    "/orders",
    "/refunds",
    "/routing",
    "/ledger",
    "/clearing",
    "/clearing/cases",
    "/clearing/fees",
    "/risk",
    "/documents",
    "/driver-messages",
];

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

#[tokio::test]
async fn without_rows_every_page_says_what_to_do_next_in_both_languages() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let told = [
        ("/orders", "[[pay.accounts]]", "尚无收款账户"),
        ("/refunds", "No refund is open", "没有进行中的退款"),
        ("/routing", "[[pay.accounts]]", "内置规则"),
        ("/ledger", "csms ledger verify", "试算平衡"),
        ("/clearing", "At 03:00", "尚未结算任何一天"),
        ("/risk", "Nobody has to look", "没有待复核的支付"),
        ("/documents", "receipts.seller.name", "尚未开具票据"),
        ("/driver-messages", "messages.smtp_url", "还没有消息"),
    ];
    for (path, english, chinese) in told {
        let html = ada.page(path).await;
        has(&html, &[english, "class=\"subnav\"", "aria-current=\"page\""]);
        let zh = ada.get(path).header("accept-language", "zh").send().await.unwrap().text().await.unwrap();
        has(&zh, &[chinese]);
    }
    for path in PAGES {
        assert_eq!(console.browser().get(path).send().await.unwrap().status(), 303, "{path} needs a login");
    }
    for path in ["/orders/9", "/orders/x", "/orders/9/documents/R1.pdf"] {
        assert_eq!(ada.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test]
async fn an_order_tells_its_whole_story_and_nothing_of_it_as_markup() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    let html = ada.page("/orders/7").await;
    has(&html, &["18.93\u{a0}EUR", "A7", "pi_&lt;1&gt;", "visa ···· 4242 DE", "Hafen &lt;West&gt;"]);
    has(&html, &["the cheapest that passes the rule", "too expensive", "809 of 812", "rule 3"]);
    has(&html, &["NOTENOUGH: &lt;i&gt;low", "overdue", "to be looked at", "evt_&lt;1&gt;"]);
    has(&html, &["given up", "no answer &lt;b&gt;", "Money taken", "provider:st", "this card is blocked"]);
    has(&html, &["/sessions/10", "5.50", "R2026-000001"]);
    has(&html, &["Refund the amount", "Try them again", "Ask the provider"]);
    assert!(!html.contains("<b>ada") && !html.contains("<i>low") && !html.contains("Cancel the order"));
    let zh = ada.get("/orders/7").header("accept-language", "zh").send().await.unwrap().text().await.unwrap();
    has(&zh, &["为何选择该账户", "已收款", "该银行卡已被停用"]);
    has(&ada.page("/orders/8").await, &["Nobody has tried to pay yet", "Cancel the order"]);
    let pdf = ada.get("/orders/7/documents/R2026-000001.pdf").send().await.unwrap();
    assert_eq!(pdf.headers()["content-type"], "application/pdf");
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    assert_eq!(ada.get("/orders/8/documents/R2026-000001.pdf").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_lists_show_what_is_there_and_filter_it() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    let html = ada.page("/orders").await;
    has(
        &html,
        &[
            "id=\"o-7\"",
            "id=\"o-8\"",
            "refunds failed: 1",
            "tasks given up, or sessions that do not stop: 1",
            "contradict the books: 1",
        ],
    );
    has(&html, &["risk cases: 1", "clearing cases: 1"]);
    for (query, seven, eight) in [
        ("state=created", false, true),
        ("site=1", true, true),
        ("site=2", false, false),
        ("account=st", true, false),
        ("q=A7", true, false),
        ("q=order8", false, true),
        ("q=pi_%3C1%3E", true, false),
        ("trouble=tasks", true, false),
        ("trouble=notices", true, false),
        ("state=nonsense", true, true),
    ] {
        let html = ada.page(&format!("/orders?{query}")).await;
        let found = (html.contains("id=\"o-7\""), html.contains("id=\"o-8\""));
        assert_eq!(found, (seven, eight), "{query}");
    }
    let html = ada.page("/refunds").await;
    has(&html, &["Failed: somebody has to act", "id=\"r-81\"", "id=\"r-82\"", "overdue"]);
    has(&ada.page("/refunds?filter=all").await, &["id=\"r-81\"", "id=\"r-82\""]);
    let html = ada.page("/ledger").await;
    has(&html, &["provider:st", "18.93\u{a0}EUR", "(18.93\u{a0}EUR)", "balanced", "Not sealed yet"]);
    assert!(!html.contains("does not balance"));
    has(&ada.page("/ledger?account=deposits&kind=taken&order=order7").await, &["id=\"e-", "/orders/7"]);
    for query in ["account=fees%3Ast", "kind=payout", "order=none", "prefix=host"] {
        assert!(
            !ada.page(&format!("/ledger?{query}")).await.contains("id=\"e-") || query.starts_with("prefix")
        );
    }
    has(&ada.page("/documents").await, &["R2026-000001", "/orders/7"]);
    has(&ada.page("/documents?q=R2026-000001").await, &["/orders/7/documents"]);
    has(&ada.page("/documents?q=R9").await, &["Nothing found"]);
    has(&ada.page("/routing").await, &["id=\"a-st\"", "id=\"a-wx\"", "fee below 0.6 %"]);
    has(&ada.page("/risk").await, &["this card is blocked", "50.00\u{a0}EUR", "Version 0"]);
    has(&ada.page("/clearing/cases").await, &["&lt;n&gt;", "12.00\u{a0}EUR", "missing in our books"]);
}

#[tokio::test]
async fn secrets_of_messages_are_never_shown() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    for path in ["/driver-messages", "/orders/7"] {
        let html = ada.page(path).await;
        has(&html, &["thanks", "One-time code", "secret and is not shown"]);
        assert!(!html.contains("s3cr3t"), "{path}");
    }
}

/// Everything that changes something, with what its form says.
const ACTS: [(&str, &[(&str, &str)]); 12] = [
    ("/orders/7/refund", &[("attempt", "71"), ("amount", "1"), ("reason", "x")]),
    ("/orders/7/returned", &[("refund", "R81"), ("note", "x")]),
    ("/orders/7/query", &[]),
    ("/orders/7/retry", &[]),
    ("/orders/7/stop", &[]),
    ("/orders/8/cancel", &[]),
    ("/routing/wish", &[("account", "st"), ("wish", "off")]),
    ("/routing/clear", &[("account", "st")]),
    ("/clearing/cases/21", &[("way", "accept"), ("note", "x")]),
    ("/clearing/cases", &[("way", "accept"), ("cases", "21"), ("note", "x")]),
    ("/clearing/fees", &[("account", "st"), ("from", "2026-06-01"), ("rate", "1")]),
    ("/risk/cases/45", &[("verdict", "fraud")]),
];

async fn bring(browser: &Browser, token: &str, name: &str, bytes: Vec<u8>) -> (u16, String) {
    let mut body = Vec::new();
    let fields = [
        ("csrf", token),
        ("account", "st"),
        ("file", "trades"),
        ("format", "wattline"),
        ("day", "2026-04-30"),
    ];
    for (name, value) in fields {
        let part = format!("--x1\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head =
        format!("--x1\r\ncontent-disposition: form-data; name=\"statement\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&bytes);
    body.extend_from_slice(b"\r\n--x1--\r\n");
    let kind = "multipart/form-data; boundary=x1";
    let answer =
        browser.post("/clearing/statements").header("content-type", kind).body(body).send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), to.unwrap_or(answer.text().await.unwrap()))
}

const TRADES: &str = "at,kind,number,reference,amount,fee,currency\n\
                      2026-04-30T10:00:00Z,payment,X1,ref1,12.00,0.07,EUR\n";

#[tokio::test]
async fn a_viewer_and_a_form_from_elsewhere_change_nothing() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let (ada, vic) = (till.console.as_user("ada").await, till.console.as_user("vic").await);
    let of_vic = crate::csrf_of(&vic.page("/account").await);
    for (path, fields) in ACTS {
        assert_eq!(vic.submit(path, fields).await.status(), 403, "{path} by a viewer");
        for token in ["", of_vic.as_str()] {
            let form: Vec<_> = fields.iter().copied().chain([("csrf", token)]).collect();
            let answer = ada.post(path).form(&form).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} with another token");
        }
    }
    assert_eq!(bring(&vic, &of_vic, "a.csv", TRADES.into()).await.0, 403);
    assert_eq!(bring(&ada, &of_vic, "a.csv", TRADES.into()).await.0, 403);
    for path in
        ["/orders/7", "/orders/8", "/routing", "/clearing", "/clearing/cases", "/clearing/fees", "/risk"]
    {
        let html = vic.page(path).await;
        let own = html.matches("method=\"post\"").count();
        // Language, appearance and leaving are everybody's.
        assert_eq!(own, 2, "{path} offers a viewer what may not be done");
    }
    assert_eq!(
        (refunds_of(&till.console).await.len(), order_of(&till.console, 8).await.state.as_str()),
        (2, "created")
    );
    let mut tx = till.console.app.db.read().await.unwrap();
    assert!(routing::overrides(&mut tx, now()).await.unwrap().is_empty());
    assert_eq!(risk_cases::count_open(&mut tx).await.unwrap(), 1);
    assert_eq!(clearing_cases::count_open(&mut tx).await.unwrap(), 1);
}

#[tokio::test]
async fn money_is_given_back_exactly_and_never_more_than_there_is() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    let ask = async |amount: &str| {
        ada.submit("/orders/7/refund", &[("attempt", "71"), ("amount", amount), ("reason", "noise <b>")])
            .await
    };
    // 18.93 was taken, and 0.50 is on its way back.
    for wrong in ["18.44", "0", "-1", "1.005", "much", "99999999999999999999"] {
        let answer = ask(wrong).await;
        assert_eq!(answer.status(), 409, "{wrong}");
        has(&answer.text().await.unwrap(), &["This was not done", "role=\"alert\""]);
    }
    assert_eq!(refunds_of(&till.console).await.len(), 2);
    let answer = ask("2.50").await;
    assert_eq!(answer.headers()["location"], "/orders/7?done=refund-asked");
    let made = refunds_of(&till.console).await.pop().unwrap();
    let told = (made.amount_minor, made.kind.as_str(), made.asked_by.as_str(), made.reason.as_str());
    assert_eq!(told, (250, "goodwill", "ada", "noise <b>"));
    let page = ada.page("/orders/7?done=refund-asked").await;
    has(&page, &["The refund is on its way", "Refund wanted", "2.50\u{a0}EUR", "noise &lt;b&gt;"]);
    assert_eq!(ada.submit("/orders/99/refund", &[("attempt", "71"), ("amount", "1")]).await.status(), 404);
}

#[tokio::test]
async fn what_could_not_be_given_back_is_done_when_somebody_says_how() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    has(&ada.page("/orders/7").await, &["id=\"do-elsewhere\"", "Where and how"]);
    let failed = refunds_of(&till.console).await.into_iter().find(|row| row.state == "failed").unwrap();
    let say = async |order: i64, number: &str, note: &str| {
        ada.submit(&format!("/orders/{order}/returned"), &[("refund", number), ("note", note)]).await
    };
    assert_eq!(say(7, &failed.number, " ").await.status(), 409);
    assert_eq!(say(8, &failed.number, "x").await.status(), 404, "of another order");
    let answer = say(7, &failed.number, "in cash <b>").await;
    assert_eq!(answer.headers()["location"], "/orders/7?done=refund-elsewhere");
    let row = refunds_of(&till.console).await.into_iter().find(|row| row.id == failed.id).unwrap();
    assert_eq!(row.state, "done");
    let page = ada.page("/orders/7?done=refund-elsewhere").await;
    has(&page, &["The refund counts as done", "Given back elsewhere", "in cash &lt;b&gt;"]);
    assert!(!page.contains("do-elsewhere"));
}

#[tokio::test]
async fn an_order_is_asked_after_tried_again_and_cancelled_but_not_stopped_before_it_runs() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    let state_of = async |key: &str| {
        let mut tx = till.console.app.db.read().await.unwrap();
        let task = tasks::by_key(&mut tx, key).await.unwrap().unwrap();
        (task.state, task.due_at <= now())
    };
    assert_eq!(ada.submit("/orders/7/query", &[]).await.status(), 303);
    assert_eq!(state_of("query:71").await, ("waiting".to_owned(), true));
    assert_eq!(ada.submit("/orders/7/retry", &[]).await.status(), 303);
    assert_eq!(state_of("release:71").await, ("waiting".to_owned(), true));
    let answer = ada.submit("/orders/8/stop", &[]).await;
    assert_eq!(answer.status(), 409);
    has(&answer.text().await.unwrap(), &["That cannot be done as the order stands now."]);
    let answer = ada.submit("/orders/8/cancel", &[]).await;
    assert_eq!(answer.headers()["location"], "/orders/8?done=order-cancelled");
    assert_eq!(order_of(&till.console, 8).await.state, "cancelled");
    has(&ada.page("/orders/8").await, &["Cancelled", "ada"]);
}

#[tokio::test]
async fn an_account_is_switched_off_preferred_and_left_to_the_rule_again() {
    let till = Till::open().await;
    let ada = till.console.as_user("ada").await;
    let wishes = async || {
        let mut tx = till.console.app.db.read().await.unwrap();
        routing::overrides(&mut tx, now()).await.unwrap()
    };
    let off = [("account", "wx"), ("wish", "off"), ("method", "code"), ("hours", "2"), ("note", "<i>")];
    assert_eq!(ada.submit("/routing/wish", &off).await.headers()["location"], "/routing?done=wish-kept");
    let row = wishes().await.pop().unwrap();
    assert_eq!((row.wish.as_str(), row.until), ("off", Some(now() + TimeDelta::hours(2))));
    has(&ada.page("/routing").await, &["&lt;i&gt;", "ada", "/routing/clear"]);
    for wrong in [
        [("account", "wx"), ("wish", "gone"), ("method", ""), ("hours", "")],
        [("account", "wx"), ("wish", "off"), ("method", "hosted"), ("hours", "")],
        [("account", "wx"), ("wish", "off"), ("method", ""), ("hours", "99999")],
    ] {
        assert_eq!(ada.submit("/routing/wish", &wrong).await.status(), 400, "{wrong:?}");
    }
    assert_eq!(ada.submit("/routing/wish", &[("account", "none"), ("wish", "off")]).await.status(), 404);
    assert_eq!(ada.submit("/routing/clear", &[("account", "wx"), ("method", "code")]).await.status(), 303);
    assert!(wishes().await.is_empty());
    assert_eq!(ada.submit("/routing/clear", &[("account", "wx"), ("method", "code")]).await.status(), 404);
    let mut tx = till.console.app.db.read().await.unwrap();
    let told = events::list(&mut tx, &events::Filter::default(), None, 50).await.unwrap();
    let kinds: Vec<_> =
        told.iter().map(|row| row.kind.as_str()).filter(|kind| kind.starts_with("routing")).collect();
    assert_eq!(kinds, ["routing.cleared", "routing.wish"]);
}

#[tokio::test]
async fn cases_of_clearing_and_risk_are_settled_by_who_looks_at_them() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    let answer = ada.submit("/clearing/cases/21", &[("way", "accept")]).await;
    assert_eq!(answer.status(), 409, "what is accepted needs a note");
    assert_eq!(ada.submit("/clearing/cases/21", &[("way", "magic")]).await.status(), 400);
    let answer = ada.submit("/clearing/cases/21", &[("way", "accept"), ("note", "<checked>")]).await;
    assert_eq!(answer.headers()["location"], "/clearing/cases?done=case-settled");
    has(&ada.page("/clearing/cases?state=resolved").await, &["&lt;checked&gt;", "Accept as they say"]);
    assert!(!ada.page("/clearing/cases").await.contains("id=\"c-21\""));

    assert_eq!(ada.submit("/risk/cases/45", &[("verdict", "odd")]).await.status(), 400);
    let answer = ada.submit("/risk/cases/45", &[("verdict", "fraud"), ("note", "<stolen>")]).await;
    assert_eq!(answer.headers()["location"], "/risk?done=case-looked-at");
    has(&ada.page("/risk?filter=all").await, &["Looked at by ada", "&lt;stolen&gt;"]);
    has(&ada.page("/risk").await, &["Nobody has to look"]);
    assert_eq!(ada.submit("/risk/cases/45", &[("verdict", "honest")]).await.status(), 404, "it is closed");
}

#[tokio::test]
async fn a_statement_is_taken_whole_once_and_never_too_large() {
    let till = Till::open().await;
    let ada = till.console.as_user("ada").await;
    let token = crate::csrf_of(&ada.page("/account").await);
    let (status, to) = bring(&ada, &token, "C:\\may.csv", TRADES.into()).await;
    assert_eq!((status, to.as_str()), (303, "/clearing?done=file-taken"));
    assert_eq!(bring(&ada, &token, "may.csv", TRADES.into()).await.1, "/clearing?done=file-known");
    has(&ada.page("/clearing").await, &["may.csv", "wattline", "ada"]);
    let (status, page) = bring(&ada, &token, "bad.csv", TRADES.replace("12.00", "<much>").into()).await;
    assert_eq!(status, 409);
    has(&page, &["This was not done", "bad.csv"]);
    assert_eq!(bring(&ada, &token, "none.csv", Vec::new()).await.0, 409);
    let (status, page) = bring(&ada, &token, "large.csv", vec![b'x'; 16 * 1024 * 1024 + 1]).await;
    assert_eq!(status, 409);
    has(&page, &["at most 16 MiB"]);
}

#[tokio::test]
async fn orders_go_on_where_the_page_stopped() {
    let till = Till::open().await;
    let mut tx = till.console.app.db.write().await.unwrap();
    for id in 1..=70 {
        assert!(orders::create(&mut tx, &order(id, "created")).await.unwrap());
    }
    tx.commit().await.unwrap();
    let ada = till.console.as_user("ada").await;
    let first = ada.page("/orders?state=created").await;
    assert!(first.contains("id=\"o-70\"") && first.contains("id=\"o-21\"") && !first.contains("id=\"o-20\""));
    let second = ada.page("/orders?state=created&before=21").await;
    assert!(
        second.contains("id=\"o-20\"") && second.contains("id=\"o-1\"") && !second.contains("id=\"o-21\"")
    );
}
