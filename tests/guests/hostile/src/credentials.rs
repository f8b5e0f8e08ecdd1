//! Requests with each kind of credential, at each place the contract knows. What arrives is for the application of the
//! case to say; the guest itself never sees a value.

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::http::{Body, Credential, Placement, Request, Signing};
use crate::bindings::appflow::connector::page;
use crate::network::{request, send};

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    let credential = match behaviour {
        "credential-bearer" => Credential::Bearer,
        "credential-basic" | "credential-basic-over-own" => Credential::Basic,
        "credential-header" => Credential::Header(place("x-api-key", "apiKey", "")),
        "credential-header-prefix" => {
            Credential::Header(place("authorization", "apiKey", "Token "))
        }
        "credential-header-secret-key" => {
            Credential::Header(place("x-api-secret", "apiSecretKey", ""))
        }
        "credential-query" => Credential::Query(place("api_key", "apiKey", "")),
        "credential-custom" => Credential::Header(place("x-tenant-key", "tenantKey", "")),
        "credential-signed" => signed("of-tomorrow", &[]),
        // Signatures by the host, of a body, of claims, and of the whole request.
        "credential-hmac" => signed(
            "hmac-sha256",
            &[
                ("secret-key", "apiSecretKey"),
                ("header", "x-signature"),
                ("prefix", "sha256="),
            ],
        ),
        "credential-jwt" => signed(
            "jwt-rs256",
            &[
                ("secret-key", "apiSecretKey"),
                (
                    "claims",
                    "{\"exp\":1800003600,\"iat\":1800000000,\"iss\":\"connector\"}",
                ),
            ],
        ),
        "credential-sigv4" => signed(
            "aws-sigv4",
            &[("service", "execute-api"), ("region", "eu-west-1")],
        ),
        _ => return None,
    };
    // What the guest sets itself must give way to what the host puts in, not stand beside it.
    let headers = match behaviour {
        "credential-basic-over-own" => vec![("Authorization".to_owned(), "Basic own".to_owned())],
        _ => Vec::new(),
    };
    let (method, body) = match behaviour {
        "credential-hmac" => ("POST", Some(Body::Text("{\"amount\":1}".to_owned()))),
        _ => ("GET", None),
    };
    let request = Request {
        method: method.to_owned(),
        headers,
        credential: Some(credential),
        body,
        ..request(&format!("{upstream}/records?own=1"))
    };
    Some(send(request).and_then(|response| {
        page::emit_json(&response, "/records", &[], 0)?;
        Ok(None)
    }))
}

fn signed(scheme: &str, parameters: &[(&str, &str)]) -> Credential {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Credential::Signed(Signing {
        scheme: scheme.to_owned(),
        parameters: parameters.iter().map(pair).collect(),
    })
}

fn place(name: &str, secret_key: &str, prefix: &str) -> Placement {
    Placement {
        name: name.to_owned(),
        secret_key: secret_key.to_owned(),
        prefix: prefix.to_owned(),
    }
}
