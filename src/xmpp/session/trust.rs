//! Which certificate authorities are trusted, and how TLS is spoken. Knows files and certificates, nothing of XMPP.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, OnceLock},
};

use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore, crypto::ring};

use crate::xmpp::{CertificateProblem, Problem};

/// The authorities that the system trusts, read when they are first needed and shared by all accounts.
#[derive(Debug, Default)]
pub struct Trust {
    roots: OnceLock<Arc<RootCertStore>>,
}

impl Trust {
    /// How to speak TLS, with the authorities of `ca_file` beside the system's. Reads files: on a thread that may wait.
    pub(crate) fn client_config(&self, ca_file: Option<&Path>) -> Result<ClientConfig, Problem> {
        let roots = Arc::clone(self.roots.get_or_init(|| Arc::new(system_roots())));
        let roots = match ca_file {
            Some(path) => Arc::new(with_file(&roots, path)?),
            None => roots,
        };
        let tls_error = |e: Error| Problem::Tls(e.to_string());
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(tls_error)?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

fn system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        log::warn!("certificate authorities: {error}");
    }
    let mut roots = RootCertStore::empty();
    let (good, bad) = roots.add_parsable_certificates(found.certs);
    log::debug!("{good} certificate authorities, {bad} unusable");
    roots
}

fn with_file(system: &RootCertStore, path: &Path) -> Result<RootCertStore, Problem> {
    let problem = |text: String| Problem::CaFile(format!("{}: {text}", path.display()));
    let pem = fs::read(path).map_err(|e| problem(e.to_string()))?;
    let mut roots = system.clone();
    let before = roots.len();
    for certificate in rustls_pemfile::certs(&mut pem.as_slice()) {
        let certificate = certificate.map_err(|e| problem(e.to_string()))?;
        roots.add(certificate).map_err(|e| problem(e.to_string()))?;
    }
    if roots.len() == before {
        return Err(problem("no certificate in it".to_owned()));
    }
    Ok(roots)
}

/// What a failed TLS handshake means.
pub(super) fn tls_problem(error: &io::Error) -> Problem {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Problem::Tls("the server ended the connection".to_owned()),
            _ => Problem::Tls(error.to_string()),
        };
    };
    let Error::InvalidCertificate(certificate) = tls else { return Problem::Tls(tls.to_string()) };
    Problem::Certificate(match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
        CertificateError::Revoked => CertificateProblem::Revoked,
        CertificateError::UnknownIssuer => CertificateProblem::Untrusted,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateProblem::WrongName
        }
        // A self-signed certificate that calls itself an authority; rustls has no variant of its own for it.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => CertificateProblem::Untrusted,
        _ => CertificateProblem::Invalid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_that_is_none_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        let problem = || Trust::default().client_config(Some(&path)).unwrap_err();
        assert!(matches!(problem(), Problem::CaFile(text) if text.contains("ca.pem")));
        fs::write(&path, "not a certificate").unwrap();
        assert!(matches!(problem(), Problem::CaFile(text) if text.contains("no certificate")));
    }
}
