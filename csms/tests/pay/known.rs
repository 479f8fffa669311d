//! Who pays, and with which card, as far as that is known: what rules and model are told of it.

use super::{
    house::{House, click, houses, houses_with},
    later::{charge, contract},
    provider::{Fault, KEY},
};
use csms::{
    config::Config,
    model::Phase,
    pay::{self, Click, Clicked, PayError, State},
    risk::{self, blocks},
    store::{
        pay::{kept, orders::OrderRow, tasks},
        risk::{
            cases, decisions, events, history,
            models::{self, ModelRow},
        },
        row::TokenRow,
        tokens,
    },
};
use payments::{
    Amount,
    provider::{Method, Setup},
    risk::{
        Decision,
        behaviour::{
            Plan,
            population::{Population, Scale},
            train,
        },
        rules::{RuleSet, Subject},
    },
};

const ADA: &str = "ada@example.com";

/// Somebody clicks on another browser each time.
async fn pay_as(
    house: &House,
    order: &OrderRow,
    browser: &str,
    change: impl FnOnce(&mut Click),
) -> Result<Clicked, PayError> {
    let version = house.row(order.id).await.version;
    let mut click = Click { device: browser.to_owned(), ..click(version, Method::Hosted) };
    change(&mut click);
    pay::click(&house.app, &order.number, &click).await
}

/// Paid on a browser of its own, and left again.
async fn paid(house: &mut House, page: &str, change: impl FnOnce(&mut Click)) -> OrderRow {
    paid_with(house, page, "", change).await
}

/// The same with a card, as the provider tells it.
async fn paid_with(house: &mut House, page: &str, card: &str, change: impl FnOnce(&mut Click)) -> OrderRow {
    let order = house.order(page).await;
    let clicked = pay_as(house, &order, page, change).await.unwrap();
    assert!(matches!(clicked, Clicked::Next(_)), "{clicked:?}");
    let attempt = house.attempts(order.id).await.pop().unwrap();
    assert!(house.provider.pay(&attempt.number));
    house.provider.notices();
    let notice = house.provider.notice_of(&attempt.number, KEY, |order| {
        order.instrument.get_or_insert_default().fingerprint = card.to_owned();
    });
    assert_eq!(house.notify(&attempt.account, &notice).await, 200);
    let row = house.row(order.id).await;
    if pay::cancel(&house.app, &order.number, "driver").await.is_ok() {
        house.work().await;
    }
    house.advance(61);
    row
}

async fn last_decision(house: &House, order: i64) -> Decision {
    let rows = decisions::of_order(&mut house.app.db.read().await.unwrap(), order).await.unwrap();
    serde_json::from_str(&rows.last().unwrap().body).unwrap()
}

