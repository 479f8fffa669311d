use super::*;
use payments::provider::{FileKind, Next, PaymentState, RefundState, RefusalKind};

fn account(bridge: bool) -> Option<Account> {
    let fake = Fake::start("fake_alipay.py", &[])?;
    let mut settings = fake.settings();
    settings["bridge"] = bridge.into();
    Some(Account::new(fake, Receiver::new(), settings))
}

fn yuan(fen: i64) -> Amount {
    Amount::new(fen, "CNY".parse().unwrap())
}

impl Account {
    fn trade(&self, method: Method) -> Attempt {
        let capture = if method == Method::Score { Capture::Later } else { Capture::Now };
        attempt(method, capture, yuan(5_000), &self.received.url())
    }

    fn press(&self, button: &str, attempt: &Attempt) -> u16 {
        wire::post(&format!("{}/cashier/{button}/{}", self.fake.base, attempt.number), "").status
    }
}

#[test]
fn the_sdk_takes_our_signatures_and_we_take_its() {
    let Some(account) = account(false) else { return };
    let mut attempt = account.trade(Method::PhoneBrowser);
    let Next::Redirect { url } = account.open(&mut attempt) else { panic!("no link") };
    assert_eq!(account.payment(&Call::Query(&attempt)).state, PaymentState::Absent, "nobody has opened it");
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Closed, "never opened");
    assert_eq!(wire::send(&payments::provider::Request::get(url.clone())).status, 200);
    let spoilt = url.replace("50.00", "5.00");
    assert_ne!(spoilt, url);
    assert_eq!(wire::send(&payments::provider::Request::get(spoilt)).status, 400);
    assert_eq!(account.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    assert_eq!(account.press("pay", &attempt), 303);
    let told = account.told_payment();
    assert_eq!(
        (told.state, told.taken, told.number.as_str()),
        (PaymentState::Taken, Some(yuan(5_000)), attempt.number.as_str())
    );
    assert_eq!(account.payment(&Call::Query(&attempt)).taken, Some(yuan(5_000)));
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Taken, "paid after all");
    for (number, fen, left) in [("R1", 1_234, "12.34"), ("R1", 1_234, "12.34"), ("R2", 3_766, "50.00")] {
        let ask = refund(number, yuan(fen), yuan(5_000));
        let call = Call::Refund { attempt: &attempt, refund: &ask };
        assert_eq!(account.refund(&call).state, RefundState::Done, "{number}");
        assert_eq!(
            account.refund(&Call::QueryRefund { attempt: &attempt, refund: &ask }).amount,
            Some(yuan(fen))
        );
        assert_eq!(account.fake.books()["sums"]["returned"], left);
    }
    for number in ["R1", "R2"] {
        let Ok(Fact::Refund(told)) = account.told() else { panic!("no refund") };
        assert_eq!((told.number.as_str(), told.state), (number, RefundState::Done));
    }
    let unmade = refund("R3", yuan(1), yuan(5_000));
    let look = Call::QueryRefund { attempt: &attempt, refund: &unmade };
    assert_eq!(account.refund(&look).state, RefundState::Absent);
    assert_eq!(
        account.payment(&Call::Query(&attempt)).state,
        PaymentState::Taken,
        "given back is not unpaid"
    );
    let books = account.fake.books();
    assert_eq!((&books["sums"]["taken"], &books["sums"]["fees"]), (&"50.00".into(), &"0.30".into()));
    assert_eq!(books["refused"].as_array().unwrap().len(), 1, "the spoilt link alone: {books}");
}

#[test]
fn a_hold_on_credit_is_taken_in_part() {
    let Some(account) = account(false) else { return };
    let mut attempt = account.trade(Method::Score);
    assert!(matches!(account.open(&mut attempt), Next::Redirect { .. }));
    assert_eq!(account.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    assert_eq!(account.press("pay", &attempt), 200);
    let held = account.told_payment();
    assert_eq!((held.state, held.held), (PaymentState::Held, Some(yuan(5_000))));
    attempt.charge = held.charge;
    let take = |fen| Call::Capture { attempt: &attempt, amount: yuan(fen), key: "k" };
    assert_eq!(account.payment(&take(3_219)).taken, Some(yuan(3_219)));
    assert_eq!(account.told_payment().taken, Some(yuan(3_219)));
    assert_eq!(account.payment(&take(3_219)).taken, Some(yuan(3_219)), "again is the same");
    assert!(matches!(account.call(&take(3_220)), Answer::Unknown(_)), "another amount is not");
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Taken);
    let sums = account.fake.books()["sums"].clone();
    assert_eq!((&sums["taken"], &sums["held"]), (&"32.19".into(), &"0".into()), "{sums}");
    let ask = refund("R1", yuan(219), yuan(3_219));
    assert_eq!(account.refund(&Call::Refund { attempt: &attempt, refund: &ask }).state, RefundState::Done);
}

