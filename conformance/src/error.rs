//! Why something did not work for a station.

use crate::frame::CallError;

/// Why something did not work for a station.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The CSMS answered the WebSocket handshake with another HTTP status than 101.
    #[error("the CSMS refused the connection with HTTP {status}: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The body of the answer, lossily decoded.
        body: String,
    },
    /// No connection came about.
    #[error("no connection: {0}")]
    Connect(String),
    /// There is no connection now.
    #[error("the station is offline")]
    Offline,
    /// The connection ended before the answer came.
    #[error("the connection ended before {0} was answered")]
    Dropped(String),
    /// No answer in time.
    #[error("no answer to {0} in time")]
    Timeout(String),
    /// The CSMS answered with a CALLERROR.
    #[error("{action} was answered with {error}")]
    Call {
        /// The action of the call.
        action: String,
        /// The answer.
        error: CallError,
    },
    /// The CSMS answered with something that does not fit the action.
    #[error("the answer to {action} makes no sense: {answer}")]
    Answer {
        /// The action of the call.
        action: String,
        /// The answer's text.
        answer: String,
    },
    /// The station cannot do that now, e.g. stop without a transaction.
    #[error("{0}")]
    State(String),
}

impl Error {
    /// The code of a CALLERROR; `None` for everything else.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Call { error, .. } => Some(&error.code),
            _ => None,
        }
    }

    /// The HTTP status of a refused handshake; `None` for everything else.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the message was not answered, so that the station has to keep it.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Error::Offline | Error::Dropped(_) | Error::Timeout(_))
    }
}
