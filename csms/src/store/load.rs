//! Grouped reads: many stations that ask for one row each become one query.
//!
//! After a restart ten thousand stations connect within seconds, and each needs its row, its open sessions, its
//! connectors, and whether anything waits for it. Whoever asks while a query runs is served by the next one, together with all others who wait.

use super::db::{Db, Tx, text};
use super::error::StoreError;
use super::migrations::Engine;
use super::query::Fetched;
use super::row::{ConnectorState, SessionRow, StationRow, TokenRow};
use crate::model::StationId;
use sqlx::SqlStr;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Askers that may wait; more wait to be let in.
const QUEUE_MAX: usize = 4_096;
/// Keys in one query; also the largest of its sizes on SQLite: 1, 4, 16, 64, 256.
const KEYS_MAX: usize = 256;
/// Queries of one kind at a time.
const WORKERS: usize = 2;

/// The loads that a link needs when a station connects, and a desk when an identifier is presented.
#[derive(Debug, Clone)]
pub struct Loads {
    stations: Grouped<StationRow>,
    sessions: Grouped<SessionRow>,
    connectors: Grouped<ConnectorState>,
    tokens: Grouped<TokenRow>,
    uses: Grouped<TokenUse>,
    payers: Grouped<Payer>,
    queued: Grouped<Queued>,
    awaited: Grouped<Awaited>,
    heartbeats: Grouped<Heartbeat>,
    billed: Grouped<Billed>,
}

/// How the sessions of an identifier are paid by the driver whose they are.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Payer {
    pub token_uid: String,
    /// `later`, `balance`.
    pub pays_by: String,
}

/// An open session of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TokenUse {
    pub token_uid: String,
    pub token_kind: String,
    pub session_id: i64,
    pub station_id: String,
    pub evse: i64,
    pub flags: String,
}

/// A station for which a command waits.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Queued {
    station_id: String,
}

/// A station of which the outcome of a command is waited for.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Awaited {
    station_id: String,
}

/// The interval of heartbeats that is wished of a station.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Heartbeat {
    station_id: String,
    value: String,
}

/// The newest bill of a session.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Billed {
    /// Its number, as text.
    session: String,
    revision: i64,
}

impl Loads {
    /// Starts the workers. Needs a Tokio runtime; they end with the last clone.
    pub fn start(db: &Db) -> Loads {
        Loads {
            stations: Grouped::start(db),
            sessions: Grouped::start(db),
            connectors: Grouped::start(db),
            tokens: Grouped::start(db),
            uses: Grouped::start(db),
            payers: Grouped::start(db),
            queued: Grouped::start(db),
            awaited: Grouped::start(db),
            heartbeats: Grouped::start(db),
            billed: Grouped::start(db),
        }
    }

    /// The station, if it is registered.
    pub async fn station(&self, id: &StationId) -> Result<Option<StationRow>, StoreError> {
        Ok(self.stations.get(Arc::clone(id)).await?.pop())
    }

    /// The sessions of the station that are open, oldest first.
    pub async fn open_sessions(&self, station: &StationId) -> Result<Vec<SessionRow>, StoreError> {
        self.sessions.get(Arc::clone(station)).await
    }

    /// The connectors of the station that are known, in order.
    pub async fn connectors(&self, station: &StationId) -> Result<Vec<ConnectorState>, StoreError> {
        self.connectors.get(Arc::clone(station)).await
    }

    /// The tokens of all kinds with this identifier; `key` as of [`crate::model::Presented::key`].
    pub async fn token(&self, key: &str) -> Result<Vec<TokenRow>, StoreError> {
        self.tokens.get(key.into()).await
    }

    /// The open sessions of these identifiers (as of [`crate::model::Presented::key`]).
    pub async fn token_use(&self, uids: &[&str]) -> Result<Vec<TokenUse>, StoreError> {
        let loads = uids.iter().map(|uid| self.uses.get((*uid).into()));
        Ok(futures::future::try_join_all(loads).await?.into_iter().flatten().collect())
    }

    /// Who pays the sessions of this identifier (as of [`crate::model::Presented::key`]), if a driver does.
    pub async fn payer(&self, key: &str) -> Result<Option<Payer>, StoreError> {
        Ok(self.payers.get(key.into()).await?.pop())
    }

