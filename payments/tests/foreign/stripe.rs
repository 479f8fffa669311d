use super::*;
use payments::provider::{FileKind, Next, PaymentState, RefundState, RefusalKind};

fn account() -> Option<Account> {
    let received = Receiver::new();
    let fake = Fake::start("fake_stripe.py", &["--notify", &received.url()])?;
    let settings = fake.settings();
    Some(Account::new(fake, received, settings))
}

fn euro(cents: i64) -> Amount {
    Amount::new(cents, "EUR".parse().unwrap())
}

fn hosted(capture: Capture) -> Attempt {
    attempt(Method::Hosted, capture, euro(5_000), "")
}

fn press(url: &str, button: &str) -> u16 {
    wire::post(&format!("{url}/{button}"), "").status
}

impl Account {
    fn page(&self, attempt: &mut Attempt) -> String {
        match self.open(attempt) {
            Next::Redirect { url } => url,
            other => panic!("no page: {other:?}"),
        }
    }

    fn on_file(&self, instrument: &str) -> Attempt {
        let method = Method::OnFile { customer: "cus_1".to_owned(), instrument: instrument.to_owned() };
        attempt(method, Capture::Now, euro(1_999), "")
    }
}

#[test]
fn a_hold_is_made_on_the_page_taken_in_part_and_given_back_in_part() {
    let Some(account) = account() else { return };
    let mut attempt = hosted(Capture::Later);
    attempt.payer.keep = true;
    let page = account.page(&mut attempt);
    assert_eq!(account.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    assert_eq!(press(&page, "decline"), 200);
    assert_eq!(account.told_payment().state, PaymentState::Waiting, "another card may be tried");
    assert_eq!(press(&page, "pay"), 303);
    let told = [account.told_payment(), account.told_payment()];
    let held = told.iter().find(|fact| fact.state == PaymentState::Held).unwrap();
    assert_eq!((held.number.as_str(), held.held), (attempt.number.as_str(), Some(euro(5_000))));
    assert!(
        told.iter().any(|fact| fact.reference == attempt.reference && fact.state == PaymentState::Waiting)
    );
    attempt.charge.clone_from(&held.charge);
    let fact = account.payment(&Call::Query(&attempt));
    assert_eq!((fact.state, fact.held), (PaymentState::Held, Some(euro(5_000))));
    assert!(fact.holds_until.unwrap() > now() + TimeDelta::days(6));
    assert!(fact.instrument.unwrap().on_file.is_some(), "kept for later");
    let raise = Call::Raise { attempt: &attempt, to: euro(6_000), key: "raise:1" };
    assert_eq!(account.payment(&raise).held, Some(euro(6_000)));
    let take = |cents, key| Call::Capture { attempt: &attempt, amount: euro(cents), key };
    assert_eq!(account.payment(&take(3_219, "capture:1")).taken, Some(euro(3_219)));
    assert_eq!(account.payment(&take(3_219, "capture:1")).taken, Some(euro(3_219)), "by the same key");
    assert_eq!(account.payment(&take(3_219, "capture:2")).taken, Some(euro(3_219)), "by another key");
    assert!(
        matches!(account.call(&take(3_000, "capture:1")), Answer::Unknown(_)),
        "the key is of another amount"
    );
    assert_eq!(account.told_payment().taken, Some(euro(3_219)));
    let ask = refund("R1", euro(219), euro(3_219));
    let (make, look) = (
        Call::Refund { attempt: &attempt, refund: &ask },
        Call::QueryRefund { attempt: &attempt, refund: &ask },
    );
    assert_eq!(account.refund(&look).state, RefundState::Absent);
    for call in [&make, &make, &look] {
        assert_eq!(account.refund(call).state, RefundState::Done);
    }
    let Ok(Fact::Refund(told)) = account.told() else { panic!("no refund") };
    assert_eq!(
        (told.number.as_str(), told.attempt.as_str(), told.amount),
        ("R1", attempt.number.as_str(), Some(euro(219)))
    );
    let sums = account.fake.books()["sums"].clone();
    assert_eq!((&sums["taken"], &sums["returned"], &sums["held"]), (&3_219.into(), &219.into(), &0.into()));
}

#[test]
fn a_page_is_closed_or_turns_out_to_be_paid() {
    let Some(account) = account() else { return };
    let mut attempt = hosted(Capture::Now);
    let page = account.page(&mut attempt);
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Closed);
    assert_eq!(account.told_payment().state, PaymentState::Closed);
    assert_eq!(press(&page, "pay"), 410);
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Closed, "again is the same");
    let mut attempt = hosted(Capture::Now);
    let page = account.page(&mut attempt);
    press(&page, "pay");
    assert_eq!(account.payment(&Call::Close(&attempt)).taken, Some(euro(5_000)), "paid after all");
}

