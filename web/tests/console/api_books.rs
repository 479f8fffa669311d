//! `/api/v1`: what stands behind payments: routing, risk, the ledger, clearing.

use crate::{
    Console,
    api_money::Program,
    api_v1::{json_of, problem},
    desk_seed::furnish,
    now,
    till::Till,
};
use chrono::TimeDelta;
use csms::{
    api_key::Scope,
    ledger::{key, seal::Sealer},
    store::{
        clearing::runs::{self, SettlementRow},
        ledger::{checkpoints, findings},
        risk::{events, models, models::ModelRow},
    },
};
use payments::risk::rules::Subject;
use serde_json::{Value, json};

async fn furnished() -> (Till, Program) {
    let till = Till::open().await;
    furnish(&till.console).await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    (till, program)
}

/// The tag of an entity.
async fn tag(program: &Program, path: &str) -> String {
    let answer = program.get(path).send().await.unwrap();
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_rule_of_routing_is_changed_by_who_knows_it_and_tried_before() {
    let (_till, program) = furnished().await;
    let path = "/routing/rule";
    let built_in = json_of(program.get(path), 200).await;
    assert_eq!((&built_in["version"], &built_in["rule"]["window_hours"]), (&json!(0), &json!(24)));
    let mut rule = built_in["rule"].clone();
    rule["success_above_percent"] = json!("98.5");
    let put = |rule: &Value, tag: &str| {
        program.put(path, &json!({ "rule": rule, "note": "cheaper" })).header("if-match", tag)
    };
    problem(program.put(path, &json!({ "rule": rule })), 428, "if-match-missing").await;
    let first = tag(&program, path).await;
    let kept = json_of(put(&rule, &first), 200).await;
    assert_eq!((&kept["version"], &kept["note"]), (&json!(1), &json!("cheaper")));
    problem(put(&rule, &first), 412, "changed-meanwhile").await;
    assert_eq!(json_of(put(&rule, &tag(&program, path).await), 200).await["version"], 1, "it is the same");
    rule["window_hours"] = json!(48);
    assert_eq!(json_of(put(&rule, "*"), 200).await["version"], 2);
    program.one_by_one("/routing/rules", 2).await;
    for (name, wrong) in [("success_above_percent", json!("101")), ("fee_below_percent", json!("much"))] {
        let mut bad = rule.clone();
        bad[name] = wrong;
        problem(put(&bad, "*"), 422, "invalid-field").await;
    }
    let trial = |days: i64| program.post("/routing/rule/trial", &json!({ "rule": rule, "days": days }));
    let tried = json_of(trial(7), 200).await;
    assert_eq!((&tried["payments"], &tried["moves"][0]["was"]), (&json!(1), &json!("st")));
    problem(trial(91), 422, "invalid-field").await;
}

#[tokio::test]
async fn accounts_tell_how_they_do_and_are_preferred_or_left_alone() {
    let (_till, program) = furnished().await;
    let accounts = json_of(program.get("/routing/accounts"), 200).await;
    let names: Vec<&str> =
        accounts["items"].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect();
    assert_eq!(names, ["st", "wx", "ali"]);
    assert_eq!((&accounts["items"][0]["tried"], &accounts["items"][0]["succeeded"]), (&json!(1), &json!(1)));

    let route = "/routing/preview?wallet=stripe&method=hosted&amount_minor=500&currency=EUR";
    assert_eq!(json_of(program.get(route), 200).await["chosen"], "st");
    let of_order = "/routing/preview?wallet=stripe&method=hosted&order=order7";
    assert_eq!(json_of(program.get(of_order), 200).await["chosen"], "st");
    for wrong in [
        "/routing/preview?wallet=stripe&method=cash&order=order7",
        "/routing/preview?wallet=stripe&method=hosted",
        "/routing/preview?wallet=stripe&method=hosted&order=order7&amount_minor=1&currency=EUR",
    ] {
        problem(program.get(wrong), 400, "invalid-query").await;
    }

    let wish = |body: Value| program.put("/routing/accounts/st/wish", &body);
    let wanted =
        json_of(wish(json!({ "wish": "off", "method": "hosted", "note": "their outage" })), 200).await;
    assert_eq!(wanted["wishes"][0]["method"], "hosted");
    problem(wish(json!({ "wish": "off", "method": "code" })), 422, "invalid-field").await;
    problem(wish(json!({ "wish": "preferred", "until": now() })), 422, "invalid-field").await;
    let cleared = program.delete("/routing/accounts/st/wish?method=hosted");
    assert_eq!(cleared.send().await.unwrap().status(), 204);
    problem(program.delete("/routing/accounts/st/wish?method=hosted"), 404, "not-found").await;
}

#[tokio::test]
async fn rules_of_risk_are_kept_tried_and_let_count() {
    let (_till, program) = furnished().await;
    let active = json_of(program.get("/risk/rules/active"), 200).await;
    assert_eq!((&active["version"], &active["active"]), (&json!(0), &json!(true)));
    let mut rules = active["rules"].clone();
    rules["rule"].as_array_mut().unwrap().truncate(1);
    let add = |rules: &Value| program.post("/risk/rules", &json!({ "rules": rules }));
    assert_eq!(json_of(add(&rules), 201).await["version"], 1);
    assert_eq!(json_of(add(&rules), 201).await["version"], 1, "the same is not kept twice");
    let broken = json!({ "rule": [{ "id": "a" }] });
    problem(add(&broken), 422, "invalid-rules").await;
    let activate = |version: i64| program.put("/risk/rules/active", &json!({ "version": version }));
    problem(activate(9), 422, "invalid-field").await;
    assert_eq!(json_of(activate(1), 200).await["rules"], rules);
    let listed = json_of(program.get("/risk/rules"), 200).await;
    assert_eq!((&listed["items"][0]["active"], &listed["items"][1]["version"]), (&json!(true), &json!(0)));
    let trial = |rules: &Value, days: i64| {
        program.post("/risk/rules/trial", &json!({ "rules": rules, "days": days }))
    };
    assert_eq!(json_of(trial(&rules, 7), 200).await["payments"], 0);
    problem(trial(&broken, 7), 422, "invalid-rules").await;
    problem(trial(&rules, 0), 422, "invalid-field").await;
    assert_eq!(json_of(program.get("/risk/hits?days=30"), 200).await["decisions"], 1);
    problem(program.get("/risk/hits?days=0"), 400, "invalid-query").await;
}

#[tokio::test]
async fn cases_of_risk_are_resolved_once_and_who_cheats_is_blocked() {
    let (till, program) = furnished().await;
    let decision = &program.one_by_one("/risk/decisions?order=order7&outcome=review", 1).await[0];
    assert_eq!((&decision["id"], &decision["order"]), (&json!("41"), &json!("order7")));
    assert_eq!(json_of(program.get("/risk/decisions/41"), 200).await["body"]["blocked"], json!(["card"]));
    assert_eq!(program.one_by_one("/risk/cases?verdict=open", 1).await[0]["id"], "45");

    let resolve = |verdict: &str| {
        let body = json!({ "verdict": verdict, "note": "stolen card", "block": ["card"] });
        program.post("/risk/cases/45/resolution", &body)
    };
    for _ in 0..2 {
        let case = json_of(resolve("fraud"), 200).await;
        assert_eq!((&case["verdict"], &case["note"]), (&json!("fraud"), &json!("stolen card")));
    }
    problem(resolve("honest"), 409, "resolved").await;
    problem(resolve("perhaps"), 400, "invalid-body").await;
    program.one_by_one("/risk/cases?verdict=fraud&order=order7", 1).await;

    let mut tx = till.console.app.db.write().await.unwrap();
    for (subject, key) in [(Subject::Card, "c1"), (Subject::Phone, "p1")] {
        events::lock(&mut tx, subject, key, now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let until = now() + TimeDelta::days(1);
    for path in ["/risk/blocks/card/c1", "/risk/blocks/phone/p1"] {
        let blocked = json_of(program.put(path, &json!({ "until": until })), 200).await;
        assert_eq!(blocked["blocked_until"], json!(until));
    }
    problem(program.put("/risk/blocks/card/c2", &json!({ "until": until })), 404, "not-found").await;
    problem(program.put("/risk/blocks/station/c1", &json!({ "until": until })), 404, "not-found").await;
    problem(program.put("/risk/blocks/card/c1", &json!({ "until": now() })), 422, "invalid-field").await;
    program.one_by_one("/risk/blocks", 2).await;
    assert_eq!(program.delete("/risk/blocks/card/c1").send().await.unwrap().status(), 204);
    assert_eq!(program.one_by_one("/risk/blocks", 1).await[0]["kind"], "phone");
}

#[tokio::test]
async fn models_are_listed_and_one_of_them_counts() {
    let (till, program) = furnished().await;
    let mut tx = till.console.app.db.write().await.unwrap();
    for id in ["m1", "m2"] {
        let row = ModelRow {
            id: id.into(),
            body: "{}".into(),
            calibration: "{}".into(),
            revision: 1,
            calibrated_to: 0,
            drivers: 60,
            payments: 900,
            report: "{}".into(),
            created_at: now(),
        };
        models::add(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let activate = |model: Value| program.put("/risk/models/active", &json!({ "model": model }));
    let counts = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().clone();
        let active = items.into_iter().filter(|one| one["active"] == true);
        active.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(counts(json_of(activate(json!("m1")), 200).await), ["m1"]);
    problem(activate(json!("m9")), 422, "invalid-field").await;
    assert_eq!(json_of(program.get("/risk/models/m1"), 200).await["judged"], 0);
    problem(activate(Value::Null), 400, "invalid-body").await;
    assert!(counts(json_of(program.delete("/risk/models/active"), 200).await).is_empty());
    assert_eq!(json_of(program.get("/risk/models"), 200).await["items"].as_array().unwrap().len(), 2);
}

async fn seal(console: &Console) {
    let app = &console.app;
    let signer = key::load(&app.db, &app.config.ledger).await.unwrap();
    let mut sealer = Sealer::new(signer, 1, TimeDelta::zero());
    assert!(sealer.turn(&app.db, now()).await.unwrap().checkpoint.is_some());
}

#[tokio::test]
async fn the_ledger_tells_what_stands_where_and_proves_it() {
    let (till, program) = furnished().await;
    let balances = program.one_by_one("/ledger/balances", 2).await;
    assert_eq!((&balances[0]["account"], &balances[0]["posted_minor"]), (&json!("deposits"), &json!(-1893)));
    program.one_by_one("/ledger/balances?prefix=provider:", 1).await;
    let entry = &program.one_by_one("/ledger/entries?order=order7&kind=taken&account=deposits", 1).await[0];
    assert_eq!(
        entry["postings"][0],
        json!({ "account": "provider:st", "currency": "EUR", "amount_minor": 1893 })
    );
    program.one_by_one("/ledger/entries?order=nobody", 0).await;
    let here = format!("/ledger/entries/{}", entry["id"].as_str().unwrap());
    assert_eq!(&json_of(program.get(&here), 200).await, entry);
    problem(program.get(&format!("{here}/proof")), 409, "not-sealed").await;
    let before = json_of(program.get("/ledger"), 200).await;
    assert_eq!(
        (&before["leaves"], &before["checkpoint"], &before["trial"][0]["right"]),
        (&json!(0), &Value::Null, &json!(true))
    );

    seal(&till.console).await;
    let proof = json_of(program.get(&format!("{here}/proof")), 200).await;
    assert!(proof["checkpoint"].as_str().unwrap().contains("wattline"), "{proof}");
    let mut tx = till.console.app.db.write().await.unwrap();
    let size = checkpoints::newest(&mut tx).await.unwrap().unwrap().size;
    checkpoints::add_cosignature(&mut tx, size, "w1", "— w1 AAAA", now()).await.unwrap();
    for subject in ["a", "b"] {
        findings::put(&mut tx, "balance", subject, "x", now()).await.unwrap();
    }
    findings::clear(&mut tx, "balance", "b", now()).await.unwrap();
    tx.commit().await.unwrap();
    program.one_by_one("/ledger/checkpoints", 1).await;
    let signed = json_of(program.get(&format!("/ledger/checkpoints/{size}")), 200).await;
    assert_eq!((&signed["size"], &signed["cosignatures"][0]["witness"]), (&json!(size), &json!("w1")));
    program.one_by_one("/ledger/findings", 2).await;
    assert_eq!(program.one_by_one("/ledger/findings?open=true", 1).await[0]["subject"], "a");
    let after = json_of(program.get("/ledger"), 200).await;
    assert_eq!((&after["unsealed"], &after["open_findings"]), (&json!(0), &json!(1)));
    problem(program.get("/ledger/findings?cursor=x"), 400, "invalid-query").await;
}

#[tokio::test]
async fn days_are_settled_and_reported() {
    let (till, program) = furnished().await;
    let row = |site_id: i64| SettlementRow {
        zone: "UTC".into(),
        day: "2026-04-30".into(),
        site_id,
        account: "st".into(),
        currency: "EUR".into(),
        paid: 2,
        paid_minor: 300,
        returned: 0,
        returned_minor: 0,
        fee_minor: 3,
        learned_minor: None,
        net_minor: 297,
    };
    let mut tx = till.console.app.db.write().await.unwrap();
    runs::replace(&mut tx, "UTC", "2026-04-30", &[row(0), row(1)]).await.unwrap();
    tx.commit().await.unwrap();
    let settled = program.one_by_one("/clearing/settlements?from=2026-04-30&to=2026-04-30", 2).await;
    assert_eq!((&settled[0]["site_id"], &settled[1]["site_id"]), (&Value::Null, &json!("1")));
    program.one_by_one("/clearing/settlements?site_id=1&account=st&currency=EUR", 1).await;
    problem(program.get("/clearing/settlements?from=soon"), 422, "invalid-field").await;

    let report = json_of(program.get("/clearing/report?from=2026-04-01&to=2026-04-30"), 200).await;
    assert_eq!(
        (&report["differences"][0]["long_minor"], &report["learned"][0]["account"]),
        (&json!(1200), &json!("st"))
    );
    problem(program.get("/clearing/report?from=2026-01-01&to=2026-04-30"), 400, "invalid-query").await;

    let run = |body: Value| program.post("/clearing/runs", &body);
    let done = json_of(run(json!({ "day": "2026-04-29", "time_zone": "Europe/Berlin" })), 200).await;
    assert_eq!(done["settlement"], json!([]));
    problem(run(json!({ "day": "2026-05-01" })), 422, "invalid-field").await;
    problem(run(json!({ "day": "2026-04-29", "time_zone": "Moon" })), 422, "invalid-field").await;
    assert_eq!(json_of(run(json!({})), 200).await["settlement"], Value::Null);
    let first = &json_of(program.get("/clearing/runs?kind=settle"), 200).await["items"][0];
    assert_eq!(first["state"], "done");
    json_of(program.get("/clearing/runs?limit=1"), 200).await;
}

#[tokio::test]
async fn cases_of_clearing_are_settled_once_each_with_a_reason() {
    let (_till, program) = furnished().await;
    let case = &program.one_by_one("/clearing/cases?state=open&currency=EUR&at_most_minor=1200", 1).await[0];
    assert_eq!((&case["id"], &case["gain_minor"]), (&json!("21"), &json!(1200)));
    program.one_by_one("/clearing/cases?from=2026-05-01", 0).await;
    problem(program.get("/clearing/cases?at_most_minor=1"), 400, "invalid-query").await;
    let preview = json_of(program.get("/clearing/resolutions/preview?way=write_off&account=st"), 200).await;
    assert_eq!((&preview["cases"], &preview["sums"][0]["long_minor"]), (&json!(["21"]), &json!(1200)));
    let resolve = |body: Value| program.post("/clearing/cases/21/resolution", &body);
    let why = problem(resolve(json!({ "way": "accept" })), 409, "refused").await;
    assert!(why.contains("note"), "{why}");
    problem(resolve(json!({ "way": "query" })), 409, "refused").await;
    for _ in 0..2 {
        let settled = json_of(resolve(json!({ "way": "accept", "note": "theirs" })), 200).await;
        assert_eq!(
            (&settled["state"], &settled["resolution"], &settled["ways"]),
            (&json!("resolved"), &json!("accept"), &json!([]))
        );
    }
    let many = |cases: Value| {
        program.post("/clearing/resolutions", &json!({ "way": "accept", "note": "all", "cases": cases }))
    };
    let outcomes = json_of(many(json!(["21", "4711"])), 200).await;
    assert_eq!(
        (&outcomes["items"][0]["outcome"], &outcomes["items"][1]["outcome"]),
        (&json!("before"), &json!("failed"))
    );
    problem(many(json!([])), 422, "invalid-field").await;
    problem(many(json!(["x"])), 422, "invalid-field").await;
}

#[tokio::test]
async fn a_statement_is_brought_as_it_is_and_its_lines_are_read() {
    let (_till, program) = furnished().await;
    let bring = |query: &str, bytes: &'static [u8]| {
        let sent = program.post(&format!("/clearing/statements?{query}"), &json!({}));
        sent.header("content-type", "application/octet-stream").body(bytes)
    };
    let file = include_bytes!("../../../payments/tests/clearing/camt053.xml");
    let taken = json_of(bring("account=bank:ing&name=may.xml", file), 200).await;
    assert_eq!(taken["known"], false);
    let count = usize::try_from(taken["lines"].as_u64().unwrap()).unwrap();
    assert!(count > 1, "{taken}");
    let again = json_of(bring("account=bank:ing&name=may.xml", file), 200).await;
    assert_eq!((&again["known"], &again["statement_id"]), (&json!(true), &taken["statement_id"]));
    let listed = &program.one_by_one("/clearing/statements?account=bank:ing", 1).await[0];
    assert_eq!((&listed["name"], &listed["format"]), (&json!("may.xml"), &json!("camt053")));
    let here = format!("/clearing/statements/{}", taken["statement_id"].as_str().unwrap());
    assert_eq!(&json_of(program.get(&here), 200).await, listed);
    program.one_by_one(&format!("{here}/lines"), count).await;
    problem(bring("account=nobody", file), 422, "invalid-field").await;
    problem(bring("account=bank:ing&format=paper", file), 400, "invalid-query").await;
    problem(bring("account=bank:ing&day=soon", file), 422, "invalid-field").await;
    problem(bring("account=st", b"no statement"), 409, "refused").await;
    problem(bring("account=st", b""), 400, "invalid-body").await;
    problem(bring("account=st&format=stripe_csv", b"a,b\n1,2\n"), 422, "invalid-field").await;
}

#[tokio::test]
async fn terms_fees_and_shares_are_agreed_and_kept() {
    let (_till, program) = furnished().await;
    let path = "/clearing/terms/st";
    let usual = json_of(program.get(path), 200).await;
    assert_eq!((&usual["time_zone"], &usual["changed_at"]), (&json!("Asia/Shanghai"), &Value::Null));
    let terms = json!({ "time_zone": "Europe/Berlin", "bank": "ing", "currency": "eur" });
    problem(program.put(path, &terms), 428, "if-match-missing").await;
    let first = tag(&program, path).await;
    let put = |terms: &Value, tag: &str| program.put(path, terms).header("if-match", tag);
    assert_eq!(json_of(put(&terms, &first), 200).await["currency"], "EUR");
    problem(put(&terms, &first), 412, "changed-meanwhile").await;
    problem(put(&json!({ "time_zone": "Moon" }), "*"), 422, "invalid-field").await;
    problem(put(&json!({ "time_zone": "UTC", "columns": { "day": 1 } }), "*"), 422, "invalid-field").await;
    assert_eq!(json_of(program.get("/clearing/terms"), 200).await["items"][0]["account"], "st");

    let agree = |rate: &str, from: &str| {
        let body = json!({ "rate": rate, "from": from, "fixed_minor": 25, "note": "new contract" });
        program.post("/clearing/terms/st/fees", &body)
    };
    for _ in 0..2 {
        let kept = json_of(agree("1.5%", "2026-01-01"), 200).await;
        assert_eq!(kept["items"].as_array().unwrap().len(), 1, "said twice it is said once");
        assert_eq!(
            (&kept["items"][0]["rate"], &kept["items"][0]["fixed_minor"]),
            (&json!("1.5%"), &json!(25))
        );
    }
    problem(agree("200%", "2026-01-01"), 422, "invalid-field").await;
    problem(agree("1%", "12026-01-01"), 422, "invalid-field").await;
    json_of(program.get("/clearing/terms/st/fees"), 200).await;

    let share = |host: &str, rate: &str| {
        let body =
            json!({ "site_id": "1", "host": host, "rate": rate, "of": ["energy"], "from": "2026-05-01" });
        program.post("/clearing/share-rules", &body)
    };
    let rule = json_of(share("Hafen", "60%"), 201).await;
    assert_eq!(json_of(share("Hafen", "60%"), 201).await["id"], rule["id"], "the same is one rule");
    problem(share("Stadt", "50%"), 409, "refused").await;
    problem(share("Stadt", "half"), 422, "invalid-field").await;
    json_of(share("Stadt", "40%"), 201).await;
    program.one_by_one("/clearing/share-rules?site_id=1", 2).await;
    let here = format!("/clearing/share-rules/{}", rule["id"].as_str().unwrap());
    let end = |day: &str| program.put(&format!("{here}/last-day"), &json!({ "day": day }));
    assert_eq!(json_of(end("2026-05-31"), 200).await["to"], "2026-05-31");
    problem(end("2026-04-30"), 409, "refused").await;
    assert_eq!(json_of(program.get(&here), 200).await["to"], "2026-05-31");
    let pay =
        json!({ "site_id": "1", "amount_minor": 100, "currency": "EUR", "bank": "ing", "reference": "t1" });
    let why = problem(program.post("/clearing/host-payouts", &pay), 409, "refused").await;
    assert!(why.contains("is owed"), "{why}");
}
