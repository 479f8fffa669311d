//! Server-sent hints: "what you show has changed". The page then fetches itself anew; a lost hint costs a moment.

use crate::{WebState, login::Caller, peer::Peer};
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use csms::live::Hint;
use futures::stream;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Between two hints to one page.
const PAUSE: Duration = Duration::from_millis(500);
/// Then the browser connects again, and its login is looked at again.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The route.
pub fn routes() -> Router<WebState> {
    Router::new().route("/live", get(live))
}

#[derive(Deserialize)]
struct About {
    /// Only hints about this station.
    #[serde(default)]
    station: String,
}

async fn live(
    State(state): State<WebState>,
    _peer: Peer,
    _caller: Caller,
    Query(about): Query<About>,
) -> Response {
    let Ok(place) = state.live_clients.clone().try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    stream(&state, about.station, place)
}

/// Hints about a station (empty: about all), as long as `place` may be held.
pub fn stream(state: &WebState, station: String, place: OwnedSemaphorePermit) -> Response {
    let watch = Watch {
        hints: state.app.live.watch(),
        station,
        shutdown: state.outside.shutdown.clone(),
        ready_at: Instant::now(),
        until: Instant::now() + LIFETIME,
        _place: place,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        watch
            .next()
            .await
            .map(|()| (Ok::<_, Infallible>(Event::default().event("hint").data("changed")), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response()
}

/// One page that watches.
struct Watch {
    hints: Receiver<Hint>,
    station: String,
    shutdown: CancellationToken,
    ready_at: Instant,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// Waits for a hint that concerns the page, at the earliest half a second after the last one. `None`: the end.
    async fn next(&mut self) -> Option<()> {
        let shutdown = self.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => return None,
            () = sleep_until(self.until) => return None,
            () = self.wanted() => {}
        }
        tokio::select! {
            () = shutdown.cancelled() => return None,
            () = sleep_until(self.ready_at) => {}
        }
        // What came meanwhile is told by this hint too.
        self.hints = self.hints.resubscribe();
        self.ready_at = Instant::now() + PAUSE;
        Some(())
    }

    async fn wanted(&mut self) {
        loop {
            match self.hints.recv().await {
                Ok(hint) if self.station.is_empty() || *hint.station == *self.station => return,
                Ok(_) => {}
                // Too many to know whether ours was among them.
                Err(RecvError::Lagged(_)) => return,
                // The system is going down; the shutdown token ends the stream.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csms::live::Live;
    use std::sync::Arc;
    use tokio::{sync::Semaphore, time};

    fn watch(live: &Live, station: &str) -> Watch {
        Watch {
            hints: live.watch(),
            station: station.into(),
            shutdown: CancellationToken::new(),
            ready_at: Instant::now(),
            until: Instant::now() + LIFETIME,
            _place: Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hints_are_gathered_to_two_a_second() {
        let live = Live::default();
        let mut watch = watch(&live, "");
        let begin = Instant::now();
        for _ in 0..100 {
            live.touch(&"CP1".into());
        }
        watch.next().await.unwrap();
        assert_eq!(begin.elapsed(), Duration::ZERO);
        live.touch(&"CP2".into());
        watch.next().await.unwrap();
        assert_eq!(begin.elapsed(), PAUSE);
        // Nothing happened since: it waits.
        assert!(time::timeout(Duration::from_secs(60), watch.next()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_about_one_station_hears_of_no_other() {
        let live = Live::default();
        let mut watch = watch(&live, "CP1");
        live.touch(&"CP2".into());
        assert!(time::timeout(Duration::from_secs(60), watch.next()).await.is_err());
        live.touch(&"CP1".into());
        assert!(watch.next().await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_stream_ends_with_the_server_and_after_an_hour() {
        let live = Live::default();
        let mut first = watch(&live, "");
        first.shutdown.cancel();
        assert!(first.next().await.is_none());
        assert!(watch(&live, "").next().await.is_none());
    }
}
