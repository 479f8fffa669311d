//! The accept loop: our own, so that every phase of a connection has its limit and its deadline.

use super::{
    admit::{Admitted, admit},
    cause::Cause,
    deviations::Make,
    dialect::Validation,
    front::Front,
    guard::Seat,
    handshake::{
        self, Refusal, Request, Visitor, negotiate,
        request::{self, NoHead},
    },
    line::{Line, Stop},
    socket::{Ending, Socket},
    task::Link,
};
use crate::{
    app::App,
    event::{
        self, Body,
        list::{Connected, Disconnected},
    },
    store::row::Write,
};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections that the kernel may keep for us while we are busy (it has a maximum of its own).
const BACKLOG: u32 = 16_384;
/// What is counted in memory is handed to the writer this often …
const FLUSH: Duration = Duration::from_secs(3);
/// … and what is over is forgotten after so many of these.
const PRUNE_EVERY: u32 = 20;
/// After an accept that failed for want of files or memory.
const BREATH: Duration = Duration::from_millis(100);
/// Links may take so long to end when the server goes down.
const GRACE: Duration = Duration::from_secs(10);

/// Binds the port for stations.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that a restart does not have to wait for old connections to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves stations until `stop` is cancelled, then closes all links (1001) and returns when they are gone, or after
/// ten seconds.
pub async fn serve(app: App, listener: TcpListener, stop: CancellationToken) {
    let front = Arc::new(Front::new(app));
    let connections = TaskTracker::new();
    let mut chores = tokio::time::interval(FLUSH);
    chores.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turns = 0_u32;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = chores.tick() => {
                front.flush();
                turns = (turns + 1) % PRUNE_EVERY;
                if turns == 0 {
                    front.guard.prune();
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((io, peer)) => welcome(&front, io, peer, &connections, &stop),
                Err(error) => {
                    metrics::counter!("csms_accept_errors_total").increment(1);
                    // A peer that went away in the queue is no reason to pause.
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        tracing::warn!("cannot accept a connection: {error}");
                        tokio::time::sleep(BREATH).await;
                    }
                }
            }
        }
    }
    drop(listener);
    front.app.hub.close_all(Stop::Shutdown);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(left = connections.len(), "some links did not end in time");
    }
    front.flush();
}

/// A socket was accepted. Costs little: what is over the limits does not get a task of its own for long.
fn welcome(
    front: &Arc<Front>,
    io: TcpStream,
    peer: SocketAddr,
    connections: &TaskTracker,
    stop: &CancellationToken,
) {
    match front.guard.accept(peer.ip()) {
        Ok(seat) => {
            connections.spawn(connection(front.clone(), io, peer, seat, stop.clone()));
        }
        Err(refusal) => {
            front.refused(&Visitor::default(), &refusal, peer.ip());
            if let Ok(turn) = front.farewells.clone().try_acquire_owned() {
                connections.spawn(async move {
                    handshake::refuse(io, &refusal, Duration::from_secs(1)).await;
                    drop(turn);
                });
            }
        }
    }
}

async fn connection(front: Arc<Front>, io: TcpStream, peer: SocketAddr, seat: Seat, stop: CancellationToken) {
    // Boxed: what the handshake needs is given back before the long life of the link begins.
    if let Some(link) = Box::pin(knock(front, io, peer, seat, stop)).await {
        link.run().await;
    }
}

/// From the accepted socket to the link. `None` if it was refused, or is gone.
async fn knock(
    front: Arc<Front>,
    mut io: TcpStream,
    peer: SocketAddr,
    seat: Seat,
    stop: CancellationToken,
) -> Option<Box<Link>> {
    let settings = &front.app.config.ocpp;
    let address = peer.ip().to_canonical();
    let write = Duration::from_secs(settings.write_timeout_s);
    let deadline = Instant::now() + Duration::from_secs(settings.handshake_timeout_s);
    // Small messages, each of which is waited for: holding them back to fill packets only costs time.
    let _ = io.set_nodelay(true);
    let mut visitor = Visitor::default();
    let outcome = tokio::select! {
        biased;
        () = stop.cancelled() => Err(Some(going_down())),
        outcome = introduce(&front, &mut io, &mut visitor, address, deadline) => outcome,
    };
    let (connection, request, admitted, early) = match outcome {
        Ok(entry) => entry,
        Err(refusal) => {
            let refusal = refusal?;
            front.refused(&visitor, &refusal, address);
            handshake::refuse(io, &refusal, write).await;
            return None;
        }
    };
    let extension = if settings.compression { negotiate::compression(&request.extensions) } else { None };
    let name = admitted.agreed.as_ref().and_then(|agreed| agreed.name.as_deref());
    let answer = handshake::switching(&request.key, name, extension);
    match tokio::time::timeout(write, io.write_all(answer.as_bytes())).await {
        Ok(Ok(())) => {}
        _ => return None,
    }
    let mut socket = Socket::new(io, early, extension, &front.sockets)
        .inspect_err(|error| tracing::error!(station = %admitted.id, "no WebSocket: {error}"))
        .ok()?;
    let Some(agreed) = &admitted.agreed else {
        let refusal = Refusal::new(101, Cause::Subprotocol, "no OCPP version in common");
        front.refused(&visitor, &refusal, address);
        socket.close(Ending::Protocol, &refusal.body).await;
        return None;
    };
    let app = &front.app;
    let (now, queue) = (app.clock.now(), settings.call_queue_max);
    let Some(line) = app.hub.enter(connection, &admitted.id, peer, agreed.version, now, queue) else {
        tracing::info!(station = %admitted.id, connection, %address, "a newer connection of the station was faster");
        socket.close(Ending::Away, Stop::Replaced.reason()).await;
        return None;
    };
    arrived(&front, &line, &visitor);
    if let Err(error) = app.commands.follow(app, &admitted.id).await {
        tracing::warn!(station = %admitted.id, %error, "what is waited for of the station cannot be read");
    }
    app.commands.connected(&admitted.id);
    app.desires.connected(&admitted.id);
    if agreed.version.holds_tariffs() {
        app.local_tariffs.connected(&admitted.id);
    }
    app.displays.connected(app, &admitted.id);
    let row = admitted.row;
    let validation = if row.validation == "strict" { Validation::Strict } else { Validation::Lenient };
    let make = Make { vendor: row.vendor, model: row.model, firmware: row.firmware };
    Some(Box::new(Link::new(front, line, socket, validation, make, seat)))
}

