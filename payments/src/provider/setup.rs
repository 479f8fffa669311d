//! Which provider an account of the settings speaks to. The only file that knows all of them.

use super::wechat::{v2 as wechat_v2, v3 as wechat_v3};
use super::{Provider, alipay, sandbox, stripe, terminal};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Reads a file that the settings name (a key, a certificate), or says why it cannot be read.
pub type Read<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// An account whose settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings of an account with provider = \"{provider}\" cannot be used: {why}")]
pub struct SetupError {
    pub provider: &'static str,
    /// What is wrong with which setting, and what belongs there.
    pub why: String,
}

impl Setup {
    /// Whose days the provider's statements are of, unless something else is agreed.
    pub fn statement_zone(&self) -> Tz {
        match self {
            Setup::Sandbox(settings) => settings.time_zone,
            Setup::Stripe(_) => Tz::UTC,
            _ => Tz::Asia__Shanghai,
        }
    }
}

/// One line per provider: the word in the settings, the variant, the folder. A folder has `Settings` and
/// `build(&Settings, Read) -> Result<impl Provider, String>`.
macro_rules! providers {
    ($($word:literal => $variant:ident in $folder:ident, paid with $wallet:literal);+ $(;)?) => {
        /// The settings of one account, by its provider.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "provider")]
        pub enum Setup {
            $(#[serde(rename = $word)] $variant($folder::Settings)),+
        }

        impl Setup {
            /// The words that `provider` may have.
            pub const PROVIDERS: &'static [&'static str] = &[$($word),+];

            /// The word in the settings.
            pub fn word(&self) -> &'static str {
                match self {
                    $(Setup::$variant(_) => $word),+
                }
            }

            /// What a driver pays with there: `wechat`, `alipay`, `stripe`, …
            pub fn wallet(&self) -> &'static str {
                match self {
                    $(Setup::$variant(_) => $wallet),+
                }
            }

            /// The provider, ready to be asked.
            ///
            /// # Errors
            /// A setting is missing or cannot be used, or a file cannot be read.
            pub fn build(&self, read: Read<'_>) -> Result<Box<dyn Provider>, SetupError> {
                match self {
                    $(Setup::$variant(settings) => match $folder::build(settings, read) {
                        Ok(provider) => Ok(Box::new(provider)),
                        Err(why) => Err(SetupError { provider: $word, why }),
                    }),+
                }
            }
        }
    };
}

providers! {
    "alipay" => Alipay in alipay, paid with "alipay";
    "sandbox" => Sandbox in sandbox, paid with "sandbox";
    "station_terminal" => Terminal in terminal, paid with "card";
    "stripe" => Stripe in stripe, paid with "stripe";
    "wechat" => WechatV3 in wechat_v3, paid with "wechat";
    "wechat_v2" => WechatV2 in wechat_v2, paid with "wechat";
}