/// Blocks the card that an order was paid with.
async fn block_card(house: &House, order: i64) {
    let mut tx = house.app.db.write().await.unwrap();
    let card = events::newest_of(&mut tx, order).await.unwrap().unwrap().card;
    let until = house.clock.now() + chrono::TimeDelta::days(180);
    let subject = (Subject::Card, &*card);
    assert!(
        blocks::block(&mut tx, &house.app.ids, subject, Some(until), "anna", house.clock.now())
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_driver_is_known_by_the_contact_that_he_has_shown_on_any_browser() {
    for mut house in houses().await {
        for n in 0..5 {
            paid(&mut house, &format!("n{n}"), |click| click.contact = ADA.to_owned()).await;
        }
        // What somebody types is no proof of who he is.
        let typed = house.order("typed").await;
        pay::contact(&house.app, &typed.number, ADA, false).await.unwrap();
        let clicked = pay_as(&house, &typed, "typed", |_| ()).await.unwrap();
        assert!(matches!(clicked, Clicked::Next(_)), "{clicked:?}");
        assert_eq!(house.row(typed.id).await.driver_id, None);
        pay::cancel(&house.app, &typed.number, "driver").await.unwrap();
        house.work().await;

        let sixth = house.order("sixth").await;
        pay::contact(&house.app, &sixth.number, ADA, false).await.unwrap();
        let clicked = pay_as(&house, &sixth, "sixth", |click| click.contact = ADA.to_owned()).await.unwrap();
        assert!(matches!(clicked, Clicked::Verify { .. }), "{clicked:?}");
        let decision = last_decision(&house, sixth.id).await;
        let hits: Vec<_> = decision.hits.iter().map(|hit| (&*hit.rule, hit.value)).collect();
        assert_eq!(hits, [("charges-a-day", 6)]);
    }
}

#[tokio::test]
async fn a_payer_is_the_driver_of_the_sessions_that_he_has_paid() {
    for mut house in houses().await {
        let known = async |house: &House| {
            let mut tx = house.app.db.read().await.unwrap();
            kept::of_payer(&mut tx, "cards", "payer-1").await.unwrap()
        };
        paid(&mut house, "a", |_| ()).await;
        assert_eq!(known(&house).await, None, "nobody has shown who that is");
        let row = paid(&mut house, "b", |click| click.contact = ADA.to_owned()).await;
        assert!(row.driver_id.is_some());
        assert_eq!(known(&house).await, row.driver_id);
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(
            kept::of_payer(&mut tx, "wallet", "payer-1").await.unwrap(),
            None,
            "it is another app's id"
        );
        assert_eq!(kept::of_payer(&mut tx, "cards", "").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_card_that_is_blocked_pays_nothing_however_it_comes() {
    for mut house in houses().await {
        let first = paid_with(&mut house, "a", "print-1", |click| {
            (click.contact, click.keep) = (ADA.to_owned(), true);
        })
        .await;
        let kept = pay::kept::of_contact(&house.app, ADA, None).await.unwrap().remove(0);
        block_card(&house, first.id).await;

        // The provider tells the card when it holds the money: before anything begins that is released.
        let order = paid_with(&mut house, "b", "print-1", |_| ()).await;
        assert_eq!((&*order.state, &*order.why), ("failed", "denied"));
        house.work().await;
        assert_eq!((house.row(order.id).await.held_minor, house.provider.balance()), (0, 0));
        let mut tx = house.app.db.read().await.unwrap();
        let tasks = tasks::of_order(&mut tx, order.id).await.unwrap();
        assert!(
            tasks.iter().any(|task| task.kind == "release") && tasks.iter().all(|task| task.kind != "start")
        );
        let event = events::newest_of(&mut tx, order.id).await.unwrap().unwrap();
        assert_eq!(&*event.what, "attempt", "nothing was paid with it");
        drop(tx);
        assert_eq!(last_decision(&house, order.id).await.blocked, [Subject::Card]);

        // One that was left is known before anybody is asked for money.
        let order = house.order("c").await;
        let refused = pay_as(&house, &order, "c", |click| {
            (click.method, click.account) = (pay::kept::method(&kept), Some(kept.account.clone()));
            click.contact = ADA.to_owned();
        })
        .await;
        assert!(matches!(refused, Err(PayError::Denied(_))), "{refused:?}");
        assert!(house.attempts(order.id).await.is_empty());
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();

        // What was paid at once comes back.
        let order = paid_with(&mut house, "e", "print-1", |click| click.method = Method::Code).await;
        assert_eq!((&*order.state, &*order.why), ("failed", "denied"));
        assert_eq!(&*house.refunds(order.id).await.remove(0).kind, "denied");

        let other = paid_with(&mut house, "d", "print-2", |_| ()).await;
        assert_eq!(&*other.state, "authorized");
    }
}

/// As with Stripe: notifications do not say which card it was.
fn cards_by_query(config: &mut Config) {
    for account in &mut config.pay.accounts {
        let Setup::Sandbox(settings) = &mut account.setup else { continue };
        settings.cards_by_query = true;
    }
}

#[tokio::test]
async fn a_card_that_only_a_query_tells_is_known_before_anything_begins() {
    for mut house in houses_with(cards_by_query).await {
        let first = paid_with(&mut house, "a", "print-1", |_| ()).await;
        block_card(&house, first.id).await;
        // A notification tells the money, and the provider's own books the card.
        let notify = async |house: &House, order: i64| {
            let attempt = house.attempts(order).await.pop().unwrap();
            assert!(house.provider.pay_anyway(&attempt.number));
            house.provider.notices();
            let notice = house.provider.notice_of(&attempt.number, KEY, |order| order.instrument = None);
            assert_eq!(house.notify(&attempt.account, &notice).await, 200);
        };
        let order = house.order("b").await;
        let keep = |click: &mut Click| {
            (click.contact, click.keep) = (ADA.to_owned(), true);
        };
        pay_as(&house, &order, "b", keep).await.unwrap();
        // What is left to do of the other.
        house.work().await;
        notify(&house, order.id).await;
        house.provider.will([Fault::Broken]);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Pending, "nobody knows the card");
        // It is asked again before the next query would come anyway.
        house.advance(3);
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, &*row.why), ("failed", "denied"));
        let rows = tasks::of_order(&mut house.app.db.read().await.unwrap(), order.id).await.unwrap();
        assert!(rows.iter().all(|task| task.kind != "start"), "{rows:?}");
        house.advance(61);

        // A wallet has no card that anybody could tell; and it may be paid when it was closed.
        let order = house.order("d").await;
        pay_as(&house, &order, "d", |click| click.method = Method::Code).await.unwrap();
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();
        house.work().await;
        notify(&house, order.id).await;
        house.provider.will([Fault::Broken]);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Cancelled);
        house.advance(3);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Authorized);
    }
}

