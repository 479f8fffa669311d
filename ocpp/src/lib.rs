//! OCPP wire protocol: frames, error codes, schemas and typed messages of 1.6, 2.0.1 and 2.1. No I/O, no clock.

mod call;
mod digest;
pub mod fault;
pub mod frame;
pub mod lenient;
pub mod schema;
pub mod stamp;
pub mod v16;
pub mod v2;
mod wire;

pub use call::{Call, Unanswered};
pub use digest::digest;
pub use fault::{ErrorCode, Fault};
pub use frame::{Frame, FrameError, MessageId};
pub use wire::Timestamp;

/// A protocol version, as negotiated by the WebSocket subprotocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// OCPP 1.6J with the security extension.
    V16,
    /// OCPP 2.0.1.
    V201,
    /// OCPP 2.1.
    V21,
}

impl Version {
    /// All versions, newest first.
    pub const ALL: [Version; 3] = [Version::V21, Version::V201, Version::V16];

    /// The registered WebSocket subprotocol name.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Version::V16 => "ocpp1.6",
            Version::V201 => "ocpp2.0.1",
            Version::V21 => "ocpp2.1",
        }
    }

    /// The newest version: what is used where no station's counts.
    pub const NEWEST: Version = Version::V21;

    /// Does the CSMS give transactions their ids (1.6)? Otherwise stations do, and number their messages.
    pub const fn csms_names_transactions(self) -> bool {
        matches!(self, Version::V16)
    }

    /// Does a station tell that it has let a reservation go (2.x)? Otherwise only the connector's status does.
    pub const fn tells_of_reservations(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Are identifiers told with their kind (2.x)?
    pub const fn tells_kinds(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Letters that an identifier has at most.
    pub const fn identifier_max(self) -> usize {
        match self {
            Version::V16 => 20,
            Version::V201 => 36,
            Version::V21 => 255,
        }
    }

    /// Do messages about a transaction tell its charging state (2.x)? Otherwise only the connector's status does.
    pub const fn tells_charging_state(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Can stations hold tariffs and count costs themselves (2.1)?
    pub const fn holds_tariffs(self) -> bool {
        matches!(self, Version::V21)
    }

    /// Can stations make codes of their own for drivers to scan (2.1, C25)?
    pub const fn makes_codes(self) -> bool {
        matches!(self, Version::V21)
    }

    /// Can vehicles tell what they need (2.x, K15)?
    pub const fn tells_needs(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Do periods of charging schedules say who decides about power (2.1)?
    pub const fn has_operation_modes(self) -> bool {
        matches!(self, Version::V21)
    }

    /// Do displays take messages of their own (2.x, O01), and costs by CostUpdated (I02)?
    pub const fn takes_messages(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Can stations watch their variables (2.x, block N)?
    pub const fn has_monitors(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Can stations be asked which charging profiles they have (GetChargingProfiles, K09)?
    pub const fn tells_profiles(self) -> bool {
        !matches!(self, Version::V16)
    }

    /// Can they watch how far a variable is from its target (2.1)?
    pub const fn watches_targets(self) -> bool {
        matches!(self, Version::V21)
    }

    /// The version that a WebSocket subprotocol names.
    pub fn from_subprotocol(name: &str) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.subprotocol() == name)
    }
}
