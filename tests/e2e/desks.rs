//! An operator at work in a real browser: firmware, campaigns, plans, limits, local lists and reservations are made by keyboard in
//! the console, and every page fits wide and narrow screens, by day and by night, in both languages.

use crate::{
    harness::{Csms, Engine, Place},
    phones::{Look, Phone, Phones},
};
use conformance::{Answer, ConnectorState, Options, Station};
use ocpp::Version;

const CARD: &str = "04A1B2C3D4E5F6";

/// The account and password that the first start prints.
fn first_login(csms: &Csms) -> (String, String) {
    let line =
        csms.banner.lines().find(|line| line.contains("Log in as")).expect("the first start tells the login");
    let mut words = line.split_whitespace();
    let name = words.find(|word| *word == "as").and_then(|_| words.next()).unwrap();
    (name.to_owned(), line.split_whitespace().last().unwrap().to_owned())
}

struct Desk<'a> {
    csms: &'a Csms,
    phone: Phone,
}

impl Desk<'_> {
    async fn enter(&self) {
        let (name, password) = first_login(self.csms);
        assert_eq!(self.phone.open(&self.csms.page("/login?next=/stations")).await, 200);
        self.phone.fill("input[name=name]", &name).await;
        self.phone.fill("input[name=password]", &password).await;
        self.phone.press("input[name=password]", "Enter").await;
        self.phone.see("nav.nav").await;
    }

    async fn open(&self, path: &str) {
        assert_eq!(self.phone.open(&self.csms.page(path)).await, 200, "{path}");
    }

    async fn fill(&self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.phone.fill(&format!("{form} [name={name}]"), value).await;
        }
    }

    /// Enter on a button, and what then stands on the page.
    async fn press(&self, button: &str, seen: &str, text: &str) {
        self.phone.press(button, "Enter").await;
        self.phone.see_with(seen, text).await;
    }
}

