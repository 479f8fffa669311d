//! Hints for whoever watches: "something of this station changed". Facts are rows; a lost hint costs a moment.

use crate::model::StationId;
use tokio::sync::broadcast;

/// How many hints a slow watcher may lag behind before it is told to look at everything again.
const BACKLOG: usize = 1024;

/// Something of a station changed.
#[derive(Debug, Clone)]
pub struct Hint {
    /// Whose rows to look at again.
    pub station: StationId,
}

/// The fan-out of hints inside this process.
#[derive(Debug, Clone)]
pub struct Live(broadcast::Sender<Hint>);

impl Default for Live {
    fn default() -> Self {
        Live(broadcast::channel(BACKLOG).0)
    }
}

impl Live {
    /// Tells the watchers, if there are any.
    pub fn touch(&self, station: &StationId) {
        if self.0.receiver_count() > 0 {
            // The only error is "nobody listens", which the line above has nearly ruled out and which is no harm.
            let _ = self.0.send(Hint { station: station.clone() });
        }
    }

    /// Begins to watch.
    pub fn watch(&self) -> broadcast::Receiver<Hint> {
        self.0.subscribe()
    }
}
