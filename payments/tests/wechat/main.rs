//! The adapters against a WeChat Pay that shares nothing with them: `tests/e2e/foreign/fake_wechat.py`, which checks
//! and signs with other people's packages. Skipped where `CSMS_TEST_PYTHON` names no Python that has them.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

mod fake;
mod v2;
mod v3;
