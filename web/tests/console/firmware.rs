//! Firmware, campaigns and uploads in the console.

use crate::{Browser, Console, csrf_of, now};
use csms::{
    campaign::{self, Choice, Wish},
    command::{self, Ask, Command, GetLog},
    config::Config,
    files::firmware::{self, About},
    store::{
        campaigns,
        files::{self, UploadRow},
    },
};
use reqwest::{
    Response,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

async fn console(folder: &tempfile::TempDir) -> Console {
    let mut config = Config::default();
    config.files.folder = folder.path().join("files").display().to_string();
    let console = Console::start_with(config).await;
    console.populate().await;
    console
}

#[tokio::test]
async fn an_operator_sees_a_campaign_halts_and_ends_it_and_removes_firmware() {
    let folder = tempfile::tempdir().unwrap();
    let console = console(&folder).await;
    let image = folder.path().join("image");
    std::fs::write(&image, vec![7; 12_345]).unwrap();
    let about = About { name: "duo <b>".into(), version: "5.0".into(), ..About::default() };
    let kept = firmware::add(&console.app, &image, about, "ada").await.unwrap();
    let wish = Wish {
        name: String::new(),
        firmware: kept.id,
        choice: Choice::default(),
        canaries: 1,
        at_once: 5,
        halt_percent: 10,
        idle_only: true,
    };
    let row = campaign::begin(&console.app, wish, "ada").await.unwrap();
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let list = ada.page("/firmware").await;
    for words in ["duo &lt;b&gt; 5.0", &kept.sha256, "12.3 kB", "Running", "0 / 1"] {
        assert!(list.contains(words), "no {words:?} in {list}");
    }
    let page = format!("/campaigns/{}", row.id);
    assert!(ada.page(&page).await.contains("CP&lt;1&gt;"));
    assert_eq!(vic.submit(&format!("{page}/pause"), &[]).await.status(), 403);
    assert!(!vic.page(&page).await.contains(&format!("{page}/pause")));
    assert_eq!(ada.submit(&format!("{page}/pause"), &[]).await.status(), 303);
    assert!(ada.page(&page).await.contains("paused by ada"));
    assert_eq!(ada.submit(&format!("{page}/resume"), &[]).await.status(), 303);
    assert_eq!(ada.submit(&format!("{page}/cancel"), &[]).await.status(), 303);
    assert_eq!(ada.submit(&format!("{page}/explode"), &[]).await.status(), 404);
    let found = campaigns::find(&mut console.app.db.read().await.unwrap(), row.id).await.unwrap().unwrap();
    assert_eq!(found.state, "cancelled");
    for missing in ["/campaigns/1", "/campaigns/x", "/uploads/1", "/uploads/..%2Fx"] {
        assert_eq!(ada.get(missing).send().await.unwrap().status(), 404, "{missing}");
    }
    let remove = format!("/firmware/{}/remove", kept.id);
    assert_eq!(vic.submit(&remove, &[]).await.status(), 403);
    assert_eq!(ada.submit(&remove, &[]).await.status(), 303);
    assert_eq!(ada.submit(&remove, &[]).await.status(), 404, "it is removed");
    assert!(ada.page("/firmware").await.contains("No firmware is kept yet."));
}

#[tokio::test]
async fn what_a_station_has_brought_is_a_file_and_never_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let console = console(&folder).await;
    let log = Command::GetLog(GetLog::default());
    let command = command::issue(&console.app, Ask::new(&"CP<1>".into(), log, "ada")).await.unwrap();
    let row = UploadRow {
        id: 77,
        station_id: "CP<1>".into(),
        command_id: command.id,
        name: "<b>x.html".into(),
        content_type: "text/html".into(),
        size: 6,
        sha256: String::new(),
        received_at: now(),
        removed_at: None,
    };
    let mut tx = console.app.db.write().await.unwrap();
    files::add_upload(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let path = console.app.files.storage.upload(77);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "<html>").unwrap();
    let ada = console.as_user("ada").await;
    let page = ada.page("/stations/CP%3C1%3E").await;
    assert!(page.contains("<a href=\"/uploads/77\">&lt;b&gt;x.html</a>"), "{page}");
    let answer = ada.get("/uploads/77").send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header(CONTENT_DISPOSITION.as_str()), "attachment; filename=\"77-_b_x.html\"");
    assert_eq!(answer.text().await.unwrap(), "<html>");
    let vic = console.as_user("vic").await;
    assert_eq!(vic.get("/uploads/77").send().await.unwrap().status(), 403);
    assert_eq!(
        console.browser().get("/uploads/77").send().await.unwrap().status(),
        303,
        "nobody is logged in"
    );
}

