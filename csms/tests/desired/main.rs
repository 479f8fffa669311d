//! What stations shall be like, on real sockets and on both databases: closed after a boot and after drift, refused with a pause,
//! not doubled by a restart; templates; passwords; certificates.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod groups;
mod house;
mod profiles;
mod wishes;