#[test]
fn lost_answers_are_found_again_and_nothing_is_made_twice() {
    let Some(account) = account() else { return };
    account.fake.mode("lost_answer");
    let mut page = hosted(Capture::Later);
    assert!(matches!(account.call(&Call::Open(&page)), Answer::Unknown(_)));
    let debit = account.on_file("pm_1");
    assert!(matches!(account.call(&Call::Open(&debit)), Answer::Unknown(_)));
    account.fake.mode("");
    let found = account.payment(&Call::Query(&page));
    assert_eq!(found.state, PaymentState::Waiting);
    account.page(&mut page);
    assert_eq!(page.reference, found.reference, "the same page again");
    assert_eq!(account.payment(&Call::Query(&debit)).taken, Some(euro(1_999)));
    account.fake.mode("500");
    let never = account.on_file("pm_1");
    assert!(matches!(account.call(&Call::Open(&never)), Answer::Unknown(_)));
    account.fake.mode("");
    assert_eq!(account.payment(&Call::Query(&never)).state, PaymentState::Absent);
    assert_eq!(account.payment(&Call::Close(&page)).state, PaymentState::Closed);
    let orders = account.fake.books()["orders"].clone();
    assert_eq!(orders.as_array().unwrap().len(), 1, "{orders}");
}

#[test]
fn a_debit_without_its_driver_goes_through_or_needs_it() {
    let Some(account) = account() else { return };
    assert_eq!(account.payment(&Call::Open(&account.on_file("pm_1"))).taken, Some(euro(1_999)));
    assert_eq!(account.told_payment().state, PaymentState::Taken);
    for (instrument, code) in [("pm_auth", "authentication_required"), ("pm_declined", "insufficient_funds")]
    {
        let attempt = account.on_file(instrument);
        let Answer::Refused(refusal) = account.call(&Call::Open(&attempt)) else { panic!("not refused") };
        assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Payer, code));
        assert!(matches!(account.told_payment().state, PaymentState::Failed { .. }));
        assert!(matches!(account.payment(&Call::Query(&attempt)).state, PaymentState::Failed { .. }));
    }
}

#[test]
fn a_terminal_holds_a_card_and_a_busy_one_refuses() {
    let Some(account) = account() else { return };
    let terminal = |reader: &str| {
        attempt(Method::Terminal { reader: reader.to_owned() }, Capture::Later, euro(6_000), "")
    };
    let mut attempt = terminal("tmr_1");
    assert_eq!(account.open(&mut attempt), Next::Wait);
    wire::post(&format!("{}/_present/tmr_1", account.fake.base), "{}");
    assert_eq!(account.told_payment().held, Some(euro(6_000)));
    let release = Call::Release { attempt: &attempt, key: "release:1" };
    assert_eq!(account.payment(&release).state, PaymentState::Released);
    let mut attempt = terminal("tmr_1");
    account.open(&mut attempt);
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Closed);
    let Answer::Refused(refusal) = account.call(&Call::Open(&terminal("tmr_busy"))) else {
        panic!("not refused")
    };
    assert_eq!(refusal.kind, RefusalKind::Trouble);
}

