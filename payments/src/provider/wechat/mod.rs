//! WeChat Pay, for merchants that have their own contract: [`v3`] (RSA signatures, JSON) and [`v2`] (a shared key,
//! XML; for accounts that have not been moved).
//!
//! Both name every order by the attempt's number, count in fen and live by Beijing time. Whatever an answer says about
//! another merchant, order, currency or amount than was asked about is no answer: [`Answer::Unknown`].
//!
//! | file | has |
//! |---|---|
//! | `material` | keys and secrets of the settings: from files or written out |
//! | `pem` | RSA keys and certificates |
//! | `login` | the page that tells who the payer is (openid) |
//! | `terms` | what both versions say alike: numbers, amounts, texts, times |
//! | `v3`, `v2` | the two protocols |
//!
//! [`Answer::Unknown`]: super::Answer::Unknown

mod login;
mod material;
mod nonce;
mod pem;
mod terms;
#[cfg(test)]
mod tests;
pub mod v2;
pub mod v3;

pub use material::Material;
pub use terms::Product;
pub use v2::WechatV2;
pub use v3::WechatV3;