type Entry = (u64, Request, Admitted, Vec<u8>);

/// Reads the request and decides over it. `Err(None)`: the visitor is gone.
async fn introduce(
    front: &Front,
    io: &mut TcpStream,
    visitor: &mut Visitor,
    address: IpAddr,
    deadline: Instant,
) -> Result<Entry, Option<Refusal>> {
    let settings = &front.app.config.ocpp;
    let read = tokio::time::timeout_at(deadline, request::read(io, settings.header_bytes_max)).await;
    let (head, early) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(NoHead::Gone)) => return Err(None),
        Ok(Err(NoHead::Refused(refusal))) => return Err(Some(refusal)),
        Err(_) => {
            let body = "No complete request came in time.";
            return Err(Some(Refusal::new(408, Cause::Timeout, body)));
        }
    };
    // Not when the socket was opened: a proxy may have done that long ago.
    let connection = front.app.hub.number();
    let request = Request::parse(&head, &settings.path_prefix, visitor).map_err(Some)?;
    let decide = async {
        // Closed only with the server, and then nobody waits here any more.
        let _turn = front.admissions.acquire().await;
        admit(front, &request, address).await
    };
    match tokio::time::timeout_at(deadline, decide).await {
        Ok(Ok(admitted)) => Ok((connection, request, admitted, early)),
        Ok(Err(refusal)) => Err(Some(refusal)),
        Err(_) => Err(Some(
            Refusal::new(503, Cause::Busy, "The server could not check who you are in time.")
                .retry_after(Duration::from_secs(10)),
        )),
    }
}

fn going_down() -> Refusal {
    Refusal::new(503, Cause::Busy, "The server is going down, please come back in a moment.")
        .retry_after(Duration::from_secs(5))
}

fn arrived(front: &Front, line: &Line, visitor: &Visitor) {
    tracing::info!(
        station = %line.station, connection = line.connection, address = %line.address,
        protocol = line.protocol.subprotocol(), "connected"
    );
    metrics::counter!("csms_connects_total", "protocol" => line.protocol.subprotocol()).increment(1);
    let body = Connected {
        connection: line.connection,
        address: line.address.ip(),
        protocol: line.protocol.subprotocol().to_owned(),
        agent: visitor.agent.to_string(),
    };
    told(front, line, &body);
}

/// A link has ended; `offline` if no newer one has taken its place.
pub(super) fn left(front: &Front, line: &Line, offline: bool, reason: &str) {
    tracing::info!(station = %line.station, connection = line.connection, offline, "disconnected: {reason}");
    if offline {
        told(front, line, &Disconnected { connection: line.connection, reason: reason.to_owned() });
    }
}

fn told<B: Body>(front: &Front, line: &Line, body: &B) {
    let app = &front.app;
    let at = app.clock.now();
    #[allow(clippy::cast_precision_loss)] // a count of links
    metrics::gauge!("csms_links").set(app.hub.count() as f64);
    app.writer.later(Write::Seen {
        station: line.station.clone(),
        at,
        address: line.address.ip().to_canonical().to_string(),
        protocol: line.protocol.subprotocol(),
    });
    app.writer.later(Write::Event(event::row(&app.ids, at, Some(&line.station), None, body)));
    app.live.touch(&line.station);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, config::Config, store::testing::TestDb};

    /// Nineteen thousand of these wait at one time: what one of them holds is counted.
    #[tokio::test]
    async fn the_task_of_a_connection_is_small() {
        let db = TestDb::sqlite().unwrap();
        let config = Config { database: db.config.clone(), ..Config::default() };
        let app = App::open(config, Clock::System).await.unwrap();
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let io = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let peer = io.peer_addr().unwrap();
        let front = Arc::new(Front::new(app));
        let seat = front.guard.accept(peer.ip()).unwrap();
        let task = connection(front, io, peer, seat, CancellationToken::new());
        let (task, link) = (size_of_val(&task), size_of::<Link>());
        assert!(link <= 1_200 && task <= 2_500, "a link has {link} bytes, its task {task}");
    }
}
