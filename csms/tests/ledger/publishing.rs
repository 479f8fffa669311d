//! Checkpoints go outside: a folder, a web hook, a witness that checks them.

use crate::common::{at, enter, ids, newest, on_both, sealer, signer, taken, tamper};
use csms::config::Ledger;
use csms::ledger::publish::{Publisher, witness};
use csms::ledger::verify;
use csms::store::Db;
use csms::store::ledger::{checkpoints, findings};
use payments::ledger::{Checkpoint, Hash, Note, SignatureKind, Signer, check_consistency};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An HTTP server that answers every POST by a function of path and whole request; the requests are kept.
async fn server(
    answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = seen.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let (head, body) = loop {
                let mut chunk = [0; 4096];
                let read = socket.read(&mut chunk).await.unwrap();
                bytes.extend_from_slice(&chunk[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .unwrap_or("0")
                    .lines()
                    .next()
                    .unwrap()
                    .trim()
                    .parse::<usize>()
                    .unwrap();
                if body.len() >= length {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let path = head.split(' ').nth(1).unwrap().to_owned();
            let (status, text) = answer(&path, &body);
            kept.lock().unwrap().push(format!("{head}\n\n{body}"));
            let reply = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    (url, seen)
}

/// A witness that does what C2SP tlog-witness asks of it.
fn witnessing() -> (Signer, impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) {
    let signer = || Signer::new("witness.example/w1", SignatureKind::Cosignature, [5; 32]).unwrap();
    let key = signer();
    let state: Mutex<(u64, Hash)> = Mutex::new((0, Hash::empty()));
    (signer(), move |path: &str, body: &str| {
        assert_eq!(path, "/w/add-checkpoint");
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<Hash> = lines
            .map(|line| {
                use base64::Engine;
                Hash(base64::engine::general_purpose::STANDARD.decode(line).unwrap().try_into().unwrap())
            })
            .collect();
        let note = Note::read(note).unwrap();
        let Ok(new) = Checkpoint::verified(&note, crate::common::signer().public()) else {
            return (403, String::new());
        };
        let mut state = state.lock().unwrap();
        if old != state.0 {
            return (409, format!("{}\n", state.0));
        }
        if check_consistency(old, state.1, new.size, new.root, &proof).is_err() {
            return (422, String::new());
        }
        *state = (new.size, new.root);
        (200, key.line(&note.text, 1_777_888_800))
    })
}

async fn sealed(db: &Db, from: i64, to: i64) {
    let ids = ids();
    for n in from..to {
        enter(db, &ids, &taken(n, 10)).await;
    }
    sealer().turn(db, at(to)).await.unwrap();
}

on_both! {
    async fn a_folder_gets_every_checkpoint_and_the_newest_by_itself(db) {
        let folder = tempfile::tempdir().unwrap();
        let config = Ledger { folder: folder.path().display().to_string(), ..Ledger::default() };
        let publisher = Publisher::new(&config).unwrap();
        publisher.turn(&db, at(0)).await.unwrap();
        for (from, to) in [(0, 3), (3, 5)] {
            sealed(&db, from, to).await;
            publisher.turn(&db, at(to)).await.unwrap();
            publisher.turn(&db, at(to)).await.unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let notes = Note::read_all(&read("checkpoints")).unwrap();
        assert_eq!(notes.iter().map(|note| Checkpoint::of(note).unwrap().size).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(read("checkpoint"), newest(&db).await.as_str());
        let done = verify::all(&db, signer().public(), &notes, |_| {}).await.unwrap();
        assert_eq!((done.faults, done.outside), (vec![], 2));
    }

    async fn a_folder_that_has_another_past_is_not_written_to(db) {
        let folder = tempfile::tempdir().unwrap();
        let config = Ledger { folder: folder.path().display().to_string(), ..Ledger::default() };
        let other = Checkpoint { origin: "ledger.example/test".into(), size: 2, root: Hash::leaf(b"other") };
        let other = other.sign(&signer()).unwrap();
        std::fs::write(folder.path().join("checkpoint"), other.as_str()).unwrap();
        sealed(&db, 0, 3).await;
        Publisher::new(&config).unwrap().turn(&db, at(9)).await.unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("checkpoint")).unwrap(), other.as_str());
        let open = findings::open(&mut db.read().await.unwrap(), 9).await.unwrap();
        assert_eq!((&*open[0].kind, &*open[0].subject), ("published", "folder"));
    }

    async fn a_web_hook_is_told_until_it_listens(db) {
        let calls = Mutex::new(0);
        let (url, seen) = server(move |_, _| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            (if *calls == 1 { 500 } else { 204 }, String::new())
        }).await;
        let config = Ledger { webhook: format!("{url}/hook"), webhook_secret: "s3".into(), ..Ledger::default() };
        let publisher = Publisher::new(&config).unwrap();
        sealed(&db, 0, 3).await;
        for second in [10, 11, 16, 17] {
            publisher.turn(&db, at(second)).await.unwrap();
        }
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 2, "tried again after five seconds, and not after that");
        let (head, body) = seen[1].split_once("\n\n").unwrap();
        assert_eq!(body, newest(&db).await.as_str());
        let time = at(16).timestamp();
        use hmac::Mac;
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"s3").unwrap();
        let code = hex::encode(mac.chain_update(format!("{time}.{body}")).finalize().into_bytes());
        assert!(head.contains(&format!("x-wattline-signature: t={time},v1={code}")), "{head}");
        let state = checkpoints::published(&mut db.read().await.unwrap(), "webhook").await.unwrap().unwrap();
        assert_eq!((state.size, state.tries, &*state.trouble), (3, 0, ""));
    }

    async fn a_witness_signs_what_grows_and_refuses_what_was_rewritten(db) {
        let (key, answers) = witnessing();
        let (url, seen) = server(answers).await;
        let config = Ledger { witnesses: vec![format!("{} {url}/w/", key.public())], ..Ledger::default() };
        let publisher = Publisher::new(&config).unwrap();
        for (from, to) in [(0, 3), (3, 11)] {
            sealed(&db, from, to).await;
            publisher.turn(&db, at(to)).await.unwrap();
            assert_eq!(newest(&db).await.verify(key.public()), Ok(1_777_888_800));
        }
        // Whoever does not know how far the witness is asks it.
        tamper(&db, "UPDATE ledger_publishing SET size = 0").await;
        sealed(&db, 11, 12).await;
        publisher.turn(&db, at(20)).await.unwrap();
        assert_eq!(newest(&db).await.verify(key.public()), Ok(1_777_888_800));
        assert_eq!(seen.lock().unwrap().len(), 4);
        tamper(&db, "UPDATE ledger_posting SET amount_minor = amount_minor * 3; DELETE FROM ledger_leaf;
            DELETE FROM ledger_checkpoint; DELETE FROM ledger_total;
            INSERT INTO ledger_unsealed (kind, ref_id) SELECT 'entry', id FROM ledger_entry").await;
        sealed(&db, 12, 14).await;
        publisher.turn(&db, at(30)).await.unwrap();
        assert!(newest(&db).await.verify(key.public()).is_err());
        let trouble = checkpoints::published(&mut db.read().await.unwrap(), "witness witness.example/w1").await.unwrap().unwrap();
        assert!(trouble.trouble.contains("422"), "{trouble:?}");
    }
}

#[test]
fn a_witness_is_a_key_and_a_url() {
    let key = Signer::new("w", SignatureKind::Cosignature, [5; 32]).unwrap();
    let (read, url) = witness(&format!("{} https://w.example/x/", key.public())).unwrap();
    assert_eq!((read, &*url), (key.public().clone(), "https://w.example/x"));
    let log = Signer::new("w", SignatureKind::Text, [5; 32]).unwrap();
    for wrong in [
        "".to_owned(),
        key.public().to_string(),
        format!("{} ftp://x", key.public()),
        format!("{} https://w.example", log.public()),
    ] {
        assert!(witness(&wrong).is_err(), "{wrong}");
    }
}
