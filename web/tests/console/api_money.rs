//! `/api/v1`: what has to do with money and drivers: orders, refunds, receipts, drivers, codes, terminals, vouchers, messages.

use crate::{
    Browser, Console,
    api_v1::{json_of, key, problem},
    desk_seed::furnish,
    now,
    till::Till,
};
use chrono::TimeDelta;
use csms::{
    api_key::Scope,
    store::{
        holds::{self, HoldRow},
        row::TokenRow,
        tokens,
        vat::{self, VatRow},
    },
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// A program with a key.
pub struct Program {
    browser: Browser,
    key: String,
}

impl Program {
    pub async fn of(console: &Console, scopes: &[Scope]) -> Program {
        Program { browser: console.browser(), key: key(console, scopes).await }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.browser.get(&format!("/api/v1{path}")).bearer_auth(&self.key)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.browser.post(&format!("/api/v1{path}")).bearer_auth(&self.key).json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.browser.put(&format!("/api/v1{path}")).bearer_auth(&self.key).json(body)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.browser.delete(&format!("/api/v1{path}")).bearer_auth(&self.key)
    }

    /// A request by the words of the document.
    fn by_word(&self, verb: &str, path: &str) -> RequestBuilder {
        match verb {
            "post" => self.browser.post(&format!("/api/v1{path}")),
            "put" => self.browser.put(&format!("/api/v1{path}")),
            "delete" => self.browser.delete(&format!("/api/v1{path}")),
            _ => self.browser.get(&format!("/api/v1{path}")),
        }
        .bearer_auth(&self.key)
    }

    /// All items of a list, a page of one after the other; how many there are is known.
    pub async fn one_by_one(&self, path: &str, count: usize) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let (mut found, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{join}limit=1{next}"));
            let page = json_of(page, 200).await;
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 1, "{path}: {page}");
            found.extend(items.iter().cloned());
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={}", percent(cursor)),
                None => break,
            }
            assert!(found.len() <= count, "{path} goes on for ever: {found:?}");
        }
        assert_eq!(found.len(), count, "{path}: {found:?}");
        found
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Tags of what is tested here and in `api_books.rs`.
const TAGS: [&str; 10] = [
    "Money",
    "Drivers",
    "Payment codes",
    "Card terminals",
    "Vouchers of offline wallets",
    "Routing",
    "Risk",
    "Ledger",
    "Clearing",
    "Messages to drivers",
];

#[tokio::test]
async fn every_operation_about_money_needs_its_scope_and_knows_what_is_not_there() {
    let till = Till::open().await;
    let all = Program::of(&till.console, &Scope::ALL).await;
    let document = json_of(all.get("/openapi.json"), 200).await;
    let mut seen = 0;
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, said) in verbs.as_object().unwrap() {
            if !TAGS.contains(&said["tags"][0].as_str().unwrap()) {
                continue;
            }
            seen += 1;
            let needed = said["x-scope"].as_str().unwrap();
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scope.word() != needed).collect();
            let at = path.split('/').map(|part| if part.starts_with('{') { "4711" } else { part });
            let at = at.collect::<Vec<_>>().join("/");
            let without = Program::of(&till.console, &others).await;
            problem(without.by_word(verb, &at), 403, "scope-missing").await;
            let body = said.get("requestBody").is_some();
            if path.contains('{') && !body {
                problem(all.by_word(verb, &at), 404, "not-found").await;
            }
            if body && at != "/clearing/statements" {
                let sent = all.by_word(verb, &at).header("if-match", "*").json(&json!("x"));
                problem(sent, 400, "invalid-body").await;
            }
        }
    }
    assert!(seen >= 95, "{seen} operations");
}