    /// Does a command wait for the station?
    pub async fn is_queued_for(&self, station: &StationId) -> Result<bool, StoreError> {
        Ok(!self.queued.get(Arc::clone(station)).await?.is_empty())
    }

    /// Is the outcome of a command waited for that the station was sent?
    pub async fn is_awaited(&self, station: &StationId) -> Result<bool, StoreError> {
        Ok(!self.awaited.get(Arc::clone(station)).await?.is_empty())
    }

    /// The interval of heartbeats that is wished of the station, as it is written.
    pub async fn heartbeat(&self, station: &StationId) -> Result<Option<String>, StoreError> {
        Ok(self.heartbeats.get(Arc::clone(station)).await?.pop().map(|wish| wish.value))
    }

    /// The revision of the newest bill of the session, if it was billed.
    pub async fn billed(&self, session: i64) -> Result<Option<i64>, StoreError> {
        Ok(self.billed.get(session.to_string().into()).await?.pop().map(|bill| bill.revision))
    }
}

/// What a group of keys is loaded by.
trait Keyed: Fetched + Clone + Sync + 'static {
    /// With `{keys}` for the condition on the key.
    const SQL: &'static str;
    /// That condition on PostgreSQL. SQLite compares a number with the text of one.
    const ANY: &'static str = "= ANY($1)";
    fn key(&self) -> &str;
    fn texts() -> &'static Texts;
}

macro_rules! keyed {
    ($row:ty, $key:ident, $sql:literal $(, $any:literal)?) => {
        impl Keyed for $row {
            const SQL: &'static str = $sql;
            $(const ANY: &'static str = $any;)?
            fn key(&self) -> &str {
                &self.$key
            }
            fn texts() -> &'static Texts {
                static TEXTS: Texts = Texts([const { OnceLock::new() }; 6]);
                &TEXTS
            }
        }
    };
}
keyed!(StationRow, id, "SELECT * FROM station WHERE id {keys}");
keyed!(
    SessionRow,
    station_id,
    "SELECT * FROM session WHERE station_id {keys} AND state = 'open' ORDER BY id"
);
keyed!(
    ConnectorState,
    station_id,
    "SELECT * FROM connector WHERE station_id {keys} ORDER BY station_id, evse, connector"
);
keyed!(TokenRow, uid, "SELECT * FROM token WHERE uid {keys} ORDER BY uid, kind");
keyed!(
    TokenUse,
    token_uid,
    "SELECT token_uid, token_kind, id AS session_id, station_id, evse, flags FROM session
     WHERE token_uid {keys} AND state = 'open' ORDER BY id"
);
keyed!(Payer, token_uid, "SELECT token_uid, pays_by FROM driver WHERE token_uid {keys} AND pays_by <> ''");
keyed!(
    Queued,
    station_id,
    "SELECT DISTINCT station_id FROM command WHERE station_id {keys} AND state = 'queued'"
);
keyed!(
    Awaited,
    station_id,
    "SELECT DISTINCT station_id FROM command WHERE station_id {keys} AND outcome = 'pending'"
);
keyed!(
    Heartbeat,
    station_id,
    "SELECT station_id, value FROM desired
     WHERE station_id {keys} AND kind = 'configuration' AND key = 'OCPPCommCtrlr.HeartbeatInterval'"
);
keyed!(
    Billed,
    session,
    "SELECT CAST(session_id AS TEXT) AS session, MAX(revision) AS revision FROM bill
     WHERE session_id {keys} GROUP BY session_id",
    "= ANY($1::TEXT[]::BIGINT[])"
);

/// The statement for PostgreSQL, then those for 1, 4, 16, 64 and 256 keys on SQLite.
struct Texts([OnceLock<Arc<str>>; 6]);

type Answer<R> = oneshot::Sender<Result<Vec<R>, StoreError>>;
type Asked<R> = mpsc::Receiver<(Arc<str>, Answer<R>)>;

/// Loads by key, many callers to a query.
#[derive(Debug)]
struct Grouped<R> {
    queue: mpsc::Sender<(Arc<str>, Answer<R>)>,
}

impl<R> Clone for Grouped<R> {
    fn clone(&self) -> Self {
        Grouped { queue: self.queue.clone() }
    }
}

