//! Connections by TLS: whom the station trusts, what it offers, and what it shows.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ALL_VERSIONS, CipherSuite, ClientConfig, RootCertStore, version::TLS12};

/// The authorities that a station trusts.
#[derive(Clone)]
pub struct Trust(Arc<RootCertStore>);

impl Trust {
    /// These authorities (PEM), or those of this computer.
    ///
    /// # Errors
    /// There are none, or they cannot be read.
    pub fn new(authorities: Option<&[u8]>) -> Result<Trust, String> {
        let mut roots = RootCertStore::empty();
        match authorities {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| error.to_string())?;
                    roots.add(certificate).map_err(|error| error.to_string())?;
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            Err("there is no certificate in it".to_owned())
        } else {
            Ok(Trust(Arc::new(roots)))
        }
    }
}

/// How a station speaks TLS.
#[derive(Clone)]
pub(crate) struct Secure {
    /// Whom it trusts.
    pub trust: Trust,
    /// The only cipher suite it offers, by TLS 1.2; otherwise all there are, by 1.2 and 1.3.
    pub only: Option<CipherSuite>,
    /// Its certificate chain and key, in PEM.
    pub identity: Option<(String, String)>,
}

impl Secure {
    /// Whom it trusts, and nothing special.
    pub fn new(trust: Trust) -> Secure {
        Secure { trust, only: None, identity: None }
    }

    /// What makes connections so.
    ///
    /// # Errors
    /// The certificate or the key cannot be used.
    pub fn connector(&self) -> Result<TlsConnector, String> {
        let mut provider = ring::default_provider();
        if let Some(only) = self.only {
            provider.cipher_suites.retain(|suite| suite.suite() == only);
        }
        let versions = if self.only.is_some() { &[&TLS12][..] } else { ALL_VERSIONS };
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?
            .with_root_certificates(self.trust.0.clone());
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
                let chain = chain.map_err(|error| format!("the station's certificate: {error}"))?;
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
                let key = key.map_err(|error| format!("the station's key: {error}"))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?
            }
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}
