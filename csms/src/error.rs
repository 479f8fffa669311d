//! What can go wrong while a report is handled, and which OCPP fault it becomes.

use crate::store::StoreError;
use ocpp::fault::{ErrorCode, Fault};

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The station broke a rule of the protocol: answered with this CALLERROR.
    #[error("{}: {}", .0.code.spelling(ocpp::Version::NEWEST), .0.description)]
    Fault(Fault),
    /// The database did not take it. The station keeps the message and sends it again.
    #[error("the message was not stored: {0}")]
    Store(#[from] StoreError),
    /// The station is not registered (any more).
    #[error("station {0} is not registered")]
    UnknownStation(String),
}

impl Error {
    /// What the station is told. Causes inside the house are not told outside.
    pub fn fault(&self) -> Fault {
        match self {
            Error::Fault(fault) => fault.clone(),
            Error::Store(_) => Fault::new(ErrorCode::InternalError, "not stored, please send again"),
            Error::UnknownStation(_) => {
                Fault::new(ErrorCode::SecurityError, "this station is not registered")
            }
        }
    }
}