#[test]
fn what_happens_at_a_reader_is_told_and_found_by_asking() {
    let Some(account) = account() else { return };
    let terminal = |reader: &str| {
        attempt(Method::Terminal { reader: reader.to_owned() }, Capture::Later, euro(6_000), "")
    };
    let mut cancelled = terminal("tmr_2");
    account.open(&mut cancelled);
    assert_eq!(account.payment(&Call::Query(&cancelled)).state, PaymentState::Waiting, "it is shown");
    wire::post(&format!("{}/_present/tmr_2", account.fake.base), r#"{"card": "cancel"}"#);
    assert_eq!(account.told().unwrap(), Fact::Moved { charge: cancelled.charge.clone().unwrap() });
    let PaymentState::Failed { refusal } = account.payment(&Call::Query(&cancelled)).state else {
        panic!("not stopped")
    };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Payer, "customer_canceled"));

    // The reader shows the next driver's payment: closing the one before leaves that alone.
    let mut next = terminal("tmr_2");
    account.open(&mut next);
    assert_eq!(account.payment(&Call::Close(&cancelled)).state, PaymentState::Closed);
    wire::post(&format!("{}/_present/tmr_2", account.fake.base), "{}");
    assert_eq!(account.payment(&Call::Query(&next)).state, PaymentState::Held);
    let Answer::Refused(refusal) = account.call(&Call::Open(&terminal("tmr_off"))) else {
        panic!("not refused")
    };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Trouble, "terminal_reader_offline"));
}

#[test]
fn a_hold_of_a_stations_own_terminal_is_asked_after_by_its_number_and_captured() {
    let Some(account) = account() else { return };
    let made = wire::post(
        &format!("{}/_pre_authorise", account.fake.base),
        r#"{"amount": 4500, "currency": "eur"}"#,
    );
    let id =
        serde_json::from_slice::<serde_json::Value>(&made.body).unwrap()["id"].as_str().unwrap().to_owned();
    let method = Method::Terminal { reader: "CS-1".to_owned() };
    let attempt = Attempt {
        number: id.clone(),
        reference: Some(id.clone()),
        charge: Some(id.clone()),
        ..attempt(method, Capture::Later, euro(1), "")
    };
    let fact = account.payment(&Call::Query(&attempt));
    assert_eq!((fact.number, fact.state, fact.held), (id, PaymentState::Held, Some(euro(4_500))));
    let taken = account.payment(&Call::Capture { attempt: &attempt, amount: euro(1_234), key: "c:1" });
    assert_eq!((taken.state, taken.taken), (PaymentState::Taken, Some(euro(1_234))));
}

#[test]
fn forged_events_are_refused_and_reports_are_fetched() {
    let Some(account) = account() else { return };
    account.fake.mode("forged");
    assert_eq!(account.payment(&Call::Open(&account.on_file("pm_1"))).state, PaymentState::Taken);
    assert_eq!(account.told().unwrap_err(), "forged");
    assert_eq!(account.told_payment().state, PaymentState::Taken);
    account.fake.mode("");
    let day = now().date_naive();
    let call = Call::Statement { day, kind: FileKind::Trades };
    assert_eq!(account.call(&call), Answer::Told(Told::FileLater), "made");
    assert_eq!(account.call(&call), Answer::Told(Told::FileLater), "not ready");
    let Answer::Told(Told::File(file)) = account.call(&call) else { panic!("no report") };
    let text = String::from_utf8(file).unwrap();
    assert!(
        text.contains("payment_metadata[attempt]") && text.contains(",19.99,0.54,19.45,charge,"),
        "{text}"
    );
    let funds = Call::Statement { day, kind: FileKind::Funds };
    account.call(&funds);
    account.call(&funds);
    assert_eq!(account.call(&funds), Answer::Told(Told::FileEmpty));
    let refused = account.fake.books()["refused"].clone();
    assert_eq!(refused.as_array().unwrap().len(), 0, "every request was as the SDK has it: {refused}");
}

#[test]
fn events_come_twice_and_in_any_order() {
    let Some(account) = account() else { return };
    account.fake.mode("duplicate");
    account.payment(&Call::Open(&account.on_file("pm_1")));
    let (first, second) = (account.notice().unwrap(), account.notice().unwrap());
    assert_eq!((first.key(), first.fact()), (second.key(), second.fact()), "the same event");
    account.fake.mode("reordered");
    let mut attempt = hosted(Capture::Now);
    press(&account.page(&mut attempt), "pay");
    let (session, intent) = (account.told_payment(), account.told_payment());
    assert_eq!((session.reference, session.taken), (attempt.reference, Some(euro(5_000))));
    assert_eq!((intent.reference, intent.taken), (None, Some(euro(5_000))));
}