/// A session of Ada's that has cost more than was held.
async fn owing(house: &mut House, page: &str) -> OrderRow {
    let order = house.order(page).await;
    pay_as(house, &order, page, |click| click.contact = ADA.to_owned()).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.told(page, 1, Phase::Start, Some(&token), 0).await;
    house.advance(3_600);
    house.told(page, 1, Phase::End, None, 60_000).await;
    house.work().await;
    house.deliver("cards").await;
    assert_eq!(house.state(order.id).await, State::Owing);
    order
}

#[tokio::test]
async fn who_looks_at_somebodys_page_or_pays_a_rest_there_is_not_that_driver() {
    for mut house in houses().await {
        let order = owing(&mut house, "a").await;
        let tell = async |house: &House, number: &str, payer: &str| {
            let notice = house.provider.notice_of(number, KEY, |order| order.payer = Some(payer.to_owned()));
            assert_eq!(house.notify("cards", &notice).await, 200);
        };
        // One friend opens the link and is refused …
        house.click(&order, Method::Hosted).await.unwrap();
        let number = house.attempts(order.id).await.pop().unwrap().number;
        tell(&house, &number, "payer-2").await;
        house.provider.decline(&number);
        house.deliver("cards").await;
        // … another one pays what is left.
        house.click(&order, Method::Hosted).await.unwrap();
        let number = house.attempts(order.id).await.pop().unwrap().number;
        assert!(house.provider.pay(&number));
        house.provider.notices();
        tell(&house, &number, "payer-3").await;
        assert_eq!(house.state(order.id).await, State::Captured);
        let payers: Vec<_> = house.attempts(order.id).await.into_iter().map(|row| row.payer).collect();
        assert_eq!(payers, ["payer-1", "payer-2", "payer-3"]);

        let driver = house.row(order.id).await.driver_id;
        assert!(driver.is_some());
        let mut tx = house.app.db.read().await.unwrap();
        for (payer, known) in [("payer-1", driver), ("payer-2", None), ("payer-3", None)] {
            assert_eq!(kept::of_payer(&mut tx, "cards", payer).await.unwrap(), known, "{payer}");
        }
    }
}

