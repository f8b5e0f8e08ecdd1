//! Requests with each kind of credential, at each place the contract knows. What arrives is for the application of the
//! case to say; the guest itself never sees a value.

use crate::bindings::appflow::connector::common::Error;
use crate::bindings::appflow::connector::http::{Credential, Placement, Request, Signing};
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
        "credential-signed" => Credential::Signed(Signing {
            scheme: "of-tomorrow".to_owned(),
            parameters: Vec::new(),
        }),
        _ => return None,
    };
    // What the guest sets itself must give way to what the host puts in, not stand beside it.
    let headers = match behaviour {
        "credential-basic-over-own" => vec![("Authorization".to_owned(), "Basic own".to_owned())],
        _ => Vec::new(),
    };
    let request = Request {
        headers,
        credential: Some(credential),
        ..request(&format!("{upstream}/records?own=1"))
    };
    Some(send(request).and_then(|response| {
        page::emit_json(&response, "/records", &[], 0)?;
        Ok(None)
    }))
}

fn place(name: &str, secret_key: &str, prefix: &str) -> Placement {
    Placement {
        name: name.to_owned(),
        secret_key: secret_key.to_owned(),
        prefix: prefix.to_owned(),
    }
}
