//! A driver without a contract, from the scan to the receipt, in a real browser on a phone: pages, wallet, station and
//! money together. Providers are fakes that check our signatures with their own SDKs.

use crate::{
    harness::{Engine, eventually},
    kiosk::{CODE, Kiosk, Paid},
    phones::{App, Phone, Phones, Provider},
};
use csms::store::documents;
use ocpp::Version;
use std::collections::BTreeSet;

/// How a driver pays at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The app's own bridge asks the driver; there is no page.
    Bridge,
    /// A page of the provider with a button, which leads back.
    Page,
    /// The same, but nothing leads back: the driver opens our page again.
    PageOnly,
}

struct Journey {
    engine: Engine,
    version: Version,
    paid: Paid,
    app: App,
    /// The button on our page.
    button: &'static str,
    way: Way,
    /// Held, and taken afterwards; else paid at once, and the rest given back.
    holds: bool,
}

impl Journey {
    /// Name of the pictures.
    fn name(&self, step: &str) -> String {
        format!("{}-{step}", self.button)
    }

    async fn run(&self) {
        let Some(phones) = Phones::start().await else { return };
        let Some(kiosk) = Kiosk::open(self.engine, self.version, self.paid, "").await else { return };
        let bridge = (self.app == App::Wechat).then(|| format!("{}/_bridge", kiosk.fake().url));
        let phone = phones.phone("ada", self.app, bridge.as_deref()).await;
        let number = self.pays(&kiosk, &phone).await;
        let order = kiosk.until_state(&number, &["charging"]).await;
        assert_eq!(order.mode, if self.holds { "hold" } else { "prepay" });
        let secured = if self.holds { order.held_minor } else { order.taken_minor };
        assert_eq!(secured, self.paid.secured(), "{order:?}");
        self.charges(&kiosk, &phone, &number).await;
        self.is_billed(&kiosk, &phone, &number).await;
    }

    /// Scans, reads the price, pays; gives the order's number.
    async fn pays(&self, kiosk: &Kiosk, phone: &Phone) -> String {
        assert_eq!(phone.open(&kiosk.url(&format!("/p/{CODE}"))).await, 200);
        let (price, hold) = self.paid.shown();
        let words = phone.see("section[aria-labelledby=h-price]").await;
        assert!(words.contains(price) && words.contains("kWh"), "the price in words: {words}");
        let words = phone.see("section[aria-labelledby=h-hold]").await;
        assert!(words.contains(hold), "what is held: {words}");
        let buttons = phone.read("button[name=method]", "").await;
        let different: BTreeSet<&String> = buttons.iter().collect();
        assert_eq!(different.len(), buttons.len(), "no two buttons say the same: {buttons:?}");
        phone.shot(&self.name("1-scan")).await;
        let button = format!("button[name=method][value='{}']", self.button);
        phone.tap(&button).await;
        let order = kiosk.url("/o/");
        match self.way {
            Way::Bridge => {}
            Way::Page => {
                let theirs = match self.paid {
                    Paid::To(_) => kiosk.fake().url.clone(),
                    Paid::Sandbox => kiosk.url("/sandbox/pay/"),
                };
                phone.away(&theirs).await;
                phone.shot(&self.name("2-provider")).await;
                phone.tap("#pay, button[value=pay]").await;
                if self.paid == Paid::Sandbox {
                    phone.tap("a.sandbox-pay").await;
                }
            }
            Way::PageOnly => {
                phone.away(&kiosk.fake().url).await;
                phone.shot(&self.name("2-provider")).await;
                phone.tap("#pay").await;
                phone.see_with("p", "done").await;
                assert_eq!(phone.open(&format!("{order}{}", kiosk.newest().await.number)).await, 200);
            }
        }
        let here = phone.away(&order).await;
        here[order.len()..].split('?').next().unwrap().to_owned()
    }

    /// The session begins by itself, the page is alive, and the driver ends it there.
    async fn charges(&self, kiosk: &Kiosk, phone: &Phone, number: &str) {
        kiosk.charge(number).await;
        phone.see("#state[data-phase=charging]").await;
        let tiles = phone.see_with("dl.tiles", "5.00").await;
        phone.see_with("h1", "kW").await;
        let cost = format!("{}.{:02}", self.paid.bill() / 100, self.paid.bill() % 100);
        assert!(tiles.contains(&cost), "what it costs so far: {tiles}");
        assert!(tiles.contains("kW\n") || tiles.contains("kW"), "the power: {tiles}");
        phone.shot(&self.name("3-charging")).await;
        phone.tap("#stop summary").await;
        phone.tap("#stop button").await;
        let asked =
            if self.version == Version::V16 { "RemoteStopTransaction" } else { "RequestStopTransaction" };
        kiosk.station.expect_call(asked).await.unwrap();
        let stopped = || async { (kiosk.station.power_w(1) == 0).then_some(()) };
        eventually("the station has stopped", stopped).await;
    }