#[tokio::test]
async fn who_may_only_look_acts_on_nothing() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let viewer = Program::of(&till.console, &[Scope::Read, Scope::Money]).await;
    for path in ["cancel", "stop", "query", "retry", "receipts"] {
        let act = viewer.post(&format!("/orders/order7/{path}"), &json!({}));
        problem(act, 403, "scope-missing").await;
    }
    let sum = json!({ "amount_minor": 1, "currency": "EUR", "reference": "x" });
    let rule = json!({ "rule": {}, "segment": {} });
    for (path, body) in [
        ("/drivers", json!({ "token": "04A1" })),
        ("/drivers/1/balance/top-ups", sum.clone()),
        ("/drivers/1/balance/returns", sum),
        ("/orders/order7/invoice", json!({ "name": "Ada" })),
        ("/risk/rules", json!({ "rules": rule })),
        ("/risk/cases/45/resolution", json!({ "verdict": "honest" })),
        ("/clearing/runs", json!({})),
        ("/clearing/cases/21/resolution", json!({ "way": "accept", "note": "x" })),
        ("/clearing/resolutions", json!({ "way": "accept", "note": "x", "cases": ["21"] })),
        ("/clearing/statements?account=st", json!({})),
        ("/clearing/terms/st/fees", json!({ "rate": "1%" })),
        ("/clearing/share-rules", json!({ "site_id": "1", "host": "h", "rate": "1%" })),
    ] {
        problem(viewer.post(path, &body), 403, "scope-missing").await;
    }
    for (path, body) in [
        ("/drivers/1/contract", json!({ "token": "04A1", "pays_by": "later" })),
        ("/drivers/1/block", json!({})),
        ("/risk/rules/active", json!({ "version": 0 })),
        ("/risk/models/active", json!({ "model": "m1" })),
        ("/risk/blocks/card/x", json!({ "until": now() })),
        ("/routing/accounts/st/wish", json!({ "wish": "off" })),
    ] {
        problem(viewer.put(path, &body), 403, "scope-missing").await;
    }
}

#[tokio::test]
async fn an_order_tells_its_story_and_takes_what_operators_do() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let story = json_of(program.get("/orders/order7/story"), 200).await;
    let first = &story["items"][0];
    assert_eq!((&first["kind"], &first["by"]), (&json!("attempt.taken"), &json!("st")));
    assert_eq!(first["body"], json!({ "amount": "18.93 EUR" }));
    let notices = json_of(program.get("/orders/order7/notices"), 200).await;
    assert_eq!(notices["items"][0]["verdict"], "review:amount");
    let limits = json_of(program.get("/orders/order7/limits"), 200).await;
    assert_eq!(limits, json!({ "energy_wh": null, "time_s": null }));
    let routes = json_of(program.get("/orders/order7/routes"), 200).await;
    let decision = &routes["items"][0]["decision"];
    assert_eq!((&decision["chosen"], &decision["how"]), (&json!("st"), &json!("by_rule")));
    assert_eq!(decision["considered"][1]["verdict"], "too_expensive");

    // What needs a person is found over all orders.
    let given_up = program.one_by_one("/payment-tasks?state=given_up", 1).await;
    assert_eq!((&given_up[0]["order"], &given_up[0]["trouble"]), (&json!("order7"), &json!("no answer <b>")));
    program.one_by_one("/payment-tasks?order=order7", 2).await;
    program.one_by_one("/payment-tasks?order=nobody", 0).await;
    let told = program.one_by_one("/payment-notices?verdict=review", 1).await;
    assert_eq!(told[0]["order"], "order7");
    assert_eq!(json_of(program.get("/disputes?open=true"), 200).await, json!({ "items": [] }));
    let retried = json_of(program.post("/orders/order7/retry", &json!({})), 200).await;
    assert_eq!(retried["number"], "order7");
    program.one_by_one("/payment-tasks?state=given_up", 0).await;
    json_of(program.post("/orders/order7/query", &json!({})), 200).await;

    let cancelled = json_of(program.post("/orders/order8/cancel", &json!({})), 200).await;
    assert_eq!(cancelled["state"], "cancelled");
    let again = json_of(program.post("/orders/order8/cancel", &json!({})), 200).await;
    assert_eq!(again["state"], "cancelled", "done twice it is done once");
    let over = json_of(program.post("/orders/order7/stop", &json!({})), 200).await;
    assert_eq!(over["state"], "captured", "what is over is left as it is");
    let by = json_of(program.get("/orders/order8/story"), 200).await;
    let by = by["items"].as_array().unwrap().iter().find(|line| line["kind"] == "order.cancelled").cloned();
    assert!(by.unwrap()["by"].as_str().unwrap().starts_with("key test"));

    let refunds = program.one_by_one("/refunds", 2).await;
    assert_eq!(refunds[0]["number"], "R82");
    let open = program.one_by_one("/refunds?open=true", 1).await;
    assert_eq!((&open[0]["number"], &open[0]["order"]), (&json!("R82"), &json!("order7")));
    let failed = program.one_by_one("/refunds?state=failed", 1).await;
    assert_eq!(failed[0]["refusal"], "NOTENOUGH: <i>low");
    assert_eq!(json_of(program.get("/refunds/R81"), 200).await["amount_minor"], 100);
    problem(program.get("/refunds?cursor=x"), 400, "invalid-query").await;
    // Given back where nobody here can have it given back.
    let said = json!({"note": "in cash"});
    problem(program.post("/refunds/R99/returned", &said), 404, "not-found").await;
    problem(program.post("/refunds/R82/returned", &said), 409, "amount").await;
    for _said_twice in 0..2 {
        assert_eq!(json_of(program.post("/refunds/R81/returned", &said), 200).await["state"], "done");
    }
}

