//! The accept loop of the console: deadlines for request heads, a bound on connections, a graceful end.

use crate::{WebState, files::HangUp, files_router, router};
use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// Open connections at most; further ones wait in the backlog of the socket.
const CONNECTIONS_MAX: usize = 2_000;
/// For the head of a request, and for the next request of a connection that is kept open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Request line and headers together.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Requests in flight may finish for so long when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failed accept (out of file handles), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the console until `shutdown` is cancelled and what was in flight is answered.
pub async fn serve(listener: TcpListener, state: WebState, shutdown: CancellationToken) {
    run(listener, router(state), shutdown).await;
}

/// Serves stations' files alone, in the same way.
pub async fn serve_files(listener: TcpListener, state: WebState, shutdown: CancellationToken) {
    run(listener, files_router(state), shutdown).await;
}

async fn run(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = async {
                // The semaphore is never closed.
                let place = places.clone().acquire_owned().await.ok();
                (place, listener.accept().await)
            } => accepted,
        };
        let (place, (stream, peer)) = match accepted {
            (place, Ok(stream)) => (place, stream),
            (_, Err(error)) => {
                tracing::warn!(%error, "the console cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (router, shutdown) = (router.clone(), shutdown.clone());
        connections.spawn(async move {
            let _place = place;
            // Without it small answers wait for the browser's delayed acknowledgement; a failure costs only time.
            let _ = stream.set_nodelay(true);
            let hang_up = CancellationToken::new();
            let own = HangUp(hang_up.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(own.clone());
                router.clone().oneshot(request)
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES_MAX);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                // Whoever takes nothing for too long does not take an end either.
                () = hang_up.cancelled() => return,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, %peer, "a connection to the console ended early");
            }
        });
    }
    connections.close();
    if timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::debug!("some requests to the console were cut off");
    }
}