/// Works through all forms; gives the pages that there are then.
async fn work(desk: &Desk<'_>, image: &std::path::Path) -> Vec<String> {
    let phone = &desk.phone;
    // An image is brought, and refused first: a signature alone is none.
    desk.open("/firmware").await;
    phone.see_with("main", "No firmware is kept yet").await;
    let form = "#add form";
    desk.fill(form, &[("name", "duo"), ("version", "5.0.0")]).await;
    phone.press("#add summary", "Enter").await;
    desk.fill(form, &[("signature", "AAAA")]).await;
    phone.file("#add [name=image]", image).await;
    desk.press("#add button", ".notice-bad", "a signature needs its certificate").await;
    desk.fill(form, &[("signature", "")]).await;
    phone.file("#add [name=image]", image).await;
    desk.press("#add button", ".notice-ok", "The image is kept").await;
    phone.press("a[href^=\"/campaigns/new?firmware=\"]", "Enter").await;
    desk.press("button[value=preview]", "#h-outlook", "1 stations would get 5.0.0").await;
    desk.press("button[value=begin]", ".notice-ok", "The campaign has begun").await;
    let campaign = phone.away(&desk.csms.page("/campaigns/")).await;
    desk.press("form[action$=\"/pause\"] button", ".notice-warn", "paused by").await;

    // A plan, part by part.
    desk.open("/grid").await;
    phone.press("a[href$=\"/plan\"]", "Enter").await;
    desk.press("a.button.main", "h1", "Add the connection").await;
    desk.fill("main form", &[("name", "connection"), ("fuse1", "63"), ("reserve1", "10")]).await;
    // Enter in a field only tries it out.
    desk.press("[name=fuse1]", "#h-preview", "What would be left now").await;
    desk.press("button[value=keep]", ".notice-ok", "Kept").await;
    let plan = phone.away(&desk.csms.page("/grid/")).await;
    let plan = plan.split('?').next().unwrap().to_owned();
    phone.press("a[href$=\"/plan/evse\"]", "Enter").await;
    desk.fill(
        "main form",
        &[("station", "HALL-7"), ("rated", "32"), ("phase1", "l2"), ("phase2", "l3"), ("phase3", "l1")],
    )
    .await;
    desk.press("button[value=preview]", "#h-preview", "What would be left now").await;
    desk.press("button[value=keep]", ".notice-ok", "Kept").await;
    phone.see_with("main", "L2 L3 L1").await;
    let grid = plan.trim_end_matches("/plan").to_owned();
    desk.open(grid.trim_start_matches(&desk.csms.ready.console_url)).await;
    phone.press("#limits summary", "Enter").await;
    desk.fill("#limits form.stack", &[("amps", "32"), ("note", "evening peak")]).await;
    desk.press("#limits form.stack button", ".grid-limits", "evening peak").await;

    // Who is on lists.
    desk.open("/local-lists").await;
    phone.fill("#h-fleet ~ form select", "marked").await;
    desk.press("#h-fleet ~ form button", ".notice-ok", "Kept").await;
    desk.press("#tokens td form button", ".notice-ok", "The identifier is marked").await;

    // An outlet for later.
    desk.open("/reservations").await;
    let later = (chrono::Utc::now() + chrono::TimeDelta::days(2)).format("%Y-%m-%dT12:00").to_string();
    desk.fill(
        "section form",
        &[
            ("station", "HALL-7"),
            ("evse", "1"),
            ("token", CARD),
            ("group", "CREW"),
            ("from", &later),
            ("minutes", "45"),
        ],
    )
    .await;
    desk.press("section form button.main", ".notice-ok", "asked as soon as its time comes").await;
    phone.see_with("main", "CREW").await;

    // What was typed outlives a refusal; and whoever loads an answer anew comes to its page.
    desk.open("/keys").await;
    desk.fill("form[action=\"/keys\"]", &[("name", "till"), ("until", "2020-01-01")]).await;
    phone.tick("[name=command]").await;
    desk.press("form[action=\"/keys\"] button", ".notice-bad", "").await;
    desk.fill("form[action=\"/keys\"]", &[("until", "2999-01-01")]).await;
    desk.press("form[action=\"/keys\"] button", ".notice-ok", "").await;
    phone.see_with("tr[id^=k-]", "till").await;
    phone.see_with("tr[id^=k-]", "look, send commands").await;
    desk.open("/stations/HALL-7/password").await;
    phone.see_with("h1", "HALL-7").await;
    assert_eq!(phone.moans().await, [""; 0], "nothing went wrong in the pages");

    let of = |url: &str| {
        url.trim_start_matches(&desk.csms.ready.console_url).split('?').next().unwrap().to_owned()
    };
    let (plan, grid) = (of(&plan), of(&grid));
    [
        "/firmware".to_owned(),
        "/campaigns/new".to_owned(),
        of(&campaign),
        "/grid".to_owned(),
        grid,
        plan.clone(),
        format!("{plan}/node?name=connection"),
        format!("{plan}/evse?station=HALL-7&evse=1"),
        "/local-lists".to_owned(),
        "/reservations".to_owned(),
        "/stations/HALL-7".to_owned(),
        "/stations/HALL-7/ask/get-log".to_owned(),
        "/templates".to_owned(),
        "/templates/new".to_owned(),
        "/texts".to_owned(),
    ]
    .to_vec()
}

#[tokio::test]
async fn an_operator_works_by_keyboard_and_every_page_fits_every_screen() {
    let Some(phones) = Phones::start().await else { return };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("HALL-7", CARD).await;
        let image = place.path("duo-5.0.bin");
        std::fs::write(&image, vec![7_u8; 3_000_000]).unwrap();
        let csms = place.serve().await;
        let options = Options::new(&csms.ready.ocpp_url, "HALL-7", Version::V201).password(&password);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        // The campaign is still under way when it is paused.
        station.answer_with("UpdateFirmware", Answer::Silence);

        let look = Look { width: 1280, dark: false, lang: "en-GB" };
        let desk = Desk { csms: &csms, phone: phones.desk(&format!("{engine:?}"), look).await };
        desk.enter().await;
        let pages = work(&desk, &image).await;
        if engine == Engine::Postgres {
            continue;
        }
        for (width, dark, lang) in [
            (1280, false, "en-GB"),
            (1280, true, "zh-CN"),
            (390, true, "en-GB"),
            (390, false, "zh-CN"),
            (390, false, "en-GB"),
        ] {
            let name = format!("{width}-{}-{lang}", if dark { "dark" } else { "light" });
            let desk = Desk { csms: &csms, phone: phones.desk(&name, Look { width, dark, lang }).await };
            desk.enter().await;
            for path in &pages {
                desk.open(path).await;
                desk.phone.shot(&format!("desk{}-{name}", path.replace(['/', '?', '&', '='], "-"))).await;
                assert_eq!(desk.phone.over().await, [""; 0], "{path} {name}: sticks out");
            }
            assert_eq!(desk.phone.moans().await, [""; 0], "{name}");
        }
    }
}