    /// Exactly the bill was taken; page, receipt, provider and ledger say the same.
    async fn is_billed(&self, kiosk: &Kiosk, phone: &Phone, number: &str) {
        let bill = self.paid.bill();
        let text = format!("{}.{:02}", bill / 100, bill % 100);
        let order = kiosk.until_state(number, &["captured", "partly_refunded"]).await;
        assert_eq!(order.due_minor, Some(bill), "{order:?}");
        phone.see("#state[data-phase=done]").await;
        let lines = phone.see("section[aria-labelledby=h-bill]").await;
        assert!(lines.contains(&text), "the bill: {lines}");
        let sums = kiosk.adds_up().await;
        assert_eq!(sums.taken - sums.returned, bill);
        let all = if self.holds { bill } else { self.paid.secured() };
        assert_eq!(sums.taken, all, "{sums:?}");
        // The page goes on by itself until there is nothing more to tell.
        let receipt = "a[href$='/receipt.pdf']";
        phone.see(receipt).await;
        if !self.holds {
            phone.see("section[aria-labelledby=h-money] dd.ok-text").await;
        }
        phone.shot(&self.name("4-bill")).await;
        let path = phone.read(receipt, "href").await.remove(0);
        let (status, kind, pdf) = phone.get(&kiosk.url(&path)).await;
        assert_eq!((status, kind.as_str()), (200, "application/pdf"));
        assert!(pdf.starts_with(b"%PDF"));
        if let Ok(folder) = std::env::var("WATTLINE_SCREENSHOTS") {
            std::fs::write(format!("{folder}/{}.pdf", self.name("5-receipt")), &pdf).unwrap();
        }
        let document =
            documents::of_order(&mut kiosk.db.read().await.unwrap(), order.id).await.unwrap().remove(0);
        let has = |text: &str| pdf.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        assert!(has(&document.number), "{} is not in the file", document.number);
        // What a script or the content policy has to complain about would be seen by nobody else.
        assert_eq!(phone.moans().await, Vec::<String>::new());
    }
}

macro_rules! journeys {
    ($($name:ident: $engine:ident, $version:ident, $paid:expr, $app:ident, $button:literal, $way:ident, holds $holds:literal;)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let journey = Journey {
                engine: Engine::$engine, version: Version::$version, paid: $paid, app: App::$app, button: $button,
                way: Way::$way, holds: $holds,
            };
            journey.run().await;
        })+
    };
}

journeys! {
    a_journey_in_wechat_by_its_bridge: Sqlite, V16, Paid::To(Provider::Wechat), Wechat, "wechat.in_wallet", Bridge, holds false;
    a_journey_with_wechat_from_a_browser: Postgres, V201, Paid::To(Provider::Wechat), Browser, "wechat.phone_browser", Page, holds false;
    a_journey_in_wechat_by_its_score: Sqlite, V21, Paid::To(Provider::Wechat), Wechat, "wechat.score", Bridge, holds true;
    a_journey_in_wechat_by_its_older_api: Postgres, V201, Paid::To(Provider::WechatV2), Wechat, "wechat.in_wallet", Bridge, holds false;
    a_journey_with_the_older_wechat_from_a_browser: Sqlite, V16, Paid::To(Provider::WechatV2), Browser, "wechat.phone_browser", Page, holds false;
    a_journey_in_alipay: Sqlite, V201, Paid::To(Provider::Alipay), Alipay, "alipay.in_wallet", Page, holds false;
    a_journey_with_alipay_from_a_browser: Sqlite, V21, Paid::To(Provider::Alipay), Browser, "alipay.phone_browser", Page, holds false;
    a_journey_in_alipay_by_its_score: Postgres, V16, Paid::To(Provider::Alipay), Alipay, "alipay.score", PageOnly, holds true;
    a_journey_with_stripe: Postgres, V21, Paid::To(Provider::Stripe), Browser, "stripe.hosted", Page, holds true;
    a_journey_with_stripe_at_an_old_station: Sqlite, V16, Paid::To(Provider::Stripe), Browser, "stripe.hosted", Page, holds true;
    a_journey_with_the_simulation: Sqlite, V201, Paid::Sandbox, Browser, "sandbox.hosted", Page, holds true;
}
