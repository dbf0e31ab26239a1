//! An authority that signs the certificates of a test.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A certificate and its private key.
pub struct Signed {
    /// The certificate.
    pub certificate: rcgen::Certificate,
    /// Its private key: ECDSA on P-256.
    pub key: KeyPair,
}

/// An authority that signs the certificates of a test.
pub struct Authority {
    /// Its certificate.
    pub certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Default for Authority {
    fn default() -> Self {
        Authority::new()
    }
}

impl Authority {
    /// An authority with a new key.
    ///
    /// # Panics
    /// If the system gives no random numbers.
    #[must_use]
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority { certificate: parameters.self_signed(&key).unwrap(), issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for a host or an address, whose subject is `CN=NAME`.
    ///
    /// # Panics
    /// If `name` is none.
    #[must_use]
    pub fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        Signed { certificate: parameters.signed_by(&key, &self.issuer).unwrap(), key }
    }
}
