//! The plan of a site in the console: made and changed part by part, tried out, kept, and not overwritten by who was slower.

use crate::{Browser, Console, now, site};
use chrono::TimeDelta;
use csms::{
    desired::{self, Kind},
    grid::{file::PlanFile, look::look, plan},
    store::{grid, row::StationRow, sites, stations},
};

const SITE: i64 = 7;

/// A site with two stations.
async fn console() -> Console {
    let console = Console::start().await;
    let mut tx = console.app.db.write().await.unwrap();
    sites::create(&mut tx, &site(SITE, "Yard <1>")).await.unwrap();
    for id in ["HALL-7", "HALL <8>"] {
        let row =
            StationRow { id: id.into(), site_id: Some(SITE), created_at: now(), ..StationRow::default() };
        stations::create(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    console
}

async fn file(console: &Console) -> PlanFile {
    let (_, plan) = plan::load(&mut console.app.db.read().await.unwrap(), SITE).await.unwrap().unwrap();
    PlanFile::of(&plan)
}

fn revision_of(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"revision\" value=\"").expect("a form with a revision");
    rest.split('"').next().unwrap().to_owned()
}

/// Fills in the form of this page and presses the button; the answer must be a page.
async fn told(ada: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = ada.submit(path, fields).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

async fn kept(ada: &Browser, path: &str, fields: &[(&str, &str)]) {
    let answer = ada.submit(path, fields).await;
    let (status, to) = (answer.status(), answer.headers().get("location").cloned());
    assert_eq!(status, 303, "{}", answer.text().await.unwrap());
    assert!(to.unwrap().to_str().unwrap().ends_with("?done=grid-kept"));
}

fn node<'a>(
    revision: &'a str,
    was: &'a str,
    name: &'a str,
    parent: &'a str,
    act: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![("revision", revision), ("was", was), ("name", name), ("parent", parent), ("act", act)]
}

fn evse<'a>(revision: &'a str, station: &'a str, act: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("revision", revision),
        ("station", station),
        ("evse", "1"),
        ("node", "hall"),
        ("phase1", "l2"),
        ("phase2", "l3"),
        ("phase3", "l1"),
        ("rated", "32"),
        ("least", "6"),
        ("step", "1"),
        ("unit", "amps"),
        ("method", "tx"),
        ("takes_zero", "1"),
        ("act", act),
    ]
}

fn with<'a>(fields: Vec<(&'a str, &'a str)>, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = fields;
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    [fields, more.to_vec()].concat()
}

