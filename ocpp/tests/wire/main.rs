//! Messages on the wire: through the typed form and back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod codec;
mod formats;
mod lenient;
mod make;
mod roundtrip;

use ocpp::schema::Kind;
use ocpp::{Version, v2, v16};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Decodes a payload into its type and encodes it again.
fn again<T: Serialize + DeserializeOwned>(payload: &Value) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_value::<T>(payload.clone())?)
}