/// Sends the form of an image as a browser does: the fields in the order of the page, the file last.
async fn send(browser: &Browser, fields: &[(&str, &str)], image: &[u8]) -> Response {
    let token = csrf_of(&browser.page("/firmware").await);
    let mut body = Vec::new();
    for (name, value) in [("csrf", token.as_str())].iter().chain(fields) {
        let part = format!("--x1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let head =
        "--x1\r\nContent-Disposition: form-data; name=\"image\"; filename=\"../../etc/<b>.bin\"\r\n\r\n";
    let body = [&body, head.as_bytes(), image, b"\r\n--x1--\r\n"].concat();
    let kind = "multipart/form-data; boundary=x1";
    browser.post("/firmware").header(CONTENT_TYPE, kind).body(body).send().await.unwrap()
}

fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: std::path::PathBuf| if path.is_dir() { files_below(&path) } else { 1 };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}

#[tokio::test]
async fn an_image_is_brought_by_a_form_and_what_is_wrong_is_said_with_the_form_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.files.folder = folder.path().join("files").display().to_string();
    config.files.firmware_mib_max = 1;
    let console = Console::start_with(config).await;
    console.populate().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    assert!(ada.page("/firmware").await.contains("1.0 MB at most"));
    assert!(!vic.page("/firmware").await.contains("name=\"image\""));

    let named = [("name", "duo"), ("version", "5.0.1")];
    let image = vec![7_u8; 700_000];
    let sha256 = "0f5e7cf5ea0e25a3d23f7b9f3d6e8d1c".repeat(2);
    let with = |more: &[(&'static str, &'static str)]| [&named[..], more].concat();
    let certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
    for (fields, image, told) in [
        (vec![("name", "duo"), ("version", "")], &image[..], "a name and a version"),
        (named.to_vec(), b"", "there is nothing in this one"),
        (with(&[("signature", "AAAA")]), &image, "a signature needs its certificate"),
        (
            with(&[("certificate", certificate), ("signature", "not base64!")]),
            &image,
            "the signature is base64",
        ),
        (with(&[("sha256", "abc")]), &image, "64 hexadecimal digits"),
        ([&named[..], &[("sha256", &sha256)]].concat(), &image, "did not come whole"),
        (named.to_vec(), &vec![1; 1_048_577][..], "larger than 1048576 bytes"),
        (named.to_vec(), &vec![1; 3 << 20][..], "larger than 1048576 bytes"),
    ] {
        let answer = send(&ada, &fields, image).await;
        assert_eq!(answer.status(), 200, "{told}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("The image is not kept:") && page.contains(told), "no {told:?} in {page}");
        assert!(page.contains("value=\"duo\""), "what was filled in stays");
        assert_eq!(files_below(folder.path()), 0, "nothing is left behind: {told}");
    }
    assert_eq!(send(&vic, &named, &image).await.status(), 403);
    let stranger = "--x1\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nduo\r\n--x1--\r\n";
    let unsigned =
        ada.post("/firmware").header(CONTENT_TYPE, "multipart/form-data; boundary=x1").body(stranger);
    assert_eq!(unsigned.send().await.unwrap().status(), 403, "the form's token comes first");

    let signed = with(&[("certificate", certificate), ("signature", "AAAA\r\nAAAA")]);
    let answer = send(&ada, &signed, &image).await;
    assert_eq!(answer.status(), 303, "{:?}", answer.text().await);
    let kept =
        files::list_firmware(&mut console.app.db.read().await.unwrap(), None, 9).await.unwrap().remove(0);
    assert_eq!((kept.size, kept.signature.as_str(), kept.added_by.as_str()), (700_000, "AAAAAAAA", "ada"));
    let path = console.app.files.storage.firmware(&kept.sha256).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), image);
    assert_eq!(files_below(folder.path()), 1);
    let again = send(&ada, &named, &image).await.text().await.unwrap();
    assert!(again.contains("there is firmware of that name and version already"), "{again}");
    let sum = kept.sha256.to_uppercase();
    let other = [("name", "duo"), ("version", "5.0.2"), ("sha256", sum.as_str())];
    assert_eq!(send(&ada, &other, &image).await.status(), 303, "the same content under another version");
    assert_eq!(files_below(folder.path()), 1);
}

#[tokio::test]
async fn a_campaign_is_tried_out_and_begun_by_a_form() {
    let folder = tempfile::tempdir().unwrap();
    let console = console(&folder).await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    assert!(ada.page("/campaigns/new").await.contains("There is nothing to bring yet"));
    assert_eq!(vic.get("/campaigns/new").send().await.unwrap().status(), 403);
    assert_eq!(send(&ada, &[("name", "duo"), ("version", "5.0")], b"image").await.status(), 303);
    let kept =
        files::list_firmware(&mut console.app.db.read().await.unwrap(), None, 9).await.unwrap().remove(0);
    let id = kept.id.to_string();
    let begin = format!("/campaigns/new?firmware={id}");
    assert!(ada.page("/firmware").await.contains(&begin));
    assert!(ada.page(&begin).await.contains(&format!("<option value=\"{id}\" selected>duo 5.0</option>")));

    let fields = |act: &'static str, vendor: &'static str, canaries: &'static str| {
        vec![
            ("act", act),
            ("firmware", id.as_str()),
            ("vendor", vendor),
            ("canaries", canaries),
            ("at_once", "10"),
            ("halt_percent", "25"),
            ("idle_only", "1"),
        ]
    };
    for (act, vendor, canaries, told) in [
        ("begin", "Nobody", "1", "no station fits"),
        ("preview", "Nobody", "1", "no station fits"),
        ("begin", "", "many", "first: &quot;many&quot; is no whole number"),
        ("begin", "", "2000", "at most 1000 canaries"),
    ] {
        let page = ada.submit("/campaigns", &fields(act, vendor, canaries)).await.text().await.unwrap();
        assert!(page.contains(told), "no {told:?} in {page}");
    }
    let page = ada.submit("/campaigns", &fields("preview", "", "1")).await.text().await.unwrap();
    for words in ["1 stations would get 5.0", "CP&lt;1&gt;", "value=\"25\""] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    let of = async || campaigns::list(&mut console.app.db.read().await.unwrap(), None, 9).await.unwrap();
    assert!(of().await.is_empty(), "nothing has begun");
    assert_eq!(vic.submit("/campaigns", &fields("begin", "", "1")).await.status(), 403);
    let answer = ada.submit("/campaigns", &fields("begin", "", "1")).await;
    let row = of().await.remove(0);
    assert_eq!(answer.headers()["location"], format!("/campaigns/{}?done=campaign-begun", row.id));
    assert_eq!((row.canaries, row.at_once, row.halt_percent, row.idle_only), (1, 10, 25, 1));
    assert_eq!((row.name.as_str(), row.created_by.as_str()), ("duo 5.0", "ada"));
}