#[tokio::test]
async fn a_plan_is_made_part_by_part_and_each_mistake_is_said_before_anything_is_kept() {
    let console = console().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let list = ada.page("/grid").await;
    assert!(list.contains("/grid/7/plan") && list.contains("Yard &lt;1&gt;"), "{list}");
    assert!(!vic.page("/grid").await.contains("/grid/7/plan"));
    assert!(ada.page("/grid/7/plan").await.contains("This site has no plan yet"));
    assert_eq!(ada.get("/grid/8/plan").send().await.unwrap().status(), 404, "there is no such site");
    let (at_node, at_evse) = ("/grid/7/plan/node", "/grid/7/plan/evse");
    for path in [at_node, at_evse] {
        assert_eq!(vic.get(path).send().await.unwrap().status(), 403);
        assert_eq!(vic.submit(path, &[]).await.status(), 403);
    }
    let revision = revision_of(&ada.page(at_node).await);
    assert_eq!(revision, "0");
    let first = node(&revision, "", "connection", "", "keep");
    for (more, why) in [
        (&[("fuse1", "")][..], "fuse: say what it carries"),
        (&[("fuse1", "much")], "fuse: &quot;much&quot; is no current"),
        (&[("fuse1", "63"), ("fuse2", "50")], "give all three phases"),
        (&[("fuse1", "63"), ("margin1", "2")], "say the most that they ever take"),
        (&[("fuse1", "63"), ("reserve1", "70")], "reserves more for other loads than its fuse carries"),
        (&[("fuse1", "63"), ("reserve1", "10"), ("max_age_s", "x")], "is no whole number"),
    ] {
        let page = told(&ada, at_node, &with(first.clone(), more)).await;
        assert!(page.contains("The plan is not kept:") && page.contains(why), "no {why:?} in {page}");
        assert!(page.contains("value=\"connection\""), "what was filled in stays");
    }
    let sound =
        [("fuse1", "63"), ("reserve1", "10"), ("reserve2", "8.5"), ("reserve3", "8.5"), ("max_age_s", "60")];
    let seen = told(&ada, at_node, &with(node(&revision, "", "connection", "", "preview"), &sound)).await;
    for words in ["What would be left now", "<td class=\"num\">53 A</td>", "54.500 A"] {
        assert!(seen.contains(words), "no {words:?} in {seen}");
    }
    assert!(grid::find(&mut console.app.db.read().await.unwrap(), SITE).await.unwrap().is_none());
    kept(&ada, at_node, &with(first, &sound)).await;

    let revision = revision_of(&ada.page(at_node).await);
    kept(&ada, at_node, &with(node(&revision, "", "hall", "connection", "keep"), &[("fuse1", "40")])).await;
    let revision = revision_of(&ada.page(at_evse).await);
    for (fields, why) in [
        (with(evse(&revision, "HALL-7", "keep"), &[("rated", "")]), "rated for"),
        (evse(&revision, "HALL-9", "keep"), "there is no such station"),
        (with(evse(&revision, "HALL-7", "keep"), &[("default", "3")]), "a default between 0 and the least"),
        (
            with(evse(&revision, "HALL-7", "keep"), &[("rated", "50"), ("forgets", "1")]),
            "with all stations offline its fuse of 40 A",
        ),
    ] {
        let page = told(&ada, at_evse, &fields).await;
        assert!(page.contains(why), "no {why:?} in {page}");
    }
    let gap: Vec<_> =
        evse(&revision, "HALL-7", "keep").into_iter().filter(|(name, _)| *name != "phase2").collect();
    assert!(told(&ada, at_evse, &gap).await.contains("its L2 hangs on nothing"));
    let seen = told(&ada, at_evse, &evse(&revision, "HALL-7", "preview")).await;
    // 40 A, less what it is rated for, as long as its default is not acknowledged.
    assert!(seen.contains("<td class=\"num\">8 A</td>"), "{seen}");
    kept(&ada, at_evse, &evse(&revision, "HALL-7", "keep")).await;
    let plan = file(&console).await;
    let words = |of: &PlanFile| serde_json::to_value(&of.evse[0]).unwrap();
    let told = words(&plan);
    assert_eq!(told["phases"], serde_json::json!(["l2", "l3", "l1"]));
    assert_eq!((&told["default"], &told["node"]), (&serde_json::json!(6), &serde_json::json!("hall")));
    let page = vic.page("/grid/7/plan").await;
    assert!(page.contains("L2 L3 L1") && !page.contains("<form method=\"post\" action=\"/grid"), "{page}");
}

#[tokio::test]
async fn who_is_slower_overwrites_nobody_and_what_is_renamed_keeps_its_limits() {
    let console = console().await;
    let ada = console.as_user("ada").await;
    let (at_node, at_evse) = ("/grid/7/plan/node", "/grid/7/plan/evse");
    kept(&ada, at_node, &with(node("0", "", "connection", "", "keep"), &[("fuse1", "63")])).await;
    let page = told(&ada, at_node, &with(node("0", "", "other", "", "keep"), &[("fuse1", "50")])).await;
    assert!(page.contains("somebody has changed the plan of this site meanwhile"), "{page}");
    kept(&ada, at_node, &with(node("1", "", "hall", "connection", "keep"), &[("fuse1", "40")])).await;
    kept(&ada, at_evse, &evse("2", "HALL <8>", "keep")).await;

    // Limits hang on nodes.
    let limit = |more: &[(&'static str, &'static str)]| {
        [&[("node", "hall"), ("source", "operator")][..], more].concat()
    };
    for (more, why) in [
        (&[("amps", "")][..], "say how much is allowed"),
        (&[("amps", "20"), ("watts", "9000")], "not both"),
        (&[("amps", "-1")], "a limit is 0 A or 0 W or more"),
        (&[("watts", "1.5")], "is no whole number of W"),
        (&[("amps", "20"), ("until", "2026-05-01T11:00")], "end before it starts"),
        (&[("amps", "20"), ("from", "soon")], "is no date and time"),
    ] {
        let page = told(&ada, "/grid/7/limits", &limit(more)).await;
        assert!(page.contains("The limit is not kept:") && page.contains(why), "no {why:?} in {page}");
    }
    let unknown = [("node", "cellar"), ("source", "operator"), ("amps", "9")];
    assert!(told(&ada, "/grid/7/limits", &unknown).await.contains("the plan has no node cellar"));
    let vic = console.as_user("vic").await;
    assert_eq!(vic.submit("/grid/7/limits", &limit(&[("amps", "20")])).await.status(), 403);
    let evening = [
        ("amps", "20,20,16"),
        ("from", "2026-05-01T17:00"),
        ("until", "2026-05-01T19:00"),
        ("note", "peak <1>"),
    ];
    assert_eq!(ada.submit("/grid/7/limits", &limit(&evening)).await.status(), 303);
    let shown = ada.page("/grid/7").await;
    for words in ["20 A / 20 A / 16 A", "peak &lt;1&gt;", "Take back"] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }

    // The same fuse under another name: what hangs on it, and the limit, stay.
    let form = ada.page("/grid/7/plan/node?name=hall").await;
    let revision = revision_of(&form);
    assert!(form.contains("name=\"fuse1\" value=\"40\""), "{form}");
    kept(
        &ada,
        at_node,
        &with(node(&revision, "hall", "east hall", "connection", "keep"), &[("fuse1", "40")]),
    )
    .await;
    let look = look(&mut console.app.db.read().await.unwrap(), SITE, now()).await.unwrap().unwrap();
    assert_eq!((look.limits[0].place.as_str(), look.evses[0].node.as_str()), ("east hall", "east hall"));
    assert_eq!(look.limits[0].from, now() + TimeDelta::hours(5));
    let remove = format!("/grid/7/limits/{}/remove", look.limits[0].id);
    assert_eq!(vic.submit(&remove, &[]).await.status(), 403);
    assert_eq!(ada.submit(&remove, &[]).await.status(), 303);
    assert_eq!(ada.submit(&remove, &[]).await.status(), 404);

    // What still carries something is not taken out.
    let revision = revision_of(&ada.page("/grid/7/plan/node?name=east%20hall").await);
    let gone = [("revision", revision.as_str()), ("was", "east hall"), ("act", "remove")];
    assert!(told(&ada, at_node, &gone).await.contains("there is no node east hall for it to hang on"));
    let gone = [("revision", revision.as_str()), ("was", "HALL <8>"), ("was_evse", "1"), ("act", "remove")];
    kept(&ada, at_evse, &gone).await;
    assert_eq!(
        ada.get("/grid/7/plan/evse?station=HALL%20%3C8%3E&evse=1").send().await.unwrap().status(),
        404
    );
    assert!(file(&console).await.evse.is_empty());
}

