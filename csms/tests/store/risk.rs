//! Risk at work: decisions in the transaction of a click, on both databases.

use super::common::at;
use chrono::TimeDelta;
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    risk::{
        self, Decided, Facts, Outcome, Told, What,
        cases::{Resolution, Verdict},
        checks::{self, Answer},
        dry_run, job,
    },
    store::{
        risk::{cases, decisions, models, rules},
        settings,
        testing::TestDb,
    },
};
use payments::{
    Amount,
    risk::{
        behaviour::{
            Plan,
            population::{Population, Scale},
            train,
        },
        rules::{Language, RuleSet, Subject},
    },
};

fn yuan(units: i64) -> Amount {
    Amount::new(100 * units, "CNY".parse().unwrap())
}

fn facts(order: i64, amount: Amount) -> Facts<'static> {
    Facts {
        order,
        click: 1,
        amount,
        station: "HALL-7",
        site: None,
        session: true,
        driver: Some(77),
        device: "cookie",
        card: "",
        address: "203.0.113.7",
        phone: "",
        wallet: "",
        group: "",
    }
}

async fn open(test: &TestDb) -> App {
    let config = Config { database: test.config.clone(), ..Config::default() };
    App::open(config, Clock::fixed(at(0))).await.unwrap()
}

async fn decide(app: &App, facts: &Facts<'_>) -> Decided {
    let mut tx = app.db.write().await.unwrap();
    let decided = risk::decide(&mut tx, app, facts).await.unwrap();
    tx.commit().await.unwrap();
    decided
}

async fn tell(app: &App, order: i64, what: What, card: &str) {
    let mut tx = app.db.write().await.unwrap();
    let key = order.to_string();
    let told = Told { order, what, key: &key, amount: yuan(20), card, wallet: "" };
    risk::told(&mut tx, app, &told).await.unwrap();
    // A provider may say so twice.
    risk::told(&mut tx, app, &told).await.unwrap();
    tx.commit().await.unwrap();
}

/// Runs the body once per engine with a system on an empty database.
macro_rules! on_both_apps {
    ($(async fn $name:ident($app:ident) $body:block)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for test in TestDb::all().await.unwrap() {
                let $app = open(&test).await;
                $body
                $app.close().await;
                $app.db.close().await;
            }
        }
    )+ };
}

