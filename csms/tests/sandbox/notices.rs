//! Notifications over real HTTP, as the adapter on the other side reads them.

use crate::bench::{Bench, ask_back, benches, manner};
use csms::{
    sandbox::{
        play::{Manner, What},
        post,
    },
    store::sandbox::NoticeRow,
};
use payments::order::Ruling;
use payments::provider::{
    Call, Capture, Fact, NoticeFault, PaymentFact, PaymentState, RefundFact, RefundState, Response,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    task::JoinHandle,
    time::{Duration, timeout},
};
use tokio_util::sync::CancellationToken;

/// The sandbox at work.
pub struct Running {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Running {
    pub async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl Bench {
    /// Lets the sandbox send and let time pass.
    pub fn run(&self) -> Running {
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(post::run(self.sandbox.clone(), stop.clone())), stop }
    }

    /// Asks until the payment is as it should be.
    pub async fn until(&self, attempt: &payments::provider::Attempt, is: impl Fn(&PaymentFact) -> bool) {
        let asked = async {
            while !is(&self.payment(Call::Query(attempt)).await) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), asked).await.unwrap();
    }

    /// Asks until the refund is as it should be.
    pub async fn until_refund(&self, call: Call<'_>, is: impl Fn(&RefundFact) -> bool) {
        let asked = async {
            while !is(&self.refund(call).await) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), asked).await.unwrap();
    }

    /// What was to be sent for the order.
    async fn queued(&self, reference: &str) -> Vec<NoticeRow> {
        self.sandbox.look(reference).await.unwrap().unwrap().notices
    }
}

/// A merchant's address: hands over what comes, and answers with these statuses in turn, then with 200.
async fn merchant(statuses: &'static [u16]) -> (String, mpsc::Receiver<Response>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/pay/notify/sandbox", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        let mut statuses = statuses.iter().copied();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let notice = loop {
                let mut chunk = [0; 4096];
                let read = stream.read(&mut chunk).await.unwrap();
                assert!(read > 0, "the request ended early");
                bytes.extend_from_slice(&chunk[..read]);
                if let Some(notice) = whole(&bytes) {
                    break notice;
                }
            };
            let status = statuses.next().unwrap_or(200);
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            if sender.send(notice).await.is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn whole(bytes: &[u8]) -> Option<Response> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().unwrap();
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some(Response { status: 0, headers, body })
}

async fn next(receiver: &mut mpsc::Receiver<Response>) -> Response {
    timeout(Duration::from_secs(20), receiver.recv()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_paid_is_told_until_the_merchant_takes_it() {
    for mut bench in benches().await {
        let (url, mut inbox) = merchant(&[503]).await;
        bench.notify_url = url;
        let running = bench.run();
        let attempt = bench.attempt("told-01", Capture::Later);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        let first = next(&mut inbox).await;
        let read = bench.provider.notice(&first, bench.clock.now()).unwrap();
        let Fact::Payment(fact) = read[0].fact() else { panic!("{read:?}") };
        assert_eq!((&*fact.number, &fact.state), ("told-01", &PaymentState::Held));
        // It was not taken: it comes again a moment later, as the same event.
        let wait = async {
            while bench.queued(&reference).await[0].trouble.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), wait).await.unwrap();
        bench.clock.advance(chrono::TimeDelta::seconds(5));
        let again = bench.provider.notice(&next(&mut inbox).await, bench.clock.now()).unwrap();
        assert_eq!(again[0].key(), read[0].key());
        running.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_notice_is_a_forged_one_and_changes_nothing() {
    for mut bench in benches().await {
        let (url, mut inbox) = merchant(&[401]).await;
        bench.notify_url = url;
        let running = bench.run();
        let attempt = bench.attempt("forge-01", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Forge).await;
        let fault = bench.provider.notice(&next(&mut inbox).await, bench.clock.now()).unwrap_err();
        assert!(matches!(fault, NoticeFault::Forged(_)), "{fault}");
        assert_eq!(bench.payment(Call::Query(&attempt)).await.state, PaymentState::Waiting);
        running.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_and_disputes_are_told_too() {
    for mut bench in benches().await {
        let (url, mut inbox) = merchant(&[]).await;
        bench.notify_url = url;
        let running = bench.run();
        let attempt = bench.attempt("told-02", Capture::Now);
        let reference = bench.open(&attempt).await;
        bench.play(&reference, What::Pay).await;
        next(&mut inbox).await;
        let refund = ask_back("refund-01", 500);
        bench.refund(Call::Refund { attempt: &attempt, refund: &refund }).await;
        let read = bench.provider.notice(&next(&mut inbox).await, bench.clock.now()).unwrap();
        let Fact::Refund(fact) = read[0].fact() else { panic!("{read:?}") };
        assert_eq!(
            (&*fact.number, &*fact.attempt, &fact.state),
            ("refund-01", "told-02", &RefundState::Done)
        );
        bench.play(&reference, What::Dispute).await;
        let read = bench.provider.notice(&next(&mut inbox).await, bench.clock.now()).unwrap();
        let Fact::Dispute(fact) = read[0].fact() else { panic!("{read:?}") };
        assert_eq!((fact.amount.minor, fact.withdrawn.minor, fact.ruling), (2000, 2000, Ruling::Open));
        running.end().await;
    }
}

#[tokio::test]
async fn notices_come_as_badly_as_somebody_wishes() {
    for bench in benches().await {
        let now = bench.clock.now();
        let wished = [
            ("once", vec![("payment.taken", 0)]),
            ("thrice", vec![("payment.taken", 0), ("payment.taken", 0), ("payment.taken", 2)]),
            ("jumbled", vec![("payment.taken", 0), ("payment.waiting", 2)]),
            ("late", vec![("payment.taken", 60)]),
            ("none", vec![]),
        ];
        for (notices, expected) in wished {
            let attempt = bench.attempt(&format!("manner-{notices}"), Capture::Now);
            let reference = bench.open(&attempt).await;
            let manner = Manner { notices: notices.into(), ..manner() };
            bench.sandbox.play(&reference, What::Pay, "ada", &manner).await.unwrap();
            let queued = bench.queued(&reference).await;
            let found: Vec<_> =
                queued.iter().map(|row| (&*row.kind, (row.due_at - now).num_seconds())).collect();
            assert_eq!(found, expected, "{notices}");
            if notices == "thrice" {
                assert!(queued.iter().all(|row| row.event == queued[0].event), "one event, told three times");
            }
        }
    }
}
