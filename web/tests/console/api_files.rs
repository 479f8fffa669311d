//! `/api/v1`: firmware is brought, uploads are taken away, and what can be exported.

use crate::{
    Console,
    api_entities::Program,
    api_v1::{json_of, key, problem},
    now,
};
use csms::{
    api_key::Scope,
    config::Config,
    store::files::{self, UploadRow},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

async fn console(folder: &tempfile::TempDir) -> Console {
    let mut config = Config::default();
    config.files.folder = folder.path().join("files").display().to_string();
    config.files.firmware_mib_max = 1;
    let console = Console::start_with(config).await;
    console.populate().await;
    console
}

fn sum(image: &[u8]) -> String {
    Sha256::digest(image).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn firmware_is_brought_once_whole_and_within_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let console = console(&folder).await;
    let program = Program::of(&console).await;
    let image = vec![7_u8; 300 * 1024];
    let bring = |query: &str, image: &[u8]| {
        let here = format!("/api/v1/firmware?name=fw&version={query}");
        let request = program.browser.put(&here).bearer_auth(&program.key);
        request.header("content-type", "application/octet-stream").body(image.to_vec())
    };
    let whole = format!("1.0&sha256={}&vendor=Acme", sum(&image));
    let made = json_of(bring(&whole, &image), 201).await;
    assert_eq!(
        (&made["sha256"], &made["size"], &made["signed"]),
        (&json!(sum(&image)), &json!(image.len()), &json!(false))
    );
    assert_eq!(json_of(bring(&whole, &image), 200).await["id"], made["id"], "brought again");
    let other = vec![8_u8; 1024];
    problem(bring(&format!("1.0&vendor=Acme&sha256={}", sum(&other)), &other), 409, "exists").await;
    problem(bring(&format!("2.0&sha256={}", sum(&other)), &image), 422, "invalid-firmware").await;
    problem(bring(&format!("2.0&sha256={}&signature=AAAA", sum(&other)), &other), 422, "invalid-firmware")
        .await;
    problem(bring("2.0&sha256=short", &other), 422, "invalid-field").await;
    problem(bring("2.0", &other), 400, "invalid-query").await;
    let large = vec![9_u8; 1024 * 1024 + 1];
    problem(bring(&format!("3.0&sha256={}", sum(&large)), &large), 413, "too-large").await;
    let text = program.browser.put(&format!("/api/v1/firmware?name=fw&version=2.0&sha256={}", sum(&other)));
    let text = text.bearer_auth(&program.key).header("content-type", "text/plain").body("x");
    problem(text, 415, "wrong-content-type").await;
    let reader = key(&console, &[Scope::Read]).await;
    let asked =
        program.browser.put(&format!("/api/v1/firmware?name=fw&version={whole}")).bearer_auth(&reader);
    problem(asked, 403, "scope-missing").await;
    // Nothing of what was refused stays.
    let left = std::fs::read_dir(folder.path().join("files/incoming")).unwrap().count();
    assert_eq!(left, 0);

    let second = json_of(bring(&format!("2.0&sha256={}", sum(&other)), &other), 201).await;
    let page = json_of(program.get("/firmware?limit=1"), 200).await;
    assert_eq!(page["items"][0]["id"], second["id"]);
    let next = format!("/firmware?cursor={}", page["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&next), 200).await["items"][0]["id"], made["id"]);
    let here = format!("/firmware/{}", made["id"].as_str().unwrap());
    assert_eq!(json_of(program.get(&here), 200).await["version"], "1.0");
    assert_eq!(program.delete(&here).send().await.unwrap().status(), 204);
    problem(program.delete(&here), 404, "not-found").await;
    problem(program.get("/firmware/77"), 404, "not-found").await;
    let wrong = program.browser.post("/api/v1/firmware").bearer_auth(&program.key).send().await.unwrap();
    assert_eq!(wrong.status(), 405);
    let allowed: Vec<&str> = wrong.headers()["allow"].to_str().unwrap().split(',').map(str::trim).collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"PUT"), "{allowed:?}");
}

#[tokio::test]
async fn what_stations_have_brought_is_listed_taken_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let console = console(&folder).await;
    let mut tx = console.app.db.write().await.unwrap();
    for id in 77..80 {
        let row = UploadRow {
            id,
            station_id: "CP<1>".into(),
            command_id: 5,
            name: "day.log".into(),
            content_type: "text/html".into(),
            size: 6,
            sha256: String::new(),
            received_at: now(),
            removed_at: None,
        };
        files::add_upload(&mut tx, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let path = console.app.files.storage.upload(77);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "<html>").unwrap();
    let program = Program::of(&console).await;
    let first = json_of(program.get("/uploads?limit=2&station=CP%3C1%3E&command_id=5"), 200).await;
    assert_eq!((&first["items"][0]["id"], &first["next"]), (&json!("79"), &json!("78")));
    assert_eq!(json_of(program.get("/uploads?cursor=78"), 200).await["items"][0]["id"], "77");
    assert_eq!(json_of(program.get("/uploads?station=X"), 200).await["items"], json!([]));
    assert_eq!(json_of(program.get("/uploads/77"), 200).await["name"], "day.log");
    let file = program.get("/uploads/77/content").send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.headers()["content-disposition"], "attachment; filename=\"77-day.log\"");
    assert_eq!(file.text().await.unwrap(), "<html>");
    let reader = key(&console, &[Scope::Read]).await;
    for path in ["/uploads", "/uploads/77/content"] {
        let asked = console.browser().get(&format!("/api/v1{path}")).bearer_auth(&reader);
        problem(asked, 403, "scope-missing").await;
    }
    assert_eq!(program.delete("/uploads/77").send().await.unwrap().status(), 204);
    assert!(!path.exists());
    problem(program.get("/uploads/77/content"), 404, "not-found").await;
    problem(program.delete("/uploads/77"), 404, "not-found").await;
    let all = json_of(program.get("/uploads?removed=true"), 200).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn everything_that_has_rows_goes_out_and_no_spreadsheet_runs_it() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    for n in 0..201 {
        let site = json!({ "name": format!("=Yard {n}"), "time_zone": "Europe/Berlin" });
        let mut tx = console.app.db.write().await.unwrap();
        let row = csms::store::sites::SiteRow {
            id: 1000 + n,
            name: site["name"].as_str().unwrap().to_owned(),
            address: String::new(),
            city: "Berlin".into(),
            country: "DEU".into(),
            latitude: Some("-1.5".into()),
            longitude: None,
            time_zone: "Europe/Berlin".into(),
            created_at: now(),
        };
        csms::store::sites::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }
    let text = async |path: &str| {
        let answer = program.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let sites = text("/export/sites").await;
    assert_eq!(sites.lines().count(), 202);
    assert!(
        sites.lines().nth(1).unwrap().starts_with("1000,'=Yard 0,,Berlin,DEU,-1.5,,Europe/Berlin"),
        "{sites}"
    );
    let sites: Value = serde_json::from_str(&text("/export/sites?format=json&q=yard+200").await).unwrap();
    assert_eq!(sites[0]["name"], "=Yard 200");
    json_of(program.put("/stations/CP%3C1%3E/evses/1", &json!({ "kind": "dc", "max_power_w": 1000 })), 200)
        .await;
    assert_eq!(text("/export/evses").await, "station_id,evse,kind,max_power_w\nCP<1>,1,dc,1000\n");
    assert_eq!(text("/export/evses?station=X").await.lines().count(), 1);
    for (path, head) in [
        ("/export/orders?state=paid", "number,purpose"),
        ("/export/receipts?kind=invoice", "number,kind"),
        ("/export/assignments", "id,tariff"),
        ("/export/discounts", "id,discount"),
    ] {
        assert!(text(path).await.starts_with(head), "{path}");
    }
    let events = text("/export/events?kind=station.changed,session").await;
    assert!(events.contains("station.changed") && events.contains("\"\"by\"\""), "{events}");
    problem(program.get("/export/events?kind=odd"), 400, "invalid-query").await;
    problem(program.get("/export/sites?format=xml"), 400, "invalid-query").await;
    let reader = key(&console, &[Scope::Read]).await;
    for path in ["/export/orders", "/export/receipts"] {
        let asked = console.browser().get(&format!("/api/v1{path}")).bearer_auth(&reader);
        problem(asked, 403, "scope-missing").await;
    }
}