/// A model of what is usual, and rules that ask it after few payments.
fn a_model() -> (ModelRow, RuleSet) {
    let population = Population::make(&Scale { seed: 3, drivers: 40, days: 40, fraud: false });
    let mut visits = population.visits_until(40);
    for visit in visits.iter_mut().flatten() {
        visit.amount = Amount::new(visit.amount.minor, "EUR".parse().unwrap());
    }
    let trained = train(&visits, &Plan { epochs: 0, ..Plan::default() }).unwrap().unwrap();
    let row = ModelRow {
        id: trained.model.id().to_owned(),
        body: trained.model.text().to_owned(),
        calibration: serde_json::to_string(&trained.calibration).unwrap(),
        revision: 1,
        calibrated_to: 0,
        drivers: 40,
        payments: 40,
        report: "{}".to_owned(),
        created_at: chrono::DateTime::UNIX_EPOCH,
    };
    let mut set = RuleSet::defaults();
    set.behaviour.payments_min = 3;
    (row, set)
}

#[tokio::test]
async fn the_rest_of_a_bill_is_no_session_that_could_be_unusual() {
    let (model, set) = a_model();
    for mut house in houses().await {
        let mut tx = house.app.db.write().await.unwrap();
        models::add(&mut tx, &model).await.unwrap();
        let now = house.clock.now();
        assert!(risk::activate_model(&mut tx, &house.app.ids, &model.id, "anna", now).await.unwrap());
        let version = risk::add_rules(&mut tx, &set, "anna", now).await.unwrap();
        assert!(risk::activate_rules(&mut tx, &house.app.ids, version, "anna", now).await.unwrap());
        tx.commit().await.unwrap();
        for n in 0..3 {
            paid(&mut house, &format!("n{n}"), |click| {
                (click.contact, click.method) = (ADA.to_owned(), Method::Code);
            })
            .await;
        }
        let order = owing(&mut house, "a").await;
        assert!(last_decision(&house, order.id).await.behaviour.is_some(), "the session is held against it");
        pay_as(&house, &order, "a", |click| click.contact = ADA.to_owned()).await.unwrap();
        assert_eq!(last_decision(&house, order.id).await.behaviour, None);
        assert_eq!(house.attempts(order.id).await.len(), 2);
    }
}

#[tokio::test]
async fn a_payment_that_is_refused_teaches_nothing_and_makes_no_device_known() {
    for mut house in houses().await {
        let as_ada = |click: &mut Click| {
            (click.contact, click.method) = (ADA.to_owned(), Method::Code);
        };
        let paid = paid_with(&mut house, "a", "print-1", as_ada).await;
        block_card(&house, paid.id).await;
        let refused = paid_with(&mut house, "b", "print-1", as_ada).await;
        assert_eq!((&*refused.state, &*refused.why), ("failed", "denied"));
        let refused = house.row(refused.id).await;
        assert!(refused.taken_minor > 0 && refused.driver_id == paid.driver_id, "{refused:?}");

        let driver = paid.driver_id.unwrap();
        let mut tx = house.app.db.read().await.unwrap();
        let known = history::of_driver(&mut tx, driver, 0, 10).await.unwrap();
        assert_eq!(known.iter().map(|row| row.id).collect::<Vec<_>>(), [paid.id]);
        let page = history::page(&mut tx, paid.created_at, None, 10).await.unwrap();
        assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), [paid.id]);
        assert!(history::knows_device(&mut tx, driver, &refused.device, refused.id).await.unwrap());
        assert!(!history::knows_device(&mut tx, driver, &refused.device, paid.id).await.unwrap());
    }
}

#[tokio::test]
async fn a_card_that_is_refused_is_not_kept() {
    for mut house in houses().await {
        let first = paid_with(&mut house, "a", "print-1", |click| click.contact = ADA.to_owned()).await;
        block_card(&house, first.id).await;
        let kept = async |house: &House| pay::kept::of_contact(&house.app, ADA, None).await.unwrap();
        for (page, method) in [("b", Method::Hosted), ("c", Method::Code)] {
            let refused = paid_with(&mut house, page, "print-1", |click| {
                (click.contact, click.method, click.keep) = (ADA.to_owned(), method, true);
            });
            assert_eq!(&*refused.await.why, "denied");
            assert!(kept(&house).await.is_empty(), "{:?}", kept(&house).await);
        }
        paid_with(&mut house, "d", "print-2", |click| {
            (click.contact, click.keep) = (ADA.to_owned(), true);
        })
        .await;
        assert_eq!(kept(&house).await.len(), 1, "another card is");
    }
}

