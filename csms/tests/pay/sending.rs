//! Messages on their ways out: mail servers and hooks that hang, and whoever comes too late to tell what became of one.

use super::{
    house::{House, houses_with},
    http,
};
use csms::{
    config::Config,
    messages,
    store::messages::{self as kept, MessageRow},
};
use serde_json::Value;
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

/// A post that waits for its answer.
struct Post {
    stream: BufReader<TcpStream>,
    body: Value,
}

impl Post {
    async fn answer(mut self, status: u16) {
        let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.stream.get_mut().write_all(text.as_bytes()).await.unwrap();
    }
}

/// A hook whose posts are answered one by one.
async fn hook() -> (String, mpsc::Receiver<Post>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (posts, received) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let Some((_, _, _, body)) = http::request(&mut stream).await else { continue };
            let _ = posts.send(Post { stream, body: serde_json::from_slice(&body).unwrap() }).await;
        }
    });
    (url, received)
}

/// A mail server that takes calls and says nothing.
async fn mute() -> (String, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (calls, received) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = calls.send(stream).await;
        }
    });
    (url, received)
}

fn by_hook(config: &mut Config, url: &str) {
    config.messages.hook_url = url.to_owned();
    config.messages.hook_secret = "s3cret".to_owned();
}

/// A one-time code is to be sent.
async fn code(house: &House, id: i64, recipient: &str) {
    let row = MessageRow {
        id,
        key: format!("code:{id}"),
        kind: "code".to_owned(),
        recipient: recipient.to_owned(),
        language: "en".to_owned(),
        subject: String::new(),
        body: format!("Your code is {id}"),
        link: String::new(),
        order_id: None,
        state: "waiting".to_owned(),
        tries: 0,
        due_at: house.clock.now(),
        trouble: String::new(),
        created_at: house.clock.now(),
        sent_at: None,
    };
    let mut tx = house.app.db.write().await.unwrap();
    kept::add(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn row(house: &House, id: i64) -> MessageRow {
    kept::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_mail_server_that_hangs_keeps_no_code_of_the_hook_waiting() {
    let ((url, mut posts), (smtp, mut calls)) = (hook().await, mute().await);
    let houses = houses_with(|config| {
        by_hook(config, &url);
        config.messages.smtp_url = smtp.clone();
        config.messages.from = "Hafenstrom <charging@hafenstrom.example>".to_owned();
    })
    .await;
    for house in houses {
        for id in 1..=2 {
            code(&house, id, "ada@example.com").await;
        }
        let stop = CancellationToken::new();
        let running = tokio::spawn(messages::run(house.app.clone(), stop.clone()));
        let hanging = (calls.recv().await.unwrap(), calls.recv().await.unwrap());
        // Not only in the turn that is under way: nobody waits for its end.
        for id in 3..=4 {
            code(&house, id, "+4917012345").await;
            let post = posts.recv().await.unwrap();
            assert_eq!(post.body["text"], format!("Your code is {id}"));
            post.answer(200).await;
        }
        for id in 1..=2 {
            let mail = row(&house, id).await;
            assert_eq!(
                (&*mail.state, mail.tries, &*mail.trouble),
                ("waiting", 1, ""),
                "it is still under way"
            );
        }
        drop(hanging);
        stop.cancel();
        running.await.unwrap();
    }
}

#[tokio::test]
async fn who_is_too_late_changes_nothing_of_a_message_that_another_has_sent() {
    let (url, mut posts) = hook().await;
    for house in houses_with(|config| by_hook(config, &url)).await {
        code(&house, 1, "+4917012345").await;
        let first = tokio::spawn({
            let app = house.app.clone();
            async move { messages::turn(&app).await.unwrap() }
        });
        let hanging = posts.recv().await.unwrap();
        // It is taken for lost, and the message is sent by another.
        house.advance(301);
        let (sent, ()) = tokio::join!(messages::turn(&house.app), async {
            posts.recv().await.unwrap().answer(200).await;
        });
        assert_eq!(sent.unwrap(), 1);
        let sent = row(&house, 1).await;
        assert_eq!((&*sent.state, &*sent.body), ("sent", ""));
        hanging.answer(503).await;
        assert_eq!(first.await.unwrap(), 0);
        assert_eq!(row(&house, 1).await, sent);
    }
}
