//! Errors of the libraries in our words: a few, without hosts' certificates, paths or values.

use std::error::Error as _;

use hyper_util::client::legacy::Error as ClientError;

use super::connector::ConnectFailure;
use super::error::EgressError;
use super::fault::BodyError;
use super::policy::Denial;

/// Puts the client's error into our words.
pub(crate) fn sort(error: &ClientError, host: &str) -> EgressError {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(failure) = inner.downcast_ref::<ConnectFailure>() {
            return sort_connect(failure, host.to_owned());
        }
        if let Some(error) = inner.downcast_ref::<hyper::Error>() {
            return sort_hyper(error, host);
        }
        source = inner.source();
    }
    if error.is_connect() {
        return EgressError::Connect {
            host: host.to_owned(),
            reason: "the connection failed".to_owned(),
        };
    }
    EgressError::Protocol {
        host: host.to_owned(),
    }
}

fn sort_connect(failure: &ConnectFailure, host: String) -> EgressError {
    match failure {
        ConnectFailure::Forbidden(class) => Denial::Address {
            host,
            class: *class,
        }
        .into(),
        ConnectFailure::NotGranted => Denial::Url {
            reason: "neither https nor a local target",
        }
        .into(),
        ConnectFailure::Resolve(_) => EgressError::Connect {
            host,
            reason: "its name was not found".to_owned(),
        },
        ConnectFailure::Tcp(error) => EgressError::Connect {
            host,
            reason: error.kind().to_string(),
        },
        ConnectFailure::Timeout => EgressError::ConnectTimeout { host },
        ConnectFailure::Tls(error) => {
            let tls = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            let reason = match tls {
                Some(rustls::Error::InvalidCertificate(problem)) => {
                    let reason = certificate(problem);
                    return EgressError::Certificate { host, reason };
                }
                Some(_) => "the TLS handshake failed",
                None if error.kind() == std::io::ErrorKind::NotFound => {
                    "this machine has no certificate authorities"
                }
                None => "the connection ended during the TLS handshake",
            };
            EgressError::Tls {
                host,
                reason: reason.to_owned(),
            }
        }
    }
}

/// A few words instead of the library's, which print certificates and names.
fn certificate(problem: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as E;
    match problem {
        E::Expired | E::ExpiredContext { .. } => "expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "not valid yet",
        E::Revoked => "revoked",
        E::UnknownIssuer | E::BadSignature => "unknown issuer",
        E::NotValidForName | E::NotValidForNameContext { .. } => "issued for another name",
        _ => "malformed or not acceptable",
    }
}

/// Puts the early end of a body into our words.
pub(crate) fn sort_body(error: &BodyError, host: &str) -> EgressError {
    match error {
        BodyError::Client(error) => sort_hyper(error, host),
        BodyError::Ended => EgressError::Truncated {
            host: host.to_owned(),
        },
    }
}

pub(crate) fn sort_hyper(error: &hyper::Error, host: &str) -> EgressError {
    let host = host.to_owned();
    let reset = || {
        let mut source = error.source();
        while let Some(inner) = source {
            if let Some(error) = inner.downcast_ref::<std::io::Error>() {
                use std::io::ErrorKind::{
                    BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof,
                };
                return matches!(
                    error.kind(),
                    BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
                );
            }
            source = inner.source();
        }
        false
    };
    if let Some(stream) = error
        .source()
        .and_then(|source| source.downcast_ref::<h2::Error>())
    {
        return sort_h2(stream, host);
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || reset() {
        EgressError::Truncated { host }
    } else {
        EgressError::Protocol { host }
    }
}

/// HTTP/2 ends one stream without the connection, and says why.
fn sort_h2(error: &h2::Error, host: String) -> EgressError {
    use h2::Reason;
    match error.reason() {
        // RFC 9113, section 8.7: refused before any of it was acted upon.
        Some(Reason::REFUSED_STREAM) => EgressError::Connect {
            host,
            reason: "it refused the request before it read it".to_owned(),
        },
        None
        | Some(
            Reason::NO_ERROR
            | Reason::INTERNAL_ERROR
            | Reason::CANCEL
            | Reason::ENHANCE_YOUR_CALM
            | Reason::STREAM_CLOSED,
        ) => EgressError::Truncated { host },
        Some(_) => EgressError::Protocol { host },
    }
}