on_both_apps! {
    async fn the_sixth_charge_of_a_day_is_verified_and_then_goes_on(app) {
        for order in 1..=5 {
            assert_eq!(decide(&app, &facts(order, yuan(20))).await.decision.outcome, Outcome::Allow);
            tell(&app, order, What::Success, "").await;
            app.clock.advance(TimeDelta::minutes(30));
        }
        let sixth = facts(6, yuan(20));
        let decided = decide(&app, &sixth).await;
        assert_eq!(decided.decision.outcome, Outcome::StepUp);
        let words = decided.decision.words(Language::English);
        assert_eq!(words[0], "6 payments in 24 h by this driver, more than 5");
        // The same click again is the same decision.
        assert_eq!(decide(&app, &sixth).await, decided);

        let mut tx = app.db.write().await.unwrap();
        let waiting = checks::ask(&mut tx, &app, &sixth, &decided).await.unwrap().unwrap();
        let code = waiting.code;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(checks::answer(&mut tx, &app, 6, wrong).await.unwrap(), Answer::Wrong { tries_left: 4 });
        assert_eq!(checks::answer(&mut tx, &app, 6, &code).await.unwrap(), Answer::Passed);
        assert_eq!(checks::answer(&mut tx, &app, 99, &code).await.unwrap(), Answer::NotAsked);
        tx.commit().await.unwrap();
        let again = decide(&app, &Facts { click: 2, ..sixth }).await.decision;
        assert!(again.outcome == Outcome::Allow && again.verified, "{again:?}");
        // It answers for this device and no more than that amount, for a while.
        for other in [Facts { click: 3, device: "other", ..sixth }, Facts { click: 4, amount: yuan(21), ..sixth }] {
            assert!(!decide(&app, &other).await.decision.verified);
        }
        app.clock.advance(TimeDelta::minutes(16));
        assert!(!decide(&app, &Facts { click: 5, ..sixth }).await.decision.verified);
        // A day later all is forgotten.
        app.clock.advance(TimeDelta::hours(24));
        assert_eq!(decide(&app, &facts(7, yuan(20))).await.decision.outcome, Outcome::Allow);
        let (hits, count) = decisions::hits_since(&mut app.db.read().await.unwrap(), at(0)).await.unwrap();
        let hit = hits.iter().find(|hit| hit.rule == "charges-a-day").unwrap();
        assert_eq!((hit.orders, hit.passed, count), (1, 1, 11));
    }

    async fn a_code_has_few_tries_a_short_life_and_is_not_sent_for_ever(app) {
        let large = facts(1, yuan(1_001));
        let decided = decide(&app, &large).await;
        assert_eq!(decided.decision.outcome, Outcome::StepUp);
        let mut tx = app.db.write().await.unwrap();
        let first = checks::ask(&mut tx, &app, &large, &decided).await.unwrap().unwrap();
        let wrong = if first.code == "123456" { "654321" } else { "123456" };
        for tries_left in (1..5).rev() {
            let answer = checks::answer(&mut tx, &app, 1, wrong).await.unwrap();
            assert_eq!(answer, Answer::Wrong { tries_left });
        }
        assert_eq!(checks::answer(&mut tx, &app, 1, wrong).await.unwrap(), Answer::Failed);
        let right = first.code;
        assert_eq!(checks::answer(&mut tx, &app, 1, &right).await.unwrap(), Answer::Failed, "too late");
        let second = checks::ask(&mut tx, &app, &large, &decided).await.unwrap().unwrap();
        app.clock.advance(TimeDelta::minutes(11));
        assert_eq!(checks::answer(&mut tx, &app, 1, &second.code).await.unwrap(), Answer::Expired);
        let third = checks::ask(&mut tx, &app, &large, &decided).await.unwrap().unwrap();
        assert!(checks::ask(&mut tx, &app, &large, &decided).await.unwrap().is_none(), "a fourth");
        assert_eq!(checks::answer(&mut tx, &app, 1, &third.code).await.unwrap(), Answer::Passed);
        tx.commit().await.unwrap();
        assert!(decide(&app, &Facts { click: 2, ..large }).await.decision.verified);
    }

    async fn two_payments_at_once_count_each_other(app) {
        let tries: Vec<_> = (0..12_i64)
            .map(|order| {
                let app = app.clone();
                tokio::spawn(async move { decide(&app, &Facts { driver: None, ..facts(order, yuan(9)) }).await })
            })
            .collect();
        let mut outcomes = Vec::new();
        for one in tries {
            outcomes.push(one.await.unwrap().decision.outcome);
        }
        // Eight attempts of a device in an hour are in order, whoever came first.
        let asked = outcomes.iter().filter(|outcome| **outcome == Outcome::StepUp).count();
        assert_eq!(asked, 4, "{outcomes:?}");
    }

    async fn cards_told_later_are_counted_and_a_case_can_block(app) {
        for order in 1..=6 {
            decide(&app, &Facts { driver: None, ..facts(order, yuan(1)) }).await;
            tell(&app, order, What::Refusal, &format!("card-{order}")).await;
        }
        let denied = decide(&app, &Facts { driver: None, ..facts(7, yuan(1)) }).await.decision;
        assert_eq!(denied.outcome, Outcome::Deny, "{denied:?}");

        // Refunds are looked at, without holding up the driver.
        let other = |order| Facts { device: "another", driver: Some(5), address: "", ..facts(order, yuan(20)) };
        for order in 11..=13 {
            decide(&app, &other(order)).await;
            tell(&app, order, What::Refund, "").await;
        }
        let looked_at = decide(&app, &other(14)).await;
        assert_eq!(looked_at.decision.outcome, Outcome::Review);
        let mut tx = app.db.write().await.unwrap();
        let open = cases::list(&mut tx, false, None, 10).await.unwrap();
        assert_eq!((open.len(), open[0].order_id), (1, 14));
        let resolution = Resolution {
            verdict: Verdict::Fraud,
            note: "three refunds, one hose",
            block: &[Subject::Device, Subject::Phone, Subject::Station],
            block_until: at(86_400),
            by: "anna",
        };
        let resolved = risk::cases::resolve(&mut tx, &app.ids, open[0].id, &resolution, at(5)).await.unwrap();
        assert_eq!(resolved, Some(vec![Subject::Device]), "of the phone nothing is known");
        assert_eq!(risk::cases::resolve(&mut tx, &app.ids, open[0].id, &resolution, at(5)).await.unwrap(), None);
        assert_eq!(cases::count_open(&mut tx).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let blocked = Facts { driver: None, ..other(15) };
        let decision = decide(&app, &blocked).await.decision;
        assert_eq!((decision.outcome, decision.words(Language::English)[0].as_str()), (Outcome::Deny, "this device is blocked"));
        app.clock.advance(TimeDelta::days(8));
        assert_eq!(decide(&app, &Facts { order: 16, ..blocked }).await.decision.outcome, Outcome::Allow);
    }

    async fn a_dry_run_finds_what_was_decided(app) {
        for order in 1..=30_i64 {
            let device = if order % 3 == 0 { "x" } else { "y" };
            decide(&app, &Facts { device, ..facts(order, yuan(10 + order * 40)) }).await;
            tell(&app, order, if order % 4 == 0 { What::Refusal } else { What::Success }, &format!("c{}", order % 5)).await;
            app.clock.advance(TimeDelta::minutes(7 * (order % 6)));
        }
        let tried = dry_run::run(&app.db, &RuleSet::defaults(), at(0)).await.unwrap();
        let (hits, count) = decisions::hits_since(&mut app.db.read().await.unwrap(), at(0)).await.unwrap();
        assert_eq!(tried.payments as i64, count);
        let live: Vec<(String, u64)> = hits.into_iter().map(|hit| (hit.rule, hit.hits as u64)).collect();
        let dry: Vec<(String, u64)> = tried.rules.iter().map(|(rule, one)| (rule.clone(), one.hits)).collect();
        assert!(live.len() >= 4, "{live:?}");
        assert_eq!(live, dry);
        // Other rules find other things; nothing is written.
        let strict = r#"{"rule":[{"id":"any","subject":"driver","count":"attempts","within_minutes":1440,"above":0,"outcome":"deny"}]}"#;
        let tried = dry_run::run(&app.db, &RuleSet::from_json(strict).unwrap(), at(0)).await.unwrap();
        assert_eq!((tried.outcomes["deny"], tried.examples.len()), (30, 20));
    }

    async fn other_rules_count_from_the_next_payment_on(app) {
        let strict = r#"{"rule":[
            {"id":"none","subject":"payment","count":"amount","above_amount":{"CNY":"0"},"outcome":"deny",
             "segment":{"fleet":{"mode":"dry_run"}}}],
            "segment":[{"name":"fleet","groups":["VANS"]}]}"#;
        let set = RuleSet::from_json(strict).unwrap();
        assert_eq!(decide(&app, &facts(1, yuan(5))).await.decision.outcome, Outcome::Allow);
        let mut tx = app.db.write().await.unwrap();
        let version = risk::add_rules(&mut tx, &set, "anna", at(0)).await.unwrap();
        assert!(risk::activate_rules(&mut tx, &app.ids, version, "anna", at(0)).await.unwrap());
        assert!(!risk::activate_rules(&mut tx, &app.ids, 99, "anna", at(0)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(decide(&app, &facts(2, yuan(5))).await.decision.outcome, Outcome::Deny);
        let van = decide(&app, &Facts { group: "VANS", ..facts(3, yuan(5)) }).await.decision;
        assert_eq!((van.outcome, van.segment.as_str(), van.hits[0].live), (Outcome::Allow, "fleet", false));
        let mut tx = app.db.write().await.unwrap();
        assert!(risk::activate_rules(&mut tx, &app.ids, 0, "anna", at(0)).await.unwrap());
        assert_eq!(rules::list(&mut tx).await.unwrap()[0].version, version);
        tx.commit().await.unwrap();
        assert_eq!(decide(&app, &facts(4, yuan(5))).await.decision.outcome, Outcome::Allow);
    }

    async fn a_model_counts_when_it_is_activated_and_unless_it_was_changed(app) {
        let population = Population::make(&Scale { seed: 3, drivers: 40, days: 40, fraud: false });
        let plan = Plan { epochs: 0, ..Plan::default() };
        let trained = train(&population.visits_until(40), &plan).unwrap().unwrap();
        let row = models::ModelRow {
            id: trained.model.id().to_owned(),
            body: trained.model.text().to_owned(),
            calibration: serde_json::to_string(&trained.calibration).unwrap(),
            revision: 1,
            calibrated_to: 0,
            drivers: 1,
            payments: 1,
            report: "{}".into(),
            created_at: at(0),
        };
        let changed = models::ModelRow { id: "0123456789abcdef".into(), ..row.clone() };
        let mut tx = app.db.write().await.unwrap();
        models::add(&mut tx, &row).await.unwrap();
        models::add(&mut tx, &changed).await.unwrap();
        assert!(!risk::activate_model(&mut tx, &app.ids, "gone", "anna", at(0)).await.unwrap());
        assert!(risk::activate_model(&mut tx, &app.ids, &row.id, "anna", at(0)).await.unwrap());
        // What this driver has always done: 30 CNY at ten in the morning at one station.
        for day in 0..10_i64 {
            paid_order(&mut tx, 100 + day, day).await;
        }
        tx.commit().await.unwrap();
        app.clock.advance(TimeDelta::days(10));
        let usual = decide(&app, &Facts { device: "", ..facts(1, yuan(30)) }).await.decision;
        let finding = usual.behaviour.unwrap();
        assert!(!finding.outside && finding.known == 10 && !finding.new_place, "{finding:?}");
        app.clock.advance(TimeDelta::hours(-7));
        let odd = Facts { station: "FAR-1", device: "new", ..facts(2, yuan(300)) };
        let decided = decide(&app, &odd).await;
        let finding = decided.decision.behaviour.clone().unwrap();
        assert!(finding.outside && finding.asks && finding.new_device, "{finding:?}");
        assert_eq!(decided.decision.outcome, Outcome::StepUp);
        let words = finding.words(Language::English);
        assert!(words.ends_with("now 300.00 CNY at 03 h at a new place from a new device"), "{words}");
        // A bill or a balance is paid when it suits the driver, and is none of his sessions.
        let other = Facts { order: 4, session: false, ..odd };
        assert_eq!(decide(&app, &other).await.decision.behaviour, None);
        // Its text and its id do not fit: no model counts, and payments go on.
        let mut tx = app.db.write().await.unwrap();
        assert!(risk::activate_model(&mut tx, &app.ids, &changed.id, "anna", at(0)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(decide(&app, &Facts { order: 3, ..odd }).await.decision.behaviour, None);
    }

    async fn a_calibration_learns_from_what_was_paid(app) {
        let population = Population::make(&Scale { seed: 3, drivers: 40, days: 40, fraud: false });
        let trained = train(&population.visits_until(40), &Plan { epochs: 0, ..Plan::default() }).unwrap().unwrap();
        let mut tx = app.db.write().await.unwrap();
        let row = models::ModelRow {
            id: trained.model.id().to_owned(),
            body: trained.model.text().to_owned(),
            calibration: serde_json::to_string(&trained.calibration).unwrap(),
            revision: 1,
            calibrated_to: 0,
            drivers: 1,
            payments: 1,
            report: "{}".into(),
            created_at: at(0),
        };
        models::add(&mut tx, &row).await.unwrap();
        risk::activate_model(&mut tx, &app.ids, &row.id, "anna", at(0)).await.unwrap();
        for day in 0..10_i64 {
            paid_order(&mut tx, 100 + day, day).await;
        }
        tx.commit().await.unwrap();
        app.clock.advance(TimeDelta::days(10));
        for order in 1..=4 {
            decide(&app, &facts(order, yuan(30))).await;
        }
        for order in 1..=3 {
            tell(&app, order, What::Success, "").await;
        }
        let now = app.clock.now();
        assert_eq!(job::calibrate(&app.db, now).await.unwrap(), 0, "they have not settled");
        let later = now + TimeDelta::hours(1);
        assert_eq!(job::calibrate(&app.db, later).await.unwrap(), 3, "the fourth was not paid");
        assert_eq!(job::calibrate(&app.db, later).await.unwrap(), 0, "nothing twice");
        let mut tx = app.db.read().await.unwrap();
        assert_eq!(models::revision(&mut tx, &row.id).await.unwrap(), Some(2));
        assert_eq!(decisions::coverage(&mut tx, &row.id, at(0)).await.unwrap().0, 4);
    }

    async fn training_takes_the_payments_of_drivers_and_one_process_does_it(app) {
        let mut tx = app.db.write().await.unwrap();
        for driver in 0..12_i64 {
            for day in 0..12_i64 {
                let id = 1_000 + driver * 100 + day;
                paid_order(&mut tx, id, day).await;
                move_to_driver(&mut tx, id, driver).await;
            }
        }
        tx.commit().await.unwrap();
        app.clock.advance(TimeDelta::days(13));
        let few = job::train(&app.db, &app.ids, &app.clock, 1_000, true).await.unwrap();
        assert_eq!(few, job::Made::TooFew { payments: 144 });
        let made = job::train(&app.db, &app.ids, &app.clock, 100, true).await.unwrap();
        let job::Made::Model { id, payments: 144, active, .. } = made else { panic!("{made:?}") };
        let mut tx = app.db.write().await.unwrap();
        let counts = risk::active_model(&mut tx).await.unwrap();
        assert_eq!(counts == id, active);
        let now = app.clock.now();
        let lease = |after| now + TimeDelta::minutes(after);
        assert!(settings::lease(&mut tx, "lease", lease(60), now).await.unwrap());
        assert!(!settings::lease(&mut tx, "lease", lease(90), lease(59)).await.unwrap());
        assert!(settings::lease(&mut tx, "lease", lease(120), lease(60)).await.unwrap());
    }
}

/// A paid order of driver 77 at ten in the morning of a day, 30 CNY.
async fn paid_order(tx: &mut csms::store::Tx, id: i64, day: i64) {
    let sql = "INSERT INTO pay_order (id, number, purpose, mode, state, version, page_key, station_id, driver_id, device,
            currency, amount_minor, taken_minor, expires_at, created_at, changed_at)
         VALUES ($1, $2, 'session', 'prepay', 'captured', 3, $2, 'HALL-7', 77, 'cookie', 'CNY', $3, 2500, $4, $4, $4)";
    let (number, amount, when) = (format!("N{id}"), 2_900 + 50 * (id % 5), at(day * 86_400));
    macro_rules! put {
        ($transaction:expr) => {
            drop(
                sqlx::query(sql)
                    .bind(id)
                    .bind(number)
                    .bind(amount)
                    .bind(when)
                    .execute(&mut **$transaction)
                    .await
                    .unwrap(),
            )
        };
    }
    match tx {
        csms::store::Tx::Sqlite(transaction, _) => put!(transaction),
        csms::store::Tx::Postgres(transaction) => put!(transaction),
    }
}

async fn move_to_driver(tx: &mut csms::store::Tx, id: i64, driver: i64) {
    let sql = "UPDATE pay_order SET driver_id = $2 WHERE id = $1";
    match tx {
        csms::store::Tx::Sqlite(transaction, _) => {
            sqlx::query(sql).bind(id).bind(driver).execute(&mut **transaction).await.unwrap();
        }
        csms::store::Tx::Postgres(transaction) => {
            sqlx::query(sql).bind(id).bind(driver).execute(&mut **transaction).await.unwrap();
        }
    }
}
