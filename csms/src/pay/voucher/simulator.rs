//! A SIMULATED operator of offline wallets, for demos and tests: its proofs are Ed25519 signatures, and no money moves. No real
//! wallet works like this.

use super::{Redeemed, Redeemer, Voucher};
use futures::future::BoxFuture;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The operator's name, in vouchers and in the ledger (`provider:voucher-simulation`).
const OPERATOR: &str = "simulation";
/// Payments it remembers.
const KNOWN_MAX: usize = 100_000;

/// See the module.
#[derive(Debug)]
pub struct Simulator {
    key: Vec<u8>,
    /// What it has cleared: the signed text by its number.
    cleared: Mutex<HashMap<String, Vec<u8>>>,
}

impl Simulator {
    /// With the public key of its wallets, 64 hex digits.
    ///
    /// # Errors
    /// It is no such key.
    pub fn new(key: &str) -> Result<Simulator, String> {
        let key = hex::decode(key).ok().filter(|key| key.len() == 32);
        let key = key.ok_or("pay.vouchers.simulator_key: an Ed25519 public key has 64 hex digits")?;
        Ok(Simulator { key, cleared: Mutex::default() })
    }

    /// The proof that a simulated wallet with this key makes.
    pub fn sign(key: &Ed25519KeyPair, voucher: &Voucher) -> Vec<u8> {
        key.sign(&signed(voucher)).as_ref().to_vec()
    }

    fn judge(&self, voucher: &Voucher) -> Redeemed {
        let text = signed(voucher);
        if UnparsedPublicKey::new(&ED25519, &self.key).verify(&text, &voucher.proof).is_err() {
            return Redeemed::Rejected("the signature does not verify (simulation)".to_owned());
        }
        let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
        match cleared.get(&voucher.proof_id) {
            Some(known) if *known == text => Redeemed::Cleared,
            Some(_) => Redeemed::Duplicate,
            None => {
                if cleared.len() < KNOWN_MAX {
                    cleared.insert(voucher.proof_id.clone(), text);
                }
                Redeemed::Cleared
            }
        }
    }
}

fn signed(voucher: &Voucher) -> Vec<u8> {
    let Voucher { operator, proof_id, device, counter, amount, taken_at, .. } = voucher;
    let (code, at) = (amount.currency.code(), taken_at.timestamp());
    format!(
        "simulated-voucher-1\n{operator}\n{proof_id}\n{device}\n{counter}\n{}\n{code}\n{at}",
        amount.minor
    )
    .into_bytes()
}

impl Redeemer for Simulator {
    fn operator(&self) -> &str {
        OPERATOR
    }

    fn is_simulation(&self) -> bool {
        true
    }

    fn redeem<'a>(&'a self, batch: &'a [Voucher]) -> BoxFuture<'a, Result<Vec<Redeemed>, String>> {
        Box::pin(async { Ok(batch.iter().map(|voucher| self.judge(voucher)).collect()) })
    }
}
