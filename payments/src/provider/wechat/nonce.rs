//! Random texts for signatures.

use super::terms;
use crate::provider::Refusal;
use ring::rand::{SecureRandom, SystemRandom};

/// Where they come from.
#[derive(Debug)]
pub(super) enum Nonces {
    /// The system's random numbers.
    System(SystemRandom),
    /// Always the same, so that a test can write down what it expects.
    #[cfg(test)]
    Fixed(&'static str),
}

impl Nonces {
    pub(super) fn system() -> Nonces {
        Nonces::System(SystemRandom::new())
    }

    /// 32 hexadecimal digits.
    pub(super) fn next(&self) -> Result<String, Refusal> {
        match self {
            Nonces::System(random) => {
                let mut bytes = [0; 16];
                random.fill(&mut bytes).map_err(|_| {
                    terms::setup("random", "the system gives no random numbers: nothing can be signed")
                })?;
                Ok(hex::encode_upper(bytes))
            }
            #[cfg(test)]
            Nonces::Fixed(text) => Ok((*text).to_owned()),
        }
    }
}