#[tokio::test]
async fn a_plan_is_changed_as_text_and_switched_off_and_on() {
    let console = console().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let text = "[[node]]\nname = \"connection\"\nfuse = 63\n[[evse]]\nstation = \"HALL-7\"\nevse = 1\n\
                node = \"connection\"\nrated = 16\n";
    let put = |revision: &'static str, text: &'static str, act: &'static str| {
        [("revision", revision), ("text", text), ("act", act)]
    };
    let page = told(&ada, "/grid/7/plan", &put("0", "[[node]]\nname = 7\n", "keep")).await;
    assert!(page.contains("invalid type") && page.contains("name = 7"), "{page}");
    let page = told(&ada, "/grid/7/plan", &put("0", text, "preview")).await;
    assert!(page.contains("<td class=\"num\">47 A</td>"), "{page}");
    kept(&ada, "/grid/7/plan", &put("0", text, "keep")).await;
    assert!(told(&ada, "/grid/7/plan", &put("0", text, "keep")).await.contains("meanwhile"));
    assert_eq!(vic.submit("/grid/7/plan", &put("1", text, "keep")).await.status(), 403);
    let page = ada.page("/grid/7/plan").await;
    assert!(page.contains("name = &quot;connection&quot;") && page.contains("hold_limit_s"), "{page}");

    let mode =
        async || grid::find(&mut console.app.db.read().await.unwrap(), SITE).await.unwrap().unwrap().mode;
    assert_eq!(vic.submit("/grid/7/mode", &[("mode", "off")]).await.status(), 403);
    for word in ["off", "on", "clear"] {
        assert_eq!(ada.submit("/grid/7/mode", &[("mode", word)]).await.status(), 303);
        assert_eq!(mode().await, word);
    }
    // A profile that would hold instead of what the plan tells.
    let all = r#"{"chargingProfileKind": "Absolute", "chargingSchedule": [{"startSchedule": "2026-03-02T08:00:00Z",
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}]}"#;
    let wish = desired::wish(Kind::Profile, "TxDefaultProfile/5@1", all).unwrap();
    desired::set(&console.app.db, &"HALL-7".into(), vec![wish], "ada", now()).await.unwrap();
    let page = told(&ada, "/grid/7/mode", &[("mode", "on")]).await;
    assert!(page.contains("is not switched on: EVSE 1 of HALL-7: the profile TxDefaultProfile"), "{page}");
    assert_eq!(mode().await, "clear");
    assert_eq!(ada.submit("/grid/7/mode", &[("mode", "loud")]).await.status(), 404);
    assert_eq!(ada.submit("/grid/8/mode", &[("mode", "off")]).await.status(), 404);
}
