//! What a request knows of itself.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request: it knows its action and what answers it.
///
/// ```
/// use ocpp::{Call, v16};
/// assert_eq!(v16::AuthorizeRequest::ACTION, "Authorize");
/// ```
pub trait Call: Serialize + DeserializeOwned {
    /// The action of the CALL.
    const ACTION: &'static str;
    /// The payload of the CALLRESULT.
    type Answer: Serialize + DeserializeOwned;
}

/// A message that is never answered, not even by an error (2.1 SEND).
pub trait Unanswered: Serialize + DeserializeOwned {
    /// The action of the SEND.
    const ACTION: &'static str;
}
