//! What goes wrong with a station, and when it is tried again.

use crate::{error::Error, link::hub::AskError, store::StoreError};
use chrono::TimeDelta;
use ocpp::ErrorCode;

/// What will not change by asking again is tried again only after this.
pub(super) const SETTLED: TimeDelta = TimeDelta::hours(24);
/// What may change is tried again after this, then after twice as long, and so on …
const FIRST: TimeDelta = TimeDelta::minutes(1);
/// … up to this.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// Why a round came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    House(#[from] Error),
    #[error("{action}: {error}")]
    Call { action: &'static str, error: AskError },
    #[error("{action} was answered unreadably: {why}")]
    Answer { action: &'static str, why: String },
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::House(error.into())
    }
}

/// So long after the nth failure in a row.
pub(super) fn wait(failures: i64) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 16) - 1).unwrap_or(0);
    (FIRST * 2_i32.pow(doublings)).min(LONGEST)
}

/// Does the station not have the function at all?
pub(super) fn lacks(code: &ErrorCode) -> bool {
    matches!(code, ErrorCode::NotSupported | ErrorCode::NotImplemented)
}

pub(super) fn unreadable(action: &'static str, why: &tariffs::Invalid) -> Trouble {
    Trouble::Answer { action, why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_an_hour() {
        let minutes: Vec<i64> = [1, 2, 3, 6, 7, 1_000, i64::MAX].map(|n| wait(n).num_minutes()).to_vec();
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60, 60]);
    }
}