#[tokio::test]
async fn a_card_that_many_drivers_use_is_looked_at() {
    for mut house in houses().await {
        for n in 0..3 {
            let page = format!("n{n}");
            let contact = format!("{n}@example.com");
            let order = paid_with(&mut house, &page, "print-1", |click| click.contact = contact).await;
            assert_eq!(&*order.state, "authorized");
            let decision = last_decision(&house, order.id).await;
            let hits: Vec<_> = decision.hits.iter().map(|hit| (&*hit.rule, hit.value)).collect();
            assert_eq!(hits, if n < 2 { vec![] } else { vec![("drivers-on-card", 3)] });
        }
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(cases::count_open(&mut tx).await.unwrap(), 1, "nobody could be asked any more");
    }
}

#[tokio::test]
async fn clicks_with_a_card_are_counted_once_each() {
    for mut house in houses().await {
        let mut value = 0;
        for n in 0..9 {
            let order = paid_with(&mut house, &format!("n{n}"), "print-1", |_| ()).await;
            let decision = last_decision(&house, order.id).await;
            let hit = decision.hits.iter().find(|hit| hit.rule == "attempts-card");
            assert_eq!(hit.is_some(), n == 8);
            value = hit.map_or(0, |hit| hit.value);
        }
        assert_eq!(value, 9);
    }
}

#[tokio::test]
async fn the_group_of_a_drivers_own_identifier_gives_the_limits() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        let mut tx = house.app.db.write().await.unwrap();
        let token = tokens::by_key(&mut tx, super::later::CARD).await.unwrap().remove(0);
        tokens::update(&mut tx, &TokenRow { group_uid: Some("VANS".to_owned()), ..token }).await.unwrap();
        let mut set = RuleSet::defaults();
        set.segments[0].groups.push("VANS".to_owned());
        let now = house.clock.now();
        let version = csms::risk::add_rules(&mut tx, &set, "anna", now).await.unwrap();
        assert!(csms::risk::activate_rules(&mut tx, &house.app.ids, version, "anna", now).await.unwrap());
        tx.commit().await.unwrap();
        let order = paid(&mut house, "a", |click| click.contact = "ada@example.org".to_owned()).await;
        assert_eq!(order.driver_id, Some(driver));
        assert_eq!(last_decision(&house, order.id).await.segment, "fleet");
    }
}

#[tokio::test]
async fn where_no_code_can_be_sent_the_payment_goes_on_and_somebody_looks() {
    let silent = |config: &mut csms::config::Config| config.messages.hook_url.clear();
    for mut house in houses_with(silent).await {
        for n in 0..6 {
            paid(&mut house, &format!("n{n}"), |click| click.device = "phone".to_owned()).await;
            let mut tx = house.app.db.read().await.unwrap();
            assert_eq!(cases::count_open(&mut tx).await.unwrap(), i64::from(n == 5));
        }
    }
}

#[tokio::test]
async fn a_session_that_was_paid_afterwards_teaches_what_is_usual() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        charge(&mut house, "T1").await;
        for _ in 0..2 {
            house.work().await;
            house.advance(6);
        }
        house.work().await;
        let paid = history::of_driver(&mut house.app.db.read().await.unwrap(), driver, 0, 10).await.unwrap();
        let known: Vec<_> =
            paid.iter().map(|row| (&*row.station_id, row.amount_minor, row.energy_mwh)).collect();
        assert_eq!(known, [("CP1", 400, Some(10_000_000))]);
    }
}