#[test]
fn a_hold_is_released_or_closed() {
    let Some(account) = account(false) else { return };
    let mut attempt = account.trade(Method::Score);
    account.open(&mut attempt);
    assert_eq!(account.payment(&Call::Close(&attempt)).state, PaymentState::Closed);
    assert_eq!(account.press("pay", &attempt), 409);
    let mut attempt = account.trade(Method::Score);
    account.open(&mut attempt);
    account.press("pay", &attempt);
    attempt.charge = account.told_payment().charge;
    let release = Call::Release { attempt: &attempt, key: "k" };
    assert_eq!(account.payment(&release).state, PaymentState::Released);
    assert_eq!(account.told_payment().state, PaymentState::Released);
    assert_eq!(account.payment(&release).state, PaymentState::Released, "again is the same");
}

#[test]
fn a_code_and_the_bridge_are_paid_in_the_wallet() {
    let Some(account) = account(true) else { return };
    let mut code = account.trade(Method::Code);
    let Next::ShowCode { text } = account.open(&mut code) else { panic!("no code") };
    assert_eq!(account.payment(&Call::Query(&code)).state, PaymentState::Absent, "nobody has scanned it");
    assert_eq!(wire::send(&payments::provider::Request::get(text)).status, 200);
    assert_eq!(account.payment(&Call::Close(&code)).state, PaymentState::Closed);
    assert_eq!(account.press("pay", &code), 409);
    let login = account.provider.identify_at("http://localhost/back?x=1", "s").unwrap();
    let back = wire::send(&payments::provider::Request::get(login));
    let back = back.header("location").unwrap().to_owned();
    let (_, word) = back.split_once("auth_code=").unwrap();
    let Answer::Told(Told::Payer(payer)) = account.call(&Call::Identify { code: &word[..32] }) else {
        panic!("who?")
    };
    let mut bridge = account.trade(Method::InWallet);
    bridge.payer.id = payer;
    let Next::AlipayBridge { trade } = account.open(&mut bridge) else { panic!("no bridge") };
    assert_eq!(account.payment(&Call::Query(&bridge)).reference.as_deref(), Some(trade.as_str()));
    let Answer::Refused(refusal) = account.call(&Call::Identify { code: "used" }) else {
        panic!("not refused")
    };
    assert_eq!(refusal.kind, RefusalKind::Setup);
}

#[test]
fn what_goes_wrong_on_the_way_moves_nothing() {
    let Some(account) = account(false) else { return };
    let mut attempt = account.trade(Method::Code);
    account.open(&mut attempt);
    account.fake.mode("500");
    assert!(matches!(account.call(&Call::Query(&attempt)), Answer::Unknown(_)));
    account.fake.mode("forged");
    account.press("pay", &attempt);
    assert_eq!(account.told().unwrap_err(), "forged");
    assert_eq!(account.told_payment().state, PaymentState::Taken);
    let ask = refund("R1", yuan(100), yuan(5_000));
    let call = Call::Refund { attempt: &attempt, refund: &ask };
    account.fake.mode("lost_answer");
    assert!(matches!(account.call(&call), Answer::Unknown(_)));
    account.fake.mode("");
    assert_eq!(account.refund(&call).state, RefundState::Done, "found, not made again");
    assert_eq!(account.fake.books()["sums"]["returned"], "1.00");
    let day = now().with_timezone(&chrono::FixedOffset::east_opt(8 * 3600).unwrap()).date_naive();
    let Answer::Told(Told::File(file)) = account.call(&Call::Statement { day, kind: FileKind::Trades })
    else {
        panic!("no bill")
    };
    assert!(file.starts_with(b"PK"));
    let before = day - TimeDelta::days(3);
    let call = Call::Statement { day: before, kind: FileKind::Trades };
    assert_eq!(account.call(&call), Answer::Told(Told::FileEmpty));
}