#[tokio::test]
async fn a_receipt_comes_as_pdf_and_an_invoice_is_asked_for_once() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let listed = json_of(program.get("/orders/order7/receipts"), 200).await;
    let number = listed["items"][0]["number"].as_str().unwrap().to_owned();
    let answer = program.get(&format!("/receipts/{number}/pdf")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains(&format!("{number}.pdf")));
    assert!(answer.bytes().await.unwrap().starts_with(b"%PDF-"));
    problem(program.get(&format!("/receipts/{number}/proof")), 409, "not-sealed").await;
    let nothing = json_of(program.post("/orders/order7/receipts", &json!({})), 200).await;
    assert_eq!(nothing, json!({ "items": [] }), "nothing is due");
    problem(program.post("/orders/order8/receipts", &json!({})), 409, "not-now").await;

    let ask = |name: &str| {
        let body = json!({ "name": name, "address": ["Kai 4", " ", "Hamburg"], "tax_id": "DE1" });
        program.post("/orders/order7/invoice", &body)
    };
    problem(ask(" "), 422, "invalid-field").await;
    problem(ask("Ada\u{7}"), 422, "invalid-field").await;
    let kinds = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&json_of(ask("Ada AG"), 202).await), ["receipt", "correction", "invoice"]);
    assert_eq!(kinds(&json_of(ask("Ada AG"), 202).await).len(), 3, "asked again it is the same");
    problem(ask("Somebody else"), 409, "asked").await;
    problem(program.post("/orders/order8/invoice", &json!({ "name": "Ada" })), 409, "not-now").await;
    program.one_by_one("/receipts?kind=invoice", 1).await;

    let told = program.one_by_one("/messages?order=order7", 2).await;
    assert_eq!((&told[0]["kind"], &told[0]["text"]), (&json!("code"), &Value::Null), "it lets its reader in");
    assert_eq!(told[1]["text"], "thanks");
    program.one_by_one("/messages?kind=receipt&state=waiting&recipient=ada@example.org", 1).await;
    let one = json_of(program.get("/messages/32"), 200).await;
    assert!(!one.to_string().contains("s3cr3t"), "{one}");
}