impl<R: Keyed> Grouped<R> {
    fn start(db: &Db) -> Grouped<R> {
        let (queue, asked) = mpsc::channel(QUEUE_MAX);
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..WORKERS {
            tokio::spawn(work(db.clone(), Arc::clone(&asked)));
        }
        Grouped { queue }
    }

    async fn get(&self, key: Arc<str>) -> Result<Vec<R>, StoreError> {
        let (answer, outcome) = oneshot::channel();
        self.queue.send((key, answer)).await.map_err(|_| StoreError::Stopped)?;
        outcome.await.unwrap_or(Err(StoreError::Stopped))
    }
}

async fn work<R: Keyed>(db: Db, asked: Arc<Mutex<Asked<R>>>) {
    let mut group = Vec::with_capacity(KEYS_MAX);
    loop {
        if asked.lock().await.recv_many(&mut group, KEYS_MAX).await == 0 {
            return;
        }
        let mut waiting: HashMap<Arc<str>, Vec<Answer<R>>> = HashMap::with_capacity(group.len());
        for (key, answer) in group.drain(..) {
            waiting.entry(key).or_default().push(answer);
        }
        let keys: Vec<&str> = waiting.keys().map(|key| &**key).collect();
        match load::<R>(&db, &keys).await {
            Ok(loaded) => {
                let mut rows: HashMap<String, Vec<R>> = HashMap::with_capacity(keys.len());
                for row in loaded {
                    match rows.get_mut(row.key()) {
                        Some(rows) => rows.push(row),
                        None => drop(rows.insert(row.key().to_owned(), vec![row])),
                    }
                }
                for (key, answers) in waiting {
                    answer_all(answers, Ok(rows.remove(&*key).unwrap_or_default()));
                }
            }
            Err(error) => {
                for answers in waiting.into_values() {
                    answer_all(answers, Err(error.clone()));
                }
            }
        }
    }
}

/// Askers may have gone away meanwhile; those who are left all get the same.
fn answer_all<R: Clone>(mut answers: Vec<Answer<R>>, outcome: Result<Vec<R>, StoreError>) {
    let last = answers.pop();
    for answer in answers {
        let _ = answer.send(outcome.clone());
    }
    if let Some(answer) = last {
        let _ = answer.send(outcome);
    }
}

async fn load<R: Keyed>(db: &Db, keys: &[&str]) -> Result<Vec<R>, StoreError> {
    let sql = statement::<R>(db.engine(), keys.len());
    let mut tx = db.read().await?;
    Ok(match &mut tx {
        Tx::Sqlite(transaction, _) => {
            let mut query = sqlx::query_as(sql);
            for key in keys {
                query = query.bind(super::clean(key).into_owned());
            }
            // Values that are not bound are NULL, which is in no list.
            query.fetch_all(&mut **transaction).await?
        }
        Tx::Postgres(transaction) => {
            let keys: Vec<_> = keys.iter().map(|key| super::clean(key).into_owned()).collect();
            sqlx::query_as(sql).bind(keys).fetch_all(&mut **transaction).await?
        }
    })
}

fn statement<R: Keyed>(engine: Engine, keys: usize) -> SqlStr {
    let place = match engine {
        Engine::Postgres => 0,
        Engine::Sqlite => 1 + (keys.max(1).next_power_of_two().ilog2() as usize).div_ceil(2),
    };
    let sql = R::texts().0[place].get_or_init(|| {
        let condition = match engine {
            Engine::Postgres => R::ANY.to_owned(),
            Engine::Sqlite => format!("IN ({})", vec!["?"; 1 << (2 * (place - 1))].join(",")),
        };
        R::SQL.replace("{keys}", &condition).into()
    });
    text(Arc::clone(sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_room_for_its_keys() {
        for keys in 1..=KEYS_MAX {
            let sql = statement::<StationRow>(Engine::Sqlite, keys);
            let room = sql.as_str().matches('?').count();
            assert!(room >= keys && room <= (keys * 4).max(1), "{keys} keys in {room}");
        }
        assert_eq!(
            statement::<StationRow>(Engine::Postgres, 9).as_str(),
            "SELECT * FROM station WHERE id = ANY($1)"
        );
    }
}