#[tokio::test]
async fn drivers_are_added_blocked_and_paid_for() {
    let till = Till::open().await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let new = json!({ "token": "04a1b2", "email": "Ada@Example.org", "pays_by": "balance" });
    let driver = json_of(program.post("/drivers", &new), 201).await;
    assert_eq!((&driver["token"], &driver["email"]), (&json!("04A1B2"), &json!("ada@example.org")));
    assert_eq!((&driver["standing"], &driver["pays_by"]), (&json!("good"), &json!("balance")));
    problem(program.post("/drivers", &new), 409, "taken-token").await;
    problem(program.post("/drivers", &json!({ "token": " " })), 422, "invalid-field").await;
    let typed = TokenRow {
        id: 9,
        uid: "4711".into(),
        kind: "KeyCode".into(),
        group_uid: None,
        holder: "Bo".into(),
        language: String::new(),
        blocked: false,
        expires_at: None,
        concurrent: false,
        created_at: now(),
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    let mut tx = till.console.app.db.write().await.unwrap();
    tokens::create(&mut tx, &typed).await.unwrap();
    tx.commit().await.unwrap();
    let other = json_of(program.post("/drivers", &json!({ "token": "4711", "phone": "+49170" })), 201).await;
    assert_eq!(other["token"], "***", "what is typed at a pad is a secret");
    program.one_by_one("/drivers", 2).await;
    program.one_by_one("/drivers?q=example.org&pays_by=balance&standing=good", 1).await;
    program.one_by_one("/drivers?token=04a1b2", 1).await;
    program.one_by_one("/drivers?q=4711", 0).await;

    let here = format!("/drivers/{}", driver["id"].as_str().unwrap());
    let contract = json!({ "token": "4711", "pays_by": "later" });
    problem(program.put(&format!("{here}/contract"), &contract), 409, "taken-token").await;
    let contract = json!({ "token": "04A1B2", "pays_by": "later" });
    assert_eq!(json_of(program.put(&format!("{here}/contract"), &contract), 200).await["pays_by"], "later");
    for _ in 0..2 {
        assert_eq!(
            json_of(program.put(&format!("{here}/block"), &json!({})), 200).await["standing"],
            "blocked"
        );
    }
    assert_eq!(json_of(program.delete(&format!("{here}/block")), 200).await["standing"], "good");

    let method = json!({ "account": "st", "customer": "cus_1", "instrument": "pm_1", "brand": "visa", "last4": "4242" });
    for _ in 0..2 {
        let kept = json_of(program.put(&format!("{here}/mandate"), &method), 200).await;
        assert_eq!(kept["items"].as_array().unwrap().len(), 1, "the same method is kept once");
        assert!(!kept.to_string().contains("cus_1"), "{kept}");
    }
    let nowhere = json!({ "account": "none", "customer": "c", "instrument": "i" });
    problem(program.put(&format!("{here}/mandate"), &nowhere), 422, "invalid-field").await;
    assert_eq!(json_of(program.get(&here), 200).await["method_on_file"], true);
    let revoked = json_of(program.delete(&format!("{here}/mandate")), 200).await;
    assert_eq!(revoked["items"][0]["state"], "revoked");
    json_of(program.get(&format!("{here}/mandates")), 200).await;
    let decided = json_of(program.post(&format!("{here}/credit-decisions"), &json!({})), 200).await;
    assert!(decided["items"].as_array().unwrap().len() > 3, "{decided}");

    let sum = |minor: i64| json!({ "amount_minor": minor, "currency": "EUR", "reference": "case 1" });
    let top_up = |minor| program.post(&format!("{here}/balance/top-ups"), &sum(minor));
    let order = json_of(top_up(2_000), 201).await;
    assert_eq!((&order["purpose"], &order["driver_id"]), (&json!("top_up"), &driver["id"]));
    assert_eq!(json_of(top_up(2_000), 201).await["number"], order["number"], "a reference is one order");
    problem(top_up(3_000), 409, "amount").await;
    problem(top_up(0), 422, "invalid-field").await;
    program.one_by_one(&format!("/orders?driver_id={}", driver["id"].as_str().unwrap()), 1).await;
    assert_eq!(json_of(program.get(&format!("{here}/balance")), 200).await, json!({ "items": [] }));
    json_of(program.get(&format!("{here}/balance/movements")), 200).await;
    let why = problem(program.post(&format!("{here}/balance/returns"), &sum(100)), 409, "amount").await;
    assert!(why.contains("came by top-ups"), "{why}");
}

#[tokio::test]
async fn codes_are_made_once_and_revoked_and_displays_show_them() {
    let till = Till::open().await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let make = |evses: Value| program.post("/stations/CP1/codes", &json!({ "evses": evses }));
    let made = json_of(make(json!([2, 1, 1])), 200).await;
    let code = |n: usize| made["items"][n]["code"].as_str().unwrap().to_owned();
    assert_eq!(code(0), till.code, "a sticker stays");
    assert_eq!(json_of(make(json!([1, 2])), 200).await, made);
    for evses in [json!([]), json!([0]), json!([1_001])] {
        problem(make(evses), 422, "invalid-field").await;
    }
    program.one_by_one("/codes?station=CP1", 2).await;
    assert_eq!(json_of(program.get(&format!("/codes/{}", code(1))), 200).await["evse"], 2);
    let gone = program.delete(&format!("/codes/{}", code(1))).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    problem(program.delete(&format!("/codes/{}", code(1))), 409, "over").await;
    program.one_by_one("/codes", 1).await;
    program.one_by_one("/codes?all=true", 2).await;

    let sign =
        |minutes: i64| program.post("/stations/CP1/codes/dynamic", &json!({ "evse": 1, "minutes": minutes }));
    let signed = json_of(sign(30), 200).await;
    let read = till.console.app.codes.read(signed["code"].as_str().unwrap(), now()).unwrap().unwrap();
    assert_eq!((&*read.station, read.evse), ("CP1", 1));
    assert_eq!(signed["expires_at"], json!(now() + TimeDelta::minutes(30)));
    problem(sign(0), 422, "invalid-field").await;
    let own = json_of(program.get("/stations/CP1/own-codes"), 200).await;
    assert_eq!(own["state"], Value::Null);

    let wish = |word: &str| program.put("/stations/CP1/payment-display", &json!({ "wanted": word }));
    assert_eq!(json_of(wish("on"), 200).await["wanted"], "on");
    assert_eq!(json_of(wish("usual"), 200).await["wanted"], "usual");
    problem(wish("perhaps"), 400, "invalid-body").await;
    let shown = json_of(program.get("/stations/CP1/payment-display"), 200).await;
    assert_eq!((&shown["on"], &shown["evses"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn terminals_take_money_for_a_place_and_vouchers_are_accepted_by_their_operators() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let add = |reader: &str, account: &str, more: Value| {
        let mut body = json!({ "account": account, "reader": reader });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        program.post("/terminals", &body)
    };
    let site = json!({ "site_id": "1" });
    let made = json_of(add("tmr_1", "st", site.clone()), 201).await;
    assert_eq!((&made["name"], &made["site_id"]), (&json!("tmr_1"), &json!("1")));
    json_of(add("tmr_2", "st", json!({ "station_id": "CP1", "evse": 2 })), 201).await;
    problem(add("tmr_1", "st", site.clone()), 409, "exists").await;
    problem(add("tmr_1", "wx", site), 409, "no-way").await;
    for place in [json!({}), json!({ "station_id": "CP9" }), json!({ "station_id": "CP1", "site_id": "1" })] {
        problem(add("tmr_3", "st", place), 422, "invalid-field").await;
    }
    program.one_by_one("/terminals", 2).await;
    program.one_by_one("/terminals?station=CP1", 1).await;
    let here = format!("/terminals/{}", made["id"].as_str().unwrap());
    json_of(program.get(&here), 200).await;
    assert_eq!(program.delete(&here).send().await.unwrap().status(), 204);
    problem(program.delete(&here), 404, "not-found").await;

    let mut tx = till.console.app.db.write().await.unwrap();
    for (id, number, valid) in [(1, "ATU1", true), (2, "DE2", false)] {
        let hold = HoldRow {
            id,
            station_id: "CP1".into(),
            token_uid: "T".into(),
            reference: number.into(),
            state: "seen".into(),
            seen_at: now(),
        };
        assert!(holds::note(&mut tx, &hold).await.unwrap());
        let row = VatRow {
            number: number.into(),
            valid,
            name: "Ada AG".into(),
            address1: String::new(),
            address2: String::new(),
            city: String::new(),
            postal_code: String::new(),
            country: "AT".into(),
            checked_at: now(),
            good_until: now() + TimeDelta::hours(1),
        };
        vat::keep(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    program.one_by_one("/terminal-holds?state=seen", 2).await;
    program.one_by_one("/terminal-holds?station=CP2", 0).await;
    assert_eq!(program.one_by_one("/vat-numbers", 2).await[0]["number"], "ATU1");
    assert_eq!(program.one_by_one("/vat-numbers?valid=false", 1).await[0]["number"], "DE2");

    let voucher = json!({ "operator": "nobody", "proof_id": "p", "device": "d", "counter": 1, "amount_minor": 400,
                          "currency": "EUR", "taken_at": now(), "proof": "AA==" });
    problem(program.post("/orders/order7/vouchers", &voucher), 409, "voucher-operator").await;
    let mut broken = voucher.clone();
    broken["proof"] = json!("?");
    problem(program.post("/orders/order7/vouchers", &broken), 422, "invalid-field").await;
    program.one_by_one("/vouchers?order=order7", 0).await;
    program.one_by_one("/voucher-devices", 0).await;
}
